//! `platform-not-found`: a list or index without the target's operating system and architecture.

use super::remedy::reach::Reach;
use super::{guide, Case, Finding, Proves, Rule, RuleId, RuleMeta, finding, remedy, seen};
use image_lint_model::clients::Feature;
use image_lint_model::finding::{Level, Untrusted};
use image_lint_model::mention::LinkedMention;
use image_lint_model::manifest::{Body, Manifest, Platform};
use image_lint_model::pull::{Pull, Refusal};
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::Resolution;

pub struct PlatformNotFound;

static META: RuleMeta = RuleMeta {
    id: RuleId::PlatformNotFound,
    level: Some(Level::Error),
    proves: Proves::Image,
    applies_to_ci: false,
    summary: "the image has no variant for the platform of the nodes",
    why: "\
The tag names a list of images, one per platform, and none is for the nodes' operating system and architecture. The node \
answers `no supported platform found in manifest list` (docker 1.13), `no matching manifest for linux/amd64` (docker), `no \
image found in manifest list` (CRI-O) or `no match for platform in manifest` (containerd). A single image for another \
architecture is pulled by all of them, and then dies with `exec format error`. A list says its platforms, so that every run \
sees them; a single image says its own in its configuration alone, which only `--deep` and `image-lint inspect` read.",
    remedy: "\
Build for the nodes' platform too (`buildah bud --format=docker --platform linux/amd64,linux/arm64 --manifest …`, then `buildah \
manifest push --rm --all --format v2s2 …`), use a tag that has it, or \
say with `--platform` what the nodes are.",
    before: "image: registry.example.com/team/agent:2.0-arm64   # linux/arm64 only\n",
    after: "image: registry.example.com/team/agent:2.0   # linux/amd64, linux/arm64\n",
    needs_network: true,
    fixes: super::Fixes::None,
    guides: &[guide::ARCHITECTURE],
};

impl Rule for PlatformNotFound {
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
        let wanted = linked.platforms(&case.target.platform);
        let mut found = match case.pull(linked, manifest) {
            Pull::Refused(refusal) | Pull::Depends(refusal)
                if refusal.feature.is_absence() =>
            {
                absent(case, linked, manifest, &refusal, &wanted)
            }
            Pull::Refused(refusal) if refusal.feature != Feature::OtherSystem => return,
            pull => {
                let Some(has) = case.target.foreign(manifest, &wanted) else {
                    return;
                };
                let what = format!("`{reference}` is a single image for {has}");
                let message = match pull {
                    Pull::Refused(refusal) if !case.target.is_own() => format!(
                        "{what}: a node of {} cannot pull it: {} answers `{}`",
                        words(&wanted),
                        refusal.client,
                        refusal.words
                    ),
                    _ => format!(
                        "{what}: a node of {} pulls it, and its containers die with `exec format error`",
                        words(&wanted)
                    ),
                };
                let mut found = finding(&META, linked).says(message, format!("only {has}"));
                found.help = help(case, reference, &[has.to_string()], &wanted);
                found
            }
        };
        let mut evidence = seen(reference, resolved);
        evidence.append(&mut found.evidence);
        found.evidence = evidence;
        out.push(found);
    }
}

/// `linux/amd64 or linux/arm64`
fn words(wanted: &[Platform]) -> String {
    let words: Vec<String> = wanted.iter().map(Platform::to_string).collect();
    words.join(" or ")
}

/// A list that has nothing for the nodes.
fn absent(
    case: &Case<'_>,
    linked: &LinkedMention,
    manifest: &Manifest,
    refusal: &Refusal,
    wanted: &[Platform],
) -> Finding {
    let reference = linked_reference(case);
    let unnamed = refusal.feature == Feature::UnnamedBesideOthers;
    // What fits is there and has no name.
    let has = if unnamed {
        Vec::new()
    } else {
        platforms(manifest)
    };
    let answers = match case.target.is_own() {
        true => String::new(),
        false => format!(": {} answers `{}`", refusal.client, refusal.words),
    };
    let named = reference.map_or(String::new(), ImageReference::to_string);
    let message = match unnamed {
        true => format!(
            "`{named}` lists its image for {} without a platform beside others{answers}",
            words(wanted)
        ),
        false => format!("`{named}` has no image for {}{answers}", words(wanted)),
    };
    let count = manifest.body.iter().flat_map(Body::images).count();
    let label = match (has.is_empty(), count) {
        _ if unnamed => "it names no platform".to_owned(),
        (true, 0) => "it lists no image".to_owned(),
        (true, _) => "its images name no platform".to_owned(),
        _ => format!("only {}", has.join(", ")),
    };
    let mut found = finding(&META, linked).says(message, label);
    if !has.is_empty() {
        found.evidence.push(("platforms", has.join(", ").into()));
    }
    if let Some(reference) = reference {
        found.help = help(case, reference, &has, wanted);
    }
    found
}

fn linked_reference<'a>(case: &Case<'a>) -> Option<&'a ImageReference> {
    case.asked().map(|(_, reference, _)| reference)
}

/// Platforms that a list names, of lists within it, too.
fn platforms(manifest: &Manifest) -> Vec<String> {
    let mut has: Vec<String> = Vec::new();
    for child in manifest.body.iter().flat_map(Body::images) {
        let inner = child.manifest.as_deref().filter(|m| m.format.is_list());
        match (&child.platform, inner) {
            (Some(platform), _) if child.os_features.is_empty() => has.push(platform.to_string()),
            (Some(platform), _) => has.push(format!(
                "{platform} with os.features {}",
                child.os_features.join(", ")
            )),
            (None, Some(inner)) => has.extend(platforms(inner)),
            (None, None) => has.extend(
                child
                    .body()
                    .and_then(|b| b.platform.as_ref())
                    .map(Platform::to_string),
            ),
        }
    }
    has.sort();
    has.dedup();
    has
}

fn help(
    case: &Case<'_>,
    reference: &ImageReference,
    has: &[String],
    wanted: &[Platform],
) -> Vec<Untrusted> {
    let names = words(wanted);
    let asked_here = wanted != [case.target.platform.clone()];
    if has.is_empty() {
        return vec![
            format!(
                "push the list again with the platform of each image (`buildah manifest add` writes it), or name the image \
                 for {names} by its digest"
            )
            .into(),
        ];
    }
    // What there is stays: a push of the missing platform alone would lose the others.
    let mut platforms: Vec<Platform> = has
        .iter()
        .filter_map(|text| Platform::parse(text))
        .collect();
    platforms.extend(wanted.first().cloned());
    let lead = format!(
        "use a tag that has {names}; if it is your own image, build it for {names} beside what there is, and push the list:"
    );
    let reach = case
        .asked()
        .map_or(Reach::Tls, |(.., resolved)| Reach::of(resolved));
    let mut help = remedy::build::as_list(&lead, reference, &platforms, reach).lines();
    help.push(
        format!("if it is someone else's, no copy has {names} either: ask for it, or build it")
            .into(),
    );
    if !asked_here {
        help.push("if the nodes are of another platform, say so with --platform OS/ARCH".into());
    }
    help
}
