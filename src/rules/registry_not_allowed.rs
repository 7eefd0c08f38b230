//! `registry-not-allowed`: the configuration does not allow this registry or repository.

use super::policy::pulled;
use super::rename::rename;
use super::{guide, Case, Finding, Proves, Rule, RuleId, RuleMeta, finding};
use image_lint_model::finding::Level;
use image_lint_model::reference::ImageReference;

pub struct RegistryNotAllowed;

static META: RuleMeta = RuleMeta {
    id: RuleId::RegistryNotAllowed,
    level: Some(Level::Error),
    proves: Proves::Line,
    applies_to_ci: true,
    summary: "the image comes from a registry that the configuration does not allow",
    why: "\
Nothing is reported until `policy: {registries: …}` says what is allowed or denied: registries and repositories as globs, for \
paths and roles. The user's own configuration and the repository's both count, and both have to allow an image; each file's \
level of this rule holds for its own lists. What the user's own denies cannot be ignored by the repository, neither in a comment \
nor in its configuration or baseline.",
    remedy: "\
Name the image in a registry that is allowed, such as the mirror that `rewrites` names (`--fix --unsafe` writes it), or add it \
to the list.",
    before: "image: registry.example.net/team/app:1.0   # policy: {registries: [{allow: [registry.example.com]}]}\n",
    after: "image: registry.example.com/team/app:1.0\n",
    needs_network: false,
    fixes: super::Fixes::Unsafe,
    guides: &[guide::POLICY, guide::MIRROR],
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
            let name = renamed(reference, &mirror);
            found.help = vec![format!("use the mirror that is configured: `{name}`").into()];
            let title = format!("name the mirror `{mirror}`");
            // Whether the mirror has the image is for somebody else to know.
            found.fix = rename(linked, &name, title, false);
        }
        found.firm = list.firm;
        if let Some(level) = list.level {
            found.weaken(level);
        }
        out.push(found);
    }
}

/// The same tag and digest in another repository.
fn renamed(reference: &ImageReference, name: &str) -> String {
    let mut out = name.to_owned();
    if let Some(tag) = reference.tag.as_ref().filter(|_| !reference.tag_implied) {
        out.push(':');
        out.push_str(tag);
    }
    if let Some(digest) = &reference.digest {
        out.push('@');
        out.push_str(digest);
    }
    out
}
