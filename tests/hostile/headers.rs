//! Headers of an answer that are too many, too long, or lie about its length.

use crate::answers::{BEARABLE, unchecked};
use crate::program::{Workspace, pod};
use crate::support::artifact::{self, DOCKER_LIST, OCI_MANIFEST};
use crate::support::bare::BareServer;
use crate::support::registry::{Fault, Registry};
use crate::support::tls::Authority;

/// What is said of headers beyond 64 KiB, and of those that the HTTP library does not take.
const LARGE: &str = "protocol: did not answer as a registry does: the headers of its answer are larger than 65536 bytes";
const REFUSED: &str = "protocol: did not answer as a registry does: the headers of its answer are larger than 65536 bytes or make no sense";

#[test]
fn a_length_that_is_a_lie_is_no_verdict() {
    let list = artifact::docker_list("x").body;
    let odd = "protocol: did not answer as a registry does: ";
    for (length, expected, gets) in [
        (
            10,
            format!("{odd}the body is not the JSON of a manifest"),
            1,
        ),
        (
            list.len() + 100,
            format!("{odd}the answer broke off: end of file before message length reached"),
            3,
        ),
        (usize::MAX, REFUSED.to_owned(), 1),
    ] {
        let body = list.clone();
        let server = BareServer::start(move |first| {
            let head = format!(
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: {DOCKER_LIST}\r\nContent-Length: {length}\r\n\r\n"
            );
            let body = if first.starts_with("GET") {
                &body[..]
            } else {
                &[]
            };
            [head.as_bytes(), body].concat()
        });
        let workspace = Workspace::of("pod.yaml", pod(&[&format!("{}/app:1", server.host())]));
        let (ran, took) = workspace.measured(&[
            "--format",
            "json",
            "--no-cache",
            "--plain-http",
            &server.host(),
        ]);
        assert_eq!(
            (ran.code, ran.findings()),
            (Some(3), Vec::new()),
            "{length}: {}",
            ran.said()
        );
        assert_eq!(unchecked(&ran), [expected], "{length}");
        assert_eq!(
            server.methods(),
            [vec!["HEAD"], vec!["GET"; gets]].concat(),
            "{length}"
        );
        assert!(took < BEARABLE, "{length}: {took:?}");
    }
}

#[test]
fn headers_beyond_their_limit_are_not_kept_over_http1() {
    for (what, header, refusal) in [
        ("60 KiB", format!("X-A: {}\r\n", "a".repeat(60 << 10)), None),
        (
            "100 KiB",
            format!("X-A: {}\r\n", "a".repeat(100 << 10)),
            Some(LARGE),
        ),
        (
            "10 MB",
            format!("X-A: {}\r\n", "a".repeat(10_000_000)),
            Some(REFUSED),
        ),
        ("a thousand", "X-A: a\r\n".repeat(1000), Some(REFUSED)),
    ] {
        let good = artifact::oci("good").body;
        let server = BareServer::start(move |first| {
            let header = if first.contains("/manifests/1 ") {
                &header
            } else {
                ""
            };
            let digest = artifact::digest_of(&good);
            let head = format!(
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: {OCI_MANIFEST}\r\nDocker-Content-Digest: {digest}\r\n{header}Content-Length: {}\r\n\r\n",
                good.len()
            );
            let body = if first.starts_with("GET") {
                &good[..]
            } else {
                &[]
            };
            [head.as_bytes(), body].concat()
        });
        let names = ["1", "2"].map(|tag| format!("{}/app:{tag}", server.host()));
        let workspace = Workspace::of("pod.yaml", pod(&[&names[0], &names[1]]));
        let (ran, took) = workspace.measured(&[
            "--format",
            "json",
            "--no-cache",
            "--no-alternatives",
            "--plain-http",
            &server.host(),
        ]);
        let found = |n: usize| format!("pod.yaml:{}:12 unsupported-format {}", 7 + 2 * n, names[n]);
        let expected = if refusal.is_some() {
            vec![found(1)]
        } else {
            vec![found(0), found(1)]
        };
        assert_eq!(
            (ran.code, ran.findings()),
            (Some(1), expected),
            "{what}: {}",
            ran.said()
        );
        assert_eq!(unchecked(&ran), Vec::from_iter(refusal), "{what}");
        // An image that is about to be called bad is read once; what was refused is not asked again.
        let asked: &[&str] = match refusal {
            Some(_) => &["GET", "HEAD", "HEAD"],
            None => &["GET", "GET", "HEAD", "HEAD"],
        };
        let mut methods = server.methods();
        methods.sort();
        assert_eq!(methods, asked, "{what}");
        assert!(took < BEARABLE, "{what}: {took:?}");
    }
}

#[test]
fn headers_beyond_their_limit_are_not_kept_over_http2() {
    let authority = Authority::new();
    for (what, size, refusal) in [
        ("60 KiB", 60 << 10, None),
        ("100 KiB", 100 << 10, Some(REFUSED)),
        ("10 MB", 10_000_000, Some(REFUSED)),
    ] {
        let registry = Registry::start_tls(&authority.identity());
        let names = ["1", "2"].map(|tag| registry.name(&format!("app:{tag}")));
        registry.push_oci("app", "1");
        registry.push_oci("app", "2");
        registry
            .on("app:1")
            .gives(Fault::SetHeader("x-a".to_owned(), "a".repeat(size)));
        let workspace = Workspace::of("pod.yaml", pod(&[&names[0], &names[1]]));
        let ca = authority.file().to_str().expect("a plain path");
        let arguments = [
            "--format",
            "json",
            "--no-cache",
            "--no-alternatives",
            "--ca",
            ca,
            "--allow-host",
        ];
        let (ran, took) = workspace.measured(&[&arguments[..], &[&registry.host()]].concat());
        let found = |n: usize| format!("pod.yaml:{}:12 unsupported-format {}", 7 + 2 * n, names[n]);
        let expected = if refusal.is_some() {
            vec![found(1)]
        } else {
            vec![found(0), found(1)]
        };
        assert_eq!(
            (ran.code, ran.findings()),
            (Some(1), expected),
            "{what}: {}",
            ran.said()
        );
        assert_eq!(unchecked(&ran), Vec::from_iter(refusal), "{what}");
        // An image that is about to be called bad is read once.
        let read = if refusal.is_some() { 2..=2 } else { 1..=2 };
        let asked: Vec<String> = read
            .map(|n| format!("GET /v2/app/manifests/{n} 200"))
            .chain([1, 2].map(|n| format!("HEAD /v2/app/manifests/{n} 200")))
            .collect();
        assert_eq!(registry.lines(), asked, "{what}");
        assert!(registry.log().iter().all(|seen| seen.asked.http2), "{what}");
        assert!(took < BEARABLE, "{what}: {took:?}");
    }
}
