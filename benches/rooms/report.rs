//! Five hundred findings to each format.

use divan::Bencher;
use divan::counter::BytesCount;
use image_lint::report::{Format, Report, Style, write};

use super::meaning;

fn report() -> Report {
    let (repository, files) = meaning::repository(1_000);
    let findings = meaning::findings(&repository);
    assert_eq!(
        findings.len(),
        500,
        "every second mention is no image's name"
    );
    Report {
        files,
        target: "openshift-3.11".to_owned(),
        target_client: "docker 1.13",
        findings,
        ..Report::default()
    }
}

#[divan::bench(args = Format::ALL)]
fn format(bencher: Bencher<'_, '_>, format: Format) {
    let report = report();
    let written = || {
        let mut out = Vec::new();
        write(format, &report, &Style::plain(), &mut out).expect("memory takes every byte");
        out
    };
    bencher
        .counter(BytesCount::new(written().len()))
        .bench_local(written);
}
