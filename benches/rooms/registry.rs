//! What registries answer: challenges and manifests.

use std::fmt::Write as _;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use image_lint_registry::doors;

const CHALLENGES: [&[u8]; 3] = [
    br#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull""#,
    br#"Basic realm="Registry", Bearer realm="https://sso.example.com/token?a=b,c",service="x y""#,
    br#"Negotiate, Basic realm="a \"quoted\" realm""#,
];

#[divan::bench]
fn challenge(bencher: Bencher<'_, '_>) {
    bencher
        .counter(ItemsCount::new(CHALLENGES.len()))
        .bench_local(|| {
            for line in CHALLENGES {
                black_box(doors::challenge([black_box(line)]));
            }
        });
}

/// A list with twenty platforms, each with an attestation beside it.
fn index(media_type: &str, child: &str) -> String {
    let digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let mut text = format!(r#"{{"schemaVersion":2,"mediaType":"{media_type}","manifests":["#);
    for number in 0..40 {
        let comma = if number == 0 { "" } else { "," };
        let _ = write!(
            text,
            r#"{comma}{{"mediaType":"{child}","size":{number},"digest":"{digest}","platform":{{"architecture":"amd64","os":"linux"}}}}"#
        );
    }
    text + "]}"
}

#[divan::bench(args = ["oci_index", "docker_list"])]
fn manifest(bencher: Bencher<'_, '_>, what: &str) {
    let (media_type, child) = match what {
        "oci_index" => (
            "application/vnd.oci.image.index.v1+json",
            "application/vnd.oci.image.manifest.v1+json",
        ),
        _ => (
            "application/vnd.docker.distribution.manifest.list.v2+json",
            "application/vnd.docker.distribution.manifest.v2+json",
        ),
    };
    let body = index(media_type, child);
    assert!(
        doors::manifest(Some(media_type), body.as_bytes())
            .is_some_and(|(_, children)| children == 40)
    );
    bencher
        .counter(BytesCount::of_str(&body))
        .bench_local(|| doors::manifest(black_box(Some(media_type)), black_box(body.as_bytes())));
}
