//! Somebody who types what a guide says: with the real buildah, skopeo, git and helm, against a real registry on loopback that
//! has the names of the guides. `oc` and `kubectl`, which need a cluster, keep what they are told.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::executable::write_executable;
use crate::support::real::{Access, RealRegistry, Storage};
use crate::tools::tool;
use crate::{blocks, project};

/// What a reader of a guide has: a repository, a registry, a home.
pub struct Reader {
    folder: tempfile::TempDir,
    pub registry: RealRegistry,
}

pub const PODS: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: ";

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
    pub fn new() -> Self {
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

    pub fn home(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.home().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The guides' hosts are this one.
    pub fn named(&self, line: &str) -> String {
        let host = self.registry.host();
        line.replace("docker-registry.example.com", host)
            .replace("registry.example.com", host)
            .replace("quay.io/", &format!("{host}/quay/"))
            .replace("docker.io/library/", &format!("{host}/hub/"))
    }

    /// Types a line; its exit code, and all that was written.
    pub fn types(&self, line: &str) -> (i32, String) {
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

    pub fn prepare(&self, lines: &[&str]) {
        for line in lines {
            let (code, said) = self.types(line);
            assert_eq!(code, 0, "{line}: {said}");
        }
    }

    /// A repository of one pod, in one commit that `origin` has, too.
    pub fn repository(&self, image: &str) {
        self.write("work/pod.yaml", &format!("{PODS}{}\n", self.named(image)));
        self.prepare(&[
            "git init --quiet --initial-branch main",
            "git add . && git -c user.name=a -c user.email=a@localhost commit --quiet -m one",
            "git update-ref refs/remotes/origin/main HEAD",
        ]);
    }
}

/// The lines of a guide's shell blocks, without remarks.
pub fn lines(guide: &str) -> Vec<String> {
    let text = std::fs::read_to_string(project().join("docs/guides").join(guide)).unwrap();
    let lines = blocks(&text, "sh").into_iter().flat_map(str::lines);
    let lines = lines.map(|line| line.split(" #").next().unwrap_or_default().trim());
    lines
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Types a guide from its first line to its last. `codes`: a beginning of each line, and how it ends.
pub fn follow(reader: &Reader, guide: &str, codes: &[(&str, i32)]) {
    type_lines(reader, guide, &lines(guide), codes);
}

pub fn type_lines(reader: &Reader, guide: &str, lines: &[String], codes: &[(&str, i32)]) {
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
