//! The body of an answer that is no success: `errors[].code` of the distribution spec, and the look-alikes.

use serde::Deserialize;

use crate::echo::Sent;

/// What a body says went wrong; untrusted text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorBody {
    /// Upper-case `errors[].code`, in order, each at most [`MAX_CODE`] bytes.
    pub codes: Vec<String>,
    /// The first message, cut to [`MAX_MESSAGE`] bytes.
    pub message: Option<String>,
    /// The body is JSON of the shape that registries answer with.
    pub registry_like: bool,
}

const MAX_CODE: usize = 64;
const MAX_MESSAGE: usize = 300;
const MAX_CODES: usize = 8;

#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    errors: Vec<WireError>,
    /// Token services: `{"details": "incorrect username or password"}`, `{"message": …}`, `{"error": …}`.
    details: Option<serde_json::Value>,
    message: Option<serde_json::Value>,
    error: Option<serde_json::Value>,
    #[serde(rename = "__type")]
    aws_type: Option<String>,
}

#[derive(Deserialize)]
struct WireError {
    code: Option<serde_json::Value>,
    message: Option<serde_json::Value>,
}

impl ErrorBody {
    /// Reads at most what the caller kept; anything that is no JSON object gives an empty result, with the text as
    /// the message when it is short and plain (rate limiters answer with bare text).
    pub fn parse(bytes: &[u8]) -> ErrorBody {
        ErrorBody::without(bytes, &Sent::default())
    }

    /// The same, and what was `sent` is hidden where it comes back.
    pub fn without(bytes: &[u8], sent: &Sent) -> ErrorBody {
        let cut = |text: &str| cut(&sent.hide(text));
        let text_of = |value: Option<serde_json::Value>| match value {
            Some(serde_json::Value::String(text)) if !text.trim().is_empty() => {
                Some(cut(text.trim()))
            }
            _ => None,
        };
        let Ok(wire) = serde_json::from_slice::<Wire>(bytes) else {
            let text = std::str::from_utf8(bytes).ok().map(str::trim);
            let message = text
                .filter(|t| !t.is_empty() && !t.starts_with('<') && !t.starts_with('{'))
                .map(cut);
            return ErrorBody {
                message,
                ..ErrorBody::default()
            };
        };
        let mut body = ErrorBody {
            registry_like: !wire.errors.is_empty(),
            ..ErrorBody::default()
        };
        for error in wire.errors.into_iter().take(MAX_CODES) {
            if let Some(serde_json::Value::String(code)) = error.code {
                let code: String = sent
                    .hide(&code)
                    .chars()
                    .filter(|c| !c.is_control())
                    .take(MAX_CODE)
                    .collect();
                body.codes.push(code.to_ascii_uppercase());
            }
            if body.message.is_none() {
                body.message = text_of(error.message);
            }
        }
        if let Some(kind) = wire.aws_type {
            body.codes.push(
                sent.hide(&kind)
                    .chars()
                    .take(MAX_CODE)
                    .collect::<String>()
                    .to_ascii_uppercase(),
            );
        }
        if body.message.is_none() {
            body.message = text_of(wire.details)
                .or_else(|| text_of(wire.message))
                .or_else(|| text_of(wire.error));
        }
        body
    }

    pub fn has(&self, code: &str) -> bool {
        self.codes.iter().any(|c| c == code)
    }
}

fn cut(text: &str) -> String {
    match text
        .char_indices()
        .map(|(at, c)| at + c.len_utf8())
        .take_while(|end| *end <= MAX_MESSAGE)
        .last()
    {
        Some(end) if end < text.len() => format!("{}…", &text[..end]),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_messages_are_found_in_every_shape() {
        let cases: [(&str, &[&str], Option<&str>, &str); 9] = [
            (
                r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{"Tag":"x"}}]}"#,
                &["MANIFEST_UNKNOWN"],
                Some("manifest unknown"),
                "distribution",
            ),
            (
                r#"{"errors":[{"code":"DENIED","message":"requested access"},{"code":"UNAUTHORIZED","message":"auth"}]}"#,
                &["DENIED", "UNAUTHORIZED"],
                Some("requested access"),
                "Docker Hub on a missing repository",
            ),
            (
                r#"{"errors":[{"code":"toomanyrequests","message":"retry-after: 880.092µs, allowed: 44000/minute"}]}"#,
                &["TOOMANYREQUESTS"],
                Some("retry-after: 880.092µs, allowed: 44000/minute"),
                "GHCR",
            ),
            (
                r#"{"details":"incorrect username or password"}"#,
                &[],
                Some("incorrect username or password"),
                "Hub's token service",
            ),
            (
                r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#,
                &["THROTTLINGEXCEPTION"],
                Some("Rate exceeded"),
                "ECR",
            ),
            (
                "Too Many Requests (HAP429)",
                &[],
                Some("Too Many Requests (HAP429)"),
                "bare text",
            ),
            ("<html><h1>404</h1></html>", &[], None, "a web page"),
            ("", &[], None, "HEAD has no body"),
            (
                r#"{"errors":[{"code":5,"message":null}]}"#,
                &[],
                None,
                "odd types",
            ),
        ];
        for (text, codes, message, why) in cases {
            let body = ErrorBody::parse(text.as_bytes());
            assert_eq!(body.codes, codes, "{why}");
            assert_eq!(body.message.as_deref(), message, "{why}");
        }
    }

    #[test]
    fn a_megabyte_of_message_is_cut() {
        let body = format!(
            r#"{{"errors":[{{"code":"X","message":"{}"}}]}}"#,
            "ü".repeat(500_000)
        );
        assert!(ErrorBody::parse(body.as_bytes()).message.unwrap().len() <= MAX_MESSAGE + 3);
    }
}
