//! Files that cannot be read, and settings that say something wrong: each costs itself and is named.

use std::os::unix::fs::PermissionsExt;

use crate::program::{Workspace, pod};
use crate::support::registry::Registry;

/// A file with an image that must be found whatever the other files are.
fn beside_good(registry: &Registry) -> Workspace {
    registry.push_oci("app", "1");
    Workspace::of("good.yaml", pod(&[&registry.name("app:1")]))
}

#[test]
fn a_bad_file_is_noted_and_the_others_are_read() {
    let registry = Registry::start();
    let workspace = beside_good(&registry);
    let image = registry.name("app:1");
    let utf16: Vec<u8> = [0xfeffu16]
        .into_iter()
        .chain(pod(&[&image]).encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    workspace.write("wide.yaml", utf16);
    workspace.write("latin1.yaml", b"apiVersion: v1\nkind: Pod\nname: caf\xe9\n");
    workspace.write(
        "large.yaml",
        format!("# {}\n{}", "x".repeat(5000), pod(&[&image])),
    );
    workspace.write(
        "broken.yaml",
        format!("{}---\na: [1\n---\n{}", pod(&[&image]), pod(&[&image])),
    );
    let locked = workspace
        .write("locked.yaml", pod(&[&image]))
        .root
        .join("locked.yaml");
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).unwrap();
    // Whoever may read everything (root) reads this one too.
    let readable = std::fs::read(&locked).is_ok();
    let ran = workspace
        .lint(&registry)
        .args(&["--max-file-size", "4000"])
        .run();
    let mut expected = vec![
        format!("broken.yaml:7:12 unsupported-format {image}"),
        format!("broken.yaml:17:12 unsupported-format {image}"),
        format!("good.yaml:7:12 unsupported-format {image}"),
        format!("wide.yaml:7:12 unsupported-format {image}"),
    ];
    if readable {
        expected.insert(3, format!("locked.yaml:7:12 unsupported-format {image}"));
    }
    assert_eq!(ran.findings(), expected, "{}", ran.stdout);
    assert_eq!(ran.code, Some(1));
    let notes = ran.notes();
    let said = |path: &str, words: &str| {
        notes
            .iter()
            .any(|n| n.starts_with(path) && n.contains(words))
    };
    assert!(said("latin1.yaml", "line 3"), "{notes:#?}");
    assert!(said("large.yaml", "--max-file-size"), "{notes:#?}");
    assert!(readable || said("locked.yaml", "not read"), "{notes:#?}");
    assert_eq!(
        registry.count("HEAD", "/v2/app/"),
        1,
        "five places, one question"
    );
}

#[test]
fn a_path_that_is_not_there_ends_the_run_with_its_name() {
    let workspace = Workspace::of("good.yaml", pod(&["quay.io/a/b:1"]));
    let ran = workspace.offline().args(&["good.yaml", "gone.yaml"]).run();
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    assert!(ran.stderr.contains("gone.yaml"), "{}", ran.stderr);
}

#[test]
fn a_configuration_that_is_wrong_is_refused_at_its_line() {
    for (text, words) in [
        (
            "target: openshift-3.11\nrulez: {}\n",
            ".image-lint.yaml:2:1: unknown key `rulez`",
        ),
        ("levels:\n  no-such-rule: off\n", ".image-lint.yaml:2:"),
        (
            "hosts:\n  quay.io: {plain-http: true}\n",
            ".image-lint.yaml:1:1: ",
        ),
        ("target: [\n", ".image-lint.yaml:"),
    ] {
        let workspace = Workspace::of(".image-lint.yaml", text);
        workspace.write("good.yaml", pod(&["quay.io/a/b:1"]));
        let ran = workspace.offline().run();
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{text}");
        assert!(ran.stderr.contains(words), "{text}: {}", ran.stderr);
        assert_eq!(
            workspace.offline().arg("--no-config").run().code,
            Some(0),
            "{text}"
        );
    }
}

#[test]
fn nothing_to_read_is_said() {
    let workspace = Workspace::of("readme.txt", "hello\n");
    let ran = workspace.program(&["--offline"]).run();
    assert_eq!(ran.code, Some(0));
    assert!(
        ran.said().to_lowercase().contains("no image"),
        "{}",
        ran.said()
    );
}
