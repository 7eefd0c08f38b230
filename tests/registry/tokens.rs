//! Tokens: how many are asked for, in which way, for whom, and what happens when one is not taken.

use std::time::Duration;

use crate::asking::{class, impatient, resolve_all, resolve_with, settings, with_login};
use crate::support::registry::{Answer, Fault, Kind, Registry};
use image_lint_registry::{Client, Depth, Environment, Settings};

/// Repositories `team/r0` to `team/r{n-1}` with a tag each, behind a token service.
fn registry_of(repositories: usize) -> (Registry, Vec<String>) {
    let registry = Registry::start();
    registry.with_tokens();
    let names = (0..repositories).map(|n| {
        registry.push_oci(&format!("team/r{n}"), "1.0");
        registry.name(&format!("team/r{n}:1.0"))
    });
    let names = names.collect();
    (registry, names)
}

fn classes(client: &Client, names: &[String]) -> Vec<String> {
    resolve_all(client, names).iter().map(class).collect()
}

/// The scopes of each request to the token service.
fn scopes(registry: &Registry) -> Vec<usize> {
    let tokens = registry
        .log()
        .into_iter()
        .filter(|seen| seen.kind == Kind::Token);
    tokens
        .map(|seen| seen.asked.parameters("scope").count())
        .collect()
}

#[test]
fn scopes_are_asked_for_twenty_at_a_time() {
    for jwt in [false, true] {
        let (registry, names) = registry_of(45);
        registry.token_manners(|t| t.jwt = jwt);
        let client = Client::new(settings(&registry)).unwrap();
        assert!(
            classes(&client, &names).iter().all(|c| c == "OciManifest"),
            "{:#?}",
            registry.lines()
        );
        let asked = scopes(&registry);
        assert_eq!(asked.iter().sum::<usize>(), 45, "{asked:?}");
        assert_eq!(
            (asked.len(), asked.iter().max()),
            (3, Some(&20)),
            "{asked:?}"
        );
        assert_eq!(
            registry.count("HEAD", "/v2/"),
            45 + 1,
            "one learns the challenge"
        );
        assert!(classes(&client, &names).iter().all(|c| c == "OciManifest"));
        assert_eq!(registry.count_kind(Kind::Token), 3, "tokens are used again");
    }
}

#[test]
fn a_service_that_does_not_take_several_scopes_is_asked_for_one() {
    type Manner = fn(&Registry);
    let rows: [(&str, Manner, usize); 3] = [
        (
            "it heeds the first, and its tokens say so",
            |r| {
                r.token_manners(|t| (t.first_scope_only, t.jwt) = (true, true));
            },
            12,
        ),
        (
            "it heeds the first, and its tokens say nothing",
            |r| {
                r.token_manners(|t| t.first_scope_only = true);
            },
            13,
        ),
        (
            "it refuses several",
            |r| {
                // As GitLab and Artifact Registry do where one of them cannot be read.
                r.private("team/r3", &["nobody"]);
                r.manners(|m| {
                    m.unreadable_at_token =
                        Some(Answer::errors(403, &[("DENIED", "access forbidden")]))
                });
            },
            13,
        ),
    ];
    for (why, spoil, most) in rows {
        let (registry, names) = registry_of(12);
        spoil(&registry);
        let client = Client::new(settings(&registry)).unwrap();
        let found = classes(&client, &names);
        for (n, class) in found.iter().enumerate() {
            let expected = if why.contains("refuses") && n == 3 {
                "MissingOrPrivate"
            } else {
                "OciManifest"
            };
            assert_eq!(class, expected, "{why}: r{n} {:#?}", registry.lines());
        }
        let tokens = registry.count_kind(Kind::Token);
        assert!(tokens <= most, "{why}: {tokens} {:?}", scopes(&registry));
    }
}

#[test]
fn one_unreadable_repository_spoils_no_others() {
    for jwt in [false, true] {
        let (registry, names) = registry_of(6);
        registry
            .private("team/r2", &["nobody"])
            .token_manners(|t| t.jwt = jwt);
        let client = Client::new(settings(&registry)).unwrap();
        let found = classes(&client, &names);
        for (n, class) in found.iter().enumerate() {
            assert_eq!(
                class,
                if n == 2 {
                    "MissingOrPrivate"
                } else {
                    "OciManifest"
                },
                "{jwt}: {:#?}",
                registry.lines()
            );
        }
        assert!(
            registry.count_kind(Kind::Token) <= 3,
            "{jwt}: {:?}",
            scopes(&registry)
        );
    }
}

#[test]
fn an_identity_token_is_posted_and_where_nobody_takes_posts_a_token_is_got() {
    for (post, methods) in [
        (true, ["POST"].as_slice()),
        (false, ["POST", "GET"].as_slice()),
    ] {
        let (registry, names) = registry_of(3);
        registry
            .user("me", "unused")
            .identity_token("Canary-identity", "me")
            .private("team/r1", &["me"]);
        registry.token_manners(|t| t.post = post);
        let text = format!(
            r#"{{"auths":{{"{}":{{"identitytoken":"Canary-identity"}}}}}}"#,
            registry.host()
        );
        let environment = Environment {
            docker_auth_config: Some(text),
            ..Environment::default()
        };
        let client = Client::new(Settings {
            environment,
            ..settings(&registry)
        })
        .unwrap();
        let answers = resolve_all(&client, &names);
        let expected = if post {
            "OciManifest"
        } else {
            "MissingOrPrivate"
        };
        assert_eq!(class(&answers[0]), "OciManifest");
        assert!(
            class(&answers[1]) == expected || !post,
            "{:?} {:#?}",
            answers[1],
            registry.lines()
        );
        let asked: Vec<_> = registry
            .log()
            .into_iter()
            .filter(|seen| seen.kind == Kind::Token)
            .collect();
        for (seen, method) in asked.iter().zip(methods) {
            assert_eq!(seen.asked.method, *method);
        }
        for seen in &asked {
            let body = String::from_utf8_lossy(&seen.asked.body).into_owned();
            let shown = format!(
                "{:?} {:?} {:?}",
                seen.asked.query, seen.asked.headers, seen.asked.path
            );
            assert!(!shown.contains("Canary"), "{shown}");
            if seen.asked.method == "POST" {
                assert!(
                    body.contains("grant_type=refresh_token")
                        && body.contains("client_id=image-lint"),
                    "{body}"
                );
                assert!(body.contains("refresh_token=Canary-identity"), "{body}");
            }
        }
        assert!(!format!("{answers:?}").contains("Canary"));
    }
}

#[test]
fn where_nobody_takes_posts_the_identity_token_is_the_password() {
    let (registry, names) = registry_of(1);
    registry
        .private("team/r0", &["<token>"])
        .user("<token>", "Canary-identity");
    registry.token_manners(|t| t.post = false);
    let text = format!(
        r#"{{"auths":{{"{}":{{"identitytoken":"Canary-identity"}}}}}}"#,
        registry.host()
    );
    let environment = Environment {
        docker_auth_config: Some(text),
        ..Environment::default()
    };
    let client = Client::new(Settings {
        environment,
        ..settings(&registry)
    })
    .unwrap();
    assert_eq!(
        classes(&client, &names),
        ["OciManifest"],
        "{:#?}",
        registry.lines()
    );
}

#[test]
fn a_registry_that_wants_another_scope_gets_it_once() {
    let rows = [
        (
            r#"scope="repository:team/r0:pull,push",error="insufficient_scope""#,
            2,
            "OciManifest",
        ),
        // Named without a word why: what it names is not what was asked for.
        (
            r#"scope="repository:mirror/team/r0:pull""#,
            2,
            "MissingOrPrivate",
        ),
        (
            r#"scope="repository:team/r0:pull",error="insufficient_scope""#,
            1,
            "MissingOrPrivate",
        ),
        (
            r#"scope="registry:catalog:*",error="insufficient_scope""#,
            1,
            "MissingOrPrivate",
        ),
    ];
    for (wanted, tokens, expected) in rows {
        let (registry, names) = registry_of(1);
        let challenge = format!(r#"Bearer realm="{{realm}}",service="{{service}}",{wanted}"#);
        registry.challenge(&[&challenge]);
        let useless = Answer::new(200).body("application/json", r#"{"token":"useless"}"#);
        registry.on_tokens().once(Fault::Answer(useless));
        let client = Client::new(settings(&registry)).unwrap();
        assert_eq!(
            classes(&client, &names),
            [expected],
            "{wanted}: {:#?}",
            registry.lines()
        );
        assert_eq!(registry.count_kind(Kind::Token), tokens, "{wanted}");
    }
}

#[test]
fn several_secrets_are_one_keyring_and_each_is_tried() {
    let (registry, names) = registry_of(1);
    registry
        .private("team/r0", &["me"])
        .user("me", "right")
        .user("other", "other");
    let folder = tempfile::tempdir().unwrap();
    let secret = |name: &str, key: &str, user: &str, password: &str| {
        let path = folder.path().join(name);
        let text = format!(
            r#"{{"auths":{{"{}{key}":{{"username":"{user}","password":"{password}"}}}}}}"#,
            registry.host()
        );
        std::fs::write(&path, text).unwrap();
        path
    };
    let stale = secret("config.json", "", "me", "Canary-stale");
    let settings = Settings {
        pull_secrets: vec![
            secret("wrong", "/team/r0", "me", "Canary-wrong"),
            secret("other", "/team", "other", "other"),
            secret("right", "", "me", "right"),
        ],
        environment: Environment {
            registry_auth_file: Some(stale),
            ..Environment::default()
        },
        ..settings(&registry)
    };
    let resolved = resolve_with(settings, &names[0], Depth::Probe);
    assert_eq!(class(&resolved), "OciManifest", "{:#?}", registry.lines());
    let source = resolved.evidence.credentials.unwrap();
    assert!(source.ends_with("right"), "{source}");
}

#[test]
fn a_token_that_ran_out_is_renewed_whatever_it_is_answered_with() {
    for (status, why) in [
        (401, "as the specification says"),
        (400, "as ECR Public says it, without a challenge"),
    ] {
        let (registry, names) = registry_of(1);
        if status == 400 {
            registry.manners(|m| {
                m.invalid_token =
                    Answer::errors(400, &[("DENIED", "Your Authorization Token has expired.")])
            });
        }
        let client = Client::new(settings(&registry)).unwrap();
        assert_eq!(classes(&client, &names), ["OciManifest"]);
        registry.revoke_tokens();
        assert_eq!(
            classes(&client, &names),
            ["OciManifest"],
            "{why}: {:#?}",
            registry.lines()
        );
        assert_eq!(registry.count_kind(Kind::Token), 2, "{why}");
    }
}

#[test]
fn credentials_that_ran_out_are_told_by_their_source() {
    // A password that was taken never: 401, GHCR's 403 at the token service, ECR Public's 400.
    for status in [401, 403, 400] {
        let (registry, names) = registry_of(1);
        registry.private("team/r0", &["me"]).user("me", "right");
        registry
            .manners(|m| m.wrong_credentials = Answer::errors(status, &[("DENIED", "expired")]));
        let refused = resolve_with(
            with_login(&registry, "me", "Canary"),
            &names[0],
            Depth::Probe,
        );
        assert_eq!(
            class(&refused),
            "CredentialsRefused",
            "{status}: {:#?}",
            registry.lines()
        );
        assert_eq!(
            refused.evidence.credentials.as_deref(),
            Some("DOCKER_AUTH_CONFIG")
        );
        assert!(!format!("{refused:?}").contains("Canary"));
    }
}

#[test]
fn a_life_that_is_unsaid_or_too_short_counts_as_a_minute() {
    for life in [
        None,
        Some(serde_json::json!(5)),
        Some(serde_json::json!("soon")),
        Some(serde_json::json!(-1)),
    ] {
        let (registry, names) = registry_of(1);
        registry.token_manners(|t| t.expires_in = life.clone());
        let client = Client::new(settings(&registry)).unwrap();
        for _ in 0..3 {
            assert_eq!(classes(&client, &names), ["OciManifest"]);
        }
        assert_eq!(registry.count_kind(Kind::Token), 1, "{life:?}");
    }
}

#[test]
fn accounts_of_two_namespaces_are_never_mixed() {
    let registry = Registry::start();
    registry.with_tokens().user("me", "one").user("you", "two");
    registry.push_oci("team/app", "1.0");
    registry.push_oci("other/app", "1.0");
    registry
        .private("team/app", &["me"])
        .private("other/app", &["you"]);
    let host = registry.host();
    let text = format!(
        r#"{{"auths":{{"{host}/team":{{"username":"me","password":"one"}},"{host}/other":{{"username":"you","password":"two"}}}}}}"#
    );
    let environment = Environment {
        docker_auth_config: Some(text),
        ..Environment::default()
    };
    let client = Client::new(Settings {
        environment,
        ..settings(&registry)
    })
    .unwrap();
    let names = [
        registry.name("team/app:1.0"),
        registry.name("other/app:1.0"),
    ];
    assert_eq!(
        classes(&client, &names),
        ["OciManifest", "OciManifest"],
        "{:#?}",
        registry.lines()
    );
    assert_eq!(scopes(&registry), [1, 1], "a batch is one account's");
}

#[test]
fn every_spelling_of_a_challenge_leads_to_its_token() {
    let bearer = r#"realm="{realm}",service="{service}",scope="{scope}""#;
    let lines: [(&[String], &str); 6] = [
        (&[format!("Bearer {bearer}")], "the usual"),
        (&[format!("BEARER {bearer}")], "another case"),
        (
            &[format!("Bearer {bearer},Basic realm=\"x\"")],
            "two in one line",
        ),
        (
            &[format!("Basic realm=\"a, b\", Bearer {bearer}")],
            "the other first",
        ),
        (
            &[
                "Negotiate".to_owned(),
                "Basic realm=\"x\"".to_owned(),
                format!("bearer {bearer}"),
            ],
            "several lines",
        ),
        (
            &[r#"Bearer service="{service}" , realm="{realm}""#.to_owned()],
            "no scope, and blanks",
        ),
    ];
    for (lines, why) in lines {
        let (registry, names) = registry_of(1);
        registry.challenge(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let client = Client::new(settings(&registry)).unwrap();
        assert_eq!(
            classes(&client, &names),
            ["OciManifest"],
            "{why}: {:#?}",
            registry.lines()
        );
    }
}

#[test]
fn a_token_service_that_fails_is_no_verdict_about_the_image() {
    for (fault, expected) in [
        (Fault::status(500), "unknown Token"),
        (Fault::status(404), "unknown Token"),
        (Fault::login_page(), "unknown Token"),
        (
            Fault::redirect(302, "http://169.254.169.254/"),
            "unknown Token",
        ),
        (Fault::Hang, "unknown Token"),
    ] {
        let (registry, _) = registry_of(1);
        let why = format!("{fault:?}");
        let set = match fault {
            Fault::Hang => impatient(&registry),
            _ => settings(&registry),
        };
        registry.on_tokens().gives(fault);
        let found = resolve_with(set, &registry.name("team/r0:1.0"), Depth::Probe);
        assert_eq!(class(&found), expected, "{why}");
    }
    let (registry, names) = registry_of(1);
    registry.on_tokens().once(Fault::status(500));
    let client = Client::new(Settings {
        first_pause: Duration::from_millis(5),
        ..settings(&registry)
    })
    .unwrap();
    assert_eq!(
        classes(&client, &names),
        ["OciManifest"],
        "and a bad moment passes"
    );
}

#[test]
fn the_current_oc_login_goes_to_the_hosts_that_the_user_names_and_to_no_others() {
    let (openshift, other) = (Registry::start(), Registry::start());
    for registry in [&openshift, &other] {
        registry.with_tokens().user("unused", "Canary-oc");
        registry.push_oci("team/app", "1.0");
        registry.private("team/app", &["unused"]);
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kubeconfig");
    let text = "current-context: c\ncontexts: [{name: c, context: {user: u}}]\nusers: [{name: u, user: {token: Canary-oc}}]\n";
    std::fs::write(&file, text).unwrap();
    let set = Settings {
        plain_http: vec![openshift.host(), other.host()],
        kubeconfig_hosts: vec![openshift.host()],
        environment: Environment {
            kubeconfig: Some(file),
            ..Environment::default()
        },
        ..settings(&openshift)
    };
    let own = resolve_with(set.clone(), &openshift.name("team/app:1.0"), Depth::Probe);
    assert_eq!(class(&own), "OciManifest", "{own:?}");
    assert!(
        own.evidence
            .credentials
            .as_deref()
            .is_some_and(|source| source.ends_with("kubeconfig"))
    );
    let foreign = resolve_with(set.clone(), &other.name("team/app:1.0"), Depth::Probe);
    assert_eq!(class(&foreign), "MissingOrPrivate");
    assert!(
        other
            .log()
            .iter()
            .all(|seen| !seen.authorization().is_some_and(|a| a.starts_with("Basic")))
    );
    let unnamed = Settings {
        kubeconfig_hosts: Vec::new(),
        ..set
    };
    assert_eq!(
        class(&resolve_with(
            unnamed,
            &openshift.name("team/app:1.0"),
            Depth::Probe
        )),
        "MissingOrPrivate"
    );
    assert!(!format!("{own:?}{foreign:?}").contains("Canary"));
}
