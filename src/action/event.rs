//! What the CI system says about the change that is being checked: where it comes from and what it is based on.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;

use serde::Deserialize;

use crate::git::Oid;

/// Largest event payload that is read, in bytes; GitHub caps webhook payloads at 25 MB ("Webhook events and payloads").
const MAX_PAYLOAD: u64 = 25 * 1024 * 1024;

/// What is known of the event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// The change comes from outside the project: a pull or merge request from a fork.
    pub foreign: bool,
    /// The commit the change is to be compared with.
    pub base: Option<Oid>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Payload {
    pull_request: Option<PullRequest>,
    before: Option<String>,
    workflow_run: Option<WorkflowRun>,
    repository: Option<Repo>,
}

/// The run that a `workflow_run` event follows: often that of a fork's pull request, whose files this one may have
/// checked out.
#[derive(Deserialize, Default)]
#[serde(default)]
struct WorkflowRun {
    head_repository: Option<Repo>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PullRequest {
    head: Side,
    base: Side,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Side {
    sha: String,
    /// Null when the fork was deleted.
    repo: Option<Repo>,
}

#[derive(Deserialize, Default, PartialEq)]
#[serde(default)]
struct Repo {
    id: u64,
}

impl Event {
    /// Reads the variables of GitHub Actions and GitLab CI. `look` looks up a variable.
    pub fn read(look: impl Fn(&str) -> Option<OsString>) -> Event {
        let text = |name: &str| {
            look(name)
                .and_then(|value| value.into_string().ok())
                .filter(|value| !value.is_empty())
        };
        if let Some(name) = text("GITHUB_EVENT_NAME") {
            let payload = look("GITHUB_EVENT_PATH").and_then(|path| {
                let mut json = Vec::new();
                File::open(path)
                    .ok()?
                    .take(MAX_PAYLOAD)
                    .read_to_end(&mut json)
                    .ok()?;
                Some(json)
            });
            return github(&name, payload.as_deref());
        }
        // "Predefined CI/CD variables": both are set only in merge request pipelines.
        let foreign = match (
            text("CI_MERGE_REQUEST_SOURCE_PROJECT_ID"),
            text("CI_PROJECT_ID"),
        ) {
            (Some(source), project) => Some(source) != project,
            _ => false,
        };
        let foreign = foreign || of_other_systems(&text);
        let base = text("CI_MERGE_REQUEST_DIFF_BASE_SHA").or_else(|| text("CI_COMMIT_BEFORE_SHA"));
        Event {
            foreign,
            base: base.and_then(commit),
        }
    }
}

/// What other CI systems say of a pull request from a fork, as their lists of predefined variables name it: Azure Pipelines,
/// CircleCI (set for forks only), Jenkins (the same), Buildkite, Travis CI, AppVeyor.
fn of_other_systems(text: &impl Fn(&str) -> Option<String>) -> bool {
    const DIFFER: [(&str, &str); 3] = [
        ("BUILDKITE_PULL_REQUEST_REPO", "BUILDKITE_REPO"),
        ("TRAVIS_PULL_REQUEST_SLUG", "TRAVIS_REPO_SLUG"),
        ("APPVEYOR_PULL_REQUEST_HEAD_REPO_NAME", "APPVEYOR_REPO_NAME"),
    ];
    // One repository has addresses of several schemes.
    let tidy = |address: String| {
        let bare = address
            .rsplit_once("://")
            .map_or(&*address, |(_, rest)| rest);
        let bare = bare
            .rsplit_once('@')
            .map_or(bare, |(_, rest)| rest)
            .replace(':', "/");
        bare.trim_end_matches('/')
            .trim_end_matches(".git")
            .to_ascii_lowercase()
    };
    text("SYSTEM_PULLREQUEST_ISFORK").is_some_and(|value| value.eq_ignore_ascii_case("true"))
        || text("CIRCLE_PR_NUMBER").is_some()
        || text("CHANGE_FORK").is_some()
        || DIFFER.iter().any(|(head, base)| {
            text(head).is_some_and(|head| Some(tidy(head)) != text(base).map(tidy))
        })
}

/// Events that only those who may write to the repository, or the clock, can start ("Events that trigger workflows"). Any
/// other (`issue_comment`, `issues`, `check_run`, …) may be a stranger's, and its workflow may have checked out their pull
/// request.
const BY_MEMBERS: [&str; 14] = [
    "branch_protection_rule",
    "create",
    "delete",
    "deployment",
    "label",
    "merge_group",
    "milestone",
    "page_build",
    "push",
    "registry_package",
    "release",
    "repository_dispatch",
    "schedule",
    "workflow_dispatch",
];

/// A pull request whose payload cannot be read counts as foreign: trust needs proof.
fn github(name: &str, payload: Option<&[u8]>) -> Event {
    let payload = payload.and_then(|json| serde_json::from_slice::<Payload>(json).ok());
    if name == "workflow_run" {
        let own = payload.is_some_and(
            |Payload {
                 workflow_run,
                 repository,
                 ..
             }| {
                let head = workflow_run.and_then(|run| run.head_repository);
                head.as_ref().is_some_and(|head| head.id != 0) && head == repository
            },
        );
        return Event {
            foreign: !own,
            base: None,
        };
    }
    if !name.starts_with("pull_request") {
        return Event {
            foreign: !BY_MEMBERS.contains(&name),
            base: payload.and_then(|payload| payload.before).and_then(commit),
        };
    }
    let Some(PullRequest { head, base }) = payload.and_then(|payload| payload.pull_request) else {
        return Event {
            foreign: true,
            base: None,
        };
    };
    let own = head.repo.as_ref().is_some_and(|repo| repo.id != 0) && head.repo == base.repo;
    Event {
        foreign: !own,
        base: commit(base.sha),
    }
}

fn commit(sha: String) -> Option<Oid> {
    Oid::parse(sha.as_bytes()).filter(|oid| !oid.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    #[test]
    fn only_a_request_from_the_same_repository_is_trusted() {
        let same = format!(
            r#"{{"pull_request":{{"head":{{"repo":{{"id":1}}}},"base":{{"sha":"{SHA}","repo":{{"id":1}}}}}}}}"#
        );
        let rows: &[(&str, Option<&str>, bool, bool, &str)] = &[
            ("push", Some(r#"{"before":"SHA"}"#), false, true, "push"),
            (
                "push",
                Some(r#"{"before":"0000000000000000000000000000000000000000"}"#),
                false,
                false,
                "new branch",
            ),
            ("push", None, false, false, "no payload"),
            ("schedule", Some("{}"), false, false, "schedule"),
            ("pull_request", Some(&same), false, true, "own branch"),
            (
                "pull_request",
                Some(
                    r#"{"pull_request":{"head":{"repo":{"id":2}},"base":{"sha":"SHA","repo":{"id":1}}}}"#,
                ),
                true,
                true,
                "fork",
            ),
            (
                "pull_request_target",
                Some(
                    r#"{"pull_request":{"head":{"repo":null},"base":{"sha":"--x","repo":{"id":1}}}}"#,
                ),
                true,
                false,
                "deleted fork; a base that is no commit",
            ),
            (
                "pull_request",
                Some(r#"{"pull_request":{"head":{"repo":{}},"base":{"sha":"SHA","repo":{}}}}"#),
                true,
                true,
                "ids that are not there prove nothing",
            ),
            (
                "workflow_run",
                Some(r#"{"workflow_run":{"head_repository":{"id":2}},"repository":{"id":1}}"#),
                true,
                false,
                "follows the run of a fork",
            ),
            (
                "workflow_run",
                Some(r#"{"workflow_run":{"head_repository":{"id":1}},"repository":{"id":1}}"#),
                false,
                false,
                "follows the run of an own branch",
            ),
            (
                "workflow_run",
                None,
                true,
                false,
                "follows nobody knows what",
            ),
            (
                "issue_comment",
                Some(r#"{"issue":{"pull_request":{}},"repository":{"id":1}}"#),
                true,
                false,
                "a comment at a pull request: its workflow may have checked the fork out",
            ),
            ("issues", Some("{}"), true, false, "anybody opens an issue"),
            (
                "check_run",
                None,
                true,
                false,
                "follows a check of any commit",
            ),
            ("an_event_of_tomorrow", Some("{}"), true, false, "not known"),
            ("schedule", None, false, false, "the clock"),
            ("workflow_dispatch", None, false, false, "a member"),
            ("merge_group", None, false, false, "a member queued it"),
            ("pull_request", Some("not json"), true, false, "unreadable"),
            ("pull_request", None, true, false, "no payload"),
            ("pull_request", Some("{}"), true, false, "empty"),
        ];
        for (name, payload, foreign, base, why) in rows {
            let payload = payload.map(|json| json.replace("SHA", SHA));
            let event = github(name, payload.as_deref().map(str::as_bytes));
            assert_eq!(
                (event.foreign, event.base.is_some()),
                (*foreign, *base),
                "{why}"
            );
        }
    }

    #[test]
    fn other_systems_say_whether_a_change_comes_from_a_fork() {
        let rows: &[(&[(&str, &str)], bool)] = &[
            (&[("SYSTEM_PULLREQUEST_ISFORK", "True")], true),
            (&[("SYSTEM_PULLREQUEST_ISFORK", "False")], false),
            (&[("CIRCLE_PR_NUMBER", "5")], true),
            (&[("CHANGE_ID", "5")], false),
            (&[("CHANGE_ID", "5"), ("CHANGE_FORK", "somebody")], true),
            (
                &[
                    ("BUILDKITE_PULL_REQUEST_REPO", ""),
                    ("BUILDKITE_REPO", "git@github.com:a/b.git"),
                ],
                false,
            ),
            (
                &[
                    ("BUILDKITE_PULL_REQUEST_REPO", "git://github.com/a/b.git"),
                    ("BUILDKITE_REPO", "git@github.com:a/b.git"),
                ],
                false,
            ),
            (
                &[
                    ("BUILDKITE_PULL_REQUEST_REPO", "git://github.com/x/b.git"),
                    ("BUILDKITE_REPO", "git@github.com:a/b.git"),
                ],
                true,
            ),
            (
                &[
                    ("TRAVIS_PULL_REQUEST_SLUG", "x/b"),
                    ("TRAVIS_REPO_SLUG", "a/b"),
                ],
                true,
            ),
            (
                &[
                    ("TRAVIS_PULL_REQUEST_SLUG", "a/b"),
                    ("TRAVIS_REPO_SLUG", "a/b"),
                ],
                false,
            ),
            (
                &[
                    ("APPVEYOR_PULL_REQUEST_HEAD_REPO_NAME", "x/b"),
                    ("APPVEYOR_REPO_NAME", "a/b"),
                ],
                true,
            ),
        ];
        for (environment, foreign) in rows {
            let look = |name: &str| {
                environment
                    .iter()
                    .find(|(n, _)| *n == name)
                    .map(|(_, v)| OsString::from(v))
            };
            assert_eq!(Event::read(look).foreign, *foreign, "{environment:?}");
        }
    }

    #[test]
    fn gitlab_names_both_projects() {
        let rows: &[(&[(&str, &str)], bool)] = &[
            (&[("CI_PROJECT_ID", "1")], false),
            (
                &[
                    ("CI_PROJECT_ID", "1"),
                    ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "1"),
                ],
                false,
            ),
            (
                &[
                    ("CI_PROJECT_ID", "1"),
                    ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "2"),
                ],
                true,
            ),
            (&[("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "2")], true),
            (&[], false),
        ];
        for (environment, foreign) in rows {
            let look = |name: &str| {
                environment
                    .iter()
                    .find(|(n, _)| *n == name)
                    .map(|(_, v)| OsString::from(v))
            };
            assert_eq!(Event::read(look).foreign, *foreign, "{environment:?}");
        }
    }
}
