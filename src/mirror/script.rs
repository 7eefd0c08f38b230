//! The plan as a shell script. Words that come from references are quoted; paths stand in comments, on one line each.

use std::fmt::Write as _;

use super::Plan;
use crate::rules::command::word;
use crate::rules::remedy::copy::needs;
use image_lint_model::mention::LinkedMention;
use image_lint_model::sanitize;

/// How a mention's place is shown, such as `deploy/app.yaml:12:16`; safe to show.
pub type Shown<'a> = &'a dyn Fn(&LinkedMention) -> String;

/// The script. `by_hand` are lines about mentions that no edit can change.
pub fn script(
    plan: &Plan<'_>,
    plain_http: &[String],
    shown: Shown<'_>,
    by_hand: &[String],
) -> String {
    let mut out =
        String::from("#!/bin/sh\n# Copies images in docker format. Made by `image-lint mirror`.\n");
    if let Some((major, minor)) = plan
        .steps
        .iter()
        .filter_map(|step| needs(&step.conversion))
        .max()
    {
        let _ = writeln!(
            out,
            "# Some are docker images with zstd layers: skopeo {major}.{minor} or later is needed to convert them."
        );
    }
    out.push_str(HEAD);
    for step in &plan.steps {
        let _ = writeln!(out, "\n# {}: {}", step.source, step.format.words());
        for mention in &step.mentions {
            let _ = writeln!(out, "#   {}", sanitize::line(&shown(mention)));
        }
        if let Some(left_out) = &step.left_out {
            let _ = writeln!(out, "#   {}", sanitize::line(left_out));
        }
        let commands: Vec<String> = step
            .commands(plain_http)
            .iter()
            .map(|words| line(words))
            .collect();
        let _ = writeln!(
            out,
            "{} || not_copied {}",
            commands.join(" &&\n    "),
            quoted(&step.source.to_string())
        );
    }
    if !plan.left.is_empty() {
        out.push_str("\n# Cannot be copied:\n");
        for left in &plan.left {
            let _ = writeln!(out, "#   {}: {}", left.reference, sanitize::line(&left.why));
        }
    }
    let _ = writeln!(
        out,
        "\nif [ \"$failed\" -ne 0 ]; then\n    echo \"$failed of {} not copied\" >&2\n    exit 1\nfi",
        plan.steps.len()
    );
    out.push_str("\n# Then name the copies: `image-lint mirror … --format patch | git apply --allow-empty`\n");
    if !by_hand.is_empty() {
        out.push_str("# To be changed by hand:\n");
        by_hand.iter().for_each(|line| {
            let _ = writeln!(out, "#   {}", sanitize::line(line));
        });
    }
    out
}

/// Commands run in a folder of their own; what fails is counted, and the rest goes on.
const HEAD: &str = "set -u
folder=$(mktemp -d) && cd \"$folder\" || exit 1
trap 'rm -rf \"$folder\"' EXIT
failed=0
not_copied() {
    failed=$((failed + 1))
    echo \"not copied: $1\" >&2
}
";

fn line(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|argument| quoted(argument)).collect();
    words.join(" ")
}

/// References always in quotes, flags as they are.
fn quoted(argument: &str) -> String {
    if argument.contains('/') {
        format!("'{}'", argument.replace('\'', r"'\''"))
    } else {
        word(argument)
    }
}
