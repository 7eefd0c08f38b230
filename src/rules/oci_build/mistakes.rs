//! Mistakes that keep a command from doing what it says, and their edits.

use super::edits::edit;
use super::super::{Cause, Finding};
use super::finding;
use image_lint_model::build::{Action, Built, Mistake, Tool};
use image_lint_model::finding::Fix;
use image_lint_model::target::Target;
use image_lint_text::source::{Place, Span};

/// The edits that move late flags to where buildah reads them. They are safe where the command that comes of it makes
/// what the target can pull: what else is wrong with it would be seen only then.
fn before_the_arguments(build: &Built, target: &Target) -> Option<Fix> {
    let late = build.command.slots.late.as_ref()?;
    let moved: String = late
        .flags
        .iter()
        .map(|(_, flag)| format!("{flag} "))
        .collect();
    let mut edits = vec![edit(late.to, &moved)];
    edits.extend(late.flags.iter().map(|(place, _)| edit(*place, "")));
    Some(Fix {
        title: "move the flags before the first argument".into(),
        edits,
        safe: build
            .verdict
            .format
            .is_some_and(|format| target.takes(format)),
    })
}

/// A mistake that keeps the command from doing what it says.
pub(super) fn mistake(build: &Built, target: &Target) -> Option<Finding> {
    let mistake = build.command.mistakes.first()?;
    let replace = |place: Place, text: &str, title: &str| {
        Some(Fix {
            title: title.to_owned(),
            edits: vec![edit(place, text)],
            safe: true,
        })
    };
    let (place, message, help, fix) = match *mistake {
        Mistake::LateFlag(place) => (
            place,
            "buildah reads no flags after its first argument: this command fails",
            "move the flag before the first argument: after it buildah reads no flags",
            before_the_arguments(build, target),
        ),
        Mistake::UnknownFormat(place) if build.command.tool == Tool::Skopeo => (
            place,
            "skopeo knows no such format: this command fails",
            "skopeo's word for docker format is `v2s2`",
            replace(place, "v2s2", "write `v2s2` as the format"),
        ),
        Mistake::UnknownFormat(place) => {
            let word = if matches!(build.command.action, Action::Build | Action::Commit) {
                "docker"
            } else {
                "v2s2"
            };
            let help = if word == "docker" {
                "a build takes `docker` or `oci`"
            } else {
                "a push takes `v2s2` or `oci`"
            };
            (
                place,
                "the tool knows no such format: this command fails",
                help,
                replace(place, word, "write a known format"),
            )
        }
        Mistake::OneDash(place) => {
            let start = Place {
                end: place.start,
                span: Span {
                    start: place.span.start,
                    end: place.span.start,
                },
                ..place
            };
            (
                place,
                "one dash makes a cluster of letters: this is `-f ormat`, not `--format`",
                "write `--format`",
                replace(start, "-", "write `--format`"),
            )
        }
        Mistake::NoContainer(place) => (
            place,
            "`buildah commit` takes the container first, then the image's name: this one has no container",
            "name the working container that `buildah from` gave",
            None,
        ),
        Mistake::BrokenContinuation(place) => (
            place,
            "a blank after the backslash: the command ends here, and the next line is a command of its own",
            "remove the blank",
            None,
        ),
        Mistake::ZstdInDocker(place) => (
            place,
            "docker format has no zstd layers: this command fails",
            "leave the compression out: gzip is what docker format takes",
            None,
        ),
    };
    let mut found = finding(build, place).says(format!("`{}`: {message}", build.command.label), "here");
    found.help = vec![help.into()];
    found.fix = fix;
    found.cause = Cause::same([message]);
    Some(found)
}
