//! `file:` URIs and paths of the file system (RFC 8089).

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use lsp_types::Uri;

/// The path of a `file:` URI; None for other schemes, other hosts, and what is no path.
pub fn to_path(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.as_str().strip_prefix("file://")?;
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let rest = rest.strip_prefix("localhost").unwrap_or(rest);
    if !rest.starts_with('/') {
        return None;
    }
    let bytes = decoded(rest)?;
    if bytes.contains(&0) {
        return None;
    }
    os_path(bytes)
}

/// The URI of an absolute path; None where it is none.
pub fn from_path(path: &Path) -> Option<Uri> {
    let mut text = String::from("file://");
    for byte in os_bytes(path)? {
        let plain = byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
        match plain {
            true => text.push(char::from(byte)),
            false => text.push_str(&format!("%{byte:02X}")),
        }
    }
    Uri::from_str(&text).ok()
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
        // Two hexadecimal digits fit in a byte.
        out.push((high * 16 + low) as u8);
    }
    Some(out)
}

#[cfg(unix)]
fn os_path(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Some(PathBuf::from(OsString::from_vec(bytes)))
}

#[cfg(not(unix))]
fn os_path(bytes: Vec<u8>) -> Option<PathBuf> {
    let text = String::from_utf8(bytes).ok()?;
    // `/C:/folder`
    let drive = text.as_bytes().get(2) == Some(&b':');
    let text = if drive { &text[1..] } else { &text };
    Some(PathBuf::from(OsString::from(text)))
}

#[cfg(unix)]
fn os_bytes(path: &Path) -> Option<Vec<u8>> {
    use std::os::unix::ffi::OsStrExt;
    path.is_absolute()
        .then(|| path.as_os_str().as_bytes().to_vec())
}

#[cfg(not(unix))]
fn os_bytes(path: &Path) -> Option<Vec<u8>> {
    let text = path.to_str()?.replace('\\', "/");
    path.is_absolute().then(|| format!("/{text}").into_bytes())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris_and_back() {
        let rows = [
            ("file:///a/b.yaml", Some("/a/b.yaml"), "plain"),
            ("file://localhost/a", Some("/a"), "this machine"),
            ("file:///a%20b/%C3%BC", Some("/a b/ü"), "escaped"),
            (
                "file:///c%3A/x",
                Some("/c:/x"),
                "a colon, as VS Code writes it",
            ),
            (
                "file:///a#part",
                Some("/a"),
                "a fragment is no part of the path",
            ),
            ("file://server/share", None, "another machine's"),
            ("untitled:Untitled-1", None, "no file"),
            ("file:///a%00b", None, "no path has a NUL"),
            ("git:/a/b", None, "a version of a file is no file"),
        ];
        for (text, expected, why) in rows {
            let path = Uri::from_str(text).ok().and_then(|uri| to_path(&uri));
            assert_eq!(path.as_deref(), expected.map(Path::new), "{why}");
        }
        for path in ["/a/b.yaml", "/a b/ü#?%", "/x/[y]"] {
            let uri = from_path(Path::new(path)).unwrap();
            assert_eq!(to_path(&uri).as_deref(), Some(Path::new(path)));
        }
        assert_eq!(from_path(Path::new("a/b")), None);
    }
}
