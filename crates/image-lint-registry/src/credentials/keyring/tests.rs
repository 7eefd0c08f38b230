//! The tables of kubernetes `pkg/credentialprovider/keyring_test.go` as facts, and the cases of this project.

use super::*;
use crate::secret::Secret;

fn login(user: &str) -> Kind {
    Kind::Password {
        user: user.to_owned(),
        password: Secret::new("pw"),
    }
}

/// Users that a ring of keys gives for an image's name, as the kubelet passes it: with its host.
fn users(secrets: &[&[&str]], image: &str) -> Vec<String> {
    let mut ring = Keyring::default();
    for (number, keys) in secrets.iter().enumerate() {
        let entries = keys.iter().map(|key| (key.to_string(), login(key)));
        ring.add(&format!("secret{number}"), entries.collect());
    }
    let (host, repository) = image.split_once('/').unwrap_or((image, ""));
    let found = ring.find(host, repository).into_iter();
    found
        .map(|(secret, _, kind)| match kind {
            Kind::Password { user, .. } => format!("{secret} {user}"),
            _ => secret.to_owned(),
        })
        .collect()
}

#[test]
fn hosts_match_as_the_kubelets_own_table_has_it() {
    // TestURLsMatch
    let rows = [
        ("*.kubernetes.io", "prefix.kubernetes.io", true),
        ("prefix.*.io", "prefix.kubernetes.io", true),
        ("prefix.kubernetes.*", "prefix.kubernetes.io", true),
        ("*-good.kubernetes.io", "prefix-good.kubernetes.io", true),
        ("*.kubernetes.io/blah", "prefix.kubernetes.io/blah", true),
        ("prefix.*.io/foo", "prefix.kubernetes.io/foo/bar", true),
        (
            "*.kubernetes.io:1111/blah",
            "prefix.kubernetes.io:1111/blah",
            true,
        ),
        (
            "prefix.*.io:1111/foo",
            "prefix.kubernetes.io:1111/foo/bar",
            true,
        ),
        ("*.kubernetes.io", "kubernetes.io", false),
        ("*.*.kubernetes.io", "prefix.kubernetes.io", false),
        ("*.*.kubernetes.io", "kubernetes.io", false),
        ("*kubernetes.io", "a.kubernetes.io", false),
        ("kubernetes.io", "kubernetes.com", false),
        ("k*.io", "quay.io", false),
        (
            "*.kubernetes.io:1234/blah",
            "prefix.kubernetes.io:1111/blah",
            false,
        ),
        (
            "prefix.*.io/foo",
            "prefix.kubernetes.io:1111/foo/bar",
            false,
        ),
        // and Go's patterns
        ("reg?stry.example.com", "registry.example.com", true),
        ("r[a-f]gistry.example.com", "registry.example.com", true),
        ("r[^a-f]gistry.example.com", "registry.example.com", false),
        ("r[gistry.example.com", "registry.example.com", false),
        ("*.io", "quay.io.attacker.tld", false),
    ];
    for (key, target, expected) in rows {
        let (host, path) = target.split_once('/').unwrap_or((target, ""));
        assert_eq!(matches(key, host, path), expected, "{key} for {target}");
    }
}

#[test]
fn keys_with_schemes_ports_and_paths_are_found_as_the_kubelet_finds_them() {
    // TestDockerKeyringForGlob
    let rows = [
        ("https://hello.kubernetes.io", "hello.kubernetes.io"),
        ("https://*.docker.io", "prefix.docker.io"),
        ("https://prefix.*.io", "prefix.docker.io"),
        ("https://prefix.docker.*", "prefix.docker.io"),
        ("https://*.docker.io/path", "prefix.docker.io/path"),
        ("https://prefix.*.io/path", "prefix.docker.io/path/subpath"),
        ("https://prefix.docker.*/path", "prefix.docker.io/path"),
        ("https://*.docker.io:8888", "prefix.docker.io:8888"),
        ("https://prefix.*.io:8888", "prefix.docker.io:8888"),
        ("https://prefix.docker.*:8888", "prefix.docker.io:8888"),
        (
            "https://*.docker.io/path:1111",
            "prefix.docker.io/path:1111",
        ),
        ("https://*.docker.io/v1/", "prefix.docker.io/path:1111"),
        ("https://*.docker.io/v2/", "prefix.docker.io/path:1111"),
        (
            "https://prefix.docker.*/path:1111",
            "prefix.docker.io/path:1111",
        ),
        ("prefix.docker.io:1111", "prefix.docker.io:1111/path"),
        ("*.docker.io:1111", "prefix.docker.io:1111/path"),
        ("http://foo.example.com", "foo.example.com"),
    ];
    for (key, target) in rows {
        assert_eq!(
            users(&[&[key]], &format!("{target}/foo/bar")).len(),
            1,
            "{key} for {target}"
        );
    }
    // TestKeyringMiss, TestKeyringMissWithDockerHubCredentials
    let rows = [
        ("https://hello.kubernetes.io", "world.mesos.org/foo/bar"),
        ("https://*.docker.com", "prefix.docker.io"),
        ("https://suffix.*.io", "prefix.docker.io"),
        ("https://prefix.docker.c*", "prefix.docker.io"),
        (
            "https://prefix.*.io/path:1111",
            "prefix.docker.io/path/subpath:1111",
        ),
        ("suffix.*.io", "prefix.docker.io"),
        ("https://index.docker.io/v1/", "world.mesos.org/foo/bar"),
        ("https://quay.example/acme", "quay.example/other/app"),
    ];
    for (key, target) in rows {
        assert!(
            users(&[&[key]], &format!("{target}/foo/bar")).is_empty(),
            "{key} for {target}"
        );
    }
}

#[test]
fn docker_hubs_entry_counts_for_its_images_when_no_key_names_them() {
    // TestKeyringHitWithUnqualifiedDockerHub and its neighbours; the kubelet asks for the full name.
    for image in [
        "docker.io/google/docker-registry",
        "docker.io/library/jenkins",
    ] {
        assert_eq!(users(&[&["https://index.docker.io/v1/"]], image).len(), 1);
        assert_eq!(users(&[&["https://index.docker.io"]], image).len(), 1);
        assert_eq!(
            users(&[&["https://index.docker.io/v1/", "docker.io"]], image),
            ["secret0 docker.io"],
            "what names the host comes in its place"
        );
        assert!(users(&[&["registry-1.docker.io"]], image).is_empty());
    }
}

#[test]
fn the_most_specific_key_of_all_secrets_comes_first_and_each_is_tried() {
    let secrets: [&[&str]; 3] = [
        &["quay.io", "quay.io/acme"],
        &["https://quay.io/acme/app", "*.io"],
        &["quay.io/"],
    ];
    assert_eq!(
        users(&secrets, "quay.io/acme/app"),
        [
            "secret1 https://quay.io/acme/app",
            "secret0 quay.io/acme",
            "secret0 quay.io",
            "secret2 quay.io/",
            "secret1 *.io"
        ]
    );
    assert_eq!(
        users(&secrets, "quay.io/other"),
        ["secret0 quay.io", "secret2 quay.io/", "secret1 *.io"]
    );
}
