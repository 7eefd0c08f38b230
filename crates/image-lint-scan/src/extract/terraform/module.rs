//! The other files of a module: every `*.tf` of a folder is read as one, and `terraform.tfvars` and `*.auto.tfvars` win over
//! defaults (developer.hashicorp.com/terraform/language/values/variables, "Variable Definition Precedence").

use super::{Values, define, hcl};
use crate::extract::Sink;
use image_lint_model::mention::Scope;
use image_lint_text::source::Positions;
use std::rc::Rc;

/// Files of one module that are looked at.
const MAX_FILES: usize = 100;

/// Defines what the other files of the folder say.
pub(super) fn define_others(scope: Scope, out: &mut Sink<'_>) {
    let Some(tree) = out.tree else { return };
    let own = out.file().path.to_text().into_owned();
    let folder = own.rsplit_once('/').map_or("", |(folder, _)| folder);
    let below = tree.below(folder);
    if out.meter.charge(below.len() as u64).is_err() {
        return;
    }
    let here = |path: &str| {
        let name = path
            .get(folder.len()..)
            .unwrap_or("")
            .trim_start_matches('/');
        !name.contains('/') && path != own
    };
    let mut paths: Vec<String> = below
        .into_iter()
        .map(|(_, path)| path)
        .filter(|path| here(path) && rank(path) > 0)
        .take(MAX_FILES)
        .collect();
    // The last one wins.
    paths.sort_by_key(|path| rank(path));
    for path in paths {
        read(&path, scope, out);
    }
}

/// In which order the files of a module count; 0 for what is none.
fn rank(path: &str) -> u8 {
    match path {
        _ if path.ends_with(".tf") || path.ends_with(".tofu") => 1,
        _ if path == "terraform.tfvars" || path.ends_with("/terraform.tfvars") => 2,
        _ if path.ends_with(".auto.tfvars") => 3,
        _ => 0,
    }
}

fn read(path: &str, scope: Scope, out: &mut Sink<'_>) {
    let Some(file) = out.other(path) else { return };
    let meter = Rc::clone(&out.meter);
    let body = hcl::parse(&file.text, &meter);
    let mut positions = Positions::new(&file.text);
    let values = match rank(path) {
        1 => define(&body),
        _ => {
            let mut values = Values::default();
            for attribute in &body.attributes {
                values.add(&format!("var.{}", attribute.name), &attribute.value, 0);
            }
            values
        }
    };
    for (name, text) in values.0 {
        let place = positions.place(file.id, text.span);
        out.define_at(scope.id, &name, text.value, place);
    }
}
