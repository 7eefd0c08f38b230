//! GitHub workflows and actions: `container`, `services`, `uses: docker://`, `run` steps (docs.github.com, "Workflow
//! syntax for GitHub Actions", "Metadata syntax").

use std::collections::HashSet;

use super::matrix::{self, Combinations};
use super::{Variables, add_variables, callers, inherited, recover, resolved, script};
use crate::extract::shell::ScriptContext;
use crate::extract::variables::{self, Dialect};
use crate::extract::{Candidate, Draft, Extractor, HandedTo, Sink};
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
            let calls = callers::calls(root, out);
            workflow(root, &calls, out);
        }
    }
}

/// Reads one workflow or action; `calls` are the inputs of those who call it.
fn workflow(root: Node<'_>, calls: &Combinations, out: &mut Sink<'_>) {
    let mut variables = Variables::new();
    add_variables(&mut variables, root.get("env"));
    let mut expressions = as_expressions(root.get("env"), inputs(root));
    let jobs: Vec<(Node<'_>, Node<'_>)> = root
        .get("jobs")
        .into_iter()
        .flat_map(|jobs| jobs.pairs())
        .collect();
    for number in in_order(&jobs) {
        let (name, job) = jobs[number];
        let path = format!("jobs.{}", name.as_str().unwrap_or("?"));
        let around = Around {
            number: number as u32,
            variables: &variables,
            expressions: &expressions,
            calls,
        };
        let outputs = read_job(job, &path, &around, out);
        let given = outputs.into_iter().map(|(output, value, site)| {
            let name = name.as_str().unwrap_or("?");
            (format!("needs.{name}.outputs.{output}").into(), value, site)
        });
        expressions.extend(given);
    }
    if let Some(runs) = root.get("runs") {
        docker_reference(runs.get("image"), "runs.image", out);
        let around = Around {
            number: 0,
            variables: &variables,
            expressions: &expressions,
            calls,
        };
        steps(runs, "runs", &around, calls, out);
    }
}

/// Jobs after those that they need, as far as that is no circle.
fn in_order(jobs: &[(Node<'_>, Node<'_>)]) -> Vec<usize> {
    let needs = |job: Node<'_>| -> Vec<String> {
        let Some(needs) = job.get("needs") else {
            return Vec::new();
        };
        let list = needs.items().filter_map(|item| item.as_str());
        needs
            .as_str()
            .into_iter()
            .chain(list)
            .map(str::to_owned)
            .collect()
    };
    let mut done: HashSet<String> = HashSet::new();
    let mut order = Vec::new();
    let mut left: Vec<usize> = (0..jobs.len()).collect();
    while !left.is_empty() && order.len() < MAX_ORDERED {
        let ready = left
            .iter()
            .position(|at| needs(jobs[*at].1).iter().all(|need| done.contains(need)))
            .unwrap_or(0);
        let at = left.remove(ready);
        done.extend(jobs[at].0.as_str().map(str::to_owned));
        order.push(at);
    }
    order.extend(left);
    order
}

/// Jobs of which the order is looked at.
const MAX_ORDERED: usize = 200;

/// What a job sees of its workflow.
#[derive(Clone, Copy)]
struct Around<'a> {
    number: u32,
    /// Of `env`.
    variables: &'a Variables,
    /// `env.X` and `inputs.X` of expressions.
    expressions: &'a Variables,
    /// Inputs of each call of the workflow.
    calls: &'a Combinations,
}

/// Defaults of the inputs of a workflow that is called or started by hand, and of an action.
pub(super) fn inputs(root: Node<'_>) -> Variables {
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

/// Reads a job, and gives its outputs.
fn read_job(job: Node<'_>, path: &str, around: &Around<'_>, sink: &mut Sink<'_>) -> Variables {
    let mut variables = inherited(around.variables, sink);
    add_variables(&mut variables, job.get("env"));
    let expressions = as_expressions(job.get("env"), inherited(around.expressions, sink));
    let own = matrix::github(job.get("strategy"), &expressions, sink);
    let combinations = matrix::both(around.calls, &own);
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
    let left = steps(job, path, &around, &combinations, sink);
    let mut outputs = Variables::new();
    add_variables(&mut outputs, job.get("outputs"));
    match outputs.is_empty() {
        true => outputs,
        false => resolved(&outputs, &left, sink),
    }
}

/// Reads the steps, and gives what expressions of the job can name after them.
fn steps(
    job: Node<'_>,
    path: &str,
    around: &Around<'_>,
    combinations: &Combinations,
    sink: &mut Sink<'_>,
) -> Variables {
    let default_shell = job.str_at(&["defaults", "run", "shell"]);
    let mut actions = super::actions::Job::new(around.number);
    let mut environment = around.variables.clone();
    let mut expressions = around.expressions.clone();
    for (i, step) in job
        .get("steps")
        .into_iter()
        .flat_map(|s| s.items())
        .enumerate()
    {
        let path = format!("{path}.steps[{i}]");
        docker_reference(step.get("uses"), &format!("{path}.uses"), sink);
        let mut variables = inherited(&environment, sink);
        add_variables(&mut variables, step.get("env"));
        actions.step(step, &path, &variables, sink);
        let shell = step.str_at(&["shell"]).or(default_shell).unwrap_or("bash");
        // pwsh, python and cmd are other languages.
        if !(shell.starts_with("bash") || shell.starts_with("sh") || shell.contains("/bash")) {
            continue;
        }
        if step.str_at(&["run"]).is_none() {
            continue;
        }
        let around = Around {
            variables: &variables,
            expressions: &expressions,
            ..*around
        };
        run(step, &path, &around, combinations, sink);
        for handed in std::mem::take(&mut sink.handed) {
            let given = |name: String| (name.into(), handed.value.clone(), Some(handed.site));
            match handed.to {
                HandedTo::Environment => {
                    environment.push(given(handed.name.to_string()));
                    expressions.push(given(format!("env.{}", handed.name)));
                }
                HandedTo::Outputs => {
                    let id = step.str_at(&["id"]).unwrap_or("");
                    expressions.push(given(format!("steps.{id}.outputs.{}", handed.name)));
                }
            }
        }
    }
    expressions
}

/// The script of a step, once for each combination that it uses something of.
fn run(
    step: Node<'_>,
    path: &str,
    around: &Around<'_>,
    combinations: &Combinations,
    sink: &mut Sink<'_>,
) {
    let text = step.str_at(&["run"]).unwrap_or("");
    let named = |name: &str| text.contains(name);
    let mut used = text.to_owned();
    for (name, value, _) in around.variables {
        if named(name) && !value.is_literal() {
            used.push_str(&value.written());
        }
    }
    let expressive = used.contains("${{") && sink.may_give(around.expressions.len());
    let field = format!("{path}.run");
    for one in matrix::used(combinations, &used) {
        let mut given = around.variables.clone();
        if expressive {
            let mut known = as_expressions(step.get("env"), around.expressions.clone());
            known.extend(one.iter().cloned());
            given = resolved(&given, &known, sink);
            given.extend(resolved(&known, &known, sink));
        }
        let mut context = ScriptContext::new(SourceKind::GitHub, &field, around.number);
        context.environment = &given;
        script(&[step.get("run")], &context, sink);
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
