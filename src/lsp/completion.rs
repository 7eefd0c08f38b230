//! Completion of image names: repositories that the workspace uses, tags after `:`, the digest after `@`.
//!
//! Whether a name is typed here at all is what the file's own reader says: it reads the text with a name of ours in the
//! place of what is typed, and has to find it. So every kind of source that is linted is completed, too.

use std::collections::BTreeMap;

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionItemLabelDetails, CompletionTextEdit, Position,
    Range, TextEdit,
};

use super::exchange::{Snapshot, Tag};
use super::ignoring;
use super::requests::View;
use image_lint_model::mention::{Repository, Role, Text};
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::Resolution;
use image_lint_text::source::{RepoPath, Span};

/// Repositories and tags that are offered.
const MOST: usize = 500;
/// A name of an image and a tag alike, which nobody has.
const MARK: &str = "image-lint-completes-here";
/// Bytes of a document that is completed.
const LARGEST: usize = 2 * 1024 * 1024;

/// What is offered, or what has to be asked before.
#[derive(Debug)]
pub enum Outcome {
    Items(Vec<CompletionItem>),
    Ask(Box<Wanted>),
}

/// Tags or a digest that a registry is asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub reference: ImageReference,
    pub digest: bool,
    /// What an item replaces.
    range: Range,
}

/// What stands before and behind the cursor, as far as it is part of a name.
#[derive(Debug, PartialEq, Eq)]
struct Typed<'t> {
    start: usize,
    before: &'t str,
    end: usize,
}

pub fn complete(view: &View<'_>, at: Position) -> Outcome {
    let nothing = || Outcome::Items(Vec::new());
    let text = &*view.document.text;
    if text.len() > LARGEST {
        return nothing();
    }
    let typed = typed(text, view.offset(at));
    let path = match view
        .file
        .and_then(|file| view.snapshot.files.get(file.0 as usize))
    {
        Some(path) => path.clone(),
        // A file that named no image until now.
        None => match view.document.path.strip_prefix(&view.snapshot.root) {
            Ok(below) => RepoPath::new(below),
            Err(_) => return nothing(),
        },
    };
    let Some(image) = image(&path, text, &typed) else {
        return nothing();
    };
    let range = |from: usize| {
        let span = Span::new(from, typed.end);
        let document = view.document;
        document.lines.range(text, span, view.ranges.encoding)
    };
    let after = |mark: char| image.rfind(mark).map(|at| (&image[..at], &image[at + 1..]));
    if let Some((name, digest)) = after('@') {
        return wanted(
            view,
            name,
            true,
            range(typed.start + typed.before.len() - digest.len()),
        );
    }
    match after(':').filter(|(_, tag)| !tag.contains('/')) {
        Some((name, tag)) => {
            // What was typed of the tag; of a tag that has a line of its own it is all.
            let from = typed.start + typed.before.len() - tag.len().min(typed.before.len());
            wanted(view, name, false, range(from))
        }
        None => Outcome::Items(repositories(view.snapshot, &image, range(typed.start))),
    }
}

fn wanted(view: &View<'_>, name: &str, digest: bool, range: Range) -> Outcome {
    let reference = ImageReference::parse(name).ok().filter(|reference| {
        // A host that is still being typed is no image of Docker Hub.
        let host = !name.contains('/') && (name.contains('.') || name == "localhost");
        !host && reference.digest.is_none()
    });
    match reference {
        Some(reference) if view.snapshot.silent.is_none() => Outcome::Ask(Box::new(Wanted {
            reference,
            digest,
            range,
        })),
        _ => Outcome::Items(Vec::new()),
    }
}

/// The characters of a name around the cursor.
fn typed(text: &str, offset: usize) -> Typed<'_> {
    let part = |c: char| c.is_ascii_alphanumeric() || "._-/:@".contains(c);
    let before = &text[..offset];
    let start = before.rfind(|c| !part(c)).map_or(0, |at| {
        at + before[at..].chars().next().map_or(1, char::len_utf8)
    });
    let behind = &text[offset..];
    let end = offset + behind.find(|c| !part(c)).unwrap_or(behind.len());
    Typed {
        start,
        before: &before[start..],
        end,
    }
}

/// The image up to the cursor: what is typed, behind what another line gives of it. None: no image is named here.
fn image(path: &RepoPath, text: &str, typed: &Typed<'_>) -> Option<String> {
    // `KEY:value` without a blank is text for YAML; the value may begin behind any of its colons.
    let mut edited = String::with_capacity(text.len() + MARK.len());
    edited.push_str(&text[..typed.start]);
    edited.push_str(MARK);
    edited.push_str(&text[typed.end..]);
    let read = ignoring::read(path, &edited)?;
    let written = read.mentions.iter().filter_map(|mention| {
        let counts = matches!(mention.role, Role::Run | Role::BuildBase | Role::Ci);
        counts.then(|| mention.value.written())
    });
    let found = written.filter_map(|written| {
        let at = written.find(MARK)?;
        Some(written[..at].to_owned())
    });
    // Where several images are made of one word, the longest says most of it.
    let before = found.max_by_key(String::len)?;
    let before = before.trim_start_matches("docker://");
    Some(format!("{before}{}", typed.before))
}

/// The names of the images that a repository names, as they are written, and how often each is.
pub fn used_repositories(repository: &Repository) -> BTreeMap<String, usize> {
    let mut used: BTreeMap<String, usize> = BTreeMap::new();
    for linked in &repository.mentions {
        let Text::Known(reference) = &linked.text else {
            continue;
        };
        let short = reference.short;
        let path = &reference.repository;
        let name = match path.strip_prefix("library/") {
            Some(official) if short => official.to_owned(),
            _ if short => path.to_string(),
            _ => reference.name(),
        };
        *used.entry(name).or_default() += 1;
    }
    used
}

/// The repositories of the workspace's images, the most used first.
fn repositories(snapshot: &Snapshot, typed: &str, range: Range) -> Vec<CompletionItem> {
    let mut used = BTreeMap::clone(&snapshot.repositories);
    // What is being typed names itself.
    if used.get(typed) == Some(&1) {
        used.remove(typed);
    }
    let mut all: Vec<(String, usize)> = used.into_iter().collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let items = all.into_iter().take(MOST).enumerate();
    items
        .map(|(number, (name, count))| CompletionItem {
            kind: Some(CompletionItemKind::MODULE),
            detail: Some(match count {
                1 => "used once here".to_owned(),
                count => format!("used {count} times here"),
            }),
            ..item(name, number, range)
        })
        .collect()
}

/// The tags that a registry has, in its order; with their formats where these are known.
pub fn tags(wanted: &Wanted, tags: &[Tag], snapshot: &Snapshot) -> Vec<CompletionItem> {
    let items = tags.iter().take(MOST).enumerate();
    items
        .map(|(number, tag)| {
            let known = || {
                let reference = ImageReference {
                    tag: Some(tag.name.as_str().into()),
                    ..wanted.reference.clone()
                };
                match &snapshot.answer(&reference)?.resolved.resolution {
                    Resolution::Found(manifest) => Some(manifest.format),
                    _ => None,
                }
            };
            let format = tag.format.or_else(|| known().filter(|_| !wanted.digest));
            CompletionItem {
                kind: Some(CompletionItemKind::VALUE),
                label_details: format.map(|format| CompletionItemLabelDetails {
                    detail: None,
                    description: Some(format.words().to_owned()),
                }),
                detail: format.map(|format| format.media_type().to_owned()),
                preselect: (number == 0).then_some(true),
                ..item(tag.name.clone(), number, wanted.range)
            }
        })
        .collect()
}

fn item(name: String, number: usize, range: Range) -> CompletionItem {
    CompletionItem {
        // The order is ours, not that of the letters.
        sort_text: Some(format!("{number:05}")),
        filter_text: Some(name.clone()),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit::new(range, name.clone()))),
        label: name,
        ..CompletionItem::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_completed_where_the_reader_of_the_file_finds_one() {
        const POD: &str = "kind: Pod\nspec:\n  containers:\n  - image: ";
        let pod = |typed: &str| format!("{POD}{typed}");
        let rows: [(&str, String, Option<&str>, &str); 10] = [
            ("pod.yaml", pod("ngi|"), Some("ngi"), "a name that is begun"),
            (
                "pod.yaml",
                pod("nginx:|"),
                Some("nginx:"),
                "a key without a value, for YAML",
            ),
            (
                "pod.yaml",
                pod("nginx:1.2|5\n  - image: x/y:1\n"),
                Some("nginx:1.2"),
                "within a tag",
            ),
            ("pod.yaml", pod("|\n"), Some(""), "nothing yet"),
            (
                "pod.yaml",
                "kind: Pod\nmetadata:\n  name: ngi|\n".into(),
                None,
                "no image",
            ),
            (
                "Dockerfile",
                "FROM quay.io/a/b:|\nRUN x\n".into(),
                Some("quay.io/a/b:"),
                "a base",
            ),
            (
                "Dockerfile",
                "FROM a\nRUN echo ngi|\n".into(),
                None,
                "a word of a command",
            ),
            (
                "compose.yaml",
                "services:\n  a:\n    image: \"redis:|\"\n".into(),
                Some("redis:"),
                "within quotes",
            ),
            (
                "up.sh",
                "docker pull redis:7|\n".into(),
                Some("redis:7"),
                "a command's operand",
            ),
            (
                "kustomization.yaml",
                "images:\n- name: a\n  newName: quay.io/a/b\n  newTag: v|\n".into(),
                Some("quay.io/a/b:v"),
                "a tag that has a line of its own",
            ),
        ];
        for (path, text, expected, why) in rows {
            let offset = text.find('|').unwrap();
            let text = text.replace('|', "");
            let typed = typed(&text, offset);
            let found = image(&RepoPath::from_bytes(path.as_bytes()), &text, &typed);
            assert_eq!(found.as_deref(), expected, "{path}: {why}");
        }
    }
}
