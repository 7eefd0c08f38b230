//! `oci-build`: a line that builds or pushes an image in a format the target cannot pull.

mod answered;
mod edits;
mod mistakes;

use self::answered::answered;
pub(super) use self::edits::docker_format;
use self::edits::fix;
use self::mistakes::mistake;
use super::{guide, Case, Cause, Finding, FindingBuilder, Proves, Rule, RuleId, RuleMeta, Subject};
use image_lint_model::build::{
    Action, Built, Command, Confidence, FormatSetting, FormatSlot, Reason, Setting, Tool,
};
use image_lint_model::finding::{Level, Related, Untrusted};
use image_lint_model::manifest::Format;
use image_lint_model::mention::SourceKind;
use image_lint_text::source::Place;

pub struct OciBuild;

static META: RuleMeta = RuleMeta {
    id: RuleId::OciBuild,
    level: Some(Level::Error),
    proves: Proves::Line,
    applies_to_ci: true,
    summary: "this line makes or pushes an image in a format the cluster cannot pull",
    why: "\
buildah and podman build OCI images unless they are told otherwise, a plain push keeps that, and docker 1.13 of OpenShift \
3.11 cannot pull them: it reports `missing signature key`, `manifest for X not found` or `repository does not exist`, \
depending on the registry. A manifest list has a format of its own: `manifest push` needs `--format=v2s2` as well. zstd \
compression turns every image into an OCI image. What depends on something that is not in the repository (the \
version of docker, a variable) is a note.",
    remedy: "\
Add `--format=docker` right after `build`, `bud` or `commit`: buildah stops reading flags at its first argument, so at \
the end of the line it breaks the command. In CI, `BUILDAH_FORMAT=docker` in the environment does the same for all builds \
and commits, but not for pushes. For lists and copies add `--format=v2s2` behind `push` or `copy`.",
    before: "buildah bud -t registry.example.com/team/app:1 .\n",
    after: "buildah bud --format=docker -t registry.example.com/team/app:1 .\n",
    needs_network: false,
    fixes: super::Fixes::Safe,
    guides: &[guide::SIGNATURE_KEY],
};

impl Rule for OciBuild {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let Subject::Build(build, answers) = case.subject else {
            return;
        };
        if case.target.takes_oci() {
            return;
        }
        if let Some(found) = mistake(build, case.target) {
            out.push(found);
            return;
        }
        let command = &build.command;
        if command.action == Action::Configure(Setting::CompressionFormat) && command.options.zstd {
            let mut found = finding(build, command.place).says(
                "with zstd compression podman pushes every image as an OCI image, whatever it was built as (buildah from \
                 1.44 on does the same)",
                "turns docker images into OCI images",
            );
            found.weaken(Level::Note);
            found.help = vec![
                "leave `compression_format` at `gzip` where the cluster takes docker format only"
                    .into(),
            ];
            found.cause = Cause::same(["compression_format"]);
            out.push(found);
            return;
        }
        if !build.verdict.report {
            return;
        }
        let build = &*answered(build, case.target, answers);
        let verdict = &build.verdict;
        let Some(format) = verdict.format.filter(|f| !case.target.takes(*f)) else {
            return;
        };
        let because = because(verdict.because, command.tool);
        let client = format!("{} ({})", case.target.name, case.target.client);
        let verb = if matches!(command.action, Action::Build | Action::Commit) {
            "makes"
        } else {
            "pushes"
        };
        let what = arrives(command, format);
        let article = if what.starts_with('O') { "an" } else { "a" };
        let message = match verdict.confidence {
            Confidence::Depends => format!(
                "`{}` may give {article} {}, which {client} cannot pull: {}",
                command.label,
                what,
                because
            ),
            _ => format!(
                "`{}` {verb} {article} {}, which {client} cannot pull: {}; the cluster will say `missing signature key`, \
                 `manifest for … not found` or `repository does not exist`",
                command.label,
                what,
                because
            ),
        };
        let mut found =
            finding(build, command.place).says(message, format!("{verb} {article} {what}"));
        if verdict.confidence == Confidence::Depends {
            found.weaken(Level::Note);
        }
        let depends = verdict.confidence == Confidence::Depends;
        if what == format.words() && !depends {
            found
                .evidence
                .push(("media type", format.media_type().into()));
        }
        found
            .evidence
            .push((if depends { "depends on" } else { "decided by" }, verdict.confidence.as_str().into()));
        found.fix = fix(build);
        found.help = help(build);
        if let (
            Reason::EnvironmentAsksOci,
            FormatSetting::Environment {
                place: Some(place), ..
            },
        ) = (
            verdict.because,
            verdict
                .decided
                .as_ref()
                .map_or(&build.format, |d| &d.format),
        ) {
            found.related.push(Related {
                place: *place,
                label: "this variable asks for OCI".into(),
            });
        }
        if let Some(decided) = &verdict.decided {
            found.related.push(Related {
                place: decided.place,
                label: format!("`{}` decides the format here", decided.label).into(),
            });
        }
        // What depends on the version of docker is one piece of news, whichever of its commands are used.
        found.cause = match verdict.confidence {
            Confidence::Depends => Cause::same([because]),
            _ => Cause::same([&*command.label, because]),
        };
        out.push(found);
    }
}

/// What arrives, in words: `--all` copies a list as a list, and an image as an image.
fn arrives(build: &Command, format: Format) -> &'static str {
    let either = build.options.all && matches!(build.action, Action::Copy | Action::Sync);
    if either && format == Format::OciManifest {
        "OCI manifest or index"
    } else {
        format.words()
    }
}

fn finding(build: &Built, place: Place) -> FindingBuilder {
    build_finding(META.id, &build.command, place)
}

/// A finding at a command, with what is common to the rules about commands.
pub(super) fn build_finding(rule: RuleId, build: &Command, place: Place) -> FindingBuilder {
    let output = build.outputs.iter().find(|n| n.known);
    FindingBuilder {
        reference: output.map(|n| Untrusted::new(&*n.text)),
        cause: Cause::same::<&str>([]),
        ..FindingBuilder::new(rule, place, build.excerpt.clone())
    }
}

/// Why, as a clause.
fn because(reason: Reason, tool: Tool) -> &'static str {
    match reason {
        Reason::Nothing => "its source decides",
        Reason::BuildsOci => "it builds OCI images unless told otherwise",
        Reason::AsksDocker => "docker format is asked for",
        Reason::AsksOci => "OCI format is asked for",
        Reason::DefaultAsksOci => "the default of its parameter asks for OCI format",
        Reason::EnvironmentAsksOci => "the variable `BUILDAH_FORMAT` asks for OCI format",
        Reason::AsksSchema1 => "schema 1 is asked for",
        Reason::FormatOpen => "the format is in a variable without a value",
        Reason::FormatHidden => "no format is given, unless a variable without a value holds one",
        Reason::DockerTypes => "docker media types are asked for",
        Reason::Attested => {
            "an attestation or annotation is asked for, which only an OCI image can hold"
        }
        Reason::OciTypes => "`oci-mediatypes=true` asks for OCI format",
        Reason::DefaultAttestations => {
            "unless told otherwise buildx attaches provenance where its driver and its store can hold it, which makes an OCI index, and BuildKit from 0.31 on makes OCI images"
        }
        Reason::DockerVersion => {
            "docker 29 with its containerd store, and BuildKit from 0.31 on, make OCI images; older ones make docker images"
        }
        Reason::EmptyOciBase => "crane puts it on an empty OCI base",
        Reason::ZstdOnOciBase => {
            "on an OCI base kaniko writes zstd layers, and docker images have none"
        }
        Reason::Zstd => "zstd layers turn every image into an OCI image",
        Reason::ListOfSources => "the list has the format of the images in it",
        Reason::ListIsIndex => "a list is pushed as an OCI index unless told otherwise",
        Reason::ListIsIndexInNewer => {
            "newer buildah and podman push a list as an OCI index even when every image in it is a docker image"
        }
        Reason::DigestsPreserved => {
            "with `--preserve-digests` skopeo converts nothing, whatever `--format` says"
        }
        Reason::OciFile => "what is in an `oci:` folder is an OCI image",
        Reason::DockerStore => "docker archives and daemons hold docker images",
        Reason::CopiedAsIs if tool == Tool::Skopeo => {
            "skopeo copies an image as it is: an OCI image stays one"
        }
        Reason::CopiedAsIs => "it copies an image as it is: an OCI image stays one",
        Reason::PulledAsIs => "what was pulled is pushed as it is: an OCI image stays one",
        Reason::BuiltInSeveral => "files of the repository build this name in different formats",
        Reason::SourceUnknown => {
            "a push keeps the format in which the image was made, and nothing here says where that is done"
        }
    }
}

/// What to type, most likely first.
fn help(build: &Built) -> Vec<Untrusted> {
    if let Some(fix) = fix(build).filter(|_| has_input(build)) {
        let text = fix.edits.first().map_or("", |edit| edit.text.trim());
        return vec![format!("{}: `{text}`", fix.title).into()];
    }
    let (verdict, setting, build) = (&build.verdict, &build.format, &build.command);
    let text = match (build.tool, build.action) {
        (Tool::Buildctl, _) => {
            "for an image that every version makes in docker format give `--output` `oci-mediatypes=false`, and no \
             attestations (`--opt attest:…`)"
        }
        (Tool::Docker, _)
            if build.source == SourceKind::GitHub && build.slots.format == FormatSlot::Nowhere =>
        {
            "for an image that every version makes in docker format give the action `provenance: false`, `sbom: false` and \
             `outputs: type=registry,oci-mediatypes=false` in place of `push`"
        }
        _ if build.slots.format == FormatSlot::NoParameter && build.action == Action::Build => {
            "this task has no parameter for the format: build with the `buildah` task and `FORMAT: docker`, or copy the image \
             with `skopeo copy --format v2s2` afterwards"
        }
        (Tool::Docker, Action::Copy | Action::ListCreate | Action::ListPush) => {
            "make the images that go in docker images, or convert what was pushed: `skopeo copy --all --format v2s2 …`"
        }
        (Tool::Docker, _) => {
            "for an image that every version makes in docker format: `docker buildx build --provenance=false --sbom=false \
             --output type=registry,oci-mediatypes=false …`, or convert it: `skopeo copy --format v2s2 …`"
        }
        (Tool::Skopeo, _) if build.options.preserve_digests => {
            "`--preserve-digests` forbids every conversion: leave it out and give `--format=v2s2`"
        }
        (Tool::Skopeo, _) => {
            "skopeo converts with `--format=v2s2` right after `copy` or `sync` (`docker` is no word it knows)"
        }
        (Tool::Regctl, _) => {
            "regctl converts with `image mod SOURCE --to-docker --create DESTINATION`"
        }
        (Tool::Crane, Action::Build) => {
            "leave `--oci-empty-base` out; for a list give `--docker-empty-base`"
        }
        (Tool::Crane | Tool::Oc | Tool::Kaniko, _) => {
            "it converts nothing: where the source is an OCI image, `skopeo copy --format v2s2 …` makes a docker image of it"
        }
        (_, Action::ListPush) => "add `--format=v2s2` right after `manifest push`",
        (_, Action::Push) if build.options.zstd => {
            "leave `--compression-format zstd` out: docker format has no zstd layers"
        }
        (_, Action::Push) if verdict.decided.is_some() => {
            "build in docker format: `--format=docker` right after the subcommand of the build"
        }
        (_, Action::Push) => "push in docker format: `--format=v2s2` right after `push`",
        _ if matches!(setting, FormatSetting::Default { .. }) => {
            "give the parameter the value `docker` where it is used, or write it as its default"
        }
        (Tool::Podman, Action::Commit) => "add `--format=docker` right after `commit`",
        (Tool::Podman, _) => {
            "add `--format=docker` right after `build`, or set `BUILDAH_FORMAT=docker` in the environment: `podman build` \
             reads it as well"
        }
        _ => {
            "add `--format=docker` right after the subcommand (buildah reads no flags after its first argument), or set \
             `BUILDAH_FORMAT=docker` in the environment"
        }
    };
    vec![text.into()]
}

/// Whether an edit adds an input, a parameter or an item of a list rather than a flag.
fn has_input(build: &Built) -> bool {
    let slots = build.verdict.decided.as_ref().map(|d| &d.slots.format);
    let none = [FormatSlot::Nowhere, FormatSlot::NoParameter];
    [Some(&build.command.slots.format), slots]
        .into_iter()
        .flatten()
        .any(|slot| !none.contains(slot) && !matches!(slot, FormatSlot::After(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image_lint_model::finding::Edit;
    use image_lint_model::mention::Repository;
    use image_lint_model::target::Target;
    use image_lint_scan::extract::Sink;
    use image_lint_scan::extract::shell::{ScriptContext, extract_script};
    use image_lint_scan::link::build_chain::followed;
    use image_lint_text::source::{FileId, RepoPath, SourceFile};

    #[test]
    fn each_kind_of_command_gets_the_edit_that_its_tool_takes() {
        let table: &[(&str, Option<&str>, &str)] = &[
            (
                "buildah bud -t r.io/x .",
                Some("buildah bud --format=docker -t r.io/x ."),
                "behind the subcommand",
            ),
            (
                "docker build -t r.io/x .\ndocker push r.io/x",
                None,
                "docker has no such flag",
            ),
            (
                "docker build -t r.io/x .\npodman push r.io/x",
                None,
                "nor has it for a push by another tool",
            ),
            (
                "docker buildx build --push -t r.io/x .",
                None,
                "a choice of options, and no edit",
            ),
            ("crane copy a/b r.io/x", None, "it converts nothing"),
            (
                "buildah bud -format docker -t r.io/x .",
                Some("buildah bud --format docker -t r.io/x ."),
                "one dash",
            ),
            (
                "podman push --compression-format zstd x r.io/x",
                None,
                "the flag is to go, which a person decides",
            ),
            (
                "skopeo copy --preserve-digests docker://a docker://r.io/x",
                Some("skopeo copy --format=v2s2 docker://a docker://r.io/x"),
                "digests cannot stay",
            ),
            (
                "skopeo sync -f v2s2 \\\n  --preserve-digests \\\n  --src docker --dest docker r.io/a r.io/b",
                Some("skopeo sync -f v2s2 \\\n  \\\n  --src docker --dest docker r.io/a r.io/b"),
                "the format is given, and ignored in silence",
            ),
            (
                "skopeo copy --format=oci oci:d:x docker://r.io/x --preserve-digests",
                Some("skopeo copy --format=v2s2 oci:d:x docker://r.io/x"),
                "both",
            ),
            (
                "K=--preserve-digests\nskopeo copy $K oci:d:x docker://r.io/x",
                None,
                "stands elsewhere",
            ),
            (
                "skopeo copy --preserve-digests=true oci:d:x docker://r.io/x",
                None,
                "a switch with a value is left",
            ),
            (
                "buildah bud -t r.io/x . --format=docker",
                Some("buildah bud -t r.io/x --format=docker ."),
                "behind the context",
            ),
            (
                "buildah bud --format oci -t r.io/x . --format docker --layers",
                Some("buildah bud --format oci -t r.io/x --format docker --layers ."),
                "in their order: the last one counts",
            ),
            (
                "buildah commit c r.io/x \\\n  --format 'docker'",
                Some("buildah commit --format 'docker' c r.io/x \\\n "),
                "from another line",
            ),
            (
                "buildah bud --pull always -t r.io/x .",
                None,
                "an argument too many: it is a flag's value",
            ),
            (
                "buildah bud -t r.io/x . --format=docker --new-flag x",
                None,
                "a flag that nobody knows",
            ),
            (
                "buildah bud -t r.io/x . --format=docker --label=$A",
                None,
                "a flag that is not literal",
            ),
            (
                "buildah bud $ARGS -t r.io/x . --format=docker",
                None,
                "more flags in a variable",
            ),
            (
                "buildah bud --format=docker -t r.io/x .",
                None,
                "as it should be",
            ),
            ("$TOOL bud -t r.io/x .", None, "no known tool"),
            ("buildah $SUB -t r.io/x .", None, "no literal subcommand"),
        ];
        for (script, expected, why) in table {
            let file = SourceFile::new(
                FileId(0),
                RepoPath::from_bytes(b"b.sh"),
                (*script).to_owned(),
            );
            let mut sink = Sink::new(&file);
            extract_script(
                &file.whole(),
                &ScriptContext::new(SourceKind::Shell, "", 0),
                &mut sink,
            );
            let builds = followed(sink.finish().builds);
            let (target, repository) = (Target::default(), Repository::default());
            let mut out = Vec::new();
            for build in &builds {
                OciBuild.check(
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
            let mut edits: Vec<Edit> = out
                .iter()
                .filter_map(|f| f.fix.clone())
                .flat_map(|fix| fix.edits)
                .collect();
            edits.sort_by_key(|edit| edit.span.start);
            let fixed = (!edits.is_empty())
                .then(|| crate::fix::apply(script, &edits).expect("edits of one run"));
            assert_eq!(fixed.as_deref(), *expected, "{why}: {script}");
            let targets_that_take_oci = ["docker-20.10", "openshift-4", "kubernetes"];
            for name in targets_that_take_oci {
                let target = Target::named(name).expect(name);
                let mut out = Vec::new();
                for build in &builds {
                    let case = Case {
                        subject: Subject::Build(build, &|_| None),
                        target: &target,
                        target_is_of_path: false,
                        policy: None,
                        repository: &repository,
                    };
                    OciBuild.check(&case, &mut out);
                }
                assert_eq!(out.len(), 0, "{name} takes OCI images: {script}");
            }
        }
    }
}
