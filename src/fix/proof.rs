//! Whether an edit does what it is for: the edited text is read again, and each program must receive the words that it
//! received before but for the flag that was wanted. What reading cannot follow to every use is no safe edit, and what
//! would change anything else is none at all.

use std::collections::{BTreeMap, BTreeSet};

use crate::rules::Finding;
use image_lint_model::finding::Edit;
use image_lint_scan::extract::received::{Received, received};
use image_lint_scan::extract::{Claim, claim};
use image_lint_text::source::{FileId, SourceFile};

use super::apply;

/// Bytes of one file that are read again for its proofs, however many edits it has; a larger file is read again
/// [`READINGS`] times. What is left then counts as used elsewhere: it is edited where somebody asks for it.
const MAX_READ: usize = 256 * 1024;

/// Readings of a large file: once for all its edits, and a few to find the one that is not right. Each has a meter of its
/// own, which a file's size bounds.
const READINGS: usize = 4;

/// How an edit came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Proof {
    /// Something else would change as well.
    Wrong,
    /// The text is used in a place that is not read as a command.
    UsedElsewhere,
    Right,
}

/// Keeps the fixes of findings that reading again proves. A fix that would change more than it should is removed, and
/// one whose text is used where nobody reads a command is not safe any more. `text`: a file as it was linted; a fix of
/// one that is not there is left as it is.
pub fn prove(findings: &mut [Finding], text: &dyn Fn(FileId) -> Option<SourceFile>) {
    let mut by_file: BTreeMap<FileId, Vec<usize>> = BTreeMap::new();
    for (n, finding) in findings.iter().enumerate() {
        let edits = finding.fix.iter().flat_map(|fix| &fix.edits);
        if let Some(edit) = edits
            .clone()
            .next()
            .filter(|edit| edits.clone().all(|e| e.file == edit.file))
        {
            by_file.entry(edit.file).or_default().push(n);
        }
    }
    for (id, numbers) in by_file {
        let Some(file) = text(id) else { continue };
        let fixes: Vec<Vec<Edit>> = numbers
            .iter()
            .map(|n| {
                findings[*n]
                    .fix
                    .as_ref()
                    .map(|fix| fix.edits.clone())
                    .unwrap_or_default()
            })
            .collect();
        for (n, proof) in numbers.iter().zip(proofs(&file, &fixes)) {
            let finding = &mut findings[*n];
            match proof {
                Proof::Right => {}
                Proof::UsedElsewhere => finding.fix.iter_mut().for_each(|fix| fix.safe = false),
                Proof::Wrong => finding.fix = None,
            }
        }
    }
}

/// Proves the fixes of one file: all at once, and where that fails half by half. Reading again costs by the size of the
/// file: what is left when [`MAX_READ`] is used up counts as used elsewhere.
fn proofs(file: &SourceFile, fixes: &[Vec<Edit>]) -> Vec<Proof> {
    let mut left = MAX_READ.max(file.text.len().saturating_mul(READINGS));
    let mut out = vec![Proof::UsedElsewhere; fixes.len()];
    let mut open = Vec::from([(0, fixes.len())]);
    while let Some((start, end)) = open.pop() {
        let range = start..end;
        let Some(rest) = left
            .checked_sub(file.text.len())
            .filter(|_| !range.is_empty())
        else {
            continue;
        };
        left = rest;
        let edits: BTreeSet<Edit> = fixes[range.clone()].iter().flatten().cloned().collect();
        let found = proof(file, &Vec::from_iter(edits));
        if found == Proof::Right || range.len() == 1 {
            out[range].fill(found);
        } else {
            let middle = start + (end - start) / 2;
            open.push((middle, end));
            open.push((start, middle));
        }
    }
    out
}

fn proof(file: &SourceFile, edits: &[Edit]) -> Proof {
    let mut edits = edits.to_vec();
    edits.sort_by_key(|edit| edit.span.start);
    let Ok(text) = apply(&file.text, &edits) else {
        return Proof::Wrong;
    };
    let head = file.text.as_bytes();
    let Claim::By(extractor) = claim(&file.path, &head[..head.len().min(128)], true) else {
        return Proof::UsedElsewhere;
    };
    let offsets: Vec<u32> = edits.iter().map(|edit| edit.span.start).collect();
    let edited = SourceFile {
        text,
        path: file.path.clone(),
        ..*file
    };
    let before = received(file, extractor, &offsets);
    let after = received(&edited, extractor, &[]);
    let replaced: Vec<(&str, &str)> = edits
        .iter()
        .filter_map(|edit| Some((file.text.get(edit.span.range())?, edit.text.as_str())))
        .filter(|(old, new)| !old.is_empty() && !FORMATS.contains(new))
        .collect();
    let right = |before: &[String], after: &[String]| {
        changed_rightly(before, after) || other_text(before, after, &replaced)
    };
    if !same_but_for(&before, &after, &right) {
        return Proof::Wrong;
    }
    let mut counts = before.reads.iter().zip(&before.uses);
    // An input of an action or a parameter of a task is no command.
    if counts.all(|(reads, uses)| reads >= uses || *reads == 0 && *uses == 1) {
        Proof::Right
    } else {
        Proof::UsedElsewhere
    }
}

/// Whether every program receives what it received, but for changes that are right.
fn same_but_for(
    before: &Received,
    after: &Received,
    right: &dyn Fn(&[String], &[String]) -> bool,
) -> bool {
    before.unread == after.unread
        && before.commands.len() == after.commands.len()
        && before
            .commands
            .iter()
            .zip(&after.commands)
            .all(|(before, after)| before == after || right(before, after))
}

/// Values of a format that an edit writes.
const FORMATS: [&str; 2] = ["docker", "v2s2"];

/// One word with another text at its end, for what an edit replaces that is no format: a tag.
fn other_text(before: &[String], after: &[String], replaced: &[(&str, &str)]) -> bool {
    let mut differing = before.iter().zip(after).filter(|(b, a)| b != a);
    let (Some((old, new)), None) = (differing.next(), differing.next()) else {
        return false;
    };
    before.len() == after.len()
        && replaced.iter().any(|(from, to)| {
            old.strip_suffix(from)
                .is_some_and(|start| *new == format!("{start}{to}"))
        })
}

/// Tools with `--format`.
const TOOLS: [&str; 3] = ["buildah", "podman", "skopeo"];
const DIGESTS: &str = "--preserve-digests";

/// Whether the words of a command that makes an image differ by the format alone.
fn changed_rightly(before: &[String], after: &[String]) -> bool {
    let tool = |words: &[String]| {
        words
            .iter()
            .any(|w| TOOLS.iter().any(|tool| w.contains(tool)))
    };
    let without = |words: &[String], gone: &str| -> Vec<String> {
        words.iter().filter(|word| *word != gone).cloned().collect()
    };
    if !tool(before) {
        return false;
    }
    inserted(before, after, &tool)
        || replaced(before, after)
        || before.len() > after.len() && {
            // `--preserve-digests` goes, and the value may change with it.
            let before = without(before, DIGESTS);
            before == after || replaced(&before, after)
        }
        || moved(before, after)
}

/// One flag more, after a word of the tool's.
fn inserted(before: &[String], after: &[String], tool: &dyn Fn(&[String]) -> bool) -> bool {
    let wanted = |word: &String| matches!(word.as_str(), "--format=docker" | "--format=v2s2");
    let at = after.iter().zip(before).take_while(|(a, b)| a == b).count();
    after.len() == before.len() + 1
        && after.get(at).is_some_and(wanted)
        && after[at + 1..] == before[at..]
        && at >= 2
        && tool(&after[..at])
}

/// One word for another: a format, or the flag that forbade one.
fn replaced(before: &[String], after: &[String]) -> bool {
    if before.len() != after.len() {
        return false;
    }
    let mut differing = before
        .iter()
        .zip(after)
        .enumerate()
        .filter(|(_, (b, a))| b != a);
    let (Some((at, (word, after))), None) = (differing.next(), differing.next()) else {
        return false;
    };
    let flag_before = at > 0 && matches!(before[at - 1].as_str(), "--format" | "-f");
    let before = word;
    if before == DIGESTS {
        return after == "--format=v2s2";
    }
    if let Some(rest) = before.strip_prefix("-format") {
        return *after == format!("--format{rest}");
    }
    let value = |word: &str| {
        let start = ["--format=", "-f=", "-f", ""]
            .into_iter()
            .find(|start| word.starts_with(start))?;
        Some((start, word[start.len()..].to_owned()))
    };
    match (value(before), value(after)) {
        (Some((flag, old)), Some((same, new))) => {
            // A value in a word of its own comes after its flag.
            let whole = !flag.is_empty() || flag_before;
            flag == same && whole && !old.is_empty() && FORMATS.contains(&&*new)
        }
        _ => false,
    }
}

/// The same words in another order, flags before the first argument: each flag keeps its place among the flags.
fn moved(before: &[String], after: &[String]) -> bool {
    let (mut a, mut b) = (before.to_vec(), after.to_vec());
    a.sort_unstable();
    b.sort_unstable();
    a == b
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_command_may_differ_by_its_format_alone() {
        let table = [
            (
                "buildah bud -t x .",
                "buildah bud --format=docker -t x .",
                true,
                "the flag",
            ),
            (
                "sudo buildah bud .",
                "sudo buildah bud --format=docker .",
                true,
                "within another program",
            ),
            (
                "buildah bud -t x .",
                "buildah bud -t x . --format=docker extra",
                false,
                "a word more",
            ),
            (
                "buildah bud -t x .",
                "buildah --format=docker bud -t x .",
                false,
                "before the subcommand",
            ),
            (
                "echo bud",
                "echo bud --format=docker",
                false,
                "no tool of these",
            ),
            (
                "buildah commit -foci c x",
                "buildah commit -fdocker c x",
                true,
                "the value",
            ),
            (
                "skopeo copy --format docker a b",
                "skopeo copy --format v2s2 a b",
                true,
                "the word",
            ),
            (
                "skopeo copy --format docker a b",
                "skopeo v2s2",
                false,
                "the command is gone",
            ),
            (
                "buildah bud -t oci .",
                "buildah bud -t docker .",
                false,
                "a value of another flag",
            ),
            (
                "buildah bud 'bud' .",
                "buildah bud 'bud'\0--format=docker .",
                false,
                "glued to another word",
            ),
            (
                "skopeo copy --preserve-digests a b",
                "skopeo copy --format=v2s2 a b",
                true,
                "in its place",
            ),
            (
                "skopeo copy -f v2s2 --preserve-digests a b",
                "skopeo copy -f v2s2 a b",
                true,
                "gone",
            ),
            (
                "skopeo copy -f oci --preserve-digests a b",
                "skopeo copy -f v2s2 a b",
                true,
                "gone, and the value",
            ),
            (
                "buildah bud . --layers",
                "buildah bud --layers .",
                true,
                "moved",
            ),
        ];
        for (before, after, expected, why) in table {
            let (before, after) = (words(before), words(after));
            assert_eq!(changed_rightly(&before, &after), expected, "{why}");
        }
    }
}
