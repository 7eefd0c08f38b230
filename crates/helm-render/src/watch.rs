//! What a rendering leaves out because values are false, as far as it may print what somebody looks for.
//!
//! To know what else a chart could deploy, one could turn on one false value after the other, and all pairs of them. A
//! rendering that is watched names those that are worth it: those that the condition of a branch looked at which was not
//! taken, and which may print what is looked for.

mod prints;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use image_lint_text::meter::Meter;
use image_lint_text::rendered::{From, Origin, Rendered};

use self::prints::{Prints, contains};
use crate::ast::List;
use crate::chart::Chart;
use crate::exec::Given;
use crate::parse::Templates;
use crate::value::Value;

/// A part of a chart that values which are false leave out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its condition: the same in every rendering.
    pub place: Origin,
    /// Paths of the false values that the condition looked at.
    pub switches: Vec<Arc<str>>,
}

/// Says of a text whether it may be what is looked for.
pub type Wanted<'w> = &'w dyn Fn(&str) -> bool;

/// Most parts that one rendering names.
const MAX_SKIPPED: usize = 400;

/// Watches one rendering.
pub struct Watch<'w> {
    wanted: Wanted<'w>,
    /// Paths of the values that are false, by their bytes: a chart that is there twice has them twice.
    switches: HashMap<Origin, Vec<Arc<str>>>,
    /// `.Values` of the template that is rendered.
    values: RefCell<Value>,
    /// False values that were looked at while some condition is worked out.
    consulted: RefCell<Vec<Origin>>,
    /// Conditions that are being worked out, one within the other.
    conditions: Cell<u32>,
    skipped: RefCell<Vec<Skipped>>,
    /// What bodies may print. A body is kept with it, so that no other one gets its address.
    bodies: RefCell<HashMap<usize, (List, Rc<Prints>)>>,
    templates: RefCell<HashMap<Arc<str>, Option<Rc<Prints>>>>,
}

impl<'w> Watch<'w> {
    pub fn new(wanted: Wanted<'w>, values: &Value) -> Self {
        let mut switches = HashMap::new();
        switched_off(values, "", &mut switches);
        Watch {
            wanted,
            switches,
            values: RefCell::new(Value::Nil),
            consulted: RefCell::default(),
            conditions: Cell::new(0),
            skipped: RefCell::default(),
            bodies: RefCell::default(),
            templates: RefCell::default(),
        }
    }

    /// Another template is rendered, with what it sees.
    pub fn template(&self, seen: &Value) {
        let values = seen.as_map().and_then(|map| map.get("Values"));
        *self.values.borrow_mut() = values.unwrap_or(Value::Nil);
    }

    /// A value was looked at.
    pub fn saw(&self, value: &Value) {
        if let Value::Bool(false, From::Made(origins)) = value
            && self.conditions.get() > 0
        {
            let known = origins
                .iter()
                .filter(|origin| self.switches.contains_key(origin));
            let mut consulted = self.consulted.borrow_mut();
            for origin in known {
                // What one condition looks at is a handful.
                if consulted.len() < MAX_SKIPPED {
                    consulted.push(*origin);
                }
            }
        }
    }

    /// Begins a condition.
    pub fn begin(&self) -> usize {
        self.conditions.set(self.conditions.get() + 1);
        self.consulted.borrow().len()
    }

    /// Ends the condition, and gives what it looked at.
    pub fn end(&self, begun: usize) -> Vec<Origin> {
        self.conditions.set(self.conditions.get().saturating_sub(1));
        let mut consulted = self.consulted.borrow_mut();
        let mut new = consulted.get(begun..).unwrap_or(&[]).to_vec();
        if self.conditions.get() == 0 {
            consulted.clear();
        }
        new.sort_unstable();
        new.dedup();
        new
    }

    /// Whether what is decided now belongs to a condition around it, which names all that was looked at.
    pub fn is_in_condition(&self) -> bool {
        self.conditions.get() > 0
    }

    pub fn is_wanted(&self, text: &str) -> bool {
        (self.wanted)(text)
    }

    /// A body was not rendered.
    pub fn left_out(
        &self,
        at: &Rendered,
        consulted: &[Origin],
        (body, dot): (&List, &Value),
        (templates, meter): (&Templates, &Meter),
    ) {
        // A meter that is used up says so at the next step of the rendering.
        if let Ok(true) = self.may_print(body, dot, templates, meter) {
            self.record(at, consulted);
        }
    }

    fn may_print(
        &self,
        body: &List,
        dot: &Value,
        templates: &Templates,
        meter: &Meter,
    ) -> Given<bool> {
        let key = body.as_ptr() as usize;
        let known = self
            .bodies
            .borrow()
            .get(&key)
            .map(|(_, prints)| Rc::clone(prints));
        let prints = match known {
            Some(prints) => prints,
            None => {
                let prints = Rc::new(self.prints(body, templates, meter)?);
                let kept = (Rc::clone(body), Rc::clone(&prints));
                self.bodies.borrow_mut().insert(key, kept);
                prints
            }
        };
        if prints.surely || prints.dot && contains(dot, self.wanted, meter)? {
            return Ok(true);
        }
        let values = self.values.borrow();
        for path in &prints.values {
            if let Some(value) = prints::reached(&values, path)
                && contains(&value, self.wanted, meter)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What is at a place depends on values that are false.
    pub fn record(&self, at: &Rendered, consulted: &[Origin]) {
        let Some(place) = at.origins().first().copied() else {
            return;
        };
        let paths = consulted
            .iter()
            .filter_map(|origin| self.switches.get(origin));
        self.note(place, paths.flatten().cloned().collect());
    }

    fn note(&self, place: Origin, switches: Vec<Arc<str>>) {
        let skipped = Skipped { place, switches };
        let mut all = self.skipped.borrow_mut();
        if !skipped.switches.is_empty() && all.len() < MAX_SKIPPED && !all.contains(&skipped) {
            all.push(skipped);
        }
    }

    /// A chart that values turn off, at the place where it is declared.
    pub fn chart(&self, chart: &Chart, place: Option<Origin>, switches: Vec<Arc<str>>) {
        if let Some(place) = place
            && self.is_wanted_chart(chart)
        {
            self.note(place, switches);
        }
    }

    fn is_wanted_chart(&self, chart: &Chart) -> bool {
        let mut templates = chart.templates.iter();
        templates.any(|(_, text)| (self.wanted)(text.as_str()))
            || chart.charts.iter().any(|sub| self.is_wanted_chart(sub))
    }

    pub fn finish(self) -> Vec<Skipped> {
        self.skipped.into_inner()
    }
}

/// Paths of the booleans that are false.
fn switched_off(value: &Value, path: &str, out: &mut HashMap<Origin, Vec<Arc<str>>>) {
    match value {
        Value::Bool(false, From::Made(origins)) if !path.is_empty() => {
            if let [origin] = &**origins {
                out.entry(*origin).or_default().push(path.into());
            }
        }
        Value::Map(map) => {
            let entries = map.entries.borrow();
            // `--set` and conditions cannot name a key with a dot.
            for (key, value) in entries.iter().filter(|(key, _)| !key.contains('.')) {
                if path.is_empty() {
                    switched_off(value, key, out);
                } else {
                    switched_off(value, &format!("{path}.{key}"), out);
                }
            }
        }
        _ => {}
    }
}
