//! From the tables of one file to rules; what podman refuses is refused here, in words
//! (containers/image `pkg/sysregistriesv2/system_registries_v2.go`, `postProcessRegistries` and `loadConfigFile`).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use super::file::{Wire, WireMirror, WireOld, WireRegistry};
use super::{Mirror, Rule};
use image_lint_model::reference::ImageReference;

/// What one file says. None: it does not say.
pub struct Parsed {
    pub rules: Vec<Rule>,
    pub search: Option<Vec<String>>,
    pub enforcing: Option<bool>,
    pub aliases: BTreeMap<String, String>,
    pub credential_helpers: Option<Vec<String>>,
}

/// The rules of a file.
///
/// # Errors
/// podman refuses the file; in words that name the entry.
pub fn check(wire: Wire, file: &Path, drop_in: bool) -> Result<Parsed, String> {
    let old = wire.registries.as_ref().is_some_and(WireOld::is_set);
    if old && drop_in {
        return Err("a file in registries.conf.d must be of version 2".to_owned());
    }
    if old && wire.is_new() {
        return Err("it mixes version 1 (`[registries.…]`) with version 2".to_owned());
    }
    let enforcing = match wire.short_name_mode.as_deref() {
        None | Some("") => None,
        Some("enforcing") => Some(true),
        Some("permissive" | "disabled") => Some(false),
        Some(other) => {
            return Err(format!(
                "`short-name-mode = \"{other}\"` is none of enforcing, permissive, disabled"
            ));
        }
    };
    let (tables, search) = match wire.registries.filter(|_| old) {
        Some(old) => of_version_1(old)?,
        None => (
            wire.registry.unwrap_or_default(),
            wire.unqualified_search_registries,
        ),
    };
    let rules = rules(tables, file)?;
    let search = search
        .map(|list| list.iter().map(|entry| searched(entry)).collect())
        .transpose()?;
    let aliases = wire.aliases.unwrap_or_default();
    for (short, full) in &aliases {
        check_alias(short, full)?;
    }
    Ok(Parsed {
        rules,
        search,
        enforcing,
        aliases,
        credential_helpers: wire.credential_helpers,
    })
}

/// Version 1 names registries in three lists; one that is in two of them is blocked or insecure or both.
fn of_version_1(old: WireOld) -> Result<(Vec<WireRegistry>, Option<Vec<String>>), String> {
    let list = |list: Option<super::file::WireList>| list.and_then(|list| list.registries);
    let (block, insecure) = (
        list(old.block).unwrap_or_default(),
        list(old.insecure).unwrap_or_default(),
    );
    let mut tables: BTreeMap<String, WireRegistry> = BTreeMap::new();
    for (names, blocked) in [(block, true), (insecure, false)] {
        for name in names {
            let location = location(&name)?;
            let table = tables.entry(location.clone()).or_insert(WireRegistry {
                prefix: String::new(),
                location,
                blocked: false,
                insecure: false,
                mirror_by_digest_only: false,
                pull_from_mirror: None,
                mirror: Vec::new(),
            });
            table.blocked |= blocked;
            table.insecure |= !blocked;
        }
    }
    Ok((tables.into_values().collect(), list(old.search)))
}

fn rules(tables: Vec<WireRegistry>, file: &Path) -> Result<Vec<Rule>, String> {
    let mut rules: Vec<Rule> = Vec::new();
    let mut flags: HashMap<String, (bool, bool)> = HashMap::new();
    let mut prefixes = HashSet::new();
    for table in tables {
        let rule = rule(table, file)?;
        let place = rule.location.clone().unwrap_or_else(|| rule.prefix.clone());
        let own = (rule.insecure, rule.blocked);
        let known = *flags.entry(place.clone()).or_insert(own);
        for (before, now, what) in [(known.0, own.0, "insecure"), (known.1, own.1, "blocked")] {
            if before != now {
                return Err(format!(
                    "`{place}` is there several times, with `{what}` and without"
                ));
            }
        }
        // Of several tables for one prefix the first counts.
        if prefixes.insert(rule.prefix.clone()) {
            rules.push(rule);
        }
    }
    Ok(rules)
}

fn rule(table: WireRegistry, file: &Path) -> Result<Rule, String> {
    let location = location(&table.location)?;
    let prefix = self::location(&table.prefix)?;
    let wildcard = prefix.starts_with("*.");
    if location.is_empty() && prefix.is_empty() {
        return Err("a `[[registry]]` has neither `prefix` nor `location`".to_owned());
    }
    if location.is_empty() && !wildcard {
        return Err(format!(
            "the `[[registry]]` with the prefix `{prefix}` has no `location`, which only prefixes like `*.example.com` can do without"
        ));
    }
    if wildcard && prefix.contains(['/', '@', ':']) {
        return Err(format!(
            "the prefix `{prefix}` is more than `*.` and a domain"
        ));
    }
    let prefix = if prefix.is_empty() {
        location.clone()
    } else {
        prefix
    };
    if table.pull_from_mirror.is_some_and(|text| !text.is_empty()) {
        return Err(format!(
            "`pull-from-mirror` is set for the registry `{prefix}`, and belongs to a mirror"
        ));
    }
    let by_digest = table.mirror_by_digest_only;
    let mirrors = table.mirror.into_iter();
    let mirrors = mirrors
        .map(|wire| mirror(wire, &prefix, by_digest))
        .collect::<Result<_, _>>()?;
    Ok(Rule {
        location: Some(location).filter(|text| !text.is_empty()),
        prefix,
        blocked: table.blocked,
        insecure: table.insecure,
        mirrors,
        file: file.to_owned(),
    })
}

fn mirror(wire: WireMirror, prefix: &str, by_digest: bool) -> Result<Mirror, String> {
    let location = location(&wire.location)?;
    if location.is_empty() {
        return Err(format!("a mirror of `{prefix}` has no `location`"));
    }
    let from = wire.pull_from_mirror.filter(|text| !text.is_empty());
    if by_digest && from.is_some() {
        return Err(format!(
            "`{prefix}` has `mirror-by-digest-only`, and its mirror `{location}` has `pull-from-mirror`: one of them only"
        ));
    }
    let (tags, digests) = match from.as_deref() {
        None | Some("all") => (!by_digest, true),
        Some("digest-only") => (false, true),
        Some("tag-only") => (true, false),
        Some(other) => {
            return Err(format!(
                "`pull-from-mirror = \"{other}\"` is none of all, digest-only, tag-only"
            ));
        }
    };
    Ok(Mirror {
        location,
        insecure: wire.insecure,
        tags,
        digests,
    })
}

/// A location without slashes at its end.
fn location(text: &str) -> Result<String, String> {
    let tidy = text.trim_end_matches('/');
    if tidy.starts_with("http://") || tidy.starts_with("https://") {
        return Err(format!(
            "`{text}` begins with a scheme (http:// or https://)"
        ));
    }
    Ok(tidy.to_owned())
}

/// An entry of the list to search: a host with an optional port (distribution/reference `regexp.go`, `domain`).
fn searched(entry: &str) -> Result<String, String> {
    let host = location(entry)?;
    let (name, port) = host.rsplit_once(':').unwrap_or((&host, "1"));
    let word = |label: &str| {
        let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = label.as_bytes();
        edge(bytes.first())
            && edge(bytes.last())
            && bytes
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || *b == b'-')
    };
    let is_host = name.split('.').all(word)
        && !port.is_empty()
        && port.bytes().all(|byte| byte.is_ascii_digit());
    match is_host {
        true => Ok(host),
        false => Err(format!(
            "`{entry}` in unqualified-search-registries is not a host"
        )),
    }
}

/// `shortnames.go`, `validateShortName` and `parseShortNameValue`; an empty value takes an alias away.
fn check_alias(short: &str, full: &str) -> Result<(), String> {
    let plain = |name: &str| {
        ImageReference::parse(name)
            .ok()
            .filter(|named| named.tag_implied && named.digest.is_none())
    };
    if plain(short).is_none_or(|named| !named.short) {
        return Err(format!(
            "the alias `{short}` is not a name without registry, tag and digest"
        ));
    }
    if !full.is_empty() && plain(full).is_none_or(|named| named.short) {
        return Err(format!(
            "the alias of `{short}`, `{full}`, is not a registry with a repository and nothing else"
        ));
    }
    Ok(())
}
