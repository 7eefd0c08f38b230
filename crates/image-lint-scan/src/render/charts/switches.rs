//! Images that only values hide which are false by default: each is read with the fewest of them turned on that show it.

use std::rc::Rc;
use std::sync::Arc;

use helm_render::{Output, Seeker, Switches, allowance};
use image_lint_text::meter::{Allowance, Meter};

use super::Work;

/// What the search may cost, in what the first rendering did.
const TIMES: u64 = 3;
/// Steps that it may take beside that: a small chart may turn on a large one.
const FREE_STEPS: u64 = 200_000;
/// Of these, those after which values are no longer tried one by one.
const FREE_STEPS_OF_SINGLES: u64 = 30_000;

/// Whether a text may say which image is deployed: how one is pulled says nothing of it.
pub(super) fn may_name_image(text: &str) -> bool {
    let mut found = text.match_indices("mage");
    found.any(|(at, word)| !text[at + word.len()..].starts_with("Pull"))
}

impl Work<'_, '_> {
    /// `first` is what the chart became with its defaults, in so many steps.
    pub(super) fn hidden(&mut self, first: &Output, steps: u64) {
        let bytes = self.files.iter().map(|file| file.bytes.len()).sum();
        let allowance = Allowance {
            steps: TIMES * steps + FREE_STEPS,
            ..allowance(bytes)
        };
        let meter = Meter::within(self.run, allowance);
        let singles = steps + FREE_STEPS_OF_SINGLES;
        let renderer = Rc::clone(&self.renderer);
        renderer.search(first, (&meter, singles), &may_name_image, self);
    }
}

impl Seeker for Work<'_, '_> {
    fn is_new(&self, line: &str) -> bool {
        !self.lines.contains(line)
    }

    fn found(&mut self, output: &Output, on: &Switches) {
        let paths: Vec<&str> = on.iter().map(|path| &**path).collect();
        let when: Arc<str> = format!("when {}", paths.join(" and ")).into();
        self.read(output, Some(&when));
    }
}
