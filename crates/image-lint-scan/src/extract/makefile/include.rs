//! Which files of the repository an `include` means. Make looks for them from the folder it is started in (GNU make
//! manual, "Including Other Makefiles"): that of the Makefile, or the root, for a part that the root's Makefile includes.

use super::evaluate::Evaluator;
use crate::extract::Sink;
use crate::tree::join;
use image_lint_text::source::SourceFile;

/// Most files that a pattern may mean.
const MAX_MATCHES: usize = 32;

/// Paths from the root.
pub(super) fn paths(
    written: &str,
    source: &SourceFile,
    evaluator: &Evaluator<'_>,
    sink: &mut Sink<'_>,
) -> Vec<String> {
    let written = written.split(" #").next().unwrap_or(written);
    let own = source.path.folder().into_owned();
    let top = sink.file().path.folder().into_owned();
    let located = located(written, &relative(&own, &top));
    let Some(names) = evaluator.text(&located) else {
        return Vec::new();
    };
    // Whoever reads the file again later has them.
    if sink.tree.is_none() && !names.trim().is_empty() {
        sink.extraction.follows = true;
        return Vec::new();
    }
    let mut paths = Vec::new();
    for name in names.split_whitespace() {
        for folder in [&top, &own] {
            let Some(path) = join(folder, name) else {
                continue;
            };
            let found = match name.contains(['*', '?', '[']) {
                true => matches(&path, sink),
                false => exists(&path, sink).then_some(path).into_iter().collect(),
            };
            if !found.is_empty() {
                paths.extend(found);
                break;
            }
        }
    }
    paths
}

fn exists(path: &str, sink: &Sink<'_>) -> bool {
    sink.tree.is_some_and(|tree| tree.find(path).is_some())
}

/// Files whose paths fit, in order. A `*` is no `/`.
fn matches(pattern: &str, sink: &Sink<'_>) -> Vec<String> {
    let Some(tree) = sink.tree else {
        return Vec::new();
    };
    let (folder, name) = pattern.rsplit_once('/').unwrap_or(("", pattern));
    if folder.contains(['*', '?', '[']) || name.contains(['?', '[']) {
        return Vec::new();
    }
    let Some((before, after)) = name.split_once('*') else {
        return Vec::new();
    };
    let prefix = if folder.is_empty() {
        String::new()
    } else {
        format!("{folder}/")
    };
    let below = tree.below(folder).into_iter();
    let fitting = below.filter_map(|(_, path)| {
        let name = path.strip_prefix(&prefix)?;
        let fits = !name.contains('/') && name.starts_with(before) && name.ends_with(after);
        fits.then_some(path)
    });
    fitting.take(MAX_MATCHES).collect()
}

/// The folder of the file that is read, as make names it from the one that it was started in.
fn relative(own: &str, top: &str) -> String {
    if own == top {
        return ".".to_owned();
    }
    match own.strip_prefix(top) {
        Some(below) if top.is_empty() || below.starts_with('/') => {
            below.trim_start_matches('/').to_owned()
        }
        _ => {
            let up = top.split('/').filter(|part| !part.is_empty()).count();
            format!("{}{own}", "../".repeat(up))
        }
    }
}

/// The usual ways to name the folder of the file itself, and the one make was started in, put in their place.
fn located(written: &str, folder: &str) -> String {
    let mut text = written.to_owned();
    for list in ["MAKEFILE_LIST"] {
        for last in ["lastword", "firstword"] {
            for absolute in ["", "abspath ", "realpath "] {
                let file = match absolute {
                    "" => format!("$({last} $({list}))"),
                    _ => format!("$({absolute}$({last} $({list})))"),
                };
                for call in [format!("$(dir {file})"), format!("$(shell dirname {file})")] {
                    text = text.replace(&call, &format!("{folder}/"));
                }
            }
        }
    }
    for here in ["$(CURDIR)", "${CURDIR}", "$(PWD)", "${PWD}", "$(shell pwd)"] {
        text = text.replace(here, ".");
    }
    text
}
