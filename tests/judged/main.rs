//! What a file builds and pushes, as the rules judge it and the fixes change it: texts in, findings out, no tools.

mod actions;
mod builds;
mod containers_conf;
mod scripts;
mod tekton_catalog;

use image_lint_model::mention::Extraction;
use image_lint_scan::extract::{Claim, claim, extract};
use image_lint_text::source::SourceFile;

/// What the reader that claims this file makes of it.
fn extraction(file: &SourceFile) -> Extraction {
    match claim(&file.path, file.text.as_bytes(), false) {
        Claim::By(extractor) => extract(file, extractor, false).1,
        _ => panic!("nobody reads {}", file.path.to_text()),
    }
}
