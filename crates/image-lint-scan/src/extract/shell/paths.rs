//! Paths of the repository that a script makes of its own name and of the top of the work tree: which file a `source`
//! means. Every such path begins at the root of the repository and is written `.` or `./…`.

use std::sync::Arc;

use crate::extract::shell::field::{Atom, Field};
use crate::extract::shell::walk::{Call, Walker};
use image_lint_model::value::{Op, Piece, Syntax, Variable};
use image_lint_text::source::Span;

/// What the commands of a substitution print.
#[derive(Clone, Debug, Default)]
pub(super) enum Printed {
    #[default]
    Nothing,
    One(Piece),
    /// Several texts, or one that only running tells.
    Unknown,
}

impl Printed {
    /// After one more command that prints something.
    fn and(&mut self, next: Option<Piece>) {
        *self = match (&self, next) {
            (Printed::Nothing, Some(piece)) => Printed::One(piece),
            _ => Printed::Unknown,
        };
    }
}

/// The path of a file below the root.
pub(super) fn of_file(path: &str) -> String {
    format!("./{path}")
}

/// The path without its marks: what the repository calls the file.
pub(super) fn in_repository(path: &str) -> &str {
    path.strip_prefix("./").unwrap_or("")
}

/// A piece that stands for a path.
pub(super) fn piece(path: &str, written: &str, syntax: Syntax) -> Piece {
    Piece::Variable(Arc::new(Variable {
        name: written.into(),
        written: written.into(),
        syntax,
        op: Op::Path(path.into()),
    }))
}

/// The path that pieces are together.
pub(super) fn of_atoms(atoms: &[Atom]) -> Option<String> {
    let (first, rest) = atoms.split_first()?;
    let Piece::Variable(variable) = &first.piece else {
        return None;
    };
    let Op::Path(base) = &variable.op else {
        return None;
    };
    let mut text = base.to_string();
    for atom in rest {
        match &atom.piece {
            Piece::Literal(more) | Piece::Substituted { text: more, .. } => text.push_str(more),
            Piece::Variable(_) => return None,
        }
    }
    clean(&text)
}

/// A path without `..` and empty parts; None for what leads out of the repository.
fn clean(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(match parts.is_empty() {
        true => ".".to_owned(),
        false => format!("./{}", parts.join("/")),
    })
}

fn parent(path: &str) -> Option<String> {
    clean(&format!("{path}/.."))
}

impl Walker<'_> {
    /// What a word is as a path, from the root; None where nobody knows from where it is meant.
    pub(super) fn path_of(&self, field: &Field) -> Option<String> {
        if let Some(path) = of_atoms(&field.atoms) {
            return Some(path);
        }
        let text = field.known().filter(|text| !text.starts_with('/'))?;
        clean(&format!("{}/{text}", self.folder.as_deref()?))
    }

    /// `cd` to a folder.
    pub(super) fn enter(&mut self, call: &Call) {
        let target = call.fields[1..]
            .iter()
            .find(|field| !field.known().is_some_and(|text| text.starts_with('-')));
        self.folder = target.and_then(|field| self.path_of(field));
    }

    /// Notes what a command prints, as far as paths are made of it.
    pub(super) fn prints(&mut self, name: &str, call: &Call) {
        if matches!(name, "cd" | "pushd" | "set" | ":" | "true" | "export") {
            return;
        }
        let words = call.fields[1..]
            .iter()
            .filter(|field| !field.known().is_some_and(|text| text.starts_with('-')));
        let words: Vec<&Field> = words.collect();
        let one = match words.as_slice() {
            [one] => Some(*one),
            _ => None,
        };
        let path = match name {
            "pwd" => self.folder.clone(),
            "dirname" => one.and_then(|word| parent(&self.path_of(word)?)),
            "readlink" | "realpath" => one.and_then(|word| self.path_of(word)),
            "git"
                if call
                    .fields
                    .iter()
                    .any(|field| field.known().as_deref() == Some("--show-toplevel")) =>
            {
                Some(".".to_owned())
            }
            "echo" => {
                let text = one.and_then(|word| word.known());
                let text = text.filter(|text| !text.contains(['*', '\\', '\n']));
                self.printed
                    .and(text.map(|text| Piece::Literal(text.into())));
                return;
            }
            _ => None,
        };
        let piece = path.map(|path| piece(&path, self.written(call.span), Syntax::Command));
        self.printed.and(piece);
    }

    /// The atom of `$0` and `$BASH_SOURCE`, and of an operator on a path; None for any other.
    pub(super) fn own_path(&self, name: &str, span: Span) -> Option<Atom> {
        if !matches!(name, "0" | "BASH_SOURCE") {
            return None;
        }
        let path = match name {
            "0" => self.started.as_deref()?,
            _ => self.own.as_deref()?,
        };
        Some(Atom {
            piece: piece(path, self.written(span), Syntax::Shell),
            span,
            exact: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_within_the_repository() {
        for (path, expected) in [
            (".", Some(".")),
            ("./a/..", Some(".")),
            ("./a//b/./c", Some("./a/b/c")),
            ("./a/../../b", None),
            ("./..", None),
        ] {
            assert_eq!(clean(path).as_deref(), expected, "{path}");
        }
    }
}
