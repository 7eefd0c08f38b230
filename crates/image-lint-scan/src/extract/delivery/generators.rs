//! The elements of an ApplicationSet's `list` generators that are written in the file, and templates filled with them
//! (argo-cd docs, `operator-manual/applicationset/Generators-List.md` and `GoTemplate.md`).

use image_lint_model::delivery::Given;
use image_lint_text::source::Span;
use image_lint_text::yaml::{Kind, Node};

/// One element: its keys, with their values and where these are written.
pub type Element = Vec<(String, String, Span)>;

/// Most elements of one set.
const MOST: usize = 200;

/// The elements, where every generator is a literal list; none otherwise, since others give what is not known here.
pub fn elements(node: Node<'_>) -> Vec<Element> {
    let mut out = Vec::new();
    let generators = node.at(&["spec", "generators"]);
    for generator in generators.into_iter().flat_map(|list| list.items()) {
        let Some(list) = generator.at(&["list", "elements"]) else {
            return Vec::new();
        };
        for item in list.items().take(MOST - out.len().min(MOST)) {
            let mut element = Element::new();
            flat(item, String::new(), &mut element);
            out.push(element);
        }
    }
    out
}

/// Keys of mappings in mappings are joined by dots, as templates name them.
fn flat(node: Node<'_>, prefix: String, out: &mut Element) {
    for (key, value) in node.pairs() {
        let Some(key) = key.as_str() else { continue };
        let name = format!("{prefix}{key}");
        match (value.kind(), value.as_str()) {
            (Kind::Mapping, _) => flat(value, format!("{name}."), out),
            (_, Some(text)) => out.push((name, text.to_owned(), value.span())),
            _ => {}
        }
    }
}

/// A text with `{{key}}` and `{{ .key }}` filled in, in pieces; None where something else is to be filled in.
fn filled(text: &str, at: Span, element: &Element) -> Option<Vec<(Box<str>, Span)>> {
    let exact = text.len() == at.len();
    let span = |from: usize, to: usize| match exact {
        true => Span::new(at.start as usize + from, at.start as usize + to),
        false => at,
    };
    let mut out: Vec<(Box<str>, Span)> = Vec::new();
    let mut done = 0;
    while let Some(open) = text[done..].find("{{").map(|open| done + open) {
        let end = open + text[open..].find("}}")?;
        let name = text[open + 2..end].trim().trim_start_matches('.');
        let (_, value, place) = element.iter().find(|(key, ..)| key == name)?;
        out.push((text[done..open].into(), span(done, open)));
        out.push((value.as_str().into(), *place));
        done = end + 2;
    }
    out.push((text[done..].into(), span(done, text.len())));
    out.retain(|(text, _)| !text.is_empty());
    Some(out)
}

/// A path or a name.
pub fn fill(text: &str, element: &Element) -> Option<String> {
    let pieces = filled(text, Span::new(0, text.len()), element)?;
    Some(pieces.iter().map(|(text, _)| &**text).collect())
}

/// What is given, for one element.
pub fn given(given: &Given, element: &Element) -> Option<Given> {
    Some(match given {
        Given::File { path, base } => Given::File {
            path: fill(path, element)?.into(),
            base: *base,
        },
        Given::Text(pieces) => {
            let mut out = Vec::new();
            for (text, at) in pieces {
                out.extend(filled(text, *at, element)?);
            }
            Given::Text(out)
        }
        Given::Set {
            name,
            value,
            at,
            text,
        } => {
            let pieces = filled(value, *at, element)?;
            // It is decided where the element has it.
            let at = pieces.last().map_or(*at, |(_, at)| *at);
            Given::Set {
                name: name.clone(),
                value: pieces
                    .iter()
                    .map(|(text, _)| &**text)
                    .collect::<String>()
                    .into(),
                at,
                text: *text,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_an_element_has_is_filled_in() {
        let element: Element = vec![
            ("env".into(), "prod".into(), Span::new(90, 94)),
            ("values.tag".into(), "v1".into(), Span::new(95, 97)),
        ];
        for (text, expected) in [
            ("charts/{{env}}", Some("charts/prod")),
            ("{{ .env }}-{{ .values.tag }}", Some("prod-v1")),
            ("{{ .other }}", None),
            ("{{ .env | upper }}", None),
            ("plain", Some("plain")),
        ] {
            assert_eq!(fill(text, &element).as_deref(), expected, "{text}");
        }
    }
}
