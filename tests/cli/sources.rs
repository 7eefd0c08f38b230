//! Where references come from: files, stdin, values for variables, ignores, a baseline, a range of commits.

use std::time::Duration;

use crate::program::{Workspace, pod};
use crate::support::registry::{Fault, Registry};

#[test]
fn stdin_is_read_when_asked_for_and_named_as_told() {
    let workspace = Workspace::of("other.yaml", pod(&["quay.io/not/read:1+"]));
    let list = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a}\n  spec:\n    \
                containers:\n    - name: a\n      image: Bad/Name\n";
    for (arguments, text, expected) in [
        (vec!["-"], pod(&["Bad/Name"]), "stdin.yaml:7:12 invalid-reference -"),
        (vec!["-", "--stdin-filename", "live.yaml"], list.to_owned(), "live.yaml:10:14 invalid-reference -"),
        (vec!["-", "--stdin-filename", "Dockerfile"], "FROM Bad/Name\n".to_owned(), "Dockerfile:1:6 invalid-reference -"),
        (
            vec!["-", "--stdin-filename", "x.json"],
            r#"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"image":"Bad/Name"}]}}]}"#
                .to_owned(),
            "x.json:1:107 invalid-reference -",
        ),
    ] {
        let ran = workspace.offline().args(&arguments).stdin(text).run();
        let found: Vec<String> = ran.findings().iter().map(|f| f.replace(" Bad/Name", " -")).collect();
        assert_eq!(found, [expected], "{arguments:?}: {}", ran.said());
        assert_eq!(ran.code, Some(1));
    }
    // Never without `-`, whatever is piped in.
    let ran = workspace.offline().stdin(pod(&["Bad/Name"])).run();
    assert!(
        ran.findings().iter().all(|f| f.starts_with("other.yaml")),
        "{}",
        ran.stdout
    );
}

/// `helm template . | image-lint -` and `kustomize build | image-lint -`: several documents in one stream, with the
/// comments and the empty documents that the renderers leave.
#[test]
fn what_helm_and_kustomize_render_is_read_from_stdin() {
    let helm = "---\n# Source: shop/templates/service.yaml\napiVersion: v1\nkind: Service\nmetadata:\n  name: shop\n\
                ---\n# Source: shop/templates/empty.yaml\n---\n# Source: shop/templates/deployment.yaml\n\
                apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: shop\nspec:\n  template:\n    spec:\n      \
                containers:\n        - name: shop\n          image: \"Bad/Name:1.2\"\n---\n\
                # Source: shop/templates/tests/test-connection.yaml\napiVersion: v1\nkind: Pod\nmetadata:\n  \
                annotations:\n    \"helm.sh/hook\": test\nspec:\n  containers:\n    - name: wget\n      image: Bad/Test\n";
    let kustomize = "apiVersion: v1\ndata:\n  image: Not/An-Image\nkind: ConfigMap\nmetadata:\n  name: settings-c5b8m\n---\n\
                     apiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: db\nspec:\n  template:\n    spec:\n      \
                     containers:\n      - image: Bad/Database\n        name: db\n";
    let workspace = Workspace::of("Chart.yaml", "apiVersion: v2\nname: shop\n");
    for (text, expected) in [
        (
            helm,
            vec![
                "stdin.yaml:20:19 invalid-reference Bad/Name:1.2",
                "stdin.yaml:31:14 invalid-reference Bad/Test",
            ],
        ),
        (
            kustomize,
            vec!["stdin.yaml:16:16 invalid-reference Bad/Database"],
        ),
    ] {
        let ran = workspace
            .offline()
            .args(&["-"])
            .stdin(text.to_owned())
            .run();
        assert_eq!(ran.findings(), expected, "{}", ran.said());
    }
}

#[test]
fn variables_take_their_values_in_the_promised_order() {
    let registry = Registry::start();
    registry.push_oci("app", "set");
    registry.push_oci("app", "file");
    registry.push_oci("app", "env");
    let workspace = Workspace::of(
        "run.sh",
        format!("#!/bin/sh\nbuildah from {}:$TAG\n", registry.name("app")),
    );
    workspace.write("values.yaml.txt", "TAG: file\n");
    let tag = |arguments: &[&str]| {
        let ran = workspace
            .lint(&registry)
            .env("TAG", "env")
            .args(arguments)
            .run();
        ran.findings().first().cloned().unwrap_or_default()
    };
    let expect = |tag: &str| {
        format!(
            "run.sh:2:14 unsupported-format {}",
            registry.name(&format!("app:{tag}"))
        )
    };
    assert!(
        !tag(&[]).contains("unsupported-format"),
        "no value, no question: {}",
        tag(&[])
    );
    assert_eq!(tag(&["--env"]), expect("env"));
    assert_eq!(
        tag(&["--env", "--values", "values.yaml.txt"]),
        expect("file")
    );
    assert_eq!(
        tag(&["--env", "--values", "values.yaml.txt", "--set", "TAG=set"]),
        expect("set")
    );
    // The same for parameters of Templates and arguments of Dockerfiles.
    let template = "apiVersion: v1\nkind: Template\nparameters: [{name: TAG, value: old}]\nobjects:\n- apiVersion: v1\n  \
                    kind: Pod\n  spec: {containers: [{image: 'REPOSITORY:${TAG}'}]}\n";
    for (name, text, place) in [
        ("template.yaml", template.to_owned(), "template.yaml:7:32"),
        (
            "Dockerfile",
            "ARG TAG=old\nFROM REPOSITORY:${TAG}\n".to_owned(),
            "Dockerfile:2:6",
        ),
    ] {
        let workspace = Workspace::of(name, text.replace("REPOSITORY", &registry.name("app")));
        let ran = workspace.lint(&registry).args(&["--set", "TAG=set"]).run();
        let expected = format!("{place} unsupported-format {}", registry.name("app:set"));
        assert_eq!(ran.findings().first(), Some(&expected), "{}", ran.said());
    }
}

#[test]
fn a_value_that_nothing_asks_for_is_said_with_the_name_that_may_be_meant() {
    let pod = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: 'q.example/a:${TAG}'}]}\n";
    let script = "#!/bin/sh\nIMAGE=q.example/b:1\npodman run $IMAGE\n";
    let workspace = Workspace::of("pod.yaml", pod);
    workspace.write("run.sh", script);
    let nobody = "no variable of this name is used here";
    let rows = [
        ("TAG=1", None),
        (
            "IMAGE=q.example/c:2",
            Some(
                "--set IMAGE: the variable is assigned where it is used, which --set does not change"
                    .to_owned(),
            ),
        ),
        (
            "TGA=1",
            Some(format!("--set TGA: {nobody}; did you mean `TAG`?")),
        ),
        (
            "tag=1",
            Some(format!("--set tag: {nobody}; did you mean `TAG`?")),
        ),
        ("SOMETHING=1", Some(format!("--set SOMETHING: {nobody}"))),
    ];
    for (given, expected) in rows {
        let arguments = ["--offline", "--format", "json", "--set", given];
        let ran = workspace.program(&arguments).run();
        let notes = ran.json()["notes"].clone();
        let said: Vec<String> = (notes.as_array().unwrap().iter())
            .filter_map(|note| Some(note["message"].as_str()?.to_owned()))
            .filter(|message| message.starts_with("--set"))
            .collect();
        assert_eq!(said, expected.into_iter().collect::<Vec<_>>(), "{given}");
    }
}

#[test]
fn an_absent_tag_of_an_image_that_is_built_here_is_a_warning_that_names_the_build() {
    let registry = Registry::start();
    registry.push_schema2("own", "0");
    registry.push_schema2("other", "0");
    let (own, other) = (registry.name("own:1"), registry.name("other:1"));
    let script = format!("#!/bin/sh\nbuildah bud --format=docker -t {own} .\nbuildah push {own}\n");
    let workspace = Workspace::of("build.sh", script);
    workspace.write("pods.yaml", pod(&[&own, &other]));
    let ran = workspace.lint(&registry).run();
    let findings = ran.json()["findings"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let absent: Vec<String> = findings
        .iter()
        .filter(|finding| finding["rule"] == "tag-not-found")
        .map(|finding| {
            let related = finding["related"].as_array().into_iter().flatten();
            let places: Vec<String> = related
                .map(|r| format!("{}:{}", r["path"], r["line"]))
                .collect();
            format!(
                "{}:{} {} {}",
                finding["path"],
                finding["line"],
                finding["level"],
                places.join(" ")
            )
            .replace('"', "")
        })
        .collect();
    assert_eq!(
        absent,
        ["pods.yaml:7 warning build.sh:2", "pods.yaml:9 error "],
        "{}",
        ran.said()
    );
}

#[test]
fn ignores_and_baselines_keep_findings_silent_and_counted() {
    let workspace = Workspace::of(
        "pod.yaml",
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: Bad/One # image-lint: ignore[invalid-reference] known\n  \
         - image: Bad/Two\n",
    );
    let ran = workspace.offline().run();
    assert_eq!((ran.code, ran.findings().len()), (Some(1), 1));
    assert_eq!(ran.json()["summary"]["suppressed"]["inline"], 1);
    assert_eq!(
        workspace
            .offline()
            .arg("--no-ignores")
            .run()
            .findings()
            .len(),
        2
    );
    assert_eq!(
        workspace
            .offline()
            .args(&["--write-baseline", "base.txt"])
            .run()
            .code,
        Some(0)
    );
    let ran = workspace.offline().args(&["--baseline", "base.txt"]).run();
    assert_eq!(
        (ran.code, ran.findings().len()),
        (Some(0), 0),
        "{}",
        ran.stdout
    );
    assert_eq!(ran.json()["summary"]["suppressed"]["baseline"], 1);
    workspace.write("new.yaml", pod(&["Bad/Three"]));
    let ran = workspace.offline().args(&["--baseline", "base.txt"]).run();
    assert_eq!(
        (ran.code, ran.findings().len()),
        (Some(1), 1),
        "{}",
        ran.stdout
    );
}

#[test]
fn the_same_bytes_for_any_number_of_jobs() {
    let registry = Registry::start();
    registry.push_oci("app", "oci");
    registry.push_schema2("app", "good");
    let workspace = Workspace::new();
    for n in 0..60 {
        let images = [
            registry.name("app:oci"),
            registry.name("app:gone"),
            registry.name(&format!("app{n}:good")),
        ];
        workspace.write(
            format!("d{}/{n}.yaml", n % 7),
            pod(&[&images[0], &images[1], &images[2]]),
        );
        workspace.write(
            format!("d{}/{n}.sh", n % 5),
            format!("#!/bin/sh\nbuildah bud -t {} .\n", images[2]),
        );
    }
    // The answers come in another order each time.
    let run = |turn: usize, jobs: &str, format: &str| {
        registry.behave();
        for n in 0..60 {
            let wait = Duration::from_millis(((n * 37 + turn * 23) % 60) as u64);
            registry.on(&format!("app{n}")).gives(Fault::Delay(wait));
        }
        let host = registry.host();
        let arguments = [
            "--no-cache",
            "--plain-http",
            &host,
            "--jobs",
            jobs,
            "--format",
            format,
        ];
        let ran = workspace.program(&arguments).run();
        assert_eq!(ran.code, Some(1), "{format}: {}", ran.stderr);
        // The time that a run took is the one thing that differs.
        let summary = |line: &str| {
            line.contains("elapsed_ms")
                || line.contains(" requests ")
                || line.contains("<testsuites ")
        };
        let lines: Vec<&str> = ran.stdout.lines().collect();
        // The page has it twice: to be read, and in the JSON report, which is compared by itself.
        let most = if format == "html" { 2 } else { 1 };
        assert!(
            lines.iter().filter(|line| summary(line)).count() <= most,
            "{format}: {}",
            ran.stdout
        );
        lines
            .into_iter()
            .filter(|line| !summary(line))
            .collect::<Vec<_>>()
            .join("\n")
    };
    for format in [
        "json", "jsonl", "human", "github", "sarif", "gitlab", "junit", "markdown", "html",
        "rdjsonl",
    ] {
        let one = run(0, "1", format);
        assert!(one.len() > 1000, "{format}: {one}");
        for (turn, jobs) in [(1, "2"), (2, "64")] {
            assert_eq!(run(turn, jobs, format), one, "{format} with {jobs} jobs");
        }
    }
}

#[test]
fn the_builder_that_an_included_makefile_names_is_judged() {
    // (line of hack/common.mk, level and beginning of what is said)
    let rows = [
        (
            "BUILDER := buildah",
            "error: `buildah push` pushes an OCI manifest",
        ),
        (
            "BUILDER ?= podman",
            "note: `podman push` may give an OCI manifest",
        ),
        ("BUILDER := docker", "note: `docker push` may give an OCI"),
    ];
    for (line, expected) in rows {
        let workspace = Workspace::of(
            "Makefile",
            "include hack/common.mk\nIMG := quay.io/a/b:1\nbuild:\n\t$(BUILDER) build -t $(IMG) .\npush: build\n\t$(BUILDER) push $(IMG)\n",
        );
        workspace.write("hack/common.mk", format!("{line}\n"));
        let report = workspace.offline().run().json();
        let findings = report["findings"].as_array().expect("a list").iter();
        let said: Vec<String> = findings
            .filter(|f| f["rule"] == "oci-build")
            .map(|f| {
                format!(
                    "{}: {}",
                    f["level"].as_str().unwrap_or(""),
                    f["message"].as_str().unwrap_or("")
                )
            })
            .collect();
        assert_eq!(said.len(), 1, "{line}: {said:?}");
        assert!(said[0].starts_with(expected), "{line}: {said:?}");
    }
}
