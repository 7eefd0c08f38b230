//! A report in which every string is the input, written in one format and read back by that format's own parser.

use image_lint::report::{self, Format, Report, Silent, SilentWhy, Style, Summary, Unchecked};
use image_lint::rules::{Cause, FindingBuilder, RuleId};
use image_lint_model::finding::{Edit, Fix, Level, Note, Related, Untrusted};
use image_lint_model::resolution::UnreachableCause;
use image_lint_model::sanitize::{self, Shown};
use image_lint_scan::extract::Sink;
use image_lint_text::source::{FileId, Place, Positions, RepoPath, SourceFile, Span};
use serde_json::Value;

/// `choice` names the format and the style. One format per input: writing all of them for each made the target so slow
/// that it found little.
///
/// # Panics
/// When a format is not well formed, or lets a character through that acts.
pub fn check(choice: u8, text: &str) {
    let line = sanitize::line(text);
    assert!(!line.contains(sanitize::is_forbidden) && !line.contains("##["));
    let shown = Shown::new(text, true);
    for (at, _) in text.char_indices() {
        assert!(shown.text.is_char_boundary(shown.at(at)));
    }
    let report = report(text);
    let style = &styles()[usize::from(choice) / Format::ALL.len() % 2];
    let format = Format::ALL[usize::from(choice) % Format::ALL.len()];
    let mut out = Vec::new();
    report::write(format, &report, style, &mut out).expect("memory takes every byte");
    let out = String::from_utf8(out).expect("a report is UTF-8");
    let acts = |c: char| sanitize::is_forbidden(c) && c != '\n' && !(c == '\u{1b}' && style.color);
    assert!(!out.contains(acts), "{format:?}: {out}");
    assert!(!out.contains("##["), "{format:?}: {out}");
    parse(format, &out);
}

fn parse(format: Format, out: &str) {
    let json = |text: &str| {
        serde_json::from_str::<Value>(text).unwrap_or_else(|e| panic!("{format:?}: {e}\n{text}"))
    };
    match format {
        Format::Json => assert_eq!(json(out)["findings"].as_array().map(Vec::len), Some(2)),
        Format::Gitlab => assert!(json(out).as_array().is_some_and(|all| all.len() >= 2)),
        Format::Sarif => assert_eq!(
            json(out)["runs"][0]["results"].as_array().map(Vec::len),
            Some(2)
        ),
        Format::JsonLines | Format::Rdjsonl => {
            assert!(out.lines().inspect(|line| drop(json(line))).count() >= 2)
        }
        Format::Junit => {
            let mut reader = quick_xml::Reader::from_str(out);
            let mut failures = 0;
            loop {
                match reader.read_event().unwrap_or_else(|e| panic!("{e}\n{out}")) {
                    quick_xml::events::Event::Eof => break,
                    quick_xml::events::Event::Start(e) => {
                        failures += usize::from(e.name().as_ref() == b"failure");
                        for attribute in e.attributes() {
                            attribute.unwrap_or_else(|e| panic!("{e}\n{out}"));
                        }
                    }
                    _ => {}
                }
            }
            assert!(failures >= 1, "{out}");
        }
        Format::Github => {
            for row in out.lines().filter(|row| row.trim_start().starts_with("::")) {
                let known = ["::error ", "::warning ", "::notice "];
                assert!(known.iter().any(|k| row.starts_with(k)), "{row}");
            }
        }
        Format::Human | Format::Short => assert!(
            !out.lines().any(|row| row.trim_start().starts_with("::")),
            "{out}"
        ),
        Format::Markdown => assert!(out.len() < 1024 * 1024),
        Format::Html => {
            for id in ["images", "report"] {
                let start = format!("<script type=\"application/json\" id=\"{id}\">");
                let (_, data) = out.split_once(&start).expect("the element");
                json(data.split_once("</script>").expect("its end").0);
            }
        }
    }
}

fn styles() -> [Style; 2] {
    let narrow = Style {
        width: 40,
        color: true,
        unicode: true,
        links: false,
        narrated: false,
        verbose: true,
        quiet: false,
    };
    [Style::plain(), narrow]
}

fn report(text: &str) -> Report {
    let path = text.replace('\0', "");
    let path = if path.trim_start_matches(['.', '/']).is_empty() {
        "x".to_owned()
    } else {
        path
    };
    let content = format!("a: b\nimage: {text}\nc: d\n");
    let file = SourceFile::new(FileId(0), RepoPath::from_bytes(path.as_bytes()), content);
    let span = Span::new("a: b\nimage: ".len(), "a: b\nimage: ".len() + text.len());
    let place = Positions::new(&file.text).place(FileId(0), span);
    let excerpt = Sink::new(&file).excerpt(place);
    let untrusted = || Untrusted::new(text);
    let finding = |rule: RuleId, level: Level, place: Place| {
        let mut found =
            FindingBuilder::new(rule, place, excerpt.clone()).says(untrusted(), untrusted());
        found.level = level;
        found.reference = Some(untrusted());
        found.help = vec![untrusted(), format!("$ {text}").into()];
        found.evidence = vec![("digest", untrusted())];
        found.related = vec![Related {
            place,
            label: untrusted(),
        }];
        found.fix = Some(Fix {
            title: text.into(),
            edits: vec![Edit {
                file: FileId(0),
                span,
                place,
                text: text.into(),
            }],
            safe: true,
        });
        found.cause = Cause::same([untrusted()]);
        found
    };
    Report {
        files: vec![file.path.clone()],
        target: text.into(),
        target_client: "docker 1.13",
        findings: vec![
            finding(RuleId::InvalidReference, Level::Error, place),
            finding(RuleId::NoEffect, Level::Warning, place),
        ],
        unchecked: vec![Unchecked {
            mention: None,
            place,
            reference: untrusted(),
            cause: UnreachableCause::Dns,
            message: untrusted(),
            help: vec![untrusted()],
        }],
        silent: vec![Silent {
            place,
            reference: untrusted(),
            why: SilentWhy::Ok,
        }],
        notes: vec![Note {
            level: Level::Warning,
            file: Some(FileId(0)),
            place: Some(place),
            message: untrusted(),
        }],
        summary: Summary {
            files: 1,
            files_read: 1,
            files_unknown: 0,
            mentions: 3,
            references: 3,
            ..Summary::default()
        },
        ..Report::default()
    }
}
