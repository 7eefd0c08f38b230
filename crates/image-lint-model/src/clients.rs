//! What pulls images, as data: one table, `form feature × client`. A new client is a column, a new feature a row; targets,
//! verdicts, the words of findings and docs/what-pulls-what.md are read from here.
//!
//! Every column but docker 1.13's was measured: `scripts/measure-clients.sh` pulls each stored form with each client and
//! prints the cells that differ from this table. docker 1.13 was followed in its source (moby v1.13.1 `distribution/`).

mod table;

pub use table::TABLE;

/// A property of a stored image on which clients differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    // What the name or the chosen child is.
    SignedSchema1,
    UnsignedSchema1,
    Schema2,
    /// Schema 2 whose body does not name its own type.
    UntypedSchema2,
    OciManifest,
    DockerList,
    OciIndex,
    ArtifactManifest,
    // The config.
    DockerConfigInOci,
    /// The same in a manifest that says that it is an artifact.
    DockerConfigInArtifact,
    OciConfigInDocker,
    /// The same within a list, where docker 1.13 does not look at the type.
    OciConfigInListedDocker,
    /// `application/octet-stream`, `application/json`, `text/html` or none (distribution/distribution#1621).
    GenericConfig,
    /// The same in an OCI manifest.
    GenericConfigInOci,
    ArtifactConfigInDocker,
    ArtifactConfigInOci,
    /// A config or a layer of an unknown type, and a config that names another number of layers.
    OtherLayersInArtifact,
    /// Some layers are of a type that is known, others of one that is not.
    PartlyUnknownLayers,
    // Layers.
    DockerLayersInOci,
    OciLayersInDocker,
    UnknownLayersInDocker,
    UnknownLayersInOci,
    /// Of a type that begins as docker's or OCI's own and that nobody defines.
    OddLayersInDocker,
    OddLayersInOci,
    UntypedLayersInOci,
    OciZstd,
    OciZstdInDocker,
    DockerZstd,
    DockerZstdInOci,
    Encrypted,
    /// A foreign layer that only its `urls` have.
    ForeignLayers,
    ManyLayers,
    // Lists.
    NoPlatform,
    /// What could run there is of the narrower architecture: `386` for `amd64`, `arm` for `arm64`.
    NarrowerAlone,
    /// What fits names no platform, and others of the list do.
    UnnamedBesideOthers,
    /// The list writes the operating system with capitals.
    CapitalSystem,
    NestedList,
    /// What the list names for the platform is an attestation.
    ListedAttestation,
    /// The list declares another type than its child is served with.
    MislabelledChild,
    /// The list declares none.
    UntypedChild,
    // Parts.
    ChildGone,
    ConfigGone,
    LayerGone,
    /// The manifest gives its config a larger size than it has.
    ConfigSize,
    ConfigSmaller,
    LayerSize,
    LayerSmaller,
    /// A list gives its image a larger size than it has.
    ChildSize,
    ChildSmaller,
    // What the config says.
    /// It is not JSON.
    ConfigUnreadable,
    /// It has no `rootfs`.
    NoRootfs,
    /// Its `rootfs` names another number of layers than the manifest.
    OtherLayers,
    /// A single image is of another operating system than the node.
    OtherSystem,
}

impl Feature {
    /// Whether it says that a list has nothing that the client takes.
    pub fn is_absence(self) -> bool {
        use Feature::*;
        matches!(self, NoPlatform | NarrowerAlone | UnnamedBesideOthers)
    }
}

/// What a client does with a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Pulls,
    /// Refuses it with these words; `{platform}`, `{os}`, `{arch}`, `{variant}`, `{list}`, `{digest}`, `{missing}`, `{type}`,
    /// `{artifact}` and `{class}` are filled in.
    Refuses(&'static str),
    /// Refuses it with these words where the registry heeds `Accept`, and pulls it elsewhere.
    Depends(&'static str),
}

/// How a client looks for its platform in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choosing {
    pub variants: Variants,
    pub without_platform: WithoutPlatform,
    /// Lists in lists are looked into.
    pub enters_lists: bool,
    /// `x86_64` is read as `amd64`, `i386` as `386`, capitals as small letters.
    pub normalises: Names,
    /// Everything that may be for the platform is fetched, and has to be there.
    pub fetches_all: bool,
    /// A child that asks for `os.features` is for no node.
    pub compares_features: bool,
}

/// Other names of operating systems and architectures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    AsWritten,
    /// Of both, as containerd's `platforms.Normalize` knows them.
    Both,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variants {
    /// The first child of the operating system and architecture.
    Ignored,
    /// Equal after normalising; for `arm` any other, where none is equal.
    EqualButArm,
    /// The best that the node's own can run, as containerd's `platforms.Only` orders them.
    Runnable,
    /// The same within the node's architecture (`platforms.OnlyStrict`).
    RunnableStrictly,
    /// The same on a machine whose own level (amd64 v1 to v4) is known to the client.
    RunnableOnThisMachine,
    /// The list of variants of containers/image `internal/pkg/platform`.
    Listed,
}

/// Children that name no platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithoutPlatform {
    Never,
    /// Where no other child fits.
    Last,
    /// The same in an OCI index alone.
    LastInIndex,
    /// Where no child of the list names a platform and its config is of the platform.
    AloneByConfig,
}

/// A client: one column of the table.
#[derive(Debug)]
pub struct Client {
    /// Stable, for programs: `docker-1.13`.
    pub id: &'static str,
    /// In words: "docker 1.13".
    pub words: &'static str,
    /// What was run, or read.
    pub measured: &'static str,
    pub choosing: Choosing,
    /// What it answers where nothing is handed out to it.
    pub refusals: &'static Refusals,
    column: usize,
}

/// Words of a client for what is missing or private, measured with Debian's docker-registry; `{image}`, `{repository}` and
/// `{tag}` (or digest) are filled in.
#[derive(Debug)]
pub struct Refusals {
    pub absent: &'static str,
    pub no_repository: &'static str,
    pub denied: &'static str,
}

/// moby `distribution/errors.go`, `TranslatePullError`.
static DOCKER: Refusals = Refusals {
    absent: "manifest for {image} not found",
    no_repository: "repository does not exist",
    denied: "repository does not exist or may require 'docker login'",
};
static CRIO: Refusals = Refusals {
    absent: "reading manifest {tag} in {repository}: manifest unknown",
    no_repository: "reading manifest {tag} in {repository}",
    denied: "authentication required",
};
static CONTAINERD: Refusals = Refusals {
    absent: "{image}: not found",
    no_repository: "{image}: not found",
    denied: "pull access denied, repository does not exist or may require authorization",
};

impl Client {
    const fn saying(mut self, refusals: &'static Refusals) -> Self {
        self.refusals = refusals;
        self
    }

    pub fn answer(&self, feature: Feature) -> Answer {
        match TABLE.iter().find(|row| row.feature == feature) {
            Some(row) => row.answers[self.column],
            // A feature that no row is about makes no difference.
            None => Answer::Pulls,
        }
    }
}

/// One feature with what each client of [`CLIENTS`] does with it.
#[derive(Debug)]
pub struct Row {
    pub feature: Feature,
    /// As the end of "it is": "an OCI index".
    pub words: &'static str,
    pub answers: [Answer; CLIENTS.len()],
}

const fn client(
    column: usize,
    id: &'static str,
    words: &'static str,
    measured: &'static str,
    choosing: Choosing,
) -> Client {
    Client {
        id,
        words,
        measured,
        choosing,
        refusals: &DOCKER,
        column,
    }
}

const fn choosing(
    variants: Variants,
    without_platform: WithoutPlatform,
    enters_lists: bool,
    normalises: Names,
) -> Choosing {
    Choosing {
        variants,
        without_platform,
        enters_lists,
        normalises,
        fetches_all: false,
        compares_features: false,
    }
}

/// The columns, in the table's order.
pub static CLIENTS: [Client; 7] = [
    // `pullManifestList` compares OS and architecture alone.
    client(
        0,
        "docker-1.13",
        "docker 1.13",
        "moby v1.13.1, followed in its source",
        choosing(
            Variants::Ignored,
            WithoutPlatform::Never,
            false,
            Names::AsWritten,
        ),
    ),
    // moby v20.10.24 `distribution/pull_v2_unix.go`, `filterManifests`.
    client(
        1,
        "docker-20.10",
        "docker 20.10",
        "docker 20.10.24 of Debian 12, dockerd with vfs",
        choosing(
            Variants::EqualButArm,
            WithoutPlatform::Never,
            false,
            Names::Both,
        ),
    ),
    client(
        2,
        "docker-28",
        "docker 28",
        "docker 28.5.2 of Debian sid, dockerd with vfs and its own image store",
        Choosing {
            compares_features: true,
            ..choosing(
                Variants::RunnableOnThisMachine,
                WithoutPlatform::Last,
                true,
                Names::Both,
            )
        },
    ),
    // containers/image `internal/manifest/{docker_schema2_list,oci_index}.go`.
    client(
        3,
        "podman-4.3",
        "CRI-O with containers/image 5.23",
        "podman 4.3.1 of Debian 12 (containers/image 5.23)",
        choosing(
            Variants::Listed,
            WithoutPlatform::LastInIndex,
            false,
            Names::AsWritten,
        ),
    )
    .saying(&CRIO),
    client(
        4,
        "podman-5.8",
        "CRI-O with containers/image 5.39",
        "podman 5.8.6 of Debian sid (containers/image 5.39)",
        choosing(
            Variants::Listed,
            WithoutPlatform::LastInIndex,
            false,
            Names::AsWritten,
        ),
    )
    .saying(&CRIO),
    // containerd `core/images/image.go`, `Manifest`.
    client(
        5,
        "containerd-1.6",
        "containerd 1.6",
        "containerd 1.6.20 of Debian 12, the kubelet's call PullImage",
        choosing(
            Variants::Runnable,
            WithoutPlatform::AloneByConfig,
            true,
            Names::Both,
        ),
    )
    .saying(&CONTAINERD),
    client(
        6,
        "containerd-2.1",
        "containerd 2.1",
        "containerd 2.1.9 of Debian sid, the kubelet's call PullImage",
        Choosing {
            fetches_all: true,
            compares_features: true,
            ..choosing(
                Variants::RunnableStrictly,
                WithoutPlatform::AloneByConfig,
                true,
                Names::Both,
            )
        },
    )
    .saying(&CONTAINERD),
];

/// A client by its id.
pub fn client_named(id: &str) -> Option<&'static Client> {
    CLIENTS.iter().find(|client| client.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_where_it_says_and_every_feature_has_one_row() {
        for (i, client) in CLIENTS.iter().enumerate() {
            assert_eq!(client.column, i, "{}", client.id);
        }
        let mut seen = std::collections::BTreeSet::new();
        for row in &TABLE {
            assert!(seen.insert(row.feature), "{:?} has two rows", row.feature);
            assert!(!row.words.is_empty(), "{:?}", row.feature);
        }
        assert_eq!(
            seen.len(),
            Feature::OtherSystem as usize + 1,
            "a feature has no row"
        );
    }

    #[test]
    fn whoever_refuses_says_so_in_its_own_words() {
        for row in &TABLE {
            for (client, answer) in CLIENTS.iter().zip(row.answers) {
                if let Answer::Refuses(words) | Answer::Depends(words) = answer {
                    assert!(!words.is_empty(), "{}: {:?}", client.id, row.feature);
                }
            }
        }
    }
}
