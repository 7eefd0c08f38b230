#!/usr/bin/env bash
# Makes the first corpus of every target from testdata/ and from the forms that the documentation of registries, git and
# the build tools show. The first byte of an extraction seed chooses the file name (fuzz/src/lib.rs).
set -eu
cd "$(dirname "$0")/.."
corpus=fuzz/corpus
mkdir -p "$corpus"/{yaml,dockerfile,shell,reference,challenge,manifest,pre_push,config,reports}

number=0
# Keeps stdin as a seed of a target, behind an optional first byte.
seed() {
    number=$((number + 1))
    { printf '%s' "${2-}" && cat; } >"$corpus/$1/seed-$number"
}

while IFS= read -r -d '' file; do
    case $file in
        *kustomization.y*ml) seed yaml 1 ;;
        *values.y*ml) seed yaml 2 ;;
        *compose*.y*ml) seed yaml 3 ;;
        *.gitlab-ci.yml) seed shell 3 ;;
        */workflows/*.y*ml) seed shell 4 ;;
        *.yaml | *.yml) seed yaml 0 ;;
        *.json) seed yaml 4 ;;
        *Dockerfile* | *Containerfile*) seed dockerfile 0 ;;
        *.sh) seed shell 0 ;;
        *Makefile*) seed shell 1 ;;
        *Jenkinsfile*) seed shell 2 ;;
    esac <"$file"
done < <(find testdata -type f -size -64k -print0)

seed yaml 0 <<'END'
apiVersion: v1
kind: Template
parameters:
- {name: TAG, value: "1.\u0032"}
objects:
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web, annotations: {image.openshift.io/triggers: '[{"from":{"kind":"ImageStreamTag","name":"web:1"},"fieldPath":"spec.template.spec.containers[?(@.name==\"web\")].image"}]'}}
  spec: {template: {spec: {containers: [{name: web, image: "quay.io/a/web:${TAG}", command: [sh, -c, 'podman pull a/b']}]}}}
- apiVersion: build.openshift.io/v1
  kind: BuildConfig
  spec:
    source:
      dockerfile: |-
        FROM a/b:1
    strategy: {dockerStrategy: {from: {kind: DockerImage, name: quay.io/c/d}}}
---
apiVersion: image.openshift.io/v1
kind: ImageStream
spec:
  tags:
  - name: '1'
    from: {kind: DockerImage, name: >-
      quay.io/e/f:1}
END
seed yaml 0 <<'END'
apiVersion: tekton.dev/v1
kind: Task
spec:
  params: [{name: i, default: x/y}]
  steps:
  - image: $(params.i)
    script: |
      #!/bin/sh
      buildah push a docker://b/c
---
apiVersion: argoproj.io/v1alpha1
kind: Workflow
spec: {arguments: {parameters: [{name: p, value: a}]}, templates: [{container: {image: "{{workflow.parameters.p}}:1"}}]}
END
seed yaml 0 <<'END'
a: &a [x,x]
b: &b [*a,*a]
? ? c
: <<: *b
!!binary "aaa": !x {image: &i "a\
  b", <<: {image: *i}}
END
seed yaml 1 <<<'images: [{name: quay.io/a/b, newName: c/d, newTag: "1"}, {name: x, digest: sha256:aa}]'
seed yaml 2 <<<$'image:\n  registry: quay.io\n  repository: a/b\n  tag: "1"\nx: {image: {repository: b, digest: sha256:aa}}'
seed yaml 3 <<<$'x: &i redis:${T:-7}\nservices: {a: {image: *i, build: {dockerfile_inline: "FROM a\\nCOPY --from=b / /"}}}'
seed yaml 4 <<<'{"kind":"List","apiVersion":"v1","items":[{"kind":"Pod","apiVersion":"v1","spec":{"containers":[{"image":"quay.io\/a\/b:\u0031"}]}}]}'
seed yaml 5 <<<'{"image":"mcr.microsoft.com/devcontainers/base:1", /* x */ "build":{"dockerfile":"Dockerfile"},}'
seed yaml 6 <<<$'{{- range .Values.x }}\nspec: {containers: [{image: "{{ .repo }}:{{ .tag | default "1" }}"}]}\n{{ end }}'
seed yaml 7 <<<$'apiVersion: v2\nname: a\nappVersion: "1.2"\ndependencies: [{name: b, repository: "oci://r.example/c"}]'

seed dockerfile 0 <<'END'
# syntax=docker/dockerfile:1
# escape=`
ARG V=3.19
FROM --platform=$BUILDPLATFORM alpine:${V:-3} AS base
RUN --mount=from=busybox:1,target=/x <<E
buildah pull "quay.io/a/b:1"
E
COPY --from=quay.io/a/b:2 `
  /a /b
END
seed dockerfile 0 <<'END'
ARG A=${B:+${C#x}} B="a b" C='$A'
FROM a AS s
FROM s
ADD --chown=1:1 --from=0 <<-"X" <<Y /
	x
	X
Y
HEALTHCHECK CMD true
ONBUILD COPY --from=c /x /y
SHELL ["a", \
# comment
"b"]
END

seed shell 0 <<'END'
#!/bin/bash
T=${1:-1.0} R=$(cat r) ; img="quay.io/a/app:$T"
case $x in a|b) buildah bud --format docker -t $img . ;; esac && { buildah push "$img" docker://q/a; } || exit
for i in a b; do podman pull 'quay.io/a/'$i:1; done
f() { local l=$1; skopeo copy --format v2s2 docker://a.example/b:$l \
  oci:dir:1; }; f ${T%%.*}
cat <<EOF | oc apply -f -
kind: Pod
spec: {containers: [{image: "redis:7"}]}
EOF
c=$(buildah from --pull a/b); buildah commit $c c/d
END
seed shell 1 <<<$'TAG ?= 1\nIMG := quay.io/a/op:$(TAG)\nall:\n\tpodman build -t $(IMG) . \\\n\t  --pull\n\t@docker push ${IMG}\ndefine X\nendef\nifeq (a,b)\nendif'
seed shell 2 <<<$'pipeline { agent { docker { image "maven:3" } }\n stages { stage("b") { steps { sh """\n buildah bud -t quay.io/a/b:${T} .\n""" ; sh \'\'\'podman push a\'\'\' } } } }'
seed shell 3 <<<$'default: {image: {name: "ruby:3.1"}}\nvariables: {T: "1"}\nbuild:\n  image: quay.io/b/s:$T\n  services: ["docker:dind"]\n  script:\n    - buildah bud -t a/b .\n    - |\n      podman push a/b \\\n        quay.io/a/b'
seed shell 4 <<<$'jobs:\n  a:\n    container: node:18\n    services: {db: {image: "postgres:14"}}\n    steps:\n    - uses: docker://alpine:3.8\n    - uses: docker/build-push-action@v6\n      with: {push: true, tags: "a/b:${{ github.sha }}"}\n    - run: >-\n        docker build -t\n        ghcr.io/a/b .'
seed shell 5 <<<$'jobs: {a: {docker: [{image: "cimg/go:1"}], steps: [{run: {command: "docker push a/b"}}]}}'
seed shell 6 <<<$'resources: {containers: [{container: c, image: "a/b:1"}]}\nsteps:\n- script: docker build -t a .'
seed shell 7 <<<$'[Container]\nImage=quay.io/a/web:1\nPodmanArgs=--rm \\\n  -v a:b'
seed shell 8 <<<$'steps:\n  a: {image: "golang:1", commands: ["podman build -t x ."]}'
seed shell 9 <<<$'image: {name: a/b:1}\npipelines: {default: [{step: {script: ["docker push q/r"]}}]}'

digest=sha256:9b2a28eb47540823042a2ba401386845089bb7b62a9637d55816132c4c3c36eb
for text in nginx docker.io/library/nginx:1.25 "quay.io/a/b@$digest" localhost:5000/a__b/c-d:V_1.0-x \
    '[fd00:ec2::254]:80/a/b:c' 127.1:80/a A.example.com/b--c https://quay.io/a/b user:pw@host/a '@IMAGE@:<tag>' \
    docker://a/b:1@sha512:aa registry.example.com./a:1 nginх; do
    seed reference < <(printf '%s' "$text")
done
while IFS= read -r line; do seed challenge < <(printf '%b' "$line"); done <<'END'
Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull"
Basic realm="a \\"b\\""\nBearer realm=https://x.example/t
Bearer realm="file:///etc/passwd",error="invalid_token", Digest a=b
{"errors":[{"code":"MANIFEST_UNKNOWN","message":"OCI index found","detail":{"Tag":"1"}}]}
{"name":"a/b","tags":["1.2","v1.2.3-rc1",null]}
</v2/a/tags/list?last=b&n=100>; rel="next"
{"auths":{"*.example.com/team":{"auth":"dTpw"}},"credHelpers":{"a":"b"},"credsStore":"c"}
kind: Secret\ndata: {.dockerconfigjson: eyJhdXRocyI6e319}
END
oci=application/vnd.oci.image
docker=application/vnd.docker.distribution
seed manifest <<<"$oci.index.v1+json
{\"schemaVersion\":2,\"mediaType\":\"$oci.index.v1+json\",\"manifests\":[{\"mediaType\":\"$oci.manifest.v1+json\",\"digest\":\"$digest\",\"size\":1,\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\",\"variant\":\"v8\"},\"annotations\":{\"vnd.docker.reference.type\":\"attestation-manifest\"}}]}"
seed manifest <<<"$docker.manifest.v2+json
{\"schemaVersion\":2,\"config\":{\"mediaType\":\"application/vnd.docker.container.image.v1+json\",\"digest\":\"$digest\",\"size\":1},\"layers\":[{\"mediaType\":\"application/vnd.docker.image.rootfs.diff.tar.gzip\",\"digest\":\"$digest\",\"size\":-1}]}"
seed manifest <<<"$docker.manifest.v1+prettyjws; charset=utf-8
{\"schemaVersion\":1,\"name\":\"a\",\"fsLayers\":[{\"blobSum\":\"$digest\"}],\"signatures\":[{}],\"architecture\":\"amd64\"}"
seed manifest <<<$'\n{"artifactType":"application/x","blobs":[],"os":"linux","architecture":"amd64"}'
a=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa z=0000000000000000000000000000000000000000
seed pre_push <<<"refs/heads/main $a refs/heads/main $z"
seed pre_push <<<"(delete) $z refs/heads/old $a
HEAD@{1 day ago} $a$a refs/heads/x ${z}000000000000000000000000"
seed config <<'END'
target: openshift-4
targets: [{paths: ["ci/**"], target: own}]
own-targets: {own: {accepts: [docker-schema2, oci-index], platform: linux/arm64}}
levels: {short-name: off, moved-tag: error}
ignore:
- {rules: [tag-not-found], paths: ["a/*.{yaml,yml}"], images: ["quay.io/*"], reason: why}
rewrites: [{from: docker.io, to: mirror.example}]
internal-hosts: ["*.svc"]
fail-on: warning
END
seed config <<'END'
ca: [/a.pem]
hosts: {"a.example:5000": {plain-http: true, credentials: openshift-login, allow: true}}
END
seed config <<<'{"version":1,"findings":[]}'
for text in quay.io/a/b:1 $'x\n::error file=a::b\r##[x]' $'a\e[2J\u009b\u202e\u200b\uffff' ']]><x a="&#0;">' \
    '`a|b` @c #1 [d](e) <img>' "\$(id) ''' %0A,::b"; do
    # Each text once for every format, and for every format in the second style.
    for choice in 0 1 2 3 4 5 6 7 8 9 ':' ';' '<' '=' '>' '?' '@' A B C; do
        seed reports "$choice" < <(printf '%s' "$text")
    done
done
echo "$number seeds in $corpus"
