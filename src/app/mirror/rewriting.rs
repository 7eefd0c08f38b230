//! The edits that name copies in the files, and what is left to be changed by hand.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};

use crate::app::Failure;
use crate::app::fixing::Drafts;
use crate::fix::Edits;
use crate::mirror::{Plan, Step, rewrite, variable};
use crate::report::Report;
use image_lint_model::finding::Edit;
use image_lint_model::mention::LinkedMention;
use image_lint_model::sanitize;
use image_lint_text::source::{FileId, Place};

/// Makes the edits that name copies.
pub(super) struct Rewriting<'a> {
    pub report: &'a Report,
    pub drafts: &'a Drafts<'a>,
    users: Users,
    /// Texts of the files, or why they cannot be edited, each read once.
    texts: RefCell<BTreeMap<FileId, Result<String, String>>>,
}

/// Which places name images that are not copied, beside those that are.
struct Users {
    /// Where those are named, or their parts have values.
    others: HashSet<Place>,
}

impl Users {
    fn new(all: &[LinkedMention], copied: &[&LinkedMention]) -> Self {
        let is_copied: HashSet<*const LinkedMention> = copied
            .iter()
            .map(|linked| std::ptr::from_ref(*linked))
            .collect();
        let others = all
            .iter()
            .filter(|linked| !is_copied.contains(&std::ptr::from_ref(*linked)));
        let places = others.flat_map(|linked| {
            let parts = linked.parts.iter().filter_map(|part| part.origin.place);
            parts.chain([linked.mention.place])
        });
        Users {
            others: places.collect(),
        }
    }

    /// Every image that a mention's place names is copied.
    fn only_copied(&self, linked: &LinkedMention) -> bool {
        !self.others.contains(&linked.mention.place)
    }

    /// Every image with the value of a variable is copied.
    fn share(&self, value: Place) -> bool {
        !self.others.contains(&value)
    }
}

/// The edits of a plan.
#[derive(Default)]
pub(super) struct Rewrites {
    pub edits: Edits,
    /// Lines about mentions that are left, in the order of the plan.
    pub by_hand: Vec<String>,
    /// The same by place, for programs.
    pub reasons: BTreeMap<Place, String>,
}

impl<'a> Rewriting<'a> {
    /// `all` are the mentions of the repository, `copied` those whose images are.
    pub fn new(
        report: &'a Report,
        drafts: &'a Drafts<'a>,
        all: &[LinkedMention],
        copied: &[&LinkedMention],
    ) -> Self {
        Rewriting {
            report,
            drafts,
            users: Users::new(all, copied),
            texts: RefCell::default(),
        }
    }

    /// `digests` are those of copies that were made, by destination.
    pub fn of(&self, plan: &Plan<'_>, digests: &BTreeMap<String, String>) -> Rewrites {
        let mut rewrites = Rewrites::default();
        for step in &plan.steps {
            self.step(
                step,
                digests
                    .get(&step.destination.to_string())
                    .map(String::as_str),
                &mut rewrites,
            );
        }
        rewrites
    }

    pub fn step(&self, step: &Step<'_>, digest: Option<&str>, rewrites: &mut Rewrites) {
        for mention in &step.mentions {
            let place = mention.mention.place;
            let made = match self.users.only_copied(mention) {
                true => self.edits(mention, step, digest),
                false => Err("another image that is not copied is named there, too".to_owned()),
            };
            let made = made.and_then(|edits| match rewrites.edits.add(&edits) {
                true => Ok(()),
                false => Err("another image's name is at the same place".to_owned()),
            });
            if let Err(why) = made {
                rewrites.by_hand.push(format!(
                    "{}: write {}: {why}",
                    self.report.at(place),
                    step.named
                ));
                rewrites.reasons.insert(place, why);
            }
        }
    }

    /// At the mention, or where the variable that it is made of has its value.
    fn edits(
        &self,
        mention: &LinkedMention,
        step: &Step<'_>,
        digest: Option<&str>,
    ) -> Result<Vec<Edit>, String> {
        let text = self.text(mention.mention.place.file)?;
        rewrite::edits(mention, &step.named, digest, &text)
            .or_else(|why| self.at_the_variable(mention, step).ok_or(why))
    }

    fn at_the_variable(&self, mention: &LinkedMention, step: &Step<'_>) -> Option<Vec<Edit>> {
        let (part, place) = variable::of_the_name(mention, &step.source)?;
        let text = self.text(place.file).ok()?;
        let is_written = text.get(place.span.range()) == Some(&part.text);
        let pinned = step.source.digest.is_some();
        if !is_written || pinned || !self.users.share(place) {
            return None;
        }
        let text = variable::value(part, &step.named);
        Some(vec![Edit {
            file: place.file,
            span: place.span,
            place,
            text,
        }])
    }

    fn text(&self, file: FileId) -> Result<String, String> {
        let read = || {
            self.drafts
                .text(file)
                .map(|(_, text)| text)
                .map_err(|error| error.to_string())
        };
        self.texts
            .borrow_mut()
            .entry(file)
            .or_insert_with(read)
            .clone()
    }
}

impl Rewrites {
    pub fn patch(&self, rewriting: &Rewriting<'_>) -> Result<String, Failure> {
        let mut patch = String::new();
        for (file, edits) in self.edits.files() {
            let path = rewriting.report.path(file);
            let diff = rewriting.drafts.diff(path, file, &edits);
            patch.push_str(
                &diff.map_err(|error| {
                    Failure::Usage(format!("{}: {error}", sanitize::path(path)))
                })?,
            );
        }
        Ok(patch)
    }
}
