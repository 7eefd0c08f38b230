//! Docker credential helpers: `docker-credential-NAME get`, the server on stdin, JSON on stdout
//! (docker/docker-credential-helpers, README "Usage").

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::credentials::Kind;
use crate::credentials::docker_config::{Entry, kind};

const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_OUTPUT: u64 = 64 * 1024;

/// Runs helpers that stand on `PATH`.
pub struct Helper {
    path: Option<OsString>,
    home: Option<PathBuf>,
    patience: Duration,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

impl Helper {
    pub fn new(path: Option<OsString>, home: Option<PathBuf>) -> Self {
        Helper {
            path,
            home,
            patience: TIMEOUT,
        }
    }

    /// What a helper has for a server; None when it has nothing.
    ///
    /// # Errors
    /// Why the helper did not work; its output is not quoted, since it could hold the secret.
    pub async fn get(&self, name: &str, server: &str) -> Result<Option<Kind>, String> {
        let program = self.find(name)?;
        if server.chars().any(char::is_control) {
            return Err("the server's name holds control characters".to_owned());
        }
        match tokio::time::timeout(self.patience, self.run(&program, server)).await {
            Ok(result) => result,
            Err(_) => Err(format!("no answer within {} s", self.patience.as_secs())),
        }
    }

    /// A helper's program. Its name comes from a file and must not be a path; the current folder is not looked into.
    fn find(&self, name: &str) -> Result<PathBuf, String> {
        let decent = !name.is_empty()
            && !name.contains("..")
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
        if !decent {
            return Err("its name is not that of a helper".to_owned());
        }
        let file = format!("docker-credential-{name}");
        let folders = self
            .path
            .iter()
            .flat_map(std::env::split_paths)
            .filter(|folder| folder.is_absolute());
        let mut programs = folders.map(|folder| folder.join(&file));
        programs
            .find(|program| program.is_file())
            .ok_or_else(|| "it is not on PATH".to_owned())
    }

    async fn run(&self, program: &std::path::Path, server: &str) -> Result<Option<Kind>, String> {
        let mut command = tokio::process::Command::new(program);
        command
            .arg("get")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        if let Some(home) = &self.home {
            // A helper must not be confused by files of the linted tree.
            command.current_dir(home);
        }
        let mut child = command
            .spawn()
            .map_err(|error| format!("it does not start: {}", error.kind()))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A helper may end without reading.
            let _ = stdin.write_all(server.as_bytes()).await;
        }
        let mut output = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            let read = stdout.take(MAX_OUTPUT + 1).read_to_end(&mut output).await;
            read.map_err(|error| format!("its answer cannot be read: {}", error.kind()))?;
        }
        if output.len() as u64 > MAX_OUTPUT {
            return Err("its answer is too long".to_owned());
        }
        let status = child
            .wait()
            .await
            .map_err(|error| error.kind().to_string())?;
        if !status.success() {
            // The words of docker-credential-helpers `credentials/error.go`.
            let text = String::from_utf8_lossy(&output).to_ascii_lowercase();
            if text.contains("credentials not found") || text.contains("no credentials server url")
            {
                return Ok(None);
            }
            return Err(format!("it failed ({status})"));
        }
        let answer: Answer =
            serde_json::from_slice(&output).map_err(|_| "its answer is not JSON".to_owned())?;
        if answer
            .username
            .chars()
            .chain(answer.secret.chars())
            .any(char::is_control)
        {
            return Err("its answer holds control characters".to_owned());
        }
        match kind(&answer.username, &answer.secret) {
            Entry::Usable(kind) => Ok(Some(kind)),
            Entry::Empty | Entry::Broken(_) => Ok(None),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::executable::write_executable;

    fn helper(script: &str) -> (tempfile::TempDir, Helper) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("docker-credential-test");
        write_executable(&path, &format!("#!/bin/sh\n{script}\n"));
        let mut paths = vec![folder.path().to_owned()];
        paths.extend(std::env::split_paths("/usr/bin:/bin"));
        let helper = Helper::new(Some(std::env::join_paths(paths).unwrap()), None);
        (folder, helper)
    }

    #[tokio::test]
    async fn a_helper_is_given_the_server_and_answers_with_a_secret() {
        let (_folder, helper) = helper(
            r#"read server; printf '{"ServerURL":"x","Username":"%s","Secret":"pw"}' "$server""#,
        );
        let kind = helper
            .get("test", "https://index.docker.io/v1/")
            .await
            .unwrap();
        assert!(matches!(kind, Some(Kind::Password { user, password })
            if user == "https://index.docker.io/v1/" && password.reveal() == "pw"));
    }

    #[tokio::test]
    async fn a_helper_without_an_answer_is_no_failure_and_a_broken_one_is_told() {
        let cases = [
            (
                "echo 'credentials not found in native keychain'; exit 1",
                Ok(()),
                "nothing there",
            ),
            ("exit 1", Err("it failed (exit status: 1)"), "failure"),
            ("echo '{'", Err("its answer is not JSON"), "garbage"),
            (
                r#"printf '{"Username":"u","Secret":"a\\nb"}'"#,
                Err("its answer holds control characters"),
                "newline",
            ),
            (
                "head -c 200000 /dev/zero",
                Err("its answer is too long"),
                "flood",
            ),
        ];
        for (script, expected, why) in cases {
            let (_folder, helper) = helper(script);
            let found = helper.get("test", "quay.io").await;
            match expected {
                Ok(()) => assert!(matches!(found, Ok(None)), "{why}"),
                Err(words) => assert_eq!(found.err().as_deref(), Some(words), "{why}"),
            }
        }
    }

    #[tokio::test]
    async fn a_helper_that_does_not_answer_is_ended() {
        let (_folder, mut helper) = helper("exec sleep 600");
        helper.patience = Duration::from_secs(1);
        assert_eq!(
            helper.get("test", "quay.io").await.err().as_deref(),
            Some("no answer within 1 s")
        );
    }

    #[tokio::test]
    async fn a_helpers_name_is_no_path() {
        let (_folder, helper) = helper("exit 0");
        for name in ["../../bin/sh", "a/b", "", "x..y", "a b", "$(id)"] {
            assert!(helper.get(name, "quay.io").await.is_err(), "{name}");
        }
    }
}
