//! `ambiguous-manifest`: the registry serves something that two readers could take for two things.

use super::remedy::line;
use super::remedy::reach::Reach;
use super::{Case, Rule, RuleMeta, finding, seen, Finding, Proves, RuleId};
use image_lint_model::finding::{Level};
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::Resolution;

pub struct AmbiguousManifest;

static META: RuleMeta = RuleMeta {
    id: RuleId::AmbiguousManifest,
    level: Some(Level::Error),
    proves: Proves::Image,
    applies_to_ci: true,
    summary: "what the registry serves contradicts itself: type and body, or digest and bytes",
    why: "\
A manifest says what it is in the `Content-Type` of the answer, in its own `mediaType` and by its fields. Where these \
disagree, two clients can pull two different images from one name (CVE-2021-41190), and newer ones refuse it. Bytes that are \
not those of the digest asked for are refused by every client (`manifest verification failed for digest`).",
    remedy: "\
Push the image again with a current tool, and look at what stands between the registry and you: a proxy or a static copy \
that changes headers or bodies. `image-lint inspect` shows what was served.",
    before: "image: registry.example.com/team/app:1.0   # a docker Content-Type over an OCI body\n",
    after: "image: registry.example.com/team/app:1.0   # pushed again: type, body and digest agree\n",
    needs_network: true,
    fixes: super::Fixes::None,
    guides: &[],
};

impl Rule for AmbiguousManifest {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let Some((linked, reference, resolved)) = case.asked() else {
            return;
        };
        let Resolution::Ambiguous(ambiguity) = &resolved.resolution else {
            return;
        };
        let mut found = finding(&META, linked).says(
format!(
            "what `{}` serves for `{reference}` contradicts itself: {}",
            reference.host, ambiguity.why
        ),
"contradicts itself",
);
        found.evidence = seen(reference, resolved);
        found.help = vec![
            "push the image again, or find out what changes the registry's answers on the way"
                .into(),
            inspect(reference, Reach::of(resolved)).into(),
        ];
        out.push(found);
    }
}

/// The command that shows what is stored, with the flags that this run needed.
fn inspect(reference: &ImageReference, reach: Reach) -> String {
    let name = reference.to_string();
    let words = ["image-lint", "inspect"].into_iter();
    let words = words.chain(reach.own(reference)).chain([&*name]);
    let words: Vec<String> = words.map(str::to_owned).collect();
    format!("$ {}", line(&words))
}
