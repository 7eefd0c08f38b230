//! Commands of containers and stored scripts, and what they are judged to push.

use crate::extraction;
use image_lint::rules::{Case, Subject, rules};
use image_lint_model::target::Target;
use image_lint_scan::link::{Values, link};
use image_lint_text::source::{FileId, RepoPath, SourceFile};

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
            job("{name: k, image: 'r.io/mirror/executor:v1', args: ['--destination=r.io/x:1']}"),
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
        let extraction = extraction(&file);
        let repository = link(
            vec![(file.id, file.path.clone(), extraction)],
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
                subject: Subject::Build(build, &|_| None),
                target: &target,
                target_is_of_path: false,
                policy: None,
                repository: &repository,
            };
            rules().iter().for_each(|rule| rule.check(&case, &mut out));
        }
        assert_eq!(out.len(), *findings, "{why}: {text}");
    }
}
