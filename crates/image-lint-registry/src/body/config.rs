//! What an image's config says.

use image_lint_model::manifest::{Platform, Rootfs};
use serde::Deserialize;

use super::{MAX_DEPTH, bounded, deeper_than};

#[derive(Deserialize)]
struct WireConfig {
    os: Option<String>,
    architecture: Option<String>,
    variant: Option<String>,
    #[serde(rename = "os.version")]
    os_version: Option<String>,
    rootfs: Option<WireRootfs>,
}

#[derive(Deserialize)]
struct WireRootfs {
    diff_ids: Option<Vec<serde::de::IgnoredAny>>,
}

/// What an image's config blob says.
pub struct Config {
    pub platform: Option<Platform>,
    /// `os.version`
    pub os_version: Option<Box<str>>,
    pub rootfs: Rootfs,
}

/// Reads an image's config.
pub fn config(bytes: &[u8]) -> Config {
    let nothing = |rootfs| Config {
        platform: None,
        os_version: None,
        rootfs,
    };
    // What is deeper than anyone needs, or of another shape, proves nothing.
    if deeper_than(bytes, MAX_DEPTH) {
        return nothing(Rootfs::Unread);
    }
    let read = match serde_json::from_slice::<WireConfig>(bytes) {
        Ok(read) => read,
        Err(error) if error.is_syntax() => return nothing(Rootfs::Unreadable),
        Err(_) => return nothing(Rootfs::Unread),
    };
    Config {
        platform: platform_of(&read),
        os_version: (read.os_version.as_deref())
            .filter(|text| !text.is_empty())
            .map(bounded),
        rootfs: match read.rootfs {
            None => Rootfs::Absent,
            Some(rootfs) => Rootfs::Layers(rootfs.diff_ids.map_or(0, |ids| ids.len())),
        },
    }
}

fn platform_of(config: &WireConfig) -> Option<Platform> {
    let given = |text: &Option<String>| text.as_deref().filter(|t| !t.is_empty()).map(bounded);
    let (os, architecture) = (given(&config.os)?, given(&config.architecture)?);
    Some(Platform::new(
        &os,
        &architecture,
        given(&config.variant).as_deref(),
    ))
}
