//! Reads a file that the walk found: opened once, its first bytes looked at, and the rest read only when it is wanted.

use std::fs::File;
use std::io::{self, Read};

/// First look at a file whose name says nothing: as much as Linux takes for a `#!` line (BINPRM_BUF_SIZE, since 5.1).
pub const HEAD: usize = 256;

/// What opening a file gave.
#[derive(Debug)]
pub enum Content {
    Bytes(Vec<u8>),
    /// Its first bytes say that nothing reads it.
    Unclaimed,
    TooLarge {
        size: u64,
    },
    Unreadable {
        why: String,
    },
}

/// Reads a file that was opened: its first bytes, asks `wanted`, and the rest only then.
pub fn read(file: io::Result<File>, limit: u64, wanted: impl FnOnce(&[u8]) -> bool) -> Content {
    let fail = |error: io::Error| Content::Unreadable {
        why: io_words(&error),
    };
    let file = match file {
        Ok(file) => file,
        Err(error) => return fail(error),
    };
    match file.metadata() {
        Ok(meta) => read_from(file, meta.len(), limit, wanted),
        Err(error) => fail(error),
    }
}

/// Reads from front to back, each byte once: the first [`HEAD`] bytes, and the rest only when they are wanted.
fn read_from(
    mut file: impl Read,
    size: u64,
    limit: u64,
    wanted: impl FnOnce(&[u8]) -> bool,
) -> Content {
    let fail = |error: io::Error| Content::Unreadable {
        why: io_words(&error),
    };
    let mut bytes = Vec::new();
    if size > limit {
        return match (&mut file).take(HEAD as u64).read_to_end(&mut bytes) {
            Ok(_) if wanted(&bytes) => Content::TooLarge { size },
            Ok(_) => Content::Unclaimed,
            Err(error) => fail(error),
        };
    }
    bytes.reserve_exact(size as usize + 1);
    if let Err(error) = (&mut file).take(HEAD as u64).read_to_end(&mut bytes) {
        return fail(error);
    }
    if !wanted(&bytes) {
        return Content::Unclaimed;
    }
    match file
        .take(limit.saturating_sub(bytes.len() as u64) + 1)
        .read_to_end(&mut bytes)
    {
        Ok(_) if bytes.len() as u64 > limit => Content::TooLarge {
            size: bytes.len() as u64,
        },
        Ok(_) => Content::Bytes(bytes),
        Err(error) => fail(error),
    }
}

/// An I/O error without Rust's "(os error 2)".
pub(super) fn io_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or folder".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        _ => {
            let text = error.to_string();
            match text.split_once(" (os error") {
                Some((words, _)) => words.to_lowercase(),
                None => text,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    use crate::discover::root::Root;
    #[cfg(unix)]
    use std::path::Path;

    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_pipe_in_the_place_of_a_file_that_was_found_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        assert!(
            std::process::Command::new("mkfifo")
                .arg(&path)
                .status()
                .unwrap()
                .success()
        );
        let opened = Root::open(folder.path().canonicalize().unwrap())
            .unwrap()
            .file(Path::new("a.yaml"));
        let Content::Unreadable { why } = read(opened, 100, |_| true) else {
            panic!("read")
        };
        assert_eq!(why, "no longer a regular file");
    }

    /// Bytes without an end, of which it is counted how many were taken.
    struct Counted(usize);

    impl Read for Counted {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            buffer.fill(b'x');
            self.0 += buffer.len();
            Ok(buffer.len())
        }
    }

    #[test]
    fn a_file_that_nobody_wants_costs_one_bounded_read_and_others_are_read_once() {
        let rows = [
            (
                50,
                false,
                HEAD,
                "of a small file no more than the first bytes",
            ),
            (5_000, false, HEAD, "of a large one neither"),
            (500_000, false, HEAD, "nor of one above the limit"),
            (500_000, true, HEAD, "which is not read for being wanted"),
            (
                5_000,
                true,
                10_001,
                "each byte once, and one more than the limit tells that it grew",
            ),
        ];
        for (size, wanted, expected, why) in rows {
            let mut bytes = Counted(0);
            let content = read_from(&mut bytes, size, 10_000, |head| {
                assert_eq!(head.len(), HEAD);
                wanted
            });
            assert_eq!(bytes.0, expected, "{why}");
            assert_eq!(matches!(content, Content::Unclaimed), !wanted, "{why}");
        }
    }

    #[test]
    fn a_file_is_read_only_when_its_first_bytes_are_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let found = |name: &str| File::open(folder.path().join(name));
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("script"), "#!/bin/sh\necho\n").unwrap();
        std::fs::write(at("big.yaml"), "0123456789").unwrap();
        assert!(
            matches!(read(found("script"), 100, |head| head.starts_with(b"#!")), Content::Bytes(b) if b.len() == 15)
        );
        assert!(matches!(
            read(found("script"), 100, |_| false),
            Content::Unclaimed
        ));
        assert!(matches!(
            read(found("big.yaml"), 9, |_| true),
            Content::TooLarge { size: 10 }
        ));
        assert!(matches!(
            read(found("gone"), 9, |_| true),
            Content::Unreadable { .. }
        ));
    }
}
