//! `registries.conf` at work: what is asked in place of what, and over which kind of connection.

use crate::asking::{class, resolve_with, settings};
use crate::support::registry::Registry;
use crate::support::tls::{Authority, Identity};
use image_lint_model::resolution::Resolution;
use image_lint_registry::{CacheMode, Client, Depth, Environment, Settings, ShortNames};

/// Settings that read this file and name no host.
fn with_conf(registry: &Registry, text: &str) -> (tempfile::TempDir, Settings) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registries.conf");
    std::fs::write(&path, text.replace("HOST", &registry.host())).unwrap();
    let environment = Environment {
        registries_conf: Some(path),
        ..Environment::default()
    };
    let settings = Settings {
        environment,
        plain_http: Vec::new(),
        ..settings(registry)
    };
    (folder, settings)
}

#[test]
fn registries_conf_blocks_and_puts_another_registry_in_place() {
    let registry = Registry::start();
    registry.push_oci("hub/library/nginx", "1.0");
    let folder = tempfile::tempdir().unwrap();
    let conf = folder.path().join("registries.conf");
    let text = format!(
        "[[registry]]\nprefix = 'docker.io'\nlocation = '{}/hub'\n[[registry]]\nlocation = 'quay.io'\nblocked = true\n",
        registry.host()
    );
    std::fs::write(&conf, text).unwrap();
    let with = || Settings {
        environment: Environment {
            registries_conf: Some(conf.clone()),
            ..Environment::default()
        },
        ..settings(&registry)
    };
    let found = resolve_with(with(), "nginx:1.0", Depth::Probe);
    assert_eq!(
        (class(&found), found.evidence.api_host),
        ("OciManifest".to_owned(), registry.host())
    );
    let blocked = resolve_with(with(), "quay.io/team/app:1.0", Depth::Probe);
    let Resolution::Denied(denial) = blocked.resolution else {
        panic!("{blocked:?}")
    };
    assert!(
        format!("{:?}", denial.kind).contains("registries.conf blocks it"),
        "{denial:?}"
    );
    assert_eq!(registry.count("HEAD", "/v2/"), 1);
    std::fs::write(&conf, "[[registry]]\nprefix = 7\n").unwrap();
    let error = Client::new(with()).err().unwrap().to_string();
    assert!(error.contains("registries.conf: line 2: "), "{error}");
}

#[test]
fn an_insecure_host_is_asked_without_a_look_at_its_certificate_and_only_that_host() {
    let authority = Authority::new();
    for (identity, why) in [
        (Identity::self_signed(), "signed by itself"),
        (authority.expired(), "run out"),
    ] {
        let registry = Registry::start_tls(&identity);
        registry.push_oci("team/app", "1.0");
        let (_folder, insecure) = with_conf(
            &registry,
            "[[registry]]\nlocation = 'HOST/team'\ninsecure = true\n",
        );
        let cache = tempfile::tempdir().unwrap();
        let life = std::time::Duration::from_secs(600);
        let keep = CacheMode::Folder {
            folder: cache.path().to_owned(),
            tag_life: life,
            digest_life: life,
        };
        let insecure = Settings {
            cache: keep,
            ..insecure
        };
        for _ in 0..2 {
            let found = resolve_with(
                insecure.clone(),
                &registry.name("team/app:1.0"),
                Depth::Probe,
            );
            assert_eq!(class(&found), "OciManifest", "{why}: {found:?}");
            assert!(!found.evidence.from_cache, "{why}: nobody vouches for it");
        }
        let beside = resolve_with(insecure, &registry.name("other/app:1.0"), Depth::Probe);
        assert_eq!(
            class(&beside),
            "unknown Tls",
            "{why}: another path of the host is asked as usual"
        );
        let strict = Settings {
            plain_http: Vec::new(),
            allow_hosts: vec![registry.host()],
            ..settings(&registry)
        };
        assert_eq!(
            class(&resolve_with(
                strict,
                &registry.name("team/app:1.0"),
                Depth::Probe
            )),
            "unknown Tls",
            "{why}"
        );
    }
}

#[test]
fn an_insecure_host_without_tls_is_asked_over_plain_http() {
    let registry = Registry::start();
    registry.push_oci("app", "1.0");
    for text in [
        "[[registry]]\nlocation = 'HOST'\ninsecure = true\n",
        "[registries.insecure]\nregistries = ['HOST']\n",
    ] {
        let (_folder, insecure) = with_conf(&registry, text);
        let found = resolve_with(insecure.clone(), &registry.name("app:1.0"), Depth::Probe);
        assert_eq!(
            (class(&found), found.evidence.scheme),
            ("OciManifest".to_owned(), "http"),
            "{text}: {found:?}"
        );
        let stranger = Settings {
            trust: image_lint_registry::Trust::Untrusted,
            ..insecure
        };
        let kept = resolve_with(stranger, &registry.name("app:1.0"), Depth::Probe);
        assert_eq!(
            class(&kept),
            "unknown Forbidden",
            "a stranger's tree does not get at loopback by it"
        );
    }
}

#[test]
fn a_mirror_counts_only_when_it_is_wanted_and_only_for_what_it_has() {
    let (mirror, registry) = (Registry::start(), Registry::start());
    mirror.push_schema2("cache/app", "1.0");
    registry.push_oci("app", "1.0");
    registry.push_oci("app", "1.1");
    let text = format!(
        "[[registry]]\nlocation = 'HOST'\n[[registry.mirror]]\nlocation = '{}/cache'\n",
        mirror.host()
    );
    let (_folder, set) = with_conf(&registry, &text);
    let set = Settings {
        plain_http: vec![registry.host(), mirror.host()],
        ..set
    };
    let ask = |use_mirrors, name: &str| {
        class(&resolve_with(
            Settings {
                use_mirrors,
                ..set.clone()
            },
            &registry.name(name),
            Depth::Probe,
        ))
    };
    assert_eq!(
        ask(false, "app:1.0"),
        "OciManifest",
        "the registry's own answer"
    );
    assert_eq!(mirror.connections(), 0);
    assert_eq!(ask(true, "app:1.0"), "DockerSchema2", "the mirror's");
    assert_eq!(
        ask(true, "app:1.1"),
        "OciManifest",
        "what a mirror lacks is no failure"
    );
    assert_eq!(
        ask(true, "app:1.2"),
        "absent Tag",
        "what both lack is missing"
    );
    drop(mirror);
    assert_eq!(
        ask(true, "app:1.0"),
        "OciManifest",
        "a mirror that is down costs nothing but time"
    );
}

#[test]
fn short_names_follow_aliases_and_the_search_list_when_that_is_wanted() {
    let (first, second) = (Registry::start(), Registry::start());
    second.push_oci("mongo", "7");
    second.push_schema2("web/server", "1.0");
    let text = format!(
        "unqualified-search-registries = ['HOST', '{0}']\n[aliases]\nnginx = '{0}/web/server'\n",
        second.host()
    );
    let (_folder, set) = with_conf(&first, &text);
    let set = Settings {
        plain_http: vec![first.host(), second.host()],
        short_names: ShortNames::RegistriesConf,
        ..set
    };
    let ask = |name: &str| resolve_with(set.clone(), name, Depth::Probe);
    assert_eq!(class(&ask("nginx:1.0")), "DockerSchema2", "an alias");
    assert_eq!(first.connections(), 0, "and nobody else is asked");
    let found = ask("mongo:7");
    assert_eq!(
        (class(&found), found.evidence.api_host),
        ("OciManifest".to_owned(), second.host())
    );
    assert!(
        matches!(ask("mongo:8").resolution, Resolution::Absent(_)),
        "all of them were asked"
    );
    drop(first);
    assert!(
        matches!(ask("mongo:8").resolution, Resolution::Unknown(_)),
        "one is silent, so nothing is proved"
    );
    assert_eq!(class(&ask("mongo:7")), "OciManifest");
}
