//! One block of the human report: miette's drawing of a cause, and below it what was seen, how it can be mended and
//! where else it is.

use std::error::Error;
use std::fmt;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity, SourceCode,
    ThemeCharacters, ThemeStyles,
};

use super::snippet::Snippet;
use super::{FEW, MARGIN, Page, wrap};
use crate::report::blocks::Block;
use crate::report::style::Ink;
use crate::report::{Style, count, rule_url};
use crate::rules::{Finding, RuleId};
use image_lint_model::finding::{Level, Untrusted};
use image_lint_model::sanitize;
use image_lint_text::source::Place;

impl Page<'_> {
    pub(super) fn block(&mut self, block: &Block<'_>) {
        let finding = block.first;
        match self.style.narrated {
            true => self.narrate(finding),
            false => self.draw(finding),
        }
        if !finding.evidence.is_empty() {
            let seen: Vec<String> = finding
                .evidence
                .iter()
                .map(|(what, value)| format!("{what} {}", self.evidence(value)))
                .collect();
            let rows = pack(&seen, self.style.width.saturating_sub(MARGIN));
            self.entry("seen", &rows);
        }
        for related in &finding.related {
            let label = self.style.words(related.label.raw(), sanitize::LONGEST);
            let place = self.style.paint(Ink::Place, &self.report.at(related.place));
            let text = if label.is_empty() {
                place
            } else {
                format!("{place} {label}")
            };
            let rows = self.rows(&text);
            self.entry("see", &rows);
        }
        if finding.rule == RuleId::UnsupportedFormat
            && self.report.target_is_default
            && !self.said_default
        {
            self.said_default = true;
            let text = format!(
                "judged for {}, the default; for clusters with containerd: --target kubernetes",
                sanitize::line(&self.report.target)
            );
            let rows = self.rows(&text);
            self.entry("note", &rows);
        }
        if let Some(fix) = &finding.fix {
            let how = if fix.safe {
                " (--fix does it)"
            } else {
                " (--fix --unsafe does it)"
            };
            let rows = self.rows(&format!(
                "{}{how}",
                self.style.words(&fix.title, sanitize::LONGEST)
            ));
            self.entry("fix", &rows);
        }
        if !block.others.is_empty() {
            let limit = if self.style.verbose || block.others.len() == FEW + 1 {
                usize::MAX
            } else {
                FEW
            };
            let mut rows: Vec<String> = block
                .others
                .iter()
                .take(limit)
                .map(|f| self.style.paint(Ink::Place, &self.at(f.place)))
                .collect();
            if block.others.len() > rows.len() {
                let left = count::of(block.others.len() - rows.len(), "more place");
                rows.push(
                    self.style
                        .paint(Ink::Faint, &format!("and {left} (-v shows all)")),
                );
            }
            self.entry("also", &rows);
        }
    }

    fn draw(&mut self, finding: &Finding) {
        let diagnostic = self.diagnostic(finding);
        let has_snippet = diagnostic.snippet.is_some();
        render(&diagnostic, self.style, &mut self.text);
        if !has_snippet {
            let at = self.report.at(finding.place);
            self.entry("at", &[self.style.paint(Ink::Place, &at)]);
        }
        if has_snippet && diagnostic.label.is_empty() && !finding.label.raw().is_empty() {
            let rows = self.rows(&self.style.words(finding.label.raw(), sanitize::LONGEST));
            self.entry("here", &rows);
        }
    }

    /// What was seen. Of a digest the first digits tell two apart; with it whole the row would not fit 80 columns, and
    /// commands that need it have it whole.
    fn evidence(&self, value: &Untrusted) -> String {
        const DIGITS: usize = 12;
        let text = sanitize::short(value.raw(), sanitize::LONGEST);
        match text.strip_prefix("sha256:") {
            Some(hex) if !self.style.verbose && hex.len() == 64 && hex.is_ascii() => {
                format!(
                    "sha256:{}{}",
                    &hex[..DIGITS],
                    if self.style.unicode { "…" } else { "..." }
                )
            }
            _ => text,
        }
    }

    /// Where a place is and, in rendered input, the template that its text comes from.
    pub(super) fn at(&self, place: Place) -> String {
        self.report.at(place) + &self.report.origin(place)
    }

    /// `  seen: first row` with the other rows below it.
    pub(super) fn entry(&mut self, name: &str, rows: &[String]) {
        for (i, row) in rows.iter().enumerate() {
            let head = if i == 0 {
                format!("{name}:")
            } else {
                String::new()
            };
            let pad = " ".repeat(MARGIN - 2 - head.len());
            self.text.push_str("  ");
            self.text.push_str(&self.style.paint(Ink::Note, &head));
            self.text.push_str(&pad);
            self.line(row);
        }
    }

    pub(super) fn rows(&self, text: &str) -> Vec<String> {
        wrap(text, self.style.width.saturating_sub(MARGIN))
            .lines()
            .map(str::to_owned)
            .collect()
    }

    fn diagnostic(&self, finding: &Finding) -> Drawing {
        let width = self.style.width;
        let more = if self.style.unicode { "…" } else { "..." };
        let room = width.saturating_sub(Snippet::number_width(finding.excerpt.first_line) + 4);
        let name = sanitize::path(self.report.path(finding.place.file));
        let snippet = Snippet::new(name, &finding.excerpt, finding.place, room, more);
        let label_room = snippet
            .as_ref()
            .map_or(room, |s| room.saturating_sub(s.mark_column() + 4));
        Drawing {
            code: format!("{}[{}]", finding.level.as_str(), finding.rule),
            url: rule_url(finding.rule),
            severity: match finding.level {
                Level::Error => Severity::Error,
                Level::Warning => Severity::Warning,
                Level::Note => Severity::Advice,
            },
            message: wrap(
                &self
                    .style
                    .words(finding.message.raw(), 2 * sanitize::LONGEST),
                width.saturating_sub(4),
            ),
            label: label(
                &self.style.words(finding.label.raw(), sanitize::LONGEST),
                label_room,
            ),
            snippet,
            help: self.help(&finding.help),
        }
    }

    /// Help lines: prose wrapped, each command whole on a line of its own.
    pub(super) fn help(&self, lines: &[Untrusted]) -> String {
        let rows: Vec<String> = lines
            .iter()
            .map(|line| match line.raw().strip_prefix("$ ") {
                Some(command) => format!(
                    "  {}",
                    self.style
                        .paint(Ink::Command, &self.style.dots(sanitize::line(command)))
                ),
                None => wrap(
                    &self.style.dots(sanitize::text(line)),
                    self.style.width.saturating_sub(MARGIN),
                ),
            })
            .collect();
        rows.join("\n")
    }
}

/// The words at the mark, in lines that fit; empty where they do not fit beside it, so that a row below says them.
fn label(text: &str, room: usize) -> String {
    const NARROWEST: usize = 12;
    let longest = text.split(' ').map(|word| word.chars().count()).max();
    match room >= longest.unwrap_or_default().max(NARROWEST) {
        true => wrap(text, room),
        false => String::new(),
    }
}

/// Joins items with commas into rows that fit. What is too wide for a row has its value on one of its own.
fn pack(items: &[String], width: usize) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for item in items {
        match rows.last_mut() {
            Some(row) if row.chars().count() + 2 + item.chars().count() <= width => {
                row.push_str(", ");
                row.push_str(item);
            }
            Some(row) => {
                row.push(',');
                rows.extend(halves(item, width));
            }
            None => rows.extend(halves(item, width)),
        }
    }
    rows
}

/// `what value`, in two rows where they do not fit in one.
fn halves(item: &str, width: usize) -> Vec<String> {
    match item.rsplit_once(' ') {
        Some((what, value)) if item.chars().count() + 1 > width => {
            vec![what.to_owned(), value.to_owned()]
        }
        _ => vec![item.to_owned()],
    }
}

/// What miette draws.
#[derive(Debug)]
struct Drawing {
    code: String,
    url: Option<String>,
    severity: Severity,
    message: String,
    label: String,
    snippet: Option<Snippet>,
    help: String,
}

impl fmt::Display for Drawing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Drawing {}

impl Diagnostic for Drawing {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.code))
    }

    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.help.is_empty()).then(|| Box::new(&self.help) as Box<dyn fmt::Display>)
    }

    fn url<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.url
            .as_ref()
            .map(|url| Box::new(url) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.snippet.as_ref().map(|s| s as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let snippet = self.snippet.as_ref()?;
        let label = (!self.label.is_empty()).then(|| self.label.clone());
        Some(Box::new(std::iter::once(LabeledSpan::new(
            label,
            snippet.start,
            snippet.end - snippet.start,
        ))))
    }
}

fn render(diagnostic: &Drawing, style: &Style, out: &mut String) {
    // Writing to a String cannot fail, and the snippet answers every span that it gave out itself.
    let _ = GraphicalReportHandler::new_themed(theme(style, diagnostic.severity))
        .with_width(style.width)
        .with_links(style.links)
        .with_wrap_lines(false)
        .with_break_words(false)
        .with_context_lines(1)
        .without_syntax_highlighting()
        .render_report(out, diagnostic);
}

fn theme(style: &Style, severity: Severity) -> GraphicalTheme {
    let mut characters = if style.unicode {
        ThemeCharacters::unicode()
    } else {
        ThemeCharacters::ascii()
    };
    characters.advice = "i".into();
    let mut styles = if style.color {
        ThemeStyles::ansi()
    } else {
        ThemeStyles::none()
    };
    if style.color {
        // Of the sixteen colours, plain red on black is hard to read on a console; bold is bright there.
        styles.error = styles.error.bold();
    }
    // The mark has the colour of its level; the place needs no underline to be found.
    styles.highlights = vec![match severity {
        Severity::Error => styles.error,
        Severity::Warning => styles.warning,
        Severity::Advice => styles.advice,
    }];
    styles.link = styles.advice;
    GraphicalTheme { characters, styles }
}
