//! `unquoted-number`: a tag in a chart's values that is a number, which helm prints otherwise.

use super::broken_chart::finding;
use super::{guide, Case, Finding, Proves, Rule, RuleId, RuleMeta, Subject};
use image_lint_model::chart::ChartProblemKind;
use image_lint_model::finding::{Edit, Fix, Level};

pub struct UnquotedNumber;

static META: RuleMeta = RuleMeta {
    id: RuleId::UnquotedNumber,
    level: Some(Level::Warning),
    proves: Proves::Line,
    applies_to_ci: true,
    summary: "a tag in a chart's values is a number, and helm prints it otherwise",
    why: "\
Without quotes YAML reads `1.20` as a number, and helm prints numbers of values files in its own way: `1.20` becomes `1.2`, \
`20210512` becomes `2.0210512e+07`, `0362525` becomes `124245`, and `on` becomes `true`. The chart deploys another image than the \
one that its values seem to name, and `helm lint` does not report it.",
    remedy: "Put the value in quotes.",
    before: "image:\n  repository: quay.io/example/app\n  tag: 1.20\n",
    after: "image:\n  repository: quay.io/example/app\n  tag: \"1.20\"\n",
    needs_network: false,
    fixes: super::Fixes::Unsafe,
    guides: &[guide::CHARTS],
};

impl Rule for UnquotedNumber {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let Subject::Chart(problem) = case.subject else {
            return;
        };
        let ChartProblemKind::Unquoted {
            written,
            printed,
            image,
        } = &problem.kind
        else {
            return;
        };
        let message =
            format!("helm prints `{written}` as `{printed}`: the chart deploys `{image}`");
        let mut found = finding(META.id, problem, written, message, "no quotes");
        found.help.push("put the value in quotes".into());
        found.fix = Some(Fix {
            title: format!("write `\"{written}\"`"),
            edits: vec![Edit {
                file: problem.place.file,
                span: problem.place.span,
                place: problem.place,
                text: format!("\"{written}\""),
            }],
            // Another image is deployed then: the one that was meant, most likely.
            safe: false,
        });
        out.push(found);
    }
}
