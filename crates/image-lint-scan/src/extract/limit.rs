//! How many places that name images the files of a run may hold together, known while they are being read.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use image_lint_text::source::FileId;

/// Mentions of a file between two looks at those of all files.
pub(super) const LOOK: usize = 1024;

/// The limit of one run. A file counts with all files before it in the order of the walk, so that what is left out is
/// the same for any number of threads; what is left out anyway need not be kept. Clones are the same limit.
#[derive(Clone, Debug)]
pub struct MentionLimit(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    most: usize,
    total: AtomicUsize,
    /// The first file that is beyond the limit; [`NONE`] while there is none. It only gets smaller.
    first_beyond: AtomicU32,
    counts: Mutex<Counts>,
}

const NONE: u32 = u32::MAX;

#[derive(Debug, Default)]
struct Counts {
    by_file: BTreeMap<FileId, usize>,
    /// Mentions since `first_beyond` was last looked for.
    since: usize,
}

impl MentionLimit {
    pub fn new(most: usize) -> Self {
        MentionLimit(Arc::new(Shared {
            most,
            total: AtomicUsize::new(0),
            first_beyond: AtomicU32::new(NONE),
            counts: Mutex::default(),
        }))
    }

    /// Whether the file and those before it hold more than the limit for certain.
    pub fn is_beyond(&self, file: FileId) -> bool {
        file.0 >= self.0.first_beyond.load(Ordering::Relaxed)
    }

    /// Says how many mentions a file has by now; false when it is beyond the limit.
    pub fn count(&self, file: FileId, mentions: usize) -> bool {
        if mentions == 0 {
            return !self.is_beyond(file);
        }
        let mut counts = self.0.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let before = counts.by_file.insert(file, mentions).unwrap_or(0);
        let more = mentions.saturating_sub(before);
        counts.since += more;
        let total = self.0.total.fetch_add(more, Ordering::Relaxed) + more;
        // Looked for once in a while, since it costs by the number of files.
        let first = self.0.first_beyond.load(Ordering::Relaxed);
        if total > self.0.most && (first == NONE || counts.since >= LOOK && file.0 < first) {
            counts.since = 0;
            self.look(&counts);
        }
        !self.is_beyond(file)
    }

    fn look(&self, counts: &Counts) {
        let mut sum = 0;
        for (file, count) in &counts.by_file {
            sum += count;
            if sum > self.0.most {
                self.0.first_beyond.fetch_min(file.0, Ordering::Relaxed);
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_after_the_limit_are_beyond_it_in_whatever_order_they_come() {
        let limit = MentionLimit::new(3000);
        assert!(limit.count(FileId(2), 2000));
        assert!(limit.count(FileId(0), 1000), "both fit");
        assert!(limit.count(FileId(1), 1));
        assert!(limit.is_beyond(FileId(2)) && limit.is_beyond(FileId(3)));
        assert!(!limit.is_beyond(FileId(1)));
        assert!(limit.count(FileId(1), 1500), "1,000 and 1,500");
        assert!(!limit.count(FileId(1), 3000), "1,000 and 3,000");
        assert!(!limit.is_beyond(FileId(0)));
    }

    #[test]
    fn one_file_alone_may_be_beyond_it() {
        let limit = MentionLimit::new(3000);
        assert!(limit.count(FileId(7), 3000));
        assert!(!limit.count(FileId(7), 3001));
        assert!(!limit.is_beyond(FileId(6)));
    }
}
