//! `tag-not-found`: the repository can be read, and what is named is not in it.

use super::remedy::reach::Reach;
use super::remedy::line;
use super::{guide, Case, Finding, FindingBuilder, Proves, Rule, RuleId, RuleMeta, asked_name, finding, seen};
use image_lint_model::finding::{Edit, Fix, Level, Related};
use image_lint_model::mention::{Excerpt, LinkedMention, Mention, Role};
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::{Absence, Absent, Resolution};
use image_lint_text::source::Place;

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
that have no copy answer `manifest for X not found` and the pod stays in ImagePullBackOff. Where this repository itself builds and \
pushes the name it is a warning: it may be about to be pushed.",
    remedy: "\
Use a tag that exists; the nearest ones are listed. If the tag is to be pushed later by this pipeline, push it before the \
manifest that names it, or ignore the line with a reason: `# image-lint: ignore[tag-not-found] pushed by the release job`.",
    before: "image: quay.io/example/app:1.4.7\n",
    after: "image: quay.io/example/app:1.4.6   # the nearest tag that exists\n",
    needs_network: true,
    fixes: super::Fixes::Unsafe,
    guides: &[guide::NOT_THERE],
};

/// Writes the nearest tag in the place of the one that is not there. Unsafe: another image is deployed then.
fn nearest(linked: &LinkedMention, tag: &str, nearest: &str) -> Option<Fix> {
    let plain = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
    };
    if !plain(tag) || !plain(nearest) || nearest.len() > 128 {
        return None;
    }
    let (place, text) = match &linked.mention.tag_at {
        Some(at) if at.whole => (at.place, alone(&at.excerpt, at.place, tag, nearest)?),
        Some(_) => return None,
        None => in_one_text(&linked.mention, tag, nearest)?,
    };
    // Where variables made it, the text is not the mention's own.
    if linked.mention.tag_at.is_none() && !linked.parts.is_empty() {
        return None;
    }
    Some(Fix {
        title: format!("write the nearest tag, `{nearest}`"),
        edits: vec![Edit {
            file: place.file,
            span: place.span,
            place,
            text,
        }],
        safe: false,
    })
}

/// The end of a whole name, or a tag that is a field of its own beside the name.
fn in_one_text(mention: &Mention, tag: &str, nearest: &str) -> Option<(Place, String)> {
    let mut place = mention.place;
    let written = at(&mention.excerpt, place)?;
    if written == tag && !mention.also.is_empty() {
        return Some((place, alone(&mention.excerpt, place, tag, nearest)?));
    }
    if !mention.also.is_empty() || !written.strip_suffix(tag)?.ends_with(':') {
        return None;
    }
    let len = tag.len() as u32;
    place.start = place.end;
    place.start.column = place.end.column.checked_sub(len)?;
    place.start.column_utf16 = place.end.column_utf16.checked_sub(len)?;
    place.span.start = place.span.end - len;
    Some((place, nearest.to_owned()))
}

/// A tag as the whole value of a key: in quotes where YAML would take it for something else, and none are there.
fn alone(excerpt: &Excerpt, place: Place, tag: &str, nearest: &str) -> Option<String> {
    if at(excerpt, place)? != tag {
        return None;
    }
    let from = place.span.start.checked_sub(excerpt.offset)? as usize;
    let before = excerpt.text.get(..from)?;
    if ends_a_name(before) {
        return Some(nearest.to_owned());
    }
    let is_text = nearest.split('.').count() > 2
        || nearest.parse::<f64>().is_err()
            && nearest.bytes().any(|b| b.is_ascii_alphabetic())
            && !OTHER_THAN_TEXT.contains(&nearest.to_ascii_lowercase().as_str());
    // Of hexadecimal and octal numbers, and of numbers with `_`, the first letter is a digit.
    let is_text = is_text && (nearest.contains('.') || !nearest.starts_with(|c: char| c.is_ascii_digit()));
    if before.ends_with(['"', '\'']) || is_text {
        return Some(nearest.to_owned());
    }
    // Of a Makefile quotes would be a part of the value, and HCL needs them.
    let assigned = before.trim_end().ends_with('=');
    (!assigned).then(|| format!("\"{nearest}\""))
}

/// Whether what comes now is the end of a longer text: of a name, or of an assignment of the shell. It is text as it is.
fn ends_a_name(before: &str) -> bool {
    let ends = |mark: char| {
        before
            .strip_suffix(mark)
            .is_some_and(|rest| rest.ends_with(|c: char| c.is_ascii_alphanumeric() || "._-]})".contains(c)))
    };
    ends(':') || ends('=') || ends('-')
}

/// Words that YAML 1.1 takes for a boolean or for nothing.
const OTHER_THAN_TEXT: [&str; 9] = [
    "true", "false", "yes", "no", "on", "off", "y", "n", "null",
];

fn at(excerpt: &Excerpt, place: Place) -> Option<&str> {
    let from = place.span.start.checked_sub(excerpt.offset)? as usize;
    excerpt.text.get(from..from + place.span.len())
}

/// A finding where the tag or digest is written.
fn at_the_tag(linked: &LinkedMention) -> FindingBuilder {
    let mut builder = finding(&META, linked);
    let Some(at) = &linked.mention.tag_at else {
        return builder;
    };
    builder.place = at.place;
    builder.excerpt = at.excerpt.clone();
    builder.related.retain(|related| related.place != at.place);
    builder.related.insert(
        0,
        Related {
            place: linked.mention.place,
            label: "the name comes from here".into(),
        },
    );
    builder
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
        let stage = super::near_stage::hint(linked, reference, case.repository);
        found.help.extend(stage);
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

/// What whoever pulls the image answers, in its words, as the end of a sentence. Which client a CI system has is not known.
fn answered(case: &Case<'_>, words: &str, reference: &ImageReference) -> String {
    let who = match case.mention().map(|linked| linked.role) {
        Some(Role::Ci) if case.is_weak_for_ci() => return String::new(),
        Some(Role::BuildBase) => "the builder",
        _ => "the node",
    };
    let words = words
        .replace("{image}", &reference.to_string())
        .replace("{repository}", &reference.name())
        .replace("{tag}", reference.identifier());
    format!(": {who} answers `{words}`")
}

fn no_tag(
    case: &Case<'_>,
    linked: &LinkedMention,
    reference: &ImageReference,
    absence: &Absence,
) -> Finding {
    let answered = answered(case, case.target.refusals().absent, reference);
    let name = asked_name(case, reference);
    let tag = reference.tag.as_deref().unwrap_or("latest");
    let implied = if reference.tag_implied {
        ", which is meant when no tag is written"
    } else {
        ""
    };
    let mut found = at_the_tag(linked).says(
        format!(
            "the repository `{name}` has no tag `{tag}`{implied}{answered}"
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
    let answered = answered(case, case.target.refusals().absent, reference);
    let name = asked_name(case, reference);
    let digest = reference.digest.as_deref().unwrap_or_default();
    let mut found = at_the_tag(linked).says(
        format!(
            "the repository `{name}` has no manifest `{digest}`{answered}"
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
    let name = asked_name(case, reference);
    let (host, repository) = name.split_once('/').unwrap_or((&name, ""));
    let answered = answered(case, case.target.refusals().no_repository, reference);
    let mut found = finding(&META, linked).says(
        format!(
            "the registry `{host}` has no repository `{repository}`{answered}"
        ),
        "no such repository",
    );
    found
        .help
        .push("check the name's spelling, or push the image first".into());
    found
}
