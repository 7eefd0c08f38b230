//! What a chart prints when values that are false by default are turned on: each set of values with the fewest of them.
//!
//! A rendering that is watched names the false values that leave out what may be looked for. All of them are turned on
//! at once, and what is printed because of them says which of them are worth a rendering of their own, of the files
//! alone that show something. What such a guess does not explain is tried value by value.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use image_lint_text::meter::Meter;
use image_lint_text::rendered::{From, Origin};

use crate::coalesce::overlay;
use crate::exec::Stop;
use crate::render::{Need, Output, Renderer, Scope};
use crate::value::Value;
use crate::watch::turned::{self, Printed};
use crate::watch::{Skipped, Wanted};

/// Values that are turned on together, by their paths.
pub type Switches = BTreeSet<Arc<str>>;

/// Who looks for something.
pub trait Seeker {
    /// Whether a line was in no rendering so far.
    fn is_new(&self, line: &str) -> bool;
    /// Takes what files became with these values turned on, lines among it that are new.
    fn found(&mut self, output: &Output, on: &Switches);
}

/// Renderings with all values turned on: what is left out within what was left out needs one more.
const MAX_ROUNDS: usize = 3;
/// Values that are tried for a line that nobody can explain.
const MAX_NEAREST: usize = 2;
/// Most values that are turned on together.
const MAX_SWITCHES: usize = 200;

impl Renderer<'_> {
    /// Looks for what false values hide, beginning with a rendering that was watched, until `meter` is used up. Value by
    /// value is tried until `meter` has counted `singles` steps.
    pub fn search(
        &self,
        first: &Output,
        (meter, singles): (&Meter, u64),
        wanted: Wanted<'_>,
        seeker: &mut dyn Seeker,
    ) {
        // What fails without them fails with them, too.
        if is_refused(first) {
            return;
        }
        let mut search = Search {
            renderer: self,
            meter,
            wanted,
            always: first.seen.changing.clone(),
            files: first
                .files
                .iter()
                .map(|(name, _)| Arc::clone(name))
                .collect(),
            tried: HashSet::new(),
        };
        search.guess(&first.seen.skipped, seeker);
        search.one_by_one(&first.seen.skipped, singles, seeker);
    }
}

struct Search<'s, 'c> {
    renderer: &'s Renderer<'c>,
    meter: &'s Meter,
    wanted: Wanted<'s>,
    /// Files without which others are not what they are: they change values, or fail.
    always: Files,
    /// Those that are rendered when nothing is turned on.
    files: HashSet<Arc<str>>,
    tried: HashSet<Switches>,
}

/// Names of files.
type Files = BTreeSet<Arc<str>>;

/// By how much they are worth.
type Guesses = BTreeMap<(usize, Switches), Files>;

/// All values that hide something.
#[derive(Default)]
struct AllOn {
    paths: Vec<Arc<str>>,
    places: Vec<Option<Origin>>,
    /// Files that look at those that are new.
    looking: Files,
}

impl AllOn {
    fn add(&mut self, skipped: &[Skipped]) {
        let before = self.paths.len();
        for part in skipped {
            for switch in &part.switches {
                let at = self.paths.iter().position(|known| *known == switch.path);
                if at.is_none() && self.paths.len() < MAX_SWITCHES {
                    self.paths.push(Arc::clone(&switch.path));
                    self.places.push(switch.place);
                }
                if at.is_none_or(|at| at >= before) {
                    self.looking.extend(part.templates.iter().cloned());
                    // A chart that is turned on is looked at by nobody.
                    self.looking
                        .extend(part.templates.is_empty().then(|| "".into()));
                }
            }
        }
    }
}

impl AllOn {
    fn named(&self, numbers: &[u32]) -> Switches {
        let paths = numbers
            .iter()
            .map(|number| self.paths.get(*number as usize));
        paths.flatten().cloned().collect()
    }

    /// Of the values that a file looked at, each for itself, those that are nearest to where a line comes from.
    fn nearest(&self, printed: &Printed, origins: &[Origin]) -> Vec<Switches> {
        let distance = |number: &u32| {
            let place = self.places.get(*number as usize).copied().flatten()?;
            let same = origins
                .iter()
                .filter(|origin| origin.source == place.source);
            same.map(|origin| origin.span.start.abs_diff(place.span.start))
                .min()
        };
        let mut numbers: Vec<u32> = printed.looked_at.iter().copied().collect();
        numbers.sort_by_key(|number| distance(number).unwrap_or(u32::MAX));
        numbers.truncate(MAX_NEAREST);
        numbers
            .iter()
            .map(|number| self.named(&[*number]))
            .collect()
    }
}

impl Search<'_, '_> {
    /// Turns on all that hides something, and tries which values, in which files, seem to show what is new.
    fn guess(&mut self, skipped: &[Skipped], seeker: &mut dyn Seeker) {
        let mut on = AllOn::default();
        let mut files = self.files.clone();
        on.add(skipped);
        for _ in 0..MAX_ROUNDS {
            if on.looking.is_empty() {
                return;
            }
            let output = self.all_on(&mut on, &files);
            if output.refused.is_some() {
                return;
            }
            files.extend(output.files.iter().map(|(name, _)| Arc::clone(name)));
            let failed = output.failures.iter().map(|failure| &failure.template);
            self.always
                .extend(failed.chain(&output.seen.changing).cloned());
            let mut shows = false;
            for ((_, switches), files) in self.guesses(&output, &on, seeker) {
                shows |= self.try_guess(switches, &files, seeker);
            }
            if !shows {
                return;
            }
            on.add(&output.seen.skipped);
        }
    }

    /// Renders what looks at the values that were turned on last, and charts that were not rendered so far.
    fn all_on(&self, on: &mut AllOn, files: &HashSet<Arc<str>>) -> Output {
        let numbered = on.paths.iter().zip(0..);
        let values = numbered.fold(Value::Nil, |all, (path, number)| {
            overlay(&all, &nested(path, turned::value(number)))
        });
        let looking = std::mem::take(&mut on.looking);
        let need = |name: &str| match () {
            () if looking.contains(name) || self.always.contains(name) => Need::Always,
            () if files.contains(name) => Need::IfItFails,
            () => Need::IfItPrints,
        };
        let scope = Scope {
            wanted: Some(self.wanted),
            need: Some(&need),
        };
        self.renderer.render_within(&values, self.meter, scope)
    }

    /// Values that new lines of a rendering depend on, with the files; the fewest values first, and last those of lines
    /// that nobody can explain.
    fn guesses(&self, output: &Output, on: &AllOn, seeker: &dyn Seeker) -> Guesses {
        let mut guesses = Guesses::new();
        for (file, text) in &output.files {
            let Some(printed) = output.seen.printed.get(file) else {
                continue;
            };
            let mut at = 0;
            for whole in text.as_str().split_inclusive('\n') {
                let (start, line) = (at, whole.trim());
                at += whole.len();
                if !(self.wanted)(line) || !seeker.is_new(line) {
                    continue;
                }
                let (rank, sets) = match printed.lines.get(line) {
                    Some(sets) => (0, sets.iter().map(|set| on.named(set)).collect()),
                    None => (
                        MAX_SWITCHES,
                        on.nearest(printed, &text.origins_of(start..at)),
                    ),
                };
                for set in sets {
                    let key = (rank + set.len(), set);
                    guesses.entry(key).or_default().insert(Arc::clone(file));
                }
            }
        }
        guesses
    }

    fn try_guess(&mut self, on: Switches, files: &Files, seeker: &mut dyn Seeker) -> bool {
        if !self.tried.insert(on.clone()) {
            return false;
        }
        let need = |name: &str| match files.contains(name) || self.always.contains(name) {
            true => Need::Always,
            false => Need::Never,
        };
        let scope = Scope {
            wanted: None,
            need: Some(&need),
        };
        let output = self.renderer.render_within(&given(&on), self.meter, scope);
        self.take(&output, &on, seeker)
    }

    /// Whether a rendering shows something new. What helm refuses is deployed by nobody.
    fn take(&mut self, output: &Output, on: &Switches, seeker: &mut dyn Seeker) -> bool {
        if is_refused(output) {
            return false;
        }
        let texts = output.files.iter().map(|(_, text)| text.as_str());
        let mut lines = texts.flat_map(str::lines).map(str::trim);
        let shows = lines.any(|line| (self.wanted)(line) && seeker.is_new(line));
        if shows {
            seeker.found(output, on);
        }
        shows
    }

    /// Turns on each value that hides something, and what is hidden in that in its turn.
    fn one_by_one(&mut self, skipped: &[Skipped], singles: u64, seeker: &mut dyn Seeker) {
        let mut queue = Queue::default();
        queue.add(skipped, &Switches::new());
        while let Some((on, files)) = queue.next() {
            if self.meter.steps() >= singles || self.meter.closed().is_some() {
                return;
            }
            if !self.tried.insert(on.clone()) {
                continue;
            }
            let need = |name: &str| match () {
                () if files.contains(name) || self.always.contains(name) => Need::Always,
                () if self.files.contains(name) => Need::Never,
                () => Need::IfItPrints,
            };
            let scope = Scope {
                wanted: Some(self.wanted),
                need: Some(&need),
            };
            let output = self.renderer.render_within(&given(&on), self.meter, scope);
            self.take(&output, &on, seeker);
            if !is_refused(&output) {
                queue.add(&output.seen.skipped, &on);
            }
        }
    }
}

/// Sets that are still to be turned on, with the files that look at them.
#[derive(Default)]
struct Queue {
    order: VecDeque<Switches>,
    files: HashMap<Switches, Files>,
}

impl Queue {
    /// Each value that was looked at where something is left out, together with those that made it be looked at.
    fn add(&mut self, skipped: &[Skipped], on: &Switches) {
        for part in skipped {
            let paths = part.switches.iter().map(|switch| &switch.path);
            for path in paths.filter(|path| !on.contains(*path)) {
                let mut more = on.clone();
                more.insert(Arc::clone(path));
                let files = self.files.entry(more.clone()).or_insert_with(|| {
                    self.order.push_back(more);
                    Files::new()
                });
                files.extend(part.templates.iter().cloned());
            }
        }
    }

    fn next(&mut self) -> Option<(Switches, Files)> {
        let on = self.order.pop_front()?;
        let files = self.files.get(&on).cloned().unwrap_or_default();
        Some((on, files))
    }
}

fn is_refused(output: &Output) -> bool {
    let failed = |why: &Stop| matches!(why, Stop::Failed(_) | Stop::UsedUp(_));
    output.refused.is_some() || output.failures.iter().any(|failure| failed(&failure.why))
}

fn given(on: &Switches) -> Value {
    on.iter().fold(Value::Nil, |all, path| {
        overlay(&all, &nested(path, Value::Bool(true, From::Nowhere)))
    })
}

fn nested(path: &str, value: Value) -> Value {
    path.rsplit('.')
        .fold(value, |value, key| Value::map([(key.into(), value)].into()))
}
