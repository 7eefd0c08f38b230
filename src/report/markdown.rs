//! Markdown for a CI job's summary page. GitHub drops a summary over 1 MiB as a whole, so this stays below. Nothing from
//! a repository becomes markup, a link or a mention: names stand in code spans, prose is escaped.

use std::io::{self, Write};

use crate::report::blocks::{self, Block, blocks};
use crate::report::{Report, count, path_from_root};
use crate::rules::Finding;
use image_lint_model::finding::Level;
use image_lint_model::sanitize;

/// Bytes, below the limit of 1 MiB (actions/runner `AttachmentSizeLimit`) with room for the end.
const LIMIT: usize = 900 * 1024;
/// Places named for one cause.
const PLACES: usize = 20;

/// Writes the summary.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(sanitize::break_commands(&page(report)).as_bytes())
}

fn page(report: &Report) -> String {
    let problems = count::problems(report);
    let head = if report.summary.mentions == 0 {
        format!(
            "⚠️ No image references found in {}",
            count::of(report.summary.files, "file")
        )
    } else if problems.is_empty() {
        "✅ No problems found".to_owned()
    } else {
        problems
    };
    let mut text = format!(
        "## image-lint: {head}\n\n{}\n\n",
        prose(&count::tail(report, " · "))
    );
    if report.summary.interrupted {
        text.push_str("**Interrupted**: this is what was known by then.\n\n");
    }
    let mut all = blocks(report);
    all.sort_by_key(|b| std::cmp::Reverse(b.first.level));
    let mut left = all.len();
    for block in &all {
        let part = section(report, block);
        if text.len() + part.len() > LIMIT {
            break;
        }
        text.push_str(&part);
        left -= 1;
    }
    if left > 0 {
        text.push_str(&format!(
            "**{} did not fit here**; the job's log has all.\n\n",
            count::of(left, "more cause")
        ));
    }
    unchecked(report, &mut text);
    let low = report.quotas.iter().filter(|quota| quota.is_low);
    let notes = report.notes.iter().filter(|n| n.level > Level::Note);
    let notes: Vec<_> = notes.chain(low.map(|quota| &quota.note)).collect();
    for note in notes.iter().take(PLACES) {
        let place = match (note.place, note.file) {
            (Some(place), _) => format!("{}: ", code(&report.at(place))),
            (None, Some(file)) => format!("{}: ", code(&sanitize::path(report.path(file)))),
            (None, None) => String::new(),
        };
        text.push_str(&format!(
            "- {place}{}\n",
            prose(&sanitize::short(note.message.raw(), sanitize::LONGEST))
        ));
    }
    if notes.len() > PLACES {
        text.push_str(&format!(
            "- and {}\n",
            count::of(notes.len() - PLACES, "more note")
        ));
    }
    if let Some(suppressed) = count::suppressed(&report.suppressed) {
        text.push_str(&format!("\n{suppressed}\n"));
    }
    text
}

fn section(report: &Report, block: &Block<'_>) -> String {
    let f = block.first;
    let mark = match f.level {
        Level::Error => "❌",
        Level::Warning => "⚠️",
        Level::Note => "ℹ️",
    };
    let name = f.reference.as_ref().map_or(String::new(), |r| {
        format!(": {}", code(&sanitize::short(r.raw(), 200)))
    });
    let mut text = format!(
        "### {mark} {} {}{name}\n\n{}\n\n",
        f.level.as_str(),
        linked(f.rule.as_str(), report.links.rule(f.rule)),
        prose(&sanitize::short(f.message.raw(), 1000))
    );
    places(report, block, &mut text);
    help(f, &mut text);
    if !f.evidence.is_empty() {
        let seen: Vec<String> = f
            .evidence
            .iter()
            .map(|(what, value)| {
                format!(
                    "{what} {}",
                    code(&sanitize::short(value.raw(), sanitize::LONGEST))
                )
            })
            .collect();
        text.push_str(&format!("Seen: {}\n\n", seen.join(", ")));
    }
    text
}

fn places(report: &Report, block: &Block<'_>, text: &mut String) {
    let all = std::iter::once(&block.first).chain(&block.others);
    for f in all.take(PLACES) {
        let at = format!(
            "{}:{}:{}",
            path_from_root(report, f.place.file),
            f.place.start.line,
            f.place.start.column
        );
        let link = report.links.place(report, f.place);
        let origin = prose(&report.origin(f.place));
        text.push_str(&format!("- {}{origin}\n", linked(&code(&at), link)));
    }
    let n = block.others.len() + 1;
    if n > PLACES {
        text.push_str(&format!("- and {}\n", count::of(n - PLACES, "more place")));
    }
    text.push('\n');
}

/// Prose as paragraphs, commands in fenced blocks so that they can be copied.
fn help(f: &Finding, text: &mut String) {
    let mut fenced = false;
    for line in &f.help {
        match line.raw().strip_prefix("$ ") {
            Some(command) => {
                let command = sanitize::line(command);
                // A command holds no backticks unless it is hostile; then it is shown as a code span.
                if command.contains("```") {
                    text.push_str(&format!("{}\n\n", code(&command)));
                    continue;
                }
                if !fenced {
                    text.push_str("```sh\n");
                    fenced = true;
                }
                text.push_str(&format!("{command}\n"));
            }
            None => {
                if fenced {
                    text.push_str("```\n\n");
                    fenced = false;
                }
                text.push_str(&format!("{}\n\n", prose(&sanitize::text(line))));
            }
        }
    }
    if fenced {
        text.push_str("```\n\n");
    }
}

fn unchecked(report: &Report, text: &mut String) {
    let groups = blocks::unchecked(report);
    if groups.is_empty() {
        return;
    }
    text.push_str("### Not checked\n\n");
    for group in groups.iter().take(PLACES) {
        let at = code(&report.at(group.first.place));
        let images = count::of(group.references(), "image");
        let why = prose(&sanitize::short(
            group.first.message.raw(),
            sanitize::LONGEST,
        ));
        text.push_str(&format!(
            "- {images}, {}: {why} (first at {at})\n",
            group.cause.as_str()
        ));
    }
    if groups.len() > PLACES {
        text.push_str(&format!(
            "- and {}\n",
            count::of(groups.len() - PLACES, "more reason")
        ));
    }
    text.push('\n');
}

/// Markdown that leads somewhere: an address of [`Links`](crate::report::Links), which has nothing to escape.
fn linked(markdown: &str, url: Option<String>) -> String {
    match url {
        // Within the text of a link brackets must match (CommonMark 6.3); in a code span they need not.
        Some(url) => format!("[{markdown}]({url})"),
        None => markdown.to_owned(),
    }
}

/// A code span whose fence is longer than any run of backticks in it (CommonMark 6.1).
fn code(text: &str) -> String {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.is_empty() {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Text that stays text: no markup, no HTML, no links, mentions or issue numbers (GitHub Flavored Markdown 6.9 links
/// bare addresses, and its hosts link `@name` and `#1`). Code spans of our own messages stay.
fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut parts = text.split('`').peekable();
    let mut in_code = false;
    // An odd number of backticks: the last one opens nothing.
    let spans = text.matches('`').count() / 2;
    let mut seen = 0;
    while let Some(part) = parts.next() {
        if in_code {
            out.push_str(&code(part));
            in_code = false;
            seen += 1;
        } else {
            escape(part, &mut out);
            if parts.peek().is_some() {
                if seen < spans {
                    in_code = true;
                } else {
                    out.push_str("\\`");
                }
            }
        }
    }
    out
}

fn escape(text: &str, out: &mut String) {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' | '#' => {
                out.push('\\');
                out.push(c);
                out.push_str("<!-- -->");
            }
            ':' if chars.peek() == Some(&'/') => out.push_str(":<!-- -->"),
            // `www.` starts a link by itself.
            '.' if out.len() >= 3
                && out.as_bytes()[out.len() - 3..].eq_ignore_ascii_case(b"www") =>
            {
                out.push_str("<!-- -->.");
            }
            '\\' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '!' | '|' | '~' | '+' | '='
            | '$' | '^' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use proptest::prelude::*;

    #[test]
    fn a_summary_of_a_run() {
        insta::assert_snapshot!(page(&sample::realistic()));
        insta::assert_snapshot!("clean", page(&sample::clean()));
    }

    #[test]
    fn places_and_rules_are_links_in_a_job() {
        let mut report = sample::many(1);
        let env = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "acme/shop"),
            ("GITHUB_SHA", "5f0b"),
            ("IMAGE_LINT_ACTION_REPOSITORY", "OWNER/image-lint"),
            ("IMAGE_LINT_ACTION_REF", "v1"),
        ];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
        report.links = crate::report::Links::of_job(&env.into(), true);
        let text = page(&report);
        for part in [
            "- [`a.yaml:1:8`](https://github.com/acme/shop/blob/5f0b/a.yaml#L1)\n",
            "error [tag-not-found](https://github.com/OWNER/image-lint/blob/v1/docs/rules.md#tag-not-found): ",
        ] {
            assert!(text.contains(part), "{text}");
        }
        // A link's address ends where it ends, whatever the path is.
        report.files = vec![image_lint_text::source::RepoPath::from_bytes(
            b"a](x) `b`.yaml",
        )];
        let text = page(&report);
        assert!(
            text.contains("/5f0b/a%5D%28x%29%20%60b%60.yaml#L1)\n"),
            "{text}"
        );
    }

    #[test]
    fn names_cannot_leave_their_code_spans() {
        let table = [
            ("a", "`a`"),
            ("a`b", "``a`b``"),
            ("`", "`` ` ``"),
            ("a``b`c", "```a``b`c```"),
        ];
        for (text, expected) in table {
            assert_eq!(code(text), expected);
        }
    }

    #[test]
    fn prose_is_never_markup() {
        let table = [
            ("a *b* _c_", "a \\*b\\* \\_c\\_"),
            ("<img src=x>", "&lt;img src\\=x&gt;"),
            (
                "hi @org/team see #12",
                "hi \\@<!-- -->org/team see \\#<!-- -->12",
            ),
            ("https://evil.example", "https:<!-- -->//evil.example"),
            ("see www.evil.example", "see www<!-- -->.evil.example"),
            ("[x](y) ![z](w)", "\\[x\\]\\(y\\) \\!\\[z\\]\\(w\\)"),
            ("use `--format` now", "use `--format` now"),
            ("odd ` tick", "odd \\` tick"),
        ];
        for (text, expected) in table {
            assert_eq!(prose(text), expected);
        }
    }

    #[test]
    fn three_thousand_findings_stay_under_the_limit() {
        let text = page(&sample::many(3_000));
        assert!(text.len() < 1024 * 1024);
        let huge = page(&sample::many(20_000));
        assert!(
            huge.len() < 1024 * 1024 && huge.contains("did not fit here"),
            "{}",
            huge.len()
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn hostile_text_opens_no_tag(text in "[<>`@#a-z\n|\\[\\]!*:/&; ]{0,40}") {
            let out = prose(&sanitize::line(&text));
            prop_assert!(!out.replace("<!-- -->", "").split('`').step_by(2).any(|part| part.contains('<')) || text.contains('`'));
            let page = page(&sample::hostile_with(&text));
            prop_assert!(!page.contains(|c| sanitize::is_forbidden(c) && c != '\n'));
        }
    }
}
