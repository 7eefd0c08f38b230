//! `containers.conf` of podman and buildah, as far as it is about the format of images: `image_default_format`, which
//! looks as if it were, and `compression_format`.
//!
//! Comes in: a file in TOML, of which only `key = "value"` lines are read. Goes out: a
//! [`BuildCommand`] for each of the two settings.

use crate::extract::{Candidate, Extractor, Sink, ignores};
use crate::model::build::{Action, BuildCommand, FormatSetting, Tool};
use crate::model::mention::SourceKind;
use crate::model::source::{SourceFile, Span};

/// `containers.conf`, its drop-ins, and the older `libpod.conf`.
#[derive(Debug)]
pub struct ContainersConf;

impl Extractor for ContainersConf {
    fn name(&self) -> &'static str {
        "containers.conf"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        let name = file.path.file_name();
        matches!(&*name, "containers.conf" | "libpod.conf")
            || name.ends_with(".conf") && file.path.folder().ends_with("containers.conf.d")
    }

    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>) {
        ignores::in_line_comments(&file.whole(), "#", out);
        let mut at = 0;
        for line in file.text.split_inclusive('\n') {
            let start = at + (line.len() - line.trim_start().len());
            at += line.len();
            let Some((key, value)) = line.trim().split_once('=') else {
                continue;
            };
            let (key, value) = (key.trim(), value.trim());
            // A comment's key starts with its mark, so it is neither of the two.
            if !matches!(key, "image_default_format" | "compression_format") {
                continue;
            }
            let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
                continue;
            };
            let Some((value, _)) = value[1..].split_once(quote) else {
                continue;
            };
            let place = out.place(Span::new(start, start + line.trim().len()));
            let excerpt = out.excerpt(place);
            let mut setting = BuildCommand::new(
                place,
                excerpt,
                SourceKind::Shell,
                Tool::Podman,
                Action::Configure,
                key,
            );
            if key == "compression_format" {
                setting.options.zstd = value.starts_with("zstd");
            } else {
                setting.format = FormatSetting::Flag {
                    value: value.into(),
                    place: None,
                };
            }
            out.extraction.builds.push(setting);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::mention::Repository;
    use crate::model::source::{FileId, RepoPath};
    use crate::model::target::Target;
    use crate::rules::{Case, Subject, rules};

    #[test]
    fn settings_of_the_format_are_told_for_what_they_are() {
        let table = [
            (
                "[engine]\nimage_default_format = \"v2s2\"\n",
                Some("no-effect"),
            ),
            (
                "[engine]\nimage_default_format=\"oci\" # why\n",
                Some("no-effect"),
            ),
            ("# image_default_format = \"v2s2\"\n", None),
            (
                "[engine]\ncompression_format = \"zstd:chunked\"\n",
                Some("oci-build"),
            ),
            ("[engine]\ncompression_format = \"gzip\"\n", None),
            ("[engine]\nevents_logger = \"file\"\n", None),
        ];
        let (target, repository) = (Target::default(), Repository::default());
        for (text, expected) in table {
            let file = SourceFile::new(
                FileId(0),
                RepoPath::from_bytes(b"etc/containers.conf"),
                text.to_owned(),
            );
            let mut sink = Sink::new(&file);
            ContainersConf.extract(&file, &mut sink);
            let mut found = Vec::new();
            for build in &sink.extraction.builds {
                let case = Case {
                    subject: Subject::Build(build),
                    target: &target,
                    repository: &repository,
                };
                rules()
                    .iter()
                    .for_each(|rule| rule.check(&case, &mut found));
            }
            assert_eq!(found.first().map(|f| f.rule), expected, "{text}");
            assert!(found.len() <= 1, "{text}");
        }
    }
}
