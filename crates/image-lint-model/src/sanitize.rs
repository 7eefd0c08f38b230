//! Makes untrusted text safe to show: the one gate that every string from a repository or a registry passes on its way
//! into a report.
//!
//! Comes in: any text. Goes out: text in which no character moves a cursor, turns the reading direction, hides itself or
//! starts a command of a CI host. What was there stays visible, as `\u{1b}`. This room knows neither findings nor
//! formats; escaping that one format asks for (XML, Markdown, workflow commands) is in that format's file.
//!
//! The characters are those of terminal control (C0, DEL, C1), of the bidirectional algorithm and its invisible kin
//! (Unicode UAX #9 and "Trojan Source", CVE-2021-42574), and the tags of plane 14.

use std::borrow::Cow;
use std::fmt::Write;

use crate::finding::Untrusted;
use image_lint_text::source::RepoPath;

/// The longest line that a report for people shows; the rest is told as a count.
pub const LONGEST: usize = 400;

/// Whether a character must not reach an output as it is.
pub fn is_forbidden(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{fffe}'..='\u{ffff}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// What a CI system obeys in the output of a step.
///
/// | system | form | where | source |
/// |---|---|---|---|
/// | GitHub | `##[command]` | anywhere in a line | actions/runner, `ActionCommand.cs` |
/// | GitHub | `::command::` | after white space and colour codes | actions/runner, `ActionCommand.cs` |
/// | Azure Pipelines | `##vso[area.event]`, `##[section]` | anywhere in a line | azure-pipelines-agent, `Command.cs` |
/// | TeamCity | `##teamcity[message]` | anywhere in a line | JetBrains, "Service Messages" |
/// | Buildkite | `--- `, `+++ `, `~~~ `, `^^^ ` | start of a line | Buildkite, "Managing log output" |
/// | Buildkite, Drone | `ESC ] 1338 ; …` | anywhere | an escape character: [`is_forbidden`] |
/// | GitLab | `section_start:… CR ESC [0K` | anywhere | control characters: [`is_forbidden`] |
/// | Jenkins | `ESC [8mha:…` | anywhere | an escape character: [`is_forbidden`] |
///
/// The first group is broken before its bracket, the second by a `\` before it; the runners defuse their own output in
/// the same way.
const ROW_STARTS: [&str; 5] = ["::", "--- ", "+++ ", "~~~ ", "^^^ "];

/// Offset of the `[` of the first `##word[` in a text, which GitHub, Azure Pipelines or TeamCity may obey.
pub fn command_bracket(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'[', bytes).find(|&at| is_command(&text[..at]))
}

/// Whether a `[` after this text would start a command.
fn is_command(before: &str) -> bool {
    before
        .trim_end_matches(|c: char| c.is_ascii_alphanumeric())
        .ends_with("##")
}

/// One line of text: forbidden characters, line breaks included, are shown as `\u{…}`, and commands of CI systems that
/// may stand anywhere in a line are broken (`##\[`).
pub fn line(text: &str) -> Cow<'_, str> {
    if !text.contains(is_forbidden) && !text.contains("##") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        push(&mut out, c);
    }
    Cow::Owned(out)
}

/// [`line()`] of a finding's text.
pub fn text(text: &Untrusted) -> Cow<'_, str> {
    line(text.raw())
}

/// [`line()`], cut behind `longest` characters with a word on how many are missing.
pub fn short(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => line(text).into_owned(),
        Some((at, _)) => {
            let missing = text[at..].chars().count();
            format!("{}… ({missing} more characters)", line(&text[..at]))
        }
    }
}

/// A path as people read it; bytes that are not UTF-8 are shown as U+FFFD.
pub fn path(path: &RepoPath) -> String {
    line(&path.to_text()).into_owned()
}

/// Breaks what a CI system obeys at the start of a line, blanks before it not counting, so that it takes no line of a
/// text report for a command of its own. Colour codes before it do not hide it from a runner that strips them.
///
/// `text` has been through [`line()`] piece by piece; this is the last pass over the lines that were made of it.
pub fn break_commands(text: &str) -> Cow<'_, str> {
    if !text.contains("##") && !ROW_STARTS.iter().any(|start| text.contains(start)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for row in text.split_inclusive('\n') {
        let start = visible_start(row);
        out.push_str(&row[..start]);
        if ROW_STARTS.iter().any(|word| row[start..].starts_with(word)) {
            out.push('\\');
        }
        break_brackets(&row[start..], &mut out);
    }
    Cow::Owned(out)
}

/// Appends a text in which no `##word[` is left.
pub fn break_brackets(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = command_bracket(rest) {
        out.push_str(&rest[..at]);
        out.push_str("\\[");
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// Offset of the first character that is neither blank nor part of a colour code.
fn visible_start(row: &str) -> usize {
    let mut rest = row;
    loop {
        // The runner trims whatever .NET calls white space (`String.Trim`), no-break and ideographic spaces too.
        rest = rest.trim_start_matches(char::is_whitespace);
        let Some(code) = rest.strip_prefix("\u{1b}[") else {
            return row.len() - rest.len();
        };
        let Some(end) = code.find('m') else {
            return row.len() - rest.len();
        };
        rest = &code[end + 1..];
    }
}

fn push(out: &mut String, c: char) {
    if is_forbidden(c) {
        // Writing to a String cannot fail.
        let _ = write!(out, "\\u{{{:x}}}", c as u32);
    } else {
        if c == '[' && is_command(out) {
            out.push('\\');
        }
        out.push(c);
    }
}

/// Several lines of a file made safe, with the way from offsets in the file's text to offsets in what is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// `\n` between lines; tabs are kept, their width is the terminal's matter.
    pub text: String,
    /// (offset in the original, offset in `text`) at each point where the distance between the two changes.
    map: Vec<(usize, usize)>,
}

impl Shown {
    /// Line breaks stay, `\r\n` becomes `\n`, a byte order mark at the very start is dropped when `at_file_start`.
    pub fn new(original: &str, at_file_start: bool) -> Self {
        let mut text = String::with_capacity(original.len());
        let mut map = vec![(0, 0)];
        let mut chars = original.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                '\u{feff}' if at == 0 && at_file_start => {}
                '\r' if chars.peek().is_some_and(|(_, next)| *next == '\n') => {}
                '\n' | '\t' => text.push(c),
                _ => push(&mut text, c),
            }
            let behind = at + c.len_utf8();
            let &(from, to) = map.last().unwrap_or(&(0, 0));
            if behind - from != text.len() - to {
                map.push((behind, text.len()));
            }
        }
        Shown { text, map }
    }

    /// Where an offset of the original stands in `text`.
    pub fn at(&self, original: usize) -> usize {
        let i = self
            .map
            .partition_point(|(from, _)| *from <= original)
            .saturating_sub(1);
        let (from, to) = self.map[i];
        let next = self.map.get(i + 1).map_or(self.text.len(), |(_, to)| *to);
        let mut at = (to + (original - from.min(original))).min(next);
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hostile_text_stays_visible_and_loses_its_power() {
        let table = [
            (
                "quay.io/a/b:1",
                "quay.io/a/b:1",
                "ordinary text is not touched",
            ),
            ("nginх", "nginх", "letters of other scripts are letters"),
            ("a\u{1b}[2Jb", "a\\u{1b}[2Jb", "CSI"),
            (
                "a\u{1b}]52;c;eA==\u{7}",
                "a\\u{1b}]52;c;eA==\\u{7}",
                "OSC 52 with BEL",
            ),
            ("a\u{9b}2J", "a\\u{9b}2J", "C1 form of CSI"),
            ("a\r\nb", "a\\u{d}\\u{a}b", "one line stays one line"),
            (
                "a\u{202e}b\u{2069}",
                "a\\u{202e}b\\u{2069}",
                "reading direction",
            ),
            (
                "a\u{200b}b\u{feff}",
                "a\\u{200b}b\\u{feff}",
                "invisible characters",
            ),
            ("\u{7f}", "\\u{7f}", "DEL"),
            ("\u{e0041}", "\\u{e0041}", "tag characters"),
            (
                "x ##[stop-commands]y",
                "x ##\\[stop-commands]y",
                "GitHub's old command form",
            ),
            ("####[x]", "####\\[x]", "with more marks before it"),
            (
                "a ##vso[task.setvariable variable=X]1",
                "a ##vso\\[task.setvariable variable=X]1",
                "Azure Pipelines",
            ),
            ("##teamcity[a 'b']", "##teamcity\\[a 'b']", "TeamCity"),
            (
                "##VSO[x]##[y]",
                "##VSO\\[x]##\\[y]",
                "whatever its case, and each",
            ),
            (
                "a[0] #[x] ## [x]",
                "a[0] #[x] ## [x]",
                "brackets of other kinds",
            ),
        ];
        for (input, expected, why) in table {
            assert_eq!(line(input), expected, "{why}");
        }
    }

    #[test]
    fn commands_at_the_start_of_a_row_are_broken() {
        let table = [
            ("::error::x\n", "\\::error::x\n"),
            ("   ::error::x", "   \\::error::x"),
            ("\u{1b}[31m::x", "\u{1b}[31m\\::x"),
            ("a::b\n\t::c", "a::b\n\t\\::c"),
            ("no ##[x] here", "no ##\\[x] here"),
            ("no ##vso[x]y ##[z]", "no ##vso\\[x]y ##\\[z]"),
            ("--- a\n+++ b\n", "\\--- a\n\\+++ b\n"),
            (" ^^^ +++\n~~~ x", " \\^^^ +++\n\\~~~ x"),
            ("a --- b\n----\n", "a --- b\n----\n"),
            ("\u{a0}\u{3000}\u{2003} ::x", "\u{a0}\u{3000}\u{2003} \\::x"),
        ];
        for (input, expected) in table {
            assert_eq!(break_commands(input), expected);
        }
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        assert_eq!(short("abcdef", 6), "abcdef");
        assert_eq!(short("abcdef", 4), "abcd… (2 more characters)");
        assert_eq!(short("üüü", 1), "ü… (2 more characters)");
    }

    #[test]
    fn a_shown_snippet_leads_back_to_its_columns() {
        let shown = Shown::new("a: \u{1b}x\r\nim: y\u{202e}z\n", false);
        assert_eq!(shown.text, "a: \\u{1b}x\nim: y\\u{202e}z\n");
        let original = "a: \u{1b}x\r\nim: y\u{202e}z\n";
        for needle in ["a:", "x", "im", "y", "z"] {
            let at = shown.at(original.find(needle).unwrap());
            assert!(shown.text[at..].starts_with(needle), "{needle} at {at}");
        }
        assert_eq!(shown.at(original.len()), shown.text.len());
        let marked = Shown::new("\u{feff}image: x", true);
        assert_eq!(marked.text, "image: x");
        assert_eq!(marked.at(3 + 7), 7);
    }

    proptest! {
        #[test]
        fn no_forbidden_character_passes(text in any::<String>()) {
            let safe = line(&text);
            prop_assert!(!safe.contains(is_forbidden));
            prop_assert_eq!(command_bracket(&safe), None);
            prop_assert!(!short(&text, 5).contains(is_forbidden));
            let shown = Shown::new(&text, true);
            prop_assert!(!shown.text.contains(|c| is_forbidden(c) && c != '\n' && c != '\t'));
            for (at, _) in text.char_indices() {
                prop_assert!(shown.text.is_char_boundary(shown.at(at)));
            }
            prop_assert!(shown.at(text.len()) <= shown.text.len());
        }

        #[test]
        fn every_forbidden_character_alone_is_escaped(c in any::<char>().prop_filter("not forbidden", |c| is_forbidden(*c))) {
            let safe = line(c.encode_utf8(&mut [0; 4])).into_owned();
            prop_assert_eq!(safe, format!("\\u{{{:x}}}", c as u32));
        }
    }
}
