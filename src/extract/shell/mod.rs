//! Shell scripts, and the scripts inside other files. Comes in: the text of a script with the way back to its file.
//! Goes out: every image that a command of a known tool names, and every command that makes or moves images.
//!
//! [`parse`] makes a tree, [`walk`] goes through it as a shell would, [`expand`] puts variables in their place,
//! [`commands`] looks up what is left in the tables of [`grammar`]. Nothing is run, no other file is read.

mod builds;
mod commands;
mod environment;
mod expand;
mod field;
mod files;
mod flags;
pub mod grammar;
mod heredoc;
mod names;
mod parse;
mod syntax;
mod transport;
mod walk;
mod word;
mod wrappers;

#[cfg(test)]
mod tests;

use crate::extract::shell::environment::{Binding, Environment};
use crate::extract::shell::field::{Atom, Field};
use crate::extract::shell::walk::{Call, Shared, Walker};
use crate::extract::{Sink, ignores};
use crate::model::mention::{Scope, SourceKind};
use crate::model::source::{SourceText, Span};
use crate::model::value::{Piece, Syntax, Value};

pub use files::ShellFile;
pub use grammar::names_a_tool;

/// Where a script stands and what it can see.
#[derive(Clone, Debug)]
pub struct ScriptContext<'a> {
    pub source: SourceKind,
    /// Where in its file: `jobs.build.steps[2].run`; empty for a file that is a script.
    pub field: &'a str,
    /// Scripts with the same number run in one place and share the local image store.
    pub job: u32,
    /// Variables that the script is started with, with the place of each value in the file.
    pub environment: &'a [(Box<str>, Value, Option<Span>)],
    /// Languages whose variables are replaced before the shell runs. `${{ }}`, `$[[ ]]` and `{{ }}` always are.
    pub foreign: &'a [Syntax],
    /// Given to every mention.
    pub scope: Option<Scope>,
    pub object: Option<u32>,
}

impl<'a> ScriptContext<'a> {
    /// A script with nothing around it.
    pub fn new(source: SourceKind, field: &'a str, job: u32) -> Self {
        ScriptContext { source, field, job, environment: &[], foreign: &[], scope: None, object: None }
    }

    /// A mention's field: the command, and in an embedding file where it stands.
    fn label(&self, command: &str) -> String {
        if self.field.is_empty() { command.to_owned() } else { format!("{}: {command}", self.field) }
    }
}

/// Reads a script.
pub fn extract_script(script: &SourceText<'_>, context: &ScriptContext<'_>, sink: &mut Sink<'_>) {
    if !names_a_tool(&script.text) {
        return;
    }
    // The comments of a Makefile or Jenkinsfile are those of the whole file, which its own reader sees.
    if !matches!(context.source, SourceKind::Makefile | SourceKind::Jenkinsfile) {
        ignores::in_line_comments(script, "#", sink);
    }
    let tree = parse::parse(&script.text, context.foreign);
    if let Some((span, why)) = tree.trouble
        && !sink.extraction.skips.iter().any(|s| s.why.starts_with(SKIP))
    {
        // Templates are expected not to be shell before they are rendered.
        let expected = script.text.contains("{{") || script.text.contains("<%");
        sink.skip(script.outer(span), format!("{SKIP}: {why}"), expected);
    }
    let mut walker = Walker::new(script, &tree, context, initial(context, sink), shared(context, sink));
    walker.run(sink);
}

const SKIP: &str = "the shell would not read this";

/// Reads a command that is given as a list of words (`command:` with `args:` of a container, an exec-form `RUN`).
pub fn extract_arguments(words: &[SourceText<'static>], context: &ScriptContext<'_>, sink: &mut Sink<'_>) {
    if words.is_empty() || words.len() > 4096 {
        return;
    }
    let mut text = String::new();
    let mut segments = Vec::new();
    let mut fields = Vec::with_capacity(words.len());
    for word in words {
        let start = text.len();
        text.push_str(&word.text);
        let word_span = Span::new(start, text.len());
        let outer = word.outer(Span::new(0, word.text.len()));
        let outer_len = outer.end - outer.start;
        segments.push(crate::model::source::Segment { inner: start as u32, outer: outer.start, outer_len });
        text.push(' ');
        fields.push(Field {
            atoms: argument_atoms(&word.text, start, context.foreign),
            word: word_span,
            splits: false,
        });
    }
    if !names_a_tool(&text) {
        return;
    }
    let map = crate::model::source::SpanMap::Segments(segments);
    let all = SourceText { text: text.into(), map };
    let span = Span::new(0, all.text.len().saturating_sub(1));
    let tree = parse::parse("", &[]);
    let before = sink.extraction.builds.len();
    let mut walker = Walker::new(&all, &tree, context, initial(context, sink), shared(context, sink));
    walker.call(Call { span, fields, prefix: Vec::new(), redirects: [].into() }, sink);
    for build in &mut sink.extraction.builds[before..] {
        // A flag is an item of its own in a list: behind the word it would become part of that word's item.
        build.subcommand = None;
    }
}

/// Arguments are not split or unquoted; only variables of other languages stand in them, and `$(VAR)` of Kubernetes.
fn argument_atoms(text: &str, start: usize, foreign: &[Syntax]) -> Vec<Atom> {
    let mut atoms = Vec::new();
    for (span, syntax) in parse::foreign_parts(text, foreign) {
        let part = &text[span.range()];
        let outer = Span::new(start + span.start as usize, start + span.end as usize);
        match syntax {
            None => atoms.push(Atom { piece: Piece::Literal(part.into()), span: outer, exact: true }),
            Some(syntax) => {
                let mut value = Value::default();
                let name = part.trim_start_matches(['$', '(', '{']).trim_end_matches([')', '}']).trim();
                value.push_variable(name, part, syntax);
                atoms.extend(value.pieces.into_iter().map(|piece| Atom { piece, span: outer, exact: false }));
            }
        }
    }
    atoms
}

fn initial(context: &ScriptContext<'_>, sink: &mut Sink<'_>) -> Environment {
    let mut environment = Environment::default();
    for (name, value, span) in context.environment {
        let place = span.map(|span| sink.place(span));
        environment.set(name, Some(Binding { value: value.clone(), elements: None, place, exported: true }));
    }
    environment
}

/// Names that earlier scripts of the same job made.
fn shared(context: &ScriptContext<'_>, sink: &Sink<'_>) -> Shared {
    let mut shared = Shared::default();
    for build in sink.extraction.builds.iter().filter(|b| b.job == context.job) {
        shared.names.extend(build.outputs.iter().map(|n| n.text.to_string()));
    }
    shared
}
