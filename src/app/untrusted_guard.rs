//! What flags may not do for a tree that is not trusted: they were meant for somebody else's files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Failure, top};
use crate::cli::{SettingsArgs, SourceArgs};
use crate::discover::worktree::Links;
use image_lint_registry::Trust;

/// What a tree that is not trusted must not get, whatever the flags say.
///
/// The environment may hold secrets, and an image's name is told to whoever the name says: such a tree must not choose
/// variables. What is wrong with a file that a flag names is quoted, and the file may be the tree's: a link to somebody
/// else's must not stand in its place. Nor must one where a report is written.
///
/// # Errors
/// `--env`; a file to read, or a `written` one, that a link below the folder that the run works in leads out of it.
pub fn check(
    sources: &SourceArgs,
    settings: &SettingsArgs,
    baseline: Option<&PathBuf>,
    written: &[&Path],
    trust: Trust,
) -> Result<(), Failure> {
    if trust == Trust::Trusted {
        return Ok(());
    }
    if sources.env {
        return Err(Failure::Usage(
            "--env lets the linted tree read any variable of the environment, and this tree is not trusted; \
             give single values with --set NAME=VALUE"
                .into(),
        ));
    }
    let Ok(here) = std::env::current_dir().and_then(std::fs::canonicalize) else {
        return Ok(());
    };
    let read = settings
        .config
        .iter()
        .chain(baseline)
        .chain(&sources.values)
        .map(PathBuf::as_path);
    for file in read.chain(written.iter().copied()) {
        if leads_out(file, &here) {
            let shown = file.display();
            let why = format!(
                "`{shown}` leads out of this folder, and this tree is not trusted: name the file itself"
            );
            return Err(Failure::Usage(why));
        }
    }
    Ok(())
}

/// Where links in the place of named paths may lead.
pub fn links(trust: Trust, env: &BTreeMap<String, String>) -> Links {
    if trust == Trust::Trusted {
        return Links::Followed;
    }
    let checkouts = top::CHECKOUTS
        .iter()
        .filter_map(|name| env.get(*name))
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
        .collect();
    Links::Confined { checkouts }
}

/// Whether a link below `here`, which is canonical, leads `path` out of it, into git's own folder, or to what is not there.
fn leads_out(path: &Path, here: &Path) -> bool {
    use std::path::Component;
    let mut at = here.to_path_buf();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                at.pop();
            }
            Component::CurDir => {}
            part => at.push(part),
        }
        if std::fs::symlink_metadata(&at).is_ok_and(|found| found.is_symlink()) {
            let real = std::fs::canonicalize(&at).ok();
            let inside = |real: &PathBuf| {
                real.strip_prefix(here)
                    .is_ok_and(|below| !below.components().any(|part| part.as_os_str() == ".git"))
            };
            match real {
                Some(real) if !at.starts_with(here) || inside(&real) => at = real,
                // What follows is the user's own affair.
                None if !at.starts_with(here) => return false,
                _ => return true,
            }
        }
    }
    false
}
