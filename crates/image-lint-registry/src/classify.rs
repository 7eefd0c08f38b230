//! From an answer that is no manifest to a verdict. Status first, code second, message never: messages differ from
//! registry to registry and version to version. The one exception is a hint, never a proof.
//!
//! "Missing" is said only where the registry would have shown the image had it been there; most registries answer
//! strangers 401 or 403 for what is missing and for what is private alike.

use crate::error_body::ErrorBody;
use crate::session::Standing;
use image_lint_model::resolution::{Absent, DenialKind, Unreachable, UnreachableCause};

/// What is known of an answer.
pub struct Seen<'a> {
    pub status: u16,
    pub error: &'a ErrorBody,
    /// The answer has the marks of a registry (its JSON, or `Docker-Distribution-Api-Version`).
    pub registry_like: bool,
    /// It says how the registry wants to be told who asks.
    pub challenged: bool,
    /// Its body is a web page.
    pub page: bool,
    pub by_digest: bool,
    pub standing: Standing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Absent {
        what: Absent,
        expired: bool,
    },
    /// A 404 that anything could have answered: the tag list decides whether a registry is there at all.
    PerhapsAbsent,
    Denied(DenialKind),
    Unknown(UnreachableCause, String),
}

const NO_REPOSITORY: [&str; 5] = [
    "NAME_UNKNOWN",
    "NAME_INVALID",
    "REPOSITORY_NOT_FOUND",
    "REPO_NOT_FOUND",
    "REPOSITORYNOTFOUNDEXCEPTION",
];
/// Parts of codes with which a registry says that a rule of its owner forbids the image.
const POLICY: [&str; 6] = [
    "POLICY",
    "VIOLATION",
    "BLOCKED",
    "QUARANTINE",
    "BILLING",
    "FIREWALL",
];

pub fn judge(seen: &Seen<'_>) -> Verdict {
    let codes = || seen.error.codes.join(", ");
    let said = || match seen.error.codes.is_empty() {
        true => format!("status {}", seen.status),
        false => format!("status {} ({})", seen.status, codes()),
    };
    let policy = seen
        .error
        .codes
        .iter()
        .any(|code| POLICY.iter().any(|part| code.contains(part)));
    match seen.status {
        429 => Verdict::Unknown(UnreachableCause::RateLimited { retry_after: None }, said()),
        402 | 412 | 451 => Verdict::Denied(DenialKind::Blocked { why: said() }),
        // RFC 9110, 15.5.2: a 401 has a challenge. What answers without one, or with a page, is a proxy or a portal.
        401 if !seen.challenged && seen.standing == (Standing::Anonymous { challenged: false }) => {
            let why =
                "status 401 without a challenge: a proxy or a portal answered, not the registry";
            Verdict::Unknown(UnreachableCause::Protocol, why.to_owned())
        }
        401 | 403 if seen.page => {
            let why = format!(
                "status {} with a web page: a proxy or a portal answered, not the registry",
                seen.status
            );
            Verdict::Unknown(UnreachableCause::Protocol, why)
        }
        401 | 403 if policy => Verdict::Denied(DenialKind::Blocked { why: said() }),
        403 if !seen.registry_like
            && seen.standing == (Standing::Anonymous { challenged: false }) =>
        {
            let why = "status 403, and nothing in the answer looks like a registry (a firewall or a proxy?)";
            Verdict::Denied(DenialKind::Blocked {
                why: why.to_owned(),
            })
        }
        401 | 403 => Verdict::Denied(denial(seen.standing)),
        404 => not_found(seen),
        400 if NO_REPOSITORY.iter().any(|code| seen.error.has(code)) => not_found(seen),
        // Quay: namespace disabled (DENIED), or a repository of another kind (UNSUPPORTED).
        405 if !seen.error.codes.is_empty() => Verdict::Denied(DenialKind::Blocked { why: said() }),
        status @ (400..=499) | status @ (500..=599) => {
            Verdict::Unknown(UnreachableCause::Server { status }, said())
        }
        _ => Verdict::Unknown(
            UnreachableCause::Protocol,
            format!("{} is no answer of a registry", said()),
        ),
    }
}

fn not_found(seen: &Seen<'_>) -> Verdict {
    let message = seen
        .error
        .message
        .as_deref()
        .unwrap_or_default()
        .to_ascii_lowercase();
    if message.contains("accept header does not support") {
        // The image is there; something on the way dropped the Accept header that names all types.
        let why = "the registry did not heed the Accept header that names all manifest types";
        return Verdict::Unknown(UnreachableCause::Protocol, why.to_owned());
    }
    if seen.error.has("TAG_EXPIRED") {
        return Verdict::Absent {
            what: Absent::Tag,
            expired: true,
        };
    }
    if NO_REPOSITORY.iter().any(|code| seen.error.has(code)) {
        return no_repository(seen.standing);
    }
    if !seen.registry_like {
        return Verdict::PerhapsAbsent;
    }
    Verdict::Absent {
        what: if seen.by_digest {
            Absent::Digest
        } else {
            Absent::Tag
        },
        expired: false,
    }
}

/// "No such repository" is a proof only when said to somebody who may see, or by a registry open to all.
pub fn no_repository(standing: Standing) -> Verdict {
    match standing {
        Standing::Known | Standing::Anonymous { challenged: false } => Verdict::Absent {
            what: Absent::Repository,
            expired: false,
        },
        Standing::Anonymous { challenged: true } | Standing::Refused => {
            Verdict::Denied(denial(standing))
        }
    }
}

/// What a refusal means, by what became of the credentials.
pub fn denial(standing: Standing) -> DenialKind {
    match standing {
        Standing::Anonymous { .. } => DenialKind::MissingOrPrivate,
        Standing::Known => DenialKind::NoAccess,
        Standing::Refused => DenialKind::CredentialsRefused,
    }
}

/// An unknown with its words.
pub fn unknown(cause: UnreachableCause, detail: impl Into<String>) -> Unreachable {
    Unreachable {
        cause,
        detail: detail.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANON: Standing = Standing::Anonymous { challenged: true };
    const OPEN: Standing = Standing::Anonymous { challenged: false };

    fn verdict(status: u16, body: &str, standing: Standing) -> Verdict {
        let error = ErrorBody::parse(body.as_bytes());
        let registry_like = error.registry_like;
        judge(&Seen {
            status,
            error: &error,
            registry_like,
            challenged: standing != OPEN,
            page: body.starts_with('<'),
            by_digest: false,
            standing,
        })
    }

    fn code(code: &str) -> String {
        format!(r#"{{"errors":[{{"code":"{code}","message":"m"}}]}}"#)
    }

    #[test]
    fn every_row_of_answers_has_its_verdict() {
        use DenialKind::*;
        let absent = |what| Verdict::Absent {
            what,
            expired: false,
        };
        let blocked = |why: &str| Verdict::Denied(Blocked { why: why.into() });
        let server = |status| UnreachableCause::Server { status };
        let cases: Vec<(u16, String, Standing, Verdict, &str)> = vec![
            (
                404,
                code("MANIFEST_UNKNOWN"),
                ANON,
                absent(Absent::Tag),
                "tag missing, anonymous token granted",
            ),
            (
                404,
                code("MANIFEST_UNKNOWN"),
                OPEN,
                absent(Absent::Tag),
                "tag missing, open registry",
            ),
            (
                404,
                code("NOT_FOUND"),
                Standing::Known,
                absent(Absent::Tag),
                "Harbor",
            ),
            (
                404,
                code("TAG_EXPIRED"),
                ANON,
                Verdict::Absent {
                    what: Absent::Tag,
                    expired: true,
                },
                "Quay",
            ),
            (
                404,
                code("NAME_UNKNOWN"),
                OPEN,
                absent(Absent::Repository),
                "zot without authentication",
            ),
            (
                404,
                code("NAME_UNKNOWN"),
                Standing::Known,
                absent(Absent::Repository),
                "ECR, ACR with credentials",
            ),
            (
                404,
                code("NAME_UNKNOWN"),
                ANON,
                Verdict::Denied(MissingOrPrivate),
                "hidden from strangers",
            ),
            (
                404,
                code("NAME_UNKNOWN"),
                Standing::Refused,
                Verdict::Denied(CredentialsRefused),
                "stale credentials",
            ),
            (
                404,
                "<html>not found</html>".into(),
                OPEN,
                Verdict::PerhapsAbsent,
                "any web server",
            ),
            (
                401,
                r#"{"errors":[{"code":"DENIED"},{"code":"UNAUTHORIZED"}]}"#.into(),
                ANON,
                Verdict::Denied(MissingOrPrivate),
                "Docker Hub: missing or private",
            ),
            (
                401,
                code("UNAUTHORIZED"),
                ANON,
                Verdict::Denied(MissingOrPrivate),
                "Quay, Harbor, ACR, GHCR",
            ),
            (
                403,
                code("DENIED"),
                ANON,
                Verdict::Denied(MissingOrPrivate),
                "GAR",
            ),
            (
                401,
                code("UNAUTHORIZED"),
                Standing::Known,
                Verdict::Denied(NoAccess),
                "credentials without the right",
            ),
            (
                403,
                code("DENIED"),
                Standing::Known,
                Verdict::Denied(NoAccess),
                "the same, 403",
            ),
            (
                401,
                code("UNAUTHORIZED"),
                Standing::Refused,
                Verdict::Denied(CredentialsRefused),
                "wrong credentials",
            ),
            (
                405,
                code("DENIED"),
                ANON,
                blocked("status 405 (DENIED)"),
                "Quay: namespace disabled",
            ),
            (
                405,
                code("UNSUPPORTED"),
                ANON,
                blocked("status 405 (UNSUPPORTED)"),
                "Quay: not an image repository",
            ),
            (
                405,
                String::new(),
                ANON,
                Verdict::Unknown(server(405), "status 405".into()),
                "method refused, no reason",
            ),
            (
                412,
                code("PROJECTPOLICYVIOLATION"),
                ANON,
                blocked("status 412 (PROJECTPOLICYVIOLATION)"),
                "Harbor",
            ),
            (
                403,
                code("PROJECTPOLICYVIOLATION"),
                Standing::Known,
                blocked("status 403 (PROJECTPOLICYVIOLATION)"),
                "it, 403",
            ),
            (
                451,
                String::new(),
                ANON,
                blocked("status 451"),
                "legal reasons",
            ),
            (
                406,
                String::new(),
                OPEN,
                Verdict::Unknown(server(406), "status 406".into()),
                "a refusal tells no format",
            ),
            (
                400,
                String::new(),
                OPEN,
                Verdict::Unknown(server(400), "status 400".into()),
                "distribution 3 on a rewrite",
            ),
            (
                400,
                code("NAME_INVALID"),
                OPEN,
                absent(Absent::Repository),
                "no such name can be",
            ),
            (
                500,
                String::new(),
                OPEN,
                Verdict::Unknown(server(500), "status 500".into()),
                "server trouble",
            ),
            (
                503,
                String::new(),
                OPEN,
                Verdict::Unknown(server(503), "status 503".into()),
                "server trouble",
            ),
        ];
        for (status, body, standing, expected, why) in cases {
            assert_eq!(verdict(status, &body, standing), expected, "{why}");
        }
        let accept = r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"OCI index found, but accept header does not support OCI indexes"}]}"#;
        assert!(
            matches!(
                verdict(404, accept, OPEN),
                Verdict::Unknown(UnreachableCause::Protocol, _)
            ),
            "an image that is there is not missing"
        );
        assert!(
            matches!(
                verdict(204, "", OPEN),
                Verdict::Unknown(UnreachableCause::Protocol, _)
            ),
            "no content"
        );
        let rows = [
            (403, "<html>Access denied</html>", OPEN, "a firewall's page"),
            (403, "<html>Access denied</html>", ANON, "and after a token"),
            (401, "<html>Log in</html>", ANON, "a portal"),
            (401, "", OPEN, "no challenge"),
            (
                401,
                r#"{"errors":[{"code":"DENIED"}]}"#,
                OPEN,
                "no challenge, a body",
            ),
        ];
        for (status, body, standing, why) in rows {
            assert!(
                matches!(
                    verdict(status, body, standing),
                    Verdict::Unknown(UnreachableCause::Protocol, _)
                ),
                "{why}"
            );
        }
        assert!(
            matches!(verdict(403, "", OPEN), Verdict::Denied(Blocked { .. })),
            "no page: refused by whoever it is"
        );
    }
}
