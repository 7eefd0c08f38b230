//! Small files that ask for work or memory by the square of their size: each run is ended by the kernel when it takes
//! more processor time or memory than a plain reading does many times over.

use std::fmt::Write as _;

use crate::program::{Workspace, pod};

/// What one run may take in this build: seconds of a processor, and KiB of data.
const LIMITS: &str = "ulimit -t 20; ulimit -d 400000; exec \"$0\" \"$@\" --jobs 2";

/// `line` with `@` counted up, `n` times.
fn times(n: usize, line: &str) -> String {
    let mut text = String::with_capacity(n * (line.len() + 4));
    let parts: Vec<&str> = line.split('@').collect();
    for i in 0..n {
        for (k, part) in parts.iter().enumerate() {
            if k > 0 {
                let _ = write!(text, "{i}");
            }
            text.push_str(part);
        }
    }
    text
}

fn bounded(what: &str, files: &[(&str, String)]) {
    let workspace = Workspace::of("good.yaml", pod(&["Bad/Name"]));
    for (name, text) in files {
        workspace.write(name, text);
    }
    let ran = workspace
        .wrapped(
            &["/bin/sh", "-c", LIMITS],
            &["--offline", "--format", "json"],
        )
        .run();
    assert_eq!(ran.code, Some(1), "{what}: {}", ran.stderr);
    assert!(
        ran.findings()
            .iter()
            .any(|f| f.starts_with("good.yaml:7:12 invalid-reference")),
        "{what}"
    );
}

fn containers(n: usize, image: &str) -> String {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n";
    format!(
        "{pod}{}",
        times(n, &format!("  - {{name: c@, image: '{image}'}}\n"))
    )
}

fn pull_secret(hosts: usize) -> String {
    let hosts = times(hosts, "\"h@.example.com\":{},");
    let hosts = hosts.trim_end_matches(',');
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\ntype: kubernetes.io/dockerconfigjson\nstringData:\n  \
         .dockerconfigjson: '{{\"auths\":{{{hosts}}}}}'\n---\n"
    )
}

#[test]
fn hosts_of_a_pull_secret_are_not_told_at_every_image() {
    let pod =
        containers(6000, "q.io/a/b@").replace("spec:", "spec:\n  imagePullSecrets: [{name: s}]");
    bounded("hosts", &[("a.yaml", pull_secret(6000) + &pod)]);
}

#[test]
fn pull_secrets_are_not_searched_for_every_image() {
    let secrets = format!(
        "spec:\n  imagePullSecrets:\n{}",
        "  - {name: s}\n".repeat(10_000)
    );
    bounded(
        "secrets",
        &[(
            "a.yaml",
            pull_secret(1) + &containers(10_000, "q.io/a/b@").replace("spec:", &secrets),
        )],
    );
}

#[test]
fn a_resource_that_a_kustomization_names_again_and_again_is_one() {
    let kind = "kind: Kustomization\n";
    let images = "images:\n- {name: q.io/a, newTag: '2'}\n";
    let resources = format!("{kind}resources:\n{}{images}", "- x.yaml\n".repeat(10_000));
    let pod = containers(10_000, "q.io/a:1");
    bounded(
        "a file",
        &[("kustomization.yaml", resources), ("x.yaml", pod)],
    );

    let bases = format!("{kind}resources:\n{}{images}", "- ../b\n".repeat(10_000));
    let base = format!("{kind}resources: [x.yaml]\n");
    let files = [
        ("o/kustomization.yaml", bases),
        ("b/kustomization.yaml", base),
    ];
    bounded(
        "a base",
        &[
            files.as_slice(),
            &[("b/x.yaml", containers(10_000, "q.io/a@:1"))],
        ]
        .concat(),
    );

    let many = format!("{kind}resources: [../x.yaml]\n---\n").repeat(2000);
    let all = format!(
        "{kind}resources: [../k]\nimages:\n{}",
        times(6000, "- {name: q.io/a@, newTag: '2'}\n")
    );
    let files = [
        ("k/kustomization.yaml", many),
        ("o/kustomization.yaml", all),
    ];
    bounded(
        "documents",
        &[
            files.as_slice(),
            &[("x.yaml", containers(6000, "q.io/a@:1"))],
        ]
        .concat(),
    );
}

#[test]
fn scripts_that_source_one_file_take_bounded_work() {
    let values = format!("#!/bin/sh\n{}", times(20_000, "V@=x\n"));
    let script = "#!/bin/sh\n. ./values.sh\ndocker pull q.io/a:$V1\n".to_owned();
    let names: Vec<String> = (0..400).map(|n| format!("f{n}.sh")).collect();
    let mut files: Vec<(&str, String)> = names
        .iter()
        .map(|name| (name.as_str(), script.clone()))
        .collect();
    files.push(("values.sh", values));
    bounded("scripts", &files);
}

#[test]
fn a_thousand_commands_in_one_line_are_counted_once() {
    bounded(
        "one line",
        &[(
            "a.sh",
            format!("#!/bin/sh\n{}\n", "docker pull q.io/a;".repeat(8_000)),
        )],
    );
}

#[test]
fn ignores_in_heaps_are_looked_at_once() {
    let mark = "# image-lint: ignore\n";
    bounded(
        "a stack",
        &[(
            "a.sh",
            format!("#!/bin/sh\n{}docker pull A/b\n", mark.repeat(20_000)),
        )],
    );
    let line = " # image-lint: ignore".repeat(100_000);
    bounded(
        "a line of a script",
        &[("a.sh", format!("#!/bin/sh\ndocker pull q.io/a\n{line}\n"))],
    );
    let quoted = format!("#!/bin/sh\ndocker pull q.io/a '{line}'\n");
    bounded("a quoted line", &[("a.sh", quoted)]);
    bounded(
        "a line of YAML",
        &[("a.yaml", format!("{}{line}\n", pod(&["q.io/a"])))],
    );
    bounded(
        "a scalar",
        &[(
            "a.yaml",
            format!("{}    command: ['{line}']\n", pod(&["q.io/a"])),
        )],
    );
    let empty = format!(
        "{}  list:\n{}{}",
        pod(&["q.io/a"]),
        "  -\n".repeat(20_000),
        mark.repeat(20_000)
    );
    bounded("behind empty values", &[("a.yaml", empty)]);
}

#[test]
fn a_long_value_is_not_kept_at_every_place_that_uses_it() {
    for value in ["a".repeat(3900), "<".repeat(3900)] {
        let head = format!(
            "apiVersion: v1\nkind: Template\nparameters: [{{name: B, value: '{value}'}}]\n"
        );
        let objects = "objects:\n- apiVersion: v1\n  kind: Pod\n  spec:\n    containers:\n";
        let text = format!("{head}{objects}{}", "    - image: ${B}\n".repeat(2000));
        let names: Vec<String> = (0..8).map(|n| format!("t{n}.yaml")).collect();
        let files: Vec<(&str, String)> = names
            .iter()
            .map(|name| (name.as_str(), text.clone()))
            .collect();
        bounded("a parameter", &files);
    }
}

#[test]
fn a_long_key_is_not_kept_at_every_line_below_it() {
    let key = "k".repeat(200_000);
    let lines = format!(
        "apiVersion: v1\nkind: Pod\nspec:\n  {key}:\n    containers:\n{}",
        "    - image: a/b\n".repeat(10_000)
    );
    bounded(
        "a file that is no YAML",
        &[("a.yaml", format!("{lines}  x: [\n"))],
    );
    bounded(
        "a simple key beyond its length",
        &[("a.yaml", lines.clone())],
    );
    bounded(
        "a template",
        &[("templates/a.yaml", format!("{lines}  {{{{ x }}}}\n"))],
    );
}

#[test]
fn jobs_that_extend_each_other_many_times_are_looked_up_in_bounded_work() {
    let level = |n: usize, names: &str| {
        format!("j{n}: {{image: a/b, extends: [{names}], script: [docker build .]}}\n")
    };
    let text = (0..12).fold(String::new(), |text, n| {
        text + &level(n, &format!("j{}, ", n + 1).repeat(12))
    });
    bounded("extends", &[(".gitlab-ci.yml", text)]);
    let level = |n: usize| {
        format!(
            "r{n}: {{script: [{}]}}\n",
            format!("!reference [r{}, script], ", n + 1).repeat(12)
        )
    };
    let text = (0..12).fold(
        "a: {image: a/b, script: [docker build .]}\n".to_owned(),
        |text, n| text + &level(n),
    );
    bounded(
        "references",
        &[(".gitlab-ci.yml", text + "r12: {script: []}\n")],
    );
}

#[test]
fn variables_are_not_given_to_every_step_without_end() {
    let n = 3000;
    let variables = times(n, "  _V@: a\n");
    let steps = "- {name: docker, args: [pull, q.io/a]}\n".repeat(n);
    let cloud = format!("substitutions:\n{variables}steps:\n{steps}");
    let jobs = times(n, "j@: {image: q.io/a, script: [docker pull q.io/b]}\n");
    let gitlab = format!("variables:\n{variables}{jobs}");
    let steps = "    - run: docker pull q.io/a\n".repeat(n);
    let github =
        format!("on: push\nenv:\n{variables}jobs:\n  j:\n    runs-on: x\n    steps:\n{steps}");
    let make = times(n, "export V@ = a\n") + &times(n, "r@:\n\tdocker pull q.io/a\n");
    let image = "$_V1".repeat(50_000);
    let uses =
        format!("variables:\n{variables}j: {{image: '{image}', script: [docker pull q.io/b]}}\n");
    for (name, text) in [
        ("cloudbuild.yaml", cloud),
        (".gitlab-ci.yml", gitlab),
        (".github/workflows/a.yaml", github),
        ("Makefile", make),
        ("uses.gitlab-ci.yml", uses),
    ] {
        bounded(name, &[(name, text)]);
    }
    let extends = format!(
        "a:\n variables:\n{variables}j: {{script: [docker pull q.io/b], extends: [{}]}}\n",
        "a, ".repeat(n)
    );
    bounded("extends", &[(".gitlab-ci.yml", extends)]);
}

#[test]
fn names_that_a_job_makes_are_gathered_once() {
    let steps = times(8000, "- {name: a, commands: [docker pull q.io/a@]}\n");
    bounded(
        "steps",
        &[(".drone.yml", format!("kind: pipeline\nsteps:\n{steps}"))],
    );
}

#[test]
fn a_file_of_too_many_variables_is_named() {
    let file = format!(
        "substitutions:\n{}steps:\n{}",
        times(900, "  _V@: a\n"),
        "- {name: docker}\n".repeat(900)
    );
    let ran = Workspace::of("cloudbuild.yaml", file).offline().run();
    let said = "cloudbuild.yaml: not read to its end: it asks for more work than a file of its size may cost";
    assert_eq!(
        ran.notes().iter().filter(|note| *note == said).count(),
        1,
        "{:?}",
        ran.notes()
    );
}

#[test]
fn build_contexts_are_compared_by_their_names() {
    let all = times(8000, " --build-context c@=.");
    let builds = "docker build --build-context c1=. .\n".repeat(8000);
    let script = format!("#!/bin/sh\ndocker build{all} .\n{builds}");
    bounded(
        "contexts",
        &[("a.sh", script), ("Dockerfile", times(8000, "FROM c@\n"))],
    );
}

#[test]
fn a_list_that_is_pushed_again_and_again_is_followed_in_bounds() {
    let create = "#!/bin/sh\nbuildah manifest create l\n";
    let add = times(
        5000,
        "buildah bud -t q.io/a@ .\nbuildah manifest add l q.io/a@\n",
    );
    let push = times(5000, "buildah manifest push l docker://q.io/l@\n");
    bounded("pushes", &[("a.sh", format!("{create}{add}{push}"))]);
}

#[test]
fn arguments_of_a_build_config_are_its_own() {
    let config = "---\napiVersion: build.openshift.io/v1\nkind: BuildConfig\nmetadata: {name: b@}\nspec:\n  source: \
                  {dockerfile: \"ARG A=x\\nFROM q.io/a:$A\\n\"}\n  strategy: {dockerStrategy: {buildArgs: [{name: A, value: b@}]}}\n";
    bounded("build configs", &[("a.yaml", times(4000, config))]);
}

#[test]
fn carriage_returns_are_passed_over_once() {
    let returns = "\r".repeat(1_000_000);
    let script = format!("#!/bin/sh\ndocker pull q.io/a \\{returns}x\ncat <<A\n{returns}\nA\n");
    let broken = format!("#!/bin/sh\ndocker pull q.io/a {}\n", "\\\r".repeat(500_000));
    let dockerfile = format!("FROM q.io/a\nRUN a \\{returns}x\n{returns}\n");
    bounded(
        "scripts",
        &[
            ("a.sh", script),
            ("b.sh", broken),
            ("Dockerfile", dockerfile),
        ],
    );
    bounded(
        "YAML",
        &[("a.yaml", format!("{}{returns}\n", pod(&["q.io/a"])))],
    );
}

#[test]
fn a_placeholder_is_searched_for_once_in_a_name() {
    for name in ["<".repeat(1000), "%".repeat(1000)] {
        bounded(&name[..1], &[("a.yaml", containers(1500, &name))]);
    }
}

#[test]
fn a_registry_of_kilobytes_is_not_put_before_every_image_of_a_chart() {
    let images = times(4000, "i@: {image: {repository: a/b@, tag: '1'}}\n");
    let values = format!(
        "global: {{imageRegistry: {}}}\n{images}",
        "x".repeat(500_000)
    );
    bounded(
        "a chart",
        &[
            ("Chart.yaml", "name: a\nversion: 1.0.0\n".to_owned()),
            ("values.yaml", values),
        ],
    );
}

#[test]
fn a_cause_at_thousands_of_places_is_not_told_with_all_of_them_at_each() {
    let workspace = Workspace::of("a.yaml", containers(10_000, "Bad/Name"));
    let ran = workspace.offline().run();
    let report = ran.json();
    let findings = report["findings"].as_array().expect("a list");
    assert_eq!(findings.len(), 10_000);
    let others = findings
        .iter()
        .map(|f| f["also_at"].as_array().map_or(0, Vec::len))
        .max();
    assert!(others < Some(1000), "{others:?} other places at one");
    assert!(
        ran.stdout.len() < 2000 * findings.len(),
        "{} bytes",
        ran.stdout.len()
    );
}
