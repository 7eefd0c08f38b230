//! A fourth set, judged before any client was asked: lists that name no platform for some of their images, or narrower
//! ones, or write them in capitals, and configs that call themselves artifacts.

use serde_json::{Value, json};

use super::{
    AMD64, ARM64, DOCKER_CONFIG, DOCKER_LIST, Form, OCI_INDEX, OCI_LAYER, OCI_MANIFEST,
    attestation, attested, d2, image, list, oci, oindex,
};

pub(super) fn all() -> Vec<Form> {
    let mut forms = unnamed();
    forms.extend(narrower());
    forms.extend(names());
    forms.extend(besides());
    forms
}

fn annotate(body: &mut Value, n: usize) {
    body["manifests"][n]["annotations"] =
        json!({ "vnd.docker.reference.type": "attestation-manifest" });
}

/// Images without a platform, beside others that have one.
fn unnamed() -> Vec<Form> {
    vec![
        Form::new(
            "fourth-bare-and-attestation",
            attested(
                OCI_INDEX,
                vec![(None, oci(AMD64, "fourth-ba"))],
                "fourth-ba",
            ),
        ),
        Form::new(
            "fourth-bare-attestation-first",
            list(
                OCI_INDEX,
                vec![
                    (None, attestation("fourth-baf")),
                    (None, oci(AMD64, "fourth-baf")),
                ],
            )
            .edit(|body| annotate(body, 0)),
        ),
        Form::new(
            "fourth-bare-docker-beside-arm",
            list(
                DOCKER_LIST,
                vec![
                    (None, d2(AMD64, "fourth-bdb")),
                    (Some(ARM64), d2(ARM64, "fourth-bdb")),
                ],
            ),
        ),
        Form::new(
            "fourth-nested-beside-arm",
            list(
                OCI_INDEX,
                vec![
                    (Some(ARM64), oci(ARM64, "fourth-nba")),
                    (None, oindex(&[AMD64], "fourth-nba")),
                ],
            ),
        ),
    ]
}

/// Images of 32 bits, where 64 are wanted.
fn narrower() -> Vec<Form> {
    vec![
        Form::new(
            "fourth-386-then-bare",
            list(
                OCI_INDEX,
                vec![
                    (Some("linux/386"), oci("linux/386", "fourth-386")),
                    (None, oci(AMD64, "fourth-386")),
                ],
            ),
        ),
        Form::new(
            "fourth-nested-386",
            list(
                OCI_INDEX,
                vec![(None, oindex(&["linux/386"], "fourth-nested"))],
            ),
        ),
    ]
}

fn names() -> Vec<Form> {
    let capitals = |seed: &str, platform: Value| {
        list(DOCKER_LIST, vec![(Some(AMD64), d2(AMD64, seed))])
            .edit(move |body| body["manifests"][0]["platform"] = platform)
    };
    let docker_config = image(
        OCI_MANIFEST,
        DOCKER_CONFIG,
        &[OCI_LAYER],
        AMD64,
        "fourth-da",
    );
    vec![
        Form::new(
            "fourth-dlist-capitals",
            capitals(
                "fourth-dc",
                json!({ "os": "Linux", "architecture": "amd64" }),
            ),
        ),
        Form::new(
            "fourth-capital-architecture",
            capitals(
                "fourth-ca",
                json!({ "os": "linux", "architecture": "AMD64" }),
            ),
        ),
        Form::new(
            "fourth-docker-config-artifact",
            docker_config.edit(|body| body["artifactType"] = json!("application/vnd.example")),
        ),
    ]
}

/// What is beside the image that is meant.
fn besides() -> Vec<Form> {
    vec![
        Form::new(
            "fourth-attestation-for-arm",
            list(
                OCI_INDEX,
                vec![
                    (Some(ARM64), attestation("fourth-afa")),
                    (Some(AMD64), oci(AMD64, "fourth-afa")),
                ],
            )
            .edit(|body| annotate(body, 0)),
        ),
        Form::new(
            "fourth-capital-then-lower",
            list(
                DOCKER_LIST,
                vec![
                    (Some(AMD64), d2(AMD64, "fourth-ctl")),
                    (Some(AMD64), d2(AMD64, "fourth-ctl-lower")),
                ],
            )
            .edit(|body| body["manifests"][0]["platform"]["os"] = json!("Linux")),
        ),
        Form::new(
            "fourth-index-artifact-type",
            oindex(&[AMD64], "fourth-iat")
                .edit(|body| body["artifactType"] = json!("application/vnd.example")),
        ),
    ]
}
