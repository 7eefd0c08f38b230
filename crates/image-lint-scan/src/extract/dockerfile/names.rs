//! Which file names stand for Dockerfiles and Containerfiles.

/// Last extensions that say that a file with "Dockerfile" in its name is something else: ignore files, programs and
/// texts about Dockerfiles, editors' and build tools' files.
const OTHER_KINDS: &[&str] = &[
    "adoc",
    "bash",
    "bat",
    "c",
    "cc",
    "cjs",
    "cmd",
    "containerignore",
    "cpp",
    "cs",
    "css",
    "diff",
    "dockerignore",
    "el",
    "ex",
    "go",
    "groovy",
    "h",
    "hcl",
    "html",
    "ipynb",
    "java",
    "js",
    "json",
    "json5",
    "kt",
    "license",
    "lock",
    "log",
    "lua",
    "md",
    "mdx",
    "mjs",
    "mk",
    "orig",
    "patch",
    "php",
    "pl",
    "png",
    "proto",
    "ps1",
    "py",
    "rb",
    "rej",
    "rs",
    "rst",
    "scala",
    "sh",
    "snap",
    "sum",
    "svg",
    "swift",
    "swp",
    "tf",
    "tmlanguage",
    "toml",
    "ts",
    "tsx",
    "txt",
    "vim",
    "xml",
    "yaml",
    "yml",
    "zip",
];

/// Whether a file of this name is read as a Dockerfile.
pub fn is_dockerfile(file_name: &str) -> bool {
    let name = file_name.to_ascii_lowercase();
    if let Some((_, extension)) = name.rsplit_once('.')
        && OTHER_KINDS.contains(&extension)
    {
        return false;
    }
    ["dockerfile", "containerfile"].iter().any(|word| {
        let leads = name.strip_prefix(word).is_some_and(|rest| {
            rest.is_empty()
                || rest.starts_with(['.', '-', '_'])
                || rest.starts_with(|c: char| c.is_ascii_digit())
        });
        // `app.Dockerfile`, `app.Dockerfile.tpl`, `app-Dockerfile`.
        leads
            || name.match_indices(word).any(|(at, _)| {
                let (before, after) = (&name[..at], &name[at + word.len()..]);
                let ends = after.is_empty() || after.starts_with('.');
                ends && (before.ends_with('.')
                    || (after.is_empty() && before.ends_with(['-', '_'])))
            })
    })
}

/// Whether buildah runs the C preprocessor over it (buildah-build(1): a name that ends in `.in`).
pub(super) fn is_preprocessed(file_name: &str) -> bool {
    file_name.ends_with(".in")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dockerfiles_are_told_by_their_name() {
        for (name, expected) in [
            ("Dockerfile", true),
            ("Containerfile", true),
            ("dockerfile", true),
            ("Dockerfile.rhel8", true),
            ("Dockerfile2", true),
            ("Dockerfile-dev", true),
            ("Dockerfile_no_s2i.tpl", true),
            ("Dockerfile.tpl", true),
            ("Dockerfile.j2", true),
            ("app.Dockerfile", true),
            ("mod_wsgi.Dockerfile.tpl", true),
            ("app.dockerfile", true),
            ("app.Containerfile", true),
            ("base-Dockerfile", true),
            ("Containerfile.in", true),
            ("Dockerfile.dockerignore", false),
            (".dockerignore", false),
            ("Dockerfile.cs", false),
            ("dockerfile.go", false),
            ("DockerfileTests.cs", false),
            ("dockerfiles", false),
            ("update-dockerfile.sh", false),
            ("x-Dockerfile.approved.txt", false),
            ("knative-dockerfile-deploy", false),
            ("mydockerfile", false),
        ] {
            assert_eq!(is_dockerfile(name), expected, "{name}");
        }
    }
}
