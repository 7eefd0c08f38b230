//! Helmfiles (helmfile.readthedocs.io, "Configuration"): the charts of `releases`, each with its values.

use super::Sink;
use super::delivery::given;
use super::helm;
use super::shapes::{Shape, holds_all};
use image_lint_model::delivery::{Base, Delivery};
use image_lint_text::yaml::{Document, Kind, Node};

/// A helmfile.
pub(super) struct Helmfile;

impl Shape for Helmfile {
    fn name(&self) -> &'static str {
        "helmfile"
    }

    fn may_be(&self, text: &str) -> bool {
        holds_all(text, &["releases:", "chart:"])
    }

    fn read(&self, document: &Document<'_>, out: &mut Sink<'_>) -> bool {
        let releases = document.root().get("releases");
        let Some(releases) = releases.filter(|list| list.kind() == Kind::Sequence) else {
            return false;
        };
        for release in releases.items() {
            self::release(release, out);
        }
        true
    }
}

fn release(node: Node<'_>, out: &mut Sink<'_>) {
    let Some(chart) = node.str_at(&["chart"]) else {
        return;
    };
    let text = &out.file().text;
    let mut values = Vec::new();
    // A value that a template fills in is known to nobody here.
    let mut known = true;
    let mut inline = Vec::new();
    for item in node.get("values").into_iter().flat_map(|list| list.items()) {
        if item.kind() == Kind::Mapping {
            values.extend(given::object(item, text));
            inline.push(item);
            continue;
        }
        known &= item
            .as_str()
            .is_some_and(|path| !path.contains("{{") && !path.ends_with(".gotmpl"));
        values.extend(given::file(item, Base::Here));
    }
    for item in node.get("set").into_iter().flat_map(|list| list.items()) {
        let set = item.str_at(&["name"]).zip(item.get("value"));
        match set.and_then(|(name, value)| given::set(name, value, false)) {
            Some(set) => values.push(set),
            None => known = false,
        }
    }
    for item in inline {
        helm::values(item, false, out);
    }
    if known && !values.is_empty() {
        out.extraction.deliveries.push(Delivery {
            chart: chart.into(),
            base: Base::Here,
            values,
        });
    }
}
