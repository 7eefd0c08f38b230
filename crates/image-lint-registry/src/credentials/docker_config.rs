//! `config.json` of docker, `auth.json` of containers tools, and the old `.dockercfg`.

use std::collections::HashMap;

use base64::Engine;
use serde_json::Value;

use crate::credentials::Kind;
use crate::secret::Secret;

/// One entry of `auths`.
pub enum Entry {
    Usable(Kind),
    /// `{}`: a helper has the secret.
    Empty,
    Broken(String),
}

#[derive(Default)]
pub struct Config {
    /// By normal key: `quay.io`, `quay.io/org`, `docker.io`.
    auths: HashMap<String, Entry>,
    helpers: HashMap<String, String>,
    store: Option<String>,
}

/// Docker Hub's names in files, all of one host (docker writes the URL, podman `docker.io`).
const HUB: [&str; 4] = [
    "index.docker.io",
    "docker.io",
    "registry-1.docker.io",
    "registry.hub.docker.com",
];
/// The user of a token in place of a password (docker/docker-credential-helpers).
const TOKEN_USER: &str = "<token>";
/// What helpers know Docker Hub by.
const HUB_SERVER: &str = "https://index.docker.io/v1/";

impl Config {
    /// # Errors
    /// Not a JSON object; says no more, since the text holds secrets.
    pub fn parse(bytes: &[u8]) -> Result<Config, String> {
        let Ok(Value::Object(root)) = serde_json::from_slice(bytes) else {
            return Err("it is not a JSON object".to_owned());
        };
        let mut config = Config::default();
        let modern = ["auths", "credHelpers", "credsStore"]
            .iter()
            .any(|key| root.contains_key(*key));
        let text = |value: Option<&Value>| {
            value
                .and_then(Value::as_str)
                .filter(|t| !t.is_empty())
                .map(str::to_owned)
        };
        config.store = text(root.get("credsStore"));
        if let Some(Value::Object(helpers)) = root.get("credHelpers") {
            config.helpers = helpers
                .iter()
                .filter_map(|(key, name)| Some((normal_key(key), name.as_str()?.to_owned())))
                .collect();
        }
        let auths = if modern {
            root.get("auths").and_then(Value::as_object)
        } else {
            Some(&root)
        };
        for (key, value) in auths.into_iter().flatten() {
            // Settings of another kind stand beside the entries in the bare form.
            if let Value::Object(fields) = value {
                let entry = entry(|name| text(fields.get(name)));
                // Of two spellings of one host the one that holds something counts.
                let known = config.auths.entry(normal_key(key)).or_insert(Entry::Empty);
                if matches!(known, Entry::Empty | Entry::Broken(_)) {
                    *known = entry;
                }
            }
        }
        Ok(config)
    }

    /// The entry under exactly this key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.auths.get(key)
    }

    /// Helpers for a key, in docker's order: the host's own, then the store for all hosts. Neither knows namespaces,
    /// but containers tools allow them for the host's own.
    pub fn helpers_for(&self, key: &str) -> impl Iterator<Item = &str> {
        let store = self.store.as_deref().filter(|_| !key.contains('/'));
        self.helpers
            .get(key)
            .map(String::as_str)
            .into_iter()
            .chain(store)
    }

    /// What a helper is asked for.
    pub fn server_name(&self, key: &str) -> String {
        if key == "docker.io" {
            HUB_SERVER.to_owned()
        } else {
            key.to_owned()
        }
    }
}

/// One entry, by its fields.
pub fn entry(field: impl Fn(&str) -> Option<String>) -> Entry {
    let account = field("auth").map(|auth| decode(&auth));
    if let Some(token) = field("identitytoken") {
        let user = match account {
            Some(Ok((user, _))) if !user.is_empty() => user,
            _ => field("username").unwrap_or_else(|| TOKEN_USER.to_owned()),
        };
        let token = Secret::new(token);
        return Entry::Usable(Kind::IdentityToken { user, token });
    }
    if let Some(token) = field("registrytoken") {
        return Entry::Usable(Kind::RegistryToken(Secret::new(token)));
    }
    match account {
        Some(Ok((user, password))) => kind(&user, &password),
        Some(Err(why)) => Entry::Broken(why.to_owned()),
        None => match (field("username"), field("password")) {
            (Some(user), Some(password)) => kind(&user, &password),
            _ => Entry::Empty,
        },
    }
}

/// `user:password` out of `auth`. Go's decoder, which all of the tools use, passes over line breaks and nothing else
/// (`encoding/base64`), and the kubelet does without padding (`decodeDockerConfigFieldAuth`).
fn decode(auth: &str) -> Result<(String, String), &'static str> {
    let engine = base64::engine::GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        base64::engine::GeneralPurposeConfig::new()
            .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
    );
    let decoded = engine
        .decode(auth.replace(['\n', '\r'], ""))
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or("`auth` is not base64")?;
    let (user, password) = decoded
        .split_once(':')
        .ok_or("`auth` holds no `user:password`")?;
    // Old docker versions padded with NULs (docker/cli `config/configfile/file.go`).
    Ok((user.to_owned(), password.trim_matches('\0').to_owned()))
}

/// `<token>` and the nil UUID (Azure) stand for "the password is an identity token".
pub fn kind(user: &str, password: &str) -> Entry {
    if password.is_empty() {
        return Entry::Empty;
    }
    let password = Secret::new(password);
    let user = user.to_owned();
    if user == TOKEN_USER || user == "00000000-0000-0000-0000-000000000000" {
        let token = password;
        return Entry::Usable(Kind::IdentityToken { user, token });
    }
    Entry::Usable(Kind::Password { user, password })
}

/// A host as keys are compared: lower case, one name for Docker Hub.
pub fn canonical_host(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    if HUB.contains(&host.as_str()) {
        "docker.io".to_owned()
    } else {
        host
    }
}

/// A key of a file in normal form. A key with a scheme, or with docker's `/v1/`, names a host (docker/cli
/// `ConvertToHostname`); any other path is a namespace (containers-auth.json.5).
pub fn normal_key(key: &str) -> String {
    let (bare, scheme) = match key.split_once("://") {
        Some((_, rest)) => (rest, true),
        None => (key, false),
    };
    let bare = bare.trim_end_matches('/');
    let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
    let host = canonical_host(host);
    if scheme || path.is_empty() || path == "v1" || path == "v2" {
        host
    } else {
        format!("{host}/{path}")
    }
}

/// Keys under which a repository's credentials may stand, longest first.
pub fn keys(host: &str, repository: &str) -> Vec<String> {
    let whole = format!("{host}/{repository}");
    let mut keys = vec![whole.clone()];
    // Paths are at most 255 bytes, so there are few.
    keys.extend(
        whole
            .rmatch_indices('/')
            .map(|(at, _)| whole[..at].to_owned()),
    );
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(config: &str, host: &str, repository: &str) -> Option<String> {
        let config = Config::parse(config.as_bytes()).unwrap();
        keys(&canonical_host(host), repository)
            .into_iter()
            .find_map(|key| match config.entry(&key) {
                Some(Entry::Usable(Kind::Password { user, .. })) => Some(user.clone()),
                Some(Entry::Usable(Kind::IdentityToken { .. })) => Some("identity".into()),
                Some(Entry::Usable(Kind::RegistryToken(_))) => Some("bearer".into()),
                Some(Entry::Broken(why)) => Some(format!("broken: {why}")),
                _ => None,
            })
    }

    #[test]
    fn every_spelling_of_a_key_finds_its_host_and_no_other() {
        // u:p
        let auth = r#"{"auth":"dTpw"}"#;
        let cases = [
            (
                "https://index.docker.io/v1/",
                "docker.io",
                true,
                "docker's spelling",
            ),
            ("index.docker.io", "docker.io", true, "without scheme"),
            ("docker.io", "docker.io", true, "podman's spelling"),
            ("registry-1.docker.io", "docker.io", true, "the API's host"),
            ("https://quay.io", "quay.io", true, "scheme"),
            ("https://quay.io/v2/", "quay.io", true, "scheme and path"),
            ("quay.io/v1/", "quay.io", true, "docker's path"),
            ("QUAY.io", "quay.io", true, "case"),
            ("quay.io/org", "quay.io", true, "namespace"),
            ("quay.io/org/app", "quay.io", true, "repository"),
            (
                "quay.io/or",
                "quay.io",
                false,
                "half a component is no namespace",
            ),
            ("quay.io/other", "quay.io", false, "another namespace"),
            ("quay.io:443", "quay.io", false, "another port"),
            ("localhost:5000", "localhost:5000", true, "port"),
            (
                "registry.example.com",
                "registry.example.com.attacker.tld",
                false,
                "a longer name",
            ),
            (
                "registry.example.com.",
                "registry.example.com",
                false,
                "trailing dot",
            ),
            (
                "example.com",
                "registry.example.com",
                false,
                "parent domain",
            ),
        ];
        for (key, host, found, why) in cases {
            let text = format!(r#"{{"auths":{{"{key}":{auth}}}}}"#);
            assert_eq!(
                user(&text, host, "org/app").is_some(),
                found,
                "{key} for {host} ({why})"
            );
        }
    }

    #[test]
    fn the_longest_namespace_wins() {
        let text = r#"{"auths":{"q.io":{"auth":"YTpw"},"q.io/org":{"auth":"Yjpw"},"q.io/org/app":{"auth":"Yzpw"}}}"#;
        assert_eq!(user(text, "q.io", "org/app").as_deref(), Some("c"));
        assert_eq!(user(text, "q.io", "org/other").as_deref(), Some("b"));
        assert_eq!(user(text, "q.io", "x").as_deref(), Some("a"));
    }

    #[test]
    fn entries_are_decoded_in_all_their_forms() {
        let cases = [
            (
                r#"{"auth":"dTpwOnE="}"#,
                Some("u"),
                "the password may hold colons",
            ),
            (r#"{"auth":"dTpw"}"#, Some("u"), "no padding needed"),
            (r#"{"auth":"dT\npw\n"}"#, Some("u"), "line breaks"),
            (
                r#"{"auth":"dTpw "}"#,
                Some("broken: `auth` is not base64"),
                "a blank is no line break",
            ),
            (
                r#"{"username":"x","password":"y"}"#,
                Some("x"),
                "plain fields",
            ),
            (
                r#"{"identitytoken":"t","auth":"dTpw"}"#,
                Some("identity"),
                "identity token",
            ),
            (r#"{"registrytoken":"t"}"#, Some("bearer"), "registry token"),
            (
                r#"{"username":"<token>","password":"t"}"#,
                Some("identity"),
                "token as user",
            ),
            (
                r#"{"username":"00000000-0000-0000-0000-000000000000","password":"t"}"#,
                Some("identity"),
                "Azure's nil user",
            ),
            ("{}", None, "placeholder"),
            (
                r#"{"auth":"%%%"}"#,
                Some("broken: `auth` is not base64"),
                "not base64",
            ),
            (
                r#"{"auth":"bm9jb2xvbg=="}"#,
                Some("broken: `auth` holds no `user:password`"),
                "no colon",
            ),
            (r#"{"auth":"dTo="}"#, None, "empty password"),
        ];
        for (entry, expected, why) in cases {
            let text = format!(r#"{{"auths":{{"q.io":{entry}}},"unknown":1}}"#);
            assert_eq!(user(&text, "q.io", "a").as_deref(), expected, "{why}");
            if !entry.contains("auths") {
                let bare = format!(r#"{{"q.io":{entry}}}"#);
                assert_eq!(
                    user(&bare, "q.io", "a").as_deref(),
                    expected,
                    ".dockercfg: {why}"
                );
            }
        }
    }

    #[test]
    fn a_hosts_own_helper_comes_before_the_store() {
        let text = r#"{"credsStore":"all","credHelpers":{"q.io":"own","index.docker.io":"hub"}}"#;
        let config = Config::parse(text.as_bytes()).unwrap();
        assert_eq!(
            config.helpers_for("q.io").collect::<Vec<_>>(),
            ["own", "all"]
        );
        assert_eq!(
            config.helpers_for("docker.io").collect::<Vec<_>>(),
            ["hub", "all"]
        );
        assert_eq!(config.helpers_for("q.io/org").count(), 0);
        assert_eq!(
            config.server_name("docker.io"),
            "https://index.docker.io/v1/"
        );
    }
}
