//! How an image of one's own is built and pushed so that the target pulls it.

use super::reach::Reach;
use super::{Remedy, command};
use crate::rules::command::plain;
use image_lint_model::manifest::Platform;
use image_lint_model::reference::ImageReference;

/// In docker format, for these platforms; one or none is a single image. The tag is kept.
pub fn in_docker_format(
    lead: &str,
    reference: &ImageReference,
    platforms: &[Platform],
    reach: Reach,
) -> Remedy {
    let name = plain(&ImageReference {
        digest: None,
        ..reference.clone()
    });
    let commands = match platforms.len() {
        0 | 1 => vec![
            command(["buildah", "bud", "--format=docker", "-t", &*name, "."]),
            command(
                ["buildah", "push"]
                    .into_iter()
                    .chain(reach.only())
                    .chain([&*name]),
            ),
        ],
        _ => {
            let list: Vec<String> = platforms.iter().map(Platform::to_string).collect();
            list_of(reference, &list.join(","), reach)
        }
    };
    Remedy::with(lead, commands)
}

/// A list, even of one platform.
pub fn as_list(
    lead: &str,
    reference: &ImageReference,
    platforms: &[Platform],
    reach: Reach,
) -> Remedy {
    let list: Vec<String> = platforms.iter().map(Platform::to_string).collect();
    Remedy::with(lead, list_of(reference, &list.join(","), reach))
}

/// The list has a local name of its own: whoever built the image has one of its name, and buildah makes no list of that
/// (`image is not a manifest list`).
fn list_of(reference: &ImageReference, platforms: &str, reach: Reach) -> Vec<Vec<String>> {
    let to = plain(&ImageReference {
        digest: None,
        ..reference.clone()
    });
    let to = format!("docker://{to}");
    let last = reference.repository.rsplit('/').next().unwrap_or("image");
    let tag = (reference.tag.as_ref()).map_or(String::new(), |tag| format!(":{tag}"));
    let name = format!("localhost/{last}-list{tag}");
    let name = name.as_str();
    let push = [
        "buildah", "manifest", "push", "--rm", "--all", "--format", "v2s2",
    ];
    vec![
        command([
            "buildah",
            "bud",
            "--format=docker",
            "--platform",
            platforms,
            "--manifest",
            name,
            ".",
        ]),
        // The next build would add to a list that is kept, after the images of this one.
        command(push.into_iter().chain(reach.only()).chain([name, &*to])),
    ]
}
