//! Podman's quadlets (podman-systemd.unit(5)): `Image=` of `.container`, `.image` and `.volume` units, `ImageTag=` of
//! `.build` units.

use super::variables::{self, Dialect};
use super::{Candidate, Draft, Extractor, Sink};
use image_lint_model::mention::{Expect, Role, SourceKind};
use image_lint_text::source::{SourceFile, Span};

pub struct Quadlet;

/// Endings of unit names; an `Image=` that ends so names another unit.
const UNITS: [&str; 4] = [".container", ".image", ".build", ".volume"];

impl Extractor for Quadlet {
    fn name(&self) -> &'static str {
        "quadlet"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        let path = file.path.to_text();
        // `.image` and `.build` are common endings of other things: only what reads like a unit of systemd is one.
        path.ends_with(".container") || (may_be_unit(&path) && is_unit(file.head))
    }

    fn worth_reading(&self, text: &str) -> bool {
        text.contains("Image")
    }

    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>) {
        let mut section = "";
        let mut start = 0;
        for line in file.text.split_inclusive('\n') {
            let at = start;
            start += line.len();
            let text = line.trim();
            if let Some(name) = text
                .strip_prefix('[')
                .and_then(|text| text.strip_suffix(']'))
            {
                section = name;
                continue;
            }
            let Some((key, value)) = text
                .split_once('=')
                .filter(|_| !text.starts_with(['#', ';']))
            else {
                continue;
            };
            let value = value.trim();
            let role = match (section, key.trim()) {
                ("Container" | "Image" | "Volume", "Image") => Role::Ci,
                ("Build", "ImageTag") => Role::Push,
                _ => continue,
            };
            if value.is_empty() {
                continue;
            }
            let offset = at + line.rfind(value).unwrap_or(0);
            let span = Span::new(offset, offset + value.len());
            // Specifiers such as `%i` are systemd's.
            let read = variables::read(value, Dialect::Kubernetes);
            let field = format!("[{section}] {}", key.trim());
            let mut draft = Draft::image(span, read, role, SourceKind::Quadlet, field);
            if UNITS.iter().any(|ending| value.ends_with(ending)) {
                draft.expect = Expect::Local;
                draft.role = Role::Local;
            }
            out.mention(draft);
        }
    }
}

/// Whether a name is that of a unit, or of something else that ends alike.
pub fn may_be_unit(name: &str) -> bool {
    UNITS.iter().any(|ending| name.ends_with(ending))
}

/// The first line that says something opens a section, as far as the first bytes show.
fn is_unit(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let mut lines = text
        .lines()
        .map(|line| line.trim_start_matches('\u{feff}').trim());
    lines
        .find(|line| !line.is_empty() && !line.starts_with(['#', ';']))
        .is_some_and(|line| {
            [
                "[Unit]",
                "[Image]",
                "[Build]",
                "[Volume]",
                "[Install]",
                "[Service]",
            ]
            .contains(&line)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image_lint_text::source::{FileId, RepoPath};

    #[test]
    fn units_are_told_by_their_first_section() {
        for (path, head, expected) in [
            ("a.container", "", true),
            ("web.build", "[Build]\n", true),
            ("web.image", "# why\n\n[Unit]\nDescription=x\n", true),
            ("disk.image", "\u{0}\u{1}", false),
            ("app.build", "all: build\n", false),
        ] {
            let path = RepoPath::from_bytes(path.as_bytes());
            let candidate = Candidate {
                path: &path,
                head: head.as_bytes(),
                whole: false,
            };
            assert_eq!(Quadlet.claims(&candidate), expected, "{path:?}");
        }
    }

    #[test]
    fn units_name_images_in_their_sections() {
        for (text, expected, why) in [
            (
                "[Container]\nImage=quay.io/a/b:1\n",
                &[("quay.io/a/b:1", Role::Ci)][..],
                "a container",
            ),
            (
                "[Container]\r\nImage = a/b:1\r\n",
                &[("a/b:1", Role::Ci)],
                "spaces and CRLF",
            ),
            ("[Container]\n#Image=a\n;Image=b\n", &[], "comments"),
            ("[Unit]\nImage=a\n", &[], "another section"),
            (
                "[Container]\nImage=web.build\n",
                &[("web.build", Role::Local)],
                "another unit",
            ),
            (
                "[Build]\nImageTag=localhost/web:1\n",
                &[("localhost/web:1", Role::Push)],
                "the result of a build",
            ),
        ] {
            let file =
                SourceFile::new(FileId(0), RepoPath::from_bytes(b"a.container"), text.into());
            let mut sink = Sink::new(&file);
            Quadlet.extract(&file, &mut sink);
            let extraction = sink.finish();
            let got: Vec<_> = extraction
                .mentions
                .iter()
                .map(|m| (file.slice(m.place.span), m.role))
                .collect();
            assert_eq!(got, expected, "{why}");
        }
    }
}
