//! What people write in place of a reference: recognised before the grammar is asked, because the grammar would let some
//! of it pass (`docker-archive:x.tar` is the image `library/docker-archive` to it) and could not say why of the rest.

use std::borrow::Cow;

use super::grammar::error;
use super::{ImageReference, ReferenceError, ReferenceErrorKind as Kind};

/// Transports of containers/image (`transports/alltransports`) that are written with a single colon. `docker` is not
/// among them: its transport needs `//`, and `docker:24` is an image.
const TRANSPORTS: [&str; 9] = [
    "containers-storage",
    "dir",
    "docker-archive",
    "docker-daemon",
    "oci",
    "oci-archive",
    "ostree",
    "sif",
    "tarball",
];

pub(super) fn recognise(text: &str) -> Result<(), ReferenceError> {
    empty(text)?;
    length(text)?;
    // Before the placeholders: a password may hold their marks, and no other error may quote it.
    credentials(text)?;
    placeholder(text)?;
    scheme(text)?;
    outer_space(text)?;
    image_id(text)
}

fn empty(text: &str) -> Result<(), ReferenceError> {
    if text.trim().is_empty() {
        return Err(error(Kind::Empty, 0..text.len(), "the image name is empty"));
    }
    Ok(())
}

/// Longer than any host, path, tag and digest together: a whole text stands where a name should.
const MAX: usize = 1024;

fn length(text: &str) -> Result<(), ReferenceError> {
    if text.len() > MAX {
        return Err(error(
            Kind::TooLong,
            0..text.len(),
            format!("{} bytes are too long for an image name", text.len()),
        ));
    }
    Ok(())
}

fn outer_space(text: &str) -> Result<(), ReferenceError> {
    let trimmed = text.trim();
    if trimmed.len() == text.len() {
        return Ok(());
    }
    let before = text.len() - text.trim_start().len();
    let (at, side) = if before > 0 {
        (0..before, "before")
    } else {
        (trimmed.len()..text.len(), "behind")
    };
    Err(error(
        Kind::Character,
        at,
        format!("white space stands {side} the image name"),
    )
    .hint(format!("write `{trimmed}`")))
}

/// A mark that some program is to replace. Shell and template variables count too: whoever expands them did not.
fn placeholder(text: &str) -> Result<(), ReferenceError> {
    let Some(at) = find_placeholder(text) else {
        return Ok(());
    };
    let mark = &text[at.clone()];
    let why = format!("`{mark}` is a placeholder that something else is to replace");
    Err(error(Kind::Placeholder, at, why))
}

fn find_placeholder(text: &str) -> Option<std::ops::Range<usize>> {
    // Openings with their closing mark, longest first; what stands between decides for the one-character marks.
    const PAIRS: [(&str, &str); 12] = [
        ("${{", "}}"),
        ("${", "}"),
        ("$(", ")"),
        ("$[[", "]]"),
        ("{{", "}}"),
        ("#{", "}#"),
        ("<", ">"),
        ("{", "}"),
        ("@", "@"),
        ("%", "%"),
        ("#", "#"),
        ("__", "__"),
    ];
    // Where each closing mark stands next, so that openings without one do not search the whole text again and again.
    let mut closing: [Option<Option<usize>>; PAIRS.len()] = [None; PAIRS.len()];
    let mut previous = None;
    for (start, c) in text.char_indices() {
        let rest = &text[start..];
        if c == '$' && rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            let name = rest[1..]
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(rest.len() - 1);
            return Some(start..start + 1 + name);
        }
        // `a__b` is one name: the mark stands at the start of a word.
        let inside_word = previous.is_some_and(|p: char| p.is_ascii_alphanumeric() || p == '_');
        previous = Some(c);
        for ((open, close), known) in PAIRS.into_iter().zip(&mut closing) {
            let Some(inner) = rest.strip_prefix(open) else {
                continue;
            };
            let begin = start + open.len();
            let stands = match *known {
                Some(at) if at.is_none_or(|at| at >= begin) => at,
                _ => *known.insert(inner.find(close).map(|length| begin + length)),
            };
            let Some(length) = stands.map(|at| at - begin) else {
                continue;
            };
            let name = &inner[..length];
            let fits = match open {
                "@" | "%" | "#" => is_mark_name(name),
                "__" => !inside_word && is_capital_name(name),
                "<" | "{" => !name.is_empty() && !name.contains(['<', '{']),
                _ => true,
            };
            if fits {
                return Some(start..start + open.len() + length + close.len());
            }
        }
    }
    None
}

/// Words that a name is made of which somebody is to fill in.
const WORDS: [&str; 33] = [
    "ADD",
    "APP",
    "BASE",
    "CHANGE",
    "CHANGEME",
    "CONTAINER",
    "DIGEST",
    "FIXME",
    "HERE",
    "HOST",
    "IMAGE",
    "IMG",
    "ME",
    "MY",
    "NAME",
    "NAMESPACE",
    "ORG",
    "PLACEHOLDER",
    "PROJECT",
    "REGISTRY",
    "REPLACE",
    "REPLACEME",
    "REPO",
    "REPOSITORY",
    "SERVICE",
    "TAG",
    "TBD",
    "THIS",
    "TODO",
    "URL",
    "USER",
    "VERSION",
    "YOUR",
];

/// Names that a script, a person or an operator puts an image in place of: `MODEL_IMAGE`, `REGISTRY/IMAGE:TAG`,
/// `…@sha256:resolved`. Only for what is not a valid name anyway; `ALPINE` is a mistake.
pub(super) fn to_fill_in(text: &str) -> Option<ReferenceError> {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    };
    let mut start = 0;
    for part in name.split(['/', ':']) {
        if is_to_fill_in(part) {
            return Some(filled_in_later(text, start..start + part.len()));
        }
        start += part.len() + 1;
    }
    let hash = digest?.strip_prefix("sha256:")?;
    let word = hash
        .bytes()
        .all(|b| b.is_ascii_alphabetic() || b"_-".contains(&b));
    (word && hash.bytes().any(|b| !b.is_ascii_hexdigit()))
        .then(|| filled_in_later(text, text.len() - hash.len()..text.len()))
}

fn filled_in_later(text: &str, at: std::ops::Range<usize>) -> ReferenceError {
    let why = format!(
        "`{}` is a placeholder that something else is to replace",
        &text[at.clone()]
    );
    error(Kind::Placeholder, at, why)
}

/// Capitals with `_` or `-`, or made of [`WORDS`]; or a name that ends in one of them (`detector-IMG`).
fn is_to_fill_in(part: &str) -> bool {
    if let Some((name, word)) = part.rsplit_once(['-', '_', ' '])
        && word.len() > 2
        && WORDS.contains(&word)
        && !name.bytes().any(|b| b.is_ascii_uppercase())
    {
        return true;
    }
    if part.contains(' ') && part.to_ascii_uppercase().contains("PLACEHOLDER") {
        return true;
    }
    let capitals = part.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && part
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b"_-".contains(&b))
        && part.bytes().any(|b| b.is_ascii_uppercase());
    capitals && (part.trim_matches('_').contains(['_', '-']) || is_a_word(part))
}

fn is_a_word(part: &str) -> bool {
    let word = part.trim_matches(|c: char| c.is_ascii_digit() || c == '_');
    WORDS.contains(&word)
        || WORDS.iter().any(|first| {
            word.strip_prefix(first)
                .is_some_and(|rest| WORDS.contains(&rest))
        })
}

/// `IMAGE_TAG`, `image.tag`, `build-id`: what stands between two marks. At most 64 bytes: a digest is none.
fn is_mark_name(name: &str) -> bool {
    (1..64).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

fn is_capital_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

fn scheme(text: &str) -> Result<(), ReferenceError> {
    let text_end = text.len();
    if let Some(at) = text.find("://") {
        let name = text[..at].trim_start();
        let is_scheme = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+.-".contains(&b));
        if is_scheme {
            let rest = &text[at + 3..];
            let why = match name {
                "http" | "https" => format!("`{name}://` makes this a web address, not an image name"),
                "docker" => {
                    "`docker://` is how skopeo and buildah write a registry; here it is part of no image name".into()
                }
                _ => format!("`{name}://` is part of no image name"),
            };
            let error = error(Kind::Scheme, 0..at + 3, why);
            let plain = rest.strip_suffix('/').unwrap_or(rest);
            return Err(
                match ImageReference::parse(plain.split("://").next().unwrap_or(plain)) {
                    Ok(_) if name != "ko" && !plain.contains("://") => {
                        error.hint(format!("drop it: `{plain}`"))
                    }
                    _ => error,
                },
            );
        }
    }
    let Some((name, rest)) = text.split_once(':') else {
        return Ok(());
    };
    if TRANSPORTS.contains(&name) && !rest.is_empty() {
        let why =
            format!("`{name}:` names a local store or file of skopeo and buildah, not a registry");
        return Err(error(Kind::Scheme, 0..text_end.min(name.len() + 1), why));
    }
    Ok(())
}

/// Bytes of `user:password` (or `user`) before an `@` that is followed by a host.
pub fn find_credentials(text: &str) -> Option<std::ops::Range<usize>> {
    let scheme = text.find("://").map(|at| at + 3);
    let start = scheme.unwrap_or(0);
    let slash = text[start..].find('/').map(|at| start + at);
    let authority = &text[start..slash.unwrap_or(text.len())];
    // A password may hold any character, an `@` as well: the last one before the path counts.
    let (user, host) = authority.rsplit_once('@')?;
    let is_host = slash.is_some()
        && host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
        && (host.contains(['.', ':']) || host == "localhost");
    // Behind a scheme everything before `@` is user information, with or without a path. `@X@` is a placeholder.
    let found = (is_host || scheme.is_some()) && !user.is_empty() && !user.starts_with('@');
    found.then(|| start..start + user.len())
}

fn credentials(text: &str) -> Result<(), ReferenceError> {
    let Some(at) = find_credentials(text) else {
        return Ok(());
    };
    let behind = &text[at.end + 1..];
    let error = error(Kind::Credentials, at.start..at.end + 1, "the image name contains a user name or password")
        .hint("an image name carries no credentials; take them out of the file, change them, and use a pull secret");
    Err(match ImageReference::parse(behind) {
        Ok(_) => error.hint(format!(
            "write `{behind}`; take the credentials out of the file, change them, and use a pull secret"
        )),
        Err(_) => error,
    })
}

/// The string with user name and password before an `@` replaced by `***`, for every place that shows it.
pub fn redact_credentials(text: &str) -> Cow<'_, str> {
    match find_credentials(text) {
        Some(at) => Cow::Owned(format!("{}***{}", &text[..at.start], &text[at.end..])),
        None => Cow::Borrowed(text),
    }
}

fn image_id(text: &str) -> Result<(), ReferenceError> {
    let hex = text.strip_prefix("sha256:").unwrap_or(text);
    if hex.len() != 64
        || !hex
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    {
        return Ok(());
    }
    Err(error(
        Kind::ImageId,
        0..text.len(),
        "this is the id of an image in a local store; no registry knows it",
    )
    .hint("name the repository too: `HOST/REPOSITORY@sha256:…`"))
}

/// Words that people give their registries when they have no dot in the name.
const REGISTRY_WORDS: [&str; 8] = [
    "registry",
    "harbor",
    "nexus",
    "artifactory",
    "quay",
    "gitlab",
    "docker-registry",
    "image-registry",
];

pub(super) fn surprise(reference: &ImageReference) -> Option<String> {
    if !reference.short {
        return None;
    }
    let tag = reference.tag.as_deref().unwrap_or_default();
    if let Some(name) = reference.repository.strip_prefix("library/") {
        let is_port = !tag.is_empty() && tag.len() <= 5 && tag.bytes().all(|b| b.is_ascii_digit());
        if is_port && (name == "localhost" || name.contains('.')) {
            return Some(format!(
                "without a `/` behind it, `{name}:{tag}` is no registry: docker reads the image `{name}` of Docker Hub with the tag `{tag}`"
            ));
        }
        if name == "localhost" || looks_like_host(name) {
            return Some(format!(
                "without a `/` behind it, `{name}` is no registry: docker reads an image of Docker Hub"
            ));
        }
        return None;
    }
    let first = reference.repository.split('/').next().unwrap_or_default();
    let like_registry = REGISTRY_WORDS.iter().any(|word| {
        first == *word || first.starts_with(&format!("{word}-")) || first.ends_with(word)
    });
    like_registry.then(|| {
        format!(
            "`{first}` has neither a dot nor a port, so docker takes it for a user of Docker Hub, not for a registry: `docker.io/{}`",
            reference.repository
        )
    })
}

/// `example.com`, not `1.2.3` nor `node.js`.
fn looks_like_host(name: &str) -> bool {
    const ENDINGS: [&str; 12] = [
        "com", "org", "net", "io", "dev", "local", "internal", "svc", "ch", "de", "eu", "fi",
    ];
    name.rsplit_once('.')
        .is_some_and(|(_, last)| ENDINGS.contains(&last))
}
