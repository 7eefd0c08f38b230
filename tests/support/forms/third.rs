//! A third set, judged before any client was asked: descriptors that leave out what others have, or say more.

use serde_json::{Value, json};

use super::{
    AMD64, ARM64, DOCKER_CONFIG, DOCKER_LAYER, DOCKER_LIST, EMPTY, Form, OCI_INDEX, OCI_LAYER,
    OCI_MANIFEST, SCHEMA2, attestation, d2, dlist, image, list, oci, oindex,
};

pub(super) fn all() -> Vec<Form> {
    let mut forms = types();
    forms.extend(platforms());
    forms.extend(named_for_a_node());
    forms
}

fn types() -> Vec<Form> {
    let bare = |body: &mut Value, place: &str| {
        if let Some(part) = body.pointer_mut(place).and_then(Value::as_object_mut) {
            part.remove("mediaType");
        }
    };
    vec![
        Form::new(
            "third-child-no-type",
            oindex(&[AMD64], "third-cnt").edit(|body| bare(body, "/manifests/0")),
        ),
        Form::new(
            "third-dlist-child-no-type",
            dlist(&[AMD64], "third-dcnt").edit(|body| bare(body, "/manifests/0")),
        ),
        Form::new(
            "third-oci-layer-no-type",
            oci(AMD64, "third-olnt").edit(|body| bare(body, "/layers/0")),
        ),
        Form::new(
            "third-d2-layer-no-type",
            d2(AMD64, "third-dlnt").edit(|body| bare(body, "/layers/0")),
        ),
        Form::new(
            "third-oci-config-no-type",
            oci(AMD64, "third-ocnt").edit(|body| bare(body, "/config")),
        ),
        Form::new(
            "third-d2-layer-capitals",
            image(
                SCHEMA2,
                DOCKER_CONFIG,
                &["Application/vnd.docker.image.rootfs.diff.tar.gzip"],
                AMD64,
                "third-capitals",
            ),
        ),
        Form::new(
            "third-empty-config-files",
            image(OCI_MANIFEST, EMPTY, &[OCI_LAYER], AMD64, "third-ecf"),
        ),
        Form::new(
            "third-index-d2-untyped",
            list(OCI_INDEX, vec![(Some(AMD64), d2(AMD64, "third-idu"))]).without_media_type(),
        ),
        Form::new(
            "third-d2-two-same-layers",
            image(
                SCHEMA2,
                DOCKER_CONFIG,
                &[DOCKER_LAYER; 9],
                AMD64,
                "third-same",
            ),
        ),
    ]
}

/// Attestations that a list names for a platform, and systems that have to have something.
fn named_for_a_node() -> Vec<Form> {
    let annotate = |body: &mut Value, n: usize| {
        body["manifests"][n]["annotations"] =
            json!({ "vnd.docker.reference.type": "attestation-manifest" });
    };
    let features = |body: &mut Value, n: usize| {
        body["manifests"][n]["platform"]["os.features"] = json!(["win32k"]);
    };
    vec![
        Form::new(
            "third-attestation-for-amd64",
            list(OCI_INDEX, vec![(Some(AMD64), attestation("third-aa"))])
                .edit(|body| annotate(body, 0)),
        ),
        Form::new(
            "third-attestation-before-amd64",
            list(
                OCI_INDEX,
                vec![
                    (Some(AMD64), attestation("third-ab")),
                    (Some(AMD64), oci(AMD64, "third-ab")),
                ],
            )
            .edit(|body| annotate(body, 0)),
        ),
        Form::new(
            "third-attestation-after-amd64",
            list(
                OCI_INDEX,
                vec![
                    (Some(AMD64), oci(AMD64, "third-ac")),
                    (Some(AMD64), attestation("third-ac")),
                ],
            )
            .edit(|body| annotate(body, 1)),
        ),
        Form::new(
            "third-os-features",
            oindex(&[AMD64], "third-of").edit(|body| features(body, 0)),
        ),
        Form::new(
            "third-dlist-os-features",
            dlist(&[AMD64], "third-dof").edit(|body| features(body, 0)),
        ),
        Form::new(
            "third-os-features-then-plain",
            oindex(&[AMD64, AMD64], "third-ofp").edit(|body| features(body, 0)),
        ),
    ]
}

fn platforms() -> Vec<Form> {
    let platform = |body: &mut Value, key: &str, value: Value| {
        body["manifests"][0]["platform"][key] = value;
    };
    let same = oci(AMD64, "third-one-digest");
    vec![
        Form::new(
            "third-os-version",
            oindex(&[AMD64], "third-osv").edit(|body| platform(body, "os.version", json!("1"))),
        ),
        Form::new(
            "third-dlist-features",
            dlist(&[AMD64], "third-df").edit(|body| platform(body, "features", json!(["sse4"]))),
        ),
        Form::new(
            "third-one-digest",
            list(
                OCI_INDEX,
                vec![(Some(ARM64), same.clone()), (Some(AMD64), same)],
            ),
        ),
        Form::new("third-dlist-v1", dlist(&["linux/amd64/v1"], "third-v1")),
        Form::new("third-arm64-386", dlist(&[ARM64, "linux/386"], "third-386")),
        Form::new(
            "third-v2-386",
            oindex(&["linux/amd64/v2", "linux/386"], "third-v2"),
        ),
        Form::new(
            "third-empty-variant",
            list(DOCKER_LIST, vec![(Some(AMD64), d2(AMD64, "third-ev"))])
                .edit(|body| platform(body, "variant", json!(""))),
        ),
        Form::new(
            "third-platform-empty",
            list(OCI_INDEX, vec![(Some(AMD64), oci(AMD64, "third-pe"))])
                .edit(|body| body["manifests"][0]["platform"] = json!({})),
        ),
        Form::new(
            "third-platform-os-alone",
            list(OCI_INDEX, vec![(Some(AMD64), oci(AMD64, "third-po"))])
                .edit(|body| body["manifests"][0]["platform"] = json!({ "os": "linux" })),
        ),
    ]
}
