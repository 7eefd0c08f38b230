//! The wheel: built by maturin, installed by pip and by pre-commit without any index, and run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use crate::tools::tool;
use crate::{output, project, version};

const INSTALL: &str = "run scripts/install-hook-tools.sh";

/// The wheel of this build, made once.
fn wheel() -> &'static Path {
    static WHEEL: OnceLock<PathBuf> = OnceLock::new();
    WHEEL.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wheel");
        // What an earlier run left there.
        let _ = std::fs::remove_dir_all(&folder);
        let mut build = Command::new(tool("venv/bin/maturin"));
        build
            .args(["build", "--quiet", "--profile", "dev", "--out"])
            .arg(&folder)
            .current_dir(project());
        output(&mut build, INSTALL);
        std::fs::read_dir(&folder)
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path()
    })
}

#[test]
fn the_wheel_puts_the_binary_on_the_path() {
    let name = wheel().file_name().unwrap().to_string_lossy().into_owned();
    let expected = format!("image_lint-{}-py3-none-", env!("CARGO_PKG_VERSION"));
    assert!(
        name.starts_with(&expected),
        "one wheel for every Python 3: {name}"
    );

    let folder = tempfile::tempdir().unwrap();
    let venv = folder.path().join("venv");
    output(
        Command::new(tool("venv/bin/python"))
            .args(["-m", "venv"])
            .arg(&venv),
        INSTALL,
    );
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--disable-pip-version-check",
    ];
    output(
        Command::new(venv.join("bin/python")).args(pip).arg(wheel()),
        INSTALL,
    );
    assert_eq!(
        output(
            Command::new(venv.join("bin/image-lint")).arg("--version"),
            INSTALL
        ),
        version()
    );
}

/// A build backend inside the hook's repository that hands out the wheel that is already built.
const BACKEND: &str = r#"
import os, shutil
WHEEL = os.environ["READY_WHEEL"]
def build_wheel(folder, settings=None, metadata=None):
    shutil.copy(WHEEL, folder)
    return os.path.basename(WHEEL)
"#;

/// A folder with a home of its own, in which git and pre-commit read nobody's settings.
struct Place(tempfile::TempDir);

impl Place {
    fn run(
        &self,
        program: impl AsRef<std::ffi::OsStr>,
        folder: &str,
        arguments: &[&str],
    ) -> Output {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(self.0.path().join(folder));
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", self.0.path());
        command.env("PIP_NO_INDEX", "1").env("READY_WHEEL", wheel());
        for name in [
            "GIT_AUTHOR_NAME",
            "GIT_AUTHOR_EMAIL",
            "GIT_COMMITTER_NAME",
            "GIT_COMMITTER_EMAIL",
        ] {
            command.env(name, "a@example.com");
        }
        command
            .output()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }

    fn git(&self, folder: &str, arguments: &[&str]) -> String {
        let done = self.run("git", folder, arguments);
        assert!(done.status.success(), "{arguments:?}: {done:?}");
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }

    /// A repository with these files in one commit.
    fn repository(&self, folder: &str, files: &[(&str, &str)]) -> String {
        std::fs::create_dir(self.0.path().join(folder)).unwrap();
        self.git(folder, &["init", "--quiet", "--initial-branch=main"]);
        for (name, text) in files {
            std::fs::write(self.0.path().join(folder).join(name), text).unwrap();
        }
        self.git(folder, &["add", "."]);
        self.git(folder, &["commit", "--quiet", "--message=one"]);
        self.git(folder, &["rev-parse", "HEAD"])
    }
}

#[test]
fn pre_commit_installs_the_wheel_and_the_hook_stops_a_bad_push() {
    let place = Place(tempfile::tempdir().unwrap());
    let hooks = std::fs::read_to_string(project().join(".pre-commit-hooks.yaml")).unwrap();
    let pyproject =
        "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n";
    let files = [
        (".pre-commit-hooks.yaml", &*hooks),
        ("pyproject.toml", pyproject),
        ("backend.py", BACKEND),
    ];
    let revision = place.repository("hooks", &files);

    let config = format!(
        "repos:\n  - repo: ../hooks\n    rev: {revision}\n    hooks:\n      - id: image-lint\n"
    );
    place.repository(
        "work",
        &[
            (".pre-commit-config.yaml", &config),
            ("README.md", "nothing"),
        ],
    );
    place.git(".", &["init", "--quiet", "--bare", "origin"]);
    place.git("work", &["remote", "add", "origin", "../origin"]);
    let installed = place.run(
        tool("venv/bin/pre-commit"),
        "work",
        &["install", "--hook-type", "pre-push"],
    );
    assert!(installed.status.success(), "{installed:?}");
    let push = place.run("git", "work", &["push", "origin", "main"]);
    assert!(push.status.success(), "nothing is wrong yet: {push:?}");

    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - image: quay.io/Bad/name:1\n";
    std::fs::write(place.0.path().join("work/pod.yaml"), pod).unwrap();
    place.git("work", &["add", "."]);
    place.git("work", &["commit", "--quiet", "--message=two"]);
    let push = place.run("git", "work", &["push", "origin", "main"]);
    let said = String::from_utf8_lossy(&push.stdout) + String::from_utf8_lossy(&push.stderr);
    assert!(
        !push.status.success()
            && said.contains("invalid-reference")
            && said.contains("pod.yaml:6:"),
        "{said}"
    );
}
