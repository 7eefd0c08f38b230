//! Pull secrets: what a workload or its ServiceAccount names, and which registries those secrets serve.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use super::objects::{Assembly, ClusterObject, Name, ObjectFacts};
use image_lint_model::fact::{Fact, NoPullSecret, OtherSecret, PullSecret};
use image_lint_model::mention::{Role, Text};
use image_lint_text::source::Place;

/// Distinct pull secrets of a workload, and of a ServiceAccount, that are looked at; one with more is taken to have the
/// right one.
const MAX_SECRETS: usize = 100;

/// Hosts of a pull secret that a message names.
const MAX_SHOWN: usize = 5;

/// Objects by name and namespace. Where one side says no namespace, the name alone counts: the namespace is then chosen
/// when the manifests are applied, and a missing secret must not be claimed.
struct ByName<'a, T> {
    exact: HashMap<(&'a Name, Option<&'a Name>), T>,
    any: HashMap<&'a Name, T>,
}

impl<'a, T> ByName<'a, T> {
    fn new() -> Self {
        ByName {
            exact: HashMap::new(),
            any: HashMap::new(),
        }
    }

    fn get<'s>(&'s self, name: &'s Name, namespace: Option<&'s Name>) -> Option<&'s T> {
        let exact = self.exact.get(&(name, namespace));
        match namespace {
            Some(_) => exact.or_else(|| self.exact.get(&(name, None))),
            None => exact.or_else(|| self.any.get(name)),
        }
    }
}

struct Secret<'a> {
    place: Place,
    /// The first ones as they are written, for people.
    shown: Vec<&'a str>,
    /// All of them as references have them.
    hosts: HashSet<String>,
}

struct Account<'a> {
    place: Place,
    secrets: Vec<&'a Name>,
}

/// What is known of a workload's pull secrets.
struct Found<'a> {
    account: &'a str,
    account_place: Option<Place>,
    /// Name, where it is named, and the secret if the repository has it.
    secrets: Vec<(&'a Name, bool)>,
    /// There are more than are looked at.
    more: bool,
}

/// Tells each image of a workload which pull secret serves it, or that none is named.
pub(super) fn link(assembly: &mut Assembly) {
    let mut facts = Vec::new();
    {
        let (secrets, accounts) = tables(&assembly.objects);
        let default = Name::known("default");
        let mut found: HashMap<usize, Found<'_>> = HashMap::new();
        // The images of a workload that come from one host share a fact, and so do those of most workloads.
        let mut of_host: HashMap<(usize, &str), Fact> = HashMap::new();
        let mut shared = Shared::default();
        for (i, entry) in assembly.mentions.iter().enumerate() {
            let (Some(number), Role::Run, Text::Known(reference)) =
                (entry.object, entry.linked.role, &entry.linked.text)
            else {
                continue;
            };
            let object = &assembly.objects[number];
            let ObjectFacts::Workload {
                service_account,
                pull_secrets,
                ..
            } = &object.facts
            else {
                continue;
            };
            let namespace = object.namespace.as_ref();
            let known = found.entry(number).or_insert_with(|| {
                let name = service_account
                    .as_ref()
                    .filter(|n| !n.text.is_empty())
                    .unwrap_or(&default);
                let account = accounts.get(name, namespace);
                let of_account = account
                    .into_iter()
                    .flat_map(|a| a.secrets.iter().map(|s| (*s, true)));
                let more = distinct(pull_secrets).nth(MAX_SECRETS).is_some()
                    || account.is_some_and(|account| account.secrets.len() >= MAX_SECRETS);
                Found {
                    account: cut(&name.text),
                    account_place: account.map(|a| a.place),
                    secrets: distinct(pull_secrets)
                        .take(MAX_SECRETS)
                        .map(|s| (s, false))
                        .chain(of_account)
                        .collect(),
                    more,
                }
            });
            let fact = of_host
                .entry((number, &reference.host))
                .or_insert_with(|| shared.one(fact(known, &secrets, namespace, &reference.host)));
            facts.push((i, fact.clone()));
        }
    }
    for (i, fact) in facts {
        assembly.mentions[i].add(fact);
    }
}

/// Facts that many workloads have in common, each kept once.
#[derive(Default)]
struct Shared(HashSet<Arc<PullSecret>>, HashSet<Arc<NoPullSecret>>);

impl Shared {
    fn one(&mut self, fact: Fact) -> Fact {
        match fact {
            Fact::PullSecret(one) => Fact::PullSecret(kept(&mut self.0, one)),
            Fact::NoPullSecret(one) => Fact::NoPullSecret(kept(&mut self.1, one)),
            other => other,
        }
    }
}

fn kept<T: Eq + Hash>(known: &mut HashSet<Arc<T>>, one: Arc<T>) -> Arc<T> {
    match known.get(&one) {
        Some(known) => known.clone(),
        None => {
            known.insert(one.clone());
            one
        }
    }
}

fn tables(objects: &[ClusterObject]) -> (ByName<'_, Secret<'_>>, ByName<'_, Account<'_>>) {
    let mut secrets = ByName::new();
    let mut accounts = ByName::new();
    for object in objects {
        let namespace = object.namespace.as_ref();
        match &object.facts {
            ObjectFacts::PullSecret { hosts } => {
                let new = || Secret {
                    place: object.place,
                    shown: Vec::new(),
                    hosts: HashSet::new(),
                };
                for secret in [
                    secrets
                        .exact
                        .entry((&object.name, namespace))
                        .or_insert_with(new),
                    secrets.any.entry(&object.name).or_insert_with(new),
                ] {
                    let room = MAX_SHOWN.saturating_sub(secret.shown.len());
                    secret
                        .shown
                        .extend(hosts.iter().map(|host| &**host).take(room));
                    secret
                        .hosts
                        .extend(hosts.iter().map(|host| bare_host(host)));
                }
            }
            ObjectFacts::ServiceAccount { pull_secrets } => {
                let new = || Account {
                    place: object.place,
                    secrets: Vec::new(),
                };
                for account in [
                    accounts
                        .exact
                        .entry((&object.name, namespace))
                        .or_insert_with(new),
                    accounts.any.entry(&object.name).or_insert_with(new),
                ] {
                    let room = MAX_SECRETS.saturating_sub(account.secrets.len());
                    account.secrets.extend(distinct(pull_secrets).take(room));
                }
            }
            _ => {}
        }
    }
    (secrets, accounts)
}

impl Secret<'_> {
    /// Whether it may hold credentials for a host; one whose hosts are not known may.
    fn serves(&self, host: &str) -> bool {
        self.hosts.is_empty() || self.hosts.contains(&bare_host(host))
    }

    /// This secret, which serves other registries.
    fn other(&self, name: &Name) -> OtherSecret {
        let hosts: Vec<Box<str>> = self.shown.iter().map(|host| cut(host).into()).collect();
        OtherSecret {
            name: cut(&name.text).into(),
            more: self.hosts.len().saturating_sub(hosts.len()),
            hosts,
        }
    }
}

/// Each name once.
fn distinct(names: &[Name]) -> impl Iterator<Item = &Name> {
    let mut seen = HashSet::new();
    names.iter().filter(move |name| seen.insert(*name))
}

/// A name that is repeated in the message of every mention: as long as Kubernetes lets one be (RFC 1123, 253).
fn cut(name: &str) -> &str {
    match name.char_indices().nth(253) {
        Some((at, _)) => &name[..at],
        None => name,
    }
}

/// The host of a dockerconfigjson's entry (`https://index.docker.io/v1/`, `quay.io/org`) or of a reference, so that two
/// spellings of one are equal.
fn bare_host(own: &str) -> String {
    let bare = own
        .strip_prefix("https://")
        .or_else(|| own.strip_prefix("http://"))
        .unwrap_or(own);
    let bare = bare.split('/').next().unwrap_or(bare).to_ascii_lowercase();
    match &*bare {
        "index.docker.io" | "registry-1.docker.io" => "docker.io".to_owned(),
        _ => bare,
    }
}

fn fact(
    found: &Found<'_>,
    secrets: &ByName<'_, Secret<'_>>,
    namespace: Option<&Name>,
    host: &str,
) -> Fact {
    let mut other = None;
    for (name, of_account) in &found.secrets {
        let secret = secrets.get(name, namespace);
        if let Some(secret) = secret.filter(|s| !s.serves(host)) {
            other.get_or_insert((*name, secret));
            continue;
        }
        let of_account = *of_account;
        return Fact::PullSecret(Arc::new(PullSecret::Named {
            name: cut(&name.text).into(),
            account: of_account.then(|| found.account.into()),
            in_repository: secret.is_some(),
            place: secret
                .map(|s| s.place)
                .or(found.account_place.filter(|_| of_account)),
        }));
    }
    if found.more {
        return Fact::PullSecret(Arc::new(PullSecret::TooMany {
            looked_at: MAX_SECRETS,
        }));
    }
    Fact::NoPullSecret(Arc::new(NoPullSecret {
        account: found.account.into(),
        place: match other {
            Some((_, secret)) => Some(secret.place),
            None => found.account_place,
        },
        other: other.map(|(name, secret)| secret.other(name)),
    }))
}
