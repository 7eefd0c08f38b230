//! Turns words into the arguments a command would get: variables put in their place as far as they are known.

use std::sync::Arc;

use crate::extract::ci::expression;
use crate::extract::shell::environment::Binding;
use crate::extract::shell::field::{Atom, Field};
use crate::extract::shell::flags::names_options;
use crate::extract::shell::paths;
use crate::extract::shell::syntax::{Operator, Parameter, Part, PartKind, Word};
use crate::extract::shell::walk::Walker;
use crate::extract::{Sink, Site};
use image_lint_model::evaluate::{Lookup, Meaning, edited};
use image_lint_model::mention::SourceKind;
use image_lint_model::value::{Op, Origin, OriginKind, Piece, Syntax, Value, Variable, Way};
use image_lint_text::meter::{Meter, UsedUp};
use image_lint_text::source::Span;

/// What one argument costs that is copied, in steps and in bytes of memory, and one piece of it.
const FIELD_STEPS: u64 = 8;
const FIELD_BYTES: usize = 96;
const ATOM_BYTES: usize = 16;

/// Charges pieces that are put in a variable's place; `split`: each word of them becomes an argument of its own.
fn charge_atoms(atoms: &[Atom], split: bool, sink: &Sink<'_>) -> Result<(), UsedUp> {
    let (mut bytes, mut copied) = (0, ATOM_BYTES * atoms.len());
    for atom in atoms {
        if let Piece::Literal(text) | Piece::Substituted { text, .. } = &atom.piece {
            bytes += text.len();
            // Each second byte may be a word.
            if split && text.contains([' ', '\n', '\t']) {
                copied += text.len() * FIELD_BYTES / 8;
            }
        }
    }
    sink.meter
        .charge(1 + 4 * atoms.len() as u64 + bytes as u64 / 8)?;
    sink.meter.produce(copied)
}

impl Walker<'_> {
    /// The arguments a word becomes; none once the meter lets nothing more through. Commands inside it are walked on the
    /// way.
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
                    if self.charge_list(parameter, sink).is_err() {
                        return Vec::new();
                    }
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
                    if charge_atoms(&atoms, !part.quoted, sink).is_err() {
                        return Vec::new();
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
                    if charge_atoms(&more, false, sink).is_err() {
                        break;
                    }
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
            PartKind::Command(nodes) => match self.substitution(nodes, sink) {
                Some(piece) => piece,
                None => self.opaque(part.span, Syntax::Command),
            },
            PartKind::Arithmetic => self.opaque(part.span, Syntax::Command),
            PartKind::Foreign(syntax) => {
                let piece = self.opaque(part.span, *syntax);
                self.given(&piece, sink).unwrap_or(piece)
            }
            PartKind::Parameter(_) => return None,
        };
        Some(Atom {
            piece,
            span: part.span,
            exact: false,
        })
    }

    /// The value of another language's variable (`${{ env.TAG }}`, Azure's `$(TAG)`) that the script was started with
    /// under that name.
    fn given(&self, piece: &Piece, sink: &mut Sink<'_>) -> Option<Piece> {
        let Piece::Variable(variable) = piece else {
            return None;
        };
        if variable.syntax == Syntax::Expression {
            return self.expression(variable, sink);
        }
        let replaced_before =
            variable.syntax == Syntax::Tekton && self.context.source == SourceKind::Ci;
        let binding = self
            .environment
            .get(&variable.name)
            .filter(|_| replaced_before)?;
        let origin = Origin {
            name: variable.name.clone(),
            kind: OriginKind::Assignment,
            place: binding.place,
        };
        Some(Piece::Substituted {
            text: binding.value.as_known()?.into(),
            origin: origin.into(),
        })
    }

    /// `${{ … }}`, whose paths the script was started with.
    fn expression(&self, variable: &Variable, sink: &mut Sink<'_>) -> Option<Piece> {
        let look_up = |path: &str| {
            let binding = self.environment.get(path);
            binding.map_or_else(Vec::new, known_values)
        };
        let found = expression::values(&variable.name, &mut { look_up });
        let place = |site: Option<Site>| match site {
            Some(Site::There(place)) => Some(place),
            _ => None,
        };
        let ways: Vec<Way> = found
            .into_iter()
            .map(|(text, site)| Way {
                value: Value::literal(&text),
                place: place(site),
                when: None,
            })
            .collect();
        match ways.as_slice() {
            [] => self.behind(variable),
            [only] => {
                let origin = Origin {
                    name: variable.name.clone(),
                    kind: OriginKind::Assignment,
                    place: only.place,
                };
                Some(Piece::Substituted {
                    text: only.value.as_known()?.into(),
                    origin: origin.into(),
                })
            }
            _ => Some(Piece::Variable(Arc::new(Variable {
                op: Op::OneOf {
                    ways: ways.into(),
                    choice: sink.new_choice(),
                },
                ..variable.clone()
            }))),
        }
    }

    /// What nobody knows of an expression whose path has a value: the variable that this value is in turn.
    fn behind(&self, variable: &Variable) -> Option<Piece> {
        let binding = self.environment.get(variable.name.trim())?;
        match binding.value.pieces.as_slice() {
            [piece @ Piece::Variable(inner)] if inner.name != variable.name => Some(piece.clone()),
            _ => None,
        }
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

    /// Charges the arguments that [`Walker::as_list`] copies.
    fn charge_list(&self, parameter: &Parameter, sink: &Sink<'_>) -> Result<(), UsedUp> {
        let arguments = match (&*parameter.name, parameter.index.as_deref()) {
            ("@" | "*", _) => self.positional.as_ref().map_or(0, |all| all.len()),
            (name, Some("@" | "*")) => self
                .environment
                .get(name)
                .and_then(|binding| Some(binding.elements.as_ref()?.len()))
                .unwrap_or(1),
            _ => return Ok(()),
        };
        sink.meter.charge(FIELD_STEPS * arguments as u64)?;
        sink.meter.produce(FIELD_BYTES * arguments)
    }

    /// `"$@"`, `${A[@]}` when every element is known to be one argument.
    fn as_list(&self, part: &Part, parameter: &Parameter) -> Option<Vec<Field>> {
        if !matches!(parameter.operator, Operator::Plain) {
            return None;
        }
        if matches!(&*parameter.name, "@" | "*") {
            return self.positional.as_ref().map(|all| all.to_vec());
        }
        if !matches!(parameter.index.as_deref(), Some("@" | "*")) {
            return None;
        }
        let binding = self.environment.get(&parameter.name)?;
        let field = |value: &Value| Field {
            atoms: substituted(&parameter.name, value, binding.place, part.span),
            word: part.span,
            splits: false,
        };
        Some(match &binding.elements {
            Some(elements) if parameter.keys => elements
                .iter()
                .map(|one| field(&Value::literal(&one.key)))
                .collect(),
            Some(elements) => elements.iter().map(|one| field(&one.value)).collect(),
            None if parameter.keys => vec![field(&Value::literal("0"))],
            None => vec![field(&binding.value)],
        })
    }

    fn lookup(&self, parameter: &Parameter, span: Span) -> Option<Vec<Atom>> {
        if let Some(own) = self.own_path(&parameter.name, span) {
            return Some(vec![own]);
        }
        if let Ok(n) = parameter.name.parse::<usize>() {
            let field = self.positional.as_ref()?.get(n.checked_sub(1)?)?;
            return Some(field.atoms.clone());
        }
        let binding = self.environment.get(&parameter.name)?;
        let value = match (&parameter.index, &binding.elements) {
            (Some(index), Some(elements)) => {
                let key = self.key(index)?;
                &elements.iter().rev().find(|one| one.key == key)?.value
            }
            (None, Some(elements)) => &elements.iter().find(|one| &*one.key == "0")?.value,
            (Some(index), None) if &**index == "0" => &binding.value,
            (Some(_), None) => return None,
            (None, None) => &binding.value,
        };
        Some(substituted(&parameter.name, value, binding.place, span))
    }

    fn parameter(&mut self, part: &Part, parameter: &Parameter, sink: &mut Sink<'_>) -> Vec<Atom> {
        let held = self.lookup(parameter, part.span);
        let Some(atoms) = held else {
            return self.unset(part, parameter, sink);
        };
        let text = match &parameter.operator {
            Operator::Plain | Operator::Required { .. } if is_argument(&atoms) => {
                // `local IMAGE="$1"`: what a reader finds at the mention is the name.
                return vec![self.open(part, parameter, Op::Unsupported)];
            }
            Operator::Plain | Operator::Required { .. } => return atoms,
            _ => known(&atoms).or_else(|| paths::of_atoms(&atoms)),
        };
        match (&parameter.operator, text) {
            (
                Operator::Default {
                    word,
                    or_empty: true,
                    ..
                },
                Some(text),
            ) if text.is_empty() => self.expand_whole(word, part.span, sink).atoms,
            (Operator::Default { .. }, _) => atoms,
            (
                Operator::Alternate {
                    if_not_empty: true, ..
                },
                Some(text),
            ) if text.is_empty() => Vec::new(),
            (Operator::Alternate { word, .. }, Some(_)) => {
                self.expand_whole(word, part.span, sink).atoms
            }
            (operator, Some(text)) => {
                let op = self.operation(operator, sink);
                let is_path = paths::of_atoms(&atoms).is_some();
                match edited(&text, &op, &Metered(&sink.meter)) {
                    Some(text) if is_path && (text == "." || text.starts_with("./")) => {
                        vec![Atom {
                            piece: paths::piece(&text, self.written(part.span), Syntax::Command),
                            span: part.span,
                            exact: false,
                        }]
                    }
                    Some(text) => vec![edited_atom(&atoms, text, part.span)],
                    None => vec![self.open(part, parameter, Op::Unsupported)],
                }
            }
            (_, None) => vec![self.open(part, parameter, Op::Unsupported)],
        }
    }

    /// A variable that nothing in the script gives a value: `${X:=word}` does.
    fn unset(&mut self, part: &Part, parameter: &Parameter, sink: &mut Sink<'_>) -> Vec<Atom> {
        let op = self.operation(&parameter.operator, sink);
        let atom = self.open(part, parameter, op);
        if let Operator::Default { assign: true, .. } = parameter.operator {
            let value = Value {
                pieces: vec![atom.piece.clone()],
            };
            self.assign(&parameter.name, value, part.span, sink);
        }
        vec![atom]
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
        match operator {
            Operator::Plain => Op::Plain,
            Operator::Default { word, or_empty, .. } => Op::Default {
                word: self.word(word, sink),
                or_empty: *or_empty,
            },
            Operator::Alternate { word, if_not_empty } => Op::Alternate {
                word: self.word(word, sink),
                if_not_empty: *if_not_empty,
            },
            Operator::Required { or_empty } => Op::Required {
                or_empty: *or_empty,
            },
            Operator::TrimPrefix { pattern, longest } => Op::TrimPrefix {
                pattern: self.pattern(pattern, sink),
                longest: *longest,
            },
            Operator::TrimSuffix { pattern, longest } => Op::TrimSuffix {
                pattern: self.pattern(pattern, sink),
                longest: *longest,
            },
            Operator::Replace { pattern, with, all } => {
                let pattern = self.pattern(pattern, sink);
                let with = self.word(with, sink);
                if is_anchored(&pattern) {
                    return Op::Unsupported;
                }
                Op::Replace {
                    pattern,
                    with,
                    all: *all,
                }
            }
            Operator::Upper => Op::Upper,
            Operator::Lower => Op::Lower,
            Operator::Unsupported => Op::Unsupported,
        }
    }

    fn word(&mut self, parts: &[Part], sink: &mut Sink<'_>) -> Value {
        self.expand_whole(parts, Span::default(), sink).value()
    }

    /// A word that is a pattern: what is quoted in it matches itself.
    fn pattern(&mut self, parts: &[Part], sink: &mut Sink<'_>) -> Value {
        let mut value = Value::default();
        for part in parts {
            let mut of_part = self.word(std::slice::from_ref(part), sink);
            if part.quoted {
                for piece in &mut of_part.pieces {
                    match piece {
                        Piece::Literal(text) | Piece::Substituted { text, .. } => {
                            *text = escaped(text).into();
                        }
                        Piece::Variable(_) => {}
                    }
                }
            }
            value.pieces.append(&mut of_part.pieces);
        }
        value
    }
}

/// `${X/#pattern/word}` and `${X/%pattern/word}` of bash match at an end only, which the model does not know.
fn is_anchored(pattern: &Value) -> bool {
    matches!(pattern.pieces.first(), Some(Piece::Literal(text)) if text.starts_with(['#', '%']))
}

/// The values of a variable that is known, or that has one of several known ones.
fn known_values(binding: &Binding) -> Vec<expression::Given> {
    let site = binding.place.map(Site::There);
    if let Some(text) = binding.value.as_known() {
        return vec![(text, site)];
    }
    let [Piece::Variable(variable)] = binding.value.pieces.as_slice() else {
        return Vec::new();
    };
    let Op::OneOf { ways, .. } = &variable.op else {
        return Vec::new();
    };
    let each = ways
        .iter()
        .map(|way| Some((way.value.as_known()?, way.place.map(Site::There))));
    each.collect::<Option<Vec<_>>>().unwrap_or_default()
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '*' | '?' | '[' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// One unknown argument of a function or script (`$1`) and nothing else.
fn is_argument(atoms: &[Atom]) -> bool {
    matches!(atoms, [Atom { piece: Piece::Variable(variable), .. }]
        if variable.op == Op::Plain && variable.name.bytes().all(|b| b.is_ascii_digit()))
}

/// What is left of a variable's pieces after an operator: one piece, which came from where the first one did.
fn edited_atom(atoms: &[Atom], text: String, span: Span) -> Atom {
    let origin = atoms.iter().find_map(|a| match &a.piece {
        Piece::Substituted { origin, .. } => Some(origin.clone()),
        _ => None,
    });
    let text = text.into();
    let piece = match origin {
        Some(origin) => Piece::Substituted { text, origin },
        None => Piece::Literal(text),
    };
    Atom {
        piece,
        span,
        exact: false,
    }
}

/// Words of operators hold no variables that are still to be looked up; the work is charged to the file.
struct Metered<'m>(&'m Meter);

impl Lookup for Metered<'_> {
    fn look_up(&self, _: &Variable) -> Meaning {
        Meaning::Undefined
    }

    fn spend(&self, bytes: usize) -> bool {
        self.0.charge(bytes as u64 / 8).is_ok()
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
    let origin = Arc::new(Origin {
        name: name.into(),
        kind: OriginKind::Assignment,
        place,
    });
    if value.pieces.is_empty() {
        // A name that is made of it shows where something is missing.
        let piece = Piece::Substituted {
            text: "".into(),
            origin,
        };
        return vec![Atom {
            piece,
            span,
            exact: false,
        }];
    }
    value
        .pieces
        .iter()
        .map(|piece| {
            let piece = match piece {
                Piece::Literal(text) => Piece::Substituted {
                    text: text.clone(),
                    origin: Arc::clone(&origin),
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
