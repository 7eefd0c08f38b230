//! `tag-not-found`: the repository can be read, and what is named is not in it.

use super::remedy::reach::Reach;
use super::remedy::line;
use super::{Case, Finding, Proves, Rule, RuleId, RuleMeta, finding, seen};
use image_lint_model::finding::{Edit, Fix, Level};
use image_lint_model::mention::LinkedMention;
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::{Absence, Absent, Resolution};

pub struct TagNotFound;

static META: RuleMeta = RuleMeta {
    id: RuleId::TagNotFound,
    level: Some(Level::Error),
    proves: Proves::Image,
    applies_to_ci: true,
    summary: "the repository can be read, but the tag or digest is not in it",
    why: "\
The registry let the repository be read and does not have this tag or digest: it was mistyped, never pushed, or removed \
(retention policies and `skopeo delete` remove tags; a re-pushed tag can leave its old digest to garbage collection). Nodes \
that have no copy answer `manifest for X not found` and the pod stays in ImagePullBackOff.",
    remedy: "\
Use a tag that exists; the nearest ones are listed. If the tag is to be pushed later by this pipeline, push it before the \
manifest that names it, or ignore the line with a reason: `# image-lint: ignore[tag-not-found] pushed by the release job`.",
    before: "image: quay.io/example/app:1.4.7\n",
    after: "image: quay.io/example/app:1.4.6   # the nearest tag that exists\n",
    needs_network: true,
    fixes: true,
};

/// The edit that writes the nearest tag, which may be another image than the one that was meant. None where the tag is
/// not written at the end of the name.
fn nearest(linked: &LinkedMention, tag: &str, nearest: &str) -> Option<Fix> {
    let mention = &linked.mention;
    let span = mention.place.span;
    let from = span.start.checked_sub(mention.excerpt.offset)? as usize;
    let written = mention.excerpt.text.get(from..from + span.len())?;
    let whole = linked.parts.is_empty() && mention.also.is_empty();
    let at_end = written.strip_suffix(tag)?.ends_with(':');
    // Not every registry keeps to the letters of a tag.
    let plain = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
    };
    if !whole || !at_end || !plain(tag) || !plain(nearest) || nearest.len() > 128 {
        return None;
    }
    let len = tag.len() as u32;
    let mut place = mention.place;
    place.start = place.end;
    place.start.column = place.end.column.checked_sub(len)?;
    place.start.column_utf16 = place.end.column_utf16.checked_sub(len)?;
    place.span.start = place.span.end - len;
    Some(Fix {
        title: format!("write the nearest tag, `{nearest}`"),
        edits: vec![Edit {
            file: place.file,
            span: place.span,
            place,
            text: nearest.to_owned(),
        }],
        safe: false,
    })
}

impl Rule for TagNotFound {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let Some((linked, reference, resolved)) = case.asked() else {
            return;
        };
        let Resolution::Absent(absence) = &resolved.resolution else {
            return;
        };
        let mut found = match absence.what {
            Absent::Tag => no_tag(case, linked, reference, absence),
            Absent::Digest => no_digest(case, linked, reference, Reach::of(resolved)),
            Absent::Repository => no_repository(case, linked, reference),
        };
        found.evidence = seen(reference, resolved);
        if linked.built_here() {
            found.weaken(Level::Warning);
            found.help.insert(
                0,
                "this repository builds and pushes this name: it has to be pushed before this is deployed".into(),
            );
        }
        out.push(found);
    }
}

/// What the node answers, in its words.
fn node(words: &str, reference: &ImageReference) -> String {
    let words = words
        .replace("{image}", &reference.to_string())
        .replace("{repository}", &reference.name())
        .replace("{tag}", reference.identifier());
    format!("the node answers `{words}`")
}

fn no_tag(
    case: &Case<'_>,
    linked: &LinkedMention,
    reference: &ImageReference,
    absence: &Absence,
) -> Finding {
    let node = node(case.target.refusals().absent, reference);
    let name = reference.name();
    let tag = reference.tag.as_deref().unwrap_or("latest");
    let implied = if reference.tag_implied {
        ", which is meant when no tag is written,"
    } else {
        ""
    };
    let mut found = finding(&META, linked).says(
        format!(
            "the repository `{name}` has no tag `{tag}`{implied}: {node}"
        ),
        format!("no tag `{tag}`"),
    );
    if absence.expired {
        found
            .help
            .push("the registry says that this tag existed once and has expired".into());
    }
    found.help.push(if absence.nearest_tags.is_empty() {
        "check the tag's spelling, or push the image first".into()
    } else {
        let tags: Vec<String> = absence
            .nearest_tags
            .iter()
            .map(|tag| format!("`{tag}`"))
            .collect();
        format!("nearest tags that exist: {}", tags.join(", ")).into()
    });
    let best = absence.nearest_tags.first();
    // An older tag in the place of what this repository is about to push would be a step back.
    if !linked.built_here() {
        found.fix = best.and_then(|best| nearest(linked, tag, best));
    }
    found
}

fn no_digest(
    case: &Case<'_>,
    linked: &LinkedMention,
    reference: &ImageReference,
    reach: Reach,
) -> Finding {
    let node = node(case.target.refusals().absent, reference);
    let name = reference.name();
    let digest = reference.digest.as_deref().unwrap_or_default();
    let mut found = finding(&META, linked).says(
        format!(
            "the repository `{name}` has no manifest `{digest}`: {node}"
        ),
        "no such digest",
    );
    found
        .help
        .push("the image was removed, or the digest is that of another registry's copy".into());
    let words = |what: &[&'static str], image: String| {
        let flag = reach.only().into_iter();
        let words = ["skopeo"].into_iter().chain(what.iter().copied()).chain(flag);
        let words: Vec<String> = words.map(str::to_owned).chain([image]).collect();
        format!("$ {}", line(&words))
    };
    found.help.push(match &reference.tag {
        Some(tag) => {
            let tagged = format!("docker://{name}:{tag}");
            words(&["inspect", "--format", "{{.Digest}}"], tagged).into()
        }
        None => words(&["list-tags"], format!("docker://{name}")).into(),
    });
    found
}

fn no_repository(case: &Case<'_>, linked: &LinkedMention, reference: &ImageReference) -> Finding {
    let node = node(case.target.refusals().no_repository, reference);
    let mut found = finding(&META, linked).says(
        format!(
            "the registry `{}` has no repository `{}`: {node}",
            reference.host, reference.repository
        ),
        "no such repository",
    );
    found
        .help
        .push("check the name's spelling, or push the image first".into());
    found
}
