//! `no-pull-secret`: the image needs credentials, and the workload has none.

use super::remedy::reach::Reach;
use super::remedy::login::{Puller, credentials};
use super::{guide, Case, Finding, Proves, Rule, RuleId, RuleMeta, facts, finding, seen};
use image_lint_model::finding::Level;
use image_lint_model::mention::Role;
use image_lint_model::resolution::Resolution;

pub struct NoPullSecret;

static META: RuleMeta = RuleMeta {
    id: RuleId::NoPullSecret,
    level: Some(Level::Warning),
    proves: Proves::Line,
    applies_to_ci: true,
    summary: "the image can be pulled only with credentials, and the workload names no pull secret",
    why: "\
The registry refused an anonymous request and accepted the credentials of whoever runs this check; the workload names no \
`imagePullSecrets`, and its ServiceAccount, as far as the repository says, has none. The node then pulls anonymously and \
fails. It is a warning because `oc secrets link` has the same effect outside the repository.",
    remedy: "Create the secret and link it to the ServiceAccount, or name it in the pod's `imagePullSecrets`.",
    before: "spec: {containers: [{image: quay.io/example/private:1.0}]}\n",
    after: "spec: {imagePullSecrets: [{name: quay-pull}], containers: [{image: quay.io/example/private:1.0}]}\n",
    needs_network: true,
    fixes: super::Fixes::None,
    guides: &[guide::PRIVATE],
};

impl Rule for NoPullSecret {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let Some((linked, reference, resolved)) = case.asked() else {
            return;
        };
        if linked.role != Role::Run
            || !matches!(resolved.resolution, Resolution::Found(_))
            || !resolved.evidence.anonymous_refused
        {
            return;
        }
        let Some(none) = linked.no_pull_secret() else {
            return;
        };
        let mut found = finding(&META, linked).says(
format!(
            "`{reference}` can be pulled only with credentials, and {}: the node gets `{}`",
            facts::no_pull_secret(none),
            case.target.refusals().denied
        ),
"needs a pull secret",
);
        found.evidence = seen(reference, resolved);
        let account = Some(&*none.account);
        let mut remedy = credentials(
            Puller::Pod,
            &reference.host,
            account,
            case.target,
            Reach::of(resolved),
        );
        remedy.lead = "create the secret and let the ServiceAccount pull with it:".to_owned();
        found.help = remedy.lines();
        out.push(found);
    }
}
