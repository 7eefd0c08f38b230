//! Every stored form on which clients differ, and many on which they do not: the rows of `tests/registry/pulls.tsv`.
//!
//! Each is whole (real archives, real digests) unless its name says what is gone.

mod fourth;
mod more;
mod third;

use serde_json::{Value, json};

use super::artifact::{
    Artifact, Blob, DOCKER_CONFIG, DOCKER_LAYER, DOCKER_LIST, OCI_CONFIG, OCI_INDEX, OCI_LAYER,
    OCI_LAYER_ZSTD, OCI_MANIFEST, SCHEMA2, digest_of, gzip, helm_chart, manifest, platform_json,
    schema1, tar_of, zstd,
};
use super::real::RealRegistry;
use super::registry::Registry;

const TAR: &str = "application/vnd.docker.image.rootfs.diff.tar";
const DOCKER_ZSTD: &str = "application/vnd.docker.image.rootfs.diff.tar.zstd";
const FOREIGN: &str = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
const OCI_TAR: &str = "application/vnd.oci.image.layer.v1.tar";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
const AMD64: &str = "linux/amd64";
const ARM64: &str = "linux/arm64";

/// One stored form.
pub struct Form {
    pub name: &'static str,
    pub artifact: Artifact,
    /// Digests of blobs and of children that are removed after the push.
    pub gone: Vec<String>,
    /// Pushed without a tag.
    pub by_digest: bool,
    /// Debian's registry does not store it.
    pub in_process_only: bool,
}

impl Form {
    fn new(name: &'static str, artifact: Artifact) -> Self {
        Form {
            name,
            artifact,
            gone: Vec::new(),
            by_digest: false,
            in_process_only: false,
        }
    }

    fn without(mut self, digest: String) -> Self {
        self.gone.push(digest);
        self
    }

    fn by_digest(mut self) -> Self {
        self.by_digest = true;
        self
    }

    fn in_process_only(mut self) -> Self {
        self.in_process_only = true;
        self
    }

    /// `forms/NAME:1`, or by its digest.
    pub fn reference(&self) -> String {
        match self.by_digest {
            true => format!("forms/{}@{}", self.name, self.artifact.digest()),
            false => format!("forms/{}:1", self.name),
        }
    }
}

/// Stores a form in Debian's registry; what that does not take is left out.
pub fn store_real(form: &Form, registry: &RealRegistry) -> bool {
    let repository = format!("forms/{}", form.name);
    if form.in_process_only {
        return false;
    }
    let digest = form.artifact.digest();
    registry.put(
        &repository,
        if form.by_digest { &digest } else { "1" },
        &form.artifact,
    );
    for digest in &form.gone {
        registry.forget(&repository, digest);
    }
    true
}

/// Stores a form in the registry within this process.
pub fn store(form: &Form, registry: &Registry) {
    let repository = format!("forms/{}", form.name);
    match form.by_digest {
        true => registry.push_untagged(&repository, &form.artifact),
        false => registry.push(&repository, "1", &form.artifact),
    };
    for digest in &form.gone {
        registry.forget(&repository, digest);
    }
}

/// The table of what real clients did: form, description and one cell, `y` or `n`, for each of
/// [`image_lint_model::clients::CLIENTS`].
pub const PULLS: &str = include_str!("../registry/pulls.tsv");

/// How an image is made.
struct Image<'a> {
    media_type: &'a str,
    config: &'a str,
    platform: &'a str,
    layers: &'a [&'a str],
    seed: &'a str,
}

impl Image<'_> {
    fn make(&self) -> Artifact {
        // Of many layers most are the same blob, so that a push takes no longer than that of a few.
        let tar = |n: usize| tar_of(&format!("layer-{}", n % 8), self.seed.as_bytes());
        let layers = self.layers.iter().enumerate().map(|(n, layer_type)| {
            let bytes = match *layer_type {
                text if text.ends_with("zstd") => zstd(&tar(n)),
                text if text.ends_with("encrypted") => {
                    tar(n).iter().map(|byte| byte ^ 0x5a).collect()
                }
                text if text.ends_with("tar") => tar(n),
                _ => gzip(&tar(n)),
            };
            Blob::new(layer_type, bytes)
        });
        let diff_ids: Vec<_> = (0..self.layers.len()).map(|n| digest_of(&tar(n))).collect();
        let config = config(self.platform, &diff_ids, self.seed);
        manifest(
            self.media_type,
            Blob::new(self.config, config),
            layers.collect(),
        )
    }
}

fn config(platform: &str, diff_ids: &[String], seed: &str) -> Vec<u8> {
    let mut config = platform_json(platform);
    config["created"] = json!("2024-01-01T00:00:00Z");
    config["config"] = json!({ "Cmd": ["/bin/true"], "Labels": { "form": seed } });
    config["rootfs"] = json!({ "type": "layers", "diff_ids": diff_ids });
    let line = json!({ "created": "2024-01-01T00:00:00Z", "created_by": "COPY" });
    config["history"] = Value::Array(vec![line; diff_ids.len()]);
    serde_json::to_vec(&config).expect("a JSON value")
}

fn d2(platform: &str, seed: &str) -> Artifact {
    d2_with(&[DOCKER_LAYER], platform, seed)
}

fn oci(platform: &str, seed: &str) -> Artifact {
    oci_with(&[OCI_LAYER], platform, seed)
}

fn d2_with(layers: &[&str], platform: &str, seed: &str) -> Artifact {
    image(SCHEMA2, DOCKER_CONFIG, layers, platform, seed)
}

fn oci_with(layers: &[&str], platform: &str, seed: &str) -> Artifact {
    image(OCI_MANIFEST, OCI_CONFIG, layers, platform, seed)
}

fn image(media_type: &str, config: &str, layers: &[&str], platform: &str, seed: &str) -> Artifact {
    Image {
        media_type,
        config,
        platform,
        layers,
        seed,
    }
    .make()
}

/// A list of children with their platform, where they name one.
fn list(media_type: &str, children: Vec<(Option<&str>, Artifact)>) -> Artifact {
    let manifests: Vec<Value> = children
        .iter()
        .map(|(platform, child)| {
            let mut descriptor = child.descriptor();
            if let Some(platform) = platform {
                descriptor["platform"] = platform_json(platform);
            }
            descriptor
        })
        .collect();
    let body = json!({ "schemaVersion": 2, "mediaType": media_type, "manifests": manifests });
    let mut artifact = Artifact::raw(media_type, serde_json::to_vec(&body).expect("a JSON value"));
    artifact.children = children.into_iter().map(|(_, child)| child).collect();
    artifact
}

fn dlist(platforms: &[&str], seed: &str) -> Artifact {
    let child = |platform: &&'static str| (Some(*platform), d2(platform, seed));
    let platforms: Vec<&'static str> = platforms.iter().map(|p| leak(p)).collect();
    list(DOCKER_LIST, platforms.iter().map(child).collect())
}

fn oindex(platforms: &[&str], seed: &str) -> Artifact {
    let platforms: Vec<&'static str> = platforms.iter().map(|p| leak(p)).collect();
    let child = |platform: &&'static str| (Some(*platform), oci(platform, seed));
    list(OCI_INDEX, platforms.iter().map(child).collect())
}

/// Test data lives as long as the test.
fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

/// BuildKit's provenance of an image; real ones take kilobytes, more than a block of a tar archive.
fn attestation(seed: &str) -> Artifact {
    let statement = Blob::new(
        "application/vnd.in-toto+json",
        format!(
            r#"{{"_type":"https://in-toto.io/Statement/v0.1","subject":"{seed}","predicate":"{}"}}"#,
            "step ".repeat(400)
        ),
    );
    let bytes = config("unknown/unknown", &[statement.digest()], seed);
    manifest(OCI_MANIFEST, Blob::new(OCI_CONFIG, bytes), vec![statement])
}

fn attested(
    media_type: &str,
    images: Vec<(Option<&'static str>, Artifact)>,
    seed: &str,
) -> Artifact {
    let first = images.first().map(|(_, image)| image.digest());
    let mut children = images;
    children.push((Some("unknown/unknown"), attestation(seed)));
    let last = children.len() - 1;
    list(media_type, children).edit(|body| {
        body["manifests"][last]["annotations"] = json!({
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": first.unwrap_or_default(),
        });
    })
}

/// An artifact with this config over one blob.
fn artifact(config: Blob, layer: Blob) -> Artifact {
    manifest(OCI_MANIFEST, config, vec![layer])
}

/// The digest of the first layer.
fn layer_of(artifact: &Artifact) -> String {
    artifact.blobs[0].digest()
}

fn config_of(artifact: &Artifact) -> String {
    artifact.blobs.last().map(Blob::digest).unwrap_or_default()
}

/// A layer whose bytes are not what its type says.
fn bytes(layer_type: &str, tar: &[u8], bytes: Vec<u8>, media_type: &str, seed: &str) -> Artifact {
    let config_type = if media_type == SCHEMA2 {
        DOCKER_CONFIG
    } else {
        OCI_CONFIG
    };
    let config = Blob::new(config_type, config(AMD64, &[digest_of(tar)], seed));
    manifest(media_type, config, vec![Blob::new(layer_type, bytes)])
}

/// `printf` of 1,024 zero bytes, an empty archive, through bzip2 and xz.
const BZIP2: &str =
    "425a683931415926535974f5adf70000044000c0000008200030802a6945ac38bb9229c28483a7ad6fb8";
const XZ: &str = "fd377a585a000004e6d6b4460200210116000000742fe5a3e003ff000b5d00006ffdffffa3b77f46320000000c276920976378c300012780080000002e79aeadb1c467fb020000000004595a";

fn unhex(text: &str) -> Vec<u8> {
    let pair = |i: usize| u8::from_str_radix(&text[i..i + 2], 16).expect("hex digits");
    (0..text.len()).step_by(2).map(pair).collect()
}

/// All of them, in the order of the table.
pub fn all() -> Vec<Form> {
    all_with("https://layers.invalid")
}

/// The same, with foreign layers at a server that has them under `/v2/forms/urls/blobs/`.
pub fn all_with(urls: &str) -> Vec<Form> {
    [
        singles(),
        lists(),
        zstds(),
        mixed(),
        artifacts(),
        parts(urls),
        others(),
        own(),
        more::all(),
        third::all(),
        fourth::all(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn singles() -> Vec<Form> {
    let many = |n: usize, seed| d2_with(&vec![DOCKER_LAYER; n], AMD64, seed);
    vec![
        Form::new("d2", d2(AMD64, "d2")),
        Form::new("oci", oci(AMD64, "oci")),
        Form::new("oci-nomt", oci(AMD64, "oci-nomt").without_media_type()),
        Form::new("d2-arm64", d2(ARM64, "d2-arm64")),
        Form::new("oci-arm64", oci(ARM64, "oci-arm64")),
        Form::new("d2-layerless", d2_with(&[], AMD64, "d2-layerless")),
        Form::new("oci-layerless", oci_with(&[], AMD64, "oci-layerless")),
        Form::new("d2-125", many(125, "d2-125")),
        Form::new("d2-126", many(126, "d2-126")),
        Form::new("d2-200", many(200, "d2-200")),
        Form::new("d2-tar", d2_with(&[TAR], AMD64, "d2-tar")),
        Form::new("oci-tar", oci_with(&[OCI_TAR], AMD64, "oci-tar")),
        Form::new("digest-only", d2(AMD64, "digest-only")).by_digest(),
        Form::new("oci-digest-only", oci(AMD64, "oci-digest-only")).by_digest(),
        Form::new(
            "estargz",
            oci(AMD64, "estargz").edit(|body| {
                body["layers"][0]["annotations"] =
                    json!({ "containerd.io/snapshot/stargz/toc.digest": digest_of(b"toc") });
            }),
        ),
        Form::new(
            "oci-annotations",
            oci(AMD64, "oci-annotations").edit(annotate),
        ),
        Form::new("d2-annotations", d2(AMD64, "d2-annotations").edit(annotate)),
        Form::new(
            "subject",
            oci(AMD64, "subject").edit(|body| body["subject"] = subject()),
        ),
        Form::new(
            "d2-subject",
            d2(AMD64, "d2-subject").edit(|body| body["subject"] = subject()),
        ),
        Form::new(
            "docker-data",
            oci(AMD64, "docker-data").edit(|body| body["config"]["data"] = json!("e30=")),
        ),
        Form::new(
            "artifact-imgconfig",
            oci(AMD64, "artifact-imgconfig")
                .edit(|body| body["artifactType"] = json!("application/vnd.example")),
        ),
    ]
}

fn annotate(body: &mut Value) {
    for place in ["", "config", "layers"] {
        let noted = match place {
            "" => &mut *body,
            "layers" => &mut body["layers"][0],
            other => &mut body[other],
        };
        noted["annotations"] = json!({ "org.opencontainers.image.title": "a form" });
    }
}

fn subject() -> Value {
    json!({ "mediaType": OCI_MANIFEST, "digest": digest_of(b"subject"), "size": 7 })
}

fn lists() -> Vec<Form> {
    let nested = |seed: &str| oindex(&[AMD64], seed);
    let two = vec![
        (Some(AMD64), d2(AMD64, "two-docker")),
        (Some(AMD64), oci(AMD64, "two-oci")),
    ];
    vec![
        Form::new("dlist", dlist(&[AMD64, ARM64], "dlist")),
        Form::new("dlist-noamd64", dlist(&[ARM64, "linux/s390x"], "noamd64")),
        Form::new("dlist-armv7", dlist(&["linux/arm/v7", AMD64], "armv7")),
        Form::new("dlist-armv7-only", dlist(&["linux/arm/v7"], "armv7-only")),
        Form::new("dlist-win", dlist(&["windows/amd64"], "win").edit(windows)),
        Form::new(
            "dlist-win-linux",
            dlist(&["windows/amd64", AMD64], "win-linux").edit(windows),
        ),
        Form::new(
            "dlist-variants",
            dlist(&["linux/amd64/v3", "linux/amd64/v2"], "variants"),
        ),
        Form::new("oindex", oindex(&[AMD64, ARM64], "oindex")),
        Form::new(
            "oindex-nomt",
            oindex(&[AMD64, ARM64], "oindex-nomt").without_media_type(),
        ),
        Form::new("oindex-noamd64", oindex(&[ARM64], "oindex-noamd64")),
        Form::new(
            "dlist-ochild",
            list(
                DOCKER_LIST,
                vec![
                    (Some(AMD64), oci(AMD64, "ochild")),
                    (Some(ARM64), oci(ARM64, "ochild")),
                ],
            ),
        ),
        Form::new(
            "dlist-mixed-amd64docker",
            list(
                DOCKER_LIST,
                vec![
                    (Some(AMD64), d2(AMD64, "mix1")),
                    (Some(ARM64), oci(ARM64, "mix1")),
                ],
            ),
        ),
        Form::new(
            "dlist-mixed-amd64oci",
            list(
                DOCKER_LIST,
                vec![
                    (Some(AMD64), oci(AMD64, "mix2")),
                    (Some(ARM64), d2(ARM64, "mix2")),
                ],
            ),
        ),
        Form::new("dlist-two-docker-oci", list(DOCKER_LIST, two)),
        Form::new(
            "oindex-dchild",
            list(
                OCI_INDEX,
                vec![
                    (Some(AMD64), d2(AMD64, "dchild")),
                    (Some(ARM64), d2(ARM64, "dchild")),
                ],
            ),
        ),
        Form::new(
            "idx-of-idx",
            list(OCI_INDEX, vec![(None, nested("nested"))]),
        ),
        Form::new(
            "idx-of-idx-plat",
            list(OCI_INDEX, vec![(Some(AMD64), nested("nested-plat"))]),
        ),
        Form::new(
            "idx-of-idx-and-man",
            list(
                OCI_INDEX,
                vec![
                    (None, nested("nested-man")),
                    (Some(AMD64), oci(AMD64, "beside")),
                ],
            ),
        ),
        Form::new(
            "oindex-att",
            attested(OCI_INDEX, vec![(Some(AMD64), oci(AMD64, "att"))], "att"),
        ),
        Form::new(
            "dlist-att",
            attested(DOCKER_LIST, vec![(Some(AMD64), d2(AMD64, "datt"))], "datt"),
        ),
        Form::new(
            "oindex-att-only",
            attested(OCI_INDEX, Vec::new(), "att-only"),
        ),
        Form::new("oindex-empty", list(OCI_INDEX, Vec::new())),
        Form::new(
            "oindex-noplat",
            list(OCI_INDEX, vec![(None, oci(AMD64, "noplat"))]),
        ),
        Form::new(
            "dlist-noplat",
            list(DOCKER_LIST, vec![(None, d2(AMD64, "dnoplat"))]),
        ),
        Form::new(
            "oindex-noplat-then-amd64",
            list(
                OCI_INDEX,
                vec![
                    (None, oci(ARM64, "noplat-first")),
                    (Some(AMD64), oci(AMD64, "then")),
                ],
            ),
        ),
        Form::new(
            "arch-mismatch",
            list(OCI_INDEX, vec![(Some(AMD64), oci(ARM64, "lies"))]),
        ),
        Form::new(
            "darch-mismatch",
            list(DOCKER_LIST, vec![(Some(AMD64), d2(ARM64, "dlies"))]),
        ),
        Form::new(
            "list-lies-type",
            list(DOCKER_LIST, vec![(Some(AMD64), oci(AMD64, "lies-type"))])
                .edit(|body| body["manifests"][0]["mediaType"] = json!(SCHEMA2)),
        ),
    ]
}

fn windows(body: &mut Value) {
    body["manifests"][0]["platform"]["os.version"] = json!("10.0.17763.5936");
}

fn zstds() -> Vec<Form> {
    let tar = |seed: &str| tar_of("layer-0", seed.as_bytes());
    let as_gzip = |media_type, layer, seed: &str| {
        bytes(layer, &tar(seed), zstd(&tar(seed)), media_type, seed)
    };
    vec![
        Form::new("oci-zstd", oci_with(&[OCI_LAYER_ZSTD], AMD64, "oci-zstd")),
        Form::new(
            "oci-mixed-zstd",
            oci_with(&[OCI_LAYER, OCI_LAYER_ZSTD], AMD64, "mixed-zstd"),
        ),
        Form::new(
            "oindex-zstd",
            list(
                OCI_INDEX,
                vec![(
                    Some(AMD64),
                    oci_with(&[OCI_LAYER_ZSTD], AMD64, "oindex-zstd"),
                )],
            ),
        ),
        Form::new(
            "dlist-zstd",
            list(
                DOCKER_LIST,
                vec![(Some(AMD64), d2_with(&[DOCKER_ZSTD], AMD64, "dlist-zstd"))],
            ),
        ),
        Form::new("d2-zstd", d2_with(&[DOCKER_ZSTD], AMD64, "d2-zstd")),
        Form::new("d2-ozstd", d2_with(&[OCI_LAYER_ZSTD], AMD64, "d2-ozstd")),
        Form::new(
            "d2-zstd-as-gzip",
            as_gzip(SCHEMA2, DOCKER_LAYER, "d2-as-gzip"),
        ),
        Form::new(
            "oci-zstd-as-gzip",
            as_gzip(OCI_MANIFEST, OCI_LAYER, "oci-as-gzip"),
        ),
        Form::new(
            "oci-gzip-as-zstd",
            bytes(
                OCI_LAYER_ZSTD,
                &tar("as-zstd"),
                gzip(&tar("as-zstd")),
                OCI_MANIFEST,
                "as-zstd",
            ),
        ),
        Form::new(
            "d2-bzip2",
            bytes(DOCKER_LAYER, &[0; 1024], unhex(BZIP2), SCHEMA2, "d2-bzip2"),
        ),
        Form::new(
            "d2-xz",
            bytes(DOCKER_LAYER, &[0; 1024], unhex(XZ), SCHEMA2, "d2-xz"),
        ),
    ]
}

fn mixed() -> Vec<Form> {
    let one =
        |media_type, config, layer: &str, seed| image(media_type, config, &[layer], AMD64, seed);
    vec![
        Form::new(
            "oci-dlayer",
            one(OCI_MANIFEST, OCI_CONFIG, DOCKER_LAYER, "oci-dlayer"),
        ),
        Form::new(
            "oci-dconfig",
            one(OCI_MANIFEST, DOCKER_CONFIG, OCI_LAYER, "oci-dconfig"),
        ),
        Form::new(
            "oci-dboth",
            one(OCI_MANIFEST, DOCKER_CONFIG, DOCKER_LAYER, "oci-dboth"),
        ),
        Form::new(
            "d2-olayer",
            one(SCHEMA2, DOCKER_CONFIG, OCI_LAYER, "d2-olayer"),
        ),
        Form::new(
            "d2-oconfig",
            one(SCHEMA2, OCI_CONFIG, DOCKER_LAYER, "d2-oconfig"),
        ),
        Form::new(
            "d2-octet",
            one(
                SCHEMA2,
                "application/octet-stream",
                DOCKER_LAYER,
                "d2-octet",
            ),
        ),
        Form::new(
            "d2-noconfigtype",
            one(SCHEMA2, DOCKER_CONFIG, DOCKER_LAYER, "d2-noconfigtype")
                .edit(|body| body["config"]["mediaType"] = json!("")),
        ),
        Form::new(
            "d2-unknown-layer",
            one(
                SCHEMA2,
                DOCKER_CONFIG,
                "application/vnd.example.layer.tar+gzip",
                "d2-unknown",
            ),
        ),
        Form::new(
            "encrypted",
            one(
                OCI_MANIFEST,
                OCI_CONFIG,
                "application/vnd.oci.image.layer.v1.tar+gzip+encrypted",
                "encrypted",
            ),
        ),
        Form::new("d2-nomt", d2(AMD64, "d2-nomt").without_media_type()).in_process_only(),
    ]
}

fn artifacts() -> Vec<Form> {
    let text = |seed: &str| Blob::new("text/plain", seed.to_owned());
    vec![
        Form::new(
            "d2-plugin",
            image(
                SCHEMA2,
                "application/vnd.docker.plugin.v1+json",
                &[DOCKER_LAYER],
                AMD64,
                "plugin",
            ),
        ),
        Form::new("helm", helm_chart("helm")),
        Form::new("cosign", super::artifact::cosign_signature("cosign")),
        Form::new(
            "artifact-empty",
            artifact(Blob::new(EMPTY, "{}"), text("artifact-empty"))
                .edit(|body| body["artifactType"] = json!("application/vnd.example")),
        ),
        Form::new(
            "artifact-oras",
            artifact(
                Blob::new("application/vnd.unknown.config.v1+json", "{}"),
                text("oras"),
            ),
        ),
        Form::new(
            "artifact-imageconfig-textlayer",
            artifact(Blob::new(OCI_CONFIG, "{}"), text("textlayer")),
        ),
        Form::new("buildcache", build_cache("buildcache")),
        Form::new(
            "oci-artifact-manifest",
            super::artifact::Artifact::raw(
                super::artifact::OCI_ARTIFACT,
                json!({
                    "mediaType": super::artifact::OCI_ARTIFACT,
                    "artifactType": "application/vnd.example",
                    "blobs": [],
                })
                .to_string(),
            ),
        )
        .in_process_only(),
    ]
}

/// What BuildKit's `--cache-to type=registry` pushes: an index of blobs.
fn build_cache(seed: &str) -> Artifact {
    let layer = Blob::new(OCI_LAYER, gzip(&tar_of("cached", seed.as_bytes())));
    let cache = Blob::new(
        "application/vnd.buildkit.cacheconfig.v0",
        r#"{"layers":[],"records":[]}"#,
    );
    let body = json!({
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [layer.descriptor(), cache.descriptor()],
    });
    let mut artifact = Artifact::raw(OCI_INDEX, body.to_string());
    artifact.blobs = vec![layer, cache];
    artifact
}

/// A foreign layer that `urls` has, below the repository `forms/urls`.
fn foreign(seed: &str, urls: &str) -> Artifact {
    let image = d2_with(&[FOREIGN], AMD64, seed);
    let url = format!("{urls}/v2/forms/urls/blobs/{}", layer_of(&image));
    image.edit(|body| body["layers"][0]["urls"] = json!([url]))
}

fn parts(urls: &str) -> Vec<Form> {
    let (layer, config) = (d2(AMD64, "layer-gone"), d2(AMD64, "config-gone"));
    let child = dlist(&[AMD64, ARM64], "child-gone");
    let absent = foreign("foreign-absent", urls);
    let (layer_digest, config_digest) = (layer_of(&layer), config_of(&config));
    let (child_digest, absent_digest) = (child.children[0].digest(), layer_of(&absent));
    let wrong = config_with_wrong_diff_id("diffid-mismatch");
    vec![
        Form::new("layer-gone", layer).without(layer_digest),
        Form::new("config-gone", config).without(config_digest),
        Form::new("child-gone", child).without(child_digest),
        Form::new("foreign-blob-absent", absent).without(absent_digest),
        Form::new("foreign-blob-present", foreign("foreign-present", urls)),
        Form::new("diffid-mismatch", wrong),
        Form::new(
            "size-wrong-config",
            d2(AMD64, "size-wrong").edit(|body| {
                let size = body["config"]["size"].as_u64().unwrap_or(0);
                body["config"]["size"] = json!(size + 1);
            }),
        ),
    ]
}

fn config_with_wrong_diff_id(seed: &str) -> Artifact {
    let layer = Blob::new(DOCKER_LAYER, gzip(&tar_of("layer-0", seed.as_bytes())));
    let config = config(AMD64, &[digest_of(b"another")], seed);
    manifest(SCHEMA2, Blob::new(DOCKER_CONFIG, config), vec![layer])
}

fn others() -> Vec<Form> {
    vec![
        Form::new("s1-signed", schema1("forms/s1-signed", "1", true)).in_process_only(),
        Form::new(
            "s1-signed-as-json",
            served_as(
                schema1("forms/s1-signed-as-json", "1", true),
                super::artifact::SCHEMA1,
            ),
        )
        .in_process_only(),
        Form::new("s1-unsigned", schema1("forms/s1-unsigned", "1", false)).in_process_only(),
    ]
}

fn served_as(mut artifact: Artifact, media_type: &str) -> Artifact {
    artifact.media_type = media_type.to_owned();
    artifact
}

/// Forms beside those that were measured first: judged here before any client was asked.
fn own() -> Vec<Form> {
    let index = |children| list(OCI_INDEX, children);
    let odd =
        |media_type, config, layers: &[&str], seed| image(media_type, config, layers, AMD64, seed);
    let gone = index(vec![(Some(AMD64), oci(AMD64, "own-config-gone"))]);
    let gone_config = config_of(&gone.children[0]);
    let other_gone = dlist(&[AMD64, ARM64], "own-other-gone");
    let other_digest = other_gone.children[1].digest();
    let gone_layer = list(
        DOCKER_LIST,
        vec![(Some(AMD64), d2(AMD64, "own-list-layer"))],
    );
    let gone_layer_digest = layer_of(&gone_layer.children[0]);
    vec![
        Form::new("own-386", oindex(&["linux/386"], "own-386")),
        Form::new("own-d386", dlist(&["linux/386"], "own-d386")),
        Form::new(
            "own-v2-and-plain",
            dlist(&["linux/amd64/v2", AMD64], "own-v2-plain"),
        ),
        Form::new(
            "own-ovariants",
            oindex(&["linux/amd64/v2"], "own-ovariants"),
        ),
        Form::new("own-v1", oindex(&["linux/amd64/v1"], "own-v1")),
        Form::new(
            "own-dlist-of-dlist",
            list(DOCKER_LIST, vec![(Some(AMD64), dlist(&[AMD64], "own-dd"))]),
        ),
        Form::new(
            "own-idx-of-dlist",
            index(vec![(Some(AMD64), dlist(&[AMD64], "own-id"))]),
        ),
        Form::new(
            "own-idx-of-arm-idx",
            index(vec![(None, oindex(&[ARM64], "own-ia"))]),
        ),
        Form::new(
            "own-idx-of-idx-of-idx",
            index(vec![(
                None,
                index(vec![(None, oindex(&[AMD64], "own-iii"))]),
            )]),
        ),
        Form::new(
            "own-noplat-arm",
            index(vec![(None, oci(ARM64, "own-noplat-arm"))]),
        ),
        Form::new(
            "own-noplat-beside-arm",
            index(vec![
                (Some(ARM64), oci(ARM64, "own-nb")),
                (None, oci(AMD64, "own-nb")),
            ]),
        ),
        Form::new(
            "own-dchild-noplat",
            index(vec![(None, d2(AMD64, "own-dchild-noplat"))]),
        ),
        Form::new(
            "own-idx-dconfig",
            index(vec![(
                Some(AMD64),
                odd(OCI_MANIFEST, DOCKER_CONFIG, &[OCI_LAYER], "own-idc"),
            )]),
        ),
        Form::new(
            "own-dlist-olayer",
            list(
                DOCKER_LIST,
                vec![(
                    Some(AMD64),
                    odd(SCHEMA2, DOCKER_CONFIG, &[OCI_LAYER], "own-dlo"),
                )],
            ),
        ),
        Form::new(
            "own-dlist-oconfig",
            list(
                DOCKER_LIST,
                vec![(
                    Some(AMD64),
                    odd(SCHEMA2, OCI_CONFIG, &[DOCKER_LAYER], "own-dlc"),
                )],
            ),
        ),
        Form::new(
            "own-dlist-126",
            list(
                DOCKER_LIST,
                vec![(
                    Some(AMD64),
                    d2_with(&[DOCKER_LAYER; 126], AMD64, "own-dl126"),
                )],
            ),
        ),
        Form::new(
            "own-oci-126",
            oci_with(&[OCI_LAYER; 126], AMD64, "own-oci-126"),
        ),
        Form::new(
            "own-oci-dzstd",
            odd(OCI_MANIFEST, OCI_CONFIG, &[DOCKER_ZSTD], "own-ocidz"),
        ),
        Form::new(
            "own-oci-unknown-layer",
            odd(
                OCI_MANIFEST,
                OCI_CONFIG,
                &["application/vnd.example.layer.tar+gzip"],
                "own-ociu",
            ),
        ),
        Form::new(
            "own-d2-json-config",
            odd(SCHEMA2, "application/json", &[DOCKER_LAYER], "own-json"),
        ),
        Form::new(
            "own-d2-html-config",
            odd(SCHEMA2, "text/html", &[DOCKER_LAYER], "own-html"),
        ),
        Form::new(
            "own-oci-octet",
            odd(
                OCI_MANIFEST,
                "application/octet-stream",
                &[OCI_LAYER],
                "own-oo",
            ),
        ),
        Form::new(
            "own-d2-mixed-layers",
            odd(
                SCHEMA2,
                DOCKER_CONFIG,
                &[DOCKER_LAYER, OCI_LAYER],
                "own-mix",
            ),
        ),
        Form::new(
            "own-d2-gzip-and-zstd",
            odd(
                SCHEMA2,
                DOCKER_CONFIG,
                &[DOCKER_LAYER, DOCKER_ZSTD],
                "own-gz",
            ),
        ),
        Form::new(
            "own-oci-nondistributable",
            odd(
                OCI_MANIFEST,
                OCI_CONFIG,
                &["application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"],
                "own-nd",
            ),
        ),
        Form::new("own-idx-config-gone", gone).without(gone_config),
        Form::new("own-other-child-gone", other_gone).without(other_digest),
        Form::new("own-list-layer-gone", gone_layer).without(gone_layer_digest),
        Form::new(
            "own-att-two",
            attested(
                OCI_INDEX,
                vec![
                    (Some(AMD64), oci(AMD64, "own-att2")),
                    (Some(ARM64), oci(ARM64, "own-att2")),
                ],
                "own-att2",
            ),
        ),
        Form::new(
            "own-index-of-charts",
            index(vec![(None, helm_chart("own-charts"))]),
        ),
        Form::new(
            "own-windows-only-index",
            oindex(&["windows/amd64"], "own-wi").edit(windows),
        ),
    ]
}
