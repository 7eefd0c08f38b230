//! The same block in sentences, for whoever has the report read aloud: level, rule and place first, then what is wrong,
//! the line, the marked part of it, and what to do. No drawing, no sign that stands for a word, and nothing that only a
//! colour says. A sentence is one line: readers stop at each.

use super::Page;
use super::snippet::Snippet;
use crate::report::rule_url;
use crate::report::style::Ink;
use crate::rules::Finding;
use image_lint_model::finding::Level;
use image_lint_model::sanitize;

impl Page<'_> {
    pub(super) fn narrate(&mut self, finding: &Finding) {
        let level = match finding.level {
            Level::Error => "Error",
            Level::Warning => "Warning",
            Level::Note => "Note",
        };
        let start = finding.place.start;
        let head = format!(
            "{level}, {}: {}, line {}, column {}{}.",
            finding.rule,
            sanitize::path(self.report.path(finding.place.file)),
            start.line,
            start.column,
            self.report.origin(finding.place)
        );
        self.line(&self.style.paint(Ink::of(finding.level), &head));
        let message = self
            .style
            .words(finding.message.raw(), 2 * sanitize::LONGEST);
        self.line(&message);
        let label = self.style.words(finding.label.raw(), sanitize::LONGEST);
        match self.snippet(finding) {
            Some(snippet) => {
                self.line(&format!("The line: {}", snippet.line_of_mark().trim()));
                let marked = snippet.marked();
                match label.is_empty() {
                    true => self.line(&format!("The part: {marked}")),
                    false => self.line(&format!("The part: {marked}, which is: {label}")),
                }
            }
            None if !label.is_empty() => self.line(&format!("There: {label}")),
            None => {}
        }
        let help = self.help(&finding.help);
        if !help.is_empty() {
            self.line(&format!("What to do: {help}"));
        }
        if let Some(url) = rule_url(finding.rule) {
            self.line(&format!("The rule: {url}"));
        }
    }

    fn snippet(&self, finding: &Finding) -> Option<Snippet> {
        let name = sanitize::path(self.report.path(finding.place.file));
        let room = self.style.width;
        Snippet::new(name, &finding.excerpt, finding.place, room, "...")
    }
}
