//! Which configuration counts: the nearest file up to the top of the repository, however a path is named.

use std::path::Path;

use serde_json::Value;

use crate::program::{Ran, Workspace, pod};

/// Runs in a folder of the workspace, without a network.
fn run(workspace: &Workspace, folder: &str, arguments: &[&str]) -> Ran {
    let mut program = workspace.offline().args(arguments);
    program.command.current_dir(workspace.root.join(folder));
    program.run()
}

/// `path level` of each finding, with the path's last part only: it is named from where the program ran.
fn levels(ran: &Ran) -> Vec<String> {
    let report = ran.json();
    let findings = report["findings"].as_array().expect("a list");
    let name = |finding: &Value| {
        let path = Path::new(finding["path"].as_str().expect("a path"));
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        format!("{name} {}", finding["level"].as_str().expect("a level"))
    };
    findings.iter().map(name).collect()
}

fn repository(configuration: &str) -> Workspace {
    let workspace = Workspace::of(".image-lint.yaml", configuration);
    workspace.git(&["init", "--quiet"]);
    for path in ["ci/a.yaml", "ci/old.yaml", "third_party/x.yaml"] {
        workspace.write(path, pod(&["Bad/Name"]));
    }
    workspace
}

#[test]
fn one_file_counts_however_the_path_is_named() {
    let workspace = repository(
        "levels: {invalid-reference: warning}\nexclude: [third_party/]\n\
         ignore: [{paths: [ci/old.yaml], reason: it goes away}]\n",
    );
    let whole = workspace.root.join("ci").display().to_string();
    let file = workspace.root.join("ci/a.yaml").display().to_string();
    // (where it runs, what is named)
    let rows: &[(&str, &[&str])] = &[
        ("", &[]),
        ("", &["ci"]),
        ("", &["./ci/"]),
        ("", &["ci/a.yaml"]),
        ("", &["ci/a.yaml", "ci/old.yaml"]),
        ("", &[&whole]),
        ("", &[&file]),
        ("ci", &[]),
        ("ci", &["a.yaml"]),
        ("ci", &["../ci"]),
        ("third_party", &["../ci"]),
    ];
    for (folder, paths) in rows {
        let ran = run(&workspace, folder, paths);
        assert_eq!(
            levels(&ran),
            ["a.yaml warning"],
            "{folder}: {paths:?}: {}",
            ran.said()
        );
        assert_eq!(ran.code, Some(0), "{folder}: {paths:?}");
    }
    // A folder that is named is read although the file leaves it out of a walk from above.
    assert_eq!(run(&workspace, "third_party", &[]).findings().len(), 0);
    assert_eq!(
        levels(&run(&workspace, "ci", &["--no-config"])),
        ["a.yaml error", "old.yaml error"]
    );
}

#[test]
fn a_file_above_the_repository_does_not_count() {
    let workspace = Workspace::of(".image-lint.yaml", "levels: {invalid-reference: off}\n");
    workspace.write("own/pod.yaml", pod(&["Bad/Name"]));
    let git = workspace.git(&["init", "--quiet", "own"]);
    assert_eq!(git.code, Some(0), "{}", git.said());
    assert_eq!(levels(&run(&workspace, "own", &[])), ["pod.yaml error"]);
    assert_eq!(levels(&run(&workspace, "", &["own"])), ["pod.yaml error"]);
}

#[test]
fn a_folders_own_file_counts_there_and_files_are_not_merged() {
    let workspace = repository(
        "target: kubernetes\nlevels: {invalid-reference: warning}\n\
         ignore: [{paths: ['**/old.yaml'], reason: it goes away}]\n",
    );
    workspace
        .write(
            "apps/deep/.image-lint.yaml",
            "levels: {invalid-reference: note}\nexclude: [gone.yaml]\n",
        )
        .write("apps/deep/b.yaml", pod(&["Bad/Name"]))
        .write("apps/deep/old.yaml", pod(&["Bad/Name"]))
        .write("apps/deep/gone.yaml", pod(&["Bad/Name"]))
        .write("apps/c.yaml", pod(&["Bad/Name"]));
    let deep = ["b.yaml note", "old.yaml note"];
    for (folder, paths, expected) in [
        ("", &["apps"][..], vec!["c.yaml warning", deep[0], deep[1]]),
        ("", &["apps/deep"], deep.to_vec()),
        (
            "",
            &["apps/deep/b.yaml", "apps/c.yaml"],
            vec!["c.yaml warning", deep[0]],
        ),
        ("apps", &[], vec!["c.yaml warning", deep[0], deep[1]]),
        ("apps/deep", &[], deep.to_vec()),
        ("ci", &["../apps/deep"], deep.to_vec()),
    ] {
        let ran = run(&workspace, folder, paths);
        assert_eq!(
            levels(&ran),
            expected,
            "{folder}: {paths:?}: {}",
            ran.said()
        );
    }
}

#[test]
fn a_folders_own_target_judges_what_is_below_it() {
    let workspace = repository("target: openshift-3.11\n");
    // Which format a build writes is judged by the target, and needs no network.
    let script = "#!/bin/sh\nbuildah bud -t registry.example.com/a/b:1 .\nbuildah push registry.example.com/a/b:1\n";
    workspace
        .write("build.sh", script)
        .write("new/.image-lint.yaml", "target: kubernetes\n")
        .write("new/build.sh", script);
    let ran = run(&workspace, "", &["--ignore", "invalid-reference"]);
    let found = ran.findings();
    assert!(
        !found.is_empty() && found.iter().all(|f| f.starts_with("build.sh:")),
        "{found:?}"
    );
}

#[test]
fn the_report_says_which_target_and_file_count_and_who_chose() {
    let workspace = repository("levels: {invalid-reference: warning}\n");
    let human = |folder: &str, arguments: &[&str]| {
        let mut program = workspace.program(&["--offline"]).args(arguments);
        program.command.current_dir(workspace.root.join(folder));
        let ran = program.run();
        ran.stdout.lines().take(2).collect::<Vec<_>>().join(" ")
    };
    let default = "target openshift-3.11 (docker 1.13), the default (--target chooses another)";
    for (folder, arguments, expected, absent) in [
        (
            "",
            &[][..],
            vec![default, "configuration .image-lint.yaml"],
            "",
        ),
        (
            "ci",
            &[],
            vec![default, "configuration ../.image-lint.yaml"],
            "",
        ),
        (
            "",
            &["--target", "kubernetes"],
            vec!["target kubernetes"],
            "the default",
        ),
        ("", &["--no-config"], vec![default], "configuration"),
    ] {
        let said = human(folder, arguments);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in expected {
            assert!(said.contains(words), "{folder} {arguments:?}: {said}");
        }
        assert!(absent.is_empty() || !said.contains(absent), "{said}");
    }
}

#[test]
fn a_targets_other_names_are_told() {
    let workspace = Workspace::of("pod.yaml", pod(&["a:1"]));
    for (name, meant) in [
        ("k8s", "kubernetes"),
        ("Kubernetes", "kubernetes"),
        ("openshift4", "openshift-4"),
        ("ocp-4.17", "openshift-4"),
        ("openshift-3.1", "openshift-3.11"),
        ("docker-20", "docker-20.10"),
    ] {
        let words = format!("did you mean `{meant}`?");
        let ran = workspace.offline().args(&["--target", name]).run();
        assert!(
            ran.code == Some(2) && ran.stderr.contains(&words),
            "{name}: {}",
            ran.stderr
        );
        workspace.write(".image-lint.yaml", format!("target: {name}\n"));
        let ran = workspace.offline().run();
        assert!(
            ran.code == Some(2) && ran.stderr.contains(&words),
            "{name}: {}",
            ran.stderr
        );
        std::fs::remove_file(workspace.root.join(".image-lint.yaml")).expect("it is there");
    }
}
