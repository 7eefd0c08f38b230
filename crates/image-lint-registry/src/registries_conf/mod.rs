//! `registries.conf` of podman, buildah and CRI-O: registries that are blocked, insecure or stand in for others, their
//! mirrors, and what a name without a registry means.
//!
//! In: the files that the environment names; they are the user's and the machine's, never the linted tree's. Out: for a
//! reference the places to ask, in order ([`Route`]), or why it must not be asked. Mirrors count only when they are wanted,
//! since what a mirror lacks is no failure; short names keep docker's meaning unless this file's is wanted, since that is
//! what the nodes' docker gives them.
//!
//! Format: containers/image `docs/containers-registries.conf.5.md`, version 2 and the older version 1.

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
        for path in file::files(environment) {
            let text = file::read(&path)?;
            conf.add(&text, &path)
                .map_err(|why| SetupError::RegistriesConf {
                    path: path.clone(),
                    why,
                })?;
        }
        Ok(conf)
    }

    fn add(&mut self, text: &str, file: &Path) -> Result<(), String> {
        let wire = file::parse(text)?;
        // A later file's list replaces an earlier one's, and an empty alias takes an earlier one away.
        if let Some(search) = wire.unqualified_search_registries {
            self.search = search;
        }
        if let Some(mode) = wire.short_name_mode {
            self.enforcing = mode == "enforcing";
        }
        for (short, full) in wire.aliases {
            match full.is_empty() {
                true => self.aliases.remove(&short),
                false => self.aliases.insert(short, full),
            };
        }
        for registry in wire.registry {
            let rule = rule(registry, file)?;
            // So does a later table for the same prefix.
            self.rules.retain(|known| known.prefix != rule.prefix);
            self.rules.push(rule);
        }
        if let Some(old) = wire.registries {
            self.add_old(old, file);
        }
        Ok(())
    }

    /// Version 1 names registries in three lists; one that is in two of them is blocked or insecure or both.
    fn add_old(&mut self, old: file::WireOld, file: &Path) {
        let list =
            |list: Option<file::WireList>| list.map(|list| list.registries).unwrap_or_default();
        if let Some(search) = old.search {
            self.search = search.registries;
        }
        let (insecure, block) = (list(old.insecure), list(old.block));
        let mut names: Vec<String> = insecure.iter().chain(&block).cloned().collect();
        names.sort();
        names.dedup();
        for prefix in names {
            let (insecure, blocked) = (insecure.contains(&prefix), block.contains(&prefix));
            self.rules.retain(|known| known.prefix != prefix);
            let file = file.to_owned();
            self.rules.push(Rule {
                prefix,
                location: None,
                blocked,
                insecure,
                mirrors: Vec::new(),
                file,
            });
        }
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
        let longest = self
            .rules
            .iter()
            .filter(|rule| matches(&rule.prefix, &name))
            .max_by_key(|rule| rule.prefix.len());
        let Some(rule) = longest else {
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
        // A prefix with a wildcard says which, not what to put in its place; a mirror of it has whole hosts below it.
        let wildcard = rule.prefix.starts_with("*.");
        let moved = |location: &str| {
            let rest = if wildcard {
                name.get(reference.host.len()..)?
            } else {
                name.get(rule.prefix.len()..)?
            };
            let whole = format!("{location}{rest}");
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
        let own = rule
            .location
            .as_deref()
            .filter(|_| !wildcard)
            .and_then(moved);
        let reference = own.unwrap_or_else(|| reference.clone());
        routes.push(Route {
            reference,
            insecure: rule.insecure,
            mirror: false,
        });
        Ok(())
    }
}

fn rule(wire: file::WireRegistry, file: &Path) -> Result<Rule, String> {
    let tidy =
        |text: String| Some(text.trim_end_matches('/').to_owned()).filter(|text| !text.is_empty());
    let location = wire.location.and_then(tidy);
    let Some(prefix) = wire.prefix.and_then(tidy).or_else(|| location.clone()) else {
        return Err("a `[[registry]]` has neither `prefix` nor `location`".to_owned());
    };
    let mut mirrors = Vec::new();
    for mirror in wire.mirror {
        let (tags, digests) = match mirror.pull_from_mirror.as_deref() {
            None | Some("" | "all") => (true, true),
            Some("digest-only") => (false, true),
            Some("tag-only") => (true, false),
            Some(other) => {
                return Err(format!(
                    "`pull-from-mirror = \"{other}\"` is none of all, digest-only, tag-only"
                ));
            }
        };
        let Some(location) = tidy(mirror.location) else {
            continue;
        };
        let tags = tags && !wire.mirror_by_digest_only;
        mirrors.push(Mirror {
            location,
            insecure: mirror.insecure,
            tags,
            digests,
        });
    }
    Ok(Rule {
        prefix,
        location,
        blocked: wire.blocked,
        insecure: wire.insecure,
        mirrors,
        file: file.to_owned(),
    })
}

/// A prefix ends where a component ends; `*.` stands for any host below a domain.
pub fn matches(prefix: &str, name: &str) -> bool {
    if let Some(domain) = prefix.strip_prefix("*.") {
        let host = name.split(['/', ':']).next().unwrap_or_default();
        return host
            .strip_suffix(domain)
            .is_some_and(|left| left.len() > 1 && left.ends_with('.'));
    }
    name.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':']))
}

#[cfg(test)]
mod tests;
