//! Trees of YAML whose strings remember where each of their bytes came from. Cheap to copy: overlays of one base share
//! all that they do not change.

use std::sync::Arc;

use image_lint_text::source::{FileId, Segment, Span, SpanMap};
use image_lint_text::yaml::{self, Kind, Style};

/// A node that can be changed.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Null,
    Scalar(Scalar),
    Seq(Arc<Vec<Node>>),
    Map(Arc<Vec<(Arc<str>, Node)>>),
}

/// A string, number or truth value, as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    pub text: Text,
    /// Without quotes: it may be a number.
    pub plain: bool,
}

/// A string made of pieces.
#[derive(Clone, Debug, Default)]
pub struct Text {
    pub pieces: Vec<Piece>,
}

/// A run of bytes from one place.
#[derive(Clone, Debug)]
pub struct Piece {
    whole: Arc<str>,
    start: usize,
    end: usize,
    origin: Option<Origin>,
    /// An entry of `images` put it there, so it decides the image before all others.
    pub entry: Option<Part>,
}

/// Which field of an `images` entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    NewName,
    NewTag,
    Digest,
    TagSuffix,
}

impl Part {
    pub fn as_str(self) -> &'static str {
        match self {
            Part::NewName => "newName",
            Part::NewTag => "newTag",
            Part::Digest => "digest",
            Part::TagSuffix => "tagSuffix",
        }
    }
}

/// The file of a string, and the way from its offsets to the file's.
#[derive(Clone, Debug)]
struct Origin {
    file: FileId,
    map: Way,
}

#[derive(Clone, Debug)]
enum Way {
    /// Byte for byte, from this offset on.
    Shift(u32),
    Map(Arc<SpanMap>),
}

impl Piece {
    /// Text that no file holds.
    pub fn made(text: &str) -> Self {
        Piece {
            whole: text.into(),
            start: 0,
            end: text.len(),
            origin: None,
            entry: None,
        }
    }

    pub fn as_str(&self) -> &str {
        &self.whole[self.start..self.end]
    }

    fn slice(&self, from: usize, to: usize) -> Self {
        Piece {
            start: self.start + from,
            end: self.start + to,
            ..self.clone()
        }
    }

    /// The place of some of its bytes in their file.
    pub fn place(&self, from: usize, to: usize) -> Option<(FileId, Span)> {
        let origin = self.origin.as_ref()?;
        let span = Span::new(self.start + from, self.start + to);
        let outer = match &origin.map {
            Way::Shift(shift) => Span {
                start: span.start + shift,
                end: span.end + shift,
            },
            Way::Map(map) => map.outer(span),
        };
        Some((origin.file, outer))
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.pieces
            .iter()
            .try_for_each(|piece| f.write_str(piece.as_str()))
    }
}

impl Text {
    pub fn made(text: &str) -> Self {
        Text {
            pieces: vec![Piece::made(text)],
        }
    }

    /// Whether it is this text.
    pub fn is(&self, text: &str) -> bool {
        match self.pieces.as_slice() {
            [piece] => piece.as_str() == text,
            _ => self.to_string() == text,
        }
    }

    pub fn len(&self) -> usize {
        self.pieces.iter().map(|piece| piece.as_str().len()).sum()
    }

    pub fn push(&mut self, other: Text) {
        self.pieces.extend(
            other
                .pieces
                .into_iter()
                .filter(|piece| !piece.as_str().is_empty()),
        );
    }

    pub fn push_made(&mut self, text: &str) {
        self.pieces.push(Piece::made(text));
    }

    /// A part by bytes, which must be boundaries of characters.
    pub fn slice(&self, from: usize, to: usize) -> Text {
        let mut at = 0;
        let mut pieces = Vec::new();
        for piece in &self.pieces {
            let len = piece.as_str().len();
            let (start, end) = (from.max(at), to.min(at + len));
            if start < end {
                pieces.push(piece.slice(start - at, end - at));
            }
            at += len;
        }
        Text { pieces }
    }

    /// The same text, marked as put there by an `images` entry.
    pub fn of_entry(&self, part: Part) -> Text {
        let mut text = self.clone();
        for piece in &mut text.pieces {
            piece.entry = Some(part);
        }
        text
    }

    /// Another text that stands where this one does.
    pub fn renamed(&self, text: &str) -> Text {
        let mut piece = Piece::made(text);
        if let Some((file, span)) = self.place() {
            piece.origin = Some(Origin {
                file,
                map: Way::Map(Arc::new(SpanMap::Segments(vec![Segment {
                    inner: 0,
                    outer: span.start,
                    outer_len: span.len() as u32,
                }]))),
            });
        }
        Text {
            pieces: vec![piece],
        }
    }

    /// The place of its first piece that has one.
    pub fn place(&self) -> Option<(FileId, Span)> {
        self.pieces
            .iter()
            .find_map(|piece| piece.place(0, piece.as_str().len()))
    }
}

impl Node {
    /// From a document of a file. Aliases become what they stand for.
    pub fn read(node: yaml::Node<'_>, file: FileId, whole: &str) -> Node {
        match node.kind() {
            Kind::Null => Node::Null,
            Kind::Scalar => Node::Scalar(scalar(node, file, whole)),
            Kind::Sequence => Node::Seq(Arc::new(
                node.items()
                    .map(|item| Node::read(item, file, whole))
                    .collect(),
            )),
            Kind::Mapping => {
                let mut pairs: Vec<(Arc<str>, Node)> = Vec::new();
                for (key, value) in node.pairs() {
                    let Some(key) = key.as_str() else { continue };
                    if key == "<<" && value.kind() != Kind::Scalar {
                        continue;
                    }
                    pairs.push((key.into(), Node::read(value, file, whole)));
                }
                Node::Map(Arc::new(last_of_each(pairs)))
            }
        }
    }

    pub fn made(text: &str) -> Node {
        Node::text(Text::made(text))
    }

    pub fn text(text: Text) -> Node {
        Node::Scalar(Scalar { text, plain: false })
    }

    pub fn map() -> Node {
        Node::Map(Arc::default())
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Node::Null)
    }

    pub fn is_empty(&self) -> bool {
        match self {
            Node::Null => true,
            Node::Scalar(_) => false,
            Node::Seq(items) => items.is_empty(),
            Node::Map(pairs) => pairs.is_empty(),
        }
    }

    pub fn as_text(&self) -> Option<&Text> {
        match self {
            Node::Scalar(scalar) => Some(&scalar.text),
            _ => None,
        }
    }

    pub fn string(&self) -> Option<String> {
        self.as_text().map(Text::to_string)
    }

    pub fn items(&self) -> &[Node] {
        match self {
            Node::Seq(items) => items,
            _ => &[],
        }
    }

    pub fn pairs(&self) -> &[(Arc<str>, Node)] {
        match self {
            Node::Map(pairs) => pairs,
            _ => &[],
        }
    }

    pub fn get(&self, key: &str) -> Option<&Node> {
        self.pairs()
            .iter()
            .find(|(name, _)| **name == *key)
            .map(|(_, value)| value)
    }

    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    pub fn string_at(&self, path: &[&str]) -> Option<String> {
        self.at(path)?.string()
    }

    pub fn items_mut(&mut self) -> Option<&mut Vec<Node>> {
        match self {
            Node::Seq(items) => Some(Arc::make_mut(items)),
            _ => None,
        }
    }

    pub fn pairs_mut(&mut self) -> Option<&mut Vec<(Arc<str>, Node)>> {
        match self {
            Node::Map(pairs) => Some(Arc::make_mut(pairs)),
            _ => None,
        }
    }

    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        // Looked up before it is copied: what has no such key stays shared.
        self.get(key)?;
        let found = self
            .pairs_mut()?
            .iter_mut()
            .find(|(name, _)| **name == *key);
        found.map(|(_, value)| value)
    }

    /// Sets a key of a mapping; anything else becomes a mapping first.
    pub fn set(&mut self, key: &str, value: Node) {
        if !matches!(self, Node::Map(_)) {
            *self = Node::map();
        }
        if let Some(old) = self.get_mut(key) {
            *old = value;
        } else if let Some(pairs) = self.pairs_mut() {
            pairs.push((key.into(), value));
        }
    }

    pub fn remove(&mut self, key: &str) {
        if self.get(key).is_some()
            && let Some(pairs) = self.pairs_mut()
        {
            pairs.retain(|(name, _)| **name != *key);
        }
    }

    /// Nodes in it, itself included.
    pub fn size(&self) -> u64 {
        1 + match self {
            Node::Null | Node::Scalar(_) => 0,
            Node::Seq(items) => items.iter().map(Node::size).sum(),
            Node::Map(pairs) => pairs.iter().map(|(_, value)| value.size()).sum(),
        }
    }
}

/// Of a key that is there twice the last one, as the API server and JSON readers take it.
fn last_of_each(pairs: Vec<(Arc<str>, Node)>) -> Vec<(Arc<str>, Node)> {
    let mut at = std::collections::HashMap::with_capacity(pairs.len());
    let mut out: Vec<(Arc<str>, Node)> = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        match at.get(&key) {
            Some(known) => out[*known as usize].1 = value,
            None => {
                at.insert(Arc::clone(&key), out.len() as u32);
                out.push((key, value));
            }
        }
    }
    out
}

fn scalar(node: yaml::Node<'_>, file: FileId, whole: &str) -> Scalar {
    let text = node.as_str().unwrap_or("");
    let span = node.span();
    let map = if whole.get(span.range()) == Some(text) {
        Way::Shift(span.start)
    } else {
        Way::Map(Arc::new(node.text().map))
    };
    let piece = Piece {
        whole: text.into(),
        start: 0,
        end: text.len(),
        origin: Some(Origin { file, map }),
        entry: None,
    };
    Scalar {
        text: Text {
            pieces: vec![piece],
        },
        plain: node.style() == Some(Style::Plain),
    }
}

/// Text of a file that is no YAML (an env file, a literal file of a generator).
pub fn plain_text(file: FileId, whole: &str, span: Span) -> Text {
    let text = whole.get(span.range()).unwrap_or("");
    let piece = Piece {
        whole: text.into(),
        start: 0,
        end: text.len(),
        origin: Some(Origin {
            file,
            map: Way::Shift(span.start),
        }),
        entry: None,
    };
    Text {
        pieces: vec![piece],
    }
}

/// A document within a string (an inline patch), whose places are those of the string's own bytes.
pub struct Embedded {
    pub file: FileId,
    pub text: String,
    pub map: SpanMap,
}

impl Scalar {
    /// The string as a text of its own that can be parsed; None when it is put together from several.
    pub fn embedded(&self) -> Option<Embedded> {
        let [piece] = self.text.pieces.as_slice() else {
            return None;
        };
        let origin = piece.origin.as_ref()?;
        if piece.start != 0 {
            return None;
        }
        Some(Embedded {
            file: origin.file,
            text: piece.as_str().to_owned(),
            map: match &origin.map {
                Way::Shift(shift) => SpanMap::Identity { shift: *shift },
                Way::Map(map) => SpanMap::clone(map),
            },
        })
    }
}

/// What YAML 1.1 makes of a plain scalar (sigs.k8s.io/yaml, `goyaml.v2/resolve.go`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    String,
    Number,
    Bool,
}

impl Scalar {
    pub fn json_type(&self) -> Type {
        if !self.plain {
            return Type::String;
        }
        let text = self.text.to_string();
        const BOOLS: [&str; 22] = [
            "y", "Y", "yes", "Yes", "YES", "n", "N", "no", "No", "NO", "true", "True", "TRUE",
            "false", "False", "FALSE", "on", "On", "ON", "off", "Off", "OFF",
        ];
        if BOOLS.contains(&&*text) {
            return Type::Bool;
        }
        if is_number(&text) {
            Type::Number
        } else {
            Type::String
        }
    }
}

fn is_number(text: &str) -> bool {
    let bare = text.replace('_', "");
    let digits = bare.strip_prefix(['+', '-']).unwrap_or(&bare);
    let based = |prefix: &str, radix: u32| {
        digits
            .strip_prefix(prefix)
            .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_digit(radix)))
    };
    if based("0x", 16) || based("0b", 2) || based("0o", 8) {
        return true;
    }
    if [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(&digits) {
        return true;
    }
    is_float(digits) && text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
}

/// `[0-9]+(\.[0-9]*)?` or `\.[0-9]+`, with an exponent or without.
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mantissa_fits =
        all_digits(whole) && all_digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    mantissa_fits && exponent_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_are_what_yaml_1_1_says() {
        for (text, expected) in [
            ("1.20", Type::Number),
            ("7", Type::Number),
            ("089", Type::Number),
            ("1e5", Type::Number),
            ("0x1F", Type::Number),
            ("1_000", Type::Number),
            ("1.2.3", Type::String),
            ("v1", Type::String),
            ("1e5a", Type::String),
            ("_1", Type::String),
            ("on", Type::Bool),
            ("n", Type::Bool),
            ("2021-05-12", Type::String),
        ] {
            let scalar = Scalar {
                text: Text::made(text),
                plain: true,
            };
            assert_eq!(scalar.json_type(), expected, "{text}");
        }
    }

    #[test]
    fn a_part_of_a_text_keeps_its_place() {
        let whole = "x: nginx:1.19";
        let text = plain_text(FileId(3), whole, Span::new(3, 13));
        assert_eq!(
            text.slice(6, 10).place(),
            Some((FileId(3), Span::new(9, 13)))
        );
    }
}
