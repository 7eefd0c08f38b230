//! Which target judges a mention: by its path, and for base images by `build-base-target`.

use std::borrow::Cow;

use super::anchor::Anchor;
use super::load::nearest;
use super::pattern::{PatternError, Patterns};
use super::settings::{Settings, Valued};
use super::{AcceptedFormat, OwnTarget};
use image_lint_model::manifest::{Format, Platform};
use image_lint_model::mention::{LinkedMention, Role};
use image_lint_model::target::{BUILT_IN, Target};
use image_lint_text::source::RepoPath;

/// All targets of a run.
#[derive(Clone, Debug)]
pub struct Targets {
    main: Target,
    build_base: Option<Target>,
    by_path: Vec<(Patterns, Target)>,
    /// How the patterns see the paths of a report.
    anchor: Anchor,
    /// Those of folders with a configuration of their own, the deepest first.
    below: Vec<Targets>,
}

/// A target that judges a mention.
#[derive(Clone, Copy, Debug)]
pub struct Judging<'t> {
    pub target: &'t Target,
    /// An entry of `targets` names the path that decides.
    pub is_of_path: bool,
    /// The file whose path decides, where it is another one than the mention's own.
    pub by: Option<&'t RepoPath>,
}

/// A setting that names no target, or a platform or pattern that is none; `from` says where it was set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    #[error("{from}: there is no target `{name}`: {}choose one of {}, or define it in `own-targets`", meant(name), BUILT_IN.join(", "))]
    Unknown { name: String, from: String },
    #[error("{from}: `{platform}` is not a platform: write OS/ARCHITECTURE, as in linux/amd64")]
    Platform { platform: String, from: String },
    #[error("`{}`: {}", .0.pattern, .0.why)]
    Pattern(PatternError),
}

impl Targets {
    /// From what is set.
    ///
    /// # Errors
    /// A name that is neither built in nor defined, a platform that is none.
    pub fn new(settings: &Settings) -> Result<Self, TargetError> {
        let one = |set: &Valued<String>| named(settings, &set.value, &set.from.to_string());
        Ok(Targets {
            main: one(&settings.target)?,
            build_base: settings.build_base_target.as_ref().map(one).transpose()?,
            by_path: settings
                .targets
                .iter()
                .map(|set| {
                    let patterns =
                        Patterns::paths(&set.value.paths).map_err(TargetError::Pattern)?;
                    Ok((
                        patterns,
                        named(settings, &set.value.target, &set.from.to_string())?,
                    ))
                })
                .collect::<Result<_, _>>()?,
            anchor: settings.anchor.clone(),
            below: settings
                .below
                .iter()
                .map(Targets::new)
                .collect::<Result<_, _>>()?,
        })
    }

    /// Those that hold for a path, and the path as their patterns see it.
    fn of<'p>(&self, shown: &'p str) -> (&Targets, Cow<'p, str>) {
        let own = self.below.iter().find_map(|below| {
            let path = below.anchor.path(shown)?;
            Some((below, path))
        });
        own.unwrap_or_else(|| {
            (
                self,
                self.anchor.path(shown).unwrap_or(Cow::Borrowed(shown)),
            )
        })
    }

    /// The target of the run, which the report's header names.
    pub fn main(&self) -> &Target {
        &self.main
    }

    /// Every target that judges something.
    pub fn all(&self) -> impl Iterator<Item = &Target> {
        std::iter::once(&self.main)
            .chain(&self.build_base)
            .chain(self.by_path.iter().map(|(_, target)| target))
    }

    /// Whether an entry of `targets` names this path.
    pub fn names(&self, path: &RepoPath) -> bool {
        let text = path.to_text();
        let (targets, text) = self.of(&text);
        targets
            .by_path
            .iter()
            .any(|(patterns, _)| patterns.matches(&text))
    }

    /// The targets that judge a mention, each once: for each way in which it is deployed that of the outermost file whose
    /// path has one. Where none has, or no other file deploys it, its own path decides.
    pub fn judging<'t>(&'t self, path: &RepoPath, linked: &'t LinkedMention) -> Vec<Judging<'t>> {
        let own = || Judging {
            target: self.for_mention(path, linked.role),
            is_of_path: self.names(path),
            by: None,
        };
        let ways = &linked.mention.deployed_by;
        if ways.is_empty() || self.by_path.is_empty() && self.below.is_empty() {
            return vec![own()];
        }
        let mut all: Vec<Judging<'_>> = Vec::new();
        for way in ways {
            let one = way.iter().find_map(|by| self.of_deploying(by));
            let one = one.unwrap_or_else(own);
            if !all.iter().any(|known| known.target.name == one.target.name) {
                all.push(one);
            }
        }
        all
    }

    /// The target that is chosen for the path of a file that deploys others.
    fn of_deploying<'t>(&'t self, by: &'t RepoPath) -> Option<Judging<'t>> {
        let text = by.to_text();
        let (targets, text) = self.of(&text);
        let named = targets.by_path.iter();
        let named = named.filter(|(patterns, _)| patterns.matches(&text));
        let named = named.map(|(_, target)| (target, true)).next();
        let own = || (!std::ptr::eq(self, targets)).then_some((&targets.main, false));
        let (target, is_of_path) = named.or_else(own)?;
        Some(Judging {
            target,
            is_of_path,
            by: Some(by),
        })
    }

    /// The target for a mention. A path's own target goes before `build-base-target`: it is the narrower statement.
    pub fn for_mention(&self, path: &RepoPath, role: Role) -> &Target {
        let text = path.to_text();
        let (targets, text) = self.of(&text);
        if let Some((_, target)) = targets
            .by_path
            .iter()
            .find(|(patterns, _)| patterns.matches(&text))
        {
            return target;
        }
        match (&targets.build_base, role) {
            (Some(target), Role::BuildBase) => target,
            _ => &targets.main,
        }
    }
}

/// What else the built-in targets are called.
const OTHER_NAMES: [(&str, &str); 12] = [
    ("k8s", "kubernetes"),
    ("kube", "kubernetes"),
    ("containerd", "kubernetes"),
    ("gke", "kubernetes"),
    ("eks", "kubernetes"),
    ("aks", "kubernetes"),
    ("openshift4", "openshift-4"),
    ("ocp4", "openshift-4"),
    ("okd4", "openshift-4"),
    ("openshift3", "openshift-3.11"),
    ("ocp3", "openshift-3.11"),
    ("docker", "docker-20.10"),
];

/// The built-in target that a name may stand for.
pub(super) fn likely(name: &str) -> Option<&'static str> {
    let bare = name.to_ascii_lowercase().replace(['-', '_', ' '], "");
    let other = OTHER_NAMES
        .iter()
        .find(|(other, _)| bare == *other || bare.starts_with(&format!("{other}.")));
    other
        .map(|(_, target)| *target)
        .or_else(|| nearest(name, &BUILT_IN))
}

fn meant(name: &str) -> String {
    likely(name).map_or_else(String::new, |target| format!("did you mean `{target}`? "))
}

fn named(settings: &Settings, name: &str, from: &str) -> Result<Target, TargetError> {
    let unknown = || TargetError::Unknown {
        name: name.into(),
        from: from.into(),
    };
    let mut target = match settings.own_targets.get(name) {
        Some(own) => own_target(name, &own.value, &own.from.to_string())?,
        None => Target::named(name).ok_or_else(unknown)?,
    };
    if let Some(platform) = &settings.platform {
        target.platform = parse(&platform.value, &platform.from.to_string())?;
    }
    Ok(target)
}

fn own_target(name: &str, own: &OwnTarget, from: &str) -> Result<Target, TargetError> {
    let accepts = own.accepts.iter().map(|format| match format {
        AcceptedFormat::DockerSchema1 => Format::DockerSchema1Signed,
        AcceptedFormat::DockerSchema1Unsigned => Format::DockerSchema1,
        AcceptedFormat::DockerSchema2 => Format::DockerSchema2,
        AcceptedFormat::DockerList => Format::DockerList,
        AcceptedFormat::OciManifest => Format::OciManifest,
        AcceptedFormat::OciIndex => Format::OciIndex,
    });
    let platform = match &own.platform {
        Some(text) => parse(text, from)?,
        None => Platform::new("linux", "amd64", None),
    };
    let mut target = Target::own(name, accepts.collect(), own.zstd, platform);
    target.warns_short_names = own.warn_short_names;
    Ok(target)
}

fn parse(text: &str, from: &str) -> Result<Platform, TargetError> {
    Platform::parse(text).ok_or_else(|| TargetError::Platform {
        platform: text.into(),
        from: from.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Overrides, repository};
    use std::collections::BTreeMap;

    fn targets(text: &str, flags: &Overrides) -> Result<Targets, TargetError> {
        let config = repository("c", text, &[]).unwrap();
        Targets::new(
            &Settings::layered(flags, &BTreeMap::new(), None, Some(("c", &config))).unwrap(),
        )
    }

    #[test]
    fn path_and_role_choose_the_target() {
        let t = targets(
            "target: openshift-3.11\nbuild-base-target: farm\nplatform: linux/arm64\n\
             own-targets: {farm: {accepts: [docker-schema2]}}\ntargets: [{paths: [ci], target: kubernetes}]\n",
            &Overrides::default(),
        )
        .unwrap();
        let of = |path: &str, role| {
            t.for_mention(&RepoPath::from_bytes(path.as_bytes()), role)
                .name
                .to_string()
        };
        assert_eq!(of("deploy/a.yaml", Role::Run), "openshift-3.11");
        assert_eq!(of("Dockerfile", Role::BuildBase), "farm");
        assert_eq!(of("ci/Dockerfile", Role::BuildBase), "kubernetes");
        let farm = t.for_mention(&RepoPath::from_bytes(b"Dockerfile"), Role::BuildBase);
        assert!(farm.takes(Format::DockerSchema2) && !farm.takes(Format::DockerList));
        assert_eq!(farm.platform.to_string(), "linux/arm64");
    }

    #[test]
    fn a_wrong_name_on_the_command_line_names_the_flag() {
        let flags = Overrides {
            target: Some("openshift".into()),
            ..Overrides::default()
        };
        let error = targets("", &flags).unwrap_err().to_string();
        assert!(
            error.starts_with("--target: there is no target `openshift`"),
            "{error}"
        );
        let flags = Overrides {
            platform: Some("arm".into()),
            ..Overrides::default()
        };
        assert!(
            targets("", &flags)
                .unwrap_err()
                .to_string()
                .contains("`arm` is not a platform")
        );
    }
}
