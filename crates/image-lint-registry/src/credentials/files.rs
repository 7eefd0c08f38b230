//! The files of credentials that the tools read without being told to.

use std::path::{Path, PathBuf};

use crate::settings::Environment;

/// A file of credentials is never larger.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// Those that are there, in podman's order, which reads docker's files as well (containers/image
/// `pkg/docker/config/config.go`, `getAuthFilePaths`).
pub fn usual(environment: &Environment) -> Vec<PathBuf> {
    let home = environment.home.as_ref();
    let docker = environment
        .docker_config
        .clone()
        .or_else(|| home.map(|home| home.join(".docker")));
    let paths = [
        runtime_file(environment),
        environment
            .config_home()
            .map(|base| base.join("containers/auth.json")),
        docker.map(|folder| folder.join("config.json")),
        home.map(|home| home.join(".dockercfg")),
    ];
    paths
        .into_iter()
        .flatten()
        .filter(|path| path.is_file())
        .collect()
}

/// Where podman keeps what ends with the session: `$XDG_RUNTIME_DIR`, else a folder of the user's number, as for root
/// without a session (the same file, `getPathToAuthWithOS`).
fn runtime_file(environment: &Environment) -> Option<PathBuf> {
    if let Some(base) = &environment.xdg_runtime_dir {
        return Some(base.join("containers/auth.json"));
    }
    let base = environment.run.as_ref()?.join("containers");
    Some(base.join(user_number()?.to_string()).join("auth.json"))
}

/// The number of the user that runs this, as the owner of its own entry among the processes.
fn user_number() -> Option<u32> {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::MetadataExt;
        std::fs::metadata("/proc/self").ok().map(|meta| meta.uid())
    }
    #[cfg(not(target_os = "linux"))]
    None
}

/// # Errors
/// It cannot be read, or is no file of credentials; in words.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    let meta = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !meta.is_file() {
        return Err("it is not a file".to_owned());
    }
    if meta.len() > MAX_FILE {
        return Err("it is too large".to_owned());
    }
    std::fs::read(path).map_err(|error| error.to_string())
}

/// A path as people write it.
pub fn shorten(path: &Path, home: Option<&Path>) -> String {
    match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}
