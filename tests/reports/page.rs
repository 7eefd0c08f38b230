//! The page of `--format html` as a browser shows it, at three widths, in light and dark, with JavaScript and without.

use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::program::Workspace;
use crate::runs::{self, Reports};
use crate::tools::{project, tool};

/// Runs a script that looks at pages in a browser. A browser is several processes that want all of the machine: one at a
/// time.
pub fn shows(node: &mut Command, scenario: &str) {
    static BROWSER: Mutex<()> = Mutex::new(());
    let _alone = BROWSER.lock().unwrap_or_else(PoisonError::into_inner);
    let done = node
        .output()
        .expect("node is needed: scripts/install-test-tools.sh");
    assert!(
        done.status.success(),
        "{scenario}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

/// What `tests/reports/page/check.mjs` says of these pages.
fn check(scenario: &str, pages: &[Reports]) {
    let script = project().join("tests/reports/page/check.mjs");
    let mut node = Command::new("node");
    node.arg(script)
        .arg(scenario)
        .env("PAGE_TOOLS", tool("page"));
    for reports in pages {
        node.arg(format!(
            "{}={}",
            reports.name,
            reports.path("html").display()
        ));
    }
    shows(&mut node, scenario);
}

#[test]
fn a_page_loads_nothing_and_fits_every_width() {
    check("quiet", &runs::all());
}

#[test]
fn axe_finds_nothing_in_light_and_dark_at_three_widths() {
    check("accessible", &[runs::demo(), runs::hostile()]);
}

#[test]
fn a_page_says_what_the_json_report_says() {
    check("whole", &runs::all());
}

#[test]
fn names_from_outside_are_text_in_a_browser() {
    check("text", &[runs::hostile()]);
}

#[test]
fn search_filters_order_keys_and_copying_work() {
    check("used", &[runs::demo()]);
}

#[test]
fn without_javascript_the_images_are_there_all_the_same() {
    check("still", &[runs::demo()]);
}

#[test]
fn paper_shows_everything_that_was_found() {
    check("printed", &[runs::demo()]);
}

#[test]
fn of_many_images_a_part_is_drawn_and_all_are_found() {
    let workspace = Workspace::new();
    for file in 0..20 {
        let images: Vec<String> = (0..100)
            .map(|n| format!("quay.io/team{file}/app{n}:1"))
            .collect();
        let images: Vec<&str> = images.iter().map(String::as_str).collect();
        workspace.write(format!("{file}.yaml"), crate::program::pod(&images));
    }
    check(
        "many",
        &[Reports::of("many", workspace, &["--offline"], &[])],
    );
}
