//! Selecting objects: names by regular expression, labels by selector (kubernetes-sigs/kustomize `api/types/selector.go`,
//! `api/resmap/reswrangler.go`; Kubernetes' label selectors).

use regex_lite::{Regex, RegexBuilder};

use super::ids::{Gvk, Id, Resource};
use super::value::Node;

/// A pattern longer than this is no name.
const MAX_PATTERN: usize = 500;
/// Bytes that a compiled pattern may take.
const MAX_COMPILED: usize = 200_000;

/// Compiles a pattern; None when it is none, or too large.
pub fn compile(pattern: &str) -> Option<Regex> {
    if pattern.len() > MAX_PATTERN {
        return None;
    }
    RegexBuilder::new(pattern)
        .size_limit(MAX_COMPILED)
        .build()
        .ok()
}

/// A pattern for a whole name. Most are plain words, which need no machine.
#[derive(Debug)]
enum Pattern {
    Any,
    Word(String),
    Regex(Regex),
}

impl Pattern {
    fn new(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Pattern::Any);
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/:".contains(&byte);
        if text.bytes().all(plain) {
            return Ok(Pattern::Word(text.into()));
        }
        compile(&format!("^(?:{text})$"))
            .map(Pattern::Regex)
            .ok_or_else(|| format!("error parsing regexp: {text}"))
    }

    fn fits(&self, text: &str) -> bool {
        match self {
            Pattern::Any => true,
            Pattern::Word(word) => word == text,
            Pattern::Regex(regex) => regex.is_match(text),
        }
    }
}

/// A selector of `patches[].target` and `replacements[].targets[].select`.
#[derive(Debug)]
pub struct Selector {
    group: Pattern,
    version: Pattern,
    kind: Pattern,
    name: Pattern,
    namespace: Pattern,
    labels: Option<String>,
    annotations: Option<String>,
    /// As written, for messages.
    pub shown: String,
    /// It says only what the object's labels or annotations must be.
    pub unnamed: bool,
}

impl Selector {
    /// # Errors
    /// A pattern that is no regular expression.
    pub fn new(node: &Node) -> Result<Self, String> {
        let text = |key: &str| field(node, key).and_then(Node::string).unwrap_or_default();
        let mut gvk = Gvk {
            group: text("group"),
            version: text("version"),
            kind: text("kind"),
        };
        let api_version = text("apiVersion");
        if !api_version.is_empty() && gvk.group.is_empty() && gvk.version.is_empty() {
            gvk = Gvk {
                kind: gvk.kind,
                ..Gvk::new(&api_version, "")
            };
        }
        let full = |key: &str| Some(text(key)).filter(|text| !text.trim().is_empty());
        let (name, namespace) = (text("name"), text("namespace"));
        let words = [&gvk.kind, &name, &namespace];
        let shown: Vec<&str> = words
            .into_iter()
            .filter(|word| !word.is_empty())
            .map(|word| &**word)
            .collect();
        let shown = shown.join("/");
        Ok(Selector {
            unnamed: [&gvk.group, &gvk.version, &gvk.kind, &name, &namespace]
                .iter()
                .all(|word| word.is_empty()),
            group: Pattern::new(&gvk.group)?,
            version: Pattern::new(&gvk.version)?,
            kind: Pattern::new(&gvk.kind)?,
            name: Pattern::new(&name)?,
            namespace: Pattern::new(&namespace)?,
            labels: full("labelSelector"),
            annotations: full("annotationSelector"),
            shown: match full("labelSelector") {
                Some(labels) if shown.is_empty() => labels,
                _ => shown,
            },
        })
    }

    fn fits_gvk(&self, gvk: &Gvk) -> bool {
        self.group.fits(&gvk.group) && self.version.fits(&gvk.version) && self.kind.fits(&gvk.kind)
    }

    pub fn fits_id(&self, id: &Id) -> bool {
        self.fits_gvk(&id.gvk)
            && self.name.fits(&id.name)
            && (matches!(self.namespace, Pattern::Any) || self.namespace.fits(&id.namespace))
    }

    /// Labels and annotations.
    pub fn fits_metadata(&self, node: &Node) -> bool {
        let fits = |selector: &Option<String>, key| {
            selector
                .as_ref()
                .is_none_or(|selector| fits_labels(selector, node.at(&["metadata", key])))
        };
        fits(&self.labels, "labels") && fits(&self.annotations, "annotations")
    }

    /// A target of a patch: by its first name or its present one.
    pub fn selects(&self, resource: &Resource) -> bool {
        let (now, first) = (resource.id(), resource.original());
        let space = |id: &Id| self.namespace.fits(id.effective_namespace());
        (space(&first) || space(&now))
            && (self.name.fits(&first.name) || self.name.fits(&now.name))
            && self.fits_gvk(&now.gvk)
            && self.fits_metadata(&resource.node)
    }
}

/// A field of a structure, whatever the case of its letters, as Go's JSON decoder takes it.
pub fn field<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    node.get(key).or_else(|| {
        node.pairs()
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))
            .map(|(_, value)| value)
    })
}

/// `a=b, c!=d, e in (x, y), f notin (z), g, !h`.
fn fits_labels(selector: &str, labels: Option<&Node>) -> bool {
    let value = |key: &str| labels.and_then(|labels| labels.string_at(&[key]));
    requirements(selector).iter().all(|text| {
        let text = text.trim();
        if let Some((key, list)) = text.split_once(" notin ") {
            return value(key.trim()).is_none_or(|value| !listed(list, &value));
        }
        if let Some((key, list)) = text.split_once(" in ") {
            return value(key.trim()).is_some_and(|value| listed(list, &value));
        }
        if let Some((key, wanted)) = text.split_once("!=") {
            return value(key.trim()).as_deref() != Some(wanted.trim());
        }
        if let Some((key, wanted)) = text.split_once('=') {
            let wanted = wanted.trim_start_matches('=').trim();
            return value(key.trim()).as_deref() == Some(wanted);
        }
        match text.strip_prefix('!') {
            Some(key) => value(key.trim()).is_none(),
            None => value(text).is_some(),
        }
    })
}

fn listed(list: &str, value: &str) -> bool {
    let list = list.trim().trim_start_matches('(').trim_end_matches(')');
    list.split(',').any(|item| item.trim() == value)
}

/// The parts between commas that are not within parentheses.
fn requirements(selector: &str) -> Vec<&str> {
    let (mut depth, mut start, mut out) = (0_i32, 0, Vec::new());
    for (at, c) in selector.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth <= 0 => {
                out.push(&selector[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    out.push(&selector[start..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Node {
        let mut node = Node::map();
        node.set("app", Node::made("web"));
        node.set("tier", Node::made("front"));
        node
    }

    #[test]
    fn label_selectors_are_kubernetes_own() {
        for (selector, expected) in [
            ("app=web", true),
            ("app==web,tier!=back", true),
            ("app in (db, web), tier", true),
            ("app notin (web)", false),
            ("!app", false),
            ("!other", true),
            ("app=db", false),
        ] {
            assert_eq!(
                fits_labels(selector, Some(&labels())),
                expected,
                "{selector}"
            );
        }
    }

    #[test]
    fn names_are_matched_whole() {
        let mut target = Node::map();
        target.set("name", Node::made("web.*"));
        let selector = Selector::new(&target).expect("the pattern is valid");
        let id = |name: &str| Id {
            name: name.into(),
            ..Id::default()
        };
        assert!(selector.fits_id(&id("web-1")));
        assert!(!selector.fits_id(&id("a-web")));
    }
}
