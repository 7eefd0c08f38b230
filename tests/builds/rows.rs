//! The measured table: scripts whose last command is judged, by row.

/// A row of the measured table and its script; `//R/` and `{R}` stand for the registry's host.
pub type Row = (&'static str, &'static str);

pub const BUILDAH: &[Row] = &[
    ("1", "buildah bud -t x .\nbuildah push x docker://R/x:1"),
    (
        "2",
        "buildah bud --format docker -t x .\nbuildah push x docker://R/x:2",
    ),
    (
        "3",
        "buildah bud --format oci -t x .\nbuildah push x docker://R/x:3",
    ),
    (
        "4",
        "BUILDAH_FORMAT=docker buildah bud -t x .\nbuildah push x docker://R/x:4",
    ),
    (
        "5",
        "BUILDAH_FORMAT=docker buildah bud --format oci -t x .\nbuildah push x docker://R/x:5",
    ),
    (
        "6",
        "buildah bud --format=docker --format=oci -t x .\nbuildah push x docker://R/x:6",
    ),
    (
        "7",
        "c=$(buildah from scratch)\nbuildah commit $c x\nbuildah push x docker://R/x:7",
    ),
    (
        "8",
        "c=$(buildah from scratch)\nbuildah commit -fdocker --tls-verify=false $c docker://R/x:8",
    ),
    (
        "8b",
        "c=$(buildah from scratch)\nbuildah commit --format docker $c x\nbuildah push x docker://R/x:8b",
    ),
    (
        "9",
        "c=$(buildah from scratch)\nBUILDAH_FORMAT=docker buildah commit --tls-verify=false $c docker://R/x:9",
    ),
    (
        "10",
        "c=$(buildah from --format docker scratch)\nbuildah commit $c x\nbuildah push x docker://R/x:10",
    ),
    (
        "11",
        "buildah bud -t x .\nbuildah push --format v2s2 x docker://R/x:11",
    ),
    (
        "11b",
        "buildah bud -t x .\nbuildah push --format docker x docker://R/x:11b",
    ),
    (
        "12",
        "buildah bud --format docker -t x .\nbuildah push --format oci x docker://R/x:12",
    ),
    (
        "14",
        "buildah bud -t x .\nBUILDAH_FORMAT=docker buildah push x docker://R/x:14",
    ),
    (
        "29",
        "buildah bud --format docker -t a .\nbuildah manifest create l a\nbuildah manifest push --tls-verify=false --all l docker://R/x:29",
    ),
    (
        "30",
        "buildah bud -t a .\nbuildah manifest create l a\nbuildah manifest push --tls-verify=false --all l docker://R/x:30",
    ),
    (
        "32",
        "buildah build --format docker --manifest l .\nbuildah manifest push --tls-verify=false --all l docker://R/x:32",
    ),
    (
        "32b",
        "buildah build --format docker --platform linux/amd64,linux/arm64 --manifest l .\nbuildah manifest push --tls-verify=false --all l docker://R/x:32b",
    ),
    (
        "33",
        "buildah bud -t a .\nbuildah manifest create l a\nbuildah manifest push --tls-verify=false --all --format v2s2 l docker://R/x:33",
    ),
    (
        "34",
        "buildah bud --format docker -t a .\nbuildah manifest create l a\nbuildah manifest push --tls-verify=false --all --format oci l docker://R/x:34",
    ),
    (
        "36",
        "buildah bud -t a .\nbuildah manifest create l a\nbuildah push --tls-verify=false l docker://R/x:36",
    ),
];

pub const PODMAN: &[Row] = &[
    ("15", "podman build -t x .\npodman push x docker://R/x:15"),
    (
        "16",
        "podman build -t x . --format docker\npodman push x docker://R/x:16",
    ),
    (
        "16b",
        "BUILDAH_FORMAT=docker podman build -t x .\npodman push x docker://R/x:16b",
    ),
    (
        "17",
        "podman build --format docker -t y .\npodman create --name c y /x\npodman commit c x\npodman push x docker://R/x:17",
    ),
    (
        "17b",
        "podman build -t y .\npodman create --name c y /x\npodman commit -f docker c x\npodman push x docker://R/x:17b",
    ),
    (
        "17c",
        "podman build -t y .\npodman create --name c y /x\nBUILDAH_FORMAT=docker podman commit c x\npodman push x docker://R/x:17c",
    ),
    (
        "18",
        "podman build -t y .\npodman push y docker://R/y:18\ni=$(podman pull -q docker://R/y:18)\npodman tag $i z\npodman push z docker://R/x:18",
    ),
    (
        "18b",
        "podman build --format docker -t y .\npodman push y docker://R/y:18b\ni=$(podman pull -q docker://R/y:18b)\npodman tag $i z\npodman push z docker://R/x:18b",
    ),
    (
        "31",
        "podman build --format docker -t a .\npodman manifest create l containers-storage:localhost/a\npodman manifest push --tls-verify=false --all l docker://R/x:31",
    ),
    (
        "31b",
        "podman build -t a .\npodman manifest create l containers-storage:localhost/a\npodman manifest push --tls-verify=false --all l docker://R/x:31b",
    ),
    (
        "33p",
        "podman build -t a .\npodman manifest create l containers-storage:localhost/a\npodman manifest push --tls-verify=false --all --format v2s2 l docker://R/x:33p",
    ),
    (
        "36p",
        "podman build --format docker -t a .\npodman manifest create l containers-storage:localhost/a\npodman push l docker://R/x:36p",
    ),
    (
        "20c",
        "podman build --format docker -t x .\npodman push --compression-format zstd:chunked x docker://R/x:20c",
    ),
    (
        "20",
        "podman build --format docker -t x .\npodman push --compression-format zstd x docker://R/x:20",
    ),
];

pub const SKOPEO: &[Row] = &[
    (
        "a",
        "buildah bud -t x .\nbuildah push x oci:d:x\nskopeo copy --src-tls-verify=false --dest-tls-verify=false oci:d:x docker://R/x:a",
    ),
    (
        "b",
        "buildah bud -t x .\nbuildah push x oci:d:x\nskopeo copy --src-tls-verify=false --dest-tls-verify=false -f v2s2 oci:d:x docker://R/x:b",
    ),
    (
        "c",
        "buildah bud -t x .\nbuildah push x docker-archive:f.tar:x:1\nskopeo copy --src-tls-verify=false --dest-tls-verify=false docker-archive:f.tar docker://R/x:c",
    ),
    (
        "d",
        "buildah bud -t x .\nbuildah push x docker://R/y:d\nskopeo copy --src-tls-verify=false --dest-tls-verify=false docker://R/y:d docker://R/x:d",
    ),
    (
        "e",
        "buildah bud -t x .\nbuildah push x docker://R/y:e\nskopeo copy --src-tls-verify=false --dest-tls-verify=false --preserve-digests --format v2s2 docker://R/y:e docker://R/x:e",
    ),
    (
        "f",
        "buildah bud --format docker -t x .\nbuildah push x docker://R/y:f\nskopeo copy --src-tls-verify=false --dest-tls-verify=false --format oci docker://R/y:f docker://R/x:f",
    ),
    (
        "g",
        "buildah bud --format docker -t x .\nbuildah push x docker://R/y:g\nskopeo copy --src-tls-verify=false --dest-tls-verify=false docker://R/y:g docker://R/x:g",
    ),
    (
        "h",
        "buildah bud -t x .\nbuildah push x docker://R/y:h\nskopeo copy --src-tls-verify=false --dest-tls-verify=false --format v2s2 docker://R/y:h docker://R/x:h",
    ),
    (
        "i",
        "buildah bud -t a .\nbuildah manifest create l a\nbuildah manifest push --tls-verify=false --all --format oci l docker://R/y:i\nskopeo copy --src-tls-verify=false --dest-tls-verify=false docker://R/y:i docker://R/x:i",
    ),
    (
        "j",
        "buildah bud -t a .\nbuildah manifest create l a\nbuildah manifest push --tls-verify=false --all --format oci l docker://R/y:j\nskopeo copy --src-tls-verify=false --dest-tls-verify=false --format v2s2 docker://R/y:j docker://R/x:j",
    ),
    (
        "k",
        "buildah bud -t a .\nbuildah manifest create l a\nbuildah manifest push --tls-verify=false --all --format oci l docker://R/y:k\nskopeo copy --src-tls-verify=false --dest-tls-verify=false --all docker://R/y:k docker://R/x:k",
    ),
    (
        "l",
        "buildah bud -t a .\nbuildah manifest create l a\nbuildah manifest push --tls-verify=false --all --format oci l docker://R/y:l\nskopeo copy --src-tls-verify=false --dest-tls-verify=false --all --format v2s2 docker://R/y:l docker://R/x:l",
    ),
    (
        "m",
        "buildah bud --format docker -t a .\nbuildah manifest create l a\nbuildah manifest push --tls-verify=false --all --format v2s2 l docker://R/y:m\nskopeo copy --src-tls-verify=false --dest-tls-verify=false --all --format oci docker://R/y:m docker://R/x:m",
    ),
    (
        "l-arm",
        "buildah build --platform linux/amd64,linux/arm64 --manifest l .\nbuildah manifest push --tls-verify=false --all l docker://R/y:l-arm\nskopeo copy --override-arch arm64 --src-tls-verify=false --dest-tls-verify=false -f v2s2 docker://R/y:l-arm docker://R/x:l-arm",
    ),
    (
        "l-arm-oci",
        "buildah build --platform linux/amd64,linux/arm64 --manifest l .\nbuildah manifest push --tls-verify=false --all l docker://R/y:l-arm-oci\nskopeo --override-arch arm64 copy --src-tls-verify=false --dest-tls-verify=false docker://R/y:l-arm-oci docker://R/x:l-arm-oci",
    ),
    (
        "n",
        "buildah bud -t x .\nbuildah push x docker://R/s/x:n\nskopeo sync --src-tls-verify=false --dest-tls-verify=false --src docker --dest docker {R}/s/x:n {R}",
    ),
    (
        "o",
        "buildah bud -t x .\nbuildah push x docker://R/s/x:o\nskopeo sync --src-tls-verify=false --dest-tls-verify=false -f v2s2 --src docker --dest docker {R}/s/x:o {R}",
    ),
    (
        "p",
        "buildah bud -t x .\nbuildah push x oci-archive:f.tar:x\nskopeo copy --src-tls-verify=false --dest-tls-verify=false oci-archive:f.tar:x docker://R/x:p",
    ),
    (
        // As umoci writes it: the manifest does not say its own type.
        "um",
        "buildah bud -t x .\nbuildah push x oci:d:x\nb=d/blobs/sha256\nm=$(grep -o 'sha256:[0-9a-f]*' d/index.json | cut -d: -f2)\nsed 's/\"mediaType\":\"application.vnd.oci.image.manifest.v1+json\",//' $b/$m > d/m\nif grep -q image.manifest d/m; then exit 1; fi\nn=$(sha256sum d/m | cut -d' ' -f1)\nsed -i \"s/$m/$n/; s/\\\"size\\\":[0-9]*/\\\"size\\\":$(wc -c < d/m)/\" d/index.json\nmv d/m $b/$n\nskopeo copy --src-tls-verify=false --dest-tls-verify=false oci:d:x docker://R/x:um",
    ),
    (
        "q",
        "buildah bud --format docker -t x .\nbuildah push x dir:d\nskopeo copy --src-tls-verify=false --dest-tls-verify=false dir:d docker://R/x:q",
    ),
    (
        "r",
        "buildah bud -t x .\nskopeo copy --src-tls-verify=false --dest-tls-verify=false containers-storage:localhost/x docker://R/x:r",
    ),
    (
        "s",
        "podman build -t x .\npodman save -o f.tar x\nskopeo copy --src-tls-verify=false --dest-tls-verify=false docker-archive:f.tar docker://R/x:s",
    ),
    (
        "t",
        "podman build --format docker -t x .\npodman save --format oci-archive -o f.tar x\nskopeo copy --src-tls-verify=false --dest-tls-verify=false oci-archive:f.tar docker://R/x:t",
    ),
];

/// Rows where no image arrives: the tool or the registry refuses.
pub const REFUSED: &[Row] = &[
    (
        "13",
        "buildah bud -t x .\nbuildah push --format v2s1 x docker://R/x:13",
    ),
    (
        "23",
        "podman build -t x .\npodman push --format v2s2 --compression-format zstd x docker://R/x:23",
    ),
    (
        "u",
        "buildah bud -t x .\nbuildah push x docker://R/y:u\nskopeo copy --src-tls-verify=false --dest-tls-verify=false --format docker docker://R/y:u docker://R/x:u",
    ),
    (
        "w",
        "buildah build --manifest l .\nbuildah manifest push --tls-verify=false --all l docker://R/y:w\nskopeo copy --preserve-digests --all --format v2s2 --src-tls-verify=false --dest-tls-verify=false docker://R/y:w docker://R/z:w",
    ),
    (
        "io",
        "buildah build --manifest l .\nbuildah manifest push --tls-verify=false --all l docker://R/y:io\nskopeo copy --multi-arch index-only --src-tls-verify=false --dest-tls-verify=false docker://R/y:io docker://R/z:io",
    ),
    (
        "zs",
        "podman build -t x .\npodman push --compression-format zstd x docker://R/y:zs\nskopeo copy --format v2s2 --src-tls-verify=false --dest-tls-verify=false docker://R/y:zs docker://R/z:zs",
    ),
    (
        "od",
        "buildah bud -format docker -t x .\nbuildah push x docker://R/x:od",
    ),
    (
        "nc",
        "buildah bud -t x .\nbuildah commit localhost/x:latest",
    ),
    (
        "v",
        "buildah bud -t x . --format=docker\nbuildah push x docker://R/x:v",
    ),
];
