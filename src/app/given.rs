//! What `--set` gives and nothing asks for: most likely a name that is misspelt.

use std::collections::BTreeSet;

use super::gather::Gathered;
use crate::rules::near;
use image_lint_model::finding::{Level, Note};
use image_lint_model::mention::Text;
use image_lint_scan::link::Values;

/// A note for each `NAME=VALUE` whose name nothing had, with the open variable that may be meant.
pub fn unused(given: &[String], values: &Values, gathered: &Gathered) -> Vec<Note> {
    let open: BTreeSet<&str> = (gathered.repository.mentions.iter())
        .filter_map(|linked| match &linked.text {
            Text::Open(variables) => Some(variables.iter().map(|v| v.name.as_str())),
            _ => None,
        })
        .flatten()
        .collect();
    let parts = (gathered.repository.mentions.iter()).flat_map(|linked| &linked.parts);
    let assigned: BTreeSet<&str> = parts.map(|part| &*part.origin.name).collect();
    let names = given.iter().filter_map(|pair| pair.split_once('='));
    let unused = names.filter(|(name, _)| !values.is_used(name));
    unused
        .map(|(name, _)| {
            if assigned.contains(name) {
                let text = format!(
                    "--set {name}: the variable is assigned where it is used, which --set does not change"
                );
                return Note::of_run(Level::Warning, text);
            }
            let meant = open.iter().find(|open| {
                open.eq_ignore_ascii_case(name) || near::within_two(open, name).is_some()
            });
            let hint = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
            let text = format!("--set {name}: no variable of this name is used here{hint}");
            Note::of_run(Level::Warning, text)
        })
        .collect()
}
