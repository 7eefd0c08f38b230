//! `# Source: chart/templates/deployment.yaml`, which `helm template` writes before each document
//! (helm 3.17, `cmd/helm/template.go`).

use image_lint_model::mention::RenderedDocument;
use image_lint_text::source::{SourceFile, Span};
use image_lint_text::yaml::Stream;
use memchr::memmem;

use crate::extract::Sink;

const MARK: &str = "# Source: ";

/// Writes down which documents name their template.
pub(super) fn read(file: &SourceFile, stream: &Stream<'_>, out: &mut Sink<'_>) {
    let bytes = file.text.as_bytes();
    let mut marks = memmem::find_iter(bytes, MARK.as_bytes())
        .filter(|at| *at == 0 || bytes[at - 1] == b'\n')
        .peekable();
    let mut before = 0;
    for document in &stream.documents {
        let root = document.root().span();
        let mut last = None;
        // The line is between the document before and the root of this one.
        while let Some(at) = marks.next_if(|at| *at < root.start as usize) {
            last = Some(at).filter(|at| *at >= before);
        }
        before = root.end as usize;
        let Some(at) = last else { continue };
        let line = file.text[at..].lines().next().unwrap_or("");
        let template = line[MARK.len()..].trim();
        if !template.is_empty() {
            let place = out.place(Span::new(at, at + line.len()));
            out.extraction.rendered.push(RenderedDocument {
                span: root,
                template: template.into(),
                place,
            });
        }
    }
}
