//! The bill of materials that the static build leaves beside the binary.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::{output, project};

#[test]
fn the_bill_of_materials_names_what_the_binary_is_made_of_and_is_the_same_each_time() {
    let bill = || {
        let mut command = Command::new(env!("CARGO"));
        command
            .args([
                "run",
                "--quiet",
                "--locked",
                "--offline",
                "--example",
                "sbom",
            ])
            .current_dir(project());
        output(&mut command, "cargo builds the example")
    };
    let text = bill();
    assert_eq!(text, bill(), "nothing in it depends on when it was made");
    let bill: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        (&bill["bomFormat"], &bill["specVersion"]),
        (&"CycloneDX".into(), &"1.5".into())
    );
    let own = &bill["metadata"]["component"];
    assert_eq!(
        (own["name"].as_str(), own["version"].as_str()),
        (Some("image-lint"), Some(env!("CARGO_PKG_VERSION")))
    );
    let compiler = bill["metadata"]["properties"][0]["value"]
        .as_str()
        .expect("the compiler");
    assert!(compiler.starts_with("rustc 1."), "{compiler}");
    let components = bill["components"].as_array().expect("components");
    let names: BTreeSet<&str> = components
        .iter()
        .filter_map(|c| c["name"].as_str())
        .collect();
    for (name, linked) in [
        ("reqwest", true),
        ("rustls", true),
        ("serde_json", true),
        ("proptest", false),
        ("insta", false),
    ] {
        assert_eq!(names.contains(name), linked, "{name}");
    }
    let lock = std::fs::read_to_string(project().join("Cargo.lock")).expect("the lock file");
    for component in components {
        match component["hashes"][0]["content"].as_str() {
            Some(checksum) => assert!(
                !checksum.is_empty() && lock.contains(checksum),
                "{component}"
            ),
            // A crate of this repository comes from no registry.
            None => assert!(
                component["name"]
                    .as_str()
                    .is_some_and(|name| project().join("crates").join(name).is_dir()),
                "{component}"
            ),
        }
        assert!(
            component["licenses"][0]["expression"]
                .as_str()
                .is_some_and(|l| !l.is_empty()),
            "{component}"
        );
    }
    let refs: BTreeSet<&str> = components
        .iter()
        .filter_map(|c| c["bom-ref"].as_str())
        .collect();
    for dependency in bill["dependencies"].as_array().expect("dependencies") {
        for on in dependency["dependsOn"].as_array().expect("a list") {
            assert!(refs.contains(on.as_str().expect("a reference")), "{on}");
        }
    }
}

#[test]
fn the_static_build_and_the_release_make_one() {
    let script =
        std::fs::read_to_string(project().join("scripts/build-static.sh")).expect("the script");
    assert!(script.contains("--example sbom"));
    let release = std::fs::read_to_string(project().join(".github/workflows/release.yml"))
        .expect("the workflow");
    assert!(release.contains("--example sbom"));
}

/// A dependency's build script must not meet a token that can publish.
#[test]
fn no_job_of_the_release_that_can_write_compiles_or_installs() {
    let release = std::fs::read_to_string(project().join(".github/workflows/release.yml"))
        .expect("the workflow");
    let release: serde_yaml::Value = serde_yaml::from_str(&release).expect("YAML");
    let mut writers = 0;
    for (name, job) in release["jobs"].as_mapping().expect("jobs") {
        assert!(job["timeout-minutes"].is_u64(), "{name:?} has no deadline");
        let permissions = job["permissions"].as_mapping().expect("permissions");
        if permissions
            .values()
            .all(|value| value.as_str() == Some("read"))
        {
            continue;
        }
        writers += 1;
        for step in job["steps"].as_sequence().expect("steps") {
            // Packs the sources and sends them: without verification nothing is built.
            let publish = "cargo publish --workspace --locked --no-verify";
            let script = step["run"]
                .as_str()
                .unwrap_or_default()
                .replace(publish, "");
            for program in ["cargo", "rustup", "pip", "npm", "maturin", "build-"] {
                assert!(
                    !script.contains(program),
                    "{name:?} runs {program}: {script}"
                );
            }
        }
    }
    assert_eq!(writers, 3, "the release page, the image, the crates");
}
