//! What the rest of the repository says about one mention. Rules match on facts; only the words of a report are made of
//! them, in one place, so that a fact nobody reads does not compile.

use std::sync::Arc;

use crate::manifest::Platform;
use image_lint_text::source::Place;

/// A fact from elsewhere in the repository, or about how the name is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The repository itself makes an image of this name.
    BuiltHere { place: Place, by: Maker },
    /// A stream that this mention defines is used there. `more`: at so many further places, which are not named.
    UsedBy { place: Place, more: usize },
    /// No kustomization deploys it as it is written; the mention is not asked. `by`: what puts another image in its place.
    Rewritten {
        by: Option<Place>,
        why: &'static str,
    },
    /// An ImageChange trigger puts a stream's image there.
    TriggeredBy { place: Place },
    /// The ImageStream of this name of the cluster's own registry.
    StreamOf { place: Place },
    /// A command gives a build context of this name.
    BuildContext { place: Place },
    /// The build puts the image of its strategy in the place of this `FROM`.
    ReplacedFrom { place: Place },
    /// A script of the repository puts a value in the place of the placeholder.
    FilledIn { place: Place },
    /// It is no name of a stream's tag or image.
    NoStreamName(StreamFault),
    /// The cluster's own settings name a mirror of it. `only`: its own registry is never contacted.
    Mirrored {
        place: Place,
        mirror: Arc<str>,
        only: bool,
    },
    /// An ImageStream imports it, as it is stored.
    Imported,
    /// Rendered input says which template it was made from: the line `# Source: TEMPLATE` is at this place.
    RenderedFrom { template: Arc<str>, place: Place },
    /// The workload, or its ServiceAccount, names a pull secret that may serve the image's registry.
    PullSecret(Arc<PullSecret>),
    /// Neither names one.
    NoPullSecret(Arc<NoPullSecret>),
    /// Something else than the target says which platform is pulled.
    Platforms(Arc<AskedPlatforms>),
    /// White space around the name: who takes it as it is written refuses it.
    Blank,
}

/// What is wrong with the name of a stream's tag or image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamFault {
    /// The API server refuses an object with it.
    Refused,
    /// It is stored, and nothing ever resolves it.
    NeverResolved,
}

/// What makes an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// It is pushed, too.
    Push,
    Build,
    BuildConfig,
}

/// A pull secret that may serve an image.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PullSecret {
    Named {
        name: Box<str>,
        /// The ServiceAccount that names it; None: the workload itself.
        account: Option<Box<str>>,
        in_repository: bool,
        /// The secret, or the account that names it.
        place: Option<Place>,
    },
    /// So many that not all were looked at.
    TooMany { looked_at: usize },
}

/// No pull secret for an image's registry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NoPullSecret {
    /// The workload's ServiceAccount.
    pub account: Box<str>,
    /// Where the account is, or the secret for other registries.
    pub place: Option<Place>,
    /// A secret that is named, and serves other registries.
    pub other: Option<OtherSecret>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OtherSecret {
    pub name: Box<str>,
    /// The first registries that it serves.
    pub hosts: Vec<Box<str>>,
    /// How many more it serves.
    pub more: usize,
}

/// Which platform is pulled: `FROM --platform=…`, a node selector, a required node affinity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AskedPlatforms {
    pub os: Choice,
    pub architectures: Choice,
}

/// What is asked of one part of a platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Choice {
    /// Nothing: the target's own.
    #[default]
    Target,
    /// One of these; empty: nobody here knows which (the builder's own, a variable without a value).
    OneOf(Vec<Box<str>>),
    /// Any but these.
    NoneOf(Vec<Box<str>>),
}

impl Choice {
    /// What there is to choose from; empty: nobody knows.
    fn of(&self, target: &str) -> Vec<Box<str>> {
        match self {
            Choice::OneOf(these) => these.clone(),
            Choice::NoneOf(these) if these.iter().any(|word| &**word == target) => Vec::new(),
            Choice::Target | Choice::NoneOf(_) => vec![target.into()],
        }
    }
}

impl AskedPlatforms {
    /// A platform that nobody here knows.
    pub fn unknown() -> Self {
        AskedPlatforms {
            os: Choice::default(),
            architectures: Choice::OneOf(Vec::new()),
        }
    }

    /// As builders read `--platform`: `os/arch[/variant]`, or one of the two alone (containerd `platforms.Parse`, which
    /// takes `aarch64`, `x86_64` and `armhf`, too).
    pub fn parse(text: &str) -> Self {
        const SYSTEMS: [&str; 4] = ["linux", "windows", "darwin", "freebsd"];
        let one = |word: &str| Choice::OneOf(vec![word.to_ascii_lowercase().into()]);
        let architecture = |word: &str| {
            one(match &*word.to_ascii_lowercase() {
                "aarch64" => "arm64",
                "x86_64" | "x86-64" => "amd64",
                "armhf" | "armel" => "arm",
                "i386" => "386",
                _ => word,
            })
        };
        match text.split_once('/') {
            Some((os, rest)) => AskedPlatforms {
                os: one(os),
                architectures: architecture(rest.split('/').next().unwrap_or(rest)),
            },
            None if SYSTEMS.contains(&&*text.to_ascii_lowercase()) => AskedPlatforms {
                os: one(text),
                architectures: Choice::Target,
            },
            None => AskedPlatforms {
                os: Choice::Target,
                architectures: architecture(text),
            },
        }
    }

    /// The platforms of which one is pulled. Empty: nobody knows.
    pub fn of(&self, target: &Platform) -> Vec<Platform> {
        let architectures = self.architectures.of(&target.architecture);
        let systems = self.os.of(&target.os);
        systems
            .iter()
            .flat_map(|os| {
                architectures
                    .iter()
                    .map(|architecture| Platform::new(os, architecture, None))
                    .collect::<Vec<_>>()
            })
            .collect()
    }
}
