//! Secrets and service accounts: which registries the repository holds credentials for. Only host names are read; the
//! values under them are skipped by the parser and never kept.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::pod;
use super::reader::{Reader, Within};
use image_lint_model::object::Facts;
use image_lint_text::yaml::Node;

const CONFIG_JSON: &str = "kubernetes.io/dockerconfigjson";
const CFG: &str = "kubernetes.io/dockercfg";

/// Facts of a ServiceAccount.
pub fn service_account(reader: &Reader<'_, '_>, node: Node<'_>, within: &Within) -> Facts {
    let mut pull_secrets = Vec::new();
    pod::pull_secrets(reader, node, within, &mut pull_secrets);
    Facts::ServiceAccount { pull_secrets }
}

/// Facts of a Secret, SealedSecret or ExternalSecret when it holds registry credentials.
pub fn pull_secret(node: Node<'_>, kind: &str) -> Facts {
    let template = match kind {
        "Secret" => Some(node),
        "SealedSecret" => node.at(&["spec", "template"]),
        _ => node.at(&["spec", "target", "template"]),
    };
    match template.and_then(|template| template.str_at(&["type"])) {
        Some(CONFIG_JSON) => Facts::PullSecret {
            hosts: hosts(node, ".dockerconfigjson"),
        },
        Some(CFG) => Facts::PullSecret {
            hosts: hosts(node, ".dockercfg"),
        },
        _ => Facts::Other,
    }
}

#[derive(Deserialize)]
struct DockerConfig {
    auths: BTreeMap<Box<str>, IgnoredAny>,
}

/// Host names in `data` (base64) or `stringData`, sorted; none when they cannot be read.
fn hosts(secret: Node<'_>, key: &str) -> Vec<Box<str>> {
    let decoded = secret.str_at(&["data", key]).and_then(|text| {
        let compact: String = text.split_ascii_whitespace().collect();
        STANDARD.decode(compact).ok()
    });
    let bytes = decoded.or_else(|| {
        secret
            .str_at(&["stringData", key])
            .map(|text| text.as_bytes().to_vec())
    });
    let Some(bytes) = bytes else {
        return Vec::new();
    };
    let auths = if key == ".dockercfg" {
        serde_json::from_slice::<BTreeMap<Box<str>, IgnoredAny>>(&bytes).ok()
    } else {
        serde_json::from_slice::<DockerConfig>(&bytes)
            .ok()
            .map(|config| config.auths)
    };
    auths.unwrap_or_default().into_keys().collect()
}
