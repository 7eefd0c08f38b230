//! Where the linted files lie below the top of their repository: hosts name files from there, whatever folder was linted.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};

use image_lint_text::source::RepoPath;

/// Variables that name the checkout where there is no `.git` (GitHub docs, "Default environment variables"; GitLab docs,
/// "Predefined CI/CD variables").
pub const CHECKOUTS: [&str; 2] = ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"];

/// The folder from which reports name the files of a path: an absolute path itself, or one that climbs with `..`, else
/// where the program runs (as [`crate::discover::worktree::walk`] does).
///
/// # Errors
/// When a folder is gone.
pub fn base(path: &Path) -> io::Result<PathBuf> {
    let own = path.is_absolute() || path.components().any(|part| part == Component::ParentDir);
    if !own {
        return std::fs::canonicalize(std::env::current_dir()?);
    }
    let path = std::fs::canonicalize(path)?;
    match path.parent() {
        Some(parent) if path.is_file() => Ok(parent.to_owned()),
        _ => Ok(path),
    }
}

/// The top of the git work tree that holds a folder.
pub fn of(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|above| above.join(".git").exists())
}

/// What stands before each reported path to make it one from the top: empty, or folders with a `/` at the end. Empty too
/// where the paths of a run have no folder in common to be named from.
pub fn prefix(paths: &[OsString], env: &BTreeMap<String, String>) -> String {
    let mut bases = paths
        .iter()
        .filter(|path| *path != "-")
        .map(|path| base(Path::new(path)));
    let first = bases.next().unwrap_or_else(|| base(Path::new(".")));
    let Ok(first) = first else {
        return String::new();
    };
    if !bases.all(|other| other.is_ok_and(|other| other == first)) {
        return String::new();
    }
    let named = || {
        let folders = CHECKOUTS
            .iter()
            .filter_map(|name| env.get(*name))
            .filter(|value| !value.is_empty());
        folders
            .filter_map(|value| std::fs::canonicalize(value).ok())
            .find(|checkout| first.starts_with(checkout))
    };
    let below = match of(&first) {
        Some(top) => first.strip_prefix(top).ok().map(Path::to_owned),
        None => named().and_then(|top| first.strip_prefix(top).ok().map(Path::to_owned)),
    };
    match below {
        Some(below) if !below.as_os_str().is_empty() => {
            format!("{}/", RepoPath::new(&below).to_text())
        }
        _ => String::new(),
    }
}

/// Whether the files of all these paths are those that the CI system checked out, and no other repository's within them.
pub fn is_checkout(paths: &[OsString], env: &BTreeMap<String, String>) -> bool {
    let mut checkouts = CHECKOUTS.iter().filter_map(|name| env.get(*name));
    let Some(checkout) = checkouts.find_map(|path| std::fs::canonicalize(path).ok()) else {
        return false;
    };
    let is_own = |path: &OsString| {
        let base = base(Path::new(path));
        base.is_ok_and(|base| {
            base.starts_with(&checkout) && of(&base).is_none_or(|top| top == checkout)
        })
    };
    match paths {
        [] => is_own(&OsString::from(".")),
        paths => paths.iter().all(|path| path != "-" && is_own(path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_made_whole_from_the_top_of_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in [
            "with-git/.git",
            "with-git/deploy/prod",
            "checkout/charts/a",
            "loose",
        ] {
            std::fs::create_dir_all(root.join(name)).unwrap();
        }
        std::fs::write(root.join("with-git/deploy/a.yaml"), "").unwrap();
        let checkout = root.join("checkout").to_str().unwrap().to_owned();
        let rows: [(&[&str], &str, &str); 8] = [
            (&["with-git"], "", "the top itself"),
            (&["with-git/deploy"], "deploy/", "a folder"),
            (&["with-git/deploy/prod"], "deploy/prod/", "a deeper one"),
            (
                &["with-git/deploy/../deploy"],
                "deploy/",
                "a path that climbs",
            ),
            (
                &["with-git/deploy/a.yaml"],
                "deploy/",
                "a file is named from its folder",
            ),
            (
                &["checkout/charts/a"],
                "charts/a/",
                "no git, but the CI system names the checkout",
            ),
            (&["loose"], "", "nothing is known"),
            (
                &["with-git/deploy", "with-git"],
                "",
                "two folders that paths are named from",
            ),
        ];
        for (paths, expected, why) in rows {
            let paths: Vec<OsString> = paths
                .iter()
                .map(|path| root.join(path).into_os_string())
                .collect();
            let env = [("GITHUB_WORKSPACE".to_owned(), checkout.clone())].into();
            assert_eq!(prefix(&paths, &env), expected, "{why}");
        }
    }

    #[test]
    fn files_of_the_checkout_are_told_from_others_within_and_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in [
            "checkout/.git",
            "checkout/charts",
            "checkout/other/.git",
            "loose",
        ] {
            std::fs::create_dir_all(root.join(name)).unwrap();
        }
        let checkout = root.join("checkout").to_str().unwrap().to_owned();
        let env = [("CI_PROJECT_DIR".to_owned(), checkout)].into();
        let rows: [(&[&str], bool, &str); 6] = [
            (&["checkout"], true, "all of it"),
            (&["checkout/charts"], true, "a folder"),
            (&["checkout/other"], false, "another repository within it"),
            (&["loose"], false, "beside it"),
            (&["checkout", "loose"], false, "one of them beside it"),
            (&["checkout", "-"], false, "a stream is no file"),
        ];
        for (paths, expected, why) in rows {
            let paths: Vec<OsString> = (paths.iter())
                .map(|path| match *path {
                    "-" => "-".into(),
                    path => root.join(path).into_os_string(),
                })
                .collect();
            assert_eq!(is_checkout(&paths, &env), expected, "{why}");
        }
        assert!(!is_checkout(&[], &BTreeMap::new()), "no CI job");
    }
}
