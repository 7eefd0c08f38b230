//! `not-an-image`: the registry stores something else under this name.

use super::{Case, Rule, RuleMeta, finding, seen, Finding, Proves, RuleId};
use image_lint_model::finding::{Level};
use image_lint_model::manifest::{Format, Manifest};
use image_lint_model::mention::Expect;
use image_lint_model::resolution::Resolution;

pub struct NotAnImage;

static META: RuleMeta = RuleMeta {
    id: RuleId::NotAnImage,
    level: Some(Level::Error),
    proves: Proves::Image,
    applies_to_ci: true,
    summary: "what the registry stores there is a chart, a signature or another artifact, no container image",
    why: "\
Registries store more than images: Helm charts, signatures, SBOMs, docker plugins. A node that is told to run one fails \
with `target is unknown` or `unsupported media type`.",
    remedy: "\
Name the image instead of the artifact; charts and images of one project often differ only in the path. An OCI artifact can \
be told from an OCI image only by its manifest, which `--deep` and `image-lint inspect` read; without them a target that \
takes no OCI reports it as `unsupported-format`.",
    before: "image: registry.example.com/charts/app:1.2.0   # a Helm chart\n",
    after: "image: registry.example.com/team/app:1.2.0\n",
    needs_network: true,
    fixes: false,
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
        let Some((what, media_type)) = artifact(manifest) else {
            return;
        };
        let mut found = finding(&META, linked).says(
format!("`{reference}` is {what}, not a container image: no node can run it"),
what,
);
        found.evidence = seen(reference, resolved);
        found.evidence.push(("config", media_type.into()));
        found.help = vec![
            "name the image instead; the artifact's own documentation says where its image is"
                .into(),
        ];
        out.push(found);
    }
}

/// What a manifest holds when it is no image: words and the media type that says so (facts: registry, 1.1).
pub(super) fn artifact(manifest: &Manifest) -> Option<(&'static str, String)> {
    if manifest.format == Format::OciArtifact {
        return Some(("an OCI artifact", manifest.format.media_type().to_owned()));
    }
    let body = manifest.body.as_ref()?;
    let config = body.config_media_type.as_deref()?;
    const IMAGE: [&str; 5] = [
        "application/vnd.docker.container.image.v1+json",
        "application/vnd.oci.image.config.v1+json",
        // docker takes these for images too (moby v1.13.1 distribution/pull_v2.go).
        "application/octet-stream",
        "application/json",
        "text/html",
    ];
    let signature = |media_type: &str| {
        media_type.starts_with("application/vnd.dev.cosign.")
            || media_type == "application/vnd.dsse.envelope.v1+json"
    };
    if let Some(layer) = body
        .layers
        .iter()
        .find(|layer| signature(&layer.media_type))
    {
        return Some(("a signature", layer.media_type.to_string()));
    }
    if let Some(layer) = body
        .layers
        .iter()
        .find(|layer| layer.media_type.as_ref() == "application/vnd.in-toto+json")
    {
        return Some(("an attestation", layer.media_type.to_string()));
    }
    if config.is_empty() || IMAGE.contains(&config) {
        return None;
    }
    let shown = body.artifact_type.as_deref().unwrap_or(config).to_owned();
    let what = match config {
        "application/vnd.cncf.helm.config.v1+json" => "a Helm chart",
        "application/vnd.docker.plugin.v1+json" => "a docker plugin",
        _ if shown.contains("spdx") || shown.contains("cyclonedx") || shown.contains("syft") => {
            "an SBOM"
        }
        _ => "an OCI artifact",
    };
    Some((what, shown))
}
