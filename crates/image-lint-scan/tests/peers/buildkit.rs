//! Whole Dockerfiles of BuildKit's own tests (moby/buildkit `frontend/dockerfile/*_test.go`, `dockerfile2llb/*_test.go`,
//! `instructions/*_test.go`): which images they pull. Every shape of lines that name an image or a stage is here once,
//! with names of our own; ` ; ` is a line end. 533 files of 38 test files have one of these shapes.

use super::images;

/// The test function, the file, the images.
type Row = (&'static str, &'static str, &'static [&'static str]);

const STAGES: &[Row] = &[
    (
        "TestDockerfileParsing",
        "FROM scratch AS foo ; FROM foo ; COPY --from=foo f1 / ; COPY --from=0 f2 /",
        &[],
    ),
    (
        "TestDockerfileParsing, no name",
        "FROM \"\" AS foo",
        &["open"],
    ),
    (
        "TestDockerfileParsing, an argument that nobody gives",
        "FROM ${BLANK} AS foo",
        &["open ${BLANK}"],
    ),
    (
        "TestDockerfileCircularDependencies",
        "FROM q.io/a:1 AS s0 ; COPY --from=s0 f1 /",
        &["q.io/a:1"],
    ),
    (
        "TestDockerfileCircularDependencies, of three",
        "FROM q.io/a:1 AS s0 ; COPY --from=s2 f1 / ; FROM q.io/b:1 AS s1 ; COPY --from=s0 f2 / ; FROM q.io/c:1 AS s2 ; COPY --from=s1 f2 /",
        &["q.io/a:1", "q.io/b:1", "q.io/c:1"],
    ),
    (
        "TestBaseImageConfig",
        "FROM --platform=linux/amd64 q.io/a:1.36 AS foo ; RUN x ; FROM foo AS bar",
        &["q.io/a:1.36"],
    ),
    (
        "testOutOfOrderStage",
        "FROM q.io/a:1 AS target ; COPY --from=build / /out ; FROM q.io/b:1 AS build ; COPY x / ; FROM target",
        &["q.io/a:1", "q.io/b:1"],
    ),
    (
        "testMultiStageImplicitFrom",
        "FROM scratch ; COPY --from=q.io/a:1 /etc/x test",
        &["q.io/a:1"],
    ),
    (
        "testMultiStageImplicitFrom, a stage with the name of an image",
        "FROM q.io/a:1 AS golang ; RUN x ; FROM scratch ; COPY --from=golang /go go",
        &["q.io/a:1"],
    ),
    (
        "testMultiStageCaseInsensitive",
        "FROM q.io/a:1 AS STAge0 ; WORKDIR /a ; FROM q.io/b:1 AS staGE1 ; COPY --from=staGE0 b c ; FROM q.io/c:1 ; COPY --from=stage1 b d",
        &["q.io/a:1", "q.io/b:1", "q.io/c:1"],
    ),
    (
        "testExportCacheLoop",
        "FROM q.io/a:1 as base ; FROM base as b1 ; FROM base as b2 ; COPY --from=b1 /x . ; FROM scratch ; COPY --from=b2 /f /f",
        &["q.io/a:1"],
    ),
    (
        "testDuplicateStageName",
        "FROM q.io/a:1 AS b ; FROM q.io/b:1 AS b",
        &["q.io/a:1", "q.io/b:1"],
    ),
    (
        "testReservedStageName",
        "FROM scratch AS scratch ; FROM scratch AS context",
        &[],
    ),
    (
        "testStageName",
        "from scratch AS Base ; frOM base as b2",
        &[],
    ),
    (
        "testConsistentInstructionCasing",
        "From q.io/a:1 as base ; frOM base as b2 ; copy --from=q.io/b:1 a b",
        &["q.io/a:1", "q.io/b:1"],
    ),
    (
        "testHTTPDockerfile",
        "FROM q.io/a:1 ; RUN x ; FROM scratch ; COPY --from=0 /foo /foo",
        &["q.io/a:1"],
    ),
    (
        "testCopyRelativeParents",
        "FROM q.io/a:1 AS base ; FROM q.io/b:1 AS middle ; COPY --from=base --parents /a/./c /out/",
        &["q.io/a:1", "q.io/b:1"],
    ),
    (
        "testExcludedFilesOnCopy",
        "FROM scratch as base ; FROM scratch as b1 ; COPY --from=base --exclude=*/*.png --exclude=*.mp3 . /1",
        &[],
    ),
    (
        "testCopyChownExistingDir",
        "FROM q.io/a:1 AS source ; FROM scratch ; COPY --from=source --chown=300:400 /f . ; COPY --chmod=0644 --from=q.io/b:1 /f .",
        &["q.io/a:1", "q.io/b:1"],
    ),
    (
        "testNamedFilteredContext",
        "FROM scratch AS c ; COPY --link --from=q.io/foo:1 /foo / ; FROM q.io/a:1 AS r ; RUN --mount=from=q.io/foo:1,src=/foo,target=/in cp /in /foo",
        &["q.io/foo:1", "q.io/a:1", "q.io/foo:1"],
    ),
    (
        "testInsecureDevicesWhitelist",
        "FROM q.io/a:1 ; COPY --from=owner/tool /tool /bin/tool",
        &["q.io/a:1", "docker.io/owner/tool:latest"],
    ),
    (
        "testErrorsSourceMap",
        "from scratch ; copy --from=invalid foo bar",
        &["docker.io/library/invalid:latest"],
    ),
    (
        "testTarExporterMulti",
        "FROM scratch AS stage-linux ; COPY a b ; FROM scratch AS stage-darwin ; COPY a b ; FROM stage-$TARGETOS",
        &[],
    ),
    (
        "testDuplicatePlatformProvenance",
        "FROM q.io/a:1 AS base-linux ; FROM q.io/b:1 AS base-windows ; FROM base-$TARGETOS",
        &["q.io/a:1", "q.io/b:1"],
    ),
];

const ARGUMENTS: &[Row] = &[
    (
        "testGlobalArg",
        "ARG tag=none ; FROM q.io/a:${tag}",
        &["q.io/a:none"],
    ),
    (
        "testMultiArgs",
        "ARG a1=\"foo bar\" a2=box ; ARG a3=\"$a2-foo\" ; FROM busy$a2 AS build ; ARG a3 a4=\"123 456\" a1",
        &["docker.io/library/busybox:latest"],
    ),
    (
        "testQuotedMetaArgs",
        "ARG a1=\"box\" ; ARG a2=\"$a1-foo\" ; FROM busy$a1 AS build ; ARG a2 ; ARG a3=\"bar-$a2\"",
        &["docker.io/library/busybox:latest"],
    ),
    (
        "testDefaultEnvWithArgs",
        "ARG image=idlebox ; FROM busy${image#idle} AS build ; ARG my_arg",
        &["docker.io/library/busybox:latest"],
    ),
    (
        "testUndeclaredArg",
        "ARG base=scratch ; FROM $base ; COPY a .",
        &[],
    ),
    (
        "testUndeclaredArg, a platform",
        "ARG BUILDPLATFORM=linux/amd64 ; FROM --platform=$BUILDPLATFORM q.io/a:1",
        &["q.io/a:1"],
    ),
    (
        "testUndeclaredArg, an argument without a default may be given",
        "ARG DEBUG ; FROM scratch${DEBUG}",
        &["open ${DEBUG}"],
    ),
    (
        "testUndeclaredArg, a default where it is used",
        "ARG DEBUG ; FROM scra${DEBUG:-tch}",
        &[],
    ),
    (
        "testUndeclaredArg, empty is set",
        "ARG DEBUG=\"\" ; FROM scratch${DEBUG-@bogus}",
        &[],
    ),
    (
        "testUndeclaredArg, a platform of two",
        "ARG MY_OS=linux ; ARG MY_ARCH=amd64 ; FROM --platform=linux/${MYARCH} q.io/a:1",
        &["q.io/a:1"],
    ),
    (
        "testInvalidDefaultArgInFrom",
        "ARG VERSION ; FROM q.io/a:$VERSION",
        &["open $VERSION"],
    ),
    (
        "testInvalidDefaultArgInFrom, the whole",
        "ARG IMAGE ; FROM $IMAGE",
        &["open $IMAGE"],
    ),
    (
        "testInvalidDefaultArgInFrom, a colon without a tag",
        "ARG SFX=\"box:\" ; FROM busy${SFX}",
        &["invalid"],
    ),
    (
        "testInvalidDefaultArgInFrom, an empty one",
        "ARG VARIANT=\"\" ; FROM q.io/a:stable${VARIANT}",
        &["q.io/a:stable"],
    ),
    (
        "testInvalidDefaultArgInFrom, none",
        "ARG VARIANT ; \tFROM q.io/a:stable${VARIANT}",
        &["open ${VARIANT}"],
    ),
    (
        "testOutlineArgs",
        "ARG in=box ; ARG in2=box2 ; ARG unused=abc${in2} ; # words ; ARG sfx=\"usy${in}\" ; FROM b${sfx} AS first ; ARG FOO=1 ; FROM alpine${unused} AS second ; FROM scratch AS third ; FROM third AS t ; COPY --from=first /x / ; FROM second",
        &[
            "docker.io/library/busybox:latest",
            "docker.io/library/alpineabcbox2:latest",
        ],
    ),
    (
        "testOutlineRecursiveArgs",
        "ARG FOO=1 ; ARG ABC=a ; ARG FOO=${FOO}${ABC} ; ARG BAR=${FOO}4 ; ARG FOO=${FOO}4${BAR} ; FROM q.io/x:$FOO",
        &["q.io/x:1a41a4"],
    ),
    (
        "testGlobalArgErrors",
        "ARG FOO=${FOO:?\"custom error\"} ; FROM q.io/a:1",
        &["q.io/a:1"],
    ),
    (
        "testArgDefaultExpansion",
        "FROM q.io/a:1 ; ARG FOO ; ARG BAR=${FOO:?\"missing\"}",
        &["q.io/a:1"],
    ),
    (
        "testDockerfileCopyFromArgs",
        "FROM scratch ; COPY --from=$FOO . .",
        &["open $FOO"],
    ),
    (
        "testMountFromError",
        "FROM q.io/a:1 as test ; FROM q.io/b:1 ; ENV ttt=test ; RUN --mount=from=$ttt,type=cache,target=/tmp ls",
        &["q.io/a:1", "q.io/b:1", "open $ttt"],
    ),
    (
        "TestCommentsDetection",
        "# foo sets ; ARG foo=bar ; # base ; FROM q.io/a:1 AS base ; # x ; ARG foo ; ARG bar baz=123",
        &["q.io/a:1"],
    ),
    (
        "testSourceDateEpochStageHTTPArchive",
        "ARG SOURCE_DATE_EPOCH=src ; FROM scratch AS src ; ADD https://example.com/a.tar / ; FROM q.io/a:1",
        &["q.io/a:1"],
    ),
    (
        "testPlatformArgsExplicit",
        "FROM --platform=$BUILDPLATFORM q.io/a:1 AS build ; ARG TARGETPLATFORM ; FROM scratch ; COPY --from=build out .",
        &["q.io/a:1"],
    ),
    (
        "testRedundantTargetPlatform",
        "# check=skip=RedundantTargetPlatform ; FROM --platform=$TARGETPLATFORM q.io/a:1",
        &["q.io/a:1"],
    ),
];

const OTHERS: &[Row] = &[
    (
        "testOnBuildNewDeps",
        "FROM q.io/a:1 ; ONBUILD COPY --from=q.io/b:1 /x /y",
        &["q.io/a:1", "q.io/b:1"],
    ),
    (
        "testOnBuildNewDeps, a mount",
        "FROM q.io/a:1 ; ONBUILD RUN --mount=type=bind,target=/in,from=q.io/b:1 cp /in/x /x",
        &["q.io/a:1", "q.io/b:1"],
    ),
    (
        "testOnBuildInheritedStageWithFrom",
        "FROM q.io/s:1 AS src ; RUN x ; FROM q.io/a:1 AS base ; ONBUILD COPY --from=src /x /y ; FROM base AS mid",
        &["q.io/s:1", "q.io/a:1"],
    ),
    (
        "testOnBuildCleared",
        "FROM q.io/a:1 ; ONBUILD RUN mkdir -p /out && echo -n 11 >> /out/foo",
        &["q.io/a:1"],
    ),
    (
        "testMountRWCache",
        "from q.io/a:1 AS build ; from q.io/b:1 as second ; RUN --mount=from=build,src=out,target=/out,rw touch /out/x ; from scratch ; COPY --from=second /u /u",
        &["q.io/a:1", "q.io/b:1"],
    ),
    (
        "testOnBuildWithCacheMount",
        "FROM q.io/a:1 ; ONBUILD RUN --mount=type=cache,target=/c echo 4 >> /c/f",
        &["q.io/a:1"],
    ),
    (
        "testCopyHeredoc",
        "FROM q.io/a:1 AS build ; COPY <<EOF /dest ; FROM q.io/inner:1 ; EOF ; FROM scratch ; COPY --from=build /dest /",
        &["q.io/a:1"],
    ),
    (
        "testRunBasicHeredoc",
        "FROM q.io/a:1 AS build ; RUN <<EOF ; echo x # FROM q.io/inner:1 ; EOF ; FROM scratch",
        &["q.io/a:1"],
    ),
    (
        "testOnBuildHeredoc",
        "FROM q.io/a:1 ; ONBUILD RUN <<EOF ; FROM q.io/inner:1 ; EOF ; FROM q.io/b:1",
        &["q.io/a:1", "q.io/b:1"],
    ),
    (
        "testErrorsSourceMap",
        "#syntax=q.io/front:1 ; from q.io/a:1",
        &["q.io/front:1", "q.io/a:1"],
    ),
    (
        "testGatewayBuiltinSyntaxSource…, after an empty line",
        " ; # syntax=q.io/front:1 ; FROM q.io/a:1",
        &["q.io/a:1"],
    ),
    (
        "testDefinitionDescription",
        "# check=skip=all;experimental=X ; # bar this is the bar ; ARG foo=bar ; # BasE ; FROM q.io/a:1 AS base ; ARG foo=baz bar=qux",
        &["q.io/a:1"],
    ),
    (
        "testRuleCheckOption",
        "#check=skip=all;error=true ; FROM q.io/a:1 as base",
        &["q.io/a:1"],
    ),
    (
        "testMaintainerDeprecated",
        "FROM q.io/a:1 ; # check=skip=JSONArgsRecommended ; MAINTAINER me@example.org",
        &["q.io/a:1"],
    ),
    (
        "testAddGit",
        "FROM q.io/a:1 ; ARG REPO=\"https://example.com/x.git\" ; ARG TAG=\"v0.0.2\" ; ADD ${REPO}#${TAG} /x",
        &["q.io/a:1"],
    ),
    (
        "testSBOMScannerArgs",
        "ARG BUILDKIT_SBOM_SCAN_CONTEXT=true ; FROM scratch as file ; ARG BUILDKIT_SBOM_SCAN_STAGE=true ; FROM scratch as base ; COPY --from=file /file /foo",
        &[],
    ),
];

#[test]
fn whole_files_pull_the_images_that_buildkit_pulls() {
    let mut wrong = Vec::new();
    let rows: Vec<&Row> = [STAGES, ARGUMENTS, OTHERS].into_iter().flatten().collect();
    for (why, file, expected) in &rows {
        let text = file.replace(" ; ", "\n") + "\n";
        let found = images("Dockerfile", &text);
        if found != *expected {
            wrong.push(format!("{why}: {found:?}, not {expected:?}"));
        }
    }
    let equal = rows.len() - wrong.len();
    println!("BuildKit's whole files: {equal} of {} equal", rows.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
