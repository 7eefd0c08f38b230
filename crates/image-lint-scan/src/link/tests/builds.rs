//! What the repository builds itself: names, build arguments, platforms.

use super::*;
use image_lint_model::manifest::Platform;

#[test]
fn names_that_the_repository_pushes_are_built_here() {
    let mut repo = Repo::default();
    repo.file("build.sh");
    let push = |m: &mut Mention| {
        m.role = Role::Push;
        m.source = SourceKind::Shell;
    };
    repo.mention(Value::literal("quay.io/a/b:1"), push);
    repo.mention(
        joined("quay.io/a/c:", variable("$V", "V", Syntax::Shell)),
        push,
    );
    repo.mention(
        joined("quay.io/a/", variable("$V", "V", Syntax::Shell)),
        push,
    );
    repo.file("d.yaml");
    for image in ["quay.io/a/b:2", "quay.io/a/c", "quay.io/a/d"] {
        repo.image(image);
    }
    let lines = repo.show();
    assert_eq!(
        lines[0], "build.sh:1 known quay.io/a/b:1",
        "an output is not asked"
    );
    assert_eq!(
        lines[3],
        "d.yaml:1 known quay.io/a/b:2, asked, BuiltHere@0:1"
    );
    assert_eq!(
        lines[4],
        "d.yaml:2 known quay.io/a/c:latest, asked, BuiltHere@0:2"
    );
    assert_eq!(lines[5], "d.yaml:3 known quay.io/a/d:latest, asked");
}

#[test]
fn build_arguments_count_where_all_builds_agree() {
    let mut repo = Repo::default();
    dockerfile(
        &mut repo,
        "app/Dockerfile",
        "ARG V=1\nARG W\nARG D=1\nFROM a:$V\nFROM b:$W\nFROM c:$D\n",
    );
    for w in ["2", "3"] {
        repo.file(&format!("bc{w}.yaml"));
        let build_args = vec![
            ("V".into(), Value::literal("9")),
            ("W".into(), Value::literal(w)),
        ];
        let facts = BuildConfig {
            replaces_from: None,
            build_args,
            dockerfile: Some("./app/Dockerfile".into()),
            output_stream: None,
        };
        repo.object("bc", None, Facts::BuildConfig(facts));
    }
    assert_eq!(
        repo.show(),
        [
            "app/Dockerfile:4 known docker.io/library/a:9, asked",
            "app/Dockerfile:5 open W",
            "app/Dockerfile:6 known docker.io/library/c:1, asked",
        ]
    );
}

fn script(repo: &mut Repo, path: &str, text: &str) {
    let id = FileId(repo.files.len() as u32);
    let file = SourceFile::new(id, RepoPath::from_bytes(path.as_bytes()), text.to_owned());
    let mut sink = Sink::new(&file);
    crate::extract::shell::ShellFile.extract(&file, &mut sink);
    repo.files.push((id, file.path.clone(), sink.finish()));
}

#[test]
fn build_arguments_of_commands_reach_the_dockerfile_they_build() {
    let text = "ARG V=1\nFROM a:$V\n";
    for (path, command, expected, why) in [
        (
            "Dockerfile",
            "buildah bud --build-arg V=2 -t x .",
            "a:2",
            "in the folder of the script",
        ),
        (
            "app/Dockerfile",
            "buildah bud --build-arg V=2 -t x app",
            "a:2",
            "context",
        ),
        (
            "app/Dockerfile.x",
            "buildah bud -f app/Dockerfile.x --build-arg V=2 -t x .",
            "a:2",
            "-f",
        ),
        (
            "app/Dockerfile.x",
            "buildah bud -f Dockerfile.x --build-arg V=2 -t x app",
            "a:2",
            "-f in the context",
        ),
        (
            "other/Dockerfile",
            "buildah bud --build-arg V=2 -t x app",
            "a:1",
            "another Dockerfile",
        ),
        (
            "Dockerfile",
            "buildah bud --build-arg V=$UNKNOWN -t x .",
            "a:1",
            "a value that nobody knows",
        ),
        (
            "Dockerfile",
            "buildah bud --build-arg V=2 -t x .\nbuildah bud -t y .",
            "a:1",
            "two builds that disagree",
        ),
    ] {
        let mut repo = Repo::default();
        dockerfile(&mut repo, path, text);
        script(&mut repo, "build.sh", &format!("#!/bin/sh\n{command}\n"));
        let linked = repo.link();
        let base = linked
            .mentions
            .iter()
            .find(|m| &*m.mention.field == "FROM")
            .expect("the base");
        let Text::Known(reference) = &base.text else {
            panic!("{why}")
        };
        assert_eq!(
            reference.to_string(),
            format!("docker.io/library/{expected}"),
            "{why}"
        );
    }
}

#[test]
fn a_from_says_which_platform_is_pulled() {
    let mut repo = Repo::default();
    dockerfile(
        &mut repo,
        "Dockerfile",
        "FROM --platform=linux/arm64 a\nFROM --platform=$BUILDPLATFORM b\nFROM --platform=$TARGETPLATFORM c\nFROM d:$TARGETARCH\n",
    );
    let target = Platform::new("linux", "ppc64le", None);
    let platforms = |values: &Values| -> Vec<String> {
        let mentions = repo.link_with(values).mentions;
        let words = mentions.iter().map(|m| {
            let all = m.platforms(&target);
            all.iter()
                .map(Platform::to_string)
                .collect::<Vec<_>>()
                .join(",")
        });
        words.collect()
    };
    assert_eq!(
        platforms(&Values::new()),
        ["linux/arm64", "", "linux/ppc64le", "linux/ppc64le"],
        "the builder's own platform is not known here"
    );
    let values: Values = [("TARGETPLATFORM", "linux/s390x"), ("TARGETARCH", "s390x")]
        .into_iter()
        .collect();
    assert_eq!(
        platforms(&values),
        ["linux/arm64", "", "linux/s390x", "linux/ppc64le"]
    );
    assert_eq!(
        repo.line(&repo.link_with(&values).mentions[3]),
        "Dockerfile:4 known docker.io/library/d:s390x, asked"
    );
}
