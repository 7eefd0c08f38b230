//! From the text of a file to what it names, and references by themselves.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use image_lint_model::reference::ImageReference;
use image_lint_scan::extract::claim;
use image_lint_text::source::RepoPath;

use super::{Source, texts};

const RECIPE: &str = "ARG VERSION=1.22\nFROM --platform=$BUILDPLATFORM docker.io/library/golang:${VERSION} AS build\n\
    WORKDIR /src\nCOPY . .\nRUN --mount=type=cache,target=/root/.cache \\\n    go build -o /out/app ./cmd/app && \\\n    \
    strip /out/app\nFROM registry.access.redhat.com/ubi9/ubi-minimal:9.4\nLABEL name=\"app\" vendor=\"team\"\n\
    COPY --from=build /out/app /usr/bin/app\nCOPY --from=quay.io/team/tools:3 /bin/helper /usr/bin/\nUSER 1001\n\
    ENTRYPOINT [\"/usr/bin/app\"]\n";

const SCRIPT: &str = "#!/bin/bash\nset -euo pipefail\nREGISTRY=${REGISTRY:-quay.io/team}\n\
    for part in web api worker; do\n  buildah bud --format=docker -t \"$REGISTRY/$part:dev\" \"$part\"\n  \
    if [[ -n \"${PUSH:-}\" ]]; then\n    buildah push \"$REGISTRY/$part:dev\"\n  fi\ndone\n\
    oc run probe --image=registry.example.com/tools/probe:1.4 -- sh -c 'echo ok'\n\
    kubectl set image deployment/web web=quay.io/team/web:2.0\n";

/// Files of a usual size, by what stands in them.
fn sources() -> Vec<(&'static str, Source)> {
    let deployments = texts::deployments((0..100).map(|i| format!("quay.io/team/app-{i}:1.{i}")));
    vec![
        ("yaml", Source::new(0, "apps.yaml", deployments)),
        (
            "yaml_without_images",
            Source::new(0, "settings.yaml", texts::config_map(400)),
        ),
        (
            "dockerfile",
            Source::new(0, "Dockerfile", RECIPE.repeat(20)),
        ),
        ("shell", Source::new(0, "release.sh", SCRIPT.repeat(20))),
    ]
}

#[divan::bench(args = ["yaml", "yaml_without_images", "dockerfile", "shell"])]
fn file(bencher: Bencher<'_, '_>, what: &str) {
    let sources = sources();
    let (_, source) = sources
        .iter()
        .find(|(name, _)| *name == what)
        .expect("it is in the table");
    bencher
        .counter(BytesCount::of_str(&source.file.text))
        .bench_local(|| source.extract());
}

/// Most files of a repository cost nothing else.
#[divan::bench]
fn claim_by_name(bencher: Bencher<'_, '_>) {
    let names = [
        "src/main.go",
        "docs/a.md",
        "deploy/app.yaml",
        "Dockerfile.dev",
        "logo.png",
        "hack/run",
        "go.sum",
    ];
    let paths = names.map(|name| RepoPath::from_bytes(name.as_bytes()));
    bencher
        .counter(ItemsCount::new(paths.len()))
        .bench_local(|| {
            for path in &paths {
                black_box(claim(path, b"", false));
            }
        });
}

const REFERENCES: [&str; 6] = [
    "nginx",
    "quay.io/team/app:1.2.3",
    "registry.access.redhat.com/ubi9/ubi@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "localhost:5000/a/b/c/d:v1",
    "Quay.io/Team/App:1",
    "docker.io/library/busybox:1.36 ",
];

#[divan::bench]
fn reference(bencher: Bencher<'_, '_>) {
    bencher
        .counter(ItemsCount::new(REFERENCES.len()))
        .bench_local(|| {
            for text in REFERENCES {
                let _ = black_box(ImageReference::parse(black_box(text)));
            }
        });
}
