//! `broken-kustomization`: kustomize cannot build it.

use super::{Case, Rule, RuleMeta, Subject};
use image_lint_model::finding::{Finding, Level, Untrusted};
use image_lint_model::kustomize::{KustomizeProblem, KustomizeProblemKind};

pub struct BrokenKustomization;

static META: RuleMeta = RuleMeta {
    id: "broken-kustomization",
    level: Some(Level::Error),
    summary: "kustomize refuses to build this",
    why: "\
`kustomize build` and `kubectl apply -k` end with this error, so nothing of the kustomization reaches the cluster. The words are \
kustomize's own. Where only a file is missing it is a warning: a step before the build may make that file.",
    remedy: "Correct the line. `kubectl kustomize FOLDER` shows whether it builds.",
    before: "images:\n- name: nginx\n  newTag: 1.20\n",
    after: "images:\n- name: nginx\n  newTag: \"1.20\"\n",
    needs_network: false,
    fixes: false,
};

impl Rule for BrokenKustomization {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let Subject::Kustomize(problem) = case.subject else {
            return;
        };
        let (level, message, help) = match &problem.kind {
            KustomizeProblemKind::Refused(why) => (
                Level::Error,
                format!("kustomize cannot build this: {why}"),
                number_help(why),
            ),
            KustomizeProblemKind::Missing(path) => (
                Level::Warning,
                format!(
                    "kustomize cannot build this as it is here: `{path}` is not in this repository"
                ),
                None,
            ),
            _ => return,
        };
        let mut found = finding(META.id, level, problem);
        found.cause = format!("{}\u{0}{message}", META.id);
        found.message = message.into();
        found.label = "kustomize stops here".into();
        found.help.extend(help.map(Into::into));
        out.push(found);
    }
}

/// What to do about a number where a string must be.
fn number_help(why: &str) -> Option<&'static str> {
    (why.contains("cannot unmarshal number") || why.contains("cannot unmarshal bool"))
        .then_some("put the value in quotes")
}

/// A finding at a line of a kustomization.
pub(super) fn finding(rule: &'static str, level: Level, problem: &KustomizeProblem) -> Finding {
    Finding {
        rule,
        level,
        place: problem.place,
        reference: None,
        message: Untrusted::default(),
        label: Untrusted::default(),
        help: Vec::new(),
        evidence: Vec::new(),
        related: Vec::new(),
        fix: None,
        cause: rule.to_owned(),
        excerpt: problem.excerpt.clone(),
    }
}
