//! How the registries of the world answer, as data: schemes, refusals, error bodies and what they do with `Accept`.
//!
//! The rows follow the tables of what was read in their sources, documentation and issue threads. Where no source was
//! found, the class of the answer (status, code, where it is given) is the contract, not its words.

use super::answer::{Answer, Wait};

/// Registries by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// distribution 2.7–2.8: 404 when `Accept` leaves out an OCI type.
    Distribution,
    /// distribution 3: OCI indexes come whatever `Accept` says.
    Distribution3,
    DockerHub,
    Quay,
    Ghcr,
    /// Google Artifact Registry, `gcr.io` included.
    Gar,
    Ecr,
    EcrPublic,
    Acr,
    Harbor,
    GitLab,
    Zot,
    Artifactory,
    Nexus,
}

impl Profile {
    pub const ALL: [Profile; 14] = [
        Profile::Distribution,
        Profile::Distribution3,
        Profile::DockerHub,
        Profile::Quay,
        Profile::Ghcr,
        Profile::Gar,
        Profile::Ecr,
        Profile::EcrPublic,
        Profile::Acr,
        Profile::Harbor,
        Profile::GitLab,
        Profile::Zot,
        Profile::Artifactory,
        Profile::Nexus,
    ];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Everything can be read by everybody.
    Open,
    /// User and password with every request; nothing without.
    Basic,
    /// A token of the token service; anonymous ones for public repositories.
    Bearer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptPolicy {
    /// 404 for an OCI type that was not asked for, schema 1 in place of schema 2.
    Honour,
    /// The same but for OCI indexes, which always come.
    HonourButIndexes,
    Ignore,
    /// By tag, an unsigned schema 1 when the stored type was not asked for.
    Convert,
}

/// How one registry behaves where registries differ.
#[derive(Clone, Debug)]
pub struct Manners {
    pub scheme: Scheme,
    /// Lines of `WWW-Authenticate`, with `{realm}`, `{service}` and `{scope}` to be filled in.
    pub challenge: Vec<String>,
    pub accept: AcceptPolicy,
    pub digest_header: bool,
    /// The repository can be read, the tag is not there. `{repository}` and `{reference}` are filled in, here and below.
    pub missing_tag: Answer,
    /// The caller would be told of the repository if it were there.
    pub missing_repository: Answer,
    /// No right to read, or no such repository: the registry does not say which.
    pub unreadable: Answer,
    /// The token service refuses in place of the registry.
    pub unreadable_at_token: Option<Answer>,
    pub wrong_credentials: Answer,
    /// A token that is not (or no longer) valid.
    pub invalid_token: Answer,
    pub limited: Answer,
    /// Added to every answer about manifests.
    pub headers: Vec<(String, String)>,
}

const BEARER: &str = r#"Bearer realm="{realm}",service="{service}",scope="{scope}""#;

impl Manners {
    pub fn of(profile: Profile) -> Self {
        let unauthorized = || Answer::errors(401, &[("UNAUTHORIZED", "authentication required")]);
        let distribution = Manners {
            scheme: Scheme::Open,
            challenge: vec![BEARER.to_owned()],
            accept: AcceptPolicy::Honour,
            digest_header: true,
            missing_tag: Answer::errors(404, &[("MANIFEST_UNKNOWN", "manifest unknown")]),
            // distribution answers MANIFEST_UNKNOWN for a repository it does not have, too.
            missing_repository: Answer::errors(404, &[("MANIFEST_UNKNOWN", "manifest unknown")]),
            unreadable: unauthorized(),
            unreadable_at_token: None,
            wrong_credentials: unauthorized(),
            invalid_token: unauthorized(),
            limited: Answer::limited(&Wait::Header("1".to_owned())),
            headers: Vec::new(),
        };
        let name_unknown = || {
            Answer::errors(
                404,
                &[("NAME_UNKNOWN", "repository name not known to registry")],
            )
        };
        let bearer = Manners {
            scheme: Scheme::Bearer,
            ..distribution.clone()
        };
        match profile {
            Profile::Distribution => distribution,
            Profile::Distribution3 => Manners {
                accept: AcceptPolicy::HonourButIndexes,
                ..distribution
            },
            Profile::DockerHub => Manners {
                accept: AcceptPolicy::Ignore,
                unreadable: Answer::errors(
                    401,
                    &[
                        ("DENIED", "requested access to the resource is denied"),
                        ("UNAUTHORIZED", "authentication required"),
                    ],
                ),
                wrong_credentials: Answer::new(401).body(
                    "application/json",
                    r#"{"details":"incorrect username or password"}"#,
                ),
                headers: vec![
                    ("ratelimit-limit".to_owned(), "100;w=21600".to_owned()),
                    ("ratelimit-remaining".to_owned(), "97;w=21600".to_owned()),
                    ("docker-ratelimit-source".to_owned(), "192.0.2.7".to_owned()),
                ],
                limited: Answer::errors(
                    429,
                    &[(
                        "TOOMANYREQUESTS",
                        "You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit",
                    )],
                ),
                ..bearer
            },
            Profile::Quay => Manners {
                accept: AcceptPolicy::Convert,
                missing_repository: name_unknown(),
                unreadable: Answer::errors(
                    401,
                    &[(
                        "UNAUTHORIZED",
                        "access to the requested resource is not authorized",
                    )],
                ),
                limited: Answer::limited(&Wait::Html),
                ..bearer
            },
            Profile::Ghcr => Manners {
                missing_repository: name_unknown(),
                unreadable_at_token: Some(Answer::errors(
                    403,
                    &[("DENIED", "requested access to the resource is denied")],
                )),
                wrong_credentials: Answer::errors(403, &[("DENIED", "denied: denied")]),
                limited: Answer::limited(&Wait::GoDuration("880.092µs".to_owned())),
                ..bearer
            },
            Profile::Gar => Manners {
                missing_repository: name_unknown(),
                unreadable_at_token: Some(Answer::errors(
                    403,
                    &[(
                        "DENIED",
                        "Permission \"artifactregistry.repositories.downloadArtifacts\" denied on resource \"{repository}\" (or it may not exist)",
                    )],
                )),
                ..bearer
            },
            Profile::Ecr => Manners {
                scheme: Scheme::Basic,
                challenge: vec![
                    r#"Basic realm="{registry}/",service="ecr.amazonaws.com""#.to_owned(),
                ],
                digest_header: false,
                missing_repository: Answer::errors(
                    404,
                    &[(
                        "NAME_UNKNOWN",
                        "The repository with name '{repository}' does not exist in the registry with id '123456789012'",
                    )],
                ),
                unreadable: Answer::new(401).body("text/plain; charset=utf-8", "Not Authorized\n"),
                wrong_credentials: Answer::errors(
                    403,
                    &[(
                        "DENIED",
                        "Your authorization token has expired. Reauthenticate and try again.",
                    )],
                ),
                ..distribution
            },
            Profile::EcrPublic => Manners {
                digest_header: false,
                missing_repository: name_unknown(),
                // 400 without a challenge (aws/containers-roadmap, issue 2835).
                invalid_token: Answer::errors(
                    400,
                    &[("DENIED", "Your Authorization Token is invalid.")],
                ),
                wrong_credentials: Answer::errors(
                    400,
                    &[("DENIED", "Your Authorization Token has expired.")],
                ),
                ..bearer
            },
            Profile::Acr => Manners {
                missing_tag: Answer::errors(
                    404,
                    &[(
                        "MANIFEST_UNKNOWN",
                        "manifest tagged by \"{reference}\" is not found",
                    )],
                ),
                missing_repository: name_unknown(),
                unreadable: Answer::errors(
                    401,
                    &[(
                        "UNAUTHORIZED",
                        "authentication required, visit https://aka.ms/acr/authorization for more information.",
                    )],
                ),
                ..bearer
            },
            Profile::Harbor => Manners {
                missing_tag: Answer::errors(
                    404,
                    &[("NOT_FOUND", "artifact {repository}:{reference} not found")],
                ),
                missing_repository: Answer::errors(
                    404,
                    &[("NOT_FOUND", "repository {repository} not found")],
                ),
                unreadable: Answer::errors(
                    401,
                    &[(
                        "UNAUTHORIZED",
                        "unauthorized to access repository: {repository}, action: pull",
                    )],
                ),
                wrong_credentials: unauthorized()
                    .header("www-authenticate", r#"Basic realm="harbor""#),
                ..bearer
            },
            Profile::GitLab => Manners {
                missing_repository: name_unknown(),
                unreadable_at_token: Some(Answer::errors(403, &[("DENIED", "access forbidden")])),
                wrong_credentials: Answer::errors(
                    401,
                    &[("UNAUTHORIZED", "HTTP Basic: Access denied")],
                ),
                ..bearer
            },
            Profile::Zot => Manners {
                accept: AcceptPolicy::Ignore,
                missing_repository: name_unknown(),
                ..distribution
            },
            Profile::Artifactory => Manners {
                scheme: Scheme::Basic,
                challenge: vec![r#"Basic realm="Artifactory Realm""#.to_owned()],
                missing_tag: Answer::errors(
                    404,
                    &[(
                        "MANIFEST_UNKNOWN",
                        "The named manifest is not known to the registry.",
                    )],
                ),
                unreadable: Answer::errors(401, &[("UNAUTHORIZED", "Authentication is required")]),
                wrong_credentials: Answer::errors(
                    401,
                    &[("UNAUTHORIZED", "Wrong username was used")],
                ),
                ..distribution
            },
            Profile::Nexus => Manners {
                scheme: Scheme::Basic,
                challenge: vec![r#"BASIC realm="Sonatype Nexus Repository Manager""#.to_owned()],
                accept: AcceptPolicy::Convert,
                missing_repository: name_unknown(),
                unreadable: Answer::errors(
                    401,
                    &[(
                        "UNAUTHORIZED",
                        "access to the requested resource is not authorized",
                    )],
                ),
                ..distribution
            },
        }
    }
}
