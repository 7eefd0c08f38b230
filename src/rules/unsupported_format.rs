//! `unsupported-format`: the registry stores the image in a form that the target's client cannot pull.

use super::remedy::copy::{self, Conversion, Copying};
use super::remedy::reach::Reach;
use super::remedy::{Remedy, build};
use super::{guide, Case, Finding, Proves, Rule, RuleId, RuleMeta, command, facts, finding, puller, seen};
use image_lint_model::clients::{Feature, TABLE};
use image_lint_model::fact::Fact;
use image_lint_model::finding::{Level, Untrusted};
use image_lint_model::manifest::{Body, Child, Format, Manifest, Platform};
use image_lint_model::mention::{LinkedMention, Role};
use image_lint_model::pull::{Pull, Refusal};
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::Resolution;
use image_lint_model::target::Target;

pub struct UnsupportedFormat;

/// "Add support for pulling zstd compressed layers" is of the release notes of docker 23.0.0; 20.10.24 was seen to fail, 28.5.2
/// to unpack them.
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
with zstd, which docker unpacks from version 23.0 on.",
    remedy: "\
Your own image: build it in docker format, `buildah bud --format=docker …`, and push it again. Someone else's image: copy \
it in docker format into a registry of yours, `skopeo copy --format v2s2 docker://SOURCE docker://DESTINATION` (`--all` for \
every platform of a list without attestations), and name the copy: `image-lint mirror --to REGISTRY/PROJECT` plans the copies \
of a whole repository and the edits. A plain `skopeo copy` keeps the OCI format where the destination accepts it. What mixes \
docker's and OCI's types, is a list in a list, is encrypted or has more than 125 layers is not made better by any copy. A base \
image (`FROM`) is judged as the cluster's own builds pull it; where something newer builds, say `build-base-target: kubernetes`.",
    before: "image: docker.io/library/redis:7.2.1   # an OCI index\n",
    after: "image: registry.example.com/mirror/redis:7.2.1   # copied with skopeo copy --format v2s2\n",
    needs_network: true,
    fixes: super::Fixes::None,
    guides: &[guide::SIGNATURE_KEY, guide::MIRROR, guide::CLIENTS],
};

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
        let (refusal, depends) = match case.pull(linked, manifest) {
            Pull::Refused(refusal) => (refusal, false),
            // Some versions pull it, or some registries hand it out.
            Pull::Depends(refusal) => (refusal, true),
            Pull::Works => return,
        };
        let of_platforms = refusal.feature.is_absence() || refusal.feature == Feature::OtherSystem;
        if of_platforms || super::incomplete_image::is_about(&refusal) {
            return;
        }
        let who = puller(case, linked.role);
        let cannot = match depends {
            true => "not every version can pull",
            false => "cannot pull",
        };
        let message = format!(
            "`{reference}` is {}, which {who} {cannot}{}",
            what(manifest, &refusal),
            in_its_words(case.target, &refusal)
        );
        let mut found = finding(&META, linked).says(message, label(&refusal));
        if depends {
            found.depend();
        }
        found.evidence = seen(reference, resolved);
        let stored = Stored {
            reference,
            manifest,
            reach: Reach::of(resolved),
        };
        found.help = help(linked, &stored, &refusal, case.target);
        if linked.role == Role::BuildBase && case.target.builds && !case.target_is_of_path {
            found.help.push(
                "if something newer builds this, such as buildah in CI: `build-base-target: kubernetes` in .image-lint.yaml"
                    .into(),
            );
        }
        if let Some(other) = resolved
            .alternative
            .as_ref()
            .filter(|other| case.target.takes(other.format))
        {
            let (tag, words) = (&other.tag, other.format.words());
            let (a, name) = (article(other.format), &case.target.name);
            found.help.push(
                format!("tag `{tag}` of the same repository is stored as {a} {words}, which {name} can pull")
                    .into(),
            );
        }
        out.push(found);
    }
}

/// An image as its registry stores it.
struct Stored<'a> {
    reference: &'a ImageReference,
    manifest: &'a Manifest,
    reach: Reach,
}

/// What is stored, as the end of "it is".
fn what(manifest: &Manifest, refusal: &Refusal) -> String {
    let format = Format::from_media_type(&refusal.detail);
    match (refusal.feature, format) {
        (Feature::NestedList, _) => {
            "a list whose image for the platform is a list again".to_owned()
        }
        (Feature::MislabelledChild, _) => {
            format!(
                "a list that declares its image as {}, which it is not",
                refusal.detail
            )
        }
        (_, Some(format)) if refusal.child.is_some() => {
            let others = |child: &&Child| child.format() == Some(format);
            let count = manifest
                .body
                .iter()
                .flat_map(Body::images)
                .filter(others)
                .count();
            let list = manifest.format.words();
            let article = article(manifest.format);
            format!(
                "{article} {list} whose {} of type {}",
                images(count.max(1)),
                format.words()
            )
        }
        (_, Some(format)) => format!("stored as {} {}", article(format), format.words()),
        (feature, None) if is_zstd_feature(feature) => {
            format!("compressed with zstd ({})", refusal.detail)
        }
        (Feature::Encrypted, _) => "encrypted".to_owned(),
        (Feature::ManyLayers, _) => format!("made of {} layers", refusal.detail),
        (Feature::ForeignLayers, _) => {
            format!(
                "an image with a foreign layer that its registry does not have ({})",
                refusal.detail
            )
        }
        (feature, None) => {
            let row = TABLE.iter().find(|row| row.feature == feature);
            let words = row.map_or("stored in another way", |row| row.words);
            format!("{words} ({})", refusal.detail)
        }
    }
}

fn is_zstd_feature(feature: Feature) -> bool {
    use Feature::*;
    matches!(
        feature,
        OciZstd | OciZstdInDocker | DockerZstd | DockerZstdInOci
    )
}

/// What the node will answer, so that it can be searched for.
fn in_its_words(target: &Target, refusal: &Refusal) -> String {
    if target.is_own() {
        return String::new();
    }
    match &*refusal.words {
        "missing signature key" => {
            ": the node answers `missing signature key`, or `manifest for X not found` / \
             `repository does not exist`, depending on the registry"
                .to_owned()
        }
        words => format!(": {} answers `{words}`", refusal.client),
    }
}

fn label(refusal: &Refusal) -> String {
    match (refusal.feature, Format::from_media_type(&refusal.detail)) {
        (Feature::NestedList, _) => "a list in a list".to_owned(),
        (Feature::MislabelledChild, _) => "the list declares another type".to_owned(),
        (Feature::UntypedChild, _) => "the list declares no type".to_owned(),
        (Feature::ListedAttestation, _) => "the list names an attestation".to_owned(),
        (Feature::CapitalSystem, _) => format!("`{}` with capitals", refusal.detail),
        (_, Some(_)) if refusal.child.is_some() => {
            "the list is docker's, the images in it are OCI".to_owned()
        }
        (_, Some(format @ (Format::DockerSchema1 | Format::DockerSchema1Signed))) => {
            format!("{} {}", article(format), format.words())
        }
        (_, Some(format)) => {
            format!(
                "{} {}, not docker schema 2",
                article(format),
                format.words()
            )
        }
        (feature, None) if is_zstd_feature(feature) => "zstd layers".to_owned(),
        (Feature::Encrypted, _) => "encrypted layers".to_owned(),
        (Feature::ManyLayers, _) => format!("{} layers", refusal.detail),
        (Feature::ForeignLayers, _) => "a foreign layer".to_owned(),
        _ => "docker's and OCI's types mixed".to_owned(),
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

/// What to do: build it another way where it is one's own, a copy where that helps, and what helps where nothing converts.
fn help(
    linked: &LinkedMention,
    stored: &Stored<'_>,
    refusal: &Refusal,
    target: &Target,
) -> Vec<Untrusted> {
    let mut help = own(linked, stored, refusal, &target.platform).lines();
    if linked.built_here() {
        help.push(
            "`image-lint mirror --to REGISTRY/PROJECT` leaves it out: it copies the images of others"
                .into(),
        );
        return help;
    }
    help.extend(copied(stored, target));
    if stored.reference.digest.is_some() {
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

fn own(
    linked: &LinkedMention,
    stored: &Stored<'_>,
    refusal: &Refusal,
    platform: &Platform,
) -> Remedy {
    let manifest = stored.manifest;
    let built_here = linked.built_here();
    let lead = match built_here {
        true => "this repository builds it: build it there",
        false => "if you build this image, build it",
    };
    match (refusal.feature, Format::from_media_type(&refusal.detail)) {
        (feature, _) if is_zstd_feature(feature) => Remedy::words(format!(
            "{lead} with gzip layers: drop `--compression-format zstd` from the push"
        )),
        (Feature::Encrypted, _) => Remedy::words(format!("{lead} without encryption")),
        (Feature::ManyLayers, _) => Remedy::words(format!(
            "{lead} with fewer layers: `buildah bud --squash`, or fewer RUN and COPY lines"
        )),
        (Feature::ForeignLayers, _) => Remedy::words(format!(
            "{lead} with every layer pushed: `--allow-nondistributable-artifacts` of dockerd pushes foreign ones, too"
        )),
        (_, Some(Format::DockerSchema1 | Format::DockerSchema1Signed)) => Remedy::words(format!(
            "{lead} again with any current builder: schema 1 is no longer written"
        )),
        // Only the file that builds it knows from which folder and with which flags.
        _ if built_here => Remedy::words(format!(
            "{lead} in docker format (`--format=docker` of `buildah bud`, or `BUILDAH_FORMAT=docker`) and push it again"
        )),
        _ => {
            let named = manifest.body.iter().flat_map(Body::images);
            let mut platforms: Vec<Platform> =
                named.filter_map(|child| child.platform.clone()).collect();
            if manifest.format.is_list() && !platforms.contains(platform) {
                platforms.push(platform.clone());
            }
            let lead = format!("{lead} in docker format:");
            build::in_docker_format(&lead, stored.reference, &platforms, stored.reach)
        }
    }
}

/// The copy of someone else's image, or why there is none.
fn copied(stored: &Stored<'_>, target: &Target) -> Vec<Untrusted> {
    let Stored {
        reference,
        manifest,
        reach,
    } = *stored;
    let conversion = copy::conversion(manifest, &target.platform, true);
    if let Conversion::Impossible(why) = &conversion {
        return vec![
            format!("if it is someone else's: it cannot be converted by a copy: {why}").into(),
            "`image-lint mirror --to REGISTRY/PROJECT` copies what can be converted, and names this as left"
                .into(),
        ];
    }
    let source = match manifest.digest.as_deref() {
        Some(digest) => reference.with_digest(digest),
        None => command::plain(reference),
    };
    let destination = command::own_copy(reference);
    let folder = destination.repository.rsplit('/').next().unwrap_or("image");
    let copying = Copying {
        source,
        destination: &destination,
        platform: &target.platform,
        folder: format!("{folder}.copy"),
        flags: Vec::new(),
        from: reach,
        // Whose it is, nobody knows yet.
        to: Reach::Tls,
    };
    let lead = "if it is someone else's, copy it in docker format and name the copy:";
    let mut remedy = Remedy::with(lead, copying.commands(&conversion));
    if let Some((major, minor)) = copy::needs(&conversion) {
        remedy.notes.push(format!(
            "skopeo {major}.{minor} or later is needed: older ones do not read docker images with zstd layers"
        ));
    }
    if matches!(conversion, Conversion::Unpack { .. }) {
        remedy.notes.push(
            "to another registry than the source's: in the same one skopeo's cache brings the zstd layers back".to_owned(),
        );
    }
    remedy
        .notes
        .extend(copy::left_out(&conversion, manifest, &target.platform));
    let (os, architecture) = (&target.platform.os, &target.platform.architecture);
    if matches!(conversion, Conversion::Copy { all: true, .. }) {
        remedy.notes.push(format!(
            "or only {}: leave out `--all` and put `--override-os {os} --override-arch {architecture}` before `--format`",
            target.platform
        ));
    }
    remedy.notes.push(
        "`image-lint mirror --to REGISTRY/PROJECT` makes all such copies and the edits that name them".to_owned(),
    );
    remedy.lines()
}
