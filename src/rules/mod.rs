//! Judges: from what the repository says and what the registry answered to findings. Pure; knows no files, no network.
//!
//! One file per rule: its id, level, documentation, check and fix. `explain`, docs/rules.md and the SARIF metadata are
//! made from the table below.

use crate::model::build::BuildCommand;
use crate::model::finding::{Finding, Level};
use crate::model::mention::{LinkedMention, Repository};
use crate::model::resolution::Resolved;
use crate::model::target::Target;

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
    Mention { linked: &'a LinkedMention, resolved: Option<&'a Resolved> },
    Build(&'a BuildCommand),
}

/// One subject with what surrounds it.
pub struct Case<'a> {
    pub subject: Subject<'a>,
    pub target: &'a Target,
    pub repository: &'a Repository,
}

pub trait Rule: Sync {
    fn meta(&self) -> &'static RuleMeta;

    /// Adds findings with the rule's default level; the caller applies configured levels.
    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>);
}

/// Every rule. One line each.
pub fn rules() -> &'static [&'static dyn Rule] {
    &[]
}
