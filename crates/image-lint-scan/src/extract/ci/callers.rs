//! Who calls a workflow or an action of the repository, and with which inputs (docs.github.com, "Reuse workflows",
//! `uses: ./path`): each call is one way in which it runs.

use super::matrix::{self, Combinations};
use super::{Variables, add_variables, github, resolved};
use crate::extract::{Sink, Site};
use image_lint_text::source::{Positions, SourceFile};
use image_lint_text::yaml::{self, Node};

/// Most calls that are told apart.
const MAX_CALLS: usize = 64;
/// Most workflows that are looked through for calls.
const MAX_FILES: usize = 300;

/// The inputs of each call; none where nobody here calls it.
pub(super) fn calls(root: Node<'_>, out: &mut Sink<'_>) -> Combinations {
    let called = root.at(&["on", "workflow_call"]).is_some();
    let action = root.get("runs").is_some() && root.get("inputs").is_some();
    if !called && !action {
        return Vec::new();
    }
    let Some(tree) = out.tree else {
        out.extraction.follows = true;
        return Vec::new();
    };
    let own = out.file().path.to_text().into_owned();
    let name = match action {
        true => out.file().path.folder().into_owned(),
        false => own.clone(),
    };
    let wanted = format!("./{name}");
    let defaults = github::inputs(root);
    let mut calls = Vec::new();
    let below = tree.below(".github/workflows").into_iter();
    for (id, path) in below.take(MAX_FILES) {
        if path == own || calls.len() >= MAX_CALLS {
            continue;
        }
        let Some(file) = tree.text(id) else { continue };
        if !file.text.contains(&wanted) || out.meter.charge(file.text.len() as u64).is_err() {
            continue;
        }
        of_file(&file, &wanted, &defaults, out, &mut calls);
    }
    calls.truncate(MAX_CALLS);
    if !calls.is_empty() && root.at(&["on", "workflow_dispatch"]).is_some() {
        calls.push(defaults);
    }
    calls
}

fn of_file(
    file: &SourceFile,
    wanted: &str,
    defaults: &Variables,
    out: &mut Sink<'_>,
    calls: &mut Combinations,
) {
    let whole = file.whole();
    let stream = yaml::parse(&whole);
    let mut positions = Positions::new(&file.text);
    for document in &stream.documents {
        let root = document.root();
        let known = github::inputs(root);
        for (_, job) in root.get("jobs").into_iter().flat_map(|jobs| jobs.pairs()) {
            let steps = job.get("steps").into_iter().flat_map(|steps| steps.items());
            for call in std::iter::once(job).chain(steps) {
                let uses = call.str_at(&["uses"]).unwrap_or("");
                if uses.trim_end_matches('/') != wanted {
                    continue;
                }
                let mut given = Variables::new();
                add_variables(&mut given, call.get("with"));
                let matrix = matrix::github(job.get("strategy"), &known, out);
                let ways = match matrix.is_empty() {
                    true => vec![Variables::new()],
                    false => matrix,
                };
                for way in ways {
                    let known = [known.as_slice(), way.as_slice()].concat();
                    let mut all = defaults.clone();
                    all.extend(resolved(&given, &known, out).into_iter().map(
                        |(name, value, site)| {
                            let site = site.map(|site| match site {
                                Site::Here(span) => Site::There(positions.place(file.id, span)),
                                there => there,
                            });
                            (format!("inputs.{name}").into(), value, site)
                        },
                    ));
                    calls.push(all);
                }
            }
        }
    }
}
