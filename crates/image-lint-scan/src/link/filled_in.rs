//! Placeholders that a script of the repository fills in.

use super::objects::Assembly;
use image_lint_model::fact::Fact;
use image_lint_model::mention::{Extraction, Text};
use image_lint_model::value::Syntax;
use image_lint_text::source::{FileId, Place, RepoPath};

/// Texts that scripts put something in the place of.
pub(super) fn collect(files: &[(FileId, RepoPath, Extraction)]) -> Vec<(Box<str>, Place)> {
    files
        .iter()
        .flat_map(|(.., extraction)| extraction.substitutions.iter().cloned())
        .take(1000)
        .collect()
}

/// Says which line fills a placeholder in.
pub(super) fn link(assembly: &mut Assembly, substitutions: &[(Box<str>, Place)]) {
    if substitutions.is_empty() {
        return;
    }
    for entry in &mut assembly.mentions {
        let Text::Open(variables) = &entry.linked.text else {
            continue;
        };
        let placeholders = variables
            .iter()
            .filter(|variable| variable.syntax == Syntax::Placeholder);
        let mut places = placeholders.filter_map(|variable| {
            let fits = |(text, _): &&(Box<str>, Place)| {
                text.contains(&*variable.name) && entry.raw.contains(&**text)
            };
            Some(substitutions.iter().find(fits)?.1)
        });
        if let Some(place) = places.next() {
            entry.add(Fact::FilledIn { place });
        }
    }
}
