//! Puts the pre-push hook into a repository and takes it out again. In: a repository and the path of this program. Out:
//! what was done, as data; nothing is printed here.
//!
//! A hook that is there already is renamed and called first; it is never overwritten. Where a hook manager owns the hooks,
//! nothing is written and the manager's own snippet is given. `core.hooksPath` is followed unless it is set for all
//! repositories of the user.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::git::{Git, GitError};

/// The hook's file name, which git prescribes.
const HOOK: &str = "pre-push";
/// What an existing hook is renamed to.
const ASIDE: &str = "pre-push.before-image-lint";
/// Second line of the hook, by which it is known again.
const MARK: &str = "# image-lint hook: `image-lint hook uninstall` takes it out";

#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    #[error(transparent)]
    Git(#[from] GitError),
    #[error("{path}: {error}")]
    Io { path: PathBuf, error: io::Error },
    #[error(
        "both {hook} and {aside} are there, and the first is not image-lint's: another tool wrote it after image-lint \
         had kept the older one; join the two by hand, remove {aside}, and run this again"
    )]
    TwoHooks { hook: PathBuf, aside: PathBuf },
    #[error(
        "core.hooksPath is {path} for all your repositories ({scope} configuration), so nothing was written there; \
         call `image-lint pre-push \"$@\"` in its pre-push hook, or set core.hooksPath for this repository"
    )]
    SharedHooks { path: PathBuf, scope: String },
    #[error("{0} is not image-lint's hook and was left as it is")]
    NotOurs(PathBuf),
}

/// What [`install`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Installed {
    /// The hook was written; `chained` is where the hook that was there before is now, and it is still called.
    Written {
        hook: PathBuf,
        chained: Option<PathBuf>,
    },
    /// The very same hook was there.
    Already { hook: PathBuf },
    /// A hook manager owns the hooks: its configuration has to name image-lint.
    Manager {
        manager: &'static Manager,
        found: PathBuf,
    },
}

/// What [`uninstall`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Uninstalled {
    /// The hook is gone; `restored` tells that the one from before is back in its place.
    Removed { hook: PathBuf, restored: bool },
    /// There was none.
    Nothing,
}

/// A program that owns a repository's hooks, and what its configuration needs.
#[derive(Debug, PartialEq, Eq)]
pub struct Manager {
    pub name: &'static str,
    /// Files or folders in the root of the work tree that show it is in use.
    found_by: &'static [&'static str],
    /// The file the snippet goes to.
    pub file: &'static str,
    pub snippet: &'static str,
}

/// The managers whose snippets are tested with the real programs. File names: documentation of lefthook 2, husky 9,
/// pre-commit 4 and prek.
pub const MANAGERS: &[Manager] = &[
    Manager {
        name: "lefthook",
        found_by: &[
            "lefthook.yml",
            "lefthook.yaml",
            "lefthook.toml",
            "lefthook.json",
            ".lefthook.yml",
            ".lefthook.yaml",
            ".lefthook.toml",
            ".lefthook.json",
            ".config/lefthook.yml",
        ],
        file: "lefthook.yml",
        snippet: "pre-push:\n  commands:\n    image-lint:\n      run: image-lint pre-push {1} {2}\n      use_stdin: true\n",
    },
    Manager {
        name: "husky",
        found_by: &[".husky"],
        file: ".husky/pre-push",
        snippet: "image-lint pre-push \"$@\"\n",
    },
    Manager {
        name: "pre-commit",
        found_by: &[
            ".pre-commit-config.yaml",
            ".pre-commit-config.yml",
            "prek.toml",
        ],
        file: ".pre-commit-config.yaml",
        snippet: "repos:\n  - repo: local\n    hooks:\n      - id: image-lint\n        name: image-lint\n        \
                  language: system\n        entry: image-lint pre-push\n        stages: [pre-push]\n        \
                  pass_filenames: false\n        always_run: true\n        require_serial: true\n        verbose: true\n",
    },
];

/// Installs the hook of the repository that `root`, the top of a work tree, belongs to. `program` is this program's path.
/// With `beside_manager` the hook is written although a manager is in use.
pub fn install(
    git: &Git,
    root: &Path,
    program: &Path,
    beside_manager: bool,
) -> Result<Installed, InstallError> {
    if !beside_manager && let Some((manager, found)) = manager(root) {
        return Ok(Installed::Manager { manager, found });
    }
    let folder = hooks_folder(git, root)?;
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    let (hook, aside) = (folder.join(HOOK), folder.join(ASIDE));
    let script = script(program);
    match read_hook(&hook)? {
        Some(present) if present == script => return Ok(Installed::Already { hook }),
        Some(present) if is_ours(&present) => write_hook(&folder, &hook, &script)?,
        Some(_) if exists(&aside) => return Err(InstallError::TwoHooks { hook, aside }),
        Some(_) => {
            fs::rename(&hook, &aside).map_err(at(&hook))?;
            if let Err(error) = write_hook(&folder, &hook, &script) {
                // The repository is left as it was found.
                let _ = fs::rename(&aside, &hook);
                return Err(error);
            }
        }
        None => write_hook(&folder, &hook, &script)?,
    }
    let chained = exists(&aside).then_some(aside);
    Ok(Installed::Written { hook, chained })
}

/// Takes the hook out and puts the one from before back.
pub fn uninstall(git: &Git, root: &Path) -> Result<Uninstalled, InstallError> {
    let folder = hooks_folder(git, root)?;
    let (hook, aside) = (folder.join(HOOK), folder.join(ASIDE));
    match read_hook(&hook)? {
        Some(present) if is_ours(&present) => {
            let restored = exists(&aside);
            if restored {
                // Takes the place of ours in one step: there is no moment without a hook.
                fs::rename(&aside, &hook).map_err(at(&aside))?;
            } else {
                fs::remove_file(&hook).map_err(at(&hook))?;
            }
            Ok(Uninstalled::Removed { hook, restored })
        }
        Some(_) => Err(InstallError::NotOurs(hook)),
        None => Ok(Uninstalled::Nothing),
    }
}

fn manager(root: &Path) -> Option<(&'static Manager, PathBuf)> {
    MANAGERS.iter().find_map(|manager| {
        let found = manager
            .found_by
            .iter()
            .find(|name| exists(&root.join(name)))?;
        Some((manager, PathBuf::from(found)))
    })
}

/// Where git looks for hooks: `core.hooksPath`, relative to the work tree, or `hooks` of the folder that all worktrees
/// share (git-config(1), gitrepository-layout(5)).
fn hooks_folder(git: &Git, root: &Path) -> Result<PathBuf, InstallError> {
    match git.setting("core.hooksPath")? {
        Some(setting) if matches!(setting.scope.as_str(), "local" | "worktree") => {
            Ok(root.join(setting.value))
        }
        Some(setting) => Err(InstallError::SharedHooks {
            path: setting.value,
            scope: setting.scope,
        }),
        None => Ok(git.common_dir()?.join("hooks")),
    }
}

/// The hook's text; a binary one is read as empty, which is nobody's of ours.
fn read_hook(hook: &Path) -> Result<Option<String>, InstallError> {
    if !exists(hook) {
        return Ok(None);
    }
    match fs::read(hook) {
        Ok(bytes) => Ok(Some(String::from_utf8(bytes).unwrap_or_default())),
        // A symlink to nowhere, or something unreadable: it is there, and it is not ours.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(String::new())),
        Err(error) => Err(at(hook)(error)),
    }
}

fn is_ours(text: &str) -> bool {
    text.lines().nth(1) == Some(MARK)
}

/// True also for a symlink that leads nowhere.
fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn write_hook(folder: &Path, hook: &Path, script: &str) -> Result<(), InstallError> {
    let write = || {
        let mut file = tempfile::Builder::new()
            .prefix(".pre-push-")
            .tempfile_in(folder)?;
        file.write_all(script.as_bytes())?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            file.as_file()
                .set_permissions(fs::Permissions::from_mode(0o755))?;
        }
        file.persist(hook).map_err(|failed| failed.error)?;
        Ok(())
    };
    write().map_err(at(hook))
}

fn at(path: &Path) -> impl Fn(io::Error) -> InstallError + '_ {
    move |error| InstallError::Io {
        path: path.to_owned(),
        error,
    }
}

/// The hook, for POSIX sh. Git's lines are kept so that the older hook and image-lint both read them.
fn script(program: &Path) -> String {
    // A path that is not UTF-8 cannot stand in the text; the one on PATH is called then.
    let program = program.to_str().unwrap_or("image-lint");
    let program = program.replace('\'', r"'\''");
    format!(
        r#"#!/bin/sh
{MARK}
lines=$(cat)
lines() {{
  [ -z "$lines" ] || printf '%s\n' "$lines" 2>/dev/null
}}
older=$(dirname "$0")/{ASIDE}
if [ -x "$older" ]; then
  lines | "$older" "$@" || exit
fi
program='{program}'
[ -x "$program" ] || program=$(command -v image-lint) || {{
  echo "image-lint is not installed any more: images were not checked (image-lint hook uninstall, or remove $0)" >&2
  exit 0
}}
lines | "$program" pre-push "$@"
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_quoted_for_the_shell() {
        let text = script(Path::new("/opt/it's $(touch pwned)/image-lint"));
        assert!(
            text.contains(r"program='/opt/it'\''s $(touch pwned)/image-lint'"),
            "{text}"
        );
        assert!(is_ours(&text));
    }

    #[test]
    fn a_mark_elsewhere_in_a_file_does_not_make_it_ours() {
        for text in ["", "#!/bin/sh\n", &format!("#!/bin/sh\nset -e\n{MARK}\n")] {
            assert!(!is_ours(text), "{text:?}");
        }
    }
}
