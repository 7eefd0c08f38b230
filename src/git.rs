//! Runs the user's git so that nothing the repository says is run. In: a folder. Out: bytes of plumbing commands.
//!
//! A repository's configuration can name programs (`core.fsmonitor`, `diff.external`, text conversion, hooks, lazy
//! fetches over `ext::`). Only plumbing is called, never a shell; the settings that start programs are overridden on the
//! command line, which wins over every file; the variables that move git to another repository are cleared; and objects
//! that are absent are never fetched. This room knows nothing of images.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use image_lint_model::finding::Untrusted;

/// Name of an object: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits. Safe on any command line.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid(Box<str>);

impl Oid {
    /// `None` unless the text is a full object name.
    pub fn parse(text: &[u8]) -> Option<Oid> {
        let hex = matches!(text.len(), 40 | 64)
            && text.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        hex.then(|| Oid(String::from_utf8_lossy(text).into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// All zeros: git's word for "there is none".
    pub fn is_zero(&self) -> bool {
        self.0.bytes().all(|b| b == b'0')
    }

    /// The first digits, as git shows them to people.
    pub fn short(&self) -> &str {
        &self.0[..10]
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why git could not answer.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    #[error("git could not be started ({0}): install git, or lint the files with `image-lint .`")]
    NotStarted(std::io::Error),
    #[error("this folder is not in a git repository")]
    NoRepository,
    #[error(
        "git does not trust this repository, because it belongs to another user: if you do, run \
         `git config --global --add safe.directory` with its path"
    )]
    NotTrusted,
    #[error("git {command} failed ({status})")]
    Failed {
        command: &'static str,
        status: String,
        stderr: Untrusted,
    },
    #[error("git {command} gave an answer that cannot be read")]
    Unexpected { command: &'static str },
    #[error("talking to git {command} failed: {error}")]
    Io {
        command: &'static str,
        error: std::io::Error,
    },
}

/// Variables that git sets for one repository (`git rev-parse --local-env-vars`, git 2.47), besides those that inject
/// configuration or change what is executed.
const CLEARED: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CEILING_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_EXEC_PATH",
    "GIT_EXTERNAL_DIFF",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_TRACE",
    "GIT_WORK_TREE",
];

/// Settings that would start a program or a transfer, by the option that switches each off.
const SAFE: &[&str] = &[
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "safe.bareRepository=explicit",
    // git before 2.45 does not know GIT_NO_LAZY_FETCH; without a protocol it cannot fetch either (GIT_ALLOW_PROTOCOL).
    "protocol.allow=never",
    "core.quotePath=false",
];

/// A repository, and the only way this program runs git in it.
#[derive(Clone, Debug)]
pub struct Git {
    /// The program, by its absolute path.
    program: PathBuf,
    git_dir: PathBuf,
    folder: PathBuf,
}

impl Git {
    /// The repository that `folder` is in. What git itself says through `GIT_DIR` (linked worktrees, bare repositories)
    /// counts for this one question and is cleared afterwards.
    pub fn open(folder: &Path) -> Result<Git, GitError> {
        let program = program(folder)?;
        let mut command = Command::new(&program);
        prepare(&mut command, folder);
        for name in [
            "GIT_DIR",
            "GIT_COMMON_DIR",
            "GIT_WORK_TREE",
            "GIT_CEILING_DIRECTORIES",
        ] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let name = "rev-parse --absolute-git-dir";
        let answer =
            run(command.args(["rev-parse", "--absolute-git-dir"]), name, b"").map_err(|error| {
                match error {
                    GitError::Failed { stderr, .. }
                        if stderr.raw().contains("dubious ownership") =>
                    {
                        GitError::NotTrusted
                    }
                    GitError::Failed { stderr, .. }
                        if stderr.raw().contains("not a git repository") =>
                    {
                        GitError::NoRepository
                    }
                    other => other,
                }
            })?;
        Ok(Git {
            program,
            git_dir: path_of(trim_line(&answer)),
            folder: folder.to_owned(),
        })
    }

    /// The repository's own folder (`.git`, or `.git/worktrees/NAME` of a linked worktree), absolute.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The folder that all worktrees of the repository share.
    pub fn common_dir(&self) -> Result<PathBuf, GitError> {
        let answer = self.output("rev-parse", &["--git-common-dir"])?;
        let path = path_of(trim_line(&answer));
        Ok(if path.is_absolute() {
            path
        } else {
            self.folder.join(path)
        })
    }

    /// A plumbing command with its arguments, ready to be given its streams. `name` is the subcommand.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.program);
        prepare(&mut command, &self.folder);
        command
            .arg(joined("--git-dir=", self.git_dir.as_os_str()))
            .arg(name);
        command
    }

    /// Runs a plumbing command to its end and gives what it wrote.
    pub fn output<A: AsRef<OsStr>>(
        &self,
        name: &'static str,
        arguments: &[A],
    ) -> Result<Vec<u8>, GitError> {
        self.answer(name, arguments, b"")
    }

    /// The same with bytes on its standard input.
    pub fn answer<A: AsRef<OsStr>>(
        &self,
        name: &'static str,
        arguments: &[A],
        input: &[u8],
    ) -> Result<Vec<u8>, GitError> {
        run(self.command(name).args(arguments), name, input)
    }

    /// The same for a command that compares files of the work tree. Git would run the programs that the configuration
    /// names as `filter.NAME.clean` or `process` for files that `.gitattributes` gives to them: with each of them off, a
    /// file counts as it lies there.
    pub fn compare<A: AsRef<OsStr>>(
        &self,
        name: &'static str,
        arguments: &[A],
    ) -> Result<Vec<u8>, GitError> {
        let mut command = Command::new(&self.program);
        prepare(&mut command, &self.folder);
        let pattern = r"^filter\..*\.(clean|process|smudge|required)$";
        let mut listing = self.command("config");
        let listed = match run(
            listing.args(["--null", "--name-only", "--get-regexp", pattern]),
            "config",
            b"",
        ) {
            Ok(listed) => listed,
            // 1 means that there is none.
            Err(GitError::Failed { status, .. }) if status == "exit status: 1" => Vec::new(),
            Err(other) => return Err(other),
        };
        // By variables, since a name may hold `=`; by option too, which git before 2.31 reads.
        let mut off = 0;
        for key in listed.split(|b| *b == 0).filter(|key| !key.is_empty()) {
            let value = if key.ends_with(b".required") {
                "false"
            } else {
                ""
            };
            let key = path_of(key).into_os_string();
            if !key.as_encoded_bytes().contains(&b'=') {
                command.arg("-c").arg(joined_value(&key, value));
            }
            command
                .env(format!("GIT_CONFIG_KEY_{off}"), key)
                .env(format!("GIT_CONFIG_VALUE_{off}"), value);
            off += 1;
        }
        command.env("GIT_CONFIG_COUNT", off.to_string());
        command
            .arg(joined("--git-dir=", self.git_dir.as_os_str()))
            .arg(name);
        run(command.args(arguments), name, b"")
    }

    /// One value of the configuration as the user's git reads it, with the scope it was set in (`local`, `global`, …).
    /// Nothing is overridden here: `git config` runs nothing of what it reads.
    pub fn setting(&self, key: &'static str) -> Result<Option<Setting>, GitError> {
        let mut command = Command::new(&self.program);
        quiet(&mut command, &self.folder);
        command.arg(joined("--git-dir=", self.git_dir.as_os_str()));
        command.args([
            "config",
            "--show-scope",
            "--null",
            "--type=path",
            "--get",
            key,
        ]);
        let answer = match run(&mut command, "config", b"") {
            Ok(answer) => answer,
            // 1 means that the key is not set.
            Err(GitError::Failed { status, .. }) if status == "exit status: 1" => return Ok(None),
            Err(other) => return Err(other),
        };
        let mut fields = answer.split(|b| *b == 0);
        let (Some(scope), Some(value)) = (fields.next(), fields.next()) else {
            return Err(GitError::Unexpected { command: "config" });
        };
        Ok(Some(Setting {
            scope: String::from_utf8_lossy(scope).into_owned(),
            value: path_of(value),
        }))
    }

    /// Asks for many objects at once what they are. `None` for those that are absent or are not what was asked for.
    ///
    /// The expressions are those of gitrevisions(7), one a line, so none may hold a line break.
    pub fn look_up(&self, expressions: &[String]) -> Result<Vec<Option<Oid>>, GitError> {
        if expressions.is_empty() {
            return Ok(Vec::new());
        }
        let mut input = String::new();
        for expression in expressions {
            input.push_str(if expression.contains(['\n', '\0']) {
                "-"
            } else {
                expression
            });
            input.push('\n');
        }
        let answer = self.answer(
            "cat-file",
            &["--batch-check=%(objectname)"],
            input.as_bytes(),
        )?;
        let found: Vec<_> = answer.split(|b| *b == b'\n').map(Oid::parse).collect();
        // One line each, and the empty piece behind the last line break.
        if found.len() != expressions.len() + 1 {
            return Err(GitError::Unexpected {
                command: "cat-file",
            });
        }
        Ok(found.into_iter().take(expressions.len()).collect())
    }

    /// The same objects in a repository without remotes (gitrepository-layout(5): HEAD, `objects` and `refs` make one).
    pub(crate) fn without_remotes(&self) -> Result<StandIn, GitError> {
        let answer = self.output(
            "rev-parse",
            &["--path-format=absolute", "--git-path", "objects"],
        )?;
        let format = self.output("rev-parse", &["--show-object-format"])?;
        let format = String::from_utf8_lossy(trim_line(&format)).into_owned();
        let make = || {
            let folder = tempfile::tempdir()?;
            let at = |name: &str| folder.path().join(name);
            std::fs::create_dir(at("objects"))?;
            std::fs::create_dir(at("refs"))?;
            std::fs::write(at("HEAD"), "ref: refs/heads/none\n")?;
            if format == "sha256" {
                let config = "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectFormat = sha256\n";
                std::fs::write(at("config"), config)?;
            }
            Ok(folder)
        };
        let folder = make().map_err(|error| GitError::Io {
            command: "cat-file",
            error,
        })?;
        let objects = path_of(trim_line(&answer));
        Ok(StandIn {
            program: self.program.clone(),
            folder,
            objects,
        })
    }

    /// The commit a name written by a person or another tool stands for.
    pub fn commit_of(&self, name: &OsStr) -> Option<Oid> {
        let mut expression = name.to_owned();
        expression.push("^{commit}");
        let arguments = ["--verify", "--quiet", "--end-of-options"]
            .map(OsString::from)
            .into_iter()
            .chain([expression]);
        let answer = self
            .output("rev-parse", &arguments.collect::<Vec<_>>())
            .ok()?;
        Oid::parse(trim_line(&answer))
    }
}

/// A repository's objects without its configuration: it has no remote, so nothing that is absent is expected anywhere.
/// Its folder is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct StandIn {
    program: PathBuf,
    folder: tempfile::TempDir,
    objects: PathBuf,
}

impl StandIn {
    /// A plumbing command with its arguments, ready to be given its streams. `name` is the subcommand.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.program);
        prepare(&mut command, self.folder.path());
        command
            .env("GIT_OBJECT_DIRECTORY", &self.objects)
            .arg(joined("--git-dir=", self.folder.path().as_os_str()))
            .arg(name);
        command
    }
}

/// A value of git's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// `system`, `global`, `local`, `worktree` or `command`.
    pub scope: String,
    /// With `~` resolved; relative to the work tree otherwise.
    pub value: PathBuf,
}

/// Git from an absolute folder of `PATH` that is not in the repository: whoever writes that must not choose what is run.
fn program(folder: &Path) -> Result<PathBuf, GitError> {
    let real = std::fs::canonicalize(folder).map_err(GitError::NotStarted)?;
    let top = real.ancestors().find(|above| above.join(".git").exists());
    let top = top.unwrap_or(&real);
    let is_own = |folder: &PathBuf| {
        folder.is_absolute()
            && std::fs::canonicalize(folder).is_ok_and(|real| !real.starts_with(top))
            && !folder.starts_with(top)
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .filter(is_own)
        .map(|folder| folder.join(format!("git{}", std::env::consts::EXE_SUFFIX)))
        .find(|program| program.is_file())
        .ok_or_else(|| GitError::NotStarted(std::io::ErrorKind::NotFound.into()))
}

fn quiet(command: &mut Command, folder: &Path) {
    command.current_dir(folder);
    for name in CLEARED {
        command.env_remove(name);
    }
    command
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .env("LANGUAGE", "C");
}

fn prepare(command: &mut Command, folder: &Path) {
    quiet(command, folder);
    command
        .env("GIT_NO_LAZY_FETCH", "1")
        // Wins over `protocol.NAME.allow` of the repository, which would win over `protocol.allow`.
        .env("GIT_ALLOW_PROTOCOL", "none")
        // What is pushed is the object itself, not what `git replace` shows in its stead.
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .arg("--no-pager");
    for setting in SAFE {
        command.args(["-c", setting]);
    }
}

fn run(command: &mut Command, name: &'static str, input: &[u8]) -> Result<Vec<u8>, GitError> {
    let io = |error| GitError::Io {
        command: name,
        error,
    };
    let stdin = if input.is_empty() {
        Stdio::null()
    } else {
        Stdio::piped()
    };
    let mut child = command
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(GitError::NotStarted)?;
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let (pipe_in, pipe_out, pipe_err) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take());
    // Three pipes at once: git answers while it is still being asked, and neither side may wait for the other.
    let read = std::thread::scope(|scope| {
        scope.spawn(|| {
            if let Some(mut pipe) = pipe_in {
                // A git that stops early closes the pipe; its exit status says why.
                let _ = pipe.write_all(input);
            }
        });
        scope.spawn(|| {
            if let Some(mut pipe) = pipe_err {
                // The first words are the cause. The rest is read all the same, or git would die of a closed pipe.
                let _ = pipe.by_ref().take(8 * 1024).read_to_end(&mut stderr);
                let _ = std::io::copy(&mut pipe, &mut std::io::sink());
            }
        });
        pipe_out.map_or(Ok(0), |mut pipe| pipe.read_to_end(&mut stdout))
    });
    let status = child.wait().map_err(io)?;
    read.map_err(io)?;
    if status.success() {
        return Ok(stdout);
    }
    let stderr = Untrusted::new(String::from_utf8_lossy(&stderr).trim().to_owned());
    Err(GitError::Failed {
        command: name,
        status: status.to_string(),
        stderr,
    })
}

/// Without the line break at the end; other white space may be part of a path.
fn trim_line(bytes: &[u8]) -> &[u8] {
    bytes.strip_suffix(b"\n").unwrap_or(bytes)
}

fn path_of(bytes: &[u8]) -> PathBuf {
    image_lint_text::source::RepoPath::from_bytes(bytes).to_path()
}

/// `KEY=VALUE`
fn joined_value(key: &OsStr, value: &str) -> OsString {
    let mut whole = key.to_owned();
    whole.push("=");
    whole.push(value);
    whole
}

fn joined(option: &str, value: &OsStr) -> OsString {
    let mut whole = OsString::from(option);
    whole.push(value);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_names_are_full_lower_case_hexadecimal() {
        let sha1 = "a".repeat(40);
        let sha256 = "0".repeat(64);
        let cases: &[(&str, bool, &str)] = &[
            (&sha1, true, "SHA-1"),
            (&sha256, true, "SHA-256"),
            ("abc", false, "abbreviated"),
            ("", false, "empty"),
            (
                "--upload-pack=touch pwned               ",
                false,
                "an option of the right length",
            ),
            (
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                false,
                "git writes lower case",
            ),
        ];
        for (text, expected, why) in cases {
            assert_eq!(
                Oid::parse(text.as_bytes()).is_some(),
                *expected,
                "{why}: {text:?}"
            );
        }
        assert!(Oid::parse(sha256.as_bytes()).unwrap().is_zero());
        assert!(!Oid::parse(sha1.as_bytes()).unwrap().is_zero());
    }

    #[test]
    fn a_folder_without_a_repository_is_named_as_such() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(
            Git::open(folder.path()),
            Err(GitError::NoRepository)
        ));
    }
}
