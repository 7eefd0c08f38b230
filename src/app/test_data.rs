//! Files that are data of tests: folders that tools and people keep apart for what tests read. What such a file names may
//! be wrong on purpose, and nothing deploys it, so that it is at most a warning.

use std::path::PathBuf;

use crate::config::Targets;
use crate::rules::Finding;
use image_lint_model::finding::{Level, Untrusted};
use image_lint_text::source::{FileId, RepoPath};

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

/// Makes warnings of errors in data of tests. Who names a folder, as an argument or in `targets`, means it.
pub fn weaken(findings: &mut [Finding], paths: &[RepoPath], roots: &[PathBuf], targets: &Targets) {
    let of_tests: Vec<bool> = paths
        .iter()
        .map(|path| is_test_data(path, roots) && !targets.names(path))
        .collect();
    let is_of_tests = |file: FileId| of_tests.get(file.0 as usize).copied().unwrap_or(false);
    for finding in findings {
        if finding.level == Level::Error && !finding.firm && is_of_tests(finding.place.file) {
            finding.level = Level::Warning;
            let why = Untrusted::new("as data of tests only");
            finding.evidence.push(("deployed", why));
        }
    }
}

fn is_test_data(path: &RepoPath, roots: &[PathBuf]) -> bool {
    let path = path.to_path();
    let below = roots
        .iter()
        .filter_map(|root| path.strip_prefix(root).ok())
        .min_by_key(|rest| rest.as_os_str().len())
        .unwrap_or(path.as_path());
    let folders = below.parent().into_iter().flat_map(|folder| folder.iter());
    folders
        .filter_map(|name| name.to_str())
        .any(|name| FOLDERS.contains(&name))
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
        ] {
            let roots: Vec<PathBuf> = roots.iter().map(PathBuf::from).collect();
            let path = RepoPath::from_bytes(path.as_bytes());
            assert_eq!(is_test_data(&path, &roots), expected, "{why}");
        }
    }
}
