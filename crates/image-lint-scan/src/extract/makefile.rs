//! Makefiles: the commands of recipes, with Make's variables put in as far as the file gives them (GNU make manual,
//! "Recipe Syntax", "Setting Variables").
//!
//! Comes in: a Makefile. Goes out: what each recipe's script says. Each recipe is read as one script although make runs
//! each line in a shell of its own: names of images hold for the whole recipe, variables hardly matter.

use std::collections::HashMap;
use std::sync::Arc;

use crate::extract::shell::{ScriptContext, extract_script, names_a_program, names_a_tool};
use crate::extract::{Candidate, Extractor, Sink, ignores};
use image_lint_model::mention::SourceKind;
use image_lint_model::value::{Op, Piece, Syntax, Value, Variable};
use image_lint_text::source::{Segment, SourceFile, SourceText, Span, SpanMap};

/// `Makefile`, `GNUmakefile`, `*.mk`.
#[derive(Debug)]
pub struct Makefile;

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
        let mut variables: Variables = HashMap::new();
        let mut exported: Vec<(Box<str>, Value, Option<Span>)> = Vec::new();
        let mut recipe: Option<(Text, String)> = None;
        let mut job = 0;
        let mut recipes: Vec<(Text, String, u32)> = Vec::new();
        let mut at = 0;
        let mut continued = false;
        for line in file.text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            if line.starts_with('\t') || continued && recipe.is_some() {
                if let Some((text, _)) = &mut recipe {
                    // `@`, `-` and `+` before a command are make's.
                    let mut from = line.len() - line.trim_start_matches('\t').len();
                    if !continued {
                        from = line.len()
                            - line[from..]
                                .trim_start_matches(['@', '-', '+', ' ', '\t'])
                                .len();
                    }
                    text.copy(line, from, line.len(), start);
                }
                continued = line.trim_end_matches(['\n', '\r']).ends_with('\\');
                continue;
            }
            continued = false;
            let plain = line.trim();
            if plain.is_empty() || plain.starts_with('#') {
                continue;
            }
            if let Some((name, value, offset, conditional, export)) = assignment(line) {
                let span = Span::new(start + offset, start + offset + value.len());
                // `X ?=` says no more than that X comes from outside.
                if conditional && value.is_empty() {
                    continue;
                }
                if !(conditional && variables.contains_key(name)) {
                    variables.insert(name.to_owned(), (value.to_owned(), span, conditional));
                }
                if export {
                    exported.push((name.into(), Value::literal(value), Some(span)));
                }
                continue;
            }
            if let Some((text, target)) = recipe.take() {
                recipes.push((text, target, job));
            }
            if let Some(name) = plain.strip_prefix("define ") {
                // Lines for recipes; others (texts, YAML) have no tab before them.
                job += 1;
                recipe = Some((Text::default(), name.trim().to_owned()));
            } else if let Some((target, _)) = plain.split_once(':') {
                job += 1;
                recipe = Some((Text::default(), target.trim().to_owned()));
            }
        }
        if let Some((text, target)) = recipe {
            recipes.push((text, target, job));
        }
        // Every assignment of the file holds in every recipe: make reads all of it first.
        for (text, target, job) in recipes {
            if !names_a_tool(&text.text) && !text.text.contains("$(") && !text.text.contains("${") {
                continue;
            }
            let (script, environment) = text.expand(&variables);
            let mut environment = environment;
            if out.may_give(exported.len()) {
                environment.extend(exported.iter().cloned());
            }
            let mut context = ScriptContext::new(SourceKind::Makefile, &target, job);
            context.environment = &environment;
            extract_script(&script, &context, out);
        }
    }
}

/// Text with the way back to the file.
#[derive(Default)]
struct Text {
    text: String,
    segments: Vec<Segment>,
}

/// Value of a variable, where it stands, and whether it is only a default (`?=`).
type Variables = HashMap<String, (String, Span, bool)>;

/// Variables that a script is given: name, value, place of the value.
type Given = Vec<(Box<str>, Value, Option<Span>)>;

impl Text {
    fn copy(&mut self, line: &str, from: usize, to: usize, outer: usize) {
        if from < to {
            let outer = (outer + from) as u32;
            self.segments.push(Segment {
                inner: self.text.len() as u32,
                outer,
                outer_len: (to - from) as u32,
            });
            self.text.push_str(&line[from..to]);
        }
    }

    /// Turns `$(X)` and `${X}` into the shell's `${X}` and `$$` into `$`: the shell then sees make's variables as its
    /// environment, and each use keeps its place. What calls a function of make stays open.
    fn expand(&self, variables: &Variables) -> (SourceText<'static>, Given) {
        let mut out = String::with_capacity(self.text.len());
        let mut segments: Vec<Segment> = Vec::new();
        let source = SourceText {
            text: self.text.as_str().into(),
            map: SpanMap::Segments(self.segments.clone()),
        };
        let bytes = self.text.as_bytes();
        let mut environment: Given = Vec::new();
        let (mut i, mut from) = (0, 0);
        let mut put = |out: &mut String, from: usize, to: usize, text: &str| {
            if from < to {
                segments.push(Segment {
                    inner: out.len() as u32,
                    outer: from as u32,
                    outer_len: (to - from) as u32,
                });
                out.push_str(text);
            }
        };
        // A segment never spans two lines of the file, so that byte for byte holds in each.
        while i < bytes.len() {
            if bytes[i] == b'\n' {
                put(&mut out, from, i + 1, &self.text[from..=i]);
                from = i + 1;
                i += 1;
                continue;
            }
            if bytes[i] != b'$' {
                i += 1;
                continue;
            }
            put(&mut out, from, i, &self.text[from..i]);
            let (end, text) = match bytes.get(i + 1) {
                Some(b'$') => (i + 2, "$".to_owned()),
                Some(open @ (b'(' | b'{')) => {
                    let (end, inner) = balanced(&self.text, i + 1, *open);
                    let name = inner.split(':').next().unwrap_or(inner);
                    let plain = !name.is_empty()
                        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
                    if plain && inner == name {
                        self.give(name, variables, &mut environment, 0);
                        (end, format!("${{{name}}}"))
                    } else {
                        // `$(shell …)`, `$(call …)`, `$(1)`: a variable that nobody knows.
                        (end, "${MAKE_FUNCTION}".to_owned())
                    }
                }
                Some(_) => (
                    i + 1 + self.text[i + 1..].chars().next().map_or(1, char::len_utf8),
                    "${MAKE_AUTOMATIC}".to_owned(),
                ),
                None => (i + 1, "$".to_owned()),
            };
            put(&mut out, i, end, &text);
            i = end;
            from = end;
        }
        put(&mut out, from, bytes.len(), &self.text[from..]);
        (source.derive(out, segments), environment)
    }

    fn give(&self, name: &str, variables: &Variables, out: &mut Given, depth: u32) {
        if out.iter().any(|(n, ..)| &**n == name) {
            return;
        }
        if let Some((text, span, conditional)) = variables.get(name)
            && let Some(value) = known(text, variables, depth)
        {
            // Make keeps quotes; the shell that runs the recipe takes them away.
            let mut value = Value::literal(&value.replace(['"', '\''], ""));
            if *conditional
                && value
                    .as_known()
                    .is_some_and(|text| !text.contains(' ') && names_a_program(&text))
            {
                // `DOCKER ?= podman`: which program it is, is only assumed.
                let op = Op::Default {
                    word: value,
                    or_empty: false,
                };
                let variable = Variable {
                    name: name.into(),
                    written: text.as_str().into(),
                    syntax: Syntax::Make,
                    op,
                };
                value = Value {
                    pieces: vec![Piece::Variable(Arc::new(variable))],
                };
            }
            out.push((name.into(), value, Some(*span)));
        }
    }
}

/// A variable's value when all that it refers to is known.
fn known(text: &str, variables: &Variables, depth: u32) -> Option<String> {
    if depth > 8 || text.len() > 2000 {
        return None;
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let open = *rest.as_bytes().get(at + 1)?;
        if !matches!(open, b'(' | b'{') {
            return None;
        }
        let (end, name) = balanced(rest, at + 1, open);
        out.push_str(&known(&variables.get(name)?.0, variables, depth + 1)?);
        if out.len() > 4000 {
            return None;
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    Some(out)
}

/// The end behind the bracket that closes the one at `open_at`, and what stands between them.
fn balanced(text: &str, open_at: usize, open: u8) -> (usize, &str) {
    let close = if open == b'(' { b')' } else { b'}' };
    let mut depth = 0u32;
    for (i, b) in text.bytes().enumerate().skip(open_at).take(2000) {
        if b == open {
            depth += 1;
        } else if b == close {
            depth -= 1;
            if depth == 0 {
                return (i + 1, &text[open_at + 1..i]);
            }
        }
    }
    (open_at + 1, "")
}

/// `[export] NAME = value`, also with `:=`, `::=`, `?=`: name, value, its offset, whether `?=`, whether exported.
fn assignment(line: &str) -> Option<(&str, &str, usize, bool, bool)> {
    let equals = line.find('=')?;
    let left = line[..equals].trim_end_matches([':', '?', '+', '!']).trim();
    let conditional = line[..equals].ends_with('?');
    if line[..equals].ends_with(['+', '!']) {
        return None;
    }
    let name = left
        .strip_prefix("export ")
        .or_else(|| left.strip_prefix("override "))
        .unwrap_or(left)
        .trim();
    if name.is_empty()
        || !name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-' || b == b'.')
    {
        return None;
    }
    let behind = &line[equals + 1..];
    let value = behind.split(" #").next().unwrap_or(behind).trim();
    let offset = equals + 1 + (behind.len() - behind.trim_start().len());
    Some((
        name,
        value,
        offset,
        conditional,
        left.starts_with("export "),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image_lint_model::build::FormatSlot;
    use image_lint_text::source::{FileId, RepoPath};

    #[test]
    fn recipes_are_scripts_with_makes_variables() {
        let text = "\
MANAGER ?= podman
TAG := 1.2
IMG = quay.io/a/b:$(TAG)

build: deps
\t@${MANAGER} build -t $(IMG) \\
\t\t-f Containerfile .
\t-@for i in x; do podman pull quay.io/$$i; done
push:
\t@podman push $(shell podman images $(IMG) --format '{{.ID}}') docker://docker.io/$(IMG)
";
        let file = SourceFile::new(
            FileId(0),
            RepoPath::from_bytes(b"Makefile"),
            text.to_owned(),
        );
        let mut sink = Sink::new(&file);
        Makefile.extract(&file, &mut sink);
        let found: Vec<String> = sink
            .extraction
            .mentions
            .iter()
            .map(|m| {
                format!(
                    "{} {} {}",
                    m.role.as_str(),
                    &text[m.place.span.range()],
                    m.value.written()
                )
            })
            .collect();
        assert_eq!(found[0], "push $(IMG) quay.io/a/b:1.2");
        assert_eq!(found[1], "build-base quay.io/$$i quay.io/x");
        assert!(
            found[found.len() - 1].starts_with("push docker.io/$(IMG) docker.io/quay.io/a/b:1.2"),
            "{found:?}"
        );
        let build = &sink.extraction.builds[0];
        let FormatSlot::After(word) = build.slots.format else {
            panic!("a flag can be inserted")
        };
        assert_eq!(&text[word.span.range()], "build");
    }

    #[test]
    fn quotes_are_the_shells_and_empty_defaults_come_from_outside() {
        let text = "HUB ?= \"r.io/a\"\nPREFIX ?=\nx:\n\tdocker push $(HUB):1\n\tdocker push $(PREFIX)/b:1\n";
        let file = SourceFile::new(
            FileId(0),
            RepoPath::from_bytes(b"Makefile"),
            text.to_owned(),
        );
        let mut sink = Sink::new(&file);
        Makefile.extract(&file, &mut sink);
        let found: Vec<String> = sink
            .extraction
            .mentions
            .iter()
            .map(|m| m.value.written())
            .collect();
        assert_eq!(found, ["r.io/a:1", "${PREFIX}/b:1"]);
    }
}
