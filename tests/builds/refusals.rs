//! Registries that refuse OCI manifests: buildah, podman and skopeo convert where the answer is 400 `MANIFEST_INVALID` and
//! nothing asks for OCI format, and fail otherwise. A certain verdict holds there too.

use image_lint_model::build::Confidence;
use image_lint_model::manifest::Format::{self, DockerList, DockerSchema2, OciIndex, OciManifest};

use super::support::real::{Access, Storage, tool};
use super::support::registry::{Options, Registry};
use super::{at, pushed, run, verdict};

/// Row, last command (`//R/` is the registry), what arrives where 400 is answered, and the verdict.
type Row = (
    &'static str,
    &'static str,
    Option<Format>,
    (Format, Confidence),
);

const ROWS: &[Row] = &[
    (
        "c1",
        "skopeo copy --dest-tls-verify=false oci:d:x docker://R/x:c1",
        Some(DockerSchema2),
        (OciManifest, Confidence::Default),
    ),
    (
        "c2",
        "skopeo copy -f oci --dest-tls-verify=false oci:d:x docker://R/x:c2",
        None,
        (OciManifest, Confidence::Certain),
    ),
    (
        "c3",
        "skopeo copy --preserve-digests --dest-tls-verify=false oci:d:x docker://R/x:c3",
        None,
        (OciManifest, Confidence::Certain),
    ),
    (
        "c4",
        "skopeo copy -f v2s2 --dest-tls-verify=false oci:d:x docker://R/x:c4",
        Some(DockerSchema2),
        (DockerSchema2, Confidence::Certain),
    ),
    (
        "b1",
        "buildah push x docker://R/x:b1",
        Some(DockerSchema2),
        (OciManifest, Confidence::Default),
    ),
    (
        "b2",
        "buildah push --format oci x docker://R/x:b2",
        None,
        (OciManifest, Confidence::Certain),
    ),
    (
        "l1",
        "buildah manifest push --tls-verify=false --all l docker://R/x:l1",
        Some(DockerList),
        (OciIndex, Confidence::Default),
    ),
    (
        "l2",
        "buildah manifest push --tls-verify=false --all --format oci l docker://R/x:l2",
        None,
        (OciIndex, Confidence::Certain),
    ),
];

const MADE: &str = "buildah bud -t x .\nbuildah push x oci:d:x\nbuildah manifest create l x\n";

#[test]
fn a_registry_that_refuses_oci_images_gets_docker_ones_or_none() {
    ["buildah", "skopeo"]
        .into_iter()
        .for_each(|name| drop(tool(name)));
    let storage = Storage::new();
    let behind = storage.serve(None, &Access::Open);
    let front = Registry::before(behind.host(), Options::default());
    for (status, code) in [
        (400, "MANIFEST_INVALID"),
        (415, "UNSUPPORTED"),
        (500, "UNKNOWN"),
    ] {
        front.refuses_uploads("application/vnd.oci.", status, code);
        for (row, command, converted, said) in ROWS {
            let tag = format!("{row}-{status}");
            let command = at(
                &command.replace(&format!("x:{row}"), &format!("x:{tag}")),
                &front.host(),
            );
            let asked_for_docker = said.0 == DockerSchema2;
            let expected = converted.filter(|_| status == 400 || asked_for_docker);
            // Only 400 makes a difference to what is tried.
            if status != 400 && !matches!(*row, "c1" | "c4" | "b1") {
                continue;
            }
            let script = format!("{MADE}{command}");
            let arrives = if expected.is_some() {
                script.clone()
            } else {
                format!("{MADE}! {command}")
            };
            run(&arrives, &front.host());
            assert_eq!(pushed(behind.host(), &tag), expected, "{status}: {command}");
            assert_eq!(verdict(&script), (Some(said.0), said.1), "{command}");
            let contradicted =
                said.1 == Confidence::Certain && expected.is_some_and(|format| format != said.0);
            assert!(!contradicted, "{status}: {command}");
        }
    }
}
