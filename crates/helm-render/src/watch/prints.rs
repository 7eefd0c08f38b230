//! What a body may print, found without running it.

use std::rc::Rc;
use std::sync::Arc;

use image_lint_text::meter::Meter;

use super::{Wanted, Watch};
use crate::ast::{Command, Node, Pipe, Word};
use crate::exec::Given;
use crate::parse::Templates;
use crate::value::Value;

/// What a body may print.
#[derive(Clone, Debug, Default)]
pub struct Prints {
    /// What is looked for is written in it, or what it prints cannot be told.
    pub surely: bool,
    /// Values, by their paths from `.Values`.
    pub values: Vec<Path>,
    /// What it was given.
    pub dot: bool,
    /// It may refuse to be rendered, and the chart with it.
    pub fails: bool,
}

type Path = Vec<Arc<str>>;

/// Most values of one body that are told apart.
const MAX_VALUES: usize = 200;

/// Where `.` or a variable comes from.
#[derive(Clone, Debug)]
enum Place {
    /// What the body was given.
    Given,
    /// A value, or something within it.
    Values(Path),
    /// What it may print was counted where it was made.
    Counted,
}

/// What a chart's templates see beside the values: nothing of it is looked for.
const BESIDE_VALUES: [&str; 5] = ["Chart", "Release", "Capabilities", "Template", "Subcharts"];

impl Watch<'_> {
    pub(super) fn prints(
        &self,
        body: &[Node],
        templates: &Templates,
        meter: &Meter,
    ) -> Given<Prints> {
        let mut walk = Walk {
            watch: self,
            templates,
            meter,
            variables: Vec::new(),
            prints: Prints::default(),
        };
        walk.list(body, &Place::Given)?;
        Ok(walk.prints)
    }

    /// What a template may print; nothing new where it is met again within itself.
    fn template_prints(
        &self,
        name: &str,
        templates: &Templates,
        meter: &Meter,
    ) -> Given<Option<Rc<Prints>>> {
        let known = &self.memory.templates;
        if let Some(known) = known.borrow().get(name) {
            return Ok(known.clone());
        }
        let Some(body) = templates.get(name) else {
            return Ok(None);
        };
        known.borrow_mut().insert(name.into(), None);
        let prints = Rc::new(self.prints(&body, templates, meter)?);
        known
            .borrow_mut()
            .insert(name.into(), Some(Rc::clone(&prints)));
        Ok(Some(prints))
    }
}

struct Walk<'w, 'a> {
    watch: &'a Watch<'w>,
    templates: &'a Templates,
    meter: &'a Meter,
    variables: Vec<(Arc<str>, Place)>,
    prints: Prints,
}

impl Walk<'_, '_> {
    fn list(&mut self, nodes: &[Node], dot: &Place) -> Given<()> {
        let _level = self.meter.deeper()?;
        let declared = self.variables.len();
        for node in nodes {
            self.meter.step()?;
            if self.prints.surely && self.prints.fails {
                break;
            }
            self.node(node, dot)?;
        }
        self.variables.truncate(declared);
        Ok(())
    }

    fn node(&mut self, node: &Node, dot: &Place) -> Given<()> {
        match node {
            Node::Text(text) => {
                self.text(text.as_str());
                Ok(())
            }
            Node::Action(pipe) => self.action(pipe, dot),
            Node::If {
                pipe,
                then,
                otherwise,
            } => {
                let declared = self.variables.len();
                self.declare(pipe, dot)?;
                self.list(then, dot)?;
                self.list(otherwise, dot)?;
                self.variables.truncate(declared);
                Ok(())
            }
            Node::With {
                pipe,
                then: body,
                otherwise,
            }
            | Node::Range {
                pipe,
                body,
                otherwise,
            } => {
                let declared = self.variables.len();
                let inner = self.declare(pipe, dot)?;
                self.list(body, &inner)?;
                self.list(otherwise, dot)?;
                self.variables.truncate(declared);
                Ok(())
            }
            Node::Template { name, pipe, .. } => {
                let given: &[Command] = pipe.as_ref().map_or(&[], |pipe| &pipe.commands);
                self.template(name.as_str(), |walk| {
                    given
                        .iter()
                        .try_for_each(|command| walk.words(&command.words, dot))
                })
            }
            Node::Break | Node::Continue => Ok(()),
        }
    }

    fn text(&mut self, text: &str) {
        self.prints.surely |= self.watch.is_wanted(text);
    }

    fn action(&mut self, pipe: &Pipe, dot: &Place) -> Given<()> {
        if pipe.variables.is_empty() {
            return self.commands(pipe, dot);
        }
        // What is printed after the body may depend on it.
        self.prints.surely |= pipe.assigns;
        self.declare(pipe, dot).map(|_| ())
    }

    /// Where the value of a pipe comes from, known by its variables from now on.
    fn declare(&mut self, pipe: &Pipe, dot: &Place) -> Given<Place> {
        let place = match self.one_value(pipe, dot) {
            Some(place) => place,
            None => {
                self.commands(pipe, dot)?;
                Place::Counted
            }
        };
        for name in &pipe.variables {
            self.variables.push((Arc::clone(name), place.clone()));
        }
        Ok(place)
    }

    /// Of a pipe that is nothing but a value.
    fn one_value(&self, pipe: &Pipe, dot: &Place) -> Option<Place> {
        let [command] = pipe.commands.as_slice() else {
            return None;
        };
        match command.words.as_slice() {
            [Word::Dot] => Some(dot.clone()),
            [Word::Field(names)] => within(dot, names),
            [Word::Variable(name, names)] => within(&self.variable(name), names),
            _ => None,
        }
    }

    fn variable(&self, name: &str) -> Place {
        let known = self
            .variables
            .iter()
            .rev()
            .find(|(known, _)| &**known == name);
        known.map_or(Place::Given, |(_, place)| place.clone())
    }

    fn commands(&mut self, pipe: &Pipe, dot: &Place) -> Given<()> {
        pipe.commands
            .iter()
            .try_for_each(|command| self.command(command, dot))
    }

    fn command(&mut self, command: &Command, dot: &Place) -> Given<()> {
        let Some((Word::Function(name), rest)) = command.words.split_first() else {
            return self.words(&command.words, dot);
        };
        match (name.as_str(), rest) {
            ("include", [Word::Text(name), given @ ..]) => {
                self.template(name.as_str(), |walk| walk.words(given, dot))
            }
            // Which template that is cannot be told, nor what prints what was changed here.
            (
                "include" | "set" | "unset" | "merge" | "mergeOverwrite" | "mustMerge"
                | "mustMergeOverwrite",
                _,
            ) => {
                self.prints.surely = true;
                self.prints.fails |= name.as_str() == "include";
                self.words(rest, dot)
            }
            ("fail", _) => {
                self.prints.fails = true;
                Ok(())
            }
            ("required", _) => {
                self.prints.fails = true;
                self.words(rest, dot)
            }
            _ => self.words(rest, dot),
        }
    }

    /// `given` counts what the template is given.
    fn template(&mut self, name: &str, given: impl FnOnce(&mut Self) -> Given<()>) -> Given<()> {
        let Some(prints) = self
            .watch
            .template_prints(name, self.templates, self.meter)?
        else {
            return Ok(());
        };
        self.prints.surely |= prints.surely;
        self.prints.fails |= prints.fails;
        for path in &prints.values {
            self.value(path.clone());
        }
        if prints.dot { given(self) } else { Ok(()) }
    }

    fn words(&mut self, words: &[Word], dot: &Place) -> Given<()> {
        for word in words {
            self.meter.step()?;
            match word {
                Word::Text(text) => self.text(text.as_str()),
                Word::Dot => self.value_within(dot, &[]),
                Word::Field(names) => self.value_within(dot, names),
                Word::Variable(name, names) => self.value_within(&self.variable(name), names),
                Word::Pipe(pipe, _) => {
                    let _level = self.meter.deeper()?;
                    self.commands(pipe, dot)?;
                }
                Word::Nil
                | Word::Bool(..)
                | Word::Int(..)
                | Word::Float(..)
                | Word::Function(_) => {}
            }
        }
        Ok(())
    }

    fn value_within(&mut self, place: &Place, names: &[Arc<str>]) {
        if names.iter().any(|name| self.watch.is_wanted(name)) {
            self.prints.surely = true;
            return;
        }
        match within(place, names) {
            Some(Place::Values(path)) => self.value(path),
            Some(Place::Given) => self.prints.dot = true,
            Some(Place::Counted) | None => {}
        }
    }

    fn value(&mut self, path: Path) {
        if self.prints.values.len() >= MAX_VALUES {
            self.prints.surely = true;
        } else if !self.prints.values.contains(&path) {
            self.prints.values.push(path);
        }
    }
}

/// None for what is never looked for.
fn within(place: &Place, names: &[Arc<str>]) -> Option<Place> {
    // `.Values`, `$.Values`, `.context.Values` all are the same.
    if let Some(at) = names.iter().position(|name| &**name == "Values") {
        return Some(Place::Values(names[at + 1..].to_vec()));
    }
    match place {
        Place::Values(path) => Some(Place::Values([path, names].concat())),
        Place::Given => match names.first() {
            Some(first) if BESIDE_VALUES.contains(&&**first) => None,
            _ => Some(Place::Given),
        },
        Place::Counted => Some(Place::Counted),
    }
}

/// The value at a path; of what a loop goes over, all that it holds.
pub fn reached(values: &Value, path: &[Arc<str>]) -> Option<Value> {
    let mut value = values.clone();
    for (i, name) in path.iter().enumerate() {
        let next = match &value {
            Value::Map(map) => match map.get(name) {
                Some(next) => next,
                // An item of it has the name, or nothing has.
                None if i > 0 && has_item_with(&map.entries.borrow(), name) => return Some(value),
                None => return None,
            },
            Value::List(_) => return Some(value),
            _ => return None,
        };
        value = next;
    }
    Some(value)
}

fn has_item_with(entries: &std::collections::BTreeMap<Arc<str>, Value>, name: &str) -> bool {
    let mut maps = entries.values().filter_map(Value::as_map);
    maps.any(|map| map.entries.borrow().contains_key(name))
}

/// Whether a key or a text within a value is looked for.
pub fn contains(value: &Value, wanted: Wanted<'_>, meter: &Meter) -> Given<bool> {
    meter.step()?;
    let _level = meter.deeper()?;
    match value {
        Value::Str(text) => {
            meter.charge(text.len() as u64 / 16)?;
            Ok(wanted(text.as_str()))
        }
        Value::List(items) => {
            for item in items.iter() {
                if contains(item, wanted, meter)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Value::Map(map) => {
            for (key, item) in map.entries.borrow().iter() {
                if wanted(key) || contains(item, wanted, meter)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => Ok(false),
    }
}
