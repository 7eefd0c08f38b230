use crate::extract::kubernetes::Kubernetes;
use crate::extract::{Extractor, Sink};
use image_lint_model::mention::Extraction;
use image_lint_model::object::Facts;
use image_lint_text::source::{FileId, RepoPath, SourceFile};

/// What a manifest gives.
pub fn extract(text: &str) -> (SourceFile, Extraction) {
    let file = SourceFile::new(
        FileId(0),
        RepoPath::from_bytes(b"templates/x.yaml"),
        text.to_owned(),
    );
    let mut sink = Sink::new(&file);
    if Kubernetes.worth_reading(text) {
        Kubernetes.extract(&file, &mut sink);
    }
    let extraction = sink.finish();
    (file, extraction)
}

/// Line, role, field and the marked bytes.
fn shown(text: &str) -> Vec<String> {
    let (file, extraction) = extract(text);
    let show = |m: &image_lint_model::mention::Mention| {
        format!(
            "{} {} {} {}",
            m.place.start.line,
            m.role.as_str(),
            m.field,
            file.slice(m.place.span)
        )
    };
    extraction.mentions.iter().map(show).collect()
}

const POD: &str = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    image: ";

#[test]
fn fields_are_read_by_kind_and_path() {
    for (text, expected, why) in [
        (
            "apiVersion: batch/v1\nkind: CronJob\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{image: a:1}]}}}}}\n",
            &["3 run spec.jobTemplate.spec.template.spec.containers[0].image a:1"][..],
            "cron job",
        ),
        (
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  spec: {initContainers: [{image: 'a:1'}]}\n",
            &["6 run items[0].spec.initContainers[0].image a:1"],
            "list",
        ),
        (
            "{\"apiVersion\": \"v1\", \"kind\": \"PodList\", \"items\": [{\"spec\": {\"containers\": [{\"image\": \"a:1\"}]}}]}",
            &["1 run items[0].spec.containers[0].image a:1"],
            "a typed list without kinds, as JSON",
        ),
        (
            "apiVersion: v1\nkind: Pod\nspec:\n  volumes:\n  - image:\n      reference: a:1\n",
            &["6 run spec.volumes[0].image.reference a:1"],
            "image volume",
        ),
        (
            "apiVersion: v1\nkind: ImageStream\nmetadata: {name: s}\nspec:\n  tags:\n  - name: '1'\n    from: {kind: DockerImage, name: a:1}\n  - name: '2'\n    from: {kind: ImageStreamTag, name: '1'}\n",
            &[
                "7 run spec.tags[0].from.name a:1",
                "9 stream spec.tags[1].from.name 1",
            ],
            "image stream",
        ),
        (
            "apiVersion: v1\nkind: BuildConfig\nspec:\n  strategy: {sourceStrategy: {from: {kind: DockerImage, name: a:1}}}\n  output: {to: {kind: DockerImage, name: b:1}}\n",
            &[
                "4 build-base spec.strategy.sourceStrategy.from.name a:1",
                "5 push spec.output.to.name b:1",
            ],
            "build config",
        ),
        (
            "apiVersion: tekton.dev/v1\nkind: StepAction\nspec:\n  image: $(params.i)\n",
            &["4 run spec.image $(params.i)"],
            "step action",
        ),
        (
            "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec:\n  templates:\n  - script: {image: a:1}\n",
            &["5 run spec.templates[0].script.image a:1"],
            "workflow",
        ),
        (
            "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec:\n  templates:\n  - resource:\n      manifest: |\n        apiVersion: batch/v1\n        kind: Job\n        spec: {template: {spec: {containers: [{image: a:1}]}}}\n",
            &[
                "9 run spec.templates[0].resource.manifest.spec.template.spec.containers[0].image a:1",
            ],
            "an object that a workflow makes",
        ),
        (
            "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nspec:\n  {{- if .x }}\n  image: {{ include \"a\" . }}\n  {{- end }}\n",
            &["5 run spec.image {{ include \"a\" . }}"],
            "an operator's object in a chart",
        ),
        (
            "apiVersion: kafka.strimzi.io/v1\nkind: KafkaConnect\nspec:\n  image: a/b:1\n  build: {output: {image: c/d:1}}\n",
            &[
                "5 push spec.build.output.image c/d:1",
                "4 run spec.image a/b:1",
            ],
            "pushed by an operator",
        ),
        (
            "apiVersion: x.example/v1\nkind: Y\nspec:\n  image:\n    registry: q.io\n    repository: a/b\n    tag: 1.10\n",
            &["7 run spec.image.tag 1.10"],
            "split fields",
        ),
        (
            "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: a:1\n    env: [{name: RELATED_IMAGE_X, value: b:1}, {name: MODE, value: c:1}]\n    args: [--x-image=q.io/d:1, --y=q.io/e:1]\n",
            &[
                "5 run spec.containers[0].image a:1",
                "6 run spec.containers[0].env[0].value b:1",
                "7 run spec.containers[0].args[0] q.io/d:1",
            ],
            "environment and arguments of an operator",
        ),
        (
            "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: &i a:1\n  - image: *i\n",
            &[
                "5 run spec.containers[0].image a:1",
                "6 run spec.containers[1].image *i",
            ],
            "an alias is mentioned where it stands",
        ),
        (
            "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: >-\n      a:1\n",
            &["6 run spec.containers[0].image a:1"],
            "folded",
        ),
        (
            "- name: task\n  k8s:\n    definition:\n      apiVersion: v1\n      kind: Pod\n      spec: {containers: [{image: a:1}]}\n",
            &["6 run [0].k8s.definition.spec.containers[0].image a:1"],
            "an object within Ansible's task",
        ),
        (
            "apiVersion: image.toolkit.fluxcd.io/v1\nkind: ImageRepository\nspec: {image: a/b}\n",
            &["3 run spec.image a/b"],
            "a repository to watch",
        ),
        (
            "apiVersion: pkg.crossplane.io/v1\nkind: ProviderRevision\nspec: {image: 'q.io/a/b:1', package: c/d:1}\n",
            &["3 run spec.image q.io/a/b:1"],
            "a package of Crossplane",
        ),
        (
            "apiVersion: x.example/v1\nkind: Y\nspec: {sink: {container: {image: word}}}\n",
            &["3 run spec.sink.container.image word"],
            "a container of an unknown kind",
        ),
        (
            "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec:\n  executorPlugins:\n  - spec: {sidecar: {container: {image: a:1}}}\n",
            &["5 run spec.executorPlugins[0].spec.sidecar.container.image a:1"],
            "a plugin of the executor",
        ),
        (
            "apiVersion: kubevirt.io/v1\nkind: VirtualMachineInstance\nspec:\n  domain: {firmware: {kernelBoot: {container: {image: imageValue}}}}\n",
            &["4 run spec.domain.firmware.kernelBoot.container.image imageValue"],
            "a kernel's image, though it is invalid",
        ),
        (
            "apiVersion: triggers.tekton.dev/v1beta1\nkind: Trigger\nspec:\n  template:\n    spec:\n      resourcetemplates:\n      - apiVersion: tekton.dev/v1\n        kind: TaskRun\n        spec: {taskSpec: {steps: [{image: a:1}]}}\n",
            &["9 run spec.template.spec.resourcetemplates[0].spec.taskSpec.steps[0].image a:1"],
            "a template within a trigger",
        ),
        (
            "apiVersion: triggers.tekton.dev/v1beta1\nkind: EventListener\nspec:\n  triggers:\n  - template:\n      spec:\n        resourcetemplates:\n        - apiVersion: tekton.dev/v1\n          kind: TaskRun\n          spec: {taskSpec: {steps: [{image: a:1}]}}\n",
            &[
                "10 run spec.triggers[0].template.spec.resourcetemplates[0].spec.taskSpec.steps[0].image a:1",
            ],
            "a template within a listener",
        ),
        (
            "spec:\n  containers:\n  - name: a\n    image: a:1\n  {{- if .x }}\n  - name: b\n    image: {{ .b }}\n  {{- end }}\n",
            &[
                "4 run spec.containers[].image a:1",
                "7 run spec.containers[].image {{ .b }}",
            ],
            "a part of a pod in a chart",
        ),
        (
            "apiVersion: batch/v1\nkind: Job\nspec:\n  template:\n    spec:\n      containers:\n      - env: [{name: TARGET_IMAGE, value: q.io/a/b:1}]\n",
            &["7 push spec.template.spec.containers[0].env[0].value q.io/a/b:1"],
            "what a build is told to make",
        ),
    ] {
        assert_eq!(shown(text), expected, "{why}");
    }
}

#[test]
fn traps_stay_silent() {
    for (text, why) in [
        (
            "apiVersion: v1\nkind: Pod\nspec: {volumes: [{rbd: {image: foo}}]}\n",
            "Ceph",
        ),
        (
            "apiVersion: v1\nkind: Pod\nstatus: {containerStatuses: [{image: a:1}]}\n",
            "status",
        ),
        (
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {x: {image: a:1}}\n",
            "a schema",
        ),
        (
            "apiVersion: v1\nkind: ConfigMap\ndata: {image: a:1, x: \"image: b:1\"}\n",
            "data",
        ),
        ("image: Visual Studio 2015\napiVersion: 1\n", "a CI machine"),
        (
            "apiVersion: x.example/v1\nkind: Y\nspec: {image: logo.png, sub: {image: word}}\n",
            "a picture and a word",
        ),
        (
            "apiVersion: x.cluster.x-k8s.io/v1\nkind: Y\nspec: {template: {spec: {image: a/b:1}}}\n",
            "a machine's image",
        ),
        (
            "apiVersion: x.example/v1\nkind: Y\nspec: {withItems: [{image: a/b, tag: '1'}]}\n",
            "data of a loop",
        ),
        (
            "---\ntitle: x\nimage: /a/b:1\napiVersion: none\n---\ntext\n",
            "front matter",
        ),
    ] {
        assert_eq!(shown(text), [""; 0], "{why}");
    }
}

#[test]
fn placeholders_and_import_paths_are_never_cut() {
    for (written, known) in [
        ("alpine:invalid!", true),
        ("ko://example.com/cmd/x", true),
        ("fortio:latest_release", true),
        ("gcr.io/@X@/y", false),
        ("h/__NS__/x:1", false),
        ("${REGISTRY}/x:1", false),
        ("\"{{ .Values.x }}/y:1\"", false),
        ("''", true),
    ] {
        let (_, extraction) = extract(&format!("{POD}{written}\n"));
        let value = &extraction.mentions[0].value;
        assert_eq!(value.as_known().is_some(), known, "{written}");
        assert_eq!(
            value.written(),
            written.trim_matches(['"', '\'']),
            "{written}"
        );
    }
}

#[test]
fn a_templates_parameters_are_definitions_of_its_scope() {
    let (_, extraction) = extract(
        "apiVersion: v1\nkind: Template\nobjects:\n- apiVersion: v1\n  kind: Pod\n  spec: {containers: [{image: '${I}:${T}'}]}\nparameters:\n- {name: I, value: a}\n- {name: T, generate: expression}\n",
    );
    let mention = &extraction.mentions[0];
    let names: Vec<_> = extraction
        .definitions
        .iter()
        .map(|d| (&*d.name, d.value.is_some(), d.scope))
        .collect();
    assert_eq!(names, [("I", true, 0), ("T", false, 0)]);
    assert_eq!(mention.scope.map(|s| s.id), Some(0));
    assert_eq!(mention.value.variables().count(), 2);
}

#[test]
fn secrets_give_host_names_and_nothing_else() {
    let (_, extraction) = extract(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ntype: kubernetes.io/dockerconfigjson\nstringData:\n  .dockerconfigjson: '{\"auths\": {\"q.io\": {\"auth\": \"hidden\"}}}'\n",
    );
    assert!(!format!("{extraction:?}").contains("hidden"));
    assert!(
        matches!(&extraction.objects[0].facts, Facts::PullSecret { hosts } if hosts == &["q.io".into()])
    );
}

#[test]
fn templates_that_are_not_yaml_are_read_line_by_line() {
    let text = "apiVersion: v1\nkind: Pod\nspec:\n  {{- if .x }}\n  containers:\n  - image: busybox\n  - image: {{ .a }}:{{ .b }}\n  {{- end }}\n---\napiVersion: v1\nkind: Pod\nspec: {containers: [{image: a:1}]}\n";
    let (_, extraction) = extract(text);
    let got: Vec<_> = extraction
        .mentions
        .iter()
        .map(|m| (m.place.start.line, m.value.written()))
        .collect();
    assert_eq!(
        got,
        [
            (6, "busybox".into()),
            (7, "{{ .a }}:{{ .b }}".into()),
            (12, "a:1".into())
        ]
    );
    assert_eq!(extraction.skips.len(), 1);
    assert!(extraction.skips[0].expected);
}

#[test]
fn scripts_of_steps_and_containers_are_read_as_shell() {
    for (text, expected, why) in [
        (
            "apiVersion: tekton.dev/v1\nkind: Task\nspec:\n  steps:\n  - image: x:1\n    script: |\n      #!/bin/sh\n      buildah from q.io/a/b:1\n",
            "8 build-base spec.steps[0].script: buildah from q.io/a/b:1",
            "a step",
        ),
        (
            "apiVersion: batch/v1\nkind: Job\nspec: {template: {spec: {containers: [{image: x:1, command: [sh, -c, buildah pull q.io/a:1]}]}}}\n",
            "3 ",
            "a container's shell",
        ),
    ] {
        let got = shown(text);
        assert!(
            got.len() == 2 && got[1].starts_with(expected),
            "{why}: {got:?}"
        );
    }
}
