//! A string of the repository, of which some parts may be variables, and how it is expanded.
//!
//! Extractors write down what stands in the file; what a variable means is found by `link` from the
//! definitions that the whole repository gives. Nothing is ever cut short at a variable: a value is known as a whole
//! or open as a whole.

use std::sync::Arc;

use image_lint_text::source::Place;

/// A string made of literal text and variables, in order. Pieces are shared: a value that is made of other values
/// (`B=$A$A`, `C=${X:-$B}`) holds them, and no copies of them.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Value {
    pub pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Literal(Arc<str>),
    Variable(Arc<Variable>),
    /// Text that an extractor already put in place of a variable (a shell assignment above, a Dockerfile's `TARGETOS`).
    Substituted {
        text: Arc<str>,
        /// Apart, since most pieces are literal and there are two for each mention.
        origin: Arc<Origin>,
    },
}

/// One use of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Without its marks: `IMAGE` for `${IMAGE}`, `params.image` for `$(params.image)`, the text for `{{ … }}`.
    pub name: Box<str>,
    /// As written, marks and all; untrusted like everything from the file.
    pub written: Box<str>,
    pub syntax: Syntax,
    pub op: Op,
}

/// In which language the variable stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Syntax {
    /// `$X`, `${X}` of shells, Dockerfiles, Compose and CI variables.
    Shell,
    /// `${X}` and `${{X}}` of an OpenShift Template.
    Template,
    /// `$(params.X)` and its kin in Tekton; `$(VAR)` of Kubernetes args.
    Tekton,
    /// `{{inputs.parameters.x}}` of Argo Workflows.
    Argo,
    /// `{{ … }}` of Go templates (Helm) and Jinja.
    Braces,
    /// `${{ … }}` of GitHub workflows, `$[[ … ]]` of GitLab components.
    Expression,
    /// `@X@`, `__X__`, `%X%`, `#X#`, `<X>`: a mark that some program replaces.
    Placeholder,
    /// `$(X)` and `$(call …)` of Make.
    Make,
    /// A command substitution or another thing that only running it could tell.
    Command,
}

/// What is done with the variable's value (POSIX parameter expansion; Dockerfile reference, "Environment replacement").
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    Plain,
    /// `${X-word}`; with `or_empty`, `${X:-word}`. `:=` is the same for us.
    Default {
        word: Value,
        or_empty: bool,
    },
    /// `${X+word}`; with `if_not_empty`, `${X:+word}`.
    Alternate {
        word: Value,
        if_not_empty: bool,
    },
    /// `${X?}`, `${X:?}`: an error when unset.
    Required {
        or_empty: bool,
    },
    /// `${X#pattern}`; `longest` for `##`.
    TrimPrefix {
        pattern: Value,
        longest: bool,
    },
    /// `${X%pattern}`; `longest` for `%%`.
    TrimSuffix {
        pattern: Value,
        longest: bool,
    },
    /// `${X/pattern/with}`; `all` for `//`.
    Replace {
        pattern: Value,
        with: Value,
        all: bool,
    },
    /// The variable has one of these values, by the way that was taken through the text (`if`, `case`). Variables of one
    /// `choice` go together.
    OneOf {
        ways: Arc<[Way]>,
        choice: u32,
    },
    /// `${X^^}`, `${X,,}`.
    Upper,
    Lower,
    /// A path of the repository: `.` or `./…`, from its root.
    Path(Box<str>),
    /// Anything else: never known.
    Unsupported,
}

/// One of several values of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    pub value: Value,
    /// Where it is assigned.
    pub place: Option<Place>,
    /// Under which condition, in words that stand in the file.
    pub when: Option<Arc<str>>,
}

/// Where the text in place of a variable came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Name of the variable, without marks.
    pub name: Box<str>,
    pub kind: OriginKind,
    /// Where the definition stands, when it stands in the repository.
    pub place: Option<Place>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OriginKind {
    /// `parameters[].value` of an OpenShift Template.
    TemplateParameter,
    /// `params[].default` of Tekton.
    TektonParam,
    /// `arguments.parameters[]` or a default of Argo Workflows.
    ArgoParameter,
    /// `ARG X=…`, or `ENV`.
    DockerfileArg,
    /// Platform arguments that builders define (`TARGETARCH`).
    Predefined,
    /// An assignment in a shell script, a Makefile or a CI `variables:`/`env:`.
    Assignment,
    /// The word after `:-` at the mention itself.
    InlineDefault,
    /// `--build-arg` of a command or `buildArgs` of a BuildConfig in the repository.
    BuildArg,
    /// `appVersion` of Chart.yaml, `global.imageRegistry` of values.
    HelmChart,
    /// A number or a boolean of a chart's values, which helm prints otherwise than it is written.
    HelmNumber,
    /// `newName`, `newTag`, `digest` of a kustomization.
    Kustomize,
    /// `--values`, `--set` or the environment.
    CommandLine,
}

impl Value {
    pub fn literal(text: &str) -> Self {
        Value {
            pieces: vec![Piece::Literal(text.into())],
        }
    }

    pub fn push_literal(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(Piece::Literal(last)) = self.pieces.last_mut() {
            *last = [&**last, text].concat().into();
        } else {
            if self.pieces.is_empty() {
                // Nearly all values stay at one piece, and there is one for each mention.
                self.pieces.reserve_exact(1);
            }
            self.pieces.push(Piece::Literal(text.into()));
        }
    }

    pub fn push_variable(&mut self, name: &str, written: &str, syntax: Syntax) {
        self.pieces.push(Piece::Variable(Arc::new(Variable {
            name: name.into(),
            written: written.into(),
            syntax,
            op: Op::Plain,
        })));
    }

    /// The text, when no variable is left in it.
    pub fn as_known(&self) -> Option<String> {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(t) | Piece::Substituted { text: t, .. } => text.push_str(t),
                Piece::Variable(_) => return None,
            }
        }
        Some(text)
    }

    pub fn is_literal(&self) -> bool {
        self.pieces.iter().all(|p| matches!(p, Piece::Literal(_)))
    }

    /// The values that it may have, each with its condition: itself alone where nothing in it is one of several. Where it
    /// has more than `most`, or is made by two choices, it stays as it is: nobody knows which of their ways go together.
    pub fn ways(&self, most: usize) -> Vec<(Value, Option<Arc<str>>)> {
        let alone = || vec![(self.clone(), None)];
        let Some((choice, count)) = self.choice().filter(|(_, count)| *count <= most) else {
            return alone();
        };
        let all: Vec<_> = (0..count)
            .map(|way| (self.chosen(choice, way), self.condition(choice, way)))
            .collect();
        if all.iter().any(|(value, _)| value.choice().is_some()) {
            return alone();
        }
        all
    }

    /// When a choice goes one way.
    fn condition(&self, choice: u32, way: usize) -> Option<Arc<str>> {
        self.variables().find_map(|variable| match &variable.op {
            Op::OneOf { ways, choice: own } if *own == choice => ways.get(way)?.when.clone(),
            _ => None,
        })
    }

    /// The first choice in it, and how many ways that has.
    fn choice(&self) -> Option<(u32, usize)> {
        self.variables().find_map(|variable| match &variable.op {
            Op::OneOf { ways, choice } => Some((*choice, ways.len())),
            _ => None,
        })
    }

    /// The value where a choice went one way.
    fn chosen(&self, choice: u32, way: usize) -> Value {
        let mut pieces = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            match piece {
                Piece::Variable(variable) => match &variable.op {
                    Op::OneOf { ways, choice: own } if *own == choice => {
                        if let Some(way) = ways.get(way) {
                            pieces.extend(way.pieces(&variable.name));
                        }
                    }
                    _ => pieces.push(piece.clone()),
                },
                _ => pieces.push(piece.clone()),
            }
        }
        Value { pieces }
    }

    /// How much the value is when everything in it is copied out: its pieces, those of the words after operators, and
    /// their text. Counting ends beyond `most` pieces, so that it costs no more than that.
    pub fn weight(&self, most: usize) -> Weight {
        let mut weight = Weight::default();
        weight.add(self, most, 0);
        weight
    }

    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.pieces.iter().filter_map(|p| match p {
            Piece::Variable(v) => Some(&**v),
            _ => None,
        })
    }

    /// What was written, marks and all, with substituted text in its place.
    pub fn written(&self) -> String {
        self.pieces
            .iter()
            .map(|p| match p {
                Piece::Literal(t) | Piece::Substituted { text: t, .. } => &**t,
                Piece::Variable(v) => &*v.written,
            })
            .collect()
    }
}

impl Way {
    /// What stands in place of the variable.
    fn pieces(&self, name: &str) -> Vec<Piece> {
        let origin = Arc::new(Origin {
            name: name.into(),
            kind: OriginKind::Assignment,
            place: self.place,
        });
        let substituted = |piece: &Piece| match piece {
            Piece::Literal(text) => Piece::Substituted {
                text: Arc::clone(text),
                origin: Arc::clone(&origin),
            },
            other => other.clone(),
        };
        self.value.pieces.iter().map(substituted).collect()
    }
}

/// What [`Value::weight`] counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    pub pieces: usize,
    /// Of text.
    pub bytes: usize,
}

/// Words in words that are counted; what is deeper counts as without bound.
const MAX_WEIGHED_DEPTH: usize = 40;

impl Weight {
    fn add(&mut self, value: &Value, most: usize, depth: usize) {
        if depth > MAX_WEIGHED_DEPTH {
            self.pieces = usize::MAX;
        }
        for piece in &value.pieces {
            if self.pieces > most {
                return;
            }
            self.pieces = self.pieces.saturating_add(1);
            match piece {
                Piece::Literal(text) | Piece::Substituted { text, .. } => self.bytes += text.len(),
                Piece::Variable(variable) => {
                    self.bytes += variable.written.len();
                    for word in variable.op.words().into_iter().flatten() {
                        self.add(word, most, depth + 1);
                    }
                    if let Op::OneOf { ways, .. } = &variable.op {
                        ways.iter()
                            .for_each(|way| self.add(&way.value, most, depth + 1));
                    }
                }
            }
        }
    }
}

impl Op {
    /// The words after the operator.
    pub fn words(&self) -> [Option<&Value>; 2] {
        match self {
            Op::Default { word, .. } | Op::Alternate { word, .. } => [Some(word), None],
            Op::TrimPrefix { pattern, .. } | Op::TrimSuffix { pattern, .. } => {
                [Some(pattern), None]
            }
            Op::Replace { pattern, with, .. } => [Some(pattern), Some(with)],
            Op::Plain
            | Op::Required { .. }
            | Op::OneOf { .. }
            | Op::Path(_)
            | Op::Upper
            | Op::Lower
            | Op::Unsupported => [None, None],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_words_weigh_what_they_would_be_as_copies() {
        let mut value = Value::literal("x");
        for _ in 0..5 {
            let word = Value {
                pieces: [value.pieces.clone(), value.pieces].concat(),
            };
            let variable = Variable {
                name: "U".into(),
                written: "${U:-…}".into(),
                syntax: Syntax::Shell,
                op: Op::Default {
                    word,
                    or_empty: true,
                },
            };
            value = Value {
                pieces: vec![Piece::Variable(Arc::new(variable))],
            };
        }
        assert_eq!(value.weight(1000).pieces, 1 + 2 + 4 + 8 + 16 + 32);
        let cut = value.weight(10).pieces;
        assert!(cut > 10 && cut < 20, "counting ends: {cut}");
    }
}
