//! Layers the sources of settings: flags over environment over the user's file over the repository's file over defaults.
//! Each value remembers where it came from, for `config --show` and for error messages.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::anchor::Anchor;
use super::baseline::Baseline;
use super::policy::Said;
use super::{
    Host, Ignore, LevelSetting, OwnTarget, PathTarget, RegistryPolicy, RepositoryConfig, Rewrite,
    UserConfig,
};
use crate::exit::{ExitPolicy, FailOn, OnUnchecked};
use image_lint_model::sanitize;
use image_lint_model::target;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Name of the flag.
    Flag(&'static str),
    /// Name of the variable.
    Environment(&'static str),
    /// Path of the user's file.
    User(String),
    /// Path of the repository's file.
    Repository(String),
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag(name) => f.write_str(name),
            Origin::Environment(name) => write!(f, "${name}"),
            Origin::User(path) | Origin::Repository(path) => f.write_str(&sanitize::line(path)),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Valued<T> {
    pub value: T,
    pub from: Origin,
}

/// What flags say; None where a flag is not given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    pub target: Option<String>,
    pub build_base_target: Option<String>,
    pub platform: Option<String>,
    pub fail_on: Option<FailOn>,
    pub on_unchecked: Option<OnUnchecked>,
    pub include: Vec<String>,
    pub exclude: Vec<String>,
    pub extended: Option<bool>,
    /// `--level RULE=LEVEL`
    pub levels: Vec<(String, LevelSetting)>,
    /// `--ignore RULE`
    pub ignore: Vec<String>,
    /// `--plain-http HOST`
    pub plain_http: Vec<String>,
    /// `--ca FILE`
    pub ca: Vec<PathBuf>,
    /// `--pull-secret FILE`
    pub pull_secrets: Vec<PathBuf>,
    /// `--trust`; None: the environment says it.
    pub untrusted: Option<bool>,
}

/// A word in an environment variable that the setting does not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("${variable}: {why}")]
pub struct EnvironmentError {
    pub variable: &'static str,
    pub why: String,
}

/// Everything that is set, with its origins.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub target: Valued<String>,
    /// None: that of `target`.
    pub build_base_target: Option<Valued<String>>,
    pub platform: Option<Valued<String>>,
    pub fail_on: Valued<FailOn>,
    pub on_unchecked: Valued<OnUnchecked>,
    pub extended: Valued<bool>,
    /// In the order in which they are tried.
    pub targets: Vec<Valued<PathTarget>>,
    pub own_targets: BTreeMap<String, Valued<OwnTarget>>,
    pub levels: BTreeMap<String, Valued<LevelSetting>>,
    pub ignore: Vec<Valued<Ignore>>,
    pub include: Vec<Valued<String>>,
    pub exclude: Vec<Valued<String>>,
    pub internal_hosts: Vec<Valued<String>>,
    pub rewrites: Vec<Valued<Rewrite>>,
    pub registry_policy: Vec<Valued<RegistryPolicy>>,
    pub floating_tags: Vec<Valued<String>>,
    /// What each file says of rules, for itself.
    pub said: Said,
    /// The tree is a stranger's: neither file weakens what the other denies.
    pub untrusted: bool,
    pub hosts: BTreeMap<String, Valued<Host>>,
    pub ca: Vec<Valued<PathBuf>>,
    pub pull_secrets: Vec<Valued<PathBuf>>,
    /// The baseline that the repository's file names, relative to its folder.
    pub baseline: Option<Valued<String>>,
    /// What that baseline holds, when it is there.
    pub known: Option<Baseline>,
    /// The repository's file, as it is shown.
    pub file: Option<String>,
    /// The folder of that file, absolute; None where there is none, or where a flag names it.
    pub folder: Option<PathBuf>,
    /// How that file's patterns see the paths of a report.
    pub anchor: Anchor,
    /// What holds below folders that have a file of their own, in place of this; the deepest first.
    pub below: Vec<Settings>,
}

/// A configuration file that was read, with the path that errors and `config --show` name.
pub type Read<'a, T> = Option<(&'a str, &'a T)>;

impl Settings {
    /// Lays the sources over each other. Single values: the first source that has one. Lists: all sources, the stronger
    /// first. Tables: the stronger for each key.
    ///
    /// # Errors
    /// A variable of the environment that holds a wrong word.
    pub fn layered(
        flags: &Overrides,
        env: &BTreeMap<String, String>,
        user: Read<'_, UserConfig>,
        repository: Read<'_, RepositoryConfig>,
    ) -> Result<Self, EnvironmentError> {
        let layers = Layers {
            env,
            user,
            repository,
        };
        let target = layers
            .pick(
                "--target",
                flags.target.clone(),
                "IMAGE_LINT_TARGET",
                |u| u.target.clone(),
                |r| r.target.clone(),
            )?
            .unwrap_or_else(|| default(target::BUILT_IN[0].to_owned()));
        Ok(Settings {
            target,
            build_base_target: layers.pick(
                "--build-base-target",
                flags.build_base_target.clone(),
                "IMAGE_LINT_BUILD_BASE_TARGET",
                |u| u.build_base_target.clone(),
                |r| r.build_base_target.clone(),
            )?,
            platform: layers.pick(
                "--platform",
                flags.platform.clone(),
                "IMAGE_LINT_PLATFORM",
                |u| u.platform.clone(),
                |r| r.platform.clone(),
            )?,
            fail_on: layers
                .pick(
                    "--fail-on",
                    flags.fail_on,
                    "IMAGE_LINT_FAIL_ON",
                    |u| u.fail_on,
                    |r| r.fail_on,
                )?
                .unwrap_or_else(|| default(FailOn::default())),
            on_unchecked: layers
                .pick(
                    "--on-unchecked",
                    flags.on_unchecked,
                    "IMAGE_LINT_ON_UNCHECKED",
                    |u| u.on_unchecked,
                    |r| r.on_unchecked,
                )?
                .unwrap_or_else(|| default(OnUnchecked::default())),
            extended: match (
                flags.extended,
                repository.and_then(|(path, r)| Some((path, r.extended?))),
            ) {
                (Some(value), _) => Valued {
                    value,
                    from: Origin::Flag("--extended"),
                },
                (None, Some((path, value))) => Valued {
                    value,
                    from: Origin::Repository(path.into()),
                },
                (None, None) => default(false),
            },
            targets: layers.list("", &[], |_| &[], |r| &r.targets),
            own_targets: layers.table(|u| &u.own_targets, |r| &r.own_targets),
            levels: levels(flags, layers.table(|u| &u.levels, |r| &r.levels)),
            ignore: layers.list(
                "--ignore",
                &flags
                    .ignore
                    .iter()
                    .map(|rule| ignored(rule))
                    .collect::<Vec<_>>(),
                |_| &[],
                |r| &r.ignore,
            ),
            include: layers.list("--include", &flags.include, |_| &[], |r| &r.include),
            exclude: layers.list("--exclude", &flags.exclude, |_| &[], |r| &r.exclude),
            internal_hosts: layers.list("", &[], |u| &u.internal_hosts, |r| &r.internal_hosts),
            rewrites: layers.list("", &[], |u| &u.rewrites, |r| &r.rewrites),
            registry_policy: layers.list(
                "",
                &[],
                |u| &u.policy.registries,
                |r| &r.policy.registries,
            ),
            floating_tags: layers.list(
                "",
                &[],
                |u| &u.policy.floating_tags,
                |r| &r.policy.floating_tags,
            ),
            said: Said {
                user: user.map(|(_, u)| u.levels.clone()).unwrap_or_default(),
                repository: repository
                    .map(|(_, r)| r.levels.clone())
                    .unwrap_or_default(),
            },
            untrusted: flags.untrusted.unwrap_or(false),
            hosts: hosts(flags, user),
            ca: layers.list("--ca", &flags.ca, |u| &u.ca, |_| &[]),
            pull_secrets: layers.list(
                "--pull-secret",
                &flags.pull_secrets,
                |u| &u.pull_secrets,
                |_| &[],
            ),
            baseline: repository.and_then(|(path, config)| {
                Some(Valued {
                    value: config.baseline.clone()?,
                    from: Origin::Repository(path.into()),
                })
            }),
            known: None,
            file: repository.map(|(path, _)| path.to_owned()),
            folder: None,
            anchor: Anchor::Same,
            below: Vec::new(),
        })
    }

    /// What holds for a path of a report: the index in [`Settings::below`], None for these settings themselves.
    pub fn owner(&self, shown: &str) -> Option<usize> {
        self.below
            .iter()
            .position(|below| below.anchor.path(shown).is_some())
    }

    /// The configuration files of the repository that count, as they are shown.
    pub fn files(&self) -> Vec<&str> {
        let all = std::iter::once(self).chain(&self.below);
        all.filter_map(|settings| settings.file.as_deref())
            .collect()
    }

    /// What other targets than the main one judge, in words: `kubernetes for ci/**`.
    pub fn other_targets(&self) -> Vec<String> {
        let base = self.build_base_target.iter();
        let base = base.map(|set| format!("{} for base images of builds", set.value));
        let paths = self.targets.iter();
        let paths =
            paths.map(|set| format!("{} for {}", set.value.target, set.value.paths.join(", ")));
        let below = self.below.iter().flat_map(|below| {
            let file = below.file.as_deref().unwrap_or_default();
            let own = format!("{} where {file} counts", below.target.value);
            let own = (below.target != self.target).then_some(own);
            let more = below.other_targets().into_iter();
            own.into_iter()
                .chain(more.map(move |more| format!("{more} ({file})")))
        });
        base.chain(paths).chain(below).collect()
    }

    /// What makes the run fail. `unchecked_default` holds when nothing is set: the hook warns where the lint run fails.
    pub fn exit_policy(&self, unchecked_default: OnUnchecked) -> ExitPolicy {
        let insists = self.on_unchecked.from != Origin::Default;
        ExitPolicy {
            fail_on: self.fail_on.value,
            on_unchecked: if insists {
                self.on_unchecked.value
            } else {
                unchecked_default
            },
            insists,
        }
    }

    /// Key, value and origin of everything that is set, safe to show.
    fn rows(&self) -> Vec<(String, String, String)> {
        let mut rows: Vec<(String, String, String)> = Vec::new();
        let mut add = |key: &str, value: String, from: &Origin| {
            rows.push((
                sanitize::line(key).into_owned(),
                sanitize::short(&value, sanitize::LONGEST),
                from.to_string(),
            ));
        };
        add("target", self.target.value.clone(), &self.target.from);
        for (key, value) in [
            ("build-base-target", &self.build_base_target),
            ("platform", &self.platform),
        ] {
            let default = match key {
                "platform" => "linux/amd64",
                _ => "as target",
            };
            match value {
                Some(v) => add(key, v.value.clone(), &v.from),
                None => add(key, default.to_owned(), &Origin::Default),
            }
        }
        add(
            "fail-on",
            self.fail_on.value.to_string(),
            &self.fail_on.from,
        );
        add(
            "on-unchecked",
            self.on_unchecked.value.to_string(),
            &self.on_unchecked.from,
        );
        add(
            "extended",
            self.extended.value.to_string(),
            &self.extended.from,
        );
        if let Some(v) = &self.baseline {
            add("baseline", v.value.clone(), &v.from);
        }
        for v in &self.targets {
            add(
                "targets",
                format!("{}: {}", v.value.paths.join(" "), v.value.target),
                &v.from,
            );
        }
        for (name, v) in &self.own_targets {
            add(
                &format!("own-targets.{name}"),
                words(&v.value.accepts),
                &v.from,
            );
        }
        for (rule, v) in &self.levels {
            add(&format!("levels.{rule}"), words(&v.value), &v.from);
        }
        for v in &self.ignore {
            let i = &v.value;
            let what: Vec<String> = [
                ("rules", &i.rules),
                ("paths", &i.paths),
                ("images", &i.images),
            ]
            .into_iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(name, list)| format!("{name} {}", list.join(" ")))
            .collect();
            add(
                "ignore",
                format!("{} ({})", what.join(", "), i.reason),
                &v.from,
            );
        }
        let lists = [
            ("include", &self.include),
            ("exclude", &self.exclude),
            ("internal-hosts", &self.internal_hosts),
        ];
        for (key, list) in lists {
            for v in list {
                add(key, v.value.clone(), &v.from);
            }
        }
        for v in &self.registry_policy {
            let list = |word: &str, globs: &[String]| {
                (!globs.is_empty()).then(|| format!("{word} {}", globs.join(" ")))
            };
            let p = &v.value;
            let mut parts: Vec<String> = [
                list("allow", &p.allow),
                list("deny", &p.deny),
                list("paths", &p.paths),
            ]
            .into_iter()
            .flatten()
            .collect();
            if !p.roles.is_empty() {
                parts.push(format!("roles {}", words(&p.roles)));
            }
            add("policy.registries", parts.join(", "), &v.from);
        }
        for v in &self.floating_tags {
            add("policy.floating-tags", v.value.clone(), &v.from);
        }
        for v in &self.rewrites {
            add(
                "rewrites",
                format!("{} -> {}", v.value.from, v.value.to),
                &v.from,
            );
        }
        for (host, v) in &self.hosts {
            let h = &v.value;
            let mut parts = vec![if h.plain_http {
                "plain-http".to_owned()
            } else {
                "https".to_owned()
            }];
            parts.extend(h.ca.as_ref().map(|path| format!("ca {}", path.display())));
            parts.extend(
                h.credentials
                    .as_ref()
                    .map(|from| format!("credentials {}", words(from))),
            );
            parts.extend(h.allow.then(|| "allow".to_owned()));
            add(&format!("hosts.{host}"), parts.join(", "), &v.from);
        }
        for (key, list) in [("ca", &self.ca), ("pull-secrets", &self.pull_secrets)] {
            for v in list {
                add(key, v.value.display().to_string(), &v.from);
            }
        }
        rows
    }

    /// What `config --show` prints: one `key = value  # origin` a line, for each folder with a file of its own.
    pub fn show(&self) -> String {
        let mut text = table(&self.rows());
        for below in &self.below {
            let file = below.file.as_deref().unwrap_or("a repository of its own");
            text.push_str(&format!("\n# {}\n", sanitize::line(file)));
            text.push_str(&table(&below.rows()));
        }
        text
    }

    /// The same as a JSON array of objects with `key`, `value`, `from` and, below a folder with a file of its own, `file`.
    pub fn show_json(&self) -> String {
        let mut all: Vec<serde_json::Value> = Vec::new();
        for (settings, file) in
            std::iter::once((self, None)).chain(self.below.iter().map(|b| (b, b.file.as_ref())))
        {
            all.extend(settings.rows().into_iter().map(|(key, value, from)| match file {
                Some(file) => serde_json::json!({"key": key, "value": value, "from": from, "file": file}),
                None => serde_json::json!({"key": key, "value": value, "from": from}),
            }));
        }
        // Strings can always be written.
        let mut text = serde_json::to_string_pretty(&all).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// `key = value  # origin` a line, in columns.
fn table(rows: &[(String, String, String)]) -> String {
    let width = |i: usize, most: usize| {
        rows.iter()
            .map(|r| if i == 0 { &r.0 } else { &r.1 }.chars().count())
            .max()
            .unwrap_or(0)
            .min(most)
    };
    let (keys, values) = (width(0, 40), width(1, 60));
    rows.iter()
        .map(|(key, value, from)| format!("{key:<keys$} = {value:<values$}  # {from}\n"))
        .collect()
}

/// A value of the configuration as its file would have it, on one line.
fn words<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

fn default<T>(value: T) -> Valued<T> {
    Valued {
        value,
        from: Origin::Default,
    }
}

/// The levels of the files, under those of the flags.
fn levels(
    flags: &Overrides,
    mut levels: BTreeMap<String, Valued<LevelSetting>>,
) -> BTreeMap<String, Valued<LevelSetting>> {
    levels.extend(flags.levels.iter().map(|(rule, level)| {
        let set = Valued {
            value: *level,
            from: Origin::Flag("--level"),
        };
        (rule.clone(), set)
    }));
    levels
}

/// What `--ignore RULE` stands for.
fn ignored(rule: &str) -> Ignore {
    Ignore {
        rules: vec![rule.to_owned()],
        reason: "given on the command line".to_owned(),
        ..Ignore::default()
    }
}

fn hosts(flags: &Overrides, user: Read<'_, UserConfig>) -> BTreeMap<String, Valued<Host>> {
    let mut hosts: BTreeMap<String, Valued<Host>> = BTreeMap::new();
    if let Some((path, config)) = user {
        for (name, host) in &config.hosts {
            hosts.insert(
                name.clone(),
                Valued {
                    value: host.clone(),
                    from: Origin::User(path.into()),
                },
            );
        }
    }
    for name in &flags.plain_http {
        let host = hosts
            .entry(name.clone())
            .or_insert_with(|| default(Host::default()));
        host.value.plain_http = true;
        host.from = Origin::Flag("--plain-http");
    }
    hosts
}

struct Layers<'a> {
    env: &'a BTreeMap<String, String>,
    user: Read<'a, UserConfig>,
    repository: Read<'a, RepositoryConfig>,
}

impl<'a> Layers<'a> {
    fn pick<T: FromStr<Err: fmt::Display>>(
        &self,
        flag: &'static str,
        given: Option<T>,
        variable: &'static str,
        user: impl Fn(&UserConfig) -> Option<T>,
        repository: impl Fn(&RepositoryConfig) -> Option<T>,
    ) -> Result<Option<Valued<T>>, EnvironmentError> {
        if let Some(value) = given {
            return Ok(Some(Valued {
                value,
                from: Origin::Flag(flag),
            }));
        }
        // An empty variable is as good as none: CI systems pass unset inputs so.
        if let Some(text) = self.env.get(variable).filter(|v| !v.is_empty()) {
            let value = text.parse().map_err(|why: T::Err| EnvironmentError {
                variable,
                why: why.to_string(),
            })?;
            return Ok(Some(Valued {
                value,
                from: Origin::Environment(variable),
            }));
        }
        if let Some((path, value)) = self
            .user
            .and_then(|(path, config)| Some((path, user(config)?)))
        {
            return Ok(Some(Valued {
                value,
                from: Origin::User(path.into()),
            }));
        }
        let repository = self
            .repository
            .and_then(|(path, config)| Some((path, repository(config)?)));
        Ok(repository.map(|(path, value)| Valued {
            value,
            from: Origin::Repository(path.into()),
        }))
    }

    fn list<T: Clone + 'a>(
        &self,
        flag: &'static str,
        given: &[T],
        user: impl Fn(&'a UserConfig) -> &'a [T],
        repository: impl Fn(&'a RepositoryConfig) -> &'a [T],
    ) -> Vec<Valued<T>> {
        let mut all: Vec<Valued<T>> = given
            .iter()
            .map(|v| Valued {
                value: v.clone(),
                from: Origin::Flag(flag),
            })
            .collect();
        if let Some((path, config)) = self.user {
            all.extend(user(config).iter().map(|v| Valued {
                value: v.clone(),
                from: Origin::User(path.into()),
            }));
        }
        if let Some((path, config)) = self.repository {
            let from = |v: &T| Valued {
                value: v.clone(),
                from: Origin::Repository(path.into()),
            };
            all.extend(repository(config).iter().map(from));
        }
        all
    }

    fn table<T: Clone + 'a>(
        &self,
        user: impl Fn(&'a UserConfig) -> &'a BTreeMap<String, T>,
        repository: impl Fn(&'a RepositoryConfig) -> &'a BTreeMap<String, T>,
    ) -> BTreeMap<String, Valued<T>> {
        let mut all = BTreeMap::new();
        if let Some((path, config)) = self.repository {
            for (key, value) in repository(config) {
                all.insert(
                    key.clone(),
                    Valued {
                        value: value.clone(),
                        from: Origin::Repository(path.into()),
                    },
                );
            }
        }
        if let Some((path, config)) = self.user {
            for (key, value) in user(config) {
                all.insert(
                    key.clone(),
                    Valued {
                        value: value.clone(),
                        from: Origin::User(path.into()),
                    },
                );
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(k, v)| (k.to_string(), v.to_string()))
            .collect()
    }

    fn target(
        flag: Option<&str>,
        variable: &str,
        user: Option<&str>,
        repository: Option<&str>,
    ) -> (String, String) {
        let flags = Overrides {
            target: flag.map(Into::into),
            ..Overrides::default()
        };
        let user = UserConfig {
            target: user.map(Into::into),
            ..UserConfig::default()
        };
        let repository = RepositoryConfig {
            target: repository.map(Into::into),
            ..RepositoryConfig::default()
        };
        let env = env(&[("IMAGE_LINT_TARGET", variable)]);
        let s = Settings::layered(
            &flags,
            &env,
            Some(("u.yaml", &user)),
            Some((".image-lint.yaml", &repository)),
        );
        let s = s.unwrap();
        (s.target.value, s.target.from.to_string())
    }

    #[test]
    fn the_strongest_source_wins() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            target(Some("a"), "b", Some("c"), Some("d")),
            pair("a", "--target")
        );
        assert_eq!(
            target(None, "b", Some("c"), Some("d")),
            pair("b", "$IMAGE_LINT_TARGET")
        );
        assert_eq!(target(None, "", Some("c"), Some("d")), pair("c", "u.yaml"));
        assert_eq!(
            target(None, "", None, Some("d")),
            pair("d", ".image-lint.yaml")
        );
        assert_eq!(
            target(None, "", None, None),
            pair("openshift-3.11", "default")
        );
    }

    #[test]
    fn a_wrong_word_in_the_environment_names_the_variable() {
        let wrong = env(&[("IMAGE_LINT_FAIL_ON", "loud")]);
        let error = Settings::layered(&Overrides::default(), &wrong, None, None)
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "$IMAGE_LINT_FAIL_ON: `loud` is none of error, warning, note, never"
        );
    }

    #[test]
    fn everything_is_shown_with_its_origin() {
        let repository = super::super::repository(
            ".image-lint.yaml",
            "levels: {unresolved: off, tag-not-found: note}\nexclude: [vendor]\nfail-on: warning\n\
             ignore: [{images: ['docker.io/*'], reason: mirrored}]\n",
            &["unresolved", "tag-not-found"],
        )
        .unwrap();
        let user = super::super::user(
            "~/u.yaml",
            "levels: {unresolved: warning}\nhosts: {'lab:5000': {plain-http: true}}\n",
            &["unresolved"],
        )
        .unwrap();
        let flags = Overrides {
            exclude: vec!["x".into()],
            plain_http: vec!["lab2".into()],
            ..Overrides::default()
        };
        let s = Settings::layered(
            &flags,
            &env(&[]),
            Some(("~/u.yaml", &user)),
            Some((".image-lint.yaml", &repository)),
        )
        .unwrap();
        assert_eq!(
            s.levels["unresolved"].value,
            LevelSetting::Warning,
            "the user's level counts"
        );
        assert_eq!(s.levels["tag-not-found"].value, LevelSetting::Note);
        assert!(s.hosts["lab2"].value.plain_http && s.hosts["lab:5000"].value.plain_http);
        insta::assert_snapshot!(s.show());
    }
}
