//! `WWW-Authenticate`: which of the ways a registry offers is taken.
//!
//! Several challenges may share a line or come in several lines, the scheme's case does not count, and a Basic realm is
//! any text (RFC 7235). Taken is the first Bearer challenge whose realm is a URL, else the first Basic one.

use http_auth::ChallengeParser;
use reqwest::Url;
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

/// How a registry wants to be asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Challenge {
    Basic,
    Bearer(Bearer),
}

/// Where a token is to be had (distribution spec, "Token Authentication").
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bearer {
    pub realm: Url,
    pub service: Option<String>,
    /// As the registry wrote it; None when it asks for none.
    pub scope: Option<String>,
    /// The token that was sent does not reach (RFC 6750, 3.1 `insufficient_scope`).
    pub insufficient: bool,
}

/// What a set of `WWW-Authenticate` headers comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offer {
    Usable(Challenge),
    /// There is no header.
    None,
    /// There are headers, and none can be followed; in words.
    Unusable(String),
}

/// More text than this in one header line is not read (a megabyte of realm is an attack).
const MAX_LINE: usize = 8 * 1024;

/// The offer of an answer's headers.
pub fn read(headers: &HeaderMap) -> Offer {
    let mut lines = headers.get_all(WWW_AUTHENTICATE).iter().peekable();
    if lines.peek().is_none() {
        return Offer::None;
    }
    let mut basic = false;
    let mut complaint = String::from("no challenge in it is Basic or Bearer");
    for line in lines {
        let Ok(line) = line.to_str() else {
            complaint = "the header is not ASCII".to_owned();
            continue;
        };
        if line.len() > MAX_LINE {
            complaint = "the header is too long".to_owned();
            continue;
        }
        for challenge in ChallengeParser::new(line) {
            let Ok(challenge) = challenge else {
                complaint = "the header cannot be parsed".to_owned();
                break;
            };
            if challenge.scheme.eq_ignore_ascii_case("basic") {
                basic = true;
            } else if challenge.scheme.eq_ignore_ascii_case("bearer") {
                let parameter = |name: &str| {
                    let found = challenge
                        .params
                        .iter()
                        .find(|(key, _)| key.eq_ignore_ascii_case(name));
                    found
                        .map(|(_, value)| value.to_unescaped())
                        .filter(|value| !value.is_empty())
                };
                let Some(realm) = parameter("realm") else {
                    complaint = "the Bearer challenge names no realm".to_owned();
                    continue;
                };
                match Url::parse(&realm) {
                    Ok(url) if url.has_host() => {
                        return Offer::Usable(Challenge::Bearer(Bearer {
                            realm: url,
                            service: parameter("service"),
                            scope: parameter("scope"),
                            insufficient: parameter("error").as_deref()
                                == Some("insufficient_scope"),
                        }));
                    }
                    _ => complaint = "the realm of the Bearer challenge is not a URL".to_owned(),
                }
            }
        }
    }
    if basic {
        Offer::Usable(Challenge::Basic)
    } else {
        Offer::Unusable(complaint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(lines: &[&str]) -> Offer {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(WWW_AUTHENTICATE, line.parse().unwrap());
        }
        read(&headers)
    }

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Offer {
        Offer::Usable(Challenge::Bearer(Bearer {
            realm: Url::parse(realm).unwrap(),
            service: service.map(Into::into),
            scope: scope.map(Into::into),
            insufficient: false,
        }))
    }

    #[test]
    fn every_spelling_of_a_challenge_is_understood() {
        let basic = || Offer::Usable(Challenge::Basic);
        let cases: Vec<(&[&str], Offer, &str)> = vec![
            (&[], Offer::None, "no header"),
            (
                &[
                    r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull""#,
                ],
                bearer(
                    "https://auth.docker.io/token",
                    Some("registry.docker.io"),
                    Some("repository:library/nginx:pull"),
                ),
                "Docker Hub",
            ),
            (
                &[r#"Bearer realm="https://a/t",service="s",scope="repository:x:pull,push""#],
                bearer("https://a/t", Some("s"), Some("repository:x:pull,push")),
                "a comma inside the quotes",
            ),
            (
                &[
                    r#"Bearer realm="https://codeberg.org/v2/token",service="container_registry",scope="*",Basic realm="x""#,
                ],
                bearer(
                    "https://codeberg.org/v2/token",
                    Some("container_registry"),
                    Some("*"),
                ),
                "two challenges in one line (Codeberg)",
            ),
            (
                &[r#"Basic realm="x", Bearer realm="https://a/t", service="s""#],
                bearer("https://a/t", Some("s"), None),
                "Basic first in the line",
            ),
            (
                &[r#"Basic realm="x""#, r#"Bearer realm="https://a/t""#],
                bearer("https://a/t", None, None),
                "two lines",
            ),
            (
                &[r#"Negotiate"#, r#"Basic realm="x""#],
                basic(),
                "an unknown scheme in its own line",
            ),
            (
                &[r#"Negotiate, Basic realm="x""#],
                basic(),
                "an unknown scheme in the same line",
            ),
            (
                &[r#"BASIC realm="Sonatype Nexus Repository Manager""#],
                basic(),
                "Nexus shouts",
            ),
            (
                &[r#"Basic realm="Artifactory Realm""#],
                basic(),
                "the realm is no URL",
            ),
            (&[r#"Basic realm="harbor""#], basic(), "Harbor"),
            (&["Basic realm=x"], basic(), "unquoted"),
            (&["Basic"], basic(), "no realm at all"),
            (
                &[r#"bEARER REALM="https://a/t",SERVICE="s""#],
                bearer("https://a/t", Some("s"), None),
                "case",
            ),
            (
                &[r#"Bearer realm = "https://a/t" , service = "s""#],
                bearer("https://a/t", Some("s"), None),
                "spaces around the equals sign",
            ),
            (
                &[r#"Bearer realm="https://a/t",service="a \"b\" & c#d",scope="""#],
                bearer("https://a/t", Some(r#"a "b" & c#d"#), None),
                "escapes; an empty scope is none",
            ),
            (
                &[
                    r#"Bearer realm="https://a/t",error="invalid_token",error_description="expired""#,
                ],
                bearer("https://a/t", None, None),
                "further parameters",
            ),
            (
                &[r#"Bearer realm="Artifactory Realm",Basic realm="Artifactory Realm""#],
                basic(),
                "a Bearer realm that is no URL gives way to Basic",
            ),
            (
                &[r#"Bearer service="s""#],
                Offer::Unusable("the Bearer challenge names no realm".into()),
                "missing realm",
            ),
            (
                &[r#"Bearer realm="https://a/t"#],
                Offer::Unusable("the header cannot be parsed".into()),
                "unterminated quote",
            ),
            (
                &[r#"Bearer realm="/token""#],
                Offer::Unusable("the realm of the Bearer challenge is not a URL".into()),
                "relative",
            ),
            (
                &[r#"Digest realm="x""#],
                Offer::Unusable("no challenge in it is Basic or Bearer".into()),
                "Digest",
            ),
        ];
        for (lines, expected, why) in cases {
            assert_eq!(offer(lines), expected, "{why}");
        }
    }

    #[test]
    fn a_megabyte_of_realm_is_not_read() {
        let long = format!(r#"Bearer realm="https://a/{}""#, "t".repeat(MAX_LINE));
        assert_eq!(
            offer(&[&long]),
            Offer::Unusable("the header is too long".into())
        );
    }
}
