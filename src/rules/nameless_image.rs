//! `nameless-image`: with its values a chart deploys an image that has no name.

use super::broken_chart::finding;
use super::{guide, Case, Finding, Proves, Rule, RuleId, RuleMeta, Subject};
use image_lint_model::chart::ChartProblemKind;
use image_lint_model::finding::Level;

pub struct NamelessImage;

static META: RuleMeta = RuleMeta {
    id: RuleId::NamelessImage,
    level: Some(Level::Warning),
    proves: Proves::Line,
    applies_to_ci: true,
    summary: "with the values of the repository, the chart deploys an image without a name",
    why: "\
The values that make the name of the image are empty, so what is rendered is not a valid image name: the API server or the node refuses it \
(`InvalidImageName`). It is a warning, since whoever installs the chart may give the name.",
    remedy: "\
Give the name a default in values.yaml, or make the chart ask for it with `required`, so that helm stops with a message.",
    before: "image: \"{{ .Values.image.repository }}:{{ .Values.image.tag }}\"   # and values.yaml has `repository: \"\"`\n",
    after: "image: \"{{ required \"image.repository is missing\" .Values.image.repository }}:{{ .Values.image.tag }}\"\n",
    needs_network: false,
    fixes: super::Fixes::None,
    guides: &[guide::CHARTS],
};

impl Rule for NamelessImage {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let Subject::Chart(problem) = case.subject else {
            return;
        };
        let ChartProblemKind::Nameless { image } = &problem.kind else {
            return;
        };
        let what = if image.is_empty() {
            "an empty image name".to_owned()
        } else {
            format!("`{image}`, an image without a name")
        };
        let message = format!("with its default values the chart deploys {what}");
        let mut found = finding(META.id, problem, image, message, "no name is rendered here");
        found.help.push(
            "give the name a default in values.yaml, or stop the installation with `required`".into(),
        );
        out.push(found);
    }
}
