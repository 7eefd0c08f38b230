//! CircleCI, Azure Pipelines, Drone, Woodpecker, Cirrus, Travis, Bitbucket, Buildkite: jobs that are an image and a list
//! of commands. Only keys that name a container in the system's own schema count: `image: ubuntu-22.04` of a virtual
//! machine is none.

use std::collections::HashSet;

use super::matrix::{self, Combinations};
use super::unparsed::is_docker_plugin;
use super::{Variables, add_variables, azure, image, recover, script};
use crate::extract::kubernetes::path::FieldPath;
use crate::extract::kubernetes::pod;
use crate::extract::kubernetes::reader::{Reader, Within};
use crate::extract::shapes::{Shape, holds_any};
use crate::extract::shell::ScriptContext;
use crate::extract::variables::Dialect;
use crate::extract::{Candidate, Extractor, Sink};
use image_lint_model::mention::SourceKind;
use image_lint_text::source::SourceFile;
use image_lint_text::yaml::{self, Document, Kind, Node};

/// The other CI systems.
#[derive(Debug)]
pub struct OtherCi;

/// A system by its file, with its keys.
struct System {
    /// Keys under which a container image stands, with the key of the object that may hold it.
    images: &'static [&'static str],
    /// Keys under which a script stands; `*_script` is every key with this end.
    scripts: &'static [&'static str],
    variables: &'static [&'static str],
}

impl System {
    fn runs(&self, key: &str) -> bool {
        self.scripts
            .iter()
            .any(|name| match name.strip_prefix('*') {
                Some(end) => key.ends_with(end),
                None => *name == key,
            })
    }
}

const CIRCLE: System = System {
    images: &["docker"],
    scripts: &["command", "run"],
    variables: &["environment"],
};
const AZURE: System = System {
    images: &["container"],
    scripts: &["script", "bash"],
    variables: &["variables", "env"],
};
const DRONE: System = System {
    images: &["image"],
    scripts: &["commands"],
    variables: &["environment"],
};
const CIRRUS: System = System {
    images: &["container", "arm_container"],
    scripts: &["script", "*_script"],
    variables: &["env"],
};
const TRAVIS: System = System {
    images: &[],
    scripts: &[
        "before_install",
        "install",
        "before_script",
        "script",
        "after_success",
        "before_deploy",
        "deploy",
    ],
    variables: &[],
};
const BITBUCKET: System = System {
    images: &["image"],
    scripts: &["script", "after-script"],
    variables: &[],
};
/// batect.dev/docs/reference/config: containers, and tasks that run commands in them.
const BATECT: System = System {
    images: &["image"],
    scripts: &[],
    variables: &[],
};
const BUILDKITE: System = System {
    images: &[],
    scripts: &["command", "commands"],
    variables: &["env"],
};

/// What stands before the name of a plugin in a field's path.
const PLUGIN: &str = "].";

/// Deepest nesting that is searched.
const MAX_DEPTH: u32 = 24;

fn system(path: &str, name: &str) -> Option<&'static System> {
    let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    let below = |folder: &str| {
        path.starts_with(&format!("{folder}/")) || path.contains(&format!("/{folder}/"))
    };
    if !yaml {
        // Pipelines are often rendered before they are uploaded.
        let template = [".j2", ".tmpl", ".tpl", ".template"]
            .iter()
            .any(|ending| name.ends_with(ending));
        return (template && below(".buildkite")).then_some(&BUILDKITE);
    }
    match name {
        ".drone.yml" | ".drone.yaml" | ".woodpecker.yml" | ".woodpecker.yaml" | ".crow.yml"
        | ".crow.yaml" | ".vela.yml" | ".vela.yaml" => Some(&DRONE),
        ".travis.yml" => Some(&TRAVIS),
        ".cirrus.yml" => Some(&CIRRUS),
        "bitbucket-pipelines.yml" => Some(&BITBUCKET),
        "batect.yml" | "batect.yaml" | "batect-bundle.yml" => Some(&BATECT),
        _ if below(".circleci") => Some(&CIRCLE),
        _ if below(".woodpecker") || below(".crow") => Some(&DRONE),
        _ if below(".buildkite") => Some(&BUILDKITE),
        _ if name.starts_with("azure-pipelines") => Some(&AZURE),
        _ => None,
    }
}

impl Extractor for OtherCi {
    fn name(&self) -> &'static str {
        "ci"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        system(&file.path.to_text(), &file.path.file_name()).is_some()
    }

    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>) {
        let Some(system) = system(&file.path.to_text(), &file.path.file_name()) else {
            return;
        };
        let whole = file.whole();
        let stream = yaml::parse(&whole);
        crate::extract::yaml_comments::ignores(&whole, &stream, out);
        recover(&whole, &stream, SourceKind::Ci, "CI", out);
        for document in &stream.documents {
            read(document.root(), system, out);
        }
    }
}

/// A pipeline, or a template of one.
fn read(root: Node<'_>, system: &'static System, out: &mut Sink<'_>) {
    let mut walk = Walk {
        system,
        job: 0,
        seen: 0,
        named: named_containers(root),
        combinations: Vec::new(),
    };
    let mut variables = Variables::new();
    if walk.is_azure() {
        variables = azure::parameters(root);
    }
    walk.node(root, "", &variables, 0, out);
}

/// A pipeline of Azure or a template of one under any name: its schema is known by its lists (learn.microsoft.com,
/// "YAML schema reference": `stages`, `jobs` and `steps` are sequences, where GitHub's `jobs` is a mapping and its steps
/// have `run` and `uses`).
pub(in crate::extract) struct AzureTemplate;

impl Shape for AzureTemplate {
    fn name(&self) -> &'static str {
        "ci"
    }

    fn may_be(&self, text: &str) -> bool {
        holds_any(text, &["steps:", "jobs:", "stages:"])
            && holds_any(text, &["script:", "bash:", "container:"])
    }

    fn read(&self, document: &Document<'_>, out: &mut Sink<'_>) -> bool {
        let root = document.root();
        let is_list = |(key, kinds): &(&str, &[&str])| {
            let list = root.get(key).filter(|list| list.kind() == Kind::Sequence);
            list.is_some_and(|list| {
                let mut items = list.items();
                items.any(|item| kinds.iter().any(|kind| item.get(kind).is_some()))
                    && !list
                        .items()
                        .any(|item| item.get("run").is_some() || item.get("uses").is_some())
            })
        };
        let of_azure = AZURE_LISTS.iter().any(is_list);
        if of_azure {
            read(root, &AZURE, out);
        }
        of_azure
    }
}

/// Lists at the root of a pipeline or template, and the keys that their items have there and nowhere else.
const AZURE_LISTS: [(&str, &[&str]); 3] = [
    ("stages", &["stage"]),
    ("jobs", &["job", "deployment"]),
    ("steps", &["bash", "script", "pwsh", "powershell", "task"]),
];

struct Walk<'n> {
    system: &'static System,
    job: u32,
    seen: u32,
    /// Names that Azure's `resources.containers` gives images.
    named: HashSet<&'n str>,
    /// What the job that is walked runs for.
    combinations: Combinations,
}

/// `resources.containers[].container` (Azure Pipelines YAML schema).
fn named_containers<'n>(root: Node<'n>) -> HashSet<&'n str> {
    let list = root
        .at(&["resources", "containers"])
        .into_iter()
        .flat_map(|list| list.items());
    list.filter_map(|item| item.get("container")?.as_str())
        .collect()
}

impl<'n> Walk<'n> {
    fn is_azure(&self) -> bool {
        std::ptr::eq(self.system, &AZURE)
    }

    /// Writes down an image, once for each value that it can have.
    fn image(
        &self,
        node: Option<Node<'_>>,
        key: &str,
        field: &str,
        variables: &Variables,
        sink: &mut Sink<'_>,
    ) {
        let place = (SourceKind::Ci, field);
        matrix::images(node, key, place, variables, &self.combinations, sink);
    }

    fn node(
        &mut self,
        node: Node<'n>,
        path: &str,
        outer: &Variables,
        depth: u32,
        sink: &mut Sink<'_>,
    ) {
        self.seen += 1;
        if depth > MAX_DEPTH || self.seen > 200_000 {
            return;
        }
        match node.kind() {
            Kind::Sequence => {
                for (i, item) in node.items().enumerate() {
                    // An alias says nothing that its anchor did not.
                    if item.alias().is_none() {
                        self.node(item, &format!("{path}[{i}]"), outer, depth + 1, sink);
                    }
                }
            }
            Kind::Mapping => self.mapping(node, path, outer, depth, sink),
            _ => {}
        }
    }

    fn mapping(
        &mut self,
        node: Node<'n>,
        path: &str,
        outer: &Variables,
        depth: u32,
        sink: &mut Sink<'_>,
    ) {
        let mut variables = super::inherited(outer, sink);
        for key in self.system.variables {
            match self.is_azure() {
                true => azure::add(&mut variables, node.get(key)),
                false => add_variables(&mut variables, node.get(key)),
            }
        }
        let around = self.combinations.clone();
        if self.is_azure() && node.get("strategy").is_some() {
            self.combinations = azure::combinations(node);
        }
        for (name, value) in node.pairs() {
            let Some(name) = name.as_str() else { continue };
            if value.alias().is_some() {
                continue;
            }
            let field = if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}.{name}")
            };
            if name == "container" && value.as_str().is_some_and(|text| self.named.contains(text)) {
                // The name of a container whose image stands beside it, or where it is defined.
                self.image(
                    node.get("image"),
                    "image",
                    &format!("{path}.image"),
                    &variables,
                    sink,
                );
            } else if name == "image"
                && is_docker_plugin(path.rsplit_once(PLUGIN).map_or("", |(_, name)| name))
            {
                self.image(Some(value), "image", &field, &variables, sink);
            } else if matches!(name, "podSpec" | "podSpecPatch") && value.kind() == Kind::Mapping {
                let within = Within::source(SourceKind::Ci, Dialect::Compose);
                let at = FieldPath::ROOT;
                pod::pod_spec(
                    &mut Reader::new(sink),
                    value,
                    &at.key(&field),
                    &within,
                    &mut Default::default(),
                );
            } else if self.system.images.contains(&name) {
                if value.kind() == Kind::Sequence {
                    for (i, item) in value.items().enumerate() {
                        self.image(
                            item.get("image"),
                            "image",
                            &format!("{field}[{i}].image"),
                            &variables,
                            sink,
                        );
                    }
                } else {
                    let key = if value.get("name").is_some() {
                        "name"
                    } else {
                        "image"
                    };
                    self.image(Some(value), key, &field, &variables, sink);
                }
            } else if self.system.runs(name) && value.kind() != Kind::Mapping {
                let mut context = ScriptContext::new(SourceKind::Ci, &field, self.job);
                context.environment = &variables;
                if self.is_azure() {
                    context.environment = &[];
                    azure::script(value, &context, &variables, &self.combinations, sink);
                    continue;
                }
                script(&[Some(value)], &context, sink);
                for (i, item) in value.items().enumerate() {
                    pipe(item, &format!("{field}[{i}].pipe"), &variables, sink);
                }
            } else {
                if path.is_empty() || depth == 1 {
                    self.job += 1;
                }
                self.node(value, &field, &variables, depth + 1, sink);
            }
        }
        self.combinations = around;
    }
}

/// `- pipe: docker://ref` of Bitbucket, which runs the image in place of a command.
fn pipe(item: Node<'_>, field: &str, known: &Variables, sink: &mut Sink<'_>) {
    let Some(node) = item.get("pipe") else { return };
    if node
        .as_str()
        .is_some_and(|text| text.starts_with("docker://"))
    {
        image(Some(node), "pipe", SourceKind::Ci, field, known, sink);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image_lint_text::source::{FileId, RepoPath};

    #[test]
    fn containers_count_and_virtual_machines_do_not() {
        let table: &[(&str, &str, &[&str])] = &[
            (
                ".drone.yml",
                "steps: [{image: r.io/a:1, commands: ['podman pull r.io/b:2']}]",
                &["r.io/a:1", "r.io/b:2"],
            ),
            (
                ".circleci/config.yml",
                "jobs: {b: {docker: [{image: r.io/a:1}], steps: [{run: {command: podman pull r.io/b}}, {run: podman pull r.io/c}]}}",
                &["r.io/a:1", "r.io/b", "r.io/c"],
            ),
            (
                ".circleci/config.yml",
                "jobs: {b: {machine: {image: ubuntu-2204:current}}}",
                &[],
            ),
            (
                ".circleci/config.yml",
                "jobs: {b: {docker: [{image: 'r.io/a:<< parameters.tag >>'}]}}",
                &["r.io/a:<< parameters.tag >>"],
            ),
            (".drone.yml", "steps: [{image: 'r.io/a b'}]", &["r.io/a b"]),
            (
                "batect.yml",
                "containers:\n  a: {image: 'r.io/a:1'}\n  b: {build_directory: b}\ntasks: {t: {run: {container: a, command: ls}}}\n",
                &["r.io/a:1"],
            ),
            (
                "azure-pipelines.yml",
                "pool: {vmImage: ubuntu-22.04}\nsteps: [{bash: podman pull r.io/a}]",
                &["r.io/a"],
            ),
            (
                "bitbucket-pipelines.yml",
                "image: {name: r.io/a:1}\npipelines: {default: [{step: {script: [docker pull r.io/b]}}]}",
                &["r.io/a:1", "r.io/b"],
            ),
            (
                "azure-pipelines.yml",
                "resources: {containers: [{container: c, image: r.io/a:1}]}\njobs: [{container: c}, {container: r.io/b:1}]",
                &["r.io/a:1", "r.io/b:1"],
            ),
            (
                "bitbucket-pipelines.yml",
                "pipelines: {default: [{step: {script: [{pipe: 'docker://r.io/a:1'}, {pipe: atlassian/x:1.0.0}]}}]}",
                &["docker://r.io/a:1"],
            ),
            (
                ".buildkite/pipeline.yml",
                "steps: [{plugins: [{'docker#v5': {image: r.io/a:1}}, {'other#v1': {image: word}}]}]",
                &["r.io/a:1"],
            ),
            (
                ".buildkite/pipeline.yml",
                "steps: [{plugins: [{kubernetes: {podSpec: {containers: [{image: r.io/a:1}]}}}]}]",
                &["r.io/a:1"],
            ),
            (
                ".buildkite/pipeline.j2",
                "{% for x in y %}\nsteps:\n  - plugins:\n      - docker#v5:\n          image: r.io/a:1\n      - other#v1:\n          image: r.io/b:1\n{% endfor %}\n",
                &["r.io/a:1"],
            ),
            (
                ".cirrus.yml",
                "t_task: {container: {image: r.io/a}, script: podman pull r.io/b}",
                &["r.io/a", "r.io/b"],
            ),
            (
                ".cirrus.yml",
                "t_task: {env: {T: '1'}, image_script: [buildah bud -t r.io/b:$T .]}",
                &["r.io/b:1"],
            ),
            (
                "azure-pipelines.yml",
                "variables: [{name: T, value: '1'}]\nsteps: [{script: buildah bud -t r.io/b:$T .}]",
                &["r.io/b:1"],
            ),
            (
                ".travis.yml",
                "script: [buildah bud -t r.io/a ., podman push r.io/a]",
                &["r.io/a", "r.io/a"],
            ),
            (
                ".buildkite/pipeline.yml",
                "steps: [{command: buildah bud -t r.io/a .}]",
                &["r.io/a"],
            ),
            (
                ".woodpecker/b.yml",
                "steps: {b: {image: r.io/i, commands: [buildah bud -t r.io/a .]}}",
                &["r.io/i", "r.io/a"],
            ),
        ];
        for (path, text, expected) in table {
            let file = SourceFile::new(
                FileId(0),
                RepoPath::from_bytes(path.as_bytes()),
                (*text).to_owned(),
            );
            let mut sink = Sink::new(&file);
            OtherCi.extract(&file, &mut sink);
            let found: Vec<String> = sink
                .extraction
                .mentions
                .iter()
                .map(|m| m.value.written())
                .collect();
            assert_eq!(found, *expected, "{path}: {text}");
        }
    }
}
