//! GitHub workflows and actions: `container`, `services`, `uses: docker://`, `run` steps (docs.github.com, "Workflow
//! syntax for GitHub Actions", "Metadata syntax").

use super::matrix::{self, Combinations};
use super::{Variables, add_variables, inherited, recover, script};
use crate::extract::shell::ScriptContext;
use crate::extract::variables::{self, Dialect};
use crate::extract::{Candidate, Draft, Extractor, Sink};
use image_lint_model::mention::{Role, SourceKind};
use image_lint_text::source::{SourceFile, Span};
use image_lint_text::yaml::{self, Node};

/// `.github/workflows/*.yml`, `action.yml`.
#[derive(Debug)]
pub struct GitHub;

impl Extractor for GitHub {
    fn name(&self) -> &'static str {
        "github"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        let name = file.path.file_name();
        let folder = file.path.folder();
        let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        yaml && (folder == ".github/workflows" || folder.ends_with("/.github/workflows"))
            || matches!(&*name, "action.yml" | "action.yaml")
    }

    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>) {
        let whole = file.whole();
        let stream = yaml::parse(&whole);
        crate::extract::yaml_comments::ignores(&whole, &stream, out);
        recover(&whole, &stream, SourceKind::GitHub, "workflow", out);
        for document in &stream.documents {
            let root = document.root();
            let mut variables = Variables::new();
            add_variables(&mut variables, root.get("env"));
            let expressions = as_expressions(root.get("env"), inputs(root));
            for (number, (name, job)) in root
                .get("jobs")
                .into_iter()
                .flat_map(|j| j.pairs())
                .enumerate()
            {
                let path = format!("jobs.{}", name.as_str().unwrap_or("?"));
                let around = Around {
                    number: number as u32,
                    variables: &variables,
                    expressions: &expressions,
                };
                read_job(job, &path, &around, out);
            }
            if let Some(runs) = root.get("runs") {
                docker_reference(runs.get("image"), "runs.image", out);
                let around = Around {
                    number: 0,
                    variables: &variables,
                    expressions: &expressions,
                };
                steps(runs, "runs", &around, &Vec::new(), out);
            }
        }
    }
}

/// What a job sees of its workflow.
struct Around<'a> {
    number: u32,
    /// Of `env`.
    variables: &'a Variables,
    /// `env.X` and `inputs.X` of expressions.
    expressions: &'a Variables,
}

/// Defaults of the inputs of a workflow that is called or started by hand, and of an action.
fn inputs(root: Node<'_>) -> Variables {
    let mut found = Variables::new();
    let ways: [&[&str]; 3] = [
        &["on", "workflow_dispatch", "inputs"],
        &["on", "workflow_call", "inputs"],
        &["inputs"],
    ];
    for (name, input) in ways
        .iter()
        .filter_map(|way| root.at(way))
        .flat_map(|inputs| inputs.pairs())
    {
        if let (Some(name), Some(default)) = (name.as_str(), input.get("default"))
            && let Some(text) = default.as_str().filter(|text| !text.is_empty())
        {
            let value = variables::read(text, Dialect::Compose);
            for prefix in ["inputs", "github.event.inputs"] {
                let name = format!("{prefix}.{name}").into();
                found.push((name, value.clone(), Some(default.span().into())));
            }
        }
    }
    found
}

/// Variables of an `env` as expressions name them, after others.
fn as_expressions(env: Option<Node<'_>>, mut before: Variables) -> Variables {
    let mut own = Variables::new();
    add_variables(&mut own, env);
    before.extend(
        own.into_iter()
            .map(|(name, value, span)| (format!("env.{name}").into(), value, span)),
    );
    before
}

fn read_job(job: Node<'_>, path: &str, around: &Around<'_>, sink: &mut Sink<'_>) {
    let mut variables = inherited(around.variables, sink);
    add_variables(&mut variables, job.get("env"));
    let expressions = as_expressions(job.get("env"), inherited(around.expressions, sink));
    let combinations = matrix::github(job.get("strategy"));
    matrix::images(
        job.get("container"),
        "image",
        (SourceKind::GitHub, &format!("{path}.container")),
        &expressions,
        &combinations,
        sink,
    );
    for (name, service) in job.get("services").into_iter().flat_map(|s| s.pairs()) {
        let field = format!("{path}.services.{}.image", name.as_str().unwrap_or("?"));
        matrix::images(
            Some(service),
            "image",
            (SourceKind::GitHub, &field),
            &expressions,
            &combinations,
            sink,
        );
    }
    let around = Around {
        variables: &variables,
        expressions: &expressions,
        ..*around
    };
    steps(job, path, &around, &combinations, sink);
}

fn steps(
    job: Node<'_>,
    path: &str,
    around: &Around<'_>,
    combinations: &Combinations,
    sink: &mut Sink<'_>,
) {
    let default_shell = job.str_at(&["defaults", "run", "shell"]);
    let mut actions = super::actions::Job::new(around.number);
    for (i, step) in job
        .get("steps")
        .into_iter()
        .flat_map(|s| s.items())
        .enumerate()
    {
        let path = format!("{path}.steps[{i}]");
        docker_reference(step.get("uses"), &format!("{path}.uses"), sink);
        let mut variables = inherited(around.variables, sink);
        add_variables(&mut variables, step.get("env"));
        actions.step(step, &path, &variables, sink);
        let shell = step.str_at(&["shell"]).or(default_shell).unwrap_or("bash");
        // pwsh, python and cmd are other languages.
        if !(shell.starts_with("bash") || shell.starts_with("sh") || shell.contains("/bash")) {
            continue;
        }
        let Some(text) = step.str_at(&["run"]) else {
            continue;
        };
        if text.contains("${{") && sink.may_give(around.expressions.len()) {
            variables.extend(around.expressions.iter().cloned());
            variables.extend(as_expressions(step.get("env"), Variables::new()));
        }
        let field = format!("{path}.run");
        for one in matrix::used(combinations, text) {
            let given = [variables.as_slice(), one.as_slice()].concat();
            let mut context = ScriptContext::new(SourceKind::GitHub, &field, around.number);
            context.environment = &given;
            script(&[step.get("run")], &context, sink);
        }
    }
}

/// `docker://REF` of `uses:` and `runs.image:`; anything else there is an action or a Dockerfile.
fn docker_reference(node: Option<Node<'_>>, field: &str, sink: &mut Sink<'_>) {
    let Some((node, text)) = node.and_then(|n| Some((n, n.as_str()?))) else {
        return;
    };
    let Some(reference) = text.strip_prefix("docker://") else {
        return;
    };
    let inner = node.text();
    let span = inner.outer(Span::new(text.len() - reference.len(), text.len()));
    let value = variables::read(reference, Dialect::Compose);
    sink.mention(Draft::image(
        span,
        value,
        Role::Ci,
        SourceKind::GitHub,
        field,
    ));
}

#[cfg(test)]
mod tests {
    use super::*;
    use image_lint_text::source::{FileId, RepoPath};

    #[test]
    fn a_workflow_names_its_images_and_runs_its_scripts() {
        let text = "\
env: {TAG: '1', BUILDAH_FORMAT: docker}
jobs:
  build:
    container: {image: quay.io/a/c:1}
    services: {db: {image: 'r.io/db:2'}}
    steps:
      - uses: docker://r.io/tool:3
      - run: |
          buildah bud -t x .
          podman pull r.io/a:$TAG
      - run: podman pull no/no
        shell: pwsh
";
        let file = SourceFile::new(
            FileId(0),
            RepoPath::from_bytes(b".github/workflows/x.yml"),
            text.to_owned(),
        );
        let mut sink = Sink::new(&file);
        GitHub.extract(&file, &mut sink);
        let found: Vec<String> = sink
            .extraction
            .mentions
            .iter()
            .map(|m| {
                format!(
                    "{} {} {}",
                    m.role.as_str(),
                    &text[m.place.span.range()],
                    m.value.written()
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                "ci quay.io/a/c:1 quay.io/a/c:1",
                "ci r.io/db:2 r.io/db:2",
                "ci r.io/tool:3 r.io/tool:3",
                "local x x",
                "build-base r.io/a:$TAG r.io/a:1",
            ]
        );
        assert_eq!(sink.extraction.builds[0].format.value(), Some("docker"));
    }
}
