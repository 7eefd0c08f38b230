//! Doors through which fuzzing reaches the readers of what registries answer. No part of the program uses them, and
//! they promise nothing to anybody else.

use reqwest::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};

use super::credentials::keyring::Keyring;
use super::credentials::pull_secret;
use super::{body, challenge, error_body, tags};

/// Reads `WWW-Authenticate` lines; gives the realm of the Bearer challenge that would be followed.
pub fn challenge<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Option<String> {
    let mut headers = HeaderMap::new();
    for line in lines {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(WWW_AUTHENTICATE, value);
        }
    }
    match challenge::read(&headers) {
        challenge::Offer::Usable(challenge::Challenge::Bearer(bearer)) => Some(bearer.realm.into()),
        _ => None,
    }
}

/// Reads a manifest as the probe does; gives the format and how many children and layers are kept when it is clear.
pub fn manifest(
    content_type: Option<&str>,
    bytes: &[u8],
) -> Option<(image_lint_model::manifest::Format, usize)> {
    let _ = body::config(bytes);
    match body::read(content_type, bytes) {
        body::Reading::Clear { format, body } => {
            Some((format, body.children.len().max(body.layers.len())))
        }
        _ => None,
    }
}

/// Reads the smaller answers: an error's body, a page of tags and its link.
pub fn answer(bytes: &[u8]) {
    let error = error_body::ErrorBody::parse(bytes);
    let _ = error.has("DENIED");
    if let Some(tags) = tags::page(bytes) {
        let _ = tags::nearest("1.2.3", &tags);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = tags::next_page(text);
    }
}

/// Reads a file with credentials; says whether it has some for `registry.example.com`.
pub fn credentials(bytes: &[u8]) -> bool {
    pull_secret::parse(bytes).is_ok_and(|entries| {
        let mut ring = Keyring::default();
        ring.add("secret", entries);
        !ring.find("registry.example.com", "team/app").is_empty()
    })
}
