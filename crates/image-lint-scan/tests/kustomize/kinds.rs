//! Rows beyond the first table, by kind.

use super::Row;

pub const ROWS: &[Row] = &[Row {
    why: "a new name without a tag, for an image without one",
    files: &[
        (
            "d.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a, image: oc}]}\n",
        ),
        (
            "kustomization.yaml",
            "resources: [d.yaml]\nimages:\n- name: oc\n  newName: quay.io/openshift/origin-cli\n",
        ),
    ],
    overlays: &[""],
    places: &[(
        "kustomization.yaml",
        4,
        "quay.io/openshift/origin-cli:latest",
    )],
}];
