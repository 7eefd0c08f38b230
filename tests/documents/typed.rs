//! Every command of docs/guides is typed, as a reader would: with the real buildah, skopeo, git and helm, against a real
//! registry on loopback that has the names of the guides. `oc` and `kubectl`, which need a cluster, keep what they are told.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::executable::write_executable;
use crate::support::real::{Access, RealRegistry, Storage};
use crate::tools::tool;
use crate::{blocks, project};

/// What a reader of a guide has: a repository, a registry, a home.
struct Reader {
    folder: tempfile::TempDir,
    registry: RealRegistry,
}

const PODS: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: ";

/// Answers as a cluster would, as far as the guides go by its answers.
const CLUSTER: &str = r#"#!/bin/sh
printf '%s\n' "$(basename "$0") $*" >>"$HOME/told"
case "$*" in
  "get all,is,bc -o yaml") cat "$HOME/work/pod.yaml" ;;
  "whoami -t") echo token ;;
  whoami) echo tester ;;
esac
"#;

impl Reader {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let registry = Storage::new().serve(None, &Access::Open);
        let reader = Reader { folder, registry };
        let (host, home) = (reader.registry.host(), reader.home().display().to_string());
        for program in ["oc", "kubectl"] {
            write_executable(&reader.home().join("bin").join(program), CLUSTER);
        }
        for (name, text) in [
            (
                "storage.conf",
                format!(
                    "[storage]\ndriver = \"vfs\"\ngraphroot = \"{home}/store\"\nrunroot = \"{home}/runroot\"\n"
                ),
            ),
            (
                // Where the skopeo of Debian 12 looks, too.
                ".config/containers/registries.conf",
                format!("[[registry]]\nlocation = \"{host}\"\ninsecure = true\n"),
            ),
            (
                ".config/containers/policy.json",
                "{\"default\":[{\"type\":\"insecureAcceptAnything\"}]}".to_owned(),
            ),
            (
                "image-lint.yaml",
                format!("hosts:\n  \"{host}\": {{plain-http: true, allow: true}}\n"),
            ),
            ("run/.keep", String::new()),
            (
                "work/Dockerfile",
                "FROM scratch\nCOPY Dockerfile /\n".to_owned(),
            ),
        ] {
            reader.write(name, &text);
        }
        reader
    }

    fn home(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.home().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The guides' hosts are this one.
    fn named(&self, line: &str) -> String {
        let host = self.registry.host();
        line.replace("docker-registry.example.com", host)
            .replace("registry.example.com", host)
            .replace("quay.io/", &format!("{host}/quay/"))
            .replace("docker.io/library/", &format!("{host}/hub/"))
    }

    /// Types a line; its exit code, and all that was written.
    fn types(&self, line: &str) -> (i32, String) {
        let own = Path::new(env!("CARGO_BIN_EXE_image-lint"))
            .parent()
            .unwrap();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = [self.home().join("bin"), own.to_owned(), tool("charts")]
            .into_iter()
            .chain(std::env::split_paths(&path));
        let done = Command::new("bash")
            .args(["-c", &format!("set -o pipefail; {}", self.named(line))])
            .current_dir(self.home().join("work"))
            .env_clear()
            .env("PATH", std::env::join_paths(folders).unwrap())
            .env("HOME", self.home())
            .env("XDG_RUNTIME_DIR", self.home().join("run"))
            .env("IMAGE_LINT_CONFIG", self.home().join("image-lint.yaml"))
            .env("CONTAINERS_STORAGE_CONF", self.home().join("storage.conf"))
            .env("BUILDAH_ISOLATION", "chroot")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        let said = [done.stdout, done.stderr].concat();
        (
            done.status.code().unwrap_or(-1),
            String::from_utf8_lossy(&said).into_owned(),
        )
    }

    fn prepare(&self, lines: &[&str]) {
        for line in lines {
            let (code, said) = self.types(line);
            assert_eq!(code, 0, "{line}: {said}");
        }
    }

    /// A repository of one pod, in one commit that `origin` has, too.
    fn repository(&self, image: &str) {
        self.write("work/pod.yaml", &format!("{PODS}{}\n", self.named(image)));
        self.prepare(&[
            "git init --quiet --initial-branch main",
            "git add . && git -c user.name=a -c user.email=a@localhost commit --quiet -m one",
            "git update-ref refs/remotes/origin/main HEAD",
        ]);
    }
}

/// The lines of a guide's shell blocks, without remarks.
fn lines(guide: &str) -> Vec<String> {
    let text = std::fs::read_to_string(project().join("docs/guides").join(guide)).unwrap();
    let lines = blocks(&text, "sh").into_iter().flat_map(str::lines);
    let lines = lines.map(|line| line.split(" #").next().unwrap_or_default().trim());
    lines
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Types a guide from its first line to its last. `codes`: a beginning of each line, and how it ends.
fn follow(reader: &Reader, guide: &str, codes: &[(&str, i32)]) {
    type_lines(reader, guide, &lines(guide), codes);
}

fn type_lines(reader: &Reader, guide: &str, lines: &[String], codes: &[(&str, i32)]) {
    assert_eq!(lines.len(), codes.len(), "{guide}: {lines:#?}");
    for (line, (beginning, expected)) in lines.iter().zip(codes) {
        assert!(
            line.starts_with(beginning),
            "{guide}: {line}, not {beginning}"
        );
        let (code, said) = reader.types(line);
        assert_eq!(code, *expected, "{guide}: {line}\n{said}");
    }
}

#[test]
fn the_guide_to_the_missing_signature_key_ends_with_an_image_that_is_pulled() {
    let reader = Reader::new();
    reader.registry.buildah_push("quay/team/app", "1.4", "oci");
    reader.repository("quay.io/team/app:1.4");
    let (code, said) = reader.types("image-lint .");
    assert!(
        code == 1 && said.contains("missing signature key"),
        "{said}"
    );
    let guide = "missing-signature-key.md";
    let codes = [
        ("image-lint inspect", 0),
        ("buildah bud --format=docker", 0),
        ("buildah push", 0),
        ("skopeo copy --format v2s2", 0),
        ("image-lint --no-cache .", 0),
        ("image-lint hook install", 0),
    ];
    follow(&reader, guide, &codes);
    let (code, said) = reader.types("image-lint inspect registry.example.com/mirror/app:1.4");
    assert!(code == 0 && said.contains("manifest.v2+json"), "{said}");
}

#[test]
fn the_guide_to_an_image_that_does_not_exist_tells_the_causes_apart() {
    let reader = Reader::new();
    reader.registry.buildah_push("hub/redis", "7.2.1", "oci");
    follow(
        &reader,
        "repository-does-not-exist.md",
        &[("image-lint inspect", 0)],
    );
    // The first two rows of its table.
    let (_, said) = reader.types("image-lint inspect docker.io/library/redis:7.2.1");
    assert!(
        said.contains("oci.image.manifest") && said.contains("cannot pull"),
        "{said}"
    );
    let (code, said) = reader.types("image-lint inspect docker.io/library/redis:7.2.2");
    assert!(
        code == 1 && said.contains("7.2.1"),
        "the nearest tag: {said}"
    );
}

#[test]
fn the_guide_to_image_pull_back_off_is_typed() {
    let reader = Reader::new();
    reader.registry.buildah_push("team/app", "1.4", "docker");
    reader.repository("registry.example.com/team/app:1.4");
    let codes = [
        ("oc describe pod", 0),
        ("oc get all,is,bc -o yaml | image-lint -", 0),
        ("oc create secret", 0),
        ("oc secrets link", 0),
        ("kubectl create secret", 0),
        ("kubectl patch", 0),
        ("buildah bud --format=docker --platform", 0),
    ];
    follow(&reader, "imagepullbackoff.md", &codes);
    let told = std::fs::read_to_string(reader.home().join("told")).unwrap();
    // The patch is what kubectl is given by the shell, whole.
    let patch = told
        .lines()
        .last()
        .and_then(|line| line.split(" -p ").nth(1))
        .unwrap();
    let patch: serde_json::Value = serde_json::from_str(patch).unwrap();
    assert_eq!(patch["imagePullSecrets"][0]["name"], "registry-example-com");
}

#[test]
fn the_guide_to_mirroring_leads_from_errors_to_none_in_each_of_its_ways() {
    let guide = "mirror-into-the-internal-registry.md";
    let all = lines(guide);
    let ways: [&[(&str, i32)]; 4] = [
        &[
            ("image-lint .", 1),
            ("image-lint mirror --to", 0),
            ("image-lint mirror --to", 0),
            ("bash mirror.sh", 0),
            ("git apply mirror.patch", 0),
            ("image-lint .", 0),
        ],
        &[(
            "image-lint mirror --to registry.example.com/mirror --apply",
            0,
        )],
        &[
            ("oc new-project mirror", 0),
            ("skopeo login", 0),
            (
                "image-lint mirror --to docker-registry.example.com/mirror --named",
                0,
            ),
            ("oc policy add-role-to-group", 0),
        ],
        &[("skopeo copy --format v2s2 --dest-creds", 0)],
    ];
    let mut rest = &all[..];
    for way in ways {
        let reader = Reader::new();
        reader.registry.buildah_push("quay/team/app", "1.4", "oci");
        reader.repository("quay.io/team/app:1.4");
        let (now, later) = rest.split_at(way.len());
        type_lines(&reader, guide, now, way);
        rest = later;
        if way.iter().any(|(line, _)| line.contains("--named")) {
            let pod = std::fs::read_to_string(reader.home().join("work/pod.yaml")).unwrap();
            let name = "docker-registry.default.svc:5000/mirror/";
            assert!(pod.contains(name), "the name inside the cluster: {pod}");
        }
    }
    assert!(rest.is_empty(), "{rest:?}");
}

#[test]
fn the_guide_from_one_openshift_to_the_other_judges_by_each() {
    let reader = Reader::new();
    reader.registry.buildah_push("quay/team/app", "1.4", "oci");
    reader.repository("quay.io/team/app:1.4");
    let codes = [
        ("image-lint --target openshift-3.11 .", 1),
        ("image-lint --target openshift-4 .", 0),
    ];
    follow(&reader, "openshift-3.11-to-4.md", &codes);
}

#[test]
fn the_guide_to_charts_is_typed_with_helm() {
    let reader = Reader::new();
    reader.registry.buildah_push("shop/web", "1.4", "oci");
    for (name, text) in [
        ("Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        (
            "values.yaml",
            "image: registry.example.com/shop/web\ntag: \"1.4\"\n",
        ),
        (
            "templates/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: \"{{ .Values.image }}:{{ .Values.tag }}\"\n",
        ),
    ] {
        reader.write(&format!("work/charts/shop/{name}"), &reader.named(text));
    }
    reader.write("work/production.yaml", "tag: \"1.5\"\n");
    reader.repository("registry.example.com/shop/web:1.4");
    let codes = [
        ("image-lint charts/shop", 1),
        (
            "helm template charts/shop -f production.yaml | image-lint -",
            1,
        ),
        // Nothing is changed since then.
        ("image-lint --changed-since origin/main", 0),
    ];
    follow(&reader, "helm-chart-in-a-pull-request.md", &codes);
}

#[test]
fn the_one_command_of_every_ci_system_writes_its_reports() {
    let reader = Reader::new();
    reader.registry.buildah_push("team/app", "1.4", "docker");
    reader.repository("registry.example.com/team/app:1.4");
    follow(&reader, "ci-others.md", &[("image-lint --output junit", 0)]);
    for report in ["image-lint.xml", "image-lint.json"] {
        assert!(
            reader.home().join("work").join(report).is_file(),
            "{report}"
        );
    }
    // What the pages of CI systems write in YAML and Groovy, apart from GitHub's, which has no command.
    let commands = [
        "image-lint --output gitlab=gl-code-quality-report.json --output junit=image-lint.xml --output html=image-lint.html .",
        "image-lint --output junit=image-lint.xml --output html=images.html .",
        "image-lint --output junit=image-lint.xml .",
    ];
    let pages = ["ci-gitlab.md", "ci-others.md", "ci-others.md"];
    for (command, page) in commands.iter().zip(pages) {
        let text = std::fs::read_to_string(project().join("docs/guides").join(page)).unwrap();
        assert!(text.contains(command), "{page}: {command}");
        let (code, said) = reader.types(command);
        assert_eq!(code, 0, "{command}: {said}");
    }
}

#[test]
fn every_guide_with_a_command_is_typed() {
    let typed = [
        "ci-others.md",
        "helm-chart-in-a-pull-request.md",
        "imagepullbackoff.md",
        "mirror-into-the-internal-registry.md",
        "missing-signature-key.md",
        "openshift-3.11-to-4.md",
        "repository-does-not-exist.md",
    ];
    let mut found: Vec<String> = std::fs::read_dir(project().join("docs/guides"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !lines(name).is_empty())
        .collect();
    found.sort();
    assert_eq!(found, typed);
}
