//! Runs the program in a folder of the test's own.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder with the files of a repository, and the home of who works there beside it.
pub struct Tree(tempfile::TempDir);

impl Tree {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let tree = Tree(tempfile::tempdir().expect("a temporary folder"));
        std::fs::create_dir(tree.0.path().join("home")).expect("a folder");
        std::fs::create_dir(tree.root()).expect("a folder");
        files
            .iter()
            .for_each(|(path, text)| tree.write(path, text.as_bytes()));
        tree
    }

    pub fn root(&self) -> PathBuf {
        self.0.path().join("tree")
    }

    pub fn home(&self) -> PathBuf {
        self.0.path().join("home")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("room for a file");
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect(name)
    }

    /// `image-lint ARGUMENTS` at the root of the tree.
    pub fn lint(&self, arguments: &[&str]) -> Ran {
        self.lint_with(&std::env::var_os("PATH").unwrap_or_default(), arguments)
    }

    /// The same with programs from other folders.
    pub fn lint_with(&self, path: &OsStr, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_image-lint"));
        command
            .args(arguments)
            .current_dir(self.root())
            .env_clear()
            .env("HOME", self.home())
            .env("PATH", path);
        Ran::of(&mut command)
    }

    /// Another program at the root of the tree.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Ran {
        let mut command = crate::support::real::tool(program);
        command
            .args(arguments)
            .current_dir(self.root())
            .env("HOME", self.home());
        command.env("GIT_CEILING_DIRECTORIES", self.0.path());
        Ran::of(&mut command)
    }
}

/// What a program wrote, and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    fn of(command: &mut Command) -> Ran {
        let Output {
            status,
            stdout,
            stderr,
        } = command.output().expect("a program can be started");
        Ran {
            code: status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&stdout).into_owned(),
            err: String::from_utf8_lossy(&stderr).into_owned(),
        }
    }

    /// The JSON report on stdout.
    pub fn report(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The permission bits of a file.
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path)
        .expect("a file")
        .permissions()
        .mode()
        & 0o7777
}
