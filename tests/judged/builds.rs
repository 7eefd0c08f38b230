//! What lines of a repository build and push: rows read by eye in unseen repositories, and more of each kind.

use crate::extraction;
use image_lint::rules::Finding;
use image_lint::rules::{Case, Subject, rules};
use image_lint_model::finding::Level;
use image_lint_model::manifest::{Format, Manifest};
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::{Evidence, Resolution, Resolved};
use image_lint_model::target::Target;
use image_lint_scan::link::{Values, link};
use image_lint_text::source::{FileId, RepoPath, SourceFile};

/// What `oci-build` says of these files; names that start with `r.io/oci` and `r.io/docker` are stored in that format.
fn findings(files: &[(&str, &str)]) -> Vec<Finding> {
    let read = |(i, (path, text)): (usize, &(&str, &str))| {
        let file = SourceFile::new(
            FileId(i as u32),
            RepoPath::from_bytes(path.as_bytes()),
            (*text).to_owned(),
        );
        (file.id, file.path.clone(), extraction(&file))
    };
    let repository = link(
        files.iter().enumerate().map(read).collect(),
        &Values::default(),
    );
    let stored = |format| {
        let manifest = Manifest {
            format,
            digest: None,
            digest_computed: false,
            body: None,
        };
        Resolved::new(Resolution::Found(manifest), Evidence::default())
    };
    let (oci, docker) = (stored(Format::OciManifest), stored(Format::DockerSchema2));
    let answers = |reference: &ImageReference| match reference.to_string() {
        name if name.starts_with("r.io/oci") => Some(&oci),
        name if name.starts_with("r.io/docker") => Some(&docker),
        _ => None,
    };
    let target = Target::default();
    let mut out = Vec::new();
    for build in &repository.builds {
        let case = Case {
            subject: Subject::Build(build, &answers),
            target: &target,
            repository: &repository,
            target_is_of_path: false,
            policy: None,
        };
        rules().iter().for_each(|rule| rule.check(&case, &mut out));
    }
    out.retain(|finding| finding.rule.as_str() == "oci-build");
    out
}

/// Level of each finding, and its line.
fn said(files: &[(&str, &str)]) -> Vec<(Level, u32)> {
    let found = findings(files);
    found
        .iter()
        .map(|f| (f.level, f.place.start.line))
        .collect()
}

/// A finding's level and line.
type Seen = (Level, u32);

/// A file's path and text.
type NamedFile = (&'static str, &'static str);

use Level::{Error, Note};

#[test]
fn names_of_this_machine_that_nothing_pushes_are_not_reported() {
    let table: &[(&str, &[Seen], &str)] = &[
        (
            "buildah commit \"$c\" builder-image\nbuildah from localhost/builder-image\n",
            &[],
            "a base of later builds",
        ),
        (
            "podman build -t agent:test .\npodman run agent:test\n",
            &[],
            "run where it is built",
        ),
        (
            "podman build -t team/agent:test .\n",
            &[],
            "a name without a registry",
        ),
        ("buildah bud -t localhost/x .\n", &[], "podman's prefix"),
        ("docker build -t x .\n", &[], "docker, the same"),
        (
            "docker build -t team/x:1 .\ndocker run team/x:1\n",
            &[],
            "docker, run",
        ),
        (
            "podman build -t quay.io/a/b:test .\npodman run --rm quay.io/a/b:test true\n",
            &[],
            "used here as a local name",
        ),
        (
            "buildah bud -t quay.io/a/b .\nc=$(buildah from quay.io/a/b)\n",
            &[],
            "built upon",
        ),
        (
            "buildah bud -t quay.io/a/b .\n",
            &[(Error, 1)],
            "the name says where it goes",
        ),
        (
            "buildah bud -t host:5000/b .\n",
            &[(Error, 1)],
            "a port is a registry's",
        ),
        (
            "podman build -t x .\npodman push x r.io/x\n",
            &[(Error, 2)],
            "it is pushed",
        ),
        (
            "podman build -t x .\npodman run x\npodman push x r.io/x\n",
            &[(Error, 3)],
            "run, and pushed",
        ),
        (
            "docker build -t quay.io/a/b .\n",
            &[(Note, 1)],
            "docker's version decides",
        ),
        (
            "podman build -t quay.io/a/b .\npodman run quay.io/a/c\n",
            &[(Error, 1)],
            "another name is run",
        ),
    ];
    for (script, expected, why) in table {
        assert_eq!(said(&[("b.sh", script)]), *expected, "{why}: {script}");
    }
}

#[test]
fn what_registries_answered_decides_what_a_copy_pushes() {
    let table: &[(&str, &[Seen], &str)] = &[
        (
            "skopeo copy docker://r.io/oci:1 docker://q.io/x",
            &[(Error, 1)],
            "stored as OCI",
        ),
        (
            "skopeo copy docker://r.io/docker:1 docker://q.io/x",
            &[],
            "stored in docker format",
        ),
        (
            "skopeo copy docker://r.io/other:1 docker://q.io/x",
            &[(Note, 1)],
            "nobody knows",
        ),
        (
            "skopeo copy --format v2s2 docker://r.io/oci:1 docker://q.io/x",
            &[],
            "converted",
        ),
        (
            "skopeo copy --preserve-digests -f v2s2 docker://r.io/oci:1 docker://q.io/x",
            &[(Error, 1)],
            "digests forbid it",
        ),
        (
            "skopeo copy --preserve-digests docker://r.io/docker:1 docker://q.io/x",
            &[],
            "nothing to convert",
        ),
        (
            "crane copy r.io/oci:1 q.io/x",
            &[(Error, 1)],
            "another tool",
        ),
        (
            "crane cp r.io/docker:1 q.io/x",
            &[],
            "another tool, docker format",
        ),
        (
            "podman pull r.io/oci:1\npodman tag r.io/oci:1 q.io/x\npodman push q.io/x",
            &[(Error, 3)],
            "pulled, tagned, pushed",
        ),
        (
            "podman pull r.io/docker:1\npodman push r.io/docker:1 q.io/x",
            &[],
            "pulled in docker format",
        ),
        (
            "podman pull r.io/other:1\npodman push r.io/other:1 q.io/x",
            &[(Note, 2)],
            "pulled, and nobody knows",
        ),
        (
            "docker pull r.io/oci:1\ndocker tag r.io/oci:1 q.io/x\ndocker push q.io/x",
            &[(Note, 3)],
            "docker's store decides",
        ),
        (
            "docker pull r.io/docker:1\ndocker tag r.io/docker:1 q.io/x\ndocker push q.io/x",
            &[],
            "nothing to convert",
        ),
        (
            "retry skopeo copy docker://r.io/oci:1 docker://q.io/x",
            &[(Error, 1)],
            "behind another program",
        ),
        (
            "retry() { \"$@\" || \"$@\"; }\nretry skopeo copy docker://r.io/x docker://q.io/x",
            &[(Note, 1)],
            "behind a function",
        ),
        (
            "for i in docker:1 oci:1; do skopeo copy docker://r.io/$i docker://q.io/$i; done",
            &[(Error, 1)],
            "one of a loop is stored as OCI",
        ),
        (
            "for i in docker:1 docker:2; do skopeo copy docker://r.io/$i docker://q.io/$i; done",
            &[],
            "all of a loop are docker's",
        ),
        (
            "for i in other:1 docker:2; do skopeo copy docker://r.io/$i docker://q.io/$i; done",
            &[(Note, 1)],
            "one of a loop is not known",
        ),
    ];
    for (script, expected, why) in table {
        let found = said(&[("b.sh", script)]);
        let levels: Vec<Level> = found.iter().map(|(level, _)| *level).collect();
        let wanted: Vec<Level> = expected.iter().map(|(level, _)| *level).collect();
        assert_eq!(levels, wanted, "{why}: {script}");
    }
    let fix = findings(&[("b.sh", "skopeo copy docker://r.io/oci:1 docker://q.io/x")])
        .remove(0)
        .fix;
    assert_eq!(
        fix.map(|fix| fix.edits[0].text.clone()).as_deref(),
        Some(" --format=v2s2")
    );
}

#[test]
fn a_push_within_a_function_follows_each_call_of_it() {
    const PUSH: &str = "p() { podman push \"$1\" \"r.io/$1\"; }\n";
    const MAKE: &str = "define push\n\tpodman push $(1) r.io/$(1)\nendef\nall:\n";
    let sh = |calls: &str| ("b.sh", format!("{PUSH}{calls}"));
    let mk = |recipe: &str| ("Makefile", format!("{MAKE}{recipe}"));
    let table: &[((&str, String), &[Seen], &str)] = &[
        (
            sh("podman build --format docker -t x .\np x\npodman build -t y .\np y\n"),
            &[(Error, 1)],
            "the second is OCI",
        ),
        (
            sh("podman build -t y .\np y\npodman build --format docker -t x .\np x\n"),
            &[(Error, 1)],
            "the first is OCI",
        ),
        (
            sh(
                "podman build --format docker -t x .\np x\npodman build --format docker -t y .\np y\n",
            ),
            &[],
            "both are docker's",
        ),
        (
            sh("podman build --format docker -t x .\np x\npodman build -t x .\n"),
            &[],
            "what is built after the push does not count, though the function is written before",
        ),
        (
            mk("\tpodman build --format docker -t x .\n\t$(call push,x)\n"),
            &[],
            "a canned recipe of make",
        ),
        (
            mk("\tpodman build -t x .\n\t$(call push,x)\n"),
            &[(Error, 2)],
            "a canned recipe of make, OCI",
        ),
    ];
    for ((path, text), expected, why) in table {
        assert_eq!(said(&[(path, text)]), *expected, "{why}: {text}");
    }
}

#[test]
fn a_push_follows_what_other_files_build() {
    let push = ("push.sh", "podman push quay.io/a/b:1\n");
    let table: &[(&[NamedFile], &[Level], &str)] = &[
        (&[push], &[Note], "nobody here builds it"),
        (
            &[("build.sh", "podman build -t quay.io/a/b:1 .\n"), push],
            &[Error],
            "the push alone, not the build as well",
        ),
        (
            &[
                (
                    "build.sh",
                    "podman build --format docker -t quay.io/a/b:1 .\n",
                ),
                push,
            ],
            &[],
            "in docker format",
        ),
        (
            &[
                ("Makefile", "b:\n\tpodman build -t quay.io/a/b:1 .\n"),
                push,
            ],
            &[Error],
            "by make",
        ),
        (
            &[
                ("a.sh", "podman build -t quay.io/a/b:1 .\n"),
                ("b.sh", "podman build --format docker -t quay.io/a/b:1 .\n"),
                push,
            ],
            &[Note],
            "in two ways",
        ),
        (
            &[
                ("p.sh", "podman build -t x .\n"),
                ("q.sh", "podman push --format v2s2 x quay.io/x\n"),
            ],
            &[],
            "converted there",
        ),
        (
            &[("p.sh", "docker push quay.io/a/b:1\n")],
            &[Note],
            "docker's version decides",
        ),
    ];
    for (files, expected, why) in table {
        let levels: Vec<Level> = said(files).into_iter().map(|(level, _)| level).collect();
        assert_eq!(levels, *expected, "{why}: {files:?}");
    }
}

#[test]
fn buildkit_is_judged_by_what_its_output_says() {
    let table: &[(&str, &[Level], &str)] = &[
        (
            "docker buildx build --output type=image,name=r.io/x,push=true .",
            &[Note],
            "as --push",
        ),
        (
            "docker buildx build --output type=image,name=r.io/x,push=true,oci-mediatypes=true .",
            &[Note],
            "OCI types",
        ),
        (
            "docker buildx build -o type=image,name=r.io/x,push=true,compression=zstd .",
            &[Note],
            "zstd",
        ),
        (
            "docker buildx build --push --provenance=mode=max -t r.io/x .",
            &[Error],
            "an attestation",
        ),
        (
            "docker buildx build --push --sbom=true -t r.io/x .",
            &[Error],
            "a bill of materials",
        ),
        (
            "docker buildx build --push --attest type=sbom -t r.io/x .",
            &[Error],
            "the same by another flag",
        ),
        (
            "docker buildx build --push --annotation a=b -t r.io/x .",
            &[Note],
            "an annotation",
        ),
        (
            "docker buildx build --push -t r.io/x .",
            &[Note],
            "default attestations",
        ),
        (
            "docker buildx build --provenance=false --sbom=false -o type=registry,name=r.io/x,oci-mediatypes=false .",
            &[],
            "the form that every version makes in docker format",
        ),
        (
            "buildctl build --frontend dockerfile.v0 --local context=. --output type=image,name=r.io/x,push=true",
            &[Note],
            "BuildKit's version",
        ),
        (
            "buildctl build --output type=image,name=r.io/x,push=true,oci-mediatypes=true",
            &[Error],
            "OCI types",
        ),
        (
            "buildctl build --opt attest:sbom= --output type=image,name=r.io/x,push=true",
            &[Error],
            "an attestation",
        ),
        (
            "buildctl build --output type=image,name=r.io/x,push=true,oci-mediatypes=false",
            &[],
            "docker types",
        ),
        (
            "buildctl build --output type=local,dest=out",
            &[],
            "no image",
        ),
    ];
    for (script, expected, why) in table {
        let levels: Vec<Level> = said(&[("b.sh", script)])
            .into_iter()
            .map(|(level, _)| level)
            .collect();
        assert_eq!(levels, *expected, "{why}: {script}");
    }
    let action = |with: &str| {
        format!(
            "jobs:\n  b:\n    steps:\n      - uses: docker/build-push-action@v6\n        with: {with}\n"
        )
    };
    for (with, expected) in [
        ("{outputs: 'type=image,name=r.io/x,push=true'}", Note),
        (
            "{outputs: 'type=image,name=r.io/x,push=true,oci-mediatypes=true'}",
            Note,
        ),
        ("{push: true, tags: r.io/x, sbom: true}", Error),
        ("{push: true, tags: r.io/x, provenance: mode=max}", Error),
        ("{push: true, tags: r.io/x}", Note),
    ] {
        let text = action(with);
        let found = findings(&[(".github/workflows/x.yml", &text)]);
        assert_eq!(found.len(), 1, "{with}");
        assert_eq!(found[0].level, expected, "{with}");
        assert_eq!(
            found[0].reference.as_ref().map(|r| r.raw()),
            Some("r.io/x"),
            "{with}"
        );
    }
}

#[test]
fn a_variable_that_asks_for_oci_is_named_at_its_place() {
    let task = "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: t}\nspec:\n  stepTemplate:\n    env:\n      - name: BUILDAH_FORMAT\n        \
                value: oci\n  steps:\n    - image: r.io/i\n      script: |\n        buildah bud -t r.io/x .\n        buildah push r.io/x\n";
    for (path, text, line) in [
        ("t.yaml", task, 8),
        (
            "b.sh",
            "export BUILDAH_FORMAT=oci\nbuildah bud -t r.io/x .\n",
            1,
        ),
        ("b.sh", "BUILDAH_FORMAT=oci buildah bud -t r.io/x .\n", 1),
    ] {
        let found = findings(&[(path, text)]);
        assert_eq!(found.len(), 1, "{text}");
        assert!(
            found[0]
                .message
                .raw()
                .contains("`BUILDAH_FORMAT` asks for OCI"),
            "{:?}",
            found[0].message
        );
        let related: Vec<u32> = found[0]
            .related
            .iter()
            .filter(|r| r.label.raw().contains("asks for OCI"))
            .map(|r| r.place.start.line)
            .collect();
        assert_eq!(related, [line], "{text}");
    }
}

#[test]
fn findings_speak_of_the_tool_of_their_line() {
    for (script, tool, other) in [
        ("podman build -t r.io/x .\n", "podman", "buildah "),
        ("podman commit c r.io/x\n", "podman", "buildah"),
        ("podman push --format oci x r.io/x\n", "podman", "buildah"),
        ("buildah bud -t r.io/x .\n", "buildah", "podman"),
    ] {
        let found = findings(&[("b.sh", script)]).remove(0);
        let mut text = found.message.raw().to_owned();
        found.help.iter().for_each(|line| text.push_str(line.raw()));
        assert!(
            text.contains(tool) && !text.contains(other),
            "{script}{text}"
        );
    }
}
