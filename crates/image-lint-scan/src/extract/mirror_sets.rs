//! What a repository tells nodes about mirrors: ImageDigestMirrorSet, ImageTagMirrorSet (config.openshift.io/v1) and the older
//! ImageContentSourcePolicy (operator.openshift.io/v1alpha1).

use super::kubernetes::reader::Reader;
use image_lint_model::object::{Facts, Mirror, PulledBy};
use image_lint_text::yaml::Node;

/// Kinds, where their list is, and for which names it holds.
const KINDS: [(&str, &str, PulledBy); 3] = [
    (
        "ImageDigestMirrorSet",
        "imageDigestMirrors",
        PulledBy::Digest,
    ),
    ("ImageTagMirrorSet", "imageTagMirrors", PulledBy::Tag),
    (
        "ImageContentSourcePolicy",
        "repositoryDigestMirrors",
        PulledBy::Digest,
    ),
];

/// Reads an object of one of these kinds; None for any other.
pub(super) fn read(reader: &mut Reader<'_, '_>, node: Node<'_>, kind: &str) -> Option<Facts> {
    let (_, list, pulls) = KINDS.iter().find(|(name, ..)| *name == kind)?;
    let entries = node
        .at(&["spec", list])
        .into_iter()
        .flat_map(|list| list.items());
    let mut mirrors = Vec::new();
    for entry in entries {
        let Some(source) = entry.get("source") else {
            continue;
        };
        let Some(name) = source.as_str().filter(|name| !name.is_empty()) else {
            continue;
        };
        let own = entry
            .get("mirrors")
            .into_iter()
            .flat_map(|list| list.items());
        mirrors.push(Mirror {
            source: name.trim_end_matches('/').into(),
            mirrors: own
                .filter_map(|mirror| mirror.as_str().map(Into::into))
                .collect(),
            never_source: entry.str_at(&["mirrorSourcePolicy"]) == Some("NeverContactSource"),
            pulls: *pulls,
            place: reader.sink.place(source.site()),
        });
    }
    Some(Facts::Mirrors(mirrors))
}
