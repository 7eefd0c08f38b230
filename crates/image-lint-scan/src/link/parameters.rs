//! What the variables of one file mean: Template parameters, Tekton and Argo parameters, Dockerfile arguments and shell
//! assignments, each seen from where the mention stands.
//!
//! Comes in: the definitions of one extraction, values from the command line, build arguments that the repository
//! gives the file. Goes out: expanded values. Each definition is expanded once, however many mentions use it.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::values::{Values, own_name};
use image_lint_model::evaluate::{Evaluated, Lookup, Meaning, evaluate};
use image_lint_model::mention::{Extraction, Scope};
use image_lint_model::value::{Op, Origin, OriginKind, Syntax, Value, Variable};
use image_lint_text::source::Place;

/// Bytes of text that the variables of one file may become: for each place that names an image and each definition, far
/// more than any name has, so that a few bytes do not ask for kilobytes a thousand times over.
const BUDGET: usize = 64 * 1024;
const BUDGET_EACH: usize = 768;

/// How long a chain of definitions (`B=$A`, `C=$B`, …) is followed.
const MAX_CHAIN: u32 = 128;

/// Build arguments that all builds of a file in the repository agree on: name → (text, where it is given).
pub(super) type BuildArguments = HashMap<Box<str>, (String, Place)>;

/// What other files say that gives names of this one a meaning.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FromOutside<'a> {
    pub build_arguments: Option<&'a BuildArguments>,
    /// `appVersion` of the chart that the file belongs to.
    pub app_version: Option<&'a (String, Place)>,
    /// What a role's and a project's variables say.
    pub ansible: Option<&'a super::ansible::Variables>,
}

/// The meanings of one file's names.
pub(super) struct Meanings<'a> {
    extraction: &'a Extraction,
    values: &'a Values,
    outside: FromOutside<'a>,
    /// Indices of definitions in rising order, by scope and name.
    index: HashMap<(u32, &'a str), Vec<u32>>,
    /// For objects whose scope is not known: the definition of a name that only one scope has.
    anywhere: HashMap<&'a str, Option<u32>>,
    enclosed: HashMap<u32, Scope>,
    /// By definition, and whether it was seen from a mention that sees all definitions.
    memo: RefCell<HashMap<(u32, bool), Rc<Evaluated>>>,
    under_way: RefCell<HashSet<u32>>,
    chain: Cell<u32>,
    budget: Cell<usize>,
}

impl<'a> Meanings<'a> {
    pub fn new(extraction: &'a Extraction, values: &'a Values, outside: FromOutside<'a>) -> Self {
        let mut index: HashMap<(u32, &str), Vec<u32>> = HashMap::new();
        let mut anywhere: HashMap<&str, Option<u32>> = HashMap::new();
        for (i, definition) in extraction.definitions.iter().enumerate() {
            index
                .entry((definition.scope, &definition.name))
                .or_default()
                .push(i as u32);
            anywhere
                .entry(&definition.name)
                .and_modify(|only| *only = None)
                .or_insert(Some(i as u32));
        }
        Meanings {
            extraction,
            values,
            outside,
            index,
            anywhere,
            enclosed: extraction.enclosed.iter().copied().collect(),
            memo: RefCell::default(),
            under_way: RefCell::default(),
            chain: Cell::new(0),
            budget: Cell::new(
                BUDGET
                    + BUDGET_EACH
                        * (extraction.mentions.len()
                            + extraction.definitions.len()
                            + extraction.builds.len()),
            ),
        }
    }

    /// Expands a value as a mention in this scope sees it.
    pub fn evaluate(&self, value: &Value, scope: Option<Scope>) -> Evaluated {
        evaluate(
            value,
            &At {
                meanings: self,
                scope,
                anywhere: false,
            },
        )
    }

    /// Expands a value of an object whose scope is not known: names that only one definition of the file has count.
    pub fn evaluate_anywhere(&self, value: &Value) -> Evaluated {
        evaluate(
            value,
            &At {
                meanings: self,
                scope: None,
                anywhere: true,
            },
        )
    }

    fn find(&self, scope: Scope, name: &str) -> Option<u32> {
        let all = self.index.get(&(scope.id, name))?;
        all[..all.partition_point(|i| *i < scope.upto)]
            .last()
            .copied()
    }

    /// The definition that a variable means, seen from a scope.
    fn definition(&self, scope: Scope, variable: &Variable) -> Option<u32> {
        let outer = self.enclosed.get(&scope.id).copied();
        // A Template puts its parameters into the text before a builder or a shell reads it.
        let first_outer = matches!(variable.op, Op::Plain) && variable.written.starts_with("${");
        let scopes = if first_outer {
            [outer, Some(scope)]
        } else {
            [Some(scope), outer]
        };
        let names = [Some(&*variable.name), own_name(&variable.name)];
        scopes.into_iter().flatten().find_map(|scope| {
            names
                .into_iter()
                .flatten()
                .find_map(|n| self.find(scope, n))
        })
    }

    fn meaning(&self, index: u32, sees_all: bool, variable: &Variable) -> Meaning {
        let definition = &self.extraction.definitions[index as usize];
        if definition.kind == OriginKind::DockerfileArg
            && let Some((text, place)) = self
                .outside
                .build_arguments
                .and_then(|given| given.get(&definition.name))
        {
            let value = Rc::new(Evaluated {
                text: text.clone(),
                ..Evaluated::default()
            });
            let origin = Origin {
                name: variable.name.clone(),
                kind: OriginKind::BuildArg,
                place: Some(*place),
            };
            return Meaning::Defined { value, origin };
        }
        let Some(value) = &definition.value else {
            return Meaning::Declared(definition.place);
        };
        let origin = Origin {
            name: variable.name.clone(),
            kind: definition.kind,
            place: Some(definition.place),
        };
        if let Some(value) = self.memo.borrow().get(&(index, sees_all)) {
            return Meaning::Defined {
                value: Rc::clone(value),
                origin,
            };
        }
        if self.chain.get() >= MAX_CHAIN || !self.under_way.borrow_mut().insert(index) {
            return Meaning::Declared(definition.place);
        }
        self.chain.set(self.chain.get() + 1);
        let scope = Scope {
            id: definition.scope,
            upto: if sees_all { u32::MAX } else { index },
        };
        let value = Rc::new(self.evaluate(value, Some(scope)));
        self.chain.set(self.chain.get() - 1);
        self.under_way.borrow_mut().remove(&index);
        self.spend(value.text.len());
        self.memo
            .borrow_mut()
            .insert((index, sees_all), Rc::clone(&value));
        Meaning::Defined { value, origin }
    }

    fn spend(&self, bytes: usize) -> bool {
        let left = self.budget.get();
        self.budget.set(left.saturating_sub(bytes));
        left >= bytes
    }
}

impl At<'_, '_> {
    /// What variables of Ansible's roles say.
    fn of_other_files(&self, variable: &Variable) -> Meaning {
        let braces = variable.syntax == Syntax::Braces;
        let given = self.meanings.outside.ansible.filter(|_| braces);
        let Some((text, place)) = given.and_then(|all| all.get(&variable.name)) else {
            return Meaning::Undefined;
        };
        let value = Rc::new(Evaluated {
            text: text.clone(),
            ..Evaluated::default()
        });
        let origin = Origin {
            name: variable.name.clone(),
            kind: OriginKind::Assignment,
            place: Some(*place),
        };
        Meaning::Defined { value, origin }
    }
}

/// The meanings of a file as they are seen from one place in it.
struct At<'m, 'a> {
    meanings: &'m Meanings<'a>,
    scope: Option<Scope>,
    anywhere: bool,
}

impl Lookup for At<'_, '_> {
    fn look_up(&self, variable: &Variable) -> Meaning {
        if let Some(text) = self.meanings.values.get(&variable.name) {
            let origin = Origin {
                name: variable.name.clone(),
                kind: OriginKind::CommandLine,
                place: None,
            };
            let text = text
                .chars()
                .take(image_lint_model::evaluate::MAX_TEXT / 4)
                .collect();
            return Meaning::Defined {
                value: Rc::new(Evaluated {
                    text,
                    ..Evaluated::default()
                }),
                origin,
            };
        }
        let found = match self.scope {
            Some(scope) => self
                .meanings
                .definition(scope, variable)
                .map(|i| (i, scope.upto == u32::MAX)),
            None if self.anywhere => {
                let names = [Some(&*variable.name), own_name(&variable.name)];
                let found = names
                    .into_iter()
                    .flatten()
                    .find_map(|n| *self.meanings.anywhere.get(n)?);
                found.map(|i| (i, true))
            }
            None => None,
        };
        match found {
            Some((index, sees_all)) => self.meanings.meaning(index, sees_all, variable),
            None => match self.meanings.outside.app_version {
                Some((text, place))
                    if variable.name.trim_start_matches('.') == "Chart.AppVersion" =>
                {
                    let origin = Origin {
                        name: variable.name.clone(),
                        kind: OriginKind::HelmChart,
                        place: Some(*place),
                    };
                    Meaning::Defined {
                        value: Rc::new(Evaluated {
                            text: text.clone(),
                            ..Evaluated::default()
                        }),
                        origin,
                    }
                }
                _ => self.of_other_files(variable),
            },
        }
    }

    fn overrides(&self, origin: &Origin) -> Option<String> {
        // A script's own assignment wins over the environment; the builder's platform is the caller's choice.
        (origin.kind == OriginKind::Predefined)
            .then(|| self.meanings.values.get(&origin.name).map(str::to_owned))
            .flatten()
    }

    fn spend(&self, bytes: usize) -> bool {
        self.meanings.spend(bytes)
    }
}
