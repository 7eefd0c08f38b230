//! `unpinned`: no digest says which image is meant.

use super::policy::pulled;
use super::rename::{pinned, rename};
use super::{guide, Case, Finding, Proves, Rule, RuleId, RuleMeta, finding, seen};
use image_lint_model::resolution::Resolution;

pub struct Unpinned;

static META: RuleMeta = RuleMeta {
    id: RuleId::Unpinned,
    level: None,
    proves: Proves::Line,
    applies_to_ci: true,
    summary: "the image is not pinned by a digest",
    why: "\
Whoever may push the tag decides what is pulled. A digest names one image for ever. Off by default: set a level for it.",
    remedy: "\
Write the digest after the tag; the finding gives the one that the registry serves now, and `--fix` writes it where the image is \
written in one piece (`--unsafe`: in scripts and charts, too).",
    before: "image: registry.example.com/team/app:1.4.2\n",
    after: "image: registry.example.com/team/app:1.4.2@sha256:9b2a28eb47540823042a2ba401386845089bb7b62a9637d55816132c4c3c36eb\n",
    needs_network: false,
    fixes: super::Fixes::Safe,
    guides: &[guide::POLICY],
};

impl Rule for Unpinned {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let Some(linked) = case.mention() else { return };
        let Some(reference) = pulled(linked).filter(|reference| reference.digest.is_none()) else {
            return;
        };
        let mut found = finding(&META, linked)
            .says(format!("`{reference}` is not pinned by a digest"), "no digest");
        if let Some((_, _, resolved)) = case.asked()
            && let Resolution::Found(manifest) = &resolved.resolution
            && let Some(digest) = &manifest.digest
        {
            found.evidence = seen(reference, resolved);
            let name = pinned(linked, reference, digest);
            found.help = vec![format!("pin what is served now: `{name}`").into()];
            found.fix = rename(linked, &name, "pin the digest that is served now".into(), true);
        }
        out.push(found);
    }
}
