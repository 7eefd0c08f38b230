//! docker and buildx.

use super::containers::RUN;
use super::{Command, Flags, NO_FLAGS, Program, Slot};
use image_lint_model::build::{Action, Tool};

const PULL_PUSH: Flags = Flags {
    values: "platform",
    switches: "all-tags disable-content-trust quiet",
    short_switches: "a q",
    ..NO_FLAGS
};

const fn command(
    paths: &'static [&'static str],
    action: Action,
    flags: Flags,
    positionals: &'static [Slot],
    many: bool,
) -> Command {
    Command {
        paths,
        action,
        flags,
        interspersed: true,
        positionals,
        many,
        images: &[],
    }
}

pub(super) static DOCKER: Program = Program {
    names: &["docker", "nerdctl"],
    tool: Tool::Docker,
    globals: Flags {
        values: "config context host log-level tlscacert tlscert tlskey",
        switches: "debug tls tlsverify version",
        short_values: "c H l",
        short_switches: "D v",
        ..NO_FLAGS
    },
    globals_anywhere: false,
    commands: &[
        Command {
            images: &[
                ("tag", Slot::Name),
                ("cache-from", Slot::CacheFrom),
                ("cache-to", Slot::CacheTo),
                ("build-context", Slot::BuildContext),
                ("build-arg", Slot::BuildArgument),
                ("output", Slot::Output),
            ],
            ..command(
                &[
                    "build",
                    "image build",
                    "builder build",
                    "buildx build",
                    "buildx b",
                ],
                Action::Build,
                Flags {
                    values: "add-host allow annotation attest build-arg build-context builder cache-from cache-to \
                        call cgroup-parent compress-level cpu-period cpu-quota cpu-shares cpuset-cpus cpuset-mems \
                        debug-on file iidfile isolation label memory memory-swap metadata-file network \
                        no-cache-filter output platform policy progress provenance sbom secret security-opt shm-size \
                        ssh tag target ulimit",
                    switches: "load no-cache pull push quiet squash rm force-rm compress check \
                        disable-content-trust",
                    short_values: "f=file o=output t=tag m c",
                    short_switches: "q D",
                    ..NO_FLAGS
                },
                &[Slot::Other],
                false,
            )
        },
        Command {
            images: &[("tag", Slot::Push)],
            ..command(
                &["buildx imagetools create"],
                Action::Copy,
                Flags {
                    values: "annotation builder file platform progress tag metadata-file",
                    switches: "append dry-run prefer-index",
                    short_values: "f t=tag",
                    ..NO_FLAGS
                },
                &[Slot::Read],
                true,
            )
        },
        Command {
            images: &[("driver-opt", Slot::DriverOption)],
            ..command(
                &["buildx create"],
                Action::None,
                Flags {
                    values: "buildkitd-config buildkitd-flags config driver driver-opt flags name node platform \
                        timeout",
                    switches: "append bootstrap debug leave use",
                    short_switches: "D",
                    ..NO_FLAGS
                },
                &[Slot::Other],
                false,
            )
        },
        Command {
            images: &[("set", Slot::BakeSetting)],
            ..command(
                &["buildx bake"],
                Action::Build,
                Flags {
                    values: "allow builder call file list metadata-file progress provenance sbom set var",
                    switches: "check load no-cache print pull push",
                    short_values: "f",
                    short_switches: "D",
                    ..NO_FLAGS
                },
                &[Slot::Other],
                true,
            )
        },
        Command {
            interspersed: false,
            images: &[("mount", Slot::Mount)],
            ..command(
                &["run", "container run", "create", "container create"],
                Action::None,
                RUN,
                &[Slot::RunHere, Slot::Rest],
                false,
            )
        },
        command(
            &["pull", "image pull"],
            Action::Pull,
            PULL_PUSH,
            &[Slot::Pull],
            false,
        ),
        command(
            &["push", "image push"],
            Action::Push,
            PULL_PUSH,
            &[Slot::Push],
            false,
        ),
        command(
            &["tag", "image tag"],
            Action::Tag,
            NO_FLAGS,
            &[Slot::Local, Slot::Name],
            false,
        ),
        command(
            &["commit", "container commit"],
            Action::Commit,
            Flags {
                values: "author change message",
                switches: "pause no-pause",
                short_values: "a c m",
                short_switches: "p",
                ..NO_FLAGS
            },
            &[Slot::Other, Slot::Name],
            false,
        ),
        command(
            &["import", "image import"],
            Action::Commit,
            Flags {
                values: "change message platform",
                short_values: "c m",
                ..NO_FLAGS
            },
            &[Slot::Other, Slot::Name],
            false,
        ),
        command(
            &["save", "image save"],
            Action::None,
            Flags {
                values: "output platform",
                short_values: "o",
                ..NO_FLAGS
            },
            &[Slot::Local],
            true,
        ),
        command(
            &["manifest create"],
            Action::ListCreate,
            Flags {
                switches: "amend insecure",
                short_switches: "a",
                ..NO_FLAGS
            },
            &[Slot::Push, Slot::Read],
            true,
        ),
        command(
            &["manifest push"],
            Action::ListPush,
            Flags {
                switches: "insecure purge",
                short_switches: "p",
                ..NO_FLAGS
            },
            &[Slot::Push],
            false,
        ),
        command(
            &["manifest inspect"],
            Action::None,
            Flags {
                switches: "insecure verbose",
                short_switches: "v",
                ..NO_FLAGS
            },
            &[Slot::Read],
            false,
        ),
        Command {
            images: &[("image", Slot::RunHere)],
            ..command(
                &["service update"],
                Action::None,
                Flags {
                    switches: "detach force init no-healthcheck no-resolve-image quiet read-only rollback tty \
                        with-registry-auth",
                    short_values: "e l p u w",
                    short_switches: "d q t",
                    others_take_values: true,
                    ..NO_FLAGS
                },
                &[Slot::Other],
                false,
            )
        },
        Command {
            interspersed: false,
            ..command(
                &["service create"],
                Action::None,
                Flags {
                    switches: "detach init no-healthcheck no-resolve-image quiet read-only tty with-registry-auth",
                    short_values: "e l p u w",
                    short_switches: "d q t",
                    others_take_values: true,
                    ..NO_FLAGS
                },
                &[Slot::RunHere, Slot::Rest],
                false,
            )
        },
    ],
};

/// BuildKit's own client (moby/buildkit, `cmd/buildctl/build.go`).
pub(super) static BUILDCTL: Program = Program {
    names: &["buildctl", "buildctl-daemonless.sh"],
    tool: Tool::Buildctl,
    globals: Flags {
        values: "addr log-format tlsservername tlscacert tlscert tlskey tlsdir timeout wait",
        switches: "debug",
        ..NO_FLAGS
    },
    globals_anywhere: false,
    commands: &[Command {
        images: &[
            ("output", Slot::Output),
            ("import-cache", Slot::CacheFrom),
            ("export-cache", Slot::CacheTo),
        ],
        ..command(
            &["build", "b"],
            Action::Build,
            Flags {
                values: "output progress trace local oci-layout frontend opt export-cache import-cache secret allow ssh \
                    metadata-file source-policy-file ref-file registry-auth-tlscontext debug-json-cache-metrics",
                switches: "no-cache",
                short_values: "o=output",
                ..NO_FLAGS
            },
            &[Slot::Other],
            false,
        )
    }],
};
