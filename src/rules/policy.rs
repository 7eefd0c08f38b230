//! What somebody allows to be pulled: registries, tags, pins. It comes from the configuration, and only from there.

use image_lint_model::finding::Level;
use image_lint_model::mention::{LinkedMention, Role, Text};
use image_lint_model::reference::ImageReference;

/// Whether a name is one of a list's.
pub type Names = Box<dyn Fn(&str) -> bool + Send + Sync>;

/// All that is configured.
#[derive(Default)]
pub struct Policy {
    /// Every list has to allow an image.
    pub lists: Vec<RegistryList>,
    /// Tags that are moved to other images; None: `latest`.
    pub floating: Option<Names>,
    /// Beginnings of names and the mirrors to pull them from.
    pub mirrors: Vec<(String, String)>,
}

/// One entry of the configuration.
pub struct RegistryList {
    /// None: all that is not denied.
    pub allow: Option<Names>,
    pub deny: Option<Names>,
    /// None: everywhere.
    pub paths: Option<Names>,
    /// Empty: all that is pulled.
    pub roles: Vec<Role>,
    /// Where it is configured.
    pub from: String,
    /// It is the user's own: nothing in the repository may silence what it denies.
    pub firm: bool,
    /// What its file says of the rule; None: nothing.
    pub level: Option<Level>,
}

impl RegistryList {
    fn concerns(&self, path: &str, role: Role) -> bool {
        let here = self.paths.as_ref().is_none_or(|paths| paths(path));
        here && (self.roles.is_empty() || self.roles.contains(&role))
    }

    fn allows(&self, name: &str) -> bool {
        let denied = self.deny.as_ref().is_some_and(|deny| deny(name));
        !denied && self.allow.as_ref().is_none_or(|allow| allow(name))
    }
}

impl Policy {
    /// The list that does not allow an image; the user's own before others.
    pub(super) fn denies(&self, name: &str, path: &str, role: Role) -> Option<&RegistryList> {
        let denying = |list: &&RegistryList| list.concerns(path, role) && !list.allows(name);
        let mut all = self.lists.iter().filter(denying);
        let first = all.next()?;
        Some(if first.firm {
            first
        } else {
            all.find(|list| list.firm).unwrap_or(first)
        })
    }

    /// The configured mirror's name of an image.
    pub(super) fn mirror(&self, name: &str) -> Option<String> {
        self.mirrors.iter().find_map(|(from, to)| {
            let rest = name.strip_prefix(from.trim_end_matches('/'))?;
            let whole = rest.is_empty() || rest.starts_with('/');
            whole.then(|| format!("{}{rest}", to.trim_end_matches('/')))
        })
    }

    pub(super) fn is_floating(&self, tag: &str) -> bool {
        match &self.floating {
            Some(floating) => floating(tag),
            None => tag == "latest",
        }
    }
}

/// The image of a mention that somebody pulls: a name without a registry that the repository builds is of this machine.
pub(super) fn pulled(linked: &LinkedMention) -> Option<&ImageReference> {
    match &linked.text {
        Text::Known(reference) if matches!(linked.role, Role::Run | Role::BuildBase | Role::Ci) => {
            Some(reference).filter(|reference| !(reference.short && linked.built_here()))
        }
        _ => None,
    }
}
