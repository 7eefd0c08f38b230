//! The client against registries that answer rightly, differently or wrongly: the class of each answer, the requests it
//! took, and what was sent to whom.

use std::time::Duration;

use crate::asking::{block, class, impatient, resolve, resolve_with, settings, with_login};
use crate::support::artifact;
use crate::support::registry::{Fault, Kind, Profile, Registry, Scheme, Wait};
use crate::support::tls::Authority;
use image_lint_model::manifest::Format;
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::{Resolution, UnreachableCause};
use image_lint_registry::{CacheMode, Client, Depth, Settings};

#[test]
fn single_forms_take_one_head_and_lists_one_get_more() {
    let registry = Registry::start();
    registry.push_schema2("app", "s2");
    registry.push_oci("app", "oci");
    registry.push_oci_index("app", "index");
    registry.push_docker_list("app", "list");
    for (tag, expected, gets) in [
        ("s2", "DockerSchema2", 0),
        ("oci", "OciManifest", 0),
        ("index", "OciIndex", 1),
        ("list", "DockerList", 1),
    ] {
        registry.clear_log();
        assert_eq!(class(&resolve(&registry, &format!("app:{tag}"))), expected);
        assert_eq!(
            (
                registry.count("HEAD", "/v2/"),
                registry.count("GET", "/v2/")
            ),
            (1, gets),
            "{tag}"
        );
    }
    let list = resolve(&registry, "app:list");
    let Resolution::Found(manifest) = list.resolution else {
        panic!()
    };
    assert!(!manifest.body.unwrap().children.is_empty());
}

#[test]
fn every_registry_of_the_world_gets_the_right_class() {
    for profile in Profile::ALL {
        let registry = Registry::start();
        registry.profile(profile);
        registry.push_oci("team/app", "1.0");
        registry.push_schema2("team/secret", "1.0");
        registry.user("me", "right").private("team/secret", &["me"]);
        let basic = {
            let mut scheme = Scheme::Open;
            registry.manners(|m| scheme = m.scheme);
            scheme
        };
        let login = || with_login(&registry, "me", "right");
        let found = resolve_with(login(), &registry.name("team/app:1.0"), Depth::Probe);
        assert_eq!(
            class(&found),
            "OciManifest",
            "{profile:?}: {:#?}",
            registry.lines()
        );
        let missing = resolve_with(login(), &registry.name("team/app:1.1"), Depth::Probe);
        assert_eq!(
            class(&missing),
            "absent Tag",
            "{profile:?}: {:#?}",
            registry.lines()
        );
        let Resolution::Absent(absence) = missing.resolution else {
            panic!()
        };
        assert_eq!(absence.nearest_tags, ["1.0"], "{profile:?}");
        if basic != Scheme::Open {
            let anonymous = resolve(&registry, "team/secret:1.0");
            assert_eq!(
                class(&anonymous),
                "MissingOrPrivate",
                "{profile:?}: {:#?}",
                registry.lines()
            );
            let right = resolve_with(login(), &registry.name("team/secret:1.0"), Depth::Probe);
            assert_eq!(
                class(&right),
                "DockerSchema2",
                "{profile:?}: {:#?}",
                registry.lines()
            );
            assert_eq!(
                right.evidence.credentials.as_deref(),
                Some("DOCKER_AUTH_CONFIG"),
                "{profile:?}"
            );
            let wrong = with_login(&registry, "me", "canary");
            let wrong = resolve_with(wrong, &registry.name("team/secret:1.0"), Depth::Probe);
            assert_eq!(
                class(&wrong),
                "CredentialsRefused",
                "{profile:?}: {:#?}",
                registry.lines()
            );
            assert!(
                !format!("{wrong:?}").contains("canary"),
                "{profile:?}: a secret in what is told"
            );
        }
    }
}

#[test]
fn every_fault_has_its_class_in_bounded_time() {
    let not_it = format!("sha256:{}", "0".repeat(64));
    let cases: Vec<(&str, Fault, &str)> = vec![
        ("head", Fault::status(405), "DockerSchema2"),
        ("head", Fault::status(404), "DockerSchema2"),
        ("head", Fault::status(500), "DockerSchema2"),
        ("head", Fault::no_digest(), "DockerSchema2"),
        ("head", Fault::no_content_type(), "DockerSchema2"),
        (
            "head",
            Fault::content_type("application/octet-stream"),
            "DockerSchema2",
        ),
        ("any", Fault::content_type("text/plain"), "DockerSchema2"),
        (
            "any",
            Fault::content_type("application/vnd.oci.image.manifest.v1+json; charset=x"),
            "OciManifest",
        ),
        ("any", Fault::login_page(), "unknown Protocol"),
        ("any", Fault::status(204), "unknown Protocol"),
        ("any", Fault::status(500), "unknown Server { status: 500 }"),
        ("any", Fault::status(503), "unknown Server { status: 503 }"),
        ("any", Fault::status(406), "unknown Server { status: 406 }"),
        ("any", Fault::status(451), "blocked"),
        (
            "any",
            Fault::errors(405, &[("UNSUPPORTED", "not an image repository")]),
            "blocked",
        ),
        (
            "any",
            Fault::errors(412, &[("PROJECTPOLICYVIOLATION", "x")]),
            "blocked",
        ),
        ("any", Fault::Reset, "unknown Connect"),
        ("any", Fault::Hang, "unknown Timeout"),
        (
            "any",
            Fault::redirect(307, "http://169.254.169.254/x"),
            "unknown Forbidden",
        ),
        (
            "any",
            Fault::redirect(302, "/v2/app/manifests/1.0"),
            "unknown Protocol",
        ),
        (
            "any",
            Fault::redirect(302, "file:///etc/passwd"),
            "unknown Protocol",
        ),
        (
            "any",
            Fault::limited(Wait::Header("999999".into())),
            "unknown RateLimited { retry_after: Some(999999s) }",
        ),
        ("any", Fault::digest(&not_it), "DockerSchema2"),
    ];
    for (on, fault, expected) in cases {
        let registry = Registry::start();
        registry.push_schema2("app", "1.0");
        let words = format!("{on} {fault:?}");
        let set = match fault {
            Fault::Hang => impatient(&registry),
            _ => settings(&registry),
        };
        let place = registry.on("app:1.0");
        if on == "head" {
            place.head().gives(fault)
        } else {
            place.gives(fault)
        };
        let found = resolve_with(set, &registry.name("app:1.0"), Depth::Probe);
        assert_eq!(class(&found), expected, "{words}: {:#?}", registry.lines());
        // Three tries of HEAD, three of GET, and one look at the tags; each ends after the settings' time.
        assert!(
            registry.log().len() <= 7,
            "{words}: {:#?}",
            registry.lines()
        );
    }
}

#[test]
fn bodies_that_cannot_be_trusted_are_no_proof() {
    let cases = [
        (Fault::Endless, "unknown Protocol"),
        (Fault::Truncate, "unknown Protocol"),
        (Fault::ResetInBody, "unknown Protocol"),
        (Fault::Body(b"{}".to_vec()), "unknown Protocol"),
        (Fault::Body(artifact::oci("x").body), "ambiguous"),
    ];
    for (fault, expected) in cases {
        let registry = Registry::start();
        registry.push_docker_list("app", "1.0");
        let words = format!("{fault:?}");
        registry.on("app:1.0").get().gives(fault);
        let found = resolve_with(
            Settings {
                timeout: Duration::from_secs(5),
                ..settings(&registry)
            },
            &registry.name("app:1.0"),
            Depth::Probe,
        );
        assert_eq!(class(&found), expected, "{words}: {found:?}");
    }
}

#[test]
fn what_fails_once_is_asked_again() {
    for fault in [
        Fault::status(500),
        Fault::limited(Wait::Header("0".into())),
        Fault::Reset,
    ] {
        let registry = Registry::start();
        registry.push_schema2("app", "1.0");
        registry.on("app:1.0").once(fault);
        assert_eq!(class(&resolve(&registry, "app:1.0")), "DockerSchema2");
    }
}

#[test]
fn a_digest_is_compared_with_the_bytes() {
    let registry = Registry::start();
    let digest = registry.push_docker_list("app", "1.0");
    registry
        .on(&format!("app@{digest}"))
        .get()
        .gives(Fault::Body(artifact::docker_list("other").body));
    let name = format!("{}/app@{digest}", registry.host());
    let found = resolve_with(settings(&registry), &name, Depth::Probe);
    assert_eq!(class(&found), "ambiguous");
}

#[test]
fn many_references_of_one_host_take_one_challenge_and_one_token() {
    let registry = Registry::start();
    registry.with_tokens();
    for repository in 0..4 {
        for tag in 0..10 {
            registry.push_oci(&format!("team/r{repository}"), &format!("t{tag}"));
        }
    }
    let client = Client::new(settings(&registry)).unwrap();
    block(async {
        let tasks: Vec<_> = (0..40)
            .map(|i| {
                let name = registry.name(&format!("team/r{}:t{}", i % 4, i / 4));
                let (client, reference) = (client.clone(), ImageReference::parse(&name).unwrap());
                tokio::spawn(async move { client.resolve(&reference, Depth::Probe).await })
            })
            .collect();
        for task in tasks {
            assert_eq!(class(&task.await.unwrap()), "OciManifest");
        }
    });
    assert_eq!(
        registry.count("HEAD", "/v2/"),
        41,
        "one learns the challenge"
    );
    assert_eq!(registry.count("GET", "/v2/"), 0);
    assert_eq!(
        registry.count_kind(Kind::Token),
        1,
        "all four repositories in one"
    );
    assert!(registry.most_in_flight() <= 16);
}

#[test]
fn a_dead_host_costs_one_attempt_and_not_one_for_each_reference() {
    let registry = Registry::start();
    let dead = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let client = Client::new(Settings {
        plain_http: vec![dead.clone()],
        ..settings(&registry)
    })
    .unwrap();
    let classes = block(async {
        let mut classes = Vec::new();
        for i in 0..20 {
            let reference = ImageReference::parse(&format!("{dead}/app:{i}")).unwrap();
            classes.push(class(&client.resolve(&reference, Depth::Probe).await));
        }
        classes
    });
    assert_eq!(classes[0], "unknown Connect");
    assert!(classes[1..].iter().all(|c| c == "unknown HostGivenUp"));
    assert_eq!(client.statistics().requests(), 3);
}

#[test]
fn loopback_is_not_asked_unless_it_was_named() {
    let registry = Registry::start();
    registry.push_schema2("app", "1.0");
    let unnamed = Settings {
        plain_http: Vec::new(),
        ..settings(&registry)
    };
    assert_eq!(
        class(&resolve_with(
            unnamed,
            &registry.name("app:1.0"),
            Depth::Probe
        )),
        "unknown Forbidden"
    );
    assert!(registry.log().is_empty());
}

#[test]
fn a_realm_elsewhere_gets_no_credentials() {
    let registry = Registry::start();
    let thief = Registry::start();
    registry.with_tokens();
    registry.push_schema2("app", "1.0");
    registry.user("me", "canary");
    let realm = format!(
        r#"Bearer realm="http://localhost:{}/token",service="s""#,
        thief.address().port()
    );
    registry.challenge(&[&realm]);
    let settings = with_login(&registry, "me", "canary");
    let found = resolve_with(settings, &registry.name("app:1.0"), Depth::Probe);
    assert!(
        matches!(found.resolution, Resolution::Unknown(_)),
        "{found:?}"
    );
    assert!(
        thief
            .log()
            .iter()
            .all(|seen| seen.authorization().is_none())
    );
}

#[test]
fn offline_deadline_and_interruption_are_no_verdicts() {
    let registry = Registry::start();
    registry.push_schema2("app", "1.0");
    let offline = Settings {
        offline: true,
        ..settings(&registry)
    };
    assert_eq!(
        class(&resolve_with(
            offline,
            &registry.name("app:1.0"),
            Depth::Probe
        )),
        "unknown Offline"
    );
    assert!(registry.log().is_empty());
    registry.on("app:1.0").gives(Fault::Hang);
    let short = Settings {
        deadline: Some(Duration::from_millis(50)),
        ..settings(&registry)
    };
    assert_eq!(
        class(&resolve_with(
            short,
            &registry.name("app:1.0"),
            Depth::Probe
        )),
        "unknown Deadline"
    );
    let client = Client::new(settings(&registry)).unwrap();
    client.interrupt();
    let reference = ImageReference::parse(&registry.name("app:1.0")).unwrap();
    let resolved = block(client.resolve(&reference, Depth::Probe));
    assert_eq!(
        class(&resolved),
        format!("unknown {:?}", UnreachableCause::Interrupted)
    );
}

#[test]
fn a_full_look_reads_children_and_configs() {
    let registry = Registry::start();
    registry.push_oci_index("app", "index");
    let found = resolve_with(
        settings(&registry),
        &registry.name("app:index"),
        Depth::Full,
    );
    let Resolution::Found(manifest) = found.resolution else {
        panic!("{found:?}")
    };
    assert_eq!(manifest.format, Format::OciIndex);
    let body = manifest.body.unwrap();
    assert!(
        body.children
            .iter()
            .any(|child| child.body().is_some_and(|b| !b.layers.is_empty())),
        "{body:?}"
    );
}

#[test]
fn a_cached_answer_takes_no_request_and_serves_offline() {
    let registry = Registry::start();
    registry.push_oci("app", "1.0");
    let folder = tempfile::tempdir().unwrap();
    let life = Duration::from_secs(600);
    let cache = CacheMode::Folder {
        folder: folder.path().to_owned(),
        tag_life: life,
        digest_life: life,
    };
    let with_cache = |offline| Settings {
        cache: cache.clone(),
        offline,
        ..settings(&registry)
    };
    let first = resolve_with(with_cache(false), &registry.name("app:1.0"), Depth::Probe);
    assert!(!first.evidence.from_cache);
    registry.clear_log();
    for offline in [false, true] {
        let again = resolve_with(with_cache(offline), &registry.name("app:1.0"), Depth::Probe);
        assert_eq!(class(&again), "OciManifest");
        assert!(again.evidence.from_cache);
    }
    let missing = resolve_with(with_cache(false), &registry.name("app:none"), Depth::Probe);
    assert_eq!(class(&missing), "absent Tag");
    let missing = resolve_with(with_cache(true), &registry.name("app:none"), Depth::Probe);
    assert_eq!(
        class(&missing),
        "unknown Offline",
        "only what was found is kept"
    );
    assert_eq!(registry.count("HEAD", "/v2/"), 1);
}

#[test]
fn a_kept_answer_that_would_be_a_finding_is_asked_again() {
    let registry = Registry::start();
    registry.push_oci("app", "1.0");
    registry.push_schema2("fine", "1.0");
    let folder = tempfile::tempdir().unwrap();
    let life = Duration::from_secs(600);
    let set = |offline| Settings {
        cache: CacheMode::Folder {
            folder: folder.path().to_owned(),
            tag_life: life,
            digest_life: life,
        },
        doubtful: vec![Format::OciManifest, Format::OciIndex],
        offline,
        ..settings(&registry)
    };
    let ask = |name: &str, offline| resolve_with(set(offline), &registry.name(name), Depth::Probe);
    let rows = [
        ("app:1.0", false, false, "nothing is kept yet"),
        ("fine:1.0", false, false, "nothing is kept yet"),
        (
            "app:1.0",
            false,
            false,
            "the target does not take it, so what the tag is now counts",
        ),
        ("fine:1.0", false, true, "nothing would be found"),
        ("app:1.0", true, true, "offline there is nobody to ask"),
    ];
    for (name, offline, kept, why) in rows {
        let answer = ask(name, offline);
        assert_eq!(answer.evidence.from_cache, kept, "{name}: {why}");
    }
    // Built again for the target and pushed to the same tag, as the finding says.
    registry.push_schema2("app", "1.0");
    assert_eq!(class(&ask("app:1.0", false)), "DockerSchema2");
    assert!(ask("app:1.0", false).evidence.from_cache);
}

#[test]
fn a_private_authority_is_believed_only_when_given() {
    let authority = Authority::new();
    let registry = Registry::start_tls(&authority.identity());
    registry.push_oci("app", "1.0");
    let file = authority.file().to_owned();
    let over_tls = |extra_ca| Settings {
        plain_http: Vec::new(),
        allow_hosts: vec![registry.host()],
        extra_ca,
        ..settings(&registry)
    };
    let unknown = resolve_with(
        over_tls(Vec::new()),
        &registry.name("app:1.0"),
        Depth::Probe,
    );
    assert_eq!(class(&unknown), "unknown Tls", "{unknown:?}");
    let known = resolve_with(
        over_tls(vec![file]),
        &registry.name("app:1.0"),
        Depth::Probe,
    );
    assert_eq!(class(&known), "OciManifest", "{known:?}");
    for identity in [
        authority.expired(),
        authority.identity_for(&["other.example"]),
    ] {
        let registry = Registry::start_tls(&identity);
        let settings = Settings {
            plain_http: Vec::new(),
            allow_hosts: vec![registry.host()],
            extra_ca: vec![authority.file().to_owned()],
            ..settings(&registry)
        };
        let refused = resolve_with(settings, &registry.name("app:1.0"), Depth::Probe);
        assert_eq!(class(&refused), "unknown Tls", "{refused:?}");
        assert!(registry.log().is_empty());
    }
}

#[test]
fn three_hundred_references_take_one_request_each_over_few_connections() {
    let registry = Registry::start();
    for i in 0..300 {
        registry.push_oci("app", &format!("t{i}"));
    }
    registry.latency(Duration::from_millis(50));
    let client = Client::new(Settings {
        timeout: Duration::from_secs(20),
        ..settings(&registry)
    })
    .unwrap();
    block(async {
        let tasks: Vec<_> = (0..300)
            .map(|i| {
                let reference =
                    ImageReference::parse(&registry.name(&format!("app:t{i}"))).unwrap();
                let client = client.clone();
                tokio::spawn(async move { client.resolve(&reference, Depth::Probe).await })
            })
            .collect();
        for task in tasks {
            assert_eq!(class(&task.await.unwrap()), "OciManifest");
        }
    });
    // What it takes in time is for the benchmark (benches/whole).
    assert_eq!(registry.count("HEAD", "/v2/"), 300);
    assert!(registry.connections() <= 16);
}
