//! Where extractors write: it turns spans into places, with excerpts, so that the text need not be kept.

use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use crate::extract::ignores::Comment;
use crate::extract::limit::{self, MentionLimit};
use crate::extract::received::Log;
use crate::extract::redact;
use crate::extract::site::Site;
use crate::tree::Tree;
use image_lint_model::build::Action;
use image_lint_model::mention::{
    Condition, Definition, Excerpt, Expect, Extraction, InlineIgnore, Mention, NamedIn, Role,
    Scope, Skip, SourceKind, TagPlace,
};
use image_lint_model::value::{Op, OriginKind, Value, Variable};
use image_lint_text::meter::{Allowance, Meter, RunMeter, UsedUp};
use image_lint_text::source::{FileId, Place, Positions, SourceFile, Span};

/// Collects the [`Extraction`] of one file.
pub struct Sink<'a> {
    file: &'a SourceFile,
    positions: Positions<'a>,
    /// The latest [`Mention::field`]s: the same few words stand at all mentions of a file.
    fields: VecDeque<Arc<str>>,
    /// What reading this file costs.
    pub meter: Rc<Meter>,
    /// What all files of the run may hold; None once this file is beyond it, and for a file of no run.
    pub(super) limit: Option<MentionLimit>,
    /// Its mentions would be left out.
    beyond: bool,
    /// Image names that commands of each job made, of so many of the builds.
    made: HashMap<u32, HashSet<String>>,
    made_by: usize,
    pub extraction: Extraction,
    /// What programs receive, where that is asked for.
    pub(super) log: Option<Log>,
    /// Sources that are off by default are read too: manifests within ConfigMaps, artifacts that are no images.
    pub extended: bool,
    /// Nothing may be hidden: what only looks for words does not decide whether a script is read.
    pub strict: bool,
    /// Nobody shows what is read: no lines are kept for a report.
    pub(super) unseen: bool,
    /// Who read the file, where that showed only while it was read.
    pub reader: Option<&'static str>,
    /// Nothing in the file is of a kind that is read.
    pub nothing: bool,
    choices: u32,
    /// What commands handed to later steps of a job.
    pub(super) handed: Vec<Handed>,
    /// The other files, once all of them were met.
    pub(super) tree: Option<&'a dyn Tree>,
    /// What files give that only have a meaning in this one.
    pub(super) others: Vec<(FileId, Extraction)>,
}

/// What a mention and a definition are in memory besides their texts, in bytes.
const MENTION: usize = 320;
const DEFINITION: usize = 160;

/// Steps of handing one variable to a script: its name and value are put into a table.
const GIVEN: u64 = 8;

/// Values of one mention that are told apart.
const MAX_WAYS: usize = 16;

/// How many different [`Mention::field`]s of a file are remembered.
const FIELDS: usize = 8;

/// `echo NAME=VALUE >> $GITHUB_ENV`, and its kin.
#[derive(Clone, Debug)]
pub struct Handed {
    pub to: HandedTo,
    pub name: Box<str>,
    pub value: Value,
    pub site: Site,
}

/// Who sees what a command hands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandedTo {
    /// Later steps, as a variable of their environment.
    Environment,
    /// Whoever asks for the step's outputs.
    Outputs,
}

/// A mention before it has a place.
#[derive(Clone, Debug)]
pub struct Draft {
    /// In the file's text.
    pub span: Span,
    pub value: Value,
    pub expect: Expect,
    pub role: Role,
    pub source: SourceKind,
    pub field: String,
    pub named_in: NamedIn,
    pub scope: Option<Scope>,
    pub object: Option<u32>,
    pub container: Option<Box<str>>,
    pub also: Vec<Span>,
    /// Further places in other files.
    pub elsewhere: Vec<Place>,
    /// Where the tag or digest is, when it is not at `span`.
    pub tag_at: Option<Box<TagPlace>>,
}

impl Draft {
    /// An image with no further context.
    pub fn image(
        span: Span,
        value: Value,
        role: Role,
        source: SourceKind,
        field: impl Into<String>,
    ) -> Self {
        Draft {
            span,
            value,
            expect: Expect::Image,
            role,
            source,
            field: field.into(),
            named_in: NamedIn::Field,
            scope: None,
            object: None,
            container: None,
            also: Vec::new(),
            elsewhere: Vec::new(),
            tag_at: None,
        }
    }
}

impl<'a> Sink<'a> {
    /// For a file that belongs to no run.
    pub fn new(file: &'a SourceFile) -> Self {
        Sink::within(file, &RunMeter::default())
    }

    /// For a file of a run.
    pub fn within(file: &'a SourceFile, run: &RunMeter) -> Self {
        Sink {
            file,
            positions: Positions::new(&file.text),
            fields: VecDeque::new(),
            limit: None,
            beyond: false,
            meter: Rc::new(Meter::within(run, Allowance::of_file(file.text.len()))),
            made: HashMap::new(),
            made_by: 0,
            extraction: Extraction::default(),
            log: None,
            extended: false,
            strict: false,
            unseen: false,
            reader: None,
            nothing: false,
            choices: 0,
            handed: Vec::new(),
            tree: None,
            others: Vec::new(),
        }
    }

    /// For a file that this one names, at this one's cost.
    pub(super) fn beside<'b>(&self, file: &'b SourceFile) -> Sink<'b>
    where
        'a: 'b,
    {
        Sink {
            meter: Rc::clone(&self.meter),
            limit: self.limit.clone(),
            extended: self.extended,
            strict: self.strict,
            tree: self.tree,
            ..Sink::new(file)
        }
    }

    /// The text of another file of the repository, by its path from the root. While files are still being met there is
    /// none, and this one is read again later.
    pub(super) fn other(&mut self, path: &str) -> Option<Arc<SourceFile>> {
        let Some(tree) = self.tree else {
            self.extraction.follows = true;
            return None;
        };
        let file = tree.text(tree.find(path)?)?;
        self.meter.charge(file.text.len() as u64).ok()?;
        Some(file)
    }

    pub fn file(&self) -> &'a SourceFile {
        self.file
    }

    /// The place of a value, in whichever file it is.
    pub fn place_of(&mut self, site: Site) -> Place {
        match site {
            Site::Here(span) => self.place(span),
            Site::There(place) => place,
        }
    }

    pub fn place(&mut self, span: Span) -> Place {
        self.positions.place(self.file.id, span)
    }

    /// Takes out the names that earlier scripts of a job made, for one that adds to them.
    pub fn take_made(&mut self, job: u32) -> HashSet<String> {
        let new = self.extraction.builds[self.made_by..].iter();
        // What was pulled is a registry's: the next command that names it may pull it again.
        for build in new.filter(|build| build.action != Action::Pull) {
            self.made
                .entry(build.job)
                .or_default()
                .extend(build.outputs.iter().map(|name| name.text.to_string()));
        }
        self.made_by = self.extraction.builds.len();
        self.made.remove(&job).unwrap_or_default()
    }

    /// Puts them back.
    pub fn put_made(&mut self, job: u32, names: HashSet<String>) {
        self.made.insert(job, names);
    }

    /// A number for a choice between values that no other one of the file has.
    pub fn new_choice(&mut self) -> u32 {
        self.choices += 1;
        // Scripts count their own from the other end.
        u32::MAX - self.choices
    }

    /// Whether one more image or script may look through `names` variables.
    pub fn may_look_through(&mut self, names: usize) -> bool {
        self.meter.charge(names as u64).is_ok()
    }

    /// Whether one more script or level of a file may be given copies of `names` variables.
    pub fn may_give(&mut self, names: usize) -> bool {
        self.meter.charge(GIVEN * names as u64).is_ok()
    }

    /// Writes a mention down and gives its index; None, and nothing is written down, once the meter lets nothing more
    /// through.
    pub fn mention(&mut self, draft: Draft) -> Option<u32> {
        let chooses = |v: &Variable| matches!(v.op, Op::OneOf { .. });
        if !draft.value.variables().any(chooses) {
            return self.one(draft);
        }
        // A value of several ways is a mention for each.
        let mut first = None;
        for (value, when) in draft.value.ways(MAX_WAYS) {
            let draft = Draft {
                value,
                ..draft.clone()
            };
            let written = self.one(draft);
            if let (Some(at), Some(when)) = (written, when) {
                self.extraction.mentions[at as usize].condition = Some(Condition::Branch(when));
            }
            first = first.or(written);
        }
        first
    }

    fn one(&mut self, draft: Draft) -> Option<u32> {
        self.meter.produce(MENTION).ok()?;
        let held = self.extraction.mentions.len();
        if held > 0 && held.is_multiple_of(limit::LOOK) {
            self.count(held);
        }
        if self.beyond {
            return None;
        }
        let place = self.place(draft.span);
        let written = self.file.slice(draft.span);
        let written = replaced(written, &draft.value)
            .then(|| written.replace(['"', '\''], "").into_boxed_str());
        let also = draft
            .also
            .into_iter()
            .map(|span| self.place(span))
            .chain(draft.elsewhere)
            .collect();
        let excerpt = self.excerpt(place);
        let field = self.field(&draft.field);
        self.extraction.mentions.push(Mention {
            place,
            written,
            value: draft.value,
            expect: draft.expect,
            role: draft.role,
            source: draft.source,
            field,
            named_in: draft.named_in,
            scope: draft.scope,
            object: draft.object,
            container: draft.container,
            also,
            tag_at: draft.tag_at,
            condition: None,
            deployed_by: Vec::new(),
            excerpt,
        });
        Some(self.extraction.mentions.len() as u32 - 1)
    }

    fn count(&mut self, held: usize) {
        let file = self.file.id;
        self.beyond |= self
            .limit
            .as_ref()
            .is_some_and(|limit| !limit.count(file, held));
    }

    fn field(&mut self, words: &str) -> Arc<str> {
        if let Some(known) = self.fields.iter().find(|known| ***known == *words) {
            return Arc::clone(known);
        }
        let field: Arc<str> = words.into();
        self.fields.truncate(FIELDS - 1);
        self.fields.push_front(Arc::clone(&field));
        field
    }

    /// Writes a definition down and gives its index.
    pub fn define(
        &mut self,
        scope: u32,
        name: &str,
        value: Option<Value>,
        kind: OriginKind,
        span: Span,
    ) -> u32 {
        if self.meter.produce(DEFINITION + name.len()).is_err() {
            return u32::MAX;
        }
        let place = self.place(span);
        self.extraction.definitions.push(Definition {
            scope,
            name: name.into(),
            value,
            kind,
            place,
        });
        self.extraction.definitions.len() as u32 - 1
    }

    /// The same of a value that another file may give.
    pub(super) fn define_at(&mut self, scope: u32, name: &str, value: Value, place: Place) {
        if self.meter.produce(DEFINITION + name.len()).is_ok() {
            self.extraction.definitions.push(Definition {
                scope,
                name: name.into(),
                value: Some(value),
                kind: OriginKind::Assignment,
                place,
            });
        }
    }

    /// A part of the file could not be read; the rest was.
    pub fn skip(&mut self, span: Span, why: impl Into<String>, expected: bool) {
        let place = self.place(span);
        self.extraction.skips.push(Skip {
            place,
            why: why.into(),
            expected,
        });
    }

    pub fn ignore(&mut self, span: Span, comment: Comment<'_>, covers_next: bool) {
        let place = self.place(span);
        let (rules, reason, instead) = match comment {
            Comment::Ignore(rules, reason) => (rules, reason, None),
            Comment::Instead(word) => (Vec::new(), "", Some(word.into())),
        };
        self.extraction.ignores.push(InlineIgnore {
            place,
            rules,
            reason: reason.into(),
            covers_next,
            instead,
        });
    }

    /// The lines of a place, one before and one after.
    pub fn excerpt(&self, place: Place) -> Excerpt {
        if self.unseen {
            return Excerpt::default();
        }
        let first = place.start.line.saturating_sub(1).max(1);
        let last = (place.end.line + 1).min(self.positions.lines());
        let mut start = self.positions.line_span(first).start as usize;
        let mut end = self.positions.line_span(last).end as usize;
        let mut first_line = first;
        if end.saturating_sub(start) > Excerpt::MAX {
            // Neighbours first, then the far ends of a long line.
            start = self.positions.line_span(place.start.line).start as usize;
            end = self.positions.line_span(place.end.line).end as usize;
            first_line = place.start.line;
            if end - start > Excerpt::MAX {
                let from = (place.span.start as usize).saturating_sub(Excerpt::MAX / 4);
                start = start.max(from);
                end = end.min(start + Excerpt::MAX);
            }
        }
        let text = &self.file.text;
        let (start, end) = (boundary(text, start), boundary(text, end));
        let end = end.max(start);
        // A login is known by what stands around it, which the cut may have taken away.
        let (from, to) = (
            boundary(text, start.saturating_sub(Excerpt::MAX)),
            boundary(text, end + Excerpt::MAX),
        );
        let shown = redact::lines(&text[from..to]);
        // Where a character is hidden there are more boundaries than before, never fewer.
        Excerpt {
            first_line,
            offset: start as u32,
            text: shown[start - from..end - from].into(),
        }
    }

    /// Where the meter stopped a reader the file is named as not fully read, once. That the whole run has to stop is
    /// said by whoever stops it.
    pub fn finish(mut self) -> Extraction {
        self.count(self.extraction.mentions.len());
        match self.meter.used_up() {
            None | Some(UsedUp::Interrupted | UsedUp::Deadline) => {}
            Some(cause) => self.skip(
                Span::new(0, 0),
                format!("not read to its end: {cause}"),
                false,
            ),
        }
        // All files' extractions are kept until they are linked, so spare room in them would add up.
        self.extraction.mentions.shrink_to_fit();
        self.extraction.objects.shrink_to_fit();
        self.extraction.definitions.shrink_to_fit();
        self.extraction
    }
}

/// Whether the reader put values in the place of variables, so that the text of the file says more than the value.
fn replaced(written: &str, value: &Value) -> bool {
    let marks = |text: &str| text.bytes().filter(|byte| *byte == b'$').count();
    let here = if written.len() < 1000 && !written.contains('\n') {
        marks(written)
    } else {
        0
    };
    // What a variable was given is not what a reader finds: `$(cat version)` for `$TAG`.
    let other =
        |variable: &Variable| !variable.written.is_empty() && !written.contains(&*variable.written);
    here > 0 && (here > marks(&value.written()) || value.variables().any(other))
}

/// The nearest place at or before `at` where a character begins.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}
