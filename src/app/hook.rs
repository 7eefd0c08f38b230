//! `image-lint hook install|uninstall`.

use std::io::Write;
use std::path::Path;

use super::{Failure, top};
use crate::cli::{HookAction, HookArgs};
use crate::exit::Exit;
use crate::git::Git;
use crate::hook::install::{self, Installed, Uninstalled};

/// # Errors
/// Outside a git repository, or when the hook cannot be written.
pub fn run(args: &HookArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    let git = Git::open(Path::new("."))?;
    let here = std::env::current_dir().map_err(|source| Failure::Io {
        what: "no current folder".into(),
        source,
    })?;
    // The top of the work tree; a bare repository has none, and its hooks are found all the same.
    let root = top::of(&here).unwrap_or(&here);
    match args.action {
        HookAction::Install { beside_manager } => {
            let program = std::env::current_exe().map_err(|source| Failure::Io {
                what: "cannot find this program's own path".into(),
                source,
            })?;
            let text = match install::install(&git, root, &program, beside_manager)? {
                Installed::Written {
                    hook,
                    chained: None,
                } => format!("installed {}\n", hook.display()),
                Installed::Written {
                    hook,
                    chained: Some(old),
                } => format!(
                    "installed {}; the hook that was there is kept as {} and called first\n",
                    hook.display(),
                    old.display()
                ),
                Installed::Already { hook } => format!("{} is installed already\n", hook.display()),
                Installed::Manager { manager, found } => format!(
                    "{} manages the hooks here ({}): add this to {} instead\n\n{}\nor install beside it with `image-lint hook install --beside-manager`\n",
                    manager.name,
                    found.display(),
                    manager.file,
                    manager.snippet
                ),
            };
            out.write_all(text.as_bytes()).map_err(Failure::Output)?;
        }
        HookAction::Uninstall => {
            let text = match install::uninstall(&git, root)? {
                Uninstalled::Removed {
                    hook,
                    restored: false,
                } => format!("removed {}\n", hook.display()),
                Uninstalled::Removed {
                    hook,
                    restored: true,
                } => {
                    format!(
                        "removed image-lint from {}; the earlier hook is back\n",
                        hook.display()
                    )
                }
                Uninstalled::Nothing => "no image-lint hook is installed here\n".to_owned(),
            };
            out.write_all(text.as_bytes()).map_err(Failure::Output)?;
        }
    }
    Ok(Exit::Clean.code())
}
