//! From what the two files say about allowed images to what the rules ask for.

use super::pattern::Patterns;
use super::{Origin, PolicyRole, RegistryPolicy, Settings};
use crate::rules::policy::{Names, Policy, RegistryList};
use image_lint_model::mention::Role;

impl Settings {
    /// The policy that the rules judge by.
    pub fn rules_policy(&self) -> Policy {
        let tags: Vec<String> = self.floating_tags.iter().map(|t| t.value.clone()).collect();
        Policy {
            lists: self
                .registry_policy
                .iter()
                .map(|set| list(&set.value, &set.from))
                .collect(),
            floating: names(&tags),
            mirrors: self
                .rewrites
                .iter()
                .map(|set| (set.value.from.clone(), set.value.to.clone()))
                .collect(),
        }
    }
}

fn list(policy: &RegistryPolicy, from: &Origin) -> RegistryList {
    let role = |role: &PolicyRole| match role {
        PolicyRole::Run => Role::Run,
        PolicyRole::BuildBase => Role::BuildBase,
        PolicyRole::Ci => Role::Ci,
    };
    RegistryList {
        allow: names(&policy.allow),
        deny: names(&policy.deny),
        paths: names(&policy.paths),
        roles: policy.roles.iter().map(role).collect(),
        from: from.to_string(),
        firm: matches!(from, Origin::User(_)),
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
