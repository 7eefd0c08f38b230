//! From flags and environment to the registry client's settings, and how far the linted tree is trusted.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use super::ask::{AskOptions, Limits};
use crate::action::event::Event;
use crate::cli::{NetworkArgs, ShortNamesArg, TrustArg};
use crate::config;
use image_lint_model::manifest::{Format, Platform};
use image_lint_registry::{CacheMode, Depth, Environment, Settings, ShortNames, Trust};

/// How long the answer to a tag counts on a developer's machine; in CI tags are asked anew each time.
const TAG_LIFE: Duration = Duration::from_secs(10 * 60);

/// Formats that some target of the run does not take.
fn doubtful(set: &config::Settings) -> Vec<Format> {
    let Ok(targets) = config::Targets::new(set) else {
        return Vec::new();
    };
    let all = Format::ALL.into_iter();
    all.filter(|format| targets.all().any(|target| !target.takes(*format)))
        .collect()
}

/// Platforms of the nodes that a run is about: the usual one, the chosen one and those of the user's own targets.
fn platforms(set: &config::Settings) -> Vec<Platform> {
    let own = set.own_targets.values();
    let chosen = set.platform.iter().map(|platform| platform.value.as_str());
    let texts = chosen.chain(own.filter_map(|target| target.value.platform.as_deref()));
    std::iter::once("linux/amd64")
        .chain(texts)
        .filter_map(Platform::parse)
        .collect()
}

/// The client's settings. `set` is what the configuration says, flags already laid over it; `env` is the process
/// environment.
pub fn settings(
    args: &NetworkArgs,
    set: &config::Settings,
    env: &BTreeMap<String, String>,
) -> Settings {
    let environment = Environment::of(env);
    let trust = trust(args.trust, env);
    let in_ci = env.get("CI").is_some_and(|v| !v.is_empty() && v != "false");
    let tag_life = if in_ci { Duration::ZERO } else { TAG_LIFE };
    let asked_for = args.authfile.is_some() || !args.pull_secret.is_empty();
    let hosts = |wanted: &dyn Fn(&config::Host) -> bool| -> Vec<String> {
        set.hosts
            .iter()
            .filter(|(_, host)| wanted(&host.value))
            .map(|(name, _)| name.clone())
            .collect()
    };
    let mut allow_hosts = args.allow_host.clone();
    allow_hosts.extend(hosts(&|host| host.allow));
    Settings {
        per_host: args.per_host.into(),
        total: args.requests.into(),
        timeout: Duration::from_secs_f64(args.timeout),
        deadline: args.deadline.map(Duration::from_secs_f64),
        plain_http: hosts(&|host| host.plain_http),
        extra_ca: set
            .ca
            .iter()
            .map(|path| path.value.clone())
            .chain(set.hosts.values().filter_map(|h| h.value.ca.clone()))
            .collect(),
        use_mirrors: args.use_mirrors,
        rewrites: set
            .rewrites
            .iter()
            .map(|set| (set.value.from.clone(), set.value.to.clone()))
            .collect(),
        short_names: match args.short_names {
            ShortNamesArg::Docker => ShortNames::Docker,
            ShortNamesArg::RegistriesConf => ShortNames::RegistriesConf,
            ShortNamesArg::Error => ShortNames::Error,
        },
        offline: args.offline,
        // What an untrusted tree names must not be remembered for a trusted one. Which credentials are taken is seen where
        // they are sent.
        cache: if args.no_cache || trust == Trust::Untrusted || args.explain_auth && !args.offline {
            CacheMode::Off
        } else {
            CacheMode::usual(&environment, tag_life)
        },
        trust,
        // A fork's pull request gets credentials only when somebody names them for it.
        use_credentials: !args.no_credentials && (trust == Trust::Trusted || asked_for),
        authfile: args.authfile.clone(),
        pull_secrets: set
            .pull_secrets
            .iter()
            .map(|path| path.value.clone())
            .collect(),
        allow_hosts,
        max_hosts: args.max_hosts,
        platforms: platforms(set),
        doubtful: doubtful(set),
        name_servers: args.name_server.clone(),
        kubeconfig_hosts: hosts(&|host| {
            host.credentials == Some(config::CredentialsFrom::OpenshiftLogin)
        }),
        anonymous_hosts: hosts(&|host| host.credentials == Some(config::CredentialsFrom::None)),
        user_agent: user_agent(),
        environment,
        ..Settings::default()
    }
}

/// One name for all requests, with the project's URL when it has one (Cargo.toml's `repository`).
fn user_agent() -> String {
    let url = env!("CARGO_PKG_REPOSITORY");
    let version = env!("CARGO_PKG_VERSION");
    if url.is_empty() {
        format!("image-lint/{version}")
    } else {
        format!("image-lint/{version} (+{url})")
    }
}

/// Whether credentials would be used if the tree were trusted.
fn withholds(args: &NetworkArgs, settings: &Settings) -> bool {
    settings.trust == Trust::Untrusted && !settings.use_credentials && !args.no_credentials
}

pub fn depth(args: &NetworkArgs) -> Depth {
    if args.deep { Depth::Full } else { Depth::Probe }
}

/// How a run with these flags asks.
pub fn ask_options(
    args: &NetworkArgs,
    settings: &Settings,
    env: &BTreeMap<String, String>,
) -> AskOptions {
    AskOptions {
        depth: depth(args),
        explain_auth: args.explain_auth,
        alternatives: !args.no_alternatives,
        withheld: withholds(args, settings),
        offline: args.offline,
        limits: limits(args, env),
    }
}

/// How much is asked.
pub fn limits(args: &NetworkArgs, env: &BTreeMap<String, String>) -> Limits {
    let untrusted = trust(args.trust, env) == Trust::Untrusted;
    Limits {
        references: args.max_references,
        hosts: untrusted.then_some(args.max_hosts),
    }
}

/// `auto` distrusts a pull or merge request from a fork.
pub fn trust(arg: TrustArg, env: &BTreeMap<String, String>) -> Trust {
    match arg {
        TrustArg::Trusted => return Trust::Trusted,
        TrustArg::Untrusted => return Trust::Untrusted,
        TrustArg::Auto => {}
    }
    let event = Event::read(|name| env.get(name).map(OsString::from));
    if event.foreign {
        Trust::Untrusted
    } else {
        Trust::Trusted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pull_requests_from_forks_are_not_trusted() {
        let folder = tempfile::tempdir().unwrap();
        let fork = folder.path().join("event.json");
        std::fs::write(
            &fork,
            r#"{"pull_request":{"head":{"repo":{"id":2}},"base":{"repo":{"id":1}}}}"#,
        )
        .unwrap();
        let fork: BTreeMap<String, String> = [
            ("GITHUB_EVENT_NAME".to_owned(), "pull_request".to_owned()),
            (
                "GITHUB_EVENT_PATH".to_owned(),
                fork.to_str().unwrap().to_owned(),
            ),
        ]
        .into();
        let rows = [
            (TrustArg::Auto, &BTreeMap::new(), Trust::Trusted, "by hand"),
            (TrustArg::Auto, &fork, Trust::Untrusted, "fork"),
            (TrustArg::Trusted, &fork, Trust::Trusted, "the flag decides"),
            (
                TrustArg::Untrusted,
                &BTreeMap::new(),
                Trust::Untrusted,
                "the flag decides",
            ),
        ];
        for (arg, env, expected, why) in rows {
            assert_eq!(trust(arg, env), expected, "{why}");
        }
    }
}
