//! Bytes that are no plain UTF-8, and characters that editors, YAML and we might count in different ways.

use crate::program::{Workspace, pod};

/// What is said of a file alone: `line:column message-or-rule`.
fn said(name: &str, bytes: &[u8]) -> Vec<String> {
    let ran = Workspace::of(name, bytes).offline().run();
    let report = ran.json();
    let place = |entry: &serde_json::Value, word: &str| {
        let text = entry[word].as_str().expect("a text").to_owned();
        if entry["line"].is_null() {
            text
        } else {
            format!("{}:{} {text}", entry["line"], entry["column"])
        }
    };
    let notes = report["notes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|note| place(note, "message"));
    let findings = report["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|found| place(found, "rule"));
    notes.chain(findings).collect()
}

#[test]
fn odd_characters_leave_places_exact_or_are_named() {
    let good = pod(&["Bad/Name"]);
    const FOUND: &str = "7:12 invalid-reference";
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replace(from, to).into_bytes()
    };
    let utf16 = |mark: &[u8], order: fn(u16) -> [u8; 2]| {
        [
            mark,
            &good.encode_utf16().flat_map(order).collect::<Vec<u8>>(),
        ]
        .concat()
    };
    let utf32: Vec<u8> = ['\u{feff}']
        .into_iter()
        .chain(good.chars())
        .flat_map(|c| (c as u32).to_le_bytes())
        .collect();
    let rows: Vec<(&str, Vec<u8>, &[&str])> = vec![
        ("NUL in a name", with("name: a", "name: a\0b"), &["3:19 this document is not YAML: unexpected character: `\\u{0}'", FOUND]),
        ("NUL in an image", with("Bad/Name", "Bad/\0Name"), &["7:16 this document is not YAML: unexpected character: `\\u{0}'", FOUND]),
        ("an escaped NUL", with("Bad/Name", "\"Bad/\\0Name\""), &["7:13 invalid-reference"]),
        ("a byte order mark", [b"\xef\xbb\xbf", good.as_bytes()].concat(), &[FOUND]),
        ("UTF-16LE", utf16(b"\xff\xfe", u16::to_le_bytes), &[FOUND]),
        ("UTF-16BE", utf16(b"\xfe\xff", u16::to_be_bytes), &[FOUND]),
        ("UTF-16LE without a mark", utf16(b"", u16::to_le_bytes), &[FOUND]),
        ("UTF-16BE without a mark", utf16(b"", u16::to_be_bytes), &[FOUND]),
        ("UTF-32", utf32, &["not read: UTF-32; save the file as UTF-8"]),
        ("half a character", [b"\xff\xfe", &good.as_bytes()[..7]].concat(), &["not read: not valid UTF-16; save the file as UTF-8"]),
        ("CRLF", with("\n", "\r\n"), &[FOUND]),
        ("a tab for blanks", with("    image", "\timage"), &["6:11 this document is not YAML: while scanning a plain scalar, found a tab"]),
        ("a tab behind a colon", with("image: ", "image:\t"), &[FOUND]),
        ("a tab behind a value", with("Bad/Name", "Bad/Name\t"), &[FOUND]),
        ("U+2028 in lines above", with("c0", "\"\u{2028}\u{2029}\u{85}\""), &[FOUND]),
        ("U+2028 in a comment", with("c0", "c0 # \u{2028}"), &[FOUND]),
        ("wide characters before it", b"apiVersion: v1\nkind: Pod\nspec: {containers: [{name: \"\xe2\x80\xa8\xf0\x9f\x98\x80\xc3\xa9\", image: Bad/Name}]}\n".to_vec(), &["3:42 invalid-reference"]),
        ("a key twice", [good.as_bytes(), b"    image: Bad/Other\n"].concat(), &[FOUND, "8:12 invalid-reference"]),
        ("a tag", with("Bad/Name", "!custom Bad/Name"), &["7:20 invalid-reference"]),
        ("a tag in full", with("Bad/Name", "!<tag:x.test,2000:y> Bad/Name"), &["7:33 invalid-reference"]),
        ("a tag of nobody", with("Bad/Name", "!x!y Bad/Name"), &["7:12 this document is not YAML: the handle wasn't declared", FOUND]),
        ("Latin-1", [&good.as_bytes()[..40], b"\xe9", &good.as_bytes()[40..]].concat(), &["not read: not UTF-8: byte 40 (line 3) is no part of a character; save the file as UTF-8"]),
    ];
    for (what, bytes, expected) in rows {
        assert_eq!(said("a.yaml", &bytes), expected, "{what}");
    }
}

#[test]
fn other_files_than_yaml_may_be_marked_or_have_line_ends_of_windows() {
    let utf16: Vec<u8> = "\u{feff}#!/bin/sh\npodman run Bad/Name\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (name, bytes, expected) in [
        (
            "Dockerfile",
            b"\xef\xbb\xbfFROM Bad/Name\r\nRUN x\r\n".to_vec(),
            "1:6 invalid-reference",
        ),
        (
            "Dockerfile",
            b"FROM Bad/\0Name\n".to_vec(),
            "1:6 invalid-reference",
        ),
        (
            "run.sh",
            b"#!/bin/sh\r\npodman run Bad/Name\r\n".to_vec(),
            "2:12 invalid-reference",
        ),
        ("run.sh", utf16, "2:12 invalid-reference"),
    ] {
        assert_eq!(said(name, &bytes), [expected], "{name}");
    }
}
