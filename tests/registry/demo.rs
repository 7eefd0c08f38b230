//! The demo's registry holds what its files name, and is reached as a proxy by the names that stand in them.

use crate::support::artifact::{DOCKER_LIST, OCI_INDEX, OCI_MANIFEST, SCHEMA2};
use crate::support::demo;
use crate::support::wire::ask;
use image_lint_model::manifest::ACCEPT_ALL;

#[test]
fn the_demo_has_an_image_for_each_kind_of_verdict() {
    let registry = demo::registry();
    let table = [
        (
            "registry.example.com/v2/upstream/node/manifests/20",
            200,
            Some(DOCKER_LIST),
        ),
        (
            "registry.example.com/v2/upstream/postgres/manifests/15",
            200,
            Some(SCHEMA2),
        ),
        (
            "registry.example.com/v2/upstream/redis/manifests/7.2.1",
            200,
            Some(OCI_INDEX),
        ),
        (
            "registry.example.com/v2/upstream/python/manifests/3.11",
            200,
            Some(OCI_MANIFEST),
        ),
        (
            "registry.example.com/v2/charts/reports/manifests/0.4.0",
            200,
            Some(OCI_MANIFEST),
        ),
        (
            "registry.example.com/v2/tools/migrate/manifests/1.8",
            200,
            Some(DOCKER_LIST),
        ),
        (
            "registry.example.com/v2/shop/worker/manifests/2.4.2",
            404,
            Some("application/json"),
        ),
        (
            "registry.example.com/v2/payments/api/manifests/3.2",
            401,
            Some("application/json"),
        ),
        (
            "mirror.example.org/v2/thirdparty/collector/manifests/0.9",
            429,
            Some("application/json"),
        ),
    ];
    for (name, status, media_type) in table {
        // A client that has a proxy asks for the whole URL.
        let reply = ask(
            &registry.host(),
            "GET",
            &format!("http://{name}"),
            &[("Accept", ACCEPT_ALL)],
        )
        .unwrap();
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (status, media_type),
            "{name}"
        );
    }
    let token = ask(
        &registry.host(),
        "GET",
        "http://registry.example.com/token?scope=repository:payments/api:pull",
        &[],
    );
    assert_eq!(token.unwrap().status, 200);
}
