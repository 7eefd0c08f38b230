//! What is wrong, where, why, and what to type: what a rule gives, and how it is made.

use super::RuleId;
use image_lint_model::finding::{Fix, Level, Related, Untrusted};
use image_lint_model::mention::Excerpt;
use image_lint_text::source::Place;

/// One thing that is wrong at one place. Made by a [`FindingBuilder`].
#[derive(Clone, Debug)]
pub struct Finding {
    pub rule: RuleId,
    pub level: Level,
    pub place: Place,
    /// The image in its normal form, when one is known.
    pub reference: Option<Untrusted>,
    /// One sentence: what is wrong and why the cluster cares.
    pub message: Untrusted,
    /// The words under the marked text.
    pub label: Untrusted,
    /// What to do, most likely first. A line that starts with `$ ` is a command.
    pub help: Vec<Untrusted>,
    /// What was seen, as (what, value): media type, digest, registry, status, credentials' source.
    pub evidence: Vec<(&'static str, Untrusted)>,
    /// Other places that explain it (the parameter's default, the build line).
    pub related: Vec<Related>,
    pub fix: Option<Fix>,
    pub cause: Cause,
    pub excerpt: Excerpt,
    /// The mention that it is about, by its index in the report; None for a build command or a setting.
    pub mention: Option<usize>,
    /// The user's own policy says it: nothing in the repository may silence it.
    pub firm: bool,
    /// The rule lowered its level, because this case is a weaker one: what is configured may lower it further only.
    weakened: bool,
    /// It depends on the version of the client, or on the registry: a warning, and no proof about the image.
    pub(super) depends: bool,
}

/// What makes two findings of one rule the same news: one block in the human report, one annotation in CI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The same image.
    Image,
    /// The same facts, whichever image or command they are found at.
    Same(Box<[Untrusted]>),
}

impl Cause {
    /// The same facts.
    pub fn same<T: Into<Untrusted>>(facts: impl IntoIterator<Item = T>) -> Self {
        Cause::Same(facts.into_iter().map(Into::into).collect())
    }
}

/// A [`Cause`] with the image that it may be about: equal for findings that are the same news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CauseKey<'a>(RuleId, Level, Option<&'a Untrusted>, &'a [Untrusted]);

impl Finding {
    /// Lowers the level for a weaker case.
    pub fn weaken(&mut self, level: Level) {
        self.level = self.level.min(level);
        self.weakened = true;
    }

    /// Says that some version of the client is fine with it.
    pub fn depend(&mut self) {
        self.weaken(Level::Warning);
        self.depends = true;
    }

    /// The level that counts: that of the rule, and never more than a weaker case deserves.
    pub(super) fn set_level(&mut self, of_rule: Level) {
        self.level = if self.weakened {
            self.level.min(of_rule)
        } else {
            of_rule
        };
    }

    /// What makes another finding the same news.
    pub fn cause_key(&self) -> CauseKey<'_> {
        match &self.cause {
            Cause::Image => CauseKey(self.rule, self.level, self.reference.as_ref(), &[]),
            Cause::Same(facts) => CauseKey(self.rule, self.level, None, facts),
        }
    }
}

/// A finding that does not say yet what is wrong: [`FindingBuilder::says`] makes it one.
#[derive(Clone, Debug)]
#[must_use = "a finding says what is wrong"]
pub struct FindingBuilder {
    pub rule: RuleId,
    pub place: Place,
    pub excerpt: Excerpt,
    pub reference: Option<Untrusted>,
    pub related: Vec<Related>,
    pub cause: Cause,
}

impl FindingBuilder {
    /// At a place, about no image.
    pub fn new(rule: RuleId, place: Place, excerpt: Excerpt) -> Self {
        FindingBuilder {
            rule,
            place,
            excerpt,
            reference: None,
            related: Vec::new(),
            cause: Cause::Image,
        }
    }

    /// Says what is wrong, in one sentence, and the words under the marked text.
    pub fn says(self, message: impl Into<Untrusted>, label: impl Into<Untrusted>) -> Finding {
        Finding {
            rule: self.rule,
            level: self.rule.meta().level.unwrap_or(Level::Warning),
            place: self.place,
            reference: self.reference,
            message: message.into(),
            label: label.into(),
            help: Vec::new(),
            evidence: Vec::new(),
            related: self.related,
            fix: None,
            cause: self.cause,
            excerpt: self.excerpt,
            mention: None,
            firm: false,
            weakened: false,
            depends: false,
        }
    }
}
