//! Names of streams' tags and images that the cluster refuses or never resolves.
//!
//! Sources: openshift/origin, `validateFromImageReference` of builds and `ValidateDeploymentTrigger` of
//! DeploymentConfigs; library-go, `SplitImageStreamTag` and `ParseImageStreamImageName`. Tags of an ImageStream may
//! name a tag or an image of the same stream alone, so they are not looked at.

use image_lint_model::fact::StreamFault;
use image_lint_model::mention::{Expect, Extraction, Mention, StreamKind, Text};

/// What is wrong with the name, in an object whose API says what it has to be.
pub(super) fn fault(
    mention: &Mention,
    text: &Text,
    extraction: &Extraction,
) -> Option<StreamFault> {
    let Expect::Stream { kind, .. } = mention.expect else {
        return None;
    };
    let object = extraction.objects.get(mention.object? as usize)?;
    if !matches!(&*object.kind, "BuildConfig" | "Build" | "DeploymentConfig")
        || !matches!(text, Text::Stream { .. })
    {
        return None;
    }
    of_name(kind, mention.value.as_known()?.trim())
}

fn of_name(kind: StreamKind, name: &str) -> Option<StreamFault> {
    match kind {
        StreamKind::ImageStreamTag => match name.split_once(':') {
            // Without a tag after the colon it is `latest` (`SplitImageStreamTag`).
            None | Some(("", _)) => Some(StreamFault::Refused),
            Some((_, tag)) if tag.contains(':') => Some(StreamFault::NeverResolved),
            Some(_) => None,
        },
        StreamKind::ImageStreamImage => match name.split_once('@') {
            Some((stream, id)) if !stream.is_empty() && !id.is_empty() && !id.contains('@') => None,
            _ => Some(StreamFault::NeverResolved),
        },
        StreamKind::ImageStream => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_tags_have_a_colon_and_names_of_images_an_at_sign() {
        use StreamFault::{NeverResolved, Refused};
        use StreamKind::{ImageStream, ImageStreamImage, ImageStreamTag};
        for (kind, name, expected) in [
            (ImageStreamTag, "a:1", None),
            (ImageStreamTag, "a:", None),
            (ImageStreamTag, ":", Some(Refused)),
            (ImageStreamTag, "hello", Some(Refused)),
            (ImageStreamTag, ":tag", Some(Refused)),
            (ImageStreamTag, "a:b:c", Some(NeverResolved)),
            (ImageStreamImage, "a@sha256:0", None),
            (ImageStreamImage, "a", Some(NeverResolved)),
            (ImageStreamImage, "@id", Some(NeverResolved)),
            (ImageStreamImage, "name@", Some(NeverResolved)),
            (ImageStreamImage, "a@b@c", Some(NeverResolved)),
            (ImageStream, "a", None),
        ] {
            assert_eq!(of_name(kind, name), expected, "{kind:?} {name}");
        }
    }
}
