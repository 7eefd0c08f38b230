//! `missing-or-private`: the registry does not let us see, and does not say which of the two it is.

use super::remedy::reach::Reach;
use super::remedy::login::{Puller, credentials};
use super::{guide, Case, Finding, Proves, Rule, RuleId, RuleMeta, asked_host, facts, finding, near, seen};
use image_lint_model::fact::Fact;
use image_lint_model::finding::{Level, Untrusted};
use image_lint_model::mention::{LinkedMention, Repository, Role, Text};
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::{Denial, DenialKind, Resolution};

pub struct MissingOrPrivate;

static META: RuleMeta = RuleMeta {
    id: RuleId::MissingOrPrivate,
    level: Some(Level::Error),
    proves: Proves::Image,
    applies_to_ci: true,
    summary: "the registry will not say whether the image is missing or private",
    why: "\
Public registries answer the same for a repository that does not exist and for one that needs credentials, so that names \
cannot be guessed. A node without a pull secret gets the same answer: `repository does not exist or may require 'docker \
login'`.",
    remedy: "\
If the image is private: give the workload a pull secret (`oc create secret docker-registry …`, then `oc secrets link \
default … --for=pull`), and give this check credentials (`docker login`, `DOCKER_AUTH_CONFIG` in CI, or `--authfile`). If \
it is not private: the name is wrong.",
    before: "image: quay.io/example/private-app:1.0\n",
    after: "imagePullSecrets: [{name: quay-pull}]   # and credentials for the check itself\n",
    needs_network: true,
    fixes: super::Fixes::None,
    guides: &[guide::PRIVATE, guide::NOT_THERE],
};

impl Rule for MissingOrPrivate {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let Some((linked, reference, resolved)) = case.asked() else {
            return;
        };
        let Resolution::Denied(denial) = &resolved.resolution else {
            return;
        };
        let says = |message: String, label: &str| finding(&META, linked).says(message, label);
        let mut found = match &denial.kind {
            DenialKind::MissingOrPrivate => {
                let mut found = says(
                    format!(
                        "`{reference}` is missing or private: `{}` does not say which without credentials{}",
                        asked_host(case, reference),
                        refused(case)
                    ),
                    "missing, or needs a pull secret",
                );
                found.help = remedies(case, linked, reference, Reach::of(resolved));
                found
            }
            DenialKind::NoAccess => {
                let source = resolved
                    .evidence
                    .credentials
                    .as_deref()
                    .unwrap_or("the configured credentials");
                let mut found = says(
                    format!(
                        "`{reference}` is missing, or the credentials from {source} may not read it ({})",
                        words(denial)
                    ),
                    "missing, or not allowed",
                );
                found.help = vec![
                    format!(
                        "check that the account of {source} may pull `{}`",
                        reference.repository
                    )
                    .into(),
                ];
                found
                    .help
                    .extend(remedies(case, linked, reference, Reach::of(resolved)));
                found
            }
            DenialKind::Blocked { why } if denial.status == 0 => {
                let mut found = says(
                    format!("`{reference}` was not asked: {why}"),
                    "blocked by the settings of this machine",
                );
                found.help =
                    vec!["lift the block in that file, or take the image from elsewhere".into()];
                found
            }
            DenialKind::Blocked { why } => {
                let mut found = says(
                    format!(
                        "`{}` refuses `{reference}`: {why} ({})",
                        asked_host(case, reference),
                        words(denial)
                    ),
                    "refused by the registry",
                );
                found.help =
                    vec!["the registry's owner has to lift the block, or the image has to come from elsewhere".into()];
                found
            }
            DenialKind::CredentialsRefused => return,
        };
        found.evidence = seen(reference, resolved);
        out.push(found);
    }
}

/// What whoever pulls it is answered, as the end of a sentence.
fn refused(case: &Case<'_>) -> String {
    let words = case.target.refusals().denied;
    match case.mention().map(|linked| linked.role) {
        Some(Role::Ci) if case.is_weak_for_ci() => String::new(),
        Some(Role::BuildBase) => format!("; a builder that is not logged in gets `{words}`"),
        _ => format!("; a node without a pull secret gets `{words}`"),
    }
}

fn words(denial: &Denial) -> String {
    if denial.codes.is_empty() {
        format!("status {}", denial.status)
    } else {
        format!("status {} {}", denial.status, denial.codes.join(", "))
    }
}

/// Both remedies, the likelier one first (facts: registry, section 3, evidence table).
fn remedies(
    case: &Case<'_>,
    linked: &LinkedMention,
    reference: &ImageReference,
    reach: Reach,
) -> Vec<Untrusted> {
    let mut typo: Vec<Untrusted> = Vec::new();
    let mut likely_typo = false;
    if reference.host.as_ref() == "docker.io" {
        if linked.mention.value.written().starts_with("docker.io/")
            && reference.repository.starts_with("library/")
        {
            typo.push(
                "a one-part name on docker.io means `library/…`, the official images: is a namespace missing?".into(),
            );
            likely_typo = true;
        } else if reference.short
            && let Some((first, _)) = reference.repository.split_once('/')
            && first != "library"
        {
            typo.push(
                format!(
                    "no registry is written, so this is docker.io/{}; if `{first}` is a host, write it with its domain",
                    reference.repository
                )
                .into(),
            );
        }
        if reference
            .repository
            .strip_prefix("library/")
            .is_some_and(|name| name == "localhost" || name.contains('.'))
        {
            typo.push(
                format!(
                    "`{}` alone is an image name, not a host: the path behind the host is missing",
                    &reference.repository[8..]
                )
                .into(),
            );
            likely_typo = true;
        }
    }
    if let Some(stage) = super::near_stage::hint(linked, reference, case.repository) {
        typo.insert(0, stage);
        likely_typo = true;
    }
    if let Some(near) = nearest_name(reference, case.repository) {
        typo.push(format!("a similar name in this repository: `{near}`").into());
        likely_typo = true;
    }
    if typo.is_empty() {
        typo.push(
            "if it is not private, the name is wrong or the image was removed: check its spelling"
                .into(),
        );
    }
    let has_secret = linked
        .facts
        .iter()
        .find(|fact| matches!(fact, Fact::PullSecret(_)));
    let mut private: Vec<Untrusted> = match has_secret {
        Some(secret) => vec![
            format!(
                "{}: it is likely private; give this check the same credentials (`docker login {}`, --pull-secret FILE, or DOCKER_AUTH_CONFIG in CI)",
                facts::words(secret).0, reference.host
            )
            .into(),
        ],
        None => {
            let puller = Puller::of(linked);
            let account = linked.no_pull_secret().map(|none| &*none.account);
            let mut lines = credentials(puller, &reference.host, account, case.target, reach).lines();
            lines.push(
                format!(
                    "and this check needs credentials: `docker login {}`, or DOCKER_AUTH_CONFIG in CI",
                    reference.host
                )
                .into(),
            );
            lines
        }
    };
    if likely_typo && has_secret.is_none() {
        typo.append(&mut private);
        typo
    } else {
        private.append(&mut typo);
        private
    }
}

/// A name of the same repository that differs by at most two letters, of which something is known to differ.
fn nearest_name(reference: &ImageReference, repository: &Repository) -> Option<String> {
    let ours = reference.name();
    // Only names of about the same length can be so near; the cap keeps a repository of many names cheap.
    let mut best: Option<(usize, String)> = None;
    for other in repository.mentions.iter().take(20_000) {
        let Text::Known(other) = &other.text else {
            continue;
        };
        if other.repository.len().abs_diff(reference.repository.len()) > 2
            || (other.host == reference.host && other.repository == reference.repository)
        {
            continue;
        }
        let name = other.name();
        if name.len().abs_diff(ours.len()) > 2 {
            continue;
        }
        let Some(distance) = near::within_two(&ours, &name) else {
            continue;
        };
        if best
            .as_ref()
            .is_none_or(|(d, n)| (distance, &name) < (*d, n))
        {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| name)
}
