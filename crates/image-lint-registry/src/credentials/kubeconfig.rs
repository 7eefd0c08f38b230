//! The token of the current `oc login`, out of a kubeconfig.

use serde::Deserialize;

use crate::secret::Secret;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Kubeconfig {
    #[serde(default)]
    current_context: String,
    #[serde(default)]
    contexts: Vec<NamedContext>,
    #[serde(default)]
    users: Vec<NamedUser>,
}

#[derive(Deserialize)]
struct NamedContext {
    name: String,
    context: Context,
}

#[derive(Deserialize)]
struct Context {
    user: String,
}

#[derive(Deserialize)]
struct NamedUser {
    name: String,
    user: User,
}

#[derive(Deserialize)]
struct User {
    token: Option<String>,
}

/// The token of the current context's user.
///
/// # Errors
/// There is none; in words that quote nothing.
pub fn token(bytes: &[u8]) -> Result<Secret, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let config: Kubeconfig =
        serde_yaml::from_str(text).map_err(|_| "it is not a kubeconfig".to_owned())?;
    let context = config
        .contexts
        .iter()
        .find(|c| c.name == config.current_context);
    let context = context.ok_or_else(|| "it has no current context".to_owned())?;
    let user = config.users.iter().find(|u| u.name == context.context.user);
    let token = user
        .and_then(|u| u.user.token.as_deref())
        .filter(|token| !token.is_empty());
    token
        .map(Secret::new)
        .ok_or_else(|| "the current context's user has no token (`oc login` gives one)".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_contexts_token_is_taken() {
        let text = "current-context: b\ncontexts:\n- {name: a, context: {user: x, cluster: c}}\n\
                    - {name: b, context: {user: y}}\nusers:\n- {name: x, user: {token: one}}\n- {name: y, user: {token: two}}\n";
        assert_eq!(
            token(text.as_bytes())
                .unwrap_or_else(|why| panic!("{why}"))
                .reveal(),
            "two"
        );
        for text in [
            "",
            "current-context: z",
            "users: 3",
            "current-context: b\ncontexts: [{name: b, context: {user: q}}]",
        ] {
            assert!(token(text.as_bytes()).is_err(), "{text}");
        }
    }
}
