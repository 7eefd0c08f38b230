//! What a rendering leaves out because values are false, as far as it may print what somebody looks for.
//!
//! To know what else a chart could deploy, one could turn on one false value after the other, and all pairs of them. A
//! rendering that is watched names those that are worth it: those that the condition of a branch looked at which was not
//! taken, and which may print what is looked for.

mod prints;
pub mod turned;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use image_lint_text::meter::Meter;
use image_lint_text::rendered::{From, Origin, Rendered};

use self::prints::{Prints, contains};
use self::turned::Turned;
use crate::ast::List;
use crate::chart::Chart;
use crate::exec::Given;
use crate::parse::Templates;
use crate::render::Need;
use crate::value::{Value, share};

/// A part of a chart that values which are false leave out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its condition: the same in every rendering.
    pub place: Origin,
    /// The false values that the condition looked at.
    pub switches: Vec<Switch>,
    /// The files that it is left out of; none for a whole chart.
    pub templates: Vec<Arc<str>>,
}

/// A value that is false.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switch {
    pub path: Arc<str>,
    pub place: Option<Origin>,
}

/// What somebody who watched a rendering saw.
#[derive(Debug, Default)]
pub struct Seen {
    pub skipped: Vec<Skipped>,
    /// Files whose templates change values that others see.
    pub changing: BTreeSet<Arc<str>>,
    /// What files print because of values that were turned on.
    pub printed: BTreeMap<Arc<str>, turned::Printed>,
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
    changing: RefCell<BTreeSet<Arc<str>>>,
    pub turned: Turned,
    /// The file that is rendered.
    template: RefCell<Option<Arc<str>>>,
    memory: Rc<Memory>,
}

/// What bodies may print, for all renderings of a chart.
#[derive(Default)]
pub struct Memory {
    /// How many templates there were: when a chart more is rendered there are others.
    count: Cell<usize>,
    /// A body is kept with it, so that no other one gets its address.
    bodies: RefCell<HashMap<usize, (List, Rc<Prints>)>>,
    templates: RefCell<HashMap<Arc<str>, Option<Rc<Prints>>>>,
}

impl<'w> Watch<'w> {
    pub fn new(wanted: Wanted<'w>, values: &Value, memory: Rc<Memory>) -> Self {
        let mut switches = HashMap::new();
        switched_off(values, "", &mut switches);
        share(values);
        Watch {
            wanted,
            switches,
            values: RefCell::new(Value::Nil),
            consulted: RefCell::default(),
            conditions: Cell::new(0),
            skipped: RefCell::default(),
            changing: RefCell::default(),
            turned: Turned::default(),
            template: RefCell::default(),
            memory,
        }
    }

    /// A file is rendered, with what it sees and what its chart was turned on by.
    pub fn template(&self, name: &Arc<str>, seen: &Value, because: &[Origin]) {
        let values = seen.as_map().and_then(|map| map.get("Values"));
        *self.values.borrow_mut() = values.unwrap_or(Value::Nil);
        *self.template.borrow_mut() = Some(Arc::clone(name));
        self.turned.begin(because);
    }

    pub fn end_of_template(&self) {
        if let Some(template) = self.template.take() {
            self.turned.end(&template);
        }
    }

    /// Something in the values is changed.
    pub fn changed(&self, template: &Arc<str>) {
        self.changing.borrow_mut().insert(Arc::clone(template));
    }

    /// Text was printed, `before` bytes into `out`.
    pub fn printed(&self, out: &str, before: usize) {
        self.turned.printed(out, before, self.wanted);
    }

    /// A value was looked at.
    pub fn saw(&self, value: &Value) {
        if let Value::Bool(is_on, From::Made(origins)) = value
            && self.conditions.get() > 0
        {
            let known = origins.iter().filter(|origin| match is_on {
                true => turned::number(origin).is_some(),
                false => self.switches.contains_key(origin),
            });
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
        let prints = self.prints_of(body, templates, meter)?;
        if prints.surely || prints.dot && contains(dot, self.wanted, meter)? {
            return Ok(true);
        }
        let values = self.values.borrow();
        self.is_among(&prints, &values, meter)
    }

    fn prints_of(&self, body: &List, templates: &Templates, meter: &Meter) -> Given<Rc<Prints>> {
        let memory = &self.memory;
        if memory.count.replace(templates.len()) != templates.len() {
            memory.bodies.take();
            memory.templates.take();
        }
        let key = body.as_ptr() as usize;
        let known = memory.bodies.borrow().get(&key).map(|(_, p)| Rc::clone(p));
        if let Some(prints) = known {
            return Ok(prints);
        }
        let prints = Rc::new(self.prints(body, templates, meter)?);
        let kept = (Rc::clone(body), Rc::clone(&prints));
        memory.bodies.borrow_mut().insert(key, kept);
        Ok(prints)
    }

    /// Whether a file is rendered, which sees this.
    pub fn is_needed(
        &self,
        need: Need,
        (body, seen): (&List, &Value),
        (templates, meter): (&Templates, &Meter),
    ) -> Given<bool> {
        if need == Need::Always {
            return Ok(true);
        }
        let prints = self.prints_of(body, templates, meter)?;
        if prints.fails || need == Need::IfItFails {
            return Ok(prints.fails);
        }
        // What the file is given is all that there is.
        let values = seen.as_map().and_then(|map| map.get("Values"));
        Ok(prints.surely || self.is_among(&prints, &values.unwrap_or(Value::Nil), meter)?)
    }

    /// Whether one of the values that are printed may be what is looked for.
    fn is_among(&self, prints: &Prints, values: &Value, meter: &Meter) -> Given<bool> {
        for path in &prints.values {
            if let Some(value) = prints::reached(values, path)
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
        let known = consulted
            .iter()
            .filter_map(|origin| Some((origin, self.switches.get(origin)?)));
        let switches = known.flat_map(|(origin, paths)| {
            paths.iter().map(|path| Switch {
                path: Arc::clone(path),
                place: Some(*origin),
            })
        });
        self.note(place, switches.collect());
    }

    fn note(&self, place: Origin, switches: Vec<Switch>) {
        if switches.is_empty() {
            return;
        }
        let template = self.template.borrow().clone();
        let mut all = self.skipped.borrow_mut();
        let has_room = all.len() < MAX_SKIPPED;
        let known = all
            .iter_mut()
            .find(|known| known.place == place && known.switches == switches);
        match known {
            Some(known) => {
                let new = template.filter(|template| !known.templates.contains(template));
                known.templates.extend(new);
            }
            None if has_room => all.push(Skipped {
                place,
                switches,
                templates: template.into_iter().collect(),
            }),
            None => {}
        }
    }

    /// A chart that values turn off, at the place where it is declared.
    pub fn chart(&self, chart: &Chart, place: Option<Origin>, switches: Vec<Arc<str>>) {
        if let Some(place) = place
            && self.is_wanted_chart(chart)
        {
            let switches = switches.into_iter();
            let switches = switches.map(|path| Switch { path, place: None });
            self.note(place, switches.collect());
        }
    }

    fn is_wanted_chart(&self, chart: &Chart) -> bool {
        let mut templates = chart.templates.iter();
        templates.any(|(_, text)| (self.wanted)(text.as_str()))
            || chart.charts.iter().any(|sub| self.is_wanted_chart(sub))
    }

    pub fn finish(self) -> Seen {
        Seen {
            skipped: self.skipped.into_inner(),
            changing: self.changing.into_inner(),
            printed: self.turned.finish(),
        }
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
