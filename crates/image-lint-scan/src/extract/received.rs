//! What programs receive when a file's scripts run, as far as reading tells: the words of each command, whatever the
//! command is. An edit of the file is right when this changes by what was wanted and by nothing else.

use crate::extract::{Extractor, Sink};
use image_lint_text::source::{SourceFile, SourceText, Span};
use image_lint_text::yaml::{self, Kind, Node};

/// What the commands of one file receive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// In the order in which they are read, a command of a loop or a function once for each time: its environment
    /// (`NAME=value`), its words, and the text that it is given to read. Assignments are commands here.
    pub commands: Vec<Vec<String>>,
    /// What of the file could not be read.
    pub unread: usize,
    /// For each offset that was asked for: how often a script or a list of words with it was read.
    pub reads: Vec<usize>,
    /// For each offset: how often the value that holds it is used in the file, aliases counted.
    pub uses: Vec<usize>,
}

/// Most values of a file with aliases that are looked at.
const MAX_VALUES: usize = 100_000;
/// Most words that are kept of one file.
const MAX_WORDS: usize = 1_000_000;

/// Collects them while a file is read.
#[derive(Debug, Default)]
pub(super) struct Log {
    offsets: Vec<u32>,
    words: usize,
    received: Received,
}

impl Log {
    fn of(offsets: &[u32]) -> Self {
        Log {
            offsets: offsets.to_vec(),
            words: 0,
            received: Received {
                reads: vec![0; offsets.len()],
                ..Received::default()
            },
        }
    }

    pub(super) fn command(&mut self, words: Vec<String>) {
        self.words += words.len();
        if self.words > MAX_WORDS {
            self.received.unread = usize::MAX;
        } else {
            self.received.commands.push(words);
        }
    }

    pub(super) fn script(&mut self, script: &SourceText<'_>) {
        for (reads, offset) in self.received.reads.iter_mut().zip(&self.offsets) {
            *reads += usize::from(script.reaches(*offset));
        }
    }
}

/// Reads a file, with the sources that are off by default, for what its programs receive. `offsets` are places of the file that are to be edited.
pub fn received(file: &SourceFile, extractor: &'static dyn Extractor, offsets: &[u32]) -> Received {
    let mut sink = Sink::new(file);
    sink.unseen = true;
    sink.extended = true;
    sink.log = Some(Log::of(offsets));
    extractor.extract(file, &mut sink);
    let unread = sink.extraction.skips.len();
    let mut received = sink.log.take().unwrap_or_default().received;
    received.unread = received.unread.max(unread);
    received.uses = uses(file, offsets);
    received
}

/// How often the innermost values that hold these offsets are used. A file that is no YAML has each of them once.
fn uses(file: &SourceFile, offsets: &[u32]) -> Vec<usize> {
    let name = file.path.file_name();
    let ends = |end: &str| name.len() > end.len() && name.ends_with(end);
    if !(ends(".yaml") || ends(".yml") || ends(".json")) || !file.text.contains('*') {
        return vec![1; offsets.len()];
    }
    let whole = file.whole();
    let mut found = Values {
        left: MAX_VALUES,
        holding: offsets.iter().map(|offset| Holding::new(*offset)).collect(),
    };
    for document in &yaml::parse(&whole).documents {
        found.look(document.root());
    }
    let cut = found.left == 0;
    let uses = found.holding.iter().map(|h| match (cut, h.uses) {
        (true, _) => usize::MAX,
        (false, uses) => uses.max(1),
    });
    uses.collect()
}

/// The innermost value with an offset, and how often it was met.
struct Holding {
    offset: u32,
    span: Option<Span>,
    uses: usize,
}

impl Holding {
    fn new(offset: u32) -> Self {
        Holding {
            offset,
            span: None,
            uses: 0,
        }
    }

    fn meet(&mut self, span: Span) {
        if self.offset < span.start || self.offset > span.end {
            return;
        }
        match self.span {
            Some(known) if known == span => self.uses += 1,
            Some(known) if known.len() < span.len() => {}
            _ => (self.span, self.uses) = (Some(span), 1),
        }
    }
}

struct Values {
    left: usize,
    holding: Vec<Holding>,
}

impl Values {
    fn look(&mut self, node: Node<'_>) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        if node.kind() != Kind::Mapping {
            let span = node.span();
            self.holding
                .iter_mut()
                .for_each(|holding| holding.meet(span));
        }
        node.items().for_each(|item| self.look(item));
        node.pairs().for_each(|(_, value)| self.look(value));
    }
}
