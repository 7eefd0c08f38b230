//! Modules whose parameters name images, by the last part of their names. To teach the tool a new one, add a row.

use image_lint_model::mention::Role;

/// What a parameter of a module holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// An image; the tag may stand in the parameter `tag` beside it.
    Image,
    /// Containers, each with an `image`.
    Containers,
    /// Services of Compose.
    Compose,
    /// A manifest, as an object or as a text.
    Manifest,
    /// Values of a chart that is elsewhere.
    Values,
    /// A script of the shell.
    Script,
    /// The text of a file: a script by its first line, or a manifest.
    File,
}

/// A module, a parameter, what it holds, and who pulls it.
pub(super) type Row = (&'static str, &'static str, Holds, Role);

use Holds::{Compose, Containers, File, Image, Manifest, Script, Values};

/// containers.podman, community.docker, kubernetes.core, redhat.openshift, ansible.builtin.
pub(super) const MODULES: &[Row] = &[
    ("podman_container", "image", Image, Role::Ci),
    ("podman_containers", "containers", Containers, Role::Ci),
    ("podman_image", "name", Image, Role::Ci),
    ("podman_pod", "infra_image", Image, Role::Ci),
    ("podman_runlabel", "image", Image, Role::Ci),
    ("docker_container", "image", Image, Role::Ci),
    ("docker_image", "name", Image, Role::Ci),
    ("docker_image_pull", "name", Image, Role::Ci),
    ("docker_pull", "name", Image, Role::Ci),
    ("docker_swarm_service", "image", Image, Role::Ci),
    ("docker_service", "definition", Compose, Role::Ci),
    ("docker_compose", "definition", Compose, Role::Ci),
    ("docker_compose_v2", "definition", Compose, Role::Ci),
    ("ecs_taskdefinition", "containers", Containers, Role::Run),
    ("k8s", "definition", Manifest, Role::Run),
    ("k8s", "resource_definition", Manifest, Role::Run),
    ("openshift_k8s", "definition", Manifest, Role::Run),
    ("helm", "values", Values, Role::Run),
    ("helm", "release_values", Values, Role::Run),
    ("shell", "cmd", Script, Role::Ci),
    ("command", "cmd", Script, Role::Ci),
    ("raw", "", Script, Role::Ci),
    ("copy", "content", File, Role::Ci),
];

/// The rows of a module; its collection (`containers.podman.`) may be left out.
pub(super) fn rows(module: &str) -> impl Iterator<Item = &'static Row> {
    let last = module.rsplit('.').next().unwrap_or(module);
    // `docker_image` of a task is a module; `x.y.docker_image` of no such collection is not.
    let known = match module.rsplit_once('.') {
        None => true,
        Some((collection, _)) => COLLECTIONS.contains(&collection),
    };
    MODULES
        .iter()
        .filter(move |(name, ..)| known && *name == last)
}

const COLLECTIONS: [&str; 10] = [
    "containers.podman",
    "community.docker",
    "community.general",
    "kubernetes.core",
    "community.kubernetes",
    "community.okd",
    "redhat.openshift",
    "community.aws",
    "ansible.builtin",
    "ansible.legacy",
];
