//! Whose the places are that the environment names: the user's own, or such as whoever wrote the linted tree may have
//! filled.
//!
//! A job may set `HOME`, `XDG_CACHE_HOME` or `PATH` to folders of its checkout. Configuration and credentials from there
//! are the tree's, and count for a tree that is trusted only, which is said; answers of registries are never believed
//! from there, and no program is run.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::{network, top};
use crate::cli::NetworkArgs;
use crate::discover::root::normal;
use image_lint_model::finding::{Level, Note};
use image_lint_registry::Trust;

/// Variables that name a place with the user's configuration or credentials, and what is looked for there.
const PLACES: [(&str, &[&str]); 8] = [
    (
        "HOME",
        &[
            ".config/image-lint/config.yaml",
            ".config/containers/auth.json",
            ".config/containers/registries.conf",
            ".config/containers/registries.conf.d",
            ".docker/config.json",
            ".dockercfg",
            ".kube/config",
        ],
    ),
    (
        "XDG_CONFIG_HOME",
        &[
            "image-lint/config.yaml",
            "containers/auth.json",
            "containers/registries.conf",
            "containers/registries.conf.d",
        ],
    ),
    ("XDG_RUNTIME_DIR", &["containers/auth.json"]),
    ("DOCKER_CONFIG", &["config.json"]),
    ("REGISTRY_AUTH_FILE", &[""]),
    ("CONTAINERS_REGISTRIES_CONF", &[""]),
    ("KUBECONFIG", &[""]),
    ("IMAGE_LINT_CONFIG", &[""]),
];

/// The folders that are linted, each with the repository that it is in.
struct LintedFolders {
    here: PathBuf,
    /// As they are written and without links.
    folders: Vec<PathBuf>,
}

impl LintedFolders {
    fn of(paths: &[OsString], env: &BTreeMap<String, String>) -> Self {
        let here = std::env::current_dir().unwrap_or_default();
        let named = paths.iter().filter(|path| *path != "-").map(Path::new);
        let mut named: Vec<&Path> = named.collect();
        if named.is_empty() {
            named.push(Path::new("."));
        }
        let checkouts = top::CHECKOUTS.iter().filter_map(|name| env.get(*name));
        let checkouts: Vec<&Path> = checkouts.map(Path::new).collect();
        let mut folders = Vec::new();
        for path in named {
            let written = normal(&here.join(path));
            let real = std::fs::canonicalize(&written).unwrap_or_else(|_| written.clone());
            for path in [written, real] {
                let folder = match path.parent() {
                    Some(parent) if path.is_file() => parent,
                    _ => &path,
                };
                let checkout = checkouts
                    .iter()
                    .find(|checkout| folder.starts_with(checkout));
                let top = top::of(folder).or(checkout.copied()).unwrap_or(folder);
                folders.push(top.to_owned());
            }
        }
        LintedFolders { here, folders }
    }

    /// Whether a place, or a link on the way to it, is in one of the folders.
    fn hold(&self, place: &Path) -> bool {
        let written = normal(&self.here.join(place));
        let there = written.ancestors().find(|above| above.exists());
        let real = there.and_then(|above| std::fs::canonicalize(above).ok());
        let within = |path: &Path| self.folders.iter().any(|folder| path.starts_with(folder));
        within(&written) || real.is_some_and(|real| within(&real))
    }
}

/// The environment of a run without what the linted tree must not choose.
pub struct OwnPlaces {
    pub env: BTreeMap<String, String>,
    /// Answers would be kept in the linted tree.
    pub no_cache: bool,
    trust: Trust,
    /// Variables that name a place in the linted tree where there is something.
    in_tree: Vec<&'static str>,
}

impl OwnPlaces {
    pub fn of(paths: &[OsString], args: &NetworkArgs, env: &BTreeMap<String, String>) -> Self {
        let folders = LintedFolders::of(paths, env);
        let trust = network::trust(args.trust, env);
        let mut own = OwnPlaces {
            no_cache: holds_cache(&folders, env),
            env: env.clone(),
            trust,
            in_tree: Vec::new(),
        };
        for (name, files) in PLACES {
            let value = env.get(name).filter(|value| !value.is_empty());
            let Some(place) = value.map(Path::new).filter(|place| folders.hold(place)) else {
                continue;
            };
            let is_there = |file: &&str| match file.is_empty() {
                true => place.exists(),
                false => place.join(file).exists(),
            };
            if files.iter().any(is_there) {
                own.in_tree.push(name);
            }
            if trust == Trust::Untrusted {
                own.env.remove(name);
            }
        }
        own.clean_path(&folders);
        own
    }

    /// Programs are run from absolute folders that are not the tree's.
    fn clean_path(&mut self, folders: &LintedFolders) {
        let Some(path) = self.env.get_mut("PATH") else {
            return;
        };
        let kept = std::env::split_paths(&*path)
            .filter(|folder| folder.is_absolute() && !folders.hold(folder));
        // What came out of a text goes back into one, unless a folder holds the separator: then nothing is run.
        *path = std::env::join_paths(kept)
            .ok()
            .and_then(|joined| joined.into_string().ok())
            .unwrap_or_default();
    }

    /// What a run has to say of it.
    pub fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        if !self.in_tree.is_empty() {
            let names = self.in_tree.join(", ");
            let text = match self.trust {
                Trust::Trusted => format!(
                    "configuration and credentials may come from the linted tree: {names} lead into it"
                ),
                Trust::Untrusted => format!(
                    "{names} lead into the linted tree, which is not trusted: no configuration and no credentials are taken from there"
                ),
            };
            notes.push(Note::of_run(Level::Warning, text));
        }
        if self.no_cache && self.env.contains_key("XDG_CACHE_HOME") {
            let text =
                "answers of registries are not kept: the folder of the cache is in the linted tree";
            notes.push(Note::of_run(Level::Note, text));
        }
        notes
    }
}

fn holds_cache(folders: &LintedFolders, env: &BTreeMap<String, String>) -> bool {
    let get = |name: &str| env.get(name).filter(|value| !value.is_empty());
    let base = get("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|base| base.is_absolute())
        .or_else(|| Some(Path::new(get("HOME")?).join(".cache")));
    base.is_some_and(|base| folders.hold(&base.join("image-lint")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_the_tree_are_the_trees() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
        for name in ["ws/.git", "ws/sub", "ws/bin", "home", "bin", "other"] {
            std::fs::create_dir_all(at(name)).unwrap();
        }
        #[cfg(unix)]
        for (to, link) in [("../home", "ws/link"), ("ws/sub", "mine")] {
            std::os::unix::fs::symlink(to, at(link)).unwrap();
        }
        let own = |env: &[(&str, String)]| {
            let env = env.iter().cloned();
            let env = env.map(|(name, value)| (name.to_owned(), value)).collect();
            let args = NetworkArgs {
                trust: crate::cli::TrustArg::Untrusted,
                ..NetworkArgs::default()
            };
            OwnPlaces::of(&[at("ws/sub").into()], &args, &env)
        };
        for (home, kept, why) in [
            ("home", true, "the user's"),
            ("ws/home", false, "in the repository, though not there yet"),
            ("ws/sub", false, "what is linted"),
            ("ws/link", false, "a link of the tree, wherever it leads"),
            ("mine", false, "a link into the tree"),
            ("other/../ws/x", false, "around a corner"),
            ("wsx", true, "another folder that begins alike"),
        ] {
            let own = own(&[("HOME", at(home))]);
            assert_eq!(own.env.contains_key("HOME"), kept, "{home}: {why}");
            assert_eq!(own.no_cache, !kept, "{home}: {why}");
        }
        let path = format!("node_modules/.bin:{}:{}:.:", at("ws/bin"), at("bin"));
        assert_eq!(own(&[("PATH", path)]).env["PATH"], at("bin"));
    }
}
