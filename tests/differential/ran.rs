//! Runs a script with programs that only note what they receive.

use crate::executable::write_executable;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::host::Host;

/// What a script did.
#[derive(Debug)]
pub struct Ran {
    /// The words of each program that ran, in order, its name first.
    pub calls: Vec<Vec<String>>,
    pub out: Vec<u8>,
    pub code: Option<i32>,
}

/// A folder with the stand-ins.
pub struct StandIns(tempfile::TempDir);

/// Notes the words, one in a line, with newlines and backslashes written as two characters each.
const NOTE: &str =
    "#!/bin/sh\n{\nprintf '%s\\0' \"${0##*/}\" \"$@\"\nprintf '\\1\\0'\n} >> \"$RECORD\"\n";

impl StandIns {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            write_executable(&folder.path().join(name), text);
        };
        for name in ["buildah", "podman", "skopeo", "docker", "tool"] {
            write(name, NOTE);
        }
        for name in ["sudo", "retry"] {
            write(name, &format!("{NOTE}exec \"$@\"\n"));
        }
        StandIns(folder)
    }

    pub fn run(&self, host: Host, text: &str) -> Ran {
        let path = |name: &str| -> PathBuf { self.0.path().join(name) };
        let record = path("record");
        let file = path("file");
        fs::write(&file, host.script(text)).expect("a script");
        let _ = fs::remove_file(&record);
        let mut command = if host == Host::Makefile {
            let mut make = Command::new("make");
            make.args(["--no-print-directory", "-k", "-f"]);
            make
        } else {
            Command::new("bash")
        };
        let output = command
            .arg(&file)
            .current_dir(self.0.path())
            .env_clear()
            .env("HOME", self.0.path())
            .env("RECORD", &record)
            .env("PATH", format!("{}:/usr/bin:/bin", self.0.path().display()))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .expect("bash and make run");
        // make prints the lines that it runs, the edited ones among them.
        let out = if host == Host::Makefile {
            Vec::new()
        } else {
            output.stdout
        };
        Ran {
            calls: calls(&fs::read(&record).unwrap_or_default()),
            out,
            code: output.status.code(),
        }
    }
}

fn calls(record: &[u8]) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    for word in record.split(|b| *b == 0) {
        if word == b"\x01" {
            all.push(Vec::new());
        } else if let Some(last) = all.last_mut() {
            last.push(String::from_utf8_lossy(word).into_owned());
        }
    }
    // What comes after the last mark is empty.
    all.pop();
    all
}
