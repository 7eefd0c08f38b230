//! Image references: the grammar of distribution/reference, the normal form, and why a string is none.
//!
//! Comes in: a whole string, variables already followed, not trimmed. Goes out: an [`ImageReference`], or a
//! [`ReferenceError`] that says which bytes are at fault and what was likely meant. Pure; it never looks a name up.
//!
//! The rules are those of distribution/reference (`reference.go`, `normalize.go`, `regexp.go`), which docker, containerd
//! and the OpenShift API use. Four deliberate differences, each on the side of a person's likely mistake: ports above
//! 65535, hosts with an underscore, a first part with uppercase letters but no dot (`MyUser/app`, which only newer
//! libraries take for a host), and what [`mistakes`] recognises before the grammar is asked (an image id, a transport
//! such as `docker-archive:`, a placeholder), although the grammar would let some of it pass.

mod grammar;
mod mistakes;
#[cfg(test)]
mod peers;
#[cfg(test)]
mod tests;

use std::fmt;

pub use mistakes::{find_credentials, redact_credentials};

/// An image reference in its normal form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageReference {
    /// Host as the user sees it, with its port: `docker.io`, `quay.io`, `localhost:5000`, `[::1]:5000`.
    pub host: Box<str>,
    /// Path below the host: `library/nginx`.
    pub repository: Box<str>,
    /// As given; None when only a digest was.
    pub tag: Option<Box<str>>,
    /// `sha256:…`
    pub digest: Option<Box<str>>,
    /// Neither tag nor digest was written: `latest` is meant.
    pub tag_implied: bool,
    /// No registry was written: docker takes `docker.io`, CRI-O its search list.
    pub short: bool,
}

impl ImageReference {
    /// Parses by docker's rules (`docker.io`, `library/`, `latest` filled in).
    ///
    /// The string is taken as it stands: outer white space is an error, so that nobody trims what a cluster would not.
    ///
    /// # Errors
    /// Why the string is no reference, with the bytes at fault.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        mistakes::recognise(text)?;
        grammar::parse(text).map_err(|error| mistakes::to_fill_in(text).unwrap_or(error))
    }

    /// Parses the name of a repository whose tags are all meant (`ImageStream.spec.dockerImageRepository`): no tag is
    /// implied, and none may be written (openshift/api validation: "the repository name may not contain a tag").
    ///
    /// # Errors
    /// Why the string is no repository name, with the bytes at fault.
    pub fn parse_repository(text: &str) -> Result<Self, ReferenceError> {
        let mut reference = Self::parse(text)?;
        let name_end = match (&reference.digest, &reference.tag) {
            (Some(_), _) => text.find('@').unwrap_or(text.len()),
            (None, Some(tag)) if !reference.tag_implied => text.len() - tag.len() - 1,
            _ => {
                reference.tag = None;
                reference.tag_implied = false;
                return Ok(reference);
            }
        };
        let (part, kind) = match reference.digest {
            Some(_) => ("digest", ReferenceErrorKind::Digest),
            None => ("tag", ReferenceErrorKind::Tag),
        };
        // With a digest, a tag may stand before it as well.
        let start = match (&reference.digest, &reference.tag) {
            (Some(_), Some(tag)) => name_end - tag.len() - 1,
            _ => name_end,
        };
        Err(ReferenceError {
            why: format!("this field names a whole repository, so it may not contain a {part}"),
            at: start..text.len(),
            hint: Some(format!("write `{}`", &text[..start])),
            kind,
        })
    }

    /// What a registry is asked for: the digest if there is one, else the tag.
    pub fn identifier(&self) -> &str {
        self.digest
            .as_deref()
            .or(self.tag.as_deref())
            .unwrap_or("latest")
    }

    /// For a name that is a reference, though likely not the one that was meant: the sentence that says so.
    ///
    /// Without a registry in front, docker takes the whole name for one on Docker Hub: `example.com:5000` is the image
    /// `docker.io/library/example.com` with the tag `5000`, and `myregistry/app` is a user's image.
    pub fn surprise(&self) -> Option<String> {
        mistakes::surprise(self)
    }

    /// `host/repository`, without tag and digest.
    pub fn name(&self) -> String {
        format!("{}/{}", self.host, self.repository)
    }

    /// The same image asked by this digest, as `skopeo` takes it (it refuses tag and digest together).
    pub fn with_digest(&self, digest: &str) -> String {
        format!("{}/{}@{digest}", self.host, self.repository)
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// Why a string is not an image reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct ReferenceError {
    /// What is wrong, naming the character or part; may quote the string.
    pub why: String,
    /// Byte range in the string that is at fault.
    pub at: std::ops::Range<usize>,
    /// What was likely meant, as a sentence or a corrected reference.
    pub hint: Option<String>,
    pub kind: ReferenceErrorKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceErrorKind {
    Empty,
    /// Uppercase letters in the repository.
    Uppercase,
    /// A character that stands nowhere in a reference.
    Character,
    Tag,
    Digest,
    Host,
    Repository,
    TooLong,
    /// A bare image id.
    ImageId,
    /// `https://`, `docker://`, `oci:` …
    Scheme,
    /// `user:password@host`
    Credentials,
    /// `@X@`, `<X>`, `#X#`: a mark that is to be replaced.
    Placeholder,
}
