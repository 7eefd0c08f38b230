//! Uses of the catalog's tasks, what they are judged to push, and the edits that fix them.

use crate::extraction;
use image_lint::fix;
use image_lint::rules::Finding;
use image_lint::rules::{Case, Subject, rules};
use image_lint_model::build::Confidence;
use image_lint_model::manifest::Format::{self, DockerSchema2, OciIndex, OciManifest};
use image_lint_model::mention::Repository;
use image_lint_model::target::Target;
use image_lint_scan::link::{Values, link};
use image_lint_text::source::{FileId, RepoPath, SourceFile};

fn linked(text: &str) -> Repository {
    let file = SourceFile::new(FileId(0), RepoPath::from_bytes(b"x.yaml"), text.to_owned());
    let extraction = extraction(&file);
    link(
        vec![(file.id, file.path.clone(), extraction)],
        &Values::default(),
    )
}

fn findings(text: &str) -> Vec<Finding> {
    let (target, repository) = (Target::default(), linked(text));
    let mut out = Vec::new();
    for build in &repository.builds {
        let case = Case {
            subject: Subject::Build(build, &|_| None),
            target: &target,
            target_is_of_path: false,
            policy: None,
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
        let verdict = &repository.builds.last().expect(&text).verdict;
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
            run("buildah", "").replace("    - name: IMAGE", &format!("{added}    - name: IMAGE")),
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
            .filter(|f| f.rule.as_str() == "oci-build")
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
