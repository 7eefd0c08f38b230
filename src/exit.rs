//! What a run's exit code says, and what makes a run fail. The same for every format: how a report is written never
//! changes what it means.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use image_lint_model::finding::Level;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Clean,
    Findings,
    CouldNotRun,
    Unchecked,
    Interrupted,
}

impl Exit {
    pub const ALL: [Exit; 5] = [
        Exit::Clean,
        Exit::Findings,
        Exit::CouldNotRun,
        Exit::Unchecked,
        Exit::Interrupted,
    ];

    pub fn code(self) -> u8 {
        match self {
            Exit::Clean => 0,
            Exit::Findings => 1,
            Exit::CouldNotRun => 2,
            Exit::Unchecked => 3,
            // 128 and the number of SIGINT, as shells have it.
            Exit::Interrupted => 130,
        }
    }

    /// In one line.
    pub fn meaning(self) -> &'static str {
        match self {
            Exit::Clean => "nothing to complain about (an empty folder gives a warning, and 0)",
            Exit::Findings => "findings at or above `--fail-on` (default: error)",
            Exit::CouldNotRun => {
                "could not run: usage, configuration, reading or writing, an internal error"
            }
            Exit::Unchecked => {
                "nothing proved bad, but some images could not be checked; `--on-unchecked warn` lets such a run pass, as \
                 `pre-push` does by default. In a pull request from a fork an image that only credentials could show does \
                 not count, unless `--on-unchecked fail` is given. With `--strict` also: some file was not read whole, \
                 whatever `--on-unchecked` says"
            }
            Exit::Interrupted => "interrupted: the report holds what was known by then",
        }
    }
}

/// What a run found, as far as its exit code depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    pub interrupted: bool,
    /// The highest level of its findings.
    pub worst: Option<Level>,
    pub unchecked: NotChecked,
    /// With `--strict`: something was not read whole. It fails the run whatever the policy is.
    pub incomplete: bool,
}

/// Which images could not be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotChecked {
    None,
    /// Only such as need credentials, which an untrusted tree does not get: its author can do nothing about it.
    OnlyWithheld,
    Some,
}

/// What makes a run fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExitPolicy {
    pub fail_on: FailOn,
    pub on_unchecked: OnUnchecked,
    /// Somebody asked for `on_unchecked`: images without credentials count, too.
    pub insists: bool,
}

impl ExitPolicy {
    /// The exit of a run that gave a report. What was proved goes before what is not known.
    pub fn exit(self, ended: Ended) -> Exit {
        let fails = match ended.unchecked {
            NotChecked::None => false,
            NotChecked::OnlyWithheld => self.insists,
            NotChecked::Some => true,
        };
        if ended.interrupted {
            Exit::Interrupted
        } else if ended.worst.is_some_and(|level| self.fail_on.counts(level)) {
            Exit::Findings
        } else if ended.incomplete || fails && self.on_unchecked == OnUnchecked::Fail {
            Exit::Unchecked
        } else {
            Exit::Clean
        }
    }
}

/// The least level that makes a run fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "kebab-case")]
pub enum FailOn {
    #[default]
    Error,
    Warning,
    Note,
    Never,
}

impl FailOn {
    /// Whether a finding of this level makes the run fail.
    pub fn counts(self, level: Level) -> bool {
        match self {
            FailOn::Error => level >= Level::Error,
            FailOn::Warning => level >= Level::Warning,
            FailOn::Note => true,
            FailOn::Never => false,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            FailOn::Error => "error",
            FailOn::Warning => "warning",
            FailOn::Note => "note",
            FailOn::Never => "never",
        }
    }
}

/// What an image that could not be checked does to the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "kebab-case")]
pub enum OnUnchecked {
    #[default]
    Fail,
    Warn,
}

impl OnUnchecked {
    pub fn as_str(self) -> &'static str {
        match self {
            OnUnchecked::Fail => "fail",
            OnUnchecked::Warn => "warn",
        }
    }
}

/// A word that is none of those that a setting takes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is none of {expected}")]
pub struct UnknownWord {
    pub given: String,
    pub expected: &'static str,
}

impl FromStr for FailOn {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        [FailOn::Error, FailOn::Warning, FailOn::Note, FailOn::Never]
            .into_iter()
            .find(|v| v.as_str() == text)
            .ok_or_else(|| UnknownWord {
                given: text.into(),
                expected: "error, warning, note, never",
            })
    }
}

impl FromStr for OnUnchecked {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        [OnUnchecked::Fail, OnUnchecked::Warn]
            .into_iter()
            .find(|v| v.as_str() == text)
            .ok_or_else(|| UnknownWord {
                given: text.into(),
                expected: "fail, warn",
            })
    }
}

impl fmt::Display for FailOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for OnUnchecked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// docs/exit-codes.md.
pub fn documentation() -> String {
    let mut text = String::from(
        "# Exit codes\n\nThe same for every format and for `pre-push`; `inspect` has meanings of its own, which its `--help` says. \
         This page is made from `src/exit.rs`.\n\n\
         | code | meaning |\n|---|---|\n",
    );
    for exit in Exit::ALL {
        text.push_str(&format!("| {} | {} |\n", exit.code(), exit.meaning()));
    }
    text.push_str(WHERE_3_PASSES);
    text
}

/// Whoever reads this page has a step that ended with 3 before them: the words to write, for each place.
const WHERE_3_PASSES: &str = "
## Exit code 3: some images could not be checked

The report says of each such image why it was not checked. Where the reason is the network, or a registry that is down, let the \
run pass:

| where | what to write |
|---|---|
| by hand, in any script | `image-lint --on-unchecked warn .` |
| for everybody who works in the repository | `on-unchecked: warn` in [`.image-lint.yaml`](configuration.md) |
| [GitHub's action](guides/ci-github.md#known-findings-and-unreachable-registries) | the input `on-unchecked: warn` |
| [GitLab's component](guides/ci-gitlab.md) | the input `on-unchecked: warn` |

Where the reason is `no-credentials`, log in before the run (`docker login`, `podman login`), or name a file with `--pull-secret`.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_proved_goes_before_what_is_not_known() {
        use {FailOn::*, OnUnchecked::*};
        let ended = |worst, unchecked| Ended {
            interrupted: false,
            worst,
            unchecked,
            incomplete: false,
        };
        let both = ended(Some(Level::Error), NotChecked::Some);
        let unchecked = ended(None, NotChecked::Some);
        let withheld = ended(None, NotChecked::OnlyWithheld);
        let incomplete = Ended {
            incomplete: true,
            ..ended(None, NotChecked::None)
        };
        let interrupted = Ended {
            interrupted: true,
            ..both
        };
        let table = [
            (both, Error, Fail, false, Exit::Findings),
            (both, Never, Fail, false, Exit::Unchecked),
            (both, Never, Warn, false, Exit::Clean),
            (unchecked, Error, Fail, false, Exit::Unchecked),
            (unchecked, Error, Warn, true, Exit::Clean),
            (withheld, Error, Fail, false, Exit::Clean),
            (withheld, Error, Fail, true, Exit::Unchecked),
            (interrupted, Error, Fail, false, Exit::Interrupted),
            (incomplete, Never, Warn, false, Exit::Unchecked),
            (ended(None, NotChecked::None), Note, Fail, true, Exit::Clean),
        ];
        for (ended, fail_on, on_unchecked, insists, expected) in table {
            let policy = ExitPolicy {
                fail_on,
                on_unchecked,
                insists,
            };
            assert_eq!(policy.exit(ended), expected, "{policy:?} {ended:?}");
        }
    }

    #[test]
    fn the_documented_exit_codes_are_those_of_the_code() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/exit-codes.md");
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, documentation()).unwrap();
        }
        let known = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            known == documentation(),
            "run `UPDATE_SCHEMAS=1 cargo test exit_codes` and look at the difference"
        );
    }
}
