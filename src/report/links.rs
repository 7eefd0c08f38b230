//! Where the host of a CI job shows the files of the commit that was linted, and where rules are documented: for the
//! formats that people click in. Comes in: the job's environment. Goes out: addresses of our own making, in which every byte
//! of a path is percent-encoded.

use std::collections::BTreeMap;

use crate::report::{Report, rule_url};
use crate::rules::RuleId;
use image_lint_text::source::{FileId, Place};

/// Both are unknown outside a CI job, and where the linted files are not those of its commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// The address before a path from the top of the repository.
    files: Option<String>,
    /// The address of docs/rules.md.
    rules: Option<String>,
}

impl Links {
    /// As GitHub and GitLab describe the job (GitHub docs, "Default environment variables"; GitLab docs, "Predefined
    /// CI/CD variables"). `is_checkout`: the linted files are those of the job's commit.
    pub fn of_job(env: &BTreeMap<String, String>, is_checkout: bool) -> Self {
        let get = |name: &str| env.get(name).map(String::as_str).filter(|v| !v.is_empty());
        let files = || match (get("GITHUB_ACTIONS"), get("GITLAB_CI")) {
            (Some("true"), _) => Some(format!(
                "{}/{}/blob/{}/",
                get("GITHUB_SERVER_URL")?,
                get("GITHUB_REPOSITORY")?,
                get("GITHUB_SHA")?
            )),
            (_, Some("true")) => Some(format!(
                "{}/-/blob/{}/",
                get("CI_PROJECT_URL")?,
                get("CI_COMMIT_SHA")?
            )),
            _ => None,
        };
        // The action's own repository has the documentation of this very version.
        let rules = || {
            let (repository, reference) = (
                get("IMAGE_LINT_ACTION_REPOSITORY")?,
                get("IMAGE_LINT_ACTION_REF")?,
            );
            let server = get("GITHUB_SERVER_URL")?;
            Some(format!(
                "{server}/{repository}/blob/{reference}/docs/rules.md"
            ))
        };
        Links {
            files: files().filter(|url| is_checkout && is_plain(url)),
            rules: rules().filter(|url| is_plain(url)),
        }
    }

    /// The line of a place.
    pub fn place(&self, report: &Report, place: Place) -> Option<String> {
        let file = self.file(report, place.file)?;
        Some(format!("{file}#L{}", place.start.line))
    }

    /// A file, without a line.
    pub fn file(&self, report: &Report, file: FileId) -> Option<String> {
        let mut url = self.files.clone()?;
        percent(report.prefix.as_bytes(), &mut url);
        percent(report.path(file).as_bytes(), &mut url);
        Some(url)
    }

    /// What a rule means.
    pub fn rule(&self, rule: RuleId) -> Option<String> {
        let of_action = self.rules.as_ref().map(|rules| format!("{rules}#{rule}"));
        of_action.or_else(|| rule_url(rule))
    }
}

/// An address that needs no escape in any format. The environment is the runner's, and a branch may have any name.
fn is_plain(url: &str) -> bool {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let is_safe = |b: u8| b.is_ascii_alphanumeric() || b"-._~/:".contains(&b);
    rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(is_safe))
}

/// RFC 3986: all but unreserved characters and the slash.
pub fn percent(bytes: &[u8], out: &mut String) {
    for b in bytes {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(*b as char)
            }
            _ => out.push_str(&format!("%{b:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use image_lint_text::source::RepoPath;

    const GITHUB: [(&str, &str); 6] = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_REPOSITORY", "acme/shop"),
        ("GITHUB_SHA", "5f0b"),
        ("IMAGE_LINT_ACTION_REPOSITORY", "OWNER/image-lint"),
        ("IMAGE_LINT_ACTION_REF", "v1"),
    ];

    fn links(pairs: &[(&str, &str)], is_checkout: bool) -> Links {
        let pairs = pairs.iter().map(|(k, v)| (k.to_string(), v.to_string()));
        Links::of_job(&pairs.collect(), is_checkout)
    }

    #[test]
    fn a_place_leads_to_its_line_at_the_commit_of_the_job() {
        let mut report = sample::many(1);
        report.prefix = "deploy/".into();
        report.files = vec![RepoPath::from_bytes(b"a (1)#\xff.yaml")];
        let place = report.findings[0].place;
        let gitlab = [
            ("GITLAB_CI", "true"),
            ("CI_PROJECT_URL", "https://git.example.com/acme/shop"),
            ("CI_COMMIT_SHA", "5f0b"),
        ];
        let github = links(&GITHUB, true);
        assert_eq!(
            github.place(&report, place).unwrap(),
            "https://github.com/acme/shop/blob/5f0b/deploy/a%20%281%29%23%FF.yaml#L1"
        );
        assert_eq!(
            links(&gitlab, true).place(&report, place).unwrap(),
            "https://git.example.com/acme/shop/-/blob/5f0b/deploy/a%20%281%29%23%FF.yaml#L1"
        );
        assert_eq!(
            github.rule(RuleId::OciBuild).unwrap(),
            "https://github.com/OWNER/image-lint/blob/v1/docs/rules.md#oci-build"
        );
    }

    #[test]
    fn no_link_leads_astray() {
        let report = sample::many(1);
        let place = report.findings[0].place;
        assert_eq!(links(&[], true), Links::default(), "no CI job");
        let elsewhere = links(&GITHUB, false);
        assert_eq!(
            elsewhere.place(&report, place),
            None,
            "files of something else"
        );
        assert!(elsewhere.rule(RuleId::OciBuild).is_some());
        for (name, value) in [
            ("GITHUB_SERVER_URL", "javascript://x"),
            ("GITHUB_SERVER_URL", "https://x\"onclick="),
            ("GITHUB_REPOSITORY", "a/b)](c"),
            ("GITHUB_SHA", ""),
            ("GITHUB_SHA", "a b"),
        ] {
            let mut pairs = GITHUB.to_vec();
            pairs.retain(|(known, _)| *known != name);
            pairs.push((name, value));
            assert_eq!(
                links(&pairs, true).place(&report, place),
                None,
                "{name}={value}"
            );
        }
    }
}
