//! Finds the files to read. Comes in: paths of the command line, a commit, or stdin. Goes out: files, each once, in a
//! fixed order. It knows names and bytes, not what they mean: whether a file can name an image is asked of
//! [`image_lint_scan::extract`].

pub mod commit;
pub mod content;
mod folder;
mod gitignore;
pub mod globs;
pub mod root;
pub mod stdin;
mod tracked;
pub mod worktree;

/// Largest file that is read unless `--max-file-size` says otherwise, in bytes (facts: a manifest of this size names
/// thousands of images; a parser's time and memory stay bounded).
pub const MAX_FILE_SIZE: u64 = 4 * 1024 * 1024;

/// Most files that one run looks at unless `--max-files` says otherwise.
pub const MAX_FILES: usize = 500_000;
