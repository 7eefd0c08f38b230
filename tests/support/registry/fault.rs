//! What goes wrong on purpose, and for which requests.

use std::time::Duration;

use super::answer::{Answer, Wait};

/// One way to misbehave. The first group replaces the answer, the second changes the answer that was due.
#[derive(Clone, Debug)]
pub enum Fault {
    Answer(Answer),
    /// The connection is reset instead.
    Reset,
    /// No answer ever.
    Hang,

    /// The stored manifest comes whatever `Accept` says.
    IgnoreAccept,
    /// Quay's and Nexus' way: an unsigned schema 1 made for the occasion, status 200, a digest of its own.
    ConvertToSchema1,
    SetHeader(String, String),
    DropHeader(String),
    /// Other bytes under the headers of the right ones: the digest no longer fits.
    Body(Vec<u8>),
    /// The body at this many bytes in each interval.
    Drip {
        piece: usize,
        every: Duration,
    },
    /// White space without end behind the body, which JSON allows.
    Endless,
    /// The connection ends in the middle of the body.
    Truncate,
    /// The connection is reset in the middle of the body.
    ResetInBody,
    /// `Content-Encoding: gzip`, though nobody asked.
    Gzip,
    /// The right answer, late.
    Delay(Duration),
}

impl Fault {
    pub fn status(status: u16) -> Self {
        Fault::Answer(Answer::new(status))
    }

    pub fn errors(status: u16, errors: &[(&str, &str)]) -> Self {
        Fault::Answer(Answer::errors(status, errors))
    }

    pub fn redirect(status: u16, location: &str) -> Self {
        Fault::Answer(Answer::redirect(status, location))
    }

    pub fn limited(wait: Wait) -> Self {
        Fault::Answer(Answer::limited(&wait))
    }

    pub fn login_page() -> Self {
        Fault::Answer(Answer::login_page())
    }

    pub fn content_type(value: &str) -> Self {
        Fault::SetHeader("content-type".to_owned(), value.to_owned())
    }

    pub fn no_content_type() -> Self {
        Fault::DropHeader("content-type".to_owned())
    }

    pub fn no_digest() -> Self {
        Fault::DropHeader("docker-content-digest".to_owned())
    }

    pub fn digest(value: &str) -> Self {
        Fault::SetHeader("docker-content-digest".to_owned(), value.to_owned())
    }

    pub(super) fn replaces(&self) -> bool {
        matches!(self, Fault::Answer(_) | Fault::Reset | Fault::Hang)
    }
}

/// Which kind of request is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `/v2/`
    Ping,
    Manifest,
    Tags,
    Blob,
    /// A request to the token service.
    Token,
    Other,
}

/// The requests for which a fault is meant.
#[derive(Clone, Debug, Default)]
pub(super) struct Where {
    pub repository: Option<String>,
    /// Tag or digest as it stands in the path.
    pub reference: Option<String>,
    pub kind: Option<Kind>,
    pub method: Option<&'static str>,
}

impl Where {
    /// `repository`, `repository:tag`, `repository@digest`, or `*`.
    pub fn parse(text: &str) -> Self {
        let mut place = Where {
            kind: Some(Kind::Manifest),
            ..Where::default()
        };
        if text == "*" {
            return place;
        }
        let split = text.split_once('@').or_else(|| text.rsplit_once(':'));
        let (repository, reference) = split.map_or((text, None), |(r, t)| (r, Some(t)));
        place.repository = Some(repository.to_owned());
        place.reference = reference.map(str::to_owned);
        place
    }

    pub fn matches(
        &self,
        kind: Kind,
        method: &str,
        repository: Option<&str>,
        reference: Option<&str>,
    ) -> bool {
        self.kind.is_none_or(|k| k == kind)
            && self.method.is_none_or(|m| m == method)
            && (self.repository.is_none() || self.repository.as_deref() == repository)
            && (self.reference.is_none() || self.reference.as_deref() == reference)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub place: Where,
    pub fault: Fault,
    /// How many times are left; None: always.
    pub left: Option<usize>,
}
