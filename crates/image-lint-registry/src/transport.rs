//! Connections: which HTTP client a URL is asked with, and what a failed request means.
//!
//! Each host has a client of its own ([`Clients`]). A guarded one lets only permitted addresses through; an open one is for
//! hosts that the user named (`--plain-http`, `--allow-host`). All share the settings of TLS, but for hosts with files in
//! `certs.d`.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::{NoProxy, Proxy, Url};
use rustls::ClientConfig;

use crate::address_guard::{self, Forbidden, GuardedResolver, NameError};
use crate::clients::{Clients, Lent, Way};
use crate::open_files;
use crate::settings::{Environment, Settings, SetupError, Trust};
use crate::tls::{self, Check};
use image_lint_model::resolution::{Unreachable, UnreachableCause};

/// Bytes of headers that an answer may have (HTTP/2; HTTP/1 is bounded by hyper's buffer).
const MAX_HEADERS: u32 = 64 * 1024;

/// How long an idle connection is kept: longer than the pause before the second pass.
const IDLE: Duration = Duration::from_secs(30);

pub struct Transport {
    clients: Clients<reqwest::Client>,
    /// By host of the URL with port: TLS with its own certificates, and the files with these.
    special: Mutex<HashMap<String, (ClientConfig, tls::HostFiles)>>,
    recipe: Recipe,
    named: Vec<String>,
    trust: Trust,
    asked_through: AskedThrough,
}

/// The proxies of the environment, without their passwords, for those who read a failure.
#[derive(Default)]
struct AskedThrough {
    https: Option<String>,
    http: Option<String>,
    exempt: String,
}

impl AskedThrough {
    fn of(environment: &Environment) -> Self {
        let place = |text: &Option<String>| {
            let text = text.as_deref()?.trim();
            let whole = match text.contains("://") {
                true => text.to_owned(),
                false => format!("http://{text}"),
            };
            Url::parse(&whole).ok().map(|url| authority(&url))
        };
        AskedThrough {
            https: place(&environment.https_proxy),
            http: place(&environment.http_proxy),
            exempt: environment.no_proxy.clone().unwrap_or_default(),
        }
    }

    /// The proxy and its variable, as the end of a sentence. A host that only a range of addresses exempts gets one, too.
    fn words(&self, url: &Url) -> Option<String> {
        let host = url.host_str()?;
        let here = host == "localhost" || host == "[::1]" || host.starts_with("127.");
        let exempt = self.exempt.split(',').map(str::trim).any(|entry| {
            let bare = entry.trim_start_matches('.');
            entry == "*"
                || !bare.is_empty() && (host == bare || host.ends_with(&format!(".{bare}")))
        });
        let (proxy, variable) = match url.scheme() {
            "https" => (self.https.as_deref()?, "HTTPS_PROXY"),
            _ => (self.http.as_deref()?, "http_proxy"),
        };
        (!here && !exempt).then(|| format!("asked through the proxy {proxy} of {variable}"))
    }
}

/// What all clients have in common.
struct Recipe {
    authorities: tls::Authorities,
    /// Made with the first request: a run that asks nothing does not wait for the system's authorities.
    tls: OnceLock<Result<ClientConfig, String>>,
    resolver: GuardedResolver,
    proxies: Vec<Proxy>,
    timeout: Duration,
    connect_timeout: Duration,
    idle: usize,
    user_agent: String,
}

impl Transport {
    /// `insecure`: hosts that the user's `registries.conf` names as such, with their ports.
    ///
    /// # Errors
    /// Authorities or proxies that cannot be used.
    pub fn new(settings: &Settings, insecure: &[String]) -> Result<Self, SetupError> {
        let (proxies, proxy_hosts) = proxies(&settings.environment)?;
        let resolver =
            GuardedResolver::new(Some(settings.trust), proxy_hosts, &settings.name_servers);
        let recipe = Recipe {
            authorities: tls::Authorities::new(&settings.extra_ca)?,
            tls: OnceLock::new(),
            resolver,
            proxies,
            timeout: settings.timeout,
            connect_timeout: settings.connect_timeout,
            idle: settings.per_host.max(1),
            user_agent: settings.user_agent.clone(),
        };
        Ok(Transport {
            clients: Clients::new(settings.total, open_files::limit()),
            special: Mutex::default(),
            recipe,
            named: settings
                .plain_http
                .iter()
                .chain(&settings.allow_hosts)
                // A stranger's tree gets no further for what this machine's files say.
                .chain(insecure.iter().filter(|_| settings.trust == Trust::Trusted))
                .map(|h| h.to_ascii_lowercase())
                .collect(),
            trust: settings.trust,
            asked_through: AskedThrough::of(&settings.environment),
        })
    }

    /// The same failure, with the proxy that the request went through: it may be what refused.
    pub fn with_proxy(&self, mut fault: Fault, url: &Url) -> Fault {
        let concerns = matches!(
            fault.failure.cause,
            UnreachableCause::Connect | UnreachableCause::Dns | UnreachableCause::Timeout
        );
        if let Some(words) = self.asked_through.words(url).filter(|_| concerns) {
            let detail = &mut fault.failure.detail;
            *detail = format!("{detail} ({words})");
        }
        fault
    }

    /// Gives a host certificates of its own.
    ///
    /// # Errors
    /// Files that cannot be read.
    pub fn prepare(&self, url: &Url, files: tls::HostFiles) -> Result<(), SetupError> {
        let config = tls::config(&self.recipe.authorities, Some(&files), Check::Certificate)?;
        self.special
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(authority(url), (config, files));
        Ok(())
    }

    /// Whether the user named this host: then any address is allowed.
    pub fn is_named(&self, url: &Url) -> bool {
        names(&self.named, url)
    }

    /// Whether the user named this very port of the host: of a name without a port nobody knows which ones are meant.
    pub fn is_named_with_port(&self, url: &Url) -> bool {
        let named = with_port(url);
        self.named
            .iter()
            .any(|one| one.eq_ignore_ascii_case(&named))
    }

    /// The client for one request to a URL. `vouched` says that the URL's host is the named registry's own, on another
    /// port; with [`Check::None`] its certificate is not looked at.
    ///
    /// # Errors
    /// The URL must not be asked, or no client can be made here.
    pub fn client(
        &self,
        url: &Url,
        vouched: bool,
        check: Check,
    ) -> Result<Lent<'_, reqwest::Client>, Unreachable> {
        let guarded = !(vouched || self.is_named(url));
        if guarded {
            address_guard::check_url(url, self.trust).map_err(|why| Unreachable {
                cause: UnreachableCause::Forbidden,
                detail: why.to_string(),
            })?;
        }
        let authority = authority(url);
        let make = || {
            let special = self
                .special
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get(&authority)
                .cloned();
            let config = match (check, special) {
                (Check::Certificate, Some((config, _))) => config,
                (Check::Certificate, None) => self.recipe.tls()?,
                (Check::None, special) => {
                    let files = special.as_ref().map(|(_, files)| files);
                    tls::config(&self.recipe.authorities, files, check)
                        .map_err(|error| error.to_string())?
                }
            };
            self.recipe.build(guarded, config)
        };
        let way = Way {
            authority: authority.clone(),
            guarded,
            check,
        };
        let failed = |detail: String| Unreachable {
            cause: UnreachableCause::Tls,
            detail,
        };
        self.clients.lend(way, make).map_err(failed)
    }
}

impl Recipe {
    /// TLS for hosts without certificates of their own. Clones share what is known of earlier sessions.
    fn tls(&self) -> Result<ClientConfig, String> {
        let make = || {
            tls::config(&self.authorities, None, Check::Certificate)
                .map_err(|error| error.to_string())
        };
        self.tls.get_or_init(make).clone()
    }

    fn build(&self, guarded: bool, tls: ClientConfig) -> Result<reqwest::Client, String> {
        let resolver = if guarded {
            self.resolver.clone()
        } else {
            self.resolver.unguarded()
        };
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(Arc::new(resolver))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .user_agent(&self.user_agent)
            .timeout(self.timeout)
            .connect_timeout(self.connect_timeout)
            .pool_max_idle_per_host(self.idle)
            .pool_idle_timeout(IDLE)
            .http2_max_header_list_size(MAX_HEADERS)
            .tcp_nodelay(true);
        for proxy in &self.proxies {
            builder = builder.proxy(proxy.clone());
        }
        builder
            .build()
            .map_err(|error| format!("cannot build the HTTP client: {}", error.without_url()))
    }
}

/// Host and port of a URL, the default port left out: `quay.io`, `localhost:5000`.
pub fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Whether a list of `host` and `host:port` holds a URL's host.
pub fn names(list: &[String], url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let with_port = with_port(url);
    list.iter()
        .any(|named| named.eq_ignore_ascii_case(host) || named.eq_ignore_ascii_case(&with_port))
}

fn with_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    format!("{host}:{}", url.port_or_known_default().unwrap_or_default())
}

/// The proxies of the environment, and the names of their hosts. This machine is always asked directly, as Go does.
fn proxies(environment: &Environment) -> Result<(Vec<Proxy>, Vec<String>), SetupError> {
    let exempt = match &environment.no_proxy {
        Some(list) => format!("{list},localhost,127.0.0.0/8,::1"),
        None => "localhost,127.0.0.0/8,::1".to_owned(),
    };
    let (mut proxies, mut hosts) = (Vec::new(), Vec::new());
    for (variable, value) in [
        ("HTTPS_PROXY", &environment.https_proxy),
        ("http_proxy", &environment.http_proxy),
    ] {
        let Some(text) = value
            .as_deref()
            .map(str::trim)
            .filter(|text| !text.is_empty())
        else {
            continue;
        };
        // The value may hold a password, so it is not quoted.
        let failed = || SetupError::Proxy { variable };
        let text = if text.contains("://") {
            text.to_owned()
        } else {
            format!("http://{text}")
        };
        let url = Url::parse(&text).map_err(|_| failed())?;
        hosts.extend(url.host_str().map(str::to_owned));
        let proxy = if variable == "HTTPS_PROXY" {
            Proxy::https(url)
        } else {
            Proxy::http(url)
        };
        proxies.push(
            proxy
                .map_err(|_| failed())?
                .no_proxy(NoProxy::from_string(&exempt)),
        );
    }
    Ok((proxies, hosts))
}

/// A failed request: what it means, and whether another try may end otherwise.
pub struct Fault {
    pub failure: Unreachable,
    pub may_pass: bool,
}

/// Reads the meaning out of an error's causes. Its URL, which may hold a token's query, does not get into the text.
pub fn fault(error: reqwest::Error) -> Fault {
    let error = error.without_url();
    let mut found = None;
    let mut last = String::new();
    visit(&error, 0, &mut |cause| {
        if let Some(forbidden) = cause.downcast_ref::<Forbidden>() {
            found = Some((UnreachableCause::Forbidden, forbidden.to_string(), false));
        } else if let Some(name) = cause.downcast_ref::<NameError>() {
            // A name server's trouble may pass; a name that has no address keeps having none.
            let passing = !name.0.starts_with("no address");
            found = Some((UnreachableCause::Dns, name.to_string(), passing));
        } else if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            found = Some((UnreachableCause::Tls, tls_words(tls), false));
        }
        last = cause.to_string();
    });
    let (cause, detail, may_pass) = match found {
        Some(found) => found,
        None if error.is_timeout() => (
            UnreachableCause::Timeout,
            "no answer in time".to_owned(),
            true,
        ),
        None if error.is_connect() => (UnreachableCause::Connect, last, true),
        None if error.is_body() || error.is_decode() => (
            UnreachableCause::Protocol,
            format!("the answer broke off: {last}"),
            true,
        ),
        // A connection that breaks before the answer is there is a matter of the way, not of the image.
        None => (UnreachableCause::Connect, last, true),
    };
    Fault {
        failure: Unreachable { cause, detail },
        may_pass,
    }
}

fn tls_words(error: &rustls::Error) -> String {
    use rustls::CertificateError::{
        BadSignature, Expired, ExpiredContext, NotValidForName, NotValidForNameContext,
        UnknownIssuer,
    };
    match error {
        rustls::Error::InvalidCertificate(Expired | ExpiredContext { .. }) => "its certificate has expired".to_owned(),
        rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }) => {
            "its certificate is for another name".to_owned()
        }
        rustls::Error::InvalidCertificate(UnknownIssuer | BadSignature) => {
            "its certificate is signed by an authority that is not trusted here (--ca FILE adds one)".to_owned()
        }
        other => other.to_string(),
    }
}

/// Visits an error and its causes; an `io::Error` hides the error it wraps from `source`.
fn visit(error: &(dyn Error + 'static), depth: usize, see: &mut dyn FnMut(&(dyn Error + 'static))) {
    if depth > 16 {
        return;
    }
    see(error);
    let wrapped = error
        .downcast_ref::<std::io::Error>()
        .and_then(|io| io.get_ref());
    if let Some(inner) = wrapped {
        visit(inner, depth + 1, see);
    } else if let Some(source) = error.source() {
        visit(source, depth + 1, see);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_proxy_that_was_asked_and_never_its_password() {
        let environment = Environment {
            https_proxy: Some("http://me:secret@proxy.example:3128".to_owned()),
            no_proxy: Some("inside.example, .lab.example,10.0.0.0/8".to_owned()),
            ..Environment::default()
        };
        let through = AskedThrough::of(&environment);
        for (url, named) in [
            ("https://quay.io/v2/", true),
            ("https://inside.example/v2/", false),
            ("https://a.inside.example/v2/", false),
            ("https://r.lab.example:5000/v2/", false),
            ("https://notinside.example/v2/", true),
            ("https://127.0.0.1:5000/v2/", false),
            ("https://localhost:5000/v2/", false),
            ("http://quay.io/v2/", false),
        ] {
            let words = through.words(&Url::parse(url).unwrap());
            let expected = "asked through the proxy proxy.example:3128 of HTTPS_PROXY".to_owned();
            assert_eq!(words, named.then_some(expected), "{url}");
        }
    }
}
