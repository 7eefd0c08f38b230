//! What the person at the keyboard knows and the repository does not: values of variables, hosts of the cluster and its mirrors.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Values for variables by name (`--set`, `--values`, the environment), and further cluster-internal hosts.
#[derive(Clone, Debug, Default)]
pub struct Values {
    variables: BTreeMap<String, Given>,
    internal_hosts: Vec<String>,
    rewritten: Vec<String>,
}

/// A value from outside. Copies share whether it was used.
#[derive(Clone, Debug)]
struct Given {
    text: String,
    used: Arc<AtomicBool>,
}

impl Values {
    pub fn new() -> Self {
        Values::default()
    }

    /// Gives a variable a value; a later one wins.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let given = Given {
            text: value.into(),
            used: Arc::default(),
        };
        self.variables.insert(name.into(), given);
    }

    /// Makes references of this registry host (with its port, as written in references) cluster-internal.
    pub fn add_internal_host(&mut self, host: impl Into<String>) {
        self.internal_hosts.push(host.into().to_ascii_lowercase());
    }

    /// Names that begin so are asked under another name, so that it does not matter whether the cluster alone reaches them.
    pub fn add_rewritten(&mut self, beginning: impl Into<String>) {
        self.rewritten.push(beginning.into());
    }

    pub fn is_empty(&self) -> bool {
        self.variables.is_empty()
    }

    /// The value for a variable: by its full name (`params.image`), or by the name its author gave it (`image`).
    pub fn get(&self, name: &str) -> Option<&str> {
        if self.variables.is_empty() {
            return None;
        }
        let given = self
            .variables
            .get(name)
            .or_else(|| self.variables.get(own_name(name)?))?;
        given.used.store(true, Ordering::Relaxed);
        Some(&given.text)
    }

    /// Whether something had this name, since the values were made: false says that it is a typo.
    pub fn is_used(&self, name: &str) -> bool {
        let given = self.variables.get(name);
        given.is_some_and(|given| given.used.load(Ordering::Relaxed))
    }

    pub(super) fn is_rewritten(&self, name: &str) -> bool {
        let rest = |from: &String| name.strip_prefix(from.trim_end_matches('/'));
        self.rewritten
            .iter()
            .filter_map(rest)
            .any(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    pub(super) fn is_internal(&self, host: &str) -> bool {
        self.internal_hosts
            .iter()
            .any(|own| own.eq_ignore_ascii_case(host))
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Values {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut values = Values::new();
        for (name, value) in pairs {
            values.set(name, value);
        }
        values
    }
}

/// The name that a variable's author gave it, behind the words that say where it is defined: `image` of
/// `params.image`, `inputs.params["image"]`, `inputs.parameters.image`; None when there are no such words.
pub(super) fn own_name(name: &str) -> Option<&str> {
    const WHERE: [&str; 6] = [
        "inputs.params",
        "params",
        "inputs.parameters",
        "workflow.parameters",
        "tasks.params",
        ".Values",
    ];
    let rest = WHERE.iter().find_map(|words| {
        let rest = name.strip_prefix(words)?;
        rest.starts_with(['.', '[']).then_some(rest)
    })?;
    let own = match rest.strip_prefix('.') {
        Some(own) => own,
        // `["a"]`, `['a']`: names with dots.
        None => rest
            .strip_prefix('[')?
            .strip_suffix(']')?
            .trim_matches(['"', '\'']),
    };
    (!own.is_empty()).then_some(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_by_full_and_by_own_name() {
        let values: Values = [("image", "a"), ("params.tag", "b")].into_iter().collect();
        for (name, expected) in [
            ("image", Some("a")),
            ("params.image", Some("a")),
            ("inputs.params.image", Some("a")),
            ("params[\"image\"]", Some("a")),
            ("inputs.parameters.image", Some("a")),
            ("params.tag", Some("b")),
            ("tag", None),
            ("paramsimage", None),
        ] {
            assert_eq!(values.get(name), expected, "{name}");
        }
    }
}
