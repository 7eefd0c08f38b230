//! Steps of workflows, what they are judged to push, and the edits that mend them.

use crate::extraction;
use image_lint::fix;
use image_lint::rules::Finding;
use image_lint::rules::{Case, Subject, rules};
use image_lint_model::build::Built;
use image_lint_model::build::Confidence::{Certain, Default, Depends};
use image_lint_model::manifest::Format::{DockerSchema2, OciIndex, OciManifest};
use image_lint_model::mention::{Extraction, Repository};
use image_lint_model::target::Target;
use image_lint_scan::link::build_chain::followed;
use image_lint_scan::link::{Values, link};
use image_lint_text::source::{FileId, RepoPath, SourceFile};

/// A workflow of one job with these steps.
fn workflow(steps: &str) -> String {
    let steps: String = steps
        .lines()
        .map(|line| format!("      {line}\n"))
        .collect();
    format!("env:\n  APP: app\njobs:\n  build:\n    steps:\n{steps}")
}

fn read(text: &str) -> Extraction {
    let file = SourceFile::new(
        FileId(0),
        RepoPath::from_bytes(b".github/workflows/x.yml"),
        text.to_owned(),
    );
    extraction(&file)
}

fn judged(text: &str) -> Vec<Built> {
    followed(read(text).builds)
}

fn findings(text: &str) -> Vec<Finding> {
    let (target, repository) = (Target::default(), Repository::default());
    let mut out = Vec::new();
    for build in &judged(text) {
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

const BUILD: &str = "- id: b\n  uses: redhat-actions/buildah-build@v2\n  with:\n    image: app\n    tags: v1 latest\n";
const PUSH: &str = "- uses: redhat-actions/push-to-registry@v2\n  with:\n    image: ${{ steps.b.outputs.image }}\n    \
                    tags: ${{ steps.b.outputs.tags }}\n    registry: r.io/team\n";

#[test]
fn the_last_step_pushes_what_its_inputs_say() {
    let multi = format!("{BUILD}    archs: amd64, arm64\n{PUSH}");
    let buildx = "- uses: docker/build-push-action@v6\n  with:\n    push: true\n    tags: r.io/a/b:1,r.io/a/b:2\n";
    let table = [
        (
            format!("{BUILD}{PUSH}"),
            Some(DockerSchema2),
            Certain,
            "docker unless `oci` is true",
        ),
        (
            format!("{BUILD}    oci: true\n{PUSH}"),
            Some(OciManifest),
            Certain,
            "oci: true",
        ),
        (
            format!("{BUILD}    oci: false\n{PUSH}"),
            Some(DockerSchema2),
            Certain,
            "oci: false",
        ),
        (
            format!("{BUILD}    oci: ${{{{ inputs.x }}}}\n{PUSH}"),
            Some(OciManifest),
            Depends,
            "an expression",
        ),
        (
            format!("{BUILD}    extra-args: --format=oci\n{PUSH}"),
            Some(OciManifest),
            Certain,
            "extra-args come last",
        ),
        (
            format!("{BUILD}    oci: true\n{PUSH}    extra-args: |\n      --format=v2s2\n"),
            Some(DockerSchema2),
            Certain,
            "push",
        ),
        (
            multi,
            Some(OciIndex),
            Depends,
            "newer podman pushes every list as an index",
        ),
        (
            buildx.to_owned(),
            Some(OciIndex),
            Depends,
            "the driver and BuildKit's version decide",
        ),
        (
            format!(
                "{buildx}    provenance: false\n    outputs: type=registry,oci-mediatypes=false\n"
            ),
            Some(DockerSchema2),
            Certain,
            "the form that every version makes in docker format",
        ),
    ];
    for (steps, format, confidence, why) in table {
        let builds = judged(&workflow(&steps));
        let verdict = &builds.last().expect(why).verdict;
        assert_eq!(
            (verdict.format, verdict.confidence),
            (format, confidence),
            "{why}: {steps}"
        );
    }
    assert_ne!(Default, Certain);
}

#[test]
fn what_is_not_pushed_is_not_reported() {
    let table = [
        (
            "- uses: docker/build-push-action@v6\n  with: {tags: 'r.io/a/b:1', push: false}\n",
            0,
        ),
        (
            "- uses: docker/build-push-action@v6\n  with: {tags: 'r.io/a/b:1', push: true}\n",
            1,
        ),
        (
            "- uses: docker/build-push-action@v6\n  with: {tags: 'r.io/a/b:1', outputs: 'type=registry'}\n",
            1,
        ),
        ("- uses: docker/bake-action@v5\n  with: {push: true}\n", 1),
        ("- uses: docker/bake-action@v5\n", 0),
        ("- uses: actions/checkout@v4\n  with: {oci: true}\n", 0),
    ];
    for (steps, expected) in table {
        assert_eq!(findings(&workflow(steps)).len(), expected, "{steps}");
    }
}

#[test]
fn safe_edits_of_inputs_lint_clean() {
    let table = [
        (
            format!("{BUILD}    oci: true\n{PUSH}"),
            "oci: true",
            "oci: false",
        ),
        (
            format!("{BUILD}    oci: \"true\"\n{PUSH}"),
            "oci: \"true\"",
            "oci: \"false\"",
        ),
        (
            format!("{BUILD}{PUSH}    extra-args: --format=oci\n"),
            "--format=oci",
            "--format=v2s2",
        ),
        (
            format!("{BUILD}    oci: true\n    archs: amd64 arm64\n{PUSH}"),
            "  with:\n          image: ${{ steps",
            "  with:\n          extra-args: --format=v2s2\n          image: ${{ steps",
        ),
    ];
    for (steps, before, after) in table {
        let text = workflow(&steps);
        let edits = fix::safe_edits(&findings(&text));
        let fixed = edits
            .get(&FileId(0))
            .map(|edits| fix::apply(&text, edits).expect("edits of one run"));
        let fixed = fixed.unwrap_or_default();
        assert_eq!(fixed, text.replace(before, after), "{steps}");
        assert!(
            findings(&fixed)
                .iter()
                .all(|f| f.rule.as_str() != "oci-build"),
            "{fixed}"
        );
    }
}

#[test]
fn inputs_name_images() {
    let text = workflow(
        "- uses: redhat-actions/buildah-build@v2\n  with: {base-image: 'r.io/base:1', image: x}\n\
         - uses: docker/build-push-action@v6\n  with:\n    push: true\n    tags: |\n      r.io/${{ env.APP }}:1\n      \
         ${{ steps.meta.outputs.tags }}\n    build-contexts: |\n      base=docker-image://r.io/b:2\n      src=./src\n",
    );
    let extraction = read(&text);
    let found: Vec<String> = extraction
        .mentions
        .iter()
        .map(|m| format!("{} {}", m.role.as_str(), &text[m.place.span.range()]))
        .collect();
    assert_eq!(
        found,
        [
            "build-base r.io/base:1",
            "push r.io/${{ env.APP }}:1",
            "build-base r.io/b:2"
        ]
    );
}

#[test]
fn an_image_that_a_step_loads_is_on_this_machine_for_the_steps_after_it() {
    let table = [
        (
            "docker/build-push-action@v6\n  with: {load: true, tags: 'r.io/foo/bar:2'}",
            false,
        ),
        (
            "docker/build-push-action@v6\n  with: {load: true, tags: 'r.io/x:1,r.io/foo/bar:2'}",
            false,
        ),
        (
            "docker/build-push-action@v6\n  with: {load: false, tags: 'r.io/foo/bar:2'}",
            true,
        ),
        (
            "docker/build-push-action@v6\n  with: {load: true, tags: 'r.io/foo/bar:3'}",
            true,
        ),
    ];
    for (action, asked) in table {
        let text = workflow(&format!(
            "- uses: {action}\n- run: docker run r.io/foo/bar:2\n"
        ));
        let id = FileId(0);
        let path = RepoPath::from_bytes(b".github/workflows/x.yml");
        let repository = link(vec![(id, path, read(&text))], &Values::default());
        let run = repository.mentions.last().expect("the run");
        assert_eq!(run.asked, asked, "{action}");
    }
}
