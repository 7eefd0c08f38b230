//! The table of section 5 of the registry facts, which was run on the real library, and the invariants around it.

use proptest::prelude::*;

use super::ReferenceErrorKind as Kind;
use super::*;

const H: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// `H` in a row stands for 64 lowercase hex digits.
fn fill(row: &str) -> String {
    row.replace("{H}", H)
}

#[test]
fn names_become_what_docker_makes_of_them() {
    // (input, host, repository, tag, digest)
    let table: &[(&str, &str, &str, Option<&str>, bool)] = &[
        ("nginx", "docker.io", "library/nginx", Some("latest"), false),
        (
            "nginx:1.25",
            "docker.io",
            "library/nginx",
            Some("1.25"),
            false,
        ),
        ("nginx@sha256:{H}", "docker.io", "library/nginx", None, true),
        (
            "nginx:1.25@sha256:{H}",
            "docker.io",
            "library/nginx",
            Some("1.25"),
            true,
        ),
        (
            "library/nginx",
            "docker.io",
            "library/nginx",
            Some("latest"),
            false,
        ),
        (
            "docker.io/nginx",
            "docker.io",
            "library/nginx",
            Some("latest"),
            false,
        ),
        (
            "docker.io/library/nginx",
            "docker.io",
            "library/nginx",
            Some("latest"),
            false,
        ),
        (
            "index.docker.io/nginx",
            "docker.io",
            "library/nginx",
            Some("latest"),
            false,
        ),
        (
            "index.docker.io/library/nginx:1",
            "docker.io",
            "library/nginx",
            Some("1"),
            false,
        ),
        (
            "registry-1.docker.io/library/nginx",
            "registry-1.docker.io",
            "library/nginx",
            Some("latest"),
            false,
        ),
        (
            "registry.hub.docker.com/nginx",
            "registry.hub.docker.com",
            "nginx",
            Some("latest"),
            false,
        ),
        (
            "docker.io:443/library/nginx",
            "docker.io:443",
            "library/nginx",
            Some("latest"),
            false,
        ),
        (
            "bitnami/redis",
            "docker.io",
            "bitnami/redis",
            Some("latest"),
            false,
        ),
        (
            "docker.io/bitnami/redis:7",
            "docker.io",
            "bitnami/redis",
            Some("7"),
            false,
        ),
        (
            "docker.io",
            "docker.io",
            "library/docker.io",
            Some("latest"),
            false,
        ),
        ("localhost/foo", "localhost", "foo", Some("latest"), false),
        (
            "localhost:5000/foo",
            "localhost:5000",
            "foo",
            Some("latest"),
            false,
        ),
        (
            "localhost",
            "docker.io",
            "library/localhost",
            Some("latest"),
            false,
        ),
        (
            "localhost:5000",
            "docker.io",
            "library/localhost",
            Some("5000"),
            false,
        ),
        ("Localhost/foo", "Localhost", "foo", Some("latest"), false),
        (
            "foo.localhost/bar",
            "foo.localhost",
            "bar",
            Some("latest"),
            false,
        ),
        (
            "myregistry/a",
            "docker.io",
            "myregistry/a",
            Some("latest"),
            false,
        ),
        (
            "myregistry:5000/a/b/c:tag",
            "myregistry:5000",
            "a/b/c",
            Some("tag"),
            false,
        ),
        (
            "example.com",
            "docker.io",
            "library/example.com",
            Some("latest"),
            false,
        ),
        (
            "example.com:5000",
            "docker.io",
            "library/example.com",
            Some("5000"),
            false,
        ),
        (
            "example.com/foo",
            "example.com",
            "foo",
            Some("latest"),
            false,
        ),
        (
            "example.com:443/foo",
            "example.com:443",
            "foo",
            Some("latest"),
            false,
        ),
        (
            "192.168.1.1:5000/foo",
            "192.168.1.1:5000",
            "foo",
            Some("latest"),
            false,
        ),
        ("10.0.0.1/foo", "10.0.0.1", "foo", Some("latest"), false),
        (
            "1.2.3.4",
            "docker.io",
            "library/1.2.3.4",
            Some("latest"),
            false,
        ),
        ("[::1]:5000/foo:t", "[::1]:5000", "foo", Some("t"), false),
        (
            "[2001:db8::1]/foo",
            "[2001:db8::1]",
            "foo",
            Some("latest"),
            false,
        ),
        (
            "EXAMPLE.COM/foo",
            "EXAMPLE.COM",
            "foo",
            Some("latest"),
            false,
        ),
        (
            "nginx:Latest",
            "docker.io",
            "library/nginx",
            Some("Latest"),
            false,
        ),
        (
            "nginx:_ok",
            "docker.io",
            "library/nginx",
            Some("_ok"),
            false,
        ),
        (
            "library/{H}",
            "docker.io",
            "library/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            Some("latest"),
            false,
        ),
        ("example.com/{H}", "example.com", H, Some("latest"), false),
        ("a.b/c", "a.b", "c", Some("latest"), false),
        ("foo.bar/baz", "foo.bar", "baz", Some("latest"), false),
        ("a_b/c", "docker.io", "a_b/c", Some("latest"), false),
        ("a__b", "docker.io", "library/a__b", Some("latest"), false),
        ("a--b", "docker.io", "library/a--b", Some("latest"), false),
        ("xn--n3h.com/x", "xn--n3h.com", "x", Some("latest"), false),
        (
            "scratch",
            "docker.io",
            "library/scratch",
            Some("latest"),
            false,
        ),
        (
            "docker:24-dind",
            "docker.io",
            "library/docker",
            Some("24-dind"),
            false,
        ),
        (
            "gcr.io/my-project/img",
            "gcr.io",
            "my-project/img",
            Some("latest"),
            false,
        ),
        (
            "quay.io/org/img@sha256:{H}",
            "quay.io",
            "org/img",
            None,
            true,
        ),
        (
            "k8s.gcr.io/pause:3.1",
            "k8s.gcr.io",
            "pause",
            Some("3.1"),
            false,
        ),
        (
            "registry.redhat.io/ubi8/ubi:8.4-1",
            "registry.redhat.io",
            "ubi8/ubi",
            Some("8.4-1"),
            false,
        ),
        (
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/repo:1",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
            "repo",
            Some("1"),
            false,
        ),
        (
            "harbor.local/proxy/library/nginx:1",
            "harbor.local",
            "proxy/library/nginx",
            Some("1"),
            false,
        ),
        (
            "docker-registry.default.svc:5000/p/i:t",
            "docker-registry.default.svc:5000",
            "p/i",
            Some("t"),
            false,
        ),
        (
            "image-registry.openshift-image-registry.svc:5000/ns/is@sha256:{H}",
            "image-registry.openshift-image-registry.svc:5000",
            "ns/is",
            None,
            true,
        ),
    ];
    for (input, host, repository, tag, digest) in table {
        let input = fill(input);
        let reference = ImageReference::parse(&input).unwrap_or_else(|e| panic!("{input}: {e:?}"));
        assert_eq!(&*reference.host, *host, "{input}");
        assert_eq!(&*reference.repository, *repository, "{input}");
        assert_eq!(reference.tag.as_deref(), *tag, "{input}");
        assert_eq!(reference.digest.is_some(), *digest, "{input}");
    }
}

#[test]
fn sixty_three_hex_digits_are_a_name_and_other_algorithms_are_digests() {
    let id = ImageReference::parse(&H[..63]).unwrap();
    assert_eq!(*id.repository, *format!("library/{}", &H[..63]));
    let reference = ImageReference::parse(&format!("nginx@sha512:{H}{H}")).unwrap();
    assert!(reference.digest.unwrap().starts_with("sha512:"));
}

#[test]
fn what_was_written_and_what_was_filled_in_are_kept_apart() {
    // (input, registry not written, tag not written)
    for (input, short, implied) in [
        ("nginx", true, true),
        ("nginx:latest", true, false),
        ("docker.io/nginx", false, true),
        ("docker.io", true, true),
        ("localhost:5000", true, false),
        ("quay.io/a/b:1", false, false),
        ("index.docker.io/a/b:1", false, false),
    ] {
        let reference = ImageReference::parse(input).unwrap();
        assert_eq!(
            (reference.short, reference.tag_implied),
            (short, implied),
            "{input}"
        );
    }
    let digest = ImageReference::parse(&format!("quay.io/a@sha256:{H}")).unwrap();
    assert!(!digest.tag_implied);
}

#[test]
fn each_error_says_which_bytes_are_at_fault() {
    // (input, kind, the bytes at fault, a word of the hint)
    let table: &[(&str, Kind, &str, &str)] = &[
        ("", Kind::Empty, "", ""),
        ("  ", Kind::Empty, "  ", ""),
        ("docker.io/", Kind::Repository, "/", ""),
        (
            "[fe80::1%25eth0]:5000/foo",
            Kind::Host,
            "[fe80::1%25eth0]:5000",
            "",
        ),
        ("::1/foo", Kind::Host, "::1", "[::1]"),
        ("[::1/foo", Kind::Host, "[::1", ""),
        ("[::g]/foo", Kind::Host, "[::g]", ""),
        ("host:99999/foo", Kind::Host, "99999", ""),
        ("host:0/foo", Kind::Host, "0", ""),
        ("host:/foo", Kind::Host, ":", ""),
        ("host:abc/foo", Kind::Host, "abc", "very end"),
        ("Nginx", Kind::Uppercase, "N", "`nginx`"),
        ("library/Nginx", Kind::Uppercase, "N", "library/nginx"),
        ("example.com/Foo", Kind::Uppercase, "F", "`example.com/foo`"),
        (
            "127.0.0.1:5000/Team/docker:1",
            Kind::Uppercase,
            "T",
            "`127.0.0.1:5000/team/docker:1`",
        ),
        (
            "example.com/Foo@sha256:{H}",
            Kind::Uppercase,
            "F",
            "`example.com/foo@sha256:",
        ),
        ("example.com/a:", Kind::Tag, ":", "`example.com/a`"),
        ("MyUser/app", Kind::Uppercase, "M", "myuser/app"),
        ("nginx:", Kind::Tag, ":", "latest"),
        ("nginx:-bad", Kind::Tag, "-", ""),
        ("nginx:.bad", Kind::Tag, ".", ""),
        ("example.com/a:v1+b", Kind::Tag, "+", "`example.com/a:v1-b`"),
        ("nginx:1.0~rc1", Kind::Tag, "~", "1.0-rc1"),
        ("nginx: 1.0", Kind::Character, " ", "nginx:1.0"),
        (" nginx", Kind::Character, " ", "`nginx`"),
        ("nginx ", Kind::Character, " ", "`nginx`"),
        ("nginx\n", Kind::Character, "\n", "`nginx`"),
        (":tag", Kind::Repository, ":", ""),
        ("@sha256:{H}", Kind::Repository, "@", ""),
        ("nginx@sha256:abc", Kind::Digest, "abc", ""),
        (
            "nginx@sha256:ABCDEF6789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            Kind::Digest,
            "A",
            "abcdef67",
        ),
        (
            "nginx@md5:0123456789abcdef0123456789abcdef",
            Kind::Digest,
            "md5",
            "",
        ),
        ("nginx@{H}", Kind::Digest, H, "@sha256:"),
        ("nginx@latest", Kind::Digest, "latest", "nginx:latest"),
        ("nginx@", Kind::Digest, "@", ""),
        ("nginx@sha256:{H}:tag", Kind::Digest, ":tag", "nginx:tag@"),
        (
            "nginx@sha256:{H}@sha256:{H}",
            Kind::Digest,
            "@sha256:{H}",
            "",
        ),
        ("{H}", Kind::ImageId, "{H}", "HOST/REPOSITORY"),
        ("sha256:{H}", Kind::ImageId, "sha256:{H}", "HOST/REPOSITORY"),
        ("foo//bar", Kind::Repository, "//", ""),
        ("/foo", Kind::Repository, "/", "empty"),
        ("foo/", Kind::Repository, "/", ""),
        ("example.com//foo", Kind::Repository, "//", ""),
        ("example.com/foo/", Kind::Repository, "/", ""),
        ("a___b", Kind::Repository, "___", ""),
        ("a-b-", Kind::Repository, "-", ""),
        ("-a", Kind::Repository, "-", ""),
        ("a..b", Kind::Repository, "..", ""),
        ("a._b", Kind::Repository, "._", ""),
        ("foo_bar.com/baz", Kind::Host, "_", ""),
        ("foo_bar.com:8080/baz", Kind::Host, "_", ""),
        ("a---b.c_d/e", Kind::Host, "_", ""),
        ("a..b/c", Kind::Host, ".", ""),
        ("a./c", Kind::Host, ".", ""),
        ("-a.b/c", Kind::Host, "-a", ""),
        ("☃.com/x", Kind::Character, "☃", "punycode"),
        ("ngin\u{445}:1", Kind::Character, "\u{445}", "Latin"),
        ("docker://nginx", Kind::Scheme, "docker://", "`nginx`"),
        (
            "docker://quay.io/foo/bar:1",
            Kind::Scheme,
            "docker://",
            "quay.io/foo/bar:1",
        ),
        (
            "https://quay.io/foo/bar",
            Kind::Scheme,
            "https://",
            "quay.io/foo/bar",
        ),
        ("ko://example.com/cmd/app", Kind::Scheme, "ko://", ""),
        ("oci:/p:t", Kind::Scheme, "oci:", ""),
        ("oci-archive:/p", Kind::Scheme, "oci-archive:", ""),
        ("dir:/p", Kind::Scheme, "dir:", ""),
        ("docker-daemon:n:1", Kind::Scheme, "docker-daemon:", ""),
        ("docker-archive:x.tar", Kind::Scheme, "docker-archive:", ""),
        (
            "containers-storage:nginx",
            Kind::Scheme,
            "containers-storage:",
            "",
        ),
        ("$IMAGE", Kind::Placeholder, "$IMAGE", ""),
        ("${REG}/foo:1", Kind::Placeholder, "${REG}", ""),
        ("nginx:${TAG}", Kind::Placeholder, "${TAG}", ""),
        ("{{ image }}", Kind::Placeholder, "{{ image }}", ""),
        ("<image>", Kind::Placeholder, "<image>", ""),
        (
            "quay.io/<your org>/app:1",
            Kind::Placeholder,
            "<your org>",
            "",
        ),
        ("@IMAGE@", Kind::Placeholder, "@IMAGE@", ""),
        (
            "@REGISTRY@.example.com/app",
            Kind::Placeholder,
            "@REGISTRY@",
            "",
        ),
        (
            "app:@project.version@",
            Kind::Placeholder,
            "@project.version@",
            "",
        ),
        ("__IMAGE__", Kind::Placeholder, "__IMAGE__", ""),
        ("app:__TAG__", Kind::Placeholder, "__TAG__", ""),
        ("%IMAGE%", Kind::Placeholder, "%IMAGE%", ""),
        (
            "app:#{Build.BuildId}#",
            Kind::Placeholder,
            "#{Build.BuildId}#",
            "",
        ),
        ("#IMAGE#", Kind::Placeholder, "#IMAGE#", ""),
        ("\"nginx\"", Kind::Character, "\"", "once"),
        ("nginx:latest # c", Kind::Character, " ", "nginx:latest"),
        (
            "user:pw@example.com/foo",
            Kind::Credentials,
            "user:pw@",
            "example.com/foo",
        ),
        (
            "https://user:pw@example.com/foo",
            Kind::Credentials,
            "user:pw@",
            "example.com/foo",
        ),
        (
            "gcr.io/domain.com:proj/img",
            Kind::Repository,
            ":",
            "gcr.io/domain.com/proj/img",
        ),
        ("host:5000:tag", Kind::Tag, ":", "a name is missing"),
        ("nginx:1?", Kind::Character, "?", ""),
        ("nginx\u{1b}[2J", Kind::Character, "\u{1b}", ""),
    ];
    for (input, kind, at, hint) in table {
        let (input, at) = (fill(input), fill(at));
        let error = ImageReference::parse(&input).expect_err(&input);
        assert_eq!(error.kind, *kind, "{input}: {error:?}");
        assert_eq!(input[error.at.clone()], *at, "{input}: {error:?}");
        assert!(
            error.hint.as_deref().unwrap_or_default().contains(hint),
            "{input}: {error:?}"
        );
        assert!(
            !error.why.is_empty() && !error.why.ends_with('.'),
            "{input}: {error:?}"
        );
    }
}

#[test]
fn lengths_are_limited_to_what_registries_take() {
    let tag = |n: usize| format!("nginx:{}", "t".repeat(n));
    assert!(ImageReference::parse(&tag(128)).is_ok());
    assert_eq!(
        ImageReference::parse(&tag(129)).unwrap_err().kind,
        Kind::TooLong
    );
    let path = |n: usize| format!("example.com/{}", "p".repeat(n));
    assert!(ImageReference::parse(&path(255)).is_ok());
    assert_eq!(
        ImageReference::parse(&path(256)).unwrap_err().kind,
        Kind::TooLong
    );
}

#[test]
fn a_password_is_in_no_part_of_an_error() {
    for text in [
        "user:hunter2@example.com/foo",
        "user:hunter2@example.com:5000/Foo",
        "https://user:hunter2@example.com/foo",
        "https://user:hunter2@example.com",
        "docker://user:p@hunter2@example.com/foo",
        "user:p@hunter2@example.com/foo",
        "user:pa$hunter2@example.com/foo",
        "user:<hunter2>@localhost/foo",
    ] {
        let error = ImageReference::parse(text).unwrap_err();
        assert_eq!(error.kind, Kind::Credentials, "{text}");
        let shown = format!(
            "{} {} {}",
            error.why,
            error.hint.unwrap_or_default(),
            redact_credentials(text)
        );
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(redact_credentials(text).contains("***@"), "{text}");
    }
    assert_eq!(redact_credentials("quay.io/a/b:1"), "quay.io/a/b:1");
    let digest = format!("quay.io/a/b@sha256:{H}");
    assert_eq!(redact_credentials(&digest), digest);
}

#[test]
fn a_repository_name_has_no_tag_and_implies_none() {
    let repository = ImageReference::parse_repository("quay.io/team/app").unwrap();
    assert_eq!((repository.tag, repository.tag_implied), (None, false));
    let table = [
        ("quay.io/team/app:1.0", Kind::Tag, ":1.0"),
        ("quay.io/team/app@sha256:{H}", Kind::Digest, "@sha256:{H}"),
        (
            "quay.io/team/app:1.0@sha256:{H}",
            Kind::Digest,
            ":1.0@sha256:{H}",
        ),
        ("quay.io/team/App", Kind::Uppercase, "A"),
    ];
    for (input, kind, at) in table {
        let (input, at) = (fill(input), fill(at));
        let error = ImageReference::parse_repository(&input).unwrap_err();
        assert_eq!(
            (error.kind, &input[error.at.clone()]),
            (kind, &*at),
            "{input}"
        );
    }
}

#[test]
fn a_name_that_went_to_docker_hub_by_surprise_says_so() {
    let table = [
        ("localhost:5000", Some("tag `5000`")),
        ("example.com:5000", Some("tag `5000`")),
        ("example.com", Some("no registry")),
        ("docker.io", Some("no registry")),
        ("myregistry/a", Some("neither a dot nor a port")),
        ("harbor/project/app:1", Some("neither a dot nor a port")),
        ("nginx", None),
        ("node:20", None),
        ("bitnami/redis:7", None),
        ("quay.io/org/img:1", None),
    ];
    for (input, expected) in table {
        let surprise = ImageReference::parse(input).unwrap().surprise();
        match expected {
            Some(words) => assert!(
                surprise.as_deref().unwrap_or_default().contains(words),
                "{input}: {surprise:?}"
            ),
            None => assert_eq!(surprise, None, "{input}"),
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_a_reference_or_an_error_inside_it(text in "\\PC{0,40}|[a-zA-Z0-9./:@_%$#{}<>\\[\\] +~-]{0,80}") {
        match ImageReference::parse(&text) {
            Ok(reference) => {
                prop_assert!(!reference.repository.is_empty());
                prop_assert!(!reference.host.is_empty());
            }
            Err(error) => {
                prop_assert!(text.get(error.at.clone()).is_some(), "{:?}", error);
            }
        }
        let _ = ImageReference::parse_repository(&text);
        let _ = redact_credentials(&text);
    }

    #[test]
    fn what_is_shown_is_read_back_as_the_same(
        host in "(localhost|[a-z0-9]{1,8}(-[a-z0-9]{1,4})?\\.[a-z]{2,4}|\\[2001:db8::[0-9a-f]{1,4}\\])(:[1-9][0-9]{0,3})?/",
        with_host in any::<bool>(),
        path in "[a-z0-9]{1,9}((\\.|_|__|-{1,3})[a-z0-9]{1,5}){0,2}(/[a-z0-9]{1,9}(-[a-z0-9]{1,3})?){0,3}",
        tag in proptest::option::of("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,20}"),
        digest in proptest::option::of("sha256:[0-9a-f]{64}"),
    ) {
        let mut text = if with_host { format!("{host}{path}") } else { path };
        if let Some(tag) = tag { text = format!("{text}:{tag}"); }
        if let Some(digest) = digest { text = format!("{text}@{digest}"); }
        // A generated first part can be a host by itself, or a word of a local transport.
        let Ok(reference) = ImageReference::parse(&text) else { return Ok(()) };
        let again = ImageReference::parse(&reference.to_string()).unwrap();
        prop_assert_eq!(
            (&again.host, &again.repository, &again.tag, &again.digest),
            (&reference.host, &reference.repository, &reference.tag, &reference.digest)
        );
        prop_assert_eq!(again.to_string(), reference.to_string());
    }
}
