//! What a registry said about a reference, or why nobody can say.

use std::time::Duration;

use crate::manifest::{Format, Manifest};

/// The answer to one distinct reference.
#[derive(Clone, Debug)]
pub struct Resolved {
    pub resolution: Resolution,
    pub evidence: Evidence,
    /// For `tag@digest`: the digest that the tag names now, when it was asked for.
    pub tag_digest: Option<Box<str>>,
    /// Another tag of the repository that the target can pull, when this one cannot be and it was asked for.
    pub alternative: Option<Alternative>,
}

impl Resolved {
    /// An answer without what is asked only for some references.
    pub fn new(resolution: Resolution, evidence: Evidence) -> Self {
        Resolved {
            resolution,
            evidence,
            tag_digest: None,
            alternative: None,
        }
    }
}

/// A tag that is stored otherwise than the one asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    pub tag: Box<str>,
    pub format: Format,
}

#[derive(Clone, Debug)]
pub enum Resolution {
    Found(Manifest),
    /// Proved: the registry let us read the repository, or said so itself.
    Absent(Absence),
    /// The registry does not let us see.
    Denied(Denial),
    /// The registry serves something that cannot be told for certain: body and header disagree, a digest is wrong.
    Ambiguous(Ambiguity),
    /// Nobody knows: never a verdict about the image.
    Unknown(Unreachable),
}

#[derive(Clone, Debug)]
pub struct Absence {
    pub what: Absent,
    /// Tags of the repository that are nearest to the one asked for, best first; empty when the list could not be had.
    pub nearest_tags: Vec<String>,
    /// The registry says that the tag existed once (Quay's `TAG_EXPIRED`).
    pub expired: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// The repository can be read; the tag is not there.
    Tag,
    /// The repository can be read; the digest is not there.
    Digest,
    /// The registry says that it does not have the repository, and would have said otherwise if it had.
    Repository,
}

#[derive(Clone, Debug)]
pub struct Denial {
    pub kind: DenialKind,
    /// HTTP status that decided it; 0 when a file of this machine did (`registries.conf`).
    pub status: u16,
    /// `errors[].code` of the answer.
    pub codes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DenialKind {
    /// 401, 403 without credentials (or with an anonymous token): missing or private, the registry will not tell which.
    MissingOrPrivate,
    /// The credentials found were refused. Their source is in the evidence.
    CredentialsRefused,
    /// Credentials were accepted but do not allow this repository, or it does not exist.
    NoAccess,
    /// Refused for another reason: policy, billing, firewall, namespace disabled, legal.
    Blocked { why: String },
}

#[derive(Clone, Debug)]
pub struct Ambiguity {
    pub why: String,
    /// What could be read all the same.
    pub manifest: Option<Manifest>,
}

#[derive(Clone, Debug)]
pub struct Unreachable {
    pub cause: UnreachableCause,
    /// The library's or the server's words; untrusted.
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnreachableCause {
    /// The host name has no address, or no name server answered.
    Dns,
    Connect,
    Tls,
    Timeout,
    /// 429, with the wait that the registry asked for when it is longer than we wait.
    RateLimited {
        retry_after: Option<Duration>,
    },
    /// 5xx or another answer that is no verdict.
    Server {
        status: u16,
    },
    /// The answer is not what a registry answers (a login page, a truncated body, too large).
    Protocol,
    /// The token service failed in a way that says nothing about the image.
    Token,
    /// The address guard forbids the connection.
    Forbidden,
    /// `--offline`.
    Offline,
    /// The total deadline passed.
    Deadline,
    /// The host failed so often that it was not asked again.
    HostGivenUp,
    /// The run was interrupted.
    Interrupted,
    /// A limit of the run (number of hosts or references) was reached.
    Limit,
    /// The registry wants credentials, and none are used for a tree that is not trusted: missing or private, nobody can
    /// say in this run.
    Withheld,
}

impl UnreachableCause {
    /// In one word, as reports give it.
    pub fn as_str(self) -> &'static str {
        match self {
            UnreachableCause::Dns => "dns",
            UnreachableCause::Connect => "connect",
            UnreachableCause::Tls => "tls",
            UnreachableCause::Timeout => "timeout",
            UnreachableCause::RateLimited { .. } => "rate-limited",
            UnreachableCause::Server { .. } => "server",
            UnreachableCause::Protocol => "protocol",
            UnreachableCause::Token => "token",
            UnreachableCause::Forbidden => "forbidden",
            UnreachableCause::Offline => "offline",
            UnreachableCause::Deadline => "deadline",
            UnreachableCause::HostGivenUp => "host-given-up",
            UnreachableCause::Interrupted => "interrupted",
            UnreachableCause::Limit => "limit",
            UnreachableCause::Withheld => "no-credentials",
        }
    }

    /// Whether the host was not reached at all.
    pub fn is_unreachable(self) -> bool {
        matches!(
            self,
            UnreachableCause::Dns
                | UnreachableCause::Connect
                | UnreachableCause::Timeout
                | UnreachableCause::HostGivenUp
        )
    }
}

/// How the answer came about.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Host that was asked (`registry-1.docker.io` for `docker.io`), with port.
    pub api_host: String,
    /// The name that was asked in place of the reference's own (`registries.conf`, the configuration's rewrites); None
    /// when it is the same.
    pub asked: Option<Box<str>>,
    /// `https`, or `http` when allowed for the host.
    pub scheme: &'static str,
    pub exchanges: Vec<Exchange>,
    /// Where the credentials came from, never their value; None when none were used.
    pub credentials: Option<String>,
    /// An anonymous request for the repository was refused, or would have been.
    pub anonymous_refused: bool,
    pub from_cache: bool,
    /// How long before the question a registry had given the answer; zero where it was asked now.
    pub age: Duration,
}

/// One request and its answer, in as much as it may be shown.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub method: &'static str,
    /// `manifest`, `tags`, `token`.
    pub what: &'static str,
    /// Host and path, without a query; untrusted where a redirect led there.
    pub place: String,
    pub status: Option<u16>,
    pub content_type: Option<String>,
    pub error: Option<String>,
}
