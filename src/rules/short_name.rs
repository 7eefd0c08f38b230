//! `short-name`: no registry is written, so which one is asked depends on the node.

use super::{guide, Case, Rule, RuleMeta, finding, Finding, Proves, RuleId};
use image_lint_model::finding::{Level};
use image_lint_model::mention::{Role, Text};
use image_lint_model::target::Target;

pub struct ShortName;

static META: RuleMeta = RuleMeta {
    id: RuleId::ShortName,
    level: None,
    proves: Proves::Line,
    applies_to_ci: true,
    summary: "no registry is written, so the node's search list decides",
    why: "\
docker takes a name without a registry from docker.io. CRI-O and podman ask the registries of the node's search list, in \
order; newer releases enforce full names and answer `short name mode is enforcing`. So it is off for targets that pull with \
docker or containerd, and a warning for `openshift-4`, which pulls with CRI-O.",
    remedy: "Write the registry: `mongo:7` is `docker.io/library/mongo:7`.",
    before: "image: mongo:7\n",
    after: "image: docker.io/library/mongo:7\n",
    needs_network: false,
    fixes: super::Fixes::None,
    guides: &[guide::TO_FOUR],
};

impl Rule for ShortName {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn level(&self, target: &Target) -> Option<Level> {
        target.warns_short_names.then_some(Level::Warning)
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let Some(linked) = case.mention() else { return };
        let Text::Known(reference) = &linked.text else {
            return;
        };
        if !reference.short || !matches!(linked.role, Role::Run | Role::BuildBase) {
            return;
        }
        let mut found = finding(&META, linked).says(
format!(
            "no registry is written: docker means `{reference}`, CRI-O asks the node's search list"
        ),
"which registry?",
);
        let mut full = reference.clone();
        if full.tag_implied {
            full.tag = None;
        }
        found.help = vec![format!("write `{full}`").into()];
        out.push(found);
    }
}
