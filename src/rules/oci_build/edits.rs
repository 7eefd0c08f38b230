//! The edits that make a command give docker format: a flag directly behind the subcommand, or a value in its place.

use image_lint_model::build::{
    Action, BuildCommand, Confidence, FormatSetting, Mend, Tool, Verdict,
};
use image_lint_model::finding::{Edit, Fix};
use image_lint_text::source::{Place, Position, Span};

/// The edit that mends it; inserted directly behind the subcommand, or the value replaced in place.
pub(super) fn fix(build: &BuildCommand, verdict: &Verdict) -> Option<Fix> {
    let safe = verdict.confidence != Confidence::Depends;
    // What was built wrongly is mended there: a push brings back nothing that the build lost.
    if let Some(decided) = verdict
        .decided
        .as_ref()
        .filter(|_| build.action == Action::Push && !build.options.zstd)
    {
        let there = match &decided.mend {
            // docker has no such flag.
            _ if !matches!(decided.tool, Tool::Buildah | Tool::Podman) => return None,
            Some(mend) => Some(mended(mend, safe)),
            None => set_format(&decided.format, decided.subcommand, "docker", safe),
        };
        return there.or_else(|| build.mend.as_ref().map(|mend| mended(mend, safe)));
    }
    if let Some(mend) = build
        .mend
        .as_ref()
        .or(verdict.decided.as_ref().and_then(|d| d.mend.as_ref()))
    {
        return Some(mended(mend, safe));
    }
    match (build.tool, build.action) {
        (Tool::Buildah | Tool::Podman, Action::Build | Action::Commit) => {
            set_format(&build.format, build.subcommand, "docker", safe)
        }
        (Tool::Buildah | Tool::Podman, Action::Push) if build.options.zstd => None,
        (Tool::Buildah | Tool::Podman, Action::Push) => {
            set_format(&build.format, build.subcommand, "v2s2", safe)
        }
        (Tool::Buildah | Tool::Podman, Action::ListPush) => {
            set_format(&build.format, build.subcommand, "v2s2", safe)
        }
        (Tool::Skopeo, _) if build.options.preserve_digests => converting(build, safe),
        (Tool::Skopeo, _) => set_format(&build.format, build.subcommand, "v2s2", safe),
        _ => None,
    }
}

/// The edits that have skopeo convert where `--preserve-digests` forbids it, which a single image is copied by in silence
/// (measured with 1.9 and 1.18). skopeo reads flags anywhere, so the format takes that flag's place.
fn converting(build: &BuildCommand, safe: bool) -> Option<Fix> {
    let flag = build.options.preserving?;
    let (title, mut edits) = match &build.format {
        FormatSetting::Unset | FormatSetting::Environment { .. } => (
            "write `--format=v2s2` in place of `--preserve-digests`",
            vec![edit(flag.word, "--format=v2s2")],
        ),
        FormatSetting::Flag { value, .. } if &**value == "v2s2" => (
            "remove `--preserve-digests`",
            vec![edit(flag.with_blank?, "")],
        ),
        FormatSetting::Flag { place, .. } => (
            "remove `--preserve-digests` and write `v2s2`",
            vec![edit(flag.with_blank?, ""), edit((*place)?, "v2s2")],
        ),
        _ => return None,
    };
    edits.sort_by_key(|edit| edit.span.start);
    Some(Fix {
        title: title.to_owned(),
        edits,
        safe,
    })
}

pub(super) fn edit(place: Place, text: &str) -> Edit {
    Edit {
        file: place.file,
        span: place.span,
        place,
        text: text.to_owned(),
    }
}

fn mended(mend: &Mend, safe: bool) -> Fix {
    Fix {
        title: mend.title.to_owned(),
        edits: vec![edit(mend.place, &mend.text)],
        safe,
    }
}

/// The edit that makes a build or commit write docker format.
pub(in crate::rules) fn docker_format(build: &BuildCommand, safe: bool) -> Option<Fix> {
    match &build.mend {
        Some(mend) => Some(mended(mend, safe)),
        None => set_format(&build.format, build.subcommand, "docker", safe),
    }
}

fn set_format(
    setting: &FormatSetting,
    subcommand: Option<Place>,
    value: &str,
    safe: bool,
) -> Option<Fix> {
    match setting {
        // A run may give the parameter another value, and others may rely on the default.
        FormatSetting::Default { place, .. } => {
            let edits = vec![edit((*place)?, value)];
            Some(Fix {
                title: format!("write `{value}` as the default"),
                edits,
                safe: false,
            })
        }
        FormatSetting::Flag { place, .. } => {
            let edits = vec![edit((*place)?, value)];
            Some(Fix {
                title: format!("write `{value}` as the format"),
                edits,
                safe,
            })
        }
        _ => {
            let edits = vec![edit(end_of(subcommand?), &format!(" --format={value}"))];
            Some(Fix {
                title: format!("insert `--format={value}`"),
                edits,
                safe,
            })
        }
    }
}

/// The empty place behind another.
fn end_of(place: Place) -> Place {
    let at: Position = place.end;
    Place {
        file: place.file,
        start: at,
        end: at,
        span: Span {
            start: place.span.end,
            end: place.span.end,
        },
    }
}
