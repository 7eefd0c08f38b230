//! The lines of a Makefile: which are recipes, which set variables, and which a conditional leaves out.

use super::expand::Text;
use super::variables::{Set, Variables};
use image_lint_text::source::Span;

/// All that a Makefile says.
#[derive(Default)]
pub(super) struct File {
    pub recipes: Vec<Recipe>,
    /// Commands that make itself runs: `$(shell …)` and `V != …`.
    pub commands: Vec<Text>,
    pub variables: Variables,
}

/// The commands of a rule.
pub(super) struct Recipe {
    pub text: Text,
    pub target: String,
    pub job: u32,
}

/// Deepest nesting of conditionals.
const MAX_DEPTH: usize = 64;

/// A conditional that is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arm {
    /// Its lines count, and it is not known whether they do.
    Perhaps,
    Taken,
    /// Another arm was taken, or the condition does not hold.
    Not,
    /// No arm counts, since none of the conditional around it does.
    Dead,
}

struct Reader {
    file: File,
    recipe: Option<Recipe>,
    define: Option<(String, Text)>,
    arms: Vec<(Arm, bool)>,
    jobs: u32,
    /// An assignment that goes on, with the start and the length of its first line.
    assigning: Option<(String, usize, usize)>,
}

/// Reads a Makefile.
pub(super) fn read(text: &str) -> File {
    let mut reader = Reader {
        file: File {
            variables: Variables::of(text.len()),
            ..File::default()
        },
        recipe: None,
        define: None,
        arms: Vec::new(),
        jobs: 0,
        assigning: None,
    };
    let mut at = 0;
    let mut continued = false;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let goes_on = goes_on(line);
        if reader.assigning.is_some() {
            reader.more(line, goes_on);
            continued = false;
            continue;
        }
        reader.line(line, start, continued);
        continued = goes_on;
    }
    reader.more("", false);
    reader.end_of_recipe();
    reader.file
}

impl Reader {
    fn line(&mut self, line: &str, start: usize, continued: bool) {
        if let Some((name, body)) = &mut self.define {
            if line.trim() != "endef" {
                body.copy(line, 0, line.len(), start);
            } else {
                let name = std::mem::take(name);
                let body = std::mem::take(body);
                self.defined(name, body);
            }
            return;
        }
        if !continued && self.conditional(line) {
            return;
        }
        if !self.counts() {
            return;
        }
        if line.starts_with('\t') || continued && self.recipe.is_some() {
            self.shells(line, start);
            if let Some(recipe) = &mut self.recipe {
                recipe.text.recipe_line(line, start, continued);
            }
            if backslashes(line) > 0 && !goes_on(line) {
                self.cut_recipe();
            }
            return;
        }
        let plain = line.trim();
        if continued || plain.is_empty() || plain.starts_with('#') {
            return;
        }
        self.shells(line, start);
        if let Some(name) = plain.strip_prefix("define ") {
            self.end_of_recipe();
            let name = name.trim().trim_end_matches(['=', ':', '?']).trim();
            self.define = Some((name.to_owned(), Text::default()));
            return;
        }
        let len = line.trim_end().trim_end_matches('\\').trim_end().len();
        if Set::read(line, start, len).is_some() {
            self.assigning = Some((line[..len].to_owned(), start, len));
            let goes_on = goes_on(line);
            if !goes_on {
                self.assigned();
            }
            return;
        }
        self.end_of_recipe();
        self.rule(line, start, plain);
    }

    /// A further line of an assignment.
    fn more(&mut self, line: &str, goes_on: bool) {
        let Some((text, ..)) = &mut self.assigning else {
            return;
        };
        text.push(' ');
        text.push_str(line.trim().trim_end_matches('\\').trim_end());
        if !goes_on || text.len() > 4000 {
            self.assigned();
        }
    }

    fn assigned(&mut self) {
        if let Some((text, start, len)) = self.assigning.take()
            && let Some(set) = Set::read(&text, start, len)
        {
            self.set(&text, start, &set);
        }
    }

    fn rule(&mut self, line: &str, start: usize, plain: &str) {
        let Some((target, after)) = plain.split_once(':') else {
            return;
        };
        self.jobs += 1;
        let mut text = Text::default();
        // `target: prerequisites ; command`
        if let Some(at) = line.find(';').filter(|_| after.contains(';')) {
            text.recipe_line(&line[at + 1..], start + at + 1, false);
        }
        self.recipe = Some(Recipe {
            text,
            target: target.trim().to_owned(),
            job: self.jobs,
        });
    }

    fn set(&mut self, line: &str, start: usize, set: &Set<'_>) {
        if set.runs {
            let mut text = Text::default();
            let from = set.span.start as usize - start;
            text.copy(line, from, from + set.span.len(), start);
            self.file.commands.push(text);
        }
        let sure = self.arms.iter().all(|(arm, _)| *arm == Arm::Taken);
        self.file.variables.set(set, sure);
    }

    /// A body that no recipe calls may be text of any kind, unless its lines are those of a recipe.
    fn defined(&mut self, name: String, body: Text) {
        self.define = None;
        if !self.counts() {
            return;
        }
        if body.text.starts_with('\t') {
            self.jobs += 1;
            let mut text = Text::default();
            text.append(&body);
            self.file.variables.uncalled.push(Recipe {
                text,
                target: name.clone(),
                job: self.jobs,
            });
        }
        self.file.variables.define(name, body);
    }

    /// The shell gets the line as it is, and quotes that are open in it end there: what follows is a script of its own.
    fn cut_recipe(&mut self) {
        if let Some(recipe) = self.recipe.take() {
            self.recipe = Some(Recipe {
                text: Text::default(),
                target: recipe.target.clone(),
                job: recipe.job,
            });
            self.file.recipes.push(recipe);
        }
    }

    fn end_of_recipe(&mut self) {
        self.file.recipes.extend(self.recipe.take());
    }

    fn counts(&self) -> bool {
        self.arms
            .last()
            .is_none_or(|(arm, _)| matches!(arm, Arm::Perhaps | Arm::Taken))
    }

    /// Whether the line is a directive of a conditional, and what it changes.
    fn conditional(&mut self, line: &str) -> bool {
        // A line of a recipe starts with a tab, whatever it says.
        if line.starts_with('\t') && self.recipe.is_some() {
            return false;
        }
        let plain = line.split(" #").next().unwrap_or(line).trim();
        let (word, rest) = plain.split_once([' ', '\t', '(']).unwrap_or((plain, ""));
        match word {
            "ifeq" | "ifneq" | "ifdef" | "ifndef" => {
                let holds = match self.counts() {
                    true => self.file.variables.holds(word, plain[word.len()..].trim()),
                    false => return self.open(Arm::Dead),
                };
                self.open(match holds {
                    None => Arm::Perhaps,
                    Some(true) => Arm::Taken,
                    Some(false) => Arm::Not,
                })
            }
            "else" => {
                let Some((arm, taken)) = self.arms.last().copied() else {
                    return false;
                };
                let mut next = match arm {
                    Arm::Dead => Arm::Dead,
                    Arm::Perhaps => Arm::Perhaps,
                    Arm::Taken => Arm::Not,
                    Arm::Not if taken => Arm::Not,
                    Arm::Not => Arm::Taken,
                };
                let (inner, condition) = rest
                    .trim()
                    .split_once([' ', '\t', '('])
                    .unwrap_or((rest.trim(), ""));
                if next == Arm::Taken && inner.starts_with("if") {
                    let whole = &rest.trim()[inner.len()..];
                    let _ = condition;
                    next = match self.file.variables.holds(inner, whole.trim()) {
                        None => Arm::Perhaps,
                        Some(true) => Arm::Taken,
                        Some(false) => Arm::Not,
                    };
                }
                self.file.variables.next_arm();
                if let Some(last) = self.arms.last_mut() {
                    *last = (next, taken || next == Arm::Taken);
                }
                true
            }
            "endif" => {
                self.arms.pop();
                self.file.variables.next_arm();
                true
            }
            _ => false,
        }
    }

    fn open(&mut self, arm: Arm) -> bool {
        if self.arms.len() < MAX_DEPTH {
            self.arms.push((arm, arm == Arm::Taken));
        }
        self.file.variables.next_arm();
        true
    }

    /// `$(shell …)`: make runs it when it reads the line.
    fn shells(&mut self, line: &str, start: usize) {
        let mut from = 0;
        while let Some(at) = line[from..].find("$(shell ") {
            let open = from + at + 1;
            let (end, inner) = super::expand::balanced(line, open, b'(');
            let begin = open + 1 + "shell ".len();
            if end > begin && inner.len() > "shell ".len() {
                let mut text = Text::default();
                text.copy(line, begin, end - 1, start);
                self.file.commands.push(text);
            }
            from = end.max(open + 1);
        }
    }
}

/// Backslashes at the end of a line.
fn backslashes(line: &str) -> usize {
    let line = line.trim_end_matches(['\n', '\r']);
    line.len() - line.trim_end_matches('\\').len()
}

/// Whether a line goes on in the next one: an even number of backslashes stands for half as many of them (GNU make,
/// `readline` in read.c).
pub(super) fn goes_on(line: &str) -> bool {
    backslashes(line) % 2 == 1
}

/// The span of a part of a line.
pub(super) fn span(start: usize, offset: usize, len: usize) -> Span {
    Span::new(start + offset, start + offset + len)
}
