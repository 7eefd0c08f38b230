//! `--format html`: one page of all images, to look at. It stands alone: styles and script are in it, nothing is loaded
//! from anywhere, and a Content-Security-Policy with their hashes lets nothing else run.
//!
//! | file | holds |
//! |---|---|
//! | [`overview`] | what the page is about: images, what was found at them, where they are used, registries |
//! | [`head`] | title, numbers and the picture of verdicts by registry |
//! | [`listing`] | the first images as they are without JavaScript |
//! | [`data`] | all of them, for the page's script: each text once |
//! | [`embed`] | the report for programs, packed where it is large |
//! | [`markup`] | the one place where text becomes markup |
//!
//! The script shows the same list with search, filters and all images. The last element is the object of `--format json`,
//! for programs that get the page and want the report (docs/html.md).

mod data;
mod embed;
mod head;
mod listing;
mod markup;
mod overview;

use std::io::{self, Write};

use base64::Engine;
use sha2::{Digest, Sha256};

use crate::report::{Report, json};
use markup::{Markup, icons};
use overview::Overview;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Writes the page.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let overview = Overview::of(report);
    let mut page = Markup::default();
    page.raw("<!doctype html>\n<html lang=\"en\">\n");
    head::write(report, &overview, &policy(), STYLE, &mut page);
    page.raw("<body>\n");
    icons(&mut page);
    page.raw("<a class=\"skip\" href=\"#list\">Skip to the images</a>\n");
    head::banner(report, &overview, &mut page);
    page.raw("<main>\n");
    head::overview(&overview, &mut page);
    listing::write(report, &overview, &mut page);
    head::notes(report, &mut page);
    page.raw("</main>\n");
    head::footer(&mut page);
    out.write_all(page.text().as_bytes())?;
    out.write_all(b"<script type=\"application/json\" id=\"images\">")?;
    data::write(report, &overview, out)?;
    // The page's own script comes before the report: whoever looks need not wait for it.
    write!(out, "</script>\n<script>{SCRIPT}</script>\n")?;
    embed::element(out, embed::PLAIN, |out| json::write_in_script(report, out))?;
    out.write_all(b"</body>\n</html>\n")
}

/// Nothing but this style and this script; no request of any kind, no form that goes anywhere, no text that becomes
/// markup (W3C, "Content Security Policy Level 3" and "Trusted Types").
fn policy() -> String {
    format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    format!(
        "sha256-{}",
        base64::engine::general_purpose::STANDARD.encode(digest)
    )
}

#[cfg(test)]
mod tests;
