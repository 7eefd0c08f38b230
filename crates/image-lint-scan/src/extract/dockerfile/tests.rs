use std::time::Duration;

use proptest::prelude::*;

use super::*;
use image_lint_model::containerfile::DockerOnlyInstruction;
use image_lint_model::evaluate::{Lookup, Meaning, evaluate};
use image_lint_model::mention::{Expect, Extraction, Role};
use image_lint_model::value::{Origin, OriginKind, Variable};
use image_lint_text::source::{FileId, RepoPath, Segment};

fn read_as(name: &str, text: &str) -> Extraction {
    let file = SourceFile::new(
        FileId(0),
        RepoPath::from_bytes(name.as_bytes()),
        text.to_owned(),
    );
    let mut sink = Sink::new(&file);
    Dockerfile.extract(&file, &mut sink);
    sink.finish()
}

fn read(text: &str) -> Extraction {
    read_as("Dockerfile", text)
}

/// The definitions that a mention sees, as link looks them up.
struct Seen<'a>(&'a Extraction, Option<Scope>);

impl Lookup for Seen<'_> {
    fn look_up(&self, variable: &Variable) -> Meaning {
        let Some(scope) = self.1 else {
            return Meaning::Undefined;
        };
        let below = &self.0.definitions[..self.0.definitions.len().min(scope.upto as usize)];
        let found = below
            .iter()
            .enumerate()
            .rfind(|(_, d)| d.scope == scope.id && d.name == variable.name);
        match found {
            Some((i, d)) => match &d.value {
                Some(value) => Meaning::Defined {
                    value: evaluate(
                        value,
                        &Seen(
                            self.0,
                            Some(Scope {
                                upto: i as u32,
                                ..scope
                            }),
                        ),
                    )
                    .into(),
                    origin: Origin {
                        name: d.name.clone(),
                        kind: OriginKind::DockerfileArg,
                        place: Some(d.place),
                    },
                },
                None => Meaning::Declared(d.place),
            },
            None => Meaning::Undefined,
        }
    }
}

/// Each mention as `LINE:COLUMN SLICE`, with ` = EXPANDED` when that differs, and ` ?` when it stays open.
fn show(text: &str, extraction: &Extraction) -> Vec<String> {
    extraction
        .mentions
        .iter()
        .map(|m| {
            let slice = &text[m.place.span.range()];
            let value = evaluate(&m.value, &Seen(extraction, m.scope));
            let mut line = format!(
                "{}:{} {}",
                m.place.start.line,
                m.place.start.column,
                slice.replace('\n', "↵")
            );
            match value.known() {
                Some(known) if known == slice => {}
                Some(known) => line.push_str(&format!(" = {known}")),
                None => line.push_str(" ?"),
            }
            line
        })
        .collect()
}

fn check(rows: &[(&str, &[&str], &str)]) {
    for (text, expected, why) in rows {
        assert_eq!(show(text, &read(text)), *expected, "{why}");
    }
}

#[test]
fn from_names_its_image_at_its_exact_place() {
    check(&[
        ("FROM alpine", &["1:6 alpine"], "no line break at the end"),
        (
            "from alpine:3\n",
            &["1:6 alpine:3"],
            "keyword in lower case",
        ),
        ("  FROM\t alpine:3  \n", &["1:9 alpine:3"], "white space"),
        (
            "FROM --platform=linux/amd64 a/b:1 AS x\n",
            &["1:29 a/b:1"],
            "platform and stage",
        ),
        (
            "FROM --platform=$BUILDPLATFORM golang:1 as x\n",
            &["1:32 golang:1"],
            "platform variable",
        ),
        (
            "\u{feff}FROM alpine:3\r\nRUN x\r\n",
            &["1:6 alpine:3"],
            "BOM and CRLF",
        ),
        (
            "# ü\nFROM \"alpine:3\"\n",
            &["2:7 alpine:3"],
            "quotes are no part of the reference",
        ),
        (
            "FROM \\\n  alpine:3 \\\n  AS x\n",
            &["2:3 alpine:3"],
            "continuation",
        ),
        (
            "FROM \\\n# note\n\n  # more\n  alpine:3\n",
            &["5:3 alpine:3"],
            "comments and empty lines inside",
        ),
        (
            "FROM al\\\npine\n",
            &["1:6 al\\↵pine = alpine"],
            "a name over two lines",
        ),
        (
            "FROM docker://quay.io/a/b:1\n",
            &["1:15 quay.io/a/b:1"],
            "transport that buildah takes",
        ),
        (
            "FROM a:1 # why\n",
            &["1:6 a:1"],
            "a comment that docker refuses",
        ),
        ("# FROM a\nFROM b\n", &["2:6 b"], "commented out"),
        (
            "FROM a@sha256:0a AS x\nFROM b:c_d\n",
            &["1:6 a@sha256:0a", "2:6 b:c_d"],
            "digest and underscore",
        ),
        (
            "FROM scratch\nCOPY --from=a/b:1 / /\n",
            &["2:13 a/b:1"],
            "scratch is no image",
        ),
        (
            "FROM\nFROM a\n",
            &["2:6 a"],
            "a broken FROM loses only itself",
        ),
        (
            "ENTRYPOINT []\nNOSUCH x\nFROM a\nMAINTAINER\n",
            &["3:6 a"],
            "what strict parsers refuse",
        ),
        (
            "FROM a\nRUN echo \\\\\nFROM b\n",
            &["1:6 a", "3:6 b"],
            "a doubled backslash continues nothing",
        ),
        (
            "FROM a\nRUN x \\ \t\n  y\nFROM b\n",
            &["1:6 a", "4:6 b"],
            "blanks behind the backslash",
        ),
        (
            "FROM a\nRUN x \\\r\n  y\r\nFROM b\r\n",
            &["1:6 a", "4:6 b"],
            "continuation with CRLF",
        ),
        (
            "# escape=`\nFROM a\nRUN dir c:\\\nFROM b\nRUN x `\nFROM c\n",
            &["2:6 a", "4:6 b"],
            "escape=`",
        ),
        ("from the start it was clear\nto all of us\n", &[], "prose"),
    ]);
}

#[test]
fn stages_are_no_images() {
    check(&[
        (
            "FROM a AS Build\nFROM build\nFROM 0\nFROM 7\n",
            &["1:6 a", "4:6 7"],
            "names in any case, and numbers",
        ),
        (
            "FROM a AS x/y\nFROM x/y\n",
            &["1:6 a"],
            "a name may hold a slash",
        ),
        (
            "FROM x\nFROM a AS x\nFROM x\n",
            &["1:6 x", "2:6 a"],
            "only stages above",
        ),
        (
            "ARG S=One\nFROM a AS ${S}\nFROM one\nFROM $S\n",
            &["2:6 a"],
            "names from ARG",
        ),
        (
            "FROM a AS b-amd64\nFROM a AS b-arm64\nFROM b-${TARGETARCH}\nFROM b-$TARGETARCH$TARGETVARIANT\n",
            &["1:6 a", "2:6 a"],
            "a stage for each platform",
        ),
        (
            "ARG V\nFROM a AS build-x\nFROM build-${V}\n",
            &["2:6 a"],
            "an unknown variable picks a stage",
        ),
        (
            "ARG V\nFROM a AS x\nFROM ${V}\n",
            &["2:6 a", "3:6 ${V} ?"],
            "an unknown variable alone does not",
        ),
        (
            "FROM a AS x\nCOPY --from=X / /\nCOPY --from=0 / /\nCOPY --from=9 / /\nCOPY --from=late / /\nFROM b AS late\n",
            &["1:6 a", "6:6 b"],
            "sources of COPY may be any stage",
        ),
    ]);
}

#[test]
fn from_sees_the_arguments_above_the_first_stage() {
    check(&[
        (
            "ARG V=3\nFROM alpine:$V\n",
            &["2:6 alpine:$V = alpine:3"],
            "default",
        ),
        (
            "ARG V=\"3\"\nARG I='a/b':${V}\nFROM ${I}\n",
            &["3:6 ${I} = a/b:3"],
            "quotes and an earlier argument",
        ),
        (
            "ARG A=1 B=2\nFROM x:$A.$B\n",
            &["2:6 x:$A.$B = x:1.2"],
            "several on one line",
        ),
        ("ARG V\nFROM x:$V\n", &["2:6 x:$V ?"], "no default"),
        (
            "FROM a\nARG V=1\nFROM b:$V\n",
            &["1:6 a", "3:6 b:$V ?"],
            "arguments of a stage are not seen",
        ),
        (
            "ARG V=1\nARG V\nFROM b:$V\n",
            &["3:6 b:$V = b:1"],
            "declared again",
        ),
        (
            "ARG V=1\nARG V=2\nFROM b:$V\n",
            &["3:6 b:$V = b:2"],
            "the nearest wins",
        ),
        (
            "ARG I=$V\nARG V=1\nFROM b:$I\n",
            &["3:6 b:$I ?"],
            "a later one does not count",
        ),
        (
            "FROM b:${V:-1}${W:+x}\n",
            &["1:6 b:${V:-1}${W:+x} = b:1"],
            "operators",
        ),
        (
            "FROM b${TARGETARCH:+@sha256:0a}\n",
            &["1:6 b${TARGETARCH:+@sha256:0a} = b@sha256:0a"],
            "platform is set",
        ),
        (
            "FROM ${TARGETARCH}/b\n",
            &["1:6 ${TARGETARCH}/b = amd64/b"],
            "platform",
        ),
        (
            "ARG TARGETARCH=arm64\nFROM b:$TARGETARCH\n",
            &["2:6 b:$TARGETARCH = b:arm64"],
            "a default of its own",
        ),
        (
            "ARG TARGETARCH\nFROM b:$TARGETARCH\n",
            &["2:6 b:$TARGETARCH = b:amd64"],
            "declared",
        ),
        (
            "ARG I=q.io/a:1\nFROM ${I%%:*}:2\n",
            &["2:6 ${I%%:*}:2 = q.io/a:2"],
            "cut",
        ),
        (
            "ARG T=1\nFROM a AS x\nCOPY --from=b:$T / /\n",
            &["2:6 a", "3:13 b:$T ?"],
            "COPY --from expands nothing",
        ),
        (
            "ARG T=\\\n  1\nFROM a:$T\n",
            &["3:6 a:$T = a:"],
            "white space ends the default on the next line too",
        ),
        (r"FROM a:\$X", &[r"1:6 a:\$X = a:$X"], "escaped"),
    ]);
}

#[test]
fn sources_of_copy_and_mounts_are_images() {
    check(&[
        (
            "FROM scratch\nCOPY --chown=1 --from=q.io/a:1 /x /y\nADD --from=b:2 /x /y\n",
            &["2:23 q.io/a:1", "3:12 b:2"],
            "COPY and ADD",
        ),
        (
            "FROM scratch\nRUN --mount=type=bind,from=a:1,target=/x \\\n  --mount=type=cache,from=\"b:2\",target=/y \\\n  make\n",
            &["2:28 a:1", "3:28 b:2"],
            "mounts over two lines",
        ),
        (
            "FROM scratch\nONBUILD COPY --from=a:1 / /\nONBUILD RUN --mount=from=b:1 x\n",
            &["2:21 a:1", "3:26 b:1"],
            "ONBUILD",
        ),
        (
            "FROM scratch\nCOPY --from=a:1 [\"/x\", \"/y\"]\n",
            &["2:13 a:1"],
            "JSON form",
        ),
        (
            "# syntax=docker/dockerfile:1.4\nFROM a\n",
            &["1:10 docker/dockerfile:1.4", "2:6 a"],
            "frontend",
        ),
    ]);
}

#[test]
fn heredoc_bodies_are_data() {
    check(&[
        (
            "FROM a\nRUN <<EOF\nFROM no\nEOF\nFROM b\n",
            &["1:6 a", "5:6 b"],
            "RUN",
        ),
        (
            "FROM a\nRUN <<A <<\"B\"\nFROM no\nA\nFROM no\nB\nFROM b\n",
            &["1:6 a", "7:6 b"],
            "two, one quoted",
        ),
        (
            "FROM a\nCOPY <<-EOF /x\n\tFROM no\n\tEOF\nFROM b\n",
            &["1:6 a", "5:6 b"],
            "<<- takes tabs",
        ),
        (
            "FROM a\nCOPY <<EOF /x\n\tEOF\nFROM no\nEOF\nFROM b\n",
            &["1:6 a", "6:6 b"],
            "<< does not",
        ),
        (
            "FROM a\r\nRUN <<EOF\r\nFROM no\r\nEOF\r\nFROM b\r\n",
            &["1:6 a", "5:6 b"],
            "CRLF",
        ),
        (
            "FROM a\nRUN [\"x\", \"<<EOF\"]\nFROM b\n",
            &["1:6 a", "3:6 b"],
            "JSON form has none",
        ),
        (
            "FROM a\nRUN echo $((1 << 2)) \"<<EOF\"\nFROM b\n",
            &["1:6 a", "3:6 b"],
            "shift and quotes",
        ),
        (
            "FROM a\nLABEL x=<<EOF\nFROM b\n",
            &["1:6 a", "3:6 b"],
            "other instructions have none",
        ),
        (
            "FROM a\nRUN <<EOF\nFROM b\n",
            &["1:6 a", "3:6 b"],
            "without an end",
        ),
        (
            "FROM a\nRUN --mount=from=c:1 <<EOF\nx\nEOF\nFROM b\n",
            &["1:6 a", "5:6 b", "2:18 c:1"],
            "with a mount",
        ),
        (
            "FROM a\nONBUILD RUN <<E\nFROM no\nE\nFROM b\n",
            &["1:6 a", "5:6 b"],
            "ONBUILD",
        ),
    ]);
}

#[test]
fn templates_are_open_as_a_whole() {
    check(&[
        (
            "FROM {{ spec.base }} AS x\n",
            &["1:6 {{ spec.base }} ?"],
            "braces",
        ),
        (
            "FROM q.io/{{ a }}/b:{{ t }}-x\n",
            &["1:6 q.io/{{ a }}/b:{{ t }}-x ?"],
            "inside",
        ),
        (
            "FROM #IMAGE_NAME#\n",
            &["1:6 #IMAGE_NAME#"],
            "hash marks are kept for link",
        ),
        (
            "FROM %%IMAGE%%\nFROM @IMAGE@\nFROM <your image>\n",
            &["1:6 %%IMAGE%%", "2:6 @IMAGE@", "3:6 <your image>"],
            "marks",
        ),
        (
            "}}ARG R=a\nFROM $R:{{ v }}\n",
            &["2:6 $R:{{ v }} ?"],
            "an ARG behind the end of a template block",
        ),
        (
            "{{ if x }}FROM a\n{% else %}FROM b\n",
            &["1:16 a", "2:16 b"],
            "behind marks",
        ),
        ("FROM <%= base %>\n", &["1:6 <%= base %> ?"], "ERB"),
    ]);
}

#[test]
fn a_file_for_the_preprocessor_keeps_only_its_literals() {
    let text =
        "#define BASE fedora:40\nFROM BASE\n#include \"x\"\nFROM quay.io/a/b:1\nFROM OTHER_IMAGE\n";
    assert_eq!(
        show(text, &read_as("Containerfile.in", text)),
        ["2:6 BASE ?", "4:6 quay.io/a/b:1", "5:6 OTHER_IMAGE ?"]
    );
}

#[test]
fn what_an_oci_image_cannot_hold_is_noted() {
    let text =
        "FROM a\nSHELL [\"/bin/sh\"]\nFROM b\nHEALTHCHECK CMD x\nHEALTHCHECK NONE\nONBUILD RUN x\n";
    let extraction = read(text);
    let facts = &extraction.containerfiles[0];
    let seen: Vec<_> = facts
        .docker_only
        .iter()
        .map(|d| (d.instruction, d.place.start.line, d.stage))
        .collect();
    assert_eq!(
        seen,
        [
            (DockerOnlyInstruction::Shell, 2, 0),
            (DockerOnlyInstruction::Healthcheck, 4, 1),
            (DockerOnlyInstruction::Onbuild, 6, 1)
        ]
    );
    assert_eq!(facts.stages.len(), 2);
    assert_eq!(facts.replaceable, [0, 1]);
}

#[test]
fn broken_instructions_are_named_and_the_rest_is_read() {
    for (text, line, why) in [
        ("FROM\nFROM a\n", 1, "no image"),
        ("FROM a b c\nFROM a\n", 1, "three words without AS"),
        ("FROM a\nRUN <<EOF\n", 2, "heredoc without an end"),
        ("# escape=x\nFROM a\n", 1, "escape"),
        ("ARG =x\nFROM a\n", 1, "ARG without a name"),
        ("FROM a\nCOPY --from= / /\n", 2, "empty source"),
    ] {
        let extraction = read(text);
        assert_eq!(extraction.skips.len(), 1, "{why}");
        assert_eq!(extraction.skips[0].place.start.line, line, "{why}");
        assert!(!extraction.skips[0].expected, "{why}");
        assert!(!extraction.mentions.is_empty(), "{why}");
    }
    assert!(read("FROM {{ a }} {{ b }} c\n").skips[0].expected);
    for text in ["FROM a # later\n", "FROM a AS b # image-lint: ignore\n"] {
        let extraction = read(text);
        assert_eq!(extraction.mentions.len(), 1, "{text}");
        let skip = &extraction.skips[0];
        assert!(!skip.expected, "no template: {text}");
        assert!(
            skip.why.contains("a line of its own above it"),
            "{}",
            skip.why
        );
    }
}

#[test]
fn ignores_cover_the_next_line() {
    let extraction = read(
        "# image-lint: ignore[moved-tag] pinned\nFROM a \\\n# image-lint: ignore\n  AS x\nRUN <<E\n# image-lint: ignore\nE\n",
    );
    let seen: Vec<_> = extraction
        .ignores
        .iter()
        .map(|i| (i.place.start.line, i.rules.len(), &*i.reason, i.covers_next))
        .collect();
    assert_eq!(seen, [(1, 1, "pinned", true), (3, 0, "", true)]);
}

#[test]
fn a_dockerfile_in_another_file_has_the_places_of_that_file() {
    let yaml = "dockerfile: |\n  ARG V=1\n  FROM a:$V\n  FROM b\n";
    let file = SourceFile::new(FileId(0), RepoPath::from_bytes(b"bc.yaml"), yaml.to_owned());
    let inner = file.whole().derive(
        "ARG V=1\nFROM a:$V\nFROM b\n".to_owned(),
        vec![
            Segment {
                inner: 0,
                outer: 16,
                outer_len: 8,
            },
            Segment {
                inner: 8,
                outer: 26,
                outer_len: 10,
            },
            Segment {
                inner: 18,
                outer: 38,
                outer_len: 7,
            },
        ],
    );
    let mut sink = Sink::new(&file);
    let build_args = [("V".into(), Value::literal("2"))];
    let context = Embedding {
        source: SourceKind::OpenShift,
        field: "spec.source.dockerfile",
        replaced_from: true,
        build_args: &build_args,
        enclosing: None,
        object: Some(3),
    };
    extract_embedded(&inner, &context, &mut sink);
    let extraction = sink.finish();
    assert_eq!(show(yaml, &extraction), ["3:8 a:$V = a:2", "4:8 b"]);
    let first = &extraction.mentions[0];
    assert_eq!(&*first.field, "spec.source.dockerfile: FROM");
    assert_eq!(
        (first.source, first.object),
        (SourceKind::OpenShift, Some(3))
    );
    assert_eq!(extraction.mentions[1].expect, Expect::Local);
    assert_eq!(extraction.mentions[1].role, Role::Local);
    assert!(extraction.containerfiles[0].embedded);
}

#[test]
fn hostile_dockerfiles_cost_linear_time() {
    type Text = fn(usize) -> String;
    let cases: [(usize, Text, &str); 8] = [
        (60_000, |n| "RUN <<A\n".repeat(n), "heredocs without an end"),
        (60_000, |n| format!("RUN {}", "--a ".repeat(n)), "flags"),
        (
            60_000,
            |n| format!("FROM {}", "{{".repeat(n)),
            "opening braces",
        ),
        (
            60_000,
            |n| format!("FROM {}", "${a:-".repeat(n)),
            "nested defaults",
        ),
        (
            60_000,
            |n| format!("FROM a\nRUN x{}", " \\\n y".repeat(n)),
            "continuation lines",
        ),
        (
            60_000,
            |n| {
                (0..n)
                    .map(|i| format!("ARG A{}=$A{i}$A{i}\n", i + 1))
                    .collect::<String>()
                    + "FROM $A60000"
            },
            "doubling",
        ),
        (
            20_000,
            |n| {
                (0..n)
                    .map(|i| format!("FROM a AS s-{i}\nFROM s-$X$Y\n"))
                    .collect()
            },
            "stages by pattern",
        ),
        (
            60_000,
            |n| format!("COPY --from={} /x", "\"".repeat(n)),
            "quotes",
        ),
    ];
    for (many, text, why) in cases {
        let (quarter, whole) = (text(many / 4), text(many));
        let (_, before) = crate::processor_time::of(|| read(&quarter));
        let (_, took) = crate::processor_time::of(|| read(&whole));
        // Four times the work, and some slack; its square would be sixteen times.
        assert!(
            took < 8 * before + Duration::from_millis(200),
            "{why}: {before:?}, then {took:?}"
        );
    }
}

/// Lines that are likely to mean something, so that random files reach far.
fn any_dockerfile() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "(FROM|from|ARG|COPY|RUN|ONBUILD RUN|ADD|SHELL)( --(from|mount|platform)=[a-z,:/$\"']{0,8})? [A-Za-z:/${}\"'ü<= \\-]{0,24}",
        "[ \\t]*#[ a-z=\\-:`\\[\\]]{0,16}",
        "(RUN|COPY) <<-?\"?E\"?.{0,5}",
        Just("E".to_owned()),
        "\\PC{0,20}",
    ];
    let end = prop_oneof![
        Just("\n"),
        Just("\r\n"),
        Just(" \\\n"),
        Just("\\\r\n"),
        Just("`\n")
    ];
    proptest::collection::vec((line, end), 0..12)
        .prop_map(|lines| lines.into_iter().map(|(line, end)| line + end).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn spans_slice_to_the_text_that_is_reported(text in any_dockerfile()) {
        let extraction = read(&text);
        for mention in &extraction.mentions {
            let slice = text.get(mention.place.span.range()).expect("a span on character boundaries");
            // Builders put nothing in place of a variable that nobody declares: `a$b` is `a`.
            if mention.value.is_literal() && !slice.contains(['\\', '\n', '"', '\'', '`', '$']) {
                prop_assert_eq!(mention.value.as_known().unwrap(), slice);
            }
            for variable in mention.value.variables() {
                if !slice.contains(['\\', '`']) {
                    prop_assert!(slice.contains(&*variable.written));
                }
            }
        }
        for definition in &extraction.definitions {
            prop_assert!(text.get(definition.place.span.range()).is_some());
        }
    }
}

#[test]
fn commands_of_a_stage_pull_images() {
    for (text, expected, why) in [
        (
            "FROM a\nRUN podman pull r.io/b:1\n",
            "r.io/b:1",
            "shell form",
        ),
        (
            "FROM a\nARG V=2\nRUN podman pull r.io/b:${V}\n",
            "r.io/b:2",
            "an argument of the stage",
        ),
        (
            "FROM a\nENV V=3 W=4\nRUN skopeo copy docker://r.io/b:$V dir:/x\n",
            "r.io/b:3",
            "a variable of the stage",
        ),
        (
            "FROM a\nRUN --mount=type=cache,target=/x \\\n  set -e; \\\n  skopeo copy docker://r.io/b:1 oci:/x\n",
            "r.io/b:1",
            "after flags, over lines",
        ),
        (
            "FROM a\nRUN [\"podman\", \"pull\", \"r.io/b:1\"]\n",
            "r.io/b:1",
            "the exec form runs its program as well (Dockerfile reference, RUN)",
        ),
    ] {
        let file = SourceFile::new(
            FileId(0),
            RepoPath::from_bytes(b"Dockerfile"),
            text.to_owned(),
        );
        let mut sink = Sink::new(&file);
        Dockerfile.extract(&file, &mut sink);
        let extraction = sink.finish();
        let last = extraction.mentions.last().expect(why);
        assert_eq!(last.value.written(), expected, "{why}: {text}");
        let written = &text[last.place.span.range()];
        assert!(written.starts_with("r.io/b:"), "{why}: {written}");
    }
    for text in [
        "FROM a\nRUN echo podman pull b\n",
        "FROM a\nRUN [\"echo\", \"podman\", \"pull\", \"b\"]\n",
    ] {
        let file = SourceFile::new(
            FileId(0),
            RepoPath::from_bytes(b"Dockerfile"),
            text.to_owned(),
        );
        let mut sink = Sink::new(&file);
        Dockerfile.extract(&file, &mut sink);
        assert_eq!(sink.finish().mentions.len(), 1, "{text}");
    }
}
