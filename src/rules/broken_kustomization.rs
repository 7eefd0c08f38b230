//! `broken-kustomization`: kustomize cannot build it.

use super::{Case, Cause, Finding, FindingBuilder, Proves, Rule, RuleId, RuleMeta, Subject};
use image_lint_model::finding::Level;
use image_lint_model::kustomize::{KustomizeProblem, KustomizeProblemKind};

pub struct BrokenKustomization;

static META: RuleMeta = RuleMeta {
    id: RuleId::BrokenKustomization,
    level: Some(Level::Error),
    proves: Proves::Line,
    applies_to_ci: true,
    summary: "kustomize refuses to build this",
    why: "\
`kustomize build` and `kubectl apply -k` end with this error, so nothing of the kustomization reaches the cluster. The words are \
kustomize's own. Where only a file is missing it is a warning: a step before the build may make that file.",
    remedy: "Correct the line. `kubectl kustomize FOLDER` shows whether it builds.",
    before: "images:\n- name: nginx\n  newTag: 1.20\n",
    after: "images:\n- name: nginx\n  newTag: \"1.20\"\n",
    needs_network: false,
    fixes: super::Fixes::None,
    guides: &[],
};

impl Rule for BrokenKustomization {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let Subject::Kustomize(problem) = case.subject else {
            return;
        };
        let (message, help) = match &problem.kind {
            KustomizeProblemKind::Refused(why) => {
                (format!("kustomize cannot build this: {why}"), None)
            }
            KustomizeProblemKind::Unquoted(why) => (
                format!("kustomize cannot build this: {why}"),
                Some("put the value in quotes"),
            ),
            KustomizeProblemKind::Missing(path) => (
                format!(
                    "kustomize cannot build this as it is here: `{path}` is not in this repository"
                ),
                None,
            ),
            _ => return,
        };
        let mut found = finding(META.id, problem, message, "kustomize stops here");
        if matches!(problem.kind, KustomizeProblemKind::Missing(_)) {
            found.weaken(Level::Warning);
        }
        found.help.extend(help.map(Into::into));
        out.push(found);
    }
}

/// A finding at a line of a kustomization.
pub(super) fn finding(
    rule: RuleId,
    problem: &KustomizeProblem,
    message: String,
    label: &str,
) -> Finding {
    let cause = Cause::same([message.as_str()]);
    FindingBuilder {
        cause,
        ..FindingBuilder::new(rule, problem.place, problem.excerpt.clone())
    }
    .says(message, label)
}
