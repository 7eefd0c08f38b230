//! Uses of the build tasks of Tekton's catalog: `buildah`, `s2i`, `buildah-manifest-push`, `skopeo-copy`, `kaniko`.
//!
//! What they push is decided by their parameters, whose defaults stand in the catalog (tektoncd/catalog,
//! `task/buildah` 0.1 to 0.9: `FORMAT` is `oci`; `task/s2i` 0.3 builds without a format and has no such parameter;
//! `task/buildah-manifest-push`: `FORMAT` is `oci`). A task of the same name in the repository speaks for itself, which
//! [`crate::link`] knows.

use super::kubernetes::path::FieldPath;
use super::kubernetes::reader::{Reader, Within};
use super::yaml::Node;
use crate::model::build::{Action, BuildCommand, FormatSetting, ImageName, Mend, Tool, Transport};
use crate::model::mention::{Expect, Role, SourceKind};
use crate::model::source::Span;

/// A task by its parameters.
struct Catalog {
    name: &'static str,
    tool: Tool,
    action: Action,
    /// The parameter that names what is pushed.
    image: &'static str,
    /// `FORMAT` and the value that means docker format; None when the task has no such parameter.
    docker: Option<&'static str>,
}

const TASKS: [Catalog; 5] = [
    Catalog {
        name: "buildah",
        tool: Tool::Buildah,
        action: Action::Build,
        image: "IMAGE",
        docker: Some("docker"),
    },
    Catalog {
        name: "s2i",
        tool: Tool::Buildah,
        action: Action::Build,
        image: "IMAGE",
        docker: None,
    },
    Catalog {
        name: "kaniko",
        tool: Tool::Kaniko,
        action: Action::Build,
        image: "IMAGE",
        docker: None,
    },
    Catalog {
        name: "buildah-manifest-push",
        tool: Tool::Buildah,
        action: Action::ListPush,
        image: "MANIFEST_IMAGE",
        docker: Some("v2s2"),
    },
    Catalog {
        name: "skopeo-copy",
        tool: Tool::Skopeo,
        action: Action::Copy,
        image: "destImageURL",
        docker: None,
    },
];

/// Reads a `taskRef` with the parameters that it is given; `holder` has both.
pub(super) fn uses(
    reader: &mut Reader<'_, '_>,
    holder: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
) {
    let Some(reference) = holder.get("taskRef") else {
        return;
    };
    let Some(name) = task_name(reference) else {
        return;
    };
    let Some(task) = TASKS.iter().find(|task| name.as_str() == Some(task.name)) else {
        return;
    };
    let params = holder.get("params");
    let given = |wanted: &str| {
        let mut all = params.into_iter().flat_map(|list| list.items()).enumerate();
        all.find(|(_, p)| p.str_at(&["name"]) == Some(wanted))
            .and_then(|(i, p)| Some((i, p.get("value")?)))
    };
    let params_path = path.key("params");
    let mut name_image = |wanted: &str, role: Role| {
        let (i, value) = given(wanted)?;
        let text = reader.text(value, within.dialect)?;
        let transport = text.value.written();
        if !transport.contains("://") {
            reader.mention(
                value,
                &params_path.item(i).key("value"),
                within,
                role,
                Expect::Image,
                None,
            );
        }
        Some((text.span, transport))
    };
    let output = name_image(task.image, Role::Push);
    name_image("BUILDER_IMAGE", Role::Run);

    let place = reader.sink.place(name.site());
    let excerpt = reader.sink.excerpt(place);
    let field = format!("task {}", task.name);
    let mut build = BuildCommand::new(
        place,
        excerpt,
        SourceKind::Tekton,
        task.tool,
        task.action,
        &field,
    );
    build.job = within.object.unwrap_or(0);
    build.task = Some(task.name.into());
    build.options.pushes = true;
    // The source comes from a workspace.
    build.context = Some("$(workspaces.source)".into());
    let (span, text) = output.unwrap_or((name.site(), String::from("$(params.IMAGE)")));
    build.outputs.push(image(reader, span, &text));
    if task.action == Action::Copy
        && let Some((_, source)) = given("srcImageURL")
        && let Some(text) = reader.text(source, within.dialect)
    {
        build
            .inputs
            .push(image(reader, text.span, &text.value.written()));
    }
    if let Some(docker) = task.docker {
        match given("FORMAT").and_then(|(_, node)| Some((node, reader.text(node, within.dialect)?)))
        {
            Some((node, text)) => {
                build.format = match text.value.as_known() {
                    Some(value) => FormatSetting::Flag {
                        value: value.into(),
                        place: node.alias().is_none().then(|| reader.sink.place(text.span)),
                    },
                    None => FormatSetting::Open {
                        value: text.value,
                        scope: within.scope,
                    },
                };
            }
            None => {
                build.format = FormatSetting::Default {
                    value: "oci".into(),
                    place: None,
                };
                build.mend = params.and_then(|params| new_parameter(reader, params, docker));
            }
        }
    }
    reader.sink.extraction.builds.push(build);
}

/// `taskRef.name`, or the parameter `name` of a resolver that looks tasks up by name.
fn task_name(reference: Node<'_>) -> Option<Node<'_>> {
    match reference.str_at(&["resolver"]) {
        None => reference.get("name"),
        Some("hub" | "cluster" | "bundles") => {
            let mut params = reference.get("params")?.items();
            params
                .find(|p| p.str_at(&["name"]) == Some("name"))?
                .get("value")
        }
        Some(_) => None,
    }
}

fn image(reader: &mut Reader<'_, '_>, span: Span, text: &str) -> ImageName {
    let bare = text.strip_prefix("docker://");
    let other = bare.is_none() && text.contains("://");
    ImageName {
        transport: if other {
            Transport::Other
        } else {
            Transport::Registry
        },
        text: bare.unwrap_or(text).into(),
        place: reader.sink.place(span),
        known: !text.contains('$'),
        local: false,
    }
}

/// The edit that gives `FORMAT` before the first parameter; None where the list is no block.
fn new_parameter(reader: &mut Reader<'_, '_>, params: Node<'_>, docker: &str) -> Option<Mend> {
    if params.alias().is_some() || params.through().is_some() {
        return None;
    }
    let first = params.items().next()?.span().start as usize;
    let text = &reader.sink.file().text;
    let before = text.get(..first)?;
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    // Only blanks and the dash stand before the first key.
    let (indent, gap) = before[line..].split_once('-')?;
    if !indent.bytes().chain(gap.bytes()).all(|b| b == b' ') || !text[first..].starts_with("name") {
        return None;
    }
    let at = line + indent.len();
    let text = format!("- name: FORMAT\n{indent}  value: {docker}\n{indent}").into();
    let place = reader.sink.place(Span::new(at, at));
    Some(Mend {
        place,
        text,
        title: "give the parameter `FORMAT`",
    })
}

#[cfg(test)]
mod tests {
    use crate::extract::{Extractor, Sink};
    use crate::fix;
    use crate::link::{Values, link};
    use crate::model::build::Confidence;
    use crate::model::finding::Finding;
    use crate::model::manifest::Format::{self, DockerSchema2, OciIndex, OciManifest};
    use crate::model::mention::Repository;
    use crate::model::source::{FileId, RepoPath, SourceFile};
    use crate::model::target::Target;
    use crate::rules::{Case, Subject, rules};

    fn linked(text: &str) -> Repository {
        let file = SourceFile::new(FileId(0), RepoPath::from_bytes(b"x.yaml"), text.to_owned());
        let mut sink = Sink::new(&file);
        crate::extract::kubernetes::Kubernetes.extract(&file, &mut sink);
        link(
            vec![(file.id, file.path.clone(), sink.finish())],
            &Values::default(),
        )
    }

    fn findings(text: &str) -> Vec<Finding> {
        let (target, repository) = (Target::default(), linked(text));
        let mut out = Vec::new();
        for build in &repository.builds {
            let case = Case {
                subject: Subject::Build(build),
                target: &target,
                repository: &repository,
            };
            rules().iter().for_each(|rule| rule.check(&case, &mut out));
        }
        out
    }

    const RUN: &str = "apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {name: r}\nspec:\n";
    const IMAGE: &str = "  params:\n    - name: IMAGE\n      value: r.io/a/b:1\n";

    /// A run of a task with its parameters.
    fn run(task: &str, parameters: &str) -> String {
        format!("{RUN}  taskRef: {{name: {task}}}\n{IMAGE}{parameters}")
    }

    fn format(value: &str) -> String {
        format!("    - name: FORMAT\n      value: {value}\n")
    }

    #[test]
    fn a_use_is_judged_by_its_format() {
        let pipeline = "apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {name: p}\nspec:\n  params:\n    - {name: F, default: oci}\n  \
                        tasks:\n    - name: b\n      taskRef: {resolver: hub, params: [{name: name, value: buildah}]}\n      params:\n        \
                        - {name: IMAGE, value: r.io/x}\n        - {name: FORMAT, value: $(params.F)}\n";
        let list = format!(
            "{RUN}  taskRef: {{name: buildah-manifest-push}}\n  params:\n    - name: MANIFEST_IMAGE\n      value: r.io/a\n"
        );
        let own =
            "steps: [{image: r.io/i, script: 'buildah bud --format=$(params.FORMAT) -t r.io/x .'}]";
        let task = |default: &str| {
            format!(
                "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {{name: t}}\nspec: {{params: [{{name: FORMAT, default: {default}}}], {own}}}\n"
            )
        };
        use Confidence::{Certain, Default};
        let table: Vec<(String, Option<Format>, Confidence, &str)> = vec![
            (
                run("buildah", ""),
                Some(OciManifest),
                Default,
                "the catalog's default",
            ),
            (
                run("buildah", &format("oci")),
                Some(OciManifest),
                Certain,
                "asked for",
            ),
            (
                run("buildah", &format("docker")),
                Some(DockerSchema2),
                Certain,
                "asked for",
            ),
            (
                run("s2i", ""),
                Some(OciManifest),
                Default,
                "no parameter for it",
            ),
            (
                list.clone(),
                Some(OciIndex),
                Default,
                "the catalog's default",
            ),
            (
                pipeline.to_owned(),
                Some(OciManifest),
                Default,
                "the pipeline's own parameter",
            ),
            (
                pipeline.replace("oci", "docker"),
                Some(DockerSchema2),
                Default,
                "the pipeline's own parameter",
            ),
            (
                task("oci"),
                Some(OciManifest),
                Default,
                "the task's own parameter",
            ),
            (
                task("docker"),
                Some(DockerSchema2),
                Default,
                "the task's own parameter",
            ),
            (
                task("oci").replace("--format", "$(params.EXTRA_ARGS) --format"),
                Some(OciManifest),
                Default,
                "a parameter that holds further flags is no context",
            ),
        ];
        for (text, expected, confidence, why) in table {
            let repository = linked(&text);
            let verdict = repository
                .builds
                .last()
                .and_then(|b| b.verdict.clone())
                .expect(&text);
            assert_eq!(
                (verdict.format, verdict.confidence),
                (expected, confidence),
                "{why}: {text}"
            );
        }
    }

    #[test]
    fn safe_edits_of_parameters_lint_clean() {
        let added = "    - name: FORMAT\n      value: docker\n";
        let table = [
            (
                run("buildah", ""),
                run("buildah", "")
                    .replace("    - name: IMAGE", &format!("{added}    - name: IMAGE")),
            ),
            (
                run("buildah", &format("oci")),
                run("buildah", &format("docker")),
            ),
            (run("s2i", ""), run("s2i", "")),
            (
                run("buildah-manifest-push", &format("oci")),
                run("buildah-manifest-push", &format("v2s2")),
            ),
        ];
        for (text, expected) in table {
            let edits = fix::safe_edits(&findings(&text));
            let fixed = edits.get(&FileId(0)).map_or(text.clone(), |e| {
                fix::apply(&text, e).expect("edits of one run")
            });
            assert_eq!(fixed, expected);
            let left = findings(&fixed)
                .iter()
                .filter(|f| f.rule == "oci-build")
                .count();
            assert_eq!(left, usize::from(fixed == text), "{fixed}");
        }
    }

    #[test]
    fn a_task_of_the_repository_speaks_for_itself() {
        let own = "---\napiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: buildah}\nspec:\n  steps:\n    - image: r.io/i:1\n      \
                   script: buildah bud --format=docker -t r.io/x .\n";
        assert_eq!(findings(&run("buildah", "")).len(), 1);
        assert_eq!(findings(&format!("{}{own}", run("buildah", ""))).len(), 0);
    }
}
