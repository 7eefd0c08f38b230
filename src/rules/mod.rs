//! Judges: from what the repository says and what the registry answered to findings. Pure; knows no files, no network.
//!
//! One file per rule: its id, level, documentation, check and fix. `explain`, docs/rules.md and the SARIF metadata are
//! made from the table below.

pub mod command;
pub mod explain;
pub mod facts;
mod finding;
mod guide;
mod levels;
pub mod near;
mod near_stage;
pub mod policy;
pub mod remedy;
mod rename;
pub mod unchecked;

use std::fmt;
use std::str::FromStr;

use image_lint_model::build::Built;
use image_lint_model::chart::ChartProblem;
use image_lint_model::finding::{Level, Related, Untrusted};
use image_lint_model::kustomize::KustomizeProblem;
use image_lint_model::manifest::Manifest;
use image_lint_model::mention::{Expect, LinkedMention, Repository, Role, SourceKind, Text};
use image_lint_model::pull::Pull;
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::{Resolution, Resolved};
use image_lint_model::target::Target;
use image_lint_model::value::OriginKind;
use image_lint_model::verdict::Verdict;

pub use finding::{Cause, CauseKey, Finding, FindingBuilder};
pub use guide::Guide;
pub use levels::Levels;
pub use policy::Policy;

/// Declares every rule from a line each: its file, its id as a variant, and the id as a word.
macro_rules! rules {
    ($($file:ident :: $rule:ident = $word:literal,)*) => {
        $(mod $file;)*

        /// A rule, by its id.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum RuleId {
            $($rule,)*
        }

        impl RuleId {
            /// The kebab-case word of reports, comments and configuration.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(RuleId::$rule => $word,)*
                }
            }
        }

        /// Every rule, in the order of reports.
        pub fn rules() -> &'static [&'static dyn Rule] {
            &[$(&$file::$rule,)*]
        }
    };
}

// One line each.
rules! {
    unsupported_format::UnsupportedFormat = "unsupported-format",
    tag_not_found::TagNotFound = "tag-not-found",
    missing_or_private::MissingOrPrivate = "missing-or-private",
    unauthorized::Unauthorized = "unauthorized",
    platform_not_found::PlatformNotFound = "platform-not-found",
    not_an_image::NotAnImage = "not-an-image",
    incomplete_image::IncompleteImage = "incomplete-image",
    ambiguous_manifest::AmbiguousManifest = "ambiguous-manifest",
    invalid_reference::InvalidReference = "invalid-reference",
    oci_build::OciBuild = "oci-build",
    lost_in_oci::LostInOci = "lost-in-oci",
    no_effect::NoEffect = "no-effect",
    broken_kustomization::BrokenKustomization = "broken-kustomization",
    changes_nothing::ChangesNothing = "changes-nothing",
    broken_chart::BrokenChart = "broken-chart",
    unquoted_number::UnquotedNumber = "unquoted-number",
    nameless_image::NamelessImage = "nameless-image",
    no_pull_secret::NoPullSecret = "no-pull-secret",
    short_name::ShortName = "short-name",
    moved_tag::MovedTag = "moved-tag",
    retired_registry::RetiredRegistry = "retired-registry",
    registry_not_allowed::RegistryNotAllowed = "registry-not-allowed",
    floating_tag::FloatingTag = "floating-tag",
    unpinned::Unpinned = "unpinned",
    unresolved::Unresolved = "unresolved",
}

impl RuleId {
    /// The rule itself.
    pub fn rule(self) -> &'static dyn Rule {
        // One line of the table makes both, in the same order.
        rules()[self as usize]
    }

    pub fn meta(self) -> &'static RuleMeta {
        self.rule().meta()
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no rule's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such rule")]
pub struct UnknownRule;

impl FromStr for RuleId {
    type Err = UnknownRule;

    fn from_str(word: &str) -> Result<Self, UnknownRule> {
        let mut ids = rules().iter().map(|rule| rule.meta().id);
        ids.find(|id| id.as_str() == word).ok_or(UnknownRule)
    }
}

/// What is said of a rule outside a finding.
#[derive(Debug)]
pub struct RuleMeta {
    pub id: RuleId,
    /// None: off by default. [`Rule::level`] may say otherwise for a target.
    pub level: Option<Level>,
    pub proves: Proves,
    /// Whether what only a CI system pulls is judged without a target that somebody chose for its path.
    pub applies_to_ci: bool,
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
    /// What `--fix` does about it.
    pub fixes: Fixes,
    /// What to read of docs/, the most helpful first.
    pub guides: &'static [Guide],
}

/// What a finding of a rule says for certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proves {
    /// The image cannot be used as it is named: the mention's verdict is `bad`, whether the finding is shown or not.
    Image,
    /// Something is wrong with the line, and nothing is said about the image.
    Line,
    /// Nothing: it may well be right.
    Nothing,
}

/// What `--fix` does about what a rule finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fixes {
    None,
    /// Where the edit is provably right.
    Safe,
    /// Only with `--unsafe`: another image is deployed then.
    Unsafe,
}

impl Fixes {
    pub fn words(self) -> &'static str {
        match self {
            Fixes::None => "no",
            Fixes::Safe => "yes",
            Fixes::Unsafe => "with `--unsafe`",
        }
    }
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
    Chart(&'a ChartProblem),
}

/// What the registry said of an image of this run, when it was asked.
pub type Answers<'a> = dyn Fn(&ImageReference) -> Option<&'a Resolved> + 'a;

/// One subject with what surrounds it.
pub struct Case<'a> {
    pub subject: Subject<'a>,
    pub target: &'a Target,
    /// Somebody chose the target for this path: it judges what only a CI system pulls, too.
    pub target_is_of_path: bool,
    /// What is allowed, with the path of the subject.
    pub policy: Option<(&'a Policy, &'a str)>,
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

    /// Whether only a CI system pulls it.
    pub fn is_for_ci(&self) -> bool {
        self.mention().is_some_and(|linked| linked.role == Role::Ci)
    }

    /// Whether only a CI system pulls it, and nobody chose a target for its path.
    fn is_weak_for_ci(&self) -> bool {
        self.is_for_ci() && !self.target_is_of_path
    }

    /// Why a finding is no error, where it would be one in what the cluster pulls, and how it becomes one.
    fn why_weak(&self) -> Option<Untrusted> {
        let (_, path) = self.policy?;
        let what = match self.mention()?.mention.source {
            SourceKind::Compose => "a Compose file counts as one for development and CI",
            _ => "only CI or a script pulls this image",
        };
        Some(Untrusted::new(format!(
            "a warning, as {what}; an error: `targets: [{{paths: [{path}], target: {}}}]` in .image-lint.yaml",
            self.target.name
        )))
    }

    /// Whether something else than the target pulls it: a CI system, or BuildKit its frontend.
    fn is_not_for_target(&self) -> bool {
        let frontend = |linked: &LinkedMention| linked.mention.expect == Expect::Frontend;
        self.is_for_ci() || self.mention().is_some_and(frontend)
    }

    /// What the target makes of an image that a mention names, for the platforms of which one is pulled. Where nobody
    /// knows which, its type alone is judged.
    fn pull(&self, linked: &LinkedMention, manifest: &Manifest) -> Pull {
        let platforms = linked.platforms(&self.target.platform);
        if platforms.is_empty() {
            let typed = Manifest {
                body: None,
                ..manifest.clone()
            };
            return self.target.pull(&typed);
        }
        let mut refused = None;
        for platform in platforms {
            let mut target = self.target.clone();
            target.platform = platform;
            match target.pull(manifest) {
                Pull::Works => return Pull::Works,
                other => refused = refused.or(Some(other)),
            }
        }
        refused.unwrap_or(Pull::Works)
    }

    /// The mention, asked or not.
    pub fn mention(&self) -> Option<&'a LinkedMention> {
        match self.subject {
            Subject::Mention { linked, .. } => Some(linked),
            Subject::Build(..) | Subject::Kustomize(_) | Subject::Chart(_) => None,
        }
    }
}

pub trait Rule: Sync {
    fn meta(&self) -> &'static RuleMeta;

    /// The level for a target without configuration; None: off.
    fn level(&self, target: &Target) -> Option<Level> {
        let _ = target;
        self.meta().level
    }

    /// Adds findings with the rule's own level; [`judge`] applies configured levels.
    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>);
}

/// Adds every rule's findings on one case, with the levels that count. Goes out: the verdict on a mention; None for a
/// build command.
pub fn judge(case: &Case<'_>, levels: &Levels, out: &mut Vec<Finding>) -> Option<Verdict> {
    let mut proved = false;
    for rule in rules() {
        let meta = rule.meta();
        let level = levels.of(*rule, case);
        // A rule that is off still decides whether the image is fine.
        if level.is_none() && meta.proves != Proves::Image {
            continue;
        }
        if case.is_not_for_target() && !meta.applies_to_ci && !case.target_is_of_path {
            continue;
        }
        let before = out.len();
        rule.check(case, out);
        let asked = case
            .asked()
            .and_then(|(_, _, resolved)| resolved.evidence.asked.as_deref());
        for finding in &mut out[before..] {
            // Another name was asked: whoever reads the answer must know both.
            if let Some(asked) = asked.filter(|_| !finding.evidence.is_empty()) {
                let name = case
                    .asked()
                    .map_or(String::new(), |(_, name, _)| name.name());
                let message = format!(
                    "{} (`{asked}` is asked in place of `{name}`)",
                    finding.message.raw()
                );
                finding.message = message.into();
            }
        }
        if levels.weakens(*rule, case)
            && let Some(why) = case.why_weak()
        {
            out[before..]
                .iter_mut()
                .for_each(|finding| finding.help.push(why.clone()));
        }
        proved |= meta.proves == Proves::Image && out[before..].iter().any(|found| !found.depends);
        match level {
            Some(level) => out[before..].iter_mut().for_each(|finding| {
                finding.set_level(level);
                finding.firm |= levels.is_firm(meta.id);
            }),
            None => out.truncate(before),
        }
    }
    match case.subject {
        Subject::Mention { linked, resolved } => Some(verdict(linked, resolved, proved)),
        Subject::Build(..) | Subject::Kustomize(_) | Subject::Chart(_) => None,
    }
}

/// From the registry's answer, and what rules proved about it.
fn verdict(linked: &LinkedMention, resolved: Option<&Resolved>, proved: bool) -> Verdict {
    match (&linked.text, resolved.map(|r| &r.resolution)) {
        _ if proved => Verdict::Bad,
        (Text::Known(_), Some(answer)) if linked.asked => match answer {
            Resolution::Found(_) => Verdict::Ok,
            // What contradicts itself is never fine.
            Resolution::Absent(_) | Resolution::Denied(_) | Resolution::Ambiguous(_) => {
                Verdict::Bad
            }
            Resolution::Unknown(_) => Verdict::Unchecked,
        },
        _ => Verdict::NotCheckable,
    }
}

/// A finding at a mention, with what is common to all rules: place, excerpt, reference, where substituted parts came
/// from.
fn finding(meta: &'static RuleMeta, linked: &LinkedMention) -> FindingBuilder {
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
    related.extend(linked.facts.iter().filter_map(facts::related));
    FindingBuilder {
        reference,
        related,
        ..FindingBuilder::new(
            meta.id,
            linked.mention.place,
            linked.mention.excerpt.clone(),
        )
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
        OriginKind::HelmChart | OriginKind::HelmNumber => "the chart's",
        OriginKind::Kustomize => "the kustomization's",
        OriginKind::CommandLine => "the value given for",
    }
}

/// Who pulls, as the subject of a sentence.
fn puller(case: &Case<'_>, role: Role) -> String {
    match role {
        Role::BuildBase if case.target.builds => {
            format!("the cluster's builds ({})", case.target.client)
        }
        Role::BuildBase => format!("a builder like the target's ({})", case.target.client),
        _ => format!("{} ({})", case.target.name, case.target.client),
    }
}

/// `host/repository` that answered: a mirror's or another's where that was asked in place of the one that is written.
fn asked_name(case: &Case<'_>, reference: &ImageReference) -> String {
    case.asked()
        .and_then(|(_, _, resolved)| resolved.evidence.asked.as_deref())
        .map_or_else(|| reference.name(), str::to_owned)
}

/// The host of it.
fn asked_host(case: &Case<'_>, reference: &ImageReference) -> String {
    let name = asked_name(case, reference);
    name.split('/').next().unwrap_or_default().to_owned()
}

/// What was seen of the registry, for `evidence`.
pub fn seen(reference: &ImageReference, resolved: &Resolved) -> Vec<(&'static str, Untrusted)> {
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
            let word = meta.id.as_str();
            assert!(seen.insert(word), "{word} is twice in the table");
            assert!(
                word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
                "{word}"
            );
            assert_eq!(meta.id.rule().meta().id, meta.id);
            assert_eq!(word.parse(), Ok(meta.id));
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
