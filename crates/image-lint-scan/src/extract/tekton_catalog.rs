//! Uses of the build tasks of Tekton's catalog: `buildah`, `s2i`, `buildah-manifest-push`, `skopeo-copy`, `kaniko`.
//!
//! What they push is decided by their parameters, whose defaults stand in the catalog (tektoncd/catalog,
//! `task/buildah` 0.1 to 0.9: `FORMAT` is `oci`; `task/s2i` 0.3 builds without a format and has no such parameter;
//! `task/buildah-manifest-push`: `FORMAT` is `oci`). A task of the same name in the repository speaks for itself, which
//! [`crate::link`] knows.

use super::kubernetes::path::FieldPath;
use super::kubernetes::reader::{Reader, Within};
use image_lint_model::build::{
    Action, Command, FormatSetting, FormatSlot, ImageName, Tool, Transport,
};
use image_lint_model::mention::{Expect, Role, SourceKind};
use image_lint_text::source::Span;
use image_lint_text::yaml::Node;

/// A task by its parameters.
struct Catalog {
    name: &'static str,
    tool: Tool,
    action: Action,
    /// The parameter that names what is pushed.
    image: &'static str,
    /// The task has a parameter `FORMAT`.
    takes_format: bool,
}

const TASKS: [Catalog; 5] = [
    Catalog {
        name: "buildah",
        tool: Tool::Buildah,
        action: Action::Build,
        image: "IMAGE",
        takes_format: true,
    },
    Catalog {
        name: "s2i",
        tool: Tool::Buildah,
        action: Action::Build,
        image: "IMAGE",
        takes_format: false,
    },
    Catalog {
        name: "kaniko",
        tool: Tool::Kaniko,
        action: Action::Build,
        image: "IMAGE",
        takes_format: false,
    },
    Catalog {
        name: "buildah-manifest-push",
        tool: Tool::Buildah,
        action: Action::ListPush,
        image: "MANIFEST_IMAGE",
        takes_format: true,
    },
    Catalog {
        name: "skopeo-copy",
        tool: Tool::Skopeo,
        action: Action::Copy,
        image: "destImageURL",
        takes_format: false,
    },
];

/// Reads a `taskRef` with the parameters that it is given; `holder` has both.
pub(super) fn uses(
    reader: &mut Reader<'_, '_>,
    holder: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
) {
    let Some(reference) = holder.get("taskRef") else {
        return;
    };
    let Some(name) = task_name(reference) else {
        return;
    };
    let Some(task) = TASKS.iter().find(|task| name.as_str() == Some(task.name)) else {
        return;
    };
    let params = holder.get("params");
    let given = |wanted: &str| {
        let mut all = params.into_iter().flat_map(|list| list.items()).enumerate();
        all.find(|(_, p)| p.str_at(&["name"]) == Some(wanted))
            .and_then(|(i, p)| Some((i, p.get("value")?)))
    };
    let params_path = path.key("params");
    let mut name_image = |wanted: &str, role: Role| {
        let (i, value) = given(wanted)?;
        let text = reader.text(value, within.dialect)?;
        let transport = text.value.written();
        if !transport.contains("://") {
            reader.mention(
                value,
                &params_path.item(i).key("value"),
                within,
                role,
                Expect::Image,
                None,
            );
        }
        Some((text.span, transport))
    };
    let output = name_image(task.image, Role::Push);
    name_image("BUILDER_IMAGE", Role::Run);

    let place = reader.sink.place(name.site());
    let excerpt = reader.sink.excerpt(place);
    let field = format!("task {}", task.name);
    let mut build = Command::new(
        (place, excerpt),
        SourceKind::Tekton,
        task.tool,
        task.action,
        &field,
    );
    build.job = within.object.unwrap_or(0);
    build.task = Some(task.name.into());
    build.options.pushes = true;
    // The source comes from a workspace.
    build.recipe.context = Some("$(workspaces.source)".into());
    let (span, text) = output.unwrap_or((name.site(), String::from("$(params.IMAGE)")));
    build.outputs.push(image(reader, span, &text));
    if task.action == Action::Copy
        && let Some((_, source)) = given("srcImageURL")
        && let Some(text) = reader.text(source, within.dialect)
    {
        build
            .inputs
            .push(image(reader, text.span, &text.value.written()));
    }
    if task.takes_format {
        let parameter = format_parameter(reference, given(KONFLUX_FORMAT).is_some());
        match given(parameter)
            .and_then(|(_, node)| Some((node, reader.text(node, within.dialect)?)))
        {
            Some((node, text)) => {
                build.format = match text.value.as_known() {
                    Some(value) => FormatSetting::Flag {
                        value: value.into(),
                        place: node.alias().is_none().then(|| reader.sink.place(text.span)),
                    },
                    None => FormatSetting::Open {
                        value: text.value,
                        scope: within.scope,
                    },
                };
            }
            None => {
                build.format = FormatSetting::Default {
                    value: "oci".into(),
                    place: None,
                };
                let slot = params.and_then(|params| new_parameter(reader, params, parameter));
                build.slots.format = slot.unwrap_or_default();
            }
        }
    } else {
        build.slots.format = FormatSlot::NoParameter;
    }
    reader.sink.extraction.builds.push(build);
}

/// What Konflux's task `buildah` calls its format, `oci` by default as well (konflux-ci/build-definitions, `task/buildah`
/// 0.3 and later).
const KONFLUX_FORMAT: &str = "BUILDAH_FORMAT";

/// The parameter that asks for a format: Konflux's tasks come as bundles of its own.
fn format_parameter(reference: Node<'_>, is_given: bool) -> &'static str {
    let mut params = reference
        .get("params")
        .into_iter()
        .flat_map(|list| list.items());
    let konflux = params.any(|parameter| {
        let bundle = parameter.str_at(&["value"]).unwrap_or("");
        parameter.str_at(&["name"]) == Some("bundle") && bundle.contains("/konflux-ci/")
    });
    if konflux || is_given {
        KONFLUX_FORMAT
    } else {
        "FORMAT"
    }
}

/// `taskRef.name`, or the parameter `name` of a resolver that looks tasks up by name.
fn task_name(reference: Node<'_>) -> Option<Node<'_>> {
    match reference.str_at(&["resolver"]) {
        None => reference.get("name"),
        Some("hub" | "cluster" | "bundles") => {
            let mut params = reference.get("params")?.items();
            params
                .find(|p| p.str_at(&["name"]) == Some("name"))?
                .get("value")
        }
        Some(_) => None,
    }
}

fn image(reader: &mut Reader<'_, '_>, span: Span, text: &str) -> ImageName {
    let bare = text.strip_prefix("docker://");
    let other = bare.is_none() && text.contains("://");
    ImageName {
        transport: if other {
            Transport::Other
        } else {
            Transport::Registry
        },
        text: bare.unwrap_or(text).into(),
        place: reader.sink.place(span),
        known: !text.contains('$'),
        local: false,
    }
}

/// The place before the first parameter; None where the list is no block.
fn new_parameter(
    reader: &mut Reader<'_, '_>,
    params: Node<'_>,
    name: &'static str,
) -> Option<FormatSlot> {
    if params.alias().is_some() || params.through().is_some() {
        return None;
    }
    let first = params.items().next()?.span().start as usize;
    let text = &reader.sink.file().text;
    let before = text.get(..first)?;
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    // Only blanks and the dash stand before the first key.
    let (indent, gap) = before[line..].split_once('-')?;
    if !indent.bytes().chain(gap.bytes()).all(|b| b == b' ') || !text[first..].starts_with("name") {
        return None;
    }
    let at = line + indent.len();
    let indent = indent.into();
    let at = reader.sink.place(Span::new(at, at));
    Some(FormatSlot::FormatParameter { name, at, indent })
}
