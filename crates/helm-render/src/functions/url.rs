//! `urlParse` and `urlJoin` (sprig, `url.go`; Go, `net/url`).

use std::collections::BTreeMap;

use image_lint_text::rendered::Rendered;

use super::Call;
use crate::exec::Given;
use crate::value::Value;

pub fn call(call: &Call<'_, '_>) -> Option<Given<Value>> {
    Some(match call.name {
        "urlParse" => parse(call),
        "urlJoin" => join(call),
        _ => return None,
    })
}

/// The parts of a URL, as they are written.
#[derive(Debug, Default, PartialEq)]
struct Url {
    scheme: String,
    opaque: String,
    userinfo: String,
    host: String,
    path: String,
    query: String,
    fragment: String,
}

fn parse(call: &Call<'_, '_>) -> Given<Value> {
    let text = call.str(0)?;
    let url = match Url::parse(text.as_str()) {
        Ok(url) => url,
        Err(why) => {
            return call.fail(format!(
                "unable to parse url: parse {:?}: {why}",
                text.as_str()
            ));
        }
    };
    let from = text.smeared();
    let hostname = hostname(&url.host).to_owned();
    let parts = [
        ("scheme", url.scheme),
        ("host", url.host),
        ("hostname", hostname),
        ("path", url.path),
        ("query", url.query),
        ("opaque", url.opaque),
        ("fragment", url.fragment),
        ("userinfo", url.userinfo),
    ];
    let part = |(name, part): (&str, String)| {
        // Most parts are in the text as they are.
        let at = text.as_str().rfind(&part).filter(|_| !part.is_empty());
        let piece = match at {
            Some(at) => text.slice(at..at + part.len()),
            None => Rendered::new(part, from.clone()),
        };
        (name.into(), Value::Str(piece))
    };
    Ok(Value::map(
        parts.into_iter().map(part).collect::<BTreeMap<_, _>>(),
    ))
}

fn join(call: &Call<'_, '_>) -> Given<Value> {
    let map = call.map(0)?;
    let get = |key: &str| match map.get(key) {
        None => Ok(String::new()),
        Some(Value::Str(text)) => Ok(text.as_str().to_owned()),
        Some(other) => call.fail(format!(
            "unable to parse {key} key, must be of type string, but {} found",
            other.kind_name()
        )),
    };
    let url = Url {
        scheme: get("scheme")?,
        host: get("host")?,
        path: get("path")?,
        query: get("query")?,
        opaque: get("opaque")?,
        fragment: get("fragment")?,
        userinfo: match get("userinfo")? {
            user if user.is_empty() => user,
            user => match Url::parse(&format!("proto://{user}@host")) {
                Ok(url) => url.userinfo,
                Err(why) => return call.fail(format!("unable to parse userinfo in dict: {why}")),
            },
        },
    };
    call.computed(url.written())
}

/// A host without its port and the brackets of an address.
fn hostname(host: &str) -> &str {
    if let Some(inner) = host.strip_prefix('[') {
        return inner.split(']').next().unwrap_or(inner);
    }
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

impl Url {
    fn parse(text: &str) -> Result<Url, &'static str> {
        let (rest, fragment) = text.split_once('#').unwrap_or((text, ""));
        if text.bytes().any(|b| b < 0x20 || b == 0x7f) {
            return Err("net/url: invalid control character in URL");
        }
        let mut url = Url {
            fragment: unescaped(fragment)?,
            ..Url::default()
        };
        let (scheme, rest) = scheme(rest)?;
        url.scheme = scheme.to_ascii_lowercase();
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        url.query = query.to_owned();
        if !rest.starts_with('/') {
            if !url.scheme.is_empty() {
                url.opaque = rest.to_owned();
                return Ok(url);
            }
            if rest
                .split('/')
                .next()
                .is_some_and(|first| first.contains(':'))
            {
                return Err("first path segment in URL cannot contain colon");
            }
        }
        let mut path = rest;
        if let Some(after) = rest.strip_prefix("//")
            && (!url.scheme.is_empty() || !after.starts_with('/'))
        {
            let end = after.find('/').unwrap_or(after.len());
            url.authority(&after[..end])?;
            path = &after[end..];
        }
        url.path = unescaped(path)?;
        Ok(url)
    }

    fn authority(&mut self, text: &str) -> Result<(), &'static str> {
        let (user, host) = match text.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, text),
        };
        if let Some(user) = user {
            let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&b);
            if !user.bytes().all(allowed) {
                return Err("net/url: invalid userinfo");
            }
            let (name, password) = match user.split_once(':') {
                Some((name, password)) => (name, Some(password)),
                None => (user, None),
            };
            self.userinfo = escaped(&unescaped(name)?, b"$&+,;=");
            if let Some(password) = password {
                self.userinfo.push(':');
                self.userinfo
                    .push_str(&escaped(&unescaped(password)?, b"$&+,;="));
            }
        }
        let port = match host.strip_prefix('[') {
            Some(inner) => inner.split_once(']').ok_or("missing ']' in host")?.1,
            None => host.rfind(':').map_or("", |at| &host[at..]),
        };
        let digits = port.strip_prefix(':').unwrap_or(port);
        if !(port.is_empty() || port.starts_with(':') && digits.bytes().all(|b| b.is_ascii_digit()))
        {
            return Err("invalid port after host");
        }
        if host.contains(' ') {
            return Err("invalid character \" \" in host name");
        }
        self.host = unescaped(host)?;
        Ok(())
    }

    /// Go's `URL.String`.
    fn written(&self) -> String {
        let mut out = String::new();
        if !self.scheme.is_empty() {
            out.push_str(&self.scheme);
            out.push(':');
        }
        if !self.opaque.is_empty() {
            out.push_str(&self.opaque);
        } else {
            let has_host = !(self.host.is_empty() && self.userinfo.is_empty());
            if has_host || !self.scheme.is_empty() && !self.path.is_empty() {
                out.push_str("//");
            }
            if !self.userinfo.is_empty() {
                out.push_str(&self.userinfo);
                out.push('@');
            }
            out.push_str(&escaped(&self.host, b"!$&'()*+,;=:[]<>\""));
            let path = match self.path.as_str() {
                "*" => "*".to_owned(),
                path => escaped(path, b"$&+,/:;=@"),
            };
            if !path.is_empty() && !path.starts_with('/') && !self.host.is_empty() {
                out.push('/');
            }
            if out.is_empty()
                && path
                    .split('/')
                    .next()
                    .is_some_and(|first| first.contains(':'))
            {
                out.push_str("./");
            }
            out.push_str(&path);
        }
        if !self.query.is_empty() {
            out.push('?');
            out.push_str(&self.query);
        }
        if !self.fragment.is_empty() {
            out.push('#');
            out.push_str(&escaped(&self.fragment, b"$&+,/:;=?@!()*"));
        }
        out
    }
}

fn scheme(text: &str) -> Result<(&str, &str), &'static str> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme"),
            b':' => return Ok((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Ok(("", text))
}

fn unescaped(text: &str) -> Result<String, &'static str> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|b| char::from(b).to_digit(16));
        let (Some(high), Some(low)) = (digit(), digit()) else {
            return Err("invalid URL escape");
        };
        out.push((high * 16 + low) as u8);
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// All but letters, digits, `-_.~` and what is kept as `%XX`.
fn escaped(text: &str, kept: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || kept.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
