//! crane, regctl and kaniko's executor.

use super::{Command, Flags, NO_FLAGS, Program, Slot};
use image_lint_model::build::{Action, Tool};

const fn command(
    paths: &'static [&'static str],
    action: Action,
    flags: Flags,
    positionals: &'static [Slot],
    many: bool,
    images: &'static [(&'static str, Slot)],
) -> Command {
    Command {
        paths,
        action,
        flags,
        interspersed: true,
        positionals,
        many,
        images,
    }
}

pub(super) static CRANE: Program = Program {
    names: &["crane", "gcrane"],
    tool: Tool::Crane,
    globals: Flags {
        values: "platform",
        switches: "insecure verbose allow-nondistributable-artifacts",
        short_switches: "v",
        ..NO_FLAGS
    },
    globals_anywhere: true,
    commands: &[
        command(
            &["copy", "cp"],
            Action::Copy,
            Flags {
                values: "jobs",
                short_values: "j",
                switches: "all-tags no-clobber",
                short_switches: "a n",
                ..NO_FLAGS
            },
            &[Slot::Read, Slot::Push],
            false,
            &[],
        ),
        command(
            &["push"],
            Action::None,
            Flags {
                values: "image-refs",
                switches: "index",
                ..NO_FLAGS
            },
            &[Slot::Other, Slot::Push],
            false,
            &[],
        ),
        command(
            &["pull", "digest", "manifest", "config", "export"],
            Action::None,
            Flags {
                values: "cache_path format",
                switches: "annotate-ref full-ref",
                short_values: "c",
                ..NO_FLAGS
            },
            &[Slot::Read, Slot::Other],
            false,
            &[],
        ),
        command(
            &["tag"],
            Action::None,
            NO_FLAGS,
            &[Slot::Read, Slot::Other],
            false,
            &[],
        ),
        command(
            &["append"],
            Action::Build,
            Flags {
                values: "base new_layer new_tag output",
                switches: "oci-empty-base set-base-image-annotations",
                short_values: "b=base f t=new_tag o",
                ..NO_FLAGS
            },
            &[Slot::Other],
            true,
            &[("base", Slot::Base), ("new_tag", Slot::Push)],
        ),
        command(
            &["mutate"],
            Action::None,
            Flags {
                values: "annotation append cmd entrypoint env exposed-ports label output repo set-platform tag user \
                    workdir",
                short_values: "a e l o t=tag u w",
                ..NO_FLAGS
            },
            &[Slot::Base],
            false,
            &[("tag", Slot::Push), ("repo", Slot::PushRepository)],
        ),
        command(
            &["index append"],
            Action::Build,
            Flags {
                values: "manifest tag",
                short_values: "m=manifest t=tag",
                switches: "docker-empty-base flatten",
                ..NO_FLAGS
            },
            &[Slot::Base],
            false,
            &[("manifest", Slot::Read), ("tag", Slot::Push)],
        ),
        command(
            &["rebase"],
            Action::None,
            Flags {
                values: "new_base old_base tag",
                short_values: "t=tag",
                ..NO_FLAGS
            },
            &[Slot::Read],
            false,
            &[
                ("new_base", Slot::Base),
                ("old_base", Slot::Base),
                ("tag", Slot::Push),
            ],
        ),
        command(
            &["flatten"],
            Action::None,
            Flags {
                values: "tag",
                short_values: "t=tag",
                ..NO_FLAGS
            },
            &[Slot::Read],
            false,
            &[("tag", Slot::Push)],
        ),
        command(
            &["ls"],
            Action::None,
            NO_FLAGS,
            &[Slot::ReadRepository],
            false,
            &[],
        ),
    ],
};

pub(super) static REGCTL: Program = Program {
    names: &["regctl"],
    tool: Tool::Regctl,
    globals: Flags {
        values: "host logopt user-agent verbosity",
        short_values: "v",
        ..NO_FLAGS
    },
    globals_anywhere: true,
    commands: &[
        command(
            &["image copy", "image cp"],
            Action::Copy,
            Flags {
                values: "platform platforms referrers-src referrers-tgt format",
                switches: "digest-tags fast force-recursive include-external referrers",
                short_values: "p",
                ..NO_FLAGS
            },
            &[Slot::Read, Slot::Push],
            false,
            &[],
        ),
        command(
            &["image mod"],
            Action::Copy,
            Flags {
                values: "create layer-compress annotation label env",
                switches: "replace",
                optional: "to-docker to-oci",
                ..NO_FLAGS
            },
            &[Slot::Read],
            false,
            &[("create", Slot::Push)],
        ),
        command(
            &[
                "image digest",
                "image inspect",
                "image manifest",
                "manifest get",
                "manifest head",
                "image export",
            ],
            Action::None,
            Flags {
                values: "platform format",
                short_values: "p",
                ..NO_FLAGS
            },
            &[Slot::Read, Slot::Other],
            false,
            &[],
        ),
    ],
};

/// `/kaniko/executor`: flags and nothing else.
pub static KANIKO: Program = Program {
    names: &[],
    tool: Tool::Kaniko,
    globals: NO_FLAGS,
    globals_anywhere: false,
    commands: &[command(
        &["executor"],
        Action::Build,
        Flags {
            values: "build-arg bucket cache-dir cache-repo cache-ttl compression compression-level context \
                context-sub-path custom-platform destination digest-file dockerfile git ignore-path \
                image-download-retry image-fs-extract-retry image-name-tag-with-digest-file \
                image-name-with-digest-file insecure-registry kaniko-dir label log-format oci-layout-path push-retry \
                registry-certificate registry-client-cert registry-map registry-mirror skip-tls-verify-registry \
                snapshot-mode tar-path target verbosity",
            switches: "cache cache-copy-layers cache-run-layers cleanup compressed-caching force force-build-metadata \
                ignore-var-run insecure insecure-pull log-timestamp no-push no-push-cache \
                push-ignore-immutable-tag-errors reproducible single-snapshot skip-default-registry-fallback \
                skip-push-permission-check skip-tls-verify skip-tls-verify-pull skip-unused-stages use-new-run \
                whitelist-var-run",
            short_values: "b c d=destination f=dockerfile v",
            ..NO_FLAGS
        },
        &[Slot::Other],
        true,
        &[
            ("destination", Slot::Push),
            ("cache-repo", Slot::PushRepository),
            ("build-arg", Slot::BuildArgument),
        ],
    )],
};
