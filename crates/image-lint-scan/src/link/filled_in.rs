//! Placeholders that a script of the repository fills in.

use super::objects::{Assembly, Entry};
use image_lint_model::fact::Fact;
use image_lint_model::mention::{Extraction, OpenVariable, Substitution, Text, Unknown};
use image_lint_model::value::Syntax;
use image_lint_text::source::{FileId, Place, RepoPath};
use regex_lite::Regex;

/// Texts that scripts put something in the place of.
pub(super) fn collect(files: &[(FileId, RepoPath, Extraction)]) -> Vec<Substitution> {
    files
        .iter()
        .flat_map(|(.., extraction)| extraction.substitutions.iter().cloned())
        .take(1000)
        .collect()
}

/// Says which line fills a placeholder in. A name that is not valid, and whose line a script replaces, is one, too.
pub(super) fn link(assembly: &mut Assembly, substitutions: &[Substitution]) {
    if substitutions.is_empty() {
        return;
    }
    let mut patterns: Option<Vec<(Regex, Place)>> = None;
    for entry in &mut assembly.mentions {
        let place = match &entry.linked.text {
            Text::Open(variables) => filled_in(variables, &entry.raw, substitutions),
            Text::Invalid { .. } => {
                let patterns = patterns.get_or_insert_with(|| compiled(substitutions));
                replaced(entry, patterns)
            }
            _ => continue,
        };
        let Some(place) = place else { continue };
        if let Text::Invalid { text, .. } = &entry.linked.text {
            entry.linked.text = Text::Open(vec![OpenVariable {
                name: text.clone(),
                written: text.clone(),
                syntax: Syntax::Placeholder,
                declared_at: None,
                why: Unknown::NoValue,
            }]);
        }
        entry.add(Fact::FilledIn { place });
    }
}

fn filled_in(
    variables: &[OpenVariable],
    raw: &str,
    substitutions: &[Substitution],
) -> Option<Place> {
    let mut placeholders = variables
        .iter()
        .filter(|variable| variable.syntax == Syntax::Placeholder);
    placeholders.find_map(|variable| {
        let fits = |known: &&Substitution| {
            !known.is_pattern && known.text.contains(&*variable.name) && raw.contains(&*known.text)
        };
        Some(substitutions.iter().find(fits)?.place)
    })
}

/// The script that replaces the line `KEY: TEXT` of a mention.
fn replaced(entry: &Entry, patterns: &[(Regex, Place)]) -> Option<Place> {
    let field = &*entry.linked.mention.field;
    let key = field.rsplit('.').next().unwrap_or(field);
    let line = format!("{key}: {}", entry.raw);
    let (_, place) = patterns
        .iter()
        .find(|(pattern, _)| pattern.is_match(&line))?;
    Some(*place)
}

fn compiled(substitutions: &[Substitution]) -> Vec<(Regex, Place)> {
    let patterns = substitutions.iter().filter(|known| known.is_pattern);
    patterns
        .filter_map(|known| Some((Regex::new(&extended(&known.text)).ok()?, known.place)))
        .collect()
}

/// A basic regular expression in the other notation: what has a meaning only there is escaped (POSIX, "Regular
/// Expressions", 9.3).
fn extended(basic: &str) -> String {
    let mut out = String::new();
    let mut chars = basic.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(next @ ('(' | ')' | '{' | '}' | '+' | '?' | '|')) => out.push(next),
                // Between double quotes a shell wants `\\$` for the end of the line.
                Some('$') if chars.as_str().is_empty() => out.push('$'),
                Some(next) => out.extend(['\\', next]),
                None => {}
            },
            '(' | ')' | '{' | '}' | '+' | '?' | '|' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `echo LINE | sed -n '/PATTERN/p'`, GNU sed 4.8.
    #[test]
    fn patterns_of_sed_match_what_sed_matches() {
        for (pattern, line, expected) in [
            ("image:.*-backup$", "image: -backup", true),
            ("image:.*-backup$", "image: -backup:1", false),
            ("image: *\\(pxc\\)", "image: pxc", true),
            ("image: a+b", "image: aab", false),
            ("image: a+b", "image: a+b", true),
            ("image: a\\.b", "image: axb", false),
        ] {
            let got = Regex::new(&extended(pattern)).unwrap().is_match(line);
            assert_eq!(got, expected, "{pattern} {line}");
        }
    }
}
