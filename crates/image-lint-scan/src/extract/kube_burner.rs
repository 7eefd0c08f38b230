//! Configurations of kube-burner (kube-burner.github.io, "Reference: Configuration"): `inputVars` of a job's objects that
//! are put into templates of manifests. The file has neither `apiVersion` nor `kind`: its jobs and their object
//! templates make it what it is.

use super::Sink;
use super::kubernetes::path::FieldPath;
use super::kubernetes::reader::{Reader, Within};
use super::kubernetes::split;
use super::shapes::{Shape, holds_all};
use super::variables::Dialect;
use image_lint_model::mention::SourceKind;
use image_lint_text::yaml;
use image_lint_text::yaml::Document;

/// A configuration of kube-burner.
pub(super) struct KubeBurner;

impl Shape for KubeBurner {
    fn name(&self) -> &'static str {
        "kube-burner"
    }

    fn may_be(&self, text: &str) -> bool {
        holds_all(text, &["inputVars", "objectTemplate"])
    }

    fn read(&self, document: &Document<'_>, out: &mut Sink<'_>) -> bool {
        read(document, out)
    }
}

/// Reads a document; true when it is a configuration of kube-burner.
fn read(document: &Document<'_>, out: &mut Sink<'_>) -> bool {
    let Some(jobs) = document
        .root()
        .get("jobs")
        .filter(|jobs| jobs.kind() == yaml::Kind::Sequence)
    else {
        return false;
    };
    let mut reader = Reader::new(out);
    let within = Within::source(SourceKind::CustomResource, Dialect::Kubernetes);
    let root = FieldPath::ROOT;
    let path = root.key("jobs");
    for (i, job) in jobs.items().enumerate() {
        let path = path.item(i);
        let path = path.key("objects");
        for (i, object) in job
            .get("objects")
            .into_iter()
            .flat_map(|list| list.items())
            .enumerate()
        {
            let path = path.item(i);
            let path = path.key("inputVars");
            for (name, value) in object
                .get("inputVars")
                .into_iter()
                .flat_map(|variables| variables.pairs())
            {
                if let Some(name) = name.as_str().filter(|name| split::speaks_of_image(name)) {
                    reader.plausible_image(value, &path.key(name), &within, false);
                }
            }
        }
    }
    true
}
