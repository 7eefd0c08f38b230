//! Commands of the repository that build, commit, copy or push images, and the format of what they make.

use crate::manifest::Format;
use crate::mention::{Excerpt, Scope, SourceKind};
use crate::reference::ImageReference;
use crate::value::Value;
use image_lint_text::source::{FileId, Place};

/// Which program a command calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tool {
    Buildah,
    Podman,
    Skopeo,
    Docker,
    Kubectl,
    Oc,
    Crane,
    Regctl,
    Kaniko,
    Buildctl,
}

impl Tool {
    pub fn as_str(self) -> &'static str {
        match self {
            Tool::Buildah => "buildah",
            Tool::Podman => "podman",
            Tool::Skopeo => "skopeo",
            Tool::Docker => "docker",
            Tool::Kubectl => "kubectl",
            Tool::Oc => "oc",
            Tool::Crane => "crane",
            Tool::Regctl => "regctl",
            Tool::Kaniko => "kaniko",
            Tool::Buildctl => "buildctl",
        }
    }
}

/// What a command does to images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Nothing that a later push could depend on.
    None,
    Build,
    /// A working container becomes an image.
    Commit,
    /// `buildah from`: a working container is made.
    From,
    Pull,
    Push,
    Tag,
    ListCreate,
    ListAdd,
    ListPush,
    /// From one place to another (`skopeo copy`, `crane copy`).
    Copy,
    Sync,
    /// A name of this machine's own store is run, or built upon.
    Use,
    /// A setting of a configuration file.
    Configure(Setting),
}

/// A setting of `containers.conf` that is about the format of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    /// `image_default_format`
    ImageDefaultFormat,
    /// `compression_format`
    CompressionFormat,
}

/// The image format a command asks for.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum FormatSetting {
    /// Nothing is said: the tool's default.
    #[default]
    Unset,
    /// `--format VALUE`; `place` is the value's, when it stands literally in the file.
    Flag {
        value: Box<str>,
        place: Option<Place>,
    },
    /// `BUILDAH_FORMAT`.
    Environment {
        value: Box<str>,
        place: Option<Place>,
    },
    /// The default of a parameter, which a run may replace. Made by `link`; `place` is the default's.
    Default {
        value: Box<str>,
        place: Option<Place>,
    },
    /// A variable that the script does not know holds it. `link` may know it (a Tekton parameter's default).
    Open { value: Value, scope: Option<Scope> },
    /// Nothing is said, but a variable that nobody knows may hold further flags.
    Hidden,
}

impl FormatSetting {
    /// The value as written, when it is known.
    pub fn value(&self) -> Option<&str> {
        match self {
            FormatSetting::Flag { value, .. }
            | FormatSetting::Environment { value, .. }
            | FormatSetting::Default { value, .. } => Some(value),
            FormatSetting::Unset | FormatSetting::Open { .. } | FormatSetting::Hidden => None,
        }
    }
}

/// Where an image comes from or goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    Registry,
    /// Name in the tools' own store.
    Storage,
    /// `oci:`, `oci-archive:`
    OciFile,
    DockerArchive,
    /// `dir:`: keeps what it was given.
    Folder,
    DockerDaemon,
    /// `ostree:`, `sif:`, `tarball:`
    Other,
}

/// An image as a command names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageName {
    pub transport: Transport,
    /// Without transport; variables as written.
    pub text: Box<str>,
    pub place: Place,
    /// No variable is left in it.
    pub known: bool,
    /// `localhost/x`: podman's prefix for names that do not leave the machine; it is cut off in `text`.
    pub local: bool,
}

impl ImageName {
    /// Whether the name says in which registry the image is meant to be; a variable may.
    pub fn names_a_registry(&self) -> bool {
        let host = self.text.split_once('/').map_or("", |(host, _)| host);
        match self.transport {
            _ if self.local => false,
            Transport::Registry => true,
            Transport::Storage => {
                self.text.starts_with(['$', '{']) || host.contains(['.', ':', '$', '{'])
            }
            _ => false,
        }
    }

    /// The repository that the image is in or goes to, as it is normalised. Its tag may be a variable: `quay.io/a/b:$V`.
    pub fn repository(&self) -> Option<String> {
        let name = match self.text.split_once('$') {
            None => &*self.text,
            // The first variable is in the tag, and a host or a namespace is before it.
            Some((before, _)) => before.strip_suffix(':').filter(|name| name.contains('/'))?,
        };
        Some(ImageReference::parse(name).ok()?.name())
    }
}

/// Options that change the format apart from `--format`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `--all`: every child of a list.
    pub all: bool,
    /// `--preserve-digests`: conversions are silently left out.
    pub preserve_digests: bool,
    /// zstd was asked for.
    pub zstd: bool,
    /// `--manifest`, or several platforms: the result is a list.
    pub list: bool,
    /// BuildKit: `oci-mediatypes` as it was given.
    pub oci_mediatypes: Option<bool>,
    /// BuildKit: what is attached to the image.
    pub attestations: Attestations,
    /// The build itself pushes (`--push`, `type=registry`).
    pub pushes: bool,
}

/// Provenance and SBOM of BuildKit. An image with one is an index that no docker format can hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attestations {
    /// Nothing is said: buildx decides by driver and store.
    #[default]
    Default,
    /// Provenance, SBOM and annotations are all off.
    Off,
    /// One of them is asked for, or an annotation.
    Asked,
}

/// A word of a command that can be taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removable {
    /// With its quotes.
    pub word: Place,
    /// The word and the blank before it; None where no blank keeps words apart: in a list of arguments.
    pub with_blank: Option<Place>,
}

/// A mistake in the command that is no matter of format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// buildah takes no flags behind its first positional argument; the place is the flag's.
    LateFlag(Place),
    /// A value that `--format` does not know here; the place is the value's.
    UnknownFormat(Place),
    /// `-format`: one dash is a cluster of letters.
    OneDash(Place),
    /// `buildah commit NAME`: the container is missing.
    NoContainer(Place),
    /// A blank behind the backslash: the line does not go on, and the command ends here.
    BrokenContinuation(Place),
    /// zstd together with docker format, which has no zstd layers; the place is the compression flag's.
    ZstdInDocker(Place),
}

/// Where a flag could go, or the value of one: places alone. Which flag and which word it takes, only the rule knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlagSlots {
    /// Where a format can be asked for that the command says nothing of.
    pub format: FormatSlot,
    /// `--preserve-digests`, when it is written literally in the file, and once.
    pub preserving: Option<Removable>,
    /// Flags after the first argument, where buildah reads none. None unless they are written literally in the file and
    /// every word is known for what it is.
    pub late: Option<LateFlags>,
}

/// Where a format can be asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FormatSlot {
    /// Nowhere in this file.
    #[default]
    Nowhere,
    /// A flag goes after this word, the last one of the subcommand. The place has its quotes.
    After(Place),
    /// In a list of arguments a flag is an item of its own: at the empty place, between these texts.
    Item {
        at: Place,
        before: Box<str>,
        after: Box<str>,
    },
    /// The value of the action's input `oci`.
    OciInput(Place),
    /// A new input `extra-args` goes at the empty place, before what has this indentation.
    ExtraArgs { at: Place, indent: Box<str> },
    /// A new parameter of this name goes at the empty place, before what has this indentation.
    FormatParameter {
        name: &'static str,
        at: Place,
        indent: Box<str>,
    },
    /// The task has no parameter for it.
    NoParameter,
}

/// Flags that are to be moved before the first argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateFlags {
    /// The empty place before the first argument.
    pub to: Place,
    /// Each flag with its value: the place with the blank before it, and the text without.
    pub flags: Vec<(Place, Box<str>)>,
}

/// What a build says of its Containerfile. Variables are as written; paths start with `$PWD` when the script went into
/// another folder first.
#[derive(Clone, Debug, Default)]
pub struct RecipeArguments {
    /// `-f`; None when it is not given.
    pub containerfile: Option<Box<str>>,
    /// The build context; None when it is not given.
    pub context: Option<Box<str>>,
    /// `--target`: the stage that becomes the image.
    pub target: Option<Box<str>>,
    /// `--build-arg KEY=VALUE`.
    pub build_args: Vec<(Box<str>, Value)>,
    /// Names of `--build-context NAME=…`: they are images of the Containerfile.
    pub contexts: Vec<Box<str>>,
}

/// One command that makes or moves an image, as a file says it.
#[derive(Clone, Debug)]
pub struct Command {
    /// From the first to the last word of the command.
    pub place: Place,
    pub excerpt: Excerpt,
    pub source: SourceKind,
    pub tool: Tool,
    pub action: Action,
    /// As the user knows it: `buildah bud`. For people alone.
    pub label: Box<str>,
    /// Commands with the same number run in one place and share the local store.
    pub job: u32,
    pub format: FormatSetting,
    pub options: Options,
    /// Images that go in: the source of a push, a tag, a copy; the children of a list.
    pub inputs: Vec<ImageName>,
    /// Images that come out.
    pub outputs: Vec<ImageName>,
    pub recipe: RecipeArguments,
    pub slots: FlagSlots,
    /// The task of Tekton's catalog whose use this is. A task of this name in the repository speaks for itself.
    pub task: Option<Box<str>>,
    /// Which program runs is only assumed (`${DOCKER:-docker}`).
    pub assumed: bool,
    pub mistakes: Vec<Mistake>,
}

impl Command {
    /// A command of which nothing is known yet but where it is and what it does.
    pub fn new(
        (place, excerpt): (Place, Excerpt),
        source: SourceKind,
        tool: Tool,
        action: Action,
        label: &str,
    ) -> Self {
        Command {
            place,
            excerpt,
            source,
            tool,
            action,
            label: label.into(),
            job: 0,
            format: FormatSetting::Unset,
            options: Options::default(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            recipe: RecipeArguments::default(),
            slots: FlagSlots::default(),
            task: None,
            assumed: false,
            mistakes: Vec::new(),
        }
    }
}

/// A command with what the whole repository says of it.
#[derive(Clone, Debug)]
pub struct Built {
    pub command: Command,
    /// As the command asks for it, with the values of parameters.
    pub format: FormatSetting,
    /// The file of the repository that holds the Containerfile.
    pub recipe: Option<FileId>,
    pub verdict: Verdict,
}

impl Built {
    /// A command whose names were not followed yet.
    pub fn new(command: Command, format: FormatSetting, recipe: Option<FileId>) -> Self {
        Built {
            command,
            format,
            recipe,
            verdict: Verdict::default(),
        }
    }
}

/// How sure a verdict is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// It depends on something that is not in the repository: a variable, the version of docker.
    #[default]
    Depends,
    /// The tool's default, with every version of it.
    Default,
    /// Literal flags.
    Certain,
}

impl Confidence {
    /// What decides it, in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Confidence::Depends => "what is not in the repository",
            Confidence::Default => "the tool's default",
            Confidence::Certain => "the command's flags",
        }
    }
}

/// Why a command makes what it makes. The words are the rule's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Nothing is known.
    #[default]
    Nothing,
    /// The default of buildah and podman.
    BuildsOci,
    AsksDocker,
    AsksOci,
    /// The default of a parameter asks for OCI format.
    DefaultAsksOci,
    /// `BUILDAH_FORMAT` asks for OCI format.
    EnvironmentAsksOci,
    AsksSchema1,
    /// The format is in a variable without a value.
    FormatOpen,
    /// A variable without a value may hold further flags.
    FormatHidden,
    /// BuildKit with `oci-mediatypes=false` and without attestations.
    DockerTypes,
    /// BuildKit with an attestation or annotation that is asked for.
    Attested,
    /// BuildKit with `oci-mediatypes=true`.
    OciTypes,
    /// BuildKit or docker without a word about it.
    DockerVersion,
    /// A push of buildx that says nothing of attestations.
    DefaultAttestations,
    /// crane's empty OCI base.
    EmptyOciBase,
    /// kaniko with zstd, on an OCI base.
    ZstdOnOciBase,
    /// zstd layers turn every image into an OCI image.
    Zstd,
    /// The list has the format of the images in it.
    ListOfSources,
    /// A list that holds OCI images is pushed as an index.
    ListIsIndex,
    /// A list of docker images is pushed as an index by newer versions.
    ListIsIndexInNewer,
    /// `--preserve-digests` forbids the conversion.
    DigestsPreserved,
    /// `oci:` and `oci-archive:` hold OCI images.
    OciFile,
    /// Docker archives and daemons hold docker images.
    DockerStore,
    /// The image is copied as it is.
    CopiedAsIs,
    /// What was pulled is pushed as it is.
    PulledAsIs,
    /// Files of the repository build the name in different formats.
    BuiltInSeveral,
    /// Nobody here makes what is pushed.
    SourceUnknown,
}

/// What a command makes, or pushes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// None: the format of its source, which nobody knows.
    pub format: Option<Format>,
    pub confidence: Confidence,
    pub because: Reason,
    /// The images whose format this one has, as far as they are in a registry: what the registry answers decides.
    pub sources: Vec<Box<str>>,
    /// The command that decided it, when it is another one: a push keeps the format of the build.
    pub decided: Option<Decision>,
    /// A finding belongs here: at the push when one is visible, else at the build.
    pub report: bool,
}

/// The command that decided the format of what another one pushes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub tool: Tool,
    pub place: Place,
    pub label: Box<str>,
    pub format: FormatSetting,
    pub slots: FlagSlots,
}
