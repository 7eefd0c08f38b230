//! Shell scripts within manifests: `script` of Tekton steps, `source` of Argo's script templates, `command` and `args`
//! of containers. They run in the cluster, where builds in a pod are made of them.

use super::kubernetes::path::FieldPath;
use super::kubernetes::reader::{Reader, Within};
use super::shell::{
    ScriptContext, entrypoint, extract_arguments, extract_script, implied, names_a_tool,
};
use super::variables::Dialect;
use super::yaml::{Kind, Node};
use crate::model::source::{SourceText, Span};
use crate::model::value::{Syntax, Value};

/// Shells whose `-c` argument is a script.
const SHELLS: [&str; 5] = ["sh", "bash", "dash", "ash", "ksh"];

/// Reads the commands of a container, step or script template.
pub fn of_container(
    reader: &mut Reader<'_, '_>,
    container: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
) {
    for key in ["script", "source"] {
        let Some(script) = container
            .get(key)
            .filter(|node| node.as_str().is_some_and(is_shell))
        else {
            continue;
        };
        run(
            reader,
            container,
            within,
            &path.key(key),
            |context, reader| {
                extract_script(&script.text(), context, reader.sink);
            },
        );
    }
    let mut words: Vec<SourceText<'static>> = ["command", "args"]
        .into_iter()
        .filter_map(|key| container.get(key))
        .filter(|list| list.kind() == Kind::Sequence)
        .flat_map(|list| list.items())
        .take(MAX_WORDS)
        .filter(|item| item.as_str().is_some())
        .map(|item| item.text())
        .collect();
    // Without a command the image's own program reads the arguments.
    if container.get("command").is_none()
        && let Some(program) = container.str_at(&["image"]).and_then(entrypoint)
        && let Some(first) = words.first()
    {
        words.insert(0, implied(program, first));
    }
    if words.iter().any(|word| names_a_tool(&word.text)) {
        let shell = words
            .first()
            .is_some_and(|word| SHELLS.contains(&word.text.rsplit('/').next().unwrap_or("")));
        let script = words
            .iter()
            .position(|word| is_script_flag(&word.text))
            .and_then(|at| words.get(at + 1));
        run(
            reader,
            container,
            within,
            &path.key("command"),
            |context, reader| match script.filter(|_| shell) {
                Some(script) => extract_script(script, context, reader.sink),
                None => extract_arguments(&words, context, reader.sink),
            },
        );
    }
}

/// Words of one command line.
const MAX_WORDS: usize = 4096;

/// `-c`, `-ec`, `-euxc`
fn is_script_flag(word: &str) -> bool {
    word.strip_prefix('-')
        .is_some_and(|flags| flags.ends_with('c') && flags.bytes().all(|b| b.is_ascii_lowercase()))
}

/// Without a first line that names another interpreter, and with a tool that is read at all.
fn is_shell(script: &str) -> bool {
    let first = script.trim_start().lines().next().unwrap_or("");
    (!first.starts_with("#!") || first.contains("sh")) && names_a_tool(script)
}

/// Variables of the container's `env` and the object's own are known to its scripts.
fn run(
    reader: &mut Reader<'_, '_>,
    container: Node<'_>,
    within: &Within,
    path: &FieldPath<'_>,
    read: impl FnOnce(&ScriptContext<'_>, &mut Reader<'_, '_>),
) {
    let environment: Vec<(Box<str>, Value, Option<Span>)> = container
        .get("env")
        .into_iter()
        .flat_map(|list| list.items())
        .filter_map(|variable| {
            let value = variable.get("value")?;
            let text = reader.text(value, within.dialect)?;
            Some((
                variable.str_at(&["name"])?.into(),
                text.value,
                Some(text.span),
            ))
        })
        .collect();
    let foreign: &[Syntax] = match within.dialect {
        Dialect::Tekton => &[Syntax::Tekton],
        Dialect::Argo => &[Syntax::Argo],
        Dialect::Template => &[Syntax::Template, Syntax::Tekton],
        Dialect::Kubernetes | Dialect::Compose => &[],
    };
    let field = path.to_string();
    // Steps of one object share a workspace, and with it the local store.
    let job = within.object.unwrap_or(0);
    let mut context = ScriptContext::new(within.source, &field, job);
    context.environment = &environment;
    context.foreign = foreign;
    context.scope = within.scope;
    context.object = within.object;
    read(&context, reader);
}

#[cfg(test)]
mod tests {
    use crate::extract::{Extractor, Sink};
    use crate::link::{Values, link};
    use crate::model::source::{FileId, RepoPath, SourceFile};
    use crate::model::target::Target;
    use crate::rules::{Case, Subject, rules};

    #[test]
    fn containers_of_every_kind_build_and_openshift_builds_in_docker_format() {
        let pod = |containers: &str| {
            format!("spec: {{template: {{spec: {{containers: [{containers}]}}}}}}\n")
        };
        let job = |containers: &str| {
            format!(
                "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: j}}\n{}",
                pod(containers)
            )
        };
        let argo = |container: &str| {
            format!(
                "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {{name: w}}\nspec: {{templates: [{{name: t, container: {container}}}]}}\n"
            )
        };
        let build = "apiVersion: build.openshift.io/v1\nkind: BuildConfig\nmetadata: {name: b}\nspec:\n  strategy: {dockerStrategy: {from: {kind: DockerImage, name: 'r.io/base:1'}}}\n  output: {to: {kind: DockerImage, name: 'r.io/x:1'}}\n";
        let table: &[(String, &[&str], usize, &str)] = &[
            (
                job(
                    "{name: k, image: 'gcr.io/kaniko-project/executor:v1', args: ['--destination=r.io/x:1', '--context=.']}",
                ),
                &["r.io/x:1"],
                0,
                "kaniko keeps the format of its base",
            ),
            (
                job(
                    "{name: k, image: 'r.io/mirror/executor:v1', args: ['--destination=r.io/x:1']}",
                ),
                &[],
                0,
                "another executor",
            ),
            (
                job(
                    "{name: s, image: 'quay.io/skopeo/stable', args: [copy, 'oci:d:x', 'docker://r.io/x:1']}",
                ),
                &["r.io/x:1"],
                1,
                "the image's own program",
            ),
            (
                job("{name: s, image: r.io/tools, command: [sh, -c, 'buildah bud -t r.io/x:1 .']}"),
                &["r.io/x:1"],
                1,
                "a script",
            ),
            (
                job(
                    "{name: s, image: r.io/tools, command: [buildah], args: [$(GLOBALS), bud, -t, 'r.io/x:1', .]}",
                ),
                &["r.io/x:1"],
                1,
                "a variable before the subcommand",
            ),
            (
                job(
                    "{name: s, image: r.io/tools, command: [buildah, bud, $(MORE), -t, 'r.io/x:1', .]}",
                ),
                &["r.io/x:1"],
                1,
                "a variable that may hold the format is no argument before flags",
            ),
            (
                job(
                    "{name: s, image: r.io/tools, command: [buildah, $(GLOBALS), commit, c, $(IMAGE)]}",
                ),
                &["$(IMAGE)"],
                1,
                "and one that is an argument",
            ),
            (
                argo("{image: r.io/tools, command: [buildah], args: [bud, -t, 'r.io/x:1', .]}"),
                &["r.io/x:1"],
                1,
                "Argo",
            ),
            (
                build.to_owned(),
                &["r.io/x:1"],
                0,
                "the cluster's own builds push docker images in 3.11 and in 4",
            ),
        ];
        for (text, pushed, findings, why) in table {
            let file = SourceFile::new(FileId(0), RepoPath::from_bytes(b"x.yaml"), text.clone());
            let mut sink = Sink::new(&file);
            crate::extract::kubernetes::Kubernetes.extract(&file, &mut sink);
            let repository = link(
                vec![(file.id, file.path.clone(), sink.finish())],
                &Values::default(),
            );
            let pushes = repository
                .mentions
                .iter()
                .map(|m| &m.mention)
                .filter(|m| m.role.as_str() == "push");
            let found: Vec<&str> = pushes.map(|m| &text[m.place.span.range()]).collect();
            assert_eq!(found, *pushed, "{why}: {text}");
            let target = Target::default();
            let mut out = Vec::new();
            for build in &repository.builds {
                let case = Case {
                    subject: Subject::Build(build),
                    target: &target,
                    repository: &repository,
                };
                rules().iter().for_each(|rule| rule.check(&case, &mut out));
            }
            assert_eq!(out.len(), *findings, "{why}: {text}");
        }
    }
}
