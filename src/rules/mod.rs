//! Judges: from what the repository says and what the registry answered to findings. Pure; knows no files, no network.
//!
//! One file per rule: its id, level, documentation, check and fix. `explain`, docs/rules.md and the SARIF metadata are
//! made from the table below.

mod ambiguous_manifest;
mod broken_kustomization;
mod changes_nothing;
pub mod command;
pub mod explain;
mod invalid_reference;
mod lost_in_oci;
mod missing_or_private;
mod moved_tag;
mod near;
mod no_effect;
mod no_pull_secret;
mod not_an_image;
mod oci_build;
mod platform_not_found;
mod retired_registry;
mod short_name;
mod tag_not_found;
mod unauthorized;
mod unchecked;
mod unresolved;
mod unsupported_format;

pub use unchecked::{cause_word, help_for, message_for};

use image_lint_model::build::Built;
use image_lint_model::finding::{Finding, Level, Related, Untrusted};
use image_lint_model::kustomize::KustomizeProblem;
use image_lint_model::mention::{LinkedMention, RemarkKind, Repository, Role, Text};
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::{Resolution, Resolved};
use image_lint_model::target::Target;
use image_lint_model::value::OriginKind;

/// What is said of a rule outside a finding.
#[derive(Debug)]
pub struct RuleMeta {
    /// Kebab-case.
    pub id: &'static str,
    /// None: off by default.
    pub level: Option<Level>,
    /// One line: what a finding of this rule proves.
    pub summary: &'static str,
    /// Why the cluster cares, in Markdown.
    pub why: &'static str,
    /// What to do, in Markdown.
    pub remedy: &'static str,
    /// A short example that the rule finds, and the same mended.
    pub before: &'static str,
    pub after: &'static str,
    pub needs_network: bool,
    /// `--fix` can mend some of its findings.
    pub fixes: bool,
}

/// What is judged: a mention with the registry's answer, or a build command.
pub enum Subject<'a> {
    Mention {
        linked: &'a LinkedMention,
        resolved: Option<&'a Resolved>,
    },
    /// With what registries answered about other images.
    Build(&'a Built, &'a Answers<'a>),
    Kustomize(&'a KustomizeProblem),
}

/// What the registry said of an image of this run, when it was asked.
pub type Answers<'a> = dyn Fn(&ImageReference) -> Option<&'a Resolved> + 'a;

/// One subject with what surrounds it.
pub struct Case<'a> {
    pub subject: Subject<'a>,
    pub target: &'a Target,
    pub repository: &'a Repository,
}

impl<'a> Case<'a> {
    /// The mention with its reference, when the case is one that a registry was asked about.
    pub fn asked(&self) -> Option<(&'a LinkedMention, &'a ImageReference, &'a Resolved)> {
        match self.subject {
            Subject::Mention {
                linked,
                resolved: Some(resolved),
            } => match &linked.text {
                Text::Known(reference) => Some((linked, reference, resolved)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The mention, asked or not.
    pub fn mention(&self) -> Option<&'a LinkedMention> {
        match self.subject {
            Subject::Mention { linked, .. } => Some(linked),
            Subject::Build(..) | Subject::Kustomize(_) => None,
        }
    }
}

pub trait Rule: Sync {
    fn meta(&self) -> &'static RuleMeta;

    /// Adds findings with the rule's default level; the caller applies configured levels.
    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>);
}

/// Every rule. One line each.
pub fn rules() -> &'static [&'static dyn Rule] {
    &[
        &unsupported_format::UnsupportedFormat,
        &tag_not_found::TagNotFound,
        &missing_or_private::MissingOrPrivate,
        &unauthorized::Unauthorized,
        &platform_not_found::PlatformNotFound,
        &not_an_image::NotAnImage,
        &ambiguous_manifest::AmbiguousManifest,
        &invalid_reference::InvalidReference,
        &oci_build::OciBuild,
        &lost_in_oci::LostInOci,
        &no_effect::NoEffect,
        &broken_kustomization::BrokenKustomization,
        &changes_nothing::ChangesNothing,
        &no_pull_secret::NoPullSecret,
        &short_name::ShortName,
        &moved_tag::MovedTag,
        &retired_registry::RetiredRegistry,
        &unchecked::UncheckedRule,
        &unresolved::Unresolved,
    ]
}

/// The rule with this id.
pub fn rule(id: &str) -> Option<&'static dyn Rule> {
    rules().iter().copied().find(|rule| rule.meta().id == id)
}

/// Every rule's findings on one case, with levels from `level_of` (None: the rule is off).
pub fn judge(
    case: &Case<'_>,
    level_of: &dyn Fn(&RuleMeta) -> Option<Level>,
    out: &mut Vec<Finding>,
) {
    for rule in rules() {
        let Some(level) = level_of(rule.meta()) else {
            continue;
        };
        let before = out.len();
        rule.check(case, out);
        let asked = case
            .asked()
            .and_then(|(_, _, resolved)| resolved.evidence.asked.as_deref());
        for finding in &mut out[before..] {
            // Another name was asked: whoever reads the answer must know both.
            if let Some(asked) = asked.filter(|_| !finding.evidence.is_empty()) {
                let message = format!("{} (asked as `{asked}`)", finding.message.raw());
                finding.message = message.into();
            }
            // A rule may lower its own default for a weaker case; a configured level replaces only the default.
            if Some(finding.level) == rule.meta().level || rule.meta().level.is_none() {
                finding.level = level;
            }
        }
    }
}

/// The verdict words of [`crate::report::Summary::verdicts`].
pub fn verdict(linked: &LinkedMention, resolved: Option<&Resolved>, bad: bool) -> &'static str {
    if bad {
        return "bad";
    }
    match (&linked.text, resolved.map(|r| &r.resolution)) {
        // What contradicts itself is never fine, not even with its rule switched off.
        (Text::Known(_), Some(Resolution::Unknown(_) | Resolution::Ambiguous(_))) => "unchecked",
        (Text::Known(_), Some(_)) if linked.asked => "ok",
        _ => "not-checkable",
    }
}

/// A finding at a mention, with what is common to all rules: place, excerpt, reference, where substituted parts came
/// from.
fn finding(meta: &'static RuleMeta, linked: &LinkedMention) -> Finding {
    let reference = match &linked.text {
        Text::Known(reference) => Some(Untrusted::new(reference.to_string())),
        Text::Invalid { text, .. } | Text::Internal { text } | Text::Local { text, .. } => {
            Some(Untrusted::new(text.clone()))
        }
        _ => None,
    };
    let mut related = Vec::new();
    for part in &linked.parts {
        if let Some(place) = part.origin.place
            && place != linked.mention.place
        {
            let what = origin_words(part.origin.kind);
            related.push(Related {
                place,
                label: format!("{what} `{}` comes from here", part.origin.name).into(),
            });
        }
    }
    for place in &linked.mention.also {
        related.push(Related {
            place: *place,
            label: "part of the same reference".into(),
        });
    }
    for remark in &linked.remarks {
        if let Some(place) = remark.place
            && matches!(remark.kind, RemarkKind::BuiltHere | RemarkKind::UsedBy)
        {
            related.push(Related {
                place,
                label: remark.text.clone().into(),
            });
        }
    }
    Finding {
        rule: meta.id,
        level: meta.level.unwrap_or(Level::Warning),
        place: linked.mention.place,
        cause: format!(
            "{}\u{0}{}",
            meta.id,
            reference.as_ref().map_or("", Untrusted::raw)
        ),
        reference,
        message: Untrusted::default(),
        label: Untrusted::default(),
        help: Vec::new(),
        evidence: Vec::new(),
        related,
        fix: None,
        excerpt: linked.mention.excerpt.clone(),
    }
}

fn origin_words(kind: OriginKind) -> &'static str {
    match kind {
        OriginKind::TemplateParameter => "the Template parameter",
        OriginKind::TektonParam => "the Tekton param",
        OriginKind::ArgoParameter => "the Argo parameter",
        OriginKind::DockerfileArg => "the ARG",
        OriginKind::Predefined => "the predefined argument",
        OriginKind::Assignment => "the variable",
        OriginKind::InlineDefault => "the default of",
        OriginKind::BuildArg => "the build argument",
        OriginKind::HelmChart => "the chart's",
        OriginKind::Kustomize => "the kustomization's",
        OriginKind::CommandLine => "the value given for",
    }
}

/// Who pulls, as the subject of a sentence.
fn puller(case: &Case<'_>, role: Role) -> String {
    match role {
        Role::BuildBase if case.target.name.starts_with("openshift-3") => {
            format!("the cluster's builds ({})", case.target.client)
        }
        Role::BuildBase => format!("a builder like the target's ({})", case.target.client),
        _ => format!("{} ({})", case.target.name, case.target.client),
    }
}

/// What was seen of the registry, for `evidence`.
fn seen(reference: &ImageReference, resolved: &Resolved) -> Vec<(&'static str, Untrusted)> {
    let evidence = &resolved.evidence;
    let host = if evidence.api_host.is_empty() {
        reference.host.to_string()
    } else {
        evidence.api_host.clone()
    };
    let mut rows = vec![("registry", Untrusted::new(host))];
    match &resolved.resolution {
        Resolution::Found(manifest) => {
            rows.push(("media type", manifest.format.media_type().into()));
            if let Some(digest) = &manifest.digest {
                rows.push(("digest", digest.to_string().into()));
            }
        }
        Resolution::Denied(denial) => {
            let codes = if denial.codes.is_empty() {
                String::new()
            } else {
                format!(" {}", denial.codes.join(", "))
            };
            if denial.status != 0 {
                rows.push(("answer", format!("{}{codes}", denial.status).into()));
            }
        }
        _ => {
            if let Some(status) = evidence
                .exchanges
                .iter()
                .rev()
                .find(|e| e.what == "manifest")
                .and_then(|e| e.status)
            {
                rows.push(("answer", status.to_string().into()));
            }
        }
    }
    if let Some(source) = &evidence.credentials {
        rows.push(("credentials", source.clone().into()));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_says_what_why_and_what_to_do() {
        let mut seen = std::collections::HashSet::new();
        for rule in rules() {
            let meta = rule.meta();
            assert!(
                seen.insert(meta.id),
                "{} stands twice in the table",
                meta.id
            );
            assert!(
                meta.id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
                "{}",
                meta.id
            );
            for text in [meta.summary, meta.why, meta.remedy, meta.before, meta.after] {
                assert!(!text.trim().is_empty(), "{} leaves a text empty", meta.id);
            }
            assert!(
                meta.summary.len() <= 100,
                "{}: the summary is one line",
                meta.id
            );
        }
    }
}
