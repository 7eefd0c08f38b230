//! The way to a registry: proxies, certificates for one host, HTTP/2, and the cache in place of all of it.

use std::time::Duration;

use crate::asking::{class, oci_tags, resolve_all, resolve_with, settings};
use crate::support::connect_proxy::ConnectProxy;
use crate::support::registry::{Options, Registry};
use crate::support::tls::Authority;
use image_lint_model::resolution::Resolution;
use image_lint_registry::{CacheMode, Client, Depth, Environment, Settings, Trust};

/// A registry over TLS that is `registry.example.com`, with its token service `auth.example.com`.
fn named_registry(authority: &Authority) -> Registry {
    let registry =
        Registry::start_tls(&authority.identity_for(&["registry.example.com", "auth.example.com"]));
    registry.push_oci("team/app", "1.0");
    registry.with_tokens().challenge(&[
        r#"Bearer realm="https://auth.example.com/token",service="s",scope="{scope}""#,
    ]);
    registry
}

fn through(proxy: &str, authority: &Authority, registry: &Registry) -> Settings {
    Settings {
        plain_http: Vec::new(),
        extra_ca: vec![authority.file().to_owned()],
        environment: Environment {
            https_proxy: Some(proxy.to_owned()),
            ..Environment::default()
        },
        ..settings(registry)
    }
}

const NAME: &str = "registry.example.com/team/app:1.0";

#[test]
fn a_proxy_tunnels_to_the_registry_and_to_its_token_service() {
    let authority = Authority::new();
    let registry = named_registry(&authority);
    for (credentials, wanted) in [("", None), ("me:Canary@", Some("Basic bWU6Q2FuYXJ5"))] {
        let proxy = ConnectProxy::start(registry.address(), wanted);
        let set = through(
            &format!("http://{credentials}{}", proxy.address),
            &authority,
            &registry,
        );
        let found = resolve_with(set, NAME, Depth::Probe);
        assert_eq!(class(&found), "OciManifest", "{credentials} {found:?}");
        let targets: Vec<String> = proxy
            .log()
            .into_iter()
            .map(|tunnel| tunnel.target)
            .collect();
        assert_eq!(
            targets,
            ["registry.example.com:443", "auth.example.com:443"]
        );
        assert!(
            proxy
                .log()
                .iter()
                .all(|tunnel| tunnel.authorization.as_deref() == wanted),
            "{:?}",
            proxy.log()
        );
        assert!(
            registry
                .log()
                .iter()
                .all(|seen| seen.asked.header("proxy-authorization").is_none())
        );
        assert!(!format!("{found:?}").contains("Canary"));
    }
}

#[test]
fn a_proxy_that_wants_a_login_is_no_verdict_and_tells_no_secret() {
    let authority = Authority::new();
    let registry = named_registry(&authority);
    let proxy = ConnectProxy::start(registry.address(), Some("Basic another"));
    for credentials in ["", "me:Canary@"] {
        let set = through(
            &format!("http://{credentials}{}", proxy.address),
            &authority,
            &registry,
        );
        let found = resolve_with(set, NAME, Depth::Probe);
        assert!(
            matches!(found.resolution, Resolution::Unknown(_)),
            "{found:?}"
        );
        assert!(!format!("{found:?}").contains("Canary"), "{found:?}");
    }
    assert!(registry.log().is_empty());
}

#[test]
fn no_proxy_is_heeded_and_so_is_the_guard_behind_a_proxy() {
    let authority = Authority::new();
    let registry = named_registry(&authority);
    let proxy = ConnectProxy::start(registry.address(), None);
    let set = through(&format!("http://{}", proxy.address), &authority, &registry);
    let mut exempt = set.clone();
    exempt.environment.no_proxy = Some(".example.com".to_owned());
    exempt.timeout = Duration::from_millis(300);
    assert!(matches!(
        resolve_with(exempt, NAME, Depth::Probe).resolution,
        Resolution::Unknown(_)
    ));
    // The proxy resolves names itself, so that only what the name shows can be judged here.
    for trust in [Trust::Trusted, Trust::Untrusted] {
        for host in [
            "169.254.169.254",
            "[fd00:ec2::254]",
            "localhost:1",
            "127.0.0.1:1",
            "metadata.google.internal",
        ] {
            let set = Settings {
                trust,
                ..set.clone()
            };
            let refused = resolve_with(set, &format!("{host}/a:b"), Depth::Probe);
            assert!(
                matches!(refused.resolution, Resolution::Unknown(_)),
                "{host}: {refused:?}"
            );
        }
    }
    let private = Settings {
        trust: Trust::Untrusted,
        ..set
    };
    assert_eq!(
        class(&resolve_with(private, "10.0.0.1/a:b", Depth::Probe)),
        "unknown Forbidden"
    );
    assert_eq!(proxy.log(), [], "nothing of this reached the proxy");
}

#[test]
fn a_folder_for_the_host_gives_its_authority_and_our_certificate() {
    let authority = Authority::new();
    let registry = Registry::start_with(Options {
        tls: Some(&authority.identity()),
        clients: Some(&authority),
        ..Options::default()
    });
    registry.push_oci("app", "1.0");
    let folder = tempfile::tempdir().unwrap();
    let ours = authority.identity_for(&["client.example.com"]);
    let home = folder.path().join("home");
    let ask = || {
        let environment = Environment {
            etc: Some(folder.path().join("etc")),
            home: Some(home.clone()),
            ..Environment::default()
        };
        let set = Settings {
            plain_http: Vec::new(),
            allow_hosts: vec![registry.host()],
            environment,
            ..settings(&registry)
        };
        class(&resolve_with(set, &registry.name("app:1.0"), Depth::Probe))
    };
    assert_eq!(ask(), "unknown Tls", "its authority is not known");
    let place = |base: &str| {
        let folder = folder.path().join(base).join(registry.host());
        std::fs::create_dir_all(&folder).unwrap();
        folder
    };
    let certs = place("etc/docker/certs.d");
    std::fs::copy(authority.file(), certs.join("ca.crt")).unwrap();
    assert_ne!(ask(), "OciManifest", "it asks for our certificate");
    std::fs::write(certs.join("us.cert"), &ours.certificate_pem).unwrap();
    assert_ne!(ask(), "OciManifest", "a certificate without its key");
    std::fs::write(certs.join("us.key"), &ours.key_pem).unwrap();
    assert_eq!(ask(), "OciManifest", "as docker has it");
    let own = place("home/.config/containers/certs.d");
    for name in ["ca.crt", "us.cert", "us.key"] {
        std::fs::rename(certs.join(name), own.join(name)).unwrap();
    }
    assert_eq!(ask(), "OciManifest", "as podman has it");
    std::fs::write(own.join("us.key"), "Canary").unwrap();
    assert_eq!(ask(), "unknown Tls", "a key that is none");
}

#[test]
fn many_requests_share_one_connection_where_http2_is_offered() {
    let authority = Authority::new();
    // Over HTTP/1 a connection may have been begun for a request that another one took meanwhile.
    for (http2, most) in [(true, 1), (false, 32)] {
        let registry = Registry::start_with(Options {
            tls: Some(&authority.identity()),
            http2,
            ..Options::default()
        });
        let names: Vec<String> = oci_tags(&registry, 100);
        let set = Settings {
            plain_http: Vec::new(),
            allow_hosts: vec![registry.host()],
            extra_ca: vec![authority.file().to_owned()],
            timeout: Duration::from_secs(20),
            ..settings(&registry)
        };
        let answers = resolve_all(&Client::new(set).unwrap(), &names);
        assert!(answers.iter().all(|answer| class(answer) == "OciManifest"));
        assert!(
            registry.connections() <= most,
            "{http2}: {} connections",
            registry.connections()
        );
        assert!(registry.log().iter().all(|seen| seen.asked.http2 == http2));
    }
}

#[test]
fn runs_that_share_a_cache_and_files_that_are_spoilt_change_no_answer() {
    let registry = Registry::start();
    let names: Vec<String> = oci_tags(&registry, 20);
    let folder = tempfile::tempdir().unwrap();
    let life = Duration::from_secs(600);
    let cache = CacheMode::Folder {
        folder: folder.path().to_owned(),
        tag_life: life,
        digest_life: life,
    };
    let run = || {
        let set = Settings {
            cache: cache.clone(),
            timeout: Duration::from_secs(20),
            ..settings(&registry)
        };
        let answers = resolve_all(&Client::new(set).unwrap(), &names);
        assert!(answers.iter().all(|answer| class(answer) == "OciManifest"));
        answers
            .iter()
            .filter(|answer| answer.evidence.from_cache)
            .count()
    };
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                run();
                run();
            });
        }
    });
    assert_eq!(run(), 20, "all of it was kept");
    let files: Vec<_> = std::fs::read_dir(folder.path().join("answers"))
        .unwrap()
        .flatten()
        .collect();
    assert_eq!(files.len(), 20, "and nothing is left over");
    for (n, file) in files.iter().enumerate() {
        let bytes = std::fs::read(file.path()).unwrap();
        let spoilt = match n % 4 {
            0 => bytes[..bytes.len() / 2].to_vec(),
            1 => String::from_utf8(bytes)
                .unwrap()
                .replace("OciManifest", "DockerSchema2")
                .into_bytes(),
            2 => Vec::new(),
            _ => {
                std::fs::remove_file(file.path()).unwrap();
                std::os::unix::fs::symlink("/etc/passwd", file.path()).unwrap();
                continue;
            }
        };
        std::fs::write(file.path(), spoilt).unwrap();
    }
    assert_eq!(run(), 0, "nothing spoilt is believed");
    assert_eq!(run(), 20, "and it is kept anew");
}
