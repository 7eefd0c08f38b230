//! What the fuzz targets share: the invariants of extraction (those of `tests/properties`) and the names of files, from
//! which an extractor is chosen by the first byte of the input.

#[path = "../../tests/properties/invariants.rs"]
pub mod invariants;

#[path = "../../tests/properties/hostile_report.rs"]
pub mod hostile_report;

/// Splits the first byte off as a choice among `names`, and takes the rest as text.
pub fn choose<'a>(data: &'a [u8], names: &[&'static str]) -> Option<(&'static str, &'a str)> {
    let (first, rest) = data.split_first()?;
    let text = std::str::from_utf8(rest).ok()?;
    // Letters and digits in the order of the seeds' script: `0` is the first name.
    let at = usize::from(first.wrapping_sub(b'0')) % names.len();
    Some((names[at], text))
}

/// Names of YAML and JSON files, each for another reader.
pub const YAML: [&str; 8] = [
    "deploy/app.yaml",
    "kustomization.yaml",
    "chart/values.yaml",
    "docker-compose.yml",
    "list.json",
    ".devcontainer/devcontainer.json",
    "chart/templates/deployment.yaml",
    "chart/Chart.yaml",
];

/// Names of Dockerfiles.
pub const DOCKERFILE: [&str; 2] = ["Dockerfile", "Containerfile.in"];

/// Names of files that hold shell commands.
pub const SHELL: [&str; 10] = [
    "build.sh",
    "Makefile",
    "Jenkinsfile",
    ".gitlab-ci.yml",
    ".github/workflows/ci.yml",
    ".circleci/config.yml",
    "azure-pipelines.yml",
    "app.container",
    ".woodpecker.yml",
    "bitbucket-pipelines.yml",
];
