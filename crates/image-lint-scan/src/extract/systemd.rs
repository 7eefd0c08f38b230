//! Units of systemd that run containers with a container engine of their own: `ExecStart=/usr/bin/podman run …`
//! (systemd.service(5), "COMMAND LINES"; systemd.exec(5), `Environment=`). A command line is no shell's, but words,
//! quotes and variables read alike.

use super::shell::{ScriptContext, extract_script, names_a_tool};
use super::variables::{self, Dialect};
use super::{Candidate, Extractor, Sink, Site, ignores};
use image_lint_model::mention::SourceKind;
use image_lint_model::value::Value;
use image_lint_text::source::{Segment, SourceFile, SourceText, Span};

/// `*.service`, and templates of such units.
pub struct Unit;

const ENDINGS: [&str; 5] = [
    ".service",
    ".service.j2",
    ".service.in",
    ".service.tmpl",
    ".service.tpl",
];

/// Settings whose value is a command line.
const COMMANDS: [&str; 7] = [
    "ExecStart",
    "ExecStartPre",
    "ExecStartPost",
    "ExecStop",
    "ExecStopPost",
    "ExecReload",
    "ExecCondition",
];

impl Extractor for Unit {
    fn name(&self) -> &'static str {
        "systemd"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        let name = file.path.file_name();
        let drop_in = name.ends_with(".conf") && file.path.folder().ends_with(".service.d");
        drop_in || ENDINGS.iter().any(|ending| name.ends_with(ending))
    }

    fn worth_reading(&self, text: &str) -> bool {
        text.contains("Exec") && names_a_tool(text)
    }

    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>) {
        let whole = file.whole();
        ignores::in_line_comments(&whole, "#", out);
        let settings = settings(&file.text);
        let mut environment = Vec::new();
        for setting in settings
            .iter()
            .filter(|setting| setting.key == "Environment")
        {
            variables(&file.text, setting.value, &mut environment);
        }
        for setting in settings
            .iter()
            .filter(|setting| COMMANDS.contains(&setting.key))
        {
            let mut context = ScriptContext::new(SourceKind::Systemd, setting.key, 0);
            context.environment = &environment;
            extract_script(&command(&whole, setting.value), &context, out);
        }
        // What a unit pulls, its machine runs.
        super::of_ci(out, 0);
    }
}

/// One setting; a value goes on after a backslash at the end of a line.
struct Setting<'t> {
    key: &'t str,
    value: Span,
}

fn settings(text: &str) -> Vec<Setting<'_>> {
    let mut all: Vec<Setting<'_>> = Vec::new();
    let mut start = 0;
    let mut goes_on = false;
    for line in text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let content = line.trim_end();
        let comment = content.trim_start().starts_with(['#', ';']);
        if goes_on && comment {
            continue;
        }
        if goes_on {
            if let Some(last) = all.last_mut() {
                last.value.end = (at + content.len()) as u32;
            }
        } else if let Some((key, value)) = content.split_once('=').filter(|_| !comment) {
            let from = at + key.len() + 1;
            all.push(Setting {
                key: key.trim(),
                value: Span::new(from, from + value.len()),
            });
        } else {
            continue;
        }
        goes_on = content.ends_with('\\');
    }
    all
}

/// `Environment="A=b c" D=e`
fn variables(text: &str, value: Span, out: &mut Vec<(Box<str>, Value, Option<Site>)>) {
    let mut at = value.start as usize;
    for word in words(&text[value.range()]) {
        // Words stand in the order of the text.
        let start = text[at..].find(word).map_or(at, |found| at + found);
        at = start + word.len();
        let Some((name, given)) = word.split_once('=') else {
            continue;
        };
        let span = Span::new(at - given.len(), at);
        out.push((
            name.into(),
            variables::read(given, Dialect::Kubernetes),
            Some(span.into()),
        ));
    }
}

fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        let (from, end) = match first {
            '"' | '\'' => (1, rest[1..].find(first).map_or(rest.len(), |end| end + 1)),
            _ => (0, rest.find(char::is_whitespace).unwrap_or(rest.len())),
        };
        words.push(&rest[from..end.max(from)]);
        rest = rest.get(end + from..).unwrap_or("").trim_start();
    }
    words
}

/// A command line as a script of one command: without the marks before the program (`-`, `@`, `:`, `+`, `!`), and without
/// comments between its lines.
fn command(whole: &SourceText<'_>, value: Span) -> SourceText<'static> {
    let text = &whole.text[value.range()];
    let marks = text.len()
        - text
            .trim_start_matches([' ', '\t', '-', '@', ':', '+', '!'])
            .len();
    let mut out = String::new();
    let mut segments = Vec::new();
    let mut at = value.start as usize + marks;
    for line in text[marks..].split_inclusive('\n') {
        if !line.trim_start().starts_with(['#', ';']) {
            let outer = at as u32;
            let outer_len = line.len() as u32;
            segments.push(Segment {
                inner: out.len() as u32,
                outer,
                outer_len,
            });
            out.push_str(line);
        }
        at += line.len();
    }
    whole.derive(out, segments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image_lint_text::source::{FileId, RepoPath};

    #[test]
    fn command_lines_of_units_are_read() {
        for (text, expected, why) in [
            (
                "[Service]\nExecStart=/usr/bin/podman run --rm q.io/a:1\n",
                &["q.io/a:1"][..],
                "one line",
            ),
            (
                "ExecStartPre=-/usr/bin/docker pull q.io/a:1\n",
                &["q.io/a:1"],
                "a failure is no failure",
            ),
            (
                "ExecStart=/usr/bin/docker run --name x \\\n  -p 1:1 \\\n# why\n  q.io/a:1 serve\n",
                &["q.io/a:1"],
                "several lines, a comment between them",
            ),
            (
                "Environment=IMAGE=q.io/a:1\nExecStart=/usr/bin/podman run ${IMAGE}\n",
                &["q.io/a:1"],
                "a variable of the unit",
            ),
            (
                "Environment=\"X=y z\" 'TAG=2'\nExecStart=podman run q.io/a:$TAG\n",
                &["q.io/a:2"],
                "quoted",
            ),
            (
                "ExecStart=/bin/sh -c 'podman run q.io/a:1'\n",
                &["q.io/a:1"],
                "a shell",
            ),
            ("Description=podman run q.io/a:1\n", &[], "words"),
            ("# ExecStart=podman run q.io/a:1\n", &[], "a comment"),
            ("ExecStart=/usr/bin/docker stop a\n", &[], "no image"),
            ("ExecStart=\\\n", &[], "nothing"),
        ] {
            let file = SourceFile::new(
                FileId(0),
                RepoPath::from_bytes(b"a.service"),
                text.to_owned(),
            );
            let mut sink = Sink::new(&file);
            Unit.extract(&file, &mut sink);
            let mentions = sink.extraction.mentions.iter();
            let found: Vec<_> = mentions.filter_map(|m| m.value.as_known()).collect();
            assert_eq!(found, expected, "{why}");
        }
    }
}
