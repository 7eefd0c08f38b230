//! One step of the action, from its environment to its outputs: makes the folder for the action's own files, gives the
//! arguments of the run, and afterwards writes what the runner reads. Prints nothing.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::action::event::Event;
use crate::action::inputs::{InputError, Invocation, OwnFiles, invocation};
use crate::action::outputs::{self, Counts, Written};

/// The exit code of a run that came to no end.
const COULD_NOT_RUN: u8 = 2;

#[derive(Debug, thiserror::Error)]
pub enum StepError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error("the folder for temporary files (RUNNER_TEMP) cannot be written: {0}")]
    Temporary(#[source] io::Error),
    #[error("{0} cannot be written: {1}")]
    Runner(&'static str, #[source] io::Error),
}

/// A step that is ready to run.
#[derive(Debug)]
pub struct Step {
    pub invocation: Invocation,
    json: PathBuf,
    html: PathBuf,
    markdown: PathBuf,
    secret: Option<Secret>,
    output: Option<PathBuf>,
    summary: Option<PathBuf>,
}

/// A pull secret for this run only. However the run ends, nothing of it stays for later steps: on Unix the file has no
/// name from the beginning, and is opened again by its number.
#[derive(Debug)]
struct Secret {
    #[cfg(unix)]
    file: fs::File,
    #[cfg(not(unix))]
    file: PathBuf,
}

impl Secret {
    #[cfg(unix)]
    fn write(folder: &Path, text: &str) -> io::Result<Self> {
        use std::io::Seek;
        let mut file = tempfile::tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.rewind()?;
        Ok(Secret { file })
    }

    #[cfg(unix)]
    fn path(&self) -> PathBuf {
        use std::os::fd::AsRawFd;
        let folder = match cfg!(target_os = "linux") {
            true => "/proc/self/fd",
            false => "/dev/fd",
        };
        Path::new(folder).join(self.file.as_raw_fd().to_string())
    }

    #[cfg(not(unix))]
    fn write(folder: &Path, text: &str) -> io::Result<Self> {
        let file = folder.join("pull-secret.json");
        let mut options = fs::OpenOptions::new();
        let mut opened = options.write(true).create_new(true).open(&file)?;
        opened.write_all(text.as_bytes())?;
        Ok(Secret { file })
    }

    #[cfg(not(unix))]
    fn path(&self) -> PathBuf {
        self.file.clone()
    }
}

#[cfg(not(unix))]
impl Drop for Secret {
    fn drop(&mut self) {
        // Nothing more can be done here; the runner empties RUNNER_TEMP after the job.
        let _ = fs::remove_file(&self.file);
    }
}

impl Step {
    /// `look` looks up a variable. The JSON report and the page stay for later steps of the job.
    pub fn prepare(look: impl Fn(&str) -> Option<OsString>) -> Result<Step, StepError> {
        let path = |name: &str| {
            look(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let temporary = path("RUNNER_TEMP").unwrap_or_else(std::env::temp_dir);
        let folder = tempfile::Builder::new()
            .prefix("image-lint-")
            .tempdir_in(temporary);
        let folder = folder.map_err(StepError::Temporary)?.keep();
        let (json, markdown) = (folder.join("report.json"), folder.join("summary.md"));
        let html = folder.join("image-lint.html");
        let event = Event::read(&look);
        let mut invocation = invocation(
            &look,
            &event,
            OwnFiles {
                json: &json,
                html: &html,
                markdown: &markdown,
            },
        )?;
        let token = look("IMAGE_LINT_INPUT_GHCR_TOKEN").and_then(|token| token.into_string().ok());
        let secret = match token.filter(|token| !token.is_empty()) {
            Some(token) => {
                let secret =
                    Secret::write(&folder, &pull_secret(&token)).map_err(StepError::Temporary)?;
                let mut argument = OsString::from("--pull-secret=");
                argument.push(secret.path());
                invocation.arguments.insert(0, argument);
                Some(secret)
            }
            None => None,
        };
        let (output, summary) = (path("GITHUB_OUTPUT"), path("GITHUB_STEP_SUMMARY"));
        // Of outputs that are written twice the last ones count: these are for a run that is killed.
        if let Some(output) = &output {
            let lines = outputs::lines(COULD_NOT_RUN, None, Written::default());
            outputs::append(output, &lines)
                .map_err(|error| StepError::Runner("GITHUB_OUTPUT", error))?;
        }
        Ok(Step {
            invocation,
            json,
            html,
            markdown,
            secret,
            output,
            summary,
        })
    }

    /// Writes the outputs of a step that could not be prepared.
    pub fn refused(
        look: impl Fn(&str) -> Option<OsString>,
        exit_code: u8,
    ) -> Result<(), StepError> {
        match look("GITHUB_OUTPUT").filter(|value| !value.is_empty()) {
            Some(output) => outputs::append(
                Path::new(&output),
                &outputs::lines(exit_code, None, Written::default()),
            )
            .map_err(|error| StepError::Runner("GITHUB_OUTPUT", error)),
            None => Ok(()),
        }
    }

    /// Writes outputs and job summary. `exit_code` is that of the run.
    pub fn finish(self, exit_code: u8) -> Result<(), StepError> {
        drop(self.secret);
        let counts = fs::File::open(&self.json).ok().and_then(Counts::of_report);
        if let Some(output) = &self.output {
            // The next step runs in the workspace, whatever folder this one worked in.
            let folder = self
                .invocation
                .directory
                .as_deref()
                .unwrap_or(Path::new(""));
            let sarif = self
                .invocation
                .sarif
                .as_deref()
                .filter(|_| counts.is_some())
                .map(|path| folder.join(path));
            let sarif = sarif.as_ref().map(|path| path.as_os_str());
            let written = Written {
                json: counts.is_some().then_some(self.json.as_path()),
                html: counts.is_some().then_some(self.html.as_path()),
                sarif,
            };
            outputs::append(output, &outputs::lines(exit_code, counts, written))
                .map_err(|error| StepError::Runner("GITHUB_OUTPUT", error))?;
        }
        if let Some(summary) = self
            .summary
            .filter(|_| self.invocation.summary && self.markdown.exists())
        {
            outputs::append_summary(&summary, &self.markdown)
                .map_err(|error| StepError::Runner("GITHUB_STEP_SUMMARY", error))?;
        }
        Ok(())
    }
}

/// A Kubernetes pull secret that gives the token to ghcr.io and to no other host. Any user name goes with a token
/// (GitHub docs, "Working with the Container registry").
fn pull_secret(token: &str) -> String {
    let auth = STANDARD.encode(format!("x-access-token:{token}"));
    let config = serde_json::json!({ "auths": { "ghcr.io": { "auth": auth } } }).to_string();
    serde_json::json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "name": "ghcr-token" },
        "type": "kubernetes.io/dockerconfigjson",
        "data": { ".dockerconfigjson": STANDARD.encode(config) },
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many files of the step hold a secret.
    fn secrets_below(folder: &Path) -> usize {
        let files = |folder: &Path| {
            let entries = fs::read_dir(folder).unwrap();
            entries
                .map(|entry| entry.unwrap().path())
                .collect::<Vec<_>>()
        };
        let all = files(folder);
        let all = all
            .iter()
            .filter(|path| path.is_dir())
            .flat_map(|path| files(path));
        all.filter(|file| fs::read_to_string(file).is_ok_and(|text| text.contains("docker")))
            .count()
    }

    #[test]
    fn a_step_writes_outputs_and_summary_and_leaves_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).into_os_string();
        let look = |name: &str| match name {
            "RUNNER_TEMP" => Some(folder.path().into()),
            "GITHUB_OUTPUT" => Some(at("output")),
            "GITHUB_STEP_SUMMARY" => Some(at("summary")),
            "IMAGE_LINT_INPUT_GHCR_TOKEN" => Some("canary".into()),
            _ => None,
        };
        let step = Step::prepare(look).unwrap();
        let secret = step.invocation.arguments[0]
            .to_string_lossy()
            .replace("--pull-secret=", "");
        let text = fs::read_to_string(&secret).unwrap();
        assert_eq!(secrets_below(folder.path()), 0, "whatever ends the run");
        let output = fs::read_to_string(folder.path().join("output")).unwrap();
        assert_eq!(
            output, "exit-code=2\nresult=error\n",
            "for a run that is killed"
        );
        assert!(
            text.contains("dockerconfigjson") && !text.contains("canary"),
            "{text}"
        );
        assert!(!format!("{step:?}").contains("canary"));
        fs::write(
            &step.json,
            r#"{"findings":[{}],"unchecked":[],"summary":{"references":4}}"#,
        )
        .unwrap();
        fs::write(&step.markdown, "# report\n").unwrap();
        step.finish(1).unwrap();
        let output = fs::read_to_string(folder.path().join("output")).unwrap();
        assert!(
            output.starts_with(
                "exit-code=2\nresult=error\nexit-code=1\nresult=findings\nfindings=1\nunchecked=0\nrefs=4\njson-file="
            ),
            "{output}"
        );
        assert_eq!(
            fs::read_to_string(folder.path().join("summary")).unwrap(),
            "# report\n"
        );
    }

    #[test]
    fn a_run_that_wrote_no_report_still_gives_its_result() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("output");
        let look = |name: &str| match name {
            "RUNNER_TEMP" => Some(folder.path().into()),
            "GITHUB_OUTPUT" => Some(output.clone().into_os_string()),
            _ => None,
        };
        Step::prepare(look).unwrap().finish(2).unwrap();
        assert_eq!(
            fs::read_to_string(&output).unwrap(),
            "exit-code=2\nresult=error\nexit-code=2\nresult=error\n"
        );
    }
}
