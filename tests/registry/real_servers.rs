//! Debian's registry, filled by skopeo, buildah and bare requests, gives back what was put in: the ground under every
//! test that says "from a real registry".

use std::sync::Arc;

use crate::support::artifact::{self, Artifact, DOCKER_LIST, OCI_INDEX, OCI_MANIFEST, SCHEMA2};
use crate::support::real::{Access, PASSWORD, RealRegistry, Storage, USER, run, tool};
use crate::support::registry::Registry;
use crate::support::tls::{Authority, TokenSigner};
use crate::support::wire::{Reply, ask};
use base64::Engine as _;
use image_lint_model::manifest::ACCEPT_ALL;

fn manifest(
    registry: &RealRegistry,
    method: &str,
    repository: &str,
    tag: &str,
    authorization: Option<&str>,
) -> Reply {
    let mut headers = vec![("Accept", ACCEPT_ALL)];
    headers.extend(authorization.map(|a| ("Authorization", a)));
    ask(
        registry.host(),
        method,
        &format!("/v2/{repository}/manifests/{tag}"),
        &headers,
    )
    .expect("an answer")
}

fn basic() -> String {
    format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{PASSWORD}"))
    )
}

#[test]
fn bare_requests_store_every_form_byte_for_byte() {
    let registry = Storage::new().serve(None, &Access::Open);
    let forms: [(&str, Artifact, &str); 10] = [
        ("schema2", artifact::schema2("s"), SCHEMA2),
        ("oci", artifact::oci("o"), OCI_MANIFEST),
        (
            "oci-untyped",
            artifact::oci("u").without_media_type(),
            OCI_MANIFEST,
        ),
        ("list", artifact::docker_list("l"), DOCKER_LIST),
        ("index", artifact::oci_index("i"), OCI_INDEX),
        (
            "list-of-oci",
            artifact::docker_list_of_oci("lo"),
            DOCKER_LIST,
        ),
        (
            "attested",
            artifact::index_with_attestations("a"),
            OCI_INDEX,
        ),
        ("arm64", artifact::arm64_list("arm"), DOCKER_LIST),
        ("chart", artifact::helm_chart("chart"), OCI_MANIFEST),
        (
            "zstd",
            artifact::image_with_layer(
                artifact::Family::Oci,
                "linux/amd64",
                "z",
                artifact::OCI_LAYER_ZSTD,
            ),
            OCI_MANIFEST,
        ),
    ];
    for (tag, artifact, media_type) in &forms {
        let digest = registry.put("team/app", tag, artifact);
        for method in ["HEAD", "GET"] {
            let reply = manifest(&registry, method, "team/app", tag, None);
            assert_eq!(reply.status, 200, "{tag}");
            assert_eq!(reply.header("content-type"), Some(*media_type), "{tag}");
            assert_eq!(
                reply.header("docker-content-digest"),
                Some(&*digest),
                "{tag}"
            );
        }
        assert_eq!(
            manifest(&registry, "GET", "team/app", tag, None).body,
            artifact.body,
            "{tag}"
        );
    }
    assert_eq!(
        manifest(&registry, "GET", "team/app", "gone", None).status,
        404
    );
    assert_eq!(
        manifest(&registry, "GET", "team/gone", "1", None).status,
        404
    );
}

#[test]
fn skopeo_keeps_oci_unless_told_otherwise() {
    let registry = Storage::new().serve(None, &Access::Open);
    let kind = |tag: &str| {
        manifest(&registry, "HEAD", "team/app", tag, None)
            .header("content-type")
            .unwrap()
            .to_owned()
    };
    registry.skopeo_copy("team/app", "plain", &artifact::oci("p"), None);
    registry.skopeo_copy("team/app", "converted", &artifact::oci("p"), Some("v2s2"));
    registry.skopeo_copy("team/app", "index", &artifact::oci_index("i"), None);
    registry.skopeo_copy("team/app", "list", &artifact::oci_index("i"), Some("v2s2"));
    assert_eq!(
        (&*kind("plain"), &*kind("converted")),
        (OCI_MANIFEST, SCHEMA2)
    );
    assert_eq!((&*kind("index"), &*kind("list")), (OCI_INDEX, DOCKER_LIST));
}

#[test]
fn buildah_pushes_the_format_it_built() {
    let registry = Storage::new().serve(None, &Access::Open);
    for (format, media_type) in [("oci", OCI_MANIFEST), ("docker", SCHEMA2)] {
        registry.buildah_push("team/built", format, format);
        let reply = manifest(&registry, "HEAD", "team/built", format, None);
        assert_eq!(reply.header("content-type"), Some(media_type));
    }
}

#[test]
fn htpasswd_lets_in_who_knows_the_password() {
    let storage = Storage::new();
    storage
        .serve(None, &Access::Open)
        .put("team/app", "1", &artifact::schema2("s"));
    let registry = storage.serve(None, &Access::Htpasswd);
    let refused = manifest(&registry, "HEAD", "team/app", "1", None);
    assert_eq!(
        (refused.status, refused.header("www-authenticate")),
        (401, Some("Basic realm=\"loopback\""))
    );
    assert_eq!(
        manifest(&registry, "HEAD", "team/app", "1", Some(&basic())).status,
        200
    );
    assert_eq!(
        manifest(&registry, "HEAD", "team/app", "2", Some(&basic())).status,
        404
    );
}

#[test]
fn a_private_authority_vouches_for_a_registry_over_tls() {
    let authority = Authority::new();
    let storage = Storage::new();
    storage
        .serve(None, &Access::Open)
        .put("team/app", "1", &artifact::schema2("s"));
    let registry = storage.serve(Some(&authority.identity()), &Access::Htpasswd);
    // A folder as in /etc/docker/certs.d: any `*.crt` in it is an authority.
    let certificates = tempfile::tempdir().unwrap();
    std::fs::copy(authority.file(), certificates.path().join("ca.crt")).unwrap();
    let shown = run(tool("skopeo")
        .args([
            "inspect",
            "--raw",
            "--creds",
            &format!("{USER}:{PASSWORD}"),
            "--cert-dir",
        ])
        .arg(certificates.path())
        .arg(format!("docker://{}", registry.name("team/app:1"))));
    assert!(shown.contains(SCHEMA2), "{shown}");
}

#[test]
fn tokens_of_our_own_service_are_taken_by_the_real_registry() {
    let storage = Storage::new();
    let filler = storage.serve(None, &Access::Open);
    filler.put("open/app", "1", &artifact::schema2("s"));
    filler.put("team/app", "1", &artifact::schema2("t"));
    drop(filler);
    let signer = Arc::new(TokenSigner::new());
    let service = Registry::start();
    service.push_schema2("open/app", "1");
    service
        .user(USER, PASSWORD)
        .private("team/app", &[USER])
        .token_manners(|t| t.signer = Some(signer.clone()));
    let (realm, name) = (service.realm(), service.service());
    let registry = storage.serve(
        None,
        &Access::Token {
            realm: &realm,
            service: &name,
            signer: &signer,
        },
    );

    let refused = manifest(&registry, "HEAD", "open/app", "1", None);
    assert_eq!(refused.status, 401);
    let challenge = refused.header("www-authenticate").unwrap();
    assert!(
        challenge.contains(&realm) && challenge.contains("scope=\"repository:open/app:pull\""),
        "{challenge}"
    );
    let token = |repository: &str, authorization: Option<&str>| {
        let headers: Vec<_> = authorization
            .map(|a| ("Authorization", a))
            .into_iter()
            .collect();
        let path = format!("/token?service={name}&scope=repository:{repository}:pull");
        let reply = ask(&service.token_host(), "GET", &path, &headers).unwrap();
        let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        format!("Bearer {}", body["token"].as_str().unwrap())
    };
    let status = |repository: &str, token: &str| {
        manifest(&registry, "GET", repository, "1", Some(token)).status
    };
    assert_eq!(status("open/app", &token("open/app", None)), 200);
    assert_eq!(status("team/app", &token("team/app", None)), 401);
    assert_eq!(status("team/app", &token("team/app", Some(&basic()))), 200);
}
