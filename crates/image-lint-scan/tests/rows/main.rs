//! Values that are followed to the end, and names that are not: each row is a small repository, what its files name,
//! and why that is so.

mod branches;
mod unfilled;
mod written;

use std::sync::Arc;

use image_lint_model::mention::{Extraction, LinkedMention, Text};
use image_lint_scan::extract::{self, Claim, Reading, follow};
use image_lint_scan::link::{self, Values};
use image_lint_scan::tree::Tree;
use image_lint_text::source::{FileId, RepoPath, SourceFile};

/// The files of a row by their paths.
struct Files<'f>(&'f [(&'f str, &'f str)]);

impl Tree for Files<'_> {
    fn find(&self, path: &str) -> Option<FileId> {
        let at = self.0.iter().position(|(name, _)| *name == path)?;
        Some(FileId(at as u32))
    }

    fn text(&self, file: FileId) -> Option<Arc<SourceFile>> {
        let (path, text) = self.0.get(file.0 as usize)?;
        let path = RepoPath::from_bytes(path.as_bytes());
        Some(Arc::new(SourceFile::new(file, path, (*text).to_owned())))
    }

    fn bytes(&self, file: FileId) -> Option<Vec<u8>> {
        Some(self.0.get(file.0 as usize)?.1.as_bytes().to_owned())
    }

    fn below(&self, folder: &str) -> Vec<(FileId, String)> {
        let names = self.0.iter().enumerate();
        let below = names.filter(|(_, (path, _))| path.starts_with(folder));
        below
            .map(|(at, (path, _))| (FileId(at as u32), (*path).to_owned()))
            .collect()
    }
}

/// What the files name, in the order of the report.
fn linked(files: &[(&str, &str)]) -> Vec<LinkedMention> {
    let mut read: Vec<(FileId, RepoPath, Extraction)> = files
        .iter()
        .enumerate()
        .map(|(i, (path, text))| {
            let path = RepoPath::from_bytes(path.as_bytes());
            let file = SourceFile::new(FileId(i as u32), path.clone(), (*text).to_owned());
            let head = &text.as_bytes()[..text.len().min(128)];
            let extraction = match extract::claim(&path, head, true) {
                Claim::By(extractor) => extract::extract(&file, extractor, false).1,
                _ => Extraction::default(),
            };
            (file.id, path, extraction)
        })
        .collect();
    let tree = Files(files);
    let wanting = read.iter().filter(|(.., extraction)| extraction.follows);
    let followed = wanting
        .filter_map(|(file, ..)| follow::follow(*file, &tree, false, &Reading::default()))
        .collect();
    for (file, (_, extraction)) in follow::settle(followed) {
        read[file.0 as usize].2 = extraction;
    }
    link::link(read, &Values::new()).mentions
}

/// `status name` of each mention, in the order of the report.
fn names(files: &[(&str, &str)]) -> Vec<String> {
    linked(files)
        .iter()
        .map(|linked| match &linked.text {
            Text::Known(reference) => format!("known {reference}"),
            Text::Open(open) => format!("open {}", open[0].written),
            Text::Invalid { text, .. } => format!("invalid {text}"),
            other => other.status().to_owned(),
        })
        .collect()
}

/// The name of each mention with its condition.
fn conditions(files: &[(&str, &str)]) -> Vec<String> {
    linked(files)
        .iter()
        .map(|linked| {
            let name = linked.mention.value.written();
            match &linked.mention.condition {
                Some(condition) => format!("{name} {}", condition.words()),
                None => name,
            }
        })
        .collect()
}

type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);

fn check(rows: &[Row<'_>]) {
    for (why, files, expected) in rows {
        assert_eq!(names(files), *expected, "{why}");
    }
}

const POD: &str =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: '@'}]}\n";

#[test]
fn names_that_somebody_is_to_fill_in_are_placeholders_and_others_are_mistakes() {
    for (image, expected) in [
        ("MODEL_IMAGE", "open MODEL_IMAGE"),
        ("REPLACE-ME", "open REPLACE-ME"),
        ("REGISTRY/IMAGE:TAG", "open REGISTRY"),
        ("IMAGE", "open IMAGE"),
        ("TODO", "open TODO"),
        ("CHANGEME/app:1", "open CHANGEME"),
        ("quay.io/YOUR_ORG/app:1", "open YOUR_ORG"),
        ("q.io/a/b@sha256:resolved", "open resolved"),
        ("IMAGENAME:1", "open IMAGENAME"),
        ("q.io/a/detector-IMG", "open detector-IMG"),
        ("Placeholder for an image", "open Placeholder for an image"),
        ("ALPINE", "invalid ALPINE"),
        ("Q.io/A", "invalid Q.io/A"),
        ("Bad/Name", "invalid Bad/Name"),
        ("q.io/a/b@sha256:0123", "invalid q.io/a/b@sha256:0123"),
        ("q.io/TEAM/app:1", "invalid q.io/TEAM/app:1"),
        ("q.io/a/b:TAG", "known q.io/a/b:TAG"),
    ] {
        let pod = POD.replace('@', image);
        assert_eq!(names(&[("pod.yaml", &pod)]), [expected], "{image}");
    }
}

#[test]
fn templates_put_a_value_in_a_form_of_its_own_only_where_it_is_the_whole_value() {
    let template = |image: &str| {
        format!(
            "apiVersion: v1\nkind: Template\nparameters: [{{name: R, value: q.io/a}}]\nobjects:\n- {}",
            POD.replace('@', image).trim_end().replace('\n', "\n  ")
        )
    };
    for (image, expected) in [
        ("${R}/x:1", "known q.io/a/x:1"),
        ("${{R}}", "known q.io/a:latest"),
        ("${{R}}/x:1", "open ${{R}}"),
        ("x/${{R}}", "open ${{R}}"),
    ] {
        assert_eq!(
            names(&[("t.yaml", &template(image))]),
            [expected],
            "{image}"
        );
    }
}

#[test]
fn dockerfiles_are_read_as_builders_read_them() {
    check(&[
        (
            "BuildKit trims a directive's line",
            &[("Dockerfile", " # escape=`\nFROM `\nalpine:3\n")],
            &["known docker.io/library/alpine:3"],
        ),
        (
            "nothing declares the variable",
            &[("Dockerfile", "FROM he${hi}\n")],
            &["known docker.io/library/he:latest"],
        ),
        (
            "nor this one",
            &[("Dockerfile", "FROM scratch${NOPE}\n")],
            &[],
        ),
        (
            "declared without a value: whoever builds gives it",
            &[("Dockerfile", "ARG hi\nFROM he${hi}\n")],
            &["open ${hi}"],
        ),
        (
            "a variable that is the whole name",
            &[("Dockerfile", "FROM ${BASE}\n")],
            &["open ${BASE}"],
        ),
        (
            "a template is filled in before it is built",
            &[("Dockerfile.in", "FROM he${hi}\n")],
            &["open ${hi}"],
        ),
        (
            "a quote that nothing closes",
            &[("Dockerfile", "FROM \"hello\nRUN x\n")],
            &["invalid \"hello"],
        ),
        (
            "an operator that BuildKit refuses",
            &[("Dockerfile", "FROM x${F:=y}\n")],
            &["invalid x${F:=y}"],
        ),
    ]);
}

#[test]
fn expressions_of_argo_that_are_paths_are_followed() {
    let workflow = |image: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {{name: a}}\nspec:\n  arguments: {{parameters: [{{name: v, value: '1'}}]}}\n  templates:\n  - name: t\n    inputs: {{parameters: [{{name: w, default: '2'}}]}}\n    container: {{image: \"q.io/a:{image}\"}}\n"
        )
    };
    for (image, expected) in [
        ("{{=inputs.parameters.w}}", "known q.io/a:2"),
        ("{{= sprig.trim(workflow.parameters.v) }}", "known q.io/a:1"),
        ("{{=inputs.parameters['w']}}", "known q.io/a:2"),
        (
            "{{= inputs.parameters.w + 'x' }}",
            "open {{= inputs.parameters.w + 'x' }}",
        ),
    ] {
        assert_eq!(
            names(&[("w.yaml", &workflow(image))]),
            [expected],
            "{image}"
        );
    }
}

#[test]
fn workflows_of_github_name_an_image_for_each_value() {
    let workflow = ".github/workflows/a.yaml";
    check(&[
        (
            "a list",
            &[(
                workflow,
                "on: push\njobs:\n  j:\n    strategy: {matrix: {pg: [14, 15]}}\n    services: {db: {image: 'postgres:${{ matrix.pg }}'}}\n",
            )],
            &[
                "known docker.io/library/postgres:14",
                "known docker.io/library/postgres:15",
            ],
        ),
        (
            "include and exclude",
            &[(
                workflow,
                "on: push\njobs:\n  j:\n    strategy:\n      matrix:\n        os: [a, b]\n        v: [1, 2]\n        exclude: [{os: b, v: 2}]\n        include: [{os: c, v: 9}]\n    container: 'q.io/${{ matrix.os }}:${{ matrix.v }}'\n",
            )],
            &[
                "known q.io/a:1",
                "known q.io/a:2",
                "known q.io/b:1",
                "known q.io/c:9",
            ],
        ),
        (
            "values that are mappings",
            &[(
                workflow,
                "on: push\njobs:\n  j:\n    strategy: {matrix: {c: [{image: 'q.io/a:1'}, {image: 'q.io/b:2'}]}}\n    container: {image: '${{ matrix.c.image }}'}\n",
            )],
            &["known q.io/a:1", "known q.io/b:2"],
        ),
        (
            "a service that is a string",
            &[(
                workflow,
                "on: push\njobs:\n  j:\n    services: {db: 'postgres:10'}\n",
            )],
            &["known docker.io/library/postgres:10"],
        ),
        (
            "defaults of inputs",
            &[(
                workflow,
                "on:\n  workflow_call:\n    inputs: {image: {type: string, default: 'q.io/a:1'}}\njobs:\n  j:\n    container: {image: '${{ inputs.image }}'}\n    steps:\n    - run: docker pull ${{ inputs.image }}\n",
            )],
            &["known q.io/a:1", "known q.io/a:1"],
        ),
        (
            "the environment in scripts",
            &[(
                workflow,
                "on: push\nenv: {TAG: '3'}\njobs:\n  j:\n    steps:\n    - run: docker pull q.io/a:${{ env.TAG }}\n",
            )],
            &["known q.io/a:3"],
        ),
        (
            "a matrix in scripts",
            &[(
                workflow,
                "on: push\njobs:\n  j:\n    strategy: {matrix: {t: [1, 2]}}\n    steps:\n    - run: docker pull q.io/a:${{ matrix.t }}\n",
            )],
            &["known q.io/a:1", "known q.io/a:2"],
        ),
        (
            "what nobody knows stays open",
            &[(
                workflow,
                "on: push\njobs:\n  j:\n    container: 'q.io/a:${{ matrix.t }}'\n",
            )],
            &["open ${{ matrix.t }}"],
        ),
    ]);
}

#[test]
fn jobs_of_gitlab_are_followed_through_references_and_variables() {
    let file = ".gitlab-ci.yml";
    check(&[
        (
            "a reference to services",
            &[(
                file,
                ".db:\n  services: ['postgres:10']\nj:\n  services: !reference [.db, services]\n  script: [x]\n",
            )],
            &["known docker.io/library/postgres:10"],
        ),
        (
            "a reference within a list",
            &[(
                file,
                ".db:\n  services: ['postgres:10']\nj:\n  services:\n  - !reference [.db, services]\n  - redis:6\n  script: [x]\n",
            )],
            &[
                "known docker.io/library/postgres:10",
                "known docker.io/library/redis:6",
            ],
        ),
        (
            "a reference that leads nowhere",
            &[(
                file,
                "j:\n  services: !reference [.nope, services]\n  script: [x]\n",
            )],
            &[],
        ),
        (
            "the dependency proxy is Docker Hub",
            &[(
                file,
                "j:\n  image: $CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX/alpine:3\n  script: [\"docker pull ${CI_DEPENDENCY_PROXY_DIRECT_GROUP_IMAGE_PREFIX}/alpine:4\"]\n",
            )],
            &[
                "known docker.io/library/alpine:3",
                "known docker.io/library/alpine:4",
            ],
        ),
        (
            "variables made of variables",
            &[(
                file,
                "variables: {BASE: q.io/a, FULL: '$BASE:1.0', MORE: '${FULL}-x'}\nj:\n  image: $MORE\n  script: [x]\n",
            )],
            &["known q.io/a:1.0-x"],
        ),
        (
            "a variable made of itself",
            &[(
                file,
                "variables: {A: '$A:1'}\nj:\n  image: $A\n  script: [x]\n",
            )],
            &["open $A"],
        ),
        (
            "a matrix",
            &[(
                file,
                "j:\n  parallel:\n    matrix:\n    - PG: ['10', '11']\n      X: [a]\n    - PG: '12'\n  image: postgres:$PG\n  script: [x]\n",
            )],
            &[
                "known docker.io/library/postgres:10",
                "known docker.io/library/postgres:11",
                "known docker.io/library/postgres:12",
            ],
        ),
    ]);
}

#[test]
fn what_a_loop_knows_is_gone_through_and_the_rest_stays_open() {
    check(&[
        (
            "one item that only running tells",
            &[(
                "a.sh",
                "#!/bin/sh\nA=x\nB=y\nfor i in \"${A}\" \"${B}\" \"$(uname -m)\"; do docker pull q.io/$i:1; done\n",
            )],
            &["known q.io/x:1", "known q.io/y:1", "open $i"],
        ),
        (
            "an argument of a function keeps the name that is written",
            &[(
                "a.sh",
                "#!/bin/sh\nf() { local IMAGE=\"$1\"; podman pull \"${IMAGE}\"; }\n",
            )],
            &["open ${IMAGE}"],
        ),
        (
            "patterns are the shell's",
            &[(
                "a.sh",
                "#!/bin/sh\nX=q.io/a/b:1.2.3\ndocker pull ${X%.?}\ndocker pull ${X%\"*\"}\ndocker pull ${X/[0-9]/7}\n",
            )],
            &[
                "known q.io/a/b:1.2",
                "known q.io/a/b:1.2.3",
                "known q.io/a/b:7.2.3",
            ],
        ),
    ]);
}

#[test]
fn images_of_versions_in_an_operators_environment_are_named() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: c\n    image: q.io/a:1\n    env: [{name: DRIVER_IMAGE-580, value: 'q.io/driver:580'}]\n";
    assert_eq!(
        names(&[("pod.yaml", pod)]),
        ["known q.io/a:1", "known q.io/driver:580"]
    );
}

#[test]
fn a_sourced_file_is_the_one_of_the_folder_that_the_script_says() {
    let common = |tag: &str| format!("VB=quay.io/m/{tag}:1\n");
    let (right, wrong) = (common("right"), common("wrong"));
    for (folder, expected) in [
        (
            "\"$(cd \"$(dirname \"$0\")/..\" && pwd)\"",
            "known quay.io/m/right:1",
        ),
        (
            "$(git rev-parse --show-toplevel)",
            "known quay.io/m/right:1",
        ),
        ("$(dirname \"$0\")", "known quay.io/m/wrong:1"),
        ("$WORKSPACE", "open $VB"),
    ] {
        let script = format!("#!/bin/bash\nD={folder}\nsource \"$D/common.sh\"\npodman run $VB\n");
        let files = [
            ("agent/common.sh", &*wrong),
            ("agent/run.sh", &*script),
            ("common.sh", &*right),
        ];
        assert_eq!(names(&files), [expected], "{folder}");
    }
}

#[test]
fn a_kind_that_is_a_parameter_is_what_its_default_says() {
    let template = "apiVersion: v1\nkind: Template\nparameters: [{name: KIND, value: '@'}, {name: IMG, value: q.io/a}]\nobjects:\n- apiVersion: build.openshift.io/v1\n  kind: BuildConfig\n  metadata: {name: b}\n  spec: {strategy: {sourceStrategy: {from: {kind: '${KIND}', name: '${IMG}:1'}}}}\n";
    for (kind, expected) in [
        ("DockerImage", vec!["known q.io/a:1"]),
        ("ImageStreamTag", vec!["stream"]),
        ("Other", vec![]),
    ] {
        let text = template.replace('@', kind);
        assert_eq!(names(&[("t.yaml", &text)]), expected, "{kind}");
    }
}

#[test]
fn a_variable_of_two_ways_gives_an_image_for_each() {
    check(&[
        (
            "either way",
            &[(
                "a.sh",
                "#!/bin/sh\nif x; then V=1; else V=2; fi\ndocker pull q.io/a:$V\n",
            )],
            &["known q.io/a:1", "known q.io/a:2"],
        ),
        (
            "the value from before is one of them",
            &[(
                "a.sh",
                "#!/bin/sh\nV=1\nif x; then V=2; fi\ndocker pull q.io/a:$V\n",
            )],
            &["known q.io/a:2", "known q.io/a:1"],
        ),
        (
            "variables of one choice go together",
            &[(
                "a.sh",
                "#!/bin/sh\nif x; then A=a B=1; else A=b B=2; fi\ndocker pull q.io/$A:$B\n",
            )],
            &["known q.io/a:1", "known q.io/b:2"],
        ),
        (
            "which ways of two choices go together is not known",
            &[(
                "a.sh",
                "#!/bin/sh\nif x; then A=a; else A=b; fi\nif y; then B=1; else B=2; fi\ndocker pull q.io/$A:$B\n",
            )],
            &["open ${A}"],
        ),
        (
            "an empty value is one that is still to come",
            &[(
                "a.sh",
                "#!/bin/sh\nT=\nif x; then T=1; fi\ndocker pull q.io/a:$T\n",
            )],
            &["open $T"],
        ),
        (
            "through other variables",
            &[(
                "a.sh",
                "#!/bin/sh\ncase $1 in\na) T=1;;\nb) T=2;;\n*) T=3;;\nesac\nI=q.io/a:$T\ndocker pull $I\n",
            )],
            &["known q.io/a:1", "known q.io/a:2", "known q.io/a:3"],
        ),
        (
            "one way that nobody knows",
            &[(
                "a.sh",
                "#!/bin/sh\nif x; then V=1; else V=$(git rev-parse HEAD); fi\ndocker pull q.io/a:$V\n",
            )],
            &["known q.io/a:1", "open $(git rev-parse HEAD)"],
        ),
    ]);
}

#[test]
fn makefiles_say_what_make_would_run() {
    written::check("make.txt");
}

#[test]
fn variables_of_scripts_are_followed() {
    written::check("shell.txt");
}

#[test]
fn workflows_of_github_are_followed() {
    written::check("github.txt");
}

#[test]
fn pipelines_of_gitlab_are_followed() {
    written::check("gitlab.txt");
}

#[test]
fn compose_files_are_followed() {
    written::check("compose.txt");
}

#[test]
fn objects_of_openshift_say_what_is_pulled() {
    written::check("openshift.txt");
}

#[test]
fn commands_in_dockerfiles_are_read() {
    written::check("builds.txt");
}

#[test]
fn pipelines_of_azure_are_followed() {
    written::check("azure.txt");
}

#[test]
fn playbooks_of_ansible_are_followed() {
    written::check("ansible.txt");
}

#[test]
fn pipelines_of_jenkins_are_followed() {
    written::check("jenkins.txt");
}
