//! GitLab CI: `image`, `services`, `variables` and the scripts of jobs (docs.gitlab.com, "CI/CD YAML syntax").

use std::cell::Cell;
use std::collections::HashSet;

use super::matrix::{self, Combinations};
use super::{Variables, add_variables, recover, script};
use crate::extract::shell::ScriptContext;
use crate::extract::{Candidate, Extractor, Sink};
use image_lint_model::mention::SourceKind;
use image_lint_model::value::Value;
use image_lint_text::source::SourceFile;
use image_lint_text::yaml::{self, Kind, Node};

/// `.gitlab-ci.yml`, `*.gitlab-ci.yml`, files below `.gitlab-ci/`.
#[derive(Debug)]
pub struct GitLab;

/// Keys of the top level that are no jobs.
const GLOBAL: [&str; 11] = [
    "default",
    "include",
    "stages",
    "variables",
    "workflow",
    "image",
    "services",
    "cache",
    "before_script",
    "after_script",
    "spec",
];

impl Extractor for GitLab {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        let name = file.path.file_name();
        let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        let folder = file.path.folder();
        let of_gitlab = |part: &str| matches!(part, ".gitlab-ci" | ".gitlab" | "gitlab-ci");
        yaml && (name.contains(".gitlab-ci.") || folder.split('/').any(of_gitlab))
    }

    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>) {
        let whole = file.whole();
        let stream = yaml::parse(&whole);
        crate::extract::yaml_comments::ignores(&whole, &stream, out);
        recover(&whole, &stream, SourceKind::GitLab, "GitLab CI", out);
        let mut number = 0;
        for document in &stream.documents {
            let root = document.root();
            let mut variables = dependency_proxies();
            add_variables(&mut variables, root.get("variables"));
            let search = Search::new(root);
            let whole = Job {
                root,
                node: root,
                search: &search,
            };
            images(whole, "", &variables, &Vec::new(), out);
            let mut extended: HashSet<&str> = HashSet::new();
            for (_, job) in root.pairs() {
                extended.extend(names(job.get("extends")));
            }
            let default = root.get("default");
            if let Some(default) = default {
                let default = Job {
                    node: default,
                    ..whole
                };
                images(default, "default.", &variables, &Vec::new(), out);
            }
            for (name, job) in root.pairs() {
                let Some(name) = name.as_str() else { continue };
                if GLOBAL.contains(&name) || job.kind() != Kind::Mapping {
                    continue;
                }
                let job = Job {
                    root,
                    node: job,
                    search: &search,
                };
                let mut variables = super::inherited(&variables, out);
                job.variables(0, &mut variables);
                let combinations = matrix::gitlab(job.get("parallel", 0));
                images(job, &format!("{name}."), &variables, &combinations, out);
                // A template runs as the jobs that extend it, with what they say.
                if name.starts_with('.') && extended.contains(&name) {
                    continue;
                }
                let given = |key| {
                    job.get(key, 0)
                        .or_else(|| default?.get(key))
                        .or_else(|| root.get(key))
                };
                let field = format!("{name}.script");
                let mut context = ScriptContext::new(SourceKind::GitLab, &field, number);
                context.environment = &variables;
                // `before_script` and `script` run as one, in one shell.
                let mut lines = job.lines(given("before_script"), out);
                lines.extend(job.lines(job.get("script", 0), out));
                script(&lines, &context, out);
                let lines = job.lines(job.get("after_script", 0), out);
                script(&lines, &context, out);
                number += 1;
            }
            // What is written once is told once, however many jobs it runs in.
            let mut seen = HashSet::new();
            out.extraction
                .mentions
                .retain(|m| seen.insert((m.place.span, m.role, m.value.written())));
        }
        crate::extract::yaml_comments::cuts(&stream, out);
    }
}

/// A job, and the file that holds what it extends and refers to (docs.gitlab.com, `extends`, `!reference`).
#[derive(Clone, Copy)]
struct Job<'n> {
    root: Node<'n>,
    node: Node<'n>,
    search: &'n Search,
}

/// What looking up jobs may still cost a file, in keys that are compared: each of eleven levels may name any number of
/// jobs. What is beyond is taken for not there.
struct Search {
    left: Cell<usize>,
    /// Keys of the file's root.
    keys: usize,
}

const MAX_COMPARED: usize = 20_000_000;
/// A variable that is copied takes the memory, and some of the time, of so many keys.
const COMPARED_PER_COPY: usize = 40;

impl Search {
    fn new(root: Node<'_>) -> Self {
        Search {
            left: Cell::new(MAX_COMPARED),
            keys: root.pairs().count(),
        }
    }

    /// Whether one more look-up is within bounds, at which `others` keys are gone through besides.
    fn may(&self, others: usize) -> bool {
        self.spend(self.keys + others + 1)
    }

    fn spend(&self, cost: usize) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(cost));
        left >= cost
    }
}

/// GitLab allows eleven levels of `extends` and ten of `!reference`.
const MAX_LEVELS: usize = 11;

impl<'n> Job<'n> {
    /// What it extends, the one that wins last.
    fn parents(self) -> impl DoubleEndedIterator<Item = Job<'n>> {
        let own = self.node.pairs().count();
        let found: Vec<Job<'n>> = names(self.node.get("extends"))
            .into_iter()
            .take_while(|_| self.search.may(own))
            .filter_map(|name| {
                Some(Job {
                    node: self.root.get(name)?,
                    ..self
                })
            })
            .collect();
        found.into_iter()
    }

    /// A key of its own, or of what it extends: lists are taken as a whole.
    fn get(self, key: &str, level: usize) -> Option<Node<'n>> {
        let inherited = || {
            self.parents()
                .rev()
                .find_map(|parent| parent.get(key, level + 1))
        };
        self.node.get(key).or_else(|| {
            if level < MAX_LEVELS {
                inherited()
            } else {
                None
            }
        })
    }

    /// Mappings are joined key by key.
    fn variables(self, level: usize, variables: &mut Variables) {
        if level < MAX_LEVELS {
            self.parents()
                .for_each(|parent| parent.variables(level + 1, variables));
        }
        let given = self.node.get("variables");
        let copies = given.map_or(0, |given| given.pairs().count());
        if level == 0 || self.search.spend(copies.saturating_mul(COMPARED_PER_COPY)) {
            add_variables(variables, given);
        }
    }

    /// What the path after a `!reference` leads to.
    fn referred(self, path: Node<'n>) -> Option<Node<'n>> {
        let path: Vec<&str> = path.items().filter_map(|item| item.as_str()).collect();
        let [name, first, rest @ ..] = path.as_slice() else {
            return None;
        };
        let node = self.root.get(name)?;
        Job { node, ..self }.get(first, 0)?.at(rest)
    }

    /// The lines of a script, with what `!reference [job, key]` leads to in its place.
    fn lines(self, script: Option<Node<'n>>, sink: &Sink<'_>) -> Vec<Option<Node<'n>>> {
        let mut lines = Vec::new();
        if let Some(script) = script {
            self.gather(script, 0, sink, &mut lines);
        }
        lines
    }

    fn gather(
        self,
        node: Node<'n>,
        level: usize,
        sink: &Sink<'_>,
        lines: &mut Vec<Option<Node<'n>>>,
    ) {
        if level > MAX_LEVELS || lines.len() > MAX_LINES || !self.search.may(0) {
            return;
        }
        if node.kind() != Kind::Sequence {
            lines.push(Some(node));
            return;
        }
        if is_reference(node, sink) {
            if let Some(found) = self.referred(node) {
                self.gather(found, level + 1, sink, lines);
            }
            return;
        }
        node.items()
            .for_each(|item| self.gather(item, level + 1, sink, lines));
    }
}

/// Whether a list is a path after `!reference`.
fn is_reference(node: Node<'_>, sink: &Sink<'_>) -> bool {
    let start = node.span().start as usize;
    let before = sink.file().text.get(..start).unwrap_or("");
    node.kind() == Kind::Sequence && before.trim_end().ends_with("!reference")
}

/// Group-wide caches of Docker Hub (docs.gitlab.com, "Dependency proxy"): `$PREFIX/alpine:3` is Docker Hub's.
fn dependency_proxies() -> Variables {
    ["GROUP", "DIRECT_GROUP"]
        .into_iter()
        .map(|which| {
            let name = format!("CI_DEPENDENCY_PROXY_{which}_IMAGE_PREFIX");
            (name.into(), Value::literal("docker.io"), None)
        })
        .collect()
}

/// Lines of one script.
const MAX_LINES: usize = 10_000;

/// A name or a list of names.
fn names(node: Option<Node<'_>>) -> Vec<&str> {
    let Some(node) = node else { return Vec::new() };
    match node.as_str() {
        Some(name) => vec![name],
        None => node.items().filter_map(|item| item.as_str()).collect(),
    }
}

fn images(
    job: Job<'_>,
    path: &str,
    variables: &Variables,
    combinations: &Combinations,
    sink: &mut Sink<'_>,
) {
    let follow = |node, sink: &Sink<'_>| match is_reference(node, sink) {
        true => job.referred(node),
        false => Some(node),
    };
    let image = job.node.get("image").and_then(|node| follow(node, sink));
    let field = format!("{path}image");
    let place = (SourceKind::GitLab, &*field);
    matrix::images(image, "name", place, variables, combinations, sink);
    let services = job.node.get("services").and_then(|node| follow(node, sink));
    for (i, service) in services.into_iter().flat_map(|s| s.items()).enumerate() {
        // An item may lead to a list of its own.
        let found = follow(service, sink);
        let list = found.filter(|node| node.kind() == Kind::Sequence);
        let items = list.into_iter().flat_map(|list| list.items());
        let field = format!("{path}services[{i}]");
        let place = (SourceKind::GitLab, &*field);
        for service in items.chain(found.filter(|node| node.kind() != Kind::Sequence)) {
            matrix::images(Some(service), "name", place, variables, combinations, sink);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image_lint_model::build::FormatSetting;
    use image_lint_text::source::{FileId, RepoPath};

    #[test]
    fn jobs_have_images_variables_and_one_script() {
        let text = "\
variables: {STORAGE_DRIVER: vfs, R: r.io/team}
image: $R/builder:1
build:
  services: [{name: 'docker:dind'}]
  variables: {BUILDAH_FORMAT: docker}
  before_script: ['export N=app']
  script:
    - buildah build -t $R/$N .
    - buildah push $R/$N
push:
  script: podman build -t r.io/x . && podman push r.io/x
";
        let file = SourceFile::new(
            FileId(0),
            RepoPath::from_bytes(b".gitlab-ci.yml"),
            text.to_owned(),
        );
        let mut sink = Sink::new(&file);
        GitLab.extract(&file, &mut sink);
        let found: Vec<String> = sink
            .extraction
            .mentions
            .iter()
            .map(|m| format!("{} {}", m.role.as_str(), m.value.written()))
            .collect();
        assert_eq!(
            found,
            [
                "ci r.io/team/builder:1",
                "ci docker:dind",
                "push r.io/team/app",
                "push r.io/team/app",
                "push r.io/x",
                "push r.io/x"
            ]
        );
        let formats: Vec<Option<&str>> = sink
            .extraction
            .builds
            .iter()
            .map(|b| b.format.value())
            .collect();
        assert_eq!(formats, [Some("docker"), None, None, None]);
    }

    /// Every build of the file with its format, job by job.
    fn formats(text: &str) -> Vec<(String, FormatSetting)> {
        let file = SourceFile::new(
            FileId(0),
            RepoPath::from_bytes(b".gitlab-ci.yml"),
            text.to_owned(),
        );
        let mut sink = Sink::new(&file);
        GitLab.extract(&file, &mut sink);
        sink.extraction
            .builds
            .iter()
            .map(|b| (text[b.place.span.range()].to_owned(), b.format.clone()))
            .collect()
    }

    #[test]
    fn templates_references_and_anchors_run_as_the_jobs_that_use_them() {
        let docker = || Some("docker".to_owned());
        let table: &[(&str, Option<String>, &str)] = &[
            (
                ".b: {script: [buildah bud -t r.io/x .]}\njob: {extends: .b, variables: {BUILDAH_FORMAT: docker}}\n",
                docker(),
                "the job's variables hold for the template's script",
            ),
            (
                ".v: {variables: {BUILDAH_FORMAT: docker}}\n.w: {extends: .v}\njob: {extends: [.w], script: [buildah bud -t r.io/x .]}\n",
                docker(),
                "variables of a template's template",
            ),
            (
                ".v: {variables: {BUILDAH_FORMAT: docker}}\njob: {extends: .v, variables: {BUILDAH_FORMAT: oci}, script: [buildah bud -t r.io/x .]}\n",
                Some("oci".to_owned()),
                "the job's own variable wins",
            ),
            (
                ".s: {script: [export BUILDAH_FORMAT=docker]}\njob:\n  script:\n    - !reference [.s, script]\n    - buildah bud -t r.io/x .\n",
                docker(),
                "a reference is what it leads to",
            ),
            (
                ".s: {before_script: [export BUILDAH_FORMAT=docker]}\njob: {extends: .s, script: [buildah bud -t r.io/x .]}\n",
                docker(),
                "before_script of a template",
            ),
            (
                ".s: &s\n  - export BUILDAH_FORMAT=docker\njob:\n  script:\n    - *s\n    - buildah bud -t r.io/x .\n",
                docker(),
                "an anchor",
            ),
            (
                ".a: {extends: .b}\n.b: {extends: .a}\njob: {extends: .a, script: [buildah bud -t r.io/x .]}\n",
                None,
                "a circle",
            ),
        ];
        for (text, expected, why) in table {
            let found = formats(text);
            let values: Vec<Option<String>> = found
                .iter()
                .map(|(_, f)| f.value().map(str::to_owned))
                .collect();
            assert_eq!(values, std::slice::from_ref(expected), "{why}: {text}");
            assert_eq!(found[0].0, "buildah bud -t r.io/x .", "{why}");
        }
        // Two jobs that give one script two formats: it depends.
        let both = ".b: {script: [buildah bud -t r.io/x .]}\none: {extends: .b}\ntwo: {extends: .b, variables: {BUILDAH_FORMAT: docker}}\n";
        assert_eq!(
            formats(both)
                .into_iter()
                .map(|(_, f)| f)
                .collect::<Vec<_>>(),
            [FormatSetting::Hidden]
        );
    }
}
