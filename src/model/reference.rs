//! Image references: the grammar of distribution/reference, the normal form, and why a string is none.

use std::fmt;

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
    /// # Errors
    /// Why the string is no reference, with the byte at fault.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let _ = text;
        todo!()
    }

    /// What a registry is asked for: the digest if there is one, else the tag.
    pub fn identifier(&self) -> &str {
        self.digest.as_deref().or(self.tag.as_deref()).unwrap_or("latest")
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
