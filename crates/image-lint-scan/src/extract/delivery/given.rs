//! What an object gives a chart, as it is written, for a chart that is in the repository.

use image_lint_model::delivery::{Base, Given};
use image_lint_text::source::Span;
use image_lint_text::yaml::Node;

/// Values that are written as a text of YAML.
pub(crate) fn text(node: Node<'_>) -> Option<Given> {
    node.as_str()?;
    let source = node.text();
    let mut at = 0;
    let mut pieces = Vec::new();
    for line in source.text.split_inclusive('\n') {
        let span = source.outer(Span::new(at, at + line.len()));
        at += line.len();
        pieces.push((line.into(), span));
    }
    Some(Given::Text(pieces))
}

/// Values that are a mapping of the object; `file` is the text that the object is written in.
pub(crate) fn object(node: Node<'_>, file: &str) -> Option<Given> {
    let span = node.span();
    let start = span.start as usize;
    // From the first column on: the lines of a mapping begin in the same one.
    let line = file.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let blank = file.get(line..start)?.bytes().all(|b| b == b' ');
    let from = if blank { line } else { start };
    let mut at = from;
    let mut pieces = Vec::new();
    for line in file.get(from..span.end as usize)?.split_inclusive('\n') {
        pieces.push((line.into(), Span::new(at, at + line.len())));
        at += line.len();
    }
    Some(Given::Text(pieces))
}

/// One value, as `helm --set` has it. `text`: as `--set-string`.
pub(crate) fn set(name: &str, value: Node<'_>, text: bool) -> Option<Given> {
    Some(Given::Set {
        name: name.into(),
        value: value.as_str()?.into(),
        at: value.span(),
        text,
    })
}

/// The values files of a list; `base`: None for paths in the chart's folder.
pub(crate) fn files(list: Option<Node<'_>>, base: Option<Base>) -> Vec<Given> {
    let items = list.into_iter().flat_map(|list| list.items());
    let paths = items.filter_map(|item| item.as_str());
    let file = |path: &str| match path.split_once('/') {
        // `$values/path`: another source, which may be this repository.
        Some((reference, rest)) if reference.starts_with('$') || reference.is_empty() => {
            Given::File {
                path: rest.into(),
                base: Some(Base::Top),
            }
        }
        _ => Given::File {
            path: path.into(),
            base,
        },
    };
    paths.map(file).collect()
}

/// One values file.
pub(crate) fn file(item: Node<'_>, base: Base) -> Option<Given> {
    Some(Given::File {
        path: item.as_str()?.into(),
        base: Some(base),
    })
}
