//! "Missing or private": what speaks for which of the two comes first in the help, by the whole program.

use std::process::Command;

use crate::support::registry::{Profile, Registry};

/// The help of the finding for `image`, in a Pod with these images as Docker Hub answers for them.
fn help(images: &[&str], spec: &str, image: &str) -> String {
    let registry = Registry::start();
    registry
        .profile(Profile::DockerHub)
        .challenge(&[r#"Bearer realm="http://auth.docker.io/token",service="registry.docker.io",scope="{scope}""#]);
    registry.push_schema2("team/server", "1");
    let folder = tempfile::tempdir().unwrap();
    let containers: String = images
        .iter()
        .enumerate()
        .map(|(n, image)| format!("  - {{name: c{n}, image: \"{image}\"}}\n"))
        .collect();
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n{spec}  containers:\n{containers}"
    );
    std::fs::write(folder.path().join("pod.yaml"), pod).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_image-lint"))
        .env_clear()
        .env("HOME", folder.path())
        .env("http_proxy", registry.url())
        .args([
            "--format",
            "json",
            "--no-cache",
            "--plain-http",
            "registry-1.docker.io",
        ])
        .arg(folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let report: serde_json::Value =
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{output:?}"));
    let findings = report["findings"].as_array().unwrap();
    let found = findings
        .iter()
        .find(|f| f["rule"] == "missing-or-private" && f["reference"] == image);
    found.unwrap_or_else(|| panic!("{image}: {text} {:#?}", registry.lines()))["help"].to_string()
}

#[test]
fn what_speaks_for_a_wrong_name_or_a_private_image_is_ranked() {
    let secret = "  imagePullSecrets: [{name: hub}]\n";
    type Row = (
        &'static [&'static str],
        &'static str,
        &'static str,
        &'static str,
        &'static str,
    );
    let rows: [Row; 6] = [
        (
            &["docker.io/certbot:1"],
            "",
            "docker.io/library/certbot:1",
            "is a namespace missing?",
            "needs a pull secret",
        ),
        (
            &["team/servar:1", "team/server:1"],
            "",
            "docker.io/team/servar:1",
            "a similar name",
            "needs a pull secret",
        ),
        (
            &["registry.example"],
            "",
            "docker.io/library/registry.example:latest",
            "not a host",
            "needs a pull secret",
        ),
        (
            &["myreg/app:1"],
            "",
            "docker.io/myreg/app:1",
            "needs a pull secret",
            "if `myreg` is a host",
        ),
        (
            &["docker.io/team/other:1"],
            "",
            "docker.io/team/other:1",
            "needs a pull secret",
            "check its spelling",
        ),
        (
            &["docker.io/team/other:1"],
            secret,
            "docker.io/team/other:1",
            "likely private",
            "check its spelling",
        ),
    ];
    for (images, spec, image, first, second) in rows {
        let help = help(images, spec, image);
        let (a, b) = (help.find(first), help.find(second));
        assert!(
            a.is_some() && b.is_some() && a < b,
            "{image}: `{first}` before `{second}`: {help}"
        );
    }
}
