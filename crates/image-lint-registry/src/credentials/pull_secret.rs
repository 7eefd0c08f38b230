//! Kubernetes pull secrets given on the command line, read as the kubelet does: `auths` and nothing else, and as a whole
//! or not at all (kubernetes/kubernetes `pkg/credentialprovider/config.go`).

use base64::Engine;
use serde::Deserialize;
use serde_json::Value;

use crate::credentials::Kind;
use crate::credentials::docker_config::{Entry, entry};

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

/// Keys as written, and what they have.
pub type Entries = Vec<(String, Kind)>;

/// Reads a Secret (YAML or JSON), or a docker config as it is.
///
/// # Errors
/// Neither, or one that the kubelet refuses; the text is not quoted.
pub fn parse(bytes: &[u8]) -> Result<Entries, String> {
    let none = || "it holds no `.dockerconfigjson` and no `.dockercfg`".to_owned();
    let manifest: Option<Manifest> = std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| serde_yaml::from_str(text).ok());
    if let Some(manifest) = manifest {
        if let Some(text) = manifest.string_data.as_ref().and_then(Fields::text) {
            return entries(text.as_bytes());
        }
        if let Some(data) = &manifest.data {
            let encoded: String = data.text().ok_or_else(none)?.split_whitespace().collect();
            let decoded = base64::engine::general_purpose::STANDARD.decode(encoded);
            return entries(&decoded.map_err(|_| "its data is not base64".to_owned())?);
        }
    }
    if serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(bytes)
        .is_ok_and(|m| !m.contains_key("kind"))
    {
        return entries(bytes);
    }
    Err(none())
}

/// The entries of a docker config: below `auths`, or all of it in the old form.
fn entries(bytes: &[u8]) -> Result<Entries, String> {
    let Ok(Value::Object(mut root)) = serde_json::from_slice(bytes) else {
        return Err("it is not a JSON object".to_owned());
    };
    let auths = match root.remove("auths") {
        Some(Value::Object(auths)) => auths,
        Some(_) => return Err("its `auths` is not a JSON object".to_owned()),
        None if ["credHelpers", "credsStore"]
            .iter()
            .any(|key| root.contains_key(*key)) =>
        {
            return Ok(Vec::new());
        }
        None => root,
    };
    let mut found = Vec::new();
    for (key, value) in auths {
        let refused = |why: &str| {
            format!("the kubelet refuses the whole secret for its entry `{key}`: {why}")
        };
        let Value::Object(fields) = &value else {
            return Err(refused("it is not a JSON object"));
        };
        for name in ["username", "password", "email", "auth"] {
            if !matches!(
                fields.get(name),
                None | Some(Value::String(_) | Value::Null)
            ) {
                return Err(refused(&format!("`{name}` is not a text")));
            }
        }
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        match entry(|name| text(name).filter(|t| !t.is_empty()).map(str::to_owned)) {
            Entry::Usable(kind) => found.push((key, kind)),
            Entry::Broken(why) => return Err(refused(&why)),
            Entry::Empty => {}
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Result<String, String> {
        let entries = parse(text.as_bytes())?;
        let keys: Vec<&str> = entries.iter().map(|(key, _)| key.as_str()).collect();
        Ok(keys.join(" "))
    }

    #[test]
    fn one_entry_that_the_kubelet_cannot_read_spoils_the_whole_secret() {
        // TestDockerConfigEntryJSONDecode, TestDecodeDockerConfigFieldAuth
        let rows = [
            (r#"{"auth":"Zm9vOmJhcg=="}"#, true, "as usual"),
            (r#"{"auth":"Zm9vOmJhcg"}"#, true, "without padding"),
            (r#"{"auth":"Zm9vOm\nJhcg==\n"}"#, true, "line breaks"),
            (
                r#"{"username":"foo","password":"bar","email":"a@b"}"#,
                true,
                "fields",
            ),
            (
                r#"{"username":"foo","password":"bar","auth":"cGluZzpwb25n"}"#,
                true,
                "both",
            ),
            ("{}", true, "nothing"),
            (r#"{"auth":"cGFudHM="}"#, false, "no colon"),
            (r#"{"auth":"Zm9vOmJhcg== "}"#, false, "a blank"),
            (r#"{"auth":"pants"}"#, false, "not base64"),
            (r#"{"email":false}"#, false, "not a text"),
            ("3", false, "not an object"),
        ];
        for (entry, expected, why) in rows {
            let config = format!(r#"{{"auths":{{"a.io":{{"auth":"dTpw"}},"q.io":{entry}}}}}"#);
            let read = keys(&config);
            assert_eq!(read.is_ok(), expected, "{why}: {read:?}");
            if let Err(words) = read {
                assert!(
                    words.contains("whole secret for its entry `q.io`"),
                    "{words}"
                );
            }
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
            assert_eq!(keys(&text).as_deref(), Ok("q.io"), "{why}");
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
