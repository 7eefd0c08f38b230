//! hadolint's rules about FROM (hadolint/hadolint `test/Hadolint/Rule/DL300{6,7,9}Spec.hs`, `DL3022Spec.hs`, `DL3048`…): what it
//! takes for an image, for its tag, for an alias of a stage.

use super::{Row, check};

const ROWS: &[Row] = &[
    (
        "no tag",
        "Dockerfile",
        "FROM debian\n",
        &["docker.io/library/debian:latest"],
    ),
    (
        "a tag",
        "Dockerfile",
        "FROM debian:10\n",
        &["docker.io/library/debian:10"],
    ),
    (
        "latest",
        "Dockerfile",
        "FROM debian:latest\n",
        &["docker.io/library/debian:latest"],
    ),
    ("scratch", "Dockerfile", "FROM scratch\n", &[]),
    (
        "a name of a stage",
        "Dockerfile",
        "FROM debian:10 as build\nFROM build\n",
        &["docker.io/library/debian:10"],
    ),
    (
        "a name of a stage, in capitals",
        "Dockerfile",
        "FROM debian:10 AS Build\nFROM build\n",
        &["docker.io/library/debian:10"],
    ),
    (
        "a digest",
        "Dockerfile",
        "FROM hub.example.com/a@sha256:1111111111111111111111111111111111111111111111111111111111111111\n",
        &[
            "hub.example.com/a@sha256:1111111111111111111111111111111111111111111111111111111111111111",
        ],
    ),
    (
        "a port without a tag",
        "Dockerfile",
        "FROM registry.example.com:5000/a\n",
        &["registry.example.com:5000/a:latest"],
    ),
    ("a variable", "Dockerfile", "FROM $BASE\n", &["open $BASE"]),
    (
        "a variable with a default",
        "Dockerfile",
        "ARG VERSION=latest\nFROM debian:${VERSION}\n",
        &["docker.io/library/debian:latest"],
    ),
    (
        "a stage that is copied from",
        "Dockerfile",
        "FROM debian:10 as a\nRUN x\nFROM debian:11\nCOPY --from=a /x /\n",
        &["docker.io/library/debian:10", "docker.io/library/debian:11"],
    ),
    (
        "an image that is copied from",
        "Dockerfile",
        "FROM scratch\nCOPY --from=haskell:latest /x /\n",
        &["docker.io/library/haskell:latest"],
    ),
    (
        "a stage by its number",
        "Dockerfile",
        "FROM debian:10\nRUN x\nFROM debian:11\nCOPY --from=0 /x /\n",
        &["docker.io/library/debian:10", "docker.io/library/debian:11"],
    ),
    (
        "an image with a platform",
        "Dockerfile",
        "FROM --platform=linux debian:jessie\n",
        &["docker.io/library/debian:jessie"],
    ),
    (
        "a platform of the builder",
        "Dockerfile",
        "FROM --platform=$BUILDPLATFORM debian:11 AS a\n",
        &["docker.io/library/debian:11"],
    ),
    (
        "a Windows image",
        "Dockerfile",
        "# escape=`\nFROM microsoft/nanoserver:1709\n",
        &["docker.io/microsoft/nanoserver:1709"],
    ),
    (
        "a comment before",
        "Dockerfile",
        "# hadolint ignore=DL3006\nFROM ubuntu\n",
        &["docker.io/library/ubuntu:latest"],
    ),
    (
        "ONBUILD",
        "Dockerfile",
        "FROM node as foo\nONBUILD COPY --from=q.io/a:1 / /\n",
        &["docker.io/library/node:latest", "q.io/a:1"],
    ),
    (
        "heredocs",
        "Dockerfile",
        "FROM debian:10\nRUN <<EOF\nFROM inner:1\nEOF\n",
        &["docker.io/library/debian:10"],
    ),
    (
        "an image whose name is an alias later",
        "Dockerfile",
        "FROM node:8 AS node\nFROM node:9\n",
        &["docker.io/library/node:8", "docker.io/library/node:9"],
    ),
];

#[test]
fn from_lines_are_read_as_hadolint_reads_them() {
    check("hadolint's FROM lines", ROWS);
}
