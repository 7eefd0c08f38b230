//! The inputs of action.yml, from the environment to the arguments of an ordinary run. Pure: the files to write are named
//! by the caller.
//!
//! A composite action cannot tell an input that is not set from an empty one (actions/runner#924), so empty means not set.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::action::event::Event;

/// Seconds for reading all files: a tree that takes longer means harm, and a runner costs by the minute.
const READ_DEADLINE: &str = "300";

/// Seconds for all that registries are asked: steps of a composite action have no `timeout-minutes` of their own.
const DEADLINE: &str = "900";

/// What action.yml puts before the name of each input, upper case, `-` as `_`.
const PREFIX: &str = "IMAGE_LINT_INPUT_";

/// An input that cannot be used. The message names the input as the workflow writes it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InputError {
    #[error("the input {name} takes {expected}")]
    Value {
        name: &'static str,
        expected: &'static str,
    },
    #[error("the input {name} holds a line break; it takes one path")]
    LineBreak { name: &'static str },
}

/// A run as the inputs ask for it.
#[derive(Debug, PartialEq, Eq, Default)]
pub struct Invocation {
    /// Arguments behind the program's name.
    pub arguments: Vec<OsString>,
    /// Folder to run in.
    pub directory: Option<PathBuf>,
    /// Where the SARIF report goes, as the workflow wrote it.
    pub sarif: Option<OsString>,
    /// Whether the job summary is wanted.
    pub summary: bool,
    /// Only changed files were asked for, but the event names no commit to compare with.
    pub no_base: bool,
}

/// Files of the action itself, outside the linted tree.
#[derive(Clone, Copy, Debug)]
pub struct OwnFiles<'a> {
    pub json: &'a Path,
    pub html: &'a Path,
    pub markdown: &'a Path,
}

/// `look` looks up a variable; `event` is what the runner says of the change.
pub fn invocation(
    look: impl Fn(&str) -> Option<OsString>,
    event: &Event,
    own: OwnFiles<'_>,
) -> Result<Invocation, InputError> {
    let inputs = Inputs { look };
    let mut run = Invocation::default();
    // On GitHub `auto` is the report for people, in the log, and the annotations.
    let format = if inputs.flag("annotations", true)? {
        "auto"
    } else {
        "human"
    };
    run.option("--format", format);
    // The event decides who is trusted; the input overrides it.
    let foreign = if event.foreign {
        "untrusted"
    } else {
        "trusted"
    };
    run.option(
        "--trust",
        inputs
            .choice("trust", &["auto", "trusted", "untrusted"])?
            .map_or(foreign, |t| if t == "auto" { foreign } else { t }),
    );
    run.option("--read-deadline", READ_DEADLINE);
    run.option("--deadline", DEADLINE);
    run.path("--config", inputs.path("config")?);
    run.path("--baseline", inputs.path("baseline")?);
    if let Some(target) = inputs.text("target") {
        run.joined("--target=", &target);
    }
    if let Some(level) = inputs.choice("fail-on", &["error", "warning", "note"])? {
        run.option("--fail-on", level);
    }
    if let Some(policy @ ("fail" | "warn")) =
        inputs.choice("on-unchecked", &["auto", "fail", "warn"])?
    {
        run.option("--on-unchecked", policy);
    }
    if inputs.choice("registry-auth", &["auto", "none"])? == Some("none") {
        run.arguments.push("--no-credentials".into());
    }
    if inputs.flag("strict", false)? {
        run.arguments.push("--strict".into());
    }
    if inputs.flag("changed-only", false)? {
        match &event.base {
            Some(base) => run.option("--changed-since", base.as_str()),
            None => run.no_base = true,
        }
    }
    run.joined("--output=json=", own.json.as_os_str());
    run.joined("--output=html=", own.html.as_os_str());
    run.summary = inputs.flag("summary", true)?;
    if run.summary {
        run.joined("--output=markdown=", own.markdown.as_os_str());
    }
    run.sarif = inputs.path("sarif-file")?;
    if let Some(sarif) = run.sarif.clone() {
        run.joined("--output=sarif=", &sarif);
    }
    run.directory = inputs.path("working-directory")?.map(PathBuf::from);
    // Whatever stands behind it is a path, however it begins.
    run.arguments.push("--".into());
    run.arguments.extend(inputs.paths());
    Ok(run)
}

impl Invocation {
    fn option(&mut self, name: &str, value: &str) {
        self.arguments.push(format!("{name}={value}").into());
    }

    fn path(&mut self, name: &str, value: Option<OsString>) {
        if let Some(value) = value {
            self.joined(&format!("{name}="), &value);
        }
    }

    /// One argument, so that a value that begins with `-` stays a value.
    fn joined(&mut self, prefix: &str, value: &OsStr) {
        let mut whole = OsString::from(prefix);
        whole.push(value);
        self.arguments.push(whole);
    }
}

struct Inputs<F> {
    look: F,
}

impl<F: Fn(&str) -> Option<OsString>> Inputs<F> {
    fn text(&self, name: &str) -> Option<OsString> {
        let variable = format!("{PREFIX}{}", name.to_ascii_uppercase().replace('-', "_"));
        (self.look)(&variable).filter(|value| !value.is_empty())
    }

    fn path(&self, name: &'static str) -> Result<Option<OsString>, InputError> {
        let value = self.text(name);
        if value.as_ref().is_some_and(|v| {
            v.as_encoded_bytes()
                .iter()
                .any(|b| matches!(b, b'\n' | b'\r'))
        }) {
            return Err(InputError::LineBreak { name });
        }
        Ok(value)
    }

    fn flag(&self, name: &'static str, default: bool) -> Result<bool, InputError> {
        match self.text(name) {
            None => Ok(default),
            Some(value) if value == "true" => Ok(true),
            Some(value) if value == "false" => Ok(false),
            Some(_) => Err(InputError::Value {
                name,
                expected: "true or false",
            }),
        }
    }

    fn choice(
        &self,
        name: &'static str,
        allowed: &'static [&'static str],
    ) -> Result<Option<&'static str>, InputError> {
        let Some(value) = self.text(name) else {
            return Ok(None);
        };
        let found = allowed.iter().find(|known| value == **known);
        let expected = match name {
            "trust" => "auto, trusted or untrusted",
            "fail-on" => "error, warning or note",
            "on-unchecked" => "auto, fail or warn",
            _ => "auto or none",
        };
        found
            .map(|known| Some(*known))
            .ok_or(InputError::Value { name, expected })
    }

    /// One path a line. Blanks inside a line are part of the path.
    fn paths(&self) -> Vec<OsString> {
        let Some(value) = self.text("paths") else {
            return vec![".".into()];
        };
        let text = value.to_string_lossy();
        let lines = text
            .split('\n')
            .map(|line| line.trim_end_matches('\r'))
            .filter(|line| !line.trim().is_empty());
        // `-` would read standard input, which a step does not have.
        let paths: Vec<OsString> = lines
            .map(|line| {
                if line == "-" {
                    "./-".into()
                } else {
                    line.into()
                }
            })
            .collect();
        if paths.is_empty() {
            vec![".".into()]
        } else {
            paths
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::Oid;

    fn run(environment: &[(&str, &str)], event: &Event) -> Result<Invocation, InputError> {
        let look = |name: &str| {
            let name = name.strip_prefix(PREFIX)?;
            environment
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, value)| OsString::from(value))
        };
        invocation(
            look,
            event,
            OwnFiles {
                json: Path::new("/own/j"),
                html: Path::new("/own/h"),
                markdown: Path::new("/own/m"),
            },
        )
    }

    fn words(run: &Invocation) -> String {
        run.arguments
            .iter()
            .map(|a| a.to_string_lossy())
            .collect::<Vec<_>>()
            .join("|")
    }

    #[test]
    fn inputs_become_arguments() {
        let always = "--output=json=/own/j|--output=html=/own/h|--output=markdown=/own/m";
        type Row<'a> = (&'a [(&'a str, &'a str)], String, &'a str);
        let rows: &[Row<'_>] = &[
            (&[], format!("--format=auto|--trust=trusted|--read-deadline=300|--deadline=900|{always}|--|."), "defaults"),
            (
                &[("PATHS", ""), ("CONFIG", ""), ("ANNOTATIONS", ""), ("FAIL_ON", "")],
                format!("--format=auto|--trust=trusted|--read-deadline=300|--deadline=900|{always}|--|."),
                "empty is not set",
            ),
            (
                &[("PATHS", "a b\n\n  \n-rf\r\n--config=evil\n$(touch pwned)\n-\n")],
                format!("--format=auto|--trust=trusted|--read-deadline=300|--deadline=900|{always}|--|a b|-rf|--config=evil|$(touch pwned)|./-"),
                "one path a line, whatever it looks like",
            ),
            (
                &[("CONFIG", "-x"), ("TARGET", "--offline"), ("BASELINE", "b"), ("FAIL_ON", "warning")],
                format!(
                    "--format=auto|--trust=trusted|--read-deadline=300|--deadline=900|--config=-x|--baseline=b|--target=--offline|--fail-on=warning|{always}|--|."
                ),
                "a value stays a value",
            ),
            (
                &[("ANNOTATIONS", "false"), ("SUMMARY", "false"), ("SARIF_FILE", "o.sarif"), ("REGISTRY_AUTH", "none")],
                "--format=human|--trust=trusted|--read-deadline=300|--deadline=900|--no-credentials|--output=json=/own/j|--output=html=/own/h|--output=sarif=o.sarif|--|."
                    .into(),
                "reports",
            ),
            (
                &[("STRICT", "true")],
                format!("--format=auto|--trust=trusted|--read-deadline=300|--deadline=900|--strict|{always}|--|."),
                "strict",
            ),
            (
                &[("ON_UNCHECKED", "auto"), ("TRUST", "untrusted")],
                format!("--format=auto|--trust=untrusted|--read-deadline=300|--deadline=900|{always}|--|."),
                "auto is the default",
            ),
        ];
        for (environment, expected, why) in rows {
            assert_eq!(
                &words(&run(environment, &Event::default()).unwrap()),
                expected,
                "{why}"
            );
        }
    }

    #[test]
    fn a_fork_is_not_trusted_unless_the_workflow_says_so() {
        let fork = Event {
            foreign: true,
            base: None,
        };
        assert!(words(&run(&[], &fork).unwrap()).contains("--trust=untrusted"));
        assert!(words(&run(&[("TRUST", "auto")], &fork).unwrap()).contains("--trust=untrusted"));
        assert!(words(&run(&[("TRUST", "trusted")], &fork).unwrap()).contains("--trust=trusted"));
    }

    #[test]
    fn changed_only_needs_a_commit_to_compare_with() {
        let sha = "a".repeat(40);
        let event = Event {
            foreign: false,
            base: Oid::parse(sha.as_bytes()),
        };
        let with = run(&[("CHANGED_ONLY", "true")], &event).unwrap();
        assert!(words(&with).contains(&format!("--changed-since={sha}")) && !with.no_base);
        let without = run(&[("CHANGED_ONLY", "true")], &Event::default()).unwrap();
        assert!(!words(&without).contains("--changed-since") && without.no_base);
    }

    #[test]
    fn a_wrong_value_names_its_input() {
        let rows = [
            (
                "ANNOTATIONS",
                "yes",
                "the input annotations takes true or false",
            ),
            (
                "FAIL_ON",
                "x;touch pwned;",
                "the input fail-on takes error, warning or note",
            ),
            (
                "TRUST",
                "all",
                "the input trust takes auto, trusted or untrusted",
            ),
            (
                "SARIF_FILE",
                "a\nfindings=0",
                "the input sarif-file holds a line break; it takes one path",
            ),
        ];
        for (name, value, expected) in rows {
            assert_eq!(
                run(&[(name, value)], &Event::default())
                    .unwrap_err()
                    .to_string(),
                expected
            );
        }
    }
}
