//! What registries store: manifests, lists and indexes with the blobs they name, in every form that matters to a pull.
//!
//! Built from a few bytes each, but whole: layers are real gzip archives, digests are real, so that `skopeo`, `buildah`
//! and docker's registry take them as well as the in-process one. The seed makes the contents, and so the digests, differ.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub const SCHEMA1: &str = "application/vnd.docker.distribution.manifest.v1+json";
pub const SCHEMA1_SIGNED: &str = "application/vnd.docker.distribution.manifest.v1+prettyjws";
pub const SCHEMA2: &str = "application/vnd.docker.distribution.manifest.v2+json";
pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub const OCI_ARTIFACT: &str = "application/vnd.oci.artifact.manifest.v1+json";

pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
pub const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
pub const OCI_LAYER_ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";

/// `sha256:` and the hex digest of some bytes.
pub fn digest_of(bytes: &[u8]) -> String {
    format!("sha256:{:x}", Sha256::digest(bytes))
}

/// Bytes that a manifest names.
#[derive(Clone, Debug)]
pub struct Blob {
    pub media_type: String,
    pub bytes: Vec<u8>,
}

impl Blob {
    pub fn new(media_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Blob {
            media_type: media_type.to_owned(),
            bytes: bytes.into(),
        }
    }

    pub fn digest(&self) -> String {
        digest_of(&self.bytes)
    }

    pub fn descriptor(&self) -> Value {
        json!({ "mediaType": self.media_type, "digest": self.digest(), "size": self.bytes.len() })
    }
}

/// A manifest with all that must be pushed before it.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// The media type it is pushed with.
    pub media_type: String,
    pub body: Vec<u8>,
    pub blobs: Vec<Blob>,
    /// Children of a list or an index.
    pub children: Vec<Artifact>,
}

impl Artifact {
    pub fn digest(&self) -> String {
        digest_of(&self.body)
    }

    /// A manifest of any content, for what no registry would accept.
    pub fn raw(media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Artifact {
            media_type: media_type.to_owned(),
            body: body.into(),
            blobs: Vec::new(),
            children: Vec::new(),
        }
    }

    fn from_json(media_type: &str, body: &Value) -> Self {
        Artifact::raw(
            media_type,
            serde_json::to_vec_pretty(body).expect("a JSON value"),
        )
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a manifest is JSON")
    }

    /// The same with another body, made from the present one.
    pub fn edit(mut self, change: impl FnOnce(&mut Value)) -> Self {
        let mut body = self.json();
        change(&mut body);
        self.body = serde_json::to_vec_pretty(&body).expect("a JSON value");
        self
    }

    /// OCI makes `mediaType` optional, and older builders leave it out.
    pub fn without_media_type(self) -> Self {
        self.edit(|body| {
            body.as_object_mut().expect("an object").remove("mediaType");
        })
    }

    pub fn descriptor(&self) -> Value {
        json!({ "mediaType": self.media_type, "digest": self.digest(), "size": self.body.len() })
    }
}

/// The two families of image manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    Docker,
    Oci,
}

/// An image for one platform, `os/architecture[/variant]`.
pub fn image(family: Family, platform: &str, seed: &str) -> Artifact {
    let layer_type = match family {
        Family::Docker => DOCKER_LAYER,
        Family::Oci => OCI_LAYER,
    };
    image_with_layer(family, platform, seed, layer_type)
}

/// An image whose only layer claims to be of this media type.
pub fn image_with_layer(family: Family, platform: &str, seed: &str, layer_type: &str) -> Artifact {
    let mut parts = platform.split('/');
    let (os, architecture, variant) = (parts.next(), parts.next(), parts.next());
    let tar = tar_of("etc/image-name", seed.as_bytes());
    let layer = Blob::new(layer_type, gzip(&tar));
    let mut config = json!({
        "created": "2024-01-01T00:00:00Z",
        "os": os.unwrap_or("linux"),
        "architecture": architecture.unwrap_or("amd64"),
        "config": { "Cmd": ["/bin/true"] },
        "rootfs": { "type": "layers", "diff_ids": [digest_of(&tar)] },
        "history": [{ "created": "2024-01-01T00:00:00Z", "created_by": format!("COPY {seed} /") }],
    });
    if let Some(variant) = variant {
        config["variant"] = json!(variant);
    }
    let (media_type, config_type) = match family {
        Family::Docker => (SCHEMA2, DOCKER_CONFIG),
        Family::Oci => (OCI_MANIFEST, OCI_CONFIG),
    };
    manifest(
        media_type,
        Blob::new(
            config_type,
            serde_json::to_vec(&config).expect("a JSON value"),
        ),
        vec![layer],
    )
}

/// A manifest of these parts.
pub fn manifest(media_type: &str, config: Blob, layers: Vec<Blob>) -> Artifact {
    let body = json!({
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": config.descriptor(),
        "layers": layers.iter().map(Blob::descriptor).collect::<Vec<_>>(),
    });
    let mut artifact = Artifact::from_json(media_type, &body);
    artifact.blobs = layers;
    artifact.blobs.push(config);
    artifact
}

pub fn schema2(seed: &str) -> Artifact {
    image(Family::Docker, "linux/amd64", seed)
}

pub fn oci(seed: &str) -> Artifact {
    image(Family::Oci, "linux/amd64", seed)
}

/// A list or an index of these platforms, its children of either family.
pub fn list(media_type: &str, children: Family, platforms: &[&str], seed: &str) -> Artifact {
    list_of(
        media_type,
        platforms
            .iter()
            .map(|p| (*p, image(children, p, seed)))
            .collect(),
    )
}

/// A list or an index of children that were made elsewhere.
pub fn list_of(media_type: &str, children: Vec<(&str, Artifact)>) -> Artifact {
    let manifests: Vec<Value> = children
        .iter()
        .map(|(platform, child)| {
            let mut descriptor = child.descriptor();
            descriptor["platform"] = platform_json(platform);
            descriptor
        })
        .collect();
    let body = json!({ "schemaVersion": 2, "mediaType": media_type, "manifests": manifests });
    let mut artifact = Artifact::from_json(media_type, &body);
    artifact.children = children.into_iter().map(|(_, child)| child).collect();
    artifact
}

pub fn platform_json(platform: &str) -> Value {
    let mut parts = platform.split('/');
    let mut value =
        json!({ "os": parts.next().unwrap_or(""), "architecture": parts.next().unwrap_or("") });
    if let Some(variant) = parts.next() {
        value["variant"] = json!(variant);
    }
    value
}

pub fn docker_list(seed: &str) -> Artifact {
    list(
        DOCKER_LIST,
        Family::Docker,
        &["linux/amd64", "linux/arm64/v8"],
        seed,
    )
}

pub fn oci_index(seed: &str) -> Artifact {
    list(
        OCI_INDEX,
        Family::Oci,
        &["linux/amd64", "linux/arm64/v8"],
        seed,
    )
}

/// What `buildx imagetools create` and old `manifest-tool`s make of OCI builds: docker 1.13 takes the list, not the child.
pub fn docker_list_of_oci(seed: &str) -> Artifact {
    list(
        DOCKER_LIST,
        Family::Oci,
        &["linux/amd64", "linux/arm64/v8"],
        seed,
    )
}

pub fn arm64_list(seed: &str) -> Artifact {
    list(DOCKER_LIST, Family::Docker, &["linux/arm64/v8"], seed)
}

/// An index as BuildKit writes it, each image followed by its attestation manifest (platform `unknown/unknown`).
pub fn index_with_attestations(seed: &str) -> Artifact {
    let image = oci(seed);
    let image_digest = image.digest();
    let statement = Blob::new(
        "application/vnd.in-toto+json",
        br#"{"_type":"https://in-toto.io/Statement/v0.1"}"#,
    );
    let config = Blob::new(
        OCI_CONFIG,
        br#"{"architecture":"unknown","os":"unknown","config":{}}"#,
    );
    let attestation = manifest(OCI_MANIFEST, config, vec![statement]);
    list_of(
        OCI_INDEX,
        vec![("linux/amd64", image), ("unknown/unknown", attestation)],
    )
    .edit(|body| {
        body["manifests"][1]["annotations"] = json!({
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": image_digest,
        });
    })
}

/// A Helm chart, as `helm push` stores it.
pub fn helm_chart(seed: &str) -> Artifact {
    let config = Blob::new(
        "application/vnd.cncf.helm.config.v1+json",
        format!(r#"{{"apiVersion":"v2","name":"{seed}","version":"0.1.0"}}"#),
    );
    let chart = tar_of(
        "chart/Chart.yaml",
        format!("apiVersion: v2\nname: {seed}\nversion: 0.1.0\n").as_bytes(),
    );
    let layer = Blob::new(
        "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
        gzip(&chart),
    );
    manifest(OCI_MANIFEST, config, vec![layer])
}

/// A cosign signature: it looks like an OCI image but for its layers.
pub fn cosign_signature(seed: &str) -> Artifact {
    let config = Blob::new(
        OCI_CONFIG,
        br#"{"architecture":"","os":"","config":{},"rootfs":{"type":"layers","diff_ids":[]}}"#,
    );
    let layer = Blob::new(
        "application/vnd.dev.cosign.simplesigning.v1+json",
        format!(r#"{{"critical":"{seed}"}}"#),
    );
    manifest(OCI_MANIFEST, config, vec![layer])
}

/// An OCI 1.1 artifact: the empty config and an `artifactType`.
pub fn oci_1_1_artifact(artifact_type: &str) -> Artifact {
    let layer = Blob::new("application/spdx+json", br#"{"spdxVersion":"SPDX-2.3"}"#);
    manifest(
        OCI_MANIFEST,
        Blob::new("application/vnd.oci.empty.v1+json", b"{}"),
        vec![layer],
    )
    .edit(|body| body["artifactType"] = json!(artifact_type))
}

/// A docker plugin: schema 2 by its own type, but no image.
pub fn docker_plugin(seed: &str) -> Artifact {
    let config = Blob::new(
        "application/vnd.docker.plugin.v1+json",
        format!(r#"{{"description":"{seed}"}}"#),
    );
    manifest(
        SCHEMA2,
        config,
        vec![Blob::new(
            DOCKER_LAYER,
            gzip(&tar_of("plugin", seed.as_bytes())),
        )],
    )
}

/// Schema 1, with a signature block or, as Nexus and Quay convert, without.
pub fn schema1(name: &str, tag: &str, signed: bool) -> Artifact {
    let layer = Blob::new(
        "application/octet-stream",
        gzip(&tar_of("etc/image-name", name.as_bytes())),
    );
    let mut body = json!({
        "schemaVersion": 1,
        "name": name,
        "tag": tag,
        "architecture": "amd64",
        "fsLayers": [{ "blobSum": layer.digest() }],
        "history": [{ "v1Compatibility": r#"{"id":"5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef","created":"2016-01-01T00:00:00Z","architecture":"amd64","os":"linux"}"# }],
    });
    if signed {
        body["signatures"] = json!([{
            "header": { "alg": "ES256", "jwk": { "crv": "P-256", "kty": "EC", "x": "AA", "y": "AA" } },
            "signature": "AA",
            "protected": "AA",
        }]);
    }
    let mut artifact = Artifact::from_json(if signed { SCHEMA1_SIGNED } else { SCHEMA1 }, &body);
    artifact.blobs.push(layer);
    artifact
}

/// A tar archive of one file (POSIX.1-1988 `ustar` header).
pub fn tar_of(path: &str, content: &[u8]) -> Vec<u8> {
    let mut header = [0u8; 512];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, path.as_bytes());
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{:011o}\0", content.len()).as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut tar = header.to_vec();
    tar.extend_from_slice(content);
    tar.resize(tar.len().next_multiple_of(512) + 1024, 0);
    tar
}

/// gzip of stored blocks (RFC 1951, 3.2.4; RFC 1952): no compressor is needed for a few bytes.
pub fn gzip(content: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let mut chunks = content.chunks(0xffff).peekable();
    if chunks.peek().is_none() {
        out.extend_from_slice(&[1, 0, 0, 0xff, 0xff]);
    }
    while let Some(chunk) = chunks.next() {
        let length = chunk.len() as u16;
        out.push(u8::from(chunks.peek().is_none()));
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(chunk);
    }
    out.extend_from_slice(&crc32(content).to_le_bytes());
    out.extend_from_slice(&(content.len() as u32).to_le_bytes());
    out
}

/// A zstd frame of raw blocks (RFC 8878, 3.1.1): no compressor is needed for a few bytes.
pub fn zstd(content: &[u8]) -> Vec<u8> {
    // Magic number; one segment with its size in four bytes.
    let mut out = vec![0x28, 0xb5, 0x2f, 0xfd, 0xa0];
    out.extend_from_slice(&(content.len() as u32).to_le_bytes());
    let mut chunks = content.chunks(0xffff).peekable();
    while let Some(chunk) = chunks.next() {
        let header = (chunk.len() as u32) << 3 | u32::from(chunks.peek().is_none());
        out.extend_from_slice(&header.to_le_bytes()[..3]);
        out.extend_from_slice(chunk);
    }
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            }
        })
    })
}
