//! Shapes of real repositories in the files that hold them, re-typed in their smallest form: which images are named, and
//! what the commands make. Numbers are rows of the collection of shapes, as in the shell's own table.

use super::support;
use image_lint_model::build::Confidence::{self, Certain, Default, Depends};
use image_lint_model::manifest::Format::{self, DockerSchema2, OciManifest};
use image_lint_scan::extract::{Claim, claim, extract};
use image_lint_scan::link::{Values, link};
use image_lint_text::source::{FileId, RepoPath, SourceFile};

/// A command, what it makes, and whether it is reported to who cannot pull OCI images.
type Command = (&'static str, Option<(Format, Confidence)>, bool);

struct Shape {
    row: u32,
    path: &'static str,
    text: &'static str,
    /// `role text-in-the-file` of each mention.
    mentions: &'static [&'static str],
    commands: &'static [Command],
}

const SHAPES: &[Shape] = &[
    Shape {
        row: 5,
        path: "task.yaml",
        text: "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: t}\nspec:\n  params:\n    - {name: IMAGE}\n    - {name: FORMAT, default: oci}\n  steps:\n    - name: build\n      image: r.io/tools:1\n      env:\n        - {name: PARAM_FORMAT, value: $(params.FORMAT)}\n        - {name: PARAM_IMAGE, value: $(params.IMAGE)}\n      script: |\n        buildah ${CERT_DIR_FLAG} \"--storage-driver=${D}\" bud \"${BUILD_ARGS[@]}\" ${EXTRA} \\\n          \"--format=${PARAM_FORMAT}\" -t \"${PARAM_IMAGE}\" \"${CTX}\"\n",
        mentions: &["run r.io/tools:1", "push ${PARAM_IMAGE}"],
        commands: &[("buildah bud", Some((OciManifest, Default)), true)],
    },
    Shape {
        row: 6,
        path: "task.yaml",
        text: "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: t}\nspec:\n  params:\n    - {name: IMAGE}\n    - {name: FORMAT, default: docker}\n  steps:\n    - name: build\n      image: r.io/tools:1\n      script: |\n        buildah bud --format=$(params.FORMAT) -t $(params.IMAGE) .\n        buildah push $(params.IMAGE) docker://$(params.IMAGE)\n",
        mentions: &[
            "run r.io/tools:1",
            "push $(params.IMAGE)",
            "local $(params.IMAGE)",
            "push $(params.IMAGE)",
        ],
        commands: &[
            ("buildah bud", Some((DockerSchema2, Default)), false),
            ("buildah push", Some((DockerSchema2, Default)), false),
        ],
    },
    Shape {
        row: 10,
        path: "task.yaml",
        text: "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: t}\nspec:\n  params:\n    - {name: IMAGE}\n  steps:\n    - name: build\n      image: gcr.io/kaniko-project/executor:v1\n      args:\n        - --context=.\n        - --destination=$(params.IMAGE)\n",
        mentions: &[
            "run gcr.io/kaniko-project/executor:v1",
            "push $(params.IMAGE)",
        ],
        commands: &[("kaniko executor", None, false)],
    },
    Shape {
        row: 20,
        path: "Jenkinsfile",
        text: "stage('copy') {\n  steps {\n    sh \"\"\"\n      set +x\n      skopeo copy --remove-signatures \\\n        --src-creds openshift:${TOKEN} \\\n        docker://${imageRegistry} docker://${registry}/${S}/${APP}\n    \"\"\"\n  }\n}\n",
        mentions: &["ci ${imageRegistry}", "push ${registry}/${S}/${APP}"],
        commands: &[("skopeo copy", Some((OciManifest, Depends)), true)],
    },
    Shape {
        row: 30,
        path: "build.sh",
        text: "buildah unshare /bin/bash ./02.setup/mkimage-buildah.sh\n",
        mentions: &[],
        commands: &[],
    },
    Shape {
        row: 34,
        path: "build.bash",
        text: "{% set arch = 'amd64' %}\nbuilder_container=$(buildah from {{ builder_image }})\ncontainer=$(buildah from scratch)\nbuildah copy --from $builder_container $container /out /\nbuildah commit $container {{ name }}\n",
        mentions: &["build-base {{ builder_image }}", "push {{ name }}"],
        commands: &[
            ("buildah from", None, false),
            ("buildah from", None, false),
            ("buildah commit", Some((OciManifest, Default)), true),
        ],
    },
    Shape {
        row: 37,
        path: "Jenkinsfile",
        text: "stage('build') { steps { sh 'buildah bud -t r.io:5000/app:${version_tag} .' } }\nstage('push') { steps { sh 'buildah push r.io:5000/app:${version_tag}' } }\n",
        mentions: &[
            "push r.io:5000/app:${version_tag}",
            "push r.io:5000/app:${version_tag}",
        ],
        commands: &[
            ("buildah bud", Some((OciManifest, Default)), false),
            ("buildah push", Some((OciManifest, Default)), true),
        ],
    },
    Shape {
        row: 38,
        path: "Jenkinsfile",
        text: "sh 'skopeo copy --authfile=\"${AUTH}\" docker://centos:8 docker://image-registry.openshift-image-registry.svc:5000/p/centos:8'\n",
        mentions: &[
            "ci centos:8",
            "push image-registry.openshift-image-registry.svc:5000/p/centos:8",
        ],
        commands: &[("skopeo copy", Some((OciManifest, Depends)), true)],
    },
    Shape {
        row: 40,
        path: "Makefile",
        text: "CONTAINER_MANAGER ?= podman\nIMG ?= r.io/a/b:1\nbuild:\n\t${CONTAINER_MANAGER} build -t ${IMG} -f Containerfile .\n",
        mentions: &["push ${IMG}"],
        commands: &[("podman build", Some((OciManifest, Depends)), true)],
    },
    Shape {
        row: 41,
        path: "Makefile",
        text: "IMAGE = a/b\npush:\n\t@podman push $(shell podman images $(IMAGE) --format '{{.ID}}') docker://docker.io/$(IMAGE)\n",
        mentions: &[
            "local $(shell podman images $(IMAGE) --format '{{.ID}}')",
            "push docker.io/$(IMAGE)",
        ],
        commands: &[("podman push", Some((OciManifest, Depends)), true)],
    },
    Shape {
        row: 42,
        path: "Makefile",
        text: "define podman_build\n\tpodman build -t $(2) \\\n\t\t--iidfile=$(1) $(3)\nendef\nx:\n\tpodman image exists r.io/a:1 || podman pull r.io/a:1\n\t$(call podman_build,$@,r.io/b:1,dir)\n",
        mentions: &["build-base r.io/a:1", "push r.io/b:1"],
        commands: &[
            ("podman build", Some((OciManifest, Default)), true),
            ("podman pull", None, false),
        ],
    },
    Shape {
        row: 46,
        path: ".gitlab-ci.yml",
        text: "variables:\n  IMAGE_NAME: r.io/a/b:1\nbuild:\n  image: r.io/tools:1\n  variables: {STORAGE_DRIVER: vfs, BUILDAH_FORMAT: docker}\n  script:\n    - buildah build -t $IMAGE_NAME .\n    - buildah push $IMAGE_NAME\nother:\n  image: r.io/tools:1\n  script:\n    - buildah build -t r.io/c:1 .\n",
        mentions: &[
            "ci r.io/tools:1",
            "push $IMAGE_NAME",
            "push $IMAGE_NAME",
            "ci r.io/tools:1",
            "push r.io/c:1",
        ],
        commands: &[
            ("buildah build", Some((DockerSchema2, Certain)), false),
            ("buildah push", Some((DockerSchema2, Certain)), false),
            ("buildah build", Some((OciManifest, Default)), true),
        ],
    },
];

/// The commands of builders that make prints for a Makefile's first target, as `tool action`.
fn commands_of_make(text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("Makefile"), text).expect("a Makefile");
    let mut make = support::real::tool("make");
    let printed = make
        .args(["--no-print-directory", "-n"])
        .current_dir(folder.path())
        .stderr(std::process::Stdio::null())
        .output()
        .expect("make runs");
    let printed = String::from_utf8(printed.stdout).expect("text");
    let words: Vec<&str> = printed.split_whitespace().collect();
    let builds = |pair: &&[&str]| {
        pair[0] == "podman" && matches!(pair[1], "build" | "push" | "pull" | "commit" | "tag")
    };
    let pairs = words.windows(2).filter(builds);
    pairs.map(|pair| pair.join(" ")).collect()
}

#[test]
fn commands_of_makefiles_are_those_that_make_runs() {
    let mut rows = 0;
    for shape in SHAPES.iter().filter(|shape| shape.path == "Makefile") {
        let mut made = commands_of_make(shape.text);
        made.sort();
        let mut expected: Vec<&str> = shape.commands.iter().map(|(label, ..)| *label).collect();
        expected.sort_unstable();
        assert_eq!(made, expected, "row {}: {}", shape.row, shape.text);
        rows += 1;
    }
    assert_eq!(rows, 3);
}

#[test]
fn shapes_of_real_repositories_are_read_in_their_files() {
    for shape in SHAPES {
        let (row, text) = (shape.row, shape.text);
        let file = SourceFile::new(
            FileId(0),
            RepoPath::from_bytes(shape.path.as_bytes()),
            text.to_owned(),
        );
        let Claim::By(extractor) = claim(&file.path, text.as_bytes(), false) else {
            panic!("row {row}: it is read")
        };
        let (_, extraction) = extract(&file, extractor, false);
        let repository = link(
            vec![(file.id, file.path.clone(), extraction)],
            &Values::default(),
        );
        let mentions: Vec<String> = repository
            .mentions
            .iter()
            .map(|m| {
                format!(
                    "{} {}",
                    m.mention.role.as_str(),
                    &text[m.mention.place.span.range()]
                )
            })
            .collect();
        assert_eq!(mentions, shape.mentions, "row {row}: {text}");
        let docker = |format: Format| matches!(format, Format::DockerSchema2 | Format::DockerList);
        let commands: Vec<_> = repository
            .builds
            .iter()
            .map(|build| {
                let verdict = &build.verdict;
                let reported =
                    verdict.report && verdict.format.is_some_and(|format| !docker(format));
                (
                    &*build.command.label,
                    verdict.format.map(|format| (format, verdict.confidence)),
                    reported,
                )
            })
            .collect();
        assert_eq!(commands, shape.commands, "row {row}: {text}");
    }
}
