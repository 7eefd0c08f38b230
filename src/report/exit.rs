//! What a run's exit code says. The same for every format: how a report is written never changes what it means.

use crate::config::{FailOn, OnUnchecked};
use crate::report::Report;

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
                "nothing proved bad, but some images could not be checked, and `--on-unchecked` is `fail`. Images that \
                 only credentials could show, in a pull request from a fork, count when `--on-unchecked fail` is given"
            }
            Exit::Interrupted => "interrupted: the report holds what was known by then",
        }
    }

    /// Of a run that gave a report. What was proved goes before what is not known.
    pub fn of(report: &Report, fail_on: FailOn, on_unchecked: OnUnchecked) -> Exit {
        if report.summary.interrupted {
            Exit::Interrupted
        } else if report.findings.iter().any(|f| fail_on.counts(f.level)) {
            Exit::Findings
        } else if !report.unchecked.is_empty() && on_unchecked == OnUnchecked::Fail {
            Exit::Unchecked
        } else {
            Exit::Clean
        }
    }
}

/// docs/exit-codes.md.
pub fn documentation() -> String {
    let mut text = String::from(
        "# Exit codes\n\nThe same for every format and for `pre-push`. This page is made from `src/report/exit.rs`.\n\n\
         | code | meaning |\n|---|---|\n",
    );
    for exit in Exit::ALL {
        text.push_str(&format!("| {} | {} |\n", exit.code(), exit.meaning()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn what_is_proved_goes_before_what_is_not_known() {
        use {FailOn::*, OnUnchecked::*};
        let both = sample::realistic();
        let mut unchecked = sample::realistic();
        unchecked.findings.clear();
        let mut interrupted = sample::realistic();
        interrupted.summary.interrupted = true;
        let table = [
            (&both, Error, Fail, Exit::Findings),
            (&both, Never, Fail, Exit::Unchecked),
            (&both, Never, Warn, Exit::Clean),
            (&unchecked, Error, Fail, Exit::Unchecked),
            (&unchecked, Error, Warn, Exit::Clean),
            (&interrupted, Error, Fail, Exit::Interrupted),
            (&sample::clean(), Note, Fail, Exit::Clean),
        ];
        for (report, fail_on, on_unchecked, expected) in table {
            assert_eq!(
                Exit::of(report, fail_on, on_unchecked),
                expected,
                "{fail_on} {on_unchecked}"
            );
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
