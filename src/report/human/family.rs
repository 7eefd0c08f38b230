//! Findings of one kind at many images: the first is drawn in full, and the others are rows below it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::Page;
use crate::report::blocks::{Block, host};
use crate::report::count;
use crate::report::style::Ink;
use crate::rules::RuleId;
use image_lint_model::finding::{Level, Untrusted};
use image_lint_model::sanitize;

/// So many are one family; fewer are drawn each by itself.
const MANY: usize = 4;
/// Rows of a family at most, so that two screens hold any number of images.
const LISTED: usize = 20;

/// What makes two causes one kind: rule, level, registry, and what was found (the words under the marked text).
#[derive(PartialEq, Eq, Hash)]
struct Kind<'a>(RuleId, Level, Option<&'a str>, &'a Untrusted);

/// The blocks by kind, in the order of each kind's first block.
pub(super) fn families<'b, 'a>(blocks: &'b [Block<'a>]) -> Vec<Vec<&'b Block<'a>>> {
    let mut all: Vec<Vec<&Block<'_>>> = Vec::new();
    let mut index: HashMap<Kind<'_>, usize> = HashMap::new();
    for block in blocks {
        let finding = block.first;
        let registry = finding.reference.as_ref().map(|r| host(r.raw()));
        let kind = Kind(finding.rule, finding.level, registry, &finding.label);
        match index.entry(kind) {
            Entry::Occupied(family) => all[*family.get()].push(block),
            Entry::Vacant(new) => {
                new.insert(all.len());
                all.push(vec![block]);
            }
        }
    }
    all
}

impl Page<'_> {
    pub(super) fn family(&mut self, family: &[&Block<'_>]) {
        if family.len() < MANY || self.style.verbose {
            for block in family {
                self.block(block);
                self.blank();
            }
            return;
        }
        let [first, others @ ..] = family else { return };
        self.block(first);
        let noun = match first.first.reference {
            Some(_) => "more image",
            None => "more place",
        };
        let mut rows = self.rows(&format!(
            "{} with the same problem (-v shows each with its commands)",
            count::of(others.len(), noun)
        ));
        let head = rows.len();
        let mut left = others.len();
        let column = self.column(others);
        for block in others {
            let member = self.member(block, column);
            // The last one need not be counted in place of being shown.
            if rows.len() + member.len() > head + LISTED && left > 1 {
                break;
            }
            rows.extend(member);
            left -= 1;
        }
        if left > 0 {
            let text = format!(
                "and {} (--format short lists each place in a line)",
                count::of(left, noun)
            );
            let faint = |row: &String| self.style.paint(Ink::Faint, row);
            rows.extend(self.rows(&text).iter().map(faint));
        }
        self.entry("same", &rows);
        self.blank();
    }

    /// Where the places of the rows begin: after the longest of the names that leave room for them.
    fn column(&self, blocks: &[&Block<'_>]) -> usize {
        const WIDEST: usize = 60;
        let names = blocks.iter().take(LISTED);
        let names = names.filter_map(|block| block.first.reference.as_ref());
        let widths = names.map(|name| sanitize::short(name.raw(), 200).chars().count());
        let most = (self.style.width / 2).min(WIDEST);
        widths.filter(|width| *width <= most).max().unwrap_or(0)
    }

    /// The image with its first place, on one line where they fit; the place at the column where the name ends before it.
    fn member(&self, block: &Block<'_>, column: usize) -> Vec<String> {
        let at = self.at(block.first.place);
        let rest = match block.others.len() {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        let place = self.style.paint(Ink::Place, &format!("{at}{rest}"));
        let Some(reference) = &block.first.reference else {
            return vec![place];
        };
        let name = sanitize::short(reference.raw(), 200);
        let places = at.chars().count() + rest.len();
        let fits = |name: usize| name + 2 + places + super::MARGIN <= self.style.width;
        let own = name.chars().count();
        if fits(own) {
            let pad = if fits(own.max(column)) {
                column.saturating_sub(own)
            } else {
                0
            };
            vec![format!("{name}{}  {place}", " ".repeat(pad))]
        } else {
            vec![name, format!("  {place}")]
        }
    }
}
