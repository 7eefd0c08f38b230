//! `not-an-image`: the registry stores something else under this name.

use super::{guide, Case, Finding, Proves, Rule, RuleId, RuleMeta, finding, seen};
use image_lint_model::finding::Level;
use image_lint_model::manifest::{Body, Format, Manifest, Presence};
use image_lint_model::mention::{Expect, LinkedMention};
use image_lint_model::pull::Pull;
use image_lint_model::resolution::Resolution;

pub struct NotAnImage;

static META: RuleMeta = RuleMeta {
    id: RuleId::NotAnImage,
    level: Some(Level::Error),
    proves: Proves::Image,
    applies_to_ci: true,
    summary: "what the registry stores there is a chart, a signature or another artifact, no container image",
    why: "\
Registries store more than images: Helm charts, signatures, SBOMs, build caches, docker plugins. A node that is told to run one fails \
with `target is unknown` or `unsupported media type`.",
    remedy: "\
Name the image instead of the artifact; charts and images of one project often differ only in the path. An OCI artifact can \
be told from an OCI image only by its manifest, which `--deep` and `image-lint inspect` read; without them a target that \
takes no OCI reports it as `unsupported-format`.",
    before: "image: registry.example.com/charts/app:1.2.0   # a Helm chart\n",
    after: "image: registry.example.com/team/app:1.2.0\n",
    needs_network: true,
    fixes: super::Fixes::None,
    guides: &[guide::CLIENTS],
};

impl Rule for NotAnImage {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let Some((linked, reference, resolved)) = case.asked() else {
            return;
        };
        let Resolution::Found(manifest) = &resolved.resolution else {
            return;
        };
        if linked.mention.expect == Expect::Artifact {
            return;
        }
        let listed = || listed_attestation(case, linked, manifest);
        let Some((what, media_type)) = artifact(manifest).or_else(listed) else {
            return;
        };
        let mut found = finding(&META, linked).says(
format!("`{reference}` is {what}, not a container image: no node can run it"),
what,
);
        found.evidence = seen(reference, resolved);
        found.evidence.push(("config", media_type.into()));
        found.help = vec![
            match what {
                LISTED_ATTESTATION => {
                    "push the list again with the attestation's platform `unknown/unknown`, as BuildKit has it"
                }
                "a build cache of BuildKit" => {
                    "name the image that was built with it: the cache has a name of its own (`--cache-to`)"
                }
                _ => "name the image instead; the artifact's own documentation says where its image is",
            }
            .into(),
        ];
        if let Pull::Refused(refusal) = case.pull(linked, manifest)
            && !case.target.is_own()
        {
            let (client, words) = (refusal.client, refusal.words);
            found
                .help
                .push(format!("{client} answers `{words}`").into());
        }
        out.push(found);
    }
}

const LISTED_ATTESTATION: &str =
    "a list that names an attestation where the image for the nodes should be";

/// An attestation that the nodes take for their image and store: containerd then starts no container of it, with
/// `mismatched image rootfs and manifest layers` (seen with containerd 2.1.9; its `client/image.go`, `getLayers`, counts
/// layers by their types).
fn listed_attestation(
    case: &Case<'_>,
    linked: &LinkedMention,
    manifest: &Manifest,
) -> Option<(&'static str, String)> {
    let child = case
        .target
        .chosen(manifest)
        .filter(|child| child.attestation)?;
    (case.pull(linked, manifest) == Pull::Works)
        .then(|| (LISTED_ATTESTATION, child.media_type.to_string()))
}

/// What a manifest holds when it is no image: words and the media type that says so (facts: registry, 1.1).
pub(super) fn artifact(manifest: &Manifest) -> Option<(&'static str, String)> {
    if manifest.format == Format::OciArtifact {
        return Some(("an OCI artifact", manifest.format.media_type().to_owned()));
    }
    let body = manifest.body.as_ref()?;
    if manifest.format.is_list() {
        return build_cache(body).or_else(|| artifacts_alone(body));
    }
    let config = body.config_media_type()?;
    artifact_layers(body).or_else(|| artifact_config(body, config))
}

/// BuildKit's `type=registry` cache: an index whose only config is that of the cache, among blobs that it lists as if they
/// were manifests (BuildKit `cache/remotecache/export.go`).
fn build_cache(body: &Body) -> Option<(&'static str, String)> {
    let cache = |text: &str| text.starts_with("application/vnd.buildkit.cacheconfig.");
    let child = body
        .children
        .iter()
        .find(|child| cache(&child.media_type))?;
    Some(("a build cache of BuildKit", child.media_type.to_string()))
}

/// A list of which every child that was read is an artifact.
fn artifacts_alone(body: &Body) -> Option<(&'static str, String)> {
    let mut found = body
        .images()
        .map(|child| match &child.manifest {
            Some(manifest) => artifact(manifest),
            None => child
                .attestation
                .then(|| ("an attestation", child.media_type.to_string())),
        })
        .collect::<Option<Vec<_>>>()?;
    found.pop()
}

fn artifact_layers(body: &Body) -> Option<(&'static str, String)> {
    let holds = |wanted: &dyn Fn(&str) -> bool| {
        let layer = body.layers.iter().find(|layer| wanted(&layer.media_type));
        layer.map(|layer| layer.media_type.to_string())
    };
    let signature = |media_type: &str| {
        media_type.starts_with("application/vnd.dev.cosign.")
            || media_type == "application/vnd.dsse.envelope.v1+json"
    };
    if let Some(media_type) = holds(&signature) {
        return Some(("a signature", media_type));
    }
    if let Some(media_type) = holds(&|text| text == "application/vnd.in-toto+json") {
        return Some(("an attestation", media_type));
    }
    // A config that was read whole and names no platform, over layers that are no file systems: stored by a tool that
    // borrows the type of an image's config.
    let read = matches!(
        body.config.as_ref().map(|config| config.presence),
        Some(Presence::There { size: Some(_) })
    );
    let no_files = |text: &str| !text.contains("tar") && !text.is_empty();
    let bare = read && body.platform.is_none() && !body.layers.is_empty();
    (bare && body.layers.iter().all(|layer| no_files(&layer.media_type)))
        .then(|| ("an OCI artifact", body.layers[0].media_type.to_string()))
}

fn artifact_config(body: &Body, config: &str) -> Option<(&'static str, String)> {
    const IMAGE: [&str; 5] = [
        "application/vnd.docker.container.image.v1+json",
        "application/vnd.oci.image.config.v1+json",
        // docker takes these for images too (moby v1.13.1 distribution/registry.go, `ImageTypes`).
        "application/octet-stream",
        "application/json",
        "text/html",
    ];
    if config.is_empty() || IMAGE.contains(&config) {
        return None;
    }
    let shown = body.artifact_type.as_deref().unwrap_or(config).to_owned();
    let what = match config {
        "application/vnd.cncf.helm.config.v1+json" => "a Helm chart",
        "application/vnd.docker.plugin.v1+json" => "a docker plugin",
        "application/vnd.wasm.config.v0+json" => "a WebAssembly module",
        _ if shown.contains("spdx") || shown.contains("cyclonedx") || shown.contains("syft") => {
            "an SBOM"
        }
        _ => "an OCI artifact",
    };
    Some((what, shown))
}
