//! The credentials that a repository may have, one after the other, and what became of them.

use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::vec::IntoIter;

use super::docker_config::{self, Config, Entry};
use super::{Kind, Login, Source, Store, files, kubeconfig};

/// Credentials that are tried for one repository: more would only lock accounts.
const MOST: usize = 6;

/// What a registry made of credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Taken,
    /// With this status.
    Refused(u16),
}

/// Something that is looked into; of each group the first counts that has something.
struct Candidate<'a> {
    group: usize,
    /// The source in words.
    place: String,
    what: What<'a>,
}

enum What<'a> {
    Login(Login),
    Helper {
        helper: &'a str,
        server: String,
        key: String,
    },
    Kubeconfig(&'a Path),
    /// Nothing; in words.
    Nothing(String),
    /// It cannot be used; in words.
    Trouble(String),
}

impl What<'_> {
    /// Names the credentials without looking at their secret; None for what holds none.
    fn identity(&self, place: &str) -> Option<String> {
        match self {
            What::Login(login) => Some(login.identity.clone()),
            What::Helper { key, .. } => Some(format!("{place} for {key}")),
            What::Kubeconfig(_) => Some(place.to_owned()),
            What::Nothing(_) | What::Trouble(_) => None,
        }
    }
}

/// The credentials of one repository, from the first on.
pub struct Search<'a> {
    store: &'a Store,
    host: String,
    left: IntoIter<Candidate<'a>>,
    /// The group of the last one that was found.
    found_in: Option<usize>,
    tries: usize,
}

impl Search<'_> {
    /// The next credentials; None when there are no more.
    pub async fn next(&mut self) -> Option<Arc<Login>> {
        while self.tries < MOST {
            let candidate = self.left.next()?;
            if self.found_in == Some(candidate.group) {
                continue;
            }
            if let Ok(login) = self.store.open(&candidate, &self.host).await {
                self.found_in = Some(candidate.group);
                self.tries += 1;
                return Some(Arc::new(login));
            }
        }
        None
    }
}

impl Store {
    /// The credentials for a repository on a host, as the user writes the host (`docker.io`).
    pub fn search(&self, host: &str, repository: &str) -> Search<'_> {
        let host = docker_config::canonical_host(host);
        Search {
            store: self,
            left: self.candidates(&host, repository).into_iter(),
            host,
            found_in: None,
            tries: 0,
        }
    }

    /// Whose answers are kept together between runs: the sources and users that [`search`](Self::search) would come to,
    /// without running a helper, so that an answer can be found offline and at once. Empty: nobody's.
    pub fn identity(&self, host: &str, repository: &str) -> String {
        let host = docker_config::canonical_host(host);
        let candidates = self.candidates(&host, repository);
        let mut all: Vec<String> = Vec::new();
        let mut group = None;
        for candidate in &candidates {
            let counts = self.helpers_trusted || !matches!(candidate.what, What::Helper { .. });
            if let Some(identity) = candidate.what.identity(&candidate.place)
                && counts
                && group != Some(candidate.group)
            {
                group = Some(candidate.group);
                all.push(identity);
            }
        }
        all.truncate(MOST);
        all.join("; ")
    }

    /// Each source that is looked into for a repository, and what it gave; `outcome` says what became of credentials,
    /// by their identity. No secrets.
    pub async fn explain(
        &self,
        host: &str,
        repository: &str,
        outcome: impl Fn(&str) -> Option<Outcome>,
    ) -> Vec<String> {
        let host = docker_config::canonical_host(host);
        let mut lines = Vec::new();
        if self.is_anonymous(&host) {
            lines.push(format!(
                "the user's configuration: no credentials for {host}"
            ));
        }
        let mut taken = false;
        let mut found_in = None;
        for candidate in self.candidates(&host, repository) {
            if taken || found_in == Some(candidate.group) {
                continue;
            }
            let words = match self.open(&candidate, &host).await {
                Err(words) => words,
                Ok(login) => {
                    found_in = Some(candidate.group);
                    match outcome(&login.identity) {
                        Some(Outcome::Taken) => {
                            taken = true;
                            "used".to_owned()
                        }
                        Some(Outcome::Refused(status)) => format!("refused with status {status}"),
                        None => "found, and not asked for".to_owned(),
                    }
                }
            };
            lines.push(format!("{}: {words}", candidate.place));
        }
        if !taken {
            lines.push(format!("{host} is asked anonymously"));
        }
        lines
    }

    /// What is looked into for a repository, in order.
    fn candidates(&self, host: &str, repository: &str) -> Vec<Candidate<'_>> {
        let mut all = Vec::new();
        if self.is_anonymous(host) {
            return all;
        }
        for (group, source) in self.sources.iter().enumerate() {
            let before = all.len();
            let mut add = |place: &str, what| {
                let place = place.to_owned();
                all.push(Candidate { group, place, what });
            };
            match source {
                Source::Unusable { name, why } => add(name, What::Trouble(why.clone())),
                Source::Kubeconfig { name, path } if self.has_oc_login(host) => {
                    add(name, What::Kubeconfig(path));
                }
                Source::Kubeconfig { .. } => {}
                Source::Helper { helper } => {
                    let what = What::Helper {
                        helper,
                        server: host.to_owned(),
                        key: host.to_owned(),
                    };
                    add(
                        &format!("docker-credential-{helper} (registries.conf)"),
                        what,
                    );
                }
                Source::Keyring(keyring) => {
                    for (name, key, kind) in keyring.find(host, repository) {
                        add(name, What::Login(Login::new(kind.clone(), name, key)));
                    }
                    // A user's own login would hide that a cluster with this secret is refused.
                    if before != all.len() {
                        break;
                    }
                    let words = What::Nothing(format!("nothing for {host}"));
                    let place = keyring.names();
                    all.push(Candidate {
                        group,
                        place,
                        what: words,
                    });
                }
                Source::Config { name, config } => {
                    in_config(name, config, (host, repository), &mut add);
                    if before == all.len() {
                        let what = What::Nothing(format!("nothing for {host}"));
                        let place = name.clone();
                        all.push(Candidate { group, place, what });
                    }
                }
            }
        }
        // Each of several secrets is tried, as the kubelet does.
        for (number, candidate) in all.iter_mut().enumerate() {
            if let Some(Source::Keyring(_)) = self.sources.get(candidate.group) {
                candidate.group = usize::MAX - number;
            }
        }
        all
    }

    /// What a candidate comes to.
    ///
    /// # Errors
    /// It has no credentials, in words.
    async fn open(&self, candidate: &Candidate<'_>, host: &str) -> Result<Login, String> {
        let place = &candidate.place;
        let trouble = |why: &str| {
            self.trouble(format!("{place}: {why}"));
            why.to_owned()
        };
        match &candidate.what {
            What::Login(login) => Ok(login.clone()),
            What::Nothing(words) => Err(words.clone()),
            What::Trouble(why) => Err(trouble(why)),
            What::Kubeconfig(path) => {
                let token = files::read(path).and_then(|bytes| kubeconfig::token(&bytes));
                let kind = token.map(|password| Kind::Password {
                    user: super::OPENSHIFT_USER.into(),
                    password,
                });
                kind.map(|kind| Login::new(kind, place, host))
                    .map_err(|why| trouble(&why))
            }
            What::Helper {
                helper,
                server,
                key,
            } => {
                let Some(runner) = &self.helpers else {
                    return Err("not run for an untrusted tree or with --offline".to_owned());
                };
                let cell = {
                    let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
                    answers
                        .entry(((*helper).to_owned(), server.clone()))
                        .or_default()
                        .clone()
                };
                match cell.get_or_init(|| runner.get(helper, server)).await {
                    Ok(Some(kind)) => Ok(Login::new(kind.clone(), place, key)),
                    Ok(None) => Err(format!("nothing for {key}")),
                    // A helper that does not work is no reason to fail: docker asks anonymously then, too.
                    Err(why) => Err(trouble(why)),
                }
            }
        }
    }
}

/// What a file has, the longest key first.
fn in_config<'a>(
    name: &str,
    config: &'a Config,
    (host, repository): (&str, &str),
    add: &mut impl FnMut(&str, What<'a>),
) {
    for key in docker_config::keys(host, repository) {
        for helper in config.helpers_for(&key) {
            let what = What::Helper {
                helper,
                server: config.server_name(&key),
                key: key.clone(),
            };
            add(&format!("docker-credential-{helper} ({name})"), what);
        }
        match config.entry(&key) {
            Some(Entry::Usable(kind)) => {
                add(name, What::Login(Login::new(kind.clone(), name, &key)));
            }
            Some(Entry::Broken(why)) => {
                add(name, What::Trouble(format!("the entry for {key}: {why}")));
            }
            // `{}` says that a helper has it.
            Some(Entry::Empty) | None => {}
        }
    }
}
