//! The token service: anonymous tokens, tokens for users (GET with Basic, POST with a password or an identity token), as
//! docker's token authentication and its OAuth 2 variant have them.

use std::collections::BTreeSet;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::fault::Kind;
use super::respond::{Target, basic_user, fill};
use super::server::{Asked, form_fields};
use super::store::{Grant, State};
use crate::support::tls::TokenSigner;

pub(super) fn respond(state: &mut State, asked: &Asked) -> Answer {
    let form = match asked.method.as_str() {
        "GET" => asked.query.clone(),
        "POST" if state.token_manners.post => form_fields(&String::from_utf8_lossy(&asked.body)),
        _ => return Answer::new(404).body("text/plain", "404 page not found\n"),
    };
    let user = match identify(state, asked, &form) {
        Ok(user) => user,
        Err(()) => return state.manners.wrong_credentials.clone(),
    };
    let mut scopes: Vec<String> = form
        .iter()
        .filter(|(n, _)| n == "scope")
        .flat_map(|(_, v)| v.split(' '))
        .map(str::to_owned)
        .collect();
    if state.token_manners.first_scope_only {
        scopes.truncate(1);
    }
    let asked_for: Vec<String> = scopes.iter().filter_map(|s| repository_of(s)).collect();
    let granted: BTreeSet<String> = asked_for
        .iter()
        .filter(|r| state.may_read(r, user.as_deref()) || state.owns(r, user.as_deref()))
        .cloned()
        .collect();
    if let (Some(refusal), true, Some(first)) = (
        &state.manners.unreadable_at_token,
        granted.len() < asked_for.len(),
        asked_for.first(),
    ) {
        let target = Target {
            kind: Kind::Token,
            repository: None,
            reference: None,
        };
        return fill(refusal.clone(), first, &target);
    }
    let until = Instant::now() + state.token_manners.life;
    let token = make(state, &granted, user.as_deref().unwrap_or_default());
    state.grants.insert(
        token.clone(),
        Grant {
            repositories: granted,
            until,
            user,
        },
    );
    let mut body = Map::new();
    for field in &state.token_manners.fields {
        body.insert((*field).to_owned(), Value::String(token.clone()));
    }
    if let Some(expires_in) = &state.token_manners.expires_in {
        body.insert("expires_in".to_owned(), expires_in.clone());
    }
    Answer::new(200).body("application/json", Value::Object(body).to_string())
}

/// `repository:path:pull`; the path may hold a port's colon.
fn repository_of(scope: &str) -> Option<String> {
    let (path, actions) = scope.strip_prefix("repository:")?.rsplit_once(':')?;
    actions
        .split(',')
        .any(|a| a == "pull" || a == "*")
        .then(|| path.to_owned())
}

fn identify(state: &State, asked: &Asked, form: &[(String, String)]) -> Result<Option<String>, ()> {
    let field = |name: &str| {
        form.iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    };
    if asked.method == "POST" {
        let user = match field("grant_type") {
            Some("refresh_token") => state
                .identity_tokens
                .get(field("refresh_token").unwrap_or_default())
                .cloned(),
            Some("password") => {
                let (name, password) = (field("username").unwrap_or_default(), field("password"));
                state
                    .users
                    .get(name)
                    .filter(|u| Some(u.password.as_str()) == password)
                    .map(|_| name.to_owned())
            }
            _ => None,
        };
        return user.map(Some).ok_or(());
    }
    match asked
        .header("authorization")
        .and_then(|a| a.split_once(' '))
    {
        None => Ok(None),
        Some((scheme, value)) if scheme.eq_ignore_ascii_case("basic") => {
            basic_user(state, value.trim()).map(Some).ok_or(())
        }
        Some(_) => Err(()),
    }
}

fn make(state: &mut State, granted: &BTreeSet<String>, user: &str) -> String {
    state.tokens_made += 1;
    let access: Vec<Value> = granted
        .iter()
        .map(|r| json!({ "type": "repository", "name": r, "actions": ["pull"] }))
        .collect();
    if let Some(signer) = &state.token_manners.signer {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| d.as_secs());
        return signer.sign(&json!({
            "iss": TokenSigner::ISSUER,
            "sub": user,
            "aud": state.service,
            "iat": now,
            "nbf": now.saturating_sub(10),
            "exp": now + state.token_manners.life.as_secs(),
            "jti": state.tokens_made.to_string(),
            "access": access,
        }));
    }
    if !state.token_manners.jwt {
        return format!("token-{}", state.tokens_made);
    }
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(json!({ "alg": "RS256", "typ": "JWT" }));
    let payload = part(json!({ "jti": state.tokens_made.to_string(), "access": access }));
    format!("{header}.{payload}.{}", URL_SAFE_NO_PAD.encode("signature"))
}
