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
    pub credential_helpers: Option<Vec<String>>,
    pub aliases: Option<BTreeMap<String, String>>,
    pub registry: Option<Vec<WireRegistry>>,
    /// Version 1.
    pub registries: Option<WireOld>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct WireRegistry {
    #[serde(default)]
    pub prefix: String,
    #[serde(default)]
    pub location: String,
    #[serde(default)]
    pub blocked: bool,
    #[serde(default)]
    pub insecure: bool,
    #[serde(default)]
    pub mirror_by_digest_only: bool,
    /// Of mirrors only; here it is a mistake.
    pub pull_from_mirror: Option<String>,
    #[serde(default)]
    pub mirror: Vec<WireMirror>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct WireMirror {
    #[serde(default)]
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
    pub registries: Option<Vec<String>>,
}

impl Wire {
    /// Whether anything of version 2 is written, if it is empty.
    pub fn is_new(&self) -> bool {
        self.registry.is_some()
            || self.unqualified_search_registries.is_some()
            || self.credential_helpers.is_some()
            || self.short_name_mode.is_some()
            || self.aliases.is_some()
    }
}

impl WireOld {
    /// Whether any of its lists is written, if it is empty.
    pub fn is_set(&self) -> bool {
        [&self.search, &self.insecure, &self.block]
            .into_iter()
            .flatten()
            .any(|list| list.registries.is_some())
    }
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

/// A file that is there, and whether it is one of several in a folder.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    pub path: PathBuf,
    pub drop_in: bool,
}

/// The files that are there, in the order in which they count: `CONTAINERS_REGISTRIES_CONF`, else the user's, else the
/// machine's, and then those in `registries.conf.d`, the user's last. Beside the user's own file the machine's folder does
/// not count (containers/image `sysregistriesv2`, `newConfigWrapper`).
pub fn files(environment: &Environment) -> Vec<Found> {
    let user = environment
        .config_home()
        .map(|base| base.join("containers"));
    let machine = environment.etc.as_ref().map(|etc| etc.join("containers"));
    let main_of = |base: &Option<PathBuf>| {
        let path = base.as_ref()?.join("registries.conf");
        path.is_file().then_some(path)
    };
    let own = main_of(&user).filter(|_| environment.registries_conf.is_none());
    let folders = match own {
        Some(_) => vec![&user],
        None => vec![&machine, &user],
    };
    let main = environment
        .registries_conf
        .clone()
        .or(own)
        .or_else(|| main_of(&machine));
    let mut files: Vec<Found> = main
        .map(|path| Found {
            path,
            drop_in: false,
        })
        .into_iter()
        .collect();
    for base in folders.into_iter().flatten() {
        let entries = std::fs::read_dir(base.join("registries.conf.d"))
            .into_iter()
            .flatten()
            .flatten();
        let mut found: Vec<PathBuf> = entries
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|e| e == "conf") && path.is_file())
            .collect();
        found.sort();
        found.truncate(MAX_DROP_INS);
        let drop_in = true;
        files.extend(found.into_iter().map(|path| Found { path, drop_in }));
    }
    files
}
