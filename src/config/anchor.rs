//! Paths as a configuration file means them: its patterns are relative to its folder, whatever folder the program runs in
//! or is given.

use std::borrow::Cow;
use std::path::Path;

use image_lint_text::source::RepoPath;

/// How the path that a report names is written from the folder of a configuration file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Anchor {
    /// Paths are named from that folder.
    #[default]
    Same,
    /// They are named from a folder below it: this goes before them, with a `/` at its end.
    Below(String),
    /// They are named from a folder above it: this is taken from them, and others are not its matter.
    Above(String),
}

impl Anchor {
    /// Of a file in `folder`, for paths that are named from `base`; both absolute and without symlinks.
    pub fn new(folder: &Path, base: &Path) -> Option<Anchor> {
        let text = |path: &Path| format!("{}/", RepoPath::new(path).to_text());
        if folder == base {
            return Some(Anchor::Same);
        }
        if let Ok(below) = base.strip_prefix(folder) {
            return Some(Anchor::Below(text(below)));
        }
        let above = folder.strip_prefix(base).ok()?;
        Some(Anchor::Above(text(above)))
    }

    /// None: the file says nothing about this path.
    pub fn path<'p>(&self, shown: &'p str) -> Option<Cow<'p, str>> {
        match self {
            Anchor::Same => Some(Cow::Borrowed(shown)),
            Anchor::Below(folders) => Some(Cow::Owned(format!("{folders}{shown}"))),
            Anchor::Above(folders) => shown.strip_prefix(folders.as_str()).map(Cow::Borrowed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_from_the_folder_of_the_configuration() {
        for (folder, base, shown, expected, why) in [
            ("/r", "/r", "ci/a", Some("ci/a"), "the same folder"),
            (
                "/r",
                "/r/ci/x",
                "a",
                Some("ci/x/a"),
                "run in a folder below",
            ),
            ("/r/ci", "/r", "ci/a", Some("a"), "the file lies below"),
            ("/r/ci", "/r", "cix/a", None, "another folder"),
            ("/r/ci", "/r", "a", None, "a file above it"),
            ("/", "/r", "a", Some("r/a"), "the root of the file system"),
        ] {
            let anchor = Anchor::new(Path::new(folder), Path::new(base)).unwrap();
            assert_eq!(anchor.path(shown).as_deref(), expected, "{why}");
        }
        assert_eq!(Anchor::new(Path::new("/a"), Path::new("/b")), None);
    }
}
