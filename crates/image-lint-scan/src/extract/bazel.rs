//! Bazel's rules for images (bazel-contrib/rules_oci `docs/pull.md`, bazelbuild/rules_docker `container_pull`): base images
//! that a build pulls. Of Starlark only the arguments of these calls are read.

use super::{Candidate, Draft, Extractor, Sink, ignores};
use image_lint_model::mention::{Role, SourceKind};
use image_lint_model::value::Value;
use image_lint_text::source::{SourceFile, Span};

/// `MODULE.bazel`, `WORKSPACE`, `*.bzl`, `*.MODULE.bazel`.
pub struct Bazel;

const CALLS: [&str; 4] = ["oci.pull(", "oci_pull(", "container_pull(", "img.pull("];

/// Rules that are called `pull` alone (bazel-contrib/rules_img `docs/pull.md`).
const BARE: &str = "rules_img";

impl Extractor for Bazel {
    fn name(&self) -> &'static str {
        "bazel"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        let name = file.path.file_name();
        matches!(&*name, "WORKSPACE" | "WORKSPACE.bazel" | "WORKSPACE.bzlmod")
            || name.ends_with("MODULE.bazel")
            || name.ends_with(".bzl")
    }

    fn worth_reading(&self, text: &str) -> bool {
        CALLS.iter().any(|call| text.contains(call)) || text.contains(BARE)
    }

    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>) {
        ignores::in_line_comments(&file.whole(), "#", out);
        let text = &file.text;
        let mut from = 0;
        for open in calls(text) {
            if open >= from && !is_comment(&text[..open]) {
                let len = call_len(&text[open..]);
                pulled(&arguments(&text[open..open + len], open), out);
                from = open + len;
            }
        }
    }
}

/// Where the arguments of each call begin that pulls an image.
fn calls(text: &str) -> Vec<usize> {
    let bare = text.contains(BARE);
    let is_known = |open: &usize| {
        let call = &text[..*open];
        let alone = call.len() == "pull(".len() || call.ends_with("\npull(");
        CALLS.iter().any(|name| call.ends_with(name)) || alone && bare
    };
    let all = text
        .match_indices("pull(")
        .map(|(at, call)| at + call.len());
    let mut found: Vec<usize> = all.filter(is_known).collect();
    for name in own_names(text) {
        let call = format!("\n{name}(");
        found.extend(text.match_indices(&call).map(|(at, call)| at + call.len()));
    }
    found.sort_unstable();
    found
}

/// A module may give the rule a name of its own: `fetch = use_repo_rule("@rules_img//img:pull.bzl", "pull")`.
fn own_names(text: &str) -> Vec<&str> {
    let rules = text.match_indices("use_repo_rule(").take(MAX_NAMES);
    let name = |(at, _): (usize, &str)| {
        let line = text[at..].lines().next()?;
        let before = text[..at].lines().next_back()?;
        let name = before.trim_end().strip_suffix('=')?.trim();
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        (line.contains(BARE) && plain && !name.is_empty() && name != "pull").then_some(name)
    };
    rules.filter_map(name).collect()
}

/// Rules that a module names, each of which is looked for.
const MAX_NAMES: usize = 20;

/// A call further along its line than this is none that a person commented out.
const MAX_INDENT: usize = 200;

fn is_comment(before: &str) -> bool {
    let mut start = before.len().saturating_sub(MAX_INDENT);
    while !before.is_char_boundary(start) {
        start += 1;
    }
    let line = before[start..].rsplit('\n').next().unwrap_or("");
    line.trim_start().starts_with('#')
}

/// Bytes up to the bracket that closes a call.
fn call_len(text: &str) -> usize {
    let mut open = 1;
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(mark), _) if mark == c => quote = None,
            (Some(_), _) => {}
            (None, '(') => open += 1,
            (None, ')') => {
                open -= 1;
                if open == 0 {
                    return at;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// Names and strings of the arguments, each with the place of the string.
fn arguments(text: &str, start: usize) -> Vec<(&str, &str, Span)> {
    let mut found = Vec::new();
    let mut at = start;
    for line in text.split_inclusive('\n') {
        let from = at;
        at += line.len();
        if line.trim_start().starts_with('#') {
            continue;
        }
        let mut offset = 0;
        while let Some(equals) = line[offset..].find('=').map(|at| offset + at) {
            let name = line[offset..equals].trim_matches([' ', '\t', ',', '(']);
            let rest = &line[equals + 1..];
            let blanks = rest.len() - rest.trim_start().len();
            offset = equals + 1;
            let Some(quote) = rest
                .trim_start()
                .chars()
                .next()
                .filter(|c| matches!(c, '"' | '\''))
            else {
                continue;
            };
            let value = &rest[blanks + 1..];
            let Some(len) = value.find(quote) else {
                continue;
            };
            let begin = equals + 1 + blanks + 1;
            let span = Span::new(from + begin, from + begin + len);
            found.push((name, &value[..len], span));
            offset = begin + len + 1;
        }
    }
    found
}

/// `image`, or `registry` and `repository`, with `tag` and `digest`.
fn pulled(arguments: &[(&str, &str, Span)], out: &mut Sink<'_>) {
    let get = |name: &str| {
        arguments
            .iter()
            .find(|(key, value, _)| *key == name && !value.is_empty())
    };
    let mut parts: Vec<Span> = Vec::new();
    let mut name = String::new();
    let mut add = |mark: &str, part: Option<&(&str, &str, Span)>| {
        if let Some((_, value, span)) = part {
            name.push_str(mark);
            name.push_str(value);
            parts.push(*span);
        }
    };
    match get("image") {
        Some(image) => add("", Some(image)),
        None => {
            let registry = get("registry");
            add("", registry);
            add(if registry.is_some() { "/" } else { "" }, get("repository"));
        }
    }
    let whole = get("image").is_some_and(|(_, image, _)| image.contains('@'));
    add(":", get("tag").filter(|_| !whole));
    add("@", get("digest").filter(|_| !whole));
    let Some(span) = parts.pop().filter(|_| !name.starts_with([':', '@'])) else {
        return;
    };
    let source = SourceKind::Configuration;
    let mut draft = Draft::image(span, Value::literal(&name), Role::BuildBase, source, "pull");
    draft.also = parts;
    out.mention(draft);
}

#[cfg(test)]
mod tests {
    use super::*;
    use image_lint_text::source::{FileId, RepoPath};

    #[test]
    fn calls_that_pull_are_images() {
        for (text, expected, why) in [
            (
                "oci.pull(\n  name = \"x\",\n  image = \"q.io/a\",\n  tag = \"1\",\n)",
                &["q.io/a:1"][..],
                "rules_oci",
            ),
            (
                "oci_pull(name = \"x\", image = \"q.io/a:1\")",
                &["q.io/a:1"],
                "on one line",
            ),
            (
                "container_pull(\n name='x',\n registry='q.io',\n # why\n repository='a/b',\n tag='2')",
                &["q.io/a/b:2"],
                "rules_docker",
            ),
            ("# oci.pull(image = \"q.io/a\")", &[], "a comment"),
            ("git.pull(image = \"q.io/a\")", &[], "another call"),
            ("oci.pull(name = \"x\", image = IMAGE)", &[], "no string"),
            ("oci.pull(", &[], "never closed"),
            (
                "load(\"@rules_img\", \"pull\")\npull(\n name = \"x\", registry = \"q.io\", repository = \"a\", tag = \"1\")",
                &["q.io/a:1"],
                "rules_img",
            ),
            (
                "pull(registry = \"q.io\", repository = \"a\")",
                &[],
                "nobody says whose",
            ),
        ] {
            let file = SourceFile::new(
                FileId(0),
                RepoPath::from_bytes(b"MODULE.bazel"),
                text.to_owned(),
            );
            let mut sink = Sink::new(&file);
            Bazel.extract(&file, &mut sink);
            let mentions = sink.extraction.mentions.iter();
            let found: Vec<_> = mentions.filter_map(|m| m.value.as_known()).collect();
            assert_eq!(found, expected, "{why}");
        }
    }
}
