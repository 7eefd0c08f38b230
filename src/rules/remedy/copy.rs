//! How an image of others becomes one that the target pulls: the copies that skopeo and buildah can make, by what is
//! stored, and what no copy changes.
//!
//! Measured with skopeo 1.9.3 and 1.22, buildah 1.28 and 1.43.

use super::command;
use super::reach::Reach;
use image_lint_model::choose::{Choice, choose};
use image_lint_model::clients::client_named;
use image_lint_model::manifest::{Body, Child, Format, Manifest, Platform};
use image_lint_model::pull::{MOST_LAYERS, is_zstd};
use image_lint_model::reference::ImageReference;

/// The first version of skopeo that reads docker images with zstd layers, and converts them by way of an OCI layout.
pub const RELABELS_SINCE: (u32, u32) = (1, 22);

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// One `skopeo copy`; of a list, every platform or one.
    Copy { all: bool, list: bool },
    /// OCI's zstd layers: unpacked into a folder, and packed again from there. Works with every skopeo, to another
    /// registry than the source's (in the same one its cache brings the old blob back).
    Unpack { list: bool },
    /// Docker's zstd layers: by way of an OCI layout.
    Relabel { list: bool },
    /// A list with attestations, which skopeo does not convert: each image by its digest, and a list of the copies.
    Assemble(Vec<(Platform, Box<str>, Single)>),
    /// No copy changes it; why, as the end of "it cannot be converted: ".
    Impossible(String),
}

/// How one image of a list is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Single {
    Copy,
    Unpack,
    Relabel,
}

/// How an image becomes docker's format. With `all`, every platform of a list is kept.
pub fn conversion(manifest: &Manifest, platform: &Platform, all: bool) -> Conversion {
    let Some(body) = &manifest.body else {
        // Nothing is known of its layers; one platform of a list can be copied whatever is beside it.
        let list = manifest.format.is_list();
        return Conversion::Copy { all: false, list };
    };
    if manifest.format.is_list() {
        return of_list(manifest, body, platform, all);
    }
    match single(manifest.format, body) {
        Ok(single) => of_single(single, false),
        Err(why) => Conversion::Impossible(why),
    }
}

fn of_single(single: Single, list: bool) -> Conversion {
    match single {
        Single::Copy => Conversion::Copy { all: false, list },
        Single::Unpack => Conversion::Unpack { list },
        Single::Relabel => Conversion::Relabel { list },
    }
}

fn of_list(list: &Manifest, body: &Body, platform: &Platform, all: bool) -> Conversion {
    let nested = |child: &Child| child.format().is_some_and(Format::is_list);
    // skopeo chooses as containers/image does.
    let chosen = client_named("podman-4.3").map(|client| choose(client, list, platform));
    let Some(Choice::Child(child)) = chosen else {
        let has: Vec<String> = named(body).map(Platform::to_string).collect();
        let has = if has.is_empty() {
            "nothing for it".to_owned()
        } else {
            has.join(", ")
        };
        return Conversion::Impossible(format!(
            "it has no image for {platform} ({has}): it has to be built for it"
        ));
    };
    if nested(child) {
        return Conversion::Impossible(
            "the image for the platform is a list again, which no tool converts: name the inner image by its digest, or \
             push it anew as one list"
                .to_owned(),
        );
    }
    let read = |child: &Child| Some(single(child.format()?, child.body()?));
    let one = match read(child).unwrap_or(Ok(Single::Copy)) {
        Ok(one) => one,
        Err(why) => return Conversion::Impossible(why),
    };
    // What was not read was most likely pushed in one go with what was, and each of these ways takes gzip, too.
    let of_child = |child: &Child| read(child).unwrap_or(Ok(one));
    if !all || named(body).count() < 2 {
        return of_single(one, true);
    }
    let attested = body.children.iter().any(|child| child.attestation);
    let each: Option<Vec<_>> = body
        .images()
        .map(|child| {
            Some((
                child.platform.clone()?,
                child.digest.clone(),
                of_child(child).ok()?,
            ))
        })
        .collect();
    match each.filter(|_| !body.images().any(nested)) {
        Some(each) if attested || each.iter().any(|(.., single)| *single != Single::Copy) => {
            Conversion::Assemble(each)
        }
        Some(_) => Conversion::Copy {
            all: true,
            list: true,
        },
        None => of_single(one, true),
    }
}

/// The platforms of a list that a conversion of it leaves out, although all were wanted, in words; None where it leaves
/// out none.
pub fn left_out(
    conversion: &Conversion,
    manifest: &Manifest,
    platform: &Platform,
) -> Option<String> {
    let keeps_all = match conversion {
        Conversion::Copy { all, list } => *all || !*list,
        Conversion::Unpack { list } | Conversion::Relabel { list } => !*list,
        Conversion::Assemble(_) | Conversion::Impossible(_) => true,
    };
    let body = manifest.body.as_ref().filter(|_| !keeps_all)?;
    let others: Vec<String> = named(body)
        .filter(|other| *other != platform)
        .map(Platform::to_string)
        .collect();
    (!others.is_empty()).then(|| {
        format!(
            "the copy holds {platform} alone, since not every image of the list can be converted: {} would have to be built again",
            others.join(", ")
        )
    })
}

fn named(body: &Body) -> impl Iterator<Item = &Platform> {
    body.images().filter_map(|child| child.platform.as_ref())
}

/// How a single image is copied, or why that gains nothing.
fn single(format: Format, body: &Body) -> Result<Single, String> {
    let layers = || body.layers.iter().map(|layer| &*layer.media_type);
    if layers().any(|text| text.ends_with("+encrypted")) {
        return Err(
            "its layers are encrypted, and only who has the key can unpack them".to_owned(),
        );
    }
    // A registry takes docker's foreign layers only with the places that have them, and skopeo writes none.
    if layers().any(|text| text.contains(".nondistributable.") || text.contains(".foreign.")) {
        return Err(
            "it has layers that are marked as not to be distributed, and registries refuse a copy of them: build it again \
             with layers of the usual types"
                .to_owned(),
        );
    }
    if body.layers.len() > MOST_LAYERS {
        return Err(format!(
            "a copy has as many layers, {}: build it with fewer (`buildah bud --squash`, or fewer RUN and COPY lines)",
            body.layers.len()
        ));
    }
    let (own, other) = match format {
        Format::DockerSchema2 => ("application/vnd.docker.image.rootfs.", "OCI's"),
        Format::OciManifest => ("application/vnd.oci.image.layer.", "docker's"),
        _ => return Ok(Single::Copy),
    };
    let config = body.config_media_type();
    // A copy from docker's format to docker's keeps the config's type.
    let foreign_config = |text: &str| match format {
        Format::OciManifest => text != "application/vnd.oci.image.config.v1+json",
        _ => text.starts_with("application/vnd.oci."),
    };
    let mixed = config.is_some_and(foreign_config) || layers().any(|text| !text.starts_with(own));
    if mixed {
        return Err(format!(
            "types of {other} or of nobody's are mixed into it, which skopeo does not convert: build it again with one tool"
        ));
    }
    Ok(match (layers().any(is_zstd), format) {
        (true, Format::DockerSchema2) => Single::Relabel,
        (true, _) => Single::Unpack,
        (false, _) => Single::Copy,
    })
}

/// One copy, from where to where.
pub struct Copying<'a> {
    /// What is copied, with its digest where that is known: the tag may move.
    pub source: String,
    /// Host, project, name and tag.
    pub destination: &'a ImageReference,
    pub platform: &'a Platform,
    /// A folder's name for what is unpacked; relative, so that no path gets into a command.
    pub folder: String,
    /// Further flags of `skopeo copy`.
    pub flags: Vec<String>,
    /// How the source and the destination are reached.
    pub from: Reach,
    pub to: Reach,
}

impl Copying<'_> {
    /// The commands, in their order; none where nothing converts.
    pub fn commands(&self, conversion: &Conversion) -> Vec<Vec<String>> {
        let to = format!("docker://{}", self.destination);
        let from = format!("docker://{}", self.source);
        match conversion {
            Conversion::Copy { all, list } => vec![self.copy(&from, &to, self.which(*all, *list))],
            Conversion::Unpack { list } => self.unpack(&from, &to, self.which(false, *list)),
            Conversion::Relabel { list } => self.relabel(&from, &to, self.which(false, *list)),
            Conversion::Assemble(images) => self.assemble(images),
            Conversion::Impossible(_) => Vec::new(),
        }
    }

    /// The flags that choose of a list.
    fn which(&self, all: bool, list: bool) -> Vec<&str> {
        match (all, list) {
            (true, _) => vec!["--all"],
            (false, false) => Vec::new(),
            (false, true) => {
                let mut flags = vec!["--override-os", &*self.platform.os];
                flags.extend(["--override-arch", &*self.platform.architecture]);
                if let Some(variant) = &self.platform.variant {
                    flags.extend(["--override-variant", variant]);
                }
                flags
            }
        }
    }

    fn copy(&self, from: &str, to: &str, which: Vec<&str>) -> Vec<String> {
        let mut words = command(["skopeo", "copy"]);
        words.extend(which.into_iter().map(str::to_owned));
        words.extend(command(["--format", "v2s2"]));
        words.extend(self.flags.iter().cloned());
        words.extend(command(self.from.source()));
        words.extend(command(self.to.destination()));
        words.extend(command([from, to]));
        words
    }

    fn unpack(&self, from: &str, to: &str, which: Vec<&str>) -> Vec<Vec<String>> {
        let folder = format!("dir:{}", self.folder);
        let mut first = command(["skopeo", "copy"]);
        first.extend(which.into_iter().map(str::to_owned));
        first.extend(command(["--dest-decompress"]));
        first.extend(self.flags.iter().cloned());
        first.extend(command(self.from.source()));
        first.extend(command([from, &folder]));
        vec![first, self.second(&[], &folder, to)]
    }

    fn relabel(&self, from: &str, to: &str, which: Vec<&str>) -> Vec<Vec<String>> {
        let layout = format!("oci:{}:image", self.folder);
        let mut first = command(["skopeo", "copy"]);
        first.extend(which.into_iter().map(str::to_owned));
        first.extend(self.flags.iter().cloned());
        first.extend(command(self.from.source()));
        first.extend(command([from, &layout]));
        vec![
            first,
            self.second(&["--dest-compress-format", "gzip"], &layout, to),
        ]
    }

    /// The way from a folder to the destination.
    fn second(&self, further: &[&str], from: &str, to: &str) -> Vec<String> {
        let mut words = command(["skopeo", "copy", "--format", "v2s2"]);
        words.extend(further.iter().map(|flag| (*flag).to_owned()));
        words.extend(command(self.to.destination()));
        words.extend(command([from, to]));
        words
    }

    fn assemble(&self, images: &[(Platform, Box<str>, Single)]) -> Vec<Vec<String>> {
        let mut commands = Vec::new();
        let list = self.destination.to_string();
        let name = match self.source.split_once('@') {
            Some((name, _)) => name,
            None => &self.source,
        };
        let mut additions = Vec::new();
        for (n, (platform, digest, single)) in images.iter().enumerate() {
            let tag = format!("{list}-{}", platform.to_string().replace('/', "-"));
            let one = Copying {
                source: format!("{name}@{digest}"),
                destination: self.destination,
                platform,
                folder: format!("{}-{n}", self.folder),
                flags: self.flags.clone(),
                from: self.from,
                to: self.to,
            };
            let (from, to) = (
                format!("docker://{}", one.source),
                format!("docker://{tag}"),
            );
            match single {
                Single::Copy => commands.push(one.copy(&from, &to, Vec::new())),
                Single::Unpack => commands.extend(one.unpack(&from, &to, Vec::new())),
                Single::Relabel => commands.extend(one.relabel(&from, &to, Vec::new())),
            }
            let mut add = command(["buildah", "manifest", "add"]);
            add.extend(command(self.to.only()));
            add.extend(command([&*list, &*to]));
            additions.push(add);
        }
        // A list of that name may be left from a run that failed; one that was pushed is not kept.
        commands.push(command([
            "buildah", "manifest", "create", "--amend", &*list,
        ]));
        commands.extend(additions);
        let mut push = command(["buildah", "manifest", "push", "--rm", "--all"]);
        push.extend(command(["--format", "v2s2"]));
        push.extend(command(self.to.only()));
        push.extend(command([&*list, &*format!("docker://{list}")]));
        commands.push(push);
        commands
    }
}

/// The least version of skopeo that a conversion needs, where Debian stable's is too old.
pub fn needs(conversion: &Conversion) -> Option<(u32, u32)> {
    let relabels = match conversion {
        Conversion::Relabel { .. } => true,
        Conversion::Assemble(images) => {
            images.iter().any(|(.., single)| *single == Single::Relabel)
        }
        _ => false,
    };
    relabels.then_some(RELABELS_SINCE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image_lint_model::manifest::Part;

    fn child(architecture: &str, layers: &[&str]) -> Child {
        let layers = layers.iter().map(|text| Part {
            media_type: (*text).into(),
            ..Part::default()
        });
        let config = Part {
            media_type: "application/vnd.oci.image.config.v1+json".into(),
            ..Part::default()
        };
        let body = Body {
            config: Some(config),
            layers: layers.collect(),
            ..Body::default()
        };
        Child {
            media_type: "application/vnd.oci.image.manifest.v1+json".into(),
            digest: format!("sha256:{architecture}").into(),
            platform: Some(Platform::new("linux", architecture, None)),
            manifest: Some(Box::new(Manifest {
                format: Format::OciManifest,
                digest: None,
                digest_computed: false,
                body: Some(body),
            })),
            ..Child::default()
        }
    }

    #[test]
    fn platforms_that_a_copy_leaves_out_are_named() {
        const GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
        const ENCRYPTED: &str = "application/vnd.oci.image.layer.v1.tar+gzip+encrypted";
        let amd64 = Platform::new("linux", "amd64", None);
        for (arm, expected, why) in [
            (GZIP, None, "both are converted"),
            (ENCRYPTED, Some("linux/arm64"), "nobody can unpack it"),
        ] {
            let list = Manifest {
                format: Format::OciIndex,
                digest: None,
                digest_computed: false,
                body: Some(Body {
                    children: vec![child("amd64", &[GZIP]), child("arm64", &[arm])],
                    ..Body::default()
                }),
            };
            let conversion = conversion(&list, &amd64, true);
            let said = left_out(&conversion, &list, &amd64);
            assert_eq!(said.is_some(), expected.is_some(), "{why}: {conversion:?}");
            if let (Some(said), Some(expected)) = (said, expected) {
                assert!(said.contains(expected), "{why}: {said}");
            }
        }
    }
}
