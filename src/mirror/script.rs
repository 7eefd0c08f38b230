//! The plan as a shell script. Words that come from references are quoted; paths stand in comments, on one line each.

use std::fmt::Write as _;

use super::{GZIP_SINCE, Plan};
use crate::rules::command::word;
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
    if plan.steps.iter().any(|step| step.gzip) {
        let (major, minor) = GZIP_SINCE;
        let _ = writeln!(
            out,
            "# Some have zstd layers: skopeo {major}.{minor} or later is needed to compress them again."
        );
    }
    out.push_str("set -eu\n");
    for step in &plan.steps {
        let _ = writeln!(out, "\n# {}: {}", step.source, step.format.words());
        for mention in &step.mentions {
            let _ = writeln!(out, "#   {}", sanitize::line(&shown(mention)));
        }
        let words: Vec<String> = step
            .arguments(plain_http)
            .iter()
            .map(|argument| quoted(argument))
            .collect();
        let _ = writeln!(out, "skopeo {}", words.join(" "));
    }
    if !plan.left.is_empty() {
        out.push_str("\n# Cannot be copied:\n");
        for left in &plan.left {
            let _ = writeln!(out, "#   {}: {}", left.reference, sanitize::line(&left.why));
        }
    }
    out.push_str("\n# Then name the copies: `image-lint mirror … --format patch | git apply`\n");
    if !by_hand.is_empty() {
        out.push_str("# To be changed by hand:\n");
        by_hand.iter().for_each(|line| {
            let _ = writeln!(out, "#   {}", sanitize::line(line));
        });
    }
    out
}

/// References always in quotes, flags as they are.
fn quoted(argument: &str) -> String {
    if argument.starts_with("docker://") {
        format!("'{}'", argument.replace('\'', r"'\''"))
    } else {
        word(argument)
    }
}
