//! Single rooms against the clock, without disk and network: `cargo bench --bench rooms [-- FILTER]`. Each prints the
//! fastest, median and mean time, and the throughput where bytes or entries come in.
//!
//! Without `--bench`, as under `cargo test`, each runs once, so that none rots.

mod extract;
mod meaning;
mod registry;
mod report;
#[path = "../whole/texts.rs"]
mod texts;

fn main() {
    divan::main();
}

/// The text of a file, as far as it is read, with a reader that claims it.
struct Source {
    file: image_lint_text::source::SourceFile,
    extractor: &'static dyn image_lint_scan::extract::Extractor,
}

impl Source {
    fn new(number: u32, path: &str, text: String) -> Self {
        use image_lint_scan::extract::{Claim, claim};
        use image_lint_text::source::{FileId, RepoPath, SourceFile};
        let path = RepoPath::from_bytes(path.as_bytes());
        let Claim::By(extractor) = claim(&path, text.as_bytes(), false) else {
            panic!("nobody reads {path:?}")
        };
        Source {
            file: SourceFile::new(FileId(number), path, text),
            extractor,
        }
    }

    fn extract(&self) -> image_lint_model::mention::Extraction {
        image_lint_scan::extract::extract(&self.file, self.extractor, false).1
    }
}
