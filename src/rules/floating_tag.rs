//! `floating-tag`: the tag is moved to other images.

use super::policy::{Policy, pulled};
use super::{guide, Case, Finding, Proves, Rule, RuleId, RuleMeta, finding};

pub struct FloatingTag;

static META: RuleMeta = RuleMeta {
    id: RuleId::FloatingTag,
    level: None,
    proves: Proves::Line,
    applies_to_ci: true,
    summary: "no tag, or one that is moved to other images such as `latest`",
    why: "\
What is pulled tomorrow is another image than what was tested today, and two nodes may run two of them. Off by default: set a \
level for it. `policy: {floating-tags: [latest, stable, \"*-dev\"]}` replaces the list, which is `latest`. A digest pins the \
image whatever the tag is.",
    remedy: "Write a tag that stays, or add the digest.",
    before: "image: registry.example.com/team/app:latest\n",
    after: "image: registry.example.com/team/app:1.4.2\n",
    needs_network: false,
    fixes: super::Fixes::None,
    guides: &[guide::POLICY],
};

impl Rule for FloatingTag {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let Some(linked) = case.mention() else { return };
        let Some(reference) = pulled(linked).filter(|reference| reference.digest.is_none()) else {
            return;
        };
        let tag = reference.tag.as_deref().unwrap_or("latest");
        let floats = match case.policy {
            Some((policy, _)) => policy.is_floating(tag),
            None => Policy::default().is_floating(tag),
        };
        let (message, label) = if reference.tag_implied {
            (
                format!("`{}` has no tag: `latest` is pulled, which changes", reference.name()),
                "no tag",
            )
        } else if floats {
            (
                format!("the tag `{tag}` of `{}` is moved to other images", reference.name()),
                "this tag is moved",
            )
        } else {
            return;
        };
        let mut found = finding(&META, linked).says(message, label);
        found.help = vec!["write a tag that stays, or add the digest".into()];
        out.push(found);
    }
}
