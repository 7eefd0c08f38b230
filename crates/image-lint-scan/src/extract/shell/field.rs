//! A word after expansion: its pieces, each with the bytes it was made from, so that a part of a word (`ref` of
//! `--from=docker://ref`) has its own exact span.

use image_lint_model::value::{Piece, Value};
use image_lint_text::source::Span;

/// A piece of a field and where it stands in the script.
#[derive(Clone, Debug)]
pub struct Atom {
    pub piece: Piece,
    pub span: Span,
    /// The text is the span's own bytes, so a part of it has a part of the span.
    pub exact: bool,
}

/// One argument that a command gets.
#[derive(Clone, Debug, Default)]
pub struct Field {
    pub atoms: Vec<Atom>,
    /// The whole word as written, with its quotes.
    pub word: Span,
    /// May be no argument or several ones: an unquoted variable nobody knows, `"$@"`, `"${A[@]}"`.
    pub splits: bool,
}

impl Field {
    /// The bytes without surrounding quotes.
    pub fn span(&self) -> Span {
        match (self.atoms.first(), self.atoms.last()) {
            (Some(first), Some(last)) => Span {
                start: first.span.start.min(last.span.start),
                end: last.span.end.max(first.span.end),
            },
            _ => self.word,
        }
    }

    /// Literal text that stands next to each other is one piece, joined once.
    pub fn value(&self) -> Value {
        let mut pieces = Vec::with_capacity(self.atoms.len().min(4));
        for run in self.atoms.chunk_by(|a, b| is_literal(a) && is_literal(b)) {
            match run {
                [one] => {
                    if !matches!(&one.piece, Piece::Literal(text) if text.is_empty()) {
                        pieces.push(one.piece.clone());
                    }
                }
                _ => {
                    let text: String = run.iter().map(literal).collect();
                    if !text.is_empty() {
                        pieces.push(Piece::Literal(text.into()));
                    }
                }
            }
        }
        Value { pieces }
    }

    /// The whole text when nothing is open.
    pub fn known(&self) -> Option<String> {
        let mut text = String::new();
        for atom in &self.atoms {
            match &atom.piece {
                Piece::Literal(t) | Piece::Substituted { text: t, .. } => text.push_str(t),
                Piece::Variable(_) => return None,
            }
        }
        Some(text)
    }

    /// The text up to the first open variable.
    pub fn known_prefix(&self) -> String {
        let mut text = String::new();
        for atom in &self.atoms {
            match &atom.piece {
                Piece::Literal(t) | Piece::Substituted { text: t, .. } => text.push_str(t),
                Piece::Variable(_) => break,
            }
        }
        text
    }

    /// Every character stands in the script at this place.
    pub fn is_literal(&self) -> bool {
        !self.atoms.is_empty()
            && self
                .atoms
                .iter()
                .all(|a| matches!(a.piece, Piece::Literal(_)))
    }

    pub fn is_empty(&self) -> bool {
        self.known().is_some_and(|t| t.is_empty())
    }

    /// The field without its first `n` bytes of known text.
    pub fn skip(&self, n: usize) -> Field {
        let mut left = n;
        let mut atoms = Vec::with_capacity(self.atoms.len());
        for atom in &self.atoms {
            if left == 0 {
                atoms.push(atom.clone());
                continue;
            }
            let len = match &atom.piece {
                Piece::Literal(t) | Piece::Substituted { text: t, .. } => t.len(),
                Piece::Variable(_) => {
                    left = 0;
                    atoms.push(atom.clone());
                    continue;
                }
            };
            if len <= left {
                left -= len;
            } else {
                atoms.push(cut(atom, left, len));
                left = 0;
            }
        }
        let end = self.span().end;
        let word = atoms
            .first()
            .map_or(Span { start: end, end }, |_| self.word);
        Field {
            atoms,
            word,
            splits: self.splits,
        }
    }

    /// Without a prefix that is known text; None when the field does not start with it.
    pub fn strip_prefix(&self, prefix: &str) -> Option<Field> {
        self.known_prefix()
            .starts_with(prefix)
            .then(|| self.skip(prefix.len()))
    }

    /// Split at the first `mark` of the known text, wherever in the field it stands.
    pub fn split_once(&self, mark: char) -> Option<(Field, Field)> {
        for (i, atom) in self.atoms.iter().enumerate() {
            let (Piece::Literal(text) | Piece::Substituted { text, .. }) = &atom.piece else {
                continue;
            };
            if let Some(at) = text.find(mark) {
                let mut before: Vec<Atom> = self.atoms[..i].to_vec();
                if at > 0 {
                    before.push(cut(atom, 0, at));
                }
                let mut after = Vec::new();
                if at + mark.len_utf8() < text.len() {
                    after.push(cut(atom, at + mark.len_utf8(), text.len()));
                }
                after.extend_from_slice(&self.atoms[i + 1..]);
                let field = |atoms| Field {
                    atoms,
                    word: self.word,
                    splits: self.splits,
                };
                return Some((field(before), field(after)));
            }
        }
        None
    }

    /// Split at every `mark` (comma-separated values), at most 64 parts.
    pub fn split(&self, mark: char) -> Vec<Field> {
        let mut parts = Vec::new();
        let mut rest = self.clone();
        while parts.len() < 64
            && let Some((part, behind)) = rest.split_once(mark)
        {
            parts.push(part);
            rest = behind;
        }
        parts.push(rest);
        parts
    }
}

fn is_literal(atom: &Atom) -> bool {
    matches!(atom.piece, Piece::Literal(_))
}

/// The text of a literal atom.
fn literal(atom: &Atom) -> &str {
    match &atom.piece {
        Piece::Literal(text) => text,
        _ => "",
    }
}

/// Bytes `from..to` of an atom's text.
fn cut(atom: &Atom, from: usize, to: usize) -> Atom {
    let part = |text: &str| -> std::sync::Arc<str> { text.get(from..to).unwrap_or("").into() };
    let piece = match &atom.piece {
        Piece::Literal(text) => Piece::Literal(part(text)),
        Piece::Substituted { text, origin } => Piece::Substituted {
            text: part(text),
            origin: origin.clone(),
        },
        Piece::Variable(_) => atom.piece.clone(),
    };
    let span = if atom.exact {
        Span {
            start: atom.span.start + from as u32,
            end: atom.span.start + to as u32,
        }
    } else {
        atom.span
    };
    Atom {
        piece,
        span,
        exact: atom.exact,
    }
}
