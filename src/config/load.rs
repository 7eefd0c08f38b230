//! Reads the two configuration files, strictly: an unknown key, a wrong word or a pattern that is none is an error at
//! its line, with the likely intention.

use std::fmt;
use std::path::{Component, Path};

use serde::de::DeserializeOwned;

use super::lines::Lines;
use super::pattern::{PatternError, Patterns};
use super::words;
use super::{Ignore, OwnTarget, PolicyConfig, RepositoryConfig, UserConfig};
use crate::rules::unchecked::UNCHECKED;
use image_lint_model::manifest::Platform;
use image_lint_model::sanitize;
use image_lint_model::target;

/// Bytes of a configuration file.
pub const LARGEST: usize = 256 * 1024;

/// Characters of a pattern at fault that are quoted: the reason stands behind them.
const QUOTED: usize = 60;

/// Brackets within brackets: libyaml takes 30 seconds for 100,000 of them before its own limit counts (measured).
const DEEPEST: usize = 100;

/// Why a configuration file is refused. Shows `path:line:column: what`, then what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// As shown to the user.
    pub path: String,
    /// From 1; 0 when it concerns the whole file.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    pub what: String,
    pub help: Option<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", sanitize::line(&self.path))?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {}", sanitize::short(&self.what, sanitize::LONGEST))?;
        if let Some(help) = &self.help {
            write!(f, "\n  help: {}", sanitize::short(help, sanitize::LONGEST))?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// Keys of the user's file that a repository may not set, with the flag that does the same, and words that people try.
const ONLY_THE_USER: [(&str, &str); 12] = [
    ("hosts", "--plain-http or --ca"),
    ("ca", "--ca FILE"),
    ("pull-secrets", "--pull-secret FILE"),
    ("credentials", "--pull-secret FILE"),
    ("auth-file", "--pull-secret FILE"),
    ("plain-http", "--plain-http HOST"),
    ("insecure", "--plain-http HOST"),
    ("insecure-registries", "--plain-http HOST"),
    ("allow", ""),
    ("output", "--output FORMAT=PATH"),
    ("format", "--format"),
    ("cache", "--no-cache"),
];

/// Reads `.image-lint.yaml`. `rules` are the ids that `levels` and `ignore` may name.
///
/// # Errors
/// The first thing that is wrong, with its place.
pub fn repository(path: &str, text: &str, rules: &[&str]) -> Result<RepositoryConfig, ConfigError> {
    let file = File { path, text };
    let config: RepositoryConfig = file.parse(true)?;
    file.own_targets(&config.own_targets)?;
    let names: Vec<&str> = config.own_targets.keys().map(String::as_str).collect();
    let used = [&config.target, &config.build_base_target]
        .into_iter()
        .flatten();
    for name in used.chain(config.targets.iter().map(|t| &t.target)) {
        file.target(name, &names)?;
    }
    file.platform(config.platform.as_deref())?;
    file.levels(config.levels.keys(), rules)?;
    for ignore in &config.ignore {
        file.ignore(ignore, rules)?;
    }
    file.policy(&config.policy)?;
    file.baseline(config.baseline.as_deref())?;
    for list in [&config.include, &config.exclude]
        .into_iter()
        .chain(config.targets.iter().map(|t| &t.paths))
    {
        Patterns::paths(list).map_err(|e| file.pattern(&e))?;
    }
    Ok(config)
}

/// Reads the user's own file.
///
/// # Errors
/// The first thing that is wrong, with its place.
pub fn user(path: &str, text: &str, rules: &[&str]) -> Result<UserConfig, ConfigError> {
    let file = File { path, text };
    let config: UserConfig = file.parse(false)?;
    file.own_targets(&config.own_targets)?;
    file.platform(config.platform.as_deref())?;
    file.levels(config.levels.keys(), rules)?;
    file.policy(&config.policy)?;
    for host in config.hosts.keys() {
        if host.contains('/') || host.is_empty() {
            let help = "write `host` or `host:port`, without a scheme and a path".to_owned();
            return Err(file.error(host, format!("`{host}` is not a host"), Some(help)));
        }
    }
    Ok(config)
}

/// What is said of a file with more than [`LARGEST`] bytes.
pub fn too_large(path: &str) -> ConfigError {
    let what = format!(
        "a configuration of more than {} KiB is not read",
        LARGEST / 1024
    );
    ConfigError {
        path: path.into(),
        line: 0,
        column: 0,
        what,
        help: None,
    }
}

/// Line and column of a byte. YAML 1.1 also breaks lines where no editor does (U+0085, U+2028,
/// U+2029), so its own count is of no use.
fn position(text: &str, index: usize) -> (usize, usize) {
    let (mut line, mut column) = (1, 1);
    for (_, c) in text.char_indices().take_while(|(at, _)| *at < index) {
        if c == '\n' {
            (line, column) = (line + 1, 1);
        } else {
            column += 1;
        }
    }
    (line, column)
}

/// Line and column of the first bracket within more than [`DEEPEST`] others, quotes not counting.
fn too_deep(text: &str) -> Option<(usize, usize)> {
    let mut depth = 0_usize;
    for (row, line) in text.lines().enumerate() {
        for (column, c) in line.chars().enumerate() {
            match c {
                '[' | '{' => depth += 1,
                ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > DEEPEST {
                return Some((row + 1, column + 1));
            }
        }
    }
    None
}

/// Of a key that a repository may not set, with the flag that does the same.
fn only_the_user(key: &str, flag: &str) -> (String, Option<String>) {
    let flag = match flag {
        "" => String::new(),
        flag => format!(", or use {flag}"),
    };
    (
        format!(
            "`{key}` does not count in a repository's own configuration: a stranger's pull request could set it"
        ),
        Some(format!(
            "put it into ~/.config/image-lint/config.yaml{flag}"
        )),
    )
}

/// Of a word that is none of those that are expected.
fn unknown(noun: &str, given: &str, expected: &[&str]) -> (String, Option<String>) {
    let near = match noun {
        "key" => words::key_meant(given, expected),
        _ => nearest(given, expected),
    };
    let all = (!expected.is_empty()).then(|| format!("there is {}", expected.join(", ")));
    let help = near.map(|near| format!("did you mean `{near}`?")).or(all);
    (format!("unknown {noun} `{given}`"), help)
}

struct File<'a> {
    path: &'a str,
    text: &'a str,
}

impl File<'_> {
    fn parse<T: DeserializeOwned + Default>(
        &self,
        from_repository: bool,
    ) -> Result<T, ConfigError> {
        if self.text.len() > LARGEST {
            return Err(too_large(self.path));
        }
        let text = self.text.strip_prefix('\u{feff}').unwrap_or(self.text);
        let empty = text
            .lines()
            .all(|l| l.trim().is_empty() || l.trim_start().starts_with('#') || l.trim() == "---");
        if empty {
            return Ok(T::default());
        }
        if let Some((line, column)) = too_deep(text) {
            let what = format!("brackets more than {DEEPEST} deep");
            return Err(ConfigError {
                path: self.path.into(),
                line,
                column,
                what,
                help: None,
            });
        }
        serde_yaml::from_str(text)
            .map(|Lines(config)| config)
            .map_err(|error| self.refused(&error, from_repository))
    }

    fn refused(&self, error: &serde_yaml::Error, from_repository: bool) -> ConfigError {
        let at = error
            .location()
            .map_or((0, 0), |l| position(self.text, l.index()));
        let whole = error.to_string();
        // The place stands in front of the message and behind it; ours is better.
        let what = whole.split(" at line ").next().unwrap_or(&whole);
        let noun = match what {
            _ if what.contains("unknown field") => "key",
            _ if what.contains("unknown variant") => "value",
            _ => return words::plain(&whole, self.text, at).into_error(self.path, at),
        };
        let mut quoted = what.split('`').skip(1).step_by(2);
        let given = quoted.next().unwrap_or("");
        let expected: Vec<&str> = quoted.collect();
        let place = match noun {
            "key" => self.find_key(given),
            _ => None,
        };
        let (line, column) = place.or_else(|| self.find(given)).unwrap_or(at);
        let only_user = ONLY_THE_USER.iter().find(|(key, _)| *key == given);
        let (what, help) = match (from_repository && noun == "key", only_user) {
            (true, Some((key, flag))) => only_the_user(key, flag),
            _ => unknown(noun, given, &expected),
        };
        ConfigError {
            path: self.path.into(),
            line,
            column,
            what,
            help,
        }
    }

    /// Line and column of the first place where a word is a key.
    fn find_key(&self, word: &str) -> Option<(usize, usize)> {
        let inside = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        let lines = self.text.lines().enumerate();
        let mut places = lines
            .filter(|(_, line)| !line.trim_start().starts_with('#'))
            .flat_map(|(i, line)| line.match_indices(word).map(move |(at, _)| (i, line, at)));
        places.find_map(|(i, line, at)| {
            let (before, after) = (&line[..at], &line[at + word.len()..]);
            let after = after.trim_start_matches(['"', '\'']).trim_start();
            // The blanks of a key in brackets, or the dash of an entry, end what is before it.
            let is_key = !before.ends_with(inside) && after.starts_with(':');
            is_key.then(|| (i + 1, before.chars().count() + 1))
        })
    }

    /// Line and column of the first place where a word stands as a whole.
    fn find(&self, word: &str) -> Option<(usize, usize)> {
        if word.is_empty() {
            return None;
        }
        let inside = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        self.text.lines().enumerate().find_map(|(i, line)| {
            let code = line.trim_start();
            if code.starts_with('#') {
                return None;
            }
            line.match_indices(word).find_map(|(at, _)| {
                let (before, behind) = (&line[..at], &line[at + word.len()..]);
                let whole = !before.ends_with(inside) && !behind.starts_with(inside);
                whole.then(|| (i + 1, before.chars().count() + 1))
            })
        })
    }

    fn error(&self, at: &str, what: String, help: Option<String>) -> ConfigError {
        let (line, column) = self.find(at).unwrap_or((0, 0));
        ConfigError {
            path: self.path.into(),
            line,
            column,
            what,
            help,
        }
    }

    fn target(&self, name: &str, own: &[&str]) -> Result<(), ConfigError> {
        if target::BUILT_IN.contains(&name) || own.contains(&name) {
            return Ok(());
        }
        let all: Vec<&str> = target::BUILT_IN.iter().chain(own).copied().collect();
        let near = nearest(name, own).or_else(|| super::targets::likely(name));
        let help = near.map(|near| format!("did you mean `{near}`?"));
        let help = help.unwrap_or_else(|| {
            format!(
                "there is {}, and own ones can be defined in `own-targets`",
                all.join(", ")
            )
        });
        Err(self.error(name, format!("unknown target `{name}`"), Some(help)))
    }

    fn own_targets(
        &self,
        all: &std::collections::BTreeMap<String, OwnTarget>,
    ) -> Result<(), ConfigError> {
        for (name, own) in all {
            if target::BUILT_IN.contains(&name.as_str()) {
                let help = Some("give your target another name".to_owned());
                return Err(self.error(name, format!("the target `{name}` is built in"), help));
            }
            if own.accepts.is_empty() {
                return Err(self.error(name, format!("the target `{name}` accepts nothing"), None));
            }
            self.platform(own.platform.as_deref())?;
        }
        Ok(())
    }

    fn platform(&self, platform: Option<&str>) -> Result<(), ConfigError> {
        match platform {
            Some(text) if Platform::parse(text).is_none() => {
                let help =
                    Some("write OS/ARCHITECTURE, as in `linux/amd64` or `linux/arm/v7`".to_owned());
                Err(self.error(text, format!("`{text}` is not a platform"), help))
            }
            _ => Ok(()),
        }
    }

    fn rules<'s>(
        &self,
        ids: impl Iterator<Item = &'s String>,
        known: &[&str],
    ) -> Result<(), ConfigError> {
        for id in ids {
            if !known.contains(&id.as_str()) {
                let help = nearest(id, known)
                    .map(|near| format!("did you mean `{near}`?"))
                    .unwrap_or_else(|| "`image-lint explain` lists all rules".to_owned());
                return Err(self.error(id, format!("unknown rule `{id}`"), Some(help)));
            }
        }
        Ok(())
    }

    fn policy(&self, policy: &PolicyConfig) -> Result<(), ConfigError> {
        for list in &policy.registries {
            if list.allow.is_empty() && list.deny.is_empty() {
                let what = "an entry of `registries` that allows and denies nothing".to_owned();
                let help = Some("give `allow` or `deny`".to_owned());
                return Err(self.error("registries", what, help));
            }
            for globs in [&list.allow, &list.deny, &list.paths] {
                Patterns::paths(globs).map_err(|e| self.pattern(&e))?;
            }
        }
        Patterns::paths(&policy.floating_tags).map_err(|e| self.pattern(&e))?;
        Ok(())
    }

    /// Rules alone have levels.
    fn levels<'s>(
        &self,
        mut ids: impl Iterator<Item = &'s String> + Clone,
        known: &[&str],
    ) -> Result<(), ConfigError> {
        self.rules(ids.clone(), known)?;
        if ids.any(|id| id == UNCHECKED) {
            let what =
                "`unchecked` is no rule and has no level: an image that could not be checked proves nothing".to_owned();
            let help = "`on-unchecked: fail` or `warn` (--on-unchecked) decides whether it fails the run; `ignore` can \
                        leave images out"
                .to_owned();
            return Err(self.error(UNCHECKED, what, Some(help)));
        }
        Ok(())
    }

    /// Whoever writes the configuration has no say about files elsewhere.
    fn baseline(&self, path: Option<&str>) -> Result<(), ConfigError> {
        let below = |path: &str| {
            let mut parts = Path::new(path).components();
            !path.is_empty()
                && parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
        };
        match path {
            Some(path) if !below(path) => {
                let help = Some("name a file below the folder of this one".to_owned());
                Err(self.error(
                    "baseline",
                    format!("the baseline `{path}` is elsewhere"),
                    help,
                ))
            }
            _ => Ok(()),
        }
    }

    fn ignore(&self, ignore: &Ignore, rules: &[&str]) -> Result<(), ConfigError> {
        self.rules(ignore.rules.iter(), rules)?;
        if ignore.reason.trim().is_empty() {
            let help = Some("say in a few words why these findings are to be silent".to_owned());
            return Err(self.error(
                "reason",
                "an entry of `ignore` without a reason".into(),
                help,
            ));
        }
        if ignore.rules.is_empty() && ignore.paths.is_empty() && ignore.images.is_empty() {
            let help = Some("give `rules`, `paths` or `images`".to_owned());
            return Err(self.error(
                "ignore",
                "an entry of `ignore` that would silence everything".into(),
                help,
            ));
        }
        Patterns::paths(&ignore.paths).map_err(|e| self.pattern(&e))?;
        Patterns::images(&ignore.images).map_err(|e| self.pattern(&e))?;
        Ok(())
    }

    fn pattern(&self, error: &PatternError) -> ConfigError {
        let mut quoted: String = error.pattern.chars().take(QUOTED).collect();
        if quoted.len() < error.pattern.len() {
            quoted.push('…');
        }
        self.error(&error.pattern, format!("`{quoted}`: {}", error.why), None)
    }
}

/// The one of `all` that is most like a word, when it is like it at all.
pub(crate) fn nearest<'a>(word: &str, all: &[&'a str]) -> Option<&'a str> {
    if word.chars().count() > 60 {
        return None;
    }
    let lower = word.to_ascii_lowercase().replace('_', "-");
    all.iter()
        .map(|known| (strsim::jaro_winkler(&lower, known), *known))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{AcceptedFormat, LevelSetting};
    use crate::exit::{FailOn, OnUnchecked};

    const RULES: [&str; 3] = ["unsupported-format", "tag-not-found", "unresolved"];

    fn read(text: &str) -> Result<RepositoryConfig, ConfigError> {
        repository(".image-lint.yaml", text, &RULES)
    }

    #[test]
    fn every_key_is_read() {
        let config = read(
            "target: docker-20.10
build-base-target: farm
platform: linux/arm64
targets:
- paths: [ci/**]
  target: kubernetes
own-targets:
  farm:
    accepts: [docker-schema2, docker-list]
    zstd: true
levels:
  unresolved: off
  tag-not-found: warning
ignore:
- rules: [tag-not-found]
  paths: [vendor]
  images: [docker.io/*]
  reason: not ours
include: ['**']
exclude: [third_party/]
internal-hosts: [registry.corp.example]
rewrites:
- {from: docker.io, to: mirror.example/hub}
extended: true
fail-on: warning
on-unchecked: warn
",
        )
        .unwrap();
        assert_eq!(config.target.as_deref(), Some("docker-20.10"));
        assert_eq!(
            config.own_targets["farm"].accepts,
            [AcceptedFormat::DockerSchema2, AcceptedFormat::DockerList]
        );
        assert_eq!(config.levels["unresolved"], LevelSetting::Off);
        assert_eq!(
            (config.fail_on, config.on_unchecked),
            (Some(FailOn::Warning), Some(OnUnchecked::Warn))
        );
        assert_eq!(config.rewrites[0].to, "mirror.example/hub");
    }

    #[test]
    fn a_file_without_content_is_the_default() {
        for text in ["", "\n", "# nothing\n", "---\n", "\u{feff}# x\n"] {
            assert_eq!(read(text).unwrap(), RepositoryConfig::default(), "{text:?}");
        }
    }

    #[test]
    fn errors_name_the_place_and_the_likely_intention() {
        let table = [
            (
                "tagret: x\n",
                "c:1:1: unknown key `tagret`",
                "did you mean `target`?",
            ),
            (
                "# target\ntarget: openshift-3.1\n",
                "c:2:9: unknown target `openshift-3.1`",
                "openshift-3.11",
            ),
            (
                "on_unchecked: warn\n",
                "c:1:1: unknown key `on_unchecked`",
                "did you mean `on-unchecked`?",
            ),
            ("a: 1\nb: [\n", "c:", ""),
            (
                "on-unchecked: maybe\n",
                "c:1:15: unknown value `maybe`",
                "there is fail, warn",
            ),
            (
                "levels:\n  tag-notfound: error\n",
                "c:2:3: unknown rule `tag-notfound`",
                "did you mean `tag-not-found`?",
            ),
            (
                "levels:\n  unresolved: loud\n",
                "c:2:15: unknown value `loud`",
                "off, note",
            ),
            (
                "platform: amd64\n",
                "c:1:11: `amd64` is not a platform",
                "linux/amd64",
            ),
            ("ignore:\n- rules: [unresolved]\n", "c:2:3: ", ""),
            (
                "ignore:\n- {rules: [unresolved], reason: ' '}\n",
                "c:2:25: an entry of `ignore` without a reason",
                "why",
            ),
            (
                "ignore:\n- reason: all of it\n",
                "c:1:1: an entry of `ignore` that would silence everything",
                "rules",
            ),
            ("exclude: ['[a']\n", "c:1:12: `[a`: not a glob", ""),
            (
                "hosts: {}\n",
                "c:1:1: `hosts` does not count in a repository's own configuration",
                "~/.config/image-lint",
            ),
            ("x: 1\ninsecure: [a]\n", "c:", ""),
            ("target: [a]\n", "c:1:9: ", ""),
            ("x: é\u{2029}\u{2028}a\u{85}b: [}\n", "c:1:", ""),
            ("# é\ntarget: [é\u{2028}}\n", "c:2:9: ", ""),
            (
                "own-targets:\n  kubernetes:\n    accepts: [oci-index]\n",
                "c:2:3: the target `kubernetes` is built in",
                "",
            ),
        ];
        for (text, start, part) in table {
            let error = repository("c", text, &RULES).unwrap_err().to_string();
            assert!(error.starts_with(start), "{text:?}: {error}");
            assert!(error.contains(part), "{text:?}: {error}");
        }
    }

    #[test]
    fn what_opens_the_network_is_the_users_alone() {
        for (key, _) in ONLY_THE_USER {
            let error = read(&format!("{key}: x\n")).unwrap_err().to_string();
            assert!(
                error.contains("a stranger's pull request could set it"),
                "{error}"
            );
        }
        let config = user(
            "u",
            "ca: [/etc/ca.pem]\nhosts:\n  registry.lab:5000:\n    plain-http: true\n    allow: true\n    credentials: openshift-login\n",
            &RULES,
        )
        .unwrap();
        assert!(
            config.hosts["registry.lab:5000"].plain_http && config.hosts["registry.lab:5000"].allow
        );
        let error = user("u", "hosts:\n  https://x/: {}\n", &RULES)
            .unwrap_err()
            .to_string();
        assert!(error.contains("is not a host"), "{error}");
    }

    #[test]
    fn hostile_files_are_refused_in_bounded_time() {
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
                    d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ntarget: *d\n";
        let deep = format!("targets: {}", "[".repeat(100_000));
        let large = format!("target: {}\n", "x".repeat(LARGEST));
        for text in [
            bomb,
            deep.as_str(),
            large.as_str(),
            "target: \"\u{1b}[2J\"\n",
            "\u{0}",
        ] {
            let error = repository("c\u{1b}", text, &RULES).unwrap_err().to_string();
            assert!(
                !error.contains(|c| sanitize::is_forbidden(c) && c != '\n'),
                "{error}"
            );
        }
    }
}
