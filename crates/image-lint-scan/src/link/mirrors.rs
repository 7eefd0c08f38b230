//! The cluster's own mirrors, where the repository declares them: ImageDigestMirrorSet and ImageContentSourcePolicy hold
//! for names with a digest, ImageTagMirrorSet for names with a tag (docs.openshift.com, "Image configuration resources").
//!
//! With `NeverContactSource` the source's own registry is not asked; otherwise it decides, and the mirror is named.

use super::objects::{Assembly, ObjectFacts};
use image_lint_model::fact::Fact;
use image_lint_model::mention::{Role, Text};
use image_lint_model::object::{Mirror, PulledBy};
use image_lint_model::reference::ImageReference;

/// Names the mirror of each image that nodes pull through one.
pub(super) fn link(assembly: &mut Assembly) {
    let mut mirrors: Vec<Mirror> = Vec::new();
    for object in &mut assembly.objects {
        if let ObjectFacts::Mirrors(own) = &mut object.facts {
            mirrors.append(own);
        }
    }
    if mirrors.is_empty() {
        return;
    }
    for entry in &mut assembly.mentions {
        if !matches!(entry.linked.role, Role::Run | Role::BuildBase) {
            continue;
        }
        let Text::Known(reference) = &entry.linked.text else {
            continue;
        };
        let fits = mirrors.iter().filter(|mirror| holds_for(mirror, reference));
        // The longest source counts (containers-registries.conf(5), "prefix").
        let Some(mirror) = fits.max_by_key(|mirror| mirror.source.len()) else {
            continue;
        };
        let Some(first) = mirror.mirrors.first() else {
            continue;
        };
        let fact = Fact::Mirrored {
            place: mirror.place,
            mirror: first.as_ref().into(),
            only: mirror.never_source,
        };
        entry.add(fact);
    }
}

/// Whether nodes look at the mirror for this name.
fn holds_for(mirror: &Mirror, reference: &ImageReference) -> bool {
    let pulls = match reference.digest {
        Some(_) => PulledBy::Digest,
        None => PulledBy::Tag,
    };
    if mirror.pulls != pulls {
        return false;
    }
    let name = reference.name();
    match mirror.source.strip_prefix("*.") {
        Some(domain) => reference
            .host
            .strip_suffix(domain)
            .is_some_and(|host| host.ends_with('.')),
        None => {
            let rest = name.strip_prefix(&*mirror.source);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image_lint_text::source::{FileId, Positions, RepoPath, Span};
    use image_lint_text::source::{Place, SourceFile};

    const SUM: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";

    fn place() -> Place {
        let file = SourceFile::new(FileId(0), RepoPath::from_bytes(b"a"), String::new());
        Positions::new(&file.text).place(file.id, Span::new(0, 0))
    }

    #[test]
    fn mirrors_hold_for_names_below_their_source() {
        let by_digest = format!("quay.io/a/b@{SUM}");
        let both = format!("quay.io/a/b:1@{SUM}");
        for (source, pulls, name, expected, why) in [
            (
                "quay.io",
                PulledBy::Digest,
                by_digest.as_str(),
                true,
                "a registry",
            ),
            (
                "quay.io/a",
                PulledBy::Digest,
                &by_digest,
                true,
                "a namespace",
            ),
            (
                "quay.io/a/b",
                PulledBy::Digest,
                &by_digest,
                true,
                "a repository",
            ),
            (
                "quay.io/a",
                PulledBy::Digest,
                &both,
                true,
                "a tag beside the digest",
            ),
            (
                "quay.io/aa",
                PulledBy::Digest,
                &by_digest,
                false,
                "another namespace",
            ),
            (
                "quay.i",
                PulledBy::Digest,
                &by_digest,
                false,
                "a part of a name",
            ),
            (
                "quay.io/a",
                PulledBy::Tag,
                &by_digest,
                false,
                "for tags alone",
            ),
            (
                "quay.io/a",
                PulledBy::Digest,
                "quay.io/a/b:1",
                false,
                "for digests alone",
            ),
            (
                "quay.io/a",
                PulledBy::Tag,
                "quay.io/a/b",
                true,
                "latest is a tag",
            ),
            (
                "*.example.org",
                PulledBy::Tag,
                "x.example.org/a:1",
                true,
                "hosts below",
            ),
            (
                "*.example.org",
                PulledBy::Tag,
                "example.org/a:1",
                false,
                "the domain itself",
            ),
            (
                "*.example.org",
                PulledBy::Tag,
                "anexample.org/a:1",
                false,
                "another domain",
            ),
        ] {
            let mirror = Mirror {
                source: source.into(),
                mirrors: vec!["m.example.com".into()],
                never_source: false,
                pulls,
                place: place(),
            };
            let reference = ImageReference::parse(name).unwrap();
            assert_eq!(
                holds_for(&mirror, &reference),
                expected,
                "{source} {name}: {why}"
            );
        }
    }
}
