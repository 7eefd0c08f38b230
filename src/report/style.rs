//! How a text report looks: width, colour, characters. Decided once from the environment and the stream that is
//! written to, as a pure function, so that a test can ask for any terminal.

use std::borrow::Cow;
use std::collections::BTreeMap;

use image_lint_model::finding::Level;
use image_lint_model::sanitize;

/// The looks of a text report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns; prose is wrapped at words to fit, names and commands are never broken.
    pub width: usize,
    pub color: bool,
    /// Frames and marks beyond ASCII.
    pub unicode: bool,
    /// OSC 8 links from a rule's name to its documentation.
    pub links: bool,
    /// Plain sentences for screen readers instead of a drawing.
    pub narrated: bool,
    /// Every note and every place, however many.
    pub verbose: bool,
    /// Findings only.
    pub quiet: bool,
}

/// Wider prose is hard to read.
const WIDEST: usize = 120;

/// Sentences that are read aloud are not broken into lines: a reader stops at each.
const NARRATED: usize = 4_000;

impl Style {
    /// Words of this program with text from outside in them, safe to show: of `limit` characters at most, and without
    /// the dots of one character where only ASCII is shown.
    pub fn words(&self, text: &str, limit: usize) -> String {
        self.dots(sanitize::short(text, limit)).into_owned()
    }

    /// `…` as three dots where only ASCII is shown.
    pub fn dots<'t>(&self, text: impl Into<Cow<'t, str>>) -> Cow<'t, str> {
        let text = text.into();
        match self.unicode {
            true => text,
            false => text.replace('…', "...").into(),
        }
    }

    /// No colour and ASCII only, 100 columns: for files.
    pub fn plain() -> Self {
        Style {
            width: 100,
            color: false,
            unicode: false,
            links: false,
            narrated: false,
            verbose: false,
            quiet: false,
        }
    }

    /// From environment variables, whether the stream is a terminal, and the terminal's columns where known.
    ///
    /// `NO_COLOR`, `FORCE_COLOR`, `CLICOLOR_FORCE`, `TERM`, `COLUMNS`, `NO_GRAPHICS` and the locale count; GitHub's and
    /// GitLab's logs show colour and UTF-8 without being terminals.
    pub fn detect(env: &BTreeMap<String, String>, terminal: bool, columns: Option<usize>) -> Self {
        let set = |name: &str| env.get(name).is_some_and(|v| !v.is_empty() && v != "0");
        let is_true = |name: &str| env.get(name).is_some_and(|v| v == "true");
        let host = is_true("GITHUB_ACTIONS") || is_true("GITLAB_CI");
        let term = env.get("TERM").map_or("", String::as_str);
        let forced = set("FORCE_COLOR") || set("CLICOLOR_FORCE");
        let silenced = env.get("NO_COLOR").is_some_and(|v| !v.is_empty());
        let color = !silenced && (forced || host || (terminal && term != "dumb"));
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(|name| env.get(name).filter(|v| !v.is_empty()))
            .map_or(String::new(), |v| v.to_ascii_lowercase());
        let utf8 = locale.contains("utf-8") || locale.contains("utf8");
        let narrated = set("NO_GRAPHICS");
        let width = columns
            .or_else(|| env.get("COLUMNS").and_then(|v| v.parse().ok()))
            .filter(|n| *n > 0);
        Style {
            width: match narrated {
                true => NARRATED,
                false => width.unwrap_or(100).clamp(40, WIDEST),
            },
            color,
            unicode: !narrated && (host || (utf8 && term != "linux" && term != "dumb")),
            links: terminal && color && !host && !set("CI"),
            narrated,
            verbose: false,
            quiet: false,
        }
    }

    pub(crate) fn paint(&self, ink: Ink, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("\u{1b}[{}m{text}\u{1b}[0m", ink.code())
        } else {
            text.to_owned()
        }
    }

    /// Between the parts of a line.
    pub(crate) fn dot(&self) -> &'static str {
        match (self.narrated, self.unicode) {
            // Read aloud, a dot is a word of its own.
            (true, _) => ", ",
            (false, true) => " · ",
            (false, false) => " - ",
        }
    }
}

/// Colours by meaning, of the sixteen that every theme defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    Error,
    Warning,
    Note,
    Good,
    Heading,
    Command,
    Place,
    Faint,
}

impl Ink {
    pub(crate) fn of(level: Level) -> Ink {
        match level {
            Level::Error => Ink::Error,
            Level::Warning => Ink::Warning,
            Level::Note => Ink::Note,
        }
    }

    /// SGR parameters (ECMA-48).
    fn code(self) -> &'static str {
        match self {
            Ink::Error => "1;31",
            Ink::Warning => "1;33",
            Ink::Note => "36",
            Ink::Good => "1;32",
            Ink::Heading => "1",
            Ink::Command => "32",
            Ink::Place => "36",
            Ink::Faint => "2",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(k, v)| (k.to_string(), v.to_string()))
            .collect()
    }

    /// Variables, whether there is a terminal, (colour, Unicode, links), why.
    type Row<'a> = (&'a [(&'a str, &'a str)], bool, (bool, bool, bool), &'a str);

    #[test]
    fn looks_follow_the_environment() {
        let utf8 = ("LANG", "de_DE.UTF-8");
        let table: [Row; 9] = [
            (
                &[utf8, ("TERM", "xterm-256color")],
                true,
                (true, true, true),
                "a terminal",
            ),
            (&[utf8], false, (false, true, false), "a pipe"),
            (
                &[utf8, ("NO_COLOR", "1")],
                true,
                (false, true, false),
                "no-color.org",
            ),
            (
                &[utf8, ("NO_COLOR", "")],
                true,
                (true, true, true),
                "an empty NO_COLOR does not count",
            ),
            (
                &[utf8, ("FORCE_COLOR", "1")],
                false,
                (true, true, false),
                "forced into a pipe",
            ),
            (&[("LANG", "C")], true, (true, false, true), "no UTF-8"),
            (
                &[utf8, ("TERM", "linux")],
                true,
                (true, false, true),
                "the console has few glyphs",
            ),
            (
                &[("GITHUB_ACTIONS", "true")],
                false,
                (true, true, false),
                "GitHub's log shows colour, no links",
            ),
            (
                &[utf8, ("TERM", "dumb")],
                true,
                (false, false, false),
                "a dumb terminal",
            ),
        ];
        for (vars, terminal, (color, unicode, links), why) in table {
            let style = Style::detect(&env(vars), terminal, None);
            assert_eq!(
                (style.color, style.unicode, style.links),
                (color, unicode, links),
                "{why}"
            );
        }
    }

    #[test]
    fn width_is_that_of_the_terminal_within_reason() {
        let width = |vars: &[(&str, &str)], columns| Style::detect(&env(vars), true, columns).width;
        assert_eq!(width(&[], Some(80)), 80);
        assert_eq!(width(&[("COLUMNS", "90")], None), 90);
        assert_eq!(width(&[("COLUMNS", "x")], None), 100);
        assert_eq!(width(&[], Some(300)), 120);
        assert_eq!(width(&[], Some(0)), 100);
        assert!(Style::detect(&env(&[("NO_GRAPHICS", "1")]), true, None).narrated);
    }
}
