//! Small repositories made by the real git, away from the settings of whoever runs the tests.

use crate::executable::write_executable;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use image_lint::git::{Git, Oid};

/// A repository in a folder that goes away with it. Its remotes stand beside it.
pub struct Repository {
    folder: tempfile::TempDir,
    pub root: PathBuf,
}

impl Repository {
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// `init` are further options of `git init`.
    pub fn with(init: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("work");
        std::fs::create_dir(&root).unwrap();
        let repository = Repository { folder, root };
        repository.git(&[&["init", "--quiet", "--initial-branch=main"], init].concat());
        repository
    }

    /// A clone of a bare repository beside it, with a recording hook that keeps what git says on a push.
    pub fn with_remote() -> Self {
        let repository = Self::new();
        repository.add_remote("origin", &[]);
        repository.record();
        repository
    }

    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn add_remote(&self, name: &str, init: &[&str]) {
        let path = self.beside(&format!("{name}.git"));
        self.git(
            &[
                &["init", "--quiet", "--bare"],
                init,
                &[path.to_str().unwrap()],
            ]
            .concat(),
        );
        self.git(&["remote", "add", name, path.to_str().unwrap()]);
    }

    /// Puts a hook in place that writes git's lines to a file, and refuses the push if `REFUSE` says so.
    pub fn record(&self) {
        let file = self.beside("lines");
        let script = format!(
            "#!/bin/sh\ncat >'{}'\nexit ${{REFUSE:-0}}\n",
            file.display()
        );
        let hooks = self.root.join(".git/hooks");
        std::fs::create_dir_all(&hooks).unwrap();
        write_executable(&hooks.join("pre-push"), &script);
    }

    /// The lines that the hook gets for a push. The push does not happen, so that everything stays as the hook sees it.
    pub fn lines_of_push(&self, arguments: &[&str]) -> Vec<u8> {
        let file = self.beside("lines");
        let _ = std::fs::remove_file(&file);
        let push = [&["push", "--quiet"], arguments].concat();
        let output = self
            .command("git")
            .args(push)
            .env("REFUSE", "1")
            .output()
            .unwrap();
        std::fs::read(&file)
            .unwrap_or_else(|_| panic!("no hook ran: {}", String::from_utf8_lossy(&output.stderr)))
    }

    pub fn open(&self) -> Git {
        Git::open(&self.root).unwrap()
    }

    pub fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> &Self {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// Commits everything in the work tree.
    pub fn commit(&self) -> Oid {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message=change"]);
        self.oid("HEAD")
    }

    pub fn oid(&self, name: &str) -> Oid {
        Oid::parse(self.git(&["rev-parse", name]).trim().as_bytes()).unwrap()
    }

    /// Runs git, which must succeed.
    pub fn git<A: AsRef<OsStr>>(&self, arguments: &[A]) -> String {
        let output = self.run(arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        let shown: Vec<_> = arguments
            .iter()
            .map(|a| a.as_ref().to_string_lossy())
            .collect();
        assert!(output.status.success(), "git {shown:?}: {stderr}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Output {
        self.command("git")
            .args(arguments)
            .output()
            .expect("git is needed: apt-get install git")
    }

    /// A program in this repository that sees none of the settings of whoever runs the tests.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.root)
            .env("HOME", self.folder.path())
            .env("GIT_CONFIG_NOSYSTEM", "1");
        command
            .env_remove("GIT_DIR")
            .env_remove("XDG_CONFIG_HOME")
            .env("LC_ALL", "C");
        for (name, value) in [("NAME", "tester"), ("EMAIL", "tester@localhost")] {
            command
                .env(format!("GIT_AUTHOR_{name}"), value)
                .env(format!("GIT_COMMITTER_{name}"), value);
        }
        command
    }
}
