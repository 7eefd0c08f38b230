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

/// `skopeo copy --format v2s2 …` from the image as it is stored now into the user's own project.
///
/// The source is named by digest: skopeo refuses tag and digest together, and the tag may move. For lists `--all`
/// converts every platform.
pub fn skopeo_copy(
    reference: &ImageReference,
    digest: Option<&str>,
    list: bool,
    gzip: bool,
) -> String {
    let source = match digest {
        Some(digest) => reference.with_digest(digest),
        None => plain(reference),
    };
    let last = reference
        .repository
        .rsplit('/')
        .next()
        .unwrap_or(&reference.repository);
    let tag = reference.tag.as_deref().unwrap_or("latest");
    format!(
        "$ skopeo copy{} --format v2s2{} {} {}",
        if list { " --all" } else { "" },
        if gzip {
            " --dest-compress-format gzip"
        } else {
            ""
        },
        word(&format!("docker://{source}")),
        word(&format!("docker://{OWN_PROJECT}/{last}:{tag}")),
    )
}

/// The reference as skopeo and podman take it: the digest form when there is one, else with its tag.
pub fn plain(reference: &ImageReference) -> String {
    match &reference.digest {
        Some(digest) => reference.with_digest(digest),
        None => reference.to_string(),
    }
}

/// The two commands that let a workload pull from a registry with credentials.
pub fn pull_secret(host: &str, service_account: Option<&str>) -> [String; 2] {
    // docker's configuration knows Docker Hub by this address; the kubelet takes it too.
    let server = if host == "docker.io" {
        "https://index.docker.io/v1/"
    } else {
        host
    };
    let name = format!(
        "{}-pull",
        host.split([':', '.'])
            .find(|part| part.len() > 2)
            .unwrap_or("registry")
    );
    let name: String = name
        .to_ascii_lowercase()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    let account = service_account
        .filter(|a| is_object_name(a))
        .unwrap_or("default");
    [
        format!(
            "$ oc create secret docker-registry {name} --docker-server={} --docker-username=USER --docker-password=TOKEN",
            word(server)
        ),
        format!("$ oc secrets link {account} {name} --for=pull"),
    ]
}

fn is_object_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 253
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.')
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

    #[test]
    fn the_pull_secret_is_named_after_the_registry() {
        let [create, link] = pull_secret("registry.example.com:5000", Some("web"));
        assert_eq!(
            create,
            "$ oc create secret docker-registry registry-pull --docker-server=registry.example.com:5000 \
             --docker-username=USER --docker-password=TOKEN"
        );
        assert_eq!(link, "$ oc secrets link web registry-pull --for=pull");
        assert!(
            pull_secret("docker.io", None)[0]
                .contains("--docker-server=https://index.docker.io/v1/")
        );
        assert!(
            pull_secret("a.b", Some("x;rm -rf"))
                .concat()
                .contains("link default")
        );
    }
}
