//! Jenkinsfiles: the scripts of `sh` steps (jenkins.io, "Pipeline Steps Reference", `sh`), and the images that
//! pipelines run in. Of other Groovy only pipelines are read: what opens a pod, a node or an agent.

mod agents;
mod names;

use crate::extract::shell::{ScriptContext, extract_script, names_a_tool};
use crate::extract::{Candidate, Extractor, Sink, ignores};
use image_lint_model::mention::SourceKind;
use image_lint_text::source::{Segment, SourceFile, SourceText, Span};
use names::Names;

/// `Jenkinsfile*`, `*.jenkinsfile`, `vars/*.groovy`, and other Groovy that is a pipeline.
#[derive(Debug)]
pub struct Jenkinsfile;

impl Extractor for Jenkinsfile {
    fn name(&self) -> &'static str {
        "jenkinsfile"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        let name = file.path.file_name();
        let folder = file.path.folder();
        name.starts_with("Jenkinsfile")
            || name.to_ascii_lowercase().ends_with(".jenkinsfile")
            || name.ends_with(".groovy") && folder.rsplit('/').next() == Some("vars")
            || name.ends_with(".groovy") && !may_be_test(&file.path.to_text())
    }

    fn worth_reading(&self, text: &str) -> bool {
        (names_a_tool(text) || text.contains("image")) && is_pipeline(text)
    }

    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>) {
        ignores::in_line_comments(&file.whole(), "//", out);
        let mut names = Names::default();
        each_string(&file.text, &mut |before, blocks, string, start| {
            let span = Span::new(start + 1, string.end.saturating_sub(1).max(start + 1));
            names.note(before, blocks.innermost(), &string, span, out);
        });
        let environment = names.environment();
        each_string(&file.text, &mut |before, blocks, string, start| {
            let slashy = !matches!(file.text.as_bytes()[start], b'\'' | b'"');
            if is_sh_step(before) {
                let literal = file.text.as_bytes()[start] != b'"';
                let string = match literal {
                    true => string,
                    false => string.with(&names),
                };
                let script = file.whole().derive(string.text, string.segments);
                let script = SourceText {
                    text: script.text,
                    map: script.map,
                };
                // Stages run on one agent with one store.
                let mut context = ScriptContext::new(SourceKind::Jenkinsfile, "sh", 0);
                context.environment = &environment;
                extract_script(&script, &context, out);
            } else if let Some(meaning) = blocks.meaning(before).filter(|_| !slashy) {
                let text = file.whole().derive(string.text, string.segments);
                agents::read(&text, meaning, &names, out);
            }
        });
    }
}

/// Called with each string: the text before it, the blocks that are open, the string, and where it begins.
type EachString<'e, 't> = &'e mut dyn FnMut(&'t str, &agents::Blocks<'t>, Groovy, usize);

/// Goes through the strings of a Jenkinsfile.
fn each_string<'t>(text: &'t str, each: EachString<'_, 't>) {
    let bytes = text.as_bytes();
    let mut blocks = agents::Blocks::default();
    let mut i = 0;
    while i < bytes.len() {
        match bytes[i] {
            b'{' => {
                blocks.enter(&text[..i]);
                i += 1;
            }
            b'}' => {
                blocks.leave();
                i += 1;
            }
            b'/' if bytes[i..].starts_with(b"//") => i = line_end(bytes, i),
            b'/' if bytes[i..].starts_with(b"/*") => {
                i = text[i..].find("*/").map_or(bytes.len(), |n| i + n + 2)
            }
            b'/' | b'$'
                if is_sh_step(&text[..i])
                    && (bytes[i] == b'/' || bytes[i..].starts_with(b"$/")) =>
            {
                let string = Groovy::read_slashy(text, i);
                let end = string.end;
                each(&text[..i], &blocks, string, i);
                i = end;
            }
            b'\'' | b'"' => {
                let string = Groovy::read(text, i);
                let end = string.end;
                each(&text[..i], &blocks, string, i);
                i = end;
            }
            _ => i += 1,
        }
    }
}

/// Words of pipelines: pods of Jenkins' Kubernetes plugin, agents, nodes, steps.
fn is_pipeline(text: &str) -> bool {
    const WORDS: [&str; 9] = [
        "podTemplate",
        "containerTemplate",
        "pipeline",
        "node",
        "agent",
        "docker.",
        "docker {",
        "sh ",
        "sh(",
    ];
    WORDS.iter().any(|word| text.contains(word))
}

/// Tests of plugins and libraries quote pipelines as strings, and are none.
fn may_be_test(path: &str) -> bool {
    path.starts_with("src/test/java")
        || path.contains("/src/test/java")
        || path.ends_with("Test.groovy")
        || path.ends_with("Spec.groovy")
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    bytes[from..]
        .iter()
        .position(|b| *b == b'\n')
        .map_or(bytes.len(), |n| from + n)
}

/// Whether what stands before a string makes it the script of a step: `sh`, `sh(`, `sh script:`, with other arguments
/// between.
fn is_sh_step(before: &str) -> bool {
    let mut start = before.len().saturating_sub(120);
    while !before.is_char_boundary(start) {
        start += 1;
    }
    let near = before[start..].trim_end();
    if let Some(rest) = near.strip_suffix("script:") {
        let call = rest.rfind("sh").map(|at| (&rest[..at], &rest[at + 2..]));
        return call.is_some_and(|(left, right)| {
            word_ends(left)
                && right.trim_start().starts_with(['(', ' ', 'r', 'l', 'e'])
                    | right.trim().is_empty()
        });
    }
    let near = near.strip_suffix('(').map_or(near, str::trim_end);
    near.strip_suffix("sh").is_some_and(word_ends)
}

fn word_ends(left: &str) -> bool {
    !left.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.')
}

/// A Groovy string: its text after escapes, with the way back.
struct Groovy {
    text: String,
    segments: Vec<Segment>,
    end: usize,
}

impl Groovy {
    /// Reads the string that opens at `start` (Groovy language documentation, "Strings").
    fn read(source: &str, start: usize) -> Groovy {
        let bytes = source.as_bytes();
        let quote = bytes[start];
        let triple = bytes[start..].starts_with(&[quote, quote, quote]);
        let mut i = start + if triple { 3 } else { 1 };
        let mut out = Groovy {
            text: String::new(),
            segments: Vec::new(),
            end: bytes.len(),
        };
        let mut from = i;
        while i < bytes.len() {
            let b = bytes[i];
            if b == quote && (!triple || bytes[i..].starts_with(&[quote, quote, quote])) {
                out.copy(source, from, i);
                out.end = i + if triple { 3 } else { 1 };
                return out;
            }
            if b == b'\n' && !triple {
                // An apostrophe in text that is no string.
                out.end = i;
                out.text.clear();
                return out;
            }
            if b == b'\\' && i + 1 < bytes.len() {
                out.copy(source, from, i);
                let len = source[i + 1..].chars().next().map_or(1, char::len_utf8);
                let decoded = match &source[i + 1..i + 1 + len] {
                    "n" => "\n",
                    "t" => "\t",
                    "r" => "\r",
                    // A backslash at the end of a line joins it with the next one.
                    "\n" => "",
                    other => other,
                };
                if !decoded.is_empty() {
                    let inner = out.text.len() as u32;
                    out.segments.push(Segment {
                        inner,
                        outer: i as u32,
                        outer_len: (1 + len) as u32,
                    });
                    out.text.push_str(decoded);
                }
                i += 1 + len;
                from = i;
                continue;
            }
            i += 1;
        }
        out.copy(source, from, bytes.len());
        out
    }

    /// Reads `/…/`, where `\/` is a slash, or `$/…/$`, where `$$` is a dollar and `$/` a slash ("Slashy string", "Dollar
    /// slashy string").
    fn read_slashy(source: &str, start: usize) -> Groovy {
        let bytes = source.as_bytes();
        let dollar = bytes[start] == b'$';
        let (mut i, close, escapes): (usize, &[u8], [&[u8]; 2]) = if dollar {
            (start + 2, b"/$", [b"$$", b"$/"])
        } else {
            (start + 1, b"/", [b"\\/", b"\\/"])
        };
        let mut out = Groovy {
            text: String::new(),
            segments: Vec::new(),
            end: bytes.len(),
        };
        let mut from = i;
        while i < bytes.len() {
            if escapes.iter().any(|escape| bytes[i..].starts_with(escape)) {
                out.copy(source, from, i);
                // Only its second byte counts.
                from = i + 1;
                i += 2;
            } else if bytes[i..].starts_with(close) {
                out.copy(source, from, i);
                out.end = i + close.len();
                return out;
            } else {
                i += 1;
            }
        }
        // It is never closed, so it was a division.
        Groovy {
            text: String::new(),
            segments: Vec::new(),
            end: start + 1,
        }
    }

    /// With the names that are known in their places, as Groovy puts them in before the shell sees the script.
    fn with(self, names: &Names) -> Groovy {
        let mut out = Groovy {
            text: String::new(),
            segments: Vec::new(),
            end: self.end,
        };
        for (i, segment) in self.segments.iter().enumerate() {
            let next = self.segments.get(i + 1);
            let end = next.map_or(self.text.len(), |next| next.inner as usize);
            let part = &self.text[segment.inner as usize..end];
            let copied = part.len() == segment.outer_len as usize;
            match copied {
                true => out.interpolate(part, segment.outer as usize, names),
                // An escape, `\\$` among them, is text.
                false => out.put(part, segment.outer, segment.outer_len),
            }
        }
        out
    }

    fn interpolate(&mut self, part: &str, outer: usize, names: &Names) {
        let mut from = 0;
        for (at, _) in part.match_indices('$') {
            let Some((path, len)) = names::interpolated(&part[at..]).filter(|_| at >= from) else {
                continue;
            };
            let Some((text, _)) = names.text(path, 0) else {
                continue;
            };
            self.put(&part[from..at], (outer + from) as u32, (at - from) as u32);
            self.put(&text, (outer + at) as u32, len as u32);
            from = at + len;
        }
        self.put(
            &part[from..],
            (outer + from) as u32,
            (part.len() - from) as u32,
        );
    }

    fn put(&mut self, text: &str, outer: u32, outer_len: u32) {
        if text.is_empty() {
            return;
        }
        self.segments.push(Segment {
            inner: self.text.len() as u32,
            outer,
            outer_len,
        });
        self.text.push_str(text);
    }

    fn copy(&mut self, source: &str, from: usize, to: usize) {
        if from < to {
            let inner = self.text.len() as u32;
            self.segments.push(Segment {
                inner,
                outer: from as u32,
                outer_len: (to - from) as u32,
            });
            self.text.push_str(&source[from..to]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image_lint_text::source::{FileId, RepoPath};

    #[test]
    fn only_the_strings_of_sh_steps_are_scripts() {
        let text = r#"
// sh 'podman pull no/a'
echo "podman pull no/b"
sh 'buildah bud -t r.io/x .'
sh(script: "podman pull r.io/a:1", returnStdout: true)
sh returnStdout: true, script: 'podman pull r.io/b'
sh """
  skopeo copy \
    docker://r.io/c docker://q.io/c
  podman pull ${image}
"""
push 'podman pull no/c'
sh '''buildah bud \
  -t r.io/d .'''
sh(/podman pull r.io\/e:1 && podman pull r.io\/f/)
sh $/podman pull r.io/g && podman pull $$X/$
def half = total / 2
sh '''podman pull r.io/h'''
"#;
        let file = SourceFile::new(
            FileId(0),
            RepoPath::from_bytes(b"Jenkinsfile"),
            text.to_owned(),
        );
        let mut sink = Sink::new(&file);
        Jenkinsfile.extract(&file, &mut sink);
        let found: Vec<&str> = sink
            .extraction
            .mentions
            .iter()
            .map(|m| &text[m.place.span.range()])
            .collect();
        assert_eq!(
            found,
            [
                "r.io/x",
                "r.io/a:1",
                "r.io/b",
                "r.io/c",
                "q.io/c",
                "${image}",
                "r.io/d",
                "r.io\\/e:1",
                "r.io\\/f",
                "r.io/g",
                "$X",
                "r.io/h"
            ]
        );
    }

    #[test]
    fn agents_run_in_images_and_other_strings_are_none() {
        for (text, expected, why) in [
            (
                "pipeline { agent { docker { image 'r.io/a:1'\n args '-v a:b' } } }",
                &["ci r.io/a:1"][..],
                "declarative",
            ),
            ("agent { docker 'r.io/a:1' }", &["ci r.io/a:1"], "short"),
            (
                "agent { docker { image \"r.io/a:${env.TAG}\" } }",
                &["ci r.io/a:${env.TAG}"],
                "with a variable",
            ),
            (
                "docker.image(\"r.io/a:1\").inside { echo 'x' }",
                &["ci r.io/a:1"],
                "scripted",
            ),
            (
                "def i = docker.build('r.io/a:1', '.')",
                &["push r.io/a:1"],
                "made",
            ),
            ("docker.build('r.io/' + name)", &[], "a part of a name"),
            (
                "containerTemplate(name: 'x', image: 'r.io/a:1')",
                &["run r.io/a:1"],
                "a pod in Groovy",
            ),
            ("step(name: 'x', image: 'r.io/a:1')", &[], "another call"),
            (
                "agent { kubernetes { yaml '''\n  apiVersion: v1\n  kind: Pod\n  spec:\n    containers:\n    - image: r.io/a:1\n''' } }",
                &["run r.io/a:1"],
                "a pod in YAML",
            ),
            (
                "stage('image') { echo 'image' }\nimage 'r.io/a:1'",
                &[],
                "no docker block around",
            ),
            ("// agent { docker 'r.io/a:1' }", &[], "a comment"),
        ] {
            let file = SourceFile::new(
                FileId(0),
                RepoPath::from_bytes(b"Jenkinsfile"),
                text.to_owned(),
            );
            let mut sink = Sink::new(&file);
            Jenkinsfile.extract(&file, &mut sink);
            let mentions = sink.extraction.mentions.iter();
            let found: Vec<_> = mentions
                .map(|m| format!("{} {}", m.role.as_str(), &text[m.place.span.range()]))
                .collect();
            assert_eq!(found, expected, "{why}");
        }
    }
}
