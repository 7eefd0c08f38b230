//! `lost-in-oci`: the Containerfile says something that an OCI image cannot hold, and is built as one.

use super::oci_build::{build_finding, docker_format};
use super::{guide, Case, Cause, Finding, Proves, Rule, RuleId, RuleMeta, Subject};
use image_lint_model::build::{Action, Built, Confidence, Tool};
use image_lint_model::containerfile::DockerOnly;
use image_lint_model::finding::{Level, Related};
use image_lint_model::manifest::Format;
use image_lint_model::mention::Repository;

pub struct LostInOci;

static META: RuleMeta = RuleMeta {
    id: RuleId::LostInOci,
    level: Some(Level::Warning),
    proves: Proves::Line,
    applies_to_ci: true,
    summary: "the build drops HEALTHCHECK, ONBUILD or SHELL, which an OCI image cannot hold",
    why: "\
buildah and podman leave out `HEALTHCHECK`, `ONBUILD` and `SHELL` when they write an OCI image, with no more than a warning in \
the build's log. A later `push --format=v2s2` makes a docker image of it but does not bring them back: what the image lost, \
it lost at the build.",
    remedy: "Build in docker format: `--format=docker` right after `build` or `bud`.",
    before: "# Containerfile: HEALTHCHECK CMD curl -f http://localhost/\nbuildah bud -t app .\nbuildah push --format=v2s2 app registry.example.com/team/app:1\n",
    after: "# Containerfile: HEALTHCHECK CMD curl -f http://localhost/\nbuildah bud --format=docker -t app .\nbuildah push app registry.example.com/team/app:1\n",
    needs_network: false,
    fixes: super::Fixes::Safe,
    guides: &[guide::SIGNATURE_KEY],
};

impl Rule for LostInOci {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let Subject::Build(build, _) = case.subject else {
            return;
        };
        // BuildKit keeps them in an OCI image's configuration; a target that takes OCI is judged as for `oci-build`.
        if case.target.takes_oci()
            || build.command.action != Action::Build
            || !matches!(build.command.tool, Tool::Buildah | Tool::Podman)
        {
            return;
        }
        let verdict = &build.verdict;
        if !matches!(verdict.format, Some(Format::OciManifest | Format::OciIndex)) {
            return;
        }
        let lost = lost(build, case.repository);
        let Some(first) = lost.first() else { return };
        let mut words: Vec<&str> = lost.iter().map(|d| d.instruction.as_str()).collect();
        words.sort_unstable();
        words.dedup();
        let words = words.join(", ");
        let depends = verdict.confidence == Confidence::Depends;
        let label = &build.command.label;
        let message = if depends {
            format!("`{label}` may make an OCI image, which cannot hold {words} of its Containerfile")
        } else {
            format!(
                "`{label}` makes an OCI image, which cannot hold {words} of its Containerfile: the build drops it with a \
                 warning, and no later push brings it back"
            )
        };
        let mut found = build_finding(META.id, &build.command, build.command.place)
            .says(message, format!("drops {words}"));
        if depends {
            found.weaken(Level::Note);
        }
        found.help =
            vec!["build in docker format: `--format=docker` right after the subcommand".into()];
        found.fix = docker_format(build, !depends);
        found.related = lost
            .iter()
            .take(5)
            .map(|d| Related {
                place: d.place,
                label: format!("this {} is lost", d.instruction.as_str()).into(),
            })
            .collect();
        found.cause = Cause::same([first.place.file.0.to_string(), words]);
        out.push(found);
    }
}

/// What the build's Containerfile says and the image loses. Nothing when another file shares its place.
fn lost(build: &Built, repository: &Repository) -> Vec<DockerOnly> {
    let Some(file) = build.recipe else {
        return Vec::new();
    };
    let first = repository
        .containerfiles
        .partition_point(|c| c.place.file < file);
    let here = repository.containerfiles[first..]
        .iter()
        .take_while(|c| c.place.file == file);
    let mut found = here.filter(|c| !c.embedded);
    match (found.next(), found.next()) {
        (Some(only), None) => only.lost_in_oci(build.command.recipe.target.as_deref()),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image_lint_model::target::Target;
    use image_lint_scan::extract::{Claim, claim, extract};
    use image_lint_scan::link::{Values, link};
    use image_lint_text::source::{FileId, RepoPath, SourceFile};

    fn findings(files: &[(&str, &str)]) -> Vec<Finding> {
        let read = |(i, (path, text)): (usize, &(&str, &str))| {
            let file = SourceFile::new(
                FileId(i as u32),
                RepoPath::from_bytes(path.as_bytes()),
                (*text).to_owned(),
            );
            let Claim::By(extractor) = claim(&file.path, text.as_bytes(), false) else {
                panic!("nobody reads {path}")
            };
            (
                file.id,
                file.path.clone(),
                extract(&file, extractor, false).1,
            )
        };
        let repository = link(
            files.iter().enumerate().map(read).collect(),
            &Values::default(),
        );
        let target = Target::default();
        let mut out = Vec::new();
        for build in &repository.builds {
            LostInOci.check(
                &Case {
                    subject: Subject::Build(build, &|_| None),
                    target: &target,
                    target_is_of_path: false,
                    policy: None,
                    repository: &repository,
                },
                &mut out,
            );
        }
        out
    }

    #[test]
    fn a_build_says_what_its_containerfile_loses() {
        const HEALTH: &str = "FROM r.io/a:1\nHEALTHCHECK CMD true\n";
        const STAGES: &str = "FROM r.io/a:1 AS one\nONBUILD RUN x\nFROM r.io/a:1 AS two\nSHELL [\"a\"]\nFROM one\nRUN x\n";
        let table: &[(&str, &str, &str, Option<&str>)] = &[
            (
                "Dockerfile",
                HEALTH,
                "buildah bud -t r.io/x .",
                Some("drops HEALTHCHECK"),
            ),
            (
                "Dockerfile",
                HEALTH,
                "buildah bud -t x .\nbuildah push --format=v2s2 x r.io/x",
                Some("drops HEALTHCHECK"),
            ),
            (
                "Containerfile",
                HEALTH,
                "podman build -t r.io/x .",
                Some("drops HEALTHCHECK"),
            ),
            (
                "app/Dockerfile",
                HEALTH,
                "podman build -t r.io/x app",
                Some("drops HEALTHCHECK"),
            ),
            (
                "app/Dockerfile.x",
                HEALTH,
                "podman build -t r.io/x -f app/Dockerfile.x .",
                Some("drops HEALTHCHECK"),
            ),
            (
                "Dockerfile",
                "FROM a\nHEALTHCHECK NONE\n",
                "buildah bud -t r.io/x .",
                None,
            ),
            (
                "Dockerfile",
                HEALTH,
                "buildah bud --format docker -t r.io/x .",
                None,
            ),
            (
                "Dockerfile",
                HEALTH,
                "export BUILDAH_FORMAT=docker\nbuildah bud -t r.io/x .",
                None,
            ),
            ("Dockerfile", HEALTH, "docker build -t r.io/x .", None),
            ("Dockerfile", HEALTH, "buildah bud -t r.io/x $DIR", None),
            (
                "Dockerfile",
                HEALTH,
                "buildah bud -t r.io/x -f $FILE .",
                None,
            ),
            (
                "Dockerfile",
                HEALTH,
                "cd elsewhere\nbuildah bud -t r.io/x .",
                None,
            ),
            (
                "Dockerfile",
                HEALTH,
                "cd $(dirname $0)\nbuildah bud -t r.io/x .",
                Some("drops HEALTHCHECK"),
            ),
            ("other/Dockerfile", HEALTH, "buildah bud -t r.io/x .", None),
            (
                "Dockerfile",
                STAGES,
                "buildah bud -t r.io/x .",
                Some("drops ONBUILD"),
            ),
            (
                "Dockerfile",
                STAGES,
                "buildah bud --target two -t r.io/x .",
                Some("drops SHELL"),
            ),
            (
                "Dockerfile",
                STAGES,
                "buildah bud --target $T -t r.io/x .",
                None,
            ),
        ];
        for (path, containerfile, script, expected) in table {
            let found = findings(&[(path, containerfile), ("build.sh", script)]);
            let labels: Vec<&str> = found.iter().map(|f| f.label.raw()).collect();
            assert_eq!(labels.first().copied(), *expected, "{path}: {script}");
            for finding in &found {
                assert_eq!(
                    finding.place.file,
                    FileId(1),
                    "at the command, where it is fixed"
                );
                assert_eq!(
                    finding.related[0].place.file,
                    FileId(0),
                    "with the instruction beside it"
                );
                assert!(finding.fix.as_ref().is_some_and(|fix| fix.safe), "{script}");
            }
        }
    }
}
