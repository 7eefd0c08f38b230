//! Documents of YAML and JSON that have neither `apiVersion` nor `kind`: what their own keys say they are. Each kind is a
//! [`Shape`] in a file of its own; to teach the tool a new one, add its line to [`SHAPES`].

use std::cell::OnceCell;

use super::Sink;
use super::{
    ai_lab, ansible, ci, compose, container_map, helmfile, image_map, jenkins_config, json_patch,
    kind_only, kube_burner, loose_values, olm_catalog, pod_fragment, prow,
};
use image_lint_text::yaml::{self, Document, Kind};

/// One kind of document.
pub(super) trait Shape: Sync {
    /// Name that `list --files` prints.
    fn name(&self) -> &'static str;

    /// Whether a text may hold such a document, by its words alone. It costs a look at the bytes of every YAML file.
    fn may_be(&self, text: &str) -> bool;

    /// Reads a document; true when it is of this kind.
    fn read(&self, document: &Document<'_>, out: &mut Sink<'_>) -> bool;

    /// It names what may be pulled by nobody: read only with `extended`.
    fn is_extended(&self) -> bool {
        false
    }
}

/// Every kind, first match wins.
static SHAPES: &[&dyn Shape] = &[
    &kube_burner::KubeBurner,
    &kind_only::KindOnly,
    &olm_catalog::Catalog,
    &prow::Jobs,
    &helmfile::Helmfile,
    &ai_lab::Recipe,
    &ansible::Tasks,
    &ci::AzureTemplate,
    &compose::Loose,
    &json_patch::Operations,
    &pod_fragment::Pod,
    &container_map::Containers,
    &jenkins_config::AsCode,
    &image_map::Images,
    &loose_values::Loose,
];

/// The kinds that one file may hold. They are looked for once somebody asks: in a file that holds nothing but objects of a
/// cluster, often the largest ones, nobody does.
pub(super) struct Candidates<'t> {
    text: &'t str,
    extended: bool,
    fitting: OnceCell<Vec<&'static dyn Shape>>,
}

impl<'t> Candidates<'t> {
    /// By the words of the whole text.
    pub fn of(text: &'t str, extended: bool) -> Self {
        Candidates {
            text,
            extended,
            fitting: OnceCell::new(),
        }
    }

    fn fitting(&self) -> &[&'static dyn Shape] {
        self.fitting.get_or_init(|| {
            let spells = yaml::spells_words(self.text);
            let fits = |shape: &&&dyn Shape| {
                (self.extended || !shape.is_extended()) && (spells || shape.may_be(self.text))
            };
            SHAPES.iter().filter(fits).copied().collect()
        })
    }

    pub fn is_empty(&self) -> bool {
        self.fitting().is_empty()
    }

    /// Whether a document of the file is parsed for them.
    pub fn worth_parsing(&self, document: &str) -> bool {
        // Definitions of kinds are large, and an object is none of these.
        let begins =
            |key: &str| document.starts_with(key) || holds_any(document, &[&format!("\n{key}")]);
        !(begins("apiVersion:") && begins("kind:"))
            && (yaml::spells_words(document)
                || self.fitting().iter().any(|shape| shape.may_be(document)))
    }

    /// Reads a document that is no object of a cluster; None when it is of no kind that is known.
    pub fn read(&self, document: &Document<'_>, out: &mut Sink<'_>) -> Option<&'static str> {
        let root = document.root();
        let object = root.str_at(&["kind"]).is_some() && root.str_at(&["apiVersion"]).is_some();
        if object || !matches!(root.kind(), Kind::Mapping | Kind::Sequence) {
            return None;
        }
        let shape = self
            .fitting()
            .iter()
            .find(|shape| shape.read(document, out))?;
        Some(shape.name())
    }
}

/// Whether a text holds each of some words.
pub(super) fn holds_all(text: &str, words: &[&str]) -> bool {
    words
        .iter()
        .all(|word| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some())
}

/// Whether a text holds one of some words.
pub(super) fn holds_any(text: &str, words: &[&str]) -> bool {
    words
        .iter()
        .any(|word| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some())
}
