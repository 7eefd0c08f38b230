//! Answers kept between runs, outside the repository: by digest for long, by tag for a short while. Only what was found
//! is kept; that something is missing, denied or unknown is asked anew each time.
//!
//! One file for each answer, written beside its place and renamed, so that several runs may share the folder. A file
//! that cannot be read, is of another version, of the future or not whole counts as absent. A folder that is a link or of
//! another user is not used.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::body;
use crate::client::Depth;
use crate::settings::CacheMode;
use image_lint_model::manifest::{ACCEPT_ALL, Manifest};

/// Raised when the meaning of what is kept changes.
const VERSION: u32 = 3;
const MAX_FILE: u64 = 4 * 1024 * 1024;

pub struct Cache {
    folder: PathBuf,
    tag_life: Duration,
    digest_life: Duration,
}

/// What an answer is kept under.
pub struct Key<'a> {
    pub api: &'a str,
    pub repository: &'a str,
    pub identifier: &'a str,
    /// Source and user of the credentials, without a secret: what one may see another may not.
    pub identity: &'a str,
    pub depth: Depth,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    version: u32,
    key: String,
    /// Seconds since 1970.
    at: u64,
    manifest: Manifest,
    /// Digest of the fields above, so that a half-written or edited file is noticed.
    sum: String,
}

impl Key<'_> {
    fn text(&self) -> String {
        let Key {
            api,
            repository,
            identifier,
            identity,
            depth,
        } = self;
        format!("{VERSION}\n{api}\n{repository}\n{identifier}\n{identity}\n{depth:?}\n{ACCEPT_ALL}")
    }

    fn is_digest(&self) -> bool {
        self.identifier.contains(':')
    }
}

impl Cache {
    /// None when it is off, or its folder cannot be made (a read-only home): the run goes on without it.
    pub fn open(mode: &CacheMode) -> Option<Cache> {
        let CacheMode::Folder {
            folder,
            tag_life,
            digest_life,
        } = mode
        else {
            return None;
        };
        let folder = folder.join("answers");
        std::fs::create_dir_all(&folder).ok()?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt, PermissionsExt};
            // Names of private images are nobody else's business.
            let found = std::fs::symlink_metadata(&folder).ok()?;
            if !found.is_dir()
                || found.uid() != tempfile::tempfile_in(&folder).ok()?.metadata().ok()?.uid()
            {
                return None;
            }
            std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).ok()?;
        }
        Some(Cache {
            folder,
            tag_life: *tag_life,
            digest_life: *digest_life,
        })
    }

    fn path(&self, text: &str) -> PathBuf {
        // `sha256:` and then the hexadecimal digits.
        self.folder
            .join(&body::sha256(text.as_bytes())["sha256:".len()..])
    }

    fn life(&self, key: &Key<'_>) -> Duration {
        if key.is_digest() {
            self.digest_life
        } else {
            self.tag_life
        }
    }

    pub fn get(&self, key: &Key<'_>) -> Option<Manifest> {
        self.aged(key).map(|(manifest, _)| manifest)
    }

    /// The same, and how long ago a registry gave the answer.
    pub fn aged(&self, key: &Key<'_>) -> Option<(Manifest, Duration)> {
        let text = key.text();
        let path = self.path(&text);
        let meta = std::fs::symlink_metadata(&path).ok()?;
        if !meta.is_file() || meta.len() > MAX_FILE {
            return None;
        }
        let entry: Entry = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        let age = now().checked_sub(entry.at)?;
        let whole = entry.version == VERSION
            && entry.key == text
            && entry.sum == sum(&text, entry.at, &entry.manifest)?;
        let age = Duration::from_secs(age);
        (whole && age < self.life(key)).then_some((entry.manifest, age))
    }

    /// Keeps an answer; a failure to do so changes nothing.
    pub fn put(&self, key: &Key<'_>, manifest: &Manifest) {
        if self.life(key).is_zero() {
            return;
        }
        let (text, at) = (key.text(), now());
        let Some(sum) = sum(&text, at, manifest) else {
            return;
        };
        let path = self.path(&text);
        let entry = Entry {
            version: VERSION,
            key: text,
            at,
            manifest: manifest.clone(),
            sum,
        };
        let Ok(bytes) = serde_json::to_vec(&entry) else {
            return;
        };
        if let Ok(mut file) = tempfile::NamedTempFile::new_in(&self.folder)
            && std::io::Write::write_all(&mut file, &bytes).is_ok()
        {
            // Another run may have been faster; either answer is right.
            let _ = file.persist(path);
        }
    }
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |age| age.as_secs())
}

fn sum(key: &str, at: u64, manifest: &Manifest) -> Option<String> {
    let manifest = serde_json::to_string(manifest).ok()?;
    Some(body::sha256(format!("{key}\n{at}\n{manifest}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image_lint_model::manifest::Format;

    fn key<'a>(identifier: &'a str, identity: &'a str) -> Key<'a> {
        Key {
            api: "https://quay.io",
            repository: "a/b",
            identifier,
            identity,
            depth: Depth::Probe,
        }
    }

    fn cache(folder: &std::path::Path, tag_life: u64) -> Cache {
        let lives = (Duration::from_secs(tag_life), Duration::from_secs(1000));
        let mode = CacheMode::Folder {
            folder: folder.to_owned(),
            tag_life: lives.0,
            digest_life: lives.1,
        };
        Cache::open(&mode).unwrap()
    }

    #[test]
    fn answers_are_kept_by_identity_and_only_as_long_as_they_live() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = Manifest {
            format: Format::OciIndex,
            digest: Some("sha256:x".into()),
            digest_computed: false,
            body: None,
        };
        let cache_with_tags = cache(folder.path(), 60);
        cache_with_tags.put(&key("1.0", "me"), &manifest);
        assert_eq!(
            cache_with_tags.get(&key("1.0", "me")),
            Some(manifest.clone())
        );
        assert_eq!(
            cache_with_tags.get(&key("1.0", "")),
            None,
            "another identity"
        );
        assert_eq!(cache_with_tags.get(&key("1.1", "me")), None, "another tag");
        let cache_in_ci = cache(folder.path(), 0);
        assert_eq!(
            cache_in_ci.get(&key("1.0", "me")),
            None,
            "tags do not count in CI"
        );
        cache_in_ci.put(&key("sha256:aa", ""), &manifest);
        assert_eq!(cache_in_ci.get(&key("sha256:aa", "")), Some(manifest));
    }

    #[test]
    fn an_answer_of_the_future_counts_as_absent() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path(), 60);
        let manifest = Manifest {
            format: Format::OciIndex,
            digest: None,
            digest_computed: false,
            body: None,
        };
        let text = key("1.0", "").text();
        for (at, found) in [
            (now(), true),
            (now() + 1000, false),
            (u64::MAX, false),
            (0, false),
        ] {
            let sum = sum(&text, at, &manifest).unwrap();
            let entry = Entry {
                version: VERSION,
                key: text.clone(),
                at,
                manifest: manifest.clone(),
                sum,
            };
            std::fs::write(cache.path(&text), serde_json::to_vec(&entry).unwrap()).unwrap();
            assert_eq!(cache.get(&key("1.0", "")).is_some(), found, "{at}");
        }
    }

    #[test]
    fn a_spoilt_file_counts_as_absent() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path(), 60);
        let manifest = Manifest {
            format: Format::OciIndex,
            digest: None,
            digest_computed: false,
            body: None,
        };
        let spoil: [fn(String) -> String; 4] = [
            |text| text[..text.len() / 2].to_owned(),
            |text| text.replace("OciIndex", "DockerSchema2"),
            |_| String::new(),
            |text| text.replace("\"version\":3", "\"version\":4"),
        ];
        for spoil in spoil {
            cache.put(&key("1.0", ""), &manifest);
            assert!(cache.get(&key("1.0", "")).is_some());
            let path = cache.path(&key("1.0", "").text());
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, spoil(text)).unwrap();
            assert_eq!(cache.get(&key("1.0", "")), None);
        }
    }
}
