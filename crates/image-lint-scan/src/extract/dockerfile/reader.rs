//! Reads the instructions of one Dockerfile in order and writes mentions, definitions and facts down.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use super::Embedding;
use super::arguments::Arguments;
use super::comments::{self, Directives};
use super::expansion;
use super::instructions::{self, Instruction, Logical};
use super::sources;
use super::words;
use crate::extract::Site;
use crate::extract::shell::{ScriptContext, extract_arguments, extract_script, names_a_tool};
use crate::extract::{Draft, Sink};
use image_lint_model::containerfile::{Containerfile, DockerOnly, DockerOnlyInstruction, Stage};
use image_lint_model::evaluate::evaluate;
use image_lint_model::mention::{Expect, Role, Scope, SourceKind};
use image_lint_model::reference::ImageReference;
use image_lint_model::value::{Op, OriginKind, Piece, Syntax, Value};
use image_lint_text::source::{SourceText, Span};

/// Variables of one stage that its commands are given.
const MAX_GIVEN: usize = 256;

/// Instructions of one Dockerfile that are read.
const MAX_INSTRUCTIONS: usize = 200_000;

/// Reads one Dockerfile.
pub(super) struct Reader<'a, 's, 'f> {
    text: &'a SourceText<'a>,
    context: &'a Embedding<'a>,
    sink: &'a mut Sink<'s>,
    directives: Directives,
    /// Names that `#define` gives a meaning, in a file for the C preprocessor.
    macros: Option<HashSet<&'f str>>,
    scope: u32,
    arguments: Arguments,
    /// Names of stages so far, in lower case, sorted so that a beginning can be looked for.
    names: BTreeSet<String>,
    facts: Containerfile,
    /// Sources of `COPY --from` and `RUN --mount`: any stage's name may stand there, so they wait for the last one.
    waiting: Vec<Draft>,
    /// The mention of the last `FROM`.
    last_from: Option<u32>,
    /// `ARG` and `ENV` of the stage, which its commands see.
    given: Vec<(Box<str>, Value, Option<Site>)>,
}

impl<'a, 's> Reader<'a, 's, 'a> {
    pub fn new(
        text: &'a SourceText<'a>,
        context: &'a Embedding<'a>,
        preprocessed: bool,
        sink: &'a mut Sink<'s>,
    ) -> Self {
        let scope = sink.extraction.new_scope();
        if let Some(enclosing) = context.enclosing {
            sink.extraction.enclosed.push((scope, enclosing));
        }
        let place = sink.place(text.outer(Span::new(0, text.text.len())));
        let facts = Containerfile {
            place,
            embedded: !context.field.is_empty(),
            arguments: Scope {
                id: scope,
                upto: u32::MAX,
            },
            stages: Vec::new(),
            docker_only: Vec::new(),
            replaceable: Vec::new(),
            platforms: Vec::new(),
        };
        Reader {
            directives: comments::directives(&text.text),
            macros: preprocessed.then(|| defined_macros(&text.text)),
            text,
            context,
            sink,
            scope,
            arguments: Arguments::new(),
            names: BTreeSet::new(),
            facts,
            waiting: Vec::new(),
            last_from: None,
            given: Vec::new(),
        }
    }

    pub fn read(mut self) {
        self.syntax();
        let text: &'a str = &self.text.text;
        let mut ignores = Vec::new();
        // The directives are needed while `self` is borrowed for each instruction.
        let directives = Directives {
            syntax: None,
            bad_escape: None,
            ..self.directives
        };
        let mut read = 0;
        instructions::read(
            text,
            &directives,
            |comment| {
                if comments::ignore(&text[comment.range()]).is_some() {
                    ignores.push(comment);
                }
            },
            |instruction| {
                read += 1;
                if read <= MAX_INSTRUCTIONS {
                    self.instruction(&instruction);
                } else if read == MAX_INSTRUCTIONS + 1 {
                    let why =
                        format!("more than {MAX_INSTRUCTIONS} instructions; the rest was not read");
                    self.skip(&instruction, why);
                }
            },
        );
        for span in ignores {
            if let Some(said) = comments::ignore(&text[span.range()]) {
                self.sink.ignore(self.text.outer(span), said, true);
            }
        }
        self.finish();
    }

    fn syntax(&mut self) {
        if let Some(range) = self.directives.syntax.clone() {
            let span = Span::new(range.start, range.end);
            let value = Value::literal(&self.text.text[range]);
            let mut draft = self.draft(span, value, "# syntax");
            draft.expect = Expect::Frontend;
            self.sink.mention(draft);
        }
        if let Some(range) = self.directives.bad_escape.clone() {
            let span = self.text.outer(Span::new(range.start, range.end));
            self.sink.skip(
                span,
                "`# escape=` takes a backslash or a backtick; the backslash was used",
                false,
            );
        }
    }

    fn draft(&self, span: Span, value: Value, field: &str) -> Draft {
        let field = match self.context.field {
            "" => field.to_owned(),
            outer => format!("{outer}: {field}"),
        };
        let mut draft = Draft::image(
            self.text.outer(span),
            value,
            Role::BuildBase,
            self.context.source,
            field,
        );
        draft.object = self.context.object;
        draft.scope = self.context.enclosing;
        draft
    }

    fn instruction(&mut self, instruction: &Instruction<'_>) {
        if let Some(name) = &instruction.unterminated {
            let why =
                format!("the heredoc `{name}` has no end; what follows was read as instructions");
            self.skip(instruction, why);
        }
        match instruction.keyword.as_str() {
            "FROM" => self.from(instruction, &instruction.rest, "FROM"),
            "ARG" if self.facts.stages.is_empty() => self.argument(instruction),
            "ARG" | "ENV" => self.stage_variables(&instruction.rest),
            "RUN" => {
                self.take(&instruction.keyword, &instruction.rest, false);
                self.run(&instruction.rest);
            }
            "COPY" | "ADD" => self.take(&instruction.keyword, &instruction.rest, false),
            "HEALTHCHECK" if !instruction.rest.text.trim().eq_ignore_ascii_case("none") => {
                self.docker_only(DockerOnlyInstruction::Healthcheck, instruction);
            }
            "SHELL" => self.docker_only(DockerOnlyInstruction::Shell, instruction),
            "ONBUILD" => {
                self.docker_only(DockerOnlyInstruction::Onbuild, instruction);
                let text = &*instruction.rest.text;
                let end = text.find(char::is_whitespace).unwrap_or(text.len());
                let keyword = text[..end].to_ascii_uppercase();
                let rest = instruction
                    .rest
                    .tail(end + (text[end..].len() - text[end..].trim_start().len()));
                match keyword.as_str() {
                    "FROM" => self.from(instruction, &rest, "ONBUILD FROM"),
                    "COPY" | "ADD" | "RUN" => self.take(&keyword, &rest, true),
                    _ => {}
                }
            }
            // Unknown instructions are the builder's business.
            _ => {}
        }
    }

    fn docker_only(&mut self, which: DockerOnlyInstruction, instruction: &Instruction<'_>) {
        let place = self.sink.place(self.text.outer(instruction.span));
        let stage = self.facts.stages.len().saturating_sub(1) as u32;
        self.facts.docker_only.push(DockerOnly {
            instruction: which,
            place,
            stage,
        });
    }

    fn skip(&mut self, instruction: &Instruction<'_>, why: impl Into<String>) {
        let text = &self.text.text[instruction.span.range()];
        let template = ["{{", "{%", "<%", " #", "%%", "@"]
            .iter()
            .any(|mark| text.contains(mark));
        self.sink
            .skip(self.text.outer(instruction.span), why, template);
    }

    /// `ARG NAME[=default] …` above the first stage.
    fn argument(&mut self, instruction: &Instruction<'_>) {
        let escape = self.directives.escape;
        let text = &*instruction.rest.text;
        for word in words::split_quoted(text, escape) {
            let written = &text[word.clone()];
            let (name, default) = match written.split_once('=') {
                Some((name, _)) => (name, Some(word.start + name.len() + 1..word.end)),
                None => (written, None),
            };
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                self.skip(instruction, "this ARG has no name that a variable can have");
                continue;
            }
            let given = self
                .context
                .build_args
                .iter()
                .rfind(|(given, _)| &**given == name);
            let (value, kind) = match (&default, given) {
                (_, Some((_, value))) => (Some(value.clone()), OriginKind::BuildArg),
                (Some(range), None) => {
                    let value = expansion::value(&text[range.clone()], escape);
                    (
                        Some(self.arguments.put_platform(value)),
                        OriginKind::DockerfileArg,
                    )
                }
                (None, None) => (None, OriginKind::DockerfileArg),
            };
            let range = default.map_or(word.start..word.start + name.len(), |range| {
                let quotes = expansion::enclosing_quotes(&text[range.clone()]);
                range.start + quotes..range.end - quotes
            });
            if value.is_none() && self.arguments.has_value(name) {
                continue;
            }
            let span = self.text.outer(instruction.rest.span(range));
            let place = self.sink.place(span);
            self.arguments.define(name, value.as_ref(), place);
            self.sink.define(self.scope, name, value, kind, span);
        }
    }

    /// `FROM [--platform=P] IMAGE [AS NAME]`
    fn from(&mut self, instruction: &Instruction<'_>, rest: &Logical<'_>, field: &'static str) {
        let text = &*rest.text;
        self.given.clear();
        let all = words::split(text);
        let flags = all
            .iter()
            .take_while(|w| text[(*w).clone()].starts_with("--"))
            .count();
        let platform = all[..flags]
            .iter()
            .find_map(|w| sources::flag_value(text, w.clone(), "--platform="));
        let images = &all[flags..];
        let place = self.sink.place(self.text.outer(instruction.span));
        let Some(image) = images.first().cloned() else {
            self.skip(instruction, "this FROM names no image");
            self.facts.stages.push(Stage {
                name: None,
                place,
                base: None,
                parent: None,
            });
            return;
        };
        let word = |i: usize| {
            images
                .get(i)
                .map_or("", |w: &Range<usize>| &text[w.clone()])
        };
        let alias = (word(1).eq_ignore_ascii_case("as") && images.len() >= 3).then(|| word(2));
        if images.len() != 1 && (alias.is_none() || images.len() > 3) {
            // Docker refuses the line. What it meant is plain all the same in a Dockerfile, but not in prose.
            let trailing = (1..images.len()).any(|i| word(i).starts_with('#'));
            let comment = trailing || alias.is_some();
            let why = if trailing {
                "docker and buildah refuse this line (FROM takes an image, or an image, AS and a name): a comment, also \
                 `# image-lint: ignore`, belongs on a line of its own above it"
            } else {
                "docker and buildah refuse this line: FROM takes an image, or an image, AS and a name"
            };
            match trailing && instruction.shouted {
                true => self
                    .sink
                    .skip(self.text.outer(instruction.span), why, false),
                false => self.skip(instruction, why),
            }
            if !instruction.shouted && !comment {
                return;
            }
        }
        let stage = alias.and_then(|alias| {
            let value = self
                .arguments
                .put_platform(expansion::value(alias, self.directives.escape));
            evaluate(&value, &self.arguments)
                .known()
                .map(|name| name.to_lowercase().into_boxed_str())
        });
        let parent = self.parent(rest, image.clone());
        let base = self.base(rest, image, field);
        if let Some(index) = base {
            self.facts.replaceable.push(index);
            if let Some(range) = platform {
                let value = expansion::value(&text[range], self.directives.escape);
                self.facts
                    .platforms
                    .push((index, self.arguments.put_platform(value)));
            }
        }
        if field == "FROM" {
            self.last_from = base;
            if let Some(name) = &stage {
                self.names.insert(name.to_string());
            }
            self.facts.stages.push(Stage {
                name: stage,
                place,
                base,
                parent,
            });
        }
    }

    /// The stage above that an image's name means: the last one of this name, or the one with this number.
    fn parent(&mut self, rest: &Logical<'_>, image: Range<usize>) -> Option<u32> {
        let (value, _) = self.reference(rest, image);
        let value = self.arguments.put_platform(value);
        let evaluated = evaluate(&value, &self.arguments);
        let text = evaluated.known()?.to_lowercase();
        if !self.is_stage(&text) {
            return text
                .parse()
                .ok()
                .filter(|n| (*n as usize) < self.facts.stages.len());
        }
        // Bounded: nobody writes a thousand stages.
        let near = self.facts.stages.iter().enumerate().rev().take(1000);
        near.map(|(i, stage)| (i as u32, stage))
            .find(|(_, s)| s.name.as_deref() == Some(&*text))
            .map(|(i, _)| i)
    }

    /// The mention of a base image; None for `scratch` and for stages above.
    fn base(&mut self, rest: &Logical<'_>, image: Range<usize>, field: &str) -> Option<u32> {
        let (value, span) = self.reference(rest, image);
        let value = self.without_undefined(self.arguments.put_platform(value));
        let evaluated = evaluate(&value, &self.arguments);
        match evaluated.known() {
            Some("scratch") => return None,
            Some(text)
                if self.is_stage(text)
                    || text
                        .parse()
                        .is_ok_and(|n: usize| n < self.facts.stages.len()) =>
            {
                return None;
            }
            None if self.picks_a_stage(&evaluated.text, &value) => return None,
            _ => {}
        }
        let mut draft = self.draft(span, value, field);
        let upto = self.sink.extraction.definitions.len() as u32;
        draft.scope = Some(Scope {
            id: self.scope,
            upto,
        });
        self.sink.mention(draft)
    }

    /// Builders put nothing in place of a variable of a FROM that no `ARG` before it declares (BuildKit
    /// `dockerfile2llb`, buildah's imagebuilder). A variable that is the whole name, or with which the rest is not a
    /// name, is left to whoever fills in the file.
    fn without_undefined(&self, value: Value) -> Value {
        let undefined = |piece: &Piece| {
            matches!(piece, Piece::Variable(v) if v.op == Op::Plain
                && v.syntax == Syntax::Shell
                && !self.arguments.is_declared(&v.name))
        };
        let template = [".in", ".j2", ".tmpl", ".tpl", ".template", ".envsubst"]
            .iter()
            .any(|end| self.sink.file().path.as_bytes().ends_with(end.as_bytes()));
        if self.context.source != SourceKind::Dockerfile
            || self.context.enclosing.is_some()
            || template
            || !value.pieces.iter().any(undefined)
        {
            return value;
        }
        let pieces: Vec<Piece> = value
            .pieces
            .iter()
            .filter(|piece| !undefined(piece))
            .cloned()
            .collect();
        let rest = evaluate(
            &Value {
                pieces: pieces.clone(),
            },
            &self.arguments,
        );
        match rest.known() {
            Some(text) if text == "scratch" || ImageReference::parse(text).is_ok() => {
                Value { pieces }
            }
            _ => value,
        }
    }

    /// `ARG X=1`, `ENV X=1 Y=2` within a stage.
    fn stage_variables(&mut self, rest: &Logical<'_>) {
        let escape = self.directives.escape;
        for word in words::split_quoted(&rest.text, escape) {
            let Some((name, default)) = rest.text[word.clone()].split_once('=') else {
                continue;
            };
            if self.given.len() < MAX_GIVEN {
                let value = expansion::value(default, escape);
                let span = self
                    .text
                    .outer(rest.span(word.start + name.len() + 1..word.end));
                self.given.push((name.into(), value, Some(span.into())));
            }
        }
    }

    /// The commands of a `RUN` in shell form: what they pull is pulled by the builder.
    fn run(&mut self, rest: &Logical<'_>) {
        let text = &*rest.text;
        // Flags of the instruction (`--mount=…`) are no words of the script.
        let flags = text
            .split_inclusive(char::is_whitespace)
            .take_while(|word| word.starts_with("--") || word.trim().is_empty());
        let from: usize = flags.map(str::len).sum();
        if !names_a_tool(text) || self.directives.escape != '\\' {
            return;
        }
        let script = rest.script(from, self.text);
        let list = text[from..]
            .starts_with('[')
            .then(|| list_of_words(&script));
        let field = match self.context.field {
            "" => "RUN".to_owned(),
            outer => format!("{outer}: RUN"),
        };
        let mut context =
            ScriptContext::new(self.context.source, &field, self.facts.stages.len() as u32);
        if self.sink.may_give(self.given.len()) {
            context.environment = &self.given;
        }
        let upto = self.sink.extraction.definitions.len() as u32;
        context.scope = Some(Scope {
            id: self.scope,
            upto,
        });
        context.object = self.context.object;
        match list.flatten() {
            Some(words) => extract_arguments(&words, &context, self.sink),
            None => extract_script(&script, &context, self.sink),
        }
    }

    /// `COPY --from=X`, `RUN --mount=from=X`. Builders do not expand variables there, so these stay open.
    fn take(&mut self, keyword: &str, rest: &Logical<'_>, onbuild: bool) {
        for range in sources::sources(keyword, &rest.text, self.directives.escape) {
            let (value, span) = self.reference(rest, range.clone());
            if range.is_empty() {
                let span = self.text.outer(span);
                self.sink.skip(span, "names no source", false);
                continue;
            }
            let field = match (keyword, onbuild) {
                ("COPY", false) => "COPY --from",
                ("COPY", true) => "ONBUILD COPY --from",
                ("ADD", false) => "ADD --from",
                ("ADD", true) => "ONBUILD ADD --from",
                (_, false) => "RUN --mount",
                (_, true) => "ONBUILD RUN --mount",
            };
            let draft = self.draft(span, value, field);
            self.waiting.push(draft);
        }
    }

    /// A word as value and span: quotes and `docker://` (buildah takes it) left out.
    fn reference(&self, rest: &Logical<'_>, range: Range<usize>) -> (Value, Span) {
        let range = range.start..range.start + words::without_block_end(&rest.text[range]);
        let word = &rest.text[range.clone()];
        let quotes = expansion::enclosing_quotes(word);
        let mut start = range.start + quotes;
        let end = range.end - quotes;
        let mut value = match &self.macros {
            Some(macros) if is_macro(word, macros) => {
                let mut value = Value::default();
                value.push_variable(word, word, Syntax::Placeholder);
                value
            }
            _ => expansion::value(word, self.directives.escape),
        };
        if let Some(Piece::Literal(first)) = value.pieces.first_mut()
            && let Some(bare) = first.strip_prefix("docker://")
        {
            *first = bare.into();
            if rest.text[start..end].starts_with("docker://") {
                start += "docker://".len();
            }
        }
        (value, rest.span(start..end))
    }

    fn is_stage(&self, name: &str) -> bool {
        self.names.contains(&name.to_lowercase())
    }

    /// A value with unknown parts (`build-${VARIANT}`) whose known beginning is that of a stage: it picks a stage.
    fn picks_a_stage(&self, text: &str, value: &Value) -> bool {
        let Some(first) = value.variables().next() else {
            return false;
        };
        let Some(at) = text.find(&*first.written) else {
            return false;
        };
        let (before, after) = (
            text[..at].to_lowercase(),
            text[at + first.written.len()..].to_lowercase(),
        );
        let after = if after.contains('$') { "" } else { &*after };
        if before.len() < 2 || before.contains(['/', ':']) {
            return false;
        }
        // Bounded: a file of many thousand stages with one beginning is no Dockerfile that a person wrote.
        let mut candidates = self
            .names
            .range(before.clone()..)
            .take_while(|n| n.starts_with(&before))
            .take(64);
        candidates.any(|name| name.len() > before.len() && name[before.len()..].ends_with(after))
    }

    fn finish(mut self) {
        for draft in std::mem::take(&mut self.waiting) {
            let evaluated = evaluate(
                &self.arguments.put_platform(draft.value.clone()),
                &self.arguments,
            );
            let local = match evaluated.known() {
                // The number of a stage is never an image.
                Some(text) => self.is_stage(text) || text.bytes().all(|b| b.is_ascii_digit()),
                None => self.picks_a_stage(&evaluated.text, &draft.value),
            };
            if !local {
                self.facts.replaceable.extend(self.sink.mention(draft));
            }
        }
        if self.context.replaced_from
            && let Some(index) = self.last_from
        {
            let mention = &mut self.sink.extraction.mentions[index as usize];
            mention.expect = Expect::Local;
            mention.role = Role::Local;
        }
        self.sink.extraction.containerfiles.push(self.facts);
    }
}

/// Names after `#define`.
fn defined_macros(text: &str) -> HashSet<&str> {
    text.lines()
        .filter_map(|line| {
            line.trim_start()
                .strip_prefix('#')?
                .trim_start()
                .strip_prefix("define ")
        })
        .filter_map(|rest| {
            rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .find(|w| !w.is_empty())
        })
        .collect()
}

/// Whether the C preprocessor replaces the word: it is defined above, or looks as if an included file defined it.
fn is_macro(word: &str, macros: &HashSet<&str>) -> bool {
    macros.contains(word)
        || (word.bytes().any(|b| b.is_ascii_uppercase())
            && word
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_'))
}

/// The words of a `RUN` in exec form, each with its place; None for what is no list of strings, which is shell form
/// (Dockerfile reference, "Exec form").
fn list_of_words(script: &SourceText<'_>) -> Option<Vec<SourceText<'static>>> {
    let text = script.text.trim_end();
    let words: Vec<String> = serde_json::from_str(text).ok()?;
    let mut found = Vec::with_capacity(words.len());
    let mut at = 0;
    for word in &words {
        let open = at + text[at..].find('"')?;
        let end = open + 1 + text[open + 1..].find('"')?;
        // With escapes in it the word is not the text between the quotes.
        if text[open + 1..end] != **word {
            return Some(Vec::new());
        }
        let slice = script.slice(Span::new(open + 1, end));
        found.push(SourceText {
            text: slice.text.into_owned().into(),
            map: slice.map,
        });
        at = end + 1;
    }
    Some(found)
}
