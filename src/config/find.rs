//! Where the configuration of a path is: the nearest file from its folder up to the top of its repository, as git looks for
//! `.gitignore` files. Files are not merged.

use std::path::{Path, PathBuf};

use super::FILE_NAMES;

/// The file in a folder; the first of [`FILE_NAMES`] counts.
pub fn in_folder(folder: &Path) -> Option<PathBuf> {
    let paths = FILE_NAMES.iter().map(|name| folder.join(name));
    paths.into_iter().find(|path| path.is_file())
}

/// The nearest file from `folder` up to `top`, which is above it or the same.
pub fn nearest(folder: &Path, top: &Path) -> Option<PathBuf> {
    let above = folder
        .ancestors()
        .take_while(|above| above.starts_with(top));
    above.into_iter().find_map(in_folder)
}

/// All files in the folders from `folder` up to `top`, without that of `top` itself.
pub fn between(folder: &Path, top: &Path) -> Vec<PathBuf> {
    let above = folder
        .ancestors()
        .take_while(|above| *above != top && above.starts_with(top));
    above.filter_map(in_folder).collect()
}
