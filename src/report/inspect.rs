//! `image-lint inspect IMAGE…`: what a registry stores under a name, and what each target makes of it. A table for people
//! or JSON.

use std::collections::BTreeMap;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::json::SCHEMA_VERSION;
use crate::report::wire;

mod table;
#[cfg(test)]
mod tests;

pub use table::inspect;

/// What is known of one image. Everything from the registry is untrusted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Inspection {
    /// As given on the command line.
    pub given: String,
    /// Normalised; null when it is no image reference.
    pub reference: Option<String>,
    /// Host that was asked.
    pub registry: Option<String>,
    pub digest: Option<String>,
    /// Of the manifest, list or index that the name stands for.
    pub media_type: Option<String>,
    /// The same in words: "OCI index".
    pub format: Option<String>,
    /// Of the manifest, in bytes.
    pub size: Option<u64>,
    /// Of a single image, by its config: `linux/amd64`.
    pub platform: Option<String>,
    /// For `tag@digest`: the digest that the tag names now.
    pub tag_digest: Option<String>,
    /// `os.version` of the config.
    pub os_version: Option<String>,
    pub config_media_type: Option<String>,
    /// The config itself; null for lists and schema 1.
    pub config: Option<InspectedPart>,
    pub artifact_type: Option<String>,
    /// Digest of the manifest that this one is about.
    pub subject: Option<String>,
    pub annotations: BTreeMap<String, String>,
    pub layers: Vec<InspectedPart>,
    /// Manifests of a list or index, attestations included.
    pub children: Vec<InspectedChild>,
    /// Where credentials came from, never their value; null when none were used.
    pub credentials: Option<String>,
    /// Each place that credentials were looked for in and what it gave, with `--explain-auth`.
    pub credentials_tried: Vec<String>,
    /// Strangers are refused, so that nodes need a pull secret; null where that is not known.
    pub needs_credentials: Option<bool>,
    /// What is left of the registry's pull quota, in its words.
    pub quota: Option<String>,
    /// When the tag is missing: those nearest to it, best first.
    pub nearest_tags: Vec<String>,
    /// An older tag in a format that the first target takes which cannot pull this one.
    pub older: Option<InspectedOlder>,
    /// HTTP requests made for this image.
    pub requests: usize,
    /// These requests, in order; what was said beside them (credentials kept back or refused) stands among them.
    pub asked: Vec<InspectedRequest>,
    pub from_cache: bool,
    /// Why nothing is known, in words; null when something is.
    pub problem: Option<String>,
    /// What to do about the problem or the verdicts. A line that starts with `$ ` is a command.
    pub help: Vec<String>,
    /// One for each target.
    pub verdicts: Vec<TargetVerdict>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InspectedPart {
    pub media_type: String,
    pub digest: String,
    /// In bytes, as the manifest says; 0 for schema 1, which says none.
    pub size: u64,
    /// Places beside the registry that have it.
    pub urls: Vec<String>,
    pub annotations: BTreeMap<String, String>,
    /// Whether the registry has it; null where that was not asked, or no answer proves it.
    pub present: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InspectedChild {
    pub media_type: String,
    pub digest: String,
    /// In bytes.
    pub size: u64,
    /// `linux/arm64/v8`; null when the list names none.
    pub platform: Option<String>,
    /// `os.version`, which tells Windows releases apart.
    pub os_version: Option<String>,
    /// `os.features` that a node has to have.
    pub os_features: Vec<String>,
    pub artifact_type: Option<String>,
    pub annotations: BTreeMap<String, String>,
    /// Provenance or SBOM: no image.
    pub attestation: bool,
    /// Whether the registry has it; null where that was not asked, or no answer proves it.
    pub present: Option<bool>,
    /// What it is served as, where that is not what the list declares.
    pub served_as: Option<String>,
    /// Null unless the child itself was read.
    pub config_media_type: Option<String>,
    pub config: Option<InspectedPart>,
    /// Empty unless the child itself was read.
    pub layers: Vec<InspectedPart>,
    /// Of a list in a list.
    pub children: Vec<InspectedChild>,
}

/// A tag of the same repository that is stored otherwise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InspectedOlder {
    pub tag: String,
    pub media_type: String,
    /// In words: "docker manifest list".
    pub format: String,
}

/// One request and its answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InspectedRequest {
    /// `HEAD`, `GET`, `POST`; null for a remark that is no request.
    pub method: Option<String>,
    /// `manifest`, `tags`, `blob`, `token`, `credentials`.
    pub what: String,
    /// Host and path, without a query.
    pub place: String,
    /// Null when no answer came.
    pub status: Option<u16>,
    pub content_type: Option<String>,
    pub error: Option<String>,
}

/// What one target makes of an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetVerdict {
    pub target: String,
    /// The client that pulls: "docker 1.13".
    pub client: String,
    pub verdict: Verdict,
    /// Of a bad one, whether it is pulled all the same: an image for another architecture is, and its containers die.
    #[serde(default)]
    pub pulls: Option<bool>,
    /// Why, in a few words; null for `ok`.
    pub why: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Ok,
    Bad,
    Unknown,
}

/// The JSON of all images that were asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InspectDocument {
    /// Version of this format.
    pub schema_version: u32,
    pub images: Vec<Inspection>,
}

/// Writes JSON.
pub fn inspect_json(images: &[Inspection], out: &mut dyn Write) -> io::Result<()> {
    wire::pretty(
        &InspectDocument {
            schema_version: SCHEMA_VERSION,
            images: images.to_vec(),
        },
        out,
    )
}
