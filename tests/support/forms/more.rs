//! Forms that were judged before any client was asked about them: the kinds of the first ones, made in other ways.

use serde_json::json;

use super::{
    AMD64, ARM64, DOCKER_CONFIG, DOCKER_LAYER, DOCKER_LIST, DOCKER_ZSTD, FOREIGN, Form, OCI_CONFIG,
    OCI_INDEX, OCI_LAYER, OCI_LAYER_ZSTD, OCI_MANIFEST, SCHEMA2, attested, config, d2, d2_with,
    dlist, image, layer_of, list, oci, oci_with, oindex,
};
use crate::support::artifact::{Artifact, Blob, digest_of, gzip, helm_chart, manifest, tar_of};

pub(super) fn all() -> Vec<Form> {
    [children(), nested(), layers(), configs(), sizes()]
        .into_iter()
        .flatten()
        .collect()
}

fn index(children: Vec<(Option<&str>, Artifact)>) -> Artifact {
    list(OCI_INDEX, children)
}

fn docker_list(children: Vec<(Option<&str>, Artifact)>) -> Artifact {
    list(DOCKER_LIST, children)
}

/// What lists list.
fn children() -> Vec<Form> {
    let first_gone = index(vec![
        (Some(AMD64), oci(AMD64, "more-first")),
        (Some(AMD64), oci(AMD64, "more-second")),
    ]);
    let first = first_gone.children[0].digest();
    let second_gone = index(vec![
        (Some(AMD64), oci(AMD64, "more-third")),
        (Some(AMD64), oci(AMD64, "more-fourth")),
    ]);
    let second = second_gone.children[1].digest();
    let bare_gone = index(vec![(None, oci(AMD64, "more-bare-gone"))]);
    let bare = bare_gone.children[0].digest();
    let lies = index(vec![(Some(AMD64), d2(AMD64, "more-lies"))])
        .edit(|body| body["manifests"][0]["mediaType"] = json!(OCI_MANIFEST));
    vec![
        Form::new("more-dlist-empty", docker_list(Vec::new())),
        Form::new("more-x86_64", oindex(&["linux/x86_64"], "more-x86")),
        Form::new("more-dx86_64", dlist(&["linux/x86_64"], "more-dx86")),
        Form::new("more-i386", oindex(&["linux/i386"], "more-i386")),
        Form::new("more-capitals", oindex(&["Linux/AMD64"], "more-capitals")),
        Form::new("more-darwin", oindex(&["darwin/amd64"], "more-darwin")),
        Form::new(
            "more-unknown-beside",
            docker_list(vec![
                (
                    Some("unknown/unknown"),
                    d2("unknown/unknown", "more-unknown"),
                ),
                (Some(AMD64), d2(AMD64, "more-known")),
            ]),
        ),
        Form::new(
            "more-v4-v3",
            oindex(&["linux/amd64/v4", "linux/amd64/v3"], "more-v4"),
        ),
        Form::new("more-first-gone", first_gone).without(first),
        Form::new("more-second-gone", second_gone).without(second),
        Form::new("more-noplat-gone", bare_gone).without(bare),
        Form::new(
            "more-noplat-two",
            index(vec![
                (None, oci(ARM64, "more-two-arm")),
                (None, oci(AMD64, "more-two-amd")),
            ]),
        ),
        Form::new(
            "more-dlist-noplat-beside",
            docker_list(vec![
                (None, d2(ARM64, "more-dn-arm")),
                (Some(AMD64), d2(AMD64, "more-dn-amd")),
            ]),
        ),
        Form::new("more-index-lies-type", lies),
        Form::new(
            "more-chart-beside-image",
            index(vec![
                (None, helm_chart("more-chart")),
                (Some(AMD64), oci(AMD64, "more-beside-chart")),
            ]),
        ),
        Form::new(
            "more-index-artifact-type",
            oindex(&[AMD64], "more-at")
                .edit(|body| body["artifactType"] = json!("application/vnd.example")),
        ),
        Form::new(
            "more-docker-attested-arm",
            attested(
                DOCKER_LIST,
                vec![(Some(ARM64), d2(ARM64, "more-arm-attested"))],
                "more-arm-attested",
            ),
        ),
    ]
}

/// Lists in lists.
fn nested() -> Vec<Form> {
    let gone = index(vec![
        (None, oindex(&[AMD64], "more-nested-gone")),
        (Some(AMD64), oci(AMD64, "more-nested-beside")),
    ]);
    let inner = gone.children[0].digest();
    let only = index(vec![(None, oindex(&[AMD64], "more-nested-only"))]);
    let only_inner = only.children[0].digest();
    let zstd = index(vec![(
        Some(AMD64),
        oci_with(&[OCI_LAYER_ZSTD], AMD64, "more-nz"),
    )]);
    vec![
        Form::new(
            "more-nested-two",
            index(vec![
                (None, oindex(&[ARM64], "more-nt-arm")),
                (None, oindex(&[AMD64], "more-nt-amd")),
            ]),
        ),
        Form::new("more-nested-gone-beside", gone).without(inner),
        Form::new("more-nested-gone", only).without(only_inner),
        Form::new("more-nested-zstd", index(vec![(None, zstd)])),
        Form::new(
            "more-dlist-of-index",
            docker_list(vec![(Some(AMD64), oindex(&[AMD64], "more-di"))]),
        ),
    ]
}

fn layers() -> Vec<Form> {
    const NONDISTRIBUTABLE: &str = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
    const NONDISTRIBUTABLE_ZSTD: &str =
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd";
    const ENCRYPTED: &str = "application/vnd.oci.image.layer.v1.tar+gzip+encrypted";
    let absent = oci_with(&[NONDISTRIBUTABLE], AMD64, "more-nd-absent");
    let absent_layer = layer_of(&absent);
    let in_list = |media_type: &str, child: Artifact| list(media_type, vec![(Some(AMD64), child)]);
    vec![
        Form::new("more-oci-nd-gone", absent).without(absent_layer),
        Form::new(
            "more-oci-nd-zstd",
            oci_with(&[NONDISTRIBUTABLE_ZSTD], AMD64, "more-nd-zstd"),
        ),
        Form::new(
            "more-d2-foreign-no-urls",
            d2_with(&[FOREIGN], AMD64, "more-foreign"),
        )
        .in_process_only(),
        Form::new(
            "more-d2-bzip2-type",
            image(
                SCHEMA2,
                DOCKER_CONFIG,
                &["application/vnd.docker.image.rootfs.diff.tar.bzip2"],
                AMD64,
                "more-bzip2",
            ),
        ),
        Form::new(
            "more-oci-lz4-type",
            oci_with(
                &["application/vnd.oci.image.layer.v1.tar+lz4"],
                AMD64,
                "more-lz4",
            ),
        ),
        Form::new(
            "more-index-encrypted",
            in_list(
                OCI_INDEX,
                oci_with(&[OCI_LAYER, ENCRYPTED], AMD64, "more-ie"),
            ),
        ),
        Form::new(
            "more-dlist-ozstd",
            in_list(DOCKER_LIST, d2_with(&[OCI_LAYER_ZSTD], AMD64, "more-dlo")),
        ),
        Form::new(
            "more-index-d2zstd",
            in_list(OCI_INDEX, d2_with(&[DOCKER_ZSTD], AMD64, "more-idz")),
        ),
        Form::new(
            "more-index-arm-zstd",
            index(vec![
                (Some(AMD64), oci(AMD64, "more-gzip")),
                (Some(ARM64), oci_with(&[OCI_LAYER_ZSTD], ARM64, "more-zstd")),
            ]),
        ),
        Form::new(
            "more-dlist-125",
            in_list(
                DOCKER_LIST,
                d2_with(&[DOCKER_LAYER; 125], AMD64, "more-125"),
            ),
        ),
        Form::new(
            "more-index-arm-126",
            index(vec![
                (Some(AMD64), oci(AMD64, "more-few")),
                (Some(ARM64), oci_with(&[OCI_LAYER; 126], ARM64, "more-many")),
            ]),
        ),
        Form::new(
            "more-index-126",
            in_list(OCI_INDEX, oci_with(&[OCI_LAYER; 126], AMD64, "more-i126")),
        ),
    ]
}

fn configs() -> Vec<Form> {
    const EXAMPLE: &str = "application/vnd.example.config.v1+json";
    let layer = |seed: &str| Blob::new(DOCKER_LAYER, gzip(&tar_of("layer-0", seed.as_bytes())));
    let with = |config: &str, seed: &str| {
        manifest(
            SCHEMA2,
            Blob::new(DOCKER_CONFIG, config.to_owned()),
            vec![layer(seed)],
        )
    };
    let diff_id = digest_of(&tar_of("layer-0", b"more-no-arch"));
    let no_platform = json!({ "rootfs": { "type": "layers", "diff_ids": [diff_id] } }).to_string();
    let one_id = digest_of(&tar_of("layer-0", b"more-two-ids"));
    let two_ids =
        String::from_utf8_lossy(&config(AMD64, &[one_id, digest_of(b"two")], "more-two-ids"))
            .into_owned();
    vec![
        Form::new(
            "more-d2-example-config",
            image(SCHEMA2, EXAMPLE, &[DOCKER_LAYER], AMD64, "more-d2ex"),
        ),
        Form::new(
            "more-oci-example-config",
            image(OCI_MANIFEST, EXAMPLE, &[OCI_LAYER], AMD64, "more-ociex"),
        ),
        Form::new(
            "more-index-octet",
            index(vec![(
                Some(AMD64),
                image(
                    OCI_MANIFEST,
                    "application/octet-stream",
                    &[OCI_LAYER],
                    AMD64,
                    "more-io",
                ),
            )]),
        ),
        Form::new(
            "more-dlist-octet",
            docker_list(vec![(
                Some(AMD64),
                image(
                    SCHEMA2,
                    "application/octet-stream",
                    &[DOCKER_LAYER],
                    AMD64,
                    "more-do",
                ),
            )]),
        ),
        Form::new(
            "more-d2-both-oci",
            image(SCHEMA2, OCI_CONFIG, &[OCI_LAYER], AMD64, "more-both"),
        ),
        Form::new("more-d2-empty-config", with("{}", "more-empty")),
        Form::new("more-d2-no-platform", with(&no_platform, "more-no-arch")),
        Form::new("more-d2-two-ids", with(&two_ids, "more-two-ids")),
        Form::new("more-d2-not-json", with("not JSON", "more-not-json")),
        Form::new("more-d2-windows", d2("windows/amd64", "more-windows")),
    ]
}

/// Sizes that are not those of what is stored.
fn sizes() -> Vec<Form> {
    let change = |body: &mut serde_json::Value, place: &str, by: i64| {
        let size = body.pointer(place).and_then(serde_json::Value::as_i64);
        if let Some(place) = body.pointer_mut(place) {
            *place = json!(size.unwrap_or(0) + by);
        }
    };
    let larger = |body: &mut serde_json::Value, place: &str| change(body, place, 1);
    let smaller = |body: &mut serde_json::Value, place: &str| change(body, place, -1);
    vec![
        Form::new(
            "more-oci-config-size",
            oci(AMD64, "more-ocs").edit(|body| larger(body, "/config/size")),
        ),
        Form::new(
            "more-d2-layer-size",
            d2(AMD64, "more-dls").edit(|body| larger(body, "/layers/0/size")),
        ),
        Form::new(
            "more-oci-layer-size",
            oci(AMD64, "more-ols").edit(|body| larger(body, "/layers/0/size")),
        ),
        Form::new(
            "more-dlist-child-size",
            dlist(&[AMD64], "more-dcs").edit(|body| larger(body, "/manifests/0/size")),
        ),
        Form::new(
            "more-index-child-size",
            oindex(&[AMD64], "more-ics").edit(|body| larger(body, "/manifests/0/size")),
        ),
        Form::new(
            "more-d2-layer-smaller",
            d2(AMD64, "more-dlsm").edit(|body| smaller(body, "/layers/0/size")),
        ),
        Form::new(
            "more-dlist-child-smaller",
            dlist(&[AMD64], "more-dcsm").edit(|body| smaller(body, "/manifests/0/size")),
        ),
        Form::new(
            "more-d2-config-smaller",
            d2(AMD64, "more-dcsmall").edit(|body| smaller(body, "/config/size")),
        ),
    ]
}
