//! Files that scripts source, and what a script leaves in its variables for those that source it.

use crate::extract::Sink;
use crate::extract::shell::environment::Environment;
use image_lint_model::mention::{Definition, Sourced, SourcedFrom};
use image_lint_model::value::OriginKind;

/// Most files that one script is followed into, and most variables that it leaves.
const MAX_FILES: usize = 64;
const MAX_VARIABLES: usize = 500;

/// Longest file that is read only for its variables, in bytes.
const MAX_LENGTH: usize = 32 * 1024;

/// Notes the path after `source` or `.`, as it is written once what the script says is put in.
pub(super) fn note(written: &str, sink: &mut Sink<'_>) {
    let Some(found) = sourced(written) else {
        return;
    };
    let all = &mut sink.extraction.sourced;
    if all.len() < MAX_FILES {
        all.push(found);
    }
}

/// The folder and the path below it; None for what cannot be a file of the repository.
fn sourced(written: &str) -> Option<Sourced> {
    let (folder, path) = match written.rfind(['$', ')', '}', '`']) {
        Some(at) => {
            let (_, path) = written[at..].split_once('/')?;
            (Some(&written[..written.len() - path.len() - 1]), path)
        }
        None => (None, written.trim_start_matches("./")),
    };
    if path.is_empty() || path.starts_with('/') {
        return None;
    }
    let (from, above) = folder.map_or((SourcedFrom::Unknown, 0), folder_of);
    Some(Sourced {
        from,
        path: format!("{}{path}", "../".repeat(above)).into(),
    })
}

/// Where an expression leads, and how many folders above that: `$(cd "$(dirname "$0")/.." && pwd)`.
fn folder_of(expression: &str) -> (SourcedFrom, usize) {
    if expression.contains("--show-toplevel") {
        return (SourcedFrom::Top, 0);
    }
    let own = ["$0", "${0", "BASH_SOURCE"]
        .iter()
        .any(|name| expression.contains(name))
        && (expression.contains("dirname") || expression.contains("%/*"));
    if !own {
        return (SourcedFrom::Unknown, 0);
    }
    let above = expression.matches("..").count() + expression.matches("dirname").count().max(1) - 1;
    // A folder beside it, or one that another variable names.
    let other = expression.split(['"', ' ', ')', '}', '\'']).any(|word| {
        word.strip_prefix('/')
            .is_some_and(|rest| rest.split('/').any(|part| !matches!(part, "" | ".." | ".")))
    });
    match other {
        true => (SourcedFrom::Unknown, 0),
        false => (SourcedFrom::OwnFolder, above),
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

    #[test]
    fn paths_are_below_the_folder_that_the_script_says() {
        use SourcedFrom::*;
        for (written, expected) in [
            ("./vars.sh", Some((Unknown, "vars.sh"))),
            ("vars.sh", Some((Unknown, "vars.sh"))),
            (
                "$(dirname \"$0\")/lib/vars.sh",
                Some((OwnFolder, "lib/vars.sh")),
            ),
            (
                "$(dirname \"$0\")/../vars.sh",
                Some((OwnFolder, "../vars.sh")),
            ),
            ("${BASH_SOURCE%/*}/vars.sh", Some((OwnFolder, "vars.sh"))),
            (
                "$(cd \"$(dirname \"${BASH_SOURCE[0]}\")\" && pwd)/vars.sh",
                Some((OwnFolder, "vars.sh")),
            ),
            (
                "$(cd \"$(dirname \"$0\")/../..\" && pwd -P)/vars.sh",
                Some((OwnFolder, "../../vars.sh")),
            ),
            (
                "$(dirname \"$(dirname \"$0\")\")/vars.sh",
                Some((OwnFolder, "../vars.sh")),
            ),
            (
                "$(cd \"$(dirname \"$0\")/lib\" && pwd)/vars.sh",
                Some((Unknown, "vars.sh")),
            ),
            (
                "$(git rev-parse --show-toplevel)/vars.sh",
                Some((Top, "vars.sh")),
            ),
            ("${ROOT}/vars.sh", Some((Unknown, "vars.sh"))),
            ("$DIR/vars.sh", Some((Unknown, "vars.sh"))),
            ("$FILE", None),
            ("/etc/os-release", None),
        ] {
            let got = sourced(written);
            let got = got.as_ref().map(|found| (found.from, &*found.path));
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
