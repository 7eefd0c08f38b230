//! Real-looking files, broken at random: characters taken out, put in, doubled, lines swapped, endings changed.

use proptest::prelude::*;

use crate::invariants;

/// Files that reach each reader, by name.
const FILES: [(&str, &str); 12] = [
    ("deploy/template.yaml", TEMPLATE),
    ("deploy/list.json", LIST),
    (
        "deploy/kustomization.yaml",
        "images:\n- name: quay.io/acme/web\n  newName: registry.example.com/web\n  newTag: \"1.2\"\nresources: [a.yaml]\n",
    ),
    (
        "chart/values.yaml",
        "image:\n  registry: quay.io\n  repository: acme/web\n  tag: &t '1.2'\nsidecar: {image: {repository: b, tag: *t}}\n",
    ),
    (
        "compose.yaml",
        "x-img: &img docker.io/library/redis:${TAG:-7}\nservices:\n  a: {image: *img}\n  b:\n    build:\n      dockerfile_inline: |\n        FROM alpine:3 AS x\n        COPY --from=x /a /b\n",
    ),
    (
        "Dockerfile",
        "# syntax=docker/dockerfile:1\nARG V=3.19\nFROM --platform=$BUILDPLATFORM alpine:${V:-3} AS base\nRUN --mount=from=busybox:1,target=/x <<E\nbuildah pull \"quay.io/a/b:1\"\nE\nCOPY --from=quay.io/a/b:2 \\\n  /a /b\nHEALTHCHECK CMD true\nONBUILD COPY --from=c /x /y\n",
    ),
    (
        "build.sh",
        "#!/bin/bash\nset -e\nTAG=${1:-1.0}\nimg=\"quay.io/acme/app:$TAG\" # ü𝄞\nbuildah bud --format docker -t $img . && buildah push \"$img\" docker://quay.io/acme/app:latest\nfor i in a b; do podman pull 'quay.io/a/'$i:1; done\ncat <<EOF | oc apply -f -\nkind: Pod\nspec: {containers: [{image: \"redis:7\"}]}\nEOF\nskopeo copy docker://a.example/b:1 \\\n  oci:dir:1\n",
    ),
    (
        "Makefile",
        "TAG ?= 1\nIMG := quay.io/acme/op:$(TAG)\nall:\n\tpodman build -t $(IMG) . \\\n\t  --pull\n\t@docker push ${IMG}\n",
    ),
    (
        "Jenkinsfile",
        "pipeline { agent { docker { image 'maven:3-jdk-11' } }\n stages { stage('b') { steps { sh '''\n buildah bud -t quay.io/a/b:${T} .\n''' } } } }\n",
    ),
    (
        ".gitlab-ci.yml",
        "default: {image: {name: \"ruby:3.1\", entrypoint: ['']}}\nvariables: {T: '1'}\nbuild:\n  image: quay.io/buildah/stable:$T\n  services: ['docker:dind']\n  script:\n    - buildah bud -t a/b .\n    - |\n      podman push a/b \\\n        quay.io/a/b\n",
    ),
    (
        ".github/workflows/ci.yml",
        "on: push\njobs:\n  a:\n    container: node:18\n    services: {db: {image: 'postgres:14'}}\n    steps:\n    - uses: docker://alpine:3.8\n    - run: >-\n        docker build -t\n        ghcr.io/a/b:${{ github.sha }} .\n",
    ),
    (
        "web.container",
        "[Container]\nImage=quay.io/acme/web:1\nPodmanArgs=--rm \\\n  -v a:b\n",
    ),
];

const TEMPLATE: &str = "apiVersion: v1\nkind: Template\nparameters:\n- {name: TAG, value: \"1.\\u0032\"}\nobjects:\n- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: web, annotations: {image.openshift.io/triggers: '[{\"from\":{\"kind\":\"ImageStreamTag\",\"name\":\"web:1\"},\"fieldPath\":\"spec.template.spec.containers[?(@.name==\\\"web\\\")].image\"}]'}}\n  spec:\n    template:\n      spec:\n        imagePullSecrets: [{name: s}]\n        containers:\n        - name: web # image-lint: ignore[unresolved] ü\n          image: \"quay.io/acme/web:${TAG}\"\n          command: [sh, -c, 'podman pull quay.io/a/b:1']\n        - {name: b, image: 'redis:''7'}\n- kind: BuildConfig\n  spec:\n    source:\n      dockerfile: |-\n        FROM a/b:1\n        RUN true\n    strategy: {dockerStrategy: {from: {kind: DockerImage, name: quay.io/c/d}}}\n---\nkind: ImageStream\nspec:\n  tags:\n  - name: '1'\n    from: {kind: DockerImage, name: >-\n      quay.io/e/f:1}\n";

const LIST: &str = "{\"kind\":\"List\",\"items\":[{\"kind\":\"Pod\",\"spec\":{\"containers\":[{\"name\":\"a\",\"image\":\"quay.io\\/a\\/b:\\u0031\"}]}},{\"kind\":\"Task\",\"apiVersion\":\"tekton.dev/v1\",\"spec\":{\"params\":[{\"name\":\"i\",\"default\":\"x/y\"}],\"steps\":[{\"image\":\"$(params.i)\",\"script\":\"#!/bin/sh\\nbuildah push a docker:\\/\\/b\\/c\"}]}}]}";

/// One change at a place given in thousandths of the text.
#[derive(Clone, Debug)]
enum Change {
    Cut(usize, usize),
    Insert(usize, String),
    Double(usize, usize),
    SwapLines(usize, usize),
    Carriage,
    Indent(usize),
    End(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let at = 0..1000_usize;
    prop_oneof![
        (at.clone(), 1..12_usize).prop_map(|(a, n)| Change::Cut(a, n)),
        (at.clone(), "[\\n\\t\"'`$(){}\\[\\]:#&*|>\\\\ %@<!,?-]{1,3}|ü|𝄞|\u{feff}|\u{2028}|\\PC{1,3}|: |- |---\n|<<E|<<-'E'|\\$\\{[A-Z]|\\{\\{ .x \\}\\}")
            .prop_map(|(a, t)| Change::Insert(a, t)),
        (at.clone(), 1..60_usize).prop_map(|(a, n)| Change::Double(a, n)),
        (at.clone(), at.clone()).prop_map(|(a, b)| Change::SwapLines(a, b)),
        Just(Change::Carriage),
        at.clone().prop_map(Change::Indent),
        at.prop_map(Change::End),
    ]
}

fn changed(mut text: String, changes: &[Change]) -> String {
    for change in changes {
        let boundary = |thousandth: usize, text: &str| {
            let mut at = text.len() * thousandth / 1000;
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        match change {
            Change::Cut(at, n) => {
                let at = boundary(*at, &text);
                let end = text[at..]
                    .char_indices()
                    .nth(*n)
                    .map_or(text.len(), |(i, _)| at + i);
                text.replace_range(at..end, "");
            }
            Change::Insert(at, what) => {
                let at = boundary(*at, &text);
                text.insert_str(at, what);
            }
            Change::Double(at, n) => {
                let at = boundary(*at, &text);
                let end = text[at..]
                    .char_indices()
                    .nth(*n)
                    .map_or(text.len(), |(i, _)| at + i);
                let part = text[at..end].to_owned();
                text.insert_str(at, &part);
            }
            Change::SwapLines(a, b) => {
                let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
                if !lines.is_empty() {
                    let (a, b) = (lines.len() * a / 1000, lines.len() * b / 1000);
                    lines.swap(a, b);
                }
                text = lines.concat();
            }
            // Once: a lone carriage return is a line break of YAML, and blocks with such breaks lose their way back.
            Change::Carriage if text.contains('\r') => {}
            Change::Carriage => text = text.replace('\n', "\r\n"),
            Change::Indent(at) => {
                let at = text[..boundary(*at, &text)]
                    .rfind('\n')
                    .map_or(0, |i| i + 1);
                text.insert_str(at, "  ");
            }
            Change::End(at) => text.truncate(boundary(*at, &text)),
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn spans_slice_to_the_text_they_report(file in 0..FILES.len(), changes in proptest::collection::vec(change(), 0..8)) {
        let (path, text) = FILES[file];
        invariants::check(path, &changed(text.to_owned(), &changes));
    }
}

#[test]
fn every_file_names_an_image_before_it_is_broken() {
    for (path, text) in FILES {
        assert!(!invariants::check(path, text).mentions.is_empty(), "{path}");
    }
}
