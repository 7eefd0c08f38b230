//! Files that nothing deploys: data of tests, which may be wrong on purpose, and what people put aside in an archive. What
//! such a file names is at most a warning.

use std::path::{Path, PathBuf};

use crate::config::Targets;
use crate::rules::Finding;
use image_lint_model::finding::{Level, Untrusted};
use image_lint_text::source::RepoPath;

/// Names of such folders. Go's tools pass over `testdata` (`go help packages`), pytest's and Jest's users write `fixtures`.
/// Not `tests` and `e2e`: what is there is deployed to a cluster.
const FOLDERS: [&str; 7] = [
    "testdata",
    "test-data",
    "test_data",
    "fixtures",
    "__fixtures__",
    "test-fixtures",
    "test_fixtures",
];

/// Folders of what is kept but no longer used, as people mark them so that no tool takes them.
const ARCHIVES: [&str; 9] = [
    "_archive",
    "_archived",
    ".archive",
    ".archived",
    "archived",
    "_attic",
    "attic",
    "_old",
    "_unused",
];

/// Makes warnings of errors in what nothing deploys. Who names a folder, as an argument or in `targets`, means it.
pub fn weaken(findings: &mut [Finding], paths: &[RepoPath], roots: &[PathBuf], targets: &Targets) {
    let idle: Vec<Option<&str>> = paths
        .iter()
        .map(|path| not_deployed(path, roots).filter(|_| !targets.names(path)))
        .collect();
    for finding in findings {
        let why = idle.get(finding.place.file.0 as usize).copied().flatten();
        if let Some(why) = why.filter(|_| finding.level == Level::Error && !finding.firm) {
            finding.level = Level::Warning;
            finding.evidence.push(("deployed", Untrusted::new(why)));
        }
    }
}

/// Why nothing deploys a file: the folder that it lies in, below what was named.
fn not_deployed(path: &RepoPath, roots: &[PathBuf]) -> Option<&'static str> {
    let path = path.to_path();
    let below = roots
        .iter()
        .filter_map(|root| path.strip_prefix(root).ok())
        .min_by_key(|rest| rest.as_os_str().len())
        .unwrap_or(path.as_path());
    let folders = below.parent().into_iter().flat_map(|folder| folder.iter());
    let mut names = folders.filter_map(|name| name.to_str());
    names.find_map(|name| match name {
        // Manifests in such a folder may well be deployed (carvel's vendir); nobody builds a library's own tests.
        "vendor" if is_recipe(below) => Some("not from here: it is part of another project"),
        name if FOLDERS.contains(&name) => Some("as data of tests only"),
        name if ARCHIVES.contains(&name) => Some("no longer: it is in an archive"),
        _ => None,
    })
}

/// A Containerfile, by its name.
fn is_recipe(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    name.is_some_and(|name| {
        ["Dockerfile", "Containerfile"]
            .iter()
            .any(|word| name.starts_with(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_data_counts_below_what_was_named() {
        for (path, roots, expected, why) in [
            ("pkg/testdata/a.yaml", &["."][..], true, "Go's"),
            ("test/fixtures/x/a.yaml", &["."], true, "further up"),
            (
                "a/__fixtures__/a.yaml",
                &[],
                true,
                "no root: pushed commits",
            ),
            (
                "testdata/demo/a.yaml",
                &["testdata/demo"],
                false,
                "it was named itself",
            ),
            (
                "testdata/demo/fixtures/a.yaml",
                &["testdata/demo"],
                true,
                "below it",
            ),
            (
                "testdata/a.yaml",
                &["testdata/a.yaml"],
                false,
                "the file was named",
            ),
            ("tests/e2e/a.yaml", &["."], false, "deployed by tests"),
            (
                "deploy/testdata.yaml",
                &["."],
                false,
                "a file, not a folder",
            ),
            ("deploy/my-fixtures/a.yaml", &["."], false, "another name"),
            ("_archive/cluster/a.yaml", &["."], true, "put aside"),
            ("apps/.archive/x/a.yaml", &["."], true, "further down"),
            ("web/vendor/a/b/Dockerfile", &["."], true, "a library's own"),
            (
                "vendor/a/b/deploy.yaml",
                &["."],
                false,
                "vendir's manifests",
            ),
            ("apps/archive/a.yaml", &["."], false, "an application"),
            (
                "_archive/a/b.yaml",
                &["_archive/a"],
                false,
                "it was named itself",
            ),
        ] {
            let roots: Vec<PathBuf> = roots.iter().map(PathBuf::from).collect();
            let path = RepoPath::from_bytes(path.as_bytes());
            assert_eq!(not_deployed(&path, &roots).is_some(), expected, "{why}");
        }
    }
}
