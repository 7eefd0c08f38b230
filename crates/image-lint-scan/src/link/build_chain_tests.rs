//! The measured table of formats, row by row: a script, the command that is judged, and what arrives at the registry.

use super::followed;
use crate::extract::Sink;
use crate::extract::shell::{ScriptContext, extract_script};
use Confidence::{Certain, Default, Depends};
use image_lint_model::build::{Built, Confidence};
use image_lint_model::manifest::Format::{
    self, DockerList, DockerSchema1Signed, DockerSchema2, OciIndex, OciManifest,
};
use image_lint_model::mention::SourceKind;
use image_lint_text::source::{FileId, RepoPath, SourceFile};

fn judged(script: &str) -> Vec<Built> {
    let file = SourceFile::new(FileId(0), RepoPath::from_bytes(b"b.sh"), script.to_owned());
    let mut sink = Sink::new(&file);
    extract_script(
        &file.whole(),
        &ScriptContext::new(SourceKind::Shell, "", 0),
        &mut sink,
    );
    followed(sink.finish().builds)
}

/// Verdict of the last command, where anything is reported, and how often.
fn last(script: &str) -> (Option<Format>, Confidence) {
    let builds = judged(script);
    let verdict = builds.last().expect(script).verdict.clone();
    (verdict.format, verdict.confidence)
}

#[test]
fn every_measured_row_has_its_verdict() {
    let table: &[(&str, &str, Option<Format>, Confidence)] = &[
        (
            "1",
            "buildah bud -t r.io/x .\nbuildah push r.io/x",
            Some(OciManifest),
            Default,
        ),
        (
            "1",
            "buildah build -t x .\nbuildah push x docker://r.io/x",
            Some(OciManifest),
            Default,
        ),
        (
            "2",
            "buildah bud --format docker -t x .\nbuildah push x r.io/x",
            Some(DockerSchema2),
            Certain,
        ),
        (
            "3",
            "buildah bud --format oci -t x .\nbuildah push x r.io/x",
            Some(OciManifest),
            Certain,
        ),
        (
            "4",
            "BUILDAH_FORMAT=docker buildah bud -t x .\nbuildah push x r.io/x",
            Some(DockerSchema2),
            Certain,
        ),
        (
            "5",
            "BUILDAH_FORMAT=docker buildah bud --format oci -t x .\nbuildah push x r.io/x",
            Some(OciManifest),
            Certain,
        ),
        (
            "6",
            "buildah bud --format=docker --format=oci -t x .\nbuildah push x r.io/x",
            Some(OciManifest),
            Certain,
        ),
        (
            "7",
            "buildah commit c x\nbuildah push x r.io/x",
            Some(OciManifest),
            Default,
        ),
        (
            "7",
            "buildah commit c docker://r.io/x",
            Some(OciManifest),
            Default,
        ),
        (
            "8",
            "buildah commit -f docker c x\nbuildah push x r.io/x",
            Some(DockerSchema2),
            Certain,
        ),
        (
            "8",
            "buildah commit -fdocker c docker://r.io/x",
            Some(DockerSchema2),
            Certain,
        ),
        (
            "9",
            "BUILDAH_FORMAT=docker buildah commit c x\nbuildah push x r.io/x",
            Some(DockerSchema2),
            Certain,
        ),
        (
            "10",
            "c=$(buildah from --format docker y)\nbuildah commit $c x\nbuildah push x r.io/x",
            Some(OciManifest),
            Default,
        ),
        (
            "11",
            "buildah bud -t x .\nbuildah push --format v2s2 x r.io/x",
            Some(DockerSchema2),
            Certain,
        ),
        (
            "11",
            "buildah bud -t x .\nbuildah push --format docker x r.io/x",
            Some(DockerSchema2),
            Certain,
        ),
        (
            "12",
            "buildah bud --format docker -t x .\npodman push --format oci x r.io/x",
            Some(OciManifest),
            Certain,
        ),
        (
            "13",
            "buildah push --format v2s1 x r.io/x",
            Some(DockerSchema1Signed),
            Certain,
        ),
        (
            "14",
            "buildah bud -t x .\nBUILDAH_FORMAT=docker buildah push x r.io/x",
            Some(OciManifest),
            Default,
        ),
        (
            "15",
            "podman build -t x .\npodman push x r.io/x",
            Some(OciManifest),
            Default,
        ),
        (
            "16",
            "podman build -t x . --format docker\npodman push x r.io/x",
            Some(DockerSchema2),
            Certain,
        ),
        (
            "16",
            "BUILDAH_FORMAT=docker podman build -t x .\npodman push x r.io/x",
            Some(DockerSchema2),
            Certain,
        ),
        (
            "17",
            "BUILDAH_FORMAT=docker podman commit c x\npodman push x r.io/x",
            Some(OciManifest),
            Default,
        ),
        (
            "17",
            "podman commit -f docker c x\npodman push x r.io/x",
            Some(DockerSchema2),
            Certain,
        ),
        (
            "18",
            "podman pull q.io/x\npodman tag q.io/x r.io/x\npodman push r.io/x",
            Some(OciManifest),
            Depends,
        ),
        (
            "20",
            "podman build --format docker -t x .\npodman push --compression-format zstd x r.io/x",
            Some(OciManifest),
            Default,
        ),
        (
            "20",
            "podman push --compression-format=zstd:chunked x r.io/x",
            Some(OciManifest),
            Default,
        ),
        (
            "29",
            "buildah bud --format docker -t a .\nbuildah manifest create L a\nbuildah manifest push --all L r.io/x",
            Some(OciIndex),
            Depends,
        ),
        (
            "30",
            "buildah bud -t a .\nbuildah manifest create L a\nbuildah manifest push --all L r.io/x",
            Some(OciIndex),
            Default,
        ),
        (
            "32",
            "buildah build --format docker --manifest L .\nbuildah manifest push L r.io/x",
            Some(OciIndex),
            Default,
        ),
        (
            "33",
            "buildah manifest create L a\nbuildah manifest push --format v2s2 L r.io/x",
            Some(DockerList),
            Certain,
        ),
        (
            "34",
            "podman manifest push --format oci L r.io/x",
            Some(OciIndex),
            Certain,
        ),
        (
            "c",
            "skopeo copy docker://a/b docker://r.io/x",
            Some(OciManifest),
            Depends,
        ),
        (
            "c",
            "skopeo copy -f v2s2 docker://a/b docker://r.io/x",
            Some(DockerSchema2),
            Certain,
        ),
        (
            "c",
            "skopeo copy --format oci docker://a/b docker://r.io/x",
            Some(OciManifest),
            Certain,
        ),
        (
            "c",
            "skopeo copy --preserve-digests -f v2s2 docker://a/b docker://r.io/x",
            Some(OciManifest),
            Depends,
        ),
        (
            "c",
            "skopeo copy oci:dir:x docker://r.io/x",
            Some(OciManifest),
            Default,
        ),
        (
            "c",
            "skopeo copy --format oci oci:dir:x docker://r.io/x",
            Some(OciManifest),
            Certain,
        ),
        (
            "c",
            "skopeo copy --preserve-digests oci:dir:x docker://r.io/x",
            Some(OciManifest),
            Certain,
        ),
        (
            "c",
            "skopeo copy --preserve-digests -f v2s2 oci:dir:x docker://r.io/x",
            Some(OciManifest),
            Certain,
        ),
        (
            "c",
            "skopeo copy oci-archive:f -f v2s2 docker://r.io/x",
            Some(DockerSchema2),
            Certain,
        ),
        (
            "c",
            "skopeo copy docker-archive:f docker://r.io/x",
            Some(DockerSchema2),
            Certain,
        ),
        (
            "c",
            "skopeo copy docker-daemon:x:1 docker://r.io/x",
            Some(DockerSchema2),
            Certain,
        ),
        (
            "c",
            "buildah bud -t x .\nskopeo copy containers-storage:localhost/x docker://r.io/x",
            Some(OciManifest),
            Default,
        ),
        (
            "38",
            "docker buildx imagetools create -t r.io/x a/b",
            Some(OciIndex),
            Depends,
        ),
        (
            "38",
            "docker manifest create r.io/x a/b\ndocker manifest push r.io/x",
            Some(OciIndex),
            Depends,
        ),
        ("e", "crane copy a/b r.io/x", Some(OciManifest), Depends),
        ("e", "crane append -f l.tar -t r.io/x", None, Depends),
        (
            "e",
            "crane append -f l.tar -t r.io/x --oci-empty-base",
            Some(OciManifest),
            Default,
        ),
        (
            "e",
            "crane index append -m a/b -t r.io/x",
            Some(OciIndex),
            Default,
        ),
        (
            "e",
            "crane index append -m a/b -t r.io/x --docker-empty-base",
            None,
            Depends,
        ),
        (
            "e",
            "regctl image copy a/b r.io/x",
            Some(OciManifest),
            Depends,
        ),
        (
            "e",
            "regctl image mod a/b --to-docker --create r.io/x",
            Some(DockerSchema2),
            Certain,
        ),
        (
            "e",
            "regctl image mod a/b --to-oci --create r.io/x",
            Some(OciManifest),
            Certain,
        ),
        (
            "e",
            "oc image mirror a/b:1=r.io/x:1",
            Some(OciManifest),
            Depends,
        ),
        ("e", "/kaniko/executor --destination=r.io/x", None, Depends),
        (
            "e",
            "/kaniko/executor --destination=r.io/x --compression=zstd",
            Some(OciManifest),
            Depends,
        ),
        ("d", "docker buildx bake --push", Some(OciIndex), Depends),
        (
            "d",
            "docker build -t r.io/x .\ndocker push r.io/x",
            Some(OciIndex),
            Depends,
        ),
        (
            "d",
            "docker buildx build --provenance=false --output type=registry,name=r.io/x,oci-mediatypes=false .",
            Some(DockerSchema2),
            Certain,
        ),
        (
            "d",
            "docker buildx build --output type=registry,oci-mediatypes=false -t r.io/x .",
            Some(OciIndex),
            Depends,
        ),
        (
            "-",
            "buildah bud $ARGS -t x .\nbuildah push x r.io/x",
            Some(OciManifest),
            Depends,
        ),
        (
            "-",
            "podman build -t x .\npodman tag x r.io/x:1\npodman push r.io/x:1",
            Some(OciManifest),
            Default,
        ),
        (
            "-",
            "podman build -t $I .\npodman push ${I}",
            Some(OciManifest),
            Default,
        ),
    ];
    for (row, script, format, confidence) in table {
        assert_eq!(last(script), (*format, *confidence), "row {row}: {script}");
    }
}

#[test]
fn the_push_is_reported_where_one_is_seen_and_else_the_build() {
    let lines = |script: &str| -> Vec<u32> {
        judged(script)
            .iter()
            .filter(|b| b.verdict.report && b.verdict.format != Some(DockerSchema2))
            .map(|b| b.command.place.start.line)
            .collect()
    };
    for (script, expected, why) in [
        ("buildah bud -t r.io/x .", vec![1], "no push: the build"),
        (
            "buildah bud -t r.io/x .\nbuildah push r.io/x",
            vec![2],
            "the push",
        ),
        (
            "buildah bud -t x .\nbuildah push --format v2s2 x r.io/x",
            vec![],
            "every push converts",
        ),
        (
            "buildah bud -t localhost/x .",
            vec![],
            "stays on the machine",
        ),
        (
            "buildah bud -t x .\nbuildah push x docker-daemon:x:1",
            vec![],
            "a daemon converts",
        ),
        (
            "buildah push x r.io/x",
            vec![1],
            "nobody knows what x is, which is said",
        ),
        ("buildah bud --format docker -t x .", vec![], "docker"),
        (
            "buildah bud -t x . --format=docker\nbuildah push x r.io/x",
            vec![],
            "the build fails, and is told of itself",
        ),
        ("docker buildx bake", vec![], "stays on the machine"),
        (
            "docker buildx bake --push",
            vec![1],
            "the names stand in the bake file",
        ),
        (
            "docker buildx imagetools create -t r.io/x a/b",
            vec![1],
            "pushes by itself",
        ),
    ] {
        assert_eq!(lines(script), expected, "{why}: {script}");
    }
}

#[test]
fn what_depends_is_not_told_of_the_build_files_of_dependencies() {
    for (path, expected) in [
        ("vendor/github.com/x/Makefile", true),
        ("a/vendor/x/build.sh", true),
        ("ui/node_modules/x/build.sh", true),
        ("vendor.sh", false),
        ("vendoring/build.sh", false),
        ("build.sh", false),
    ] {
        assert_eq!(super::is_vendored(path), expected, "{path}");
    }
    for (script, expected) in [
        ("docker build -t r.io/x .", false),
        ("buildah bud -t r.io/x .", true),
    ] {
        let mut builds = judged(script);
        super::hush(&mut builds, &[FileId(0)].into());
        assert_eq!(builds[0].verdict.report, expected, "{script}");
    }
}
