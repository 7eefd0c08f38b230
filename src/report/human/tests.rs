//! What the report for people looks like, at every width and in every style.

use super::*;
use std::collections::BTreeSet;

use crate::report::sample;
use crate::rules::RuleId;
use image_lint_model::finding::Note;

fn page(report: &Report, style: &Style) -> String {
    let mut out = Vec::new();
    write(report, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn style(width: usize) -> Style {
    Style {
        width,
        unicode: true,
        ..Style::plain()
    }
}

#[test]
fn a_run_at_80_and_120_columns() {
    insta::assert_snapshot!("at_80", page(&sample::realistic(), &style(80)));
    insta::assert_snapshot!("at_120", page(&sample::realistic(), &style(120)));
    insta::assert_snapshot!(
        "ascii",
        page(
            &sample::realistic(),
            &Style {
                width: 80,
                ..Style::plain()
            }
        )
    );
    insta::assert_snapshot!(
        "narrated",
        page(
            &sample::realistic(),
            &Style {
                narrated: true,
                ..style(80)
            }
        )
    );
    insta::assert_snapshot!(
        "color",
        page(
            &sample::realistic(),
            &Style {
                color: true,
                ..style(80)
            }
        )
    );
}

#[test]
fn what_is_read_aloud_says_level_rule_and_place_first_and_has_no_sign_for_a_word() {
    let env = [
        ("NO_GRAPHICS", "1"),
        ("LC_ALL", "C.UTF-8"),
        ("COLUMNS", "50"),
    ];
    let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let report = sample::realistic();
    let text = page(&report, &Style::detect(&env.into(), false, Some(50)));
    let forbidden = |c: char| !c.is_ascii() && !c.is_alphabetic();
    assert!(!text.contains(forbidden), "{text}");
    assert!(
        !text.contains("iagnostic") && !text.contains("snippet"),
        "{text}"
    );
    for finding in report.findings.iter().filter(|f| f.level > Level::Note) {
        let (level, start) = (finding.level.as_str(), finding.place.start);
        let path = report.path(finding.place.file).to_text();
        let head = format!(
            ", {}: {path}, line {}, column {}.",
            finding.rule, start.line, start.column
        );
        let alone = text.lines().position(|line| line.ends_with(&head));
        // A further place of the same cause is below the first.
        let also = text.contains(&report.at(finding.place));
        let Some(at) = alone else {
            assert!(also, "{head}: {text}");
            continue;
        };
        let lines: Vec<&str> = text.lines().skip(at).take(4).collect();
        assert!(lines[0].to_lowercase().starts_with(level), "{lines:?}");
        assert_eq!(lines[1], finding.message.raw(), "one line, right after");
        assert!(lines[2].starts_with("The line: "), "{lines:?}");
        assert!(lines[3].starts_with("The part: "), "{lines:?}");
    }
    for (mark, word) in [("not checked[", "warning: "), ("unresolved", "note: ")] {
        let line = text.lines().find(|line| line.contains(mark)).expect(mark);
        assert!(line.trim().starts_with(word), "{line}");
    }
}

#[test]
fn a_clean_run_is_a_few_lines_and_nothing_found_is_said() {
    assert!(page(&sample::clean(), &style(80)).lines().count() <= 3);
    let mut report = sample::clean();
    report.summary = crate::report::Summary {
        files: 7,
        ..Default::default()
    };
    assert!(page(&report, &style(80)).contains("No image references found in 7 files"));
}

#[test]
fn when_nobody_answers_one_line_says_so() {
    let mut report = sample::clean();
    let template = sample::realistic().unchecked.remove(0);
    report.summary.references = 30;
    report.unchecked = (0..30)
        .map(|i| crate::report::Unchecked {
            reference: format!("host{}.example/a:{i}", i % 3).as_str().into(),
            cause: image_lint_model::resolution::UnreachableCause::Dns,
            message: "no address".into(),
            ..template.clone()
        })
        .collect();
    let text = page(&report, &style(80));
    assert_eq!(
        text.matches("No registry could be reached").count(),
        1,
        "{text}"
    );
    assert!(
        text.contains("--offline") && text.lines().count() < 10,
        "{text}"
    );
    report.summary.references = 31;
    assert!(
        !page(&report, &style(80)).contains("No registry could be reached"),
        "one of them answered"
    );
}

#[test]
fn words_of_the_program_are_ascii_where_only_that_is_shown() {
    let mut report = sample::realistic();
    for finding in &mut report.findings {
        finding.message = "it says `manifest for … not found`".into();
        finding.label = "builds … here".into();
        finding.help = vec!["copy it …".into(), "$ skopeo copy …".into()];
    }
    let ascii = Style {
        narrated: false,
        ..Style::plain()
    };
    let text = page(&report, &ascii);
    assert!(!text.contains('…'), "{text}");
    assert!(text.contains("manifest for ... not found"), "{text}");
    assert!(
        text.contains("$ skopeo copy ...") || text.contains("  skopeo copy ..."),
        "{text}"
    );
}

#[test]
fn commands_stay_whole_at_any_width() {
    let command = "oc create secret docker-registry acme --docker-server=registry.acme.example --docker-username=USER";
    assert!(page(&sample::realistic(), &style(40)).contains(command));
}

#[test]
fn long_lists_are_cut_with_a_count() {
    let mut report = sample::many(1);
    report.findings = vec![report.findings[0].clone(); 40];
    let text = page(&report, &style(80));
    assert_eq!(text.matches("a.yaml:1:8").count(), 1 + FEW, "{text}");
    assert!(text.contains("and 34 more places"), "{text}");
    let text = page(
        &report,
        &Style {
            verbose: true,
            ..style(80)
        },
    );
    assert_eq!(text.matches("a.yaml:1:8").count(), 40);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn hostile_text_never_acts(text in proptest::prelude::any::<String>(), width in 40usize..121, narrated: bool) {
        let out = page(&sample::hostile_with(&text), &Style { narrated, ..style(width) });
        let acts = out.contains(|c| sanitize::is_forbidden(c) && c != '\n') || sanitize::command_bracket(&out).is_some();
        proptest::prop_assert!(!acts, "{}", out);
        proptest::prop_assert!(!out.lines().any(|l| l.trim_start().starts_with("::")), "{}", out);
    }
}

#[test]
fn words_at_a_mark_fit_beside_it_or_go_below() {
    let mut report = sample::realistic();
    report
        .findings
        .retain(|f| f.rule == RuleId::UnsupportedFormat);
    report.findings[0].label = "an OCI manifest, not docker schema 2".into();
    for width in 40..=120 {
        let text = page(&report, &style(width));
        let words = text.replace(['\n', '│', '·', '├', '┤', '╰', '─'], " ");
        let words: Vec<&str> = words.split_whitespace().collect();
        let words = words.join(" ");
        assert!(
            words.contains("an OCI manifest, not docker schema 2"),
            "{width}:\n{text}"
        );
        let drawn = text.lines().filter(|line| line.contains("docker schema 2"));
        for line in drawn {
            assert!(line.chars().count() <= width, "{width}: {line}\n{text}");
        }
    }
}

#[test]
fn pulls_that_are_left_are_no_note_and_shown_when_they_are_few() {
    let mut report = sample::clean();
    for (is_low, verbose, shown) in [
        (false, false, false),
        (true, false, true),
        (false, true, true),
    ] {
        let text = "registry-1.docker.io: 7 of 100 pulls left in 6 h";
        report.quotas = vec![crate::report::PullQuota {
            note: Note::of_run(Level::Note, text),
            is_low,
        }];
        let text = page(
            &report,
            &Style {
                verbose,
                ..style(80)
            },
        );
        assert_eq!(text.contains("7 of 100 pulls left"), shown, "{text}");
        assert!(!text.contains("(-v shows"), "{text}");
    }
}

#[test]
fn places_of_one_kind_begin_at_one_column() {
    let mut report = sample::many(30);
    for finding in &mut report.findings {
        finding.level = Level::Error;
    }
    for width in [50, 80, 120] {
        let text = page(&report, &style(width));
        let rows: Vec<&str> = text
            .lines()
            .skip_while(|line| !line.starts_with("  same:"))
            .skip(1)
            .filter(|line| line.contains("quay.io/acme/") && line.contains(".yaml:"))
            .collect();
        let columns: BTreeSet<_> = rows.iter().map(|row| row.find("a.yaml:")).collect();
        assert_eq!((rows.len(), columns.len()), (20, 1), "{width}:\n{text}");
        assert!(
            rows.iter().all(|row| row.chars().count() <= width),
            "{text}"
        );
    }
}

#[test]
fn prose_is_wrapped_between_words_only() {
    let table = [
        ("one two three", 7, "one two\nthree"),
        ("one two three", 80, "one two three"),
        (
            "quay.io/a/very/long/name:1 x",
            6,
            "quay.io/a/very/long/name:1\nx",
        ),
        (
            "\u{1b}[31mone\u{1b}[0m two",
            7,
            "\u{1b}[31mone\u{1b}[0m two",
        ),
    ];
    for (text, width, expected) in table {
        assert_eq!(wrap(text, width), expected);
    }
}
