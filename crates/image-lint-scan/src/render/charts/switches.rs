//! Images that only values hide which are false by default: each is read with the fewest of them turned on that show it.

use std::collections::HashSet;
use std::sync::Arc;

use helm_render::{Output, Stop, Value, overlay};
use image_lint_text::rendered::From;

use super::{Work, image_lines, meter};

/// Most values that are turned on one by one.
const MAX_SWITCHES: usize = 40;
/// Most renderings in search of values that show an image together.
const MAX_SEARCHES: usize = 48;
/// Keys by which a part of a chart is turned on as a whole.
const WHOLE: [&str; 6] = ["enabled", "enable", "create", "install", "deploy", "active"];

impl Work<'_, '_> {
    pub(super) fn switches(&mut self) {
        let Ok(values) = self
            .renderer
            .values(&Value::Nil, &meter(self.files, self.run))
        else {
            return;
        };
        let mut paths = Vec::new();
        switched_off(&values, String::new(), &mut paths);
        if paths.is_empty() {
            return;
        }
        let every: Vec<&str> = paths.iter().map(String::as_str).collect();
        let mut hidden = self.new_lines(&self.turn_on(&every));
        let mut refused = HashSet::new();
        for path in every.iter().take(MAX_SWITCHES) {
            if hidden.is_empty() {
                return;
            }
            if !self.show(&[path], &mut hidden) {
                refused.insert(*path);
            }
        }
        self.with_what_is_around(&every, &mut hidden);
        let willing: Vec<&str> = every
            .into_iter()
            .filter(|path| !refused.contains(path))
            .collect();
        self.together(willing, &mut hidden);
    }

    fn turn_on(&self, paths: &[&str]) -> Output {
        let values = paths
            .iter()
            .fold(Value::Nil, |all, path| overlay(&all, &turned_on(path)));
        self.renderer.render(&values, &meter(self.files, self.run))
    }

    /// Lines that may name an image and that no rendering had so far.
    fn new_lines(&self, output: &Output) -> HashSet<String> {
        let lines = output.files.iter().flat_map(|(_, text)| image_lines(text));
        let new = lines.filter(|line| !self.lines.contains(*line));
        new.map(str::to_owned).collect()
    }

    /// Reads what these values show, if anything that was hidden is among it. False where helm refuses them.
    fn show(&mut self, paths: &[&str], hidden: &mut HashSet<String>) -> bool {
        let output = self.turn_on(paths);
        if is_refused(&output) {
            return false;
        }
        if self.new_lines(&output).is_empty() {
            return true;
        }
        let when: Arc<str> = format!("when {}", paths.join(" and ")).into();
        self.read(&output, Some(&when));
        hidden.retain(|line| !self.lines.contains(line));
        true
    }

    /// `a.metrics.enabled` may need `a.enabled`.
    fn with_what_is_around(&mut self, every: &[&str], hidden: &mut HashSet<String>) {
        let parent = |path: &str| path.rfind('.').map_or("", |at| &path[..at]).to_owned();
        for path in every.iter().take(MAX_SWITCHES) {
            if hidden.is_empty() {
                return;
            }
            let inner = parent(path);
            let is_around = |other: &&&str| {
                let outer = parent(other);
                let key = other.rsplit('.').next().unwrap_or(other);
                inner.starts_with(&format!("{outer}.")) && WHOLE.contains(&key)
            };
            let mut group: Vec<&str> = every.iter().filter(is_around).copied().collect();
            if !group.is_empty() {
                group.push(path);
                self.show(&group, hidden);
            }
        }
    }

    /// The fewest values that show what is left, found by leaving out half of them, a quarter, and so on.
    fn together(&mut self, every: Vec<&str>, hidden: &mut HashSet<String>) {
        let mut left = MAX_SEARCHES;
        let mut wanted: Vec<String> = hidden.iter().cloned().collect();
        wanted.sort();
        for line in wanted {
            if !hidden.contains(&line) {
                continue;
            }
            let mut needed = every.clone();
            let shows = |paths: &[&str]| {
                let output = self.turn_on(paths);
                let mut lines = output.files.iter().flat_map(|(_, text)| image_lines(text));
                !is_refused(&output) && lines.any(|shown| shown == line)
            };
            if left == 0 {
                return;
            }
            left -= 1;
            if !shows(&needed) {
                continue;
            }
            let mut size = needed.len().div_ceil(2);
            while left > 0 {
                let mut at = 0;
                while at < needed.len() && left > 0 {
                    left -= 1;
                    let end = (at + size).min(needed.len());
                    let fewer = [&needed[..at], &needed[end..]].concat();
                    if shows(&fewer) {
                        needed = fewer;
                    } else {
                        at = end;
                    }
                }
                if size == 1 {
                    break;
                }
                size = size.div_ceil(2);
            }
            self.show(&needed, hidden);
        }
    }
}

fn is_refused(output: &Output) -> bool {
    let failed = |why: &Stop| matches!(why, Stop::Failed(_) | Stop::UsedUp(_));
    output.refused.is_some() || output.failures.iter().any(|failure| failed(&failure.why))
}

/// Paths of the booleans that are false.
fn switched_off(value: &Value, path: String, out: &mut Vec<String>) {
    match value {
        Value::Bool(false, _) if !path.is_empty() => out.push(path),
        Value::Map(map) => {
            for (key, value) in map
                .entries
                .borrow()
                .iter()
                .filter(|(key, _)| !key.contains('.'))
            {
                let path = if path.is_empty() {
                    key.to_string()
                } else {
                    format!("{path}.{key}")
                };
                switched_off(value, path, out);
            }
        }
        _ => {}
    }
}

fn turned_on(path: &str) -> Value {
    let on = Value::Bool(true, From::Nowhere);
    path.rsplit('.')
        .fold(on, |value, key| Value::map([(key.into(), value)].into()))
}
