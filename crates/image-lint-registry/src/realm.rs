//! Whether a token service may be asked, and whether it may see the registry's credentials.
//!
//! A registry names its token service itself, so a hostile one can name anybody's. Asking is allowed over https (http
//! only where the registry itself is asked over http) and not at private literal addresses; credentials go only to the
//! registry's own origin, over https to its own domain, the pairs below, or pairs that the user trusts
//! (go-containerregistry `pkg/v1/remote/transport/bearer.go`, issues 2193, 2258).

use reqwest::Url;

use crate::address_guard;
use crate::settings::Trust;

/// Token services that are known to belong to a registry on another domain.
const KNOWN: [(&str, &str); 3] = [
    ("registry-1.docker.io", "auth.docker.io"),
    ("registry.gitlab.com", "gitlab.com"),
    // access.redhat.com's and redhat.io's logins (docs.redhat.com, "Container Registry Authentication").
    ("registry.redhat.io", "sso.redhat.com"),
];

/// Domains below which strangers get names of their own. Two hosts below one of these are not of one owner.
const SHARED: [&str; 22] = [
    "amazonaws.com",
    "appspot.com",
    "azurecr.io",
    "azurewebsites.net",
    "azure.com",
    "blogspot.com",
    "cloudapp.net",
    "cloudfront.net",
    "fly.dev",
    "github.dev",
    "github.io",
    "gitlab.io",
    "googleapis.com",
    "herokuapp.com",
    "netlify.app",
    "ngrok.io",
    "on.aws",
    "pages.dev",
    "pkg.dev",
    "run.app",
    "vercel.app",
    "workers.dev",
];

/// Second-level labels under which country domains register names (`co.uk`, `com.au`).
const SECOND_LEVEL: [&str; 12] = [
    "ac", "co", "com", "edu", "go", "gob", "gov", "ne", "net", "or", "org", "gouv",
];

/// Whether the token service may be asked at all.
///
/// # Errors
/// Why not, in words.
pub fn check(realm: &Url, registry: &Url) -> Result<(), String> {
    let host = realm.host_str().unwrap_or_default();
    match realm.scheme() {
        "https" => {}
        "http" if registry.scheme() == "http" => {}
        "http" => {
            return Err(format!(
                "the token service on {host} is not asked over plain HTTP"
            ));
        }
        other => return Err(format!("the token service has a `{other}:` address")),
    }
    if !realm.username().is_empty() || realm.password().is_some() {
        return Err("the token service's address carries a user name".to_owned());
    }
    let literal = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<std::net::IpAddr>()
        .is_ok();
    if literal
        && Some(host) != registry.host_str()
        && address_guard::check_url(realm, Trust::Untrusted).is_err()
    {
        return Err(format!("the token service has the private address {host}"));
    }
    Ok(())
}

/// Whether credentials for the registry may be sent to the token service. `named`: the user named the token service's
/// host and port, as one that is asked over plain HTTP.
pub fn may_see_credentials(
    realm: &Url,
    registry: &Url,
    trusted: &[(String, String)],
    named: bool,
) -> bool {
    let (Some(realm_host), Some(registry_host)) = (realm.host_str(), registry.host_str()) else {
        return false;
    };
    let (realm_host, registry_host) = (tidy(realm_host), tidy(registry_host));
    let same_port = realm.port_or_known_default() == registry.port_or_known_default();
    let same_host = realm_host == registry_host;
    if realm.scheme() != "https" {
        // Over plain HTTP nothing says whose the other ports of a host are.
        return realm.scheme() == registry.scheme() && same_host && (same_port || named);
    }
    // Whoever answers on another port has shown a certificate of the same name.
    if same_host {
        return true;
    }
    let pair = |(a, b): (&str, &str)| tidy(a) == registry_host && tidy(b) == realm_host;
    if KNOWN.into_iter().any(pair) || trusted.iter().any(|(a, b)| pair((a, b))) {
        return true;
    }
    match (own_domain(&realm_host), own_domain(&registry_host)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

fn tidy(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

/// The part of a name that one owner registered, as far as this can be told without the list of public suffixes: when
/// in doubt None, and then credentials stay at home.
fn own_domain(host: &str) -> Option<&str> {
    if host.parse::<std::net::IpAddr>().is_ok() || host.starts_with('[') {
        return None;
    }
    if SHARED.iter().any(|shared| {
        host == *shared || host.strip_suffix(shared).is_some_and(|h| h.ends_with('.'))
    }) {
        return None;
    }
    let labels: Vec<&str> = host.split('.').collect();
    let [.., second, top] = labels.as_slice() else {
        return None;
    };
    let wanted = if top.len() == 2 && (SECOND_LEVEL.contains(second) || second.len() <= 2) {
        3
    } else {
        2
    };
    if labels.len() < wanted || labels.iter().any(|label| label.is_empty()) {
        return None;
    }
    let tail: usize = labels[labels.len() - wanted..]
        .iter()
        .map(|label| label.len() + 1)
        .sum::<usize>()
        - 1;
    Some(&host[host.len() - tail..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn only_decent_token_services_are_asked() {
        let cases = [
            (
                "https://auth.docker.io/token",
                "https://registry-1.docker.io",
                true,
                "the usual",
            ),
            (
                "http://auth.example.com/token",
                "https://registry.example.com",
                false,
                "no http below https",
            ),
            (
                "http://127.0.0.1:5001/token",
                "http://127.0.0.1:5000",
                true,
                "same literal host, both http",
            ),
            (
                "https://169.254.169.254/x",
                "https://quay.io",
                false,
                "metadata",
            ),
            ("https://10.0.0.1/x", "https://quay.io", false, "private"),
            ("https://[::1]/x", "https://quay.io", false, "loopback"),
            (
                "https://user:pw@auth.example.com/",
                "https://registry.example.com",
                false,
                "userinfo",
            ),
            (
                "file:///etc/passwd",
                "https://quay.io",
                false,
                "no web address",
            ),
            (
                "ftp://auth.example.com/",
                "https://registry.example.com",
                false,
                "no web address",
            ),
        ];
        for (realm, registry, allowed, why) in cases {
            assert_eq!(
                check(&url(realm), &url(registry)).is_ok(),
                allowed,
                "{realm} ({why})"
            );
        }
    }

    #[test]
    fn credentials_go_only_to_the_registrys_own_people() {
        let trusted = [("r.example.org".to_owned(), "login.example.net".to_owned())];
        let cases = [
            (
                "https://quay.io/v2/auth",
                "https://quay.io",
                true,
                "same host",
            ),
            (
                "https://auth.docker.io/token",
                "https://registry-1.docker.io",
                true,
                "known pair and same domain",
            ),
            (
                "https://gitlab.com/jwt/auth",
                "https://registry.gitlab.com",
                true,
                "known pair",
            ),
            (
                "https://gitlab.example.com/jwt/auth",
                "https://registry.example.com:5050",
                true,
                "same domain",
            ),
            (
                "https://auth.docker.io/token",
                "https://evil.example",
                false,
                "somebody else's service",
            ),
            (
                "https://evil.example/token",
                "https://registry-1.docker.io",
                false,
                "a stranger",
            ),
            (
                "https://auth.docker.io.evil.example/token",
                "https://registry-1.docker.io",
                false,
                "a look-alike",
            ),
            (
                "https://evildocker.io/token",
                "https://registry-1.docker.io",
                false,
                "a look-alike",
            ),
            (
                "https://b.azurecr.io/t",
                "https://a.azurecr.io",
                false,
                "shared domain",
            ),
            (
                "https://b.github.io/t",
                "https://a.github.io",
                false,
                "shared domain",
            ),
            (
                "https://b.co.uk/t",
                "https://a.co.uk",
                false,
                "country's second level",
            ),
            (
                "https://auth.x.co.uk/t",
                "https://registry.x.co.uk",
                true,
                "below it",
            ),
            (
                "https://login.example.net/t",
                "https://r.example.org",
                true,
                "the user said so",
            ),
            (
                "http://quay.io/t",
                "https://quay.io",
                false,
                "not over plain HTTP",
            ),
            (
                "http://127.0.0.1:2/t",
                "http://127.0.0.1:1",
                false,
                "another port may be somebody else's",
            ),
            (
                "http://127.0.0.1:1/t",
                "http://127.0.0.1:1",
                true,
                "the same origin",
            ),
            (
                "http://auth.example.com/t",
                "http://registry.example.com",
                false,
                "another host over plain HTTP",
            ),
            (
                "https://r.example.com:5001/t",
                "https://r.example.com:5000",
                true,
                "another port, whose certificate is looked at",
            ),
            (
                "https://r.example.com/t",
                "http://r.example.com",
                true,
                "better protected",
            ),
            (
                "http://127.0.0.2/t",
                "http://127.0.0.1",
                false,
                "another literal host",
            ),
            ("https://b/t", "https://a", false, "names without a dot"),
        ];
        for (realm, registry, allowed, why) in cases {
            assert_eq!(
                may_see_credentials(&url(realm), &url(registry), &trusted, false),
                allowed,
                "{realm} {registry} ({why})"
            );
        }
        for (realm, registry, allowed, why) in [
            (
                "http://127.0.0.1:2/t",
                "http://127.0.0.1:1",
                true,
                "the user named both ports",
            ),
            (
                "http://b.example/t",
                "http://a.example",
                false,
                "a host of its own",
            ),
            (
                "http://a.example/t",
                "https://a.example",
                false,
                "no HTTP below https",
            ),
        ] {
            let seen = may_see_credentials(&url(realm), &url(registry), &trusted, true);
            assert_eq!(seen, allowed, "{realm} {registry} ({why})");
        }
    }
}
