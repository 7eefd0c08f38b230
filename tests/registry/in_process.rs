//! The in-process registry does what its faults and profiles say: what other tests conclude rests on this.

use std::time::Duration;

use crate::support::artifact::{self, DOCKER_LIST, OCI_INDEX, OCI_MANIFEST, SCHEMA2};
use crate::support::registry::{Fault, Profile, Registry, Scheme, Wait};
use crate::support::tls::{Authority, Identity};
use crate::support::wire::{Reply, ask};
use image_lint_model::manifest::ACCEPT_ALL;

fn manifest(registry: &Registry, method: &str, name: &str, headers: &[(&str, &str)]) -> Reply {
    let (repository, reference) = name.rsplit_once(':').unwrap();
    ask(
        &registry.host(),
        method,
        &format!("/v2/{repository}/manifests/{reference}"),
        headers,
    )
    .unwrap()
}

#[test]
fn head_and_get_of_every_form_agree() {
    let registry = Registry::start();
    let table = [
        (artifact::schema2("a"), SCHEMA2),
        (artifact::oci("a"), OCI_MANIFEST),
        (artifact::docker_list("a"), DOCKER_LIST),
        (artifact::oci_index("a"), OCI_INDEX),
    ];
    for (i, (artifact, media_type)) in table.iter().enumerate() {
        let tag = format!("v{i}");
        let digest = registry.push("app", &tag, artifact);
        for method in ["HEAD", "GET"] {
            let reply = manifest(
                &registry,
                method,
                &format!("app:{tag}"),
                &[("Accept", ACCEPT_ALL)],
            );
            assert_eq!(reply.status, 200);
            assert_eq!(reply.header("content-type"), Some(*media_type));
            assert_eq!(reply.header("docker-content-digest"), Some(&*digest));
            assert_eq!(
                reply.header("content-length"),
                Some(&*artifact.body.len().to_string())
            );
            assert_eq!(
                reply.body,
                if method == "GET" {
                    artifact.body.clone()
                } else {
                    Vec::new()
                }
            );
        }
    }
    assert_eq!(registry.count("HEAD", "/v2/app/manifests/"), 4);
    assert_eq!(registry.log()[0].asked.header("accept"), Some(ACCEPT_ALL));
}

#[test]
fn a_narrow_accept_is_answered_as_distribution_2_8_does() {
    let registry = Registry::start();
    registry.push_schema2("app", "s2");
    registry.push_oci("app", "oci");
    registry.push_oci_index("app", "index");
    registry.push_docker_list("app", "list");
    let narrow = [("Accept", "application/vnd.docker.container.image.v1+json")];
    let status = |name: &str| manifest(&registry, "GET", name, &narrow).status;
    assert_eq!(
        (status("app:s2"), status("app:oci"), status("app:index")),
        (200, 404, 404)
    );
    let reply = manifest(&registry, "GET", "app:s2", &narrow);
    assert_eq!(reply.header("content-type"), Some(artifact::SCHEMA1_SIGNED));
    registry.profile(Profile::Distribution3);
    assert_eq!(manifest(&registry, "GET", "app:index", &narrow).status, 200);
    registry
        .profile(Profile::Quay)
        .manners(|m| m.scheme = Scheme::Open);
    let reply = manifest(&registry, "GET", "app:index", &narrow);
    assert_eq!(
        (reply.status, reply.header("content-type")),
        (200, Some(artifact::SCHEMA1))
    );
}

#[test]
fn faults_are_for_the_requests_they_were_meant_for() {
    let registry = Registry::start();
    registry.push_schema2("app", "1");
    registry.push_schema2("app", "2");
    registry.on("app:1").head().gives(Fault::status(405));
    registry
        .on("app:2")
        .once(Fault::limited(Wait::GoDuration("880.092µs".to_owned())));
    let all = [("Accept", ACCEPT_ALL)];
    assert_eq!(manifest(&registry, "HEAD", "app:1", &all).status, 405);
    assert_eq!(manifest(&registry, "GET", "app:1", &all).status, 200);
    let limited = manifest(&registry, "GET", "app:2", &all);
    assert_eq!(limited.status, 429);
    assert!(String::from_utf8_lossy(&limited.body).contains("retry-after: 880.092µs"));
    assert_eq!(manifest(&registry, "GET", "app:2", &all).status, 200);
}

#[test]
fn bodies_are_cut_slowed_and_reset_where_they_should_be() {
    let registry = Registry::start();
    let digest = registry.push_schema2("app", "1");
    let all = [("Accept", ACCEPT_ALL)];
    let path = "/v2/app/manifests/1";
    registry.on("app").once(Fault::Truncate);
    let cut = ask(&registry.host(), "GET", path, &all).unwrap();
    let announced: usize = cut.header("content-length").unwrap().parse().unwrap();
    assert!(
        cut.body.len() < announced,
        "{} of {announced}",
        cut.body.len()
    );
    registry.on("app").once(Fault::ResetInBody);
    let error = ask(&registry.host(), "GET", path, &all)
        .err()
        .expect("a reset");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    registry.on("app").once(Fault::Reset);
    let error = ask(&registry.host(), "GET", path, &all)
        .err()
        .expect("a reset");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    registry.on("app").once(Fault::Drip {
        piece: 200,
        every: Duration::from_millis(1),
    });
    assert_eq!(
        artifact::digest_of(&ask(&registry.host(), "GET", path, &all).unwrap().body),
        digest
    );
    registry.on("app").once(Fault::Gzip);
    let packed = ask(&registry.host(), "GET", path, &all).unwrap();
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert_eq!(&packed.body[..2], &[0x1f, 0x8b]);
    registry.on("app").once(Fault::SetHeader(
        "content-length".to_owned(),
        "100000".to_owned(),
    ));
    let lie = ask(&registry.host(), "GET", path, &all).unwrap();
    assert!(lie.body.len() < 100_000);
}

fn token(registry: &Registry, query: &str, authorization: Option<&str>) -> Reply {
    let headers: Vec<(&str, &str)> = authorization
        .map(|a| ("Authorization", a))
        .into_iter()
        .collect();
    ask(
        &registry.token_host(),
        "GET",
        &format!("/token?{query}"),
        &headers,
    )
    .unwrap()
}

fn token_text(reply: &Reply) -> String {
    let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
    body["token"].as_str().unwrap().to_owned()
}

#[test]
fn tokens_open_what_their_owner_may_read() {
    let registry = Registry::start();
    registry.push_schema2("open/app", "1");
    registry.push_schema2("team/app", "1");
    registry
        .with_tokens()
        .user("alice", "secret")
        .owns("alice", "team")
        .private("team/app", &["alice"]);
    let refused = manifest(&registry, "GET", "open/app:1", &[("Accept", ACCEPT_ALL)]);
    assert_eq!(refused.status, 401);
    let challenge = refused.header("www-authenticate").unwrap();
    assert!(
        challenge.starts_with("Bearer realm=\"http://127.0.0.1:"),
        "{challenge}"
    );
    assert!(
        challenge.ends_with("scope=\"repository:open/app:pull\""),
        "{challenge}"
    );

    let get = |name: &str, token: &str| {
        let authorization = format!("Bearer {token}");
        manifest(
            &registry,
            "GET",
            name,
            &[("Accept", ACCEPT_ALL), ("Authorization", &authorization)],
        )
        .status
    };
    let both = "scope=repository:open/app:pull&scope=repository:team/app:pull&scope=repository:team/gone:pull";
    let anonymous = token_text(&token(&registry, both, None));
    assert_eq!(
        (get("open/app:1", &anonymous), get("open/app:2", &anonymous)),
        (200, 404)
    );
    assert_eq!(
        (
            get("team/app:1", &anonymous),
            get("team/gone:1", &anonymous)
        ),
        (401, 401)
    );
    // alice:secret
    let alice = token_text(&token(&registry, both, Some("Basic YWxpY2U6c2VjcmV0")));
    assert_eq!(
        (get("team/app:1", &alice), get("team/gone:1", &alice)),
        (200, 404)
    );
    assert_eq!(
        token(&registry, both, Some("Basic YWxpY2U6d3Jvbmc=")).status,
        401
    );
    registry.revoke_tokens();
    assert_eq!(get("open/app:1", &alice), 401);
}

#[test]
fn tags_come_in_pages() {
    let registry = Registry::start();
    for tag in ["1", "2", "3"] {
        registry.push_schema2("app", tag);
    }
    let first = ask(&registry.host(), "GET", "/v2/app/tags/list?n=2", &[]).unwrap();
    assert_eq!(
        first.header("link"),
        Some("</v2/app/tags/list?n=2&last=2>; rel=\"next\"")
    );
    let rest = ask(&registry.host(), "GET", "/v2/app/tags/list?n=2&last=2", &[]).unwrap();
    assert_eq!(
        (rest.body, rest.headers.iter().any(|(n, _)| n == "link")),
        (br#"{"name":"app","tags":["3"]}"#.to_vec(), false)
    );
}

#[test]
fn every_profile_answers_for_a_missing_tag_and_an_unreadable_repository() {
    for profile in Profile::ALL {
        let registry = Registry::start();
        registry.push_schema2("open/app", "1");
        registry
            .profile(profile)
            .user("alice", "secret")
            .private("team/secret", &["bob"]);
        let basic = "Basic YWxpY2U6c2VjcmV0";
        let get = |name: &str, headers: &[(&str, &str)]| {
            let mut headers = headers.to_vec();
            headers.push(("Accept", ACCEPT_ALL));
            manifest(&registry, "GET", name, &headers)
        };
        let scope = token(&registry, "scope=repository:open/app:pull", None);
        let bearer = format!("Bearer {}", token_text(&scope));
        let authorized = match profile {
            Profile::Ecr | Profile::Artifactory | Profile::Nexus => basic.to_owned(),
            _ => bearer,
        };
        let missing = get("open/app:2", &[("Authorization", &authorized)]);
        assert_eq!(missing.status, 404, "{profile:?}");
        assert!(!missing.body.is_empty(), "{profile:?}");
        let secret = get("team/secret:1", &[]);
        assert_eq!(secret.status, 401, "{profile:?}");
        assert!(secret.header("www-authenticate").is_some(), "{profile:?}");
        assert!(
            !String::from_utf8_lossy(&secret.body).contains('{') || secret.body.starts_with(b"{\""),
            "{profile:?}"
        );
    }
}

#[tokio::test]
async fn http2_is_spoken_over_tls_on_one_connection() {
    let authority = Authority::new();
    let registry = Registry::start_tls(&authority.identity());
    registry.push_schema2("app", "1");
    let client = client(&authority);
    let url = format!("{}/v2/app/manifests/1", registry.url());
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..8 {
        asked.spawn(client.head(&url).header("accept", ACCEPT_ALL).send());
    }
    while let Some(reply) = asked.join_next().await {
        let reply = reply.unwrap().unwrap();
        assert_eq!(
            (reply.status().as_u16(), reply.version()),
            (200, reqwest::Version::HTTP_2)
        );
        assert_eq!(reply.headers()["content-type"], SCHEMA2);
    }
    assert_eq!(registry.log().iter().filter(|s| s.asked.http2).count(), 8);
    registry.on("app").get().once(Fault::Truncate);
    assert!(
        client
            .get(&url)
            .send()
            .await
            .unwrap()
            .bytes()
            .await
            .is_err()
    );
    assert!(
        client
            .get(&url)
            .header("accept", ACCEPT_ALL)
            .send()
            .await
            .unwrap()
            .bytes()
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn bad_certificates_are_refused_by_an_ordinary_client() {
    let authority = Authority::new();
    let cases = [
        ("expired", authority.expired()),
        (
            "another host's",
            authority.identity_for(&["registry.example.com"]),
        ),
        ("signed by itself", Identity::self_signed()),
        ("of another authority", Authority::new().identity()),
    ];
    for (name, identity) in cases {
        let registry = Registry::start_tls(&identity);
        let error = client(&authority)
            .get(format!("{}/v2/", registry.url()))
            .send()
            .await
            .err();
        assert!(error.is_some_and(|e| e.is_connect()), "{name}");
        assert!(registry.log().is_empty(), "{name}");
    }
}

fn client(authority: &Authority) -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let certificate = reqwest::Certificate::from_pem(authority.pem().as_bytes()).unwrap();
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([certificate])
        .build()
        .unwrap()
}
