//! Settles what a run is to do: flags, environment and configuration become plain values, and everything that can be
//! wrong with them is said before a file is read or a registry asked.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::read::{ChartValues, Input};
use super::tree_config::{self, TreeConfig, TreeFile};
use super::{Failure, network, suppress};
use crate::cli::{JudgingArgs, NetworkArgs, SettingsArgs, SourceArgs, TrustArg};
use crate::config::{self, Overrides};
use crate::discover::stdin;
use crate::discover::worktree::{Links, Selection};
use image_lint_registry::Trust;
use image_lint_scan::extract::MentionLimit;
use image_lint_scan::link::Values;
use image_lint_text::meter::RunMeter;
use image_lint_text::source::RepoPath;

/// Bytes of a file with values.
const MAX_VALUES: u64 = 4 * 1024 * 1024;

/// Which sources are read and how variables get their values.
#[derive(Clone, Debug)]
pub struct Sources {
    pub input: Input,
    /// Most mentions that are judged.
    pub max_mentions: usize,
    pub values: Values,
    /// Threads that read; None: one per processor.
    pub jobs: Option<usize>,
}

/// What is read, from the flags.
///
/// # Errors
/// A glob, a `--set` or a values file that cannot be used.
pub fn sources(
    paths: &[OsString],
    args: &SourceArgs,
    settings: &config::Settings,
    jobs: Option<u16>,
    env: &BTreeMap<String, String>,
) -> Result<Sources, Failure> {
    let mut roots: Vec<PathBuf> = Vec::new();
    let mut from_stdin = false;
    for path in paths {
        if path == "-" {
            from_stdin = true;
        } else {
            roots.push(PathBuf::from(path));
        }
    }
    if roots.is_empty() && !from_stdin {
        roots.push(PathBuf::from("."));
    }
    let name = args.stdin_filename.clone();
    if name.is_some() && !from_stdin {
        return Err(Failure::Usage(
            "--stdin-filename needs `-` among the paths".into(),
        ));
    }
    let selection = selection(settings, !args.no_gitignore, Globs::All)?;
    let (mut values, chart_values) = values(args, env)?;
    // Which hosts only the cluster reaches does not depend on the folder that says so.
    for settings in std::iter::once(settings).chain(&settings.below) {
        settings
            .internal_hosts
            .iter()
            .for_each(|host| values.add_internal_host(host.value.clone()));
        settings
            .rewrites
            .iter()
            .for_each(|rewrite| values.add_rewritten(rewrite.value.from.clone()));
    }
    let stdin = from_stdin.then(|| name.unwrap_or_else(|| stdin::DEFAULT_NAME.to_owned()));
    Ok(Sources {
        input: Input {
            roots,
            stdin,
            selection,
            links: Links::default(),
            max_file_size: args.max_file_size,
            max_files: args.max_files,
            editing: false,
            extended: settings.extended.value,
            meter: RunMeter::default(),
            mentions: MentionLimit::new(args.max_mentions),
            read_deadline: args.read_deadline.map(Duration::from_secs_f64),
            chart_values,
        },
        max_mentions: args.max_mentions,
        values,
        jobs: jobs.map(usize::from),
    })
}

/// Leaves nothing out that git tracks, and nothing for the repository's own globs.
///
/// # Errors
/// A glob that cannot be used.
pub fn insist(
    sources: &mut Sources,
    settings: &config::Settings,
    args: &SourceArgs,
) -> Result<(), Failure> {
    let mut selection = selection(settings, !args.no_gitignore, Globs::OfOthers)?;
    selection.insist(&sources.input.roots);
    sources.input.selection = selection;
    Ok(())
}

/// Whose globs choose files.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Globs {
    All,
    /// Not those of the linted repository.
    OfOthers,
}

/// Flags' globs are about paths below each root, those of a configuration file about paths below its folder.
fn selection(
    settings: &config::Settings,
    gitignore: bool,
    whose: Globs,
) -> Result<Selection, Failure> {
    let all_paths = settings.reads_all_paths() || whose == Globs::OfOthers;
    let globs = |set: &[config::settings::Valued<String>], flags: bool| {
        set.iter()
            .filter(|v| flags || !all_paths || !matches!(v.from, config::Origin::Repository(_)))
            .filter(|v| matches!(v.from, config::Origin::Flag(_)) == flags)
            .map(|v| v.value.clone())
            .collect::<Vec<_>>()
    };
    let all =
        |set: &[config::settings::Valued<String>]| [globs(set, true), globs(set, false)].concat();
    let Some(folder) = &settings.folder else {
        let mut selection =
            Selection::new(gitignore, &all(&settings.include), &all(&settings.exclude))?;
        configure(&mut selection, &settings.below, globs)?;
        return Ok(selection);
    };
    let (include, exclude) = (
        globs(&settings.include, true),
        globs(&settings.exclude, true),
    );
    let mut selection = Selection::new(gitignore, &include, &exclude)?;
    let (include, exclude) = (
        globs(&settings.include, false),
        globs(&settings.exclude, false),
    );
    selection.configure(folder, &include, &exclude)?;
    configure(&mut selection, &settings.below, globs)?;
    Ok(selection)
}

fn configure(
    selection: &mut Selection,
    below: &[config::Settings],
    globs: impl Fn(&[config::settings::Valued<String>], bool) -> Vec<String>,
) -> Result<(), Failure> {
    for settings in below {
        if let Some(folder) = &settings.folder {
            let (include, exclude) = (
                globs(&settings.include, false),
                globs(&settings.exclude, false),
            );
            selection.configure(folder, &include, &exclude)?;
        }
    }
    Ok(())
}

/// Values for open variables: files first, then `--set`, then the environment for what is still open. Files that charts
/// can take are for those as well.
fn values(
    args: &SourceArgs,
    env: &BTreeMap<String, String>,
) -> Result<(Values, Vec<ChartValues>), Failure> {
    let mut all = BTreeMap::new();
    let mut of_charts = Vec::new();
    if args.env {
        all.extend(
            env.iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
    }
    for file in &args.values {
        let shown = file.display();
        let text = read_named(file, MAX_VALUES).map_err(|source| Failure::Io {
            what: format!("--values {shown}"),
            source,
        })?;
        let given =
            values_file(&text).map_err(|why| Failure::Usage(format!("--values {shown}: {why}")))?;
        if given.is_yaml {
            of_charts.push(ChartValues {
                path: RepoPath::new(file),
                text,
                nested: given.nested,
            });
        }
        all.extend(given.single);
    }
    for pair in &args.set {
        let Some((name, value)) = pair.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            return Err(Failure::Usage(format!("--set {pair}: not NAME=VALUE")));
        };
        all.insert(name.to_owned(), value.to_owned());
    }
    let mut values = Values::new();
    all.into_iter()
        .for_each(|(name, value)| values.set(name, value));
    Ok((values, of_charts))
}

/// What a file of `--values` holds.
#[derive(Debug, Default, PartialEq)]
struct ValuesFile {
    /// Names with one value each.
    single: BTreeMap<String, String>,
    is_yaml: bool,
    /// Some of its values are lists or mappings.
    nested: bool,
}

/// A YAML mapping, or NAME=VALUE lines with `#` comments (`oc process --param-file`).
fn values_file(text: &str) -> Result<ValuesFile, String> {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
        .collect();
    let is_env = |line: &&str| {
        line.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.' || b == b'-')
        })
    };
    if !lines.is_empty() && lines.iter().all(is_env) {
        let pair = |line: &&str| {
            line.split_once('=')
                .map(|(n, v)| (n.to_owned(), v.trim_matches(['"', '\'']).to_owned()))
        };
        return Ok(ValuesFile {
            single: lines.iter().filter_map(pair).collect(),
            ..ValuesFile::default()
        });
    }
    let parsed: BTreeMap<String, serde_yaml::Value> = serde_yaml::from_str(text)
        .map_err(|error| format!("neither a YAML mapping nor NAME=VALUE lines: {error}"))?;
    let mut file = ValuesFile {
        is_yaml: true,
        ..ValuesFile::default()
    };
    for (name, value) in parsed {
        let single = match value {
            serde_yaml::Value::String(text) => text,
            serde_yaml::Value::Number(number) => number.to_string(),
            serde_yaml::Value::Bool(flag) => flag.to_string(),
            serde_yaml::Value::Null => String::new(),
            _ => {
                file.nested = true;
                continue;
            }
        };
        file.single.insert(name, single);
    }
    Ok(file)
}

/// Reads the configuration files and lays flags and environment over them.
///
/// # Errors
/// A file that cannot be read or says something wrong, at its line; a variable or flag with a wrong word.
pub fn layered(
    mut flags: Overrides,
    tree: TreeConfig<'_>,
    args: &SettingsArgs,
    env: &BTreeMap<String, String>,
) -> Result<(config::Settings, Option<String>), Failure> {
    let user_path = config::user_path(env).filter(|path| !args.no_config && path.is_file());
    let user = user_path
        .map(|path| {
            let shown = path.display().to_string();
            read_config(&path, &shown).map(|text| (shown, text))
        })
        .transpose()?;
    let user_config = user
        .as_ref()
        .map(|(path, text)| config::user(path, text, &config::known_rules()))
        .transpose()?;
    let user = user
        .as_ref()
        .zip(user_config.as_ref())
        .map(|((path, _), config)| (path.as_str(), config));
    let untrusted = || network::trust(TrustArg::Auto, env) == Trust::Untrusted;
    flags.untrusted = Some(flags.untrusted.unwrap_or_else(untrusted));
    let lay = |tree: Option<(&str, &str)>| lay(&flags, env, user, tree);
    match (&args.config, args.no_config, tree) {
        (Some(path), _, tree) => {
            let shown = path.display().to_string();
            let text = read_config(path, &shown)?;
            let mut settings = lay(Some((&shown, &text)))?;
            if let TreeConfig::Paths { paths, .. } = tree {
                settings.anchor = tree_config::anchor(path, paths);
            }
            know(&mut settings, path.parent().unwrap_or(Path::new("")))?;
            Ok((settings, Some(shown)))
        }
        (None, true, _) => Ok((lay(None)?, None)),
        (None, false, TreeConfig::Texts(found)) => {
            let (whole, below) = tree_config::of_texts(found)?;
            let one = |file: &TreeFile| {
                let pair = file.file.as_ref();
                lay(pair.map(|(path, text)| (path.as_str(), text.as_str())))
            };
            let mut settings = whole.as_ref().map_or_else(|| lay(None), one)?;
            for file in &below {
                settings.below.push(config::Settings {
                    folder: Some(file.folder.clone()),
                    anchor: file.anchor.clone(),
                    ..one(file)?
                });
            }
            Ok((settings, whole.and_then(|file| Some(file.file?.0))))
        }
        (None, false, TreeConfig::Paths { paths, gitignore }) => {
            let (whole, below) = tree_config::find(paths, gitignore, env)?;
            let one = |file: &TreeFile| -> Result<config::Settings, Failure> {
                let pair = file.file.as_ref();
                let mut settings = lay(pair.map(|(path, text)| (path.as_str(), text.as_str())))?;
                know(&mut settings, &file.folder)?;
                settings.folder = Some(file.folder.clone());
                settings.anchor = file.anchor.clone();
                Ok(settings)
            };
            let mut settings = match &whole {
                Some(file) => one(file)?,
                None => lay(None)?,
            };
            settings.below = below.iter().map(one).collect::<Result<_, _>>()?;
            Ok((settings, whole.and_then(|file| Some(file.file?.0))))
        }
    }
}

/// Reads the baseline that a configuration in this folder names.
fn know(settings: &mut config::Settings, folder: &Path) -> Result<(), Failure> {
    if let Some(named) = &settings.baseline {
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        settings.known = suppress::named(folder, &named.value)?;
    }
    Ok(())
}

/// One file of the tree, or none, below flags, environment and the user's file.
fn lay(
    flags: &Overrides,
    env: &BTreeMap<String, String>,
    user: config::settings::Read<'_, config::UserConfig>,
    tree: Option<(&str, &str)>,
) -> Result<config::Settings, Failure> {
    let rules = config::known_rules();
    let repository = tree
        .map(|(path, text)| config::repository(path, text, &rules))
        .transpose()?;
    let tree = tree
        .zip(repository.as_ref())
        .map(|((path, _), config)| (path, config));
    config::Settings::layered(flags, env, user, tree)
        .map_err(|error| Failure::Usage(error.to_string()))
}

/// The folder whose configuration counts: the first folder among the paths, else where the program runs.
pub fn root_folder(paths: &[OsString]) -> PathBuf {
    paths
        .iter()
        .filter(|path| *path != "-")
        .map(PathBuf::from)
        .find(|path| path.is_dir())
        .unwrap_or_else(|| PathBuf::from("."))
}

/// The text of a configuration file; `shown` is how it is named.
pub(super) fn read_config(path: &Path, shown: &str) -> Result<String, Failure> {
    let fail = |source| Failure::Io {
        what: format!("configuration `{shown}`"),
        source,
    };
    let limit = config::load::LARGEST as u64;
    // What is no regular file has no size of its own.
    match read_named(path, limit) {
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            Err(config::load::too_large(shown).into())
        }
        read => read.map_err(fail),
    }
}

/// The text of a file that a flag names. The linted tree may have put a link to an endless device in its place.
///
/// # Errors
/// Of reading; what has more bytes than `limit`, or is no UTF-8.
pub fn read_named(path: &Path, limit: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        let why = format!("more than {limit} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    String::from_utf8(bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

/// What flags say over the configuration.
pub fn overrides(judging: &JudgingArgs, sources: &SourceArgs, network: &NetworkArgs) -> Overrides {
    Overrides {
        target: judging.target.clone(),
        build_base_target: judging.build_base_target.clone(),
        platform: judging.platform.clone(),
        fail_on: judging.fail_on,
        on_unchecked: judging.on_unchecked,
        include: sources.include.clone(),
        exclude: sources.exclude.clone(),
        extended: sources.extended.then_some(true),
        levels: (judging.level.iter())
            .map(|set| (set.rule.clone(), set.level))
            .collect(),
        ignore: judging.ignore.clone(),
        plain_http: network.plain_http.clone(),
        ca: network.ca.clone(),
        pull_secrets: network.pull_secret.clone(),
        untrusted: match network.trust {
            TrustArg::Auto => None,
            TrustArg::Trusted => Some(false),
            TrustArg::Untrusted => Some(true),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_files_are_yaml_or_lines() {
        let rows = [
            (
                "A: x\nB: 1.10\nC: true\n",
                Ok(vec![("A", "x"), ("B", "1.1"), ("C", "true")]),
            ),
            ("# c\nA=x\nB=\"y z\"\n", Ok(vec![("A", "x"), ("B", "y z")])),
            ("", Ok(vec![])),
            ("A: [1]\nB: {c: d}\nE: f\n", Ok(vec![("E", "f")])),
            ("- a\n", Err(())),
        ];
        for (text, expected) in rows {
            let got = values_file(text).map_err(|_| ());
            let nested = got.as_ref().is_ok_and(|file| file.nested);
            assert_eq!(nested, text.contains('['), "{text:?}");
            let got = got.map(|file| file.single);
            let expected = expected.map(|pairs| {
                pairs
                    .into_iter()
                    .map(|(n, v)| (n.to_owned(), v.to_owned()))
                    .collect::<BTreeMap<_, _>>()
            });
            assert_eq!(got, expected, "{text:?}");
        }
    }
}
