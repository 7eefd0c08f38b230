//! What a run may ask for, by the way a registry wants to know who asks and by what it stores; by the registry's own log.
//!
//! The figures are those of docs/performance.md; `cargo bench --bench whole -- classes` measures the time beside them.

use crate::asking::{resolve_all, settings, with_login};
use crate::support::artifact;
use crate::support::registry::{Fault, Kind, Registry};
use image_lint_registry::Client;

const REPOSITORIES: usize = 60;

/// How a registry wants to know who asks: its name, and the most requests for tokens.
const ACCESS: [(&str, usize); 5] = [
    ("open", 0),
    ("opaque", REPOSITORIES.div_ceil(20)),
    ("jwt", REPOSITORIES.div_ceil(20)),
    ("one scope", REPOSITORIES + 3),
    ("basic", 0),
];

fn registry(access: &str) -> Registry {
    let registry = Registry::start();
    match access {
        "open" => {}
        "basic" => {
            registry.with_basic().user("me", "secret");
        }
        _ => {
            registry.with_tokens();
            registry.token_manners(|tokens| {
                tokens.jwt = access == "jwt";
                tokens.first_scope_only = access == "one scope";
            });
        }
    }
    registry
}

/// Requests about manifests and tags, and for tokens.
fn asked(registry: &Registry, access: &str, names: &[String]) -> (usize, usize) {
    let settings = match access {
        "basic" => with_login(registry, "me", "secret"),
        _ => settings(registry),
    };
    let client = Client::new(settings).unwrap();
    resolve_all(&client, names);
    let tokens = registry.count_kind(Kind::Token);
    (registry.log().len() - tokens, tokens)
}

#[test]
fn each_form_costs_what_it_may_behind_each_kind_of_access() {
    let forms = [
        ("docker", 1),
        ("OCI", 1),
        ("index", 2),
        ("list", 2),
        ("absent", 3),
        ("private", 2),
    ];
    for (access, tokens_allowed) in ACCESS {
        for (form, allowed) in forms {
            let registry = registry(access);
            let image = match form {
                "OCI" => artifact::oci("one"),
                "list" => artifact::docker_list("one"),
                "index" => artifact::oci_index("one"),
                _ => artifact::schema2("one"),
            };
            let mut names = Vec::new();
            for number in 0..REPOSITORIES {
                let repository = format!("team/r{number}");
                registry.push(
                    &repository,
                    if form == "absent" { "0.9" } else { "1.0" },
                    &image,
                );
                if form == "private" {
                    registry.private(&repository, &["somebody"]);
                }
                names.push(registry.name(&format!("{repository}:1.0")));
            }
            let (requests, tokens) = asked(&registry, access, &names);
            // The first request of all learns the challenge; where tokens do not show what they hold, two batches are
            // tried before it is known that only their first scope counts.
            let tried = if access == "one scope" { 2 * 19 } else { 0 };
            let most = allowed * REPOSITORIES + 1 + tried;
            assert!(
                requests <= most,
                "{access}, {form}: {requests} requests, {most} allowed: {:#?}",
                registry.lines().iter().take(40).collect::<Vec<_>>()
            );
            // What a shared token does not hold is asked for by itself, before it counts as private.
            let most = match form {
                "private" if access != "basic" => 2 * REPOSITORIES,
                _ => tokens_allowed,
            };
            assert!(
                tokens <= most,
                "{access}, {form}: {tokens} tokens, {most} allowed"
            );
        }
    }
}

#[test]
fn one_private_image_costs_two_requests_beside_its_token() {
    for access in ["opaque", "jwt", "one scope", "open"] {
        let registry = registry(access);
        registry.push_schema2("team/app", "1.0");
        registry.private("team/app", &["somebody"]);
        let names = [registry.name("team/app:1.0")];
        let (requests, tokens) = asked(&registry, access, &names);
        assert!(
            requests <= 2 && tokens <= 1,
            "{access}: {:#?}",
            registry.lines()
        );
    }
}

#[test]
fn a_token_that_does_not_come_holds_up_no_other_question() {
    let registry = registry("opaque");
    let names: Vec<String> = (0..60)
        .map(|number| {
            registry.push_schema2(&format!("team/r{number}"), "1.0");
            registry.name(&format!("team/r{number}:1.0"))
        })
        .collect();
    let client = Client::new(settings(&registry)).unwrap();
    resolve_all(&client, &names[..1]);
    registry.clear_log();
    // The token of the next twenty comes with the second try only, after the time-out of the first.
    registry.on_tokens().once(Fault::Hang);
    resolve_all(&client, &names);
    let log = registry.log();
    let hung = log
        .iter()
        .position(|seen| seen.kind == Kind::Token && seen.status.is_none())
        .expect("a request that hangs");
    let again = log
        .iter()
        .skip(hung + 1)
        .position(|seen| seen.asked.query == log[hung].asked.query)
        .expect("the same request once more");
    let meanwhile = log[hung..hung + again]
        .iter()
        .filter(|seen| seen.asked.method == "HEAD")
        .count();
    assert!(meanwhile >= 10, "{meanwhile} {:#?}", registry.lines());
}
