//! What registries answered about the images that a command copies, or pushes as they were pulled: it decides what
//! arrives, where nothing asks for a format.

use std::borrow::Cow;

use crate::rules::Answers;
use image_lint_model::build::{Action, Built, Confidence, Reason, Tool, Verdict};
use image_lint_model::manifest::{Format, Manifest};
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::Resolution;
use image_lint_model::target::Target;

/// The command with the verdict that the answers give; the one that it has where they tell nothing.
pub(super) fn answered<'b>(
    build: &'b Built,
    target: &Target,
    answers: &Answers<'_>,
) -> Cow<'b, Built> {
    let verdict = &build.verdict;
    let formats: Vec<Option<Format>> = verdict
        .sources
        .iter()
        .map(|name| arrives(build, found(name, answers)?, target))
        .collect();
    // One that cannot be pulled is enough; that all can be is known when all have answered.
    let oci = formats.iter().flatten().find(|format| !target.takes(**format));
    let all: Option<Vec<Format>> = formats.iter().copied().collect();
    let Some(format) = oci.copied().or_else(|| all?.first().copied()) else {
        return Cow::Borrowed(build);
    };
    let confidence = match verdict.because {
        // docker's older store converts what it pulls.
        Reason::DockerVersion if oci.is_some() => Confidence::Depends,
        // A registry that refuses OCI images has skopeo convert them.
        _ => Confidence::Default,
    };
    let mut build = build.clone();
    build.verdict = Verdict {
        format: Some(format),
        confidence,
        ..build.verdict
    };
    Cow::Owned(build)
}

fn found<'a>(name: &str, answers: &Answers<'a>) -> Option<&'a Manifest> {
    let reference = ImageReference::parse(name).ok()?;
    match &answers(&reference)?.resolution {
        Resolution::Found(manifest) => Some(manifest),
        _ => None,
    }
}

/// What of a stored image arrives: a list as a whole, or one image of it.
fn arrives(build: &Built, manifest: &Manifest, target: &Target) -> Option<Format> {
    let command = &build.command;
    let format = manifest.format;
    let one = match (command.tool, command.action) {
        (Tool::Skopeo, _) => !command.options.all,
        (_, Action::Push) => true,
        _ => false,
    };
    if !one || !format.is_list() {
        return Some(match (command.action, command.tool, format) {
            // A new list around one image.
            (Action::Copy, Tool::Docker, Format::OciManifest) => Format::OciIndex,
            (Action::Copy, Tool::Docker, Format::DockerSchema2) => Format::DockerList,
            _ => format,
        });
    }
    let children = manifest
        .body
        .as_ref()
        .map_or(&[][..], |body| &body.children);
    let image = |child: &&image_lint_model::manifest::Child| !child.attestation;
    let wanted = children.iter().filter(image).find(|child| {
        child
            .platform
            .as_ref()
            .is_some_and(|p| p.architecture == target.platform.architecture)
    });
    match wanted.or(children.iter().find(image)) {
        Some(child) => Format::from_media_type(&child.media_type),
        None if format == Format::OciIndex => Some(Format::OciManifest),
        None => None,
    }
}
