//! Podman's quadlets (podman-systemd.unit(5)): `Image=` of `.container`, `.image` and `.volume` units, `ImageTag=` of
//! `.build` units.

use super::variables::{self, Dialect};
use super::{Candidate, Draft, Extractor, Sink};
use crate::model::mention::{Expect, Role, SourceKind};
use crate::model::source::{SourceFile, Span};

pub struct Quadlet;

/// Endings of unit names; an `Image=` that ends so names another unit.
const UNITS: [&str; 4] = [".container", ".image", ".build", ".volume"];

impl Extractor for Quadlet {
    fn name(&self) -> &'static str {
        "quadlet"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        let path = file.path.to_text();
        // `.image` and `.build` are common endings of other things: only where systemd looks for units.
        path.ends_with(".container")
            || (UNITS.iter().any(|ending| path.ends_with(ending))
                && ["systemd", "quadlet"].iter().any(|folder| path.to_ascii_lowercase().contains(folder)))
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
            if let Some(name) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
                section = name;
                continue;
            }
            let Some((key, value)) = text.split_once('=').filter(|_| !text.starts_with(['#', ';'])) else { continue };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::source::{FileId, RepoPath};

    #[test]
    fn units_name_images_in_their_sections() {
        for (text, expected, why) in [
            ("[Container]\nImage=quay.io/a/b:1\n", &[("quay.io/a/b:1", Role::Ci)][..], "a container"),
            ("[Container]\r\nImage = a/b:1\r\n", &[("a/b:1", Role::Ci)], "spaces and CRLF"),
            ("[Container]\n#Image=a\n;Image=b\n", &[], "comments"),
            ("[Unit]\nImage=a\n", &[], "another section"),
            ("[Container]\nImage=web.build\n", &[("web.build", Role::Local)], "another unit"),
            ("[Build]\nImageTag=localhost/web:1\n", &[("localhost/web:1", Role::Push)], "the result of a build"),
        ] {
            let file = SourceFile::new(FileId(0), RepoPath::from_bytes(b"a.container"), text.into());
            let mut sink = Sink::new(&file);
            Quadlet.extract(&file, &mut sink);
            let extraction = sink.finish();
            let got: Vec<_> = extraction.mentions.iter().map(|m| (file.slice(m.place.span), m.role)).collect();
            assert_eq!(got, expected, "{why}");
        }
    }
}
