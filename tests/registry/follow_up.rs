//! What is asked once the answers are there, through the whole program: which requests, for whom, and what the report
//! says of it.

use std::process::Command;

use crate::support::artifact;
use crate::support::registry::{Kind, Registry};

/// Lints one file in an empty folder; the report's JSON.
fn lint(registry: &Registry, yaml: &str, flags: &[&str], auth: Option<&str>) -> serde_json::Value {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("pod.yaml"),
        yaml.replace("HOST", &registry.host()),
    )
    .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_image-lint"));
    command
        .env_clear()
        .env("HOME", folder.path())
        .current_dir(folder.path());
    command
        .args([
            "--format",
            "json",
            "--no-cache",
            "--plain-http",
            &registry.host(),
        ])
        .args(flags)
        .arg(".");
    if let Some(auth) = auth {
        command.env("DOCKER_AUTH_CONFIG", auth);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text)
        .unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
}

fn login(registry: &Registry) -> String {
    format!(
        r#"{{"auths":{{"{}":{{"username":"me","password":"canary"}}}}}}"#,
        registry.host()
    )
}

fn pods(images: &[String]) -> String {
    let pod = |image: &String| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{{name: a, image: \"{image}\"}}]}}\n"
        )
    };
    images.iter().map(pod).collect::<Vec<_>>().join("---\n")
}

/// Findings of a rule as `message | help | help`.
fn found(report: &serde_json::Value, rule: &str) -> Vec<String> {
    let all = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["rule"] == rule);
    all.map(|finding| format!("{} | {}", finding["message"], finding["help"]))
        .collect()
}

#[test]
fn a_tag_beside_a_digest_costs_one_head_more_and_only_there() {
    let registry = Registry::start();
    let old = registry.push_schema2("team/app", "1.0");
    let new = registry.push_schema2("team/app", "1.1");
    registry.push_schema2("team/plain", "1.0");
    assert_ne!(old, new);
    let images: Vec<String> = [
        "HOST/team/plain:1.0".to_owned(),
        format!("HOST/team/app:1.0@{old}"),
        format!("HOST/team/app:1.1@{old}"),
        format!("HOST/team/app@{old}"),
        format!("HOST/team/app:gone@{old}"),
    ]
    .into();
    let report = lint(&registry, &pods(&images), &[], None);
    let moved = found(&report, "moved-tag");
    assert_eq!(moved.len(), 1, "{moved:?} {:#?}", registry.lines());
    assert!(
        moved[0].contains("`1.1`") && moved[0].contains(&new),
        "{moved:?}"
    );
    assert_eq!(
        registry.count("HEAD", &format!("/v2/team/app/manifests/{old}")),
        1,
        "{:#?}",
        registry.lines()
    );
    for (path, heads) in [
        ("team/app/manifests/1.0", 1),
        ("team/app/manifests/1.1", 1),
        ("team/plain", 1),
    ] {
        assert_eq!(
            registry.count("HEAD", &format!("/v2/{path}")),
            heads,
            "{path}: {:#?}",
            registry.lines()
        );
    }
    assert_eq!(registry.count("GET", "/v2/"), 0, "{:#?}", registry.lines());
}

#[test]
fn a_tag_that_is_an_image_itself_is_not_asked_twice() {
    let registry = Registry::start();
    let old = registry.push_schema2("team/app", "0.9");
    registry.push_schema2("team/app", "1.0");
    let images = [
        format!("HOST/team/app:1.0@{old}"),
        "HOST/team/app:1.0".to_owned(),
    ];
    let report = lint(&registry, &pods(&images), &[], None);
    assert_eq!(found(&report, "moved-tag").len(), 1, "{report}");
    assert_eq!(registry.count("HEAD", "/v2/"), 2, "{:#?}", registry.lines());
}

#[test]
fn a_private_image_without_a_pull_secret_is_asked_once_more_without_credentials() {
    for tokens in [true, false] {
        let registry = Registry::start();
        for tag in ["1.0", "1.1", "1.2"] {
            registry.push_schema2("team/secret", tag);
            registry.push_schema2("team/open", tag);
        }
        registry
            .user("me", "canary")
            .private("team/secret", &["me"]);
        if tokens {
            registry.with_tokens()
        } else {
            registry.with_basic()
        };
        let images: Vec<String> = ["secret", "open"]
            .iter()
            .flat_map(|name| ["1.0", "1.1", "1.2"].map(|tag| format!("HOST/team/{name}:{tag}")))
            .collect();
        let report = lint(&registry, &pods(&images), &[], Some(&login(&registry)));
        let without = found(&report, "no-pull-secret");
        let secrets = without
            .iter()
            .filter(|text| text.contains("team/secret:"))
            .count();
        // Basic credentials are wanted for everything, so that nothing is open there.
        assert_eq!(
            (secrets, without.len()),
            (3, if tokens { 3 } else { 6 }),
            "{tokens}: {without:?}"
        );
        // Six references, one challenge; then a stranger's question for each of two repositories, and once more with a new
        // token where it is refused.
        let heads = registry.count("HEAD", "/v2/");
        assert!(
            heads <= 6 + 1 + 3,
            "{tokens}: {heads} {:#?}",
            registry.lines()
        );
        assert_eq!(registry.count("GET", "/v2/"), 0, "{:#?}", registry.lines());
        assert!(
            registry.count_kind(Kind::Token) <= 5,
            "{:#?}",
            registry.lines()
        );
        assert!(!report.to_string().contains("canary"));
    }
}

#[test]
fn a_host_that_refuses_all_without_a_password_is_asked_about_a_few() {
    let registry = Registry::start();
    registry.with_basic().user("me", "canary");
    let images: Vec<String> = (0..30)
        .map(|number| {
            registry.push_schema2(&format!("team/r{number}"), "1.0");
            format!("HOST/team/r{number}:1.0")
        })
        .collect();
    let report = lint(&registry, &pods(&images), &[], Some(&login(&registry)));
    assert_eq!(found(&report, "no-pull-secret").len(), 30, "{report}");
    // One learns the challenge; three at a time are asked about, and three of them are enough.
    let heads = registry.count("HEAD", "/v2/");
    assert!(heads <= 30 + 1 + 5, "{heads} {:#?}", registry.lines());
}

#[test]
fn without_credentials_nothing_is_asked_once_more() {
    let registry = Registry::start();
    registry.with_tokens();
    registry.push_schema2("team/open", "1.0");
    let report = lint(
        &registry,
        &pods(&["HOST/team/open:1.0".to_owned()]),
        &[],
        None,
    );
    assert!(found(&report, "no-pull-secret").is_empty());
    assert_eq!(
        (
            registry.count("HEAD", "/v2/"),
            registry.count_kind(Kind::Token)
        ),
        (2, 1),
        "{:#?}",
        registry.lines()
    );
}

#[test]
fn an_older_tag_in_docker_format_is_offered_for_five_heads_at_most() {
    let registry = Registry::start();
    for patch in 0..40 {
        let tag = format!("7.2.{patch}");
        if patch <= 22 {
            registry.push_docker_list("redis", &tag)
        } else {
            registry.push_oci_index("redis", &tag)
        };
    }
    registry.push_schema2("fine", "1.0");
    let images = ["HOST/redis:7.2.39", "HOST/redis:7.2.35", "HOST/fine:1.0"].map(str::to_owned);
    let report = lint(&registry, &pods(&images), &[], None);
    let bad = found(&report, "unsupported-format");
    assert_eq!(bad.len(), 2);
    // 7.2.35 comes first and finds the edge; 7.2.39 may use what is known by then.
    assert!(
        bad[1].contains(
            "tag `7.2.22` of the same repository is stored as a docker manifest list, which openshift-3.11 can pull"
        ),
        "{bad:?}"
    );
    assert_eq!(
        registry.count("HEAD", "/v2/redis/"),
        2 + 5,
        "{:#?}",
        registry.lines()
    );
    assert_eq!(
        registry.count("GET", "/v2/redis/manifests/"),
        // What is about to be called bad is read once, with its image for the nodes.
        2 + 2,
        "{:#?}",
        registry.lines()
    );
    assert_eq!(registry.count_kind(Kind::Tags), 1);
    assert_eq!(
        registry.count("HEAD", "/v2/fine/"),
        1,
        "{:#?}",
        registry.lines()
    );

    registry.clear_log();
    let report = lint(&registry, &pods(&images), &["--no-alternatives"], None);
    assert!(!report.to_string().contains("of the same repository"));
    assert_eq!(
        (
            registry.count("HEAD", "/v2/"),
            registry.count_kind(Kind::Tags)
        ),
        (3, 0),
        "{:#?}",
        registry.lines()
    );

    registry.clear_log();
    let report = lint(&registry, &pods(&images), &["--target", "kubernetes"], None);
    assert!(found(&report, "unsupported-format").is_empty());
    assert_eq!(
        (
            registry.count("HEAD", "/v2/"),
            registry.count_kind(Kind::Tags)
        ),
        (3, 0),
        "{:#?}",
        registry.lines()
    );
}

#[test]
fn explain_auth_names_each_source_and_never_a_value() {
    let registry = Registry::start();
    registry.with_tokens().user("me", "canary");
    registry.push_schema2("team/app", "1.0");
    let images = ["HOST/team/app:1.0".to_owned()];
    let notes = |flags: &[&str]| {
        let report = lint(&registry, &pods(&images), flags, Some(&login(&registry)));
        assert!(!report.to_string().contains("canary"));
        report["notes"].to_string()
    };
    let with = notes(&["--explain-auth"]);
    assert!(
        with.contains(&format!(
            "credentials for {}: DOCKER_AUTH_CONFIG: used",
            registry.host()
        )),
        "{with}"
    );
    assert!(!notes(&[]).contains("credentials for"));
    let none = notes(&["--explain-auth", "--no-credentials"]);
    assert!(none.contains("is asked anonymously"), "{none}");
}

#[test]
fn a_host_without_credentials_by_configuration_is_asked_anonymously() {
    let registry = Registry::start();
    registry.with_tokens().user("me", "canary");
    registry.push_schema2("team/app", "1.0");
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("image-lint")).unwrap();
    let config = format!(
        "hosts:\n  \"{}\":\n    credentials: none\n",
        registry.host()
    );
    std::fs::write(folder.path().join("image-lint/config.yaml"), config).unwrap();
    std::fs::write(
        folder.path().join("pod.yaml"),
        pods(&[registry.name("team/app:1.0")]),
    )
    .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_image-lint"))
        .env_clear()
        .env("XDG_CONFIG_HOME", folder.path())
        .env("DOCKER_AUTH_CONFIG", login(&registry))
        .args([
            "--format",
            "json",
            "--explain-auth",
            "--plain-http",
            &registry.host(),
        ])
        .arg(folder.path().join("pod.yaml"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("the user's configuration: no credentials"),
        "{text}{output:?}"
    );
    assert!(
        registry
            .log()
            .iter()
            .all(|seen| !seen.authorization().is_some_and(|a| a.starts_with("Basic")))
    );
}

#[test]
fn docker_hubs_quota_is_told() {
    let registry = Registry::start();
    registry.push_schema2("team/app", "1.0");
    registry.manners(|manners| {
        manners
            .headers
            .push(("ratelimit-remaining".into(), "7;w=21600".into()))
    });
    let report = lint(
        &registry,
        &pods(&["HOST/team/app:1.0".to_owned()]),
        &[],
        None,
    );
    assert!(
        report["notes"].to_string().contains("7 pulls left"),
        "{}",
        report["notes"]
    );
}

/// The human report on stdout, and what stands on stderr.
fn human(registry: &Registry, image: &str, flags: &[&str], auth: Option<&str>) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("pod.yaml"),
        pods(&[image.to_owned()]).replace("HOST", &registry.host()),
    )
    .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_image-lint"));
    command
        .env_clear()
        .env("HOME", folder.path())
        .current_dir(folder.path())
        .args(["--no-cache", "--plain-http", &registry.host()])
        .args(flags)
        .arg(".");
    if let Some(auth) = auth {
        command.env("DOCKER_AUTH_CONFIG", auth);
    }
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn explain_auth_is_printed_without_v_and_tells_what_became_of_credentials() {
    let registry = Registry::start();
    registry.with_tokens().user("me", "right");
    registry.push_schema2("team/app", "1.0");
    let image = "HOST/team/app:1.0";
    for quiet in [&["--explain-auth"][..], &["--explain-auth", "-q"]] {
        // The password is "canary", which is wrong.
        let (report, _) = human(&registry, image, quiet, Some(&login(&registry)));
        assert!(
            report.contains("DOCKER_AUTH_CONFIG: refused with status 401")
                && report.contains("is asked anonymously"),
            "{quiet:?}: {report}"
        );
        assert!(!report.contains("canary"));
    }
    let (report, _) = human(&registry, image, &[], Some(&login(&registry)));
    assert!(!report.contains("asked anonymously"), "{report}");
}

#[test]
fn twice_verbose_shows_each_request_and_once_a_line_for_each_host() {
    let registry = Registry::start();
    registry.with_tokens();
    registry.push_schema2("team/app", "1.0");
    let (report, requests) = human(&registry, "HOST/team/app:1.0", &["-vv"], None);
    let host = registry.host();
    for line in [
        format!("HEAD {host} /v2/team/app/manifests/1.0 401, "),
        format!("GET {} /token 200, ", registry.token_host()),
        format!("HEAD {host} /v2/team/app/manifests/1.0 200, "),
    ] {
        assert!(requests.contains(&line), "{line}: {requests}");
    }
    assert!(requests.contains("content-type"), "{requests}");
    assert!(
        report.contains(&format!(
            "{host}: 3 requests (manifest HEAD 2, token GET 1)"
        )),
        "{report}"
    );
    assert!(
        !format!("{report}{requests}").contains("token-"),
        "no token in it"
    );
    let (report, requests) = human(&registry, "HOST/team/app:1.0", &["-v"], None);
    assert!(
        report.contains("manifest HEAD 2") && !requests.contains("HEAD"),
        "{report} {requests}"
    );
    let (report, _) = human(&registry, "HOST/team/app:1.0", &[], None);
    assert!(!report.contains("manifest HEAD"), "{report}");
}

#[test]
fn who_reads_the_answer_learns_the_name_that_was_asked() {
    let registry = Registry::start();
    registry.push_schema2("mirror/app", "1.0");
    let folder = tempfile::tempdir().unwrap();
    let conf = folder.path().join("registries.conf");
    std::fs::write(
        &conf,
        format!(
            "[[registry]]\nprefix = 'quay.io/team'\nlocation = '{}/mirror'\n",
            registry.host()
        ),
    )
    .unwrap();
    std::fs::write(
        folder.path().join("pod.yaml"),
        pods(&["quay.io/team/app:2.0".to_owned()]),
    )
    .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_image-lint"))
        .env_clear()
        .env("HOME", folder.path())
        .env("CONTAINERS_REGISTRIES_CONF", &conf)
        .args([
            "--no-cache",
            "--format",
            "json",
            "--plain-http",
            &registry.host(),
        ])
        .arg(folder.path().join("pod.yaml"))
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let found = found(&report, "tag-not-found");
    assert!(
        found.len() == 1
            && found[0].contains("quay.io/team/app")
            && found[0].contains(&format!(
                "the repository `{}/mirror/app` has no tag",
                registry.host()
            ))
            && found[0].contains("in place of `quay.io/team/app`"),
        "{found:?} {report}"
    );
}

/// Lints a folder whose answers are kept, at a registry over plain HTTP; the report's JSON.
fn lint_kept(folder: &std::path::Path, registry: &Registry, flags: &[&str]) -> serde_json::Value {
    let output = Command::new(env!("CARGO_BIN_EXE_image-lint"))
        .env_clear()
        .env("HOME", folder)
        .current_dir(folder.join("tree"))
        .args(["--format", "json", "--plain-http", &registry.host()])
        .args(flags)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn an_image_that_was_repaired_under_its_tag_is_asked_again_and_kept_anew() {
    let of = |platform: &str, seed: &str| artifact::image(artifact::Family::Docker, platform, seed);
    let list = |platforms: &[&str], seed: &str| {
        artifact::list(
            artifact::DOCKER_LIST,
            artifact::Family::Docker,
            platforms,
            seed,
        )
    };
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: HOST/team/app:1.0}]}\n";
    let rows = [
        (
            "pod.yaml",
            pod,
            list(&["linux/arm64"], "a"),
            vec![],
            "a list",
        ),
        (
            "pod.yaml",
            pod,
            of("linux/arm64", "b"),
            vec!["--deep"],
            "a single image",
        ),
        (
            "pod.yaml",
            pod,
            list(&["linux/amd64"], "c"),
            vec!["--platform", "linux/arm64"],
            "nodes of arm64",
        ),
        (
            "Dockerfile",
            "FROM --platform=linux/s390x HOST/team/app:1.0\n",
            list(&["linux/amd64"], "d"),
            vec![],
            "a platform of the line",
        ),
        ("pod.yaml", pod, artifact::oci("e"), vec![], "a format"),
    ];
    for (path, text, broken, flags, why) in rows {
        let registry = Registry::start();
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("tree")).unwrap();
        let text = text.replace("HOST", &registry.host());
        std::fs::write(folder.path().join("tree").join(path), text).unwrap();
        let findings = |report: &serde_json::Value| report["findings"].as_array().unwrap().len();
        registry.push("team/app", "1.0", &broken);
        for _ in 0..2 {
            let report = lint_kept(folder.path(), &registry, &flags);
            assert_eq!(findings(&report), 1, "{why}: {report}");
        }
        let whole = list(&["linux/amd64", "linux/arm64", "linux/s390x"], "whole");
        registry.push("team/app", "1.0", &whole);
        let report = lint_kept(folder.path(), &registry, &flags);
        assert_eq!(findings(&report), 0, "{why}: {report}");
        registry.clear_log();
        let report = lint_kept(folder.path(), &registry, &flags);
        assert_eq!(findings(&report), 0, "{why}: {report}");
        assert_eq!(registry.requests(), 0, "{why}: {:#?}", registry.lines());
    }
}

#[test]
fn inspect_asks_again_what_some_target_could_not_pull() {
    let registry = Registry::start();
    let folder = tempfile::tempdir().unwrap();
    let inspect = || {
        let output = Command::new(env!("CARGO_BIN_EXE_image-lint"))
            .env_clear()
            .env("HOME", folder.path())
            .args(["inspect", "--plain-http", &registry.host()])
            .arg(registry.name("team/app:1.0"))
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    let single = artifact::image(artifact::Family::Docker, "linux/arm64", "a");
    registry.push("team/app", "1.0", &single);
    assert_eq!(inspect().0, Some(1));
    let digest = registry.push("team/app", "1.0", &artifact::docker_list("b"));
    let (code, text) = inspect();
    assert!(code == Some(0) && text.contains(&digest), "{text}");
    registry.clear_log();
    assert_eq!(inspect(), (Some(0), inspect().1));
    assert_eq!(registry.requests(), 0, "{:#?}", registry.lines());
}
