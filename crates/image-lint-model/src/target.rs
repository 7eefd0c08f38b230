//! What a cluster can pull: clients of the table in [`crate::clients`], and what the user's own targets accept.

use crate::choose::{Choice, choose, runs_on};
use crate::clients::{Answer, CLIENTS, Client, Feature, Refusals, client_named};
use crate::manifest::{Child, Format, Manifest, Platform};
use crate::pull::{ChildName, Pull, Refusal, is_zstd, pull};

/// A cluster's (or builder's) ability to pull.
#[derive(Clone, Debug)]
pub struct Target {
    pub name: Box<str>,
    /// The client that pulls, in words: "docker 1.13".
    pub client: &'static str,
    pub accepts: Vec<Format>,
    pub zstd: bool,
    pub platform: Platform,
    /// CRI-O's search list makes short names ambiguous.
    pub warns_short_names: bool,
    /// Its own command is `oc`; `kubectl` else.
    pub openshift: bool,
    /// The cluster's own builds pull with the same client.
    pub builds: bool,
    /// Refuses names of more than 255 bytes with the host counted, as distribution/reference did before 0.6 and
    /// containers/image does.
    pub counts_host: bool,
    /// Columns of the table: nodes have one of these, the oldest first.
    pullers: Vec<&'static Client>,
    /// Made from a configuration, whose list of formats counts beside the column.
    own: bool,
}

/// A row of the built-in targets.
struct BuiltIn {
    name: &'static str,
    client: &'static str,
    /// Ids of columns, the oldest version first.
    pullers: &'static [&'static str],
    warns_short_names: bool,
    openshift: bool,
    builds: bool,
    counts_host: bool,
}

const TARGETS: [BuiltIn; 4] = [
    BuiltIn {
        name: BUILT_IN[0],
        client: "docker 1.13",
        pullers: &["docker-1.13"],
        warns_short_names: false,
        openshift: true,
        builds: true,
        counts_host: true,
    },
    BuiltIn {
        name: BUILT_IN[1],
        client: "docker 20.10",
        pullers: &["docker-20.10"],
        warns_short_names: false,
        openshift: false,
        builds: false,
        counts_host: true,
    },
    // CRI-O pulls with the libraries of podman; its versions differ.
    BuiltIn {
        name: BUILT_IN[2],
        client: "CRI-O",
        pullers: &["podman-4.3", "podman-5.8"],
        warns_short_names: true,
        openshift: true,
        builds: false,
        counts_host: true,
    },
    BuiltIn {
        name: BUILT_IN[3],
        client: "containerd 2.1",
        pullers: &["containerd-2.1"],
        warns_short_names: false,
        openshift: false,
        builds: false,
        counts_host: false,
    },
];

/// Names of the built-in targets, the default first.
pub const BUILT_IN: [&str; 4] = [
    "openshift-3.11",
    "docker-20.10",
    "openshift-4",
    "kubernetes",
];

impl Target {
    /// A built-in target by name.
    pub fn named(name: &str) -> Option<Target> {
        let row = TARGETS.iter().find(|row| row.name == name)?;
        let pullers: Vec<_> = row
            .pullers
            .iter()
            .filter_map(|id| client_named(id))
            .collect();
        let takes = |feature| {
            pullers
                .iter()
                .any(|client| client.answer(feature) == Answer::Pulls)
        };
        let formats = Format::ALL.into_iter();
        Some(Target {
            name: name.into(),
            client: row.client,
            accepts: formats
                .filter(|format| takes(feature_of(*format)))
                .collect(),
            zstd: takes(Feature::OciZstd),
            platform: Platform::new("linux", "amd64", None),
            warns_short_names: row.warns_short_names,
            openshift: row.openshift,
            builds: row.builds,
            counts_host: row.counts_host,
            pullers,
            own: false,
        })
    }

    /// A target that a user defines by what it accepts. What its list of formats does not say is judged as by the client
    /// that accepts the same.
    pub fn own(name: &str, accepts: Vec<Format>, zstd: bool, platform: Platform) -> Target {
        let oci = [Format::OciManifest, Format::OciIndex];
        let schema1 = [Format::DockerSchema1, Format::DockerSchema1Signed];
        let any = |formats: &[Format]| accepts.iter().any(|format| formats.contains(format));
        let like = match (zstd, any(&oci), any(&schema1)) {
            (true, _, true) => "podman-5.8",
            (true, _, false) => "containerd-2.1",
            (false, true, _) => "docker-20.10",
            (false, false, _) => "docker-1.13",
        };
        Target {
            name: name.into(),
            client: "defined in the configuration",
            accepts,
            zstd,
            platform,
            warns_short_names: false,
            openshift: false,
            builds: false,
            counts_host: false,
            pullers: client_named(like).into_iter().collect(),
            own: true,
        }
    }

    /// The clients of its nodes, the oldest version first.
    pub fn clients(&self) -> impl Iterator<Item = &'static Client> + '_ {
        self.pullers.iter().copied()
    }

    /// Defined by the user, so that no client can be quoted.
    pub fn is_own(&self) -> bool {
        self.own
    }

    pub fn takes(&self, format: Format) -> bool {
        self.accepts.contains(&format)
    }

    /// How its nodes name a tag or digest that is not there, a repository that is not, and what they may not pull. Of a
    /// user's own target no client is known, so that it is docker's words that are searched for.
    pub fn refusals(&self) -> &'static Refusals {
        let newest = self.pullers.last().filter(|_| !self.own);
        newest.map_or(CLIENTS[0].refusals, |client| client.refusals)
    }

    /// Whether an OCI manifest or index can be pulled; the build rules are silent for such targets.
    pub fn takes_oci(&self) -> bool {
        self.takes(Format::OciManifest) && self.takes(Format::OciIndex)
    }

    /// What the target makes of an image, as far as it was read. Where its clients differ, it depends.
    pub fn pull(&self, manifest: &Manifest) -> Pull {
        let mut found: Option<Pull> = None;
        let mut works = false;
        for client in &self.pullers {
            match self.by(client, manifest) {
                Pull::Works => works = true,
                Pull::Depends(refusal) => {
                    works = true;
                    found.get_or_insert(Pull::Depends(refusal));
                }
                Pull::Refused(refusal) => found = Some(Pull::Refused(refusal)),
            }
        }
        match found {
            Some(Pull::Refused(refusal)) if works => Pull::Depends(refusal),
            Some(found) => found,
            None => Pull::Works,
        }
    }

    /// What the newest of its clients takes of a list.
    pub fn chosen<'m>(&self, list: &'m Manifest) -> Option<&'m Child> {
        let newest = self.pullers.last()?;
        match choose(newest, list, &self.platform) {
            Choice::Child(child) => Some(child),
            Choice::None | Choice::Unread => None,
        }
    }

    /// Whether it pulls the image and runs it, as far as it was read.
    pub fn is_content_with(&self, manifest: &Manifest) -> bool {
        self.pull(manifest) == Pull::Works
            && self
                .foreign(manifest, std::slice::from_ref(&self.platform))
                .is_none()
    }

    /// The platform of a single image that none of the wanted ones can run, where its config was read: alone, or what the
    /// nodes take of a list that names no platform for it. A list that names the platform is believed: configs are copied,
    /// and often wrong.
    pub fn foreign(&self, manifest: &Manifest, wanted: &[Platform]) -> Option<Platform> {
        let body = match manifest.format.is_list() {
            false => manifest.body.as_ref(),
            true => self
                .chosen(manifest)
                .filter(|child| child.platform.is_none())
                .and_then(|child| child.body()),
        };
        let has = body?.platform.clone()?;
        let runs = wanted.is_empty() || wanted.iter().any(|platform| runs_on(&has, platform));
        (!runs).then_some(has)
    }

    fn by(&self, client: &'static Client, manifest: &Manifest) -> Pull {
        if !self.own {
            return pull(client, manifest, &self.platform);
        }
        if let Some(refusal) = self.not_accepted(client, manifest) {
            return Pull::Refused(refusal);
        }
        match pull(client, manifest, &self.platform) {
            // Which manifests it takes is said by its list alone.
            Pull::Refused(refusal)
                if Format::ALL
                    .iter()
                    .any(|f| feature_of(*f) == refusal.feature) =>
            {
                Pull::Works
            }
            found => found,
        }
    }

    /// What the list of formats of a user's own target does not have.
    fn not_accepted(&self, client: &'static Client, manifest: &Manifest) -> Option<Refusal> {
        let refusal = |feature, child, detail: &str| Refusal {
            feature,
            words: String::new(),
            client: client.words,
            child,
            detail: detail.into(),
        };
        if !self.takes(manifest.format) {
            let media_type = manifest.format.media_type();
            return Some(refusal(feature_of(manifest.format), None, media_type));
        }
        let chosen = match manifest.format.is_list() {
            true => choose(client, manifest, &self.platform),
            false => Choice::None,
        };
        let (name, body) = match chosen {
            Choice::Child(child) => {
                let name = ChildName {
                    platform: child.platform.clone(),
                    digest: child.digest.clone(),
                };
                let format = child.format()?;
                if !format.is_list() && !self.takes(format) {
                    return Some(refusal(feature_of(format), Some(name), format.media_type()));
                }
                (Some(name), child.body())
            }
            _ => (None, manifest.body.as_ref()),
        };
        let zstd = body?.layers.iter().find(|layer| is_zstd(&layer.media_type));
        zstd.filter(|_| !self.zstd)
            .map(|layer| refusal(Feature::OciZstd, name, &layer.media_type))
    }
}

/// The feature that a manifest of this format is.
fn feature_of(format: Format) -> Feature {
    match format {
        Format::DockerSchema1Signed => Feature::SignedSchema1,
        Format::DockerSchema1 => Feature::UnsignedSchema1,
        Format::DockerSchema2 => Feature::Schema2,
        Format::DockerList => Feature::DockerList,
        Format::OciManifest => Feature::OciManifest,
        Format::OciIndex => Feature::OciIndex,
        Format::OciArtifact => Feature::ArtifactManifest,
    }
}

impl Default for Target {
    fn default() -> Self {
        // The first name of the table is one of its rows.
        Target::named(BUILT_IN[0]).expect("built-in target")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_target_has_its_columns() {
        for row in &TARGETS {
            let target = Target::named(row.name).expect(row.name);
            assert_eq!(target.pullers.len(), row.pullers.len(), "{}", row.name);
        }
        let takes = |name| Target::named(name).unwrap().accepts;
        use Format::*;
        assert_eq!(
            takes("openshift-3.11"),
            [DockerSchema1Signed, DockerSchema2, DockerList]
        );
        assert_eq!(
            takes("kubernetes"),
            [DockerSchema2, DockerList, OciManifest, OciIndex]
        );
    }
}
