//! The site of docs/: it builds without a warning, its links lead somewhere, its search finds what users ask, and a browser
//! shows it at the width of a phone and of a desk, in light and dark.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::page::shows;
use crate::tools::{project, tool};

/// The built site, made once, by what scripts/install-hook-tools.sh installed. `scripts/build-site.sh` is strict: a page
/// outside the navigation, an entry without a page, a link or an anchor of the Markdown that leads nowhere ends it.
fn site() -> &'static Path {
    static SITE: OnceLock<PathBuf> = OnceLock::new();
    SITE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("site");
        let built = Command::new(project().join("scripts/build-site.sh"))
            .arg(&folder)
            .output()
            .unwrap();
        assert!(
            built.status.success(),
            "{}",
            String::from_utf8_lossy(&built.stderr)
        );
        folder
    })
}

/// What `tests/reports/page/site.mjs` says of the site.
fn look(scenario: &str, arguments: &[&str]) {
    let site = site();
    let mut node = Command::new("node");
    node.arg(project().join("tests/reports/page/site.mjs"))
        .arg(site)
        .arg(scenario)
        .args(arguments)
        .env("PAGE_TOOLS", tool("page"));
    shows(&mut node, scenario);
}

/// Built pages, by their path from the top of the site.
fn pages() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![site().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "html") {
                found.push(path.strip_prefix(site()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn text(page: &Path) -> String {
    std::fs::read_to_string(site().join(page)).unwrap()
}

/// The values of an attribute.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    html.split(&format!(" {attribute}=\""))
        .skip(1)
        .filter_map(|rest| rest.split_once('"'))
        .map(|(value, _)| value)
        .collect()
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut found = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                assert!(found.pop(), "{} leaves the site", path.display());
            }
            std::path::Component::Normal(name) => found.push(name),
            _ => {}
        }
    }
    found
}

#[test]
fn every_markdown_page_is_on_the_site_and_nothing_else() {
    let name = |page: &Path| page.to_str().unwrap().to_owned();
    let built: BTreeSet<String> = pages().iter().map(|page| name(page)).collect();
    let mut expected = BTreeSet::from(["404.html".to_owned()]);
    for folder in ["", "guides/"] {
        for entry in std::fs::read_dir(project().join("docs").join(folder)).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            match file.strip_suffix(".md") {
                Some("README") => expected.insert(format!("{folder}index.html")),
                Some(page) => expected.insert(format!("{folder}{page}/index.html")),
                None => continue,
            };
        }
    }
    assert_eq!(built, expected);
    // A fence that the generator did not understand stays in the text.
    for page in pages() {
        let html = text(&page);
        let prose = html
            .split("<pre")
            .map(|part| part.split_once("</pre>").map_or(part, |(_, after)| after));
        for part in prose {
            assert!(!part.contains("```"), "{}: {part}", page.display());
        }
    }
}

#[test]
fn every_link_and_anchor_of_the_site_leads_somewhere() {
    let mut followed = 0;
    // The page for unknown addresses has them from the top of the host.
    for page in pages()
        .iter()
        .filter(|page| page.parent() != Some(Path::new("")) || page.ends_with("index.html"))
    {
        let html = text(page);
        let mut links = values(&html, "href");
        links.extend(values(&html, "src"));
        for link in links {
            if link.starts_with("https://") || link.starts_with("data:") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let mut target = plain(&page.parent().unwrap().join(path));
            if path.is_empty() {
                target = page.clone();
            } else if site().join(&target).is_dir() {
                target.push("index.html");
            }
            assert!(site().join(&target).is_file(), "{}: {link}", page.display());
            if !anchor.is_empty() {
                let there = text(&target).contains(&format!("id=\"{anchor}\""));
                assert!(there, "{}: no place {link}", page.display());
            }
            followed += 1;
        }
    }
    assert!(followed > 1000, "{followed} links");
}

#[test]
fn every_rule_has_its_place_on_the_page_of_rules() {
    let html = text(Path::new("rules/index.html"));
    for rule in image_lint::config::known_rules() {
        assert!(html.contains(&format!("<h2 id=\"{rule}\"")), "{rule}");
    }
}

#[test]
fn the_site_fits_a_phone_and_a_desk_and_asks_nobody_else() {
    look("fits", &[]);
}

#[test]
fn axe_finds_nothing_on_the_site_in_light_and_dark() {
    // Of each kind one: tables that are wide, code in several languages, long pages.
    let pages = [
        "home",
        "rules/",
        "hooks/",
        "what-pulls-what/",
        "editors/",
        "trust/",
    ];
    look("accessible", &pages);
}

#[test]
fn the_search_answers_what_users_ask() {
    // (what somebody types, the page that has to be among the first three)
    let questions = [
        ("missing signature key", "guides/missing-signature-key/"),
        (
            "repository does not exist",
            "guides/repository-does-not-exist/",
        ),
        ("ImagePullBackOff unauthorized", "guides/imagepullbackoff/"),
        ("exec format error", "guides/imagepullbackoff/"),
        ("ignore a finding", "configuration/"),
        ("exit code 3", "exit-codes/"),
        (
            "mirror internal registry",
            "guides/mirror-into-the-internal-registry/",
        ),
        ("plain http registry", "configuration/"),
        (
            "helm chart pull request",
            "guides/helm-chart-in-a-pull-request/",
        ),
        ("pull request from a fork credentials", "trust/"),
        ("skip the hook once", "hooks/"),
        ("short name openshift 4", "guides/openshift-3.11-to-4/"),
        ("manifest unknown", "guides/repository-does-not-exist/"),
        ("pull secret service account", "guides/imagepullbackoff/"),
        (
            "no matching manifest for linux/amd64",
            "guides/imagepullbackoff/",
        ),
        ("buildah docker format", "guides/missing-signature-key/"),
        ("gitlab code quality", "guides/ci-gitlab/"),
        ("baseline", "guides/old-findings/"),
        ("existing findings", "guides/old-findings/"),
        ("legacy repository", "guides/old-findings/"),
        ("pull_request_target", "guides/ci-github/"),
        ("self-signed certificate", "configuration/"),
        ("docker-registry.default.svc", "guides/openshift-3.11-to-4/"),
        ("sarif code scanning", "guides/ci-github/"),
        ("zstd layers", "what-pulls-what/"),
    ];
    let rows: Vec<String> = questions
        .iter()
        .map(|(question, page)| format!("{question}={page}"))
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    look("finds", &rows);
}

#[test]
fn a_reader_of_the_search_has_the_answer_on_the_screen() {
    // (what somebody types, words of the answer that the window shows after one of the first three offers is opened)
    let questions = [
        (
            "already pushed missing signature key cannot rebuild",
            "skopeo copy --format v2s2 docker://quay.io/team/app:1.4 docker://quay.io/team/app:1.4",
        ),
        ("old findings fail only new ones", "--write-baseline"),
        ("plain http for the whole team", "IMAGE_LINT_CONFIG"),
        ("fork pull_request_target", "gives the job secrets"),
        ("only what a pull request changes", "fetch-depth: 0"),
        ("which client openshift 4.14", "CRI-O 1.(N+13)"),
        ("docker-registry.default.svc:5000", "inside the cluster"),
        ("--on-unchecked warn", "lets such a run pass"),
        ("pull secret service account", "oc secrets link"),
        ("exit code 3", "some images could not be checked"),
        ("xargs", "Not promised"),
        ("skip hook once", "IMAGE_LINT_SKIP=1"),
        ("tag 1.10 values.yaml", "Quote the tag"),
        ("exec format error", "--platform linux/amd64"),
        ("code scanning", "sarif-file"),
        ("self-signed certificate", "ca: /etc/pki/lab-ca.pem"),
        (
            "ignore one line with a reason",
            "image-lint: ignore[RULE] reason",
        ),
        ("telemetry", "no telemetry"),
        ("mongo:latest openshift 4", "full name"),
        ("jenkins report", "junit 'image-lint.xml'"),
        (
            "mirror docker hub internal registry",
            "image-lint mirror --to",
        ),
    ];
    let rows: Vec<String> = questions
        .iter()
        .map(|(question, answer)| format!("{question}={answer}"))
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    look("answers", &rows);
}
