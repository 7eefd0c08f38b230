//! Copies, looks at what was pushed, and names in the files what is as it must be.

use std::collections::BTreeMap;
use std::io::Write;

use super::rewriting::{Rewrites, Rewriting};
use crate::app::skopeo::Skopeo;
use crate::app::{Failure, network};
use crate::cli::NetworkArgs;
use crate::config;
use crate::exit::Exit;
use crate::mirror::{Plan, Step};
use crate::report::count;
use image_lint_model::manifest::Format;
use image_lint_model::pull::Pull;
use image_lint_model::resolution::Resolution;
use image_lint_model::sanitize;
use image_lint_model::target::Target;
use image_lint_registry::{CacheMode, Client, Depth};

/// A client that remembers nothing: what was pushed a moment ago is to be seen.
pub(super) fn client(
    args: &NetworkArgs,
    settings: &config::Settings,
    env: &BTreeMap<String, String>,
) -> Result<Client, Failure> {
    let settings = network::settings(args, settings, env);
    Ok(Client::new(image_lint_registry::Settings {
        cache: CacheMode::Off,
        ..settings
    })?)
}

/// Copies, checks each copy, and names in the files those that are what they must be.
pub(super) fn apply(
    plan: &Plan<'_>,
    rewriting: &Rewriting<'_>,
    skopeo: &Skopeo,
    plain_http: &[String],
    client: &Client,
    quiet: bool,
) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Failure::Io {
            what: "cannot start the network thread".into(),
            source,
        })?;
    let say = |text: &str| {
        let _ = writeln!(std::io::stderr(), "image-lint: {}", sanitize::line(text));
    };
    let mut made: BTreeMap<String, String> = BTreeMap::new();
    let mut failed = false;
    let mut rewrites = Rewrites::default();
    for left in &plan.left {
        failed = true;
        say(&format!(
            "{} cannot be copied: {}",
            left.reference, left.why
        ));
    }
    for step in &plan.steps {
        if !quiet {
            say(&format!("copying {} to {}", step.from(), step.destination));
        }
        let copied = skopeo.copy(step, plain_http).and_then(|()| {
            check(
                step,
                &runtime
                    .block_on(client.resolve(&step.destination, Depth::Full))
                    .resolution,
            )
        });
        match copied {
            Ok(digest) => {
                rewriting.step(step, digest.as_deref(), &mut rewrites);
                made.insert(step.destination.to_string(), digest.unwrap_or_default());
            }
            Err(why) => {
                failed = true;
                say(&format!("{} was not copied: {why}", step.source));
            }
        }
    }
    for (file, edits) in rewrites.edits.files() {
        let path = rewriting.report.path(file);
        match rewriting.drafts.write(file, &edits) {
            Ok(()) if quiet => {}
            Ok(()) => say(&format!(
                "{}: {} named anew",
                path.to_text(),
                count::of(edits.len(), "place")
            )),
            Err(error) => {
                failed = true;
                say(&format!("{}: not changed: {error}", path.to_text()));
            }
        }
    }
    say_by_hand(&rewrites.by_hand);
    say(&format!(
        "{} of {} made",
        made.len(),
        count::of(plan.steps.len() + plan.left.len(), "copy")
    ));
    let left = failed || !rewrites.by_hand.is_empty();
    Ok(if left {
        Exit::Findings.code()
    } else {
        Exit::Clean.code()
    })
}

/// The digest of a copy that is what it must be: of the expected form, with layers that every client unpacks.
fn check(step: &Step<'_>, resolution: &Resolution) -> Result<Option<String>, String> {
    let Resolution::Found(manifest) = resolution else {
        return Err(format!(
            "{} cannot be read back from the registry",
            step.destination
        ));
    };
    // A list may have come from a single image.
    let fine = manifest.format == Format::DockerSchema2 || manifest.format == step.expected();
    if !fine {
        return Err(format!(
            "the registry stores {} as {}",
            step.destination,
            manifest.format.words()
        ));
    }
    // Whatever the target is: a copy is made so that the oldest client pulls it.
    let mut strictest = Target::default();
    strictest.platform = step.nodes().clone();
    match strictest.pull(manifest) {
        Pull::Works => Ok(manifest.digest.as_deref().map(str::to_owned)),
        Pull::Refused(refusal) | Pull::Depends(refusal) => Err(format!(
            "{} is no better than before: {} ({})",
            step.destination, refusal.words, refusal.detail
        )),
    }
}

pub(super) fn say_by_hand(lines: &[String]) {
    let mut err = std::io::stderr();
    if !lines.is_empty() {
        let _ = writeln!(err, "image-lint: to be changed by hand:");
    }
    for line in lines {
        let _ = writeln!(err, "  {}", sanitize::line(line));
    }
}
