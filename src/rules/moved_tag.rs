//! `moved-tag`: `name:tag@digest`, where the tag now names another image.

use super::{Case, Rule, RuleMeta, finding, seen, Finding, Proves, RuleId};
use image_lint_model::finding::{Level};

pub struct MovedTag;

static META: RuleMeta = RuleMeta {
    id: RuleId::MovedTag,
    level: Some(Level::Note),
    proves: Proves::Line,
    applies_to_ci: true,
    summary: "the tag beside the digest now names another image",
    why: "\
With `name:tag@digest` every client pulls the digest and drops the tag. When the tag has moved on, what runs is no longer \
what the tag says: an update was missed, or the digest was copied wrongly.",
    remedy: "Update the digest together with the tag, or leave the tag out.",
    before: "image: quay.io/example/app:1.4@sha256:…   # 1.4 is another digest by now\n",
    after: "image: quay.io/example/app:1.4@sha256:…   # the digest that 1.4 has\n",
    needs_network: true,
    fixes: super::Fixes::None,
    guides: &[],
};

impl Rule for MovedTag {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let Some((linked, reference, resolved)) = case.asked() else {
            return;
        };
        let (Some(tag), Some(digest), Some(now)) =
            (&reference.tag, &reference.digest, &resolved.tag_digest)
        else {
            return;
        };
        if digest == now {
            return;
        }
        let mut found = finding(&META, linked).says(
format!("the tag `{tag}` now names `{now}`; nodes pull the digest that is written"),
"the tag has moved",
);
        found.evidence = seen(reference, resolved);
        found.help = vec![
            format!(
                "to follow the tag, write `{}:{tag}@{now}`",
                reference.name()
            )
            .into(),
        ];
        out.push(found);
    }
}
