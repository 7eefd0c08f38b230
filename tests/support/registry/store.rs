//! What the registry holds, who may read it, and what it is told to do wrong.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::answer::Answer;
use super::fault::{Fault, Kind, Rule};
use super::manners::{Manners, Profile};
use crate::support::artifact::Artifact;
use crate::support::tls::TokenSigner;

#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub media_type: String,
    pub body: Vec<u8>,
}

#[derive(Debug, Default)]
pub(super) struct Repository {
    /// Tag → digest.
    pub tags: BTreeMap<String, String>,
    /// Tags that existed once.
    pub expired: BTreeSet<String>,
    pub manifests: HashMap<String, Stored>,
    pub blobs: HashMap<String, Vec<u8>>,
    /// Users who may read it; None: everybody.
    pub readers: Option<BTreeSet<String>>,
}

#[derive(Clone, Debug)]
pub(super) struct User {
    pub password: String,
    /// Repositories below these prefixes are the user's own: told to be missing when they are.
    pub namespaces: Vec<String>,
}

/// A token that was given out.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub repositories: BTreeSet<String>,
    pub until: Instant,
    /// None: anonymous.
    pub user: Option<String>,
}

/// How the token service answers where services differ.
#[derive(Clone, Debug)]
pub struct TokenManners {
    /// Name of the field (or fields) the token stands in.
    pub fields: Vec<&'static str>,
    /// What `expires_in` says; left out when None.
    pub expires_in: Option<Value>,
    /// How long a token is good, whatever `expires_in` says.
    pub life: Duration,
    /// Only the first `scope` is looked at.
    pub first_scope_only: bool,
    /// `POST` with a refresh token is understood; else 404.
    pub post: bool,
    /// Tokens look like a JWT with an `access` claim.
    pub jwt: bool,
    /// Tokens are JWTs that docker's registry accepts, signed by this.
    pub signer: Option<Arc<TokenSigner>>,
}

impl Default for TokenManners {
    fn default() -> Self {
        TokenManners {
            fields: vec!["token"],
            expires_in: Some(300.into()),
            life: Duration::from_secs(300),
            first_scope_only: false,
            post: true,
            jwt: false,
            signer: None,
        }
    }
}

#[derive(Debug)]
pub(super) struct State {
    pub repositories: BTreeMap<String, Repository>,
    pub users: BTreeMap<String, User>,
    /// Identity (refresh) token → user.
    pub identity_tokens: BTreeMap<String, String>,
    pub grants: HashMap<String, Grant>,
    pub rules: Vec<Rule>,
    pub manners: Manners,
    pub token_manners: TokenManners,
    /// `http://127.0.0.1:port` of the registry and `…/token` of the token service.
    pub registry_url: String,
    pub realm: String,
    pub service: String,
    pub latency: Duration,
    /// Host and port of the server that answers in this one's place.
    pub behind: Option<String>,
    /// Uploads of manifests whose type begins so are answered like this.
    pub refused_uploads: Option<(&'static str, Answer)>,
    pub tokens_made: usize,
}

impl State {
    pub fn new() -> Self {
        State {
            repositories: BTreeMap::new(),
            users: BTreeMap::new(),
            identity_tokens: BTreeMap::new(),
            grants: HashMap::new(),
            rules: Vec::new(),
            manners: Manners::of(Profile::Distribution),
            token_manners: TokenManners::default(),
            registry_url: String::new(),
            realm: String::new(),
            behind: None,
            refused_uploads: None,
            service: "registry.test".to_owned(),
            latency: Duration::ZERO,
            tokens_made: 0,
        }
    }

    pub fn push(&mut self, repository: &str, tag: Option<&str>, artifact: &Artifact) -> String {
        for child in &artifact.children {
            self.push(repository, None, child);
        }
        let digest = artifact.digest();
        let repository = self.repositories.entry(repository.to_owned()).or_default();
        repository
            .blobs
            .extend(artifact.blobs.iter().map(|b| (b.digest(), b.bytes.clone())));
        let stored = Stored {
            media_type: artifact.media_type.clone(),
            body: artifact.body.clone(),
        };
        repository.manifests.insert(digest.clone(), stored);
        if let Some(tag) = tag {
            repository.tags.insert(tag.to_owned(), digest.clone());
        }
        digest
    }

    /// Whether the user (None: nobody in particular) may read a repository that is there.
    pub fn may_read(&self, repository: &str, user: Option<&str>) -> bool {
        match self.repositories.get(repository).map(|r| &r.readers) {
            Some(None) => true,
            Some(Some(readers)) => user.is_some_and(|u| readers.contains(u)),
            None => false,
        }
    }

    /// Whether the user owns the namespace, so that a repository that is missing is told to be.
    pub fn owns(&self, repository: &str, user: Option<&str>) -> bool {
        let Some(user) = user.and_then(|u| self.users.get(u)) else {
            return false;
        };
        user.namespaces
            .iter()
            .any(|n| repository == n || repository.starts_with(&format!("{n}/")))
    }

    /// The faults for a request, in the order they were asked for, counted down. A fault that replaces the answer ends
    /// the list.
    pub fn faults(
        &mut self,
        kind: Kind,
        method: &str,
        repository: Option<&str>,
        reference: Option<&str>,
    ) -> Vec<Fault> {
        let mut faults = Vec::new();
        for rule in &mut self.rules {
            if rule.left == Some(0) || !rule.place.matches(kind, method, repository, reference) {
                continue;
            }
            if let Some(left) = &mut rule.left {
                *left -= 1;
            }
            faults.push(rule.fault.clone());
            if rule.fault.replaces() {
                break;
            }
        }
        faults
    }
}
