//! `devcontainer.json` (containers.dev/implementors/json_reference): the image of a development container.

use super::kubernetes::path::FieldPath;
use super::kubernetes::reader::{Reader, Within};
use super::variables::Dialect;
use super::{Candidate, Extractor, Sink};
use image_lint_model::mention::{Role, SourceKind};
use image_lint_text::source::{SourceFile, SourceText};
use image_lint_text::yaml;

pub struct Devcontainer;

impl Extractor for Devcontainer {
    fn name(&self) -> &'static str {
        "devcontainer"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        matches!(
            &*file.path.file_name(),
            "devcontainer.json" | ".devcontainer.json"
        )
    }

    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>) {
        let text = SourceText {
            text: without_comments(&file.text).into(),
            map: file.whole().map,
        };
        let stream = yaml::parse(&text);
        let mut reader = Reader::new(out);
        let within = Within::source(SourceKind::Devcontainer, Dialect::Kubernetes);
        for document in &stream.documents {
            if let Some(image) = document.root().get("image") {
                reader.image(image, &FieldPath::ROOT.key("image"), &within, Role::Ci);
            }
        }
        for broken in &stream.unread {
            out.skip(
                broken.at,
                format!("this is not JSON: {}", broken.why),
                false,
            );
        }
    }
}

/// The text with `//` and `/* */` comments turned to spaces, so that every byte stays where it is.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let plain = rest.find(['"', '/']).unwrap_or(rest.len());
        out.push_str(&rest[..plain]);
        rest = &rest[plain..];
        let (len, comment) = match rest.as_bytes() {
            [b'"', ..] => (string_len(rest), false),
            [b'/', b'/', ..] => (rest.find('\n').unwrap_or(rest.len()), true),
            [b'/', b'*', ..] => (rest[2..].find("*/").map_or(rest.len(), |end| end + 4), true),
            [] => break,
            _ => (1, false),
        };
        if comment {
            out.extend(rest[..len].bytes().map(|byte| {
                if matches!(byte, b'\n' | b'\r') {
                    byte as char
                } else {
                    ' '
                }
            }));
        } else {
            out.push_str(&rest[..len]);
        }
        rest = &rest[len..];
    }
    out
}

/// Bytes of the string that `text` starts with, both quotes included.
fn string_len(text: &str) -> usize {
    let mut escaped = false;
    for (i, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' | b'\n' => return i + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image_lint_text::source::{FileId, RepoPath};

    #[test]
    fn comments_do_not_move_anything() {
        let text = "// über\n{ /* \"image\": \"no\" */\n\t\"name\": \"a // b\",\n\t\"image\": \"mcr.microsoft.com/d:1\", // x\n}\n";
        let file = SourceFile::new(
            FileId(0),
            RepoPath::from_bytes(b".devcontainer/devcontainer.json"),
            text.into(),
        );
        let mut sink = Sink::new(&file);
        Devcontainer.extract(&file, &mut sink);
        let extraction = sink.finish();
        let places: Vec<_> = extraction
            .mentions
            .iter()
            .map(|m| (file.slice(m.place.span), m.place.start.line))
            .collect();
        assert_eq!(places, [("mcr.microsoft.com/d:1", 4)]);
        assert!(extraction.skips.is_empty());
    }
}
