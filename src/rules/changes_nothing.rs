//! `changes-nothing`: an entry or a patch of a kustomization that fits nothing.

use std::sync::Arc;

use super::broken_kustomization::finding;
use super::{Case, Finding, Proves, Rule, RuleId, RuleMeta, Subject};
use image_lint_model::finding::Level;
use image_lint_model::kustomize::KustomizeProblemKind;

pub struct ChangesNothing;

static META: RuleMeta = RuleMeta {
    id: RuleId::ChangesNothing,
    level: Some(Level::Warning),
    proves: Proves::Line,
    applies_to_ci: true,
    summary: "an `images` entry or a patch of a kustomization that fits nothing",
    why: "\
kustomize says nothing when no image has the name of an `images` entry, or when no object is the target of a patch: the image \
that is deployed is the old one. Names are compared as they are written: `nginx` is not `docker.io/library/nginx`, and a base may \
have renamed the image already.",
    remedy: "Give the name that the base has after its own entries, or remove the entry.",
    before: "images:\n- name: docker.io/library/nginx   # the base has `nginx:1.19`\n  newTag: \"1.27\"\n",
    after: "images:\n- name: nginx\n  newTag: \"1.27\"\n",
    needs_network: false,
    fixes: super::Fixes::None,
    guides: &[],
};

impl Rule for ChangesNothing {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let Subject::Kustomize(problem) = case.subject else {
            return;
        };
        let (message, candidates) = match &problem.kind {
            KustomizeProblemKind::NoImage { name, candidates } => (
                format!("this entry changes nothing: no image here is called `{name}`"),
                candidates,
            ),
            KustomizeProblemKind::NoTarget { target, candidates } => (
                format!("this patch changes nothing: its target `{target}` selects no object"),
                candidates,
            ),
            _ => return,
        };
        let mut found = finding(META.id, problem, message, "fits nothing");
        if !candidates.is_empty() {
            found.help = vec![format!("there is {}", listed(candidates)).into()];
        }
        out.push(found);
    }
}

fn listed(names: &[Arc<str>]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
