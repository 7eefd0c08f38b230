//! Shell scripts, and the scripts inside other files. Comes in: the text of a script with the way back to its file.
//! Goes out: every image that a command of a known tool names, and every command that makes or moves images.
//!
//! [`parse`] makes a tree, [`walk`] goes through it as a shell would, [`expand`] puts variables in their place,
//! [`commands`] looks up what is left in the tables of [`grammar`]. Nothing is run, no other file is read.

mod builds;
mod commands;
mod edits;
mod environment;
mod expand;
mod field;
mod files;
mod flags;
pub mod grammar;
mod handed;
mod helm;
mod heredoc;
mod library;
mod listed;
mod logged;
mod names;
mod parse;
mod paths;
mod sourced;
mod substitutions;
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
use crate::extract::{Sink, Site, ignores};
use image_lint_model::build::FormatSlot;
use image_lint_model::mention::{Scope, SourceKind};
use image_lint_model::value::{Op, Piece, Syntax, Value};
use image_lint_text::source::{SourceText, Span};

pub use files::{ShellFile, shebang};
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
    pub environment: &'a [(Box<str>, Value, Option<Site>)],
    /// Languages whose variables are replaced before the shell runs. `${{ }}`, `$[[ ]]` and `{{ }}` always are.
    pub foreign: &'a [Syntax],
    /// Given to every mention.
    pub scope: Option<Scope>,
    pub object: Option<u32>,
}

impl<'a> ScriptContext<'a> {
    /// A script with nothing around it.
    pub fn new(source: SourceKind, field: &'a str, job: u32) -> Self {
        ScriptContext {
            source,
            field,
            job,
            environment: &[],
            foreign: &[],
            scope: None,
            object: None,
        }
    }

    /// A mention's field: the command, and in an embedding file where it stands.
    fn label(&self, command: &str) -> String {
        if self.field.is_empty() {
            command.to_owned()
        } else {
            format!("{}: {command}", self.field)
        }
    }
}

/// Reads a script.
pub fn extract_script(script: &SourceText<'_>, context: &ScriptContext<'_>, sink: &mut Sink<'_>) {
    if sink.strict
        || may_name_an_image(&script.text)
        || context
            .environment
            .iter()
            .any(|(_, value, _)| holds_a_program(value))
    {
        walk_script(script, context, sink);
    }
}

/// Whether a script calls a tool of the tables, or writes a Dockerfile or a manifest from a here-document.
fn may_name_an_image(text: &str) -> bool {
    let has = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    names_a_tool(text)
        || has("<<") && (has("ockerfile") || has("ontainerfile") || has("apiVersion"))
        || has("apiVersion") && has("image")
        || has("GITHUB_ENV")
        || has("GITHUB_OUTPUT")
}

fn walk_script(script: &SourceText<'_>, context: &ScriptContext<'_>, sink: &mut Sink<'_>) {
    // The comments of a Makefile or Jenkinsfile are those of the whole file, which its own reader sees.
    if !matches!(
        context.source,
        SourceKind::Makefile | SourceKind::Jenkinsfile
    ) {
        ignores::in_line_comments(script, "#", sink);
    }
    if let Some(log) = &mut sink.log {
        log.script(script);
    }
    let tree = parse::parse(&script.text, context.foreign, parse::MAX_PARTS);
    if let Some((span, why)) = tree.trouble
        && tree.cut.is_none()
        && !sink
            .extraction
            .skips
            .iter()
            .any(|s| s.why.starts_with(SKIP))
    {
        // Templates are expected not to be shell before they are rendered.
        let expected = script.text.contains("{{") || script.text.contains("<%");
        sink.skip(script.outer(span), format!("{SKIP}: {why}"), expected);
    }
    let mut walker = Walker::new(
        script,
        &tree,
        context,
        initial(context, sink),
        shared(context, sink),
    );
    if context.source == SourceKind::Shell {
        let own: std::rc::Rc<str> = paths::of_file(&sink.file().path.to_text()).into();
        walker.own = Some(std::rc::Rc::clone(&own));
        walker.started = Some(own);
    }
    walker.run(sink);
    sink.put_made(context.job, walker.shared.names);
}

/// Whether a variable's value is a program that is read here, such as `podman` or `sudo /usr/bin/podman`.
pub fn names_a_program(value: &str) -> bool {
    let base = |word: &str| {
        word.rsplit('/')
            .next()
            .is_some_and(|base| grammar::program(base).is_some())
    };
    value.len() < 200 && value.split_ascii_whitespace().any(base)
}

fn holds_a_program(value: &Value) -> bool {
    value.pieces.iter().any(|piece| match piece {
        Piece::Literal(text) | Piece::Substituted { text, .. } => names_a_program(text),
        Piece::Variable(variable) => {
            matches!(&variable.op, Op::Default { word, .. } if word.as_known().is_some_and(|text| names_a_program(&text)))
        }
    })
}

const SKIP: &str = "the shell would not read this";

/// Reads a command that is given as a list of words (`command:` with `args:` of a container, an exec-form `RUN`).
pub fn extract_arguments(
    words: &[SourceText<'static>],
    context: &ScriptContext<'_>,
    sink: &mut Sink<'_>,
) {
    if words.is_empty() || words.len() > 4096 {
        return;
    }
    let mut text = String::new();
    let mut segments = Vec::new();
    let mut fields = Vec::with_capacity(words.len());
    for word in words {
        let start = text.len();
        word.append_to(&mut text, &mut segments);
        let word_span = Span::new(start, text.len());
        text.push(' ');
        let atoms = argument_atoms(&word.text, start, context, sink);
        // It may be a flag, several words (`$(params.ARGS[*])`) or none.
        let splits = matches!(
            atoms.as_slice(),
            [Atom {
                piece: Piece::Variable(_),
                ..
            }]
        );
        fields.push(Field {
            atoms,
            word: word_span,
            splits,
        });
    }
    if !names_a_tool(&text) {
        return;
    }
    let map = image_lint_text::source::SpanMap::Segments(segments);
    let all = SourceText {
        text: text.into(),
        map,
    };
    if let Some(log) = &mut sink.log {
        log.script(&all);
    }
    let span = Span::new(0, all.text.len().saturating_sub(1));
    let tree = parse::parse("", &[], 0);
    let before = sink.extraction.builds.len();
    let mut walker = Walker::new(
        &all,
        &tree,
        context,
        initial(context, sink),
        shared(context, sink),
    );
    walker.call(
        Call {
            span,
            fields: fields.into(),
            prefix: Vec::new(),
            redirects: [].into(),
        },
        sink,
    );
    sink.put_made(context.job, walker.shared.names);
    slots_in_lists(words, before, sink);
}

/// Reads a command that is given as a list of words in which variables stand as in a shell (`$_TAG` of Cloud Build): each
/// word is one argument.
pub fn extract_words(
    words: &[SourceText<'static>],
    context: &ScriptContext<'_>,
    sink: &mut Sink<'_>,
) {
    use image_lint_text::source::{Segment, SpanMap};
    if words.len() > 4096 {
        return;
    }
    let mut text = String::new();
    let mut segments = Vec::new();
    for word in words {
        let at = |text: &str, outer: u32, outer_len: u32| Segment {
            inner: text.len() as u32,
            outer,
            outer_len,
        };
        let start = word.outer(Span::new(0, 0)).start;
        segments.push(at(&text, start, 0));
        text.push('"');
        for (i, c) in word.text.char_indices() {
            let outer = word.outer(Span::new(i, i + c.len_utf8()));
            segments.push(at(&text, outer.start, outer.end - outer.start));
            if matches!(c, '"' | '`' | '\\') {
                text.push('\\');
            }
            text.push(c);
        }
        let end = word.outer(Span::new(word.text.len(), word.text.len())).end;
        segments.push(at(&text, end, 0));
        text.push_str("\" ");
    }
    let before = sink.extraction.builds.len();
    let script = SourceText {
        text: text.into(),
        map: SpanMap::Segments(segments),
    };
    extract_script(&script, context, sink);
    slots_in_lists(words, before, sink);
}

/// A flag is an item of its own in a list: after the word it would become part of that word's item. Within a script
/// that is an item it is a word like any other.
fn slots_in_lists(words: &[SourceText<'static>], before: usize, sink: &mut Sink<'_>) {
    let items: Vec<Span> = words
        .iter()
        .map(|word| word.outer(Span::new(0, word.text.len())))
        .collect();
    for i in before..sink.extraction.builds.len() {
        let FormatSlot::After(word) = sink.extraction.builds[i].slots.format else {
            continue;
        };
        if !items.contains(&word.span) {
            continue;
        }
        let format = match listed::after(&sink.file().text, word.span) {
            Some((at, before, after)) => FormatSlot::Item {
                at: sink.place(Span::new(at, at)),
                before: before.into(),
                after: after.into(),
            },
            None => FormatSlot::Nowhere,
        };
        let slots = &mut sink.extraction.builds[i].slots;
        slots.format = format;
        slots.late = None;
        if let Some(word) = slots.preserving.as_mut() {
            word.with_blank = None;
        }
    }
}

/// The program that an image starts with its arguments, where its name tells: kaniko's executor, skopeo's and crane's
/// images, and the builders of Cloud Build (`ENTRYPOINT` of the images' own Containerfiles).
pub fn entrypoint(image: &str) -> Option<&'static str> {
    const IMAGES: [(&str, &str); 8] = [
        ("kaniko-project/executor", "/kaniko/executor"),
        ("kaniko/executor", "/kaniko/executor"),
        ("chainguard/kaniko", "/kaniko/executor"),
        ("skopeo/stable", "skopeo"),
        ("containers/skopeo", "skopeo"),
        ("go-containerregistry/crane", "crane"),
        ("cloud-builders/docker", "docker"),
        ("cloud-builders/kubectl", "kubectl"),
    ];
    let name = image.split('@').next().unwrap_or("");
    let name = match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => name,
    };
    let ends = |end: &str| {
        name.strip_suffix(end)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    IMAGES
        .iter()
        .find(|(end, _)| ends(end))
        .map(|(_, program)| *program)
}

/// A word that stands nowhere in the file, before one that does.
pub fn implied(word: &'static str, before: &SourceText<'_>) -> SourceText<'static> {
    let start = before.outer(Span::new(0, 0)).start;
    let segment = image_lint_text::source::Segment {
        inner: 0,
        outer: start,
        outer_len: 0,
    };
    SourceText {
        text: word.into(),
        map: image_lint_text::source::SpanMap::Segments(vec![segment]),
    }
}

/// Arguments are not split or unquoted; only variables of other languages stand in them, and `$(VAR)` of Kubernetes.
fn argument_atoms(
    text: &str,
    start: usize,
    context: &ScriptContext<'_>,
    sink: &mut Sink<'_>,
) -> Vec<Atom> {
    let mut atoms = Vec::new();
    for (span, syntax) in parse::foreign_parts(text, context.foreign) {
        let part = &text[span.range()];
        let outer = Span::new(start + span.start as usize, start + span.end as usize);
        match syntax {
            None => container_variables(part, outer.start as usize, context, sink, &mut atoms),
            Some(syntax) => {
                let mut value = Value::default();
                let name = part
                    .trim_start_matches(['$', '(', '{'])
                    .trim_end_matches([')', '}'])
                    .trim();
                value.push_variable(name, part, syntax);
                atoms.extend(value.pieces.into_iter().map(|piece| Atom {
                    piece,
                    span: outer,
                    exact: false,
                }));
            }
        }
    }
    atoms
}

/// `$(VAR)` of the container's environment, which Kubernetes puts in (kubernetes.io, "Define Dependent Environment
/// Variables"); no shell reads these words, so it is no command. `$$(VAR)` is text.
fn container_variables(
    part: &str,
    start: usize,
    context: &ScriptContext<'_>,
    sink: &mut Sink<'_>,
    atoms: &mut Vec<Atom>,
) {
    let mut from = 0;
    let push = |atoms: &mut Vec<Atom>, from: usize, to: usize| {
        if from < to {
            let span = Span::new(start + from, start + to);
            atoms.push(Atom {
                piece: Piece::Literal(part[from..to].into()),
                span,
                exact: true,
            });
        }
    };
    for (at, _) in part.match_indices("$(") {
        let Some((name, _)) = part[at + 2..].split_once(')') else {
            break;
        };
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-.".contains(&b);
        if at < from || part[..at].ends_with('$') || name.is_empty() || !name.bytes().all(plain) {
            continue;
        }
        push(atoms, from, at);
        let end = at + name.len() + 3;
        let span = Span::new(start + at, start + end);
        match context
            .environment
            .iter()
            .rev()
            .find(|(given, ..)| &**given == name)
        {
            Some((_, value, place)) => {
                atoms.extend(expand::substituted(
                    name,
                    value,
                    place.map(|place| sink.place_of(place)),
                    span,
                ));
            }
            None => {
                let mut value = Value::default();
                value.push_variable(name, &part[at..end], Syntax::Tekton);
                atoms.extend(value.pieces.into_iter().map(|piece| Atom {
                    piece,
                    span,
                    exact: false,
                }));
            }
        }
        from = end;
    }
    push(atoms, from, part.len());
}

fn initial(context: &ScriptContext<'_>, sink: &mut Sink<'_>) -> Environment {
    let mut environment = Environment::default();
    if !sink.may_give(context.environment.len()) {
        return environment;
    }
    for (name, value, span) in context.environment {
        let place = span.map(|span| sink.place_of(span));
        environment.set(
            name,
            Some(Binding {
                value: value.clone(),
                elements: None,
                place,
                exported: true,
            }),
        );
    }
    environment
}

/// Names that earlier scripts of the same job made.
fn shared(context: &ScriptContext<'_>, sink: &mut Sink<'_>) -> Shared {
    Shared::with(sink.take_made(context.job))
}
