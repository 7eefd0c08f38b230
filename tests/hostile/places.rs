//! Places that the environment names and whoever wrote the tree may have filled: homes, caches and programs.

use crate::executable::write_executable;
use crate::program::{Ran, Workspace, pod};
use crate::support::artifact;
use crate::support::registry::Registry;

/// A tree whose home says that nothing fails, with a login for the registry.
fn with_home(registry: &Registry) -> Workspace {
    let workspace = Workspace::of("pod.yaml", pod(&["Bad/Name", &registry.name("app:1")]));
    workspace
        .write("home/.config/image-lint/config.yaml", "fail-on: never\n")
        .write(
            "home/.docker/config.json",
            format!(
                r#"{{"auths":{{"{}":{{"auth":"dXNlcjpwYXNzd29yZA=="}}}}}}"#,
                registry.host()
            ),
        );
    workspace
}

#[test]
fn a_home_in_the_tree_counts_for_nothing_where_the_tree_is_not_trusted_and_is_said_otherwise() {
    for (variable, value) in [
        ("HOME", "home"),
        ("HOME", "./home"),
        ("XDG_CONFIG_HOME", "home/.config"),
        ("IMAGE_LINT_CONFIG", "home/.config/image-lint/config.yaml"),
        ("DOCKER_CONFIG", "home/.docker"),
    ] {
        for absolute in [true, false] {
            let registry = Registry::start();
            registry.with_tokens().push_schema2("app", "1");
            let workspace = with_home(&registry);
            let place = match absolute {
                true => workspace.root.join(value),
                false => value.into(),
            };
            let run = |trust: &str| {
                registry.clear_log();
                let program = workspace.lint(&registry).args(&["--trust", trust]);
                program.env(variable, &place).run()
            };
            let ran = run("untrusted");
            assert_eq!(ran.code, Some(1), "{variable}={place:?}: {}", ran.said());
            assert!(says(&ran, variable), "{variable}={place:?}: {}", ran.said());
            assert!(
                registry
                    .log()
                    .iter()
                    .all(|seen| seen.authorization().is_none()
                        || seen
                            .authorization()
                            .is_some_and(|a| !a.starts_with("Basic"))),
                "{variable}={place:?}"
            );
            let ran = run("trusted");
            assert!(says(&ran, variable), "{variable}={place:?}: {}", ran.said());
        }
    }
}

fn says(ran: &Ran, variable: &str) -> bool {
    let notes = ran.notes();
    notes
        .iter()
        .any(|note| note.contains(variable) && note.contains("linted tree"))
}

#[test]
fn answers_are_not_kept_in_the_tree_nor_believed_from_there() {
    let registry = Registry::start();
    registry.push("app", "1", &artifact::docker_list("app"));
    let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:1")]));
    let asked = |variable: &str, value: &std::path::Path| {
        registry.clear_log();
        let ran = workspace
            .program(&[
                "--format=json",
                "--no-alternatives",
                "--trust=trusted",
                "--plain-http",
                &registry.host(),
            ])
            .env(variable, value)
            .run();
        assert_eq!(ran.code, Some(0), "{}", ran.said());
        registry.log().len()
    };
    // Outside of the tree the second run asks nobody.
    let outside = workspace.beside("cache");
    assert_eq!(
        [
            asked("XDG_CACHE_HOME", &outside),
            asked("XDG_CACHE_HOME", &outside)
        ],
        [2, 0]
    );
    let link = workspace.root.join("cache");
    std::os::unix::fs::symlink(&outside, &link).unwrap();
    for (variable, value) in [
        ("XDG_CACHE_HOME", workspace.root.join("own/.cache")),
        ("XDG_CACHE_HOME", link),
        ("HOME", workspace.root.join("own")),
    ] {
        for _ in 0..2 {
            assert_eq!(asked(variable, &value), 2, "{variable}={value:?}");
        }
    }
    assert!(!workspace.root.join("own").exists(), "nothing is written");
}

#[test]
fn no_program_of_the_tree_is_run() {
    let workspace = Workspace::of("pod.yaml", pod(&["Bad/Name"]));
    for command in [
        &["init", "-q"][..],
        &["add", "-A"],
        &["commit", "-qm", "one"],
    ] {
        assert_eq!(workspace.git(command).code, Some(0));
    }
    let marker = workspace.beside("ran");
    let script = format!("#!/bin/sh\n: > {}\n", marker.display());
    for name in ["git", "docker-credential-x", "skopeo"] {
        let path = workspace.root.join("node_modules/.bin").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_executable(&path, &script);
    }
    let docker = r#"{"credsStore":"x"}"#;
    std::fs::create_dir_all(workspace.home.join(".docker")).unwrap();
    std::fs::write(workspace.home.join(".docker/config.json"), docker).unwrap();
    let absolute = workspace.root.join("node_modules/.bin");
    let link = workspace.beside("bin");
    std::os::unix::fs::symlink(&absolute, &link).unwrap();
    for folder in [
        "node_modules/.bin".to_owned(),
        ".//node_modules/.bin".to_owned(),
        absolute.to_str().unwrap().to_owned(),
        link.to_str().unwrap().to_owned(),
    ] {
        for arguments in [
            &["--offline", "--changed-since", "HEAD"][..],
            &["--offline", "--strict"],
            &["pre-push", "origin", "url"],
            &["--timeout=1", "--no-cache"],
            &["hook", "install"],
            &["mirror", "--to=127.0.0.1:1/p", "--apply", "--timeout=1"],
        ] {
            let path = format!("{folder}:/usr/local/bin:/usr/bin:/bin");
            let ran = workspace.program(arguments).env("PATH", path).run();
            assert!(!marker.exists(), "{folder} {arguments:?}: {}", ran.said());
        }
    }
}
