//! Commands of the repository that build, commit, copy or push images, and the format of what they make.

use crate::manifest::Format;
use crate::mention::{Excerpt, Scope, SourceKind};
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
    /// A setting of a configuration file.
    Configure,
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

/// Options that change the format apart from `--format`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `--all`: every child of a list.
    pub all: bool,
    /// `--preserve-digests`: conversions are silently left out.
    pub preserve_digests: bool,
    /// Where that flag stands, when it stands literally in the file, and once.
    pub preserving: Option<Removable>,
    /// zstd was asked for.
    pub zstd: bool,
    /// `--manifest`, or several platforms: the result is a list.
    pub list: bool,
    /// BuildKit: `oci-mediatypes=false` was given.
    pub oci_mediatypes: Option<bool>,
    /// BuildKit: provenance, SBOM and annotations are all off.
    pub attestations_off: bool,
    /// The build itself pushes (`--push`, `type=registry`).
    pub pushes: bool,
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

/// The edit that asks for docker format where no flag can be inserted: an action's input, a Tekton parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mend {
    /// What is replaced; empty where something is inserted.
    pub place: Place,
    pub text: Box<str>,
    /// What the edit does, as an imperative.
    pub title: &'static str,
}

/// One command that makes or moves an image.
#[derive(Clone, Debug)]
pub struct BuildCommand {
    /// From the first to the last word of the command.
    pub place: Place,
    pub excerpt: Excerpt,
    pub source: SourceKind,
    pub tool: Tool,
    pub action: Action,
    /// As the user knows it: `buildah bud`.
    pub field: Box<str>,
    /// Commands with the same number run in one place and share the local store.
    pub job: u32,
    /// The last word of the subcommand; None when it does not stand literally in the file. Flags are inserted behind it.
    pub subcommand: Option<Place>,
    pub format: FormatSetting,
    pub options: Options,
    /// Images that go in: the source of a push, a tag, a copy; the children of a list.
    pub inputs: Vec<ImageName>,
    /// Images that come out.
    pub outputs: Vec<ImageName>,
    /// `-f` of a build and its context, variables as written; None when they are not given. They start with `$PWD`
    /// when the script went into another folder first.
    pub containerfile: Option<Box<str>>,
    pub context: Option<Box<str>>,
    /// `--target`: the stage that becomes the image. Variables as written.
    pub target: Option<Box<str>>,
    /// The file of the repository that holds the Containerfile. Made by `link`.
    pub recipe: Option<FileId>,
    /// The task of Tekton's catalog whose use this is. A task of this name in the repository speaks for itself.
    pub task: Option<Box<str>>,
    /// How to ask for docker format, when it is no flag.
    pub mend: Option<Mend>,
    /// `--build-arg KEY=VALUE`.
    pub build_args: Vec<(Box<str>, Value)>,
    /// Names of `--build-context NAME=…`: they stand for images of the Containerfile.
    pub contexts: Vec<Box<str>>,
    /// Which program runs is only assumed (`${DOCKER:-docker}`).
    pub assumed: bool,
    pub mistakes: Vec<Mistake>,
    /// The edits that put flags from behind the first argument before it, where buildah reads them. Empty unless the
    /// flags stand literally in the file and every word is known for what it is.
    pub moved_flags: Vec<Mend>,
    /// Made by `link` when names were followed.
    pub verdict: Option<Verdict>,
}

impl BuildCommand {
    /// A command of which nothing is known yet but where it stands and what it does.
    pub fn new(
        place: Place,
        excerpt: Excerpt,
        source: SourceKind,
        tool: Tool,
        action: Action,
        field: &str,
    ) -> Self {
        BuildCommand {
            place,
            excerpt,
            source,
            tool,
            action,
            field: field.into(),
            job: 0,
            subcommand: None,
            format: FormatSetting::Unset,
            options: Options::default(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            containerfile: None,
            context: None,
            target: None,
            recipe: None,
            task: None,
            mend: None,
            build_args: Vec::new(),
            contexts: Vec::new(),
            assumed: false,
            mistakes: Vec::new(),
            moved_flags: Vec::new(),
            verdict: None,
        }
    }
}

/// How sure a verdict is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// It depends on something that does not stand in the repository: a variable, the version of docker.
    Depends,
    /// The tool's default, with every version of it.
    Default,
    /// Literal flags.
    Certain,
}

impl Confidence {
    pub fn as_str(self) -> &'static str {
        match self {
            Confidence::Depends => "depends",
            Confidence::Default => "by default",
            Confidence::Certain => "certain",
        }
    }
}

/// What a command makes, or pushes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// None: the format of its source, which nobody knows.
    pub format: Option<Format>,
    pub confidence: Confidence,
    /// One clause: "buildah builds OCI images unless told otherwise".
    pub because: &'static str,
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
    pub field: Box<str>,
    pub subcommand: Option<Place>,
    pub format: FormatSetting,
    pub mend: Option<Mend>,
}
