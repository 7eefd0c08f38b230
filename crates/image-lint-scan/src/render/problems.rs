//! What is wrong with an image that a chart renders, whatever registries have.

use std::sync::Arc;

use super::Collector;
use super::located::Located;
use image_lint_model::chart::{ChartProblem, ChartProblemKind};
use image_lint_model::mention::{Expect, Mention, SourceKind};
use image_lint_text::rendered::Origin;

impl Collector<'_> {
    /// Writes down what is wrong with an image of a chart. True where it has no name, so that it is none.
    pub(super) fn is_problem(&mut self, mention: &Mention, located: &Located) -> bool {
        let is_chart = matches!(self.source, SourceKind::Helm);
        // What only a value that is false by default turns on may need more values than that one.
        if !is_chart || !matches!(mention.expect, Expect::Image) || self.when.is_some() {
            return false;
        }
        let image: Arc<str> = mention.value.written().into();
        if is_nameless(&image) && located.value.as_known().is_some() {
            // What could not be rendered may be the name.
            if !self.has_holes {
                self.report(located.main, ChartProblemKind::Nameless { image });
            }
            return true;
        }
        for number in &located.numbers {
            let kind = ChartProblemKind::Unquoted {
                written: Arc::clone(&number.written),
                printed: Arc::clone(&number.printed),
                image: Arc::clone(&image),
            };
            self.report(number.origin, kind);
        }
        false
    }

    /// Once for each place.
    pub(super) fn report(&mut self, at: Origin, kind: ChartProblemKind) {
        if !self.reported.insert(at) {
            return;
        }
        if let Some(sink) = self.sink(at.source.0) {
            let place = sink.place(at.span);
            let excerpt = sink.excerpt(place);
            sink.extraction.charts.push(ChartProblem {
                place,
                excerpt,
                kind,
            });
        }
    }
}

/// Whether a rendered image has no name before its tag or digest, or none after its last slash.
fn is_nameless(image: &str) -> bool {
    let name = image.split('@').next().unwrap_or(image);
    let last = name.rsplit('/').next().unwrap_or(name);
    last.split(':').next().unwrap_or(last).trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::is_nameless;

    #[test]
    fn an_image_without_a_name_is_recognised() {
        for (image, expected) in [
            ("", true),
            (":", true),
            (":1.2", true),
            ("/:1", true),
            ("quay.io/:1", true),
            ("quay.io/a/", true),
            ("@sha256:abc", true),
            ("a", false),
            ("localhost:5000/a:1", false),
            ("quay.io/a/b@sha256:abc", false),
        ] {
            assert_eq!(is_nameless(image), expected, "{image}");
        }
    }
}
