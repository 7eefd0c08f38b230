//! The registry's own answers: `/v2/`, manifests, tags and blobs, as the distribution spec has them, with the manners of
//! the profile and the faults that were asked for.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;

use super::answer::{Answer, Payload};
use super::fault::{Fault, Kind};
use super::manners::{AcceptPolicy, Scheme};
use super::server::{Asked, Reaction, Service};
use super::store::State;
use super::{Shared, token};
use crate::support::artifact::{self, OCI_INDEX, OCI_MANIFEST, SCHEMA1_SIGNED, SCHEMA2};
use crate::support::wire;

/// Answers for the registry itself.
pub(super) struct Front(pub Arc<Shared>);

impl Service for Front {
    async fn react(self: Arc<Self>, asked: Asked) -> Reaction {
        let target = Target::of(&asked.path);
        if target.kind == Kind::Token {
            return Arc::new(Tokens(self.0.clone())).react(asked).await;
        }
        self.0
            .clone()
            .answer(target.kind, asked, target, respond)
            .await
    }
}

/// Answers for the token service.
pub(super) struct Tokens(pub Arc<Shared>);

impl Service for Tokens {
    async fn react(self: Arc<Self>, asked: Asked) -> Reaction {
        let target = Target {
            kind: Kind::Token,
            repository: None,
            reference: None,
        };
        self.0
            .clone()
            .answer(Kind::Token, asked, target, |state, asked, _, _| {
                token::respond(state, asked)
            })
            .await
    }
}

/// What a path is about.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub kind: Kind,
    pub repository: Option<String>,
    pub reference: Option<String>,
}

impl Target {
    fn of(path: &str) -> Self {
        let other = Target {
            kind: Kind::Other,
            repository: None,
            reference: None,
        };
        if path == "/token" {
            // The token service has a port of its own; here it is for clients that come through a proxy, who know it by
            // a name.
            return Target {
                kind: Kind::Token,
                ..other
            };
        }
        let Some(rest) = path.strip_prefix("/v2/") else {
            return other;
        };
        if rest.is_empty() {
            return Target {
                kind: Kind::Ping,
                ..other
            };
        }
        let found = |kind, repository: &str, reference: Option<&str>| Target {
            kind,
            repository: Some(repository.to_owned()),
            reference: reference.map(str::to_owned),
        };
        if let Some(repository) = rest.strip_suffix("/tags/list") {
            return found(Kind::Tags, repository, None);
        }
        for (part, kind) in [("/manifests/", Kind::Manifest), ("/blobs/", Kind::Blob)] {
            if let Some((repository, reference)) = rest.rsplit_once(part) {
                return found(kind, repository, Some(reference));
            }
        }
        other
    }
}

fn respond(state: &mut State, asked: &Asked, target: &Target, faults: &[Fault]) -> Answer {
    if asked.method != "GET" && asked.method != "HEAD" {
        return Answer::errors(405, &[("UNSUPPORTED", "The operation is unsupported.")]);
    }
    let Some(repository) = target.repository.as_deref() else {
        return match (target.kind, state.manners.scheme) {
            (Kind::Ping, Scheme::Open) => Answer::new(200).body("application/json", "{}"),
            (Kind::Ping, _) => match authorize(state, asked, None) {
                Ok(_) => Answer::new(200).body("application/json", "{}"),
                Err(refusal) => refusal,
            },
            _ => Answer::new(404).body("text/plain", "404 page not found\n"),
        };
    };
    let user = match authorize(state, asked, Some(repository)) {
        Ok(user) => user,
        Err(refusal) => return refusal,
    };
    let Some(held) = state.repositories.get(repository) else {
        return fill(state.manners.missing_repository.clone(), repository, target);
    };
    let _ = user;
    let mut answer = match target.kind {
        Kind::Tags => return tags(state, repository, asked),
        Kind::Blob => {
            let digest = target.reference.as_deref().unwrap_or_default();
            return match held.blobs.get(digest) {
                Some(bytes) => Answer::new(200)
                    .body("application/octet-stream", bytes.clone())
                    .header("docker-content-digest", digest),
                None => Answer::errors(404, &[("BLOB_UNKNOWN", "blob unknown to registry")]),
            };
        }
        _ => manifest(state, asked, target, faults),
    };
    for (name, value) in &state.manners.headers {
        answer.set(name, value);
    }
    answer
}

/// Who asks, or why the request is refused. For `/v2/` any identity does.
fn authorize(
    state: &State,
    asked: &Asked,
    repository: Option<&str>,
) -> Result<Option<String>, Answer> {
    let manners = &state.manners;
    let scope = repository.map(|r| format!("repository:{r}:pull"));
    let challenged = |mut answer: Answer| {
        if answer.status == 401
            && !answer
                .headers
                .iter()
                .any(|(n, _)| n.eq_ignore_ascii_case("www-authenticate"))
        {
            for line in &manners.challenge {
                let line = line
                    .replace("{realm}", &state.realm)
                    .replace("{registry}", &state.registry_url)
                    .replace("{service}", &state.service)
                    .replace("{host}", &asked.host)
                    .replace("{scope}", scope.as_deref().unwrap_or_default());
                answer.headers.push(("www-authenticate".to_owned(), line));
            }
        }
        match repository {
            Some(r) => fill(
                answer,
                r,
                &Target {
                    kind: Kind::Other,
                    repository: None,
                    reference: None,
                },
            ),
            None => answer,
        }
    };
    let (scheme, value) = match asked
        .header("authorization")
        .and_then(|a| a.split_once(' '))
    {
        Some((scheme, value)) => (scheme.to_ascii_lowercase(), value.trim()),
        None => (String::new(), ""),
    };
    match manners.scheme {
        Scheme::Open => match repository {
            // Without authentication a private repository cannot be; it is refused to everybody.
            Some(r)
                if state
                    .repositories
                    .get(r)
                    .is_some_and(|r| r.readers.is_some()) =>
            {
                Err(challenged(manners.unreadable.clone()))
            }
            _ => Ok(None),
        },
        Scheme::Basic => {
            if scheme != "basic" {
                return Err(challenged(manners.unreadable.clone()));
            }
            let Some(user) = basic_user(state, value) else {
                return Err(challenged(manners.wrong_credentials.clone()));
            };
            match repository {
                Some(r)
                    if state.repositories.contains_key(r) && !state.may_read(r, Some(&user)) =>
                {
                    Err(challenged(manners.unreadable.clone()))
                }
                _ => Ok(Some(user)),
            }
        }
        Scheme::Bearer => {
            if scheme != "bearer" {
                return Err(challenged(manners.unreadable.clone()));
            }
            match state.grants.get(value) {
                Some(grant) if grant.until > std::time::Instant::now() => {
                    let allowed = repository.is_none_or(|r| grant.repositories.contains(r));
                    if allowed {
                        Ok(grant.user.clone())
                    } else {
                        Err(challenged(manners.unreadable.clone()))
                    }
                }
                _ => Err(challenged(manners.invalid_token.clone())),
            }
        }
    }
}

/// The user whose name and password stand in the value of a Basic header.
pub(super) fn basic_user(state: &State, value: &str) -> Option<String> {
    let text = String::from_utf8(BASE64.decode(value).ok()?).ok()?;
    let (name, password) = text.split_once(':')?;
    (state.users.get(name)?.password == password).then(|| name.to_owned())
}

/// Puts the names asked for into a refusal's body.
pub(super) fn fill(mut answer: Answer, repository: &str, target: &Target) -> Answer {
    if let Payload::Whole(bytes) = &mut answer.payload {
        let text = String::from_utf8_lossy(bytes)
            .replace("{repository}", repository)
            .replace(
                "{reference}",
                target.reference.as_deref().unwrap_or_default(),
            );
        *bytes = text.into_bytes();
    }
    answer
}

fn manifest(state: &State, asked: &Asked, target: &Target, faults: &[Fault]) -> Answer {
    let repository = target.repository.as_deref().unwrap_or_default();
    let reference = target.reference.as_deref().unwrap_or_default();
    let held = &state.repositories[repository];
    let by_digest = reference.starts_with("sha256:") || reference.starts_with("sha512:");
    let digest = if by_digest {
        Some(reference)
    } else {
        held.tags.get(reference).map(String::as_str)
    };
    let Some((digest, stored)) = digest.and_then(|d| Some((d, held.manifests.get(d)?))) else {
        if held.expired.contains(reference) {
            // Quay, endpoints/v2/errors.py: TagExpired.
            return Answer::errors(404, &[("TAG_EXPIRED", "Tag has expired")]);
        }
        return fill(state.manners.missing_tag.clone(), repository, target);
    };
    let policy = if faults.iter().any(|f| matches!(f, Fault::IgnoreAccept)) {
        AcceptPolicy::Ignore
    } else {
        state.manners.accept
    };
    if faults.iter().any(|f| matches!(f, Fault::ConvertToSchema1)) {
        return converted(repository, reference, false);
    }
    // Some servers read the first `Accept` line only (mulgadc/spinifex, issue 399); so do we, to catch a client that
    // sends several.
    let accept = asked.header("accept").unwrap_or_default();
    let takes = |media_type: &str| {
        accept.split(',').any(|t| {
            t.split(';')
                .next()
                .unwrap_or("")
                .trim()
                .eq_ignore_ascii_case(media_type)
        })
    };
    if !takes(&stored.media_type) {
        let is_index = stored.media_type == OCI_INDEX;
        match policy {
            AcceptPolicy::Convert if !by_digest && !takes(SCHEMA2) => {
                return converted(repository, reference, false);
            }
            AcceptPolicy::Honour | AcceptPolicy::HonourButIndexes
                if stored.media_type == SCHEMA2 =>
            {
                return converted(repository, reference, true);
            }
            AcceptPolicy::Honour if is_index => return refused_type("OCI index", "OCI indexes"),
            AcceptPolicy::Honour | AcceptPolicy::HonourButIndexes
                if stored.media_type == OCI_MANIFEST =>
            {
                return refused_type("OCI manifest", "OCI manifests");
            }
            _ => {}
        }
    }
    let mut answer = Answer::new(200).body(&stored.media_type, stored.body.clone());
    if state.manners.digest_header {
        answer.set("docker-content-digest", digest);
    }
    answer
}

/// distribution `registry/handlers/manifests.go`.
fn refused_type(found: &str, plural: &str) -> Answer {
    let message = format!("{found} found, but accept header does not support {plural}");
    Answer::errors(404, &[("MANIFEST_UNKNOWN", &message)])
}

fn converted(repository: &str, reference: &str, signed: bool) -> Answer {
    let made = artifact::schema1(repository, reference, signed);
    let media_type = if signed {
        SCHEMA1_SIGNED
    } else {
        &made.media_type
    };
    Answer::new(200)
        .body(media_type, made.body.clone())
        .header("docker-content-digest", &made.digest())
}

/// `tags/list` with `n` and `last` (OCI distribution spec, "Listing Tags").
fn tags(state: &State, repository: &str, asked: &Asked) -> Answer {
    let held = &state.repositories[repository];
    let limit = asked
        .parameters("n")
        .next()
        .and_then(|n| n.parse::<usize>().ok())
        .unwrap_or(100)
        .min(1000);
    let last = asked.parameters("last").next().unwrap_or_default();
    let mut rest = held.tags.keys().filter(|t| t.as_str() > last);
    let page: Vec<&String> = rest.by_ref().take(limit).collect();
    let answer = Answer::new(200).body(
        "application/json",
        json!({ "name": repository, "tags": page }).to_string(),
    );
    match (page.last(), rest.next()) {
        (Some(last), Some(_)) => answer.header(
            "link",
            &format!("</v2/{repository}/tags/list?n={limit}&last={last}>; rel=\"next\""),
        ),
        _ => answer,
    }
}

/// Asks the server behind and gives its answer. Blocks a thread of its own, since the exchange is a bare one.
pub(super) async fn forward(host: String, asked: Asked) -> Answer {
    let ask = move || {
        let headers: Vec<(&str, &str)> = ["accept", "authorization", "content-type"]
            .iter()
            .filter_map(|name| Some((*name, asked.header(name)?)))
            .collect();
        let query: Vec<String> = asked
            .query
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mark = if query.is_empty() { "" } else { "?" };
        let path = format!("{}{mark}{}", asked.path, query.join("&"));
        let reply = wire::send(&host, &asked.method, &path, &headers, &asked.body)
            .expect("the server behind answers");
        let mut answer = Answer::new(reply.status);
        let ours = ["connection", "content-length", "date", "transfer-encoding"];
        answer.headers = reply
            .headers
            .into_iter()
            .filter(|(name, _)| !ours.contains(&name.as_str()))
            .collect();
        answer.payload = Payload::Whole(reply.body);
        answer
    };
    tokio::task::spawn_blocking(ask)
        .await
        .expect("an exchange that does not panic")
}

/// Changes an answer as the faults say.
pub(super) fn spoil(mut answer: Answer, faults: &[Fault]) -> Answer {
    for fault in faults {
        let bytes = answer.bytes().to_vec();
        match fault {
            Fault::Answer(other) => answer = other.clone(),
            Fault::SetHeader(name, value) => answer.set(name, value),
            Fault::DropHeader(name) => answer.remove(name),
            Fault::Body(bytes) => answer.payload = Payload::Whole(bytes.clone()),
            Fault::Drip { piece, every } => {
                answer.payload = Payload::Drip {
                    bytes,
                    piece: *piece,
                    every: *every,
                };
            }
            Fault::Endless => answer.payload = Payload::Endless(vec![b' '; 16 * 1024]),
            Fault::Truncate => {
                answer.payload = Payload::Cut {
                    sent: bytes.len() / 2,
                    bytes,
                    reset: false,
                }
            }
            Fault::ResetInBody => {
                answer.payload = Payload::Cut {
                    sent: bytes.len() / 2,
                    bytes,
                    reset: true,
                }
            }
            Fault::Gzip => {
                answer.payload = Payload::Whole(artifact::gzip(&bytes));
                answer.set("content-encoding", "gzip");
            }
            Fault::Reset
            | Fault::Hang
            | Fault::Delay(_)
            | Fault::IgnoreAccept
            | Fault::ConvertToSchema1 => {}
        }
    }
    answer
}
