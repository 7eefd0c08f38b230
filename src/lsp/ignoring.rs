//! The comment that keeps a finding silent, put where it is read as one: the text with the comment is read again, and it
//! has to hold an ignore of this rule for this line.

use image_lint_model::mention::Extraction;
use image_lint_scan::extract::{self, Claim};
use image_lint_text::source::{FileId, RepoPath, SourceFile};

/// The reason that is to be written in its place.
const REASON: &str = "TODO: say why";
/// Bytes of a file that is read again for a comment.
const LARGEST: usize = 1024 * 1024;

/// An insertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    pub offset: usize,
    pub text: String,
}

/// Where a comment silences a rule in the line that begins at `line`; None where none can be.
pub fn comment(path: &RepoPath, text: &str, line: usize, rule: &str) -> Option<Comment> {
    // JSON is read as the YAML that it is, but other readers of it know no comments.
    if text.len() > LARGEST || path.file_name().ends_with(".json") {
        return None;
    }
    let number = text[..line].matches('\n').count() as u32 + 1;
    let words = format!("# image-lint: ignore[{rule}] {REASON}");
    let content = text[line..].split('\n').next().unwrap_or_default();
    let indentation: String = content
        .chars()
        .take_while(|c| matches!(c, ' ' | '\t'))
        .collect();
    let ending = if content.ends_with('\r') {
        "\r\n"
    } else {
        "\n"
    };
    let end = line + content.trim_end().len();
    let above = Comment {
        offset: line,
        text: format!("{indentation}{words}{ending}"),
    };
    let behind = Comment {
        offset: end,
        text: format!(" {words}"),
    };
    // Behind the text where it is short, as people write it; long lines have it above.
    let candidates = match content.len() + words.len() > 100 {
        true => [above, behind],
        false => [behind, above],
    };
    candidates
        .into_iter()
        .find(|candidate| is_read(path, text, candidate, number, rule))
}

fn is_read(path: &RepoPath, text: &str, comment: &Comment, line: u32, rule: &str) -> bool {
    let mut edited = text.to_owned();
    edited.insert_str(comment.offset, &comment.text);
    let moved = comment.text.ends_with('\n');
    let (Some(before), Some(after)) = (read(path, text), read(path, &edited)) else {
        return false;
    };
    let silenced = |read: &Extraction| {
        let ignores = read.ignores.iter().filter(|ignore| {
            let at = ignore.place.start.line;
            at == line
                && (ignore.covers_next || !moved)
                && ignore.rules.iter().any(|known| **known == *rule)
        });
        ignores.count()
    };
    // Nothing else may change: as many images are named as before, with the same words.
    let written = |read: &Extraction| -> Vec<String> {
        let mentions = read.mentions.iter();
        mentions.map(|mention| mention.value.written()).collect()
    };
    silenced(&after) > silenced(&before)
        && written(&before) == written(&after)
        && before.builds.len() == after.builds.len()
        && before.skips.len() == after.skips.len()
}

/// What the file's own reader makes of a text.
pub fn read(path: &RepoPath, text: &str) -> Option<Extraction> {
    let head = &text.as_bytes()[..text.len().min(128)];
    let Claim::By(extractor) = extract::claim(path, head, true) else {
        return None;
    };
    let file = SourceFile::new(FileId(0), path.clone(), text.to_owned());
    Some(extract::extract(&file, extractor, false).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_goes_where_it_is_read_as_one() {
        const LONG: &str =
            "registry.example.com/a/very/long/path/that/leaves/no/room/in/its/line/app:1";
        let long = format!("FROM {LONG}\n");
        let rows: [(&str, &str, &str, Option<&str>, &str); 6] = [
            (
                "Dockerfile",
                "FROM a/b:1\nRUN x\n",
                "FROM",
                Some("# image-lint: ignore[r] TODO: say why\nFROM a/b:1\nRUN x\n"),
                "a Dockerfile has no comments behind instructions",
            ),
            (
                "pod.yaml",
                "kind: Pod\nspec:\n  containers:\n  - image: a/b:1\n",
                "  - image",
                Some(
                    "kind: Pod\nspec:\n  containers:\n  - image: a/b:1 # image-lint: ignore[r] TODO: say why\n",
                ),
                "behind a value of YAML",
            ),
            (
                "a.Dockerfile",
                &long,
                "FROM",
                Some("# image-lint: ignore[r] TODO: say why\nFROM "),
                "above a long line",
            ),
            (
                "build.sh",
                "docker pull a/b:1\n",
                "docker",
                Some("docker pull a/b:1 # image-lint: ignore[r] TODO: say why\n"),
                "behind a command",
            ),
            (
                "pod.json",
                "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"spec\": {\"containers\": [{\"image\": \"a/b:1\"}]}}\n",
                "{",
                None,
                "JSON has no comments",
            ),
            ("note.txt", "a/b:1\n", "a", None, "no source"),
        ];
        for (path, text, line, expected, why) in rows {
            let at = text.find(line).unwrap();
            let found = comment(&RepoPath::from_bytes(path.as_bytes()), text, at, "r");
            let edited = found.map(|comment| {
                let mut edited = text.to_owned();
                edited.insert_str(comment.offset, &comment.text);
                edited
            });
            match (edited, expected) {
                (Some(edited), Some(expected)) => {
                    assert!(edited.starts_with(expected), "{why}: {edited}")
                }
                (edited, expected) => assert_eq!(edited.as_deref(), expected, "{why}"),
            }
        }
    }
}
