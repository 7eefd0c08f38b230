//! `incomplete-image`: the registry does not have all of what the node would pull.

use super::{guide, Case, Finding, Proves, Rule, RuleId, RuleMeta, finding, puller, seen};
use image_lint_model::clients::Feature;
use image_lint_model::finding::Level;
use image_lint_model::pull::{Pull, Refusal};
use image_lint_model::resolution::Resolution;

pub struct IncompleteImage;

static META: RuleMeta = RuleMeta {
    id: RuleId::IncompleteImage,
    level: Some(Level::Error),
    proves: Proves::Image,
    applies_to_ci: true,
    summary: "a part of the image is gone from the registry, or is not what its manifest says",
    why: "\
A manifest only names its config and layers, a list only its images. Garbage collection, a purge of old images or a copy that \
broke off can remove one and leave the name: everything looks right until a node pulls. Seen with `--deep` and `image-lint \
inspect`, which ask for every part by HEAD; only 404 and 410 are taken for a proof. They also see a size that is not the part's, \
which containerd refuses, and a config that does not fit the layers, which docker and containerd refuse.",
    remedy: "\
Push the image again, or copy it again from where it came from. Where the registry collects garbage or purges old images, \
exclude what a list names.",
    before: "image: registry.example.com/team/app:1.0   # its config was purged\n",
    after: "image: registry.example.com/team/app:1.0   # pushed again\n",
    needs_network: true,
    fixes: super::Fixes::None,
    guides: &[guide::CLIENTS],
};

impl Rule for IncompleteImage {
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
        let Pull::Refused(refusal) = case.pull(linked, manifest) else {
            return;
        };
        let Some((message, label)) = words(&refusal) else {
            return;
        };
        let who = puller(case, linked.role);
        let answers = match case.target.is_own() {
            true => String::new(),
            false => format!(" (`{}`)", refusal.words),
        };
        let message = format!("`{reference}` {message}: {who} cannot pull it{answers}");
        let mut found = finding(&META, linked).says(message, label);
        found.evidence = seen(reference, resolved);
        found
            .evidence
            .push(("part", refusal.detail.to_string().into()));
        found.help = vec!["push the image again, or copy it again from where it came from".into()];
        out.push(found);
    }
}

/// What is missing, as a sentence and as a label; None for what other rules are about.
fn words(refusal: &Refusal) -> Option<(String, &'static str)> {
    let part = &refusal.detail;
    let of = match refusal
        .child
        .as_ref()
        .and_then(|child| child.platform.as_ref())
    {
        Some(platform) => format!(" of {platform}"),
        None => String::new(),
    };
    Some(match refusal.feature {
        Feature::ChildGone => (
            format!("names an image{of} that its registry does not have ({part})"),
            "the image for the platform is gone",
        ),
        Feature::ConfigGone => (
            format!("has a config{of} that its registry does not have ({part})"),
            "its config is gone",
        ),
        Feature::LayerGone => (
            format!("has a layer{of} that its registry does not have ({part})"),
            "a layer is gone",
        ),
        Feature::ConfigSize | Feature::ConfigSmaller => (
            format!("gives its config{of} another size than it has ({part})"),
            "its config has another size",
        ),
        Feature::LayerSize | Feature::LayerSmaller => (
            format!("gives a layer{of} another size than it has ({part})"),
            "a layer has another size",
        ),
        Feature::ChildSize | Feature::ChildSmaller => (
            format!("gives its image{of} another size than it has ({part})"),
            "its image has another size",
        ),
        Feature::ConfigUnreadable => (
            format!("has a config{of} that is not JSON ({part})"),
            "its config is not JSON",
        ),
        Feature::NoRootfs => (
            format!("has a config{of} that names no layers ({part})"),
            "its config names no layers",
        ),
        Feature::OtherLayers => (
            format!("has a config{of} that names another number of layers ({part})"),
            "its config names other layers",
        ),
        _ => return None,
    })
}

/// Whether a refusal is this rule's.
pub(super) fn is_about(refusal: &Refusal) -> bool {
    words(refusal).is_some()
}
