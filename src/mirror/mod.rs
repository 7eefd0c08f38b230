//! Plans copies of third-party images that the target cannot pull, and the rewrites of whoever names them.
//!
//! Comes in: images with what their registries store, the places that name them, and where the copies go. Goes out: a
//! [`Plan`] that [`script`] and [`document`] write down. Pure: it runs nothing, asks nobody and reads no file.

mod destination;
pub mod document;
pub mod rewrite;
pub mod script;
pub mod variable;

use std::collections::BTreeSet;

pub use destination::{Destination, DestinationError};

use crate::rules::remedy::copy::{self, Conversion, Copying};
use crate::rules::remedy::reach::Reach;
use image_lint_model::manifest::{Format, Manifest, Platform};
use image_lint_model::mention::LinkedMention;
use image_lint_model::reference::ImageReference;

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
    /// Which platforms are left out although all were wanted, in words.
    pub left_out: Option<String>,
    pub conversion: Conversion,
    /// What is written beside the copy while it is made.
    folder: String,
    /// Of the nodes.
    nodes: Platform,
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
        let conversion = copy::conversion(&image.manifest, &image.platform, all);
        let why = match &conversion {
            Conversion::Impossible(why) => Some(why.clone()),
            _ if !taken.insert(destination.to_string()) => Some(format!(
                "its copy would have the name of another image's, {destination}"
            )),
            _ => None,
        };
        if let Some(why) = why {
            plan.left.push(Left {
                reference: image.reference,
                why,
            });
            continue;
        }
        let left_out = all
            .then(|| copy::left_out(&conversion, &image.manifest, &image.platform))
            .flatten();
        let every = matches!(
            conversion,
            Conversion::Copy { all: true, .. } | Conversion::Assemble(_)
        );
        plan.steps.push(Step {
            digest: image.manifest.digest.clone(),
            format: image.manifest.format,
            conversion,
            folder: format!("copy-{}", plan.steps.len() + 1),
            platform: (!every).then(|| image.platform.clone()),
            left_out,
            nodes: image.platform,
            source: image.reference,
            destination,
            named,
            mentions: image.mentions,
        });
    }
    plan
}

impl Step<'_> {
    /// The source as it is copied: by digest, where that is known.
    pub fn from(&self) -> String {
        match &self.digest {
            Some(digest) => self.source.with_digest(digest),
            None => crate::rules::command::plain(&self.source),
        }
    }

    /// Programs with their arguments, in their order. `plain_http` are hosts without TLS.
    ///
    /// Only parsed references get into them, so that no name of the repository can become an option or a command.
    /// Signatures are left out: they are those of another digest.
    pub fn commands(&self, plain_http: &[String]) -> Vec<Vec<String>> {
        let copying = Copying {
            source: self.from(),
            destination: &self.destination,
            platform: &self.nodes,
            folder: self.folder.clone(),
            flags: vec!["--remove-signatures".to_owned()],
            from: Reach::configured(&self.source.host, plain_http),
            to: Reach::configured(&self.destination.host, plain_http),
        };
        let chosen = match &self.conversion {
            // A single image has no platform to choose, and a wrong guess does no harm.
            Conversion::Copy { all: false, .. } => Conversion::Copy {
                all: false,
                list: true,
            },
            other => other.clone(),
        };
        copying.commands(&chosen)
    }

    /// The platform of the nodes that pull it.
    pub fn nodes(&self) -> &Platform {
        &self.nodes
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
