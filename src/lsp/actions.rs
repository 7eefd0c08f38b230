//! Code actions: fixes of findings, an ignore with a reason, a tag that exists, the digest, and what to do.

use std::collections::HashMap;

use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, Command, Diagnostic,
    DocumentChanges, NumberOrString, OneOf, OptionalVersionedTextDocumentIdentifier, Range,
    TextDocumentEdit, TextEdit, Uri, WorkspaceEdit,
};
use serde_json::Value;

use super::diagnostics::SOURCE;
use super::ignoring;
use super::requests::View;
use crate::fix::{self, Wanted};
use crate::rules::{Finding, RuleId};
use image_lint_model::finding::Edit;
use image_lint_model::mention::{LinkedMention, Text};
use image_lint_model::resolution::Resolution;
use image_lint_model::sanitize;
use image_lint_text::source::{FileId, Place, Span};

/// The kind of the action that makes all safe fixes of a file.
pub const FIX_ALL: &str = "source.fixAll.image-lint";
/// The command whose argument is a command to be copied. A client that knows it copies it; else it is shown.
pub const REMEDY: &str = "image-lint.copyRemedy";

/// Commands of one finding that are offered.
const REMEDIES: usize = 4;
/// Characters of a title.
const LONGEST: usize = 120;

pub fn actions(view: &View<'_>, params: &CodeActionParams) -> Vec<CodeActionOrCommand> {
    let Some(file) = view.file else {
        return Vec::new();
    };
    let wanted = Kinds(params.context.only.as_deref());
    let start = view.offset(params.range.start);
    let end = view.offset(params.range.end).max(start);
    let touched = |place: &Place| {
        let span = place.span;
        place.file == file && span.start as usize <= end && start <= span.end as usize
    };
    // A push is found, and the build before it is fixed: both lines offer it.
    let fixed = |finding: &&Finding| {
        let edits = finding.fix.iter().flat_map(|fix| &fix.edits);
        let lines = params.range.start.line..=params.range.end.line;
        let mut lines_of = edits.map(|edit| (edit.file, edit.place.start.line.saturating_sub(1)));
        lines_of.any(|(of, line)| of == file && lines.contains(&line))
    };
    let mut all = Vec::new();
    if wanted.takes(&CodeActionKind::QUICKFIX) {
        let findings = view.snapshot.findings.iter();
        for finding in findings.filter(|finding| touched(&finding.place) || fixed(finding)) {
            of_finding(view, finding, params, &mut all);
        }
    }
    if wanted.takes(&CodeActionKind::REFACTOR_REWRITE) {
        let mentions = view.snapshot.repository.mentions_in(file);
        let pins = mentions
            .filter(|linked| touched(&linked.mention.place))
            .filter_map(|linked| pin(view, linked));
        all.extend(pins);
    }
    if wanted.takes(&CodeActionKind::new(FIX_ALL)) {
        all.extend(fix_all(view, file));
    }
    all.into_iter()
        .map(CodeActionOrCommand::CodeAction)
        .collect()
}

/// The kinds that a client wants: those given and what is below them; all where none is given.
struct Kinds<'a>(Option<&'a [CodeActionKind]>);

impl Kinds<'_> {
    fn takes(&self, kind: &CodeActionKind) -> bool {
        self.0.is_none_or(|only| {
            only.iter().any(|wanted| {
                let below = kind.as_str().strip_prefix(wanted.as_str());
                below.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        })
    }
}

fn of_finding(
    view: &View<'_>,
    finding: &Finding,
    params: &CodeActionParams,
    all: &mut Vec<CodeAction>,
) {
    let range = view.ranges.range(&finding.place);
    let shown = shown(params, range, finding.rule.as_str());
    let action = |title: String| CodeAction {
        title: sanitize::short(&title, LONGEST),
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: (!shown.is_empty()).then(|| shown.clone()),
        ..CodeAction::default()
    };
    if let Some(fix) = &finding.fix
        && let Some(edit) = edit(view, &fix.edits)
    {
        let title = match fix.safe {
            true => fix.title.clone(),
            false => format!("{} (unsafe)", fix.title),
        };
        all.push(CodeAction {
            edit: Some(edit),
            is_preferred: fix.safe.then_some(true),
            ..action(title)
        });
    }
    for (tag, edits) in other_tags(view, finding) {
        if let Some(edit) = edit(view, &edits) {
            all.push(CodeAction {
                edit: Some(edit),
                ..action(format!("write the tag `{tag}` (unsafe)"))
            });
        }
    }
    let commands = finding
        .help
        .iter()
        .filter_map(|line| line.raw().strip_prefix("$ "));
    for command in commands.take(REMEDIES) {
        let text = sanitize::line(command).into_owned();
        let title = format!("copy: {text}");
        all.push(CodeAction {
            command: Some(Command {
                title: sanitize::short(&title, LONGEST),
                command: REMEDY.to_owned(),
                arguments: Some(vec![Value::String(text)]),
            }),
            ..action(title)
        });
    }
    // What the user's own policy says, nothing in the repository silences.
    if !finding.firm
        && let Some(edit) = ignore(view, finding)
    {
        let title = format!("ignore `{}` here, with a reason", finding.rule);
        all.push(CodeAction {
            edit: Some(edit),
            ..action(title)
        });
    }
}

/// The diagnostics of the request that a finding is shown as.
fn shown(params: &CodeActionParams, range: Range, rule: &str) -> Vec<Diagnostic> {
    let code = NumberOrString::String(rule.to_owned());
    let own = |diagnostic: &&Diagnostic| {
        diagnostic.range == range
            && diagnostic.code.as_ref() == Some(&code)
            && diagnostic.source.as_deref() == Some(SOURCE)
    };
    params
        .context
        .diagnostics
        .iter()
        .filter(own)
        .cloned()
        .collect()
}

/// The tags that exist beside the nearest one, which is the finding's own fix.
fn other_tags(view: &View<'_>, finding: &Finding) -> Vec<(String, Vec<Edit>)> {
    let Some(fix) = &finding.fix else {
        return Vec::new();
    };
    let ([only], RuleId::TagNotFound) = (fix.edits.as_slice(), finding.rule) else {
        return Vec::new();
    };
    let linked = mention(view, finding.place);
    let resolution = linked
        .and_then(|linked| match &linked.text {
            Text::Known(reference) => view.snapshot.answer(reference),
            _ => None,
        })
        .map(|answer| &answer.resolved.resolution);
    let Some(Resolution::Absent(absence)) = resolution else {
        return Vec::new();
    };
    let plain = |tag: &&String| {
        tag.len() <= 128
            && tag
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
    };
    let tags = absence.nearest_tags.iter().filter(plain);
    tags.filter(|tag| **tag != only.text)
        .map(|tag| {
            let text = tag.clone();
            (
                tag.clone(),
                vec![Edit {
                    text,
                    ..only.clone()
                }],
            )
        })
        .collect()
}

fn mention<'a>(view: &View<'a>, place: Place) -> Option<&'a LinkedMention> {
    let mut all = view.snapshot.repository.mentions.iter();
    all.find(|linked| linked.mention.place == place)
}

fn ignore(view: &View<'_>, finding: &Finding) -> Option<WorkspaceEdit> {
    let document = view.document;
    let start = finding.place.span.start as usize;
    let line = document.lines.start_of(start);
    let path = view.snapshot.files.get(finding.place.file.0 as usize)?;
    let comment = ignoring::comment(path, &document.text, line, finding.rule.as_str())?;
    let at = Span::new(comment.offset, comment.offset);
    let range = document
        .lines
        .range(&document.text, at, view.ranges.encoding);
    let edits = vec![TextEdit::new(range, comment.text)];
    Some(workspace_edit(
        view,
        vec![(document.uri.clone(), Some(document.version), edits)],
    ))
}

/// Adds the digest that the registry gave to a name that is written as a whole and has none.
fn pin(view: &View<'_>, linked: &LinkedMention) -> Option<CodeAction> {
    let mention = &linked.mention;
    let Text::Known(reference) = &linked.text else {
        return None;
    };
    let whole = linked.parts.is_empty() && mention.also.is_empty() && mention.value.is_literal();
    let written = view.document.text.get(mention.place.span.range())?;
    let plain = mention.value.as_known().as_deref() == Some(written);
    if !whole || !plain || reference.digest.is_some() {
        return None;
    }
    let resolved = &view.snapshot.answer(reference)?.resolved;
    let Resolution::Found(manifest) = &resolved.resolution else {
        return None;
    };
    let digest = manifest
        .digest
        .as_deref()
        .filter(|digest| is_digest(digest))?;
    let end = view.ranges.range(&mention.place).end;
    let edits = vec![TextEdit::new(Range::new(end, end), format!("@{digest}"))];
    let document = view.document;
    let edit = workspace_edit(
        view,
        vec![(document.uri.clone(), Some(document.version), edits)],
    );
    let short: String = digest.chars().take("sha256:".len() + 12).collect();
    Some(CodeAction {
        title: format!("pin the digest {short}…"),
        kind: Some(CodeActionKind::REFACTOR_REWRITE),
        edit: Some(edit),
        ..CodeAction::default()
    })
}

fn is_digest(text: &str) -> bool {
    let hex = text.split_once(':').map(|(_, hex)| hex);
    hex.is_some_and(|hex| {
        (32..=128).contains(&hex.len()) && hex.bytes().all(|b| b.is_ascii_hexdigit())
    }) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b':')
}

/// All safe fixes of a file, as `--fix` makes them.
fn fix_all(view: &View<'_>, file: FileId) -> Option<CodeAction> {
    let findings: Vec<Finding> = (view.snapshot.findings.iter())
        .filter(|finding| {
            let fix = finding.fix.as_ref();
            fix.is_some_and(|fix| fix.edits.iter().all(|edit| edit.file == file))
        })
        .cloned()
        .collect();
    let edits = fix::plan(&findings, Wanted::Safe).edits.remove(&file)?;
    Some(CodeAction {
        title: "image-lint: make all safe fixes of this file".to_owned(),
        kind: Some(CodeActionKind::new(FIX_ALL)),
        edit: Some(edit(view, &edits)?),
        ..CodeAction::default()
    })
}

/// Edits of any files, each with the version of the document that they are for.
fn edit(view: &View<'_>, edits: &[Edit]) -> Option<WorkspaceEdit> {
    let mut files: Vec<(Uri, Option<i32>, Vec<TextEdit>)> = Vec::new();
    for edit in edits {
        let path = view.snapshot.path(edit.file);
        let uri = view.ranges.uri(&path)?;
        let version = view.snapshot.versions.get(&path).copied();
        let place = Place {
            file: edit.file,
            span: edit.span,
            ..edit.place
        };
        let text = TextEdit::new(view.ranges.range(&place), edit.text.clone());
        match files.iter_mut().find(|(known, ..)| *known == uri) {
            Some((.., edits)) => edits.push(text),
            None => files.push((uri, version, vec![text])),
        }
    }
    (!files.is_empty()).then(|| workspace_edit(view, files))
}

fn workspace_edit(view: &View<'_>, files: Vec<(Uri, Option<i32>, Vec<TextEdit>)>) -> WorkspaceEdit {
    if view.versioned_edits {
        let edits = files
            .into_iter()
            .map(|(uri, version, edits)| TextDocumentEdit {
                text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
                edits: edits.into_iter().map(OneOf::Left).collect(),
            });
        return WorkspaceEdit {
            document_changes: Some(DocumentChanges::Edits(edits.collect())),
            ..WorkspaceEdit::default()
        };
    }
    #[allow(
        clippy::mutable_key_type,
        reason = "the protocol's own type; a URI is never changed"
    )]
    let changes: HashMap<Uri, Vec<TextEdit>> = files
        .into_iter()
        .map(|(uri, _, edits)| (uri, edits))
        .collect();
    WorkspaceEdit {
        changes: Some(changes),
        ..WorkspaceEdit::default()
    }
}
