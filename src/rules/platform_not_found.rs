//! `platform-not-found`: a list or index without the target's operating system and architecture.

use super::{Case, Rule, RuleMeta, command, finding, seen, Finding, Proves, RuleId};
use image_lint_model::finding::{Level};
use image_lint_model::manifest::{Manifest, Platform};
use image_lint_model::resolution::Resolution;

pub struct PlatformNotFound;

static META: RuleMeta = RuleMeta {
    id: RuleId::PlatformNotFound,
    level: Some(Level::Error),
    proves: Proves::Image,
    applies_to_ci: false,
    summary: "the image has no variant for the platform of the nodes",
    why: "\
The tag names a list of images, one per platform, and none is for the nodes' operating system and architecture. The node \
answers `no supported platform found in manifest list` or `no matching manifest for linux/amd64`.",
    remedy: "\
Build for the nodes' platform too (`buildah bud --platform linux/amd64,linux/arm64 --manifest …`), use a tag that has it, or \
say with `--platform` what the nodes are.",
    before: "image: registry.example.com/team/agent:2.0-arm64   # linux/arm64 only\n",
    after: "image: registry.example.com/team/agent:2.0   # linux/amd64, linux/arm64\n",
    needs_network: true,
    fixes: false,
};

impl Rule for PlatformNotFound {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let Some((linked, reference, resolved)) = case.asked() else {
            return;
        };
        let Resolution::Found(manifest) = &resolved.resolution else {
            return;
        };
        if !case.target.takes(manifest.format) {
            // Said by unsupported-format: no platform of it can be pulled.
            return;
        }
        let wanted = linked.platforms(&case.target.platform);
        let Some(has) = missing(manifest, &wanted) else {
            return;
        };
        let asked_here = wanted != [case.target.platform.clone()];
        let words: Vec<String> = wanted.iter().map(Platform::to_string).collect();
        let wanted = words.join(" or ");
        let list: Vec<String> = has.iter().map(|p| format!("{p}")).collect();
        let label = if list.is_empty() {
            "it lists no image".to_owned()
        } else {
            format!("only {}", list.join(", "))
        };
        let mut found = finding(&META, linked).says(
            format!(
                "`{reference}` has no image for {wanted}: the node answers `no supported platform found in manifest list`"
            ),
            label,
        );
        found.evidence = seen(reference, resolved);
        if !list.is_empty() {
            found.evidence.push(("platforms", list.join(", ").into()));
        }
        found.help = vec![
            format!("use a tag that has {wanted}, or build it for {wanted} too:").into(),
            format!(
                "$ buildah bud --format=docker --platform {} --manifest {} .",
                command::word(&words[0]),
                command::word(&reference.name())
            )
            .into(),
        ];
        if !asked_here {
            found
                .help
                .push("if the nodes are of another platform, say so with --platform OS/ARCH".into());
        }
        out.push(found);
    }
}

/// The platforms there are, when none that is wanted is among them and every image says its platform: none where the list
/// is empty or holds attestations only. Nothing is missing where nobody knows what is wanted.
fn missing(manifest: &Manifest, wanted: &[Platform]) -> Option<Vec<Platform>> {
    let body = manifest.body.as_ref()?;
    if !manifest.format.is_list() || wanted.is_empty() {
        return None;
    }
    let mut has = Vec::new();
    for child in body.children.iter().filter(|child| !child.attestation) {
        let platform = child.platform.as_ref()?;
        if platform.is_one_of(wanted) {
            return None;
        }
        has.push(platform.clone());
    }
    has.sort();
    has.dedup();
    Some(has)
}
