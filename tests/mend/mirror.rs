//! `mirror`: the script, the patch and `--apply`, each run against Debian's registry with Debian's skopeo, and the result
//! linted.

use crate::executable::write_executable;
use crate::remedies::converts_dockers_zstd;

use super::program::{Ran, Tree};
use super::support::artifact::{self, Artifact, DOCKER_LIST, OCI_LAYER_ZSTD, SCHEMA2};
use super::support::real::{Access, PASSWORD, RealRegistry, Storage, USER, tool};
use super::support::tls::Authority;
use super::support::wire;

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      initContainers:\n        - name: init\n          image: 'SRC/team/list:1'  # quoted\n      containers:\n        - name: web\n          image: SRC/team/app:1\n        - {name: side, image: \"SRC/fine/app:1\"}\n";
const STREAM: &str = "apiVersion: image.openshift.io/v1\nkind: ImageStream\nmetadata: {name: app}\nspec:\n  tags:\n    - name: '1'\n      from:\n        kind: DockerImage\n        name: SRC/team/app:1\n";
const DOCKERFILE: &str = "FROM SRC/team/list:1 AS base\nFROM base\nRUN true\n";
const KUSTOMIZATION: &str = "resources:\n  - base.yaml\nimages:\n  - name: app\n    newName: SRC/team/app\n    newTag: \"1\"\n  - name: SRC/team/list\n    newTag: '2'\n";
const BASE: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers:\n    - {name: a, image: app}\n    - {name: b, image: 'SRC/team/list:0'}\n";

/// Registries of the others and of one's own.
struct World {
    others: RealRegistry,
    own: RealRegistry,
    tree: Tree,
}

impl World {
    fn new(files: &[(&str, &str)]) -> Self {
        tool("skopeo");
        let others = Storage::new().serve(None, &Access::Open);
        let own = Storage::new().serve(None, &Access::Open);
        others.put("team/app", "1", &artifact::oci("app"));
        others.put("team/list", "1", &artifact::oci_index("list"));
        others.put("team/list", "2", &artifact::oci_index("list two"));
        others.put("fine/app", "1", &artifact::schema2("fine"));
        let tree = Tree::new(&[]);
        files.iter().for_each(|(path, text)| {
            tree.write(path, text.replace("SRC", others.host()).as_bytes())
        });
        World { others, own, tree }
    }

    fn everything() -> Self {
        World::new(&[
            ("deploy/web.yaml", DEPLOYMENT),
            ("deploy/stream.yaml", STREAM),
            ("Dockerfile", DOCKERFILE),
            ("k/kustomization.yaml", KUSTOMIZATION),
            ("k/base.yaml", BASE),
        ])
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let common = [
            "--no-cache",
            "--plain-http",
            self.others.host(),
            "--plain-http",
            self.own.host(),
        ];
        self.tree.lint(&[arguments, &common].concat())
    }

    fn mirror(&self, arguments: &[&str]) -> Ran {
        let to = format!("{}/project", self.own.host());
        self.run(&[&["mirror", "--to", &to], arguments].concat())
    }

    fn lints_clean(&self) {
        let ran = self.run(&["--format", "json", "--deep"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(ran.report()["findings"], serde_json::json!([]));
    }

    /// The type that the own registry serves.
    fn pushed(&self, name: &str, tag: &str) -> String {
        let path = format!("/v2/project/{name}/manifests/{tag}");
        let accept = [("Accept", image_lint_model::manifest::ACCEPT_ALL)];
        let answer = wire::send(self.own.host(), "GET", &path, &accept, &[]).expect("an answer");
        answer.header("content-type").unwrap_or("").to_owned()
    }

    fn name(&self, repository: &str) -> String {
        format!(
            "{}__team__{repository}",
            self.others.host().replace(':', "_")
        )
    }
}

#[test]
fn the_script_copies_and_the_patch_names_the_copies() {
    let world = World::everything();
    let before = world.run(&["--format", "json"]);
    assert_eq!(before.code, 1, "{before:?}");
    let script = world.mirror(&[]);
    assert_eq!(script.code, 0, "{script:?}");
    assert_eq!(
        script.out.matches("\nskopeo copy ").count(),
        3,
        "{}",
        script.out
    );
    assert!(
        script.out.contains("#   deploy/web.yaml:12:18\n"),
        "{}",
        script.out
    );
    let command = format!(
        "\nskopeo copy --override-os linux --override-arch amd64 --format v2s2 --remove-signatures \
         --src-tls-verify=false --dest-tls-verify=false 'docker://{}/team/app@{}' 'docker://{}/project/{}:1' || not_copied '{}/team/app:1'\n",
        world.others.host(),
        artifact::oci("app").digest(),
        world.own.host(),
        world.name("app"),
        world.others.host(),
    );
    assert!(script.out.contains(&command), "{command}{}", script.out);
    world.tree.write("copy.sh.txt", script.out.as_bytes());
    let patch = world.mirror(&["--format", "patch"]);
    assert_eq!(patch.code, 0, "{patch:?}");

    let ran = world.tree.run("sh", &["copy.sh.txt"]);
    assert_eq!(ran.code, 0, "{}\n{ran:?}", script.out);
    for (name, tag, expected) in [
        ("app", "1", SCHEMA2),
        ("list", "1", DOCKER_LIST),
        ("list", "2", DOCKER_LIST),
    ] {
        assert_eq!(
            world.pushed(&world.name(name), tag),
            expected,
            "{name}:{tag}"
        );
    }
    world.tree.write("rewrite.txt", patch.out.as_bytes());
    let applied = world.tree.run("git", &["apply", "rewrite.txt"]);
    assert_eq!(applied.code, 0, "{}\n{applied:?}", patch.out);
    world.lints_clean();

    let text = world.tree.read("deploy/web.yaml");
    let (list, app) = (world.name("list"), world.name("app"));
    assert!(
        text.contains(&format!(
            "image: '{}/project/{list}:1'  # quoted\n",
            world.own.host()
        )),
        "{text}"
    );
    assert!(
        text.contains(&format!("image: \"{}/fine/app:1\"", world.others.host())),
        "what is fine stays"
    );
    let kustomization = world.tree.read("k/kustomization.yaml");
    let host = world.own.host();
    let expected = format!(
        "  - name: app\n    newName: {host}/project/{app}\n    newTag: \"1\"\n  - name: {}/team/list\n    newName: {host}/project/{list}\n    newTag: '2'\n",
        world.others.host()
    );
    assert!(kustomization.ends_with(&expected), "{kustomization}");

    let stream = world.tree.read("deploy/stream.yaml");
    assert_eq!(
        stream,
        STREAM.replace("SRC/team/app:1", &format!("{host}/project/{app}:1"))
    );
    let dockerfile = world.tree.read("Dockerfile");
    assert_eq!(
        dockerfile,
        DOCKERFILE.replace("SRC/team/list:1", &format!("{host}/project/{list}:1"))
    );

    let again = world.mirror(&[]);
    assert_eq!(again.code, 0, "no error of a script that goes on");
    assert!(
        again.out.starts_with("#!/bin/sh\n# nothing to copy"),
        "{}",
        again.out
    );
    assert!(again.err.contains("nothing to copy"), "{}", again.err);
}

#[test]
fn apply_copies_checks_and_rewrites() {
    let world = World::everything();
    let ran = world.mirror(&["--apply"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("3 of 3 copies made"), "{}", ran.err);
    world.lints_clean();
    assert_eq!(world.pushed(&world.name("list"), "1"), DOCKER_LIST);
}

#[test]
fn what_can_be_pulled_is_copied_too_where_everything_is_wanted() {
    let world = World::everything();
    let ran = world.mirror(&["--apply", "--all-images"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("4 of 4 copies made"), "{}", ran.err);
    let fine = format!("{}__fine__app", world.others.host().replace(':', "_"));
    assert_eq!(world.pushed(&fine, "1"), SCHEMA2);
    let text = world.tree.read("deploy/web.yaml");
    let named = format!("image: \"{}/project/{fine}:1\"", world.own.host());
    assert!(text.contains(&named), "{text}");
    world.lints_clean();
    // All that is named is in the project now.
    let again = world.mirror(&["--all-images"]);
    assert_eq!(again.code, 0, "{again:?}");
    assert!(again.err.contains("nothing to copy"), "{}", again.err);

    world.tree.write(
        "deploy/gone.yaml",
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: g}}\nspec: {{containers: [{{name: g, image: '{}/team/app:9'}}]}}\n",
            world.others.host()
        )
        .as_bytes(),
    );
    let gone = world.mirror(&["--apply", "--all-images"]);
    assert_eq!(gone.code, 1, "{gone:?}");
    assert!(
        gone.err
            .contains("team/app:9 cannot be copied: its registry did not give it"),
        "{}",
        gone.err
    );
}

#[test]
fn a_registry_of_openshift_takes_the_token_of_oc_when_the_user_asks_for_it() {
    let mut world = World::everything();
    world.own = Storage::new().serve(None, &Access::Htpasswd);
    let kubeconfig = format!(
        "current-context: c\ncontexts: [{{name: c, context: {{user: u}}}}]\nusers: [{{name: u, user: {{token: {PASSWORD}}}}}]\n"
    );
    world
        .tree
        .write("../home/.kube/config", kubeconfig.as_bytes());
    let refused = world.mirror(&["--apply"]);
    assert_ne!(refused.code, 0, "a token goes nowhere unasked: {refused:?}");
    let config = format!(
        "hosts:\n  '{}': {{credentials: openshift-login}}\n",
        world.own.host()
    );
    world
        .tree
        .write("../home/.config/image-lint/config.yaml", config.as_bytes());
    let ran = world.mirror(&["--apply"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("3 of 3 copies made"), "{}", ran.err);
    assert!(
        !format!("{ran:?}").contains(PASSWORD),
        "the token is shown nowhere"
    );
    let after = world.run(&["--format", "json"]);
    let report = after.report();
    let findings = report["findings"].as_array().expect("a list").iter();
    let places: Vec<String> = findings
        .map(|f| format!("{} {}", f["rule"], f["path"]).replace('"', ""))
        .collect();
    // The copies can be pulled; what is left says that the cluster needs a secret for each container of the Deployment and
    // of the Pod that the kustomization builds. Imports and builds take other secrets.
    let needs = ["deploy/web.yaml", "k/kustomization.yaml"];
    let expected: Vec<String> = needs
        .iter()
        .flat_map(|path| vec![format!("no-pull-secret {path}"); 2])
        .collect();
    assert_eq!((after.code, places), (0, expected), "{after:?}");
}

#[test]
fn a_copy_of_the_wrong_type_is_named_in_no_file() {
    let world = World::everything();
    let path = std::env::var_os("PATH").expect("a PATH");
    let skopeo = std::env::split_paths(&path)
        .map(|folder| folder.join("skopeo"))
        .find(|program| program.is_file());
    // A skopeo that knows no other format than the source's.
    let script = format!(
        "#!/bin/sh\nfor word; do\n  shift\n  case $word in --format | v2s2) ;; *) set -- \"$@\" \"$word\" ;; esac\ndone\nexec {} \"$@\"\n",
        skopeo.expect("skopeo on PATH").display()
    );
    let program = world.tree.path("../bin/skopeo");
    write_executable(&program, &script);
    let folder = program
        .parent()
        .and_then(|folder| folder.canonicalize().ok())
        .expect("a folder");
    let path = std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&path)))
        .expect("a PATH");
    let to = format!("{}/project", world.own.host());
    let hosts = [
        "--no-cache",
        "--plain-http",
        world.others.host(),
        "--plain-http",
        world.own.host(),
    ];
    let ran = world.tree.lint_with(
        &path,
        &[&["mirror", "--to", &to, "--apply"][..], &hosts].concat(),
    );
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.err.contains("was not copied: the registry stores"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("as OCI manifest"), "{}", ran.err);
    assert!(ran.err.contains("0 of 3 copies made"), "{}", ran.err);
    assert_eq!(
        world.tree.read("Dockerfile"),
        DOCKERFILE.replace("SRC", world.others.host())
    );
}

#[test]
fn one_platform_alone_is_copied_on_request() {
    let world = World::everything();
    let ran = world.mirror(&["--apply", "--one-platform"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(world.pushed(&world.name("list"), "1"), SCHEMA2);
    world.lints_clean();
}

#[test]
fn a_pin_becomes_the_copys_and_what_is_not_literal_is_left_to_a_person() {
    let world = World::new(&[]);
    let digest = artifact::oci("app").digest();
    let src = world.others.host().to_owned();
    let pinned = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: x}}\nspec:\n  containers:\n    - {{name: a, image: '{src}/team/app@{digest}'}}\n"
    );
    let template = format!(
        "apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: {{name: t}}\nparameters:\n  - {{name: REGISTRY, value: '{src}'}}\nobjects:\n  - apiVersion: v1\n    kind: Pod\n    metadata: {{name: y}}\n    spec:\n      containers:\n        - {{name: a, image: '${{REGISTRY}}/team/list:1'}}\n"
    );
    world.tree.write("pinned.yaml", pinned.as_bytes());
    world.tree.write("template.yaml", template.as_bytes());
    let json = world.mirror(&["--format", "json"]);
    let plan = json.report();
    assert_eq!(plan["copies"].as_array().map(Vec::len), Some(2), "{json:?}");
    let ran = world.mirror(&["--apply"]);
    assert_eq!(ran.code, 1, "something is left by hand: {ran:?}");
    assert!(ran.err.contains("template.yaml:12:"), "{}", ran.err);
    let words = "the variable `REGISTRY` gives a part of the name";
    assert!(ran.err.contains(words), "{}", ran.err);
    assert_eq!(world.tree.read("template.yaml"), template);
    let text = world.tree.read("pinned.yaml");
    assert!(
        text.contains(&format!(
            "{}/project/{}@sha256:",
            world.own.host(),
            world.name("app")
        )),
        "{text}"
    );
    let ran = world.run(&["--format", "json", "pinned.yaml"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// What scripts and CI systems run is judged, too.
const ALL_JUDGED: (&str, &str) = (
    ".image-lint.yaml",
    "targets: [{paths: ['**'], target: openshift-3.11}]\n",
);

/// Files in which a variable gives the tag, or the name, of an image that is copied.
const VARIABLES: [(&str, &str); 11] = [
    ALL_JUDGED,
    (
        "a/Dockerfile",
        "ARG VERSION=1\nFROM SRC/team/app:${VERSION}\nRUN true\n",
    ),
    (
        "b/Dockerfile",
        "ARG BASE=SRC/team/list:1\nFROM ${BASE} AS one\nFROM ${BASE}\nRUN true\n",
    ),
    (
        "run.sh",
        "#!/bin/sh\nTAG=1\npodman run --rm SRC/team/app:$TAG\n",
    ),
    (
        "name.sh",
        "#!/bin/sh\nIMAGE=SRC/team/list\npodman run --rm $IMAGE:1\npodman run --rm $IMAGE:2\n",
    ),
    (
        "compose.yaml",
        "services:\n  a:\n    image: \"SRC/team/app:${TAG:-1}\"\n",
    ),
    (
        "template.yaml",
        "apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: {name: t}\nparameters: [{name: TAG, value: '1'}]\nobjects:\n  - apiVersion: v1\n    kind: Pod\n    metadata: {name: y}\n    spec: {containers: [{name: a, image: 'SRC/team/app:${TAG}'}]}\n",
    ),
    (
        "chart/Chart.yaml",
        "apiVersion: v2\nname: shop\nversion: 0.1.0\nappVersion: \"1\"\n",
    ),
    (
        "chart/values.yaml",
        "redis: SRC/team/list:1\nimage:\n  repository: SRC/team/app\n  tag: \"\"\n",
    ),
    (
        "chart/templates/pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - {name: a, image: \"{{ .Values.redis }}\"}\n  - {name: b, image: \"{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}\"}\n",
    ),
    (
        "Jenkinsfile",
        "pipeline {\n  agent { docker { image 'SRC/team/app:1' } }\n}\n",
    ),
];

#[test]
fn a_variable_that_gives_the_tag_or_the_whole_name_is_no_obstacle() {
    let world = World::new(&VARIABLES);
    let script = world.mirror(&[]);
    let patch = world.mirror(&["--format", "patch"]);
    assert!(!script.out.contains("by hand"), "{}", script.out);
    world.tree.write("copy.sh.txt", script.out.as_bytes());
    let ran = world.tree.run("sh", &["copy.sh.txt"]);
    assert_eq!(ran.code, 0, "{}\n{ran:?}", script.out);
    world.tree.write("rewrite.txt", patch.out.as_bytes());
    let applied = world
        .tree
        .run("git", &["apply", "--allow-empty", "rewrite.txt"]);
    assert_eq!(applied.code, 0, "{}\n{applied:?}", patch.out);
    world.lints_clean();
    let (host, src) = (world.own.host(), world.others.host());
    for (path, text) in VARIABLES {
        let named = |name: &str| format!("{host}/project/{}", world.name(name));
        let expected = text
            .replace("SRC/team/app", &named("app"))
            .replace("SRC/team/list", &named("list"))
            .replace("SRC", src);
        assert_eq!(world.tree.read(path), expected, "variables stay: {path}");
    }
}

#[test]
fn a_name_that_other_images_need_too_is_left_to_a_person_with_words_that_fit() {
    let rows = [
        (
            "name.sh",
            "#!/bin/sh\nIMAGE=SRC/team/app\npodman run --rm $IMAGE:1\npodman run --rm $IMAGE:fine\n",
            "name.sh:3:",
            "the variable `IMAGE` gives a part of the name",
        ),
        (
            "Dockerfile",
            "ARG REGISTRY=SRC\nARG VERSION=1\nFROM ${REGISTRY}/team/app:${VERSION}\nRUN true\n",
            "Dockerfile:3:",
            "the variable `REGISTRY` gives a part of the name",
        ),
    ];
    for (path, text, place, words) in rows {
        let world = World::new(&[ALL_JUDGED, (path, text)]);
        world
            .others
            .put("team/app", "fine", &artifact::schema2("fine"));
        let before = world.tree.read(path);
        let patch = world.mirror(&["--format", "patch"]);
        assert!(patch.out.is_empty(), "{path}: {}", patch.out);
        assert!(
            patch.err.contains(place) && patch.err.contains(words),
            "{path}: {}",
            patch.err
        );
        world.tree.write("rewrite.txt", patch.out.as_bytes());
        let applied = world
            .tree
            .run("git", &["apply", "--allow-empty", "rewrite.txt"]);
        assert_eq!(applied.code, 0, "README's line: {applied:?}");
        assert_eq!(world.tree.read(path), before);
    }
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers:\n    - {name: a, image: SRC/team/one:1}\n";

#[test]
fn layers_of_zstd_are_packed_anew_by_every_skopeo() {
    let world = World::new(&[("pod.yaml", POD)]);
    let image =
        artifact::image_with_layer(artifact::Family::Oci, "linux/amd64", "zstd", OCI_LAYER_ZSTD);
    world.others.put("team/one", "1", &image);
    let ran = world.mirror(&["--apply"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    world.lints_clean();
}

#[test]
fn dockers_own_zstd_layers_need_a_newer_skopeo_and_the_copy_is_checked() {
    let world = World::new(&[("pod.yaml", POD)]);
    let media_type = "application/vnd.docker.image.rootfs.diff.tar.zstd";
    let image =
        artifact::image_with_layer(artifact::Family::Docker, "linux/amd64", "zstd", media_type);
    world.others.put("team/one", "1", &image);
    let script = world.mirror(&["--deep"]);
    assert!(script.out.contains("skopeo 1.22 or later"), "{script:?}");
    let ran = world.mirror(&["--deep", "--apply"]);
    let version = tool("skopeo")
        .arg("--version")
        .output()
        .expect("skopeo runs")
        .stdout;
    if converts_dockers_zstd(&String::from_utf8_lossy(&version)) {
        world.lints_clean();
    } else {
        assert!(ran.err.contains("does not convert; 1.22 does"), "{ran:?}");
    }
}

#[test]
fn attestations_do_not_stop_a_copy_and_all_platforms_stay_a_list() {
    // `--all` was needed for what is the rule now, and is still taken.
    let ways: [(&[&str], &str); 3] = [
        (&["--apply", "--one-platform"], SCHEMA2),
        (&["--apply"], DOCKER_LIST),
        (&["--apply", "--all"], DOCKER_LIST),
    ];
    for (flags, expected) in ways {
        let world = World::new(&[("pod.yaml", POD)]);
        let two = artifact::list_of(
            artifact::OCI_INDEX,
            vec![
                (
                    "linux/amd64",
                    artifact::image(artifact::Family::Oci, "linux/amd64", "a"),
                ),
                (
                    "linux/arm64",
                    artifact::image(artifact::Family::Oci, "linux/arm64", "a"),
                ),
                (
                    "unknown/unknown",
                    artifact::index_with_attestations("a").children[1].clone(),
                ),
            ],
        );
        world.others.put("team/one", "1", &two);
        // A second run makes the same copy: nothing of the first is in its way.
        for _ in 0..2 {
            world.tree.write(
                "pod.yaml",
                POD.replace("SRC", world.others.host()).as_bytes(),
            );
            let ran = world.mirror(flags);
            assert_eq!(ran.code, 0, "{ran:?}");
            assert_eq!(world.pushed(&world.name("one"), "1"), expected);
            world.lints_clean();
        }
    }
}

#[test]
fn a_copy_that_fails_stops_no_other_and_the_script_ends_with_a_summary() {
    let world = World::everything();
    let script = world.mirror(&[]).out;
    // Between the plan and the copies one source goes away.
    world
        .others
        .forget("team/app", &artifact::oci("app").digest());
    world.tree.write("copy.sh.txt", script.as_bytes());
    let ran = world.tree.run("sh", &["copy.sh.txt"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("not copied: "), "{}", ran.err);
    assert!(ran.err.contains("1 of 3 not copied"), "{}", ran.err);
    assert_eq!(world.pushed(&world.name("list"), "1"), DOCKER_LIST);
}

#[test]
fn an_image_without_the_platform_is_left() {
    let world = World::new(&[(
        "pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers:\n    - {name: a, image: SRC/team/arm:1}\n",
    )]);
    let arm: Artifact = artifact::list(
        artifact::OCI_INDEX,
        artifact::Family::Oci,
        &["linux/arm64/v8"],
        "arm",
    );
    world.others.put("team/arm", "1", &arm);
    let script = world.mirror(&[]);
    assert!(
        script
            .out
            .contains("it has no image for linux/amd64 (linux/arm64/v8)"),
        "{script:?}"
    );
    assert_eq!(script.out.matches("\nskopeo copy").count(), 0);
}

#[test]
fn names_of_files_and_images_cannot_make_commands() {
    let world = World::new(&[(
        "a\n$(touch pwned).yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers:\n    - {name: a, image: SRC/team/app:1}\n    - {name: b, image: \"SRC/team/app:1';touch pwned;'\"}\n",
    )]);
    let script = world.mirror(&[]);
    let ours = |line: &&str| line.contains("127.0.0.1") && !line.starts_with('#');
    for line in script.out.lines().filter(ours) {
        assert!(line.starts_with("skopeo copy "), "{line}");
    }
    assert!(
        !script
            .out
            .lines()
            .any(|line| !line.starts_with('#') && line.contains("touch"))
    );
    world.tree.write("copy.txt", script.out.as_bytes());
    assert_eq!(world.tree.run("sh", &["copy.txt"]).code, 0);
    assert!(!world.tree.path("pwned").exists());
    for to in ["nohost", "r.example.com/a;id", "r.example.com/a:1"] {
        let ran = world.run(&["mirror", "--to", to]);
        assert_eq!(ran.code, 2, "{ran:?}");
    }
}

#[test]
fn a_baseline_hides_nothing_that_a_mirror_copies() {
    let world = World::everything();
    let known = world.run(&["--write-baseline", ".image-lint-baseline.json", "."]);
    assert_eq!(known.code, 0, "{known:?}");
    world
        .tree
        .write(".image-lint.yaml", b"baseline: .image-lint-baseline.json\n");
    assert_eq!(world.run(&["."]).code, 0, "the baseline counts");
    let script = world.mirror(&[]);
    assert_eq!(script.code, 0, "{script:?}");
    assert_eq!(
        script.out.matches("\nskopeo copy ").count(),
        3,
        "{}",
        script.out
    );
}

#[test]
fn a_registry_with_an_authority_of_ones_own_takes_copies_by_the_line_that_made_it_known() {
    let world = World::everything();
    let authority = Authority::new();
    let own = Storage::new().serve(Some(&authority.identity()), &Access::Open);
    let config = format!(
        "hosts: {{'{}': {{allow: true, ca: '{}'}}}}\n",
        own.host(),
        authority.file().display()
    );
    world
        .tree
        .write("../home/.config/image-lint/config.yaml", config.as_bytes());
    let to = format!("{}/project", own.host());
    let ran = world.run(&["mirror", "--to", &to, "--apply"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("3 of 3 copies made"), "{}", ran.err);
    world.lints_clean();
}

#[test]
fn a_registry_that_wants_a_login_is_named_with_the_command() {
    let world = World::everything();
    let own = Storage::new().serve(None, &Access::Htpasswd);
    let to = format!("{}/project", own.host());
    let flags = ["mirror", "--to", &to, "--apply", "--plain-http", own.host()];
    let ran = world.run(&flags);
    assert_eq!(ran.code, 1, "{ran:?}");
    let command = format!(
        "log in first: `skopeo login --tls-verify=false {}`",
        own.host()
    );
    assert!(ran.err.contains(&command), "{}", ran.err);
    let words: Vec<&str> = command.split('`').nth(1).unwrap().split(' ').collect();
    // Of the machine's own logins none is touched.
    let file = world.tree.path("../auth.json");
    let authfile = ["--authfile", file.to_str().unwrap()];
    let who = ["--username", USER, "--password", PASSWORD];
    let login = [&words[1..], &who, &authfile].concat();
    assert_eq!(world.tree.run(words[0], &login).code, 0);
    let ran = world.run(&[&flags[..], &authfile].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
}
