//! `unresolved`: a variable that nothing in the repository gives a value.

use super::{Case, Cause, Rule, RuleMeta, finding, Finding, Proves, RuleId};
use image_lint_model::finding::{Level, Related};
use image_lint_model::fact::Fact;
use image_lint_model::mention::{OpenVariable, Role, Text, Unknown};
use image_lint_model::value::Syntax;

pub struct Unresolved;

static META: RuleMeta = RuleMeta {
    id: RuleId::Unresolved,
    level: Some(Level::Note),
    proves: Proves::Nothing,
    applies_to_ci: true,
    summary: "a variable without a value keeps the image from being checked",
    why: "\
The image name holds a variable, and nothing in the repository gives it a value, so no registry was asked. It is a note: \
the value may well come from the pipeline.",
    remedy: "\
Give the variable a default where it is declared, or a value for the check: `--set NAME=VALUE`, `--values FILE`, or `--env` \
to take it from the environment. For templates lint what they render to: `helm template . | image-lint -`.",
    before: "image: registry.example.com/team/app:${VERSION}\n",
    after: "parameters: [{name: VERSION, value: \"1.4\"}]   # or: image-lint --set VERSION=1.4 .\n",
    needs_network: false,
    fixes: super::Fixes::None,
    guides: &[],
};

impl Rule for Unresolved {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let Some(linked) = case.mention() else { return };
        let Text::Open(variables) = &linked.text else {
            return;
        };
        if variables.is_empty() || !matches!(linked.role, Role::Run | Role::BuildBase) {
            return;
        }
        // What a template engine fills in is the business of whoever renders it; one note per file says so.
        if variables
            .iter()
            .all(|v| matches!(v.syntax, Syntax::Braces | Syntax::Expression))
        {
            return;
        }
        let names: Vec<String> = variables.iter().map(|v| format!("`{}`", v.name)).collect();
        let (message, label) = words(variables);
        let mut found = finding(&META, linked).says(message, label);
        found.cause = Cause::same(names);
        for variable in variables {
            if let Some(place) = variable.declared_at {
                found.related.push(Related {
                    place,
                    label: format!("`{}` is declared here without a value", variable.name).into(),
                });
            }
        }
        for fact in &linked.facts {
            if let Fact::FilledIn { place } = fact {
                found.related.push(Related {
                    place: *place,
                    label: "this script puts a value in its place".into(),
                });
            }
        }
        let settable = |v: &&OpenVariable| {
            v.why == Unknown::NoValue
                && !v.name.is_empty()
                && v.name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.' || b == b'-')
        };
        if let Some(variable) = variables.iter().find(settable) {
            found.help = vec![
                format!(
                    "give it a default, or a value for this check: `--set {}=VALUE`",
                    variable.name
                )
                .into(),
            ];
        }
        out.push(found);
    }
}

/// The sentence, and the words at the place.
fn words(variables: &[OpenVariable]) -> (String, &'static str) {
    let of = |why: Unknown| -> Vec<String> {
        let of_kind = variables.iter().filter(|v| v.why == why);
        of_kind.map(|v| format!("`{}`", v.name)).collect()
    };
    let mut parts = Vec::new();
    let mut label = "not known";
    for (why, own) in [
        (Unknown::NoValue, "no value"),
        (Unknown::Argument, "given by whoever calls it"),
        (Unknown::Several, "several values"),
        (Unknown::Running, "known when it runs"),
        (Unknown::Expression, "not followed"),
    ] {
        let names = of(why);
        if names.is_empty() {
            continue;
        }
        let one = names.len() == 1;
        let (has, is) = if one { ("has", "is") } else { ("have", "are") };
        let names = names.join(", ");
        label = match (why, one) {
            (Unknown::NoValue, false) => "no values",
            _ => own,
        };
        parts.push(match why {
            Unknown::NoValue => format!("{names} {has} no value in this repository"),
            Unknown::Argument => format!("{names} {is} given by whoever calls this"),
            Unknown::Several => {
                format!("{names} {has} several values, and which of them go together is not known")
            }
            Unknown::Running => format!("only running it tells what {names} {is}"),
            Unknown::Expression => format!("{names} {is} an expression that is not followed"),
        });
    }
    (format!("not checked: {}", parts.join("; ")), label)
}
