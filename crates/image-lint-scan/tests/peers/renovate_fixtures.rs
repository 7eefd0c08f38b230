//! Renovate's fixtures file by file (renovatebot/renovate `lib/modules/manager/*/__fixtures__` and what its tests write
//! inline), images only, retyped: every shape of a file once, manager by manager. Where a row says that Renovate takes what
//! is not an image there, the tool that reads the file decides: BuildKit (`ARG` of a stage), YAML (single quotes).
//! Managers without a row name no image of a container: bitrise, fleet, helmv3, jenkins, kotlin-script, sveltos, vendir,
//! whose artifacts are plugins, charts, modules and libraries.

use super::{Row, check};

const ROWS: &[Row] = &[
    // ansible
    (
        "every task of a file",
        "tasks/main.yml",
        "- name: a\n  docker_container:\n    name: d\n    image: busybox\n    volumes: [/data]\n- docker_container:\n    name: r\n    image: redis\n    command: redis-server --appendonly yes\n    links: ['x:y']\n- docker_container:\n    name: s\n    image: owner/appimage\n    state: started\n    restart: yes\n- docker_container: {name: m, state: present, image: 'ubuntu:14.04', command: 'sleep infinity'}\n- docker_container: {name: gone, state: absent}\n- docker_container:\n    name: \"c{{ item }}\"\n    recreate: yes\n    image: owner/other\n  with_sequence: count=4\n- docker_container: {name: db, image: 'postgres:latest', networks: [{name: \"{{ net }}\"}]}\n",
        &[
            "docker.io/library/busybox:latest",
            "docker.io/library/redis:latest",
            "docker.io/owner/appimage:latest",
            "docker.io/library/ubuntu:14.04",
            "docker.io/owner/other:latest",
            "docker.io/library/postgres:latest",
        ],
    ),
    (
        "a registry",
        "tasks/main.yml",
        "---\n- name: x\n  docker_container:\n    name: r\n    image: quay.io/redis:0.0.1\n",
        &["quay.io/redis:0.0.1"],
    ),
    // argocd
    (
        "a chart is no image",
        "app.yaml",
        "apiVersion: \"argoproj.io/v1alpha1\"\nkind: Application\nspec: {source: {chart: a, repoURL: 'https://example.com/charts', targetRevision: 2.4.1}}\n",
        &[],
    ),
    (
        "a chart in a registry is none",
        "app.yaml",
        "apiVersion: 'argoproj.io/v1alpha1'\nkind: Application\nspec: {source: {chart: some/chart, repoURL: q.io, targetRevision: 1.2.0}}\n",
        &[],
    ),
    (
        "overrides by tag, digest and what is none",
        "app.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    kustomize:\n      images:\n      - q.io/some-image:v2.3.4\n      - q.io/other/image@sha256:1111111111111111111111111111111111111111111111111111111111111111\n    repoURL: https://example.com/r.git\n    targetRevision: 1.0\n",
        &[
            "q.io/some-image:v2.3.4",
            "q.io/other/image@sha256:1111111111111111111111111111111111111111111111111111111111111111",
        ],
    ),
    (
        "a set of applications",
        "app.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nspec: {template: {spec: {sources: [{chart: a, repoURL: 'https://example.com/c', targetRevision: 1}, {path: k, repoURL: 'https://example.com/r.git', kustomize: {images: ['q.io/a:1']}}]}}}\n",
        &["q.io/a:1"],
    ),
    (
        "a workload beside",
        "app.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: n}\nspec: {template: {spec: {containers: [{name: n, image: 'nginx:1.14.2', ports: [{containerPort: 80}]}]}}}\n",
        &["docker.io/library/nginx:1.14.2"],
    ),
    // azure-pipelines
    (
        "a container with a digest, and one without an image",
        "azure-pipelines.yml",
        "resources:\n  containers:\n  - container: l\n    image: ubuntu:16.04\n  - container: p\n    image: python:3.7@sha256:1111111111111111111111111111111111111111111111111111111111111111\n  - container: none\n",
        &[
            "docker.io/library/ubuntu:16.04",
            "docker.io/library/python:3.7@sha256:1111111111111111111111111111111111111111111111111111111111111111",
        ],
    ),
    (
        "jobs of deployments",
        "azure-pipelines.yml",
        "jobs:\n- deployment: d\n  strategy: {runOnce: {deploy: {steps: [{task: 'Bash@3'}]}}}\n",
        &[],
    ),
    (
        "stages",
        "azure-pipelines.yml",
        "stages:\n- stage: s\n  jobs:\n  - job: j\n    container: q.io/a:1\n    steps: [{script: ls}]\n",
        &["q.io/a:1"],
    ),
    // batect
    (
        "containers, each of them",
        "batect.yml",
        "containers:\n  a:\n    image: alpine:1.2.3\n\n  b:\n    image: ubuntu:20.04\n\n  c:\n    build_directory: dir\n\n  d:\n    image: postgres:9.6.20@sha256:1111111111111111111111111111111111111111111111111111111111111111\n\ninclude:\n- include.yml\n- type: git\n  repo: https://example.com/r.git\n  ref: 1.2.3\n",
        &[
            "docker.io/library/alpine:1.2.3",
            "docker.io/library/ubuntu:20.04",
            "docker.io/library/postgres:9.6.20@sha256:1111111111111111111111111111111111111111111111111111111111111111",
        ],
    ),
    (
        "a file that is included",
        "include.yml",
        "containers:\n  e:\n    image: ubuntu:20.10\n  f:\n    build_directory: x\n",
        &["docker.io/library/ubuntu:20.10"],
    ),
    (
        "no containers",
        "batect.yml",
        "tasks:\n  t:\n    description: x\n",
        &[],
    ),
    // bazel
    (
        "container_pull with a tag and a digest",
        "WORKSPACE",
        "container_pull(\n    name = \"py\",\n    digest = \"sha256:1111111111111111111111111111111111111111111111111111111111111111\",\n    registry = \"q.io\",\n    repository = \"d/py\",\n    tag = \"latest\",\n)\n",
        &[
            "q.io/d/py:latest@sha256:1111111111111111111111111111111111111111111111111111111111111111",
        ],
    ),
    (
        "repositories of git and archives",
        "WORKSPACE",
        "git_repository(name = \"a\", remote = \"https://example.com/a.git\", tag = \"0.3\")\nhttp_archive(name = \"b\", urls = [\"https://example.com/b.tar.gz\"])\n",
        &[],
    ),
    (
        "rules_img with a tag and a digest",
        "MODULE.bazel",
        "pull = use_repo_rule(\"@rules_img//img:pull.bzl\", \"pull\")\npull(\n    name = \"u\",\n    digest = \"sha256:1111111111111111111111111111111111111111111111111111111111111111\",\n    registry = \"index.docker.io\",\n    repository = \"library/ubuntu\",\n    tag = \"24.04\",\n)\n",
        &[
            "docker.io/library/ubuntu:24.04@sha256:1111111111111111111111111111111111111111111111111111111111111111",
        ],
    ),
    (
        "rules_img without a registry, twice",
        "MODULE.bazel",
        "pull = use_repo_rule(\"@rules_img//img:pull.bzl\", \"pull\")\npull(\n    name = \"u\",\n    repository = \"library/ubuntu\",\n    tag = \"24.04\",\n)\npull(\n    name = \"n\",\n    repository = \"library/nginx\",\n    tag = \"1.27\",\n)\n",
        &[
            "docker.io/library/ubuntu:24.04",
            "docker.io/library/nginx:1.27",
        ],
    ),
    (
        "rules_img without a repository",
        "MODULE.bazel",
        "pull = use_repo_rule(\"@rules_img//img:pull.bzl\", \"pull\")\npull(\n    name = \"x\",\n    tag = \"1.0.0\",\n)\n",
        &[],
    ),
    (
        "rules_img under another name",
        "MODULE.bazel",
        "fetch = use_repo_rule(\"@rules_img//img:pull.bzl\", \"pull\")\nfetch(\n    name = \"u\",\n    repository = \"library/ubuntu\",\n    tag = \"24.04\",\n)\n",
        &["docker.io/library/ubuntu:24.04"],
    ),
    (
        "oci.pull, several",
        "MODULE.bazel",
        "oci.pull(\n    name = \"a\",\n    digest = \"sha256:1111111111111111111111111111111111111111111111111111111111111111\",\n    image = \"index.docker.io/library/nginx\",\n    platforms = [\"linux/amd64\"],\n    tag = \"1.27.1\",\n)\noci.pull(\n    name = \"b\",\n    image = \"q.io/o/app\",\n    tag = \"v2\",\n)\n",
        &[
            "docker.io/library/nginx:1.27.1@sha256:1111111111111111111111111111111111111111111111111111111111111111",
            "q.io/o/app:v2",
        ],
    ),
    (
        "modules",
        "MODULE.bazel",
        "module(name = \"a\", version = \"1\")\nbazel_dep(name = \"rules_foo\", version = \"1.2.3\")\ngit_override(module_name = \"b\", commit = \"8\", remote = \"https://example.com/b\")\n",
        &[],
    ),
    // bitbucket-pipelines
    (
        "images with names and without, a service, a pipe",
        "bitbucket-pipelines.yml",
        "image: node:10.15.1\n\npipelines:\n  default:\n    - step:\n        name: a\n        image:\n          username: x\n          name: node:18.15.0\n        script:\n          - pipe: docker://owner/cli:2.0.2\n          - pipe: owner/other:1.0\n    - step:\n        image: node:10.15.2\n        script: [x]\n",
        &[
            "docker.io/library/node:10.15.1",
            "docker.io/library/node:18.15.0",
            "docker.io/owner/cli:2.0.2",
            "docker.io/library/node:10.15.2",
        ],
    ),
    (
        "broken",
        "bitbucket-pipelines.yml",
        "image:\n  username: ccc\n",
        &[],
    ),
    // buildkite
    (
        "plugins are no images",
        ".buildkite/pipeline.yml",
        "steps:\n- plugins:\n  - docker-compose#v1.3.2: {build: app, image-repository: q.io/org/repo}\n  - docker-login#v2: {username: x}\n",
        &[],
    ),
    // buildpacks
    (
        "by digest, with a tag and without",
        "project.toml",
        "[_]\nschema-version = \"0.2\"\n\n[io.buildpacks]\nbuilder = \"q.io/builder/noble:1.1.1\"\n\n[[io.buildpacks.group]]\nuri = \"docker://buildpacks/java:2.2.2\"\n\n[[io.buildpacks.group]]\nuri = \"cnbs/some-bp@sha256:1111111111111111111111111111111111111111111111111111111111111111\"\n\n[[io.buildpacks.group]]\nuri = \"cnbs/some-bp:tag@sha256:1111111111111111111111111111111111111111111111111111111111111111\"\n",
        &[
            "q.io/builder/noble:1.1.1",
            "docker.io/buildpacks/java:2.2.2",
            "docker.io/cnbs/some-bp@sha256:1111111111111111111111111111111111111111111111111111111111111111",
            "docker.io/cnbs/some-bp:tag@sha256:1111111111111111111111111111111111111111111111111111111111111111",
        ],
    ),
    (
        "an empty project",
        "project.toml",
        "[_]\nschema-version = \"0.2\"\n\n[io.buildpacks]\n",
        &[],
    ),
    // circleci
    (
        "anchors say their images once",
        ".circleci/config.yml",
        "version: 2\ndefaults: &defaults\n  docker:\n  - image: node:10\njobs:\n  a: {<<: *defaults, steps: [checkout]}\n  b:\n    docker: [{image: 'node:4'}]\n    steps: [checkout]\n",
        &["docker.io/library/node:10", "docker.io/library/node:4"],
    ),
    (
        "an alias without a dash",
        ".circleci/config.yml",
        "aliases:\n- &image\n  image: cimg/node:14.8.0\nversion: 2\njobs:\n  a:\n    docker:\n    - <<: *image\n    steps: [checkout]\n",
        &["docker.io/cimg/node:14.8.0"],
    ),
    (
        "a machine of Android",
        ".circleci/config.yml",
        "version: 2.1\njobs:\n  a:\n    machine:\n      image: android:202102-01\n",
        &[],
    ),
    (
        "orbs that are written inline",
        ".circleci/config.yml",
        "version: 2.1\norbs:\n  myorb:\n    executors:\n      python:\n        docker:\n        - image: cimg/python:3.9\n    jobs:\n      test_image:\n        docker: [{image: 'cimg/python:3.7'}]\n        steps: []\nworkflows: {t: {jobs: [myorb/test_image]}}\n",
        &["docker.io/cimg/python:3.9", "docker.io/cimg/python:3.7"],
    ),
    (
        "by digest",
        ".circleci/config.yml",
        "version: 2\njobs:\n  a:\n    docker: [{image: 'pypy:3-6@sha256:1111111111111111111111111111111111111111111111111111111111111111'}]\n",
        &[
            "docker.io/library/pypy:3-6@sha256:1111111111111111111111111111111111111111111111111111111111111111",
        ],
    ),
    (
        "capitals in the path",
        ".circleci/config.yml",
        "executors:\n  e:\n    docker:\n    - image: quay.io/myName/myPackage:0.6.2\n",
        &["invalid"],
    ),
    // cloudbuild
    (
        "steps, with arguments and what is pushed",
        "cloudbuild.yaml",
        "steps:\n- name: 'gcr.io/cloud-builders/docker:19.03.8'\n  args: ['build', '-t', 'gcr.io/p/img', '.']\n- name: node:12\n  entrypoint: npm\n  args: ['test']\n- name: 'gcr.io/cloud-builders/kubectl'\n  args: ['set', 'image', 'deployment/a', 'a=gcr.io/p/img']\ntags: ['t1', 't2']\nimages: ['gcr.io/p/img']\n",
        &[
            "gcr.io/cloud-builders/docker:19.03.8",
            "gcr.io/p/img:latest",
            "docker.io/library/node:12",
            "gcr.io/cloud-builders/kubectl:latest",
            "gcr.io/p/img:latest",
        ],
    ),
    // crossplane
    (
        "a configuration in quotes",
        "a.yaml",
        "apiVersion: \"pkg.crossplane.io/v1\"\nkind: Configuration\nmetadata: {name: a}\nspec:\n  package: xpkg.example.io/a/platform:v0.6.0\n",
        &["xpkg.example.io/a/platform:v0.6.0"],
    ),
    (
        "no package",
        "a.yaml",
        "apiVersion: pkg.crossplane.io/v1\nkind: Provider\nmetadata: {name: a}\nspec: {}\n",
        &[],
    ),
    (
        "packages and a workload",
        "a.yaml",
        "apiVersion: pkg.crossplane.io/v1\nkind: Provider\nmetadata: {name: a}\nspec: {package: 'xpkg.example.io/a/nop:v0.2.0'}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: n}\nspec: {template: {spec: {containers: [{name: n, image: 'nginx:1.14.2'}]}}}\n",
        &[
            "xpkg.example.io/a/nop:v0.2.0",
            "docker.io/library/nginx:1.14.2",
        ],
    ),
    // crow
    (
        "clone and steps",
        ".crow.yaml",
        "clone:\n  git:\n    image: owner/plugin-git:latest\nsteps:\n  redis:\n    image: quay.io/something/redis:alpine\n",
        &[
            "docker.io/owner/plugin-git:latest",
            "quay.io/something/redis:alpine",
        ],
    ),
    (
        "steps and services in both forms",
        ".crow.yaml",
        "clone:\n  git:\n    image: owner/plugin-git:2.0.3\nservices:\n  - name: db\n    image: postgres:9.4.0\nsteps:\n  - name: w\n    image: node:10.0.0\n    commands: [npm ci]\n",
        &[
            "docker.io/owner/plugin-git:2.0.3",
            "docker.io/library/postgres:9.4.0",
            "docker.io/library/node:10.0.0",
        ],
    ),
    (
        "no image",
        ".crow.yaml",
        "steps:\n  a:\n    commands: [ls]\n",
        &[],
    ),
    // devcontainer
    (
        "comments and features",
        ".devcontainer/devcontainer.json",
        "// words\n{\n  // more\n  \"image\": \"q.io/x/image:1.2.3\",\n  \"features\": {\"q.io/x/feature:4.5.6\": {}}\n}\n",
        &["q.io/x/image:1.2.3"],
    ),
    (
        "features alone are no images",
        ".devcontainer/devcontainer.json",
        "{\"features\": {\"q.io/x/first:1.2.3\": {}, \"../own\": {}}}",
        &[],
    ),
    (
        "a key that is another",
        ".devcontainer/devcontainer.json",
        "{\"image:\": \"q.io/x/image:1.2.3\"}",
        &[],
    ),
    (
        "a key that is null",
        ".devcontainer/devcontainer.json",
        "{\"image\": null, \"features\": null}",
        &["open"],
    ),
    // docker-compose
    (
        "the first version, with links and builds",
        "docker-compose.yml",
        "redis:\n  image: quay.io/something/redis:alpine\n  ports: ['6379']\nnode:\n  image: node:10.0.0\nvote:\n  image: owner/vote:before\nlocal:\n  build: .\nworker: {image: owner/worker}\ned: {image: '${IMAGE:-owner/ed}:${TAG:-latest}'}\ndebug: {image: app-local-debug, build: {context: ., dockerfile: Dockerfile.local}}\n",
        &[
            "quay.io/something/redis:alpine",
            "docker.io/library/node:10.0.0",
            "docker.io/owner/vote:before",
            "docker.io/owner/worker:latest",
            "docker.io/owner/ed:latest",
            "docker.io/library/app-local-debug:latest",
        ],
    ),
    (
        "the third",
        "docker-compose.yml",
        "version: '3'\nservices:\n  r: {image: 'quay.io/something/redis:alpine', deploy: {replicas: 2}}\n  db: {image: 'postgres:9.4.0', volumes: ['d:/x']}\n  v: {image: 'owner/visualizer:stable', volumes: ['/var/run/docker.sock:/var/run/docker.sock']}\n",
        &[
            "quay.io/something/redis:alpine",
            "docker.io/library/postgres:9.4.0",
            "docker.io/owner/visualizer:stable",
        ],
    ),
    (
        "a default with a digest that is none",
        "docker-compose.yml",
        "version: '3'\nservices:\n  r: {image: '${R:-redis:5.0.0@sha256:abcd}'}\n",
        &["invalid"],
    ),
    (
        "tags of YAML",
        "docker-compose.yml",
        "services:\n  a:\n    image: node:20.0.0\n    ports: !reset []\n",
        &["docker.io/library/node:20.0.0"],
    ),
    (
        "a template",
        "docker-compose.yml",
        "version: '3'\nservices:\n  nginx:\n    image: quay.io/nginx:0.0.1\n{% if x %}\n    restart: no\n{% endif %}\n",
        &["quay.io/nginx:0.0.1"],
    ),
    (
        "a fragment that is merged",
        "docker-compose.yml",
        "x-shared:\n  a: &a\n    image: debian:11\nservices:\n  b:\n    <<: *a\n",
        &["docker.io/library/debian:11"],
    ),
    // dockerfile
    ("no FROM", "Dockerfile", "no from!\n", &[]),
    (
        "a digest",
        "Dockerfile",
        "FROM node@sha256:1111111111111111111111111111111111111111111111111111111111111111\n",
        &[
            "docker.io/library/node@sha256:1111111111111111111111111111111111111111111111111111111111111111",
        ],
    ),
    (
        "a tag and a digest",
        "Dockerfile",
        "FROM node:8.9.0@sha256:1111111111111111111111111111111111111111111111111111111111111111\n",
        &[
            "docker.io/library/node:8.9.0@sha256:1111111111111111111111111111111111111111111111111111111111111111",
        ],
    ),
    (
        "a host, a suffix",
        "Dockerfile",
        "FROM registry2.example.info/node:8-alpine\n",
        &["registry2.example.info/node:8-alpine"],
    ),
    (
        "a host with a port",
        "Dockerfile",
        "FROM registry2.example.info:5005/node:8\n",
        &["registry2.example.info:5005/node:8"],
    ),
    (
        "a namespace",
        "Dockerfile",
        "FROM mynamespace/node:8\n",
        &["docker.io/mynamespace/node:8"],
    ),
    (
        "a host with a namespace",
        "Dockerfile",
        "FROM registry2.example.info/someaccount/node:8\n",
        &["registry2.example.info/someaccount/node:8"],
    ),
    (
        "odd blanks",
        "Dockerfile",
        "FROM    registry.example.info:5005/node:8.7.0   \n\n",
        &["registry.example.info:5005/node:8.7.0"],
    ),
    (
        "a byte order mark",
        "Dockerfile",
        "﻿FROM node:6.12.3 as frontend\n\n",
        &["docker.io/library/node:6.12.3"],
    ),
    (
        "link and from",
        "Dockerfile",
        "FROM scratch\nCOPY --link --from=gcr.io/a/skaffold:v0.11.0 /x /y\n",
        &["gcr.io/a/skaffold:v0.11.0"],
    ),
    (
        "stages that are copied from by name",
        "Dockerfile",
        "FROM node:6 as frontend\nENV foo=bar\nFROM scratch\nCOPY --from=frontend /a /b\n",
        &["docker.io/library/node:6"],
    ),
    (
        "a final stage",
        "Dockerfile",
        "FROM node:8.15.1-alpine as skippedfrom\nFROM golang:1.23.3 as builder\nWORKDIR /go\nRUN go build\nFROM alpine:latest\nCOPY --from=builder /x .\nCMD [\"./app\"]\n",
        &[
            "docker.io/library/node:8.15.1-alpine",
            "docker.io/library/golang:1.23.3",
            "docker.io/library/alpine:latest",
        ],
    ),
    (
        "lines beside each other",
        "Dockerfile",
        "# -- Base images\n\nFROM node:8.11.3-alpine@sha256:1111111111111111111111111111111111111111111111111111111111111111 AS node\nFROM owner/puppeteer:1.1.1 AS puppeteer\n\nFROM    node AS production\nFROM production as development\nFROM puppeteer AS tests\nFROM production\n",
        &[
            "docker.io/library/node:8.11.3-alpine@sha256:1111111111111111111111111111111111111111111111111111111111111111",
            "docker.io/owner/puppeteer:1.1.1",
        ],
    ),
    (
        "every way to part a FROM",
        "Dockerfile",
        "# words\nFROM image1 as name1\n\nFROM  image2:1.0 \\\nas name2\n# FROM image3\n\nFROM\\\n # comment\n\n  image4 \\\n as name4\n\nFROM \t\\\n \t image5\\\n as name5\n",
        &[
            "docker.io/library/image1:latest",
            "docker.io/library/image2:1.0",
            "docker.io/library/image4:latest",
            "docker.io/library/image5:latest",
        ],
    ),
    (
        "every way to part a COPY",
        "Dockerfile",
        "FROM scratch\nCOPY --from=image6 a b\n\n  COPY \\\n --from=image7:1 a b\n# COPY --from=image8 a b\nCOPY --chown=a:b --from=image11 a b\nCOPY\\\n  \\\n --from=image12 a \\\n # comment\n b\n",
        &[
            "docker.io/library/image6:latest",
            "docker.io/library/image7:1",
            "docker.io/library/image11:latest",
            "docker.io/library/image12:latest",
        ],
    ),
    (
        "names of distributions",
        "Dockerfile",
        "FROM ubuntu:18.04\nFROM debian:buster\nFROM debian:11.4-slim\nFROM amd64/debian:10\nFROM docker.io/library/debian:10\nFROM public.ecr.aws/ubuntu/ubuntu:18.04\n",
        &[
            "docker.io/library/ubuntu:18.04",
            "docker.io/library/debian:buster",
            "docker.io/library/debian:11.4-slim",
            "docker.io/amd64/debian:10",
            "docker.io/library/debian:10",
            "public.ecr.aws/ubuntu/ubuntu:18.04",
        ],
    ),
    (
        "a continuation that is not needed",
        "Dockerfile",
        "FROM alpine:3.5\n\nRUN something \\",
        &["docker.io/library/alpine:3.5"],
    ),
    (
        "a blank after the continuation",
        "Dockerfile",
        "FROM \\ \nnginx:1.20\n",
        &["docker.io/library/nginx:1.20"],
    ),
    (
        "ARG without a default",
        "Dockerfile",
        "ARG img_base\nFROM $img_base\n",
        &["open $img_base"],
    ),
    (
        "ARG with an empty default",
        "Dockerfile",
        "ARG patch1=\"\"\nARG patch2=\nFROM nginx:1.20${patch1}$patch2\n",
        &["docker.io/library/nginx:1.20"],
    ),
    (
        "an empty default in single quotes",
        "Dockerfile",
        "ARG HUB=''\nFROM ${HUB}python:3.12\n",
        &["docker.io/library/python:3.12"],
    ),
    (
        "a version in ARG, double in quotes",
        "Dockerfile",
        "ARG\tVARIANT=\"1.60.0-bullseye\" \nFROM\trust:${VARIANT}\n",
        &["docker.io/library/rust:1.60.0-bullseye"],
    ),
    (
        "a default of itself",
        "Dockerfile",
        "ARG V=${V:-ubuntu:xenial}\nFROM ${V} as base\n",
        &["docker.io/library/ubuntu:xenial"],
    ),
    (
        "a digest in ARG",
        "Dockerfile",
        "ARG sum=sha256:1111111111111111111111111111111111111111111111111111111111111111\n ARG x=y\nFROM gcr.io/a/java17@$sum\n",
        &[
            "gcr.io/a/java17@sha256:1111111111111111111111111111111111111111111111111111111111111111",
        ],
    ),
    (
        "an ARG of a stage does not replace the global one (Renovate takes it)",
        "Dockerfile",
        "ARG base=nginx:1.19\nFROM $base as s1\nARG base=nginx:1.20\nFROM --platform=amd64 $base as s2\n",
        &["docker.io/library/nginx:1.19"],
    ),
    (
        "two words of one ARG without a sign of equality are two arguments (Renovate takes the second for a value)",
        "Dockerfile",
        "ARG CUDA=9.2\nARG L ubuntu16.04\nFROM nvidia/cuda:${CUDA}-devel-${L}\n",
        &["open ${L}"],
    ),
    (
        "scratch in ARG",
        "Dockerfile",
        "ARG img=scratch\nFROM $img as base\n",
        &[],
    ),
    (
        "ARG over several lines",
        "Dockerfile",
        " ARG \\\n\t# words\n   V=alpine:3.15.4\n\nFROM \\\n${V} as s1\n",
        &["docker.io/library/alpine:3.15.4"],
    ),
    (
        "an ARG over several lines after a FROM is of the stage (Renovate takes it)",
        "Dockerfile",
        "FROM a:1\nARG   \\\n  \\\n # words\n   n=\"nginx:1.18\"\n\nFROM $n as s2\n",
        &["docker.io/library/a:1", "open $n"],
    ),
    (
        "a directive that comes too late, and a continuation puts no blank (Renovate reads nginx:1.20, BuildKit the unknown FROMnginx:1.20)",
        "Dockerfile",
        "# dummy\n# escape = `\n\nFROM\\\nnginx:1.20\n",
        &[],
    ),
    (
        "directives in both spellings",
        "Dockerfile",
        "#  syntax=docker/dockerfile:1\n # EsCaPe=`\n ARG `\n\t# words\n   V=alpine:3.15.4\n\nFROM `\n${V} as s1\n\n\tCOPY \t`\n \t  `\n   --from=image12 a `\n\t#words\n\tb\n",
        &[
            "docker.io/docker/dockerfile:1",
            "docker.io/library/alpine:3.15.4",
            "docker.io/library/image12:latest",
        ],
    ),
    (
        "one argument several times",
        "Dockerfile",
        "ARG D=docker\nFROM ${D}.io/library/${D}:29.1.1-dind\n",
        &["docker.io/library/docker:29.1.1-dind"],
    ),
    (
        "several arguments",
        "Dockerfile",
        "ARG NODE_VERSION=16.14 ALPINE=3.14\nARG R=docker.io\nFROM ${R}/library/node:${NODE_VERSION}-alpine${ALPINE}@sha256:1111111111111111111111111111111111111111111111111111111111111111\n",
        &[
            "docker.io/library/node:16.14-alpine3.14@sha256:1111111111111111111111111111111111111111111111111111111111111111",
        ],
    ),
    (
        "capitals in the path",
        "Dockerfile",
        "FROM quay.io/myName/myPackage:0.6.2\n",
        &["invalid"],
    ),
    (
        "a frontend that comes too late",
        "Dockerfile",
        "FROM alpine:3.13.5\n# syntax=docker/dockerfile:1.1.7\nRUN x\n",
        &["docker.io/library/alpine:3.13.5"],
    ),
    // droneci
    (
        "every step",
        ".drone.yml",
        "kind: pipeline\nname: t\nsteps:\n- name: mix\n  image: elixir:1.8.1-alpine\n  commands: [mix test]\n- name: node\n  image: amd64/node:10.0.0@sha256:1111111111111111111111111111111111111111111111111111111111111111\n- name: db\n  image: mysql:5.7.24\n  ports: [3306]\n- name: r\n  image: redis:alpine\n",
        &[
            "docker.io/library/elixir:1.8.1-alpine",
            "docker.io/amd64/node:10.0.0@sha256:1111111111111111111111111111111111111111111111111111111111111111",
            "docker.io/library/mysql:5.7.24",
            "docker.io/library/redis:alpine",
        ],
    ),
    (
        "over three lines",
        ".drone.yml",
        "kind: pipeline\nsteps:\n- name: a\n  image: \"amd64/node\\\n    :10.0.0\\\n    @sha256:1111111111111111111111111111111111111111111111111111111111111111\"\n",
        &[
            "docker.io/amd64/node:10.0.0@sha256:1111111111111111111111111111111111111111111111111111111111111111",
        ],
    ),
    (
        "the same in single quotes, where YAML joins lines by blanks (Renovate takes it)",
        ".drone.yml",
        "kind: pipeline\nsteps:\n- name: a\n  image: 'amd64/node\\\n    :10.0.0'\n",
        &["invalid"],
    ),
    (
        "a registry",
        ".drone.yml",
        "kind: pipeline\nsteps:\n- name: mix\n  image: quay.io/elixir:1.8.1-alpine\n",
        &["quay.io/elixir:1.8.1-alpine"],
    ),
    // flux
    (
        "values of a release",
        "a.yaml",
        "apiVersion: helm.toolkit.fluxcd.io/v2beta1\nkind: HelmRelease\nmetadata: {name: e, namespace: k}\nspec:\n  chart: {spec: {chart: e, sourceRef: {kind: HelmRepository, name: e}, version: 1.7.0}}\n  values: {image: {repository: q.io/e/e, tag: v0.13.4}}\n",
        &["q.io/e/e:v0.13.4"],
    ),
    (
        "an OCI repository without a reference",
        "a.yaml",
        "apiVersion: source.toolkit.fluxcd.io/v1beta2\nkind: OCIRepository\nmetadata: {name: k, namespace: f}\nspec: {url: 'oci://q.io/k/m'}\n",
        &["q.io/k/m:latest"],
    ),
    (
        "a tag in quotes, the reference after the address",
        "a.yaml",
        "apiVersion: source.toolkit.fluxcd.io/v1beta2\nkind: OCIRepository\nmetadata: {name: k}\nspec:\n  url: oci://q.io/k/m\n  ref:\n    tag: \"v1.8.2\"\n",
        &["q.io/k/m:v1.8.2"],
    ),
    (
        "keys in quotes",
        "a.yaml",
        "apiVersion: source.toolkit.fluxcd.io/v1beta2\nkind: OCIRepository\nmetadata: {name: k}\nspec:\n  \"ref\":\n    \"tag\": v1.8.2\n    \"digest\": sha256:1111111111111111111111111111111111111111111111111111111111111111\n  url: oci://q.io/k/m\n",
        &["q.io/k/m@sha256:1111111111111111111111111111111111111111111111111111111111111111"],
    ),
    (
        "a digest within the tag",
        "a.yaml",
        "apiVersion: source.toolkit.fluxcd.io/v1beta2\nkind: OCIRepository\nmetadata: {name: k}\nspec: {ref: {tag: 'v1.8.2@sha256:1111111111111111111111111111111111111111111111111111111111111111'}, url: 'oci://q.io/k/m'}\n",
        &[
            "q.io/k/m:v1.8.2@sha256:1111111111111111111111111111111111111111111111111111111111111111",
        ],
    ),
    (
        "an alias as the tag",
        "a.yaml",
        "x-tag: &t v1.8.2\napiVersion: source.toolkit.fluxcd.io/v1beta2\nkind: OCIRepository\nmetadata: {name: k}\nspec: {ref: {tag: *t}, url: 'oci://q.io/k/m'}\n",
        &["q.io/k/m:v1.8.2"],
    ),
    (
        "two repositories with one name",
        "a.yaml",
        "apiVersion: source.toolkit.fluxcd.io/v1beta2\nkind: OCIRepository\nmetadata: {name: k}\nspec: {ref: {tag: v1.0.0}, url: 'oci://q.io/other'}\n---\napiVersion: source.toolkit.fluxcd.io/v1beta2\nkind: OCIRepository\nmetadata: {name: k}\nspec: {ref: {digest: 'sha256:1111111111111111111111111111111111111111111111111111111111111111', tag: v1.8.2}, url: 'oci://q.io/k/m'}\n",
        &[
            "q.io/other:v1.0.0",
            "q.io/k/m@sha256:1111111111111111111111111111111111111111111111111111111111111111",
        ],
    ),
    (
        "every form of an entry",
        "a.yaml",
        "apiVersion: kustomize.toolkit.fluxcd.io/v1beta2\nkind: Kustomization\nmetadata: {name: p}\nspec:\n  images:\n  - {name: podinfo, newName: q.io/podinfo, newTag: v1}\n  - {name: q.io/b, newTag: 1.8.0}\n  - {name: q.io/c, digest: 'sha256:1111111111111111111111111111111111111111111111111111111111111111'}\n",
        &[
            "q.io/podinfo:v1",
            "q.io/b:1.8.0",
            "q.io/c@sha256:1111111111111111111111111111111111111111111111111111111111111111",
        ],
    ),
    (
        "its own controllers",
        "flux-system/gotk-components.yaml",
        "---\n# Flux Version: v0.24.1\n# Components: source-controller\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: source-controller}\nspec: {template: {spec: {containers: [{name: manager, image: 'ghcr.io/f/source-controller:v0.19.2'}]}}}\n",
        &["ghcr.io/f/source-controller:v0.19.2"],
    ),
    (
        "git repositories and charts",
        "a.yaml",
        "apiVersion: source.toolkit.fluxcd.io/v1beta1\nkind: GitRepository\nmetadata: {name: r}\nspec: {ref: {tag: v11.35.4}, url: 'https://example.com/r'}\n---\napiVersion: source.toolkit.fluxcd.io/v1beta2\nkind: HelmRepository\nmetadata: {name: a}\nspec: {type: oci, url: 'oci://q.io/actions'}\n",
        &[],
    ),
    // github-actions
    (
        "a step in an older form",
        ".github/workflows/a.yml",
        "name: l\non: [push]\njobs:\n  d:\n    steps:\n    - uses: docker://owner/lint\n      with: {args: Dockerfile}\n    - uses: actions/docker/cli@master\n",
        &["docker.io/owner/lint:latest"],
    ),
    (
        "a container by digest",
        ".github/workflows/a.yml",
        "on: push\njobs:\n  j:\n    container: node:6@sha256:1111111111111111111111111111111111111111111111111111111111111111\n    services: {p: 'postgres:10'}\n    steps: [{run: ls}]\n",
        &[
            "docker.io/library/node:6@sha256:1111111111111111111111111111111111111111111111111111111111111111",
            "docker.io/library/postgres:10",
        ],
    ),
    (
        "in quotes",
        ".github/workflows/a.yml",
        "on: push\njobs:\n  j:\n    steps:\n    - uses: \"docker://busybox:1.37.0-glibc\"\n",
        &["docker.io/library/busybox:1.37.0-glibc"],
    ),
    (
        "builders of actions are no images",
        ".github/workflows/a.yml",
        "on: push\njobs:\n  j:\n    steps:\n    - uses: docker/setup-qemu-action@c308fdd69d26ed66f4506ebd74b180abe5362145 # renovate: tag=v1.1.0\n    - uses: docker/build-push-action@v2\n",
        &[],
    ),
    (
        "an action of steps",
        "action.yml",
        "name: a\nruns:\n  using: composite\n  steps:\n  - uses: docker://q.io/a:1\n  - uses: actions/setup-node@v4\n    with: {node-version: 20}\n",
        &["q.io/a:1"],
    ),
    // gitlabci
    (
        "several documents",
        ".gitlab-ci.yml",
        "image:\n  name: a/a:19.70.8-slim\nj:\n  script: [ls]\n---\nimage: b/b:1\nk: {services: ['mariadb:10.4.11'], script: [ls]}\n",
        &[
            "docker.io/a/a:19.70.8-slim",
            "docker.io/b/b:1",
            "docker.io/library/mariadb:10.4.11",
        ],
    ),
    (
        "services in every form",
        ".gitlab-ci.yml",
        "image:\n  # words\n  name: a/a:19-slim\nj:\n  script: [ls]\n  services:\n    - name: other/image1:1.0.0\n      alias: x\n    - alias: y\n      entrypoint: ['/x']\n      name: other/image2:1.0.0\n    - name: >-\n        m/postgresql:12.3-1\n    - mariadb:10.4.11\n    - registry.example.com/myimage:latest\n    - 'tomcat:7-jre8' # words\n",
        &[
            "docker.io/a/a:19-slim",
            "docker.io/other/image1:1.0.0",
            "docker.io/other/image2:1.0.0",
            "docker.io/m/postgresql:12.3-1",
            "docker.io/library/mariadb:10.4.11",
            "registry.example.com/myimage:latest",
            "docker.io/library/tomcat:7-jre8",
        ],
    ),
    (
        "a digest that is too short",
        ".gitlab-ci.yml",
        "j: {services: ['myimage@sha256:0ecb2ad60'], script: [ls]}\n",
        &["invalid"],
    ),
    (
        "variables anywhere",
        ".gitlab-ci.yml",
        "image: $V/a/a:31\nj:\n  services:\n  - name: ${V}/b:2\n  - docker.io/$V/c:3\n  script: [ls]\n",
        &["open $V", "open ${V}", "open $V"],
    ),
    (
        "the proxy of dependencies, each of them",
        ".gitlab-ci.yml",
        "image: $CI_DEPENDENCY_PROXY_DIRECT_GROUP_IMAGE_PREFIX/mariadb:10.4.11\nj: {image: '${CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX}/other/a:1', script: [ls]}\n",
        &["docker.io/library/mariadb:10.4.11", "docker.io/other/a:1"],
    ),
    (
        "jobs below anchors",
        ".gitlab-ci.yml",
        ".e: &e {tags: [d]}\nimage: ruby:2.5.0\nlint:\n  stage: t\n  <<: *e\n  image: h/h:latest\n  script: [h Dockerfile]\nrun:\n  image: docker:latest\n  services: ['docker:dind']\n  script:\n  - docker run -d --name db a/clair-db:latest\n",
        &[
            "docker.io/library/ruby:2.5.0",
            "docker.io/h/h:latest",
            "docker.io/library/docker:latest",
            "docker.io/library/docker:dind",
            "docker.io/a/clair-db:latest",
        ],
    ),
    (
        "images in a hidden job",
        ".gitlab-ci.yml",
        ".x:\n  image: q.io/a:1.15\nj: {extends: .x, script: [ls]}\n",
        &["q.io/a:1.15"],
    ),
    // gitlabci-include
    (
        "includes of other projects are no images",
        ".gitlab-ci.yml",
        "include:\n- project: a/b\n  file: x.yml\n  ref: 1.0.0\n- remote: https://example.com/x.yml\n- component: gitlab.example.com/a/b@1.0\n",
        &[],
    ),
    // helm-values
    (
        "what helm create writes",
        "values.yaml",
        "replicaCount: 1\nimage:\n  repository: nginx\n  tag: 1.16.1\n  pullPolicy: IfNotPresent\nimagePullSecrets: []\n",
        &["docker.io/library/nginx:1.16.1"],
    ),
    (
        "images within images, lists, names that end so",
        "values.yaml",
        "api:\n  image:\n    image:\n      repository: b/postgresql\n      tag: 11.6.0-debian-9-r0\n      some: x\nl:\n- image:\n    registry: docker.io\n    repository: b/pg\n    tag: 11.5.0\ncoreImage:\n  registry: docker.io\n  repository: b/core\n  tag: 2.1.3\n",
        &[
            "docker.io/b/postgresql:11.6.0-debian-9-r0",
            "docker.io/b/pg:11.5.0",
            "docker.io/b/core:2.1.3",
        ],
    ),
    // helmfile
    (
        "charts are no images",
        "helmfile.yaml",
        "repositories:\n- {name: k, url: 'https://example.com'}\nreleases:\n- {name: e, chart: k/e, version: 1.0.0}\n- {name: o, chart: 'oci://q.io/c/url-example', version: 0.4.2}\n",
        &[],
    ),
    // helmsman
    // kubernetes
    (
        "several objects",
        "a.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: n}\nspec: {template: {spec: {containers: [{name: a, image: 'nginx:1.7.9'}, {name: b, image: \"nginx:1.22.1\"}]}}}\n---\napiVersion: extensions/v1beta1\nkind: DaemonSet\nmetadata: {name: k}\nspec: {template: {spec: {containers: [{command: [x], image: 'k8s.gcr.io/kube-proxy-amd64:v1.11.1', imagePullPolicy: IfNotPresent, name: k}]}}}\n",
        &[
            "docker.io/library/nginx:1.7.9",
            "docker.io/library/nginx:1.22.1",
            "k8s.gcr.io/kube-proxy-amd64:v1.11.1",
        ],
    ),
    (
        "the image first in its item",
        "a.yaml",
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: l}\nspec:\n  template:\n    spec:\n      containers:\n        - image: \"quay.io/x/provisioner:v2.1.0\"\n          name: p\n",
        &["quay.io/x/provisioner:v2.1.0"],
    ),
    (
        "settings",
        "a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\n",
        &[],
    ),
    (
        "a template of a chart",
        "a.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  initContainers:\n  - name: i\n    image: busybox\n  containers:\n  {{- with .Values.x }}\n  - name: a\n    image: {{ .Values.image.repository }}:{{ .Values.image.tag }}\n  {{- end }}\n",
        &[
            "docker.io/library/busybox:latest",
            "open {{ .Values.image.repository }}",
        ],
    ),
    (
        "volumes of a pod and of a cron job, and one that is broken",
        "a.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers: []\n  volumes:\n  - name: v\n    image: {reference: 'q.io/pod:v1'}\n  - name: w\n    image: {}\n---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec: {jobTemplate: {spec: {template: {spec: {containers: [], volumes: [{name: v, image: {reference: 'q.io/cron:v2'}}]}}}}}\n",
        &["q.io/pod:v1", "q.io/cron:v2"],
    ),
    // quadlet
    (
        "a volume",
        "a.volume",
        "[Volume]\nDriver=image\nImage=docker.io/library/alpine:3.22\n",
        &["docker.io/library/alpine:3.22"],
    ),
    (
        "with a transport",
        "a.volume",
        "[Volume]\nDriver=image\nImage=docker://docker.io/library/alpine:3.22\n",
        &["docker.io/library/alpine:3.22"],
    ),
    (
        "of a daemon",
        "a.volume",
        "[Volume]\nDriver=image\nImage=docker-daemon:docker.io/library/alpine:3.22\n",
        &["local"],
    ),
    (
        "another image unit",
        "a.container",
        "[Container]\nImage=foo.image\n",
        &["local"],
    ),
    (
        "a variable",
        "a.container",
        "[Container]\nImage=${image}\n",
        &["open ${image}"],
    ),
    // tekton
    (
        "bundles of every kind",
        "a.yaml",
        "kind: Pipeline\nspec:\n  tasks:\n  - taskRef: {bundle: 'q.io/p:1.0@sha256:1111111111111111111111111111111111111111111111111111111111111111'}\n  finally:\n  - taskRef: {bundle: 'q.io/f:1.0'}\n---\nkind: Pipeline\nspec:\n  tasks:\n  - taskRef: {resolver: bundles, params: [{name: kind, value: task}, {name: bundle, value: 'q.io/r:1.0'}]}\n---\nkind: TaskRun\nspec: {taskRef: {bundle: q.io/t}}\n---\nkind: PipelineRun\nspec: {pipelineSpec: {tasks: [{taskRef: {bundle: q.io/i}}]}}\n",
        &[
            "q.io/p:1.0@sha256:1111111111111111111111111111111111111111111111111111111111111111",
            "q.io/f:1.0",
            "q.io/r:1.0",
            "q.io/t:latest",
            "q.io/i:latest",
        ],
    ),
    (
        "a resolver beside a bundle",
        "a.yaml",
        "kind: Pipeline\nspec:\n  tasks:\n  - taskRef: {bundle: 'q.io/ignored:1', resolver: bundles, params: [{name: bundle, value: 'q.io/r:1'}], resource: [{name: bundle, value: 'q.io/ignored:1'}]}\n",
        &["q.io/r:1"],
    ),
    (
        "the older name of its parameters",
        "a.yaml",
        "kind: Pipeline\nspec:\n  tasks:\n  - taskRef: {bundle: 'q.io/ignored:1', resolver: bundles, resource: [{name: bundle, value: 'q.io/r:1'}]}\n",
        &["q.io/r:1"],
    ),
    (
        "templates of a trigger, each way",
        "a.yaml",
        "kind: TriggerTemplate\nspec:\n  resourcetemplates:\n  - {kind: TaskRun, spec: {taskRef: {bundle: q.io/a}}}\n  - {kind: PipelineRun, spec: {pipelineRef: {resolver: bundles, params: [{name: bundle, value: q.io/b}]}}}\n",
        &["q.io/a:latest", "q.io/b:latest"],
    ),
    (
        "steps, templates, sidecars of everything",
        "a.yaml",
        "kind: PipelineRun\nspec:\n  pipelineSpec:\n    tasks:\n    - taskSpec: {steps: [{image: q.io/s}], stepTemplate: {image: q.io/t}, sidecars: [{image: q.io/c}]}\n    finally:\n    - taskSpec: {steps: [{image: q.io/d}]}\n",
        &[
            "q.io/s:latest",
            "q.io/t:latest",
            "q.io/c:latest",
            "q.io/d:latest",
        ],
    ),
    (
        "a task of a git address is none",
        "a.yaml",
        "apiVersion: tekton.dev/v1beta1\nkind: PipelineRun\nmetadata:\n  name: a\n  annotations:\n    pipelinesascode.tekton.dev/task: \"[git-clone,https://example.com/v0.0.4/create.yaml]\"\nspec: {}\n",
        &[],
    ),
    // terraform
    (
        "every workload of the provider",
        "m.tf",
        "resource \"kubernetes_cron_job_v1\" \"a\" {\n spec {\n  job_template {\n   spec {\n    template {\n     spec {\n      container {\n       name = \"k\"\n       image = \"q.io/cron:v1.8.0@sha256:1111111111111111111111111111111111111111111111111111111111111111\"\n      }\n     }\n    }\n   }\n  }\n }\n}\nresource \"kubernetes_daemon_set_v1\" \"b\" {\n spec {\n  template {\n   spec {\n    container { image = \"nginx:1.21.1\" }\n   }\n  }\n }\n}\nresource \"kubernetes_job\" \"c\" {\n spec {\n  template {\n   spec {\n    container { name = \"none\" }\n   }\n  }\n  image = \"nginx:1.21.6\"\n }\n}\nresource \"kubernetes_stateful_set\" \"d\" {\n spec {\n  template {\n   spec {\n    init_container { image = \"nginx:1.21.11\" }\n    container { image = \"prom/prometheus:v2.2.1\" }\n   }\n  }\n }\n}\n",
        &[
            "q.io/cron:v1.8.0@sha256:1111111111111111111111111111111111111111111111111111111111111111",
            "docker.io/library/nginx:1.21.1",
            "docker.io/library/nginx:1.21.11",
            "docker.io/prom/prometheus:v2.2.1",
        ],
    ),
    (
        "images of the docker provider, and what is none",
        "m.tf",
        "data \"docker_registry_image\" \"u\" {\n  name = \"ubuntu:precise\"\n}\nresource \"docker_image\" \"n\" {\n  name = \"nginx:1.7.8\"\n}\nresource \"docker_image\" \"none\" {}\nresource \"docker_image\" \"v\" {\n  name = data.docker_registry_image.u.name\n}\nresource \"docker_image\" \"p\" {\n  name = \"hub.example.com/b/nginx:1.24.0\"\n}\nresource \"not_supported\" \"f\" {\n  name = \"foo\"\n  image = \"nginx:1.7.8\"\n}\n",
        &[
            "docker.io/library/ubuntu:precise",
            "docker.io/library/nginx:1.7.8",
            "hub.example.com/b/nginx:1.24.0",
        ],
    ),
    (
        "modules and charts",
        "m.tf",
        "module \"v\" {\n  source = \"oci://q.io/m/vpc?tag=1.2.3\"\n}\nresource \"helm_release\" \"k\" {\n  repository = \"oci://q.io/k\"\n  chart = \"k\"\n  version = \"v0.22.1\"\n}\n",
        &[],
    ),
    (
        "the same in JSON",
        "m.tf.json",
        "{\"resource\": {\"docker_image\": {\"n\": {\"name\": \"nginx:1.7.8\"}}, \"kubernetes_pod\": {\"p\": {\"spec\": [{\"container\": [{\"name\": \"c\", \"image\": \"q.io/a:1\"}]}]}}}}",
        &["docker.io/library/nginx:1.7.8", "q.io/a:1"],
    ),
    // woodpecker
    (
        "every section of older files",
        ".woodpecker.yml",
        "clone:\n  git:\n    image: owner/plugin-git:2.0.3\n\npipeline:\n  redis:\n    image: quay.io/something/redis:alpine\n\n  node:\n    image: \"node:10.0.0\"\n    commands: [npm ci]\n\n  debug:\n    image: app-local-debug\n\nservices:\n  db:\n    image: postgres:9.5.0\n",
        &[
            "docker.io/owner/plugin-git:2.0.3",
            "quay.io/something/redis:alpine",
            "docker.io/library/node:10.0.0",
            "docker.io/library/app-local-debug:latest",
            "docker.io/library/postgres:9.5.0",
        ],
    ),
    (
        "a version with a v",
        ".woodpecker.yml",
        "steps:\n  redis:\n    image: quay.io/something/redis:v1.0.0\n",
        &["quay.io/something/redis:v1.0.0"],
    ),
    ("nothing", ".woodpecker.yml", "info:\n  version: 3\n", &[]),
];

#[test]
fn images_of_every_fixture_are_found() {
    check("Renovate's fixtures", ROWS);
}
