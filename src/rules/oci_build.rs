//! `oci-build`: a line that builds or pushes an image in a format the target cannot pull.

use super::{Case, Rule, RuleMeta, Subject};
use crate::model::build::{Action, BuildCommand, Confidence, FormatSetting, Mend, Mistake, Tool, Verdict};
use crate::model::finding::{Edit, Finding, Fix, Level, Related, Untrusted};
use crate::model::mention::SourceKind;
use crate::model::source::{Place, Position, Span};

pub struct OciBuild;

static META: RuleMeta = RuleMeta {
    id: "oci-build",
    level: Some(Level::Error),
    summary: "this line makes or pushes an image in a format the cluster cannot pull",
    why: "\
buildah and podman build OCI images unless they are told otherwise, a plain push keeps that, and docker 1.13 of OpenShift \
3.11 cannot pull them: it reports `missing signature key`, `manifest for X not found` or `repository does not exist`, \
depending on the registry. A manifest list has a format of its own: `manifest push` needs `--format=v2s2` as well. zstd \
compression turns every image into an OCI image. What depends on something that does not stand in the repository (the \
version of docker, a variable) is a note.",
    remedy: "\
Add `--format=docker` directly behind `build`, `bud` or `commit`: buildah stops reading flags at its first argument, so at \
the end of the line it breaks the command. In CI, `BUILDAH_FORMAT=docker` in the environment does the same for all builds \
and commits, but not for pushes. For lists and copies add `--format=v2s2` behind `push` or `copy`.",
    before: "buildah bud -t registry.example.com/team/app:1 .\n",
    after: "buildah bud --format=docker -t registry.example.com/team/app:1 .\n",
    needs_network: false,
    fixes: true,
};

impl Rule for OciBuild {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let Subject::Build(build) = case.subject else { return };
        if case.target.takes_oci() {
            return;
        }
        if let Some(found) = mistake(build) {
            out.push(found);
            return;
        }
        if build.action == Action::Configure && build.options.zstd {
            let mut found = finding(build, build.place);
            found.level = Level::Note;
            found.message =
                "with zstd compression podman pushes every image as an OCI image, whatever it was built as \
                             (buildah from 1.44 on does the same)"
                    .into();
            found.label = "turns docker images into OCI images".into();
            found.help = vec!["leave `compression_format` at `gzip` where the cluster takes docker format only".into()];
            found.cause = format!("{}\u{0}compression_format", META.id);
            out.push(found);
            return;
        }
        let Some(verdict) = build.verdict.as_ref().filter(|v| v.report) else { return };
        let Some(format) = verdict.format.filter(|f| !case.target.takes(*f)) else { return };
        let mut found = finding(build, build.place);
        if verdict.confidence == Confidence::Depends {
            found.level = Level::Note;
        }
        let client = format!("{} ({})", case.target.name, case.target.client);
        let verb = if matches!(build.action, Action::Build | Action::Commit) { "makes" } else { "pushes" };
        let article = if format.words().starts_with('O') { "an" } else { "a" };
        found.message = match verdict.confidence {
            Confidence::Depends => format!(
                "`{}` may give {article} {}, which {client} cannot pull: {}",
                build.field,
                format.words(),
                verdict.because
            ),
            _ => format!(
                "`{}` {verb} {article} {}, which {client} cannot pull: {}; the cluster will say `missing signature key`, \
                 `manifest for … not found` or `repository does not exist`",
                build.field,
                format.words(),
                verdict.because
            ),
        }
        .into();
        found.label = format!("{verb} {article} {}", format.words()).into();
        found.evidence.push(("media type", format.media_type().into()));
        found.evidence.push(("verdict", verdict.confidence.as_str().into()));
        found.fix = fix(build, verdict);
        found.help = help(build, verdict);
        if let Some(decided) = &verdict.decided {
            found.related.push(Related {
                place: decided.place,
                label: format!("`{}` decides the format here", decided.field).into(),
            });
        }
        // What depends on the version of docker is one piece of news, whichever of its commands are used.
        found.cause = match verdict.confidence {
            Confidence::Depends => format!("{}\u{0}{}", META.id, verdict.because),
            _ => format!("{}\u{0}{}\u{0}{}", META.id, build.field, verdict.because),
        };
        out.push(found);
    }
}

fn finding(build: &BuildCommand, place: Place) -> Finding {
    build_finding(META.id, Level::Error, build, place)
}

/// A finding at a command, with what is common to the rules about commands.
pub(super) fn build_finding(rule: &'static str, level: Level, build: &BuildCommand, place: Place) -> Finding {
    Finding {
        rule,
        level,
        place,
        reference: build.outputs.iter().find(|n| n.known).map(|n| Untrusted::new(&*n.text)),
        message: Untrusted::default(),
        label: Untrusted::default(),
        help: Vec::new(),
        evidence: Vec::new(),
        related: Vec::new(),
        fix: None,
        cause: rule.to_owned(),
        excerpt: build.excerpt.clone(),
    }
}

/// What to type, most likely first.
fn help(build: &BuildCommand, verdict: &Verdict) -> Vec<Untrusted> {
    let decided = verdict.decided.as_ref();
    let own = build.mend.as_ref().filter(|_| decided.is_none() || build.action != Action::Push);
    if let Some(mend) = own.or(decided.and_then(|d| d.mend.as_ref())) {
        return vec![format!("{}: `{}`", mend.title, mend.text.trim()).into()];
    }
    let text = match (build.tool, build.action) {
        (Tool::Docker, _) if build.source == SourceKind::GitHub && build.subcommand.is_none() => {
            "for an image that every version makes in docker format give the action `provenance: false`, `sbom: false` and \
             `outputs: type=registry,oci-mediatypes=false` in place of `push`"
        }
        _ if build.task.as_deref() == Some("s2i") => {
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
        (Tool::Skopeo, _) => {
            "skopeo converts with `--format=v2s2` directly behind `copy` or `sync` (`docker` is no word it knows)"
        }
        (Tool::Regctl, _) => "regctl converts with `image mod SOURCE --to-docker --create DESTINATION`",
        (Tool::Crane, Action::Build) => "leave `--oci-empty-base` out; for a list give `--docker-empty-base`",
        (Tool::Crane | Tool::Oc | Tool::Kaniko, _) => {
            "it converts nothing: where the source is an OCI image, `skopeo copy --format v2s2 …` makes a docker image of it"
        }
        (_, Action::ListPush) => "add `--format=v2s2` directly behind `manifest push`",
        (_, Action::Push) if build.options.zstd => {
            "leave `--compression-format zstd` out: docker format has no zstd layers"
        }
        (_, Action::Push) if verdict.decided.is_some() => {
            "build in docker format: `--format=docker` directly behind the subcommand of the build"
        }
        (_, Action::Push) => "push in docker format: `--format=v2s2` directly behind `push`",
        _ => {
            "add `--format=docker` directly behind the subcommand (buildah reads no flags behind its first argument), or set \
             `BUILDAH_FORMAT=docker` in the environment"
        }
    };
    vec![text.into()]
}

/// The edit that mends it; inserted directly behind the subcommand, or the value replaced in place.
fn fix(build: &BuildCommand, verdict: &Verdict) -> Option<Fix> {
    let safe = verdict.confidence != Confidence::Depends;
    // What was built wrongly is mended there: a push brings back nothing that the build lost.
    if let Some(decided) = verdict.decided.as_ref().filter(|_| build.action == Action::Push && !build.options.zstd) {
        let there = match &decided.mend {
            // docker has no such flag.
            _ if !matches!(decided.tool, Tool::Buildah | Tool::Podman) => return None,
            Some(mend) => Some(mended(mend, safe)),
            None => set_format(&decided.format, decided.subcommand, "docker", safe),
        };
        return there.or_else(|| build.mend.as_ref().map(|mend| mended(mend, safe)));
    }
    if let Some(mend) = build.mend.as_ref().or(verdict.decided.as_ref().and_then(|d| d.mend.as_ref())) {
        return Some(mended(mend, safe));
    }
    match (build.tool, build.action) {
        (Tool::Buildah | Tool::Podman, Action::Build | Action::Commit) => {
            set_format(&build.format, build.subcommand, "docker", safe)
        }
        (Tool::Buildah | Tool::Podman, Action::Push) if build.options.zstd => None,
        (Tool::Buildah | Tool::Podman, Action::Push) => set_format(&build.format, build.subcommand, "v2s2", safe),
        (Tool::Buildah | Tool::Podman, Action::ListPush) => set_format(&build.format, build.subcommand, "v2s2", safe),
        (Tool::Skopeo, _) if !build.options.preserve_digests => {
            set_format(&build.format, build.subcommand, "v2s2", safe)
        }
        _ => None,
    }
}

fn mended(mend: &Mend, safe: bool) -> Fix {
    let edit = Edit { file: mend.place.file, span: mend.place.span, place: mend.place, text: mend.text.to_string() };
    Fix { title: mend.title.to_owned(), edits: vec![edit], safe }
}

/// The edit that makes a build or commit write docker format.
pub(super) fn docker_format(build: &BuildCommand, safe: bool) -> Option<Fix> {
    match &build.mend {
        Some(mend) => Some(mended(mend, safe)),
        None => set_format(&build.format, build.subcommand, "docker", safe),
    }
}

fn set_format(setting: &FormatSetting, subcommand: Option<Place>, value: &str, safe: bool) -> Option<Fix> {
    match setting {
        // A run may give the parameter another value, and others may rely on the default.
        FormatSetting::Default { place, .. } => {
            let place = (*place)?;
            let edit = Edit { file: place.file, span: place.span, place, text: value.to_owned() };
            Some(Fix { title: format!("write `{value}` as the default"), edits: vec![edit], safe: false })
        }
        FormatSetting::Flag { place, .. } => {
            let place = (*place)?;
            let edit = Edit { file: place.file, span: place.span, place, text: value.to_owned() };
            Some(Fix { title: format!("write `{value}` as the format"), edits: vec![edit], safe })
        }
        _ => {
            let after = end_of(subcommand?);
            let edit = Edit { file: after.file, span: after.span, place: after, text: format!(" --format={value}") };
            Some(Fix { title: format!("insert `--format={value}`"), edits: vec![edit], safe })
        }
    }
}

/// The empty place behind another.
fn end_of(place: Place) -> Place {
    let at: Position = place.end;
    Place { file: place.file, start: at, end: at, span: Span { start: place.span.end, end: place.span.end } }
}

/// A mistake that keeps the command from doing what it says.
fn mistake(build: &BuildCommand) -> Option<Finding> {
    let mistake = build.mistakes.first()?;
    let replace = |place: Place, text: &str, title: &str| {
        Some(Fix {
            title: title.to_owned(),
            edits: vec![Edit { file: place.file, span: place.span, place, text: text.to_owned() }],
            safe: true,
        })
    };
    let (place, message, help, fix) = match *mistake {
        Mistake::LateFlag(place) => (
            place,
            "buildah reads no flags behind its first argument: this command fails",
            "move the flag directly behind the subcommand",
            None,
        ),
        Mistake::UnknownFormat(place) if build.tool == Tool::Skopeo => (
            place,
            "skopeo knows no such format: this command fails",
            "skopeo's word for docker format is `v2s2`",
            replace(place, "v2s2", "write `v2s2` as the format"),
        ),
        Mistake::UnknownFormat(place) => {
            let word = if matches!(build.action, Action::Build | Action::Commit) { "docker" } else { "v2s2" };
            let help =
                if word == "docker" { "a build takes `docker` or `oci`" } else { "a push takes `v2s2` or `oci`" };
            (
                place,
                "the tool knows no such format: this command fails",
                help,
                replace(place, word, "write a known format"),
            )
        }
        Mistake::OneDash(place) => {
            let start =
                Place { end: place.start, span: Span { start: place.span.start, end: place.span.start }, ..place };
            (
                place,
                "one dash makes a cluster of letters: this is `-f ormat`, not `--format`",
                "write `--format`",
                replace(start, "-", "write `--format`"),
            )
        }
        Mistake::NoContainer(place) => (
            place,
            "`buildah commit` takes the container first, then the image's name: this one has no container",
            "name the working container that `buildah from` gave",
            None,
        ),
        Mistake::BrokenContinuation(place) => (
            place,
            "a blank behind the backslash: the command ends here, and the next line is a command of its own",
            "take the blank away",
            None,
        ),
        Mistake::ZstdInDocker(place) => (
            place,
            "docker format has no zstd layers: this command fails",
            "leave the compression out: gzip is what docker format takes",
            None,
        ),
    };
    let mut found = finding(build, place);
    found.message = format!("`{}`: {message}", build.field).into();
    found.label = "here".into();
    found.help = vec![help.into()];
    found.fix = fix;
    found.cause = format!("{}\u{0}{message}", META.id);
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Sink;
    use crate::extract::shell::{ScriptContext, extract_script};
    use crate::link::build_chain::follow;
    use crate::model::mention::Repository;
    use crate::model::source::{FileId, RepoPath, SourceFile};
    use crate::model::target::Target;

    #[test]
    fn each_kind_of_command_gets_the_edit_that_its_tool_takes() {
        let table: &[(&str, Option<&str>, &str)] = &[
            ("buildah bud -t r.io/x .", Some("buildah bud --format=docker -t r.io/x ."), "behind the subcommand"),
            ("docker build -t r.io/x .\ndocker push r.io/x", None, "docker has no such flag"),
            ("docker build -t r.io/x .\npodman push r.io/x", None, "nor has it for a push by another tool"),
            ("docker buildx build --push -t r.io/x .", None, "a choice of options, and no edit"),
            ("crane copy a/b r.io/x", None, "it converts nothing"),
            ("buildah bud -format docker -t r.io/x .", Some("buildah bud --format docker -t r.io/x ."), "one dash"),
            ("podman push --compression-format zstd x r.io/x", None, "the flag is to go, which a person decides"),
            ("skopeo copy --preserve-digests docker://a docker://r.io/x", None, "digests are to stay"),
            ("$TOOL bud -t r.io/x .", None, "no known tool"),
            ("buildah $SUB -t r.io/x .", None, "no literal subcommand"),
        ];
        for (script, expected, why) in table {
            let file = SourceFile::new(FileId(0), RepoPath::from_bytes(b"b.sh"), (*script).to_owned());
            let mut sink = Sink::new(&file);
            extract_script(&file.whole(), &ScriptContext::new(SourceKind::Shell, "", 0), &mut sink);
            let mut builds = sink.finish().builds;
            follow(&mut builds);
            let (target, repository) = (Target::default(), Repository::default());
            let mut out = Vec::new();
            for build in &builds {
                OciBuild.check(
                    &Case { subject: Subject::Build(build), target: &target, repository: &repository },
                    &mut out,
                );
            }
            let edits: Vec<Edit> = out.iter().filter_map(|f| f.fix.clone()).flat_map(|fix| fix.edits).collect();
            let fixed = (!edits.is_empty()).then(|| crate::fix::apply(script, &edits).expect("edits of one run"));
            assert_eq!(fixed.as_deref(), *expected, "{why}: {script}");
            let targets_that_take_oci = ["docker-20.10", "openshift-4", "kubernetes"];
            for name in targets_that_take_oci {
                let target = Target::named(name).expect(name);
                let mut out = Vec::new();
                for build in &builds {
                    let case = Case { subject: Subject::Build(build), target: &target, repository: &repository };
                    OciBuild.check(&case, &mut out);
                }
                assert_eq!(out.len(), 0, "{name} takes OCI images: {script}");
            }
        }
    }
}
