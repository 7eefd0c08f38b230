//! What the repository says about cluster objects that name images: workloads, streams, service accounts, secrets,
//! kustomizations. Facts only; their meaning for each other is made in `link`.

use crate::value::Value;
use image_lint_text::source::Place;

/// One object of a manifest.
#[derive(Clone, Debug)]
pub struct Object {
    pub place: Place,
    pub kind: Box<str>,
    pub api_version: Box<str>,
    pub name: Value,
    /// `metadata.namespace`, when given.
    pub namespace: Option<Value>,
    pub facts: Facts,
}

#[derive(Clone, Debug)]
pub enum Facts {
    /// An object with a PodSpec.
    Workload(Workload),
    ImageStream(ImageStream),
    ServiceAccount {
        /// `imagePullSecrets[].name`; `secrets[]` does not count for pulling.
        pull_secrets: Vec<Value>,
    },
    /// A Secret, SealedSecret or ExternalSecret that holds registry credentials. Values are never read, only host names.
    PullSecret {
        hosts: Vec<Box<str>>,
    },
    BuildConfig(BuildConfig),
    /// The cluster's own mirrors: IDMS, ICSP, ITMS.
    Mirrors(Vec<Mirror>),
    /// An object whose facts nothing asks for.
    Other,
}

/// Where nodes pull images of a source from (openshift/api `config/v1/types_image_digest_mirror_set.go` and its kin).
#[derive(Clone, Debug)]
pub struct Mirror {
    /// A registry, a namespace or a repository; `*.example.com` stands for all hosts below.
    pub source: Box<str>,
    /// In the order in which they are tried.
    pub mirrors: Vec<Box<str>>,
    /// `mirrorSourcePolicy: NeverContactSource`.
    pub never_source: bool,
    pub pulls: PulledBy,
    pub place: Place,
}

/// Which names a mirror holds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PulledBy {
    Digest,
    Tag,
}

#[derive(Clone, Debug, Default)]
pub struct Workload {
    pub service_account: Option<Value>,
    pub pull_secrets: Vec<Value>,
    /// Which nodes its pods may run on.
    pub nodes: Nodes,
    /// Containers whose image a trigger overwrites, with the stream it takes.
    pub triggers: Vec<Trigger>,
}

/// Which nodes pods may run on, as far as node selectors and required affinities say it of their platform.
#[derive(Clone, Debug, Default)]
pub struct Nodes {
    pub os: NodeChoice,
    pub architectures: NodeChoice,
}

#[derive(Clone, Debug, Default)]
pub enum NodeChoice {
    #[default]
    Any,
    OneOf(Vec<Value>),
    NoneOf(Vec<Value>),
}

#[derive(Clone, Debug)]
pub struct Trigger {
    pub place: Place,
    /// Empty: all containers.
    pub containers: Vec<Box<str>>,
    /// ImageStreamTag name.
    pub from: Value,
    pub namespace: Option<Value>,
}

#[derive(Clone, Debug, Default)]
pub struct ImageStream {
    pub tags: Vec<StreamTag>,
    /// `spec.lookupPolicy.local`
    pub lookup_local: bool,
}

#[derive(Clone, Debug)]
pub struct StreamTag {
    pub name: Value,
    pub place: Place,
    /// Index of the DockerImage mention in the file's mentions.
    pub image: Option<u32>,
    /// Another ImageStreamTag that it follows, with its namespace.
    pub alias: Option<(Value, Option<Value>)>,
}

#[derive(Clone, Debug, Default)]
pub struct BuildConfig {
    /// `buildArgs[]` of a dockerStrategy.
    pub build_args: Vec<(Box<str>, Value)>,
    /// Of a dockerStrategy: whether its `from` takes the place of the Dockerfile's last `FROM`.
    pub replaces_from: Option<bool>,
    /// `dockerfilePath` joined to `contextDir`, when given.
    pub dockerfile: Option<Box<str>>,
    /// `output.to` as an ImageStreamTag name.
    pub output_stream: Option<Value>,
}
