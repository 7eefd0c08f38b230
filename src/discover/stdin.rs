//! One stream from stdin, read only when `-` was given.

use std::io::{self, Read};

/// Name of the stream when `--stdin-filename` gives none: rendered manifests are what is piped.
pub const DEFAULT_NAME: &str = "stdin.yaml";

/// Reads stdin up to `limit` bytes.
///
/// # Errors
/// What reading gave, or that there is more than `limit`.
pub fn read(limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("stdin holds more than {limit} bytes; raise --max-file-size"),
        ));
    }
    Ok(bytes)
}
