//! From what the two files say about allowed images to what the rules ask for. Each file's level holds for its own lists, and
//! in a tree of strangers neither file weakens what the other denies.

use std::collections::BTreeMap;

use super::anchor::Anchor;
use super::pattern::Patterns;
use super::settings::Valued;
use super::{LevelSetting, Origin, PolicyRole, RegistryPolicy, Settings};
use crate::rules::policy::{Names, Policy, RegistryList};
use crate::rules::{Levels, RuleId};
use image_lint_model::mention::Role;
use image_lint_text::source::RepoPath;

/// Levels by rule of the user's file and of the repository's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    pub user: BTreeMap<String, LevelSetting>,
    pub repository: BTreeMap<String, LevelSetting>,
}

impl Said {
    fn of(&self, from: &Origin, rule: RuleId) -> Option<LevelSetting> {
        match from {
            Origin::User(_) => self.user.get(rule.as_str()).copied(),
            Origin::Repository(_) => self.repository.get(rule.as_str()).copied(),
            _ => None,
        }
    }

    /// The higher of the two levels.
    fn higher(&self, rule: RuleId) -> Option<LevelSetting> {
        let both = [&self.user, &self.repository];
        let levels = both.iter().filter_map(|file| file.get(rule.as_str()));
        levels.copied().max_by_key(|set| set.level())
    }

    /// Whether a file wants a rule: it says so, and not that it is off.
    fn wants(file: &BTreeMap<String, LevelSetting>, rule: RuleId) -> bool {
        file.get(rule.as_str())
            .is_some_and(|set| *set != LevelSetting::Off)
    }
}

/// Rules of the policy that need no list.
const WITHOUT_LISTS: [RuleId; 2] = [RuleId::FloatingTag, RuleId::Unpinned];

impl Settings {
    /// The policy that the rules judge by.
    pub fn rules_policy(&self) -> Policy {
        Policy {
            lists: self
                .counting_lists()
                .map(|set| self.list(&set.value, &set.from))
                .collect(),
            floating: names(&self.floating()),
            mirrors: self
                .rewrites
                .iter()
                .map(|set| (set.value.from.clone(), set.value.to.clone()))
                .collect(),
        }
    }

    /// The levels that are set for rules.
    pub fn rule_levels(&self) -> Levels {
        let mut levels = Levels::default();
        for (rule, set) in &self.levels {
            // The files' loaders have refused other words.
            let Ok(rule) = rule.parse() else { continue };
            if let Some(level) = self.level(rule, set) {
                levels.set(rule, level.level());
            }
            if self.untrusted && WITHOUT_LISTS.contains(&rule) && Said::wants(&self.said.user, rule)
            {
                levels.hold(rule);
            }
        }
        levels
    }

    /// None: the rule's own.
    fn level(&self, rule: RuleId, set: &Valued<LevelSetting>) -> Option<LevelSetting> {
        let flag = matches!(set.from, Origin::Flag(_));
        if !flag && rule == RuleId::RegistryNotAllowed {
            // Lists whose file says "off" do not count at all.
            let of_lists = self.counting_lists();
            return of_lists
                .filter_map(|list| self.said.of(&list.from, rule))
                .max_by_key(|set| set.level());
        }
        if !flag && self.untrusted && WITHOUT_LISTS.contains(&rule) {
            return self.said.higher(rule);
        }
        Some(set.value)
    }

    /// Lists whose own file does not turn the rule off.
    fn counting_lists(&self) -> impl Iterator<Item = &Valued<RegistryPolicy>> {
        let rule = RuleId::RegistryNotAllowed;
        self.registry_policy
            .iter()
            .filter(move |list| self.said.of(&list.from, rule) != Some(LevelSetting::Off))
    }

    fn list(&self, policy: &RegistryPolicy, from: &Origin) -> RegistryList {
        let role = |role: &PolicyRole| match role {
            PolicyRole::Run => Role::Run,
            PolicyRole::BuildBase => Role::BuildBase,
            PolicyRole::Ci => Role::Ci,
        };
        let said = self.said.of(from, RuleId::RegistryNotAllowed);
        let firm = matches!(from, Origin::User(_));
        // Paths of the repository's file are written from its folder.
        let anchor = if firm {
            Anchor::Same
        } else {
            self.anchor.clone()
        };
        let paths = names(&policy.paths);
        RegistryList {
            allow: names(&policy.allow),
            deny: names(&policy.deny),
            paths: paths.map(|paths| -> Names {
                Box::new(move |path| anchor.path(path).is_some_and(|path| paths(&path)))
            }),
            roles: policy.roles.iter().map(role).collect(),
            from: from.to_string(),
            firm,
            level: said.and_then(LevelSetting::level),
        }
    }

    /// The tags of both files' lists. A file that wants the rule and has no list means `latest`.
    fn floating(&self) -> Vec<String> {
        let mut tags: Vec<String> = self.floating_tags.iter().map(|t| t.value.clone()).collect();
        let has_list = |user: bool| {
            let mut froms = self.floating_tags.iter().map(|tag| &tag.from);
            froms.any(|from| matches!(from, Origin::User(_)) == user)
        };
        let files = [(&self.said.user, true), (&self.said.repository, false)];
        let without_list = files
            .iter()
            .any(|(file, user)| Said::wants(file, RuleId::FloatingTag) && !has_list(*user));
        if without_list {
            tags.push("latest".to_owned());
        }
        tags
    }

    /// What the user's file denies holds for every path of a stranger's tree: what the repository's file leaves out is
    /// read all the same.
    pub fn reads_all_paths(&self) -> bool {
        let of_user = |set: &Valued<RegistryPolicy>| matches!(set.from, Origin::User(_));
        self.untrusted && self.registry_policy.iter().any(of_user)
    }

    /// Whether the repository's file leaves a path out, where all paths are read.
    pub fn left_out(&self) -> Option<impl Fn(&RepoPath) -> bool + Sync + use<>> {
        if !self.reads_all_paths() {
            return None;
        }
        let one = |settings: &Settings| {
            let globs = |set: &[Valued<String>]| -> Vec<String> {
                set.iter()
                    .filter(|v| matches!(v.from, Origin::Repository(_)))
                    .map(|v| v.value.clone())
                    .collect()
            };
            let (include, exclude) = (globs(&settings.include), globs(&settings.exclude));
            (settings.anchor.clone(), names(&include), names(&exclude))
        };
        let whole = one(self);
        let below: Vec<_> = self.below.iter().map(one).collect();
        Some(move |path: &RepoPath| {
            let shown = path.to_text();
            let owner = below
                .iter()
                .find(|(anchor, ..)| anchor.path(&shown).is_some());
            let (anchor, include, exclude) = owner.unwrap_or(&whole);
            anchor.path(&shown).is_some_and(|path| {
                include.as_ref().is_some_and(|include| !include(&path))
                    || exclude.as_ref().is_some_and(|exclude| exclude(&path))
            })
        })
    }
}

/// None for an empty list. A glob's `*` stays within a part of a name, so that a host's cannot reach into a path.
fn names(globs: &[String]) -> Option<Names> {
    if globs.is_empty() {
        return None;
    }
    // The files' loaders have refused what is no glob.
    let patterns = Patterns::paths(globs).ok()?;
    Some(Box::new(move |name| patterns.matches(name)))
}
