//! Just enough of GitHub's runner for a composite action: reads action.yml, fills in `${{ }}`, runs each step's script in
//! bash with the runner's options, and keeps outputs, job summary and log.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

#[derive(Deserialize)]
pub struct Action {
    pub inputs: BTreeMap<String, Input>,
    pub outputs: BTreeMap<String, Output>,
    pub runs: Runs,
}

#[derive(Deserialize)]
pub struct Input {
    pub description: String,
    pub default: Option<String>,
}

#[derive(Deserialize)]
pub struct Output {
    pub value: String,
}

#[derive(Deserialize)]
pub struct Runs {
    pub using: String,
    pub steps: Vec<Step>,
}

#[derive(Deserialize)]
pub struct Step {
    #[serde(default)]
    pub id: String,
    #[serde(default)]
    pub shell: String,
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    #[serde(default)]
    pub run: String,
    /// Somebody else's action, which these tests read and do not run.
    pub uses: Option<String>,
    #[serde(default)]
    pub with: BTreeMap<String, String>,
    #[serde(rename = "if")]
    pub condition: Option<String>,
}

pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn action() -> Action {
    let text = std::fs::read_to_string(project().join("action.yml")).unwrap();
    serde_yaml::from_str(&text).unwrap()
}

/// A job on a runner of its own, with an empty workspace and a copy of the action.
pub struct Job {
    folder: tempfile::TempDir,
    pub workspace: PathBuf,
    pub inputs: BTreeMap<String, String>,
    pub environment: BTreeMap<String, String>,
    /// Variables that are taken away from the steps.
    pub path: Option<String>,
}

/// What a job left behind.
#[derive(Debug, Default)]
pub struct Result {
    /// Exit status of the last step that ran.
    pub status: i32,
    pub log: String,
    pub outputs: BTreeMap<String, String>,
    pub summary: String,
}

impl Job {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["workspace", "temp", "tools", "action/action"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        for name in ["install.sh", "checksums.txt"] {
            let file = Path::new("action").join(name);
            std::fs::copy(
                project().join(&file),
                folder.path().join("action").join(&file),
            )
            .unwrap();
        }
        let workspace = folder.path().join("workspace");
        Job {
            folder,
            workspace,
            inputs: BTreeMap::new(),
            environment: BTreeMap::new(),
            path: None,
        }
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn input(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        assert!(
            action().inputs.contains_key(name),
            "action.yml has no input {name}"
        );
        self.inputs.insert(name.to_owned(), value.into());
        self
    }

    /// Fills in the expressions that action.yml uses; any other one is an error.
    fn evaluate(
        &self,
        action: &Action,
        text: &str,
        steps: &BTreeMap<String, BTreeMap<String, String>>,
    ) -> String {
        let Some((before, rest)) = text.split_once("${{") else {
            return text.to_owned();
        };
        let (expression, after) = rest.split_once("}}").expect("a closed expression");
        let parts: Vec<&str> = expression.trim().split('.').collect();
        let value = match parts[..] {
            ["inputs", name] => {
                let input = action
                    .inputs
                    .get(name)
                    .unwrap_or_else(|| panic!("no input {name}"));
                self.inputs
                    .get(name)
                    .or(input.default.as_ref())
                    .cloned()
                    .unwrap_or_default()
            }
            ["github", "action_path"] => self.at("action").to_str().unwrap().to_owned(),
            ["github", "action_repository"] => "OWNER/image-lint".to_owned(),
            ["github", "action_ref"] => "v1".to_owned(),
            ["steps", id, "outputs", name] => steps
                .get(id)
                .and_then(|s| s.get(name))
                .cloned()
                .unwrap_or_default(),
            _ => panic!("an expression the harness does not know: {expression}"),
        };
        format!("{before}{value}{}", self.evaluate(action, after, steps))
    }

    pub fn run(&self) -> Result {
        let action = action();
        assert_eq!(action.runs.using, "composite");
        let mut result = Result::default();
        let mut steps = BTreeMap::new();
        for (number, step) in action.runs.steps.iter().enumerate() {
            if step.uses.is_some() {
                continue;
            }
            assert_eq!(step.shell, "bash");
            let script = self.at("temp").join(format!("step-{number}.sh"));
            std::fs::write(&script, self.evaluate(&action, &step.run, &steps)).unwrap();
            let (output, summary) = (
                self.at(&format!("output-{number}")),
                self.at(&format!("summary-{number}")),
            );
            std::fs::write(&output, "").unwrap();
            std::fs::write(&summary, "").unwrap();
            let mut command = Command::new("bash");
            // `shell: bash` (GitHub docs, "Workflow syntax").
            command
                .args(["--noprofile", "--norc", "-eo", "pipefail"])
                .arg(&script)
                .current_dir(&self.workspace);
            command.env_clear().env(
                "PATH",
                self.path
                    .clone()
                    .unwrap_or_else(|| std::env::var("PATH").unwrap()),
            );
            command
                .env("HOME", self.at("temp"))
                .env("GITHUB_ACTIONS", "true")
                .env("CI", "true");
            command
                .env("GITHUB_WORKSPACE", &self.workspace)
                .env("RUNNER_TEMP", self.at("temp"));
            command
                .env("RUNNER_TOOL_CACHE", self.at("tools"))
                .env("RUNNER_OS", "Linux")
                .env("RUNNER_ARCH", "X64");
            command
                .env("GITHUB_OUTPUT", &output)
                .env("GITHUB_STEP_SUMMARY", &summary);
            command
                .env("GITHUB_EVENT_NAME", "push")
                .envs(&self.environment);
            for (name, value) in &step.env {
                command.env(name, self.evaluate(&action, value, &steps));
            }
            let done = command
                .output()
                .expect("bash is needed: apt-get install bash");
            result.log.push_str(&String::from_utf8_lossy(&done.stdout));
            result.log.push_str(&String::from_utf8_lossy(&done.stderr));
            result.status = done.status.code().unwrap_or(-1);
            result
                .summary
                .push_str(&std::fs::read_to_string(&summary).unwrap());
            steps.insert(
                step.id.clone(),
                outputs(&std::fs::read_to_string(&output).unwrap()),
            );
            if result.status != 0 {
                break;
            }
        }
        for (name, output) in &action.outputs {
            result
                .outputs
                .insert(name.clone(), self.evaluate(&action, &output.value, &steps));
        }
        result
    }
}

/// `name=value` lines. The other form, with a delimiter, is not used by this action.
fn outputs(text: &str) -> BTreeMap<String, String> {
    let pair = |line: &str| {
        line.split_once('=')
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    text.lines()
        .map(|line| pair(line).unwrap_or_else(|| panic!("no output line: {line:?}")))
        .collect()
}
