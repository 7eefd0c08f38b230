//! The text of `registries.conf`, version 2 and the older version 1, and where its files are.
//!
//! In: the environment. Out: files as plain tables. Knows nothing of what the tables mean for a reference.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::settings::{Environment, SetupError};

/// A file of settings is never larger.
const MAX_FILE: u64 = 1024 * 1024;
/// Files in `registries.conf.d` that are read.
const MAX_DROP_INS: usize = 256;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Wire {
    pub unqualified_search_registries: Option<Vec<String>>,
    pub short_name_mode: Option<String>,
    #[serde(default)]
    pub aliases: BTreeMap<String, String>,
    #[serde(default)]
    pub registry: Vec<WireRegistry>,
    /// Version 1.
    pub registries: Option<WireOld>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct WireRegistry {
    pub prefix: Option<String>,
    pub location: Option<String>,
    #[serde(default)]
    pub blocked: bool,
    #[serde(default)]
    pub insecure: bool,
    #[serde(default)]
    pub mirror_by_digest_only: bool,
    #[serde(default)]
    pub mirror: Vec<WireMirror>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct WireMirror {
    pub location: String,
    #[serde(default)]
    pub insecure: bool,
    /// `all`, `digest-only`, `tag-only`
    pub pull_from_mirror: Option<String>,
}

#[derive(Deserialize)]
pub struct WireOld {
    pub search: Option<WireList>,
    pub insecure: Option<WireList>,
    pub block: Option<WireList>,
}

#[derive(Deserialize)]
pub struct WireList {
    #[serde(default)]
    pub registries: Vec<String>,
}

/// The tables of a text.
///
/// # Errors
/// It is not of the format; with the line.
pub fn parse(text: &str) -> Result<Wire, String> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start).min(text.len());
        let line = text.as_bytes()[..at]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        format!("line {line}: {}", error.message())
    })
}

/// A file's text.
///
/// # Errors
/// It cannot be read, or is no file of settings.
pub fn read(path: &Path) -> Result<String, SetupError> {
    let failed = |why: String| SetupError::RegistriesConf {
        path: path.to_owned(),
        why,
    };
    let meta = std::fs::metadata(path).map_err(|error| failed(error.to_string()))?;
    if !meta.is_file() || meta.len() > MAX_FILE {
        return Err(failed("it is not a file of settings".to_owned()));
    }
    std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))
}

/// The files that are there, in the order in which they count: `CONTAINERS_REGISTRIES_CONF` alone when it is set, else
/// the user's or the machine's, and then those in `registries.conf.d` of both, the user's last.
pub fn files(environment: &Environment) -> Vec<PathBuf> {
    if let Some(path) = &environment.registries_conf {
        return vec![path.clone()];
    }
    let user = environment
        .config_home()
        .map(|base| base.join("containers"));
    let machine = environment.etc.as_ref().map(|etc| etc.join("containers"));
    let main = [&user, &machine]
        .into_iter()
        .flatten()
        .map(|base| base.join("registries.conf"));
    let mut files: Vec<PathBuf> = main.filter(|path| path.is_file()).take(1).collect();
    for base in [&machine, &user].into_iter().flatten() {
        let entries = std::fs::read_dir(base.join("registries.conf.d"))
            .into_iter()
            .flatten()
            .flatten();
        let mut found: Vec<PathBuf> = entries
            .map(|entry| entry.path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "conf")
                    && path.is_file()
            })
            .collect();
        found.sort();
        found.truncate(MAX_DROP_INS);
        files.extend(found);
    }
    files
}
