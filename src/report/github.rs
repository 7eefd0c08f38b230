//! GitHub annotations: workflow commands (actions/toolkit `packages/core/src/command.ts`; the runner's
//! `ActionCommand.cs`). One annotation for each distinct cause, within the runner's limits, and a last line of counts.
//!
//! The runner keeps ten errors, ten warnings and ten notices of a step and cuts a message at 4096 characters
//! (`ExecutionContext.cs`). Nine of each are used, and the tenth says what is missing.

use std::io::{self, Write};

use crate::report::blocks::{self, blocks};
use crate::report::{Report, count, path_from_root, raw_path_from_root};
use image_lint_model::finding::{Level, Untrusted};
use image_lint_model::sanitize;
use image_lint_text::source::{FileId, Place};

/// Annotations of one level, the roll-up apart.
const PER_LEVEL: usize = 9;
/// Notices are the least of a step's worries.
const NOTICES: usize = 2;
/// Of the 4096 characters that the runner keeps.
const MESSAGE: usize = 3500;
/// Places named in one annotation.
const ALSO: usize = 10;

struct Annotation {
    level: Level,
    title: String,
    at: Option<(FileId, Option<Place>)>,
    message: String,
}

/// Writes the commands and the counts.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let all = annotations(report);
    for level in [Level::Error, Level::Warning, Level::Note] {
        let limit = if level == Level::Note {
            NOTICES
        } else {
            PER_LEVEL
        };
        let of_level: Vec<&Annotation> = all.iter().filter(|a| a.level == level).collect();
        for annotation in of_level.iter().take(limit) {
            command(report, annotation, out)?;
        }
        if of_level.len() > limit {
            let left = count::of(of_level.len() - limit, &format!("more {}", level.as_str()));
            command(
                report,
                &Annotation {
                    level,
                    title: "image-lint".into(),
                    at: None,
                    message: format!(
                        "{left}: GitHub shows ten annotations of a kind, the job's log and summary have all"
                    ),
                },
                out,
            )?;
        }
    }
    let problems = count::problems(report);
    let head = if report.summary.mentions == 0 {
        "no image references found".to_owned()
    } else if problems.is_empty() {
        "no problems found".to_owned()
    } else {
        problems
    };
    let line = format!("image-lint: {head} · {}\n", count::tail(report, " · "));
    out.write_all(sanitize::break_commands(&line).as_bytes())
}

fn annotations(report: &Report) -> Vec<Annotation> {
    let mut all: Vec<Annotation> = blocks(report)
        .into_iter()
        .map(|block| {
            let f = block.first;
            let mut text = prose(&f.message) + &report.origin(f.place);
            for line in &f.help {
                text.push('\n');
                text.push_str(&prose(line));
            }
            if !f.evidence.is_empty() {
                let seen: Vec<String> = f
                    .evidence
                    .iter()
                    .map(|(what, value)| format!("{what} {}", prose(value)))
                    .collect();
                text.push_str(&format!("\nseen: {}", seen.join(", ")));
            }
            if !block.others.is_empty() {
                let mut places: Vec<String> = block
                    .others
                    .iter()
                    .take(ALSO)
                    .map(|o| {
                        format!(
                            "{}:{}",
                            path_from_root(report, o.place.file),
                            o.place.start.line
                        )
                    })
                    .collect();
                if block.others.len() > ALSO {
                    places.push(format!(
                        "and {}",
                        count::of(block.others.len() - ALSO, "more place")
                    ));
                }
                text.push_str(&format!("\nalso at {}", places.join(", ")));
            }
            Annotation {
                level: f.level,
                title: f.rule.to_string(),
                at: Some((f.place.file, Some(f.place))),
                message: text,
            }
        })
        .collect();
    for group in blocks::unchecked(report) {
        let images = count::of(group.references(), "image");
        all.push(Annotation {
            level: Level::Warning,
            title: format!("not checked ({})", group.cause.as_str()),
            at: Some((group.first.place.file, Some(group.first.place))),
            message: format!("{images} not checked: {}", prose(&group.first.message)),
        });
    }
    if report.summary.mentions == 0 {
        all.push(Annotation {
            level: Level::Warning,
            title: "image-lint".into(),
            at: None,
            message: format!(
                "No image references found in {}",
                count::of(report.summary.files, "file")
            ),
        });
    }
    for note in report.notes.iter().filter(|n| n.level > Level::Note) {
        all.push(Annotation {
            level: Level::Warning,
            title: "image-lint".into(),
            at: note
                .place
                .map(|p| (p.file, Some(p)))
                .or(note.file.map(|f| (f, None))),
            message: prose(&note.message),
        });
    }
    all
}

fn prose(text: &Untrusted) -> String {
    sanitize::short(text.raw(), 1000)
}

fn command(report: &Report, annotation: &Annotation, out: &mut dyn Write) -> io::Result<()> {
    let name = match annotation.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let mut properties = Vec::new();
    if let Some((file, place)) = annotation.at {
        properties.push(format!("file={}", property(&file_name(report, file))));
        if let Some(place) = place {
            properties.extend(position(place));
        }
    }
    properties.push(format!("title={}", property(&annotation.title)));
    let message = cut(&annotation.message, MESSAGE);
    writeln!(out, "::{name} {}::{}", properties.join(","), data(&message))
}

/// `line` and columns on one line; across lines only the lines, because the runner drops columns there
/// (`ValidateLinesAndColumns`). An end at the start of a line is the end of the line before it: an annotation that
/// reaches past the last line is not shown at all.
fn position(place: Place) -> Vec<String> {
    let start = place.start;
    let mut end = place.end;
    if end.line > start.line && end.column == 1 {
        end.line -= 1;
        end.column = 0;
    }
    match (end.line > start.line, end.column > start.column) {
        (true, _) => vec![
            format!("line={}", start.line),
            format!("endLine={}", end.line),
        ],
        (false, true) => vec![
            format!("line={}", start.line),
            format!("endLine={}", start.line),
            format!("col={}", start.column),
            format!("endColumn={}", end.column),
        ],
        (false, false) => vec![format!("line={}", start.line)],
    }
}

/// The exact name, so that GitHub finds the file: line breaks can be written in a property. What else could act on a
/// terminal is shown, not sent.
fn file_name(report: &Report, file: FileId) -> String {
    let mut out = String::new();
    for c in raw_path_from_root(report, file).chars() {
        if sanitize::is_forbidden(c) && c != '\n' && c != '\r' {
            out.push_str(&sanitize::line(c.encode_utf8(&mut [0; 4])));
        } else {
            out.push(c);
        }
    }
    let mut name = String::with_capacity(out.len());
    sanitize::break_brackets(&out, &mut name);
    name
}

fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use image_lint_text::source::{Position, RepoPath, Span};
    use proptest::prelude::*;

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// Name, properties and message.
    type Command = (String, Vec<(String, String)>, String);

    /// What the runner makes of a line.
    fn parse(line: &str) -> Option<Command> {
        let rest = line.trim_start().strip_prefix("::")?;
        let (head, message) = rest.split_once("::")?;
        let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
        let undo = |t: &str| {
            t.replace("%3A", ":")
                .replace("%2C", ",")
                .replace("%0D", "\r")
                .replace("%0A", "\n")
                .replace("%25", "%")
        };
        let properties = properties
            .split(',')
            .filter_map(|p| p.split_once('='))
            .map(|(k, v)| (k.to_owned(), undo(v)))
            .collect();
        Some((name.to_owned(), properties, undo(message)))
    }

    #[test]
    fn annotations_of_a_run() {
        insta::assert_snapshot!(written(&sample::realistic()));
    }

    #[test]
    fn odd_file_names_are_decoded_to_exactly_themselves() {
        for name in [
            "a%0Ab,c:d.yaml",
            "x\n::stop-commands::t\n.yaml",
            "x\r.yaml",
            "a;touch pwned;.yaml",
        ] {
            let mut report = sample::many(1);
            report.files = vec![RepoPath::from_bytes(name.as_bytes())];
            let text = written(&report);
            let commands: Vec<_> = text.lines().filter_map(parse).collect();
            assert_eq!(commands.len(), 1, "{text}");
            assert_eq!(commands[0].1[0], ("file".to_owned(), name.to_owned()));
        }
    }

    #[test]
    fn three_thousand_findings_keep_the_limits() {
        let text = written(&sample::many(3_000));
        for (name, n) in [("error", 10), ("warning", 10), ("notice", 3)] {
            assert_eq!(
                text.lines()
                    .filter_map(parse)
                    .filter(|(k, ..)| k == name)
                    .count(),
                n
            );
        }
        assert!(text.contains("991 more errors"), "{text}");
    }

    #[test]
    fn columns_are_given_on_one_line_only() {
        let place = |from: (u32, u32), to: (u32, u32)| Place {
            file: FileId(0),
            start: Position {
                line: from.0,
                column: from.1,
                column_utf16: from.1,
            },
            end: Position {
                line: to.0,
                column: to.1,
                column_utf16: to.1,
            },
            span: Span::default(),
        };
        let table = [
            (place((3, 5), (3, 9)), "line=3,endLine=3,col=5,endColumn=9"),
            (place((3, 5), (3, 5)), "line=3"),
            (place((3, 5), (5, 2)), "line=3,endLine=5"),
            (place((3, 5), (4, 1)), "line=3"),
        ];
        for (place, expected) in table {
            assert_eq!(position(place).join(","), expected);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_text_becomes_a_command_of_its_own(text in any::<String>()) {
            let out = written(&sample::hostile_with(&text));
            let commands: Vec<_> = out.lines().filter_map(parse).collect();
            prop_assert_eq!(commands.len(), 5, "{}", out);
            prop_assert!(commands.iter().all(|(name, ..)| ["error", "warning", "notice"].contains(&name.as_str())));
            prop_assert!(commands.iter().all(|(.., message)| message.chars().count() < 4096));
            prop_assert!(!out.contains(|c| sanitize::is_forbidden(c) && c != '\n'));
        }
    }

    #[test]
    fn the_nastiest_text_is_inert() {
        let out = written(&sample::hostile_with(sample::HOSTILE));
        assert!(
            out.lines()
                .filter(|l| !l.starts_with("::"))
                .all(|l| l.starts_with("image-lint: ")),
            "{out}"
        );
    }
}
