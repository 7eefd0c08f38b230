//! `invalid-reference`: the string cannot be the name of an image.

use super::{Case, Rule, RuleMeta, finding};
use image_lint_model::finding::{Finding, Level};
use image_lint_model::mention::{Expect, Role, Text};
use image_lint_model::reference::ReferenceErrorKind;

pub struct InvalidReference;

static META: RuleMeta = RuleMeta {
    id: "invalid-reference",
    level: Some(Level::Error),
    summary: "the string cannot be an image name",
    why: "\
Image names follow docker's grammar: lowercase path components, a tag of letters, digits, `_`, `.` and `-`, a digest of 64 \
hexadecimal digits. What does not is refused by the API server or by the node (`InvalidImageName`, `couldn't parse image \
reference`), whatever the registry has.",
    remedy: "Correct the part that is named in the finding.",
    before: "image: Example/App:1.0+build\n",
    after: "image: example/app:1.0-build\n",
    needs_network: false,
    fixes: false,
};

impl Rule for InvalidReference {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let Some(linked) = case.mention() else { return };
        let Text::Invalid { text, error } = &linked.text else {
            return;
        };
        if matches!(linked.mention.role, Role::Local | Role::Stream)
            || matches!(linked.mention.expect, Expect::Local)
        {
            return;
        }
        let mut found = finding(&META, linked);
        found.message = if error.kind == ReferenceErrorKind::Credentials {
            // What stands before the `@` may be a password.
            format!("this is no image name: {}", error.why).into()
        } else {
            format!("`{}` is no image name: {}", shortened(text), error.why).into()
        };
        if error.kind == ReferenceErrorKind::Credentials {
            found.reference = None;
        }
        let column = text
            .get(..error.at.start)
            .map_or(0, |before| before.chars().count())
            + 1;
        found.label = match error.kind {
            ReferenceErrorKind::Empty => "empty".into(),
            _ => format!("at character {column}").into(),
        };
        if let Some(hint) = &error.hint {
            found.help.push(hint.clone().into());
        }
        out.push(found);
    }
}

/// A long string shows its beginning only.
fn shortened(text: &str) -> String {
    if text.chars().count() <= 160 {
        text.to_owned()
    } else {
        format!("{}…", text.chars().take(160).collect::<String>())
    }
}
