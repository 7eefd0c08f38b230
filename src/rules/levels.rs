//! The level of a finding, decided in one place: what is configured for the rule, else the rule's own for the target
//! that judges the mention; never more than a weaker case deserves.

use std::collections::{BTreeMap, BTreeSet};

use super::{Case, Rule, RuleId};
use image_lint_model::finding::Level;

/// What somebody set for rules; the others have their own levels.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    set: BTreeMap<RuleId, Option<Level>>,
    firm: BTreeSet<RuleId>,
}

impl Levels {
    /// None: the rule is off.
    pub fn set(&mut self, rule: RuleId, level: Option<Level>) {
        self.set.insert(rule, level);
    }

    /// Nothing in the repository may silence what this rule finds.
    pub fn hold(&mut self, rule: RuleId) {
        self.firm.insert(rule);
    }

    pub(super) fn is_firm(&self, rule: RuleId) -> bool {
        self.firm.contains(&rule)
    }

    /// The level of a rule for a case. What only a CI system pulls is at most a warning, unless somebody set another level
    /// for the rule or chose a target for the path.
    pub(super) fn of(&self, rule: &dyn Rule, case: &Case<'_>) -> Option<Level> {
        if let Some(set) = self.set.get(&rule.meta().id) {
            return *set;
        }
        let own = rule.level(case.target)?;
        Some(if case.is_weak_for_ci() {
            own.min(Level::Warning)
        } else {
            own
        })
    }

    /// Whether an error of this rule is a warning for this case because of who pulls the image.
    pub(super) fn weakens(&self, rule: &dyn Rule, case: &Case<'_>) -> bool {
        case.is_weak_for_ci()
            && !self.set.contains_key(&rule.meta().id)
            && rule.level(case.target) == Some(Level::Error)
    }
}
