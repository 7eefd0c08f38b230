//! `registry-not-allowed`: the configuration does not allow this registry or repository.

use super::policy::pulled;
use super::{Case, Finding, Proves, Rule, RuleId, RuleMeta, finding};
use image_lint_model::finding::Level;

pub struct RegistryNotAllowed;

static META: RuleMeta = RuleMeta {
    id: RuleId::RegistryNotAllowed,
    level: Some(Level::Error),
    proves: Proves::Line,
    applies_to_ci: true,
    summary: "the image comes from a registry that the configuration does not allow",
    why: "\
Nothing is reported until `policy: {registries: …}` says what is allowed or denied: registries and repositories as globs, for \
paths and roles. The user's own configuration and the repository's both count, and both have to allow an image. What the \
user's own denies cannot be ignored by the repository, neither in a comment nor in its configuration.",
    remedy: "Name the image in a registry that is allowed, such as the mirror that `rewrites` names, or add it to the list.",
    before: "image: registry.example.net/team/app:1.0   # policy: {registries: [{allow: [registry.example.com]}]}\n",
    after: "image: registry.example.com/team/app:1.0\n",
    needs_network: false,
    fixes: false,
};

impl Rule for RegistryNotAllowed {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let (Some(linked), Some((policy, path))) = (case.mention(), case.policy) else {
            return;
        };
        let Some(reference) = pulled(linked) else {
            return;
        };
        let name = reference.name();
        let Some(list) = policy.denies(&name, path, linked.role) else {
            return;
        };
        let mut found = finding(&META, linked).says(
            format!(
                "`{name}` is not allowed by the `policy` of {}",
                list.from
            ),
            "not an allowed registry",
        );
        let mirror = policy.mirror(&name);
        if let Some(mirror) =
            mirror.filter(|mirror| policy.denies(mirror, path, linked.role).is_none())
        {
            found.help = vec![format!("use the mirror that is configured: `{mirror}`").into()];
        }
        found.firm = list.firm;
        out.push(found);
    }
}
