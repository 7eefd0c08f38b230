use super::*;
use crate::clients::client_named;

fn list(format: Format, platforms: &[&str]) -> Manifest {
    let children = platforms.iter().map(|text| Child {
        media_type: Format::DockerSchema2.media_type().into(),
        digest: (*text).into(),
        platform: Platform::parse(text),
        ..Child::default()
    });
    Manifest {
        format,
        digest: None,
        digest_computed: false,
        body: Some(Body {
            children: children.collect(),
            ..Body::default()
        }),
    }
}

fn taken(client: &str, format: Format, platforms: &[&str], wanted: &str) -> String {
    let list = list(format, platforms);
    let wanted = Platform::parse(wanted).unwrap();
    match choose(client_named(client).unwrap(), &list, &wanted) {
        Choice::Child(child) => child.digest.to_string(),
        Choice::None => "nothing".to_owned(),
        Choice::Unread => "unread".to_owned(),
    }
}

/// The list, its platforms, the platform that is wanted, what each client takes, and why.
type Row<'a> = (Format, &'a [&'a str], &'a str, [&'a str; 4], &'a str);

#[test]
fn each_client_takes_its_own_child() {
    use Format::{DockerList, OciIndex};
    let clients = [
        "docker-1.13",
        "docker-20.10",
        "podman-5.8",
        "containerd-2.1",
    ];
    let no = "nothing";
    let rows: [Row<'_>; 12] = [
        (
            DockerList,
            &["linux/arm64", "linux/amd64"],
            "linux/amd64",
            ["linux/amd64"; 4],
            "by architecture",
        ),
        (
            DockerList,
            &["windows/amd64"],
            "linux/amd64",
            [no; 4],
            "by operating system",
        ),
        (
            DockerList,
            &["linux/amd64/v3", "linux/amd64/v2"],
            "linux/amd64",
            ["linux/amd64/v3", no, no, no],
            "levels of amd64",
        ),
        (
            DockerList,
            &["linux/amd64/v2", "linux/amd64"],
            "linux/amd64",
            [
                "linux/amd64/v2",
                "linux/amd64",
                "linux/amd64",
                "linux/amd64",
            ],
            "the plain one goes before a level",
        ),
        (
            DockerList,
            &["linux/arm/v7"],
            "linux/arm/v6",
            ["linux/arm/v7", "linux/arm/v7", no, no],
            "v6 cannot run v7",
        ),
        (
            DockerList,
            &["linux/arm/v6"],
            "linux/arm/v7",
            [
                "linux/arm/v6",
                "linux/arm/v6",
                "linux/arm/v6",
                "linux/arm/v6",
            ],
            "v7 runs v6",
        ),
        (
            DockerList,
            &["linux/arm/v5", "linux/arm/v6"],
            "linux/arm/v7",
            [
                "linux/arm/v5",
                "linux/arm/v5",
                "linux/arm/v6",
                "linux/arm/v6",
            ],
            "the best of them",
        ),
        (
            DockerList,
            &["linux/arm64/v8"],
            "linux/arm64",
            ["linux/arm64/v8"; 4],
            "v8 is what arm64 means",
        ),
        (
            OciIndex,
            &["linux/arm/v7"],
            "linux/arm64",
            [no; 4],
            "no 32 bits on 64",
        ),
        (
            OciIndex,
            &["linux/386"],
            "linux/amd64",
            [no; 4],
            "the same for amd64",
        ),
        (
            DockerList,
            &["-"],
            "linux/amd64",
            [no, no, no, "-"],
            "no platform in a docker list",
        ),
        (
            OciIndex,
            &["-"],
            "linux/amd64",
            [no, no, "-", "-"],
            "no platform in an index",
        ),
    ];
    for (format, platforms, wanted, expected, why) in rows {
        let got = clients.map(|client| taken(client, format, platforms, wanted));
        assert_eq!(got, expected, "{why}");
    }
}

#[test]
fn an_image_runs_on_what_can_run_it() {
    let rows = [
        ("linux/amd64", "linux/amd64", true),
        ("linux/386", "linux/amd64", true),
        ("linux/arm64", "linux/amd64", false),
        ("linux/arm/v7", "linux/arm64", true),
        ("linux/arm64/v8", "linux/arm64", true),
        ("windows/amd64", "linux/amd64", false),
        ("linux/amd64/v3", "linux/amd64", true),
    ];
    for (has, wanted, expected) in rows {
        let parse = |text| Platform::parse(text).unwrap();
        assert_eq!(
            runs_on(&parse(has), &parse(wanted)),
            expected,
            "{has} on {wanted}"
        );
    }
}
