//! The built program in a folder of its own: no environment but what a test gives, a home that is empty, and a clock
//! that ends what hangs.

#![allow(dead_code, reason = "each test program uses its own part of this file")]

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use crate::support::registry::Registry;

/// No run of a test takes longer unless it hangs.
const PATIENCE: Duration = Duration::from_secs(180);

/// A folder to lint, with a home beside it.
pub struct Workspace {
    folder: tempfile::TempDir,
    pub root: PathBuf,
    pub home: PathBuf,
}

impl Workspace {
    pub fn new() -> Self {
        Workspace::within(tempfile::tempdir().expect("a temporary folder"))
    }

    /// In memory, where the system has room there: for more files than a disk takes in a moment.
    pub fn in_memory() -> Self {
        Workspace::within(
            tempfile::tempdir_in("/dev/shm")
                .or_else(|_| tempfile::tempdir())
                .expect("a temporary folder"),
        )
    }

    fn within(folder: tempfile::TempDir) -> Self {
        let (root, home) = (folder.path().join("work"), folder.path().join("home"));
        std::fs::create_dir(&root).expect("a folder");
        std::fs::create_dir(&home).expect("a folder");
        Workspace { folder, root, home }
    }

    /// One file, written at once.
    pub fn of(path: &str, content: impl AsRef<[u8]>) -> Self {
        let workspace = Workspace::new();
        workspace.write(path, content);
        workspace
    }

    pub fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> &Self {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, content).expect("room for a file");
        self
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root.join(path)).expect("a file that is there")
    }

    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Git in the folder, with the workspace's own home and nobody's settings.
    pub fn git(&self, arguments: &[&str]) -> Ran {
        Ran::of(
            &self
                .git_command(arguments)
                .output()
                .expect("git is needed: scripts/install-test-tools.sh"),
        )
    }

    /// The same, not started yet.
    pub fn git_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(&self.root).env_clear();
        command
            .env("HOME", &self.home)
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        for who in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{who}_NAME"), "tester")
                .env(format!("GIT_{who}_EMAIL"), "tester@localhost");
        }
        command
    }

    /// The program with these arguments in the folder.
    pub fn program(&self, arguments: &[&str]) -> Program {
        self.wrapped(&[], arguments)
    }

    /// `wrapper… image-lint arguments…`
    pub fn wrapped(&self, wrapper: &[&str], arguments: &[&str]) -> Program {
        let binary = env!("CARGO_BIN_EXE_image-lint");
        let mut command = match wrapper {
            [] => Command::new(binary),
            [first, rest @ ..] => {
                let mut command = Command::new(first);
                command.args(rest).arg(binary);
                command
            }
        };
        command.args(arguments).current_dir(&self.root).env_clear();
        command
            .env("HOME", &self.home)
            .env("PATH", "/usr/local/bin:/usr/bin:/bin");
        Program {
            command,
            stdin: Vec::new(),
        }
    }

    /// The program run with these arguments in the folder, and the processor time that all its threads took: other work
    /// of the machine does not count in it. A shell that waits for the program writes it down.
    pub fn measured(&self, arguments: &[&str]) -> (Ran, Duration) {
        let times = self.beside("times");
        let script = "\"$0\" \"$@\"; code=$?; times >\"$TIMES\"; exit $code";
        let ran = self
            .wrapped(&["/bin/sh", "-c", script], arguments)
            .env("TIMES", &times)
            .run();
        // POSIX, "times": two lines, the shell's own and its children's, each `0m1.230000s 0m0.040000s`.
        let text = std::fs::read_to_string(times).expect("what the shell wrote");
        let children = text
            .lines()
            .nth(1)
            .expect("a line for the children")
            .split_whitespace();
        let seconds = children.map(|time| {
            let (minutes, seconds) = time
                .trim_end_matches('s')
                .split_once('m')
                .expect("minutes and seconds");
            60.0 * minutes.parse::<f64>().expect("minutes")
                + seconds.parse::<f64>().expect("seconds")
        });
        (ran, Duration::from_secs_f64(seconds.sum()))
    }

    /// Lints the folder against a registry, without a cache, and reports as JSON.
    pub fn lint(&self, registry: &Registry) -> Program {
        self.program(&[
            "--format",
            "json",
            "--no-cache",
            "--plain-http",
            &registry.host(),
        ])
    }

    /// Lints the folder without a network and reports as JSON.
    pub fn offline(&self) -> Program {
        self.program(&["--format", "json", "--offline"])
    }
}

/// A run that is about to start.
pub struct Program {
    pub command: Command,
    stdin: Vec<u8>,
}

impl Program {
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub fn args(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Starts it with pipes all around; what was meant for stdin is not written.
    pub fn spawn(mut self) -> Child {
        self.command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        self.command.spawn().expect("the program starts")
    }

    /// # Panics
    /// When it does not end.
    pub fn run(mut self) -> Ran {
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self.command.spawn().expect("the program starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        let bytes = std::mem::take(&mut self.stdin);
        std::thread::spawn(move || {
            // A program that does not want its input closes the pipe.
            let _ = stdin.write_all(&bytes);
        });
        Ran::wait(child)
    }
}

/// A run that has ended.
pub struct Ran {
    /// None: ended by a signal.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Waits for the end.
    ///
    /// # Panics
    /// When it does not come; the program is killed by its id.
    pub fn wait(child: Child) -> Self {
        let id = child.id();
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || sender.send(child.wait_with_output()));
        match receiver.recv_timeout(PATIENCE) {
            Ok(output) => Ran::of(&output.expect("the end of a child")),
            Err(_) => {
                let _ = Command::new("kill")
                    .args(["-KILL", &id.to_string()])
                    .status();
                panic!("the program did not end within {} s", PATIENCE.as_secs());
            }
        }
    }

    pub fn of(output: &Output) -> Self {
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// All that was said.
    pub fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
    }

    /// `path:line:column rule reference`, as the report has them; `-` where no reference is known.
    pub fn findings(&self) -> Vec<String> {
        self.json()["findings"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|f| place_of(f, "rule"))
            .collect()
    }

    /// `path:line:column cause reference`
    pub fn unchecked(&self) -> Vec<String> {
        self.json()["unchecked"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|f| place_of(f, "cause"))
            .collect()
    }

    /// The messages of the notes, with `path: ` where they are about a file.
    pub fn notes(&self) -> Vec<String> {
        let report = self.json();
        let notes = report["notes"].as_array().expect("a list");
        notes
            .iter()
            .map(|n| match n["path"].as_str() {
                Some(path) => format!("{path}: {}", n["message"].as_str().expect("a text")),
                None => n["message"].as_str().expect("a text").to_owned(),
            })
            .collect()
    }

    pub fn summary(&self, field: &str) -> u64 {
        self.json()["summary"][field]
            .as_u64()
            .unwrap_or_else(|| panic!("no number `{field}`: {}", self.stdout))
    }
}

fn place_of(entry: &Value, word: &str) -> String {
    format!(
        "{}:{}:{} {} {}",
        entry["path"].as_str().expect("a path"),
        entry["line"],
        entry["column"],
        entry[word].as_str().expect("a word"),
        entry["reference"].as_str().unwrap_or("-"),
    )
}

/// A Pod with these images; image `n` stands in line `7 + 2n`, column 12.
pub fn pod(images: &[&str]) -> String {
    let mut text =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n".to_owned();
    for (n, image) in images.iter().enumerate() {
        text.push_str(&format!("  - name: c{n}\n    image: {image}\n"));
    }
    text
}
