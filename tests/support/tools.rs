//! Other people's programs in fixed versions, as scripts/install-hook-tools.sh installs them.

use std::path::{Path, PathBuf};

pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The path of an installed program or file.
///
/// # Panics
/// When it is missing: no test passes because a tool is not there.
pub fn tool(path: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| project().join("target"), PathBuf::from);
    let tool = target.join("hook-tools").join(path);
    assert!(
        tool.exists(),
        "{} is needed: run scripts/install-hook-tools.sh",
        tool.display()
    );
    tool
}
