//! Makefiles: the commands of recipes, with Make's variables put in as far as the files give them (GNU make manual,
//! "Recipe Syntax", "Setting Variables", "Conditional Parts", "Canned Recipes", "The foreach Function", "Including Other
//! Makefiles").
//!
//! Comes in: a Makefile. Goes out: what each recipe's script says, and those of the files that it includes. Each recipe
//! is read as one script although make runs each line in a shell of its own: names of images hold for the whole recipe,
//! variables hardly matter. Where a conditional decides what make reads and nothing here decides the conditional, each
//! arm is read.

mod evaluate;
mod expand;
mod functions;
mod include;
mod lines;
mod text;
mod variables;

use std::collections::{HashMap, HashSet};

use crate::extract::shell::{ScriptContext, extract_script, names_a_tool};
use crate::extract::{Candidate, Extractor, Sink, ignores};
use evaluate::Evaluator;
use image_lint_model::mention::{Condition, SourceKind};
use image_lint_model::value::Value;
use image_lint_text::source::{SourceFile, Span};
use lines::{File, Recipe, read};
use variables::Variables;

/// `Makefile`, `GNUmakefile`, `*.mk`.
#[derive(Debug)]
pub struct Makefile;

/// Most ways through the conditionals of a recipe.
const MAX_WAYS: usize = 16;
/// Most targets of one rule that are told apart.
const MAX_TARGETS: usize = 16;

impl Extractor for Makefile {
    fn name(&self) -> &'static str {
        "makefile"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        let name = file.path.file_name();
        matches!(&*name, "Makefile" | "makefile" | "GNUmakefile")
            || name.ends_with(".mk")
            || name.ends_with(".mak")
            || name.starts_with("Makefile.") && !name.ends_with(".in") && !name.ends_with(".am")
    }

    fn worth_reading(&self, text: &str) -> bool {
        names_a_tool(text) || text.contains("include ")
    }

    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>) {
        ignores::in_line_comments(&file.whole(), "#", out);
        // Every assignment of the files holds in every recipe: make reads all of them first.
        let makefile = read(file, out);
        run_all(&makefile, 0, &file.text, out);
        for (i, included) in makefile.included.iter().enumerate() {
            let mut beside = out.beside(included);
            ignores::in_line_comments(&included.whole(), "#", &mut beside);
            run_all(&makefile, i + 1, &included.text, &mut beside);
            out.others.push((included.id, beside.finish()));
        }
        if makefile.variables.cut() {
            let why = "expanding this file's recipes takes too long; the rest of them was not read";
            out.skip(Span::new(0, 0), why, false);
        }
    }
}

/// Reads what one of the files says.
fn run_all(makefile: &File, file: usize, text: &str, out: &mut Sink<'_>) {
    let own = |recipe: &&Recipe| recipe.file == file;
    for recipe in makefile.recipes.iter().filter(own) {
        run(recipe, &makefile.variables, out);
    }
    for recipe in makefile.canned.iter().filter(own) {
        if !calls(text, &recipe.target) {
            run(recipe, &makefile.variables, out);
        }
    }
    for recipe in makefile.commands.iter().filter(own) {
        run(recipe, &makefile.variables, out);
    }
}

/// Whether a canned recipe is used somewhere.
fn calls(text: &str, name: &str) -> bool {
    let ways = [
        format!("({name})"),
        format!("{{{name}}}"),
        format!("call {name}"),
    ];
    ways.iter().any(|way| text.contains(way.as_str()))
}

/// Reads a recipe for each of its targets, and for each way through the conditionals that matter to it.
fn run(recipe: &Recipe, variables: &Variables, out: &mut Sink<'_>) {
    let names = |text: &str| names_a_tool(text) || text.contains("$(") || text.contains("${");
    if !recipe.lines.iter().any(|line| names(&line.text.text)) {
        return;
    }
    let first = (out.extraction.mentions.len(), out.extraction.builds.len());
    let mut evaluator = Evaluator::new(variables);
    let targets = evaluator.text(&recipe.target).unwrap_or_default();
    let mut targets: Vec<&str> = targets.split_whitespace().take(MAX_TARGETS).collect();
    // A pattern's targets are not known.
    targets.retain(|target| !target.contains('%'));
    let targets: Vec<Option<&str>> = match targets.is_empty() {
        true => vec![None],
        false => targets.into_iter().map(Some).collect(),
    };
    let mut several = targets.len() > 1;
    evaluator.prerequisites = evaluator.text(&recipe.prerequisites);
    for target in targets {
        evaluator.target = target.map(str::to_owned);
        evaluator.choices = Default::default();
        let mut ways = 0;
        loop {
            several |= one_way(recipe, &evaluator, out) || ways > 0;
            ways += 1;
            if ways == MAX_WAYS || !evaluator.choices.borrow_mut().next() {
                break;
            }
        }
    }
    if several {
        once(first, out);
    }
}

/// Reads a recipe as it is with the arms that are chosen; whether parts of it were put in more than once.
fn one_way(recipe: &Recipe, evaluator: &Evaluator<'_>, out: &mut Sink<'_>) -> bool {
    if !evaluator.takes(&recipe.arms, true) {
        return false;
    }
    let before = out.extraction.mentions.len();
    let mut expansion = expand::Expansion::new(evaluator, recipe.file);
    let script = expansion.script(recipe);
    let mut environment = std::mem::take(&mut expansion.given);
    let repeats = expansion.repeats;
    let variables = evaluator.variables;
    if out.may_give(variables.exported.len()) {
        let now = variables.now();
        environment.extend(variables.exported.iter().filter_map(|name| {
            let held = evaluator.held(name, now, 0)?;
            let text = evaluator.value(name, now, 0)?;
            let site = crate::extract::Site::There(held.place);
            Some((name.clone(), Value::literal(&text), Some(site)))
        }));
    }
    let mut context = ScriptContext::new(SourceKind::Makefile, &recipe.target, recipe.job);
    context.environment = &environment;
    extract_script(&script, &context, out);
    let condition = condition(evaluator);
    for mention in &mut out.extraction.mentions[before..] {
        mention.condition.clone_from(&condition);
    }
    repeats
}

/// The arms that were taken, in words.
fn condition(evaluator: &Evaluator<'_>) -> Option<Condition> {
    let choices = evaluator.choices.borrow();
    let words = choices.taken().filter_map(|(conditional, arm)| {
        let known = evaluator.variables.conditionals.get(conditional as usize)?;
        let first = known.arms.first()?;
        Some(match known.arms.get(arm as usize) {
            Some(own) if arm == 0 => format!("`{own}`"),
            Some(own) => format!("`{own}` of `{first}`"),
            None => format!("not `{first}`"),
        })
    });
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then(|| Condition::Branch(words.join(" and ").into()))
}

/// Mentions of one place with one value are one, and what is the same either way has no condition.
fn once((mentions, builds): (usize, usize), out: &mut Sink<'_>) {
    let new = out.extraction.mentions.split_off(mentions);
    let mut values: HashMap<Span, HashSet<String>> = HashMap::new();
    for mention in &new {
        let all = values.entry(mention.place.span).or_default();
        all.insert(mention.value.written());
    }
    let mut seen = HashSet::new();
    // What one way pulled is no image of this machine for the next one.
    for mut mention in new {
        if !seen.insert((mention.place.span, mention.value.written())) {
            continue;
        }
        if values
            .get(&mention.place.span)
            .is_none_or(|all| all.len() == 1)
        {
            mention.condition = None;
        }
        out.extraction.mentions.push(mention);
    }
    let mut seen = HashSet::new();
    let new = out.extraction.builds.split_off(builds);
    out.extraction
        .builds
        .extend(new.into_iter().filter(|build| {
            let outputs: Vec<&str> = build.outputs.iter().map(|name| &*name.text).collect();
            seen.insert((build.place.span, outputs.join(" ")))
        }));
}

#[cfg(test)]
mod tests;
