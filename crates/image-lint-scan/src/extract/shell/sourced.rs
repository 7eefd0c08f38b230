//! Files that scripts source, and what a script leaves in its variables for those that source it.

use crate::extract::Sink;
use crate::extract::shell::environment::Environment;
use image_lint_model::mention::Definition;
use image_lint_model::value::OriginKind;

/// Most files that one script is followed into, and most variables that it leaves.
const MAX_FILES: usize = 64;
const MAX_VARIABLES: usize = 500;

/// Longest file that is read only for its variables, in bytes.
const MAX_LENGTH: usize = 32 * 1024;

/// Notes the path behind `source` or `.`, as it is written. What stands before the last variable is taken to be the
/// script's own folder or the root: `$(dirname "$0")/x.sh`, `${ROOT}/x.sh`, `"$DIR"/x.sh`.
pub(super) fn note(written: &str, sink: &mut Sink<'_>) {
    let path = match written.rfind(['$', ')', '}', '`']) {
        Some(at) => match written[at..].split_once('/') {
            Some((_, rest)) => rest,
            None => return,
        },
        None => written.trim_start_matches("./"),
    };
    let sourced = &mut sink.extraction.sourced;
    if !path.is_empty() && !path.starts_with('/') && sourced.len() < MAX_FILES {
        sourced.push(path.into());
    }
}

/// Writes down what a script leaves in its variables.
pub(super) fn leave(environment: &Environment, sink: &mut Sink<'_>) {
    let mut left: Vec<_> = environment
        .bindings()
        .filter(|(_, binding)| binding.elements.is_none())
        .collect();
    left.sort_by_key(|(name, _)| *name);
    let left: Vec<Definition> = left
        .into_iter()
        .filter_map(|(name, binding)| Some((name, binding.value.clone(), binding.place?)))
        .take(MAX_VARIABLES)
        .map(|(name, value, place)| Definition {
            scope: 0,
            name: name.into(),
            value: Some(value),
            kind: OriginKind::Assignment,
            place,
        })
        .collect();
    if left.is_empty() {
        return;
    }
    let scope = sink.extraction.new_scope();
    sink.extraction.left = Some(scope);
    sink.extraction
        .definitions
        .extend(left.into_iter().map(|definition| Definition {
            scope,
            ..definition
        }));
}

/// Whether a text is nothing but assignments, as files are that scripts source for their variables.
pub(super) fn is_variables(text: &str) -> bool {
    if text.len() > MAX_LENGTH {
        return false;
    }
    let mut any = false;
    for line in text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let words = ["export ", "readonly ", "declare ", "typeset "].iter();
        let bare = words.fold(line, |line, word| {
            line.strip_prefix(word).unwrap_or(line).trim_start()
        });
        let name = bare.split('=').next().unwrap_or("");
        let assigns = bare.contains('=')
            && !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        any |= assigns;
        if !assigns
            && !["set ", "source ", ". "]
                .iter()
                .any(|word| line.starts_with(word))
        {
            return false;
        }
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;
    use image_lint_text::source::{FileId, RepoPath, SourceFile};

    #[test]
    fn paths_are_taken_from_behind_the_folder() {
        for (written, expected) in [
            ("./vars.sh", &["vars.sh"][..]),
            ("vars.sh", &["vars.sh"]),
            ("$(dirname \"$0\")/lib/vars.sh", &["lib/vars.sh"]),
            ("${ROOT}/vars.sh", &["vars.sh"]),
            ("$DIR/vars.sh", &["vars.sh"]),
            ("${BASH_SOURCE%/*}/vars.sh", &["vars.sh"]),
            ("$FILE", &[]),
            ("/etc/os-release", &[]),
        ] {
            let file = SourceFile::new(FileId(0), RepoPath::from_bytes(b"a.sh"), String::new());
            let mut sink = Sink::new(&file);
            note(written, &mut sink);
            let got: Vec<&str> = sink.extraction.sourced.iter().map(|path| &**path).collect();
            assert_eq!(got, expected, "{written}");
        }
    }

    #[test]
    fn files_of_variables_hold_nothing_else() {
        for (text, expected) in [
            ("A=1\n# why\nexport B=\"2 3\"\n", true),
            ("#!/bin/sh\nset -a\nA=1\n", true),
            (". ./other.env\nA=1\n", true),
            ("", false),
            ("# nothing\n", false),
            ("A=1\necho $A\n", false),
            ("if x; then A=1; fi\n", false),
        ] {
            assert_eq!(is_variables(text), expected, "{text:?}");
        }
    }
}
