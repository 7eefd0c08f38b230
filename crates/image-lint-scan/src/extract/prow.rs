//! Prow's jobs (docs.prow.k8s.io/docs/jobs, `config/jobs.go` of kubernetes-sigs/prow): the PodSpec of every presubmit,
//! postsubmit and periodic, and the presets that give them volumes and variables.

use super::Sink;
use super::kubernetes::path::FieldPath;
use super::kubernetes::pod;
use super::kubernetes::reader::{Reader, Within};
use super::shapes::{Shape, holds_any};
use super::variables::Dialect;
use image_lint_model::mention::SourceKind;
use image_lint_model::object::Workload;
use image_lint_text::yaml::{Document, Kind, Node};

/// A file of jobs.
pub(super) struct Jobs;

/// The lists of jobs by the repository that they are for, and the one that is for none.
const OF_REPOSITORIES: [&str; 2] = ["presubmits", "postsubmits"];
const PERIODICS: &str = "periodics";

impl Shape for Jobs {
    fn name(&self) -> &'static str {
        "prow"
    }

    fn may_be(&self, text: &str) -> bool {
        holds_any(text, &["presubmits:", "postsubmits:", "periodics:"]) && text.contains("image")
    }

    fn read(&self, document: &Document<'_>, out: &mut Sink<'_>) -> bool {
        let root = document.root();
        let mut reader = Reader::new(out);
        let mut any = false;
        for key in OF_REPOSITORIES {
            let path = FieldPath::ROOT.key(key);
            let repositories = root.get(key).filter(|node| node.kind() == Kind::Mapping);
            for (name, list) in repositories.into_iter().flat_map(|all| all.pairs()) {
                any = true;
                let name = name.as_str().unwrap_or("");
                jobs(&mut reader, list, &path.key(name), 0);
            }
            // Within the repository itself they need no name (`.prow.yaml`).
            if let Some(list) = root.get(key).filter(|node| node.kind() == Kind::Sequence) {
                any = true;
                jobs(&mut reader, list, &path, 0);
            }
        }
        if let Some(list) = root.get(PERIODICS) {
            any = true;
            jobs(&mut reader, list, &FieldPath::ROOT.key(PERIODICS), 0);
        }
        any
    }
}

/// Jobs that run after others nest (`run_after_success` of older files).
const MAX_DEPTH: usize = 8;

fn jobs(reader: &mut Reader<'_, '_>, list: Node<'_>, path: &FieldPath<'_>, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    let within = Within::source(SourceKind::Ci, Dialect::Kubernetes);
    for (i, job) in list.items().enumerate() {
        let path = path.item(i);
        if let Some(spec) = job.get("spec") {
            let first = reader.sink.extraction.mentions.len();
            let mut facts = Workload::default();
            pod::pod_spec(reader, spec, &path.key("spec"), &within, &mut facts);
            super::of_ci(reader.sink, first);
        }
        if let Some(after) = job.get("run_after_success") {
            jobs(reader, after, &path.key("run_after_success"), depth + 1);
        }
    }
}
