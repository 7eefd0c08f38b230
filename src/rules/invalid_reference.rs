//! `invalid-reference`: the string cannot be the name of an image.

use super::{Case, Rule, RuleMeta, finding, Finding, Proves, RuleId};
use image_lint_model::finding::{Level};
use image_lint_model::fact::{Fact, StreamFault};
use image_lint_model::mention::{Expect, Role, StreamKind, Text, LinkedMention, SourceKind};
use image_lint_model::reference::ReferenceErrorKind;
use image_lint_model::value::OriginKind;

pub struct InvalidReference;

static META: RuleMeta = RuleMeta {
    id: RuleId::InvalidReference,
    level: Some(Level::Error),
    proves: Proves::Image,
    applies_to_ci: true,
    summary: "the string cannot be an image name",
    why: "\
Image names follow docker's grammar: lowercase path components, a tag of letters, digits, `_`, `.` and `-`, a digest of 64 \
hexadecimal digits. What does not is refused by the API server or by the node (`InvalidImageName`, `couldn't parse image \
reference`), whatever the registry has.",
    remedy: "Correct the part that is named in the finding.",
    before: "image: Example/App:1.0+build\n",
    after: "image: example/app:1.0-build\n",
    needs_network: false,
    fixes: super::Fixes::None,
    guides: &[],
};

impl Rule for InvalidReference {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let Some(linked) = case.mention() else { return };
        out.extend(blanks(linked));
        out.extend(no_stream_name(linked));
        out.extend(too_long(linked, case));
        let Text::Invalid { text, error } = &linked.text else {
            return;
        };
        if matches!(linked.role, Role::Local | Role::Stream)
            || matches!(linked.mention.expect, Expect::Local)
        {
            return;
        }
        let secret = error.kind == ReferenceErrorKind::Credentials;
        let message = if secret {
            // What is before the `@` may be a password.
            format!("this is not a valid image name: {}", error.why)
        } else {
            format!("`{}` is not a valid image name: {}", shortened(text), error.why)
        };
        let column = text
            .get(..error.at.start)
            .map_or(0, |before| before.chars().count())
            + 1;
        let label = match error.kind {
            ReferenceErrorKind::Empty => "empty".to_owned(),
            _ => format!("at character {column}"),
        };
        let mut found = finding(&META, linked).says(message, label);
        if secret {
            found.reference = None;
        }
        let mut origins = linked.parts.iter().map(|part| part.origin.kind);
        if origins.any(|kind| kind == OriginKind::HelmNumber) {
            let help = "helm prints a number so: put the value in quotes where it is set";
            found.help.push(help.into());
        } else if let Some(hint) = &error.hint {
            found.help.push(hint.clone().into());
        }
        out.push(found);
    }
}

/// Bytes of a name with its host (containers/image `docker/reference`, `NameTotalLengthMax`).
const LONGEST: usize = 255;

/// A name that is too long with its host, for clients that count that.
fn too_long(linked: &LinkedMention, case: &Case<'_>) -> Option<Finding> {
    let Text::Known(reference) = &linked.text else {
        return None;
    };
    let pulled = matches!(linked.role, Role::Run | Role::BuildBase | Role::Ci);
    let name = reference.name();
    if !pulled || !case.target.counts_host || name.len() <= LONGEST {
        return None;
    }
    let message = format!(
        "`{}` is not a valid image name for {}: it has {} bytes with its host, and {LONGEST} are the most",
        shortened(&name),
        case.target.name,
        name.len()
    );
    Some(finding(&META, linked).says(message, "too long with its host"))
}

/// The name of a stream's tag or image that the cluster refuses, or takes and never finds.
fn no_stream_name(linked: &LinkedMention) -> Option<Finding> {
    let fault = linked.facts.iter().find_map(|fact| match fact {
        Fact::NoStreamName(fault) => Some(*fault),
        _ => None,
    })?;
    let text = linked.mention.value.as_known()?;
    let (form, kind) = match &linked.mention.expect {
        Expect::Stream {
            kind: StreamKind::ImageStreamImage,
            ..
        } => ("NAME@ID", "ImageStreamImage"),
        _ => ("NAME:TAG", "ImageStreamTag"),
    };
    let what = match fault {
        StreamFault::Refused => "the API server refuses it",
        StreamFault::NeverResolved => "the object is stored, and nothing ever resolves it",
    };
    let mut found = finding(&META, linked).says(
        format!(
            "`{}` is not a valid name of an {kind}: {what}",
            shortened(&text)
        ),
        format!("not of the form {form}"),
    );
    if fault == StreamFault::NeverResolved {
        found.weaken(Level::Warning);
    }
    found.help = vec![format!("write it as `{form}`").into()];
    Some(found)
}

/// White space that is part of the value, although the name is fine without it.
fn blanks(linked: &LinkedMention) -> Option<Finding> {
    let Text::Known(reference) = &linked.text else {
        return None;
    };
    let pulled = matches!(linked.role, Role::Run | Role::BuildBase | Role::Ci);
    if !pulled || !linked.facts.contains(&Fact::Blank) {
        return None;
    }
    let who = match linked.mention.source {
        SourceKind::Dockerfile => "builders answer `invalid reference format`",
        SourceKind::Compose => "docker answers `invalid reference format`",
        _ => {
            "the cluster refuses a Pod with it; a template with it is accepted, and the pods made from it are refused"
        }
    };
    let mut found = finding(&META, linked).says(
        format!("the white space around `{reference}` is part of the image's name: {who}"),
        "white space around the name",
    );
    found.help = vec![
        "write the name without it; in YAML a block scalar (`|`) ends with a line break: write the name after `image:`, or use `|-`"
            .into(),
    ];
    Some(found)
}

/// A long string shows its beginning only.
fn shortened(text: &str) -> String {
    if text.chars().count() <= 160 {
        text.to_owned()
    } else {
        format!("{}…", text.chars().take(160).collect::<String>())
    }
}
