//! `unsupported-format`: the registry stores the image in a form that the target's client cannot pull.

use super::{Case, Rule, RuleMeta, command, finding, puller, seen, Finding, Proves, RuleId, facts};
use image_lint_model::finding::{Level, Untrusted};
use image_lint_model::manifest::{Format, Manifest, Platform};
use image_lint_model::fact::Fact;
use image_lint_model::mention::LinkedMention;
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::Resolution;
use image_lint_model::target::Target;

pub struct UnsupportedFormat;

static META: RuleMeta = RuleMeta {
    id: RuleId::UnsupportedFormat,
    level: Some(Level::Error),
    proves: Proves::Image,
    applies_to_ci: false,
    summary: "the registry stores the image in a format that the target cannot pull",
    why: "\
OpenShift 3.11 nodes pull with docker 1.13, which knows docker's schema 2 (and signed schema 1) only. Buildah, podman and \
newer BuildKit store images as OCI manifests. The registry then either refuses to hand out the OCI manifest (`manifest for \
X not found`, `repository does not exist`) or hands it out anyway, and docker fails to read it with `missing signature \
key`: the same cause, two error messages. A docker manifest list may also hold OCI children, and layers may be compressed \
with zstd, which docker before 23 cannot unpack.",
    remedy: "\
Your own image: build it in docker format, `buildah bud --format=docker …`, and push it again. Someone else's image: copy \
it in docker format into a registry of yours, `skopeo copy --format v2s2 docker://SOURCE docker://DESTINATION` (`--all` for \
every platform of a list), and name the copy. A plain `skopeo copy` keeps the OCI format where the destination accepts it.",
    before: "image: docker.io/library/redis:7.2.1   # an OCI index\n",
    after: "image: registry.example.com/mirror/redis:7.2.1   # copied with skopeo copy --format v2s2\n",
    needs_network: true,
    fixes: false,
};

/// What exactly the target cannot pull.
enum Fault {
    /// The manifest or index itself.
    Manifest(Format),
    /// A docker list whose child for the target's platform, or every child, is of this media type.
    Children {
        media_type: Box<str>,
        count: usize,
    },
    Zstd,
    Encrypted,
}

impl Rule for UnsupportedFormat {
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
        if super::not_an_image::artifact(manifest).is_some() {
            return;
        }
        let Some(fault) = fault(
            manifest,
            case.target,
            &linked.platforms(&case.target.platform),
        ) else {
            return;
        };
        let who = puller(case, linked.role);
        let what = match &fault {
            Fault::Manifest(format) => format!("stored as {} {}", article(*format), format.words()),
            Fault::Children { media_type, count } => {
                let kind = Format::from_media_type(media_type).map_or("unknown", Format::words);
                format!(
                    "a docker manifest list whose {} of type {kind}",
                    images(*count)
                )
            }
            Fault::Zstd => "compressed with zstd".to_owned(),
            Fault::Encrypted => "encrypted".to_owned(),
        };
        let mut found = finding(&META, linked).says(
format!(
            "`{reference}` is {what}, which {who} cannot pull{}",
            in_its_words(case.target, &fault)
        ),
label(&fault),
);
        found.evidence = seen(reference, resolved);
        found.help = help(linked, reference, manifest, &fault, case.target);
        if let Some(other) = resolved
            .alternative
            .as_ref()
            .filter(|other| case.target.takes(other.format))
        {
            let (tag, words) = (&other.tag, other.format.words());
            found.help.push(
                format!("tag `{tag}` of the same repository is still stored as {words}").into(),
            );
        }
        out.push(found);
    }
}

/// `platforms`: those of which one is pulled.
fn fault(manifest: &Manifest, target: &Target, platforms: &[Platform]) -> Option<Fault> {
    if !target.takes(manifest.format) {
        return Some(Fault::Manifest(manifest.format));
    }
    let body = manifest.body.as_ref()?;
    let images = || body.children.iter().filter(|child| !child.attestation);
    if manifest.format.is_list() {
        // The client takes the first child of its platform; without platforms any of them.
        let ours = images().find(|child| {
            child
                .platform
                .as_ref()
                .is_some_and(|p| p.is_one_of(platforms))
        });
        let judged: Vec<_> = match ours {
            Some(child) => vec![child],
            None if images().all(|child| child.platform.is_none()) => images().collect(),
            None => Vec::new(),
        };
        let bad = |media_type: &str| {
            !Format::from_media_type(media_type).is_some_and(|format| target.takes(format))
        };
        if let Some(child) = judged.iter().find(|child| bad(&child.media_type)) {
            let count = images().filter(|c| bad(&c.media_type)).count();
            return Some(Fault::Children {
                media_type: child.media_type.clone(),
                count,
            });
        }
    }
    if body
        .layers
        .iter()
        .any(|layer| layer.media_type.ends_with("+encrypted"))
    {
        return Some(Fault::Encrypted);
    }
    let zstd = |media_type: &str| media_type.ends_with("+zstd") || media_type.ends_with(".zstd");
    if !target.zstd && body.layers.iter().any(|layer| zstd(&layer.media_type)) {
        return Some(Fault::Zstd);
    }
    None
}

/// What the node will say, so that it can be searched for.
fn in_its_words(target: &Target, fault: &Fault) -> &'static str {
    match fault {
        Fault::Manifest(Format::DockerSchema1 | Format::DockerSchema1Signed)
            if target.name.as_ref() == "kubernetes" =>
        {
            ": containerd 2.1 removed schema 1"
        }
        Fault::Manifest(_) | Fault::Children { .. } if !target.takes_oci() => {
            ": the node answers `missing signature key`, or `manifest for X not found` / `repository does not exist`, \
             depending on the registry"
        }
        Fault::Zstd => ": the node fails to unpack the layers (`archive/tar: invalid tar header`)",
        Fault::Encrypted => ": nodes have no key to it",
        _ => "",
    }
}

fn label(fault: &Fault) -> String {
    match fault {
        Fault::Manifest(format) => format!(
            "{} {}, not docker schema 2",
            article(*format),
            format.words()
        ),
        Fault::Children { .. } => "the list is docker's, the images in it are OCI".to_owned(),
        Fault::Zstd => "zstd layers".to_owned(),
        Fault::Encrypted => "encrypted layers".to_owned(),
    }
}

fn article(format: Format) -> &'static str {
    if matches!(
        format,
        Format::OciManifest | Format::OciIndex | Format::OciArtifact
    ) {
        "an"
    } else {
        "a"
    }
}

fn images(count: usize) -> String {
    if count == 1 {
        "image is".to_owned()
    } else {
        format!("{count} images are")
    }
}

fn help(
    linked: &LinkedMention,
    reference: &ImageReference,
    manifest: &Manifest,
    fault: &Fault,
    target: &Target,
) -> Vec<Untrusted> {
    let mut help: Vec<Untrusted> = Vec::new();
    let built_here = linked.built_here();
    let gzip = matches!(fault, Fault::Zstd);
    let mut own = || {
        let lead = if built_here {
            "this repository builds it: build and push it"
        } else {
            "if you build this image, build it"
        };
        match fault {
            Fault::Zstd => help.push(
                format!("{lead} with gzip layers: drop `--compression-format zstd` from the push")
                    .into(),
            ),
            Fault::Encrypted => help.push(format!("{lead} without encryption").into()),
            Fault::Manifest(Format::DockerSchema1 | Format::DockerSchema1Signed) => {
                help.push(
                    format!("{lead} again with any current builder: schema 1 is no longer written")
                        .into(),
                );
            }
            _ => {
                help.push(format!("{lead} in docker format:").into());
                let name = command::word(&command::plain(&ImageReference {
                    digest: None,
                    ..reference.clone()
                }));
                help.push(format!("$ buildah bud --format=docker -t {name} .").into());
                if manifest.format.is_list() {
                    help.push(
                        format!(
                            "$ buildah manifest push --all --format v2s2 {name} {}",
                            command::word(&format!(
                                "docker://{}",
                                ImageReference {
                                    digest: None,
                                    ..reference.clone()
                                }
                            ))
                        )
                        .into(),
                    );
                }
            }
        }
    };
    if built_here {
        own();
        return help;
    }
    own();
    if matches!(fault, Fault::Encrypted) {
        return help;
    }
    let lead = "if it is someone else's, copy it in docker format and name the copy:";
    help.push(lead.into());
    let list = manifest.format.is_list();
    help.push(command::skopeo_copy(reference, manifest.digest.as_deref(), list, gzip).into());
    if list {
        help.push(
            format!(
                "or only {}: leave out `--all` and put `--override-os {} --override-arch {}` before `--format`",
                target.platform, target.platform.os, target.platform.architecture
            )
            .into(),
        );
    }
    if reference.digest.is_some() {
        help.push(
            "the copy has another digest: pin the one that `skopeo copy --digestfile` writes"
                .into(),
        );
    }
    if linked.facts.contains(&Fact::Imported) {
        help.push(facts::words(&Fact::Imported).0.into());
    }
    help
}
