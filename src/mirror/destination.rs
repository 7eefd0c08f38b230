//! Names of copies: `HOST/PROJECT/NAME:TAG`, of one part below the project, since OpenShift's registry takes no more.
//!
//! The name is a function of the source alone, so that a later plan finds the same copy under the same name and never
//! puts one image in the place of another. Parts of the source's name are joined by two underscores, which the grammar
//! of references allows and hardly any name holds; where one does, a hash of the source tells them apart.

use image_lint_model::reference::ImageReference;
use sha2::{Digest, Sha256};

/// Registry and project that take the copies.
#[derive(Clone, Debug)]
pub struct Destination {
    push: ImageReference,
    /// By which the cluster knows the same project.
    named: ImageReference,
}

/// A `--to` that cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}`: {why}; HOST/PROJECT is needed, such as registry.example.com/mirror")]
pub struct DestinationError {
    text: String,
    why: String,
}

/// Longest name of one part; a whole name has at most 255 bytes (distribution/reference).
const LONGEST: usize = 120;

impl Destination {
    /// `named` is how the cluster names the project, when that is another name than the one it is pushed to.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn parse(to: &str, named: Option<&str>) -> Result<Self, DestinationError> {
        let push = project(to)?;
        let named = named.map_or_else(|| Ok(push.clone()), project)?;
        Ok(Destination { push, named })
    }

    /// Host that is pushed to, with its port.
    pub fn host(&self) -> &str {
        &self.push.host
    }

    /// Whether an image is in the project already, by either of its names.
    pub fn holds(&self, image: &ImageReference) -> bool {
        [&self.push, &self.named]
            .iter()
            .any(|own| below(own, image).is_some())
    }

    /// Where a copy is pushed, and how the files name it. An image that is in the project already is converted in place.
    pub fn names(&self, source: &ImageReference) -> (ImageReference, ImageReference) {
        let tag: Box<str> = tag(source).into();
        let place = |project: &ImageReference, name: &str| ImageReference {
            repository: format!("{}/{name}", project.repository).into(),
            tag: Some(tag.clone()),
            digest: None,
            tag_implied: false,
            short: false,
            host: project.host.clone(),
        };
        for own in [&self.push, &self.named] {
            if let Some(name) = below(own, source) {
                return (place(&self.push, name), place(&self.named, name));
            }
        }
        let name = flat(source);
        (place(&self.push, &name), place(&self.named, &name))
    }
}

/// The name of an image within a project; None where it is elsewhere.
fn below<'i>(project: &ImageReference, image: &'i ImageReference) -> Option<&'i str> {
    let rest = image.repository.strip_prefix(&*project.repository)?;
    rest.strip_prefix('/')
        .filter(|_| image.host.eq_ignore_ascii_case(&project.host))
}

fn project(text: &str) -> Result<ImageReference, DestinationError> {
    let fail = |why: &str| DestinationError {
        text: text.chars().take(200).collect(),
        why: why.to_owned(),
    };
    let bare = text.strip_suffix('/').unwrap_or(text);
    let parsed = ImageReference::parse(bare).map_err(|error| fail(&error.why))?;
    if parsed.short && is_host(bare) {
        return Err(fail("the project below the registry is missing"));
    }
    if parsed.short {
        return Err(fail("the first part is not the host of a registry"));
    }
    if !parsed.tag_implied || parsed.digest.is_some() {
        return Err(fail("a tag or digest is chosen for each image"));
    }
    if parsed.host.starts_with('[') {
        return Err(fail(
            "give the registry a name: YAML reads a bracket as a list",
        ));
    }
    if parsed.repository.len() > 255 - LONGEST - 1 {
        return Err(fail("the project's name is too long"));
    }
    Ok(parsed)
}

/// Whether the whole text can only be meant as a host: it has a port, a dot, or is this machine.
fn is_host(text: &str) -> bool {
    let port = text
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    !text.contains('/') && (port || text.contains('.') || text == "localhost")
}

/// The source's name in one part.
fn flat(source: &ImageReference) -> String {
    let hub = &*source.host == "docker.io";
    let repository = match source.repository.strip_prefix("library/") {
        Some(official) if hub && !official.contains('/') => official,
        _ => &source.repository,
    };
    let host = if hub {
        String::new()
    } else {
        format!("{}/", source.host.replace(':', "_"))
    };
    let joined = format!("{host}{repository}").replace('/', "__");
    let first = source.repository.split('/').next().unwrap_or("");
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    // Names that another source could have too: with the joint in them, with a host's dot in a user's name on Docker Hub,
    // with characters that a name may not have.
    let ambiguous = source.repository.contains("__")
        || (hub && first.contains('.'))
        || joined.len() > LONGEST
        || !joined.bytes().all(allowed);
    if !ambiguous {
        return joined;
    }
    let parts = joined
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty());
    let kept = parts.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    let kept: String = kept.chars().take(LONGEST - 13).collect();
    let hash = format!(
        "{:x}",
        Sha256::digest(format!("{}/{}", source.host, source.repository))
    );
    format!("{}-{}", kept.trim_end_matches('-'), &hash[..12])
}

/// The source's tag. A pinned image gets the first digits of its digest, since its tag may name another one.
fn tag(source: &ImageReference) -> String {
    let Some(digest) = &source.digest else {
        return source.identifier().to_owned();
    };
    let hex: String = digest
        .rsplit(':')
        .next()
        .unwrap_or("")
        .chars()
        .take(12)
        .collect();
    match &source.tag {
        Some(tag) => format!("{}-{hex}", tag.chars().take(100).collect::<String>()),
        None => format!("sha256-{hex}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(source: &str) -> String {
        let to = Destination::parse("r.example.com:5000/mirror", None).unwrap();
        let (destination, _) = to.names(&ImageReference::parse(source).unwrap());
        // What is made must be a reference itself.
        assert_eq!(
            ImageReference::parse(&destination.to_string()).unwrap(),
            destination
        );
        destination
            .to_string()
            .strip_prefix("r.example.com:5000/mirror/")
            .unwrap_or("elsewhere")
            .to_owned()
    }

    #[test]
    fn names_come_from_the_source_alone() {
        let digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        for (source, expected) in [
            ("redis:7.2.1", "redis:7.2.1"),
            ("redis", "redis:latest"),
            ("docker.io/library/redis:7", "redis:7"),
            ("bitnami/redis:7", "bitnami__redis:7"),
            ("quay.io/org/sub/app-x:v1", "quay.io__org__sub__app-x:v1"),
            ("localhost:5000/a:1", "localhost_5000__a:1"),
            (&format!("redis@{digest}"), "redis:sha256-0123456789ab"),
            (&format!("redis:7@{digest}"), "redis:7-0123456789ab"),
            ("r.example.com:5000/mirror/app:1", "app:1"),
            ("r.example.com:5000/mirror/a/b:1", "a/b:1"),
            ("quay.io/a__b/c:1", "quay-io-a-b-c-000000000000:1"),
        ] {
            let got = named(source);
            if source.contains("__") {
                assert_eq!(got.len(), expected.len(), "{got}");
            } else {
                assert_eq!(got, expected, "{source}");
            }
        }
    }

    #[test]
    fn no_two_sources_have_one_copy() {
        let sources = [
            "redis",
            "library/a/redis",
            "bitnami/redis",
            "quay.io/redis",
            "quay.io/a/b",
            "quay.io/a__b",
            "quay.io/a-b",
            "quay.io/a_b",
            "quay.io.x/redis",
            "docker.io/quay.io/a/b",
            "[::1]:5000/a",
            "[::2]:5000/a",
            "h:50/a",
            "h.50/a",
            "localhost:50/a",
            "QUAY.example/a",
            "quay.example/a",
        ];
        let mut seen = std::collections::BTreeMap::new();
        for source in sources {
            let Ok(reference) = ImageReference::parse(source) else {
                continue;
            };
            if let Some(other) = seen.insert(named(source), reference.name()) {
                assert_eq!(
                    other.to_lowercase(),
                    reference.name().to_lowercase(),
                    "{source}"
                );
            }
        }
    }

    #[test]
    fn a_destination_is_a_host_and_a_project() {
        for bad in [
            "mirror",
            "team/mirror",
            "r.example.com",
            "r.example.com/a:1",
            "[::1]:5000/a",
            "r.example.com/A;id",
            "",
        ] {
            assert!(Destination::parse(bad, None).is_err(), "{bad}");
        }
        for host in [
            "r.example.com",
            "localhost:5117",
            "localhost",
            "r.example.com:5000",
        ] {
            let error = Destination::parse(host, None).unwrap_err().to_string();
            assert!(
                error.contains("project below the registry is missing"),
                "{error}"
            );
        }
        assert!(Destination::parse("r.example.com/mirror/", None).is_ok());
        let to = Destination::parse(
            "route.example.com/p",
            Some("docker-registry.default.svc:5000/p"),
        )
        .unwrap();
        let (push, name) = to.names(&ImageReference::parse("redis:7").unwrap());
        assert_eq!(push.to_string(), "route.example.com/p/redis:7");
        assert_eq!(
            name.to_string(),
            "docker-registry.default.svc:5000/p/redis:7"
        );
    }
}
