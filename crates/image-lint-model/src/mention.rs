//! One place in the repository where an image is named, and all that one file gives.

use std::sync::Arc;

use crate::build::{Built, Command, RecipeArguments};
use crate::chart::ChartProblem;
use crate::containerfile::Containerfile;
use crate::delivery::Delivery;
use crate::fact::{Fact, NoPullSecret};
use crate::kustomize::{KustomizeProblem, Unbuilt};
use crate::manifest::Platform;
use crate::object::Object;
use crate::reference::{ImageReference, ReferenceError};
use crate::value::{Op, Origin, OriginKind, Syntax, Value, Variable};
use image_lint_text::source::{FileId, Place, RepoPath, Span};

/// Who will pull (or push) the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The cluster pulls it to run it.
    Run,
    /// A builder pulls it: `FROM`, `COPY --from`, `buildah from`, a BuildConfig's DockerImage.
    BuildBase,
    /// An output. It is never required to exist.
    Push,
    /// A name of an ImageStream, not of a registry.
    Stream,
    /// A name in a local store, a build stage, a file.
    Local,
    /// A CI system pulls it (GitLab, GitHub, Compose, devcontainer); the cluster does not.
    Ci,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Run => "run",
            Role::BuildBase => "build-base",
            Role::Push => "push",
            Role::Stream => "stream",
            Role::Local => "local",
            Role::Ci => "ci",
        }
    }
}

/// Which kind of source named the image. `as_str` is what `list` prints as `source`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    Kubernetes,
    OpenShift,
    Tekton,
    Argo,
    /// A custom resource of another project.
    CustomResource,
    Kustomize,
    Helm,
    Dockerfile,
    Shell,
    Makefile,
    Jenkinsfile,
    GitHub,
    GitLab,
    /// Another CI system's file (CircleCI, Azure, Drone, Woodpecker, Cirrus, Travis, Bitbucket, Buildkite, Cloud Build).
    Ci,
    Compose,
    Devcontainer,
    Quadlet,
    /// Units of systemd that run containers.
    Systemd,
    /// Ansible's tasks and variables.
    Ansible,
    /// `docker buildx bake`.
    Bake,
    Terraform,
    /// Settings of a program that is none of these.
    Configuration,
    /// The command line (`inspect`).
    Argument,
}

impl SourceKind {
    pub fn as_str(self) -> &'static str {
        match self {
            SourceKind::Kubernetes => "kubernetes",
            SourceKind::OpenShift => "openshift",
            SourceKind::Tekton => "tekton",
            SourceKind::Argo => "argo",
            SourceKind::CustomResource => "custom-resource",
            SourceKind::Kustomize => "kustomize",
            SourceKind::Helm => "helm",
            SourceKind::Dockerfile => "dockerfile",
            SourceKind::Shell => "shell",
            SourceKind::Makefile => "makefile",
            SourceKind::Jenkinsfile => "jenkinsfile",
            SourceKind::GitHub => "github",
            SourceKind::GitLab => "gitlab",
            SourceKind::Ci => "ci",
            SourceKind::Compose => "compose",
            SourceKind::Devcontainer => "devcontainer",
            SourceKind::Quadlet => "quadlet",
            SourceKind::Systemd => "systemd",
            SourceKind::Ansible => "ansible",
            SourceKind::Bake => "bake",
            SourceKind::Terraform => "terraform",
            SourceKind::Configuration => "configuration",
            SourceKind::Argument => "argument",
        }
    }
}

/// What the string is supposed to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// An image reference by docker's grammar.
    Image,
    /// A repository whose tags are all imported (`ImageStream.spec.dockerImageRepository`): no tag is implied.
    Repository,
    /// An ImageStreamTag, ImageStreamImage or ImageStream name; `namespace` when the field gives one.
    Stream {
        kind: StreamKind,
        namespace: Option<Box<str>>,
    },
    /// A name in a local store or of a build stage; never asked of a registry.
    Local,
    /// An image, or any other OCI artifact (image volumes, bundles).
    Artifact,
    /// The image of a Dockerfile's frontend (`# syntax=`). BuildKit alone pulls it; other builders take the line for a
    /// comment.
    Frontend,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamKind {
    ImageStreamTag,
    ImageStreamImage,
    ImageStream,
}

/// In what an image is named, where that decides what may be written in its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NamedIn {
    /// A field of an object, an instruction, a setting.
    #[default]
    Field,
    /// An argument of a command that pulls, builds, pushes or runs it.
    Argument,
    /// An argument of a tool that only speaks with registries (`skopeo inspect`).
    Looked,
    /// An argument of a copy from one registry to another (`skopeo copy`, `crane copy`).
    Copied,
    /// The last key of an entry of a kustomization's `images` that says something of it.
    Entry(EntryKey),
}

/// Keys of an entry of `images` in a kustomization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKey {
    Name,
    NewName,
    NewTag,
    TagSuffix,
    Digest,
}

impl EntryKey {
    /// As kustomizations write it.
    pub fn as_str(self) -> &'static str {
        match self {
            EntryKey::Name => "name",
            EntryKey::NewName => "newName",
            EntryKey::NewTag => "newTag",
            EntryKey::TagSuffix => "tagSuffix",
            EntryKey::Digest => "digest",
        }
    }
}

/// Which definitions a mention's variables see: those of its file with this number, up to the `upto`-th.
///
/// Numbers are given by the extractor, one for each Template, Task, Dockerfile or script of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    pub id: u32,
    /// Only definitions whose index in [`Extraction::definitions`] is below this are seen. `u32::MAX`: all.
    pub upto: u32,
}

/// One place in the repository that names an image, as written.
#[derive(Clone, Debug)]
pub struct Mention {
    pub place: Place,
    /// The text of the file where `value` no longer says it: the reader itself put variables' values in.
    pub written: Option<Box<str>>,
    /// The string, decoded (escapes and folding undone), variables apart.
    pub value: Value,
    pub expect: Expect,
    pub role: Role,
    pub source: SourceKind,
    /// Where in the object, Dockerfile or command: `spec.template.spec.containers[0].image`, `FROM`, `buildah from`.
    pub field: Arc<str>,
    pub named_in: NamedIn,
    pub scope: Option<Scope>,
    /// Index into [`Extraction::objects`] of the object that names it.
    pub object: Option<u32>,
    /// For a workload's container: the container's name (ImageChange triggers name it).
    pub container: Option<Box<str>>,
    /// Further places that make up the value (the `tag:` line of a split image).
    pub also: Vec<Place>,
    /// The part that gives the tag or the digest, where it has a place of its own: a value of a chart.
    pub tag_at: Option<Box<TagPlace>>,
    /// Under which condition it is what it is. None: always.
    pub condition: Option<Condition>,
    /// The ways in which it is deployed, where files beside its own have a say in it.
    pub deployed_by: Vec<DeployedBy>,
    /// The lines around the place, for the report.
    pub excerpt: Excerpt,
}

/// The files by which an image is deployed in one way, the outermost first: an application of Argo CD or Flux, an overlay,
/// the kustomizations that it includes; or values files of a chart. Empty: only its own file.
pub type DeployedBy = Arc<[RepoPath]>;

/// Where an image that is made of parts gets its tag or digest. What is wrong with those is wrong there.
#[derive(Clone, Debug)]
pub struct TagPlace {
    pub place: Place,
    pub excerpt: Excerpt,
    /// The place holds the whole tag or digest as it is written, and nothing else.
    pub whole: bool,
}

/// When an image is used, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Only when somebody turns on what is off by default: `when sidecar.enabled`.
    TurnedOn(Arc<str>),
    /// One of the ways through a script or a Makefile: each is somebody's.
    Branch(Arc<str>),
    /// No node pulls it: it is shown to people.
    NotPulled(Arc<str>),
}

impl Condition {
    pub fn words(&self) -> &str {
        match self {
            Condition::TurnedOn(words) | Condition::Branch(words) | Condition::NotPulled(words) => {
                words
            }
        }
    }
}

/// The line of a place with its neighbours, kept so that no file is read twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// Number of the first line in `text`, from 1.
    pub first_line: u32,
    /// Offset of `text` in the file, in bytes.
    pub offset: u32,
    /// At most [`Excerpt::MAX`] bytes; shared by the mention and its findings.
    pub text: Arc<str>,
}

impl Excerpt {
    /// A longer excerpt is cut to the neighbourhood of the place.
    pub const MAX: usize = 600;
}

/// A named value that mentions of the same file and scope can use.
#[derive(Clone, Debug)]
pub struct Definition {
    pub scope: u32,
    pub name: Box<str>,
    /// None: the name is declared without a value (`ARG X`, a required parameter, `generate:`).
    pub value: Option<Value>,
    pub kind: OriginKind,
    pub place: Place,
}

/// A text of other files that a script puts another in the place of (`sed s/TEXT/…/`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Substitution {
    pub text: Box<str>,
    /// It is a pattern, a basic regular expression (POSIX, `sed`), that speaks of an image's line.
    pub is_pattern: bool,
    pub place: Place,
}

/// A part of a file that could not be read, and why. The rest of the file was.
#[derive(Clone, Debug)]
pub struct Skip {
    pub place: Place,
    /// What was skipped and why, in words; may quote the file, so untrusted.
    pub why: String,
    /// Go templates and the like are expected not to parse: counted, but no reason to warn.
    pub expected: bool,
}

/// A document of rendered input that names the template it was made from.
#[derive(Clone, Debug)]
pub struct RenderedDocument {
    pub span: Span,
    /// As `helm template` writes it after `# Source: `: `chart/templates/deployment.yaml`.
    pub template: Arc<str>,
    /// That line.
    pub place: Place,
}

/// All that one file gives.
#[derive(Clone, Debug, Default)]
pub struct Extraction {
    pub mentions: Vec<Mention>,
    pub definitions: Vec<Definition>,
    pub objects: Vec<Object>,
    pub builds: Vec<Command>,
    /// What builds that no command of the repository starts say of their Containerfiles (services of Compose).
    pub recipes: Vec<GivenRecipe>,
    pub skips: Vec<Skip>,
    /// Inline `# image-lint: ignore[rule] reason` comments.
    pub ignores: Vec<InlineIgnore>,
    pub containerfiles: Vec<Containerfile>,
    /// What is wrong in the kustomization, and mentions that no kustomization deploys as they are.
    pub kustomize: Vec<KustomizeProblem>,
    pub unbuilt: Vec<Unbuilt>,
    /// It has objects that name folders to deploy (Argo CD's and Flux's), which may be kustomizations of the repository.
    pub names_folders: bool,
    /// Texts that its commands put others in the place of (`sed s/TEXT/…/`).
    pub substitutions: Vec<Substitution>,
    /// It names other files of the repository that say what it means, and was read without them.
    pub follows: bool,
    /// Documents that helm rendered, with their templates.
    pub rendered: Vec<RenderedDocument>,
    /// What is wrong in the chart that the file belongs to.
    pub charts: Vec<ChartProblem>,
    /// Charts, perhaps of the repository, and the values that the file gives them.
    pub deliveries: Vec<Delivery>,
    /// Scopes that stand in another one, which sees its text first (a Dockerfile in an OpenShift Template).
    pub enclosed: Vec<(u32, Scope)>,
    /// Next free scope number of the file.
    pub scopes: u32,
}

impl Extraction {
    /// A scope number that no other part of the file has.
    pub fn new_scope(&mut self) -> u32 {
        self.scopes += 1;
        self.scopes - 1
    }
}

/// What a file says of a Containerfile that it has built.
#[derive(Clone, Debug)]
pub struct GivenRecipe {
    pub recipe: RecipeArguments,
    pub place: Place,
}

/// `# image-lint: ignore[rule, rule] reason`
#[derive(Clone, Debug)]
pub struct InlineIgnore {
    pub place: Place,
    /// Empty: every rule.
    pub rules: Vec<Box<str>>,
    pub reason: Box<str>,
    /// It also covers the line below: the comment stands alone on its line.
    pub covers_next: bool,
    /// What is written in the place of `ignore`, as in `# image-lint: disable=short-name`. Such a comment ignores nothing.
    pub instead: Option<Box<str>>,
}

/// What a mention's string turned out to be once variables were followed. Only `Known` goes to the network.
#[derive(Clone, Debug, PartialEq)]
pub enum Text {
    Known(ImageReference),
    /// Not an image name, and why. `text` is the whole string after expansion.
    Invalid {
        text: String,
        error: ReferenceError,
    },
    /// Variables that nothing in the repository defines.
    Open(Vec<OpenVariable>),
    /// A registry that only the cluster can reach.
    Internal {
        text: String,
    },
    /// A name of an ImageStream (tag); `defined` when the repository defines it.
    Stream {
        name: StreamName,
        defined: Option<Place>,
    },
    /// A name in a local store, a stage, a file.
    Local {
        text: String,
        why: &'static str,
    },
    /// An empty string that a controller or a trigger fills in.
    Empty,
}

impl Text {
    /// The word `list` prints as `status`.
    pub fn status(&self) -> &'static str {
        match self {
            Text::Known(_) => "known",
            Text::Invalid { .. } => "invalid",
            Text::Open(_) | Text::Empty => "open",
            Text::Internal { .. } => "internal",
            Text::Stream { .. } => "stream",
            Text::Local { .. } => "local",
        }
    }
}

/// A variable that stays unknown, and where its value would have to come from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpenVariable {
    pub name: String,
    pub written: String,
    pub syntax: Syntax,
    /// The definition without a value, when there is one.
    pub declared_at: Option<Place>,
    pub why: Unknown,
}

/// Why a variable stays unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unknown {
    /// Nothing in the repository gives it a value.
    #[default]
    NoValue,
    /// It is an argument: whoever calls gives it.
    Argument,
    /// It has several values, and which of them go together is not known.
    Several,
    /// Only running a command tells.
    Running,
    /// An expression that is not followed.
    Expression,
}

impl Unknown {
    /// By how the variable is written.
    pub fn of(variable: &Variable) -> Self {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match (variable.syntax, &variable.op) {
            (_, Op::OneOf { .. }) => Unknown::Several,
            (Syntax::Command, _) | (_, Op::Path(_)) => Unknown::Running,
            (Syntax::Make, _) if variable.name.contains(' ') => Unknown::Running,
            (Syntax::Shell, _) if digits(&variable.name) || variable.name.ends_with(['@', '*']) => {
                Unknown::Argument
            }
            (Syntax::Argo, _) if variable.name.starts_with('=') => Unknown::Expression,
            (Syntax::Expression, _) if variable.name.contains([' ', '(', '|']) => {
                Unknown::Expression
            }
            (_, Op::Unsupported) => Unknown::Expression,
            _ => Unknown::NoValue,
        }
    }
}

/// `namespace/name:tag` of an ImageStreamTag, after expansion.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamName {
    pub namespace: Option<String>,
    pub name: String,
    pub tag: Option<String>,
}

/// A piece of the final text that did not stand at the mention itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its bytes in the final text.
    pub span: Span,
    pub text: String,
    pub origin: Origin,
}

/// A mention with its meaning in the whole repository.
#[derive(Clone, Debug)]
pub struct LinkedMention {
    pub mention: Mention,
    pub text: Text,
    pub parts: Vec<Part>,
    /// Who pulls it, as the repository uses it: a container that a trigger overwrites names a stream.
    pub role: Role,
    /// What the rest of the repository says about it, in the order of the report.
    pub facts: Vec<Fact>,
    /// Asked of the registry: role, text and rewrites allow it.
    pub asked: bool,
}

impl LinkedMention {
    /// Whether the repository itself makes an image of this name.
    pub fn built_here(&self) -> bool {
        self.facts
            .iter()
            .any(|fact| matches!(fact, Fact::BuiltHere { .. }))
    }

    /// The missing pull secret, where the repository says that none is named.
    pub fn no_pull_secret(&self) -> Option<&NoPullSecret> {
        self.facts.iter().find_map(|fact| match fact {
            Fact::NoPullSecret(none) => Some(&**none),
            _ => None,
        })
    }

    /// The platforms of which one is pulled: the target's, unless something here asks for others. Empty: nobody knows.
    pub fn platforms(&self, target: &Platform) -> Vec<Platform> {
        let asked = self.facts.iter().find_map(|fact| match fact {
            Fact::Platforms(asked) => Some(asked.of(target)),
            _ => None,
        });
        asked.unwrap_or_else(|| vec![target.clone()])
    }
}

/// Files and mentions of one run after linking, sorted by path and place.
#[derive(Clone, Debug, Default)]
pub struct Repository {
    pub mentions: Vec<LinkedMention>,
    pub builds: Vec<Built>,
    pub ignores: Vec<InlineIgnore>,
    pub skips: Vec<Skip>,
    pub containerfiles: Vec<Containerfile>,
    pub kustomize: Vec<KustomizeProblem>,
    pub charts: Vec<ChartProblem>,
}

impl Repository {
    pub fn mentions_in(&self, file: FileId) -> impl Iterator<Item = &LinkedMention> {
        self.mentions
            .iter()
            .filter(move |m| m.mention.place.file == file)
    }
}
