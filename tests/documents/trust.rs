//! The table of hostile inputs in docs/trust.md: every input is there, and every test that it names.

use crate::project;

const TRUST: &str = include_str!("../../docs/trust.md");

#[test]
fn every_hostile_input_has_tests_that_exist() {
    let mut number = 0;
    for row in TRUST
        .lines()
        .filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit())
    {
        let row = row.replace("\\|", "/");
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [first, _, tests] = cells[..] else {
            panic!("{row}")
        };
        number += 1;
        assert_eq!(
            first,
            number.to_string(),
            "inputs are numbered without a gap: {row}"
        );
        assert!(!tests.is_empty(), "{row}");
    }
    assert_eq!(number, 52);
    let named: Vec<&str> = TRUST
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| code.contains(".rs::"))
        .collect();
    assert!(named.len() >= 52);
    for test in named {
        let (file, function) = test.split_once("::").expect("a file and a function");
        let text = std::fs::read_to_string(project().join(file))
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        let at = text
            .find(&format!("fn {function}("))
            .unwrap_or_else(|| panic!("`{test}` does not exist"));
        assert!(
            text[..at]
                .trim_end()
                .lines()
                .rev()
                .take(4)
                .any(|line| line.contains("#[test]")),
            "`{test}` is no test"
        );
    }
}

#[test]
fn every_limit_has_a_test_that_reaches_it() {
    let rows = TRUST
        .lines()
        .skip_while(|line| !line.starts_with("| of | limit |"))
        .skip(2);
    let rows: Vec<&str> = rows.take_while(|line| line.starts_with("| ")).collect();
    assert!(rows.len() > 20, "{rows:#?}");
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert!(cells.len() == 5 && cells[4].starts_with("`tests/"), "{row}");
    }
}

#[test]
fn every_flag_that_moves_a_limit_exists() {
    let help = image_lint::cli::command().render_long_help().to_string();
    let flags: Vec<&str> = TRUST
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| code.starts_with("--max-"))
        .collect();
    assert!(!flags.is_empty());
    for flag in flags {
        assert!(help.contains(flag), "{flag}");
    }
}
