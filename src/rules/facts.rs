//! The words for what the repository says about a mention: the one place that makes text of facts.

use image_lint_model::fact::{Fact, Maker, NoPullSecret, PullSecret, StreamFault};
use image_lint_model::finding::Related;
use image_lint_text::source::Place;

/// A fact as a clause, and where it is found.
pub fn words(fact: &Fact) -> (String, Option<Place>) {
    let (text, place): (&str, _) = match fact {
        Fact::BuiltHere { place, by } => match by {
            Maker::Push => ("built and pushed here", *place),
            Maker::Build => ("built here", *place),
            Maker::BuildConfig => ("built by this BuildConfig", *place),
        },
        Fact::UsedBy { place, more: 0 } => ("the ImageStream is used here", *place),
        Fact::UsedBy { place, more } => {
            let text = format!("the ImageStream is used here and at {more} more places");
            return (text, Some(*place));
        }
        Fact::Rewritten { by, why } => return ((*why).to_owned(), *by),
        Fact::Mirrored {
            place,
            mirror,
            only,
        } => {
            let text = match only {
                true => format!("the cluster pulls it from {mirror} alone"),
                false => format!("the cluster tries {mirror} first"),
            };
            return (text, Some(*place));
        }
        Fact::TriggeredBy { place } => (
            "an ImageChange trigger puts the stream's image here",
            *place,
        ),
        Fact::StreamOf { place } => ("the ImageStream of this name in the repository", *place),
        Fact::BuildContext { place } => {
            ("this command gives the build context of that name", *place)
        }
        Fact::ReplacedFrom { place } => (
            "the BuildConfig puts the image of its strategy in the place of the last FROM",
            *place,
        ),
        Fact::FilledIn { place } => ("this script puts a value in its place", *place),
        Fact::NoStreamName(StreamFault::Refused) => {
            return (
                "the API server refuses this name of a stream".to_owned(),
                None,
            );
        }
        Fact::NoStreamName(StreamFault::NeverResolved) => {
            return ("nothing resolves this name of a stream".to_owned(), None);
        }
        Fact::Imported => {
            let text = "an ImageStream imports it as it is stored: importing does not convert";
            return (text.to_owned(), None);
        }
        Fact::RenderedFrom { template, place } => {
            return (format!("helm rendered it from {template}"), Some(*place));
        }
        Fact::PullSecret(secret) => return pull_secret(secret),
        Fact::NoPullSecret(none) => return (no_pull_secret(none), none.place),
        Fact::Platforms(_) => {
            return (
                "another platform than the target's is asked for".to_owned(),
                None,
            );
        }
        Fact::Blank => return ("white space is around the image name".to_owned(), None),
    };
    (text.to_owned(), Some(place))
}

/// What a finding shows beside itself; None for facts that rules speak of where they matter.
pub(super) fn related(fact: &Fact) -> Option<Related> {
    if !matches!(
        fact,
        Fact::BuiltHere { .. } | Fact::UsedBy { .. } | Fact::RenderedFrom { .. }
    ) {
        return None;
    }
    let (text, place) = words(fact);
    Some(Related {
        place: place?,
        label: text.into(),
    })
}

fn pull_secret(secret: &PullSecret) -> (String, Option<Place>) {
    match secret {
        PullSecret::Named {
            name,
            account,
            in_repository,
            place,
        } => {
            let who = match account {
                Some(account) => format!("its ServiceAccount `{account}`"),
                None => "the workload".to_owned(),
            };
            let whence = if *in_repository {
                "which the repository has"
            } else {
                "which is not in the repository"
            };
            let text = format!("{who} names the pull secret `{name}`, {whence}");
            (text, *place)
        }
        PullSecret::TooMany { looked_at } => {
            let text = format!("more than {looked_at} pull secrets are named");
            (text, None)
        }
    }
}

/// Which pull secret is missing.
pub(super) fn no_pull_secret(none: &NoPullSecret) -> String {
    let account = &none.account;
    let Some(other) = &none.other else {
        return format!(
            "neither the workload nor its ServiceAccount `{account}` names a pull secret"
        );
    };
    let mut hosts = other.hosts.join(", ");
    if other.more > 0 {
        hosts.push_str(&format!(" and {} more", other.more));
    }
    format!(
        "the pull secrets of the workload and its ServiceAccount `{account}` serve other registries (`{}`: {hosts})",
        other.name
    )
}
