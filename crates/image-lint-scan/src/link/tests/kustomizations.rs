//! What kustomizations make of their bases' images.

use super::*;

#[test]
fn a_base_is_rewritten_when_every_way_to_it_rewrites_it() {
    let mut repo = Repo::default();
    repo.file("base/d.yaml");
    repo.image("web:1");
    repo.image("db:1");
    repo.image("IMAGE");
    kustomization(&mut repo, "base/kustomization.yaml", &["d.yaml"], vec![]);
    let one = vec![
        entry(2, 1, "web", None, Some("2")),
        entry(2, 2, "db", None, Some("2")),
        entry(2, 3, "IMAGE", Some("x"), None),
    ];
    kustomization(&mut repo, "dev/kustomization.yaml", &["../base"], one);
    let two = vec![
        entry(3, 1, "web", Some("q.io/web"), None),
        entry(3, 3, "IMAGE", Some("x"), None),
    ];
    kustomization(&mut repo, "prod/kustomization.yaml", &["../base/"], two);
    assert_eq!(
        repo.show(),
        [
            "base/d.yaml:1 known docker.io/library/web:1, Rewritten@2:1",
            "base/d.yaml:2 known docker.io/library/db:1, asked",
            "base/d.yaml:3 local, Rewritten@2:3",
        ]
    );
}

#[test]
fn an_entry_without_a_tag_takes_that_of_its_bases() {
    let mut repo = Repo::default();
    repo.file("base/d.yaml");
    repo.image("web:1");
    repo.image("db:1");
    repo.image("db:2");
    let images = |file| {
        ["web", "db", "absent"]
            .iter()
            .enumerate()
            .map(|(i, name)| {
                let mut image = entry(file, i as u32, name, Some("q.io/x"), None);
                image.mention = Some(i as u32);
                image
            })
            .collect()
    };
    kustomization(&mut repo, "kustomization.yaml", &["base/d.yaml"], images(1));
    for _ in 0..3 {
        repo.mention(Value::literal("q.io/x"), |m| {
            m.expect = Expect::Repository;
            m.source = SourceKind::Kustomize;
        });
    }
    let lines = repo.show();
    assert_eq!(lines[3], "kustomization.yaml:1 known q.io/x:1, asked");
    assert_eq!(
        lines[4], "kustomization.yaml:2 known q.io/x, asked",
        "the bases disagree"
    );
    assert_eq!(
        lines[5], "kustomization.yaml:3 known q.io/x, asked",
        "no base has it"
    );
}

#[test]
fn kustomizations_in_a_circle_end() {
    let mut repo = Repo::default();
    repo.file("a/d.yaml").image("web:1");
    kustomization(
        &mut repo,
        "a/kustomization.yaml",
        &["d.yaml", "../b", "."],
        vec![],
    );
    kustomization(&mut repo, "b/kustomization.yaml", &["../a"], vec![]);
    assert_eq!(
        repo.show(),
        ["a/d.yaml:1 known docker.io/library/web:1, asked"]
    );
}
