//! A remedy is a promise: every distinct command that a report prints is run as it stands, with real tools against real
//! registries, and what it makes is linted clean for the target.
//!
//! `IMAGE_LINT_TEST_TOOLS` may name a folder with another skopeo, buildah or podman, which then goes before PATH.

use crate::executable::write_executable;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use serde_json::Value;

use super::program::Tree;
use super::support::artifact::SCHEMA2;
use super::support::demo;
use super::support::forms;
use super::support::real::{Access, PASSWORD, RealRegistry, Storage, USER, tool};
use super::support::wire;
use super::tools;

/// Programs that are recorded and not run: they need a cluster, or a daemon.
const STAND_INS: [&str; 2] = ["oc", "docker"];

/// Registries of the others and of one's own, and a folder in which commands are typed.
struct World {
    others: RealRegistry,
    own: RealRegistry,
    tree: Tree,
    /// Further variables of whoever types.
    variables: Vec<(&'static str, String)>,
}

impl World {
    fn new() -> Self {
        let world = World {
            others: Storage::new().serve(None, &Access::Open),
            own: Storage::new().serve(None, &Access::Open),
            tree: Tree::new(&[]),
            variables: Vec::new(),
        };
        let at = |name: &str| world.tree.path(&format!("../{name}"));
        world.knows_as_insecure(&[
            world.others.host(),
            world.own.host(),
            "registry.example.com",
        ]);
        let storage = format!(
            "[storage]\ndriver = \"vfs\"\ngraphroot = \"{}\"\nrunroot = \"{}\"\n",
            at("graph").display(),
            at("run").display()
        );
        world.tree.write("../storage.conf", storage.as_bytes());
        for name in STAND_INS {
            world.program(name, "#!/bin/sh\necho \"${0##*/} $*\" >>\"$RECORD\"\n");
        }
        let kubectl = format!(
            "#!/bin/sh\necho \"kubectl $*\" >>\"$RECORD\"\ncase $1 in\npatch) shift 3; exec {0} patch --local -f account.yaml -o name \"$@\" ;;\n*) exec {0} \"$@\" --dry-run=client -o name ;;\nesac\n",
            tools::tool("charts/kubectl").display()
        );
        world.program("kubectl", &kubectl);
        world.tree.write(
            "account.yaml",
            b"apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default}\n",
        );
        world
            .tree
            .write("Containerfile", b"FROM scratch\nCOPY name /\n");
        world.tree.write("name", b"one's own\n");
        world
    }

    /// What the tools know by themselves: the registries that `registries.conf` calls insecure, and no other.
    fn knows_as_insecure(&self, hosts: &[&str]) {
        let registries = hosts
            .iter()
            .map(|host| format!("[[registry]]\nlocation = \"{host}\"\ninsecure = true\n"));
        self.tree.write(
            "../home/.config/containers/registries.conf",
            registries.collect::<String>().as_bytes(),
        );
    }

    fn program(&self, name: &str, text: &str) {
        write_executable(&self.tree.path(&format!("../bin/{name}")), text);
    }

    /// Types a command; what it wrote, or its errors.
    fn types(&self, line: &str) -> Result<String, String> {
        let at = |name: &str| self.tree.path(&format!("../{name}"));
        let newer = std::env::var_os("IMAGE_LINT_TEST_TOOLS").map(PathBuf::from);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let own = Path::new(env!("CARGO_BIN_EXE_image-lint")).parent();
        let folders = std::iter::once(at("bin"))
            .chain(own.map(Path::to_path_buf))
            .chain(newer)
            .chain(std::env::split_paths(&path));
        let line = line.replace("REGISTRY/PROJECT", &format!("{}/project", self.own.host()));
        let done = Command::new("sh")
            .args(["-c", &line])
            .current_dir(self.tree.root())
            .env("PATH", std::env::join_paths(folders).expect("a PATH"))
            .env("HOME", self.tree.home())
            .env("RECORD", at("record"))
            .env("CONTAINERS_STORAGE_CONF", at("storage.conf"))
            .env("BUILDAH_ISOLATION", "chroot")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .output()
            .expect("a shell");
        match done.status.success() {
            true => Ok(String::from_utf8_lossy(&done.stdout).into_owned()),
            false => Err(format!("{line}\n{}", String::from_utf8_lossy(&done.stderr))),
        }
    }

    fn record(&self) -> String {
        std::fs::read_to_string(self.tree.path("../record")).unwrap_or_default()
    }

    fn hosts(&self) -> [String; 5] {
        let plain = "--plain-http".to_owned();
        [
            "--no-cache".to_owned(),
            plain.clone(),
            self.others.host().to_owned(),
            plain,
            self.own.host().to_owned(),
        ]
    }

    fn lint(&self, arguments: &[&str]) -> Value {
        let hosts = self.hosts();
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        self.tree.lint(&[arguments, &hosts].concat()).report()
    }

    /// What a target says of an image, with the whole of it read.
    fn verdict(&self, image: &str, target: &str) -> String {
        let report = self.lint(&["inspect", "--format", "json", image]);
        let verdicts = report["images"][0]["verdicts"]
            .as_array()
            .expect("verdicts")
            .iter();
        let of = verdicts
            .filter(|v| v["target"] == target)
            .map(|v| v["verdict"].to_string());
        format!(
            "{} {}",
            of.collect::<String>().replace('"', ""),
            report["images"][0]["problem"]
        )
    }
}

/// The commands of a finding.
fn commands(finding: &Value) -> Vec<String> {
    let help = finding["help"].as_array().expect("help lines").iter();
    help.filter_map(|line| line.as_str()?.strip_prefix("$ ").map(str::to_owned))
        .collect()
}

/// Where a command pushes to.
fn pushed(world: &World, line: &str) -> Option<String> {
    let last = line.split_whitespace().last()?;
    let name = match line {
        _ if line.starts_with("skopeo copy") => last.strip_prefix("docker://")?,
        _ if line.starts_with("buildah push") => last,
        _ if line.starts_with("buildah manifest push") => last.strip_prefix("docker://")?,
        _ => return None,
    };
    Some(name.replace("REGISTRY/PROJECT", &format!("{}/project", world.own.host())))
}

fn pod(host: &str, image: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n    - {{name: c, image: '{host}/{image}'}}\n"
    )
}

/// Forms for which a copy is printed; of the others the words say what helps.
const CONVERTIBLE: [&str; 19] = [
    "oci",
    "oci-nomt",
    "oindex",
    "oindex-nomt",
    "oindex-att",
    "own-att-two",
    "dlist-ochild",
    "dlist-mixed-amd64oci",
    "oindex-dchild",
    "oci-zstd",
    "oci-mixed-zstd",
    "oindex-zstd",
    "estargz",
    "subject",
    "oci-tar",
    "more-index-artifact-type",
    "more-index-arm-zstd",
    "more-nested-gone-beside",
    "more-chart-beside-image",
];

/// The same, where skopeo has to be newer than Debian 12's and 13's, which the words say.
const CONVERTIBLE_BY_NEWER: [&str; 3] = ["d2-zstd", "dlist-zstd", "more-index-d2zstd"];

/// Forms that no copy makes better, and a part of what is said.
const HOPELESS: [(&str, &str); 15] = [
    ("own-oci-nondistributable", "not to be distributed"),
    ("more-oci-nd-zstd", "not to be distributed"),
    ("foreign-blob-absent", "not to be distributed"),
    ("d2-oconfig", "build it again with one tool"),
    ("oci-dlayer", "build it again with one tool"),
    ("oci-dconfig", "build it again with one tool"),
    ("d2-ozstd", "build it again with one tool"),
    ("own-oci-octet", "build it again with one tool"),
    ("encrypted", "its layers are encrypted"),
    ("more-index-encrypted", "its layers are encrypted"),
    ("d2-126", "--squash"),
    ("more-index-126", "--squash"),
    ("oindex-noamd64", "it has to be built for it"),
    ("dlist-noamd64", "no copy has linux/amd64 either"),
    ("idx-of-idx", "the image for the platform is a list again"),
];

const NEWER: &str = "skopeo 1.22 or later is needed";

/// Whether the skopeo that is typed is new enough for all of them.
fn has_newer(world: &World) -> bool {
    let said = world
        .types("skopeo --version")
        .expect("skopeo says its version");
    converts_dockers_zstd(&said)
}

/// Whether this is the version, as `skopeo --version` prints it, of one that reads docker images with zstd layers: 1.9 and
/// 1.18 of Debian 12 and 13 do not, 1.22 does.
pub fn converts_dockers_zstd(version: &str) -> bool {
    let number = version.split_whitespace().nth(2).unwrap_or("");
    let mut parts = number.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next(), parts.next()) >= (Some(1), Some(22))
}

#[test]
fn every_printed_copy_and_build_runs_and_what_it_makes_is_clean() {
    let world = World::new();
    let hopeless = || HOPELESS.iter().map(|(name, _)| *name);
    let named: BTreeSet<&str> = CONVERTIBLE
        .into_iter()
        .chain(CONVERTIBLE_BY_NEWER)
        .chain(hopeless())
        .collect();
    for form in forms::all().iter().filter(|form| named.contains(form.name)) {
        forms::store_real(form, &world.others);
        world.tree.write(
            &format!("pods/{}.yaml", form.name),
            pod(world.others.host(), &form.reference()).as_bytes(),
        );
    }
    let newer = has_newer(&world);
    let (mut run, mut seen, mut found) = (0, BTreeSet::new(), BTreeSet::new());
    let mut failed = Vec::new();
    for target in image_lint_model::target::BUILT_IN {
        // What a plain run does not read is not known to its remedies.
        for depth in [&["--deep"][..], &[]] {
            let arguments = [
                &["--format", "json", "--target", target][..],
                depth,
                &["pods"],
            ];
            let report = world.lint(&arguments.concat());
            for finding in report["findings"].as_array().expect("findings") {
                let help = finding["help"].to_string();
                let form = finding["path"]
                    .as_str()
                    .and_then(|path| path.strip_prefix("pods/"));
                let form = form
                    .and_then(|path| path.strip_suffix(".yaml"))
                    .expect("a form's file");
                if finding["rule"] == "unsupported-format" && !help.contains("image-lint mirror") {
                    failed.push(format!("{form} for {target}: mirror is not named: {help}"));
                }
                if target == "openshift-3.11" && !depth.is_empty() {
                    found.insert(form.to_owned());
                    failed.extend(wrong_words(form, &help));
                }
                for line in commands(finding) {
                    if (help.contains(NEWER) && !newer) || !seen.insert(line.clone()) {
                        continue;
                    }
                    run += 1;
                    failed.extend(
                        run_and_judge(&world, &line, target).map(|why| format!("{form}: {why}")),
                    );
                }
            }
        }
    }
    assert_eq!(found, named.iter().map(|name| (*name).to_owned()).collect());
    assert!(run >= 80, "only {run} commands");
    assert!(
        failed.is_empty(),
        "{} of {run} failed:\n{}",
        failed.len(),
        failed.join("\n")
    );
    println!("{run} commands run");
}

/// What is wrong with the words about a form.
fn wrong_words(form: &str, help: &str) -> Option<String> {
    let copies = help.contains("skopeo copy");
    let right = match HOPELESS.iter().find(|(hopeless, _)| *hopeless == form) {
        Some((_, words)) => help.contains(words) && !copies,
        None => copies && help.contains(NEWER) == CONVERTIBLE_BY_NEWER.contains(&form),
    };
    (!right).then(|| format!("{form}: {help}"))
}

/// Why a command is not what was promised: it fails, or what it makes is not clean for the target.
fn run_and_judge(world: &World, line: &str, target: &str) -> Option<String> {
    if let Err(error) = world.types(line) {
        return Some(error);
    }
    let image = pushed(world, line)?;
    // A part of a list is one of another platform; the list itself is judged.
    let tag = image.rsplit(':').next().unwrap_or("");
    if tag.contains("linux-arm64") {
        return None;
    }
    let verdict = world.verdict(&image, target);
    (!verdict.starts_with("ok")).then(|| format!("{line}\nmade {image}: {verdict} for {target}"))
}

#[test]
fn what_other_rules_print_runs_too() {
    let world = World::new();
    let docker = forms::all()
        .into_iter()
        .find(|form| form.name == "d2")
        .expect("a form");
    forms::store_real(&docker, &world.others);
    let host = world.others.host();
    let absent = format!("sha256:{}", "0".repeat(64));
    let liar = super::support::registry::Registry::start();
    liar.push_docker_list("app", "1");
    liar.on("app:1")
        .get()
        .gives(super::support::registry::Fault::Body(
            super::support::artifact::docker_list("other").body,
        ));
    world.tree.write(
        "tagged.yaml",
        pod(host, &format!("forms/d2:1@{absent}")).as_bytes(),
    );
    world.tree.write(
        "pinned.yaml",
        pod(host, &format!("forms/d2@{absent}")).as_bytes(),
    );
    world
        .tree
        .write("lies.yaml", pod(&liar.host(), "app:1").as_bytes());
    let user = format!(
        "hosts:\n  '{}': {{plain-http: true}}\n  '{host}': {{plain-http: true}}\n",
        liar.host()
    );
    world
        .tree
        .write("../home/.config/image-lint/config.yaml", user.as_bytes());
    let report = world.lint(&[
        "--format",
        "json",
        "tagged.yaml",
        "pinned.yaml",
        "lies.yaml",
    ]);
    let findings = report["findings"].as_array().expect("findings");
    let lines: Vec<String> = findings.iter().flat_map(commands).collect();
    let image = format!("docker://{host}/forms/d2");
    let expected = [
        format!("image-lint inspect --plain-http {0} {0}/app:1", liar.host()),
        format!("skopeo list-tags --tls-verify=false {image}"),
        format!("skopeo inspect --format '{{{{.Digest}}}}' --tls-verify=false {image}:1"),
    ];
    assert_eq!(lines, expected, "{report:#}");
    let seen = world
        .types(&format!("{} || [ $? -eq 1 ]", lines[0]))
        .expect("it is shown");
    assert!(seen.contains("contradicts itself"), "{seen}");
    let tags = world.types(&lines[1]).expect("the tags are listed");
    assert!(tags.contains("\"1\""), "{tags}");
    let digest = world.types(&lines[2]).expect("the digest is shown");
    assert_eq!(digest.trim(), docker.artifact.digest());
}

/// The user's own configuration names the registry as one without TLS, and the tools know nothing of it.
#[test]
fn commands_reach_a_registry_without_tls_that_only_the_user_of_this_program_named() {
    let world = World::new();
    world.knows_as_insecure(&[world.own.host()]);
    let host = world.others.host();
    let forms = ["oci", "own-att-two", "oci-zstd", "dlist-noamd64"];
    for form in forms::all()
        .iter()
        .filter(|form| forms.contains(&form.name))
    {
        forms::store_real(form, &world.others);
        world.tree.write(
            &format!("{}.yaml", form.name),
            pod(host, &form.reference()).as_bytes(),
        );
    }
    world.tree.write(
        "../home/.config/image-lint/config.yaml",
        format!("hosts:\n  '{host}': {{plain-http: true}}\n").as_bytes(),
    );
    let lint = ["--no-cache", "--format", "json", "--deep"];
    let report = world.tree.lint(&lint).report();
    let findings = report["findings"].as_array().expect("findings");
    let lines: Vec<String> = findings.iter().flat_map(commands).collect();
    let failed: Vec<String> = lines
        .iter()
        .filter_map(|line| world.types(line).err())
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    for tool in [
        "skopeo copy",
        "buildah push",
        "buildah manifest push",
        "buildah manifest add",
    ] {
        let typed = lines.iter().any(|line| line.starts_with(tool));
        assert!(typed, "no {tool} in {lines:#?}");
    }
}

/// `docker login` has no flag for it, and `podman login` fails without its own.
#[test]
fn a_login_at_a_registry_without_tls_is_one_that_works() {
    let mut world = World::new();
    world.others = Storage::new().serve(None, &Access::Htpasswd);
    world.knows_as_insecure(&[]);
    let host = world.others.host();
    world
        .tree
        .write("Dockerfile", format!("FROM {host}/team/app:1\n").as_bytes());
    let flags = ["--no-cache", "--format", "json", "--plain-http", host];
    let report = world
        .tree
        .lint(&[&flags[..], &["Dockerfile"]].concat())
        .report();
    let help = report["findings"][0]["help"]
        .as_array()
        .expect("help lines");
    let said: Vec<&str> = help.iter().filter_map(Value::as_str).collect();
    let login = said
        .iter()
        .filter_map(|line| {
            line.split('`')
                .find(|part| part.starts_with("podman login"))
        })
        .next()
        .expect("podman is named");
    let typed = format!("{login} --username {USER} --password {PASSWORD} --authfile auth.json");
    world.types(&typed).expect("the login is taken");
    let daemon = said
        .iter()
        .any(|line| line.contains("`insecure-registries`"));
    assert!(daemon, "what docker needs is named: {said:#?}");
}

/// The help page that the project began with: build with `--format=docker`, or copy into the cluster's own registry.
#[test]
fn the_two_cases_of_the_help_page_run_as_the_demo_prints_them() {
    let mut world = World::new();
    world.own = Storage::new().serve(None, &Access::Htpasswd);
    let insecure = format!(
        "[[registry]]\nlocation = \"{}\"\ninsecure = true\n",
        world.own.host()
    );
    let known = std::fs::read_to_string(
        world
            .tree
            .path("../home/.config/containers/registries.conf"),
    )
    .expect("it is there");
    world.tree.write(
        "../home/.config/containers/registries.conf",
        (known + &insecure).as_bytes(),
    );
    let registry = demo::registry();
    let login = base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{PASSWORD}"));
    let login = format!(
        r#"{{"auths": {{"{}": {{"auth": "{login}"}}, "registry.example.com": {{"auth": "{login}"}}}}}}"#,
        world.own.host()
    );
    world.tree.write("../auth.json", login.as_bytes());
    let auth = world.tree.path("../auth.json").display().to_string();
    world.variables = vec![
        ("http_proxy", registry.url()),
        ("NO_PROXY", "127.0.0.1".to_owned()),
        ("REGISTRY_AUTH_FILE", auth),
    ];
    let files = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/demo");
    let output = Command::new(env!("CARGO_BIN_EXE_image-lint"))
        .args(&demo::arguments(files)[1..])
        .args(["--format", "json"])
        .env_clear()
        .envs(demo::environment(&registry))
        .output()
        .expect("the program runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let mut findings = report["findings"].as_array().expect("findings").iter();
    let python = findings.find(|f| f["reference"] == "registry.example.com/upstream/python:3.11");
    let lines = commands(python.expect("the demo's OCI image"));
    assert!(
        lines[0].starts_with("buildah bud --format=docker -t "),
        "{lines:?}"
    );
    world.types(&lines[0]).expect("the build runs");
    // The name that is pushed to is the demo's, behind which one's own registry is put.
    assert!(lines[1].starts_with("buildah push "), "{lines:?}");
    let pulls = std::mem::replace(
        &mut world.variables[0],
        ("http_proxy", format!("http://{}", world.own.host())),
    );
    world
        .types(&lines[1])
        .expect("what was built can be pushed");
    world.variables[0] = pulls;
    let copy = lines
        .iter()
        .find(|line| line.starts_with("skopeo copy --format v2s2 "));
    world.types(copy.expect("a copy")).expect("the copy runs");
    for repository in ["upstream/python", "project/python"] {
        let path = format!("/v2/{repository}/manifests/3.11");
        let basic = format!(
            "Basic {}",
            base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{PASSWORD}"))
        );
        let headers = [
            ("Accept", image_lint_model::manifest::ACCEPT_ALL),
            ("Authorization", &*basic),
        ];
        let reply = wire::ask(world.own.host(), "GET", &path, &headers).expect("an answer");
        assert_eq!(reply.header("content-type"), Some(SCHEMA2), "{repository}");
    }
}

/// One file for each who pulls: the image is private for all of them.
const PULLERS: [(&str, &str, &str, &[&str]); 8] = [
    (
        "pod.yaml",
        "",
        "openshift-3.11",
        &[
            "oc create secret docker-registry ",
            "oc secrets link default ",
        ],
    ),
    (
        "pod.yaml",
        "",
        "kubernetes",
        &[
            "kubectl create secret docker-registry ",
            "kubectl patch serviceaccount default ",
        ],
    ),
    (
        "build.yaml",
        "apiVersion: build.openshift.io/v1\nkind: BuildConfig\nmetadata: {name: b}\nspec:\n  strategy:\n    dockerStrategy:\n      from: {kind: DockerImage, name: 'IMAGE'}\n",
        "openshift-3.11",
        &[
            "oc create secret docker-registry ",
            "oc set build-secret --pull bc/",
        ],
    ),
    (
        "stream.yaml",
        "apiVersion: image.openshift.io/v1\nkind: ImageStream\nmetadata: {name: s}\nspec:\n  tags:\n    - {name: '1', from: {kind: DockerImage, name: 'IMAGE'}}\n",
        "openshift-3.11",
        &["oc create secret docker-registry "],
    ),
    (
        "Dockerfile",
        "FROM IMAGE\n",
        "openshift-3.11",
        &["docker login "],
    ),
    (
        ".github/workflows/ci.yaml",
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    container: IMAGE\n    steps: [{run: 'true'}]\n",
        "openshift-3.11",
        &[],
    ),
    (
        ".gitlab-ci.yml",
        "job:\n  image: IMAGE\n  script: ['true']\n",
        "openshift-3.11",
        &[],
    ),
    (
        "compose.yaml",
        "services:\n  a: {image: IMAGE}\n",
        "openshift-3.11",
        &["docker login "],
    ),
];

/// Where no command gives credentials, what does.
const NO_COMMAND: [(&str, &str); 2] = [
    (".github/workflows/ci.yaml", "`credentials: {username:"),
    (".gitlab-ci.yml", "`DOCKER_AUTH_CONFIG`"),
];

#[test]
fn credentials_are_given_by_who_pulls_and_the_clusters_own_command_takes_them() {
    let world = World::new();
    let private = Storage::new().serve(None, &Access::Htpasswd);
    let image = private.name("team/app:1");
    for (file, text, target, expected) in PULLERS {
        let text = match text {
            "" => pod(private.host(), "team/app:1"),
            text => text.replace("IMAGE", &image),
        };
        world.tree.write(file, text.as_bytes());
        let report = world.lint(&[
            "--format",
            "json",
            "--target",
            target,
            "--plain-http",
            private.host(),
            file,
        ]);
        let found = report["findings"].as_array().expect("findings");
        let found = found.iter().find(|f| f["rule"] == "missing-or-private");
        let found = found.unwrap_or_else(|| panic!("{file}: {report:#}"));
        let lines = commands(found);
        let words = found["help"].to_string();
        for (of, wanted) in NO_COMMAND {
            assert!(file != of || words.contains(wanted), "{file}: {words}");
        }
        assert_eq!(lines.len(), expected.len(), "{file} {target}: {lines:?}");
        for (line, beginning) in lines.iter().zip(expected) {
            assert!(line.starts_with(beginning), "{file}: {line}");
            world
                .types(line)
                .unwrap_or_else(|error| panic!("{file}: {error}"));
            let first: Vec<&str> = beginning.split(' ').take(2).collect();
            assert!(
                world.record().contains(&first.join(" ")),
                "{}",
                world.record()
            );
        }
        std::fs::remove_file(world.tree.path(file)).expect("the file is there");
    }
}

#[test]
fn the_loop_from_errors_to_zero_ends_with_mirror() {
    let world = World::new();
    for name in ["oci", "oindex-att", "oci-zstd"] {
        let form = forms::all()
            .into_iter()
            .find(|form| form.name == name)
            .expect(name);
        forms::store_real(&form, &world.others);
        world.tree.write(
            &format!("{name}.yaml"),
            pod(world.others.host(), &form.reference()).as_bytes(),
        );
    }
    let to = format!("{}/project", world.own.host());
    let hosts = world.hosts();
    let mut arguments = vec!["mirror", "--to", &to, "--apply", "."];
    arguments.extend(hosts.iter().map(String::as_str));
    let ran = world.tree.lint(&arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
    let report = world.lint(&["--format", "json", "--deep", "."]);
    assert_eq!(report["findings"], serde_json::json!([]), "{report:#}");
    drop(tool("skopeo"));
    assert!(Path::new(&world.tree.root()).exists());
}
