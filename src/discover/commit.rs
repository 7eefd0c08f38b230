//! The files of one commit, read from the object store: no checkout, no filters, nothing of the work tree.
//! In: a commit. Out: its entries, and the bytes of those that are asked for. Knows no file format.

use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use crate::git::{Git, GitError, Oid, StandIn};
use image_lint_text::source::RepoPath;

/// What an entry of a tree is (`git ls-tree`, field mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file (modes 100644, 100755 and old 100664).
    Blob,
    /// Its content is the path it points to (120000). Never followed.
    Symlink,
    /// A commit of another repository (160000), which is not in this one.
    Submodule,
}

/// One path of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub path: RepoPath,
    pub oid: Oid,
    pub kind: Kind,
}

/// Every path of a commit or tree, in git's order. Sizes are not asked for: git would open every object.
pub fn list(git: &Git, commit: &Oid) -> Result<Vec<Entry>, GitError> {
    let answer = git.output("ls-tree", &["-r", "-z", "--full-tree", commit.as_str()])?;
    answer
        .split(|b| *b == 0)
        .filter(|record| !record.is_empty())
        .map(|record| parse_entry(record).ok_or(GitError::Unexpected { command: "ls-tree" }))
        .collect()
}

/// `<mode> SP <type> SP <object> TAB <path>`
fn parse_entry(record: &[u8]) -> Option<Entry> {
    let tab = record.iter().position(|b| *b == b'\t')?;
    let (head, path) = (
        std::str::from_utf8(&record[..tab]).ok()?,
        &record[tab + 1..],
    );
    let mut fields = head.split_ascii_whitespace();
    let (mode, kind, oid) = (fields.next()?, fields.next()?, fields.next()?);
    let kind = match (mode, kind) {
        ("120000", _) => Kind::Symlink,
        (_, "commit") => Kind::Submodule,
        _ => Kind::Blob,
    };
    // Not `from_bytes` of a name with `./` in front: git has no such names.
    Some(Entry {
        path: RepoPath::from_bytes(path),
        oid: Oid::parse(oid.as_bytes())?,
        kind,
    })
}

/// Why the content of an entry is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("its content is not in this clone (partial clone); `git fetch --refetch` brings it")]
    Absent,
    #[error("it is kept in Git LFS, and the repository holds only a pointer to it")]
    LargeFilePointer,
    #[error("it has {size} bytes, more than the {limit} that are read")]
    TooLarge { size: u64, limit: u64 },
    #[error("it is a {0}, not a file")]
    NotABlob(String),
    #[error(transparent)]
    Git(#[from] GitError),
}

const LFS_VERSION: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";
/// A pointer is smaller than this (git-lfs `docs/spec.md`).
const LFS_POINTER_MAX: usize = 1024;

/// The contents of blobs, in the order in which they were asked for, from one `git cat-file --batch` process that ends
/// when this is dropped. All questions are sent ahead, so that git fetches the next object while this one is looked at.
#[derive(Debug)]
pub struct Blobs {
    git: Git,
    wanted: Arc<[Oid]>,
    /// How many of `wanted` have been answered.
    answered: usize,
    batch: Batch,
    limit: u64,
}

impl Blobs {
    /// `limit` is the largest size in bytes that is read.
    pub fn open(git: &Git, limit: u64, wanted: Vec<Oid>) -> Result<Blobs, GitError> {
        let wanted: Arc<[Oid]> = wanted.into();
        let batch = Batch::start(git.command("cat-file"), wanted.clone(), 0)?;
        Ok(Blobs {
            git: git.clone(),
            wanted,
            answered: 0,
            batch,
            limit,
        })
    }

    /// The next answer's first line. Git before 2.45 does not call a blob missing that a partial clone lacks: it ends
    /// (`fatal: could not fetch … from promisor remote`; seen with Debian 12's 2.39.5). What it leaves unanswered is asked
    /// once more, of a repository that has the same objects and no remote.
    fn head(&mut self) -> Result<String, BlobError> {
        let head = self.batch.head()?;
        if !head.is_empty() || self.batch.stand_in.is_some() {
            return Ok(head);
        }
        let stand_in = self.git.without_remotes()?;
        let command = stand_in.command("cat-file");
        self.batch = Batch::start(command, self.wanted.clone(), self.answered)?;
        self.batch.stand_in = Some(stand_in);
        Ok(self.batch.head()?)
    }

    fn read(&mut self) -> Result<Vec<u8>, BlobError> {
        let head = self.head()?;
        // `<object> SP <type> SP <size>` or `<object> SP missing`.
        let mut fields = head.split_ascii_whitespace().skip(1);
        let (kind, size) = (
            fields.next(),
            fields.next().and_then(|size| size.parse::<u64>().ok()),
        );
        let size = match (kind, size) {
            (Some("missing"), _) => return Err(BlobError::Absent),
            (Some(_), Some(size)) => size,
            _ => {
                return Err(GitError::Unexpected {
                    command: "cat-file",
                }
                .into());
            }
        };
        if kind != Some("blob") || size > self.limit {
            self.batch.drain(size)?;
            return Err(match kind {
                Some("blob") | None => BlobError::TooLarge {
                    size,
                    limit: self.limit,
                },
                Some(other) => BlobError::NotABlob(other.to_owned()),
            });
        }
        let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        let read = (&mut self.batch.answers)
            .take(size)
            .read_to_end(&mut content)
            .map_err(io)?;
        if read as u64 != size {
            return Err(GitError::Unexpected {
                command: "cat-file",
            }
            .into());
        }
        self.batch.drain(0)?;
        if content.len() < LFS_POINTER_MAX && content.starts_with(LFS_VERSION) {
            return Err(BlobError::LargeFilePointer);
        }
        Ok(content)
    }
}

/// A running `git cat-file --batch` and what it writes.
#[derive(Debug)]
struct Batch {
    process: Child,
    answers: BufReader<ChildStdout>,
    stand_in: Option<StandIn>,
}

impl Batch {
    /// Asks for what `wanted` holds from `first` on.
    fn start(mut command: Command, wanted: Arc<[Oid]>, first: usize) -> Result<Batch, GitError> {
        command
            .args(["--batch", "--buffer"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut process = command.spawn().map_err(GitError::NotStarted)?;
        let (Some(ask), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(GitError::Unexpected {
                command: "cat-file",
            });
        };
        // Of its own, since git stops reading when nobody takes its answers. It ends with git: the pipe breaks.
        std::thread::spawn(move || {
            // What git did not get it does not answer, which is an error there.
            let _ = send(ask, &wanted[first..]);
        });
        Ok(Batch {
            process,
            answers: BufReader::with_capacity(64 * 1024, answers),
            stand_in: None,
        })
    }

    /// Empty when git has ended.
    fn head(&mut self) -> Result<String, GitError> {
        let mut head = Vec::new();
        (&mut self.answers)
            .take(1024)
            .read_until(b'\n', &mut head)
            .map_err(io)?;
        String::from_utf8(head).map_err(|_| GitError::Unexpected {
            command: "cat-file",
        })
    }

    /// Passes over `size` bytes of content and the line break behind them.
    fn drain(&mut self, size: u64) -> Result<(), GitError> {
        let passed = std::io::copy(
            &mut (&mut self.answers).take(size + 1),
            &mut std::io::sink(),
        )
        .map_err(io)?;
        if passed == size + 1 {
            Ok(())
        } else {
            Err(GitError::Unexpected {
                command: "cat-file",
            })
        }
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        // It only reads, so nothing is lost; waiting for it to stop by itself could wait for an answer nobody takes.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Iterator for Blobs {
    type Item = Result<Vec<u8>, BlobError>;

    /// One for each blob that was asked for.
    fn next(&mut self) -> Option<Self::Item> {
        if self.answered == self.wanted.len() {
            return None;
        }
        let content = self.read();
        self.answered += 1;
        Some(content)
    }
}

fn send(ask: ChildStdin, wanted: &[Oid]) -> std::io::Result<()> {
    let mut ask = BufWriter::new(ask);
    wanted.iter().try_for_each(|oid| writeln!(ask, "{oid}"))?;
    ask.flush()
}

fn io(error: std::io::Error) -> GitError {
    GitError::Io {
        command: "cat-file",
        error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_every_kind_are_read() {
        let oid = "a".repeat(40);
        type Expected<'a> = Option<(&'a str, Kind)>;
        let rows: &[(&str, Expected<'_>, &str)] = &[
            (
                "100644 blob OID\ta b.yaml",
                Some(("a b.yaml", Kind::Blob)),
                "a blank in the name",
            ),
            (
                "100755 blob OID\tx\ty\n",
                Some(("x\ty\n", Kind::Blob)),
                "a tab and a line break in it",
            ),
            (
                "120000 blob OID\tlink",
                Some(("link", Kind::Symlink)),
                "symlink",
            ),
            (
                "160000 commit OID\tsub",
                Some(("sub", Kind::Submodule)),
                "submodule",
            ),
            ("100644 blob OID", None, "no path"),
        ];
        for (record, expected, why) in rows {
            let entry = parse_entry(record.replace("OID", &oid).as_bytes());
            let found = entry
                .as_ref()
                .map(|e| (e.path.to_text().into_owned(), e.kind));
            assert_eq!(
                found,
                expected.map(|(path, kind)| (path.to_owned(), kind)),
                "{why}"
            );
        }
    }
}
