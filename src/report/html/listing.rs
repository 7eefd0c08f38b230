//! The list of images as it is without JavaScript: the worst ones, with all that is known of each. The page's script
//! puts its own list in place of it, which has all images, a search and filters.

use super::markup::Markup;
use super::overview::{Found, Image, Kind, Overview, Status};
use crate::report::{Report, count};
use image_lint_model::sanitize;

/// Images that are shown without JavaScript.
const IMAGES: usize = 200;
/// Places that are shown of each.
const PLACES: usize = 20;

/// The section of the list. Its form is for the script to fill and show.
pub fn write(report: &Report, overview: &Overview<'_>, page: &mut Markup) {
    page.raw("<section class=\"all\" aria-labelledby=\"images-title\">\n<h2 id=\"images-title\">Images</h2>\n")
        .raw("<form id=\"controls\" role=\"search\" aria-label=\"Find images\" hidden></form>\n")
        .raw("<p id=\"shown\" role=\"status\">");
    let all = overview.images.len();
    page.text_of(&count::of(all, "image"));
    if all > IMAGES {
        page.raw("; the first ")
            .number(IMAGES)
            .raw(" are here, and with JavaScript all of them");
    }
    page.raw("</p>\n<ul id=\"list\" class=\"images")
        .raw(if report.targets.len() > 1 {
            " by-target"
        } else {
            ""
        })
        .raw("\">\n");
    for image in overview.images.iter().take(IMAGES) {
        row(report, overview, image, page);
    }
    page.raw("</ul>\n<p id=\"more\"></p>\n</section>\n");
}

fn row(report: &Report, overview: &Overview<'_>, image: &Image<'_>, page: &mut Markup) {
    page.raw("<li><details class=\"image ")
        .raw(image.status.as_str())
        .raw("\"><summary><span class=\"mark\">")
        .icon(image.status)
        .raw("<span class=\"hidden\">")
        .raw(image.status.words())
        .raw(": </span></span><span class=\"name\">")
        .name(image.name)
        .raw("</span> <span class=\"what\">");
    what(overview, image, page);
    page.raw("</span> <span class=\"target\">");
    if let Some(target) = image.target.filter(|_| report.targets.len() > 1) {
        page.short(&report.targets[target]);
    }
    page.raw("</span> <span class=\"count\">")
        .text_of(&count::of(image.uses.len(), "place"))
        .raw("</span></summary>\n<div class=\"body\">\n<div class=\"found\">\n");
    for found in &image.found {
        problem(report, overview, image, found, page);
    }
    if image.found.is_empty() {
        page.raw("<p>")
            .raw(nothing_found(image.status))
            .raw("</p>\n");
    }
    page.raw("</div>\n<div class=\"facts\">\n");
    seen(report, image, page);
    places(report, image, page);
    page.raw("</div>\n</div>\n</details></li>\n");
}

/// What is said of an image where no finding says more.
pub fn nothing_found(status: Status) -> &'static str {
    match status {
        Status::Bad => {
            "It cannot be pulled. Nothing is reported about it: its finding is suppressed, or the rule is off."
        }
        Status::Unchecked => {
            "Nothing is reported about it: no registry was asked, or its entry is suppressed."
        }
        Status::NotCheckable => "No registry can be asked about it.",
        Status::Line | Status::Ok => "Nothing was found.",
    }
}

/// In a few words, for the row.
fn what(overview: &Overview<'_>, image: &Image<'_>, page: &mut Markup) {
    if let Some(problem) = overview.worst(image) {
        page.raw("<span class=\"rule ")
            .raw(problem.kind.level())
            .raw("\">")
            .raw(problem.kind.word())
            .raw("</span> ")
            .prose(problem.label);
        if image.found.len() > 1 {
            page.raw(" <span class=\"dim\">and ")
                .number(image.found.len() - 1)
                .raw(" more</span>");
        }
    } else if let Some(why) = image.why {
        page.raw(why);
    }
}

fn problem(
    report: &Report,
    overview: &Overview<'_>,
    image: &Image<'_>,
    found: &Found,
    page: &mut Markup,
) {
    let problem = &overview.problems[found.problem];
    let level = match problem.kind {
        Kind::Found(_, level) => level.as_str(),
        Kind::Unchecked(_) => "not checked",
    };
    page.raw("<div class=\"problem\">\n<p><span class=\"rule ")
        .raw(problem.kind.level())
        .raw("\">")
        .raw(level)
        .raw(": ")
        .raw(problem.kind.word())
        .raw("</span></p>\n<p class=\"message\">")
        .prose(problem.message.raw())
        .raw("</p>\n");
    if !found.uses.is_empty() {
        page.raw("<p class=\"dim\">At ")
            .number(found.uses.len())
            .raw(" of ")
            .text_of(&count::of(image.uses.len(), "place"))
            .raw("</p>\n");
    }
    let mut in_commands = false;
    for line in problem.help {
        let command = line.raw().strip_prefix("$ ");
        if in_commands && command.is_none() {
            page.raw("</code></pre>\n");
        }
        match command {
            Some(command) => {
                page.raw(if in_commands { "\n" } else { "<pre><code>" });
                page.text_of(command);
            }
            None => {
                page.raw("<p>").prose(line.raw()).raw("</p>\n");
            }
        }
        in_commands = command.is_some();
    }
    if in_commands {
        page.raw("</code></pre>\n");
    }
    if let Some(fix) = problem.fix {
        page.raw("<p class=\"dim\">")
            .raw(if fix.safe { "--fix" } else { "--fix --unsafe" })
            .raw(" does it: ")
            .prose(&fix.title)
            .raw("</p>\n");
    }
    if !problem.related.is_empty() {
        page.raw("<ul class=\"related\">\n");
        for related in problem.related {
            page.raw("<li>")
                .place(report, related.place)
                .raw(" ")
                .prose(related.label.raw())
                .raw("</li>\n");
        }
        page.raw("</ul>\n");
    }
    page.raw("</div>\n");
}

fn seen(report: &Report, image: &Image<'_>, page: &mut Markup) {
    let target = image.target.map(|target| report.targets[target].as_str());
    if image.evidence.is_empty() && target.is_none() {
        return;
    }
    page.raw("<h3>Seen</h3>\n<dl>\n");
    for (what, value) in &image.evidence {
        page.raw("<dt>")
            .raw(what)
            .raw("</dt><dd>")
            .short(value.raw())
            .raw("</dd>\n");
    }
    if let Some(target) = target {
        page.raw("<dt>judged for</dt><dd>")
            .short(target)
            .raw("</dd>\n");
    }
    page.raw("</dl>\n");
}

fn places(report: &Report, image: &Image<'_>, page: &mut Markup) {
    page.raw("<h3>Places</h3>\n<ul class=\"places\">\n");
    for used in image.uses.iter().take(PLACES) {
        page.raw("<li>")
            .place(report, used.place)
            .raw(" <span class=\"dim\">")
            .raw(used.role());
        if let Some(mention) = used.mention.filter(|m| !m.field.raw().is_empty()) {
            page.raw(" · ").short(mention.field.raw());
        }
        page.raw("</span></li>\n");
    }
    if image.uses.len() > PLACES {
        page.raw("<li>and ")
            .text_of(&count::of(image.uses.len() - PLACES, "more place"))
            .raw("</li>\n");
    }
    page.raw("</ul>\n");
}

/// A path as the page shows it.
pub fn path(report: &Report, file: image_lint_text::source::FileId) -> String {
    sanitize::short(&report.path(file).to_text(), super::markup::LONGEST)
}
