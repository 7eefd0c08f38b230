//! `broken-chart`: helm cannot render it.

use std::sync::Arc;

use super::{guide, Case, Cause, Finding, FindingBuilder, Proves, Rule, RuleId, RuleMeta, Subject};
use image_lint_model::chart::{ChartProblem, ChartProblemKind};
use image_lint_model::finding::Level;

pub struct BrokenChart;

static META: RuleMeta = RuleMeta {
    id: RuleId::BrokenChart,
    level: Some(Level::Warning),
    proves: Proves::Line,
    applies_to_ci: true,
    summary: "helm cannot render the chart with any values of the repository",
    why: "\
`helm template` and `helm install` end with this error, with the default values and with each values file of the repository. \
It is a warning, since whoever installs the chart may give the values that are missing. Until then it is not known which images \
the chart deploys.",
    remedy: "\
Correct the template, or add a values file that the chart can be rendered with: `ci/default-values.yaml`, where `ct lint` looks \
for it too.",
    before: "image: {{ required \"image.tag is missing\" .Values.image.tag }}   # and values.yaml has no tag\n",
    after: "# ci/default-values.yaml\nimage: {tag: \"1.27\"}\n",
    needs_network: false,
    fixes: super::Fixes::None,
    guides: &[guide::CHARTS],
};

impl Rule for BrokenChart {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let Subject::Chart(problem) = case.subject else {
            return;
        };
        let ChartProblemKind::Refused(why) = &problem.kind else {
            return;
        };
        let message = format!("helm cannot render this chart with its default values: {why}");
        let mut found = finding(META.id, problem, why, message, "helm stops here");
        found.help.push(
            "if values are missing that only an installation gives, add a values file with examples: `ci/default-values.yaml`"
                .into(),
        );
        out.push(found);
    }
}

/// A finding at a line of a chart. `cause`: findings with the same one are the same news.
pub(super) fn finding(
    rule: RuleId,
    problem: &ChartProblem,
    cause: &Arc<str>,
    message: String,
    label: &str,
) -> Finding {
    FindingBuilder {
        cause: Cause::same([&**cause]),
        ..FindingBuilder::new(rule, problem.place, problem.excerpt.clone())
    }
    .says(message, label)
}
