//! `no-effect`: a setting that does not do what it is there for.

use super::oci_build::build_finding;
use super::{guide, Case, Cause, Finding, Proves, Rule, RuleId, RuleMeta, Subject};
use image_lint_model::build::{Action, FormatSetting, Setting, Tool};
use image_lint_model::finding::{Level};

pub struct NoEffect;

static META: RuleMeta = RuleMeta {
    id: RuleId::NoEffect,
    level: Some(Level::Warning),
    proves: Proves::Line,
    applies_to_ci: true,
    summary: "a setting that does not change the image's format, although it looks like it",
    why: "\
Measured: `buildah from --format` has no effect on a later `commit`; `skopeo copy --preserve-digests` with `--format` keeps \
the format of the source without a word; `image_default_format` of containers.conf is read by no build, commit or push. The image goes out as it would without the setting.",
    remedy: "Give `--format=docker` to `buildah commit`; leave `--preserve-digests` out where skopeo is to convert.",
    before: "c=$(buildah from --format docker registry.example.com/base:1)\nbuildah commit $c app\n",
    after: "c=$(buildah from registry.example.com/base:1)\nbuildah commit --format=docker $c app\n",
    needs_network: false,
    fixes: super::Fixes::None,
    guides: &[guide::SIGNATURE_KEY],
};

impl Rule for NoEffect {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let Subject::Build(build, _) = case.subject else {
            return;
        };
        if case.target.takes_oci() {
            return;
        }
        let asked = matches!(build.format, FormatSetting::Flag { .. });
        let (message, help) = match (build.command.tool, build.command.action) {
            (Tool::Buildah, Action::From) if asked => (
                "`buildah from --format` has no effect on the image that a later `commit` makes",
                "give `--format=docker` to `buildah commit`",
            ),
            (Tool::Skopeo, Action::Copy | Action::Sync)
                if build.command.options.preserve_digests
                    && build.format.value() == Some("v2s2") =>
            {
                (
                    "with `--preserve-digests` skopeo keeps the format of the source: `--format` has no effect",
                    "leave `--preserve-digests` out: a converted image always has another digest",
                )
            }
            (_, Action::Configure(Setting::ImageDefaultFormat)) => (
                "`image_default_format` has no effect on what podman and buildah build, commit or push",
                "set `BUILDAH_FORMAT=docker` in the environment of builds, or give them `--format=docker`",
            ),
            _ => return,
        };
        let mut found = build_finding(META.id, &build.command, build.command.place)
            .says(message, "no effect");
        found.help = vec![help.into()];
        found.cause = Cause::same([message]);
        out.push(found);
    }
}
