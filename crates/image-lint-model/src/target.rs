//! What a cluster can pull.

use crate::manifest::{Format, Platform};

/// A cluster's (or builder's) ability to pull. Facts: registry, section 1.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub name: Box<str>,
    /// The client that pulls, in words: "docker 1.13".
    pub client: &'static str,
    pub accepts: Vec<Format>,
    pub zstd: bool,
    pub platform: Platform,
    /// CRI-O's search list makes short names ambiguous.
    pub warns_short_names: bool,
}

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
        use Format::*;
        let (client, accepts, zstd, warns_short_names): (_, &[Format], _, _) = match name {
            // moby v1.13.1 distribution/pull_v2.go: signed schema 1, schema 2, list.
            "openshift-3.11" => (
                "docker 1.13",
                &[DockerSchema1Signed, DockerSchema2, DockerList],
                false,
                false,
            ),
            "docker-20.10" => (
                "docker 20.10",
                &[
                    DockerSchema1Signed,
                    DockerSchema1,
                    DockerSchema2,
                    DockerList,
                    OciManifest,
                    OciIndex,
                ],
                false,
                false,
            ),
            // CRI-O asks for all six (containers/image manifest/manifest.go).
            "openshift-4" => (
                "CRI-O",
                &[
                    DockerSchema1Signed,
                    DockerSchema1,
                    DockerSchema2,
                    DockerList,
                    OciManifest,
                    OciIndex,
                ],
                true,
                true,
            ),
            // containerd 2.1 removed schema 1 (RELEASES.md).
            "kubernetes" => (
                "containerd 2.1",
                &[DockerSchema2, DockerList, OciManifest, OciIndex],
                true,
                false,
            ),
            _ => return None,
        };
        Some(Target {
            name: name.into(),
            client,
            accepts: accepts.to_vec(),
            zstd,
            platform: Platform::new("linux", "amd64", None),
            warns_short_names,
        })
    }

    pub fn takes(&self, format: Format) -> bool {
        self.accepts.contains(&format)
    }

    /// Whether an OCI manifest or index can be pulled; the build rules are silent for such targets.
    pub fn takes_oci(&self) -> bool {
        self.takes(Format::OciManifest) && self.takes(Format::OciIndex)
    }
}

impl Default for Target {
    fn default() -> Self {
        // The first name of the table is one of its rows.
        Target::named(BUILT_IN[0]).expect("built-in target")
    }
}
