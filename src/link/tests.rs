use super::*;
use crate::model::mention::Excerpt;
use crate::model::source::{Place, Position, Span};
use crate::model::value::Value;

/// A mention of an image in a Kubernetes object.
pub(crate) fn mention_of(value: Value) -> Mention {
    Mention {
        place: place(0, 1),
        value,
        expect: Expect::Image,
        role: Role::Run,
        source: SourceKind::Kubernetes,
        field: "image".into(),
        scope: None,
        object: None,
        container: None,
        also: Vec::new(),
        excerpt: Excerpt::default(),
    }
}

/// A place on a line of a file.
pub(crate) fn place(file: u32, line: u32) -> Place {
    let start = Position { line, column: 1, column_utf16: 1 };
    Place { file: FileId(file), start, end: start, span: Span { start: line * 10, end: line * 10 + 1 } }
}
