//! The tree of one document: nodes in one list in the order of the text, so that neither building nor dropping it
//! follows the depth of the input.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use granit_parser::ScalarStyle;

use super::scalar;
use super::{MAX_DEPTH, MAX_NODES, Style};
use crate::source::{SourceText, Span};

/// Merge keys (`<<`) of merged mappings are followed this deep.
const MAX_MERGES: usize = 16;

/// What a node is, aliases followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing, `~` or `null`; also an alias without an anchor.
    Null,
    Scalar,
    Sequence,
    Mapping,
}

#[derive(Debug)]
enum Content<'t> {
    Null,
    Scalar {
        text: Cow<'t, str>,
        style: Style,
    },
    Sequence,
    Mapping,
    /// Index of the anchored node; None when there is no such anchor, or when it contains this alias.
    Alias(Option<u32>),
}

#[derive(Debug)]
struct Entry<'t> {
    content: Content<'t>,
    /// The token, or the whole collection, in the parsed text.
    token: Span,
    /// Index of the first entry behind this one and all within it.
    next: u32,
}

/// One YAML document.
pub struct Document<'t> {
    source: &'t SourceText<'t>,
    span: Span,
    entries: Vec<Entry<'t>>,
    /// Nodes that aliases may still lead to, so that a few bytes cannot ask for the same tree a million times over.
    alias_budget: Cell<usize>,
    /// The first place, in the parsed text, of which a limit kept something from being read.
    cut: Cell<Option<Span>>,
}

impl fmt::Debug for Document<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("span", &self.span)
            .field("entries", &self.entries.len())
            .finish()
    }
}

impl<'t> Document<'t> {
    pub fn root(&self) -> Node<'_> {
        self.node(0, None)
    }

    /// The whole document with its marks, in the text that was parsed.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Where an alias or a merge key, in the file, stands for more than is read. Known when the document has been walked.
    pub fn cut(&self) -> Option<Span> {
        self.cut.get().map(|span| self.source.outer(span))
    }

    fn cut_at(&self, place: Span) {
        if self.cut.get().is_none() {
            self.cut.set(Some(place));
        }
    }

    /// The document as written.
    pub fn raw(&self) -> &'t str {
        &self.source.text[self.span.range()]
    }

    /// Where scalars stand in the parsed text, in its order.
    pub fn scalars(&self) -> impl Iterator<Item = Span> {
        let scalar = |entry: &&Entry<'_>| {
            matches!(entry.content, Content::Scalar { .. }) && !entry.token.is_empty()
        };
        self.entries.iter().filter(scalar).map(|entry| entry.token)
    }

    /// Text and style of a key.
    fn key(&self, index: u32) -> Option<(&str, Style)> {
        let index = match self.entries[index as usize].content {
            Content::Alias(target) => target?,
            _ => index,
        };
        match &self.entries[index as usize].content {
            Content::Scalar { text, style } => Some((text, *style)),
            _ => None,
        }
    }

    fn node(&self, index: u32, through: Option<Span>) -> Node<'_> {
        let mut node = Node {
            document: self,
            index: Some(index),
            alias: None,
            through,
        };
        if let Content::Alias(target) = self.entries[index as usize].content {
            let site = self.entries[index as usize].token;
            node.alias = Some(site);
            node.through = Some(site);
            node.index = target.filter(|target| {
                let size = (self.entries[*target as usize].next - target) as usize;
                let left = self.alias_budget.get().checked_sub(size);
                self.alias_budget.set(left.unwrap_or(0));
                if left.is_none() {
                    self.cut_at(site);
                }
                left.is_some()
            });
        }
        node
    }
}

/// One node of a document. An alias is seen as what it stands for; [`Node::alias`] tells that it is one.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    document: &'d Document<'d>,
    /// None: an alias that leads nowhere.
    index: Option<u32>,
    alias: Option<Span>,
    through: Option<Span>,
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}", self.kind(), self.raw())
    }
}

impl<'d> Node<'d> {
    fn entry(&self) -> Option<&'d Entry<'d>> {
        self.index
            .and_then(|index| self.document.entries.get(index as usize))
    }

    pub fn kind(&self) -> Kind {
        match self.entry().map(|entry| &entry.content) {
            Some(Content::Scalar { .. }) => Kind::Scalar,
            Some(Content::Sequence) => Kind::Sequence,
            Some(Content::Mapping) => Kind::Mapping,
            _ => Kind::Null,
        }
    }

    pub fn is_null(&self) -> bool {
        self.kind() == Kind::Null
    }

    /// The decoded text of a scalar, whatever type a schema would give it (`1.10` stays `1.10`).
    pub fn as_str(&self) -> Option<&'d str> {
        match &self.entry()?.content {
            Content::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    pub fn style(&self) -> Option<Style> {
        match &self.entry()?.content {
            Content::Scalar { style, .. } => Some(*style),
            _ => None,
        }
    }

    /// The node as written, quotes and all; of a collection all that it spans.
    pub fn raw(&self) -> &'d str {
        self.entry()
            .and_then(|entry| self.document.source.text.get(entry.token.range()))
            .unwrap_or("")
    }

    /// The bytes in the file: of a scalar its content without quotes and indicators, of a collection all of it. Of an
    /// alias what it stands for; see [`Node::site`].
    pub fn span(&self) -> Span {
        let Some(entry) = self.entry() else {
            return self.site();
        };
        let inner = match &entry.content {
            Content::Scalar { style, .. } => {
                scalar::content(&self.document.source.text, entry.token, *style)
            }
            _ => entry.token,
        };
        self.document.source.outer(inner)
    }

    /// Where the node is used, in the file: an alias' own bytes, else [`Node::span`].
    pub fn site(&self) -> Span {
        match self.alias {
            Some(alias) => self.document.source.outer(alias),
            None => self.span(),
        }
    }

    /// The bytes of the alias, in the file, when this node is one.
    pub fn alias(&self) -> Option<Span> {
        self.alias.map(|span| self.document.source.outer(span))
    }

    /// The bytes, in the file, of the nearest alias (or merged alias) on the way from the root to this node.
    pub fn through(&self) -> Option<Span> {
        self.through.map(|span| self.document.source.outer(span))
    }

    /// A scalar's decoded text with the way back from each of its bytes to the file; empty for anything else.
    pub fn text(&self) -> SourceText<'static> {
        let source = self.document.source;
        let Some(Entry {
            content: Content::Scalar { text, style },
            token,
            ..
        }) = self.entry()
        else {
            return source.derive(String::new(), Vec::new());
        };
        let raw = match style {
            Style::Literal | Style::Folded => *token,
            _ => scalar::content(&source.text, *token, *style),
        };
        let segments = scalar::segments(&source.text[raw.range()], raw.start, text, *style);
        source.derive(text.clone().into_owned(), segments)
    }

    /// The items of a sequence; nothing for any other node.
    pub fn items(&self) -> Items<'d> {
        let (first, end) = match (self.kind(), self.index, self.entry()) {
            (Kind::Sequence, Some(index), Some(entry)) => (index + 1, entry.next),
            _ => (0, 0),
        };
        Items {
            document: self.document,
            at: first,
            end,
            through: self.through,
        }
    }

    /// Keys and values of a mapping in the order of the text, each duplicate on its own, then what merge keys (`<<`) add.
    pub fn pairs(&self) -> Pairs<'d> {
        let mut merged = Vec::new();
        self.merge(&mut merged, 0);
        Pairs {
            own: self.own_pairs(),
            through: self.through,
            merged: merged.into_iter(),
        }
    }

    /// The value of a key: the last one where a key stands twice, as the API server and JSON readers take it; else what
    /// a merge key gives.
    pub fn get(&self, key: &str) -> Option<Node<'d>> {
        self.get_merged(key, 0)
    }

    /// [`Node::get`], one key after the other.
    pub fn at(&self, path: &[&str]) -> Option<Node<'d>> {
        path.iter().try_fold(*self, |node, key| node.get(key))
    }

    /// The text of the scalar under a key.
    pub fn str_at(&self, path: &[&str]) -> Option<&'d str> {
        self.at(path)?.as_str()
    }

    fn get_merged(&self, key: &str, depth: usize) -> Option<Node<'d>> {
        let (mut found, mut merge) = (None, None);
        for (k, value) in self.own_pairs() {
            match self.document.key(k) {
                Some((text, _)) if text == key => found = Some(value),
                Some(("<<", Style::Plain)) => merge = Some(value),
                _ => {}
            }
        }
        if let Some(value) = found {
            return Some(self.document.node(value, self.through));
        }
        let merge = merge?;
        if depth >= MAX_MERGES {
            self.document
                .cut_at(self.document.entries[merge as usize].token);
            return None;
        }
        let merge = self.document.node(merge, self.through);
        match merge.kind() {
            // Of several merged mappings the first that has the key wins (yaml.org/type/merge.html).
            Kind::Sequence => merge
                .items()
                .find_map(|item| item.get_merged(key, depth + 1)),
            _ => merge.get_merged(key, depth + 1),
        }
    }

    /// Adds the pairs of merged mappings whose keys are neither in this one nor in an earlier one.
    fn merge(&self, out: &mut Vec<(Node<'d>, Node<'d>)>, depth: usize) {
        let is_merge = |k| matches!(self.document.key(k), Some(("<<", Style::Plain)));
        for (_, value) in self.own_pairs().filter(|(k, _)| is_merge(*k)) {
            if depth >= MAX_MERGES {
                self.document
                    .cut_at(self.document.entries[value as usize].token);
                return;
            }
            let merge = self.document.node(value, self.through);
            let mappings: Vec<Node<'d>> = if merge.kind() == Kind::Sequence {
                merge.items().collect()
            } else {
                vec![merge]
            };
            for mapping in mappings {
                let before = out.len();
                for (k, value) in mapping.own_pairs() {
                    let key = self.document.key(k).map(|(text, _)| text);
                    let known = key == Some("<<")
                        || self
                            .own_pairs()
                            .any(|(own, _)| self.document.key(own).map(|(text, _)| text) == key)
                        || out[..before]
                            .iter()
                            .any(|(earlier, _)| earlier.as_str() == key);
                    if known {
                        continue;
                    }
                    if out.len() >= MAX_MERGED_PAIRS {
                        self.document
                            .cut_at(self.document.entries[value as usize].token);
                    } else {
                        let through = mapping.through;
                        out.push((
                            self.document.node(k, through),
                            self.document.node(value, through),
                        ));
                    }
                }
                mapping.merge(out, depth + 1);
            }
        }
    }

    fn own_pairs(&self) -> OwnPairs<'d> {
        let (first, end) = match (self.kind(), self.index, self.entry()) {
            (Kind::Mapping, Some(index), Some(entry)) => (index + 1, entry.next),
            _ => (0, 0),
        };
        OwnPairs {
            document: self.document,
            at: first,
            end,
        }
    }
}

/// Pairs that merge keys may add to one mapping.
const MAX_MERGED_PAIRS: usize = 1000;

/// See [`Node::items`].
pub struct Items<'d> {
    document: &'d Document<'d>,
    at: u32,
    end: u32,
    through: Option<Span>,
}

impl<'d> Iterator for Items<'d> {
    type Item = Node<'d>;

    fn next(&mut self) -> Option<Node<'d>> {
        if self.at >= self.end {
            return None;
        }
        let node = self.document.node(self.at, self.through);
        self.at = self.document.entries[self.at as usize].next;
        Some(node)
    }
}

/// Indexes of a mapping's own keys and values.
struct OwnPairs<'d> {
    document: &'d Document<'d>,
    at: u32,
    end: u32,
}

impl Iterator for OwnPairs<'_> {
    type Item = (u32, u32);

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        let key = self.at;
        // The parser gives every key a value, an empty one where none is written.
        let value = self.document.entries[key as usize].next.min(self.end - 1);
        self.at = self.document.entries[value as usize].next;
        Some((key, value))
    }
}

/// See [`Node::pairs`].
pub struct Pairs<'d> {
    own: OwnPairs<'d>,
    through: Option<Span>,
    merged: std::vec::IntoIter<(Node<'d>, Node<'d>)>,
}

impl<'d> Iterator for Pairs<'d> {
    type Item = (Node<'d>, Node<'d>);

    fn next(&mut self) -> Option<Self::Item> {
        let document = self.own.document;
        match self.own.next() {
            Some((key, value)) => Some((
                document.node(key, self.through),
                document.node(value, self.through),
            )),
            None => self.merged.next(),
        }
    }
}

/// Makes a [`Document`] from the parser's events.
pub(super) struct Builder<'t> {
    document: Document<'t>,
    open: Vec<u32>,
    /// Indexes of anchored nodes, by the parser's anchor number.
    anchors: Vec<Option<u32>>,
    refusal: Option<&'static str>,
}

impl<'t> Builder<'t> {
    pub(super) fn new(source: &'t SourceText<'t>, span: Span) -> Self {
        let document = Document {
            source,
            span,
            entries: Vec::new(),
            alias_budget: Cell::new(0),
            cut: Cell::new(None),
        };
        Builder {
            document,
            open: Vec::new(),
            anchors: Vec::new(),
            refusal: None,
        }
    }

    /// Why the document is not read on.
    pub(super) fn refusal(&self) -> Option<&'static str> {
        self.refusal
    }

    pub(super) fn scalar(
        &mut self,
        text: Cow<'t, str>,
        style: ScalarStyle,
        token: Span,
        anchor: usize,
        string: bool,
    ) {
        let style = Style::from(style);
        let null = style == Style::Plain
            && !string
            && (token.is_empty() || matches!(&*text, "~" | "null" | "Null" | "NULL"));
        let content = if null {
            Content::Null
        } else {
            Content::Scalar { text, style }
        };
        self.push(content, token, anchor);
    }

    pub(super) fn open(&mut self, kind: Kind, token: Span, anchor: usize) {
        let content = if kind == Kind::Mapping {
            Content::Mapping
        } else {
            Content::Sequence
        };
        let index = self.push(content, token, anchor);
        self.open.push(index);
        if self.open.len() > MAX_DEPTH {
            self.refusal = Some("nested too deeply");
        }
    }

    pub(super) fn close(&mut self, token: Span) {
        let next = self.document.entries.len() as u32;
        if let Some(entry) = self
            .open
            .pop()
            .and_then(|index| self.document.entries.get_mut(index as usize))
        {
            entry.next = next;
            entry.token.end = entry.token.end.max(token.end);
        }
    }

    pub(super) fn alias(&mut self, anchor: Option<usize>, token: Span) {
        let target = anchor.and_then(|anchor| *self.anchors.get(anchor)?);
        // An alias within its own anchor is a loop; it stands for nothing here.
        let target = target.filter(|target| !self.open.contains(target));
        self.push(Content::Alias(target), token, 0);
    }

    fn push(&mut self, content: Content<'t>, token: Span, anchor: usize) -> u32 {
        let index = self.document.entries.len() as u32;
        if self.document.entries.len() >= MAX_NODES {
            self.refusal = Some("too many values in one document");
        }
        if anchor > 0 {
            // Anchor numbers are given one after the other, from 1.
            self.anchors
                .resize(self.anchors.len().max(anchor + 1), None);
            self.anchors[anchor] = Some(index);
        }
        self.document.entries.push(Entry {
            content,
            token,
            next: index + 1,
        });
        index
    }

    /// None for an empty document.
    pub(super) fn finish(self) -> Option<Document<'t>> {
        let mut document = self.document;
        if matches!(document.entries.first()?.content, Content::Null) {
            return None;
        }
        document.alias_budget = Cell::new(100_000 + 4 * document.entries.len());
        Some(document)
    }
}
