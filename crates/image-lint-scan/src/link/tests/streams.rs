//! ImageStreams: through which tags a name leads to an image.

use super::*;

#[test]
fn a_stream_leads_to_its_image_through_aliases() {
    let mut repo = Repo::default();
    repo.file("is.yaml");
    let image = repo.image("quay.io/a/python:3.12");
    let tags = vec![
        stream_tag("3.12", Some(image), None),
        stream_tag("latest", None, Some("3.12")),
        stream_tag("other", None, Some("python:latest")),
        stream_tag("circle", None, Some("circle")),
    ];
    repo.object(
        "python",
        None,
        Facts::ImageStream(ImageStream {
            tags,
            lookup_local: false,
        }),
    );
    repo.file("bc.yaml");
    stream_mention(&mut repo, "python:other", Some("openshift"));
    stream_mention(&mut repo, "python:circle", None);
    stream_mention(&mut repo, "python:absent", None);
    stream_mention(&mut repo, "ruby:2", Some("openshift"));
    assert_eq!(
        repo.show(),
        [
            "bc.yaml:1 stream python:other defined@90",
            "bc.yaml:2 stream python:circle defined@90",
            "bc.yaml:3 stream python:absent defined@100",
            "bc.yaml:4 stream ruby:2",
            "is.yaml:1 known quay.io/a/python:3.12, asked, UsedBy@1:1",
        ]
    );
}

#[test]
fn a_tag_alone_follows_another_tag_of_its_own_stream() {
    let mut repo = Repo::default();
    repo.file("is.yaml");
    let image = repo.image("quay.io/a/python:3.12");
    let tags = vec![
        stream_tag("3.12", Some(image), None),
        stream_tag("latest", None, Some("3.12")),
    ];
    let stream = repo.object(
        "python",
        None,
        Facts::ImageStream(ImageStream {
            tags,
            lookup_local: false,
        }),
    );
    stream_mention(&mut repo, "3.12", None);
    repo.last().1.mentions[1].object = Some(stream);
    assert_eq!(
        repo.show(),
        [
            "is.yaml:1 known quay.io/a/python:3.12, asked, UsedBy@0:2",
            "is.yaml:2 stream python:3.12 defined@90",
        ]
    );
}

#[test]
fn the_nearest_stream_of_a_name_is_meant() {
    let mut repo = Repo::default();
    for folder in ["a", "b"] {
        repo.file(&format!("{folder}/is.yaml"));
        let image = repo.image(&format!("quay.io/{folder}/x:1"));
        let tags = vec![stream_tag("1", Some(image), None)];
        repo.object(
            "x",
            None,
            Facts::ImageStream(ImageStream {
                tags,
                lookup_local: false,
            }),
        );
    }
    repo.file("b/bc.yaml");
    stream_mention(&mut repo, "x:1", None);
    let lines = repo.show();
    assert!(!lines[0].contains("UsedBy"), "{lines:?}");
    assert!(lines[2].contains("UsedBy@2:1"), "{lines:?}");
}

#[test]
fn a_triggered_container_is_the_streams_business() {
    let mut repo = Repo::default();
    repo.file("dc.yaml");
    let image = repo.image("quay.io/a/b:1");
    let tags = vec![stream_tag("latest", Some(image), None)];
    repo.object(
        "app",
        Some("p"),
        Facts::ImageStream(ImageStream {
            tags,
            lookup_local: false,
        }),
    );
    let trigger = Trigger {
        place: place(0, 80),
        containers: vec!["web".into()],
        from: Value::literal("app:latest"),
        namespace: None,
    };
    let workload = Workload {
        triggers: vec![trigger],
        pull_secrets: vec![Value::literal("s")],
        ..Workload::default()
    };
    let dc = repo.object("app", Some("p"), Facts::Workload(workload));
    for name in ["web", "side"] {
        repo.mention(Value::literal("placeholder"), |m| {
            m.object = Some(dc);
            m.container = Some(name.into());
        });
    }
    let lines = repo.show();
    assert_eq!(lines[0], "dc.yaml:1 known quay.io/a/b:1, asked, UsedBy@0:2");
    assert_eq!(
        lines[1],
        "dc.yaml:2 stream app:latest defined@90, Triggered@0:80"
    );
    assert!(
        lines[2].starts_with("dc.yaml:3 known docker.io/library/placeholder:latest, asked"),
        "{}",
        lines[2]
    );
}

#[test]
fn local_lookup_answers_short_names_of_its_namespace() {
    let mut repo = Repo::default();
    repo.file("x.yaml");
    let image = repo.image("quay.io/a/b:1");
    let tags = vec![stream_tag("1", Some(image), None)];
    repo.object(
        "app",
        Some("p"),
        Facts::ImageStream(ImageStream {
            tags,
            lookup_local: true,
        }),
    );
    let mut workload = |namespace: &str, text: &str| {
        let object = repo.object("w", Some(namespace), Facts::Workload(Workload::default()));
        repo.mention(Value::literal(text), |m| m.object = Some(object));
    };
    workload("p", "app:1");
    workload("p", "app:2");
    workload("q", "app:1");
    workload("p", "library/app:1");
    let status: Vec<_> = repo
        .link()
        .mentions
        .iter()
        .map(|m| m.text.status())
        .collect();
    assert_eq!(status, ["known", "stream", "known", "known", "known"]);
}

#[test]
fn the_clusters_registry_is_the_stream_of_that_name() {
    let mut repo = Repo::default();
    repo.file("x.yaml");
    let image = repo.image("quay.io/a/b:1");
    let tags = vec![stream_tag("1", Some(image), None)];
    repo.object(
        "app",
        Some("p"),
        Facts::ImageStream(ImageStream {
            tags,
            lookup_local: false,
        }),
    );
    repo.image("docker-registry.default.svc:5000/p/app:1");
    repo.image("docker-registry.default.svc:5000/q/app:1");
    assert_eq!(
        repo.show(),
        [
            "x.yaml:1 known quay.io/a/b:1, asked, UsedBy@0:2",
            "x.yaml:2 internal, Note@0:90",
            "x.yaml:3 internal",
        ]
    );
}
