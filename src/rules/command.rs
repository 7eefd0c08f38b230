//! Commands that help lines print. Only text that is a valid reference or a fixed placeholder gets into one, quoted for
//! a POSIX shell, so that a hostile name cannot make a command (facts: threat T19).

use image_lint_model::reference::ImageReference;

/// One word of a command line, in single quotes when a shell would read it as more than text.
pub fn word(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"@%+=:,./_-".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Stands for the user's own registry and project where none is known.
pub const OWN_PROJECT: &str = "REGISTRY/PROJECT";

/// A copy in the user's own project, under the image's last name and its tag.
pub fn own_copy(reference: &ImageReference) -> ImageReference {
    let (host, project) = OWN_PROJECT.split_once('/').unwrap_or((OWN_PROJECT, ""));
    let last = reference
        .repository
        .rsplit('/')
        .next()
        .unwrap_or(&reference.repository);
    ImageReference {
        host: host.into(),
        repository: format!("{project}/{last}").into(),
        tag: Some(reference.tag.as_deref().unwrap_or("latest").into()),
        digest: None,
        tag_implied: false,
        short: false,
    }
}

/// The reference as skopeo and podman take it: the digest form when there is one, else with its tag.
pub fn plain(reference: &ImageReference) -> String {
    match &reference.digest {
        Some(digest) => reference.with_digest(digest),
        None => reference.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_a_shell_would_read_are_quoted() {
        let rows = [
            ("quay.io/a/b:1", "quay.io/a/b:1"),
            ("a@sha256:0", "a@sha256:0"),
            ("[::1]:5000/a", "'[::1]:5000/a'"),
            ("a'$(id)", r"'a'\''$(id)'"),
            ("", "''"),
            ("-rf", "-rf"),
        ];
        for (text, expected) in rows {
            assert_eq!(word(text), expected);
        }
    }
}
