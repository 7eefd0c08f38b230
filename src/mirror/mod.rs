//! Plans copies of third-party images that the target cannot pull, and the rewrites of whoever names them.
//!
//! Comes in: images with what their registries store, the places that name them, and where the copies go. Goes out: a
//! [`Plan`] that [`script`] and [`document`] write down. Pure: it runs nothing, asks nobody and reads no file.

mod destination;
pub mod document;
pub mod rewrite;
pub mod script;

use std::collections::BTreeSet;

pub use destination::{Destination, DestinationError};

use image_lint_model::manifest::{Body, Format, Layer, Manifest, Platform};
use image_lint_model::mention::LinkedMention;
use image_lint_model::reference::ImageReference;

/// The first version of skopeo that compresses again on the way (measured: 1.18 does, 1.9 refuses zstd layers).
pub const GZIP_SINCE: (u32, u32) = (1, 18);

/// An image that is to be copied.
pub struct Wanted<'a> {
    pub reference: ImageReference,
    /// After a full look, so that layers are known.
    pub manifest: Manifest,
    pub mentions: Vec<&'a LinkedMention>,
    /// Of the nodes that pull it.
    pub platform: Platform,
}

/// One copy.
pub struct Step<'a> {
    pub source: ImageReference,
    /// What is copied: the tag may move.
    pub digest: Option<Box<str>>,
    pub format: Format,
    /// Where it is pushed: a name and a tag.
    pub destination: ImageReference,
    /// How the files are to name it: the same, unless the cluster knows the registry by another name.
    pub named: ImageReference,
    /// None: every platform of the list.
    pub platform: Option<Platform>,
    /// zstd layers are compressed again.
    pub gzip: bool,
    pub mentions: Vec<&'a LinkedMention>,
}

/// An image that cannot be copied, and why.
pub struct Left {
    pub reference: ImageReference,
    pub why: String,
}

#[derive(Default)]
pub struct Plan<'a> {
    /// Sorted by source.
    pub steps: Vec<Step<'a>>,
    pub left: Vec<Left>,
}

/// Plans the copies. With `all`, every platform of a list is copied.
pub fn plan<'a>(mut wanted: Vec<Wanted<'a>>, to: &Destination, all: bool) -> Plan<'a> {
    wanted.sort_by(|a, b| a.reference.cmp(&b.reference));
    let mut plan = Plan::default();
    let mut taken = BTreeSet::new();
    for image in wanted {
        let (destination, named) = to.names(&image.reference);
        let why = cannot(&image, all).or_else(|| {
            let new = taken.insert(destination.to_string());
            (!new)
                .then(|| format!("its copy would have the name of another image's, {destination}"))
        });
        if let Some(why) = why {
            plan.left.push(Left {
                reference: image.reference,
                why,
            });
            continue;
        }
        let list = image.manifest.format.is_list();
        let gzip = layers(&image, all).any(|layer| is_zstd(&layer.media_type));
        plan.steps.push(Step {
            digest: image.manifest.digest.clone(),
            format: image.manifest.format,
            gzip,
            platform: (!(list && all)).then_some(image.platform),
            source: image.reference,
            destination,
            named,
            mentions: image.mentions,
        });
    }
    plan
}

fn cannot(image: &Wanted<'_>, all: bool) -> Option<String> {
    if layers(image, all).any(|layer| layer.media_type.ends_with("+encrypted")) {
        return Some("its layers are encrypted".to_owned());
    }
    let children = &image.manifest.body.as_ref()?.children;
    let known: Vec<String> = children
        .iter()
        .filter(|c| !c.attestation)
        .filter_map(|c| c.platform.as_ref())
        .map(Platform::to_string)
        .collect();
    let has = children
        .iter()
        .any(|child| is_for(child.platform.as_ref(), &image.platform));
    if !all && !known.is_empty() && !has {
        return Some(format!(
            "it has no {}, only {}",
            image.platform,
            known.join(", ")
        ));
    }
    None
}

/// The layers that are copied, as far as they are known.
fn layers<'m>(image: &'m Wanted<'_>, all: bool) -> impl Iterator<Item = &'m Layer> {
    let body = image.manifest.body.as_ref();
    let chosen = move |child: &&image_lint_model::manifest::Child| {
        !child.attestation && (all || is_for(child.platform.as_ref(), &image.platform))
    };
    let bodies: Vec<&Body> = body
        .into_iter()
        .chain(
            body.into_iter()
                .flat_map(|b| &b.children)
                .filter(chosen)
                .filter_map(|c| c.body.as_deref()),
        )
        .collect();
    bodies.into_iter().flat_map(|body| &body.layers)
}

fn is_for(platform: Option<&Platform>, wanted: &Platform) -> bool {
    platform.is_some_and(|p| p.os == wanted.os && p.architecture == wanted.architecture)
}

fn is_zstd(media_type: &str) -> bool {
    media_type.ends_with("+zstd") || media_type.ends_with(".zstd")
}

impl Step<'_> {
    /// The source as it is copied: by digest, where that is known.
    pub fn from(&self) -> String {
        match &self.digest {
            Some(digest) => self.source.with_digest(digest),
            None => crate::rules::command::plain(&self.source),
        }
    }

    /// Arguments of `skopeo`. `plain_http` are hosts without TLS.
    ///
    /// Only parsed references get into them, so that no name of the repository can become an option or a command.
    /// Signatures are left behind: they are those of another digest.
    pub fn arguments(&self, plain_http: &[String]) -> Vec<String> {
        let mut arguments: Vec<String> = vec!["copy".into()];
        match &self.platform {
            None => arguments.push("--all".into()),
            Some(platform) => {
                arguments.extend(["--override-os".into(), platform.os.to_string()]);
                arguments.extend(["--override-arch".into(), platform.architecture.to_string()]);
            }
        }
        arguments.extend([
            "--format".into(),
            "v2s2".into(),
            "--remove-signatures".into(),
        ]);
        if self.gzip {
            arguments.extend(["--dest-compress-format".into(), "gzip".into()]);
        }
        let plain = |host: &str| plain_http.iter().any(|h| h.eq_ignore_ascii_case(host));
        if plain(&self.source.host) {
            arguments.push("--src-tls-verify=false".into());
        }
        if plain(&self.destination.host) {
            arguments.push("--dest-tls-verify=false".into());
        }
        arguments.push(format!("docker://{}", self.from()));
        arguments.push(format!("docker://{}", self.destination));
        arguments
    }

    /// The format that the copy must have.
    pub fn expected(&self) -> Format {
        if self.platform.is_none() {
            Format::DockerList
        } else {
            Format::DockerSchema2
        }
    }
}
