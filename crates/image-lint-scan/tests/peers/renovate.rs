//! Renovate's managers (renovatebot/renovate `lib/modules/manager/*/extract.spec.ts`): what each takes for an image of a
//! registry. Left out are charts, features of dev containers and git repositories, which are no images, and names that
//! Renovate cuts at a variable, which no consuming tool does.

use super::{Row, check};

const ROWS: &[Row] = &[
    // ansible
    (
        "a container",
        "tasks/a.yml",
        "- name: x\n  docker_container:\n    name: x\n    image: ubuntu:14.04\n",
        &["docker.io/library/ubuntu:14.04"],
    ),
    (
        "without a tag",
        "tasks/a.yml",
        "- docker_container: {name: x, image: some/app}\n",
        &["docker.io/some/app:latest"],
    ),
    (
        "a collection",
        "tasks/a.yml",
        "- community.docker.docker_container: {image: 'q.io/a:1'}\n",
        &["q.io/a:1"],
    ),
    (
        "services of Compose",
        "tasks/a.yml",
        "- docker_service:\n    definition:\n      services:\n        a: {image: 'some/a:10'}\n        b: {image: 'b:2.6.2'}\n",
        &["docker.io/some/a:10", "docker.io/library/b:2.6.2"],
    ),
    // argocd
    (
        "kustomize images of an Application",
        "app.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec: {source: {kustomize: {images: ['q.io/a=q.io/b:2']}}}\n",
        &["q.io/b:2"],
    ),
    // azure-pipelines
    (
        "containers of the resources",
        "azure-pipelines.yml",
        "resources:\n  containers:\n  - container: linux\n    image: ubuntu:16.04\n  repositories:\n  - {repository: r, type: git, name: a/b}\n",
        &["docker.io/library/ubuntu:16.04"],
    ),
    (
        "a container job",
        "azure-pipelines.yml",
        "jobs:\n- job: a\n  container: python:3.7\n  steps: [{bash: ls}]\n",
        &["docker.io/library/python:3.7"],
    ),
    (
        "a pool is a machine",
        "azure-pipelines.yml",
        "pool: {vmImage: ubuntu-22.04}\nsteps: [{script: ls}]\n",
        &[],
    ),
    // bazel, bazel-module
    (
        "container_pull",
        "WORKSPACE",
        "container_pull(\n    name = \"a\",\n    registry = \"q.io\",\n    repository = \"x/a\",\n    tag = \"1\",\n)\n",
        &["q.io/x/a:1"],
    ),
    (
        "oci.pull",
        "MODULE.bazel",
        "oci.pull(\n  name = \"a\",\n  image = \"index.docker.io/library/nginx\",\n  tag = \"1.27\",\n)\n",
        &["docker.io/library/nginx:1.27"],
    ),
    (
        "oci.pull by digest",
        "MODULE.bazel",
        "oci.pull(name = \"a\", image = \"q.io/a\", digest = \"sha256:1111111111111111111111111111111111111111111111111111111111111111\")\n",
        &["q.io/a@sha256:1111111111111111111111111111111111111111111111111111111111111111"],
    ),
    (
        "rules_img",
        "MODULE.bazel",
        "pull = use_repo_rule(\"@rules_img//img:pull.bzl\", \"pull\")\npull(\n    name = \"a\",\n    registry = \"q.io\",\n    repository = \"x/a\",\n    tag = \"v1\",\n)\n",
        &["q.io/x/a:v1"],
    ),
    // bitbucket-pipelines
    (
        "an image and a service",
        "bitbucket-pipelines.yml",
        "image: node:10\npipelines:\n  default:\n  - step: {image: {name: 'node:18'}, script: [ls]}\ndefinitions:\n  services: {db: {image: 'mysql:5'}}\n",
        &[
            "docker.io/library/node:10",
            "docker.io/library/node:18",
            "docker.io/library/mysql:5",
        ],
    ),
    (
        "a pipe that is an image",
        "bitbucket-pipelines.yml",
        "pipelines:\n  default:\n  - step:\n      script:\n      - pipe: docker://some/pipe:2.0.2\n",
        &["docker.io/some/pipe:2.0.2"],
    ),
    // buildpacks
    (
        "a builder",
        "project.toml",
        "[io.buildpacks]\nbuilder = \"q.io/builder:1\"\n",
        &["q.io/builder:1"],
    ),
    (
        "buildpacks that are images",
        "project.toml",
        "[[io.buildpacks.group]]\nuri = \"docker://a/java:2\"\n[[io.buildpacks.group]]\nuri = \"a/node:3\"\n",
        &["docker.io/a/java:2", "docker.io/a/node:3"],
    ),
    (
        "buildpacks of their registry",
        "project.toml",
        "[[io.buildpacks.group]]\nuri = \"example/a@1.0.0\"\n[[io.buildpacks.group]]\nuri = \"urn:cnb:registry:example/b@1\"\n[[io.buildpacks.group]]\nuri = \"example/registry\"\n",
        &[],
    ),
    (
        "what is none",
        "project.toml",
        "[[io.buildpacks.group]]\nuri = \"from=builder:a\"\n[[io.buildpacks.group]]\nuri = \"file://a.oci\"\n",
        &[],
    ),
    // circleci
    (
        "docker executors",
        ".circleci/config.yml",
        "version: 2\njobs:\n  a:\n    docker:\n    - image: node:8.9.0\n    - image: q.io/a:2\n    steps: [checkout]\n",
        &["docker.io/library/node:8.9.0", "q.io/a:2"],
    ),
    (
        "an executor of its own",
        ".circleci/config.yml",
        "version: 2.1\nexecutors:\n  e: {docker: [{image: 'cimg/ruby:3'}]}\n",
        &["docker.io/cimg/ruby:3"],
    ),
    (
        "a machine",
        ".circleci/config.yml",
        "version: 2\njobs:\n  a:\n    machine: {image: 'ubuntu-2204:current'}\n    steps: [checkout]\n",
        &[],
    ),
    // cloudbuild
    (
        "steps",
        "cloudbuild.yaml",
        "steps:\n- name: 'gcr.io/cloud-builders/docker:19'\n  args: [build]\n- name: node:12\n",
        &[
            "gcr.io/cloud-builders/docker:19",
            "docker.io/library/node:12",
        ],
    ),
    // crossplane
    (
        "packages",
        "a.yaml",
        "apiVersion: pkg.crossplane.io/v1\nkind: Provider\nmetadata: {name: a}\nspec: {package: 'xpkg.example.io/a/b:v0.2.0'}\n",
        &["xpkg.example.io/a/b:v0.2.0"],
    ),
    (
        "a function",
        "a.yaml",
        "apiVersion: pkg.crossplane.io/v1beta1\nkind: Function\nmetadata: {name: a}\nspec: {package: 'xpkg.example.io/a/f:v0.2.1'}\n",
        &["xpkg.example.io/a/f:v0.2.1"],
    ),
    // crow, droneci, velaci, woodpecker
    (
        "steps as a list",
        ".woodpecker.yml",
        "steps:\n- {name: a, image: 'node:10', commands: [ls]}\n",
        &["docker.io/library/node:10"],
    ),
    (
        "steps as a map",
        ".woodpecker.yml",
        "steps:\n  a: {image: 'node:10', commands: [ls]}\nservices:\n  db: {image: 'postgres:9'}\n",
        &["docker.io/library/node:10", "docker.io/library/postgres:9"],
    ),
    (
        "pipeline of older files",
        ".woodpecker/a.yaml",
        "pipeline:\n  a: {image: 'q.io/x:1'}\nclone:\n  git: {image: 'plugin/git:2'}\n",
        &["q.io/x:1", "docker.io/plugin/git:2"],
    ),
    (
        "crow",
        ".crow.yaml",
        "steps:\n  a: {image: local-debug}\n",
        &["docker.io/library/local-debug:latest"],
    ),
    (
        "drone",
        ".drone.yml",
        "kind: pipeline\nsteps:\n- {name: a, image: 'amd64/node:10', commands: [ls]}\nservices:\n- {name: d, image: 'mysql:5.7'}\n",
        &["docker.io/amd64/node:10", "docker.io/library/mysql:5.7"],
    ),
    (
        "drone, over two lines",
        ".drone.yml",
        "kind: pipeline\nsteps:\n- name: a\n  image: \"node:10\\\n    -alpine\"\n",
        &["docker.io/library/node:10-alpine"],
    ),
    (
        "vela",
        ".vela.yml",
        "version: '1'\nsteps:\n- {name: a, image: 'golang:1.13', commands: [ls]}\nsecrets:\n- origin: {image: 'target/vault:v0.1.0'}\n",
        &[
            "docker.io/library/golang:1.13",
            "docker.io/target/vault:v0.1.0",
        ],
    ),
    // devcontainer
    (
        "an image",
        ".devcontainer/devcontainer.json",
        "{\"image\": \"q.io/x/image:1.2.3\"}",
        &["q.io/x/image:1.2.3"],
    ),
    // docker-compose
    (
        "services",
        "docker-compose.yml",
        "services:\n  a: {image: 'node:20'}\n  b: {image: 'q.io/b:alpine'}\n",
        &["docker.io/library/node:20", "q.io/b:alpine"],
    ),
    (
        "the first version",
        "docker-compose.yml",
        "web:\n  image: node:20.0.0\n",
        &["docker.io/library/node:20.0.0"],
    ),
    (
        "a default",
        "docker-compose.yml",
        "services:\n  a: {image: '${A:-redis:5}'}\n",
        &["docker.io/library/redis:5"],
    ),
    (
        "a service that is built",
        "docker-compose.yml",
        "services:\n  a: {build: .}\n",
        &[],
    ),
    (
        "an anchor",
        "docker-compose.yml",
        "x-a: &a\n  image: node:20\nservices:\n  a: {<<: *a}\n",
        &["docker.io/library/node:20"],
    ),
    // dockerfile
    (
        "a plain line",
        "Dockerfile",
        "FROM node\n",
        &["docker.io/library/node:latest"],
    ),
    (
        "any case",
        "Dockerfile",
        "From node:8\n",
        &["docker.io/library/node:8"],
    ),
    (
        "a stage",
        "Dockerfile",
        "FROM node:6 as frontend\nRUN a\nFROM frontend\n",
        &["docker.io/library/node:6"],
    ),
    (
        "stages by number",
        "Dockerfile",
        "FROM node:6\nFROM python:3\nCOPY --from=0 /a /b\n",
        &["docker.io/library/node:6", "docker.io/library/python:3"],
    ),
    (
        "COPY --from",
        "Dockerfile",
        "FROM scratch\nCOPY --from=gcr.io/k8s/skaffold:v0.11.0 a b\n",
        &["gcr.io/k8s/skaffold:v0.11.0"],
    ),
    (
        "a port",
        "Dockerfile",
        "FROM q.io:1234/node\n",
        &["q.io:1234/node:latest"],
    ),
    (
        "comments and continuations",
        "Dockerfile",
        "FROM \\\n# a\nnode:8 \\\n as x\n",
        &["docker.io/library/node:8"],
    ),
    (
        "ARG",
        "Dockerfile",
        "ARG T=3.5\nFROM alpine:${T}\n",
        &["docker.io/library/alpine:3.5"],
    ),
    (
        "ARG that is quoted",
        "Dockerfile",
        "ARG img=\"mcr.example.com/dotnet:5.0\"\nFROM $img\n",
        &["mcr.example.com/dotnet:5.0"],
    ),
    (
        "several in one ARG",
        "Dockerfile",
        "ARG CUDA=9.2 L=ubuntu16.04\nFROM nvidia/cuda:${CUDA}-devel-${L}\n",
        &["docker.io/nvidia/cuda:9.2-devel-ubuntu16.04"],
    ),
    (
        "an ARG of a stage is not seen by FROM",
        "Dockerfile",
        "FROM a:1\nARG V=nginx:1\nFROM $V\n",
        &["docker.io/library/a:1", "open $V"],
    ),
    (
        "mounts",
        "Dockerfile",
        "FROM scratch as build\nRUN --mount=from=ghcr.io/a/uv,source=/uv,target=/x uv\nRUN --mount=type=bind,from=build,source=/a ls\n",
        &["ghcr.io/a/uv:latest"],
    ),
    (
        "a frontend",
        "Dockerfile",
        "# syntax=docker/dockerfile:1.1.7\nFROM scratch\n",
        &["docker.io/docker/dockerfile:1.1.7"],
    ),
    (
        "a digest that is too short",
        "Dockerfile",
        "FROM redis@sha256:abcd\n",
        &["invalid"],
    ),
    (
        "carriage returns",
        "Dockerfile",
        "ARG T=14.04\r\n# a\r\nFROM ubuntu:$T\r\n",
        &["docker.io/library/ubuntu:14.04"],
    ),
    (
        "an escape of its own",
        "Dockerfile",
        "# escape=`\nFROM `\n node:8\n",
        &["docker.io/library/node:8"],
    ),
    (
        "a variable as a registry",
        "Dockerfile",
        "FROM $R/some/image:1\n",
        &["open $R"],
    ),
    (
        "platform",
        "Dockerfile",
        "FROM --platform=linux/amd64 node:8\n",
        &["docker.io/library/node:8"],
    ),
    // flux
    (
        "images of a kustomization",
        "a.yaml",
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a}\nspec: {images: [{name: q.io/a, newName: q.io/b, newTag: v1}]}\n",
        &["q.io/b:v1"],
    ),
    (
        "an OCI repository",
        "a.yaml",
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: a}\nspec: {url: 'oci://q.io/manifests/a', ref: {tag: v1.8.2}}\n",
        &["q.io/manifests/a:v1.8.2"],
    ),
    (
        "by digest",
        "a.yaml",
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: a}\nspec: {url: 'oci://q.io/a', ref: {digest: 'sha256:1111111111111111111111111111111111111111111111111111111111111111', tag: v1}}\n",
        &["q.io/a@sha256:1111111111111111111111111111111111111111111111111111111111111111"],
    ),
    // github-actions
    (
        "containers and services",
        ".github/workflows/a.yml",
        "on: push\njobs:\n  j:\n    container: {image: 'node:16-bullseye'}\n    services:\n      r: {image: 'redis:5'}\n      p: 'postgres:10'\n",
        &[
            "docker.io/library/node:16-bullseye",
            "docker.io/library/redis:5",
            "docker.io/library/postgres:10",
        ],
    ),
    (
        "a step that is an image",
        ".github/workflows/a.yml",
        "on: push\njobs:\n  j:\n    steps:\n    - uses: docker://some/lint:1\n    - uses: actions/checkout@v4\n",
        &["docker.io/some/lint:1"],
    ),
    (
        "an action that is an image",
        "action.yml",
        "name: a\nruns: {using: docker, image: 'docker://some/a:1'}\n",
        &["docker.io/some/a:1"],
    ),
    // gitlabci
    (
        "an image as a string",
        ".gitlab-ci.yml",
        "image: alpine:3.11\nj: {script: [ls]}\n",
        &["docker.io/library/alpine:3.11"],
    ),
    (
        "an image with a name",
        ".gitlab-ci.yml",
        "image:\n  # a\n  name: some/lint:latest\nj: {script: [ls]}\n",
        &["docker.io/some/lint:latest"],
    ),
    (
        "services",
        ".gitlab-ci.yml",
        "j:\n  services:\n  - mariadb:10.4.11\n  - name: other/db:12\n    alias: db\n  script: [ls]\n",
        &["docker.io/library/mariadb:10.4.11", "docker.io/other/db:12"],
    ),
    (
        "the dependency proxy",
        ".gitlab-ci.yml",
        "j:\n  image: ${CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX}/some/a:1\n  script: [ls]\n",
        &["docker.io/some/a:1"],
    ),
    (
        "another prefix stays open",
        ".gitlab-ci.yml",
        "j:\n  image: $CI_REGISTRY/some/a:1\n  script: [ls]\n",
        &["open $CI_REGISTRY"],
    ),
    (
        "before and default",
        ".gitlab-ci.yml",
        "default: {image: 'node:8'}\nj: {image: 'node:9', script: [ls]}\n",
        &["docker.io/library/node:8", "docker.io/library/node:9"],
    ),
    // helm-values
    (
        "a repository and a tag",
        "values.yaml",
        "a:\n  image: {repository: bitnami/postgresql, tag: 11.6.0-debian}\n",
        &["docker.io/bitnami/postgresql:11.6.0-debian"],
    ),
    (
        "a registry beside",
        "values.yaml",
        "image: {registry: docker.io, repository: bitnami/harbor, tag: '2.1'}\n",
        &["docker.io/bitnami/harbor:2.1"],
    ),
    (
        "a digest in the tag",
        "values.yaml",
        "image:\n  repository: q.io/p\n  tag: 11.5@sha256:4762726f1471ef048dd807afdc0e19265e95ffdcc7cb4a34891f680290022809\n",
        &["q.io/p:11.5@sha256:4762726f1471ef048dd807afdc0e19265e95ffdcc7cb4a34891f680290022809"],
    ),
    (
        "a string",
        "values.yaml",
        "image: nginx:1.18-alpine\n",
        &["docker.io/library/nginx:1.18-alpine"],
    ),
    // kubernetes
    (
        "a pod",
        "a.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: 'nginx:1.7.9'}]}\n",
        &["docker.io/library/nginx:1.7.9"],
    ),
    (
        "a tag with underscores",
        "a.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: 'ghcr.io/a/b:b_stable_branch-v1'}]}\n",
        &["ghcr.io/a/b:b_stable_branch-v1"],
    ),
    (
        "a volume that is an image",
        "a.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [], volumes: [{name: v, image: {reference: 'q.io/a:v1'}}]}\n",
        &["q.io/a:v1"],
    ),
    (
        "a cron job",
        "a.yaml",
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{name: a, image: 'q.io/c:v2'}]}}}}}\n",
        &["q.io/c:v2"],
    ),
    ("something else", "a.yaml", "a: b\nimage: x\n", &[]),
    // quadlet
    (
        "an image",
        "a.image",
        "[Image]\nImage=q.io/a:v0.13\n",
        &["q.io/a:v0.13"],
    ),
    (
        "a container",
        "a.container",
        "[Container]\nImage=docker.io/library/alpine:3.22\nPull=missing\n",
        &["docker.io/library/alpine:3.22"],
    ),
    (
        "another unit",
        "a.container",
        "[Container]\nImage=a.build\n",
        &["local"],
    ),
    // tekton
    (
        "steps, sidecars, template",
        "a.yaml",
        "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: a}\nspec:\n  steps: [{image: 'q.io/s:1'}]\n  sidecars: [{image: 'q.io/d:1'}]\n  stepTemplate: {image: 'q.io/t:1'}\n",
        &["q.io/s:1", "q.io/d:1", "q.io/t:1"],
    ),
    (
        "within a pipeline",
        "a.yaml",
        "apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {name: a}\nspec:\n  tasks: [{name: x, taskSpec: {steps: [{image: 'q.io/a:1'}]}}]\n  finally: [{name: y, taskSpec: {sidecars: [{image: 'q.io/b:1'}]}}]\n",
        &["q.io/a:1", "q.io/b:1"],
    ),
    (
        "a bundle",
        "a.yaml",
        "apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {name: a}\nspec: {taskRef: {name: x, bundle: 'q.io/b:1'}}\n",
        &["q.io/b:1"],
    ),
    (
        "a bundle of a resolver",
        "a.yaml",
        "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {name: a}\nspec: {pipelineRef: {resolver: bundles, params: [{name: bundle, value: 'q.io/b:2'}, {name: name, value: x}]}}\n",
        &["q.io/b:2"],
    ),
    (
        "without a version",
        "a.yaml",
        "kind: TaskRun\nspec: {taskSpec: {steps: [{image: 'q.io/a:1'}]}}\n",
        &["q.io/a:1"],
    ),
    (
        "a list without a version",
        "a.yaml",
        "kind: List\nitems:\n- kind: PipelineRun\n  spec: {pipelineRef: {bundle: 'q.io/b:3'}}\n",
        &["q.io/b:3"],
    ),
    (
        "a trigger's template",
        "a.yaml",
        "kind: TriggerTemplate\nspec: {resourcetemplates: [{kind: TaskRun, spec: {taskSpec: {steps: [{image: 'q.io/a:4'}]}}}]}\n",
        &["q.io/a:4"],
    ),
    // terraform
    (
        "a deployment",
        "m.tf",
        "resource \"kubernetes_deployment\" \"a\" {\n spec {\n  template {\n   spec {\n    container {\n     image = \"nginx:1.21.6\"\n    }\n   }\n  }\n }\n}\n",
        &["docker.io/library/nginx:1.21.6"],
    ),
    (
        "a bare pod",
        "m.tf",
        "resource \"kubernetes_pod\" \"a\" {\n spec {\n  container { image = \"prom/prometheus:v2\" }\n  init_container { image = \"q.io/i:1\" }\n }\n}\n",
        &["docker.io/prom/prometheus:v2", "q.io/i:1"],
    ),
    (
        "the docker provider",
        "m.tf",
        "resource \"docker_image\" \"a\" { name = \"nginx:1.7.8\" }\nresource \"docker_container\" \"b\" { image = \"q.io/b:1\" }\n",
        &["docker.io/library/nginx:1.7.8", "q.io/b:1"],
    ),
    (
        "a data source",
        "m.tf",
        "data \"docker_registry_image\" \"u\" {\n name = \"ubuntu:precise\"\n}\n",
        &["docker.io/library/ubuntu:precise"],
    ),
    (
        "an attribute of another resource",
        "m.tf",
        "resource \"docker_image\" \"a\" {\n name = data.docker_registry_image.u.name\n}\n",
        &[],
    ),
    (
        "a service",
        "m.tf",
        "resource \"docker_service\" \"a\" {\n task_spec {\n  container_spec { image = \"repo.example.com:8080/foo:v1\" }\n }\n}\n",
        &["repo.example.com:8080/foo:v1"],
    ),
    (
        "a task definition",
        "m.tf",
        "resource \"aws_ecs_task_definition\" \"a\" {\n container_definitions = jsonencode([{ name = \"x\", image = \"q.io/e:1\" }])\n}\n",
        &["q.io/e:1"],
    ),
    (
        "a custom pod in a list",
        "m.tf",
        "resource \"kubernetes_manifest\" \"a\" {\n manifest = {\n  spec = { containers = [{ name = \"k\", image = \"gcr.io/kaniko:v1.7.0\" }] }\n }\n}\n",
        &["gcr.io/kaniko:v1.7.0"],
    ),
];

#[test]
fn images_of_each_manager_are_found() {
    check("Renovate's managers", ROWS);
}
