//! Files of the repository that a pipeline includes (docs.gitlab.com, `include:local`): paths are from the root.

use std::sync::Arc;

use super::super::{Variables, add_variables};
use crate::extract::{Sink, Site};
use image_lint_text::source::{FileId, Positions, SourceFile};
use image_lint_text::yaml::{self, Node};

/// A file with what it is included with.
pub(super) struct Included {
    pub file: Arc<SourceFile>,
    /// `inputs.X`
    pub inputs: Variables,
}

/// GitLab includes 150 files at most.
const MAX_FILES: usize = 150;
/// Deepest nesting of includes.
const MAX_DEPTH: usize = 12;

/// All included files, each before the one that includes it: later ones win.
pub(super) fn gather(file: &SourceFile, out: &mut Sink<'_>) -> Vec<Included> {
    let mut gathering = Gathering {
        found: Vec::new(),
        seen: vec![file.id],
    };
    gathering.of_file(file, 0, out);
    gathering.found
}

struct Gathering {
    found: Vec<Included>,
    seen: Vec<FileId>,
}

impl Gathering {
    fn of_file(&mut self, file: &SourceFile, depth: usize, out: &mut Sink<'_>) {
        if depth > MAX_DEPTH || !file.text.contains("include") {
            return;
        }
        let whole = file.whole();
        let stream = yaml::parse(&whole);
        let mut positions = Positions::new(&file.text);
        for document in &stream.documents {
            let Some(include) = document.root().get("include") else {
                continue;
            };
            let items: Vec<Node<'_>> = include.items().collect();
            let one = items.is_empty().then_some(include);
            for item in items.into_iter().chain(one) {
                let Some(path) = local(item) else { continue };
                let mut inputs = Variables::new();
                add_variables(&mut inputs, item.get("inputs"));
                let inputs: Variables = inputs
                    .into_iter()
                    .map(|(name, value, site)| {
                        let site = site.map(|site| match site {
                            Site::Here(span) => Site::There(positions.place(file.id, span)),
                            there => there,
                        });
                        (format!("inputs.{name}").into(), value, site)
                    })
                    .collect();
                for path in paths(path, out) {
                    self.add(&path, &inputs, depth, out);
                }
            }
        }
    }

    fn add(&mut self, path: &str, inputs: &Variables, depth: usize, out: &mut Sink<'_>) {
        if self.found.len() >= MAX_FILES {
            return;
        }
        let Some(file) = out.other(path) else { return };
        if self.seen.contains(&file.id) {
            return;
        }
        self.seen.push(file.id);
        self.of_file(&file, depth + 1, out);
        self.found.push(Included {
            file,
            inputs: inputs.clone(),
        });
    }
}

/// The path of an item that names a file of the repository.
fn local<'n>(item: Node<'n>) -> Option<&'n str> {
    match item.as_str() {
        Some(text) => (!text.contains("://")).then_some(text),
        None => item.str_at(&["local"]),
    }
}

/// The files that a path means: `*` is a name's part, `**` any folders.
fn paths(written: &str, out: &mut Sink<'_>) -> Vec<String> {
    let path = written.trim_start_matches("./").trim_start_matches('/');
    if path.contains('$') || path.is_empty() {
        return Vec::new();
    }
    if !path.contains('*') {
        return vec![path.to_owned()];
    }
    let Some(tree) = out.tree else {
        out.extraction.follows = true;
        return Vec::new();
    };
    let folder = path
        .split('*')
        .next()
        .and_then(|fixed| fixed.rsplit_once('/'))
        .map_or("", |(folder, _)| folder);
    let below = tree.below(folder).into_iter().map(|(_, path)| path);
    below
        .filter(|known| fits(path, known))
        .take(MAX_FILES)
        .collect()
}

fn fits(pattern: &str, path: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else {
        return pattern == path;
    };
    let Some(rest) = path.strip_prefix(before) else {
        return false;
    };
    let (after, any) = match after.strip_prefix('*') {
        Some(after) => (after.strip_prefix('/').unwrap_or(after), true),
        None => (after, false),
    };
    let stops = (0..=rest.len()).filter(|at| rest.is_char_boundary(*at));
    let mut stops = stops.filter(|at| any || !rest[..*at].contains('/'));
    stops.any(|at| fits(after, &rest[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stop_at_folders_and_two_of_them_do_not() {
        for (pattern, path, expected) in [
            ("ci/*.yml", "ci/a.yml", true),
            ("ci/*.yml", "ci/b/a.yml", false),
            ("ci/**/*.yml", "ci/b/a.yml", true),
            ("ci/**.yml", "ci/b/a.yml", true),
            ("ci/*.yml", "ci/a.yaml", false),
        ] {
            assert_eq!(fits(pattern, path), expected, "{pattern} {path}");
        }
    }
}
