//! Files that nobody reads although they look as if they named images to deploy: they are counted and listed, so that
//! nobody takes silence about them for a verdict.
//!
//! Comes in: the name of a file, then its text. Goes out: the line that looks so.

use super::loose_values::is_full_name;
use image_lint_text::source::RepoPath;

/// Endings of files that say what is deployed, built or run: settings and templates, and no source code.
const ENDINGS: [&str; 44] = [
    "tf",
    "tfvars",
    "hcl",
    "nomad",
    "toml",
    "jsonnet",
    "libsonnet",
    "cue",
    "bzl",
    "bazel",
    "star",
    "k",
    "pkl",
    "dhall",
    "properties",
    "ini",
    "cfg",
    "conf",
    "j2",
    "jinja",
    "jinja2",
    "tpl",
    "tmpl",
    "gotmpl",
    "template",
    "mustache",
    "erb",
    "hbs",
    "ejs",
    "gradle",
    "kts",
    "ps1",
    "bat",
    "cmd",
    "bats",
    "groovy",
    "yaml",
    "yml",
    "json",
    "xml",
    "nix",
    "pp",
    "fish",
    "in",
];

/// Names of such files without an ending of their own.
const NAMES: [&str; 8] = [
    "Tiltfile",
    "Vagrantfile",
    "Earthfile",
    "BUILD",
    "WORKSPACE",
    "Justfile",
    "justfile",
    "Rakefile",
];

/// Whether a file may be one, by its name.
pub fn may_deploy(path: &RepoPath) -> bool {
    let name = path.file_name();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    ENDINGS.contains(&ending) || NAMES.contains(&&*name)
}

/// The first line, from 1, that names an image with its registry and a tag or digest beside a word that says so.
pub fn first_image(text: &str) -> Option<u32> {
    let bytes = text.as_bytes();
    let any = [&b"mage"[..], b"IMAGE", b"docker", b"podman", b"oci://"];
    if !any
        .iter()
        .any(|word| memchr::memmem::find(bytes, word).is_some())
    {
        return None;
    }
    let at = text.lines().position(names_an_image)?;
    u32::try_from(at + 1).ok()
}

/// Longer lines are data.
const LONGEST_LINE: usize = 2000;

fn names_an_image(line: &str) -> bool {
    let line = line.trim();
    if line.len() > LONGEST_LINE || line.starts_with(['#', ';']) || line.starts_with("//") {
        return false;
    }
    let words = ["image", "docker", "podman", "oci://"];
    let lower = line.to_ascii_lowercase();
    if !words.iter().any(|word| lower.contains(word)) {
        return false;
    }
    let ends = |c: char| c.is_whitespace() || "\"'`=,()[]{}<>;|".contains(c);
    let bare = |word: &str| {
        let word = word.strip_prefix("docker://").unwrap_or(word);
        is_full_name(word.strip_prefix("oci://").unwrap_or(word))
    };
    line.split(ends).any(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_name_images_are_found() {
        for (text, expected, why) in [
            ("a\nimage = \"quay.io/a/b:1\"\n", Some(2), "a setting"),
            (
                "docker_pull(\"quay.io/a/b@sha256:1111111111111111111111111111111111111111111111111111111111111111\")",
                Some(1),
                "a call",
            ),
            ("run: docker run quay.io/a/b:1", Some(1), "a command"),
            ("url = \"oci://quay.io/a/b:1\"", Some(1), "an artifact"),
            ("# image = \"quay.io/a/b:1\"", None, "a comment"),
            ("image = \"debian-cloud/debian-11\"", None, "a machine"),
            ("image = \"quay.io/a/b\"", None, "no tag"),
            ("site = \"https://docker.com/a:1\"", None, "an address"),
            (
                "name = \"quay.io/a/b:1\"",
                None,
                "nothing says that it is one",
            ),
            ("", None, "nothing"),
        ] {
            assert_eq!(first_image(text), expected, "{why}");
        }
    }

    #[test]
    fn settings_may_deploy_and_sources_do_not() {
        for (path, expected) in [
            ("infra/main.tf", true),
            ("Tiltfile", true),
            ("a/app.nomad", true),
            ("compose.yaml.j2", true),
            ("main.go", false),
            ("README.md", false),
            ("a.py", false),
        ] {
            assert_eq!(
                may_deploy(&RepoPath::from_bytes(path.as_bytes())),
                expected,
                "{path}"
            );
        }
    }
}
