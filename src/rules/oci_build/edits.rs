//! The edits that make a command give docker format: a flag right after the subcommand, a value in its place, or an
//! input of an action. Where they go is known from the file; the words are here.

use image_lint_model::build::{
    Action, Built, Confidence, FlagSlots, FormatSetting, FormatSlot, Tool,
};
use image_lint_model::finding::{Edit, Fix};
use image_lint_text::source::{Place, Position, Span};

/// The edit that fixes a command; inserted right after the subcommand, or the value replaced in place.
pub(super) fn fix(build: &Built) -> Option<Fix> {
    let (command, verdict) = (&build.command, &build.verdict);
    let safe = verdict.confidence != Confidence::Depends;
    let pushes = command.action == Action::Push;
    // What was built wrongly is fixed there: a push brings back nothing that the build lost.
    if let Some(decided) = verdict
        .decided
        .as_ref()
        .filter(|_| pushes && !command.options.zstd)
    {
        // docker has no such flag.
        if !matches!(decided.tool, Tool::Buildah | Tool::Podman) {
            return None;
        }
        let there = set_format(&decided.format, &decided.slots, "docker", safe);
        return there.or_else(|| input(&command.slots.format, safe));
    }
    let value = match (command.tool, command.action) {
        (Tool::Buildah | Tool::Podman, Action::Build | Action::Commit) => "docker",
        (Tool::Buildah | Tool::Podman, Action::Push) if command.options.zstd => return None,
        (Tool::Buildah | Tool::Podman, Action::Push | Action::ListPush) => "v2s2",
        (Tool::Skopeo, _) if command.options.preserve_digests => return converting(build, safe),
        (Tool::Skopeo, _) => "v2s2",
        _ => return None,
    };
    set_format(&build.format, &command.slots, value, safe)
}

/// The edits that have skopeo convert where `--preserve-digests` forbids it, which a single image is copied by in silence
/// (measured with 1.9 and 1.18). skopeo reads flags anywhere, so the format takes that flag's place.
fn converting(build: &Built, safe: bool) -> Option<Fix> {
    let flag = build.command.slots.preserving?;
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

/// The edit that makes a build or commit write docker format.
pub(in crate::rules) fn docker_format(build: &Built, safe: bool) -> Option<Fix> {
    set_format(&build.format, &build.command.slots, "docker", safe)
}

fn set_format(setting: &FormatSetting, slots: &FlagSlots, value: &str, safe: bool) -> Option<Fix> {
    let replaced = |place: &Option<Place>, title: String, safe: bool| {
        let edits = vec![edit((*place)?, value)];
        Some(Fix { title, edits, safe })
    };
    match (setting, &slots.format) {
        (
            _,
            FormatSlot::OciInput(_)
            | FormatSlot::ExtraArgs { .. }
            | FormatSlot::FormatParameter { .. },
        ) => added(&slots.format, value, safe),
        // A run may give the parameter another value, and others may rely on the default.
        (FormatSetting::Default { place, .. }, _) => {
            replaced(place, format!("write `{value}` as the default"), false)
        }
        (FormatSetting::Flag { place, .. }, _) => {
            replaced(place, format!("write `{value}` as the format"), safe)
        }
        (_, slot) => added(slot, value, safe),
    }
}

/// An input of an action alone: no flag of the command.
fn input(slot: &FormatSlot, safe: bool) -> Option<Fix> {
    match slot {
        FormatSlot::ExtraArgs { .. } => added(slot, "v2s2", safe),
        _ => None,
    }
}

/// The edit that asks for a format where nothing is said of it.
fn added(slot: &FormatSlot, value: &str, safe: bool) -> Option<Fix> {
    let flag = format!("--format={value}");
    let (title, edit) = match slot {
        FormatSlot::After(word) => (
            format!("insert `{flag}`"),
            edit(end_of(*word), &format!(" {flag}")),
        ),
        FormatSlot::Item { at, before, after } => (
            "add the format to the list of arguments".into(),
            edit(*at, &format!("{before}{flag}{after}")),
        ),
        FormatSlot::OciInput(place) => ("set `oci` to `false`".into(), edit(*place, "false")),
        FormatSlot::ExtraArgs { at, indent } => (
            "push in docker format".into(),
            edit(*at, &format!("extra-args: {flag}\n{indent}")),
        ),
        FormatSlot::FormatParameter { name, at, indent } => {
            let text = format!("- name: {name}\n{indent}  value: {value}\n{indent}");
            (format!("give the parameter `{name}`"), edit(*at, &text))
        }
        FormatSlot::Nowhere | FormatSlot::NoParameter => return None,
    };
    Some(Fix {
        title,
        edits: vec![edit],
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

/// The empty place after another.
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
