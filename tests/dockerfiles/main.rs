//! The Dockerfiles of testdata/, read and linked: what is named, where, and what it means.

use std::path::Path;

use image_lint_model::mention::Text;
use image_lint_scan::extract::dockerfile::Dockerfile;
use image_lint_scan::extract::{Extractor, Sink};
use image_lint_scan::link::{Values, link};
use image_lint_text::source::{FileId, RepoPath, SourceFile};

/// `LINE:COLUMN FIELD STATUS MEANING` of each mention, then `LINE skipped`.
fn list(repository: &str, file: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(repository)
        .join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let file = SourceFile::new(FileId(0), RepoPath::new(Path::new(file)), text);
    let mut sink = Sink::new(&file);
    Dockerfile.extract(&file, &mut sink);
    let linked = link(
        vec![(file.id, file.path.clone(), sink.finish())],
        &Values::new(),
    );
    let mention = |m: &image_lint_model::mention::LinkedMention| {
        let meaning = match &m.text {
            Text::Known(reference) => reference.to_string(),
            Text::Open(open) => open
                .iter()
                .map(|o| o.written.clone())
                .collect::<Vec<_>>()
                .join(" "),
            other => format!("{other:?}"),
        };
        let start = m.mention.place.start;
        format!(
            "{}:{} {} {} {meaning}",
            start.line,
            start.column,
            m.mention.field,
            m.text.status()
        )
    };
    let skipped = linked
        .skips
        .iter()
        .map(|s| format!("{} skipped", s.place.start.line));
    linked.mentions.iter().map(mention).chain(skipped).collect()
}

#[test]
fn from_sees_the_defaults_of_arguments_above_it() {
    assert_eq!(
        list("arg-default-before-from", "Dockerfile"),
        [
            "1:10 # syntax known docker.io/docker/dockerfile:1.7",
            "6:6 FROM known quay.io/example/base:3.20",
            "9:6 FROM known quay.io/example/tools:3",
            "10:6 FROM open ${FLAVOUR}",
            "11:6 FROM known docker.io/example/cli:slim-amd64",
        ]
    );
}

#[test]
fn stages_are_told_from_images() {
    assert_eq!(
        list("stage-names", "Containerfile"),
        [
            "2:15 FROM known registry.example.com/go:1.22",
            "4:29 FROM known docker.io/example/alpine:3",
            "8:6 FROM known docker.io/example/alpine:3",
            "10:25 COPY --from known quay.io/example/assets:2",
            "12:28 RUN --mount known docker.io/example/lint:1",
        ]
    );
}

#[test]
fn heredocs_name_nothing() {
    assert_eq!(
        list("heredocs-in-dockerfile", "app.Dockerfile"),
        [
            "1:6 FROM known docker.io/example/base:1",
            "10:13 COPY --from known docker.io/example/tools:1"
        ]
    );
}

#[test]
fn templates_keep_their_literals_and_leave_the_rest_open() {
    assert_eq!(
        list("dockerfile-template", "Dockerfile.tpl"),
        [
            "1:22 FROM known docker.io/example/minimal:1",
            "2:6 FROM open {{ spec.base }}",
            "3:6 FROM open #IMAGE_NAME#",
            "4:6 FROM open @PROJECT@",
            "6:6 FROM known docker.io/example/last:1",
            "5 skipped",
        ]
    );
}
