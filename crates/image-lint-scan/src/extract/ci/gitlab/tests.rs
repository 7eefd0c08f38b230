//! Pipelines of GitLab.

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
