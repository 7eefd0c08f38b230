//! `containers.conf` of podman and buildah, as far as it is about the format of images: `image_default_format`, which
//! looks as if it were, and `compression_format`.
//!
//! Comes in: a file in TOML, of which only `key = "value"` lines are read. Goes out: a
//! [`Command`] for each of the two settings.

use crate::extract::{Candidate, Extractor, Sink, ignores};
use image_lint_model::build::{Action, Command, FormatSetting, Setting, Tool};
use image_lint_model::mention::SourceKind;
use image_lint_text::source::{SourceFile, Span};

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
            let name = match key {
                "image_default_format" => Setting::ImageDefaultFormat,
                "compression_format" => Setting::CompressionFormat,
                _ => continue,
            };
            let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
                continue;
            };
            let Some((value, _)) = value[1..].split_once(quote) else {
                continue;
            };
            let place = out.place(Span::new(start, start + line.trim().len()));
            let excerpt = out.excerpt(place);
            let mut setting = Command::new(
                (place, excerpt),
                SourceKind::Shell,
                Tool::Podman,
                Action::Configure(name),
                key,
            );
            if name == Setting::CompressionFormat {
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
