//! The lines of a Makefile: which are recipes, which set variables, which include other files, and which a conditional
//! leaves out.

use std::sync::Arc;

use super::evaluate::Evaluator;
use super::include;
use super::text::{Text, balanced};
use super::variables::{Arm, Conditional, Set, Variables};
use crate::extract::Sink;
use image_lint_text::source::{Place, Positions, SourceFile, Span};

/// All that a Makefile and what it includes say.
#[derive(Default)]
pub(super) struct File {
    pub recipes: Vec<Recipe>,
    /// Commands that make itself runs: `$(shell …)` and `V != …`.
    pub commands: Vec<Recipe>,
    /// Bodies of `define` whose lines are those of a recipe.
    pub canned: Vec<Recipe>,
    pub variables: Variables,
    /// Files that are included, by the number that recipes name less one.
    pub included: Vec<Arc<SourceFile>>,
}

/// The commands of a rule.
#[derive(Clone)]
pub(super) struct Recipe {
    pub lines: Vec<Line>,
    pub target: String,
    pub prerequisites: String,
    pub job: u32,
    /// Of which file it is: 0 is the Makefile itself.
    pub file: usize,
    /// Conditionals around the rule.
    pub arms: Vec<Arm>,
}

/// A line of a recipe.
#[derive(Clone)]
pub(super) struct Line {
    pub text: Text,
    pub arms: Vec<Arm>,
}

/// Deepest nesting of conditionals.
const MAX_DEPTH: usize = 64;
/// Deepest nesting of included files, and most of them.
const MAX_INCLUDES: usize = 8;
const MAX_FILES: usize = 64;

/// What is known of the arm of a conditional that is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Its lines count, and it is not known whether they do.
    Perhaps,
    Taken,
    /// Another arm was taken, or the condition does not hold.
    Not,
    /// No arm counts, since none of the conditional around it does.
    Dead,
}

#[derive(Clone, Copy)]
struct Open {
    state: State,
    /// An arm before it is taken for certain.
    taken: bool,
    /// Its number among the conditionals that nothing decides.
    number: u32,
}

pub(super) struct Reader<'r, 's> {
    file: File,
    sink: &'r mut Sink<'s>,
    recipe: Option<Recipe>,
    define: Option<(String, Text, Span)>,
    open: Vec<Open>,
    jobs: u32,
    /// An assignment that goes on, with the start and the length of its first line.
    assigning: Option<(String, usize, usize)>,
    /// Which file is read: 0 is the Makefile itself.
    current: usize,
    /// Files that include each other, outermost first.
    nesting: usize,
}

/// Reads a Makefile.
pub(super) fn read(source: &SourceFile, sink: &mut Sink<'_>) -> File {
    let mut reader = Reader {
        file: File {
            variables: Variables::of(source.text.len()),
            ..File::default()
        },
        sink,
        recipe: None,
        define: None,
        open: Vec::new(),
        jobs: 0,
        assigning: None,
        current: 0,
        nesting: 0,
    };
    reader.source(source);
    const PREFIX: &str = ".RECIPEPREFIX";
    if let Some(at) = source.text.find(PREFIX) {
        let why = "recipes that begin with another character than a tab are not read";
        let span = Span::new(at, at + PREFIX.len());
        reader.sink.skip(span, why, false);
    }
    reader.file
}

impl Reader<'_, '_> {
    fn source(&mut self, source: &SourceFile) {
        let mut positions = Positions::new(&source.text);
        let mut place = |span: Span| positions.place(source.id, span);
        let mut at = 0;
        let mut continued = false;
        for line in source.text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let goes_on = goes_on(line);
            if self.assigning.is_some() {
                self.more(line, goes_on, &mut place);
                continued = false;
                continue;
            }
            self.line(line, start, continued, source, &mut place);
            continued = goes_on;
        }
        self.more("", false, &mut place);
        self.end_of_recipe();
    }

    fn line(
        &mut self,
        line: &str,
        start: usize,
        continued: bool,
        source: &SourceFile,
        place: &mut dyn FnMut(Span) -> Place,
    ) {
        if let Some((_, body, _)) = &mut self.define {
            match line.trim() {
                "endef" => self.defined(place),
                _ => body.copy(line, 0, line.len(), start),
            }
            return;
        }
        if !continued && self.conditional(line) {
            return;
        }
        if !self.counts() {
            return;
        }
        if self.recipe.is_some() && (line.starts_with('\t') || continued) {
            self.shells(line, start);
            self.recipe_line(line, start, continued);
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
        let bare = plain.strip_prefix("override ").unwrap_or(plain);
        if let Some(name) = bare.strip_prefix("define ") {
            self.end_of_recipe();
            let name = name.trim().trim_end_matches(['=', ':', '?', '+']).trim();
            let span = Span::new(start, start + plain.len());
            self.define = Some((name.to_owned(), Text::default(), span));
            return;
        }
        if let Some(files) = included(plain) {
            self.end_of_recipe();
            self.include(files, source);
            return;
        }
        let len = line.trim_end().trim_end_matches('\\').trim_end().len();
        if Set::read(line, start, len).is_some() {
            self.assigning = Some((line[..len].to_owned(), start, len));
            if !goes_on(line) {
                self.assigned(place);
            }
            return;
        }
        self.end_of_recipe();
        self.rule(line, start, plain);
    }

    fn recipe_line(&mut self, line: &str, start: usize, continued: bool) {
        let arms = self.arms();
        let Some(recipe) = &mut self.recipe else {
            return;
        };
        match recipe.lines.last_mut().filter(|last| last.arms == arms) {
            Some(last) => last.text.recipe_line(line, start, continued),
            None => {
                let mut text = Text::default();
                text.recipe_line(line, start, continued);
                recipe.lines.push(Line { text, arms });
            }
        }
    }

    /// The arms whose lines are read, of the conditionals that nothing decides.
    fn arms(&self) -> Vec<Arm> {
        let open = self.open.iter();
        let undecided = open.filter(|open| open.state == State::Perhaps);
        undecided
            .map(|open| {
                let known = &self.file.variables.conditionals[open.number as usize];
                (open.number, known.arms.len().saturating_sub(1) as u32)
            })
            .collect()
    }

    /// A further line of an assignment.
    fn more(&mut self, line: &str, goes_on: bool, place: &mut dyn FnMut(Span) -> Place) {
        let Some((text, ..)) = &mut self.assigning else {
            return;
        };
        text.push(' ');
        text.push_str(line.trim().trim_end_matches('\\').trim_end());
        if !goes_on || text.len() > 4000 {
            self.assigned(place);
        }
    }

    fn assigned(&mut self, place: &mut dyn FnMut(Span) -> Place) {
        let Some((text, start, len)) = self.assigning.take() else {
            return;
        };
        let Some(set) = Set::read(&text, start, len) else {
            return;
        };
        if set.kind == super::variables::Kind::Command {
            let mut command = Text::default();
            let from = set.span.start as usize - start;
            command.copy(&text, from, from + set.span.len(), start);
            self.command(command);
        }
        let arms = self.arms();
        self.file.variables.set(&set, place(set.span), &arms);
    }

    /// A command that make itself runs.
    fn command(&mut self, text: Text) {
        self.jobs += 1;
        let recipe = self.new_recipe(text, "shell");
        self.file.commands.push(recipe);
    }

    fn new_recipe(&self, text: Text, target: &str) -> Recipe {
        let arms = self.arms();
        Recipe {
            lines: vec![Line {
                text,
                arms: arms.clone(),
            }],
            target: target.to_owned(),
            prerequisites: String::new(),
            job: self.jobs,
            file: self.current,
            arms,
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
        let prerequisites = after.split(';').next().unwrap_or("");
        let mut recipe = self.new_recipe(text, target.trim());
        recipe.prerequisites = prerequisites.trim_start_matches(':').trim().to_owned();
        self.recipe = Some(recipe);
    }

    /// A body that no recipe calls may be text of any kind, unless its lines are those of a recipe.
    fn defined(&mut self, place: &mut dyn FnMut(Span) -> Place) {
        let Some((name, body, span)) = self.define.take() else {
            return;
        };
        if !self.counts() {
            return;
        }
        if body.text.starts_with('\t') {
            self.jobs += 1;
            let mut text = Text::default();
            text.append(&body);
            let recipe = self.new_recipe(text, &name);
            self.file.canned.push(recipe);
        }
        let arms = self.arms();
        // A canned recipe of another file has no bytes in this one.
        self.file
            .variables
            .define(name, body, place(span), &arms, self.current);
    }

    /// The shell gets the line as it is, and quotes that are open in it end there: what follows is a script of its own.
    fn cut_recipe(&mut self) {
        if let Some(recipe) = self.recipe.take() {
            self.recipe = Some(Recipe {
                lines: Vec::new(),
                ..recipe.clone()
            });
            self.file.recipes.push(recipe);
        }
    }

    fn end_of_recipe(&mut self) {
        self.file.recipes.extend(self.recipe.take());
    }

    /// Reads the files after `include`, as far as they are of the repository.
    fn include(&mut self, files: &str, source: &SourceFile) {
        let evaluator = Evaluator::new(&self.file.variables);
        let paths = include::paths(files, source, &evaluator, self.sink);
        for path in paths {
            if self.nesting >= MAX_INCLUDES || self.file.included.len() >= MAX_FILES {
                return;
            }
            let Some(file) = self.sink.other(&path) else {
                continue;
            };
            if self.file.included.iter().any(|known| known.id == file.id) {
                continue;
            }
            self.file.variables.more(file.text.len());
            self.file.included.push(Arc::clone(&file));
            let before = std::mem::replace(&mut self.current, self.file.included.len());
            self.nesting += 1;
            self.source(&file);
            self.nesting -= 1;
            self.current = before;
        }
    }

    fn counts(&self) -> bool {
        self.open
            .last()
            .is_none_or(|open| matches!(open.state, State::Perhaps | State::Taken))
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
                if !self.counts() {
                    self.open(State::Dead, plain);
                    return true;
                }
                let condition = plain[word.len()..].trim();
                let state = state(self.file.variables.holds(word, condition));
                self.open(state, plain);
                true
            }
            "else" => self.otherwise(rest.trim(), plain),
            "endif" => {
                self.open.pop();
                true
            }
            _ => false,
        }
    }

    fn otherwise(&mut self, rest: &str, plain: &str) -> bool {
        let Some(last) = self.open.last().copied() else {
            return false;
        };
        let mut next = match last.state {
            State::Dead => State::Dead,
            State::Perhaps => State::Perhaps,
            State::Taken => State::Not,
            State::Not if last.taken => State::Not,
            State::Not => State::Taken,
        };
        let word = rest.split([' ', '\t', '(']).next().unwrap_or("");
        let conditioned = word.starts_with("if");
        if next == State::Taken && conditioned {
            let condition = rest[word.len()..].trim();
            next = state(self.file.variables.holds(word, condition));
        }
        let mut number = last.number;
        if next == State::Perhaps {
            if last.state != State::Perhaps {
                number = self.number();
            }
            let known = &mut self.file.variables.conditionals[number as usize];
            known.arms.push(plain.into());
            known.exhaustive = !conditioned;
        }
        if let Some(open) = self.open.last_mut() {
            *open = Open {
                state: next,
                taken: last.taken || next == State::Taken,
                number,
            };
        }
        true
    }

    fn open(&mut self, state: State, plain: &str) {
        let number = match state {
            State::Perhaps => {
                let number = self.number();
                self.file.variables.conditionals[number as usize]
                    .arms
                    .push(plain.into());
                number
            }
            _ => 0,
        };
        if self.open.len() < MAX_DEPTH {
            self.open.push(Open {
                state,
                taken: state == State::Taken,
                number,
            });
        }
    }

    fn number(&mut self) -> u32 {
        let all = &mut self.file.variables.conditionals;
        all.push(Conditional::default());
        all.len() as u32 - 1
    }

    /// `$(shell …)`: make runs it when it reads the line.
    fn shells(&mut self, line: &str, start: usize) {
        let mut from = 0;
        while let Some(at) = line[from..].find("$(shell ") {
            let open = from + at + 1;
            let (end, inner) = balanced(line, open, b'(');
            let begin = open + 1 + "shell ".len();
            if end > begin && inner.len() > "shell ".len() {
                let mut text = Text::default();
                text.copy(line, begin, end - 1, start);
                self.command(text);
            }
            from = end.max(open + 1);
        }
    }
}

fn state(holds: Option<bool>) -> State {
    match holds {
        None => State::Perhaps,
        Some(true) => State::Taken,
        Some(false) => State::Not,
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

/// The names after `include`, `-include` and `sinclude`.
fn included(plain: &str) -> Option<&str> {
    let (word, files) = plain.split_once([' ', '\t'])?;
    matches!(word, "include" | "-include" | "sinclude").then_some(files)
}
