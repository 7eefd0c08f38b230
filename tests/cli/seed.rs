//! The case the project began with, against a real registry: a Template, a Dockerfile and a buildah script that name one
//! schema 2 image, one OCI image, one missing tag and one private image.

use std::sync::Arc;

use crate::program::{Program, Workspace};
use crate::support::artifact;
use crate::support::real::{Access, PASSWORD, RealRegistry, Storage, USER};
use crate::support::registry::Registry;
use crate::support::tls::TokenSigner;

struct Seed {
    registry: RealRegistry,
    tokens: Registry,
    workspace: Workspace,
}

/// The images are put in through a second, open registry on the same storage.
fn seed() -> Seed {
    let storage = Storage::new();
    let open = storage.serve(None, &Access::Open);
    open.put("team/good", "1.0", &artifact::schema2("good"));
    open.put("team/oci", "1.0", &artifact::oci("oci"));
    open.put("team/secret", "1.0", &artifact::schema2("secret"));
    let signer = Arc::new(TokenSigner::new());
    let tokens = Registry::start();
    for repository in ["team/good", "team/oci"] {
        tokens.push_schema2(repository, "1.0");
    }
    tokens
        .user(USER, PASSWORD)
        .private("team/secret", &[USER])
        .token_manners(|t| t.signer = Some(signer.clone()));
    let (realm, service) = (tokens.realm(), tokens.service());
    let registry = storage.serve(
        None,
        &Access::Token {
            realm: &realm,
            service: &service,
            signer: &signer,
        },
    );
    let host = registry.host();
    let workspace = Workspace::new();
    workspace.write(
        "template.yaml",
        format!(
            "apiVersion: template.openshift.io/v1
kind: Template
metadata: {{name: shop}}
parameters:
- name: REGISTRY
  value: {host}
- name: TAG
  value: '1.0'
objects:
- apiVersion: apps.openshift.io/v1
  kind: DeploymentConfig
  metadata: {{name: shop}}
  spec:
    template:
      spec:
        containers:
        - name: good
          image: ${{REGISTRY}}/team/good:${{TAG}}
        - name: oci
          image: ${{REGISTRY}}/team/oci:${{TAG}}
        - name: secret
          image: {host}/team/secret:1.0
"
        ),
    );
    workspace.write(
        "Dockerfile",
        format!("ARG BASE={host}/team/good:2.0\nFROM $BASE\nRUN true\n"),
    );
    workspace.write(
        "build.sh",
        format!(
            "#!/bin/sh
set -e
base=$(buildah from {host}/team/good:1.0)
buildah run \"$base\" -- true
buildah commit --format docker \"$base\" {host}/team/own:1.0
"
        ),
    );
    Seed {
        registry,
        tokens,
        workspace,
    }
}

impl Seed {
    fn lint(&self) -> Program {
        let arguments = [
            "--format",
            "json",
            "--no-cache",
            "--plain-http",
            self.registry.host(),
        ];
        // The token service of the test speaks plain HTTP on a port of its own.
        self.workspace
            .program(&arguments)
            .args(&["--plain-http", &self.tokens.token_host()])
    }
}

#[test]
fn the_seed_case_gives_exactly_its_findings_from_a_real_registry() {
    let seed = seed();
    let host = seed.registry.host();
    let ran = seed.lint().run();
    assert_eq!(
        ran.findings(),
        [
            format!("Dockerfile:2:6 tag-not-found {host}/team/good:2.0"),
            format!("template.yaml:20:18 unsupported-format {host}/team/oci:1.0"),
            format!("template.yaml:22:18 missing-or-private {host}/team/secret:1.0"),
        ],
        "{}{}",
        ran.stdout,
        ran.stderr
    );
    assert_eq!((ran.code, ran.unchecked()), (Some(1), vec![]));
    let report = ran.json();
    assert!(
        report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .all(|f| f["level"] == "error")
    );
    let [tag, format, private] = [0, 1, 2].map(|n| report["findings"][n].to_string());
    assert!(
        tag.contains("`1.0`") || tag.contains(":1.0"),
        "the tag that is there is offered: {tag}"
    );
    for words in [
        "missing signature key",
        "application/vnd.oci.image.manifest.v1+json",
        "skopeo copy --format v2s2",
    ] {
        assert!(format.contains(words), "{words}: {format}");
    }
    for words in [
        "oc create secret docker-registry",
        "oc secrets link",
        "--for=pull",
    ] {
        assert!(private.contains(words), "{words}: {private}");
    }
    assert_eq!(
        (
            ran.summary("references"),
            ran.summary("errors"),
            ran.summary("unchecked")
        ),
        (4, 3, 0)
    );
}

#[test]
fn with_a_login_the_private_image_of_the_seed_case_is_fine() {
    let seed = seed();
    let login = format!(
        r#"{{"auths":{{"{}":{{"username":"{USER}","password":"{PASSWORD}"}}}}}}"#,
        seed.registry.host()
    );
    // The token service has another port of the same host, which the user named.
    let ran = seed.lint().env("DOCKER_AUTH_CONFIG", login).run();
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let found = ran.findings();
    assert!(
        !found.iter().any(|f| f.contains("missing-or-private")),
        "{found:?} {}",
        ran.stdout
    );
}
