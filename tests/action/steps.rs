//! The step that lints: every input arrives byte for byte, nothing is evaluated, outputs are numbers and own paths.

use std::ffi::OsString;
use std::path::Path;

use clap::Parser;
use image_lint::action::event::Event;
use image_lint::action::inputs::{OwnFiles, invocation};
use image_lint::cli::Cli;

use crate::executable::write_executable;
use crate::runner::{Job, action};

const HOSTILE: &[&str] = &[
    "x;touch pwned;",
    "$(touch pwned)",
    "`touch pwned`",
    "\" ; touch pwned ; \"",
    "' ; touch pwned ; '",
    "a && touch pwned",
    "a\n::stop-commands::t\n.yaml",
    "${{ secrets.TOKEN }}",
    "*",
    "  two  blanks  ",
    "-rf",
    "--config=evil",
    "%0A::error::",
];

#[test]
fn no_expression_stands_in_a_script() {
    for step in action().runs.steps {
        assert!(!step.run.contains("${{"), "{}: {}", step.id, step.run);
        assert!(!step.run.contains("eval"), "{}", step.run);
    }
    let script =
        std::fs::read_to_string(crate::runner::project().join("action/install.sh")).unwrap();
    assert!(!script.contains("eval ") && !script.contains("GITHUB_ENV"));
}

#[test]
fn every_input_is_described_and_reaches_a_step() {
    let action = action();
    for (name, input) in &action.inputs {
        assert!(!input.description.is_empty(), "{name}");
        let expression = format!("${{{{ inputs.{name} }}}}");
        assert!(
            action.runs.steps.iter().any(|step| {
                let condition = format!("inputs.{name} == 'true'");
                step.env.values().any(|v| *v == expression)
                    || step
                        .condition
                        .as_deref()
                        .is_some_and(|c| c.contains(&condition))
            }),
            "{name}"
        );
    }
}

#[test]
fn the_page_is_kept_only_where_somebody_asks_for_it_and_by_a_pinned_action() {
    let action = action();
    let upload: Vec<_> = (action.runs.steps.iter())
        .filter(|step| step.uses.is_some())
        .collect();
    assert_eq!(upload.len(), 1);
    let (name, commit) = upload[0].uses.as_deref().unwrap().split_once('@').unwrap();
    assert_eq!(name, "actions/upload-artifact");
    assert!(commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()));
    assert_eq!(upload[0].with["path"], "${{ steps.run.outputs.html-file }}");
    // After a step that failed, too, but not after one that wrote no page.
    let condition = upload[0].condition.as_deref().unwrap();
    for part in [
        "always()",
        "inputs.page-artifact == 'true'",
        "steps.run.outputs.html-file != ''",
    ] {
        assert!(condition.contains(part), "{condition}");
    }
    assert_eq!(
        action.inputs["page-artifact"].default.as_deref(),
        Some("false")
    );
}

#[test]
fn hostile_inputs_arrive_as_they_are() {
    let names: Vec<String> = action().inputs.into_keys().collect();
    for value in HOSTILE {
        let mut job = Job::new();
        let program = job.at("image-lint");
        write_executable(
            &program,
            "#!/bin/sh\n[ \"$*\" = github-action ] && env -0 >\"$RUNNER_TEMP/seen\"\n",
        );
        for name in names
            .iter()
            .filter(|name| !matches!(name.as_str(), "path" | "version" | "page-artifact"))
        {
            job.input(name, *value);
        }
        job.input("path", program.to_str().unwrap());
        let result = job.run();
        assert_eq!(result.status, 0, "{value:?}: {}", result.log);
        assert_eq!(result.log, "", "nothing of an input is printed");
        let seen = std::fs::read(job.at("temp/seen")).unwrap();
        let seen: Vec<&[u8]> = seen.split(|b| *b == 0).collect();
        for name in names.iter().filter(|name| {
            !matches!(
                name.as_str(),
                "path" | "version" | "base-url" | "page-artifact"
            )
        }) {
            let variable = format!(
                "IMAGE_LINT_INPUT_{}={value}",
                name.to_uppercase().replace('-', "_")
            );
            assert!(seen.contains(&variable.as_bytes()), "{variable:?}");
        }
        assert_eq!(
            std::fs::read_dir(&job.workspace).unwrap().count(),
            0,
            "{value:?} was evaluated"
        );
    }
}

#[test]
fn a_failing_run_fails_the_step_and_keeps_its_outputs() {
    let mut job = Job::new();
    let program = job.at("image-lint");
    let script = "#!/bin/sh\nprintf 'exit-code=1\\nresult=findings\\nfindings=4\\n' >>\"$GITHUB_OUTPUT\"\nexit 1\n";
    write_executable(&program, script);
    job.input("path", program.to_str().unwrap());
    let result = job.run();
    assert_eq!(result.status, 1);
    assert_eq!(result.outputs["result"], "findings");
    assert_eq!(result.outputs["findings"], "4");
    assert_eq!(result.outputs["sarif-file"], "");
}

#[test]
fn what_the_inputs_become_is_understood_by_the_command_line() {
    let hostile = HOSTILE.join("\n");
    let rows: &[&[(&str, &str)]] = &[
        &[],
        &[("PATHS", &hostile)],
        &[
            ("CONFIG", "--x"),
            ("TARGET", "openshift-4"),
            ("FAIL_ON", "warning"),
            ("ON_UNCHECKED", "warn"),
            ("CHANGED_ONLY", "true"),
            ("ANNOTATIONS", "false"),
            ("SUMMARY", "true"),
            ("SARIF_FILE", "-x.sarif"),
            ("BASELINE", "b"),
            ("TRUST", "untrusted"),
            ("REGISTRY_AUTH", "none"),
        ],
    ];
    let own = OwnFiles {
        json: Path::new("/own/report.json"),
        html: Path::new("/own/image-lint.html"),
        markdown: Path::new("/own/summary.md"),
    };
    let base = image_lint::git::Oid::parse("a".repeat(40).as_bytes());
    for inputs in rows {
        let look = |name: &str| {
            let name = name.strip_prefix("IMAGE_LINT_INPUT_")?;
            inputs
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, value)| OsString::from(value))
        };
        let run = invocation(
            look,
            &Event {
                foreign: false,
                base: base.clone(),
            },
            own,
        )
        .unwrap();
        let arguments = std::iter::once(OsString::from("image-lint")).chain(run.arguments);
        let cli =
            Cli::try_parse_from(arguments).unwrap_or_else(|error| panic!("{inputs:?}: {error}"));
        assert!(cli.command.is_none());
        if inputs.len() == 1 {
            let expected: Vec<&str> = hostile.split('\n').collect();
            assert_eq!(cli.lint.paths, expected, "one path a line, as it is");
        }
    }
}
