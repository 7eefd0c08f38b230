//! Turns words into the arguments a command would get: variables put in their place as far as they are known.

use std::sync::Arc;

use crate::extract::Sink;
use crate::extract::shell::field::{Atom, Field};
use crate::extract::shell::flags::names_options;
use crate::extract::shell::syntax::{Operator, Parameter, Part, PartKind, Word};
use crate::extract::shell::walk::Walker;
use image_lint_model::value::{Op, Origin, OriginKind, Piece, Syntax, Value, Variable};
use image_lint_text::source::Span;

impl Walker<'_> {
    /// The arguments a word becomes. Commands inside it are walked on the way.
    pub(super) fn expand(&mut self, word: &Word, sink: &mut Sink<'_>) -> Vec<Field> {
        let mut fields = Vec::new();
        let mut field = Field {
            word: word.span,
            ..Field::default()
        };
        let alone = word.parts.len() == 1;
        for part in &word.parts {
            match &part.kind {
                PartKind::Parameter(parameter) => {
                    if let Some(list) = self.as_list(part, parameter) {
                        let mut list = list.into_iter();
                        if let Some(first) = list.next() {
                            field.atoms.extend(first.atoms);
                        } else if alone {
                            return Vec::new();
                        }
                        for next in list {
                            let done = std::mem::replace(
                                &mut field,
                                Field {
                                    word: word.span,
                                    ..Field::default()
                                },
                            );
                            fields.push(done);
                            field.atoms = next.atoms;
                            field.word = next.word;
                        }
                        continue;
                    }
                    let mut atoms = self.parameter(part, parameter, sink);
                    if !alone {
                        self.settle(&parameter.name, part.span, &mut atoms, sink);
                    }
                    let all = matches!(&*parameter.name, "@" | "*")
                        || parameter.index.as_deref() == Some("@");
                    if alone && (!part.quoted || all) {
                        field.splits = true;
                    }
                    if part.quoted {
                        field.atoms.extend(atoms);
                    } else {
                        split_blanks(atoms, &mut field, &mut fields);
                    }
                }
                _ => {
                    // What is put in its place before the shell runs may be several words.
                    field.splits |=
                        alone && !part.quoted && matches!(part.kind, PartKind::Foreign(_));
                    let atom = self.atom(part, sink);
                    // Another language puts its text in before the shell splits it into words.
                    if alone
                        && !part.quoted
                        && let PartKind::Foreign(_) = part.kind
                        && let Some(Atom {
                            piece: Piece::Variable(variable),
                            ..
                        }) = &atom
                    {
                        field.splits = names_options(&variable.name);
                    }
                    field.atoms.extend(atom);
                }
            }
        }
        fields.push(field);
        fields
    }

    /// A word that is never split: the value of an assignment.
    pub(super) fn expand_whole(
        &mut self,
        parts: &[Part],
        span: Span,
        sink: &mut Sink<'_>,
    ) -> Field {
        let mut atoms = Vec::with_capacity(parts.len());
        for part in parts {
            match &part.kind {
                PartKind::Parameter(parameter) => {
                    let mut more = self.parameter(part, parameter, sink);
                    self.settle(&parameter.name, part.span, &mut more, sink);
                    atoms.extend(more);
                }
                _ => atoms.extend(self.atom(part, sink)),
            }
        }
        Field {
            atoms,
            word: span,
            splits: false,
        }
    }

    /// An argument of a function keeps its place at the call as long as it is a word of its own; as a part of a word
    /// it stands where it is used.
    fn settle(&self, name: &str, span: Span, atoms: &mut [Atom], sink: &mut Sink<'_>) {
        for atom in atoms {
            if let Piece::Literal(text) = &atom.piece
                && atom.span != span
            {
                let place = Some(sink.place(self.text.outer(atom.span)));
                let origin = Origin {
                    name: name.into(),
                    kind: OriginKind::Assignment,
                    place,
                };
                atom.piece = Piece::Substituted {
                    text: text.clone(),
                    origin: origin.into(),
                };
            }
            atom.exact &= atom.span == span;
            atom.span = span;
        }
    }

    fn atom(&mut self, part: &Part, sink: &mut Sink<'_>) -> Option<Atom> {
        let piece = match &part.kind {
            PartKind::Text(text) => {
                let exact = self.written(part.span) == &**text;
                return Some(Atom {
                    piece: Piece::Literal(text.clone()),
                    span: part.span,
                    exact,
                });
            }
            PartKind::Command(nodes) => {
                self.subshell(nodes, sink);
                self.opaque(part.span, Syntax::Command)
            }
            PartKind::Arithmetic => self.opaque(part.span, Syntax::Command),
            PartKind::Foreign(syntax) => self.opaque(part.span, *syntax),
            PartKind::Parameter(_) => return None,
        };
        Some(Atom {
            piece,
            span: part.span,
            exact: false,
        })
    }

    /// Something that only running could tell, or that another language replaces.
    fn opaque(&self, span: Span, syntax: Syntax) -> Piece {
        let written = cut(self.written(span));
        let name = match syntax {
            Syntax::Tekton => written.trim_start_matches("$(").trim_end_matches(')'),
            Syntax::Expression => written
                .trim_start_matches(['$', '{', '['])
                .trim_end_matches(['}', ']'])
                .trim(),
            Syntax::Braces | Syntax::Argo => {
                written.trim_start_matches('{').trim_end_matches('}').trim()
            }
            _ => written,
        };
        let variable = Variable {
            name: name.into(),
            written: written.into(),
            syntax,
            op: Op::Plain,
        };
        Piece::Variable(Arc::new(variable))
    }

    /// `"$@"`, `${A[@]}` when every element is known to be one argument.
    fn as_list(&self, part: &Part, parameter: &Parameter) -> Option<Vec<Field>> {
        if !matches!(parameter.operator, Operator::Plain) {
            return None;
        }
        if matches!(&*parameter.name, "@" | "*") {
            return self.positional.clone();
        }
        if !matches!(parameter.index.as_deref(), Some("@" | "*")) {
            return None;
        }
        let binding = self.environment.get(&parameter.name)?;
        let elements = match &binding.elements {
            Some(elements) => elements.clone(),
            None => vec![binding.value.clone()],
        };
        Some(
            elements
                .iter()
                .map(|value| Field {
                    atoms: substituted(&parameter.name, value, binding.place, part.span),
                    word: part.span,
                    splits: false,
                })
                .collect(),
        )
    }

    fn lookup(&self, parameter: &Parameter, span: Span) -> Option<Vec<Atom>> {
        if let Ok(n) = parameter.name.parse::<usize>() {
            let field = self.positional.as_ref()?.get(n.checked_sub(1)?)?;
            return Some(field.atoms.clone());
        }
        let binding = self.environment.get(&parameter.name)?;
        let value = match (&parameter.index, &binding.elements) {
            (Some(index), Some(elements)) => elements.get(index.parse::<usize>().ok()?)?,
            (None, Some(elements)) => elements.first()?,
            (Some(_), None) => return None,
            (None, None) => &binding.value,
        };
        Some(substituted(&parameter.name, value, binding.place, span))
    }

    fn parameter(&mut self, part: &Part, parameter: &Parameter, sink: &mut Sink<'_>) -> Vec<Atom> {
        let held = self.lookup(parameter, part.span);
        let known = held.as_ref().and_then(|atoms| known(atoms));
        match (&parameter.operator, held, known) {
            (Operator::Plain | Operator::Required { .. }, Some(atoms), _) => atoms,
            (
                Operator::Default {
                    word,
                    or_empty: true,
                    ..
                },
                Some(_),
                Some(text),
            ) if text.is_empty() => self.expand_whole(word, part.span, sink).atoms,
            (Operator::Default { .. }, Some(atoms), _) => atoms,
            (Operator::Alternate { word, if_not_empty }, Some(_), Some(text)) => {
                if *if_not_empty && text.is_empty() {
                    Vec::new()
                } else {
                    self.expand_whole(word, part.span, sink).atoms
                }
            }
            (operator, Some(atoms), Some(text)) => match self.transform(operator, &text, sink) {
                Some(text) => {
                    let origin = atoms.iter().find_map(|a| match &a.piece {
                        Piece::Substituted { origin, .. } => Some(origin.clone()),
                        _ => None,
                    });
                    let piece = match origin {
                        Some(origin) => Piece::Substituted {
                            text: text.into(),
                            origin,
                        },
                        None => Piece::Literal(text.into()),
                    };
                    vec![Atom {
                        piece,
                        span: part.span,
                        exact: false,
                    }]
                }
                None => vec![self.open(part, parameter, Op::Unsupported)],
            },
            (_, Some(_), None) => vec![self.open(part, parameter, Op::Unsupported)],
            (operator, None, _) => {
                let op = self.operation(operator, sink);
                if let Operator::Default {
                    word, assign: true, ..
                } = operator
                {
                    // `: ${X:=default}` assigns.
                    let value = self.expand_whole(word, part.span, sink).value();
                    let op = Op::Default {
                        word: value,
                        or_empty: true,
                    };
                    if let Piece::Variable(variable) = self.open(part, parameter, op).piece {
                        let value = Value {
                            pieces: vec![Piece::Variable(variable)],
                        };
                        self.assign(&parameter.name, value, part.span, sink);
                    }
                }
                vec![self.open(part, parameter, op)]
            }
        }
    }

    fn open(&self, part: &Part, parameter: &Parameter, op: Op) -> Atom {
        let mut name = String::from(&*parameter.name);
        if let Some(index) = &parameter.index {
            name = format!("{name}[{index}]");
            if index.contains(['@', '*']) {
                name = format!("{}@", parameter.name);
            }
        }
        let written = cut(self.written(part.span)).into();
        let variable = Variable {
            name: name.into(),
            written,
            syntax: Syntax::Shell,
            op,
        };
        Atom {
            piece: Piece::Variable(Arc::new(variable)),
            span: part.span,
            exact: false,
        }
    }

    /// The operator as the model knows it, its words expanded.
    fn operation(&mut self, operator: &Operator, sink: &mut Sink<'_>) -> Op {
        let mut word = |parts: &[Part]| self.expand_whole(parts, Span::default(), sink).value();
        match operator {
            Operator::Plain => Op::Plain,
            Operator::Default {
                word: parts,
                or_empty,
                ..
            } => Op::Default {
                word: word(parts),
                or_empty: *or_empty,
            },
            Operator::Alternate {
                word: parts,
                if_not_empty,
            } => Op::Alternate {
                word: word(parts),
                if_not_empty: *if_not_empty,
            },
            Operator::Required { or_empty } => Op::Required {
                or_empty: *or_empty,
            },
            Operator::TrimPrefix { pattern, longest } => Op::TrimPrefix {
                pattern: word(pattern),
                longest: *longest,
            },
            Operator::TrimSuffix { pattern, longest } => Op::TrimSuffix {
                pattern: word(pattern),
                longest: *longest,
            },
            Operator::Replace { pattern, with, all } => Op::Replace {
                pattern: word(pattern),
                with: word(with),
                all: *all,
            },
            Operator::Upper => Op::Upper,
            Operator::Lower => Op::Lower,
            Operator::Unsupported => Op::Unsupported,
        }
    }

    /// A known text after its operator; None when the pattern is open or of a kind that is not followed.
    fn transform(
        &mut self,
        operator: &Operator,
        text: &str,
        sink: &mut Sink<'_>,
    ) -> Option<String> {
        let mut word = |parts: &[Part]| self.expand_whole(parts, Span::default(), sink).known();
        match operator {
            Operator::Upper => Some(text.to_uppercase()),
            Operator::Lower => Some(text.to_lowercase()),
            Operator::TrimPrefix { pattern, longest } => {
                trim_prefix(text, &word(pattern)?, *longest)
            }
            Operator::TrimSuffix { pattern, longest } => {
                trim_suffix(text, &word(pattern)?, *longest)
            }
            Operator::Replace { pattern, with, all } => {
                let (pattern, with) = (word(pattern)?, word(with)?);
                if pattern.is_empty() || pattern.contains(['*', '?', '[', '#', '%']) {
                    return None;
                }
                Some(if *all {
                    text.replace(&pattern, &with)
                } else {
                    text.replacen(&pattern, &with, 1)
                })
            }
            _ => None,
        }
    }
}

/// Values are shown; more than a line of a substitution tells nobody anything.
fn cut(written: &str) -> &str {
    let mut end = written.len().min(120);
    while !written.is_char_boundary(end) {
        end -= 1;
    }
    &written[..end]
}

fn known(atoms: &[Atom]) -> Option<String> {
    let mut text = String::new();
    for atom in atoms {
        match &atom.piece {
            Piece::Literal(t) | Piece::Substituted { text: t, .. } => text.push_str(t),
            Piece::Variable(_) => return None,
        }
    }
    Some(text)
}

/// The pieces of a variable's value at a place where it is used.
pub(super) fn substituted(
    name: &str,
    value: &Value,
    place: Option<image_lint_text::source::Place>,
    span: Span,
) -> Vec<Atom> {
    let origin = || Origin {
        name: name.into(),
        kind: OriginKind::Assignment,
        place,
    };
    value
        .pieces
        .iter()
        .map(|piece| {
            let piece = match piece {
                Piece::Literal(text) => Piece::Substituted {
                    text: text.clone(),
                    origin: origin().into(),
                },
                other => other.clone(),
            };
            Atom {
                piece,
                span,
                exact: false,
            }
        })
        .collect()
}

/// Field splitting of an unquoted variable at blanks in its known text.
fn split_blanks(atoms: Vec<Atom>, field: &mut Field, done: &mut Vec<Field>) {
    let blank = |c: char| matches!(c, ' ' | '\t' | '\n');
    for atom in atoms {
        let Piece::Substituted { text, origin } = &atom.piece else {
            field.atoms.push(atom);
            continue;
        };
        if !text.contains(blank) {
            field.atoms.push(atom);
            continue;
        }
        let mut first = true;
        for part in text.split(blank) {
            if !first && !field.atoms.is_empty() {
                let next = Field {
                    word: field.word,
                    ..Field::default()
                };
                done.push(std::mem::replace(field, next));
            }
            first = false;
            if !part.is_empty() {
                let piece = Piece::Substituted {
                    text: part.into(),
                    origin: origin.clone(),
                };
                field.atoms.push(Atom {
                    piece,
                    span: atom.span,
                    exact: false,
                });
            }
        }
    }
}

/// `${X#pattern}` for patterns of literal text with at most one `*` at an end.
fn trim_prefix(text: &str, pattern: &str, longest: bool) -> Option<String> {
    if pattern.contains(['?', '[']) {
        return None;
    }
    match pattern.strip_prefix('*') {
        None if pattern.contains('*') => None,
        None => Some(text.strip_prefix(pattern).unwrap_or(text).to_owned()),
        Some(mark) if mark.contains('*') => None,
        Some(mark) => {
            let at = if longest {
                text.rfind(mark)
            } else {
                text.find(mark)
            };
            Some(at.map_or(text, |i| &text[i + mark.len()..]).to_owned())
        }
    }
}

/// `${X%pattern}`, the same way.
fn trim_suffix(text: &str, pattern: &str, longest: bool) -> Option<String> {
    if pattern.contains(['?', '[']) {
        return None;
    }
    match pattern.strip_suffix('*') {
        None if pattern.contains('*') => None,
        None => Some(text.strip_suffix(pattern).unwrap_or(text).to_owned()),
        Some(mark) if mark.contains('*') => None,
        Some(mark) => {
            let at = if longest {
                text.find(mark)
            } else {
                text.rfind(mark)
            };
            Some(at.map_or(text, |i| &text[..i]).to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_trim_like_the_shell() {
        for (text, pattern, longest, prefix, expected) in [
            ("a/b/c", "*/", true, true, "c"),
            ("a/b/c", "*/", false, true, "b/c"),
            ("v1.2", "v", false, true, "1.2"),
            ("x:tag", ":*", false, false, "x"),
            ("h:5000/x:tag", ":*", true, false, "h"),
            ("name.sh", ".sh", false, false, "name"),
        ] {
            let got = if prefix {
                trim_prefix(text, pattern, longest)
            } else {
                trim_suffix(text, pattern, longest)
            };
            assert_eq!(got.as_deref(), Some(expected), "{text} {pattern}");
        }
    }
}
