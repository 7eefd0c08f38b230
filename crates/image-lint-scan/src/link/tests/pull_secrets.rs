use super::*;

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
                triggers: Vec::new(),
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
    let got: Vec<_> = linked
        .mentions
        .iter()
        .map(|m| (m.remarks[0].kind, &*m.remarks[0].text))
        .collect();
    use RemarkKind::{NoPullSecret, PullSecret};
    assert_eq!(
        got,
        [
            (
                PullSecret,
                "the workload names the pull secret `quay`, which the repository has"
            ),
            (
                PullSecret,
                "the workload names the pull secret `elsewhere`, which is not in the repository"
            ),
            (
                PullSecret,
                "its ServiceAccount `puller` names the pull secret `quay`, which the repository has"
            ),
            (
                NoPullSecret,
                "neither the workload nor its ServiceAccount `plain` names a pull secret"
            ),
            (
                NoPullSecret,
                "neither the workload nor its ServiceAccount `default` names a pull secret"
            ),
            (
                NoPullSecret,
                "the pull secrets of the workload and its ServiceAccount `puller` serve other registries (`quay`: https://quay.io/v1)"
            ),
            (
                NoPullSecret,
                "neither the workload nor its ServiceAccount `puller` names a pull secret"
            ),
            (
                PullSecret,
                "its ServiceAccount `puller` names the pull secret `quay`, which the repository has"
            ),
        ]
    );
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
    let said: usize = linked
        .mentions
        .iter()
        .map(|m| m.remarks[0].text.len())
        .sum();
    assert!(said < 300 * linked.mentions.len(), "{said} bytes");
    let last = &linked.mentions[1].remarks[0];
    assert_eq!(
        last.kind,
        RemarkKind::PullSecret,
        "with that many, one may be the right one: {}",
        last.text
    );
    assert!(
        linked.mentions[0].remarks[0]
            .text
            .ends_with("h4.example.com and 29995 more)"),
        "{}",
        linked.mentions[0].remarks[0].text
    );
    // An unoptimised build: each image against each host would take minutes.
    assert!(took.as_secs() < 10, "{took:?}");
}
