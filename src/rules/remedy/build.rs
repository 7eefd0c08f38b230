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
            list_of(&name, &list.join(","), reach)
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
    let name = plain(&ImageReference {
        digest: None,
        ..reference.clone()
    });
    let list: Vec<String> = platforms.iter().map(Platform::to_string).collect();
    Remedy::with(lead, list_of(&name, &list.join(","), reach))
}

fn list_of(name: &str, platforms: &str, reach: Reach) -> Vec<Vec<String>> {
    let to = format!("docker://{name}");
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
