//! Tekton's objects without `apiVersion`, as parts of others and templates hold them: the kind says it all.

use super::Sink;
use super::kubernetes::object::{self, Surroundings};
use super::kubernetes::path::FieldPath;
use super::kubernetes::reader::Reader;
use super::shapes::{Shape, holds_any};
use super::tekton;
use image_lint_text::yaml::Document;

/// A document with a kind of Tekton's, or a list.
pub(super) struct KindOnly;

impl Shape for KindOnly {
    fn name(&self) -> &'static str {
        "manifest"
    }

    fn may_be(&self, text: &str) -> bool {
        text.contains("kind")
            && holds_any(
                text,
                &[
                    "steps:",
                    "askSpec",
                    "taskRef",
                    "ipelineRef",
                    "stepTemplate",
                    "\"steps\"",
                ],
            )
    }

    fn read(&self, document: &Document<'_>, out: &mut Sink<'_>) -> bool {
        let root = document.root();
        let Some(kind) = root.str_at(&["kind"]) else {
            return false;
        };
        if !tekton::is_kind(kind) && kind != "List" {
            return false;
        }
        let mut reader = Reader::new(out);
        object::read(
            &mut reader,
            root,
            &FieldPath::ROOT,
            &Surroundings::default(),
            None,
        );
        true
    }
}
