//! hadolint's rules about FROM (hadolint/hadolint `test/Hadolint/Rule/`: `DL3006Spec.hs`, `DL3007Spec.hs`, `DL3022Spec.hs`,
//! `DL3023Spec.hs`, `DL3024Spec.hs`, `DL3026Spec.hs`, `DL3029Spec.hs`, `DL3043Spec.hs`, `DL3061Spec.hs`, every row that holds
//! an image or a stage): what it takes for an image, for its tag, for an alias of a stage, for a registry.

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
    (
        "DL3006, untagged with a name",
        "Dockerfile",
        "FROM debian AS builder\n",
        &["docker.io/library/debian:latest"],
    ),
    (
        "DL3006, a digest that is cut off",
        "Dockerfile",
        "FROM ruby@sha256:f1dbca0f5dbc9\n",
        &["invalid"],
    ),
    (
        "DL3006, a tag",
        "Dockerfile",
        "FROM ruby:2\n",
        &["docker.io/library/ruby:2"],
    ),
    (
        "DL3006, the whole is an argument",
        "Dockerfile",
        "FROM ${VALUE}\n",
        &["open ${VALUE}"],
    ),
    (
        "DL3006, aliases need no tag",
        "Dockerfile",
        "FROM golang:1.9.3-alpine3.7 AS build\nRUN foo\nFROM build as unit-test\nRUN bar\nFROM alpine:3.7\nRUN baz\n",
        &[
            "docker.io/library/golang:1.9.3-alpine3.7",
            "docker.io/library/alpine:3.7",
        ],
    ),
    (
        "DL3006, others do",
        "Dockerfile",
        "FROM golang:1.9.3-alpine3.7 AS build\nRUN foo\nFROM node as unit-test\nRUN bar\nFROM alpine:3.7\nRUN baz\n",
        &[
            "docker.io/library/golang:1.9.3-alpine3.7",
            "docker.io/library/node:latest",
            "docker.io/library/alpine:3.7",
        ],
    ),
    (
        "DL3043, refused by builders, and named all the same",
        "Dockerfile",
        "ONBUILD FROM debian:buster\n",
        &["docker.io/library/debian:buster"],
    ),
    (
        "DL3007, latest with a name",
        "Dockerfile",
        "FROM debian:latest AS builder\n",
        &["docker.io/library/debian:latest"],
    ),
    (
        "DL3007, a tag with a name",
        "Dockerfile",
        "FROM debian:jessie AS builder\n",
        &["docker.io/library/debian:jessie"],
    ),
    (
        "DL3007, a tag and a digest",
        "Dockerfile",
        "FROM hub.example.com/debian:latest@sha256:7959ed6f7e35f8b1aaa06d1d8259d4ee25aa85a086d5c125480c333183f9deeb\n",
        &[
            "hub.example.com/debian:latest@sha256:7959ed6f7e35f8b1aaa06d1d8259d4ee25aa85a086d5c125480c333183f9deeb",
        ],
    ),
    (
        "DL3022, no such alias",
        "Dockerfile",
        "FROM scratch\nCOPY --from=foo bar .\n",
        &["docker.io/library/foo:latest"],
    ),
    (
        "DL3022, an alias that comes after",
        "Dockerfile",
        "FROM scratch\nCOPY --from=build foo .\nFROM node as build\nRUN baz\n",
        &["docker.io/library/node:latest"],
    ),
    (
        "DL3022, an alias",
        "Dockerfile",
        "FROM scratch as build\nRUN foo\nFROM node\nCOPY --from=build foo .\nRUN baz\n",
        &["docker.io/library/node:latest"],
    ),
    (
        "DL3022, a number of a stage with a name",
        "Dockerfile",
        "FROM scratch as build\nRUN foo\nFROM node\nCOPY --from=0 foo .\n",
        &["docker.io/library/node:latest"],
    ),
    (
        "DL3022, a number",
        "Dockerfile",
        "FROM scratch\nRUN foo\nFROM node\nCOPY --from=0 foo .\n",
        &["docker.io/library/node:latest"],
    ),
    (
        "DL3022, a number that no stage has",
        "Dockerfile",
        "FROM node\nCOPY --from=0 bar .\n",
        &["docker.io/library/node:latest"],
    ),
    (
        "DL3023, the stage itself",
        "Dockerfile",
        "FROM node as foo\nCOPY --from=foo bar .\n",
        &["docker.io/library/node:latest"],
    ),
    (
        "DL3023, another",
        "Dockerfile",
        "FROM scratch as build\nRUN foo\nFROM node as run\nCOPY --from=build foo .\nRUN baz\n",
        &["docker.io/library/node:latest"],
    ),
    (
        "DL3024, one alias twice",
        "Dockerfile",
        "FROM node as foo\nRUN something\nFROM scratch as foo\nRUN something\n",
        &["docker.io/library/node:latest"],
    ),
    (
        "DL3024, two aliases",
        "Dockerfile",
        "FROM scratch as build\nRUN foo\nFROM node as run\nRUN baz\n",
        &["docker.io/library/node:latest"],
    ),
    (
        "DL3026, a registry",
        "Dockerfile",
        "FROM random.com/debian\n",
        &["random.com/debian:latest"],
    ),
    (
        "DL3026, below a domain",
        "Dockerfile",
        "FROM foo.random.com/debian\n",
        &["foo.random.com/debian:latest"],
    ),
    (
        "DL3026, every form of Docker Hub",
        "Dockerfile",
        "FROM ubuntu:18.04 AS b1\nFROM owner/ubuntu:18.04 AS b2\nFROM docker.io/owner/ubuntu:18.04 AS b3\n",
        &[
            "docker.io/library/ubuntu:18.04",
            "docker.io/owner/ubuntu:18.04",
        ],
    ),
    (
        "DL3026, a stage",
        "Dockerfile",
        "FROM random.com/foo AS b1\nFROM b1 AS b2\n",
        &["random.com/foo:latest"],
    ),
    (
        "DL3026, copied from a registry",
        "Dockerfile",
        "FROM scratch\nCOPY --from=untrusted.com/repo/image:tag /foo /bar\n",
        &["untrusted.com/repo/image:tag"],
    ),
    (
        "DL3026, a bind mount",
        "Dockerfile",
        "FROM scratch\nRUN --mount=type=bind,from=untrusted.com/repo/image:tag,target=/foo foobar\n",
        &["untrusted.com/repo/image:tag"],
    ),
    (
        "DL3026, a cache mount",
        "Dockerfile",
        "FROM scratch\nRUN --mount=type=cache,from=untrusted.com/repo/image:tag,target=/foo foobar\n",
        &["untrusted.com/repo/image:tag"],
    ),
    (
        "DL3029, no platform",
        "Dockerfile",
        "FROM debian:jessie\n",
        &["docker.io/library/debian:jessie"],
    ),
    (
        "DL3029, in quotes",
        "Dockerfile",
        "FROM --platform=\"$BUILDPLATFORM\" debian:jessie\n",
        &["docker.io/library/debian:jessie"],
    ),
    (
        "DL3029, in braces",
        "Dockerfile",
        "FROM --platform=${BUILDPLATFORM} debian:jessie\n",
        &["docker.io/library/debian:jessie"],
    ),
    (
        "DL3029, an empty default",
        "Dockerfile",
        "FROM --platform=${BUILDPLATFORM:-} debian:jessie\n",
        &["docker.io/library/debian:jessie"],
    ),
    (
        "DL3029, both",
        "Dockerfile",
        "FROM --platform=\"${BUILDPLATFORM:-}\" debian:jessie\n",
        &["docker.io/library/debian:jessie"],
    ),
    (
        "DL3029, the target's",
        "Dockerfile",
        "FROM --platform=$TARGETPLATFORM debian:jessie\n",
        &["docker.io/library/debian:jessie"],
    ),
    (
        "DL3043, nested",
        "Dockerfile",
        "FROM scratch\nONBUILD ONBUILD RUN anything\n",
        &[],
    ),
    (
        "DL3043, every instruction that may follow",
        "Dockerfile",
        "FROM scratch\nONBUILD ADD a b\nONBUILD USER a\nONBUILD LABEL b=\"c\"\nONBUILD STOPSIGNAL a\nONBUILD COPY a b\nONBUILD RUN a\nONBUILD CMD a\nONBUILD SHELL a\nONBUILD WORKDIR a\nONBUILD EXPOSE 69\nONBUILD VOLUME a\nONBUILD ENTRYPOINT a\nONBUILD ENV A=\"b\"\nONBUILD ARG a\nONBUILD HEALTHCHECK NONE\n",
        &[],
    ),
    (
        "DL3061, a label before",
        "Dockerfile",
        "LABEL foo=bar\nFROM foo\n",
        &["docker.io/library/foo:latest"],
    ),
    (
        "DL3061, a label after",
        "Dockerfile",
        "FROM foo\nLABEL foo=bar\n",
        &["docker.io/library/foo:latest"],
    ),
    (
        "DL3061, an argument before",
        "Dockerfile",
        "ARG A=B\nFROM foo\nLABEL foo=bar\n",
        &["docker.io/library/foo:latest"],
    ),
    (
        "DL3061, a frontend before",
        "Dockerfile",
        "# syntax = docker/dockerfile:1.0-experimental\nFROM node:16-alpine3.13\n",
        &[
            "docker.io/docker/dockerfile:1.0-experimental",
            "docker.io/library/node:16-alpine3.13",
        ],
    ),
    (
        "DL3061, an argument after",
        "Dockerfile",
        "FROM foo\nARG A=B\nRUN echo bla\n",
        &["docker.io/library/foo:latest"],
    ),
];

#[test]
fn from_lines_are_read_as_hadolint_reads_them() {
    check("hadolint's FROM lines", ROWS);
}
