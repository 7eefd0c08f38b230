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

#[test]
fn the_header_says_which_target_judges_what() {
    let workspace = repository(
        "target: openshift-4\nbuild-base-target: docker-20.10\ntargets:\n- {paths: [ci/**, third_party/], target: kubernetes}\n",
    );
    workspace.write("ops/.image-lint.yaml", "target: openshift-3.11\n");
    workspace.write("ops/a.yaml", pod(&["Bad/Name"]));
    let ran = workspace.program(&["--offline"]).run();
    let said = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "target openshift-4",
        "docker-20.10 for base images of builds",
        "kubernetes for ci/**, third_party/",
        "openshift-3.11 where ops/.image-lint.yaml counts",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn a_pattern_that_matches_nothing_is_named() {
    let file = "exclude: [thrid_party/, '*.bak']\ninclude: ['**/*.yaml', '**/*.jsn']\n\
                targets:\n- {paths: [ci/**, deplyo/**], target: kubernetes}\n";
    let workspace = repository(file);
    workspace.write("deploy/a.yaml", pod(&["quay.io/a/b:1"]));
    let all = run(&workspace, "", &["--exclude", "tmp/"]);
    let notes = all.notes();
    let expected = [
        ".image-lint.yaml: `exclude: thrid_party/` leaves nothing out: no path matches it; did you mean `third_party/`?",
        ".image-lint.yaml: `exclude: *.bak` leaves nothing out: no path matches it",
        ".image-lint.yaml: `include: **/*.jsn` takes nothing in: no path matches it",
        ".image-lint.yaml: nothing is judged for kubernetes by the `targets` entry of `deplyo/**`: no file matches it; did you mean `deploy/**`?",
        "--exclude tmp/ leaves nothing out: no path matches it",
    ];
    for words in expected {
        let count = notes.iter().filter(|note| note.contains(words)).count();
        assert_eq!(count, 1, "{words}: {notes:#?}");
    }
    let named = notes
        .iter()
        .filter(|note| note.contains("no path matches") || note.contains("no file matches"));
    assert_eq!(
        named.count(),
        expected.len(),
        "those that match are not named: {notes:#?}"
    );
    // Whoever looks at a part of the tree is told nothing about the rest.
    for (folder, paths) in [("", &["ci"][..]), ("ci", &[]), ("", &["deploy/a.yaml"])] {
        let notes = run(&workspace, folder, paths).notes();
        assert!(
            !notes.iter().any(|note| note.contains("matches it")),
            "{folder} {paths:?}: {notes:#?}"
        );
    }
    // Of what git ignores the walk meets nothing, and a path that is there is no mistake.
    workspace.write(".gitignore", "thrid_party/\n");
    workspace.write("thrid_party/a.yaml", pod(&["quay.io/a/b:1"]));
    let notes = run(&workspace, "", &[]).notes();
    assert!(
        !notes.iter().any(|note| note.contains("thrid_party")),
        "{notes:#?}"
    );
}

/// What is written, where the error is, what is said, and what to do.
type Refused<'a> = (&'a str, &'a str, &'a str, &'a str);

/// Every kind of mistake, with words for whoever made it: no `sequence`, no `struct`, no `token`.
const REFUSED: [Refused<'_>; 36] = [
    (
        "target:\n\topenshift-4\n",
        "2:1",
        "a tab: YAML takes only blanks",
        "two blanks",
    ),
    ("\ttarget: openshift-4\n", "1:1", "a tab", "two blanks"),
    ("levels:\n\tunresolved: off\n", "2:1", "a tab", "two blanks"),
    (
        "target: [openshift-4]\n",
        "1:9",
        "`target` takes one text, not a list",
        "`target: VALUE`",
    ),
    (
        "targets: kubernetes\n",
        "1:10",
        "`targets` takes a list, not the text `kubernetes`",
        "{paths: ['ci/**'], target: kubernetes}",
    ),
    (
        "targets:\n  - kubernetes\n",
        "2:5",
        "entry 1 of `targets` takes an entry with keys of its own, not the text `kubernetes`",
        "paths: ['ci/**']",
    ),
    (
        "targets:\n  - paths: ci\n    target: kubernetes\n",
        "2:12",
        "`paths` in entry 1 of `targets` takes a list, not the text `ci`",
        "`paths: [ci]`",
    ),
    (
        "targets:\n  - path: [ci]\n    target: kubernetes\n",
        "2:5",
        "unknown key `path`",
        "did you mean `paths`?",
    ),
    (
        "targets:\n  - paths: [ci]\n",
        "2:5",
        "entry 1 of `targets` has no `target`",
        "an entry looks so",
    ),
    (
        "ignore: [unresolved]\n",
        "1:10",
        "entry 1 of `ignore`",
        "reason:",
    ),
    (
        "ignore:\n  - rules: unresolved\n    reason: x\n",
        "2:12",
        "`rules` in entry 1 of `ignore` takes a list, not the text `unresolved`",
        "`rules: [unresolved]`",
    ),
    (
        "ignore:\n  - rule: [unresolved]\n    reason: x\n",
        "2:5",
        "unknown key `rule`",
        "did you mean `rules`?",
    ),
    (
        "ignore:\n  - rules: [unresolved]\n",
        "2:5",
        "entry 1 of `ignore` has no `reason`",
        "an entry looks so",
    ),
    (
        "levels: [unresolved]\n",
        "1:9",
        "`levels` takes lines of `key: value`, not a list",
        "",
    ),
    (
        "levels:\n  unresolved: 3\n",
        "2:15",
        "unknown value `3`",
        "there is off, note, warning, error",
    ),
    (
        "levels:\n  unresolved: off\n  unresolved: note\n",
        "3:3",
        "the key `unresolved` is there twice",
        "both into one",
    ),
    (
        "target: kubernetes\n# target\ntarget: openshift-4\n",
        "3:1",
        "the key `target` is there twice",
        "both into one",
    ),
    (
        "extended: yes\n",
        "1:11",
        "`extended` takes `true` or `false`, not the text `yes`",
        "`extended: true`",
    ),
    (
        "extended: 'no'\n",
        "1:11",
        "`extended` takes `true` or `false`",
        "`extended: false`",
    ),
    ("extended: 1\n", "1:11", "not the number `1`", ""),
    (
        "exclude: vendor/**/*.yaml\n",
        "1:10",
        "`exclude` takes a list",
        "`exclude: ['vendor/**/*.yaml']`",
    ),
    (
        "exclude: [*.yaml]\n",
        "1:11",
        "a value that begins with `*` has to be in quotes",
        "`'*.yaml'`",
    ),
    (
        "exclude:\n- **/x.yaml\n",
        "2:3",
        "a value that begins with `*` has to be in quotes",
        "`'**/x.yaml'`",
    ),
    (
        "exclude:\n- *tmp\n",
        "2:3",
        "a value that begins with `*` has to be in quotes",
        "`'*tmp'`",
    ),
    (
        "target: @x\n",
        "1:9",
        "a value that begins with `@` has to be in quotes",
        "`'@x'`",
    ),
    (
        "target: 'x\nlevels: {}\n",
        "1:9",
        "a quote that nothing closes",
        "",
    ),
    (
        "exclude: [a, b\nlevels: {}\n",
        "1:10",
        "a bracket that nothing closes",
        "",
    ),
    (
        "target: openshift-4: x\n",
        "1:20",
        "a second `: ` in one line",
        "in quotes",
    ),
    (
        "target:openshift-4\n",
        "1:1",
        "the file holds no `key: value` lines",
        "`target: openshift-4`",
    ),
    (
        "openshift-4\n",
        "1:1",
        "the file holds no `key: value` lines, but the text `openshift-4`",
        "`target: kubernetes`",
    ),
    (
        "- target: openshift-4\n",
        "1:1",
        "the file holds no `key: value` lines, but a list",
        "`target: kubernetes`",
    ),
    (
        "rules:\n  unresolved: off\n",
        "1:1",
        "unknown key `rules`",
        "did you mean `levels`?",
    ),
    (
        "# skip\nskip: [vendor]\n",
        "2:1",
        "unknown key `skip`",
        "did you mean `exclude`?",
    ),
    (
        "own-targets:\n  farm: docker-list\n",
        "2:9",
        "`own-targets.farm` takes an entry with keys of its own",
        "accepts:",
    ),
    (
        "own-targets:\n  farm:\n    accepts: docker-list\n",
        "3:14",
        "`own-targets.farm.accepts` takes a list",
        "`accepts: [docker-list]`",
    ),
    (
        "rewrites:\n- {from: docker.io}\n",
        "2:3",
        "entry 1 of `rewrites` has no `to`",
        "an entry looks so",
    ),
];

#[test]
fn a_mistake_in_the_configuration_is_said_in_plain_words_at_its_line() {
    let workspace = Workspace::of("pod.yaml", pod(&["quay.io/a/b:1"]));
    for (text, place, words, help) in REFUSED {
        workspace.write(".image-lint.yaml", text);
        let ran = workspace.offline().run();
        let said = &ran.stderr;
        assert_eq!(ran.code, Some(2), "{text:?}: {said}");
        let start = format!("image-lint: .image-lint.yaml:{place}: ");
        assert!(said.starts_with(&start), "{text:?}: {said}");
        assert!(
            said.contains(words) && said.contains(help),
            "{text:?}: {said}"
        );
        for jargon in [
            "sequence",
            "struct",
            "token",
            "invalid type",
            "missing field",
            "anchor",
        ] {
            assert!(!said.contains(jargon), "{text:?}: {said}");
        }
    }
}
