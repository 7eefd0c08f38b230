use super::*;
use image_lint_model::fact::PullSecret;
use std::collections::HashSet;
use std::sync::Arc;

#[test]
fn pull_secrets_come_from_the_workload_or_its_account() {
    let secret = |hosts: &[&str]| Facts::PullSecret {
        hosts: hosts.iter().map(|h| (*h).into()).collect(),
    };
    let account = |names: &[&str]| Facts::ServiceAccount {
        pull_secrets: names.iter().map(|n| Value::literal(n)).collect(),
    };
    let mut repo = Repo::default();
    repo.file("x.yaml");
    repo.object("quay", Some("p"), secret(&["https://quay.io/v1"]));
    repo.object("puller", Some("p"), account(&["quay"]));
    repo.object("plain", Some("p"), account(&[]));
    let mut workload =
        |namespace: Option<&str>, account: Option<&str>, secrets: &[&str], image: &str| {
            let workload = Workload {
                service_account: account.map(Value::literal),
                pull_secrets: secrets.iter().map(|s| Value::literal(s)).collect(),
                ..Workload::default()
            };
            let object = repo.object("w", namespace, Facts::Workload(workload));
            repo.mention(Value::literal(image), |m| m.object = Some(object));
        };
    workload(Some("p"), None, &["quay"], "quay.io/a/b");
    workload(Some("p"), None, &["elsewhere"], "quay.io/a/b");
    workload(Some("p"), Some("puller"), &[], "quay.io/a/b");
    workload(Some("p"), Some("plain"), &[], "quay.io/a/b");
    workload(Some("p"), None, &[], "quay.io/a/b");
    workload(Some("p"), Some("puller"), &[], "ghcr.io/a/b");
    workload(Some("q"), Some("puller"), &[], "quay.io/a/b");
    workload(None, Some("puller"), &[], "quay.io/a/b");
    let linked = repo.link();
    let got: Vec<String> = linked.mentions.iter().map(|m| said(&m.facts[0])).collect();
    assert_eq!(
        got,
        [
            "the workload: quay, here",
            "the workload: elsewhere, not here",
            "puller: quay, here",
            "none: plain",
            "none: default",
            "none: puller, but quay for https://quay.io/v1 and 0 more",
            "none: puller",
            "puller: quay, here",
        ]
    );
}

fn said(fact: &Fact) -> String {
    match fact {
        Fact::PullSecret(secret) => match &**secret {
            PullSecret::Named {
                name,
                account,
                in_repository,
                ..
            } => {
                let who = account.as_deref().unwrap_or("the workload");
                let here = if *in_repository { "here" } else { "not here" };
                format!("{who}: {name}, {here}")
            }
            PullSecret::TooMany { looked_at } => format!("more than {looked_at}"),
        },
        Fact::NoPullSecret(none) => match &none.other {
            Some(other) => format!(
                "none: {}, but {} for {} and {} more",
                none.account,
                other.name,
                other.hosts.join(", "),
                other.more
            ),
            None => format!("none: {}", none.account),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn many_hosts_and_many_secrets_cost_by_their_number() {
    let hosts: Vec<Box<str>> = (0..30_000)
        .map(|n| format!("h{n}.example.com").into())
        .collect();
    let secrets = |most: usize| {
        (0..most)
            .map(|n| Value::literal(&format!("s{n}")))
            .collect::<Vec<_>>()
    };
    let mut repo = Repo::default();
    repo.file("x.yaml");
    repo.object("s0", None, Facts::PullSecret { hosts });
    for n in 1..100 {
        repo.object(
            &format!("s{n}"),
            None,
            Facts::PullSecret {
                hosts: vec!["other.example.com".into()],
            },
        );
    }
    let of = |most: usize| {
        Facts::Workload(Workload {
            pull_secrets: secrets(most),
            ..Workload::default()
        })
    };
    let (few, many) = (
        repo.object("few", None, of(1)),
        repo.object("many", None, of(30_000)),
    );
    for n in 0..30_000 {
        repo.mention(Value::literal(&format!("other{n}.example.com/a/b")), |m| {
            m.object = Some(few)
        });
        repo.mention(
            Value::literal(&format!("another{n}.example.com/a/b")),
            |m| m.object = Some(many),
        );
    }
    let (linked, took) = crate::processor_time::of(|| repo.link());
    let facts: HashSet<*const u8> = linked
        .mentions
        .iter()
        .map(|m| match &m.facts[0] {
            Fact::PullSecret(one) => Arc::as_ptr(one).cast(),
            Fact::NoPullSecret(one) => Arc::as_ptr(one).cast(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(facts.len(), 2, "what is the same is kept once");
    assert_eq!(
        said(&linked.mentions[1].facts[0]),
        "more than 100",
        "with that many, one may be the right one"
    );
    assert!(
        said(&linked.mentions[0].facts[0]).ends_with("h4.example.com and 29995 more"),
        "{}",
        said(&linked.mentions[0].facts[0])
    );
    // An unoptimised build: each image against each host would take minutes.
    assert!(took.as_secs() < 10, "{took:?}");
}
