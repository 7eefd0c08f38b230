//! The snippets of docs/hooks.md with the real hook managers.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use image_lint::hook::install::MANAGERS;
use image_lint::hook::pre_push::{Request, plan};

use crate::executable::write_executable;
use crate::repository::Repository;
use crate::tools::{project, tool};

fn snippet(name: &str) -> &'static str {
    MANAGERS
        .iter()
        .find(|manager| manager.name == name)
        .unwrap()
        .snippet
}

/// What a stand-in for image-lint was called with.
struct Call {
    arguments: Vec<String>,
    input: Vec<u8>,
    environment: BTreeMap<String, OsString>,
}

struct Setup {
    repository: Repository,
    path: OsString,
}

impl Setup {
    /// A pushed repository with a commit that is not pushed yet.
    fn new() -> Self {
        let repository = Repository::new();
        repository.add_remote("origin", &[]);
        repository.write("a", "1").commit();
        repository.git(&["push", "--quiet", "origin", "main"]);
        let bin = repository.beside("bin");
        std::fs::create_dir(&bin).unwrap();
        let kept = repository.beside("kept");
        std::fs::create_dir(&kept).unwrap();
        let script = format!(
            "#!/bin/sh\ncd '{}' && printf '%s\\n' \"$@\" >arguments && cat >input && env -0 >environment\n\
             exit \"$(cat status 2>/dev/null || echo 0)\"\n",
            kept.display()
        );
        write_executable(&bin.join("image-lint"), &script);
        let mut path = bin.into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap());
        Setup { repository, path }
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = self.repository.command(program);
        // A run inside another hook or CI must look like any other.
        for name in ["CI", "LEFTHOOK", "HUSKY", "PRE_COMMIT", "SKIP"] {
            command.env_remove(name);
        }
        command
            .env("PATH", &self.path)
            .env("PRE_COMMIT_HOME", self.repository.beside("cache"));
        // The home is the test's own; cargo and rustup stay those of whoever runs it.
        for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            let usual = std::env::var_os("HOME")
                .map(|home| Path::new(&home).join(folder))
                .filter(|path| path.is_dir());
            if let (None, Some(usual)) = (std::env::var_os(name), usual) {
                command.env(name, usual);
            }
        }
        command
    }

    fn succeed(&self, command: &mut Command) {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{command:?}: {output:?}");
    }

    /// Changes `a`, pushes, and gives what image-lint was called with. `status` is what it ends with.
    fn push(&self, status: u8) -> Call {
        let kept = self.repository.beside("kept");
        std::fs::write(kept.join("status"), status.to_string()).unwrap();
        self.repository
            .write("a", status.to_string() + "2")
            .commit();
        let output = self
            .command("git")
            .args(["push", "origin", "main"])
            .output()
            .unwrap();
        assert_eq!(output.status.success(), status == 0, "{output:?}");
        let read = |name: &str| {
            std::fs::read(kept.join(name)).unwrap_or_else(|_| panic!("not called: {output:?}"))
        };
        let environment = String::from_utf8(read("environment")).unwrap();
        let pairs = environment
            .split('\0')
            .filter_map(|pair| pair.split_once('='));
        Call {
            arguments: String::from_utf8(read("arguments"))
                .unwrap()
                .lines()
                .map(str::to_owned)
                .collect(),
            input: read("input"),
            environment: pairs
                .map(|(name, value)| (name.to_owned(), value.into()))
                .collect(),
        }
    }

    /// The push is refused when image-lint fails, and the plan of a call names the one changed file.
    fn check(&self, lines_arrive: bool) {
        let call = self.push(1);
        assert_eq!(call.arguments[0], "pre-push");
        let remote = call.arguments.get(1).map(OsString::from);
        assert_eq!(!call.input.is_empty(), lines_arrive);
        let look = |name: &str| call.environment.get(name).cloned();
        let request = Request::choose(Some(call.input.clone()), remote.is_some(), look);
        let plan = plan(&self.repository.open(), remote.as_deref(), &request).unwrap();
        let changed: Vec<_> = plan.commits[0]
            .changed
            .as_ref()
            .unwrap()
            .iter()
            .map(|p| p.to_text())
            .collect();
        assert_eq!(changed, ["a"], "{request}");
        self.push(0);
    }
}

#[test]
fn lefthook_passes_arguments_and_lines() {
    let setup = Setup::new();
    setup
        .repository
        .write("lefthook.yml", snippet("lefthook"))
        .commit();
    setup.repository.git(&["push", "--quiet", "origin", "main"]);
    let lefthook = tool("node_modules/.bin/lefthook");
    setup.succeed(setup.command(&lefthook).arg("install"));
    setup.check(true);
}

#[test]
fn husky_passes_arguments_and_lines() {
    let setup = Setup::new();
    let husky = tool("node_modules/husky/bin.js");
    setup.succeed(setup.command("node").arg(husky));
    setup
        .repository
        .write(".husky/pre-push", snippet("husky"))
        .commit();
    setup
        .repository
        .git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    setup.check(true);
}

#[test]
fn pre_commit_names_the_range() {
    let setup = Setup::new();
    setup
        .repository
        .write(".pre-commit-config.yaml", snippet("pre-commit"))
        .commit();
    setup.repository.git(&["push", "--quiet", "origin", "main"]);
    let pre_commit = tool("venv/bin/pre-commit");
    setup.succeed(
        setup
            .command(&pre_commit)
            .args(["install", "--hook-type", "pre-push"]),
    );
    setup.check(false);
}

#[test]
fn pre_commit_takes_the_hook_from_a_repository() {
    let setup = Setup::new();
    let manifest = project().join(".pre-commit-hooks.yaml");
    setup.succeed(
        setup
            .command(tool("venv/bin/pre-commit"))
            .arg("validate-manifest")
            .arg(manifest),
    );
    let (hooks, revision) = hooks_repository(&[]);
    setup.use_hook(&hooks, &revision, "image-lint-system");
    setup.check(false);
}

/// A repository that offers our hooks, with further files.
fn hooks_repository(files: &[(&str, &str)]) -> (Repository, String) {
    let hooks = Repository::new();
    hooks.write(
        ".pre-commit-hooks.yaml",
        std::fs::read_to_string(project().join(".pre-commit-hooks.yaml")).unwrap(),
    );
    for (path, text) in files {
        hooks.write(path, text);
    }
    let revision = hooks.commit();
    (hooks, revision.to_string())
}

impl Setup {
    /// Has pre-commit use one of our hooks from a repository.
    fn use_hook(&self, hooks: &Repository, revision: &str, id: &str) {
        let config = format!(
            "repos:\n  - repo: {}\n    rev: {revision}\n    hooks:\n      - id: {id}\n",
            hooks.root.display()
        );
        self.repository
            .write(".pre-commit-config.yaml", config)
            .commit();
        self.repository.git(&["push", "--quiet", "origin", "main"]);
        self.succeed(self.command(tool("venv/bin/pre-commit")).args([
            "install",
            "--hook-type",
            "pre-push",
        ]));
    }
}

#[test]
fn pre_commit_builds_the_hook_from_source() {
    let setup = Setup::new();
    // A crate of our name that hands over to the stand-in, so that what pre-commit does with cargo is seen in a second.
    let main = format!(
        "fn main() {{ let done = std::process::Command::new({:?}).args(std::env::args_os().skip(1)).status();\n\
         std::process::exit(done.unwrap().code().unwrap()) }}\n",
        setup.repository.beside("bin/image-lint")
    );
    let package = "[package]\nname = \"image-lint\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    let (hooks, revision) = hooks_repository(&[("Cargo.toml", package), ("src/main.rs", &main)]);
    setup.use_hook(&hooks, &revision, "image-lint-src");
    setup.check(false);
}

#[test]
fn pre_commit_lints_the_work_tree_in_a_container() {
    let setup = Setup::new();
    let kept = setup.repository.beside("kept/docker");
    let docker = format!(
        "#!/bin/sh\ncase $1 in run) printf '%s\\n' \"$@\" >'{}' ;; *) echo '{{\"SecurityOptions\": []}}' ;; esac\n",
        kept.display()
    );
    write_executable(&setup.repository.beside("bin/docker"), &docker);
    let (hooks, revision) = hooks_repository(&[]);
    setup.use_hook(&hooks, &revision, "image-lint-docker");
    setup.repository.write("a", "2").commit();
    setup.succeed(setup.command("git").args(["push", "origin", "main"]));
    let called = std::fs::read_to_string(kept).unwrap();
    let called: Vec<&str> = called.lines().collect();
    let mount = format!(
        "{}:/src:rw,Z",
        setup.repository.root.canonicalize().unwrap().display()
    );
    assert!(
        called.contains(&mount.as_str()) && called.windows(2).any(|w| w == ["--workdir", "/src"]),
        "{called:?}"
    );
    // tests/packages runs the image itself with these arguments.
    let image = called[called.len() - 5];
    let name = concat!("/image-lint:", env!("CARGO_PKG_VERSION"));
    assert!(
        image.starts_with("ghcr.io/") && image.ends_with(name),
        "{image}"
    );
    assert!(
        called.ends_with(&[
            "--on-unchecked=warn",
            "--deadline=8",
            "--read-deadline=8",
            "."
        ]),
        "{called:?}"
    );
}

#[test]
fn the_first_push_through_pre_commit_lints_the_whole_tree() {
    let setup = Setup::new();
    let pre_commit = tool("venv/bin/pre-commit");
    setup
        .repository
        .write(".pre-commit-config.yaml", snippet("pre-commit"))
        .commit();
    setup.succeed(
        setup
            .command(&pre_commit)
            .args(["install", "--hook-type", "pre-push"]),
    );
    setup.repository.add_remote("empty", &[]);
    setup.succeed(setup.command("git").args(["push", "empty", "main"]));
    let kept = std::fs::read_to_string(setup.repository.beside("kept/environment")).unwrap();
    let look = |name: &str| {
        let mut pairs = kept.split('\0').filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(n, _)| *n == name)
            .map(|(_, value)| OsString::from(value))
    };
    let request = Request::choose(Some(Vec::new()), false, look);
    // The push is over and its tracking branch is there; as the hook saw it, it was not.
    setup
        .repository
        .git(&["update-ref", "-d", "refs/remotes/empty/main"]);
    let plan = plan(&setup.repository.open(), None, &request).unwrap();
    assert_eq!(plan.commits[0].changed, None, "{request:?}");
}

#[test]
fn the_documentation_shows_the_tested_snippets() {
    let text = std::fs::read_to_string(project().join("docs/hooks.md")).unwrap();
    for manager in MANAGERS {
        assert!(
            text.contains(manager.snippet),
            "docs/hooks.md shows another snippet for {}",
            manager.name
        );
        assert!(text.contains(manager.file), "{}", manager.file);
    }
}
