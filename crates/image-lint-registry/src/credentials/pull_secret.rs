//! Kubernetes pull secrets given on the command line, matched to images as the kubelet does
//! (kubernetes/kubernetes `pkg/credentialprovider/keyring.go`, `URLsMatch`).

use base64::Engine;
use serde::Deserialize;

use crate::credentials::Kind;
use crate::credentials::docker_config::{Config, Entry};

#[derive(Deserialize)]
struct Manifest {
    data: Option<Fields>,
    #[serde(rename = "stringData")]
    string_data: Option<Fields>,
}

#[derive(Deserialize)]
struct Fields {
    #[serde(rename = ".dockerconfigjson")]
    json: Option<String>,
    #[serde(rename = ".dockercfg")]
    cfg: Option<String>,
}

impl Fields {
    fn text(&self) -> Option<&str> {
        self.json.as_deref().or(self.cfg.as_deref())
    }
}

/// Reads a Secret (YAML or JSON), or a docker config as it is.
///
/// # Errors
/// Neither; the text is not quoted.
pub fn parse(bytes: &[u8]) -> Result<Config, String> {
    let none = || "it holds no `.dockerconfigjson` and no `.dockercfg`".to_owned();
    let manifest: Option<Manifest> = std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| serde_yaml::from_str(text).ok());
    if let Some(manifest) = manifest {
        if let Some(text) = manifest.string_data.as_ref().and_then(Fields::text) {
            return Config::parse(text.as_bytes());
        }
        if let Some(data) = &manifest.data {
            let encoded: String = data.text().ok_or_else(none)?.split_whitespace().collect();
            let decoded = base64::engine::general_purpose::STANDARD.decode(encoded);
            return Config::parse(&decoded.map_err(|_| "its data is not base64".to_owned())?);
        }
    }
    if serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(bytes)
        .is_ok_and(|m| !m.contains_key("kind"))
    {
        return Config::parse(bytes);
    }
    Err(none())
}

/// The entry for a repository: the longest key whose host matches label by label (`*` for a part of one label) and
/// whose path is a prefix.
pub fn find<'a>(config: &'a Config, host: &str, repository: &str) -> Option<(&'a str, Kind)> {
    let mut found: Vec<(&str, &Kind)> = config
        .entries()
        .filter_map(|(key, entry)| match entry {
            Entry::Usable(kind) if matches(key, host, repository) => Some((key, kind)),
            _ => None,
        })
        .collect();
    // The kubelet sorts its keys in reverse, so that longer paths come first.
    found.sort_by(|a, b| b.0.cmp(a.0));
    found.first().map(|(key, kind)| (*key, (*kind).clone()))
}

fn matches(key: &str, host: &str, repository: &str) -> bool {
    let (pattern, path) = key.split_once('/').unwrap_or((key, ""));
    let port = |name: &str| name.rsplit_once(':').map(|(_, port)| port.to_owned());
    let bare = |name: &str| {
        name.rsplit_once(':')
            .map_or(name.to_owned(), |(bare, _)| bare.to_owned())
    };
    if port(pattern) != port(host) {
        return false;
    }
    let (pattern, name) = (bare(pattern), bare(host));
    let (patterns, labels): (Vec<_>, Vec<_>) =
        (pattern.split('.').collect(), name.split('.').collect());
    patterns.len() == labels.len()
        && patterns
            .iter()
            .zip(&labels)
            .all(|(pattern, label)| glob(pattern, label))
        && repository.starts_with(path)
}

/// `*` for any run of characters in one label, as Go's `filepath.Match` does.
fn glob(pattern: &str, label: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = label.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_match_as_the_kubelet_matches_them() {
        let cases = [
            ("quay.io", "quay.io", "org/app", true, "exact"),
            (
                "*.example.com",
                "registry.example.com",
                "a",
                true,
                "one label",
            ),
            (
                "*.example.com",
                "a.b.example.com",
                "a",
                false,
                "not two labels",
            ),
            (
                "reg*.example.com",
                "registry.example.com",
                "a",
                true,
                "part of a label",
            ),
            (
                "*.example.com:5000",
                "registry.example.com:5000",
                "a",
                true,
                "port",
            ),
            (
                "*.example.com",
                "registry.example.com:5000",
                "a",
                false,
                "another port",
            ),
            ("quay.io/org", "quay.io", "org/app", true, "path"),
            ("quay.io/other", "quay.io", "org/app", false, "another path"),
            ("*.io", "quay.io.attacker.tld", "a", false, "a longer name"),
        ];
        for (key, host, repository, expected, why) in cases {
            assert_eq!(
                matches(key, host, repository),
                expected,
                "{key} for {host}/{repository} ({why})"
            );
        }
    }

    #[test]
    fn secrets_are_read_in_all_their_forms() {
        let config = r#"{"auths":{"q.io":{"auth":"dTpw"}}}"#;
        let encoded = base64::engine::general_purpose::STANDARD.encode(config);
        let old = base64::engine::general_purpose::STANDARD.encode(r#"{"q.io":{"auth":"dTpw"}}"#);
        for (text, why) in [
            (
                format!("apiVersion: v1\nkind: Secret\ndata:\n  .dockerconfigjson: {encoded}\n"),
                "Secret",
            ),
            (
                format!("kind: Secret\ndata:\n  .dockercfg: {old}\n"),
                "old Secret",
            ),
            (
                format!("kind: Secret\nstringData:\n  .dockerconfigjson: '{config}'\n"),
                "stringData",
            ),
            (
                format!(r#"{{"kind":"Secret","data":{{".dockerconfigjson":"{encoded}"}}}}"#),
                "JSON",
            ),
            (config.to_owned(), "the config itself"),
        ] {
            assert!(
                find(&parse(text.as_bytes()).unwrap(), "q.io", "a").is_some(),
                "{why}"
            );
        }
        for text in [
            "kind: Secret\ndata: {password: eA==}\n",
            "nonsense",
            "kind: Secret\ndata: {.dockercfg: '%'}",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
