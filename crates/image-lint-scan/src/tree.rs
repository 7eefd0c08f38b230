//! The files of a repository by path, for what is made of several of them: kustomizations and charts.
//!
//! Whoever walks the repository implements [`Tree`]; what renders asks for the few files that it needs. Paths are the
//! ones that the report shows: relative to the root, `/` between their parts.

use std::sync::Arc;

use image_lint_text::source::{FileId, SourceFile};

/// The files that the walk met, whoever reads them.
pub trait Tree: Sync {
    /// The number of the file with exactly this path.
    fn find(&self, path: &str) -> Option<FileId>;

    /// Its text; None when it is gone, larger than the limit, or no text.
    fn text(&self, file: FileId) -> Option<Arc<SourceFile>>;

    /// Its bytes; None when it is gone or larger than the limit.
    fn bytes(&self, file: FileId) -> Option<Vec<u8>>;

    /// Whether there is something at a path, seen from the folder of a file, that is of the same repository and that this
    /// run does not read: it lies outside of what was named, or is left out.
    fn is_beyond(&self, file: FileId, path: &str) -> bool {
        let _ = (file, path);
        false
    }

    /// Paths of the files below a folder (`""`: all), in order.
    fn below(&self, folder: &str) -> Vec<(FileId, String)>;
}

/// A path relative to a folder, both below the root; None for what leads out of it.
pub fn join(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_root() {
        for (folder, path, expected) in [
            ("a/b", "../base", Some("a/base")),
            ("a/b", "./x.yaml", Some("a/b/x.yaml")),
            ("", "x//y/", Some("x/y")),
            ("a", "../../x", None),
            ("a", "/etc", None),
            ("a", "..", Some("")),
        ] {
            assert_eq!(join(folder, path).as_deref(), expected, "{folder} {path}");
        }
    }
}
