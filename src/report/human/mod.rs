//! The report that people read: one block for each distinct cause, what could not be checked, notes, and a last line.
//!
//! miette draws the blocks; it is given safe text only (it passes escapes through) and is told width, colour and
//! characters, because it would probe stderr. It does not wrap: it breaks words, and image names and commands must
//! stay whole to be copied. Prose is wrapped here.

mod block;
mod family;
mod narrated;
mod snippet;
mod unchecked;

use std::io::{self, Write};

use crate::report::blocks::{Block, blocks};
use crate::report::style::Ink;
use crate::report::{Report, Style, count};
use image_lint_model::finding::{Level, Note};
use image_lint_model::sanitize;

/// Room for `help: ` and its kin at the left.
const MARGIN: usize = 8;

/// Lists longer than this are cut, with a count, unless everything is asked for.
const FEW: usize = 5;
/// The same for notes.
const NOTES: usize = 10;

/// Writes the report.
pub fn write(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page {
        report,
        style,
        text: String::new(),
        said_default: false,
    };
    page.all();
    out.write_all(sanitize::break_commands(&page.text).as_bytes())
}

/// The text so far, and what it is made from.
struct Page<'a> {
    report: &'a Report,
    style: &'a Style,
    text: String,
    /// A finding has said that nobody chose its target.
    said_default: bool,
}

impl Page<'_> {
    fn all(&mut self) {
        let report = self.report;
        let (mut loud, quiet): (Vec<_>, Vec<_>) = blocks(report)
            .into_iter()
            .partition(|b| b.first.level > Level::Note || self.style.verbose);
        // Errors first; within a level the order of the files.
        loud.sort_by_key(|block| std::cmp::Reverse(block.first.level));
        let news = !loud.is_empty() || !quiet.is_empty() || !report.unchecked.is_empty();
        if news && !self.style.quiet {
            self.header();
        }
        for family in family::families(&loud) {
            self.family(&family);
        }
        if self.style.quiet {
            // Silence would look as if all were fine.
            if report.summary.mentions == 0 {
                self.last_line();
            }
            return;
        }
        self.quiet(&quiet);
        self.unchecked();
        self.notes();
        self.quotas();
        if let Some(text) = count::suppressed(&report.suppressed) {
            self.line(&self.style.paint(Ink::Faint, &text));
        }
        if report.summary.interrupted {
            self.line(
                &self
                    .style
                    .paint(Ink::Warning, "interrupted: this is what was known by then"),
            );
        }
        self.last_line();
    }

    /// What is judged for, who chose it, and which configuration counts.
    fn header(&mut self) {
        let report = self.report;
        let dot = self.style.dot();
        let mut title = format!("image-lint{dot}target {}", count::target(report));
        if report.target_is_default {
            title.push_str(", the default (--target chooses another)");
        }
        if let Some((first, more)) = report.configuration.split_first() {
            title.push_str(&format!(
                "{dot}configuration {}",
                sanitize::short(first, 200)
            ));
            if !more.is_empty() {
                title.push_str(&format!(" and {} more", more.len()));
            }
        }
        let others = &report.other_targets;
        if !others.is_empty() {
            let shown: Vec<_> = others
                .iter()
                .take(FEW)
                .map(|text| sanitize::short(text, 200))
                .collect();
            title.push_str(&format!("{dot}also {}", shown.join("; ")));
            if others.len() > FEW {
                title.push_str(&format!("; {} more", others.len() - FEW));
            }
        }
        for (number, row) in wrap(&title, self.style.width.saturating_sub(2))
            .lines()
            .enumerate()
        {
            let indent = if number == 0 { "" } else { "  " };
            self.line(&format!("{indent}{}", self.style.paint(Ink::Heading, row)));
        }
        self.blank();
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn mark(&self, level: Level) -> String {
        if self.style.narrated {
            return self
                .style
                .paint(Ink::of(level), &format!("{}:", level.as_str()));
        }
        let mark = match (level, self.style.unicode) {
            (Level::Error, true) => "×",
            (Level::Error, false) => "x",
            (Level::Warning, true) => "⚠",
            (Level::Warning, false) => "!",
            (Level::Note, _) => "i",
        };
        self.style.paint(Ink::of(level), mark)
    }

    /// Findings that are only notes: one entry each.
    fn quiet(&mut self, blocks: &[Block<'_>]) {
        if blocks.is_empty() {
            return;
        }
        for block in blocks.iter().take(NOTES) {
            let finding = block.first;
            let head = format!(
                "  {} {} {}",
                self.mark(Level::Note),
                self.style.paint(Ink::Place, &self.report.at(finding.place)),
                self.style.paint(Ink::Faint, finding.rule.as_str())
            );
            self.line(&head);
            let mut text = self.style.words(finding.message.raw(), sanitize::LONGEST);
            if !block.others.is_empty() {
                text.push_str(&format!(
                    " (also at {})",
                    count::of(block.others.len(), "more place")
                ));
            }
            self.wrapped(&text, 4, 4);
        }
        self.more(blocks.len(), NOTES, "note");
        self.blank();
    }

    /// What the run has to say beside findings.
    fn notes(&mut self) {
        let notes: Vec<_> = self
            .report
            .notes
            .iter()
            .filter(|n| n.level > Level::Note || self.style.verbose)
            .collect();
        let silent = self.report.notes.len() - notes.len();
        let limit = if self.style.verbose {
            usize::MAX
        } else {
            NOTES
        };
        for note in notes.iter().take(limit) {
            let place = match (note.place, note.file) {
                (Some(place), _) => format!("{}: ", self.report.at(place)),
                (None, Some(file)) => format!("{}: ", sanitize::path(self.report.path(file))),
                (None, None) => String::new(),
            };
            let text = format!(
                "{} {}{}",
                self.mark(note.level),
                self.style.paint(Ink::Place, &place),
                self.style.words(note.message.raw(), sanitize::LONGEST)
            );
            self.wrapped(&text, 2, 4);
        }
        if !notes.is_empty() || silent > 0 {
            if notes.len() > limit {
                self.more(notes.len(), limit, "note");
            }
            if silent > 0 {
                let noun = if notes.is_empty() {
                    "note"
                } else {
                    "more note"
                };
                let text = format!(
                    "  {} (-v shows {})",
                    count::of(silent, noun),
                    if silent == 1 { "it" } else { "them" }
                );
                self.line(&self.style.paint(Ink::Faint, &text));
            }
            self.blank();
        }
    }

    /// How many pulls are left, where it matters.
    fn quotas(&mut self) {
        let quotas = self.report.quotas.iter();
        let shown: Vec<_> = quotas.filter(|q| q.is_low || self.style.verbose).collect();
        for quota in &shown {
            let text = self
                .style
                .words(quota.note.message.raw(), sanitize::LONGEST);
            self.wrapped(&format!("{} {text}", self.mark(Level::Note)), 2, 4);
        }
        if !shown.is_empty() {
            self.blank();
        }
    }

    fn more(&mut self, all: usize, shown: usize, noun: &str) {
        if all > shown && !self.style.verbose {
            let text = format!(
                "    and {} (-v shows all)",
                count::of(all - shown, &format!("more {noun}"))
            );
            self.line(&self.style.paint(Ink::Faint, &text));
        }
    }

    fn last_line(&mut self) {
        let report = self.report;
        let dot = self.style.dot();
        if let Some(reference) = &report.summary.unchanged_since {
            let text = format!(
                "no image references in files that differ from {}: nothing was judged",
                sanitize::short(reference, 100)
            );
            self.wrapped(&self.style.paint(Ink::Good, &text), 0, 2);
            return;
        }
        if report.summary.mentions == 0 && report.summary.nameless_stdin {
            let text = format!(
                "{} No image references found on stdin, which was read as YAML: name it with --stdin-filename, such as \
                 --stdin-filename build.sh",
                self.mark(Level::Warning)
            );
            self.wrapped(&text, 0, 2);
            return;
        }
        if report.summary.mentions == 0 {
            let text = format!(
                "{} No image references found in {}: is this the right folder? `image-lint list --files` says how each \
                 file was read.",
                self.mark(Level::Warning),
                count::of(report.summary.files, "file")
            );
            self.wrapped(&text, 0, 2);
            return;
        }
        let problems = count::problems(report);
        let head = match report.findings.iter().map(|f| f.level).max() {
            Some(level) => self.style.paint(Ink::of(level), &problems),
            None if !problems.is_empty() => self.style.paint(Ink::Warning, &problems),
            None if report.notes.iter().any(is_unread) => self
                .style
                .paint(Ink::Warning, "no problems found in what was read"),
            None => {
                let mark = if self.style.unicode && !self.style.narrated {
                    "✓ "
                } else {
                    ""
                };
                self.style
                    .paint(Ink::Good, &format!("{mark}no problems found"))
            }
        };
        let tail = count::tail(report, dot);
        if visible(&head) + visible(dot) + visible(&tail) <= self.style.width {
            self.line(&format!(
                "{head}{}",
                self.style.paint(Ink::Faint, &format!("{dot}{tail}"))
            ));
        } else {
            self.line(&head);
            for row in wrap(&tail, self.style.width).lines() {
                self.line(&self.style.paint(Ink::Faint, row));
            }
        }
    }

    /// Prose, wrapped at blanks. `first` and `rest` are indents.
    fn wrapped(&mut self, text: &str, first: usize, rest: usize) {
        let text = wrap(text, self.style.width.saturating_sub(rest));
        for (i, row) in text.lines().enumerate() {
            let indent = " ".repeat(if i == 0 { first } else { rest });
            self.text.push_str(&indent);
            self.line(row);
        }
    }
}

/// A file, or a part of one, that nobody could read.
fn is_unread(note: &Note) -> bool {
    note.level == Level::Warning && note.file.is_some()
}

/// Breaks lines at blanks so that they fit; a word longer than the width stands alone. Colour codes count nothing.
fn wrap(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut used = 0;
    for (i, word) in text.split(' ').enumerate() {
        let len = visible(word);
        if i > 0 {
            if used + 1 + len > width {
                out.push('\n');
                used = 0;
            } else {
                out.push(' ');
                used += 1;
            }
        }
        out.push_str(word);
        used += len;
    }
    out
}

/// Characters of a text without its colour codes.
fn visible(text: &str) -> usize {
    let mut n = 0;
    let mut escaped = false;
    for c in text.chars() {
        match (escaped, c) {
            (false, '\u{1b}') => escaped = true,
            (true, 'm') => escaped = false,
            (true, _) => {}
            (false, _) => n += 1,
        }
    }
    n
}

#[cfg(test)]
mod tests;
