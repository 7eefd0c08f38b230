//! What is executed one after the other: text, actions, branches and loops.

use std::sync::Arc;

use image_lint_text::rendered::{From, Origin, Rendered};

use super::{Flow, Given, Run, Stop, Variable};
use crate::ast::{List, Node, Pipe};
use crate::print;
use crate::value::{Kind, Value};
use crate::watch::Watch;

/// Longest line, in bytes, that is looked at as a whole: many actions may print one line.
const MAX_LINE: usize = 2000;

impl Run<'_, '_> {
    pub(super) fn list(&mut self, nodes: &[Node], dot: &Value) -> Given<Flow> {
        let marked = self.variables.len();
        for node in nodes {
            self.engine.meter.step()?;
            match self.node(node, dot)? {
                Flow::On => {}
                other => {
                    self.variables.truncate(marked);
                    return Ok(other);
                }
            }
        }
        Ok(Flow::On)
    }

    /// With another `.`.
    fn list_of(&mut self, nodes: &[Node], dot: &Value, is_item: bool) -> Given<Flow> {
        let before = std::mem::replace(&mut self.dot_is_item, is_item);
        let flow = self.list(nodes, dot);
        self.dot_is_item = before;
        flow
    }

    fn node(&mut self, node: &Node, dot: &Value) -> Given<Flow> {
        match node {
            Node::Text(text) => self.push(text)?,
            Node::Action(pipe) => self.action(pipe, dot)?,
            Node::If {
                pipe,
                then,
                otherwise,
            } => {
                return self.branch(pipe, dot, then, otherwise, false);
            }
            Node::With {
                pipe,
                then,
                otherwise,
            } => {
                return self.branch(pipe, dot, then, otherwise, true);
            }
            Node::Range {
                pipe,
                body,
                otherwise,
            } => {
                return self.range(pipe, dot, body, otherwise);
            }
            Node::Template { name, pipe, at } => {
                let outcome = self.template(name, pipe.as_ref(), dot);
                self.keep_on(outcome, at)?;
            }
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::On)
    }

    fn push(&mut self, text: &Rendered) -> Given<()> {
        self.engine.meter.produce(text.len())?;
        let before = self.out.len();
        self.out.push(text);
        if let Some(watch) = &self.engine.watch {
            watch.printed(self.out.as_str(), before);
        }
        Ok(())
    }

    /// None after a failure, which is noted.
    fn keep_on<T>(&self, outcome: Given<T>, at: &Rendered) -> Given<Option<T>> {
        match outcome {
            Ok(value) => Ok(Some(value)),
            Err(why) => self.engine.note(why, at).map(|()| None),
        }
    }

    fn action(&mut self, pipe: &Pipe, dot: &Value) -> Given<()> {
        let failed = self.engine.failed.get();
        let (outcome, consulted) = self.watched_pipe(pipe, dot);
        let value = self.keep_on(outcome, &pipe.at)?;
        if !pipe.variables.is_empty() {
            if value.is_none() {
                self.declare(pipe, Value::Nil);
            }
            return Ok(());
        }
        let text = match value {
            None | Some(Value::Nil) => Rendered::default(),
            Some(Value::Str(text)) => text,
            Some(other) => print::value(&other),
        };
        if self.engine.failed.get() > failed && self.is_hole(&text) {
            let name = pipe.at.as_str().trim();
            let hole = self.engine.unknown(name, "unknown", pipe.at.origins());
            return self.push(&print::value(&hole));
        }
        self.depending(&consulted, |run| run.push(&text))
    }

    /// Does what depends on what a condition looked at.
    fn depending<T>(
        &mut self,
        consulted: &[Origin],
        work: impl FnOnce(&mut Self) -> Given<T>,
    ) -> Given<T> {
        let Some(watch) = self.engine.watch.as_ref().filter(|_| !consulted.is_empty()) else {
            return work(self);
        };
        let before = watch.turned.enter(consulted);
        let outcome = work(self);
        watch.turned.leave(before);
        outcome
    }

    /// A condition, with the false values that it looked at where somebody watches.
    fn condition(&mut self, pipe: &Pipe, dot: &Value) -> (Given<Value>, Vec<Origin>) {
        let Some(watch) = &self.engine.watch else {
            return (self.pipe(pipe, dot), Vec::new());
        };
        let begun = watch.begin();
        let outcome = self.pipe(pipe, dot);
        (outcome, watch.end(begun))
    }

    fn leave_out(&self, pipe: &Pipe, consulted: &[Origin], (body, dot): (&List, &Value)) {
        let Some(watch) = &self.engine.watch else {
            return;
        };
        // A condition around this one names all of them.
        if consulted.is_empty() || body.is_empty() || watch.is_in_condition() {
            return;
        }
        if watch.is_wanted(self.line()) {
            watch.record(&pipe.at, consulted);
        } else {
            let with = (&*self.templates, self.engine.meter);
            watch.left_out(&pipe.at, consulted, (body, dot), with);
        }
    }

    /// An action, as a condition where it prints a part of what is looked for.
    fn watched_pipe(&mut self, pipe: &Pipe, dot: &Value) -> (Given<Value>, Vec<Origin>) {
        let is_part = |watch: &Watch<'_>| !watch.is_in_condition() && watch.is_wanted(self.line());
        match &self.engine.watch {
            Some(watch) if pipe.variables.is_empty() && is_part(watch) => {
                let (outcome, consulted) = self.condition(pipe, dot);
                if !consulted.is_empty() {
                    watch.record(&pipe.at, &consulted);
                }
                (outcome, consulted)
            }
            _ => (self.pipe(pipe, dot), Vec::new()),
        }
    }

    /// What is printed already of the line; of a long one, its end.
    fn line(&self) -> &str {
        let out = self.out.as_str();
        let mut from = out.len().saturating_sub(MAX_LINE);
        while !out.is_char_boundary(from) {
            from += 1;
        }
        out[from..].rsplit('\n').next().unwrap_or("")
    }

    /// Whether a text of an action that failed leaves a hole within a line: at the beginning of one, where blocks are
    /// put in, an unknown word would break the YAML around it.
    fn is_hole(&self, text: &Rendered) -> bool {
        let before = self.line();
        let says_nothing = !text
            .as_str()
            .contains(|c: char| c.is_alphanumeric() || c == '\n');
        says_nothing && !before.trim().is_empty()
    }

    fn template(&mut self, name: &Rendered, pipe: Option<&Pipe>, dot: &Value) -> Given<()> {
        let data = match pipe {
            Some(pipe) => self.pipe(pipe, dot)?,
            None => Value::Nil,
        };
        match self.engine.include(name.as_str(), &data, &self.templates)? {
            Value::Str(text) => self.push(&text),
            _ => Ok(()),
        }
    }

    fn branch(
        &mut self,
        pipe: &Pipe,
        dot: &Value,
        then: &List,
        otherwise: &List,
        with: bool,
    ) -> Given<Flow> {
        let _level = self.engine.meter.deeper()?;
        let marked = self.variables.len();
        let (outcome, consulted) = self.condition(pipe, dot);
        let value = self.keep_on(outcome, &pipe.at)?;
        let is_true = value.as_ref().is_some_and(Value::truth);
        self.leave_out(
            pipe,
            &consulted,
            (if is_true { otherwise } else { then }, dot),
        );
        let flow = self.depending(&consulted, |run| match value {
            Some(value) if is_true => {
                let dot = if with { &value } else { dot };
                let is_item = run.dot_is_item && !with;
                run.list_of(then, dot, is_item)
            }
            _ => run.list(otherwise, dot),
        });
        self.variables.truncate(marked);
        flow
    }

    fn range(&mut self, pipe: &Pipe, dot: &Value, body: &List, otherwise: &List) -> Given<Flow> {
        let _level = self.engine.meter.deeper()?;
        let marked = self.variables.len();
        // `:=` declares the variables of the loop, not one with the whole list.
        let outcome = self.commands(pipe, dot);
        let value = self.keep_on(outcome, &pipe.at)?.unwrap_or(Value::Nil);
        let items = match rangeable(&value) {
            Some(items) => items,
            None => {
                let why = Stop::Failed(format!(
                    "range can't iterate over {}",
                    print::value(&value).as_str()
                ));
                self.engine.note(why, &pipe.at)?;
                Vec::new()
            }
        };
        if items.is_empty() {
            let flow = self.list(otherwise, dot);
            self.variables.truncate(marked);
            return flow;
        }
        for (key, item) in items {
            self.engine.meter.step()?;
            self.loop_variables(pipe, key, &item);
            let flow = self.list_of(body, &item, true);
            self.variables.truncate(marked);
            if let Flow::Break = flow? {
                break;
            }
        }
        Ok(Flow::On)
    }

    fn loop_variables(&mut self, pipe: &Pipe, key: Value, item: &Value) {
        let values = match pipe.variables.len() {
            0 => return,
            1 => vec![item.clone()],
            _ => vec![key, item.clone()],
        };
        for (name, value) in pipe.variables.iter().zip(values) {
            self.put(name, value, pipe.assigns, true);
        }
    }

    /// Assigns a variable that there is, or declares one.
    fn put(&mut self, name: &Arc<str>, value: Value, assigns: bool, is_item: bool) {
        let new = Variable {
            name: Arc::clone(name),
            value,
            is_item,
        };
        if !assigns {
            self.variables.push(new);
        } else if let Some(old) = self
            .variables
            .iter_mut()
            .rev()
            .find(|old| old.name == *name)
        {
            *old = new;
        }
    }

    pub(super) fn declare(&mut self, pipe: &Pipe, value: Value) {
        for name in &pipe.variables {
            self.put(name, value.clone(), pipe.assigns, false);
        }
    }
}

/// Keys and items of what `range` goes over; None where it cannot.
fn rangeable(value: &Value) -> Option<Vec<(Value, Value)>> {
    match value {
        Value::Nil => Some(Vec::new()),
        Value::List(items) => {
            let numbered = items.iter().enumerate();
            Some(
                numbered
                    .map(|(i, item)| (Value::Int(i as i64, From::Nowhere), item.clone()))
                    .collect(),
            )
        }
        Value::Map(map) if !matches!(map.kind, Kind::Struct(_)) => {
            let entries = map.entries.borrow();
            Some(
                entries
                    .iter()
                    .map(|(key, value)| (Value::text(key), value.clone()))
                    .collect(),
            )
        }
        _ => None,
    }
}
