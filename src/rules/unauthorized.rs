//! `unauthorized`: credentials were found, and the registry refused them.

use super::{guide, Case, Rule, RuleMeta, asked_host, finding, seen, Finding, Proves, RuleId};
use image_lint_model::finding::{Level};
use image_lint_model::resolution::{DenialKind, Resolution};

pub struct Unauthorized;

static META: RuleMeta = RuleMeta {
    id: RuleId::Unauthorized,
    level: Some(Level::Error),
    proves: Proves::Image,
    applies_to_ci: true,
    summary: "the credentials found for the registry were refused",
    why: "\
Credentials were found for this registry, and it refused them: they expired, were revoked, or are of another account. Nodes \
whose pull secret holds the same credentials fail with `unauthorized: authentication required`. The finding names where the \
credentials came from, never what they are.",
    remedy: "Log in again where the credentials came from (`docker login HOST`), or renew the secret, in CI and in the cluster.",
    before: "DOCKER_AUTH_CONFIG holds an expired token\n",
    after: "DOCKER_AUTH_CONFIG holds a valid one, and so does the cluster's pull secret\n",
    needs_network: true,
    fixes: super::Fixes::None,
    guides: &[guide::PRIVATE],
};

impl Rule for Unauthorized {
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
        if denial.kind != DenialKind::CredentialsRefused {
            return;
        }
        let source = resolved
            .evidence
            .credentials
            .as_deref()
            .unwrap_or("an unknown source");
        let mut found = finding(&META, linked).says(
format!(
            "`{}` refused the credentials from {source}, so `{reference}` could not be read",
            asked_host(case, reference)
        ),
"credentials refused",
);
        found.evidence = seen(reference, resolved);
        found.help = vec![
            format!(
                "renew them in {source}: a login with `docker login {host}` or `podman login {host}`, a pull secret or CI's secret \
                 where it is made",
                host = asked_host(case, reference)
            )
            .into(),
            "a public image can be read without: --no-credentials".into(),
        ];
        out.push(found);
    }
}
