//! What stands around the list: title, numbers, the picture of verdicts by registry, notes.

use super::markup::Markup;
use super::overview::{Counts, Image, Overview, Status};
use crate::report::{Report, count};
use image_lint_model::sanitize;

/// Registries in the picture; the others are one row.
const REGISTRIES: usize = 12;
/// Units of the picture's bars, of which the longest takes all.
const WIDTH: usize = 1_000;
/// Notes that are shown.
const NOTES: usize = 200;

/// Title, policy and style.
pub fn write(
    report: &Report,
    overview: &Overview<'_>,
    policy: &str,
    style: &'static str,
    page: &mut Markup,
) {
    page.raw("<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta http-equiv=\"Content-Security-Policy\"")
        .raw(" content=\"")
        .text_of(policy)
        .raw("\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
        .raw("<meta name=\"referrer\" content=\"no-referrer\">\n")
        .raw("<meta name=\"robots\" content=\"noindex\">\n")
        .raw("<meta name=\"color-scheme\" content=\"light dark\">\n<title>")
        .text_of(&headline(report, overview))
        .raw(" · image-lint</title>\n<style>")
        .raw(style)
        .raw("</style>\n</head>\n");
}

/// What came of the run, in a few words.
fn headline(report: &Report, overview: &Overview<'_>) -> String {
    let is_bad = |image: &&Image<'_>| image.status == Status::Bad && !image.found.is_empty();
    let bad = overview.images.iter().filter(is_bad).count();
    if bad > 0 {
        return format!("{} cannot be pulled", count::of(bad, "image"));
    }
    if report.summary.mentions == 0 {
        return format!(
            "No image references found in {}",
            count::of(report.summary.files, "file")
        );
    }
    match count::problems(report) {
        problems if problems.is_empty() => "No problems found".to_owned(),
        problems => problems,
    }
}

/// The title, and below it what was read and asked, and for whom it was judged.
pub fn banner(report: &Report, overview: &Overview<'_>, page: &mut Markup) {
    let headline = headline(report, overview);
    let problems = count::problems(report);
    page.raw("<header>\n<p class=\"brand\">image-lint ")
        .raw(env!("CARGO_PKG_VERSION"))
        .raw("</p>\n<h1>")
        .text_of(&headline)
        .raw("</h1>\n");
    if report.summary.interrupted {
        page.raw("<p class=\"warn\">Interrupted: this is what was known by then.</p>\n");
    }
    page.raw("<p class=\"run\">Judged for <b>")
        .short(&count::target(report))
        .raw("</b>");
    if report.target_is_default {
        page.raw(" (the default: nobody chose a target)");
    }
    if !problems.is_empty() && problems != headline {
        page.raw(" · ").text_of(&problems);
    }
    page.raw(" · ").text_of(&count::scope(report));
    page.raw(" · ")
        .text_of(&count::of(report.summary.requests, "request"))
        .raw(" · ")
        .text_of(&count::seconds(report.summary.elapsed_ms));
    if let Some(suppressed) = count::suppressed(&report.suppressed) {
        page.raw(" · ").text_of(&suppressed);
    }
    page.raw("</p>\n</header>\n");
}

/// Numbers by status, and the picture. The page's script makes buttons of them that filter the list.
pub fn overview(overview: &Overview<'_>, page: &mut Markup) {
    page.raw("<section class=\"overview\" aria-label=\"Overview\">\n")
        .raw("<ul class=\"tiles\" aria-label=\"Images by verdict\">\n");
    for status in Status::ALL {
        let n = overview.counts[status as usize];
        let always = matches!(status, Status::Bad | Status::Ok);
        if n > 0 || always {
            tile(status, n, page);
        }
    }
    page.raw("</ul>\n");
    if !overview.registries.is_empty() {
        picture(overview, page);
    }
    page.raw("</section>\n");
}

fn tile(status: Status, n: usize, page: &mut Markup) {
    page.raw("<li><span class=\"tile ")
        .raw(status.as_str())
        .raw("\" data-status=\"")
        .raw(status.as_str())
        .raw("\"><b>")
        .number(n)
        .raw("</b> <span class=\"words\">")
        .icon(status)
        .raw(" ")
        .raw(status.words())
        .raw("</span></span></li>\n");
}

/// A row for each registry: its name, a bar of its images by status, and the same in numbers.
fn picture(overview: &Overview<'_>, page: &mut Markup) {
    let total = |counts: &Counts| counts.iter().sum::<usize>();
    let all = &overview.registries;
    let shown = if all.len() == REGISTRIES + 1 {
        all.len()
    } else {
        all.len().min(REGISTRIES)
    };
    let mut rest = Counts::default();
    for registry in &all[shown..] {
        for (sum, n) in rest.iter_mut().zip(registry.counts) {
            *sum += n;
        }
    }
    let totals = all[..shown].iter().map(|registry| total(&registry.counts));
    let longest = totals.chain([total(&rest)]).max().unwrap_or(0);
    page.raw("<div class=\"picture\">\n<h2 id=\"by-registry\">Verdicts by registry</h2>\n")
        .raw("<ul class=\"registries\" aria-labelledby=\"by-registry\">\n");
    for (number, registry) in all[..shown].iter().enumerate() {
        page.raw("<li><span class=\"registry\" data-registry=\"")
            .number(number)
            .raw("\">")
            .short(registry.name)
            .raw("</span>");
        bar(&registry.counts, longest, page);
    }
    if all.len() > shown {
        page.raw("<li><span class=\"registry rest\">")
            .number(all.len() - shown)
            .raw(" more registries</span>");
        bar(&rest, longest, page);
    }
    page.raw("</ul>\n</div>\n");
}

/// The end of a registry's row.
fn bar(counts: &Counts, longest: usize, page: &mut Markup) {
    page.raw("<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\" focusable=\"false\">");
    let mut x = 0;
    for (status, n) in Status::ALL.into_iter().zip(counts) {
        if *n == 0 {
            continue;
        }
        // A part of one image is still seen among many thousands.
        let width = (n * WIDTH / longest.max(1)).max(3);
        page.raw("<rect class=\"")
            .raw(status.as_str())
            .raw("\" x=\"")
            .number(x)
            .raw("\" y=\"0\" height=\"10\" width=\"")
            .number(width)
            .raw("\"/>");
        x += width;
    }
    page.raw("</svg><span class=\"numbers\">");
    for (status, n) in Status::ALL.into_iter().zip(counts) {
        if *n > 0 {
            page.raw("<span class=\"")
                .raw(status.as_str())
                .raw("\">")
                .icon(status)
                .number(*n)
                .raw("<span class=\"hidden\"> ")
                .raw(status.words())
                .raw(", </span></span> ");
        }
    }
    page.raw("</span></li>\n");
}

/// What the run has to say beside findings.
pub fn notes(report: &Report, page: &mut Markup) {
    let all = report.every_note().count();
    if all == 0 {
        return;
    }
    page.raw("<section class=\"notes\" aria-labelledby=\"notes\">\n<h2 id=\"notes\">Notes of the run</h2>\n<ul>\n");
    for note in report.every_note().take(NOTES) {
        page.raw("<li>");
        match (note.place, note.file) {
            (Some(place), _) => page.place(report, place).raw(" "),
            (None, Some(file)) => page
                .raw("<code>")
                .short(&sanitize::path(report.path(file)))
                .raw("</code> "),
            (None, None) => page,
        };
        page.prose(note.message.raw()).raw("</li>\n");
    }
    if all > NOTES {
        page.raw("<li>and ")
            .text_of(&count::of(all - NOTES, "more note"))
            .raw(", which the report in this page has</li>\n");
    }
    page.raw("</ul>\n</section>\n");
}

/// What the page is, and the way to its data.
pub fn footer(page: &mut Markup) {
    page.raw("<footer>\n<p>Made by image-lint ")
        .raw(env!("CARGO_PKG_VERSION"))
        .raw(". This page is one file: it loads nothing and sends nothing. <span id=\"save\"></span></p>\n</footer>\n");
}
