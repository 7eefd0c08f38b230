//! From flags and environment to the registry client's settings, and how far the linted tree is trusted.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::ask::Progress;
use crate::cli::{NetworkArgs, TrustArg, When};
use crate::config;
use crate::registry::{CacheMode, Depth, Environment, Settings, Trust};

/// How long the answer to a tag counts on a developer's machine; in CI tags are asked anew each time.
const TAG_LIFE: Duration = Duration::from_secs(10 * 60);

/// The client's settings. `set` is what the configuration says, flags already laid over it; `env` is the process
/// environment.
pub fn settings(args: &NetworkArgs, set: &config::Settings, env: &BTreeMap<String, String>) -> Settings {
    let environment = Environment::of(env);
    let trust = trust(args.trust, env);
    let in_ci = env.get("CI").is_some_and(|v| !v.is_empty() && v != "false");
    let tag_life = if in_ci { Duration::ZERO } else { TAG_LIFE };
    let asked_for = args.authfile.is_some() || !args.pull_secret.is_empty();
    let hosts = |wanted: &dyn Fn(&config::Host) -> bool| -> Vec<String> {
        set.hosts.iter().filter(|(_, host)| wanted(&host.value)).map(|(name, _)| name.clone()).collect()
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
        offline: args.offline,
        // What an untrusted tree names must not be remembered for a trusted one.
        cache: if args.no_cache || trust == Trust::Untrusted {
            CacheMode::Off
        } else {
            CacheMode::usual(&environment, tag_life)
        },
        trust,
        // A fork's pull request gets credentials only when somebody names them for it.
        use_credentials: !args.no_credentials && (trust == Trust::Trusted || asked_for),
        authfile: args.authfile.clone(),
        pull_secrets: set.pull_secrets.iter().map(|path| path.value.clone()).collect(),
        allow_hosts,
        kubeconfig_hosts: hosts(&|host| host.credentials == Some(config::CredentialsFrom::OpenshiftLogin)),
        user_agent: user_agent(),
        environment,
        ..Settings::default()
    }
}

/// One name for all requests, with the project's URL when it has one (Cargo.toml's `repository`).
fn user_agent() -> String {
    let url = env!("CARGO_PKG_REPOSITORY");
    let version = env!("CARGO_PKG_VERSION");
    if url.is_empty() { format!("image-lint/{version}") } else { format!("image-lint/{version} (+{url})") }
}

pub fn depth(args: &NetworkArgs) -> Depth {
    if args.deep { Depth::Full } else { Depth::Probe }
}

/// `auto` distrusts a pull request from a fork: GitHub's event says so, GitLab's project ids differ.
pub fn trust(arg: TrustArg, env: &BTreeMap<String, String>) -> Trust {
    match arg {
        TrustArg::Trusted => return Trust::Trusted,
        TrustArg::Untrusted => return Trust::Untrusted,
        TrustArg::Auto => {}
    }
    if let (Some(source), Some(own)) = (env.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID"), env.get("CI_PROJECT_ID"))
        && !source.is_empty()
        && source != own
    {
        return Trust::Untrusted;
    }
    let pull_request = env.get("GITHUB_EVENT_NAME").is_some_and(|name| name.starts_with("pull_request"));
    if pull_request && fork_event(env.get("GITHUB_EVENT_PATH").map_or("", String::as_str)) {
        return Trust::Untrusted;
    }
    Trust::Trusted
}

/// Whether GitHub's event file names a head repository that is not the base's. An event that cannot be read is taken for
/// a fork's: the safe side.
fn fork_event(path: &str) -> bool {
    const LIMIT: u64 = 16 * 1024 * 1024;
    let read = || -> Option<serde_json::Value> {
        if std::fs::metadata(path).ok()?.len() > LIMIT {
            return None;
        }
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    };
    let Some(event) = read() else { return true };
    let pull = &event["pull_request"];
    let (head, base) = (&pull["head"]["repo"]["full_name"], &pull["base"]["repo"]["full_name"]);
    head.as_str().is_none() || head != base
}

/// A bar on stderr, or nothing.
pub fn progress(when: When, quiet: bool) -> Box<dyn Progress> {
    let show = match when {
        When::Always => true,
        When::Never => false,
        When::Auto => io::stderr().is_terminal() && !quiet,
    };
    if !show {
        return Box::new(Silent);
    }
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(10));
    if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} images asked, {elapsed}") {
        bar.set_style(style);
    }
    Box::new(Bar(bar))
}

struct Silent;

impl Progress for Silent {
    fn at(&mut self, _: usize, _: usize) {}
}

struct Bar(ProgressBar);

impl Progress for Bar {
    fn at(&mut self, done: usize, known: usize) {
        self.0.set_length(known as u64);
        self.0.set_position(done as u64);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pull_requests_from_forks_are_not_trusted() {
        let folder = tempfile::tempdir().unwrap();
        let event = |name: &str, head: &str| {
            let path = folder.path().join(name);
            let base = r#"{"repo":{"full_name":"a/b"}}"#;
            std::fs::write(&path, format!(r#"{{"pull_request":{{"head":{{"repo":{head}}},"base":{base}}}}}"#)).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let env = |pairs: &[(&str, String)]| pairs.iter().map(|(k, v)| (k.to_string(), v.clone())).collect();
        let github = |path: String| env(&[("GITHUB_EVENT_NAME", "pull_request".into()), ("GITHUB_EVENT_PATH", path)]);
        let rows: Vec<(BTreeMap<String, String>, Trust, &str)> = vec![
            (env(&[]), Trust::Trusted, "by hand"),
            (github(event("own", r#"{"full_name":"a/b"}"#)), Trust::Trusted, "own branch"),
            (github(event("fork", r#"{"full_name":"x/b"}"#)), Trust::Untrusted, "fork"),
            (github(event("gone", "null")), Trust::Untrusted, "the fork was deleted"),
            (github("/nowhere".into()), Trust::Untrusted, "unreadable event"),
            (env(&[("GITHUB_EVENT_NAME", "push".into())]), Trust::Trusted, "push"),
            (
                env(&[("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "7".into()), ("CI_PROJECT_ID", "8".into())]),
                Trust::Untrusted,
                "merge request from another project",
            ),
        ];
        for (env, expected, why) in rows {
            assert_eq!(trust(TrustArg::Auto, &env), expected, "{why}");
        }
        assert_eq!(trust(TrustArg::Trusted, &github("/nowhere".into())), Trust::Trusted);
    }
}
