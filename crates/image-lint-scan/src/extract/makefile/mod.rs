//! Makefiles: the commands of recipes, with Make's variables put in as far as the file gives them (GNU make manual,
//! "Recipe Syntax", "Setting Variables", "Conditional Parts", "Canned Recipes", "The foreach Function").
//!
//! Comes in: a Makefile. Goes out: what each recipe's script says. Each recipe is read as one script although make runs
//! each line in a shell of its own: names of images hold for the whole recipe, variables hardly matter. Where a
//! conditional decides what make reads and nothing here decides the conditional, both branches are read.

mod expand;
mod lines;
mod variables;

use std::collections::HashSet;

use crate::extract::shell::{ScriptContext, extract_script, names_a_tool};
use crate::extract::{Candidate, Extractor, Sink, ignores};
use image_lint_model::mention::SourceKind;
use image_lint_text::source::{SourceFile, Span};
use lines::{Recipe, read};
use variables::Variables;

/// `Makefile`, `GNUmakefile`, `*.mk`.
#[derive(Debug)]
pub struct Makefile;

/// Most ways to choose among the values of a recipe's variables.
const MAX_WAYS: usize = 8;

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
        names_a_tool(text)
    }

    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>) {
        ignores::in_line_comments(&file.whole(), "#", out);
        let makefile = read(&file.text);
        // Every assignment of the file holds in every recipe: make reads all of it first.
        for recipe in &makefile.recipes {
            run(recipe, &makefile.variables, out);
        }
        for recipe in &makefile.variables.uncalled {
            if !calls(&file.text, &recipe.target) {
                run(recipe, &makefile.variables, out);
            }
        }
        if makefile.variables.cut() {
            let why = "expanding this file's recipes takes too long; the rest of them was not read";
            out.skip(Span::new(0, 0), why, false);
        }
        for (i, command) in makefile.commands.iter().enumerate() {
            let job = (makefile.recipes.len() + 1 + i) as u32;
            let recipe = Recipe {
                text: command.clone(),
                target: "shell".into(),
                job,
            };
            run(&recipe, &makefile.variables, out);
        }
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

/// Reads a recipe once for each choice among the values of its variables.
fn run(recipe: &Recipe, variables: &Variables, out: &mut Sink<'_>) {
    let text = &recipe.text.text;
    if !names_a_tool(text) && !text.contains("$(") && !text.contains("${") {
        return;
    }
    let first = out.extraction.mentions.len();
    let mut ways = 1;
    let mut way = 0;
    while way < ways {
        let mut expansion = expand::Expansion::new(variables, way);
        let script = expansion.script(&recipe.text);
        ways = expansion.ways.min(MAX_WAYS);
        way += 1;
        let mut environment = expansion.given;
        if out.may_give(variables.exported.len()) {
            environment.extend(variables.exported());
        }
        let mut context = ScriptContext::new(SourceKind::Makefile, &recipe.target, recipe.job);
        context.environment = &environment;
        extract_script(&script, &context, out);
    }
    if ways > 1 || recipe.text.repeats() {
        once(first, out);
    }
}

/// Mentions of one place with one value are one.
fn once(first: usize, out: &mut Sink<'_>) {
    let mut seen = HashSet::new();
    let new = out.extraction.mentions.split_off(first);
    // What one way pulled is no image of this machine for the next one.
    let fresh = new
        .into_iter()
        .filter(|mention| seen.insert((mention.place.span, mention.value.written())));
    out.extraction.mentions.extend(fresh);
}

#[cfg(test)]
mod tests;
