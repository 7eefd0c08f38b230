//! Pull secrets as the kubelet keeps and matches them (kubernetes/kubernetes `pkg/credentialprovider/keyring.go`): all
//! secrets are one ring, the most specific key comes first, and each that fits is tried.

use crate::credentials::Kind;

/// The entries of all secrets.
#[derive(Default)]
pub struct Keyring {
    /// Names of the secrets, in order.
    secrets: Vec<String>,
    /// In the order in which they are tried.
    entries: Vec<Entry>,
}

struct Entry {
    secret: String,
    key: String,
    kind: Kind,
}

/// The name of Docker Hub's entry, after its `/v1/` is gone (`defaultRegistryHost`).
const HUB: &str = "index.docker.io";

impl Keyring {
    /// Adds a secret's entries, by their keys as written.
    pub fn add(&mut self, secret: &str, entries: Vec<(String, Kind)>) {
        self.secrets.push(secret.to_owned());
        for (key, kind) in entries {
            let (secret, key) = (secret.to_owned(), normal_key(&key));
            self.entries.push(Entry { secret, key, kind });
        }
        // In reverse, so that longer paths come first; of equal keys the secret that came first (a stable sort).
        self.entries.sort_by(|a, b| b.key.cmp(&a.key));
    }

    /// The secrets in words.
    pub fn names(&self) -> String {
        self.secrets.join(", ")
    }

    /// What fits a repository, in order: the secret, the key and the credentials. `host` is in lower case.
    pub fn find(&self, host: &str, repository: &str) -> Vec<(&str, &str, &Kind)> {
        let fitting = |fits: &dyn Fn(&str) -> bool| -> Vec<(&str, &str, &Kind)> {
            let entries = self.entries.iter().filter(|entry| fits(&entry.key));
            entries
                .map(|entry| (&*entry.secret, &*entry.key, &entry.kind))
                .collect()
        };
        let found = fitting(&|key| matches(key, host, repository));
        if found.is_empty() && host == "docker.io" {
            return fitting(&|key| key == HUB);
        }
        found
    }
}

/// A key without its scheme, and without docker's `/v1/` or `/v2/` and a bare `/` after its host (`Add`).
fn normal_key(key: &str) -> String {
    let bare = key
        .strip_prefix("https://")
        .or_else(|| key.strip_prefix("http://"))
        .unwrap_or(key);
    let (host, path) = match bare.find('/') {
        Some(at) => bare.split_at(at),
        None => (bare, ""),
    };
    let path = match path.get(..4) {
        Some("/v1/" | "/v2/") => &path[3..],
        _ => path,
    };
    match path {
        "/" => host.to_owned(),
        path => format!("{host}{path}"),
    }
}

/// Whether a key's host fits label by label, with the same port, and its path begins the repository's (`URLsMatch`).
fn matches(key: &str, host: &str, repository: &str) -> bool {
    let (pattern, path) = key.split_once('/').unwrap_or((key, ""));
    let split = |name: &str| match name.rsplit_once(':') {
        Some((bare, port)) => (bare.to_owned(), port.to_owned()),
        None => (name.to_owned(), String::new()),
    };
    let ((pattern, wanted_port), (name, port)) = (split(pattern), split(host));
    let (patterns, labels): (Vec<_>, Vec<_>) =
        (pattern.split('.').collect(), name.split('.').collect());
    wanted_port == port
        && patterns.len() == labels.len()
        && repository.starts_with(path)
        && patterns.iter().zip(&labels).all(|(pattern, label)| {
            let (pattern, label): (Vec<char>, Vec<char>) =
                (pattern.chars().collect(), label.chars().collect());
            glob(&pattern, &label)
        })
}

/// Go's `filepath.Match` for a text without separators: `*`, `?`, `[a-z]`, `[^a-z]` and `\\`.
fn glob(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['*', rest @ ..] => (0..=text.len()).any(|skipped| glob(rest, &text[skipped..])),
        ['?', rest @ ..] => !text.is_empty() && glob(rest, &text[1..]),
        ['[', rest @ ..] => {
            let Some(end) = rest.iter().skip(1).position(|c| *c == ']').map(|at| at + 1) else {
                return false;
            };
            let Some((first, after)) = text.split_first() else {
                return false;
            };
            one_of(&rest[..end], *first) && glob(&rest[end + 1..], after)
        }
        ['\\', plain, rest @ ..] | [plain, rest @ ..] => {
            text.first() == Some(plain) && glob(rest, &text[1..])
        }
    }
}

/// Whether the inside of a pair of brackets names a character.
fn one_of(class: &[char], wanted: char) -> bool {
    let (negated, mut class) = match class {
        ['^', rest @ ..] => (true, rest),
        class => (false, class),
    };
    let mut found = false;
    while let Some(low) = class.first() {
        let (high, rest) = match &class[1..] {
            ['-', high, rest @ ..] => (high, rest),
            rest => (low, rest),
        };
        found |= (*low..=*high).contains(&wanted);
        class = rest;
    }
    found != negated
}

#[cfg(test)]
mod tests;
