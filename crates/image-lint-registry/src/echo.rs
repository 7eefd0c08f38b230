//! Hides credentials that a server says back: error pages quote the request's headers, and some registries the token.
//!
//! In: what was sent. Out: texts of answers without it. Only what people may get to read passes through here; what the
//! protocol needs (a challenge, a token, a manifest) does not.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use reqwest::Url;

use crate::secret::Secret;

/// Shorter texts stand in answers by chance.
const SHORTEST: usize = 5;

/// The spellings of what was sent that an answer could repeat, longest first.
#[derive(Clone, Default)]
pub struct Sent(Vec<Secret>);

impl Sent {
    /// From an `Authorization` value and a form.
    pub fn of(authorization: Option<&Secret>, form: Option<&Secret>) -> Self {
        let mut sent = Sent::default();
        if let Some(value) = authorization.map(Secret::reveal) {
            let (scheme, rest) = value.split_once(' ').unwrap_or(("", value));
            sent.add(rest);
            if scheme.eq_ignore_ascii_case("basic")
                && let Some(decoded) = STANDARD
                    .decode(rest)
                    .ok()
                    .and_then(|bytes| String::from_utf8(bytes).ok())
            {
                sent.add(&STANDARD_NO_PAD.encode(&decoded));
                if let Some((_, password)) = decoded.split_once(':') {
                    sent.add(password);
                }
                sent.add(&decoded);
            }
        }
        // Read as a query: the coding is the same.
        if let Some(form) =
            form.and_then(|form| Url::parse(&format!("form:?{}", form.reveal())).ok())
        {
            let secret = |name: &str| matches!(name, "password" | "refresh_token" | "access_token");
            form.query_pairs()
                .filter(|(name, _)| secret(name))
                .for_each(|(_, value)| sent.add(&value));
        }
        sent.0
            .sort_by_key(|text| std::cmp::Reverse(text.reveal().len()));
        sent
    }

    fn add(&mut self, text: &str) {
        if text.len() < SHORTEST {
            return;
        }
        self.0.push(Secret::new(text));
        // As a path or a query spells it.
        if let Ok(mut url) = Url::parse("x:/") {
            url.set_path(text);
            url.set_query(Some(text));
            let as_component = component(text);
            for coded in [
                url.path().trim_start_matches('/'),
                url.query().unwrap_or_default(),
                &as_component,
            ] {
                if coded != text {
                    self.0.push(Secret::new(coded));
                }
            }
        }
    }

    /// Both.
    pub fn and(mut self, other: &Sent) -> Self {
        for text in &other.0 {
            if !self.0.contains(text) {
                self.0.push(text.clone());
            }
        }
        self.0
            .sort_by_key(|text| std::cmp::Reverse(text.reveal().len()));
        self
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The text with `***` for each; the case of ASCII letters does not matter.
    pub fn hide(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.0 {
            let wanted = secret.reveal().as_bytes();
            let (mut shown, mut rest) = (String::new(), &*text);
            while let Some(at) = find(rest.as_bytes(), wanted) {
                shown.push_str(&rest[..at]);
                shown.push_str("***");
                rest = &rest[at + wanted.len()..];
            }
            if !shown.is_empty() {
                shown.push_str(rest);
                text = shown;
            }
        }
        text
    }
}

/// Everything coded that may be (RFC 3986, 2.3 "Unreserved Characters").
fn component(text: &str) -> String {
    text.bytes().fold(String::new(), |mut coded, byte| {
        match byte {
            b'-' | b'.' | b'_' | b'~' => coded.push(byte.into()),
            byte if byte.is_ascii_alphanumeric() => coded.push(byte.into()),
            byte => coded.push_str(&format!("%{byte:02X}")),
        }
        coded
    })
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len())
        .position(|window| window.eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_hidden_in_every_spelling() {
        let basic = Secret::new(format!("Basic {}", STANDARD.encode("bob:p/ß w0rd")));
        let bearer = Secret::new("Bearer eyJhbGciOi.x-y_z");
        let form = Secret::new("grant_type=password&password=p%2F%C3%9F+w0rd&scope=repository");
        let coded = STANDARD.encode("bob:p/ß w0rd");
        let rows = [
            (
                &basic,
                format!("your Basic {coded} is wrong"),
                "your Basic *** is wrong",
            ),
            (
                &basic,
                format!("BASIC {}", coded.to_ascii_uppercase()),
                "BASIC ***",
            ),
            (&basic, "bob:p/ß w0rd, p/ß w0rd".to_owned(), "***, ***"),
            (&basic, "/v2/p/%C3%9F%20w0rd".to_owned(), "/v2/***"),
            (&basic, "/v2/bob%3ap%2f%c3%9f%20w0rd".to_owned(), "/v2/***"),
            (
                &bearer,
                "token eyJhbGciOi.x-y_z has expired".to_owned(),
                "token *** has expired",
            ),
            (
                &bearer,
                "nothing of it: eyJhbGciOi.x-y".to_owned(),
                "nothing of it: eyJhbGciOi.x-y",
            ),
        ];
        for (authorization, text, expected) in rows {
            assert_eq!(Sent::of(Some(authorization), None).hide(&text), expected);
        }
        assert_eq!(
            Sent::of(None, Some(&form)).hide("no p/ß w0rd, repository"),
            "no ***, repository"
        );
        let short = Secret::new(format!("Basic {}", STANDARD.encode("a:pw")));
        assert_eq!(
            Sent::of(Some(&short), None).hide("the pw of a"),
            "the pw of a"
        );
    }
}
