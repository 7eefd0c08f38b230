//! Images that only values hide which are false by default: each is read with the fewest of them turned on that show it.
//!
//! A rendering names the false values that leave out what may print an image. Each is turned on, and what it leaves out
//! in its turn, one after the other, within what one rendering may cost.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::sync::Arc;

use helm_render::{Output, Skipped, Stop, Value, overlay};
use image_lint_text::rendered::{From, Origin};

use super::{Work, image_lines, meter};

/// Most renderings in search of images, for charts that cost little.
const MAX_RENDERINGS: usize = 32;

/// Values that are turned on together, by their paths.
type Switches = BTreeSet<Arc<str>>;

/// What is still to be turned on.
#[derive(Default)]
struct Search {
    queue: VecDeque<Switches>,
    queued: HashSet<Switches>,
    /// Conditions with a value that was turned on for them.
    tried: HashSet<(Origin, Arc<str>)>,
}

impl Search {
    /// Each value that was looked at where something is left out, together with those that made it be looked at.
    fn add(&mut self, skipped: &[Skipped], on: &Switches) {
        for part in skipped {
            for switch in part.switches.iter().filter(|switch| !on.contains(*switch)) {
                if self.tried.insert((part.place, Arc::clone(switch))) {
                    let mut more = on.clone();
                    more.insert(Arc::clone(switch));
                    if self.queued.insert(more.clone()) {
                        self.queue.push_back(more);
                    }
                }
            }
        }
    }
}

/// Whether a text may say which image is deployed: how one is pulled says nothing of it.
pub(super) fn may_name_image(text: &str) -> bool {
    let mut found = text.match_indices("mage");
    found.any(|(at, word)| !text[at + word.len()..].starts_with("Pull"))
}

impl Work<'_, '_> {
    /// `skipped` is what the defaults leave out.
    pub(super) fn switches(&mut self, skipped: &[Skipped]) {
        let mut search = Search::default();
        search.add(skipped, &Switches::new());
        let meter = meter(self.files, self.run);
        for _ in 0..MAX_RENDERINGS {
            let Some(on) = search.queue.pop_front() else {
                return;
            };
            let values = on
                .iter()
                .fold(Value::Nil, |all, path| overlay(&all, &turned_on(path)));
            let output = self
                .renderer
                .render_watched(&values, &meter, &may_name_image);
            if is_refused(&output) {
                continue;
            }
            if self.has_new_lines(&output) {
                let paths: Vec<&str> = on.iter().map(|path| &**path).collect();
                let when: Arc<str> = format!("when {}", paths.join(" and ")).into();
                self.read(&output, Some(&when));
            }
            search.add(&output.skipped, &on);
        }
    }

    /// Whether there are lines that may name an image and that no rendering had so far.
    fn has_new_lines(&self, output: &Output) -> bool {
        let texts = output.files.iter().filter(|file| !self.is_known(file));
        let mut lines = texts.flat_map(|(_, text)| image_lines(text));
        lines.any(|line| !self.lines.contains(line))
    }
}

fn is_refused(output: &Output) -> bool {
    let failed = |why: &Stop| matches!(why, Stop::Failed(_) | Stop::UsedUp(_));
    output.refused.is_some() || output.failures.iter().any(|failure| failed(&failure.why))
}

fn turned_on(path: &str) -> Value {
    let on = Value::Bool(true, From::Nowhere);
    path.rsplit('.')
        .fold(on, |value, key| Value::map([(key.into(), value)].into()))
}
