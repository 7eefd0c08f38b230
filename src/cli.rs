//! The command line: definitions only. What the arguments mean is decided in [`crate::app`].

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::LazyLock;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::{self, LevelSetting};
use crate::exit::{FailOn, OnUnchecked};
use crate::report::Format;
use crate::rules::unchecked::UNCHECKED;
use crate::schema;
use image_lint_model::target;

/// Finds every container image a repository names and says, at the line, which ones the cluster cannot pull.
#[derive(Debug, Parser)]
#[command(
    name = "image-lint",
    version,
    about,
    args_conflicts_with_subcommands = true,
    max_term_width = 100
)]
#[command(
    after_help = "Exit codes: 0 clean, 1 findings, 2 could not run, 3 unchecked, 130 interrupted\n\
`image-lint explain [RULE]` says why a rule is there and what to do."
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub lint: LintArgs,
}

/// What `-h` shows of the options, so that it fits a screen; `--help` shows all.
const COMMON: [&str; 10] = [
    "changed_since",
    "target",
    "fail_on",
    "on_unchecked",
    "offline",
    "pull_secret",
    "format",
    "output",
    "verbose",
    "fix",
];

/// The command line with every word of help, for manual pages.
pub fn full_command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}

/// The command line as it is parsed and shown.
pub fn command() -> clap::Command {
    brief(full_command()).mut_subcommands(brief)
}

fn brief(command: clap::Command) -> clap::Command {
    command.mut_args(|arg| {
        let common = arg.is_positional() || COMMON.contains(&arg.get_id().as_str());
        arg.hide_short_help(!common)
    })
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Every reference with place, kind and role; asks no registry
    List(ListArgs),
    /// What the registry stores under an image, judged for every target
    Inspect(InspectArgs),
    /// Git's pre-push hook: lints the commits that are pushed
    PrePush(PrePushArgs),
    /// Install or remove the native pre-push hook
    Hook(HookArgs),
    /// Plan that copies unpullable images to a registry in docker format
    Mirror(MirrorArgs),
    /// Editor server: the Language Server Protocol on stdin and stdout
    Lsp(LspArgs),
    /// Why a rule exists and what to do; without RULE, all rules
    Explain(ExplainArgs),
    /// Shows the settings in force and where each came from
    Config(ConfigArgs),
    /// JSON schemas of the configuration and the reports
    Schema(SchemaArgs),
    /// Shell completions
    Completions(CompletionsArgs),
    /// The manual page, or that of a command, in roff
    Man(ManArgs),
    /// The step of action.yml: inputs from the environment, outputs to the files of the runner
    #[command(hide = true)]
    GithubAction,
}

#[derive(Debug, Args, Default)]
pub struct LintArgs {
    /// Files or folders; `-` reads stdin [default: .]
    #[arg(value_name = "PATH")]
    pub paths: Vec<OsString>,
    #[command(flatten)]
    pub sources: SourceArgs,
    #[command(flatten)]
    pub judging: JudgingArgs,
    #[command(flatten)]
    pub network: NetworkArgs,
    #[command(flatten)]
    pub reporting: ReportArgs,
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Apply the edits that are provably right
    ///
    /// The report then says what is left
    #[arg(long, help_heading = "Fixing")]
    pub fix: bool,
    /// Print these edits as a unified diff instead of the report, and apply nothing
    #[arg(long, help_heading = "Fixing", conflicts_with = "fix")]
    pub diff: bool,
    /// Take edits that change more than the fault, or that nobody can prove, as well
    ///
    /// The nearest tag that exists, a parameter's default, a text that is used elsewhere too
    #[arg(long = "unsafe", help_heading = "Fixing")]
    pub unsafe_fixes: bool,
    /// Read every tracked file that may name an image whole, or fail (exit 3) and name those that were not
    ///
    /// Also files that git ignores although it tracks them, copies in vendor folders, and what the repository's own
    /// `include` and `exclude` leave out; what is beyond a limit, no text, a link to what is not read, or not there fails
    #[arg(long, help_heading = "Sources")]
    pub strict: bool,
    /// Judge only files that differ from this commit
    #[arg(long, value_name = "REF", help_heading = "Sources")]
    pub changed_since: Option<OsString>,
}

#[derive(Debug, Args, Default, Clone)]
#[command(next_help_heading = "Sources")]
pub struct SourceArgs {
    /// Also read files that git ignores
    #[arg(long)]
    pub no_gitignore: bool,
    /// Read only files that match (glob; may be repeated)
    #[arg(long, value_name = "GLOB")]
    pub include: Vec<String>,
    /// Leave out files and folders that match (glob; may be repeated)
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Name to give the stream read from stdin, which decides how it is read
    #[arg(long, value_name = "NAME")]
    pub stdin_filename: Option<String>,
    /// Largest file that is read, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = crate::discover::MAX_FILE_SIZE)]
    pub max_file_size: u64,
    /// Files that are met at most; what comes after them in the order of the walk is not read, which is said
    #[arg(long, value_name = "N", default_value_t = crate::discover::MAX_FILES)]
    pub max_files: usize,
    /// Places that name an image and are judged at most; what comes after them is not, which is said
    #[arg(long, value_name = "N", default_value_t = 250_000)]
    pub max_mentions: usize,
    /// Seconds for reading all files; what is not read by then is named, and counts as not checked
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub read_deadline: Option<f64>,
    /// Also read what is off by default: manifests within ConfigMaps and Secrets, packages of Crossplane, `oci://`
    /// repositories of Flux and dependencies of charts
    #[arg(long)]
    pub extended: bool,
    /// Give a variable a value: Template parameter, ARG, shell variable (may be repeated)
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Values for variables, a YAML mapping or NAME=VALUE lines; every chart is rendered with the YAML, too, as with `helm
    /// -f FILE`
    #[arg(long, value_name = "FILE")]
    pub values: Vec<PathBuf>,
    /// Let variables take their value from the environment
    #[arg(long)]
    pub env: bool,
}

#[derive(Debug, Args, Default, Clone)]
#[command(next_help_heading = "Judging")]
pub struct JudgingArgs {
    /// Cluster that pulls, such as kubernetes
    ///
    /// openshift-3.11 (default), docker-20.10, openshift-4, kubernetes, or one of the configuration; paths that its `targets`
    /// name keep theirs
    ///
    /// [env: IMAGE_LINT_TARGET]
    #[arg(long, value_name = "TARGET", value_parser = Words::<String>::of(targets), hide_possible_values = true)]
    pub target: Option<String>,
    /// Target that judges base images (`FROM`, `buildah from`) [default: the same]
    ///
    /// [env: IMAGE_LINT_BUILD_BASE_TARGET]
    #[arg(long, value_name = "TARGET", value_parser = Words::<String>::of(targets), hide_possible_values = true)]
    pub build_base_target: Option<String>,
    /// Platform of the nodes, such as linux/amd64
    ///
    /// [env: IMAGE_LINT_PLATFORM]
    #[arg(long, value_name = "OS/ARCH", value_parser = Words::<String>::of(platforms), hide_possible_values = true)]
    pub platform: Option<String>,
    /// Level of a rule: off, note, warning or error (may be repeated)
    #[arg(long, value_name = "RULE=LEVEL", value_parser = Words::<LevelOf>::of(levels), hide_possible_values = true)]
    pub level: Vec<LevelOf>,
    /// Ignore a rule; what it would have found is counted (may be repeated)
    #[arg(long, value_name = "RULE", value_parser = PossibleValuesParser::new(config::known_rules()), hide_possible_values = true)]
    pub ignore: Vec<String>,
    /// Level that fails the run [default: error]
    ///
    /// error (default), warning, note, never
    ///
    /// [env: IMAGE_LINT_FAIL_ON]
    #[arg(long, value_name = "LEVEL", value_parser = Words::<FailOn>::of(fail_on), hide_possible_values = true)]
    pub fail_on: Option<FailOn>,
    /// What could not be checked: fail or warn
    ///
    /// Whether references that could not be checked fail the run: fail (default; exit code 3), warn (default of pre-push)
    ///
    /// [env: IMAGE_LINT_ON_UNCHECKED]
    #[arg(long, value_name = "POLICY", value_parser = Words::<OnUnchecked>::of(policies), hide_possible_values = true)]
    pub on_unchecked: Option<OnUnchecked>,
    /// Take no `image-lint: ignore` comment and no configured ignore into account
    #[arg(long)]
    pub no_ignores: bool,
    /// Keep findings silent that this file lists
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write the present findings to the baseline file and succeed
    #[arg(long, value_name = "FILE")]
    pub write_baseline: Option<PathBuf>,
}

#[derive(Debug, Args, Default, Clone)]
#[command(next_help_heading = "Registries")]
pub struct NetworkArgs {
    /// Ask no registry
    #[arg(long)]
    pub offline: bool,
    /// Neither read nor write the cache of answers
    #[arg(long)]
    pub no_cache: bool,
    /// Also read manifests, to check layers, platforms and artifacts (a pull each on Docker Hub)
    #[arg(long)]
    pub deep: bool,
    /// Talk plain HTTP to this host or host:port (may be repeated)
    #[arg(long, value_name = "HOST")]
    pub plain_http: Vec<String>,
    /// Certificate authority to trust besides the system's, PEM (may be repeated)
    #[arg(long, value_name = "FILE")]
    pub ca: Vec<PathBuf>,
    /// Host allowed although its address is private or local (may be repeated)
    #[arg(long, value_name = "HOST")]
    pub allow_host: Vec<String>,
    /// Requests in flight per host
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub per_host: u16,
    /// Requests in flight in all
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub requests: u16,
    /// Distinct images that are asked for at most; the others count as not checked
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    pub max_references: usize,
    /// Registries that a tree which is not trusted has asked at most; images of others count as not checked
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub max_hosts: usize,
    /// Name server to ask instead of the system's, with a port when it is not 53 (may be repeated)
    #[arg(long, value_name = "IP[:PORT]", value_parser = name_server)]
    pub name_server: Vec<std::net::SocketAddr>,
    /// Seconds for one request
    #[arg(long, value_name = "SECONDS", default_value_t = 15.0, value_parser = seconds)]
    pub timeout: f64,
    /// Seconds for all requests together; what is left then counts as not checked
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub deadline: Option<f64>,
    /// Credentials file to read instead of the usual places (config.json or auth.json)
    #[arg(long, value_name = "FILE")]
    pub authfile: Option<PathBuf>,
    /// Pull secret to take credentials from
    ///
    /// A Kubernetes Secret of type dockerconfigjson, in YAML or JSON (may be repeated)
    #[arg(long, value_name = "FILE")]
    pub pull_secret: Vec<PathBuf>,
    /// Use no credentials
    #[arg(long)]
    pub no_credentials: bool,
    /// How far the linted tree is trusted; `auto` distrusts pull requests from forks
    #[arg(long, value_name = "TRUST", default_value = "auto")]
    pub trust: TrustArg,
    /// Do not look for an older tag of the same repository that the target can pull (at most five HEAD requests for each
    /// repository with an image that it cannot)
    #[arg(long)]
    pub no_alternatives: bool,
    /// What a name without a registry stands for: docker.io as for docker, what this machine's registries.conf says (aliases
    /// and search list) as for podman and CRI-O, or an error
    #[arg(long, value_name = "MEANING", default_value = "docker")]
    pub short_names: ShortNamesArg,
    /// Ask the mirrors of registries.conf before the registry itself
    #[arg(long)]
    pub use_mirrors: bool,
    /// Say for each host where credentials were looked for, and what became of them
    #[arg(long)]
    pub explain_auth: bool,
}

#[derive(Debug, Args, Default, Clone)]
#[command(next_help_heading = "Reports")]
pub struct ReportArgs {
    /// Such as sarif or json
    ///
    /// human, short (`path:line:column: level[rule] message`), github, gitlab, sarif, junit, json, jsonl, markdown, html, rdjsonl; auto: by the CI system
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = Words::<String>::of(formats), hide_possible_values = true)]
    pub format: String,
    /// Also write a report to a file (may be repeated)
    #[arg(long, value_name = "FORMAT=PATH")]
    pub output: Vec<OsString>,
    /// Only how many findings there are of each rule
    #[arg(long)]
    pub statistics: bool,
    /// Colour in the human report
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: When,
    /// Progress bar on stderr
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub progress: When,
    /// Say more; twice: each request
    ///
    /// What was skipped and why; twice: each request (names of headers only)
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Only findings, no summary
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(Debug, Args, Default, Clone)]
#[command(next_help_heading = "Settings")]
pub struct SettingsArgs {
    /// Configuration file of the repository [default: the nearest .image-lint.yaml above each file]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Read no configuration file
    #[arg(long)]
    pub no_config: bool,
    /// Threads that read files [default: one per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub jobs: Option<u16>,
}

#[derive(Debug, Args)]
pub struct ListArgs {
    /// Files or folders; `-` reads one stream from stdin [default: .]
    #[arg(value_name = "PATH")]
    pub paths: Vec<OsString>,
    /// text, json or jsonl
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ListFormat,
    /// Show files instead: who read each, its mentions, what was skipped and why
    #[arg(long)]
    pub files: bool,
    /// Show files instead that name an image and are of a kind that is not read
    #[arg(long, conflicts_with = "files")]
    pub unread: bool,
    #[command(flatten)]
    pub sources: SourceArgs,
    #[command(flatten)]
    pub settings: SettingsArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 some target can pull every image · 1 none can pull one of them, or it is missing or private · 2 could not \
run · 3 one could not be checked")]
pub struct InspectArgs {
    /// Images to ask for
    #[arg(value_name = "IMAGE", required = true)]
    pub images: Vec<String>,
    /// text or json
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: InspectFormat,
    /// Platform of the nodes, such as linux/amd64
    #[arg(long, value_name = "OS/ARCH")]
    pub platform: Option<String>,
    #[command(flatten)]
    pub network: NetworkArgs,
    #[command(flatten)]
    pub settings: SettingsArgs,
}

#[derive(Debug, Args)]
pub struct PrePushArgs {
    /// Name of the remote, as git gives it
    #[arg(value_name = "REMOTE")]
    pub remote: Option<OsString>,
    /// Its URL
    #[arg(value_name = "URL")]
    pub url: Option<OsString>,
    /// Judge every file of the pushed commits, not only the changed ones
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub sources: SourceArgs,
    #[command(flatten)]
    pub judging: JudgingArgs,
    #[command(flatten)]
    pub network: NetworkArgs,
    #[command(flatten)]
    pub reporting: ReportArgs,
    #[command(flatten)]
    pub settings: SettingsArgs,
}

#[derive(Debug, Args, Clone)]
#[command(after_help = "\
Editors start it; docs/editors.md has their settings. Exit codes: 0 the editor ended it · 1 the editor went away without a \
word · 2 could not run")]
pub struct LspArgs {
    /// Nothing else is spoken: taken since some editors give it
    #[arg(long, hide = true)]
    pub stdio: bool,
    #[command(flatten)]
    pub sources: SourceArgs,
    #[command(flatten)]
    pub judging: JudgingArgs,
    #[command(flatten)]
    pub network: NetworkArgs,
    #[command(flatten)]
    pub settings: SettingsArgs,
}

#[derive(Debug, Args)]
pub struct HookArgs {
    #[command(subcommand)]
    pub action: HookAction,
}

#[derive(Debug, Subcommand, Clone, Copy)]
pub enum HookAction {
    /// Install the pre-push hook; an existing hook is kept and called first
    Install {
        /// Write the hook although a hook manager is in use here
        #[arg(long)]
        beside_manager: bool,
    },
    /// Remove it and put the earlier hook back
    Uninstall,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:\n  \
image-lint mirror --to registry.example.com/mirror > copy.sh       # look at it, then: sh copy.sh\n  \
image-lint mirror --to registry.example.com/mirror --format patch | git apply --allow-empty\n  \
image-lint mirror --to registry.example.com/mirror --apply         # both, and checks each copy\n\n\
skopeo takes its credentials from `skopeo login` and docker's configuration. For OpenShift's registry, the token of \
`oc login` is used when your own configuration says `credentials: openshift-login` for the host.\n\
Exit codes: 0 planned, done, or nothing to copy · 1 something is left, by hand or because a copy failed · 2 could not \
run · 3 nothing to copy, and some images could not be checked")]
pub struct MirrorArgs {
    /// Files or folders to lint; `-` reads one stream from stdin [default: .]
    #[arg(value_name = "PATH")]
    pub paths: Vec<OsString>,
    /// Registry and project that take the copies, such as registry.example.com/mirror
    #[arg(long, value_name = "HOST/PROJECT")]
    pub to: String,
    /// Name of the same project inside the cluster, to be written into the files
    #[arg(long, value_name = "HOST/PROJECT")]
    pub named: Option<String>,
    /// Copy all images of others that the files name, not only those that the target cannot pull
    #[arg(long)]
    pub all_images: bool,
    /// Copy of a list only the image for the target's platform; without it lists stay lists where the target takes them
    #[arg(long)]
    pub one_platform: bool,
    /// Keep lists as lists, which is what happens anyway
    #[arg(long, hide = true, conflicts_with = "one_platform")]
    pub all: bool,
    /// What to print: the script that copies, the patch that names the copies, or both as JSON
    #[arg(long, value_name = "FORMAT", default_value = "script")]
    pub format: MirrorFormat,
    /// Run skopeo, check what was pushed, then name the copies in the files
    #[arg(long, conflicts_with = "format")]
    pub apply: bool,
    /// Progress bar on stderr
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub progress: When,
    /// Only errors on stderr
    #[arg(short, long)]
    pub quiet: bool,
    #[command(flatten)]
    pub sources: SourceArgs,
    #[command(flatten)]
    pub judging: JudgingArgs,
    #[command(flatten)]
    pub network: NetworkArgs,
    #[command(flatten)]
    pub settings: SettingsArgs,
}

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Id of the rule
    #[arg(value_name = "RULE", value_parser = Words::<String>::of(config::known_rules), hide_possible_values = true)]
    pub rule: Option<String>,
    /// All rules as the Markdown page docs/rules.md
    #[arg(long, hide = true)]
    pub markdown: bool,
}

#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// Show every setting in force and where it came from
    #[arg(long)]
    pub show: bool,
    #[command(flatten)]
    pub lint: LintArgs,
}

#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Which one
    #[arg(value_name = "NAME", value_parser = schema_names())]
    pub name: String,
}

#[derive(Debug, Args)]
pub struct ManArgs {
    /// Command, such as list or hook install
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Put the script where your shell looks for it, or load it from its start-up file:\n  \
source <(image-lint completions bash)                        # ~/.bashrc\n  \
image-lint completions zsh > \"${fpath[1]}/_image-lint\"        # before compinit\n  \
image-lint completions fish > ~/.config/fish/completions/image-lint.fish\n  \
image-lint completions powershell | Out-String | Invoke-Expression   # $PROFILE")]
pub struct CompletionsArgs {
    /// Shell to write the script for
    pub shell: clap_complete::Shell,
}

/// `RULE=LEVEL`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelOf {
    pub rule: String,
    pub level: LevelSetting,
}

impl FromStr for LevelOf {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (rule, level) = text
            .split_once('=')
            .ok_or("not RULE=LEVEL, such as short-name=warning")?;
        if rule == UNCHECKED {
            return Err(
                "`unchecked` is no rule and has no level: --on-unchecked fail or warn decides"
                    .to_owned(),
            );
        }
        let known = config::known_rules();
        if !known.contains(&rule) {
            let near = config::load::nearest(rule, &known);
            return Err(near.map_or_else(
                || "there is no such rule; `image-lint explain` lists all".to_owned(),
                |near| format!("there is no such rule; did you mean `{near}`?"),
            ));
        }
        let level = LevelSetting::ALL
            .into_iter()
            .find(|known| known.as_str() == level)
            .ok_or("the level is off, note, warning or error")?;
        let rule = rule.to_owned();
        Ok(LevelOf { rule, level })
    }
}

/// Takes what `T` takes, and offers these words to completions.
#[derive(Debug, Clone)]
struct Words<T> {
    words: fn() -> Vec<&'static str>,
    taken: PhantomData<T>,
}

impl<T> Words<T> {
    fn of(words: fn() -> Vec<&'static str>) -> Self {
        let taken = PhantomData;
        Words { words, taken }
    }
}

impl<T> TypedValueParser for Words<T>
where
    T: FromStr<Err: fmt::Display> + Clone + Send + Sync + 'static,
{
    type Value = T;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        let parse = |text: &str| text.parse::<T>().map_err(|error| error.to_string());
        parse.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let words = (self.words)().into_iter();
        Some(Box::new(words.map(PossibleValue::new)))
    }
}

fn targets() -> Vec<&'static str> {
    target::BUILT_IN.to_vec()
}

/// Those of the platforms that images are made for (Docker's official images).
fn platforms() -> Vec<&'static str> {
    vec![
        "linux/amd64",
        "linux/arm64",
        "linux/arm/v7",
        "linux/ppc64le",
        "linux/s390x",
        "windows/amd64",
    ]
}

fn levels() -> Vec<&'static str> {
    static PAIRS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let levels = |rule| LevelSetting::ALL.map(|level| format!("{rule}={}", level.as_str()));
        let rules = config::known_rules().into_iter();
        rules
            .filter(|rule| *rule != UNCHECKED)
            .flat_map(levels)
            .collect()
    });
    PAIRS.iter().map(String::as_str).collect()
}

fn fail_on() -> Vec<&'static str> {
    vec!["error", "warning", "note", "never"]
}

fn policies() -> Vec<&'static str> {
    vec!["fail", "warn"]
}

fn formats() -> Vec<&'static str> {
    let all = Format::ALL.iter().map(|format| format.as_str());
    std::iter::once("auto").chain(all).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum TrustArg {
    #[default]
    Auto,
    Trusted,
    Untrusted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ShortNamesArg {
    #[default]
    Docker,
    #[value(name = "registries.conf")]
    RegistriesConf,
    Error,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum When {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ListFormat {
    #[default]
    Text,
    Json,
    Jsonl,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum InspectFormat {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum MirrorFormat {
    #[default]
    Script,
    Patch,
    Json,
}

fn schema_names() -> PossibleValuesParser {
    PossibleValuesParser::new(schema::ALL.iter().map(|published| published.name))
}

/// An address with or without a port: `10.0.0.2`, `10.0.0.2:5353`, `[fd00::2]:5353`.
fn name_server(text: &str) -> Result<std::net::SocketAddr, String> {
    let address = text
        .parse()
        .or_else(|_| text.parse().map(|ip: std::net::IpAddr| (ip, 53).into()));
    address.map_err(|_| {
        "an IP address, perhaps with a port, such as 10.0.0.2 or 10.0.0.2:5353".to_owned()
    })
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.trim_end_matches('s').parse::<f64>() {
        Ok(n) if n > 0.0 && n <= 86_400.0 => Ok(n),
        _ => Err("a number of seconds above 0, such as 8 or 0.5".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_of_all_commands_agree() {
        command().debug_assert();
    }

    #[test]
    fn short_help_fits_a_screen_and_knows_its_options() {
        let mut command = command();
        let text = command.render_help().to_string();
        assert!(text.lines().count() <= 64, "{text}");
        let known: Vec<&str> = command
            .get_arguments()
            .map(|arg| arg.get_id().as_str())
            .collect();
        assert!(COMMON.iter().all(|name| known.contains(name)), "{known:?}");
        assert!(
            command
                .render_long_help()
                .to_string()
                .contains("--plain-http")
        );
    }
}
