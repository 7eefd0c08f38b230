//! How many requests a run costs, by the registry's own log.

use crate::asking::{class, resolve_all, settings};
use crate::support::registry::{Kind, Profile, Registry};
use image_lint_registry::{Client, Environment, Settings};

/// Settings that find Docker Hub's two hosts at a registry of the test, by way of a proxy.
fn hub(registry: &Registry) -> Settings {
    Settings {
        plain_http: vec![
            "registry-1.docker.io".to_owned(),
            "auth.docker.io".to_owned(),
        ],
        environment: Environment {
            http_proxy: Some(registry.url()),
            ..Environment::default()
        },
        timeout: std::time::Duration::from_secs(20),
        ..settings(registry)
    }
}

fn docker_hub() -> Registry {
    let registry = Registry::start();
    registry
        .profile(Profile::DockerHub)
        .challenge(&[r#"Bearer realm="http://auth.docker.io/token",service="registry.docker.io",scope="{scope}""#]);
    registry
}

#[test]
fn a_reference_of_docker_hub_costs_one_head_and_only_a_list_a_pull() {
    let registry = docker_hub();
    let mut names = Vec::new();
    for n in 0..30 {
        let repository = format!("team/r{}", n % 7);
        let tag = format!("t{n}");
        match n % 6 {
            0 | 1 => registry.push_schema2(&repository, &tag),
            2 | 3 => registry.push_oci(&repository, &tag),
            4 => registry.push_oci_index(&repository, &tag),
            _ => registry.push_docker_list(&repository, &tag),
        };
        names.push(format!("docker.io/{repository}:{tag}"));
    }
    let client = Client::new(hub(&registry)).unwrap();
    for round in 0..2 {
        registry.clear_log();
        let answers = resolve_all(&client, &names);
        for (n, answer) in answers.iter().enumerate() {
            let expected = [
                "DockerSchema2",
                "DockerSchema2",
                "OciManifest",
                "OciManifest",
                "OciIndex",
                "DockerList",
            ][n % 6];
            assert_eq!(class(answer), expected, "{}", names[n]);
        }
        // The first request of all is answered with the challenge.
        let (cold, tokens) = if round == 0 { (1, 1) } else { (0, 0) };
        assert_eq!(
            registry.count("HEAD", "/v2/"),
            30 + cold,
            "{:#?}",
            registry.lines()
        );
        assert_eq!(
            registry.count_kind(Kind::Token),
            tokens,
            "seven repositories in one token"
        );
        let pulls: Vec<String> = registry
            .log()
            .iter()
            .filter(|s| s.asked.method == "GET" && s.kind == Kind::Manifest)
            .map(|s| s.asked.path.clone())
            .collect();
        // Five lists and five indexes; of the twenty pulls that a run may make, indexes get the first ten.
        assert_eq!(pulls.len(), [10, 5][round], "{pulls:?}");
        for path in &pulls {
            let n: usize = path.rsplit("/t").next().unwrap().parse().unwrap();
            assert!(matches!(n % 6, 4 | 5), "{path} is no list");
        }
        assert_eq!(
            registry.log().len(),
            30 + cold + pulls.len() + tokens,
            "and nothing else"
        );
    }
    let quota = client.statistics().quotas();
    assert!(
        quota
            .iter()
            .any(|line| line.text.contains("97 of 100 pulls left")),
        "{quota:?}"
    );
}

#[test]
fn without_pulls_left_nothing_is_pulled_from_docker_hub() {
    let registry = docker_hub();
    registry.manners(|m| {
        m.headers = vec![
            ("ratelimit-limit".to_owned(), "100;w=21600".to_owned()),
            ("ratelimit-remaining".to_owned(), "0;w=21600".to_owned()),
        ];
    });
    registry.push_schema2("team/app", "single");
    registry.push_docker_list("team/app", "list");
    let names = ["single", "list"].map(|tag| format!("docker.io/team/app:{tag}"));
    let client = Client::new(hub(&registry)).unwrap();
    let answers = resolve_all(&client, &names);
    assert_eq!(class(&answers[0]), "DockerSchema2", "a HEAD is no pull");
    assert_eq!(
        class(&answers[1]),
        "unknown RateLimited { retry_after: None }"
    );
    assert!(
        registry
            .log()
            .iter()
            .all(|s| s.asked.method == "HEAD" || s.kind != Kind::Manifest),
        "{:#?}",
        registry.lines()
    );
    let quota = client.statistics().quotas();
    assert!(
        quota
            .iter()
            .any(|line| line.text.contains("0 of 100 pulls left")),
        "{quota:?}"
    );
}
