//! `image-lint inspect`, the whole program: all of one image, as a table and as JSON, and the requests it took.

use std::process::Command;

use serde_json::Value;

use crate::support::registry::{Kind, Registry};

fn inspect(registry: &Registry, arguments: &[&str], auth: Option<&str>) -> (Option<i32>, String) {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_image-lint"));
    command
        .env_clear()
        .env("HOME", home.path())
        .current_dir(home.path());
    command
        .args(["inspect", "--no-cache", "--plain-http", &registry.host()])
        .args(arguments);
    if let Some(auth) = auth {
        command.env("DOCKER_AUTH_CONFIG", auth);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        !text.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    (output.status.code(), text)
}

fn json(registry: &Registry, arguments: &[&str], auth: Option<&str>) -> Value {
    let (_, text) = inspect(registry, &[&["--format", "json"], arguments].concat(), auth);
    serde_json::from_str::<Value>(&text).unwrap()["images"][0].take()
}

fn login(registry: &Registry) -> String {
    format!(
        r#"{{"auths":{{"{}":{{"username":"me","password":"Canary"}}}}}}"#,
        registry.host()
    )
}

#[test]
fn everything_of_an_image_is_shown_with_the_requests_it_took() {
    let registry = Registry::start();
    registry.with_tokens().user("me", "Canary");
    for patch in 0..8 {
        let tag = format!("7.2.{patch}");
        if patch < 5 {
            registry.push_docker_list("team/redis", &tag)
        } else {
            registry.push_oci_index("team/redis", &tag)
        };
    }
    registry.private("team/redis", &["me"]);
    registry.manners(|m| {
        m.headers
            .push(("ratelimit-remaining".into(), "7;w=21600".into()))
    });
    let name = registry.name("team/redis:7.2.7");
    let image = json(
        &registry,
        &[&name, "--explain-auth"],
        Some(&login(&registry)),
    );
    assert_eq!(
        image["media_type"],
        "application/vnd.oci.image.index.v1+json"
    );
    assert_eq!(image["credentials"], "DOCKER_AUTH_CONFIG");
    assert_eq!(image["needs_credentials"], true);
    assert_eq!(image["older"]["tag"], "7.2.4", "{image}");
    assert!(
        image["quota"].as_str().unwrap().contains("7 pulls left"),
        "{image}"
    );
    assert!(
        image["credentials_tried"]
            .to_string()
            .contains("DOCKER_AUTH_CONFIG: used"),
        "{image}"
    );
    let child = &image["children"][0];
    assert!(
        child["platform"].is_string() && child["config_media_type"].is_string(),
        "{child}"
    );
    assert!(child["layers"][0]["media_type"].is_string(), "{child}");
    let verdicts: Vec<&str> = image["verdicts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(verdicts, ["bad", "ok", "ok", "ok"], "{image}");
    let asked: Vec<&Value> = image["asked"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|a| !a["method"].is_null())
        .collect();
    assert_eq!(asked.len(), image["requests"].as_u64().unwrap() as usize);
    assert_eq!(
        asked.len(),
        registry.log().len(),
        "as many as the registry saw: {image:#} {:#?}",
        registry.lines()
    );
    for seen in registry.log() {
        let said = asked.iter().any(|a| {
            a["method"] == *seen.asked.method
                && a["place"].as_str().unwrap().ends_with(&seen.asked.path)
        });
        assert!(said, "{} is not told", seen.line());
    }
    assert!(!image.to_string().contains("Canary"));

    let (code, table) = inspect(
        &registry,
        &[&name, "--explain-auth"],
        Some(&login(&registry)),
    );
    assert_eq!(code, Some(0));
    for words in [
        "7 pulls left",
        "older tag",
        "7.2.4",
        "nodes need a pull secret",
        "asked",
        "GET  ",
        "looked in",
        "cannot pull",
    ] {
        assert!(table.contains(words), "{words}: {table}");
    }
    assert!(!table.contains("Canary"), "{table}");

    registry.clear_log();
    json(
        &registry,
        &[&name, "--no-alternatives"],
        Some(&login(&registry)),
    );
    assert_eq!(registry.count_kind(Kind::Tags), 0);
}

#[test]
fn a_single_image_shows_its_platform_and_whether_its_tag_has_moved() {
    let registry = Registry::start();
    let old = registry.push_schema2("app", "1.0");
    let new = registry.push_schema2("app", "1.1");
    let image = json(
        &registry,
        &[&registry.name(&format!("app:1.1@{old}"))],
        None,
    );
    assert_eq!(
        (&image["digest"], &image["tag_digest"]),
        (&Value::from(old), &Value::from(new))
    );
    assert_eq!(
        (&image["platform"], &image["needs_credentials"]),
        (&Value::from("linux/amd64"), &Value::from(false))
    );
    assert!(
        image["verdicts"]
            .as_array()
            .unwrap()
            .iter()
            .all(|v| v["verdict"] == "ok"),
        "{image}"
    );
    assert!(image["older"].is_null());
}

#[test]
fn a_tag_that_is_missing_shows_the_nearest_and_an_answer_that_contradicts_itself_says_so() {
    let registry = Registry::start();
    registry.push_schema2("app", "1.25.3");
    registry.push_schema2("app", "1.24.0");
    let image = json(&registry, &[&registry.name("app:1.25.4")], None);
    assert_eq!(image["nearest_tags"][0], "1.25.3", "{image}");
    assert!(
        image["problem"]
            .as_str()
            .unwrap()
            .contains("no tag `1.25.4`"),
        "{image}"
    );
    registry
        .on("app:1.24.0")
        .gives(crate::support::registry::Fault::content_type(
            "application/vnd.oci.image.index.v1+json",
        ));
    let (code, table) = inspect(&registry, &[&registry.name("app:1.24.0")], None);
    assert_eq!(code, Some(1), "{table}");
    assert!(table.contains("contradicts itself"), "{table}");
}
