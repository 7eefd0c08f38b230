//! CircleCI, Azure Pipelines, Drone, Woodpecker, Cirrus, Travis, Bitbucket, Buildkite: jobs that are an image and a list
//! of commands. Only keys that name a container in the system's own schema count: `image: ubuntu-22.04` of a virtual
//! machine is none.

use super::{Variables, add_variables, image, note_unread, script};
use crate::extract::shell::ScriptContext;
use crate::extract::yaml::{self, Kind, Node};
use crate::extract::{Candidate, Extractor, Sink};
use crate::model::mention::SourceKind;
use crate::model::source::SourceFile;

/// The other CI systems.
#[derive(Debug)]
pub struct OtherCi;

/// A system by its file, with its keys.
struct System {
    /// Keys under which a container image stands, with the key of the object that may hold it.
    images: &'static [&'static str],
    scripts: &'static [&'static str],
    variables: &'static [&'static str],
}

const CIRCLE: System = System { images: &["docker"], scripts: &["command", "run"], variables: &["environment"] };
const AZURE: System = System { images: &["container"], scripts: &["script", "bash"], variables: &["variables", "env"] };
const DRONE: System = System { images: &["image"], scripts: &["commands"], variables: &["environment"] };
const CIRRUS: System = System {
    images: &["container", "arm_container"],
    scripts: &["script", "build_script", "test_script", "push_script", "install_script"],
    variables: &["env"],
};
const TRAVIS: System = System {
    images: &[],
    scripts: &["before_install", "install", "before_script", "script", "after_success", "deploy"],
    variables: &[],
};
const BITBUCKET: System = System { images: &["image"], scripts: &["script", "after-script"], variables: &[] };
const BUILDKITE: System = System { images: &[], scripts: &["command", "commands"], variables: &["env"] };

/// Deepest nesting that is searched.
const MAX_DEPTH: u32 = 24;

fn system(path: &str, name: &str) -> Option<&'static System> {
    let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    if !yaml {
        return None;
    }
    let below = |folder: &str| path.starts_with(&format!("{folder}/")) || path.contains(&format!("/{folder}/"));
    match name {
        ".drone.yml" | ".drone.yaml" | ".woodpecker.yml" | ".woodpecker.yaml" => Some(&DRONE),
        ".travis.yml" => Some(&TRAVIS),
        ".cirrus.yml" => Some(&CIRRUS),
        "bitbucket-pipelines.yml" => Some(&BITBUCKET),
        _ if below(".circleci") => Some(&CIRCLE),
        _ if below(".woodpecker") => Some(&DRONE),
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
        let Some(system) = system(&file.path.to_text(), &file.path.file_name()) else { return };
        let whole = file.whole();
        let stream = yaml::parse(&whole);
        yaml::ignores(&whole, &stream, out);
        note_unread(&stream, "CI", out);
        for document in &stream.documents {
            let mut walk = Walk { system, job: 0, seen: 0 };
            walk.node(document.root(), "", &Variables::new(), 0, out);
        }
    }
}

struct Walk {
    system: &'static System,
    job: u32,
    seen: u32,
}

impl Walk {
    fn node(&mut self, node: Node<'_>, path: &str, outer: &Variables, depth: u32, sink: &mut Sink<'_>) {
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

    fn mapping(&mut self, node: Node<'_>, path: &str, outer: &Variables, depth: u32, sink: &mut Sink<'_>) {
        let mut variables = outer.clone();
        for key in self.system.variables {
            add_variables(&mut variables, node.get(key));
        }
        for (name, value) in node.pairs() {
            let Some(name) = name.as_str() else { continue };
            if value.alias().is_some() {
                continue;
            }
            let field = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            if self.system.images.contains(&name) {
                if value.kind() == Kind::Sequence {
                    for (i, item) in value.items().enumerate() {
                        image(
                            item.get("image"),
                            "image",
                            SourceKind::Ci,
                            &format!("{field}[{i}].image"),
                            &variables,
                            sink,
                        );
                    }
                } else {
                    let key = if value.get("name").is_some() { "name" } else { "image" };
                    image(Some(value), key, SourceKind::Ci, &field, &variables, sink);
                }
            } else if self.system.scripts.contains(&name) && value.kind() != Kind::Mapping {
                let mut context = ScriptContext::new(SourceKind::Ci, &field, self.job);
                context.environment = &variables;
                script(&[Some(value)], &context, sink);
            } else {
                if path.is_empty() || depth == 1 {
                    self.job += 1;
                }
                self.node(value, &field, &variables, depth + 1, sink);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::source::{FileId, RepoPath};

    #[test]
    fn containers_count_and_virtual_machines_do_not() {
        let table: &[(&str, &str, &[&str])] = &[
            (".drone.yml", "steps: [{image: r.io/a:1, commands: ['podman pull r.io/b:2']}]", &["r.io/a:1", "r.io/b:2"]),
            (
                ".circleci/config.yml",
                "jobs: {b: {docker: [{image: r.io/a:1}], steps: [{run: {command: podman pull r.io/b}}, {run: podman pull r.io/c}]}}",
                &["r.io/a:1", "r.io/b", "r.io/c"],
            ),
            (".circleci/config.yml", "jobs: {b: {machine: {image: ubuntu-2204:current}}}", &[]),
            ("azure-pipelines.yml", "pool: {vmImage: ubuntu-22.04}\nsteps: [{bash: podman pull r.io/a}]", &["r.io/a"]),
            (
                "bitbucket-pipelines.yml",
                "image: {name: r.io/a:1}\npipelines: {default: [{step: {script: [docker pull r.io/b]}}]}",
                &["r.io/a:1", "r.io/b"],
            ),
            (".cirrus.yml", "t_task: {container: {image: r.io/a}, script: podman pull r.io/b}", &["r.io/a", "r.io/b"]),
        ];
        for (path, text, expected) in table {
            let file = SourceFile::new(FileId(0), RepoPath::from_bytes(path.as_bytes()), (*text).to_owned());
            let mut sink = Sink::new(&file);
            OtherCi.extract(&file, &mut sink);
            let found: Vec<String> = sink.extraction.mentions.iter().map(|m| m.value.written()).collect();
            assert_eq!(found, *expected, "{path}: {text}");
        }
    }
}
