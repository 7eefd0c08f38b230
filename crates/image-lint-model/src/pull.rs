//! Whether a client pulls a stored image: its features, for the child that the client takes, against the client's column
//! of [`crate::clients::TABLE`].

use std::cmp::Ordering;

use crate::choose::{Choice, absence, choose, missing};
use crate::clients::{Answer, Client, Feature};
use crate::manifest::{Body, Child, Format, Manifest, Part, Platform, Presence, Rootfs};

/// Docker's `layer.maxLayerDepth` (moby `layer/layer_store.go`).
pub const MOST_LAYERS: usize = 125;

/// Letters of a digest.
const DIGEST: usize = "sha256:".len() + 64;

/// What a client makes of an image, as far as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pull {
    Works,
    /// Proved: it refuses.
    Refused(Refusal),
    /// It refuses in some versions, or with some registries.
    Depends(Refusal),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub feature: Feature,
    /// The client's own words, filled in.
    pub words: String,
    /// Of the client: "docker 1.13".
    pub client: &'static str,
    /// Within a list: the platform of the child that is taken, where it names one, and its digest.
    pub child: Option<ChildName>,
    /// The media type or digest that decided it.
    pub detail: Box<str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildName {
    pub platform: Option<Platform>,
    pub digest: Box<str>,
}

/// What this client makes of the image on this platform.
pub fn pull(client: &'static Client, manifest: &Manifest, platform: &Platform) -> Pull {
    let look = Look {
        client,
        platform,
        list: None,
        child: None,
    };
    look.manifest(manifest)
}

/// A feature that is there, with the media type or digest that shows it.
type Seen = (Feature, Box<str>);

struct Look<'a> {
    client: &'static Client,
    platform: &'a Platform,
    /// The list that is looked into.
    list: Option<&'a Manifest>,
    child: Option<ChildName>,
}

impl Look<'_> {
    fn manifest(&self, manifest: &Manifest) -> Pull {
        let top = kind(manifest);
        let detail = manifest.format.media_type().into();
        let found = self.answer((top, detail), manifest);
        if found != Pull::Works {
            return found;
        }
        match &manifest.body {
            Some(_) if manifest.format.is_list() => self.within(manifest),
            Some(body) => {
                let mut seen = image_features(manifest.format, body, self.child.is_some());
                seen.extend(self.other_system(body));
                self.worst(seen, manifest)
            }
            None => Pull::Works,
        }
    }

    /// A list is believed: its own word of the platform counts, and configs are copied.
    fn other_system(&self, body: &Body) -> Option<Seen> {
        let has = body.platform.as_ref().filter(|_| self.child.is_none())?;
        let other = !has.os.eq_ignore_ascii_case(&self.platform.os);
        other.then(|| (Feature::OtherSystem, has.os.clone()))
    }

    fn within(&self, list: &Manifest) -> Pull {
        if let Some(child) = missing(self.client, list, self.platform) {
            return self.answer((Feature::ChildGone, child.digest.clone()), list);
        }
        let child = match choose(self.client, list, self.platform) {
            Choice::Child(child) => child,
            Choice::Unread => return Pull::Works,
            Choice::None => {
                let (feature, missing) = absence(self.client, list, self.platform);
                let digest = missing.map(|child| child.digest.clone());
                return self.answer((feature, digest.unwrap_or_default()), list);
            }
        };
        let inner = Look {
            client: self.client,
            platform: self.platform,
            list: Some(list),
            child: Some(ChildName {
                platform: child.platform.clone(),
                digest: child.digest.clone(),
            }),
        };
        if child.gone {
            return inner.answer((Feature::ChildGone, child.digest.clone()), list);
        }
        let Some(format) = child.format() else {
            // Of another type than any manifest's nothing is known; none at all is seen without the child.
            return match child.media_type.is_empty() {
                true => inner.answer((Feature::UntypedChild, child.digest.clone()), list),
                false => Pull::Works,
            };
        };
        if format.is_list() {
            return inner.answer((Feature::NestedList, child.media_type.clone()), list);
        }
        let declared = Manifest {
            format,
            digest: Some(child.digest.clone()),
            digest_computed: false,
            body: None,
        };
        let found = inner.manifest(child.manifest.as_deref().unwrap_or(&declared));
        if found != Pull::Works {
            return found;
        }
        if let Some(system) = capitals(child) {
            let other = inner.answer((Feature::CapitalSystem, system.into()), list);
            if other != Pull::Works {
                return other;
            }
        }
        if child.attestation {
            let other = inner.answer((Feature::ListedAttestation, child.digest.clone()), list);
            if other != Pull::Works {
                return other;
            }
        }
        let sizes = [Feature::ChildSize, Feature::ChildSmaller];
        let size = child.body().map(|body| body.size);
        if let Some(feature) = size.and_then(|size| wrong(child.size, size, sizes)) {
            let other = inner.answer((feature, child.digest.clone()), list);
            if other != Pull::Works {
                return other;
            }
        }
        if child.media_type.is_empty() {
            return inner.answer((Feature::UntypedChild, child.digest.clone()), list);
        }
        if Format::from_media_type(&child.media_type) != Some(format) {
            return inner.answer((Feature::MislabelledChild, child.media_type.clone()), list);
        }
        found
    }

    /// The first feature that is refused, else the first that depends.
    fn worst(&self, features: Vec<Seen>, manifest: &Manifest) -> Pull {
        let mut worst = Pull::Works;
        for seen in features {
            match self.answer(seen, manifest) {
                refused @ Pull::Refused(_) => return refused,
                depends @ Pull::Depends(_) if worst == Pull::Works => worst = depends,
                _ => {}
            }
        }
        worst
    }

    fn answer(&self, (feature, detail): Seen, manifest: &Manifest) -> Pull {
        let refusal = |words: &str| Refusal {
            feature,
            words: self.fill(words, &detail, manifest),
            client: self.client.words,
            child: self.child.clone(),
            detail: detail.clone(),
        };
        match self.client.answer(feature) {
            Answer::Pulls => Pull::Works,
            Answer::Refuses(words) => Pull::Refused(refusal(words)),
            Answer::Depends(words) => Pull::Depends(refusal(words)),
        }
    }

    fn fill(&self, words: &str, detail: &str, manifest: &Manifest) -> String {
        let platform = self.platform;
        let top = self.list.unwrap_or(manifest);
        let body = manifest.body.as_ref();
        let artifact = body.and_then(|body| body.artifact_type.as_deref());
        words
            .replace("{platform}", &platform.to_string())
            .replace("{os}", &platform.os)
            .replace("{arch}", &platform.architecture)
            .replace("{variant}", platform.variant.as_deref().unwrap_or(""))
            .replace(
                "{list}",
                if top.format == Format::OciIndex {
                    "image index"
                } else {
                    "manifest list"
                },
            )
            .replace("{missing}", detail)
            .replace("{digest}", top.digest.as_deref().unwrap_or("sha256:…"))
            .replace("{artifact}", artifact.unwrap_or(detail))
            .replace("{type}", detail)
            .replace(
                "{class}",
                if detail.starts_with("application/vnd.docker.plugin.") {
                    "plugin"
                } else {
                    "unknown"
                },
            )
    }
}

/// The operating system that a list gives its child, where it has capital letters.
fn capitals(child: &Child) -> Option<&str> {
    let system = &*child.platform.as_ref()?.os;
    system
        .contains(|c: char| c.is_ascii_uppercase())
        .then_some(system)
}

fn kind(manifest: &Manifest) -> Feature {
    let untyped = manifest.body.as_ref().is_some_and(|body| !body.typed);
    match manifest.format {
        Format::DockerSchema1Signed => Feature::SignedSchema1,
        Format::DockerSchema1 => Feature::UnsignedSchema1,
        Format::DockerSchema2 if untyped => Feature::UntypedSchema2,
        Format::DockerSchema2 => Feature::Schema2,
        Format::DockerList => Feature::DockerList,
        Format::OciManifest => Feature::OciManifest,
        Format::OciIndex => Feature::OciIndex,
        Format::OciArtifact => Feature::ArtifactManifest,
    }
}

/// Features of a single image, in the order in which they are reported.
fn image_features(format: Format, body: &Body, listed: bool) -> Vec<Seen> {
    let mut seen = Vec::new();
    let docker = match format {
        Format::DockerSchema2 => true,
        Format::OciManifest => false,
        // Of schema 1 the digests alone are known.
        _ => {
            parts(body, &mut seen);
            return seen;
        }
    };
    seen.extend(counted_features(docker, body, listed));
    if let Some(config) = &body.config
        && let Some(feature) = config_feature(docker, body, &config.media_type, listed)
    {
        seen.push((feature, config.media_type.clone()));
    }
    for layer in &body.layers {
        if let Some(feature) = layer_feature(docker, &layer.media_type)
            && seen.iter().all(|(known, _)| *known != feature)
        {
            seen.push((feature, layer.media_type.clone()));
        }
    }
    if body.layers.len() > MOST_LAYERS {
        seen.push((Feature::ManyLayers, body.layers.len().to_string().into()));
    }
    parts(body, &mut seen);
    seen.extend(rootfs_feature(body).map(|feature| {
        let config = body.config.as_ref().map(|config| config.digest.clone());
        (feature, config.unwrap_or_default())
    }));
    seen
}

/// What the config says of the layers, where it was read.
fn rootfs_feature(body: &Body) -> Option<Feature> {
    match body.rootfs {
        Rootfs::Unreadable => Some(Feature::ConfigUnreadable),
        Rootfs::Absent if !body.layers.is_empty() => Some(Feature::NoRootfs),
        Rootfs::Layers(count) if count != body.layers.len() => Some(Feature::OtherLayers),
        _ => None,
    }
}

/// What containerd unpacks by types that it knows, the config's and those of layers: it counts before it looks at any.
fn counted_features(docker: bool, body: &Body, listed: bool) -> Option<Seen> {
    use Feature::*;
    let config = body.config.as_ref()?;
    let of_config = config_feature(docker, body, &config.media_type, listed);
    let unknown_config = matches!(
        of_config,
        Some(GenericConfig | GenericConfigInOci | ArtifactConfigInDocker | ArtifactConfigInOci)
    );
    let unknown_layer = |layer: &&Part| {
        matches!(
            layer_feature(docker, &layer.media_type),
            Some(
                UnknownLayersInDocker
                    | UnknownLayersInOci
                    | OddLayersInDocker
                    | UntypedLayersInOci
                    | DockerZstd
                    | DockerZstdInOci
            )
        )
    };
    let unknown = body.layers.iter().filter(unknown_layer).count();
    let other = match body.rootfs {
        // The config of an artifact is not read; one that is too small cannot name the layers.
        Rootfs::Unread => config.size < (DIGEST * body.layers.len()) as u64,
        _ => matches!(rootfs_feature(body), Some(NoRootfs | OtherLayers)),
    };
    let feature = match (unknown_config, unknown) {
        (true, _) if other => OtherLayersInArtifact,
        (false, count) if count == body.layers.len() && count > 0 && other => OtherLayersInArtifact,
        (false, count) if (1..body.layers.len()).contains(&count) => PartlyUnknownLayers,
        _ => return None,
    };
    Some((feature, config.digest.clone()))
}

fn config_feature(docker: bool, body: &Body, media_type: &str, listed: bool) -> Option<Feature> {
    let oci = media_type == "application/vnd.oci.image.config.v1+json";
    let own = media_type == "application/vnd.docker.container.image.v1+json";
    let general = matches!(
        media_type,
        "" | "application/octet-stream" | "application/json" | "text/html"
    );
    match docker {
        true if oci && listed => Some(Feature::OciConfigInListedDocker),
        true if oci => Some(Feature::OciConfigInDocker),
        true if general => Some(Feature::GenericConfig),
        false if own && body.artifact_type.is_some() => Some(Feature::DockerConfigInArtifact),
        false if own => Some(Feature::DockerConfigInOci),
        false if general => Some(Feature::GenericConfigInOci),
        true if !own && !oci => Some(Feature::ArtifactConfigInDocker),
        false if !oci => Some(Feature::ArtifactConfigInOci),
        _ => None,
    }
}

/// What a layer's type is to a manifest of its family; None for the usual ones.
fn layer_feature(docker: bool, media_type: &str) -> Option<Feature> {
    if media_type.ends_with("+encrypted") {
        return Some(Feature::Encrypted);
    }
    let zstd = is_zstd(media_type);
    if let Some(rest) = media_type.strip_prefix("application/vnd.docker.image.rootfs.") {
        let known = matches!(
            rest,
            "diff.tar"
                | "diff.tar.gzip"
                | "diff.tar.zstd"
                | "foreign.diff.tar"
                | "foreign.diff.tar.gzip"
        );
        return match (docker, zstd) {
            _ if !known => Some(odd(docker)),
            (true, true) => Some(Feature::DockerZstd),
            (false, true) => Some(Feature::DockerZstdInOci),
            (true, false) => None,
            (false, false) => Some(Feature::DockerLayersInOci),
        };
    }
    if let Some(rest) = media_type.strip_prefix("application/vnd.oci.image.layer.") {
        let rest = rest.strip_prefix("nondistributable.").unwrap_or(rest);
        let known = matches!(rest, "v1.tar" | "v1.tar+gzip" | "v1.tar+zstd");
        return match (docker, zstd) {
            _ if !known => Some(odd(docker)),
            (true, true) => Some(Feature::OciZstdInDocker),
            (false, true) => Some(Feature::OciZstd),
            (true, false) => Some(Feature::OciLayersInDocker),
            (false, false) => None,
        };
    }
    if media_type.is_empty() && !docker {
        return Some(Feature::UntypedLayersInOci);
    }
    // What moby's `checkSupportedMediaType` lets pass.
    let of_a_family = |family| media_type.to_ascii_lowercase().starts_with(family);
    if media_type.is_empty()
        || of_a_family("application/vnd.docker.")
        || of_a_family("application/vnd.oci.image.")
    {
        return Some(odd(docker));
    }
    Some(unknown(docker))
}

fn odd(docker: bool) -> Feature {
    if docker {
        Feature::OddLayersInDocker
    } else {
        Feature::OddLayersInOci
    }
}

fn unknown(docker: bool) -> Feature {
    if docker {
        Feature::UnknownLayersInDocker
    } else {
        Feature::UnknownLayersInOci
    }
}

/// Whether a layer's type says zstd.
pub fn is_zstd(media_type: &str) -> bool {
    media_type.ends_with("+zstd") || media_type.ends_with(".zstd")
}

/// Parts that are missing or of another size, where they were asked for.
fn parts(body: &Body, seen: &mut Vec<Seen>) {
    if let Some(config) = &body.config {
        match config.presence {
            Presence::Gone => seen.push((Feature::ConfigGone, config.digest.clone())),
            Presence::There { size: Some(size) } => {
                let sizes = [Feature::ConfigSize, Feature::ConfigSmaller];
                let feature = wrong(config.size, size, sizes);
                seen.extend(feature.map(|feature| (feature, config.digest.clone())));
            }
            _ => {}
        }
    }
    let gone = |part: &&Part| part.presence == Presence::Gone;
    if let Some(layer) = body.layers.iter().filter(gone).find(|l| l.urls.is_empty()) {
        seen.push((Feature::LayerGone, layer.digest.clone()));
    }
    if let Some(layer) = body.layers.iter().filter(gone).find(|l| !l.urls.is_empty()) {
        seen.push((Feature::ForeignLayers, layer.digest.clone()));
    }
    // Schema 1 gives no sizes.
    if body.config.is_none() {
        return;
    }
    let of_layer = |layer: &Part| match layer.presence {
        Presence::There { size: Some(size) } => {
            let feature = wrong(
                layer.size,
                size,
                [Feature::LayerSize, Feature::LayerSmaller],
            );
            feature.map(|feature| (feature, layer.digest.clone()))
        }
        _ => None,
    };
    seen.extend(body.layers.iter().find_map(of_layer));
}

/// The first of two features where a size is said to be larger than it is, the other where it is said to be smaller.
fn wrong(said: u64, size: u64, [larger, smaller]: [Feature; 2]) -> Option<Feature> {
    match said.cmp(&size) {
        Ordering::Greater => Some(larger),
        Ordering::Less => Some(smaller),
        Ordering::Equal => None,
    }
}
