//! What the CI system says about the change that is being checked: where it comes from and what it is based on.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;

use serde::Deserialize;

use crate::hook::git::Oid;

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
        let text = |name: &str| look(name).and_then(|value| value.into_string().ok()).filter(|value| !value.is_empty());
        if let Some(name) = text("GITHUB_EVENT_NAME") {
            let payload = look("GITHUB_EVENT_PATH").and_then(|path| {
                let mut json = Vec::new();
                File::open(path).ok()?.take(MAX_PAYLOAD).read_to_end(&mut json).ok()?;
                Some(json)
            });
            return github(&name, payload.as_deref());
        }
        // "Predefined CI/CD variables": both are set only in merge request pipelines.
        let foreign = match (text("CI_MERGE_REQUEST_SOURCE_PROJECT_ID"), text("CI_PROJECT_ID")) {
            (Some(source), project) => Some(source) != project,
            _ => false,
        };
        let base = text("CI_MERGE_REQUEST_DIFF_BASE_SHA").or_else(|| text("CI_COMMIT_BEFORE_SHA"));
        Event { foreign, base: base.and_then(commit) }
    }
}

/// A pull request whose payload cannot be read counts as foreign: trust needs proof.
fn github(name: &str, payload: Option<&[u8]>) -> Event {
    let payload = payload.and_then(|json| serde_json::from_slice::<Payload>(json).ok());
    if !name.starts_with("pull_request") {
        return Event { foreign: false, base: payload.and_then(|payload| payload.before).and_then(commit) };
    }
    let Some(PullRequest { head, base }) = payload.and_then(|payload| payload.pull_request) else {
        return Event { foreign: true, base: None };
    };
    let own = head.repo.as_ref().is_some_and(|repo| repo.id != 0) && head.repo == base.repo;
    Event { foreign: !own, base: commit(base.sha) }
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
            ("push", Some(r#"{"before":"0000000000000000000000000000000000000000"}"#), false, false, "new branch"),
            ("push", None, false, false, "no payload"),
            ("schedule", Some("{}"), false, false, "schedule"),
            ("pull_request", Some(&same), false, true, "own branch"),
            (
                "pull_request",
                Some(r#"{"pull_request":{"head":{"repo":{"id":2}},"base":{"sha":"SHA","repo":{"id":1}}}}"#),
                true,
                true,
                "fork",
            ),
            (
                "pull_request_target",
                Some(r#"{"pull_request":{"head":{"repo":null},"base":{"sha":"--x","repo":{"id":1}}}}"#),
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
            ("pull_request", Some("not json"), true, false, "unreadable"),
            ("pull_request", None, true, false, "no payload"),
            ("pull_request", Some("{}"), true, false, "empty"),
        ];
        for (name, payload, foreign, base, why) in rows {
            let payload = payload.map(|json| json.replace("SHA", SHA));
            let event = github(name, payload.as_deref().map(str::as_bytes));
            assert_eq!((event.foreign, event.base.is_some()), (*foreign, *base), "{why}");
        }
    }

    #[test]
    fn gitlab_names_both_projects() {
        let rows: &[(&[(&str, &str)], bool)] = &[
            (&[("CI_PROJECT_ID", "1")], false),
            (&[("CI_PROJECT_ID", "1"), ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "1")], false),
            (&[("CI_PROJECT_ID", "1"), ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "2")], true),
            (&[("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "2")], true),
            (&[], false),
        ];
        for (environment, foreign) in rows {
            let look = |name: &str| environment.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v));
            assert_eq!(Event::read(look).foreign, *foreign, "{environment:?}");
        }
    }
}
