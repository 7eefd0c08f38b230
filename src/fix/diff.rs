//! Unified diffs out of edits, as `git apply` and `patch` take them. The edits say which lines change, so that no lines
//! are compared and the cost is that of the text, however many edits there are.

use std::fmt::Write as _;
use std::ops::Range;

use super::{FixError, apply};
use image_lint_model::finding::Edit;
use image_lint_text::source::{RepoPath, Span};

/// Lines shown around a change.
const CONTEXT: usize = 3;

/// Lines that change, and what stands in their place.
struct Change {
    lines: Range<usize>,
    text: String,
}

/// The unified diff of one file, with its header; empty when nothing changes. Edits are sorted, as [`super::plan`]
/// gives them. The diff holds the file's text as it is: it is not safe to show on a terminal.
///
/// # Errors
/// [`FixError::Overlap`] when the edits cannot all be made.
pub fn diff(path: &RepoPath, text: &str, edits: &[Edit]) -> Result<String, FixError> {
    let starts: Vec<usize> = std::iter::once(0)
        .chain(text.match_indices('\n').map(|(i, _)| i + 1))
        .filter(|i| *i < text.len())
        .collect();
    let line_of = |offset: usize| starts.partition_point(|s| *s <= offset).saturating_sub(1);
    let end_of = |line: usize| starts.get(line + 1).copied().unwrap_or(text.len());
    let changes = changes(text, edits, &starts, &line_of, &end_of)?;
    let mut out = String::new();
    let mut shift: isize = 0;
    let mut i = 0;
    while i < changes.len() {
        let mut last = i;
        while last + 1 < changes.len()
            && changes[last + 1].lines.start <= changes[last].lines.end + 2 * CONTEXT
        {
            last += 1;
        }
        if out.is_empty() {
            let _ = writeln!(
                out,
                "--- {}\n+++ {}",
                quoted("a/", path),
                quoted("b/", path)
            );
        }
        let first_line = changes[i].lines.start.saturating_sub(CONTEXT);
        let last_line = (changes[last].lines.end + CONTEXT).min(starts.len());
        let mut body = String::new();
        let (mut removed, mut added, mut at) = (0, 0, first_line);
        for change in &changes[i..=last] {
            (at..change.lines.start)
                .for_each(|line| put(&mut body, ' ', &text[starts[line]..end_of(line)]));
            change
                .lines
                .clone()
                .for_each(|line| put(&mut body, '-', &text[starts[line]..end_of(line)]));
            change
                .text
                .split_inclusive('\n')
                .for_each(|line| put(&mut body, '+', line));
            removed += change.lines.len();
            added += change.text.split_inclusive('\n').count();
            at = change.lines.end;
        }
        (at..last_line).for_each(|line| put(&mut body, ' ', &text[starts[line]..end_of(line)]));
        let old = last_line - first_line;
        let new = old + added - removed;
        let from = first_line as isize + 1;
        let _ = write!(
            out,
            "@@ -{} +{} @@\n{body}",
            extent(from, old),
            extent(from + shift, new)
        );
        shift += added as isize - removed as isize;
        i = last + 1;
    }
    Ok(out)
}

/// `5,7`; an empty range is named by the line before it.
fn extent(first: isize, count: usize) -> String {
    match count {
        0 => format!("{},0", first - 1),
        1 => first.to_string(),
        _ => format!("{first},{count}"),
    }
}

fn put(body: &mut String, mark: char, line: &str) {
    body.push(mark);
    body.push_str(line);
    if !line.ends_with('\n') {
        body.push_str("\n\\ No newline at end of file\n");
    }
}

/// The lines that the edits touch, those that touch the same lines together.
fn changes(
    text: &str,
    edits: &[Edit],
    starts: &[usize],
    line_of: &dyn Fn(usize) -> usize,
    end_of: &dyn Fn(usize) -> usize,
) -> Result<Vec<Change>, FixError> {
    let mut changes = Vec::new();
    let mut i = 0;
    while i < edits.len() {
        let range = edits[i].span.range();
        if range.end > text.len() || range.start > range.end || starts.is_empty() {
            return Err(FixError::Overlap);
        }
        let first = line_of(range.start);
        let mut lines = first..line_of(range.end.max(range.start + 1) - 1).max(first) + 1;
        let mut last = i;
        while let Some(next) = edits
            .get(last + 1)
            .filter(|e| line_of(e.span.start as usize) < lines.end)
        {
            last += 1;
            lines.end = lines
                .end
                .max(line_of((next.span.end.max(next.span.start + 1) - 1) as usize) + 1);
        }
        let (from, to) = (starts[lines.start], end_of(lines.end - 1));
        let inner: Vec<Edit> = edits[i..=last]
            .iter()
            .map(|edit| {
                let span = edit.span.range();
                if span.start < from || span.end > to {
                    return Err(FixError::Overlap);
                }
                Ok(Edit {
                    span: Span::new(span.start - from, span.end - from),
                    ..edit.clone()
                })
            })
            .collect::<Result<_, _>>()?;
        let new = apply(&text[from..to], &inner)?;
        if new != text[from..to] {
            changes.push(Change { lines, text: new });
        }
        i = last + 1;
    }
    Ok(changes)
}

/// A path as git writes it in a diff: bytes that could be taken for something else are quoted like in C.
fn quoted(side: &str, path: &RepoPath) -> String {
    let bytes = path.as_bytes();
    let plain = |b: u8| (b' '..0x7f).contains(&b) && b != b'"' && b != b'\\';
    if bytes.iter().all(|b| plain(*b)) {
        // A tab ends a name with blanks (git, diff.c).
        let end = if bytes.contains(&b' ') { "\t" } else { "" };
        return format!("{side}{}{end}", path.to_text());
    }
    let mut out = format!("\"{side}");
    for b in bytes {
        match b {
            b'"' | b'\\' => {
                out.push('\\');
                out.push(char::from(*b));
            }
            b if plain(*b) => out.push(char::from(*b)),
            b => {
                let _ = write!(out, "\\{b:03o}");
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use image_lint_text::source::{FileId, Place, Position};

    fn edit(span: Range<usize>, text: &str) -> Edit {
        let at = Position::default();
        let span = Span::new(span.start, span.end);
        Edit {
            file: FileId(0),
            span,
            place: Place {
                file: FileId(0),
                start: at,
                end: at,
                span,
            },
            text: text.into(),
        }
    }

    #[test]
    fn changed_lines_stand_between_three_others() {
        let path = RepoPath::from_bytes(b"a b.sh");
        let text = "1\n2\n3\n4\n5\n6";
        let rows = [
            (
                vec![edit(2..2, "x")],
                "@@ -1,5 +1,5 @@\n 1\n-2\n+x2\n 3\n 4\n 5\n",
            ),
            (
                vec![edit(0..1, "one"), edit(10..11, "six")],
                "@@ -1,6 +1,6 @@\n-1\n+one\n 2\n 3\n 4\n 5\n-6\n\\ No newline at end of file\n+six\n\\ No newline at end of file\n",
            ),
            (
                vec![edit(4..4, "a\nb\n")],
                "@@ -1,6 +1,8 @@\n 1\n 2\n-3\n+a\n+b\n+3\n 4\n 5\n 6\n\\ No newline at end of file\n",
            ),
        ];
        for (edits, expected) in rows {
            let expected = format!("--- a/a b.sh\t\n+++ b/a b.sh\t\n{expected}");
            assert_eq!(diff(&path, text, &edits).unwrap(), expected);
        }
        assert_eq!(diff(&path, text, &[]).unwrap(), "");
        assert!(matches!(
            diff(&path, text, &[edit(9..99, "")]),
            Err(FixError::Overlap)
        ));
    }

    #[test]
    fn names_cannot_make_lines_of_a_diff() {
        let name = quoted("a/", &RepoPath::from_bytes("x\n+++ ü\"\\".as_bytes()));
        assert_eq!(name, r#""a/x\012+++ \303\274\"\\""#);
    }

    proptest::proptest! {
        #[test]
        fn git_applies_what_the_edits_make(
            lines in proptest::collection::vec("[a-c\r]{0,3}", 1..30),
            places in proptest::collection::btree_set(0usize..60, 1..6),
            insert in "(x|y\n|z\r\n){1,2}",
        ) {
            let text = lines.join("\n");
            let edits: Vec<Edit> = places.iter().filter(|p| **p < text.len()).map(|p| edit(*p..*p, &insert)).collect();
            let path = RepoPath::from_bytes(b"f");
            let patch = diff(&path, &text, &edits).unwrap();
            let after = apply(&text, &edits).unwrap();
            if !patch.is_empty() {
                let folder = tempfile::tempdir().unwrap();
                std::fs::write(folder.path().join("f"), &text).unwrap();
                std::fs::write(folder.path().join("p"), &patch).unwrap();
                let done = std::process::Command::new("git")
                    .args(["apply", "--whitespace=nowarn", "p"])
                    .current_dir(folder.path())
                    .env("GIT_CEILING_DIRECTORIES", folder.path().parent().unwrap())
                    .output()
                    .unwrap();
                proptest::prop_assert!(done.status.success(), "{}\n{}", patch, String::from_utf8_lossy(&done.stderr));
                proptest::prop_assert_eq!(std::fs::read_to_string(folder.path().join("f")).unwrap(), after);
            }
        }
    }
}
