//! `unchecked`: nobody could say. It is no rule and no verdict about the image, has no level, and is reported apart from
//! the findings; comments and the configuration can ignore it by this name.

use super::explain::Page;
use super::guide;
use image_lint_model::finding::Untrusted;
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::{Resolved, Unreachable, UnreachableCause};

/// The name that ignores know it by.
pub const UNCHECKED: &str = "unchecked";

/// What is said of it beside the rules.
pub(super) fn page() -> Page {
    Page {
        id: UNCHECKED,
        level: "warning",
        summary: "the image could not be checked, and why",
        why: "\
The registry could not be reached, limited our requests, or gave an answer that says nothing about the image. That is never \
taken for `missing`. Whether it fails the run is the policy of `--on-unchecked`: exit code 3 for `fail`. An image that cannot \
be seen without credentials in a pull request from a fork, which gets none, is unchecked too (`no-credentials`); since the \
author can do nothing about it, it fails the run only when `--on-unchecked fail` is given.",
        remedy: "See the reason: wait and run again, log in (limits are higher), allow the host, or run with `--offline`.",
        before: "image: registry.example.com/team/app:1.0   # the registry is down\n",
        after: "image-lint --on-unchecked warn .\n",
        needs_network: true,
        fixes: super::Fixes::None,
        ci: "",
        levels: Vec::new(),
        guides: &[guide::EXIT, guide::HOSTS],
    }
}

/// Why, in a sentence.
pub fn message_for(reference: &ImageReference, unreachable: &Unreachable) -> Untrusted {
    let host = &reference.host;
    let detail = unreachable.detail.trim();
    let with = |text: String| {
        if detail.is_empty() {
            text
        } else {
            format!("{text}: {detail}")
        }
    };
    Untrusted::new(match unreachable.cause {
        UnreachableCause::Dns => with(format!("the name `{host}` could not be looked up")),
        UnreachableCause::Connect => with(format!("no connection to `{host}`")),
        UnreachableCause::Tls => with(format!("no secure connection to `{host}`")),
        UnreachableCause::Timeout => with(format!("`{host}` did not answer in time")),
        UnreachableCause::RateLimited {
            retry_after: Some(wait),
        } => {
            format!(
                "`{host}` limits requests and asks to wait {} s",
                wait.as_secs().max(1)
            )
        }
        UnreachableCause::RateLimited { retry_after: None } => {
            with(format!("`{host}` limits requests"))
        }
        UnreachableCause::Server { status } => {
            with(format!("`{host}` answered with status {status}"))
        }
        UnreachableCause::Protocol => with(format!("`{host}` did not answer as a registry does")),
        UnreachableCause::Token => with(format!("the token service of `{host}` failed")),
        UnreachableCause::Forbidden => with(format!("connecting to `{host}` is not allowed")),
        UnreachableCause::Offline => "not asked: --offline".to_owned(),
        UnreachableCause::Deadline => "not asked: the deadline passed".to_owned(),
        UnreachableCause::HostGivenUp => {
            with(format!("`{host}` failed too often and was not asked again"))
        }
        UnreachableCause::Interrupted => "not asked: interrupted".to_owned(),
        UnreachableCause::Limit => with("not asked: a limit of the run was reached".to_owned()),
        UnreachableCause::Withheld => format!(
            "missing or private: `{host}` tells only with credentials, and none are used for an untrusted tree such as a \
             fork's pull request"
        ),
    })
}

/// All that a registry of one's own may need, so that the first message is enough: without TLS or with a certificate of its
/// own, at an address of this network. What is known of it leaves one of the two.
fn own_registry(host: &str, tls: Option<bool>) -> Vec<Untrusted> {
    let flags = [
        format!(
            "if it is yours and has no TLS: --plain-http {host} (which allows its address, too)"
        ),
        format!(
            "if it is yours, with TLS: --ca FILE for an authority of your own, and --allow-host {host} for its address"
        ),
    ];
    let lines = [
        format!("hosts: {{\"{host}\": {{plain-http: true}}}}"),
        format!("hosts: {{\"{host}\": {{allow: true, ca: FILE}}}}"),
    ];
    let fit = |all: [String; 2], between: &str| match (tls, all) {
        (Some(false), [plain, _]) => plain,
        (Some(true), [_, with_tls]) => with_tls,
        (None, all) => all.join(between),
    };
    let flags = fit(flags, "; ");
    let lines = fit(lines, " or, with TLS, ");
    vec![
        flags.into(),
        format!("for good, in ~/.config/image-lint/config.yaml (several hosts below one `hosts:`): {lines}").into(),
    ]
}

/// What to do about it.
pub fn help_for(
    reference: &ImageReference,
    resolved: &Resolved,
    unreachable: &Unreachable,
) -> Vec<Untrusted> {
    let host = &reference.host;
    let anonymous = resolved.evidence.credentials.is_none();
    match unreachable.cause {
        UnreachableCause::Dns | UnreachableCause::Connect => vec![
            "check the host's spelling and this machine's network or proxy (HTTPS_PROXY); --offline asks nothing".into(),
        ],
        // A certificate that is refused is one: the server speaks TLS.
        UnreachableCause::Tls => own_registry(host, Some(unreachable.detail.contains("certificate"))),
        UnreachableCause::RateLimited { .. } if anonymous => {
            vec![format!("limits are higher for accounts: `docker login {host}`").into()]
        }
        UnreachableCause::RateLimited { .. } => vec!["run again later; answers so far are kept in the cache".into()],
        UnreachableCause::Timeout | UnreachableCause::Deadline => vec!["--timeout and --deadline take seconds".into()],
        UnreachableCause::Forbidden => own_registry(host, None),
        UnreachableCause::Withheld => vec![
            "the run on the repository's own branch checks it; --on-unchecked fail makes this one fail".into(),
            "--trust trusted, or --authfile and --pull-secret for credentials that strangers may use, ask with them".into(),
        ],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image_lint_model::resolution::{Evidence, Resolution};

    #[test]
    fn a_registry_of_ones_own_gets_the_line_that_solves_it() {
        let rows = [
            (
                UnreachableCause::Tls,
                "its certificate is signed by an authority that is not trusted here (--ca FILE adds one)",
                Some("hosts: {\"r.lab:5000\": {allow: true, ca: FILE}}"),
                None,
            ),
            (
                UnreachableCause::Tls,
                "received corrupt message of type InvalidContentType",
                Some("hosts: {\"r.lab:5000\": {plain-http: true}}"),
                Some("ca: FILE"),
            ),
            (
                UnreachableCause::Forbidden,
                "r.lab is a private address",
                Some("ca: FILE"),
                None,
            ),
        ];
        let reference = ImageReference::parse("r.lab:5000/a/b:1").unwrap();
        for (cause, detail, there, absent) in rows {
            let unreachable = Unreachable {
                cause,
                detail: detail.to_owned(),
            };
            let resolution = Resolution::Unknown(unreachable.clone());
            let resolved = Resolved::new(resolution, Evidence::default());
            let help = help_for(&reference, &resolved, &unreachable);
            let text: Vec<&str> = help.iter().map(Untrusted::raw).collect();
            let text = text.join("\n");
            assert!(there.is_none_or(|words| text.contains(words)), "{text}");
            assert!(absent.is_none_or(|words| !text.contains(words)), "{text}");
            let plain = detail.contains("certificate") == text.contains("--plain-http");
            assert!(!plain, "{text}");
        }
    }
}
