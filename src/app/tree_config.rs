//! The configuration files of the linted tree: for each named path the nearest one up to the top of its repository, and
//! those that lie below a named folder, each for its own folder.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::settings::read_config;
use super::{Failure, top};
use crate::config::anchor::Anchor;
use crate::config::{FILE_NAMES, find};
use crate::discover::worktree::{self, Links, Selection, Step};

/// Configuration files of one run.
const MOST: usize = 100;

/// Where the tree's own configuration is.
pub enum TreeConfig<'a> {
    /// Of these paths, as they were named; `gitignore`: files that git ignores count for nothing.
    Paths {
        paths: &'a [OsString],
        gitignore: bool,
    },
    /// Paths from the top and texts, already read (a pushed commit).
    Texts(Vec<(String, String)>),
}

/// What the tree says for a folder.
pub struct TreeFile {
    /// The file as it is shown, and its text; None: the folder is a repository of its own without one.
    pub file: Option<(String, String)>,
    /// Absolute, without symlinks.
    pub folder: PathBuf,
    pub anchor: Anchor,
}

/// The file that counts for all that is named, and those of folders, the deepest first.
///
/// # Errors
/// A file that cannot be read, or that leads out of the tree.
pub fn find(
    paths: &[OsString],
    gitignore: bool,
    env: &BTreeMap<String, String>,
) -> Result<(Option<TreeFile>, Vec<TreeFile>), Failure> {
    let named = named(paths);
    // A path that is not there is said when it is to be read.
    let Ok(bases) = bases(&named) else {
        return Ok((None, Vec::new()));
    };
    let base = &bases[0];
    let top = top::of(base).map_or_else(|| checkout(base, env), Path::to_owned);
    let read = |path: &Path| read(path, base, &top);
    let whole = find::nearest(base, &top)
        .map(|path| read(&path))
        .transpose()?;
    // Paths that are not named from one folder have no folders in common.
    if bases.iter().any(|other| other != base) {
        return Ok((whole, Vec::new()));
    }
    let mut files = below(&named, base, gitignore);
    files.sort();
    files.dedup();
    few(files.len())?;
    let mut below = files
        .iter()
        .map(|path| read(path))
        .collect::<Result<Vec<_>, _>>()?;
    for folder in own_repositories(&named, base) {
        if !below.iter().any(|file| file.folder == folder) {
            let anchor = Anchor::new(&folder, base).unwrap_or_default();
            below.push(TreeFile {
                file: None,
                folder,
                anchor,
            });
        }
    }
    below.sort_by_key(|file| std::cmp::Reverse(file.folder.components().count()));
    Ok((whole, below))
}

/// The same of files that are already read, by their paths from the top.
///
/// # Errors
/// Too many files.
pub fn of_texts(
    found: Vec<(String, String)>,
) -> Result<(Option<TreeFile>, Vec<TreeFile>), Failure> {
    few(found.len())?;
    let files = found.into_iter().map(|(path, text)| {
        let folder = Path::new(&path).parent().unwrap_or(Path::new(""));
        TreeFile {
            folder: folder.to_owned(),
            // Everything is below the top.
            anchor: Anchor::new(folder, Path::new("")).unwrap_or_default(),
            file: Some((path, text)),
        }
    });
    let (mut whole, mut below): (Vec<_>, Vec<_>) =
        files.partition(|file| file.anchor == Anchor::Same);
    below.sort_by_key(|file| std::cmp::Reverse(file.folder.components().count()));
    Ok((whole.pop(), below))
}

fn few(count: usize) -> Result<(), Failure> {
    if count <= MOST {
        return Ok(());
    }
    let why = format!("{count} configuration files are more than the {MOST} that are read");
    Err(Failure::Usage(why))
}

/// How a file that somebody names means paths: from its folder where that is in the linted tree or above it in the same
/// repository, else from the linted folder, since a file for many repositories lies in none of them.
pub fn anchor(config: &Path, paths: &[OsString]) -> Anchor {
    let bases = bases(&named(paths)).unwrap_or_default();
    let folder = std::fs::canonicalize(config)
        .ok()
        .and_then(|file| Some(file.parent()?.to_owned()));
    match (bases.split_first(), folder) {
        // Paths that are not named from one folder have no folders in common.
        (Some((base, others)), Some(folder))
            if others.iter().all(|other| other == base)
                && folder.starts_with(top::of(base).unwrap_or(base)) =>
        {
            Anchor::new(&folder, base).unwrap_or_default()
        }
        _ => Anchor::Same,
    }
}

/// The paths that were named, without standard input; the folder that the program runs in where there are none.
fn named(paths: &[OsString]) -> Vec<&Path> {
    let named: Vec<&Path> = paths
        .iter()
        .filter(|path| *path != "-")
        .map(Path::new)
        .collect();
    if named.is_empty() {
        vec![Path::new(".")]
    } else {
        named
    }
}

/// The folder from which the report names the files of each path.
fn bases(named: &[&Path]) -> std::io::Result<Vec<PathBuf>> {
    named.iter().map(|path| top::base(path)).collect()
}

/// The tops of repositories strictly below `base` that named paths are in: what is above them is another repository's.
fn own_repositories(named: &[&Path], base: &Path) -> BTreeSet<PathBuf> {
    let paths = named
        .iter()
        .filter_map(|path| std::fs::canonicalize(path).ok());
    let tops = paths.filter_map(|path| top::of(&path).map(Path::to_owned));
    tops.filter(|top| top != base && top.starts_with(base))
        .collect()
}

/// The files strictly below `base`: above the named paths, and below them.
fn below(named: &[&Path], base: &Path, gitignore: bool) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in named {
        let Ok(path) = std::fs::canonicalize(path) else {
            continue;
        };
        let folder = match path.parent() {
            Some(parent) if path.is_file() => parent,
            _ => &path,
        };
        files.extend(find::between(folder, base));
    }
    let roots: Vec<PathBuf> = named.iter().map(|path| path.to_path_buf()).collect();
    let names = FILE_NAMES.map(str::to_owned);
    let Ok(selection) = Selection::new(gitignore, &names, &[]) else {
        return files;
    };
    let links = Links::default();
    let Ok(walk) = worktree::walk(&roots, &selection, &links) else {
        return files;
    };
    for step in walk {
        let Step::File(found) = step else { continue };
        let Some(folder) = found.on_disk.parent() else {
            continue;
        };
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        match std::fs::canonicalize(folder) {
            // The first of the names counts, whichever was met. What a named link leads to elsewhere has no say here.
            Ok(folder) if folder != base && folder.starts_with(base) => {
                files.extend(find::in_folder(&folder))
            }
            _ => {}
        }
    }
    files
}

/// The top where there is no `.git`: the checkout that the CI system names, else the folder itself.
fn checkout(base: &Path, env: &BTreeMap<String, String>) -> PathBuf {
    let named = top::CHECKOUTS.iter().filter_map(|name| env.get(*name));
    named
        .filter(|value| !value.is_empty())
        .filter_map(|value| std::fs::canonicalize(value).ok())
        .find(|checkout| base.starts_with(checkout))
        .unwrap_or_else(|| base.to_owned())
}

/// One that leads out of the tree is refused: what is wrong with it would be quoted, and so would lines of a file that
/// whoever wrote the tree has no right to read.
fn read(path: &Path, base: &Path, top: &Path) -> Result<TreeFile, Failure> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let shown = shown(path, base);
    let inside = std::fs::canonicalize(path).is_ok_and(|file| file.starts_with(top));
    if !inside {
        return Err(Failure::Usage(format!(
            "`{shown}` is a symlink out of the linted folder; name the file with --config instead"
        )));
    }
    let text = read_config(path, &shown)?;
    Ok(TreeFile {
        file: Some((shown, text)),
        folder: folder.to_owned(),
        // Its folder is above the base or below it.
        anchor: Anchor::new(folder, base).unwrap_or_default(),
    })
}

/// A path as somebody who stands in the base would write it.
fn shown(path: &Path, base: &Path) -> String {
    if let Ok(below) = path.strip_prefix(base) {
        return below.display().to_string();
    }
    let folder = path.parent().unwrap_or(path);
    match (base.strip_prefix(folder), path.file_name()) {
        (Ok(below), Some(name)) => {
            let up = "../".repeat(below.components().count());
            format!("{up}{}", Path::new(name).display())
        }
        _ => path.display().to_string(),
    }
}
