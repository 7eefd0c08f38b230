//! Programs that tests write.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Writes a program that can be started at once, and its folder.
///
/// Another process writes it. A file that this one holds open for writing is inherited by every program that another
/// test happens to start at that moment, until that program runs: whoever starts the new file meanwhile is told that its
/// text is busy (execve(2), `ETXTBSY`).
///
/// # Panics
/// When it cannot be written.
pub fn write_executable(path: &Path, text: &str) {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).expect("a folder");
    }
    let mut shell = Command::new("/bin/sh")
        .args(["-c", "cat >\"$0\" && chmod 755 \"$0\""])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .expect("a shell");
    let mut input = shell.stdin.take().expect("its input");
    input.write_all(text.as_bytes()).expect("a program's text");
    drop(input);
    let ended = shell.wait().expect("its end");
    assert!(ended.success(), "{} is not written", path.display());
}
