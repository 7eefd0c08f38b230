//! Which child of a list a client takes. Clients differ in how they compare variants, in what they make of children that
//! name no platform, and in whether they look into lists of lists.

use crate::clients::{Choosing, Client, Feature, Names, Variants, WithoutPlatform};
use crate::manifest::{Body, BrokenPlatform, Child, Format, Manifest, Platform};

/// What a client takes of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice<'m> {
    Child(&'m Child),
    /// Nothing of it is for the platform.
    None,
    /// It depends on a list or a config within it that was not read.
    Unread,
}

/// How deep lists in lists are looked into.
const DEEPEST: usize = 4;

/// The child that the client takes on this platform.
pub fn choose<'m>(client: &Client, list: &'m Manifest, platform: &Platform) -> Choice<'m> {
    match &list.body {
        Some(body) => within(client, list.format, body, platform, 0),
        None => Choice::Unread,
    }
}

fn within<'m>(
    client: &Client,
    format: Format,
    body: &'m Body,
    platform: &Platform,
    depth: usize,
) -> Choice<'m> {
    let mut unread = false;
    for child in candidates(client, format, body, platform) {
        let nested = child.format().is_some_and(Format::is_list);
        if !(nested && client.choosing.enters_lists) {
            match suits(client, child, platform) {
                Some(true) => return Choice::Child(child),
                Some(false) => continue,
                None if !unread => return Choice::Child(child),
                None => return Choice::Unread,
            }
        }
        let inner = child.manifest.as_ref().filter(|_| depth < DEEPEST);
        match inner.and_then(|inner| inner.body.as_ref().map(|body| (inner.format, body))) {
            Some((format, body)) => match within(client, format, body, platform, depth + 1) {
                Choice::Child(found) => return Choice::Child(found),
                Choice::Unread => unread = true,
                Choice::None => {}
            },
            None if child.gone => return Choice::Child(child),
            None => unread = true,
        }
    }
    if unread { Choice::Unread } else { Choice::None }
}

/// Children in the order in which the client tries them.
fn candidates<'m>(
    client: &Client,
    format: Format,
    body: &'m Body,
    platform: &Platform,
) -> Vec<&'m Child> {
    let mut ranked: Vec<(usize, &Child)> = body
        .images()
        .filter_map(|child| {
            let rank = place(client.choosing, child.platform.as_ref()?, platform)?;
            has_features(client, child).then_some((rank, child))
        })
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    let bare = match client.choosing.without_platform {
        WithoutPlatform::Never => false,
        WithoutPlatform::LastInIndex => format == Format::OciIndex,
        WithoutPlatform::Last => true,
        // Whatever names a platform counts, attestations too.
        WithoutPlatform::AloneByConfig => body.children.iter().all(|child| is_bare(client, child)),
    };
    // None of them says more than the other: the first is taken.
    let bare = body
        .images()
        .filter(move |child| bare && is_bare(client, child))
        .take(1);
    ranked
        .into_iter()
        .map(|(_, child)| child)
        .chain(bare)
        .collect()
}

/// Why a list has nothing for the client, and the digest that its answer names.
pub fn absence<'m>(
    client: &Client,
    list: &'m Manifest,
    platform: &Platform,
) -> (Feature, Option<&'m Child>) {
    if let Some(child) = narrower(client, list, platform, 0) {
        return (Feature::NarrowerAlone, Some(child));
    }
    match beside_others(client, list, platform, 0) {
        Some(child) => (Feature::UnnamedBesideOthers, Some(child)),
        None => (Feature::NoPlatform, None),
    }
}

/// What a client that pulls the node's architecture alone looks for afterwards: it would run, too.
fn narrower<'m>(
    client: &Client,
    list: &'m Manifest,
    platform: &Platform,
    depth: usize,
) -> Option<&'m Child> {
    let body = list.body.as_ref().filter(|_| depth < DEEPEST)?;
    if client.choosing.variants != Variants::RunnableStrictly {
        return None;
    }
    let loose = Choosing {
        variants: Variants::Runnable,
        ..client.choosing
    };
    let place = |child: &Child| {
        let has = child.platform.as_ref()?;
        let counts = has_features(client, child) && place(client.choosing, has, platform).is_none();
        counts.then(|| place(loose, has, platform)).flatten()
    };
    let ranked = body
        .images()
        .filter_map(|child| Some((place(child)?, child)));
    let best = ranked.min_by_key(|(place, _)| *place);
    best.map(|(_, child)| child).or_else(|| {
        let inner = body.images().filter_map(|child| child.manifest.as_deref());
        inner
            .filter(|inner| inner.format.is_list())
            .find_map(|inner| narrower(client, inner, platform, depth + 1))
    })
}

/// The first child that names a platform, where another that names none would be taken but for it.
fn beside_others<'m>(
    client: &Client,
    list: &'m Manifest,
    platform: &Platform,
    depth: usize,
) -> Option<&'m Child> {
    let body = list.body.as_ref().filter(|_| depth < DEEPEST)?;
    if client.choosing.without_platform != WithoutPlatform::AloneByConfig {
        return None;
    }
    let bare = body.images().find(|child| is_bare(client, child))?;
    let other = body.children.iter().find(|child| !is_bare(client, child));
    match bare.manifest.as_deref().filter(|m| m.format.is_list()) {
        Some(inner) => match choose(client, inner, platform) {
            Choice::Child(_) => other,
            _ => beside_others(client, inner, platform, depth + 1),
        },
        None => other.filter(|_| suits(client, bare, platform) == Some(true)),
    }
}

/// Whether a child has no platform to the client. One that says nothing is one for nobody, but to docker.
fn is_bare(client: &Client, child: &Child) -> bool {
    let by_docker = client.choosing.without_platform == WithoutPlatform::Last;
    child.platform.is_none()
        && match child.broken_platform {
            None => true,
            Some(BrokenPlatform::Empty) => by_docker,
            Some(BrokenPlatform::Half) => false,
        }
}

/// Whether a node has what a child asks of its system: one that compares `os.features` has none of them.
fn has_features(client: &Client, child: &Child) -> bool {
    child.os_features.is_empty() || !client.choosing.compares_features
}

/// Whether a child that names no platform is for it after all; None where its config was not read.
fn suits(client: &Client, child: &Child, platform: &Platform) -> Option<bool> {
    let by_config = client.choosing.without_platform == WithoutPlatform::AloneByConfig;
    if child.platform.is_some() || !by_config {
        return Some(true);
    }
    // Its config is of an unknown platform, and not read.
    if child.attestation {
        return Some(false);
    }
    let config = child.body()?.platform.as_ref()?;
    Some(place(client.choosing, config, platform).is_some())
}

/// A child that is gone, of those that the client fetches whichever it takes in the end.
pub fn missing<'m>(client: &Client, list: &'m Manifest, platform: &Platform) -> Option<&'m Child> {
    let body = list.body.as_ref().filter(|_| client.choosing.fetches_all)?;
    let wanted = |child: &&Child| match &child.platform {
        Some(has) => has_features(client, child) && place(client.choosing, has, platform).is_some(),
        None => child.broken_platform.is_none(),
    };
    body.images().filter(wanted).find(|child| child.gone)
}

/// The same as [`rank`], by the names that the client takes for one.
fn place(choosing: Choosing, has: &Platform, wanted: &Platform) -> Option<usize> {
    match choosing.normalises {
        Names::AsWritten => rank(choosing.variants, has, wanted),
        Names::Both => rank(choosing.variants, &usual(has), wanted),
    }
}

/// A platform by its usual names (containerd `platforms/database.go`).
fn usual(platform: &Platform) -> Platform {
    let os = platform.os.to_ascii_lowercase();
    let os = match &*os {
        "macos" => "darwin",
        other => other,
    };
    let small = platform.architecture.to_ascii_lowercase();
    let variant = platform.variant.as_deref();
    let (architecture, variant) = match &*small {
        "i386" => ("386", None),
        "x86_64" | "x86-64" => ("amd64", variant),
        "aarch64" => ("arm64", variant),
        "armhf" => ("arm", Some("v7")),
        "armel" => ("arm", Some("v6")),
        other => (other, variant),
    };
    Platform::new(os, architecture, variant)
}

/// The place of a platform in the order of what a node can take; None where it cannot.
fn rank(variants: Variants, has: &Platform, wanted: &Platform) -> Option<usize> {
    if has.os != wanted.os {
        return None;
    }
    let same = has.architecture == wanted.architecture;
    match variants {
        Variants::Ignored => same.then_some(0),
        Variants::EqualButArm if !same => None,
        Variants::EqualButArm => match normal(has) == normal(wanted) {
            true => Some(0),
            false => (&*wanted.architecture == "arm").then_some(1),
        },
        Variants::Listed if !same => None,
        Variants::Listed => {
            let has = has.variant.as_deref().unwrap_or("");
            listed(wanted).iter().position(|variant| *variant == has)
        }
        Variants::Runnable => runnable(wanted)
            .iter()
            .position(|able| *able == (&*has.architecture, normal(has))),
        Variants::RunnableStrictly if !same => None,
        Variants::RunnableStrictly => rank(Variants::Runnable, has, wanted),
        // Its level is not known here; what it runs by itself counts first.
        Variants::RunnableOnThisMachine => match &*wanted.architecture {
            "amd64" if same => Some(usize::from(has.variant.is_some())),
            _ => rank(Variants::Runnable, has, wanted),
        },
    }
}

/// The variant, normalised as containerd's `platforms.Normalize` does.
fn normal(platform: &Platform) -> &str {
    let variant = platform.variant.as_deref().unwrap_or("");
    match (&*platform.architecture, variant) {
        ("arm64", "8" | "v8" | "v8.0") | ("amd64", "v1") => "",
        ("arm", "" | "7") => "v7",
        ("arm", "5") => "v5",
        ("arm", "6") => "v6",
        ("arm", "8") => "v8",
        _ => variant,
    }
}

/// Architectures and variants that containerd's `platforms.Only` takes, the best first.
fn runnable(wanted: &Platform) -> Vec<(&'static str, &str)> {
    const ARM: [&str; 4] = ["v8", "v7", "v6", "v5"];
    const AMD64: [&str; 4] = ["v4", "v3", "v2", ""];
    let from = |order: &'static [&'static str], variant: &str| {
        let first = order.iter().position(|known| *known == variant);
        first.map_or(&[][..], |first| &order[first..])
    };
    let variant = normal(wanted);
    match &*wanted.architecture {
        "amd64" => from(&AMD64, variant)
            .iter()
            .map(|variant| ("amd64", *variant))
            .chain([("386", "")])
            .collect(),
        "arm" => from(&ARM, variant).iter().map(|v| ("arm", *v)).collect(),
        "arm64" => [("arm64", variant), ("arm64", "")]
            .into_iter()
            .chain(ARM.iter().map(|variant| ("arm", *variant)))
            .collect(),
        other => KNOWN
            .iter()
            .filter(|known| **known == other)
            .map(|known| (*known, variant))
            .collect(),
    }
}

/// Other architectures that images are published for.
const KNOWN: [&str; 9] = [
    "386", "ppc64le", "s390x", "riscv64", "mips64le", "mipsle", "ppc64", "loong64", "wasm",
];

/// Variants that containers/image looks for, in its order (`internal/pkg/platform/platform_matcher.go`).
fn listed(wanted: &Platform) -> Vec<&str> {
    let order: &[&str] = match &*wanted.architecture {
        "arm" => &["v8", "v7", "v6", "v5"],
        "arm64" => &["v8"],
        _ => &[],
    };
    let Some(variant) = wanted.variant.as_deref() else {
        return std::iter::once("").chain(order.iter().copied()).collect();
    };
    let known = order.iter().position(|known| *known == variant);
    let mut list = known.map_or_else(|| vec![variant], |first| order[first..].to_vec());
    list.push("");
    list
}

/// Whether an image of this platform runs on the other: a single image is pulled wherever it is asked for.
pub fn runs_on(has: &Platform, wanted: &Platform) -> bool {
    rank(Variants::RunnableOnThisMachine, has, wanted).is_some()
        || (has.os == wanted.os && has.architecture == wanted.architecture)
}

#[cfg(test)]
mod tests;
