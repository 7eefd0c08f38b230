//! The registries of the world, row by row: how each stores, challenges, hides and refuses, and what is made of it.

use crate::asking::{class, resolve_all, resolve_with, settings, with_login};
use crate::support::artifact;
use crate::support::registry::{
    AcceptPolicy, Answer, Fault, Kind, Profile, Registry, Scheme, Wait,
};
use image_lint_model::resolution::Resolution;
use image_lint_registry::{Client, Depth, Settings};

/// One registry: its name, how it behaves, and what an OCI image, a docker image and an OCI index there take: requests by
/// HEAD and GET for each, the challenge apart.
struct Row {
    name: &'static str,
    set_up: fn(&Registry),
    gets: usize,
    /// Its answers carry the digest; else it is computed.
    digest_told: bool,
}

fn profile(name: &'static str, set_up: fn(&Registry)) -> Row {
    Row {
        name,
        set_up,
        gets: 0,
        digest_told: true,
    }
}

fn rows() -> Vec<Row> {
    let silent = |name, set_up| Row {
        name,
        set_up,
        gets: 1,
        digest_told: false,
    };
    vec![
        profile("Docker Hub", |r| {
            r.profile(Profile::DockerHub);
        }),
        profile("Quay", |r| {
            r.profile(Profile::Quay);
        }),
        profile("GHCR", |r| {
            r.profile(Profile::Ghcr);
        }),
        profile("GitLab", |r| {
            r.profile(Profile::GitLab);
        }),
        // Some installations fail HEAD (crossplane/crossplane, issue 3223).
        Row {
            gets: 1,
            ..profile("Harbor", |r| {
                r.profile(Profile::Harbor);
                r.on("*").head().gives(Fault::status(404));
            })
        },
        silent("ECR", |r| {
            r.profile(Profile::Ecr);
        }),
        silent("ECR Public", |r| {
            r.profile(Profile::EcrPublic);
        }),
        profile("Artifact Registry", |r| {
            r.profile(Profile::Gar);
        }),
        profile("ACR", |r| {
            r.profile(Profile::Acr);
        }),
        silent("Red Hat", |r| {
            r.with_tokens().manners(|m| m.digest_header = false);
        }),
        profile("registry.k8s.io", |r| {
            r.manners(|m| m.missing_repository = Answer::new(404));
        }),
        profile("OpenShift 3.11", |r| {
            r.with_tokens();
        }),
        profile("OpenShift 4", |r| {
            r.with_tokens()
                .manners(|m| m.accept = AcceptPolicy::HonourButIndexes);
        }),
        profile("Artifactory", |r| {
            r.profile(Profile::Artifactory);
        }),
        // HEAD failed on old versions (merll/docker-registry-util, issue 3).
        Row {
            gets: 1,
            ..profile("Nexus", |r| {
                r.profile(Profile::Nexus);
                r.on("*").head().gives(Fault::status(405));
            })
        },
        profile("distribution 2.6", |r| {
            r.manners(|m| m.accept = AcceptPolicy::Honour);
        }),
        profile("distribution 2.7 to 3", |r| {
            r.profile(Profile::Distribution3);
        }),
        profile("zot", |r| {
            r.profile(Profile::Zot);
        }),
        silent("static files", |r| {
            r.manners(|m| (m.accept, m.digest_header) = (AcceptPolicy::Ignore, false));
        }),
    ]
}

#[test]
fn each_registry_tells_what_it_stores_for_one_question() {
    let rows = rows();
    assert_eq!(
        rows.len(),
        19,
        "a row of the table of registries has no case"
    );
    for row in rows {
        let registry = Registry::start();
        (row.set_up)(&registry);
        registry.user("me", "right");
        registry.push_oci("team/app", "oci");
        registry.push_schema2("team/app", "docker");
        registry.push_oci_index("team/app", "index");
        let mut scheme = Scheme::Open;
        registry.manners(|m| scheme = m.scheme);
        let set = if scheme == Scheme::Basic {
            with_login(&registry, "me", "right")
        } else {
            settings(&registry)
        };
        for (tag, expected) in [
            ("oci", "OciManifest"),
            ("docker", "DockerSchema2"),
            ("index", "OciIndex"),
        ] {
            registry.clear_log();
            let found = resolve_with(
                set.clone(),
                &registry.name(&format!("team/app:{tag}")),
                Depth::Probe,
            );
            assert_eq!(
                class(&found),
                expected,
                "{}: {tag} {:#?}",
                row.name,
                registry.lines()
            );
            let Resolution::Found(manifest) = &found.resolution else {
                panic!("{found:?}")
            };
            assert!(manifest.digest.is_some(), "{}", row.name);
            assert_eq!(
                manifest.digest_computed, !row.digest_told,
                "{}: {tag}",
                row.name
            );
            let manifests = |method: &str| {
                registry
                    .log()
                    .iter()
                    .filter(|s| {
                        s.kind == Kind::Manifest
                            && s.asked.method == method
                            && s.status != Some(401)
                    })
                    .count()
            };
            assert_eq!(
                (manifests("HEAD"), manifests("GET")),
                // An index is read: it may lack the platform.
                (1, if tag == "index" { 1 } else { row.gets }),
                "{}: {tag} {:#?}",
                row.name,
                registry.lines()
            );
        }
    }
}

#[test]
fn a_registry_that_answers_from_another_host_gives_it_no_credentials() {
    // registry.k8s.io sends to a regional Artifact Registry, which wants an anonymous token of its own.
    let (front, regional) = (Registry::start(), Registry::start());
    regional.with_tokens().push_oci("team/app", "1.0");
    front.user("me", "Canary").with_basic();
    front.on("team/app").gives(Fault::redirect(
        307,
        &format!("{}/v2/team/app/manifests/1.0", regional.url()),
    ));
    // The token service of the other one is on a port of its own, which counts as the same host.
    let hosts = vec![front.host(), regional.host(), regional.token_host()];
    let set = Settings {
        plain_http: hosts,
        ..with_login(&front, "me", "Canary")
    };
    let found = resolve_with(set, &front.name("team/app:1.0"), Depth::Probe);
    assert_eq!(class(&found), "OciManifest", "{:#?}", regional.lines());
    assert!(
        regional
            .log()
            .iter()
            .all(|seen| !seen.authorization().is_some_and(|a| a.starts_with("Basic")))
    );
}

/// Registries of the table of answers, with their schemes made such that somebody may be refused.
const COLUMNS: [(&str, Profile); 10] = [
    ("Docker Hub", Profile::DockerHub),
    ("Quay", Profile::Quay),
    ("GHCR", Profile::Ghcr),
    ("Artifact Registry", Profile::Gar),
    ("ECR", Profile::Ecr),
    ("ACR", Profile::Acr),
    ("Harbor", Profile::Harbor),
    ("GitLab", Profile::GitLab),
    ("distribution", Profile::Distribution),
    ("zot", Profile::Zot),
];

/// What each row of the table comes to: for a situation and a registry the classes that are right.
fn expected(situation: &str, column: &str) -> &'static [&'static str] {
    match (situation, column) {
        ("tag missing", _) => &["absent Tag"],
        // Who wants no login hides nothing.
        ("repository missing, anonymous", "distribution") => &["absent Tag", "absent Repository"],
        ("repository missing, anonymous", "zot") => &["absent Repository"],
        ("repository missing, anonymous" | "repository private, anonymous", _) => {
            &["MissingOrPrivate"]
        }
        // Its owner is told; where it says no more than "no", whoever asked was known.
        ("repository missing, own namespace", _) => &["absent Tag", "absent Repository"],
        ("wrong credentials", _) => &["CredentialsRefused"],
        ("blocked", "GHCR" | "Artifact Registry" | "ACR") => &["MissingOrPrivate"],
        ("blocked", "ECR") => &["NoAccess"],
        ("blocked", _) => &["blocked"],
        ("limited", "ECR") => &["unknown RateLimited { retry_after: None }"],
        ("limited", "GitLab") => &["unknown RateLimited { retry_after: Some(3600s) }"],
        // GHCR names its wait in the body, and an answer to HEAD has none; see below.
        ("limited", "GHCR") => &["unknown RateLimited { retry_after: None }"],
        ("limited", "distribution" | "zot") => &[
            "unknown Server { status: 503 }",
            "unknown RateLimited { retry_after: None }",
        ],
        ("limited", _) => &["unknown RateLimited { retry_after: None }"],
        _ => unreachable!("a situation of the table"),
    }
}

/// How a registry says that something else than its rights is in the way.
fn block_of(column: &str) -> Vec<Fault> {
    match column {
        "Docker Hub" => vec![Fault::status(451)],
        "Quay" => vec![
            Fault::errors(405, &[("DENIED", "namespace is disabled")]),
            Fault::errors(405, &[("UNSUPPORTED", "not an image repository")]),
        ],
        "Harbor" => vec![Fault::errors(
            412,
            &[("PROJECTPOLICYVIOLATION", "vulnerable")],
        )],
        // A 403 with DENIED is what they say to strangers as well: the message is no contract.
        "GHCR" | "Artifact Registry" => vec![Fault::errors(403, &[("DENIED", "billing")])],
        "ACR" => vec![Fault::errors(
            403,
            &[("DENIED", "client with IP '192.0.2.1' is not allowed access")],
        )],
        "ECR" => vec![Fault::errors(
            403,
            &[("DENIED", "not authorized to perform: ecr:BatchGetImage")],
        )],
        _ => vec![
            Fault::status(451),
            Fault::errors(403, &[("BLOCKED_BY_POLICY", "x")]),
        ],
    }
}

fn limit_of(column: &str) -> Fault {
    match column {
        "Docker Hub" => Fault::limited(Wait::BareText),
        "Quay" => Fault::limited(Wait::Html),
        "GHCR" => Fault::limited(Wait::GoDuration("880.092µs".to_owned())),
        "ECR" => Fault::Answer(Answer::new(429).body(
            "application/json",
            r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#,
        )),
        "GitLab" => Fault::limited(Wait::Header("3600".to_owned())),
        "distribution" | "zot" => Fault::status(503),
        _ => Fault::limited(Wait::Unsaid),
    }
}

#[test]
fn each_answer_of_each_registry_has_its_class() {
    let situations = [
        "tag missing",
        "repository missing, anonymous",
        "repository private, anonymous",
        "repository missing, own namespace",
        "wrong credentials",
        "blocked",
        "limited",
    ];
    let mut cells = 0;
    for situation in situations {
        for (column, profile) in COLUMNS {
            let faults = match situation {
                "blocked" => block_of(column),
                "limited" => vec![limit_of(column)],
                _ => vec![Fault::IgnoreAccept],
            };
            for fault in faults {
                cells += 1;
                let registry = Registry::start();
                registry
                    .profile(profile)
                    .user("me", "right")
                    .owns("me", "own");
                registry.push_schema2("team/app", "1.0");
                registry.private("team/secret", &["me"]);
                registry.push_schema2("team/secret", "1.0");
                let mut scheme = Scheme::Open;
                registry.manners(|m| scheme = m.scheme);
                if scheme == Scheme::Open && situation == "wrong credentials" {
                    registry.with_basic();
                }
                registry.on("team/app:1.0").gives(fault);
                let me = || with_login(&registry, "me", "right");
                let usual = || {
                    if scheme == Scheme::Basic {
                        me()
                    } else {
                        settings(&registry)
                    }
                };
                let (set, name) = match situation {
                    "tag missing" => (usual(), "team/app:gone"),
                    "repository missing, anonymous" => (settings(&registry), "team/none:1.0"),
                    "repository private, anonymous" => (settings(&registry), "team/secret:1.0"),
                    "repository missing, own namespace" => (me(), "own/none:1.0"),
                    "wrong credentials" => {
                        (with_login(&registry, "me", "wrong"), "team/secret:1.0")
                    }
                    _ => (usual(), "team/app:1.0"),
                };
                let client = Client::new(set).unwrap();
                // The registry has introduced itself to most questions of a run.
                if matches!(situation, "blocked" | "limited") {
                    resolve_all(&client, &[registry.name("team/app:other")]);
                }
                let found = resolve_all(&client, &[registry.name(name)]).remove(0);
                let right = expected(situation, column);
                assert!(
                    right.contains(&&*class(&found)),
                    "{situation} on {column}: {found:#?} {:#?}",
                    registry.lines()
                );
            }
        }
    }
    assert_eq!(cells, 7 * 10 + 4, "four have a second way to block");
}

#[test]
fn a_tag_that_quay_once_had_is_told_to_be_one() {
    let registry = Registry::start();
    registry
        .profile(Profile::Quay)
        .push_schema2("team/app", "1.0");
    registry.expire("team/app", "0.9");
    let found = resolve_with(
        settings(&registry),
        &registry.name("team/app:0.9"),
        Depth::Probe,
    );
    let Resolution::Absent(absence) = &found.resolution else {
        panic!("{found:?}")
    };
    assert!(
        absence.expired && absence.nearest_tags == ["1.0"],
        "{absence:?}"
    );
}

#[test]
fn what_docker_hub_holds_of_old_is_told_as_schema_1() {
    let registry = Registry::start();
    registry.profile(Profile::DockerHub);
    registry.push(
        "team/old",
        "5.5",
        &artifact::schema1("team/old", "5.5", true),
    );
    let found = resolve_with(
        settings(&registry),
        &registry.name("team/old:5.5"),
        Depth::Probe,
    );
    assert_eq!(
        class(&found),
        "DockerSchema1Signed",
        "{:#?}",
        registry.lines()
    );
}

#[test]
fn a_wait_that_stands_in_the_body_alone_is_heeded() {
    for (wait, expected) in [
        ("20ms", "DockerList"),
        ("1h2m", "unknown RateLimited { retry_after: Some(3720s) }"),
    ] {
        let registry = Registry::start();
        registry
            .profile(Profile::Ghcr)
            .push_docker_list("team/app", "1.0");
        registry
            .on("team/app:1.0")
            .get()
            .once(Fault::limited(Wait::GoDuration(wait.to_owned())));
        let found = resolve_with(
            settings(&registry),
            &registry.name("team/app:1.0"),
            Depth::Probe,
        );
        assert_eq!(class(&found), expected, "{wait}: {:#?}", registry.lines());
    }
}
