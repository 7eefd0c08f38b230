//! What could not be checked, apart from what was proved: by reason and registry, or in one line when nothing answered.

use std::collections::{BTreeMap, BTreeSet};

use super::{FEW, Page};
use crate::report::blocks::{self, UncheckedGroup};
use crate::report::count;
use crate::report::style::Ink;
use image_lint_model::finding::Level;
use image_lint_model::resolution::UnreachableCause;
use image_lint_model::sanitize;

impl Page<'_> {
    pub(super) fn unchecked(&mut self) {
        let groups = blocks::unchecked(self.report);
        if groups.is_empty() {
            return;
        }
        if self.report.nobody_answered() {
            self.nobody(&groups);
            return;
        }
        let (offline, groups): (Vec<_>, Vec<_>) = groups
            .into_iter()
            .partition(|g| g.cause == UnreachableCause::Offline);
        if !offline.is_empty() {
            let images: usize = offline.iter().map(UncheckedGroup::references).sum();
            let text = format!(
                "{} {} not asked (--offline): only what needs no network was checked",
                self.mark(Level::Warning),
                count::of(images, "image")
            );
            self.wrapped(&text, 2, 4);
            self.blank();
        }
        for group in &groups {
            self.group(group);
        }
    }

    fn nobody(&mut self, groups: &[UncheckedGroup<'_>]) {
        let hosts: BTreeSet<String> = groups.iter().map(|g| sanitize::short(g.host, 60)).collect();
        let images: usize = groups.iter().map(UncheckedGroup::references).sum();
        let mut names: Vec<String> = hosts.iter().take(FEW).cloned().collect();
        if hosts.len() > FEW {
            names.push(format!("{} more", hosts.len() - FEW));
        }
        let first = groups[0].first.message.raw();
        let why = self.style.words(first, sanitize::LONGEST);
        let text = format!(
            "{} No registry could be reached ({}), so {} not checked. Without a network, --offline gives the findings \
             that need none. First answer: {why}",
            self.mark(Level::Warning),
            names.join(", "),
            match images {
                1 => "1 image is".to_owned(),
                n => format!("{n} images are"),
            },
        );
        self.wrapped(&text, 2, 4);
        self.blank();
    }

    fn group(&mut self, group: &UncheckedGroup<'_>) {
        let head = format!(
            "{} {} {}",
            self.mark(Level::Warning),
            self.style.paint(
                Ink::Warning,
                &format!("not checked[{}]", group.cause.as_str())
            ),
            self.style
                .words(group.first.message.raw(), sanitize::LONGEST)
        );
        self.wrapped(&head, 2, 4);
        // Each reference with its first place.
        let mut references: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for u in &group.all {
            references
                .entry(u.reference.raw())
                .or_default()
                .push(self.at(u.place));
        }
        let limit = if self.style.verbose { usize::MAX } else { FEW };
        for (reference, places) in references.iter().take(limit) {
            let rest = if places.len() > 1 {
                format!(" and {} more", places.len() - 1)
            } else {
                String::new()
            };
            let name = sanitize::short(reference, 200);
            let place = self
                .style
                .paint(Ink::Place, &format!("{}{rest}", places[0]));
            if name.chars().count() + places[0].chars().count() + rest.len() + 8 <= self.style.width
            {
                self.line(&format!("      {name}  {place}"));
            } else {
                self.line(&format!("      {name}"));
                self.line(&format!("        {place}"));
            }
        }
        self.more(references.len(), limit, "image");
        let help = self.help(&group.first.help);
        for (i, row) in help.lines().enumerate() {
            let head = if i == 0 {
                format!("  {}", self.style.paint(Ink::Note, "help: "))
            } else {
                "        ".to_owned()
            };
            self.line(&format!("{head}{row}"));
        }
        self.blank();
    }
}
