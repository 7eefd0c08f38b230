//! Reads a file again before it is mended, and replaces it as a whole: only below what was to be linted, never through
//! a symbolic link, and only while it is what it was.

use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::FixError;

/// What a text was when it was linted, without the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// In bytes.
    length: usize,
    hash: u64,
}

impl Stamp {
    pub fn of(text: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(text.as_bytes());
        Stamp {
            length: text.len(),
            hash: hasher.finish(),
        }
    }
}

/// The files and folders that were to be linted: nothing else is written.
#[derive(Clone, Debug)]
pub struct AllowedRoots(Vec<PathBuf>);

impl AllowedRoots {
    /// # Errors
    /// A root that cannot be reached any more.
    pub fn new(roots: &[PathBuf]) -> io::Result<Self> {
        roots
            .iter()
            .map(std::fs::canonicalize)
            .collect::<io::Result<Vec<_>>>()
            .map(AllowedRoots)
    }

    /// The file's real path, when it is a file of its own below a root.
    fn real(&self, path: &Path) -> Result<PathBuf, FixError> {
        if std::fs::symlink_metadata(path)?.is_symlink() {
            return Err(FixError::Link);
        }
        let real = path.canonicalize()?;
        if self.0.iter().any(|root| real.starts_with(root)) {
            Ok(real)
        } else {
            Err(FixError::Outside)
        }
    }
}

/// The text of a file, if it is still what it was when it was linted.
///
/// # Errors
/// [`FixError::Changed`], [`FixError::Link`], [`FixError::Outside`]; I/O errors.
pub fn read(path: &Path, stamp: Stamp, allowed: &AllowedRoots) -> Result<String, FixError> {
    let real = allowed.real(path)?;
    if std::fs::metadata(&real)?.len() != stamp.length as u64 {
        return Err(FixError::Changed);
    }
    let text = String::from_utf8(std::fs::read(&real)?).map_err(|_| FixError::Changed)?;
    if Stamp::of(&text) == stamp {
        Ok(text)
    } else {
        Err(FixError::Changed)
    }
}

/// Replaces a file by its mended text: written beside it, then renamed over it, with the same owner and permissions.
///
/// # Errors
/// [`FixError::Changed`] when the file no longer holds `before`; [`FixError::Link`], [`FixError::Outside`]; I/O errors.
/// The original is kept on every error.
pub fn write(
    path: &Path,
    before: &str,
    after: &str,
    allowed: &AllowedRoots,
) -> Result<(), FixError> {
    let real = allowed.real(path)?;
    let folder = real.parent().unwrap_or(Path::new("."));
    let mut new = tempfile::Builder::new()
        .prefix(".image-lint-")
        .tempfile_in(folder)?;
    new.write_all(after.as_bytes())?;
    let metadata = std::fs::metadata(&real)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let made = new.as_file().metadata()?;
        if (made.uid(), made.gid()) != (metadata.uid(), metadata.gid()) {
            std::os::unix::fs::fchown(new.as_file(), Some(metadata.uid()), Some(metadata.gid()))?;
        }
    }
    new.as_file().set_permissions(metadata.permissions())?;
    new.as_file().sync_all()?;
    // As late as can be: what somebody wrote in the meantime is not lost.
    if std::fs::read(&real)? != before.as_bytes() {
        return Err(FixError::Changed);
    }
    new.persist(&real).map_err(|e| FixError::Io(e.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, PathBuf, AllowedRoots) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        std::fs::create_dir(&root).unwrap();
        let allowed = AllowedRoots::new(std::slice::from_ref(&root)).unwrap();
        (folder, root, allowed)
    }

    #[test]
    fn a_file_that_changed_is_left_alone() {
        let (_folder, root, allowed) = folder();
        let path = root.join("x.sh");
        std::fs::write(&path, "new").unwrap();
        assert!(matches!(
            write(&path, "old", "older", &allowed),
            Err(FixError::Changed)
        ));
        for stamp in [Stamp::of("old"), Stamp::of("longer")] {
            assert!(matches!(
                read(&path, stamp, &allowed),
                Err(FixError::Changed)
            ));
        }
        assert_eq!(read(&path, Stamp::of("new"), &allowed).unwrap(), "new");
        write(&path, "new", "newer", &allowed).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "newer");
        assert_eq!(
            std::fs::read_dir(&root).unwrap().count(),
            1,
            "nothing is left beside it"
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_and_files_elsewhere_are_left_alone_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let (folder, root, allowed) = folder();
        let outside = folder.path().join("outside.sh");
        std::fs::write(&outside, "a").unwrap();
        symlink(&outside, root.join("link.sh")).unwrap();
        symlink(folder.path(), root.join("up")).unwrap();
        assert!(matches!(
            write(&root.join("link.sh"), "a", "b", &allowed),
            Err(FixError::Link)
        ));
        assert!(matches!(
            write(&root.join("up/outside.sh"), "a", "b", &allowed),
            Err(FixError::Outside)
        ));
        assert!(matches!(
            write(&outside, "a", "b", &allowed),
            Err(FixError::Outside)
        ));
        assert_eq!(std::fs::read_to_string(&outside).unwrap(), "a");

        let script = root.join("s.sh");
        std::fs::write(&script, "a").unwrap();
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o751)).unwrap();
        write(&script, "a", "b", &allowed).unwrap();
        assert_eq!(
            std::fs::metadata(&script).unwrap().permissions().mode() & 0o7777,
            0o751
        );
    }
}
