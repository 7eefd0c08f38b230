//! The one place where text becomes markup. Everything but literal text of the program goes through
//! [`sanitize`] and the escapes of HTML.

use std::fmt::Write;

use super::overview::Status;
use crate::report::Report;
use image_lint_model::sanitize;
use image_lint_text::source::Place;

/// Characters of a name or a sentence that are shown; the rest is a count. The report in the page has all of it.
pub const LONGEST: usize = 1_000;

/// A page as it is written.
#[derive(Debug, Default)]
pub struct Markup(String);

impl Markup {
    /// Markup of our own.
    pub fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Text of any origin, as text.
    pub fn text_of(&mut self, text: &str) -> &mut Self {
        escape(&sanitize::line(text), &mut self.0);
        self
    }

    /// The same, cut where it is very long.
    pub fn short(&mut self, text: &str) -> &mut Self {
        escape(&sanitize::short(text, LONGEST), &mut self.0);
        self
    }

    /// A name, which a narrow page breaks after a slash.
    pub fn name(&mut self, text: &str) -> &mut Self {
        let shown = sanitize::short(text, LONGEST);
        for (i, part) in shown.split_inclusive('/').enumerate() {
            if i > 0 {
                self.raw("<wbr>");
            }
            escape(part, &mut self.0);
        }
        self
    }

    /// `path:line:column`, which leads to its line where the host shows the file.
    pub fn place(&mut self, report: &Report, place: Place) -> &mut Self {
        match report.links.place(report, place) {
            Some(url) => self
                .raw("<a href=\"")
                .text_of(&url)
                .raw("\"><code>")
                .short(&report.at(place))
                .raw("</code></a>"),
            None => self.raw("<code>").short(&report.at(place)).raw("</code>"),
        }
    }

    pub fn number(&mut self, n: usize) -> &mut Self {
        // Writing to a String cannot fail.
        let _ = write!(self.0, "{n}");
        self
    }

    /// The sign of a status; what it means is said beside it.
    pub fn icon(&mut self, status: Status) -> &mut Self {
        self.raw("<svg class=\"icon\" aria-hidden=\"true\" focusable=\"false\"><use href=\"#icon-")
            .raw(status.as_str())
            .raw("\"/></svg>")
    }

    /// A sentence in which `code` is code.
    pub fn prose(&mut self, text: &str) -> &mut Self {
        let text = sanitize::short(text, LONGEST);
        let spans = text.matches('`').count() / 2;
        for (i, part) in text.split('`').enumerate() {
            let is_code = i % 2 == 1 && i < spans * 2;
            // An odd backtick at the end opens nothing.
            let is_odd = i > 0 && i == spans * 2 + 1;
            if is_code {
                self.raw("<code>");
            } else if is_odd {
                self.raw("`");
            }
            escape(part, &mut self.0);
            if is_code {
                self.raw("</code>");
            }
        }
        self
    }

    pub fn text(&self) -> &str {
        &self.0
    }
}

/// What would be markup, in text and in double quotes (HTML, "Escaping a string").
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{a0}' => out.push_str("&nbsp;"),
            _ => out.push(c),
        }
    }
}

/// The signs, each of another shape: colour alone tells nobody anything.
pub fn icons(page: &mut Markup) {
    page.raw("<svg width=\"0\" height=\"0\" aria-hidden=\"true\" focusable=\"false\" class=\"icons\">\n")
        .raw("<symbol id=\"icon-bad\" viewBox=\"0 0 16 16\"><circle cx=\"8\" cy=\"8\" r=\"7\" fill=\"currentColor\"/>")
        .raw("<path d=\"M5.3 5.3l5.4 5.4M10.7 5.3l-5.4 5.4\" class=\"cut\"/></symbol>\n")
        .raw("<symbol id=\"icon-line\" viewBox=\"0 0 16 16\"><path d=\"M8 1.2L15.4 14.4H.6z\" fill=\"currentColor\"/>")
        .raw("<path d=\"M8 6v4M8 12v.6\" class=\"cut\"/></symbol>\n")
        .raw("<symbol id=\"icon-unchecked\" viewBox=\"0 0 16 16\"><circle cx=\"8\" cy=\"8\" r=\"6.2\" class=\"ring\"/>")
        .raw("<path d=\"M8 4.4v4.2M8 11v.6\" class=\"ring\"/></symbol>\n")
        .raw("<symbol id=\"icon-not-checkable\" viewBox=\"0 0 16 16\"><path d=\"M3 8h10\" class=\"ring\"/></symbol>\n")
        .raw("<symbol id=\"icon-ok\" viewBox=\"0 0 16 16\"><path d=\"M2.8 8.6l3.4 3.4 7-7.6\" class=\"ring\"/></symbol>\n")
        .raw("</svg>\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn prose(text: &str) -> String {
        let mut page = Markup::default();
        page.prose(text);
        page.text().to_owned()
    }

    #[test]
    fn code_is_marked_and_nothing_else_is_markup() {
        let table = [
            ("use `--format` now", "use <code>--format</code> now"),
            ("`a` and `b`", "<code>a</code> and <code>b</code>"),
            ("odd ` tick", "odd ` tick"),
            ("`a` odd ` tick", "<code>a</code> odd ` tick"),
            ("<b>`<i>`</b>", "&lt;b&gt;<code>&lt;i&gt;</code>&lt;/b&gt;"),
            ("a & 'b' \"c\"", "a &amp; &#39;b&#39; &quot;c&quot;"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(prose(text), expected);
        }
    }

    proptest! {
        #[test]
        fn no_text_opens_a_tag_or_leaves_quotes(text in any::<String>()) {
            let mut page = Markup::default();
            page.text_of(&text).prose(&text).short(&text);
            let plain = page.text().replace("<code>", "").replace("</code>", "");
            prop_assert_eq!(plain.matches(['<', '>', '\'', '"']).count(), 0);
            prop_assert!(!plain.contains(sanitize::is_forbidden));
        }
    }
}
