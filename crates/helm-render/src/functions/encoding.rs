//! YAML, JSON, base64, sums, paths and addresses.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::Digest;

use image_lint_text::rendered::{Builder, Rendered};

use super::{Call, base32, to_text};
use crate::exec::Given;
use crate::value::Value;
use crate::{json, yaml};

pub fn call(call: &Call<'_, '_>) -> Option<Given<Value>> {
    Some(match call.name {
        "toYaml" | "mustToYaml" | "toYamlPretty" => to_yaml(call),
        "fromYaml" | "fromYamlArray" => from_yaml(call),
        "toJson" | "mustToJson" => to_json(call, false, true),
        "toRawJson" | "mustToRawJson" => to_json(call, false, false),
        "toPrettyJson" | "mustToPrettyJson" => to_json(call, true, true),
        "fromJson" | "mustFromJson" | "fromJsonArray" => from_yaml(call),
        "b64enc" => call
            .str(0)
            .and_then(|text| call.computed(STANDARD.encode(text.as_str()))),
        "b64dec" => decoded(call),
        "b32enc" => call
            .str(0)
            .and_then(|text| call.computed(base32::encode(text.as_str().as_bytes()))),
        "b32dec" => call.str(0).and_then(|text| {
            let decoded = base32::decode(text.as_str());
            call.computed(
                decoded.unwrap_or_else(|at| format!("illegal base32 data at input byte {at}")),
            )
        }),
        "sha256sum" => call
            .str(0)
            .and_then(|text| call.computed(hex(&sha2::Sha256::digest(text.as_str())))),
        "sha512sum" => call
            .str(0)
            .and_then(|text| call.computed(hex(&sha2::Sha512::digest(text.as_str())))),
        "sha1sum" => call
            .str(0)
            .and_then(|text| call.computed(hex(&sha1(text.as_str().as_bytes())))),
        "adler32sum" => call
            .str(0)
            .and_then(|text| call.computed(adler32(text.as_str().as_bytes()).to_string())),
        "base" | "osBase" => path(call, base),
        "dir" | "osDir" => path(call, dir),
        "clean" | "osClean" => path(call, clean),
        "ext" | "osExt" => path(call, ext),
        "isAbs" | "osIsAbs" => call
            .str(0)
            .and_then(|text| call.truth(text.as_str().starts_with('/'))),
        _ => return None,
    })
}

fn to_yaml(call: &Call<'_, '_>) -> Given<Value> {
    call.exactly(1)?;
    let mut out = Builder::default();
    yaml::write(call.get(0)?, call.engine.meter, &mut out)?;
    Ok(Value::Str(out.finish()))
}

fn from_yaml(call: &Call<'_, '_>) -> Given<Value> {
    let text = match call.get(0)? {
        // A function that gives text gave none.
        Value::Nil => return call.fail("invalid value; expected string"),
        other => to_text(other),
    };
    call.engine.meter.charge(text.len() as u64)?;
    let wants_list = call.name.ends_with("Array");
    let json = call.name.ends_with("Json");
    match yaml::read(&text, call.engine.meter)? {
        Ok(Value::List(items)) if wants_list || json => Ok(Value::List(items)),
        Ok(Value::Map(map)) if !wants_list => Ok(Value::Map(map)),
        Ok(Value::Nil) if json => Ok(Value::Nil),
        Ok(Value::Nil) if wants_list => Ok(Value::list(Vec::new())),
        Ok(Value::Nil) => Ok(Value::map(Default::default())),
        Ok(other) if json => Ok(other),
        Ok(_) => Ok(trouble(
            wants_list,
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal",
        )),
        Err(why) => Ok(trouble(wants_list, &why)),
    }
}

/// How helm reports what it cannot parse: within the value.
fn trouble(list: bool, why: &str) -> Value {
    if list {
        return Value::list(vec![Value::text(why)]);
    }
    Value::map([("Error".into(), Value::text(why))].into())
}

fn to_json(call: &Call<'_, '_>, pretty: bool, html: bool) -> Given<Value> {
    let mut writer = json::Writer {
        out: Builder::default(),
        meter: call.engine.meter,
        pretty,
        html,
    };
    writer.value(call.get(0)?, 0)?;
    Ok(Value::Str(writer.out.finish()))
}

fn decoded(call: &Call<'_, '_>) -> Given<Value> {
    let text = call.str(0)?;
    // Go's decoder passes over line breaks.
    let clean: String = text
        .as_str()
        .chars()
        .filter(|c| !matches!(c, '\n' | '\r'))
        .collect();
    match STANDARD.decode(clean) {
        Ok(bytes) => call.computed(String::from_utf8_lossy(&bytes).into_owned()),
        Err(_) => call.computed("illegal base64 data at input byte 0".into()),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// FIPS 180-4. Only to print what helm prints; nothing is proved with it.
fn sha1(bytes: &[u8]) -> [u8; 20] {
    let mut state: [u32; 5] = [
        0x6745_2301,
        0xefcd_ab89,
        0x98ba_dcfe,
        0x1032_5476,
        0xc3d2_e1f0,
    ];
    let mut message = bytes.to_vec();
    message.push(0x80);
    message.resize(message.len().next_multiple_of(64), 0);
    if bytes.len() % 64 >= 56 {
        message.resize(message.len() + 64, 0);
    }
    let end = message.len();
    message[end - 8..].copy_from_slice(&(bytes.len() as u64 * 8).to_be_bytes());
    for block in message.chunks_exact(64) {
        sha1_block(&mut state, block);
    }
    let mut sum = [0; 20];
    for (out, word) in sum.chunks_exact_mut(4).zip(state) {
        out.copy_from_slice(&word.to_be_bytes());
    }
    sum
}

fn sha1_block(state: &mut [u32; 5], block: &[u8]) {
    let mut words = [0u32; 80];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    for i in 16..80 {
        words[i] = (words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16]).rotate_left(1);
    }
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for (i, word) in words.iter().enumerate() {
        let (f, k) = match i / 20 {
            0 => (b & c | !b & d, 0x5a82_7999),
            1 => (b ^ c ^ d, 0x6ed9_eba1),
            2 => (b & c | b & d | c & d, 0x8f1b_bcdc),
            _ => (b ^ c ^ d, 0xca62_c1d6),
        };
        let next = a
            .rotate_left(5)
            .wrapping_add(f)
            .wrapping_add(e)
            .wrapping_add(k)
            .wrapping_add(*word);
        (a, b, c, d, e) = (next, a, b.rotate_left(30), c, d);
    }
    for (word, new) in state.iter_mut().zip([a, b, c, d, e]) {
        *word = word.wrapping_add(new);
    }
}

fn adler32(bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (1u32, 0u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65521;
        b = (b + a) % 65521;
    }
    b << 16 | a
}

fn path(call: &Call<'_, '_>, of: fn(&str) -> String) -> Given<Value> {
    let text = call.str(0)?;
    let new = of(text.as_str());
    // Most are a part of the path.
    if let Some(at) = text.as_str().rfind(&new).filter(|_| !new.is_empty()) {
        return Ok(Value::Str(text.slice(at..at + new.len())));
    }
    call.new_text(Rendered::new(new, text.smeared()))
}

fn base(path: &str) -> String {
    if path.is_empty() {
        return ".".into();
    }
    match path.trim_end_matches('/') {
        "" => "/".into(),
        path => path.rsplit('/').next().unwrap_or(path).into(),
    }
}

fn dir(path: &str) -> String {
    let end = path.rfind('/').map_or(0, |i| i + 1);
    clean(&path[..end])
}

fn ext(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rfind('.')
        .map_or(String::new(), |at| name[at..].into())
}

/// Go's `path.Clean`.
pub fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".into(),
        (false, false) => joined,
    }
}
