//! What is printed because of values that were turned on.
//!
//! Many values can be turned on in one rendering: each line knows the conditions around it that looked at one of them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use image_lint_text::rendered::{From, Origin, SourceId};
use image_lint_text::source::Span;

use super::Wanted;
use crate::value::Value;

/// In place of the file that a value comes from: no file has this number.
const TURNED_ON: SourceId = SourceId(u32::MAX);

/// Longest line of which it is known what turned it on: what is looked for is shorter.
const MAX_LINE: usize = 2000;
/// Most lines of one rendering of which it is known.
const MAX_LINES: usize = 4000;

/// Numbers of the values that were turned on, in order.
pub type Numbers = Rc<[u32]>;

/// `true` that knows its number.
pub fn value(number: u32) -> Value {
    // Origins that touch become one.
    let at = number as usize * 2;
    let origin = Origin {
        source: TURNED_ON,
        span: Span::new(at, at + 1),
    };
    Value::Bool(true, From::made(vec![origin]))
}

/// Which value that was turned on an origin is.
pub fn number(origin: &Origin) -> Option<u32> {
    (origin.source == TURNED_ON).then_some(origin.span.start / 2)
}

#[derive(Default)]
pub struct Turned {
    /// Those that the conditions around what is printed looked at.
    active: RefCell<Vec<u32>>,
    /// By the line, in the template that is rendered.
    lines: RefCell<HashMap<Box<str>, Vec<Numbers>>>,
    /// Those that the template looked at.
    looked_at: RefCell<BTreeSet<u32>>,
    done: RefCell<BTreeMap<Arc<str>, Printed>>,
}

/// What one template printed because of values that were turned on.
#[derive(Debug, Default)]
pub struct Printed {
    pub lines: HashMap<Box<str>, Vec<Numbers>>,
    /// What lines may depend on of which nothing is known.
    pub looked_at: BTreeSet<u32>,
}

impl Turned {
    /// A template begins: all of it is printed because of what turned its chart on.
    pub fn begin(&self, because: &[Origin]) {
        let numbers = because.iter().filter_map(number);
        *self.active.borrow_mut() = numbers.collect();
    }

    pub fn end(&self, template: &Arc<str>) {
        let lines = self.lines.take();
        let mut looked_at = self.looked_at.take();
        looked_at.extend(self.active.take());
        if !looked_at.is_empty() {
            let printed = Printed { lines, looked_at };
            self.done.borrow_mut().insert(Arc::clone(template), printed);
        }
    }

    /// What follows depends on what a condition looked at. Gives what [`Turned::leave`] wants.
    pub fn enter(&self, consulted: &[Origin]) -> usize {
        let mut active = self.active.borrow_mut();
        let before = active.len();
        active.extend(consulted.iter().filter_map(number));
        self.looked_at
            .borrow_mut()
            .extend(active[before..].iter().copied());
        before
    }

    pub fn leave(&self, before: usize) {
        self.active.borrow_mut().truncate(before);
    }

    /// Text was printed, `before` bytes into `out`.
    pub fn printed(&self, out: &str, before: usize, wanted: Wanted<'_>) {
        let active = self.active.borrow();
        if active.is_empty() {
            return;
        }
        let from = before.saturating_sub(MAX_LINE);
        let newline = out.as_bytes()[from..before]
            .iter()
            .rposition(|b| *b == b'\n');
        let start = match newline {
            Some(at) => from + at + 1,
            None if from == 0 => 0,
            None => return,
        };
        let lines = out.get(start..).unwrap_or("").lines().map(str::trim);
        let mut numbers = None;
        for line in lines.filter(|line| line.len() <= MAX_LINE && wanted(line)) {
            let numbers = numbers.get_or_insert_with(|| {
                let set: BTreeSet<u32> = active.iter().copied().collect();
                set.into_iter().collect::<Numbers>()
            });
            self.keep(line, numbers);
        }
    }

    /// What an included template printed is printed again around it: the more it depends on, the nearer it is.
    fn keep(&self, line: &str, numbers: &Numbers) {
        let mut lines = self.lines.borrow_mut();
        if let Some(known) = lines.get_mut(line) {
            if !known.iter().any(|known| is_within(numbers, known)) {
                known.push(Rc::clone(numbers));
            }
        } else if lines.len() < MAX_LINES {
            lines.insert(line.into(), vec![Rc::clone(numbers)]);
        }
    }

    pub fn finish(self) -> BTreeMap<Arc<str>, Printed> {
        self.done.into_inner()
    }
}

/// Both are in order.
fn is_within(some: &[u32], all: &[u32]) -> bool {
    some.iter().all(|number| all.binary_search(number).is_ok())
}
