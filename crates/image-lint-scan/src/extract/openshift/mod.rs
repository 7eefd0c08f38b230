//! OpenShift's own kinds: DeploymentConfig, BuildConfig, ImageStream and Template, with triggers and object references
//! (openshift/api `apps/v1`, `build/v1`, `image/v1`, `template/v1`).

mod build_config;
mod image_stream;
pub mod template;
pub mod triggers;

use crate::extract::kubernetes::object;
use crate::extract::kubernetes::path::FieldPath;
use crate::extract::kubernetes::reader::{Reader, Within};
use image_lint_model::mention::{Expect, Role, StreamKind};
use image_lint_model::object::Facts;
use image_lint_text::yaml::Node;

/// Reads an object of one of OpenShift's kinds.
pub fn read(
    reader: &mut Reader<'_, '_>,
    node: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
    kind: &str,
) -> Facts {
    match kind {
        "DeploymentConfig" => {
            let mut facts =
                object::workload(reader, node, path, within, &["spec", "template", "spec"]);
            if let Facts::Workload(workload) = &mut facts {
                workload
                    .triggers
                    .extend(triggers::of_deployment_config(reader, node, path, within));
            }
            facts
        }
        "BuildConfig" | "Build" => build_config::read(reader, node, path, within),
        _ => image_stream::read(reader, node, path, within, kind),
    }
}

/// Reads an ObjectReference that may name an image: `{kind: DockerImage | ImageStreamTag | ImageStreamImage, name}`.
fn reference(
    reader: &mut Reader<'_, '_>,
    from: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
    role: Role,
) -> Option<u32> {
    let name = from.get("name")?;
    let path = path.key("name");
    let namespace = from.str_at(&["namespace"]).map(Into::into);
    let written = from.str_at(&["kind"])?;
    let given = parameter_default(reader, within, written);
    let kind = match given.as_deref().unwrap_or(written) {
        "DockerImage" => return reader.mention(name, &path, within, role, Expect::Image, None),
        "ImageStreamTag" => StreamKind::ImageStreamTag,
        "ImageStreamImage" => StreamKind::ImageStreamImage,
        "ImageStream" | "ImageRepository" => StreamKind::ImageStream,
        _ => return None,
    };
    let role = if role == Role::Push {
        Role::Push
    } else {
        Role::Stream
    };
    reader.mention(
        name,
        &path,
        within,
        role,
        Expect::Stream { kind, namespace },
        None,
    )
}

/// The default of the parameter that a string of a Template is: `kind: ${KIND}`.
fn parameter_default(reader: &Reader<'_, '_>, within: &Within, text: &str) -> Option<String> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    let scope = within.scope?.id;
    reader
        .sink
        .extraction
        .definitions
        .iter()
        .rev()
        .find(|definition| definition.scope == scope && *definition.name == *name)?
        .value
        .as_ref()?
        .as_known()
}
