//! What the shells themselves offer with our scripts when somebody presses Tab.

use std::path::Path;
use std::process::Command;

use crate::{project, run};

/// A line, and some of the words that are offered to complete it.
const ROWS: [(&str, &[&str]); 8] = [
    ("image-lint --target ", &["openshift-3.11", "kubernetes"]),
    (
        "image-lint --target=open",
        &["openshift-3.11", "openshift-4"],
    ),
    ("image-lint --format ", &["sarif", "gitlab", "short"]),
    ("image-lint --fail-on ", &["warning", "never"]),
    ("image-lint --ignore ", &["tag-not-found", "oci-build"]),
    ("image-lint --level short-name=", &["warning", "off"]),
    (
        "image-lint explain un",
        &["unauthorized", "unsupported-format"],
    ),
    ("image-lint schema ", &["user-config"]),
];

/// What a shell shows of a script when the line is to be completed.
fn offered(shell: &str, script: &Path, line: &str, expected: &[&str]) -> String {
    let folder = script.parent().unwrap();
    let mut command = match shell {
        "fish" => {
            let mut command = Command::new("fish");
            let text = format!("source '{}'; complete -C'{line}'", script.display());
            command.args(["--no-config", "-c", &text]);
            command
        }
        _ => {
            let mut command = Command::new("python3");
            command.arg(project().join("tests/documents/complete.py"));
            command.arg(shell).arg(script).arg(line).args(expected);
            command
        }
    };
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", folder.display()));
    command.env("HOME", folder).current_dir(folder);
    let done = command.output().expect("scripts/install-test-tools.sh");
    String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr)
}

#[test]
fn shells_offer_the_words_that_an_option_or_argument_takes() {
    for shell in ["bash", "zsh", "fish"] {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("image-lint");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_image-lint"), program).unwrap();
        let script = folder.path().join("script");
        std::fs::write(&script, run(&["completions", shell]).0).unwrap();
        std::thread::scope(|scope| {
            for (line, expected) in ROWS {
                let script = &script;
                scope.spawn(move || {
                    let shown = offered(shell, script, line, expected);
                    for word in expected {
                        assert!(
                            shown.contains(word),
                            "{shell}: `{line}`: no {word}:\n{shown}"
                        );
                    }
                });
            }
        });
    }
}

/// PowerShell is in no registry that the project uses: its script is read, not run.
#[test]
fn the_script_for_powershell_knows_the_words() {
    let (script, _) = run(&["completions", "powershell"]);
    for row in [
        "'image-lint --target' = @('openshift-3.11', 'docker-20.10', 'openshift-4', 'kubernetes')",
        "'image-lint;list --format' = @('text', 'json', 'jsonl')",
        "'image-lint;explain' = @(",
        "'image-lint --level' = @(",
    ] {
        assert!(script.contains(row), "{row}");
    }
    assert!(script.find("$words = @{") < script.find("$completions = @(switch"));
}
