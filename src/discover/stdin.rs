//! One stream from stdin, read only when `-` was given.

use std::io::{self, Read};

/// Name of the stream when `--stdin-filename` gives none: rendered manifests are what is piped.
pub const DEFAULT_NAME: &str = "stdin.yaml";

/// The name of a stream that begins as a Dockerfile does and has no name of its own.
pub const DOCKERFILE_NAME: &str = "stdin.dockerfile";

/// Whether a text is a Dockerfile rather than YAML: its first instruction is `FROM` or `ARG` (Dockerfile reference, "FROM").
pub fn is_dockerfile(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(64 * 1024)]);
    let first = text
        .trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'));
    let word = first.and_then(|line| line.split_once(char::is_whitespace));
    word.is_some_and(|(word, rest)| {
        ["from", "arg"].contains(&word.to_ascii_lowercase().as_str())
            && !rest.trim_start().starts_with([':', '-'])
    })
}

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
