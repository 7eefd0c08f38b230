//! What the configuration allows to be pulled: `registry-not-allowed`, `floating-tag` and `unpinned`.

use crate::program::{Workspace, pod};

/// The rules of the findings of one Dockerfile.
fn rules(config: &str, dockerfile: &str) -> Vec<String> {
    let workspace = Workspace::of("Dockerfile", dockerfile);
    workspace.write(".image-lint.yaml", config);
    let report = workspace.offline().run().json();
    let findings = report["findings"].as_array().expect("a list").iter();
    findings
        .map(|f| f["rule"].as_str().expect("a word").to_owned())
        .collect()
}

#[test]
fn only_what_the_lists_allow_may_be_pulled() {
    // The first rows are hadolint's cases of DL3026 (test/Hadolint/Rule/DL3026Spec.hs), in our words.
    let table = [
        ("", "FROM other.example/debian:1\n", 0, "no list"),
        (
            "{allow: [docker.io]}",
            "FROM other.example/debian:1\n",
            1,
            "not in the list",
        ),
        (
            "{allow: [x.example, other.example]}",
            "FROM other.example/debian:1\n",
            0,
            "in the list",
        ),
        ("{allow: [x.example]}", "FROM scratch\n", 0, "no image"),
        (
            "{allow: [docker.io]}",
            "FROM ubuntu:1 AS a\nFROM z/ubuntu:1 AS b\nFROM docker.io/z/ubuntu:1\n",
            0,
            "all forms of Docker Hub",
        ),
        (
            "{allow: [x.example]}",
            "FROM ubuntu:1 AS a\nFROM z/ubuntu:1 AS b\nFROM docker.io/z/ubuntu:1\n",
            3,
            "none of them",
        ),
        (
            "{allow: [x.example]}",
            "FROM x.example/foo:1 AS a\nFROM a AS b\n",
            0,
            "an earlier stage",
        ),
        (
            "{allow: ['*.x.example']}",
            "FROM y.example/debian:1\n",
            1,
            "another host",
        ),
        (
            "{allow: ['*.x.example']}",
            "FROM foo.x.example/debian:1\n",
            0,
            "a host by its end",
        ),
        (
            "{allow: ['*.x.example']}",
            "FROM evil.example/foo.x.example/debian:1\n",
            1,
            "a path is no host",
        ),
        (
            "{allow: ['*']}",
            "FROM ubuntu:1 AS a\nFROM z.example/ubuntu:1\n",
            0,
            "every host",
        ),
        (
            "{allow: [x.example]}",
            "FROM x.example/a:1\nCOPY --from=y.example/i:t /a /b\n",
            1,
            "COPY",
        ),
        (
            "{allow: [x.example]}",
            "FROM x.example/a:1\nRUN --mount=type=bind,from=y.example/i:t,target=/f f\n",
            1,
            "a bind mount",
        ),
        (
            "{allow: [x.example]}",
            "FROM x.example/a:1\nRUN --mount=type=cache,from=x.example/i:t,target=/f f\n",
            0,
            "a cache mount",
        ),
        (
            "{allow: [x.example]}",
            "FROM x.example/a:1\nRUN --mount=type=cache,from=y.example/i:t,target=/f f\n",
            1,
            "a cache mount of another registry",
        ),
        (
            "{allow: [x.example]}",
            "FROM x.example/a:1\nRUN --mount=type=bind,from=x.example/i:t,target=/f f\n",
            0,
            "a bind mount of an allowed one",
        ),
        (
            "{allow: [x.example]}",
            "FROM x.example/a:1\nCOPY --from=x.example/i:t /a /b\n",
            0,
            "COPY from an allowed one",
        ),
        (
            "{allow: [docker.io/library]}",
            "FROM ubuntu:1 AS a\nFROM z/ubuntu:1\n",
            1,
            "a repository's beginning",
        ),
        (
            "{deny: [docker.io/z]}",
            "FROM ubuntu:1 AS a\nFROM z/ubuntu:1\n",
            1,
            "a denied one",
        ),
        (
            "{allow: [docker.io], deny: ['docker.io/z/*']}",
            "FROM z/ubuntu:1\n",
            1,
            "denial goes before",
        ),
        (
            "{allow: [x.example], roles: [run]}",
            "FROM z/ubuntu:1\n",
            0,
            "for what runs alone",
        ),
        (
            "{allow: [x.example], roles: [build-base]}",
            "FROM z/ubuntu:1\n",
            1,
            "for bases",
        ),
        (
            "{allow: [x.example], paths: [deploy]}",
            "FROM z/ubuntu:1\n",
            0,
            "for another folder",
        ),
        (
            "{allow: [docker.io]}, {deny: [docker.io/z]}",
            "FROM z/ubuntu:1\n",
            1,
            "every list has to allow it",
        ),
    ];
    for (list, dockerfile, expected, why) in table {
        let config = match list {
            "" => String::new(),
            list => format!("policy: {{registries: [{list}]}}\n"),
        };
        let found = rules(&config, dockerfile);
        assert_eq!(found.len(), expected, "{why}: {found:?}");
        assert!(
            found.iter().all(|rule| rule == "registry-not-allowed"),
            "{why}"
        );
    }
}

#[test]
fn tags_that_are_moved_are_found_when_somebody_asks_for_it() {
    const PIN: &str = "@sha256:7959ed6f7e35f8b1aaa06d1d8259d4ee25aa85a086d5c125480c333183f9deeb";
    // hadolint's cases of DL3006 and DL3007, in our words, then lists of one's own.
    let table = [
        ("", "FROM debian\n", true, "no tag"),
        ("", "FROM debian AS builder\n", true, "no tag, with a name"),
        ("", "FROM ruby:2\n", false, "a tag"),
        ("", "FROM ruby PIN\n", false, "a digest"),
        ("", "FROM ${VALUE}\n", false, "a variable"),
        (
            "",
            "FROM golang:1.9 AS build\nFROM build AS test\nFROM alpine:3.7\n",
            false,
            "a stage",
        ),
        (
            "",
            "FROM golang:1.9 AS build\nFROM node AS test\nFROM alpine:3.7\n",
            true,
            "no stage",
        ),
        ("", "FROM scratch\n", false, "no image"),
        ("", "FROM debian:latest\n", true, "latest"),
        (
            "",
            "FROM debian:latest AS builder\n",
            true,
            "latest, with a name",
        ),
        ("", "FROM debian:jessie AS builder\n", false, "a release"),
        ("", "FROM debian:latest PIN\n", false, "tag and digest"),
        ("", "FROM hub.example/debian PIN\n", false, "a digest alone"),
        (
            "policy: {floating-tags: [stable, '*-dev']}\n",
            "FROM a:stable\n",
            true,
            "one's own list",
        ),
        (
            "policy: {floating-tags: [stable, '*-dev']}\n",
            "FROM a:1-dev\n",
            true,
            "a glob",
        ),
        (
            "policy: {floating-tags: [stable, '*-dev']}\n",
            "FROM a:latest\n",
            false,
            "the list is replaced",
        ),
    ];
    for (config, dockerfile, expected, why) in table {
        let dockerfile = dockerfile.replace(" PIN", PIN);
        let on = format!("levels: {{floating-tag: warning, unresolved: off}}\n{config}");
        let found = rules(&on, &dockerfile);
        let wanted: &[&str] = if expected { &["floating-tag"] } else { &[] };
        assert_eq!(found, wanted, "{why}: {dockerfile}");
        let off = format!("levels: {{unresolved: off}}\n{config}");
        assert!(rules(&off, &dockerfile).is_empty(), "off by default");
    }
    let on = "levels: {unpinned: error}\n";
    assert_eq!(rules(on, "FROM debian:12\n"), ["unpinned"]);
    assert!(rules(on, &format!("FROM debian:12{PIN}\n")).is_empty());
    assert!(rules("", "FROM debian:12\n").is_empty());
}

#[test]
fn a_repository_cannot_weaken_what_the_user_denies() {
    let workspace = Workspace::of(
        "pod.yaml",
        pod(&["quay.io/a/b:1"]).replace(
            ":1\n",
            ":1   # image-lint: ignore[registry-not-allowed] x\n",
        ),
    );
    workspace.write(
        ".image-lint.yaml",
        "levels: {registry-not-allowed: 'off'}\nignore: [{rules: [registry-not-allowed], reason: x}]\n\
         policy: {registries: [{allow: [quay.io]}]}\n",
    );
    let user = workspace.beside("user.yaml");
    std::fs::write(&user, "policy: {registries: [{deny: [quay.io]}]}\n").expect("a file");
    let ran = workspace.offline().env("IMAGE_LINT_CONFIG", &user).run();
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
    assert_eq!(ran.findings().len(), 1, "{}", ran.stdout);
    // Without it the repository decides for itself.
    assert_eq!(workspace.offline().run().code, Some(0));
}

#[test]
fn neither_file_weakens_what_the_other_denies_in_a_tree_of_strangers() {
    const DOCKERFILE: &str = "FROM quay.io/a/b:1\n";
    const COMMENT: &str = "# image-lint: ignore[registry-not-allowed, unpinned, floating-tag] x\n";
    // (user's file, repository's file, Dockerfile, rules that are found, why)
    let table = [
        (
            "policy: {registries: [{deny: [quay.io]}]}\n",
            "levels: {registry-not-allowed: 'off'}\npolicy: {registries: [{allow: [quay.io]}]}\n",
            DOCKERFILE.to_owned(),
            vec!["registry-not-allowed"],
            "a level and a list",
        ),
        (
            "policy: {registries: [{deny: [quay.io]}]}\n",
            "ignore: [{rules: [registry-not-allowed], reason: x}]\n",
            format!("{COMMENT}{DOCKERFILE}"),
            vec!["registry-not-allowed"],
            "a comment and an entry",
        ),
        (
            "policy: {registries: [{deny: [quay.io]}]}\n",
            "exclude: [Dockerfile]\n",
            "FROM quay.io/a/b:1\nFROM Bad/Name\n".to_owned(),
            vec!["registry-not-allowed"],
            "what is left out is judged by the user's list, and by nothing else",
        ),
        (
            "policy: {registries: [{deny: [quay.io]}]}\n",
            "include: [deploy]\n",
            DOCKERFILE.to_owned(),
            vec!["registry-not-allowed"],
            "what is not included",
        ),
        (
            "policy: {registries: [{deny: [quay.io]}]}\n",
            "baseline: known.json\n",
            DOCKERFILE.to_owned(),
            vec!["registry-not-allowed"],
            "a baseline",
        ),
        (
            "policy: {registries: [{allow: [quay.io]}]}\nlevels: {registry-not-allowed: 'off'}\n",
            "policy: {registries: [{deny: [quay.io]}]}\n",
            DOCKERFILE.to_owned(),
            vec!["registry-not-allowed"],
            "nor does the user's file weaken the repository's",
        ),
        (
            "levels: {unpinned: 'off', floating-tag: note}\n",
            "levels: {unpinned: error, floating-tag: error}\n",
            "FROM quay.io/a/b:latest\n".to_owned(),
            vec!["floating-tag", "unpinned"],
            "the higher level",
        ),
        (
            "levels: {unpinned: error, floating-tag: error}\n",
            "levels: {unpinned: 'off', floating-tag: 'off'}\npolicy: {floating-tags: [edge]}\n",
            format!("{COMMENT}FROM quay.io/a/b:latest\n"),
            vec!["floating-tag", "unpinned"],
            "no comment and no list of other tags",
        ),
    ];
    for (user, own, dockerfile, expected, why) in table {
        let workspace = Workspace::of("Dockerfile", &dockerfile);
        workspace.write(".image-lint.yaml", own);
        let path = workspace.beside("user.yaml");
        std::fs::write(&path, "levels: {}\n").expect("a file");
        if own.contains("baseline") {
            // What the list would find, as known findings.
            std::fs::write(&path, user).expect("a file");
            workspace.write(".image-lint.yaml", "levels: {}\n");
            let write = ["--write-baseline", "known.json", "--offline"];
            let ran = workspace
                .program(&write)
                .env("IMAGE_LINT_CONFIG", &path)
                .run();
            assert_eq!(ran.code, Some(0), "{}", ran.stderr);
            workspace.write(".image-lint.yaml", own);
        }
        std::fs::write(&path, user).expect("a file");
        let ran = workspace
            .program(&["--format", "json", "--offline", "--trust", "untrusted"])
            .env("IMAGE_LINT_CONFIG", &path)
            .run();
        assert_eq!(ran.code, Some(1), "{why}: {}{}", ran.stdout, ran.stderr);
        let report = ran.json();
        let findings = report["findings"].as_array().expect("a list").iter();
        let rules: Vec<&str> = findings
            .map(|f| f["rule"].as_str().expect("a word"))
            .collect();
        assert_eq!(rules, expected, "{why}: {}", ran.stdout);
    }
}

#[test]
fn what_is_built_on_this_machine_is_not_pulled() {
    const ON: &str = "levels: {floating-tag: warning, unpinned: warning, oci-build: 'off'}\npolicy: {registries: [{allow: [x.example]}]}\n";
    let table = [
        (
            "Makefile",
            "IMAGE = app-test\nb:\n\tpodman build -t $(IMAGE) .\nr:\n\tpodman run --rm $(IMAGE)\n",
            0,
            "a name without a registry",
        ),
        (
            "t.sh",
            "docker build -t team/app .\ndocker run team/app\n",
            0,
            "with a folder",
        ),
        (
            "t.sh",
            "docker build -t team/app .\ndocker run team/other\n",
            3,
            "another name is pulled",
        ),
        (
            "t.sh",
            "docker build -t q.example/app:1 .\ndocker push q.example/app:1\ndocker run q.example/app:1\n",
            0,
            "with a registry, run where it was built",
        ),
    ];
    for (path, text, expected, why) in table {
        let workspace = Workspace::of(path, text);
        workspace.write(".image-lint.yaml", ON);
        let report = workspace.offline().run().json();
        let findings = report["findings"].as_array().expect("a list");
        assert_eq!(findings.len(), expected, "{why}: {findings:#?}");
    }
}

#[test]
fn a_folder_with_a_configuration_of_its_own_has_its_own_policy() {
    let workspace = Workspace::of("Dockerfile", "FROM quay.io/a/b:1\n");
    workspace.write(
        ".image-lint.yaml",
        "policy: {registries: [{deny: [quay.io], paths: ['*.x', Dockerfile]}]}\n",
    );
    workspace.write(
        "other/Dockerfile",
        "FROM quay.io/a/b:1\nFROM gcr.io/a/b:1\n",
    );
    workspace.write(
        "other/.image-lint.yaml",
        "policy: {registries: [{deny: [gcr.io], paths: [Dockerfile]}]}\n",
    );
    let report = workspace.offline().run().json();
    let findings = report["findings"].as_array().expect("a list").iter();
    let found: Vec<String> = findings
        .map(|f| {
            format!(
                "{} {}",
                f["path"].as_str().expect("a path"),
                f["reference"].as_str().expect("a name")
            )
        })
        .collect();
    assert_eq!(
        found,
        ["Dockerfile quay.io/a/b:1", "other/Dockerfile gcr.io/a/b:1"]
    );
}

#[test]
fn patterns_of_a_named_configuration_are_relative_to_its_folder_within_the_tree() {
    const DENY: &str = "policy: {registries: [{deny: [quay.io], paths: [deploy]}]}\n";
    let table = [
        ("sub/.image-lint.yaml", "sub", 1, "beside what is linted"),
        ("sub/.image-lint.yaml", ".", 1, "below it"),
        ("sub/.image-lint.yaml", "sub/deploy", 1, "above it"),
        ("./sub/.image-lint.yaml", "./sub", 1, "written otherwise"),
        ("other/lint.yaml", "sub", 0, "for another folder"),
        ("lint.yaml", "sub", 0, "there is no such folder beside it"),
    ];
    for (config, path, expected, why) in table {
        let workspace = Workspace::of("sub/deploy/pod.yaml", pod(&["quay.io/a/b:1"]));
        workspace.write(config, DENY);
        let report = workspace
            .offline()
            .args(&["--config", config, path])
            .run()
            .json();
        let findings = report["findings"].as_array().expect("a list");
        assert_eq!(findings.len(), expected, "{why}: {findings:#?}");
    }
}

#[test]
fn patterns_of_a_configuration_from_elsewhere_are_relative_to_the_linted_folder() {
    let workspace = Workspace::of("deploy/pod.yaml", pod(&["quay.io/a/b:1"]));
    let elsewhere = workspace.beside("central.yaml");
    std::fs::write(
        &elsewhere,
        "policy: {registries: [{deny: [quay.io], paths: [deploy]}]}\n",
    )
    .expect("a file beside the folder");
    let elsewhere = elsewhere.display().to_string();
    let report = workspace
        .offline()
        .args(&["--config", &elsewhere])
        .run()
        .json();
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(1));
}
