//! `registries.conf` of podman, buildah and CRI-O: registries that are blocked, insecure or stand in for others, their
//! mirrors, and what a name without a registry means.
//!
//! In: the files that the environment names; they are the user's and the machine's, never the linted tree's. Out: for a
//! reference the places to ask, in order ([`Route`]), or why it must not be asked. Mirrors count only when they are wanted,
//! since what a mirror lacks is no failure; short names keep docker's meaning unless this file's is wanted, since that is
//! what the nodes' docker gives them.
//!
//! Format: containers/image `docs/containers-registries.conf.5.md`, version 2 and the older version 1.

mod check;
mod file;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::settings::{Environment, SetupError, ShortNames};
use image_lint_model::reference::ImageReference;

/// The rules of all files, in the order they were read.
#[derive(Debug, Default)]
pub struct RegistriesConf {
    rules: Vec<Rule>,
    /// From the name without registry and tag to a full name.
    aliases: BTreeMap<String, String>,
    search: Vec<String>,
    /// `short-name-mode = "enforcing"`: without a terminal to ask at, several registries are none.
    enforcing: bool,
    credential_helpers: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
struct Rule {
    /// `quay.io`, `quay.io/org`, `*.example.com`
    prefix: String,
    location: Option<String>,
    blocked: bool,
    insecure: bool,
    mirrors: Vec<Mirror>,
    file: PathBuf,
}

#[derive(Debug, PartialEq, Eq)]
struct Mirror {
    location: String,
    insecure: bool,
    tags: bool,
    digests: bool,
}

/// A place to ask for a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub reference: ImageReference,
    /// The user's file says that its certificate need not be checked and that plain HTTP will do.
    pub insecure: bool,
    /// Only what it has counts, not what it lacks.
    pub mirror: bool,
}

/// What of the file is heeded beyond what always is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    pub mirrors: bool,
    pub short_names: ShortNames,
}

impl RegistriesConf {
    /// # Errors
    /// A file that cannot be read or is not of the format, with the line.
    pub fn read(environment: &Environment) -> Result<Self, SetupError> {
        let mut conf = RegistriesConf::default();
        for file::Found { path, drop_in } in file::files(environment) {
            let text = file::read(&path)?;
            if let Err(why) = conf.add(&text, &path, drop_in) {
                return Err(SetupError::RegistriesConf { path, why });
            }
        }
        Ok(conf)
    }

    fn add(&mut self, text: &str, file: &Path, drop_in: bool) -> Result<(), String> {
        let new = check::check(file::parse(text)?, file, drop_in)?;
        // A later file's list replaces an earlier one's, and an empty alias removes an earlier one.
        if let Some(search) = new.search {
            self.search = search;
        }
        if let Some(enforcing) = new.enforcing {
            self.enforcing = enforcing;
        }
        if let Some(helpers) = new.credential_helpers {
            self.credential_helpers = helpers;
        }
        for (short, full) in new.aliases {
            match full.is_empty() {
                true => self.aliases.remove(&short),
                false => self.aliases.insert(short, full),
            };
        }
        for rule in new.rules {
            // So does a later file's table for the same prefix.
            self.rules.retain(|known| known.prefix != rule.prefix);
            self.rules.push(rule);
        }
        Ok(())
    }

    /// Helpers that are asked for credentials, in order; empty where no file names any.
    pub fn credential_helpers(&self) -> &[String] {
        &self.credential_helpers
    }

    /// Hosts that the file names exactly as insecure: they may be loopback, as those of `--plain-http` may.
    pub fn insecure_hosts(&self) -> Vec<String> {
        let host = |name: &str| {
            name.split('/')
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase()
        };
        let rules = self.rules.iter().flat_map(|rule| {
            let own = rule.location.as_deref().unwrap_or(&rule.prefix);
            let mirrors = rule
                .mirrors
                .iter()
                .filter(|m| m.insecure)
                .map(|m| m.location.as_str());
            mirrors.chain(Some(own).filter(|_| rule.insecure))
        });
        rules
            .filter(|name| !name.starts_with("*."))
            .map(host)
            .collect()
    }

    /// Where a reference is to be asked, the likeliest first; all but mirrors must be asked before it counts as missing.
    ///
    /// # Errors
    /// It must not be asked at all; in words that name the file.
    pub fn routes(&self, reference: &ImageReference, wanted: Wanted) -> Result<Vec<Route>, String> {
        let mut routes = Vec::new();
        for meant in self.meanings(reference, wanted.short_names)? {
            self.add_routes(&meant, wanted.mirrors, &mut routes)?;
        }
        Ok(routes)
    }

    /// The full names that a name without a registry may stand for.
    fn meanings(
        &self,
        reference: &ImageReference,
        short_names: ShortNames,
    ) -> Result<Vec<ImageReference>, String> {
        if !reference.short || short_names != ShortNames::RegistriesConf {
            return Ok(vec![reference.clone()]);
        }
        let path = &*reference.repository;
        // docker's normal form put `library/` there; files leave it out.
        let bare = path.strip_prefix("library/").unwrap_or(path);
        if let Some(full) = self.aliases.get(bare).or_else(|| self.aliases.get(path)) {
            let at =
                |part: &str| format!("the alias of `{bare}` in registries.conf, `{full}`, {part}");
            let named = ImageReference::parse(full).map_err(|_| at("is no image's name"))?;
            if named.short || named.digest.is_some() || !named.tag_implied {
                return Err(at("is not a registry with a repository and nothing else"));
            }
            return Ok(vec![ImageReference {
                host: named.host,
                repository: named.repository,
                short: false,
                ..reference.clone()
            }]);
        }
        if self.enforcing && self.search.len() > 1 {
            let list = self.search.join(", ");
            return Err(format!(
                "`{bare}` names no registry, and short-name-mode is enforcing with several to choose from ({list})"
            ));
        }
        let on = |host: &String| {
            let host = host.trim_end_matches('/');
            let repository = if host == "docker.io" { path } else { bare };
            ImageReference {
                host: host.into(),
                repository: repository.into(),
                short: false,
                ..reference.clone()
            }
        };
        match self.search.is_empty() {
            true => Err(format!(
                "`{bare}` names no registry, and registries.conf has neither an alias nor a registry to search"
            )),
            false => Ok(self.search.iter().map(on).collect()),
        }
    }

    /// What the rule with the longest prefix makes of a full name.
    fn add_routes(
        &self,
        reference: &ImageReference,
        mirrors: bool,
        routes: &mut Vec<Route>,
    ) -> Result<(), String> {
        let name = reference.name();
        let whole = match (&reference.digest, &reference.tag) {
            (Some(digest), _) => format!("{name}@{digest}"),
            (None, Some(tag)) => format!("{name}:{tag}"),
            (None, None) => name.clone(),
        };
        let longest = self
            .rules
            .iter()
            .filter_map(|rule| Some((rule, matched(&rule.prefix, &whole)?)))
            .max_by_key(|(rule, _)| rule.prefix.len());
        let Some((rule, length)) = longest else {
            routes.push(Route {
                reference: reference.clone(),
                insecure: false,
                mirror: false,
            });
            return Ok(());
        };
        if rule.blocked {
            return Err(format!("{} blocks it", rule.file.display()));
        }
        let moved = |location: &str| {
            // What comes after the prefix; nothing when that names one image.
            let whole = format!("{location}{}", name.get(length..).unwrap_or_default());
            let (host, repository) = whole.split_once('/').filter(|(_, rest)| !rest.is_empty())?;
            Some(ImageReference {
                host: host.into(),
                repository: repository.into(),
                ..reference.clone()
            })
        };
        let by_digest = reference.digest.is_some();
        for mirror in rule
            .mirrors
            .iter()
            .filter(|m| mirrors && if by_digest { m.digests } else { m.tags })
        {
            if let Some(reference) = moved(&mirror.location) {
                routes.push(Route {
                    reference,
                    insecure: mirror.insecure,
                    mirror: true,
                });
            }
        }
        let own = rule.location.as_deref().and_then(moved);
        let reference = own.unwrap_or_else(|| reference.clone());
        routes.push(Route {
            reference,
            insecure: rule.insecure,
            mirror: false,
        });
        Ok(())
    }
}

/// How much of a name a prefix takes: it ends where a component ends (`refMatchingPrefix`), and `*.` is any host below a
/// domain (`refMatchingSubdomainPrefix`).
fn matched(prefix: &str, name: &str) -> Option<usize> {
    let length = match prefix
        .strip_prefix('*')
        .filter(|rest| rest.starts_with('.'))
    {
        Some(domain) => {
            let at = name.find(domain).filter(|at| !name[..*at].contains('/'))?;
            at + domain.len()
        }
        None => name.starts_with(prefix).then_some(prefix.len())?,
    };
    let rest = &name[length..];
    (rest.is_empty() || rest.starts_with([':', '/', '@'])).then_some(length)
}

/// Whether a prefix fits a name.
pub fn matches(prefix: &str, name: &str) -> bool {
    matched(prefix, name).is_some()
}

#[cfg(test)]
mod tests;
