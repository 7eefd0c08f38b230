//! The table `form feature × client`, with the words of the clients.

use super::Answer::{Depends as D, Pulls as Y, Refuses as N};
use super::{Answer, CLIENTS, Feature, Row};

const KEY: Answer = N("missing signature key");
const DEEP: Answer = N("max depth exceeded");
const TAR: Answer = N("archive/tar: invalid tar header");
const BLOB: Answer = N("unknown blob");
const MANIFEST: Answer = N("manifest unknown");
const MEDIA_TYPE: Answer = N("unsupported media type {type}");
/// containers/image `manifest/docker_schema2.go`.
const V2S2: Answer = N("unsupported docker v2s2 media type: \"{type}\"");
const NO_TYPE: Answer = N("unsupported docker v2s2 media type: \"\"");
const NOT_CONFIG: Answer =
    N("unsupported image-specific operation on artifact with type \"{type}\"");
/// containers/image `internal/manifest/errors.go`: what an artifact says of itself goes before the type of its config.
const ARTIFACT: Answer =
    N("unsupported image-specific operation on artifact with type \"{artifact}\"");
const STATUS: Answer = N("invalid status code from registry 404 (Not Found)");
/// containerd `core/remotes/docker/fetcher.go`.
const REMOTE: Answer = N("from remote: not found");
const NO_LONGER: Answer = N("schema 1 image manifests are no longer supported");
const REMOVED: Answer = N("Docker Image manifest version 2, schema 1 support has been removed");
/// moby `distribution/pull_v2.go`, `invalidManifestClassError`.
const CLASS: Answer = N("Encountered remote \"{type}\"({class}) when fetching");
/// distribution `manifest/schema2/manifest.go`.
const UNTYPED: Answer = N(
    "mediaType in manifest should be 'application/vnd.docker.distribution.manifest.v2+json' not ''",
);
/// containerd `diff/stream.go`.
const PROCESSOR: Answer =
    N("failed to get stream processor for {type}: no processor for media-type");
/// The two above for the layers of an attestation, whose manifest is not read: BuildKit stores statements of in-toto.
/// docker 1.13 takes a docker manifest by operating system and architecture (`distribution/pull_v2.go`,
/// `pullManifestList`), looks at no type of a layer (`pullSchema2`), takes what it cannot decompress for a tar
/// (`distribution/xfer/download.go`, `archive.DecompressStream`) and fails to unpack it (`layer/layer_store.go`,
/// `applyTar`; `pkg/chrootarchive`, `applyLayerHandler`); one in an OCI manifest ends with the missing key before.
const STATEMENT: Answer = N("unsupported media type application/vnd.in-toto+json");
const NO_PROCESSOR: Answer = N(
    "failed to get stream processor for application/vnd.in-toto+json: no processor for media-type",
);
const STREAM: Answer = N("failed to get stream processor for {type}");
const READER: Answer = N("failed to get reader from content store");
const NO_MATCH: Answer = N("no match for platform in manifest {digest}: not found");
const NO_MATCHING: Answer = N("no matching manifest for {platform} in the manifest list entries");
/// containerd `internal/cri/server/images/image_pull.go`: `Config` looks for what the pull, which is stricter, left out.
const NARROWER: Answer = N("get image config descriptor: content digest {missing}: not found");
/// containerd `core/images/handlers.go`, `LimitManifests`: the size is that of the first child that names a platform.
const BESIDE: Answer = N("get image compressed resource size: content digest {missing}: not found");
const NO_SUPPORTED: Answer = N("no supported platform found in manifest list");
const NO_IMAGE: Answer =
    N("no image found in {list} for architecture {arch}, variant \"{variant}\", OS {os}");
const NO_IMAGE_QUOTED: Answer =
    N("no image found in {list} for architecture \"{arch}\", variant \"{variant}\", OS \"{os}\"");
/// containerd `client/image.go`, `getLayers`.
const MISMATCHED: Answer = N("mismatched image rootfs and manifest layers");
/// The daemon of docker 20.10 crashes while it unpacks what is of `Linux`, and its client hears no more of it.
const CRASH: Answer = N("unexpected EOF");
const EOF: Answer = N("unexpected EOF");
const SMALL: Answer = N("failed size validation");
const SIZE: Answer = N("blob size mismatch");
/// moby `distribution/pull_v2.go`.
const ROOTFS: Answer = N("invalid rootfs in image configuration");
const OTHERS: Answer = N("layers from manifest don't match image configuration");
const SYSTEM: Answer = N("image operating system \"{type}\" cannot be used on this platform");
/// containerd `client/image.go`, `unpack`.
const DIFF_IDS: Answer = N("number of layers and diffIDs don't match");
const UNEXPECTED_LIST: Answer =
    N("Unexpectedly received a manifest list instead of a manifest for a single image");

const fn row(feature: Feature, words: &'static str, answers: [Answer; CLIENTS.len()]) -> Row {
    Row {
        feature,
        words,
        answers,
    }
}

/// The table. Columns: docker 1.13, docker 20.10, docker 28, podman 4.3, podman 5.8, containerd 1.6, containerd 2.1.
#[rustfmt::skip]
pub static TABLE: [Row; 53] = [
    row(Feature::SignedSchema1, "a docker schema 1 manifest (signed)",
        [Y, Y, REMOVED, Y, Y, Y, NO_LONGER]),
    row(Feature::UnsignedSchema1, "a docker schema 1 manifest (unsigned)",
        [KEY, KEY, KEY, Y, Y, REMOTE, REMOTE]),
    row(Feature::Schema2, "a docker schema 2 manifest", [Y; 7]),
    row(Feature::UntypedSchema2, "a docker schema 2 manifest whose body does not name its type",
        [Y, UNTYPED, UNTYPED, NO_TYPE, NO_TYPE, Y, Y]),
    row(Feature::OciManifest, "an OCI manifest", [KEY, Y, Y, Y, Y, Y, Y]),
    row(Feature::DockerList, "a docker manifest list", [Y; 7]),
    row(Feature::OciIndex, "an OCI index", [KEY, Y, Y, Y, Y, Y, Y]),
    row(Feature::ArtifactManifest, "an OCI artifact manifest",
        [KEY, KEY, KEY, N("unsupported schema version 0"), N("unsupported schema version 0"), REMOTE, REMOTE]),
    row(Feature::DockerConfigInOci, "an OCI manifest with docker's type of config",
        [KEY, Y, Y, NOT_CONFIG, N("invalid mixed OCI image with Docker v2s2 config (\"{type}\")"), Y, Y]),
    row(Feature::DockerConfigInArtifact, "an OCI manifest with an artifact's type and docker's type of config",
        [KEY, Y, Y, NOT_CONFIG, ARTIFACT, Y, Y]),
    row(Feature::OciConfigInDocker, "a docker manifest with OCI's type of config",
        [N("target is unknown"), Y, Y, Y, Y, Y, Y]),
    row(Feature::OciConfigInListedDocker, "a docker manifest in a list with OCI's type of config", [Y; 7]),
    row(Feature::GenericConfig, "a docker manifest with a config of a general type",
        [Y, Y, Y, Y, Y, READER, Y]),
    row(Feature::GenericConfigInOci, "an OCI manifest with a config of a general type",
        [KEY, Y, Y, NOT_CONFIG, ARTIFACT, READER, Y]),
    row(Feature::ArtifactConfigInDocker, "a docker manifest with the config of an artifact",
        [N("target is {class}"), CLASS, CLASS, Y, Y, READER, Y]),
    row(Feature::ArtifactConfigInOci, "an OCI manifest with the config of an artifact",
        [KEY, MEDIA_TYPE, MEDIA_TYPE, NOT_CONFIG, ARTIFACT, READER, Y]),
    row(Feature::OtherLayersInArtifact, "an image of unknown types whose config names another number of layers",
        [Y, Y, Y, Y, Y, MISMATCHED, Y]),
    row(Feature::PartlyUnknownLayers, "an image with some layers of zstd or unknown types in docker's names",
        [Y, Y, Y, Y, Y, DIFF_IDS, Y]),
    row(Feature::DockerLayersInOci, "an OCI manifest with docker's types of layers",
        [KEY, Y, Y, Y, Y, Y, Y]),
    row(Feature::OciLayersInDocker, "a docker manifest with OCI's types of layers",
        [Y, Y, Y, V2S2, V2S2, Y, Y]),
    row(Feature::UnknownLayersInDocker, "a docker manifest with layers of an unknown type",
        [Y, MEDIA_TYPE, MEDIA_TYPE, V2S2, V2S2, PROCESSOR, Y]),
    row(Feature::UnknownLayersInOci, "an OCI manifest with layers of an unknown type",
        [KEY, MEDIA_TYPE, MEDIA_TYPE, Y, Y, PROCESSOR, Y]),
    row(Feature::OddLayersInDocker, "a docker manifest with layers of an odd type of docker's or OCI's",
        [Y, Y, Y, V2S2, V2S2, PROCESSOR, Y]),
    row(Feature::OddLayersInOci, "an OCI manifest with layers of an odd type of docker's or OCI's",
        [KEY, Y, Y, Y, Y, TAR, TAR]),
    row(Feature::UntypedLayersInOci, "an OCI manifest with layers of no type",
        [KEY, Y, Y, Y, Y, PROCESSOR, Y]),
    row(Feature::OciZstd, "an OCI manifest with zstd layers", [KEY, TAR, Y, Y, Y, Y, Y]),
    row(Feature::OciZstdInDocker, "a docker manifest with OCI's zstd layers",
        [TAR, TAR, Y, V2S2, V2S2, Y, Y]),
    row(Feature::DockerZstd, "a docker manifest with zstd layers",
        [TAR, TAR, Y, V2S2, Y, PROCESSOR, Y]),
    row(Feature::DockerZstdInOci, "an OCI manifest with docker's zstd layers",
        [KEY, TAR, Y, Y, Y, PROCESSOR, Y]),
    row(Feature::Encrypted, "encrypted",
        [KEY, TAR, TAR, TAR, N("does not match config's DiffID"), STREAM, STREAM]),
    row(Feature::ForeignLayers, "an image with a foreign layer that its registry does not have",
        [BLOB, BLOB, BLOB, Y, Y, Y, Y]),
    row(Feature::ManyLayers, "an image of more than 125 layers", [DEEP, DEEP, DEEP, Y, Y, Y, Y]),
    row(Feature::NoPlatform, "a list without the platform",
        [NO_SUPPORTED, NO_MATCHING, NO_MATCHING, NO_IMAGE, NO_IMAGE_QUOTED,
         N("no match for platform in manifest"), NO_MATCH]),
    row(Feature::NarrowerAlone, "a list whose only image that runs there is of 32 bits",
        [NO_SUPPORTED, NO_MATCHING, Y, NO_IMAGE, NO_IMAGE_QUOTED, Y, NARROWER]),
    row(Feature::UnnamedBesideOthers, "a docker list with an image without platform beside those of others",
        [NO_SUPPORTED, NO_MATCHING, Y, NO_IMAGE, NO_IMAGE_QUOTED, BESIDE, BESIDE]),
    row(Feature::CapitalSystem, "a list that writes its operating system with capitals",
        [NO_SUPPORTED, CRASH, Y, NO_IMAGE, NO_IMAGE_QUOTED, Y, Y]),
    row(Feature::NestedList, "a list in a list",
        [N("unsupported manifest format"), N("unsupported manifest format"), Y, UNEXPECTED_LIST, UNEXPECTED_LIST, Y, Y]),
    row(Feature::ListedAttestation, "a list that names an attestation for the platform",
        [TAR, STATEMENT, STATEMENT, TAR, TAR, NO_PROCESSOR, Y]),
    row(Feature::MislabelledChild, "a list that declares another type than its image has",
        [Y, Y, Y, Y, Y, D("from remote: not found"), D("not found")]),
    row(Feature::UntypedChild, "a list that does not declare the type of its image",
        [Y, Y, Y, Y, Y, REMOTE, REMOTE]),
    row(Feature::ChildGone, "a list whose image is gone",
        [MANIFEST, MANIFEST, MANIFEST, MANIFEST, MANIFEST, N("not found"), N("not found")]),
    row(Feature::ConfigGone, "an image whose config is gone",
        [BLOB, BLOB, BLOB, STATUS, N("blob unknown to registry"), REMOTE, REMOTE]),
    row(Feature::LayerGone, "an image of which a layer is gone",
        [BLOB, BLOB, BLOB, STATUS, N("blob unknown to registry"), REMOTE, REMOTE]),
    row(Feature::ConfigSize, "a manifest that gives its config too large a size", [Y, Y, Y, SIZE, SIZE, EOF, EOF]),
    row(Feature::ConfigSmaller, "a manifest that gives its config too small a size",
        [Y, Y, Y, SIZE, SIZE, SMALL, SMALL]),
    row(Feature::LayerSize, "a manifest that gives a layer too large a size", [Y, Y, Y, Y, Y, EOF, EOF]),
    row(Feature::LayerSmaller, "a manifest that gives a layer too small a size", [Y, Y, Y, Y, Y, SMALL, SMALL]),
    row(Feature::ChildSize, "a list that gives its image too large a size", [Y, Y, Y, Y, Y, EOF, EOF]),
    row(Feature::ChildSmaller, "a list that gives its image too small a size", [Y, Y, Y, Y, Y, SMALL, SMALL]),
    row(Feature::ConfigUnreadable, "an image whose config is not JSON", [N("invalid character"); 7]),
    row(Feature::NoRootfs, "an image whose config names no layers",
        [ROOTFS, ROOTFS, ROOTFS, Y, Y, DIFF_IDS, DIFF_IDS]),
    row(Feature::OtherLayers, "an image whose config names another number of layers",
        [OTHERS, OTHERS, OTHERS, Y, Y, DIFF_IDS, DIFF_IDS]),
    row(Feature::OtherSystem, "a single image for another operating system",
        [Y, SYSTEM, SYSTEM, Y, Y, Y, Y]),
];
