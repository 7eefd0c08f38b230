//! `registries.conf` of podman, buildah and CRI-O: registries that are blocked, and those that stand in for others.
//!
//! In: the files that the environment names; they are the user's and the machine's, never the linted tree's. Out: for a
//! reference either itself, the one to ask in its place, or the file that blocks it. Mirrors are not asked: what a mirror
//! lacks is no failure. Short names keep docker's meaning, since that is what the nodes' docker gives them.
//!
//! Format: containers/image `docs/containers-registries.conf.5.md`, version 2 and the older version 1.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::model::reference::ImageReference;
use crate::registry::settings::{Environment, SetupError};

/// A file of settings is never larger.
const MAX_FILE: u64 = 1024 * 1024;
/// Files in `registries.conf.d` that are read.
const MAX_DROP_INS: usize = 256;

/// The rules of all files, in the order they were read.
#[derive(Debug, Default)]
pub struct RegistriesConf {
    rules: Vec<Rule>,
}

#[derive(Debug, PartialEq, Eq)]
struct Rule {
    /// `quay.io`, `quay.io/org`, `*.example.com`
    prefix: String,
    location: Option<String>,
    blocked: bool,
    file: PathBuf,
}

/// What a file says of a reference.
#[derive(Debug, PartialEq, Eq)]
pub enum Ruling {
    AsItIs,
    /// This one is asked in its place.
    Instead(ImageReference),
    /// It must not be pulled, by this file.
    Blocked(PathBuf),
}

#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    registry: Vec<WireRegistry>,
    /// Version 1.
    registries: Option<WireOld>,
}

#[derive(Deserialize)]
struct WireRegistry {
    prefix: Option<String>,
    location: Option<String>,
    #[serde(default)]
    blocked: bool,
}

#[derive(Deserialize)]
struct WireOld {
    block: Option<WireList>,
}

#[derive(Deserialize)]
struct WireList {
    #[serde(default)]
    registries: Vec<String>,
}

impl RegistriesConf {
    /// Reads the files: `CONTAINERS_REGISTRIES_CONF` alone when it is set, else the user's or the machine's, and then
    /// those in `registries.conf.d` of both, the user's last.
    ///
    /// # Errors
    /// A file that cannot be read or is not of the format, with the line.
    pub fn read(environment: &Environment) -> Result<Self, SetupError> {
        let mut conf = RegistriesConf::default();
        for path in files(environment) {
            let failed = |why: String| SetupError::RegistriesConf { path: path.clone(), why };
            let meta = std::fs::metadata(&path).map_err(|error| failed(error.to_string()))?;
            if !meta.is_file() || meta.len() > MAX_FILE {
                return Err(failed("it is not a file of settings".to_owned()));
            }
            let text = std::fs::read_to_string(&path).map_err(|error| failed(error.to_string()))?;
            conf.add(&text, &path).map_err(failed)?;
        }
        Ok(conf)
    }

    fn add(&mut self, text: &str, file: &Path) -> Result<(), String> {
        let wire: Wire = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start).min(text.len());
            let line = text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            format!("line {line}: {}", error.message())
        })?;
        for registry in wire.registry {
            let location = registry.location.filter(|location| !location.is_empty());
            let Some(prefix) = registry.prefix.filter(|prefix| !prefix.is_empty()).or_else(|| location.clone()) else {
                return Err("a `[[registry]]` has neither `prefix` nor `location`".to_owned());
            };
            let rule = Rule {
                prefix: prefix.trim_end_matches('/').to_owned(),
                location: location.map(|location| location.trim_end_matches('/').to_owned()),
                blocked: registry.blocked,
                file: file.to_owned(),
            };
            // A later file's table replaces an earlier one's for the same prefix.
            self.rules.retain(|known| known.prefix != rule.prefix);
            self.rules.push(rule);
        }
        for prefix in wire.registries.and_then(|old| old.block).map(|list| list.registries).unwrap_or_default() {
            self.rules.push(Rule { prefix, location: None, blocked: true, file: file.to_owned() });
        }
        Ok(())
    }

    /// What the rule with the longest prefix says.
    pub fn ruling(&self, reference: &ImageReference) -> Ruling {
        let name = reference.name();
        let longest =
            self.rules.iter().filter(|rule| matches(&rule.prefix, &name)).max_by_key(|rule| rule.prefix.len());
        let Some(rule) = longest else { return Ruling::AsItIs };
        if rule.blocked {
            return Ruling::Blocked(rule.file.clone());
        }
        // A prefix with a wildcard says which, not what to put in its place.
        let rest = name.get(rule.prefix.len()..).filter(|_| !rule.prefix.starts_with("*."));
        let (Some(location), Some(rest)) = (&rule.location, rest) else { return Ruling::AsItIs };
        let moved = format!("{location}{rest}");
        let Some((host, repository)) = moved.split_once('/').filter(|_| moved != name) else { return Ruling::AsItIs };
        Ruling::Instead(ImageReference { host: host.into(), repository: repository.into(), ..reference.clone() })
    }
}

/// A prefix ends where a component ends; `*.` stands for any host below a domain.
fn matches(prefix: &str, name: &str) -> bool {
    if let Some(domain) = prefix.strip_prefix("*.") {
        let host = name.split(['/', ':']).next().unwrap_or_default();
        return host.strip_suffix(domain).is_some_and(|left| left.len() > 1 && left.ends_with('.'));
    }
    name.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':']))
}

/// The files that are there, in the order in which they count.
fn files(environment: &Environment) -> Vec<PathBuf> {
    if let Some(path) = &environment.registries_conf {
        return vec![path.clone()];
    }
    let user = environment.config_home().map(|base| base.join("containers"));
    let machine = environment.etc.as_ref().map(|etc| etc.join("containers"));
    let main = [&user, &machine].into_iter().flatten().map(|base| base.join("registries.conf"));
    let mut files: Vec<PathBuf> = main.filter(|path| path.is_file()).take(1).collect();
    for base in [&machine, &user].into_iter().flatten() {
        let entries = std::fs::read_dir(base.join("registries.conf.d")).into_iter().flatten().flatten();
        let mut found: Vec<PathBuf> = entries
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "conf") && path.is_file())
            .collect();
        found.sort();
        found.truncate(MAX_DROP_INS);
        files.extend(found);
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONF: &str = r#"
unqualified-search-registries = ["quay.io"]
[aliases]
"nginx" = "quay.io/nginx/nginx"
[[registry]]
location = "blocked.example"
blocked = true
[[registry]]
prefix = "docker.io"
location = "mirror.example/hub"
[[registry]]
prefix = "docker.io/library/redis"
location = "docker.io/library/redis"
[[registry]]
prefix = "*.bad.example"
blocked = true
[[registry]]
prefix = "quay.io"
[[registry.mirror]]
location = "never.example"
insecure = true
"#;

    #[test]
    fn the_longest_prefix_decides() {
        let mut conf = RegistriesConf::default();
        conf.add(CONF, Path::new("a.conf")).unwrap();
        let cases = [
            ("nginx:1", "mirror.example/hub/library/nginx:1", "docker's meaning of a short name, then the location"),
            ("redis:7", "", "a longer prefix that changes nothing"),
            ("redis2:7", "mirror.example/hub/library/redis2:7", "a prefix ends where a component ends"),
            ("blocked.example/a:1", "blocked", "no prefix: the location is meant"),
            ("blocked.example.org/a:1", "", "another host"),
            ("blocked.example:5000/a:1", "blocked", "the host with a port"),
            ("x.bad.example/a:1", "blocked", "a wildcard"),
            ("x.bad.example:5000/a:1", "blocked", "a wildcard and a port"),
            ("bad.example/a:1", "", "the wildcard needs something"),
            ("notbad.example/a:1", "", "and a dot"),
            ("quay.io/a/b:1", "", "mirrors are not asked"),
        ];
        for (name, expected, why) in cases {
            let seen = match conf.ruling(&ImageReference::parse(name).unwrap()) {
                Ruling::AsItIs => String::new(),
                Ruling::Instead(reference) => reference.to_string(),
                Ruling::Blocked(file) => {
                    assert_eq!(file, Path::new("a.conf"));
                    "blocked".to_owned()
                }
            };
            assert_eq!(seen, expected, "{name}: {why}");
        }
    }

    #[test]
    fn the_old_format_blocks_and_a_bad_file_is_told_with_its_line() {
        let mut conf = RegistriesConf::default();
        let old = "[registries.search]\nregistries = ['a.example']\n[registries.block]\nregistries = ['docker.io']\n";
        conf.add(old, Path::new("v1")).unwrap();
        assert_eq!(conf.ruling(&ImageReference::parse("nginx").unwrap()), Ruling::Blocked("v1".into()));
        let error = conf.add("[[registry]]\nprefix = 'a'\nblocked = 'yes'\n", Path::new("x")).unwrap_err();
        assert!(error.starts_with("line 3: "), "{error}");
        assert!(conf.add("[[registry]]\nblocked = true\n", Path::new("x")).is_err());
    }

    #[test]
    fn files_are_read_in_the_order_of_the_tools() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, location: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, format!("[[registry]]\nprefix='quay.io'\nlocation='{location}'\n")).unwrap();
            path
        };
        let reference = ImageReference::parse("quay.io/a/b:1").unwrap();
        let mut environment = Environment {
            home: Some(folder.path().join("home")),
            etc: Some(folder.path().join("etc")),
            ..Environment::default()
        };
        let asked = |environment: &Environment| match RegistriesConf::read(environment).unwrap().ruling(&reference) {
            Ruling::Instead(reference) => reference.host.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(asked(&environment), "AsItIs");
        put("etc/containers/registries.conf", "machine");
        assert_eq!(asked(&environment), "machine");
        put("etc/containers/registries.conf.d/1.conf", "drop-in");
        put("etc/containers/registries.conf.d/2.txt", "ignored");
        assert_eq!(asked(&environment), "drop-in");
        put("home/.config/containers/registries.conf.d/1.conf", "user");
        assert_eq!(asked(&environment), "user");
        environment.registries_conf = Some(put("elsewhere", "named"));
        assert_eq!(asked(&environment), "named");
        environment.registries_conf = Some(folder.path().join("nowhere"));
        assert!(RegistriesConf::read(&environment).unwrap_err().to_string().contains("nowhere"));
    }
}
