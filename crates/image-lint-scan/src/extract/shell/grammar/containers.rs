//! buildah, podman and skopeo.

use super::{Command, Flags, NO_FLAGS, Program, Slot};
use image_lint_model::build::{Action, Tool};

const BUILD: Flags = Flags {
    values: "add-host annotation arch authfile build-arg build-arg-file build-context cache-from cache-to cache-ttl \
        cap-add cap-drop cert-dir cgroup-parent cgroupns cpp-flag cpu-period cpu-quota cpu-shares cpuset-cpus \
        cpuset-mems creds cw decryption-key device dns dns-option dns-search env file format from group-add hooks-dir \
        ignorefile iidfile ipc isolation jobs label layer-label logfile manifest memory memory-swap network os \
        os-feature os-version output pid platform retry retry-delay runtime runtime-flag sbom sbom-image-output \
        sbom-image-purl-output sbom-merge-strategy sbom-output sbom-purl-output sbom-scanner-command \
        sbom-scanner-image secret security-opt shm-size sign-by ssh tag target timestamp ulimit unsetenv unsetlabel \
        userns userns-gid-map userns-gid-map-group userns-uid-map userns-uid-map-user uts variant volume \
        source-date-epoch source-policy-file metadata-file iidfile-raw unsetannotation signature-policy \
        rusage-logfile cdi-config-dir compression-format farm platforms",
    switches: "all-platforms compat-volumes compress disable-compression disable-content-trust force-rm http-proxy \
        identity-label layers logsplit no-cache no-hostname no-hosts omit-history quiet rm skip-unused-stages squash \
        squash-all stdin tls-verify created-annotation rewrite-timestamp inherit-labels inherit-annotations \
        save-stages stage-labels log-rusage pull-always pull-never omit-timestamp",
    optional: "pull",
    short_values: "c f=file m o=output t=tag v e",
    short_switches: "D q",
    others_take_values: false,
};

const BUILD_IMAGES: &[(&str, Slot)] = &[
    ("tag", Slot::Name),
    ("from", Slot::Base),
    ("cache-from", Slot::ReadRepository),
    ("cache-to", Slot::PushRepository),
    ("manifest", Slot::List),
    ("build-context", Slot::BuildContext),
    ("build-arg", Slot::BuildArgument),
    ("sbom-scanner-image", Slot::Pull),
];

const PULL: Flags = Flags {
    values: "arch authfile cert-dir creds decryption-key os platform policy retry retry-delay \
        signature-policy variant",
    switches: "all-tags disable-content-trust quiet remove-signatures tls-verify",
    optional: "",
    short_values: "",
    short_switches: "a q",
    others_take_values: false,
};

const PUSH: Flags = Flags {
    values: "authfile cert-dir compression-format compression-level creds digestfile encrypt-layer encryption-key \
        format retry retry-delay sign-by sign-by-sigstore sign-by-sigstore-private-key sign-passphrase-file \
        signature-policy storage-driver",
    switches: "all compress disable-compression disable-content-trust force-compression quiet remove-signatures rm \
        tls-verify",
    optional: "",
    short_values: "f=format",
    short_switches: "D q",
    others_take_values: false,
};

const LIST_CREATE: Flags = Flags {
    values: "annotation",
    switches: "all amend tls-verify",
    short_switches: "a",
    ..NO_FLAGS
};

const LIST_ADD: Flags = Flags {
    values: "annotation arch artifact-annotation artifact-config artifact-config-type artifact-layer-type \
        artifact-subject artifact-type authfile cert-dir creds features os os-features os-version variant",
    switches: "all artifact artifact-exclude-titles tls-verify",
    ..NO_FLAGS
};

const LIST_PUSH: Flags = Flags {
    values: "add-compression authfile cert-dir compression-format compression-level creds digestfile format retry \
        retry-delay sign-by sign-by-sigstore sign-by-sigstore-private-key sign-passphrase-file",
    switches: "all force-compression quiet remove-signatures rm tls-verify purge insecure",
    short_values: "f=format",
    short_switches: "q p",
    ..NO_FLAGS
};

const FROM: Flags = Flags {
    values: "add-host arch authfile cap-add cap-drop cert-dir cgroup-parent cgroupns cidfile cpu-period cpu-quota \
        cpu-shares cpuset-cpus cpuset-mems creds decryption-key device dns dns-option dns-search format group-add ipc \
        isolation memory memory-swap name network os pid platform retry retry-delay security-opt shm-size signature-policy \
        ulimit \
        userns userns-gid-map userns-gid-map-group userns-uid-map userns-uid-map-user uts variant volume",
    switches: "http-proxy quiet tls-verify pull-always pull-never",
    optional: "pull",
    short_values: "c f=format m v",
    short_switches: "q D",
    others_take_values: false,
};

pub(super) const RUN: Flags = Flags {
    values: "",
    switches: "detach disable-content-trust env-host http-proxy init interactive no-healthcheck no-hostname no-hosts \
        oom-kill-disable passwd privileged publish-all quiet read-only read-only-tmpfs replace rm rmi rootfs sig-proxy \
        tls-verify tty unsetenv-all help",
    optional: "",
    short_values: "a c e h l m p u v w",
    short_switches: "d i P q t",
    others_take_values: true,
};

const RUN_IMAGES: &[(&str, Slot)] = &[("mount", Slot::Mount)];

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

const fn strict(command: Command) -> Command {
    Command {
        interspersed: false,
        ..command
    }
}

const fn images(command: Command, images: &'static [(&'static str, Slot)]) -> Command {
    Command { images, ..command }
}

pub(super) static BUILDAH: Program = Program {
    names: &["buildah"],
    tool: Tool::Buildah,
    globals: Flags {
        values: "cgroup-manager log-level registries-conf registries-conf-dir root runroot short-name-alias-conf \
            storage-driver storage-opt userns-gid-map userns-uid-map",
        switches: "version debug",
        short_switches: "v",
        ..NO_FLAGS
    },
    globals_anywhere: true,
    commands: &[
        strict(images(
            command(
                &["build", "bud", "build-using-dockerfile"],
                Action::Build,
                BUILD,
                &[Slot::Other],
                false,
            ),
            BUILD_IMAGES,
        )),
        strict(command(&["from"], Action::From, FROM, &[Slot::Base], false)),
        strict(command(
            &["commit"],
            Action::Commit,
            Flags {
                values: "add-file annotation authfile cert-dir change config creds cw encrypt-layer encryption-key \
                    format iidfile manifest metadata-file reference-time sbom sbom-image-output \
                    sbom-image-purl-output sbom-merge-strategy sbom-output sbom-purl-output sbom-scanner-command \
                    sbom-scanner-image sign-by source-date-epoch timestamp unsetenv unsetannotation \
                    signature-policy",
                switches: "disable-compression identity-label omit-history quiet rm squash tls-verify \
                    rewrite-timestamp",
                optional: "pull",
                short_values: "c f=format",
                short_switches: "D q",
                others_take_values: false,
            },
            &[Slot::Other, Slot::Name],
            false,
        )),
        strict(command(&["pull"], Action::Pull, PULL, &[Slot::Pull], false)),
        strict(command(
            &["push"],
            Action::Push,
            PUSH,
            &[Slot::Local, Slot::Destination],
            false,
        )),
        strict(command(
            &["tag"],
            Action::Tag,
            NO_FLAGS,
            &[Slot::Local, Slot::Name],
            true,
        )),
        strict(images(
            command(
                &["copy", "add"],
                Action::None,
                Flags {
                    values: "cert-dir checksum chmod chown contextdir exclude from ignorefile retry retry-delay",
                    switches: "add-history quiet tls-verify link parents",
                    short_switches: "q",
                    ..NO_FLAGS
                },
                &[Slot::Other],
                true,
            ),
            &[("from", Slot::Pull)],
        )),
        strict(images(
            command(
                &["run"],
                Action::None,
                Flags {
                    values: "cap-add cap-drop cgroupns contextdir device env hostname ipc isolation mount network pid \
                        runtime runtime-flag user uts volume workingdir",
                    switches: "add-history no-hostname no-hosts no-pivot terminal tty",
                    short_values: "e v",
                    short_switches: "t",
                    ..NO_FLAGS
                },
                &[Slot::Other, Slot::Rest],
                false,
            ),
            RUN_IMAGES,
        )),
        strict(command(
            &["unshare"],
            Action::None,
            Flags {
                values: "mount",
                short_values: "m",
                ..NO_FLAGS
            },
            &[Slot::Reparse],
            false,
        )),
        strict(command(
            &["manifest create"],
            Action::ListCreate,
            LIST_CREATE,
            &[Slot::List, Slot::Pull],
            true,
        )),
        strict(command(
            &["manifest add"],
            Action::ListAdd,
            LIST_ADD,
            &[Slot::List, Slot::Pull],
            true,
        )),
        strict(command(
            &["manifest push"],
            Action::ListPush,
            LIST_PUSH,
            &[Slot::List, Slot::Destination],
            false,
        )),
        strict(images(
            command(
                &["mkcw"],
                Action::None,
                Flags {
                    values: "add-file attestation-url base-image cpus firmware-library memory passphrase slop type \
                        workload-id",
                    ..NO_FLAGS
                },
                &[Slot::Local, Slot::Name],
                false,
            ),
            &[("base-image", Slot::Base)],
        )),
    ],
};

pub(super) static PODMAN: Program = Program {
    names: &["podman", "podman-remote"],
    tool: Tool::Podman,
    globals: Flags {
        values: "cgroup-manager config conmon connection events-backend hooks-dir identity imagestore log-level module \
            network-cmd-path network-config-dir out root runroot runtime runtime-flag ssh storage-driver storage-opt \
            tmpdir url volumepath",
        switches: "remote syslog transient-store version",
        short_values: "c",
        short_switches: "r v",
        ..NO_FLAGS
    },
    globals_anywhere: true,
    commands: &[
        images(
            command(
                &[
                    "build",
                    "image build",
                    "buildx build",
                    "builder build",
                    "farm build",
                ],
                Action::Build,
                BUILD,
                &[Slot::Other],
                false,
            ),
            BUILD_IMAGES,
        ),
        strict(images(
            command(
                &["run", "container run", "create", "container create"],
                Action::None,
                RUN,
                &[Slot::RunHere, Slot::Rest],
                false,
            ),
            RUN_IMAGES,
        )),
        command(
            &["pull", "image pull"],
            Action::Pull,
            PULL,
            &[Slot::Pull],
            true,
        ),
        command(
            &["push", "image push"],
            Action::Push,
            PUSH,
            &[Slot::Local, Slot::Destination],
            false,
        ),
        command(
            &["commit", "container commit"],
            Action::Commit,
            Flags {
                values: "author change config format iidfile message",
                switches: "include-volumes pause quiet squash",
                short_values: "a c f=format m",
                short_switches: "p q s",
                ..NO_FLAGS
            },
            &[Slot::Other, Slot::Name],
            false,
        ),
        command(
            &["save", "image save"],
            Action::None,
            Flags {
                values: "format output",
                switches: "compress multi-image-archive quiet uncompressed",
                short_values: "o",
                short_switches: "m q",
                ..NO_FLAGS
            },
            &[Slot::Local],
            true,
        ),
        command(
            &["tag", "image tag"],
            Action::Tag,
            NO_FLAGS,
            &[Slot::Local, Slot::Name],
            true,
        ),
        command(
            &["unshare"],
            Action::None,
            NO_FLAGS,
            &[Slot::Reparse],
            false,
        ),
        command(
            &["manifest create"],
            Action::ListCreate,
            LIST_CREATE,
            &[Slot::List, Slot::Pull],
            true,
        ),
        command(
            &["manifest add"],
            Action::ListAdd,
            LIST_ADD,
            &[Slot::List, Slot::Pull],
            true,
        ),
        command(
            &["manifest push"],
            Action::ListPush,
            LIST_PUSH,
            &[Slot::List, Slot::Destination],
            false,
        ),
        images(
            command(
                &["pod create"],
                Action::None,
                Flags {
                    others_take_values: true,
                    switches: "help replace exit-policy",
                    ..NO_FLAGS
                },
                &[Slot::Other],
                true,
            ),
            &[("infra-image", Slot::RunHere)],
        ),
        command(
            &["container runlabel"],
            Action::None,
            Flags {
                others_take_values: true,
                switches: "display quiet replace",
                short_switches: "p q",
                ..NO_FLAGS
            },
            &[Slot::Other, Slot::RunHere, Slot::Rest],
            false,
        ),
    ],
};

pub(super) static SKOPEO: Program = Program {
    names: &["skopeo"],
    tool: Tool::Skopeo,
    globals: Flags {
        values: "command-timeout override-arch override-os override-variant policy registries.d tmpdir",
        switches: "debug insecure-policy version",
        short_switches: "v",
        ..NO_FLAGS
    },
    globals_anywhere: true,
    commands: &[
        command(
            &["copy"],
            Action::Copy,
            Flags {
                values: "additional-tag authfile decryption-key dest-authfile dest-cert-dir dest-compress-format \
                    dest-compress-level dest-creds dest-daemon-host dest-password dest-registry-token \
                    dest-shared-blob-dir dest-username digestfile encrypt-layer encryption-key format \
                    image-parallel-copies multi-arch retry-delay retry-times sign-by sign-by-sigstore \
                    sign-by-sigstore-private-key sign-by-sq-fingerprint sign-identity sign-passphrase-file \
                    src-authfile src-cert-dir src-creds src-daemon-host src-password src-registry-token \
                    src-shared-blob-dir src-username",
                switches: "all dest-compress dest-decompress dest-force-compress-format dest-no-creds \
                    dest-oci-accept-uncompressed-layers dest-precompute-digests preserve-digests quiet \
                    remove-signatures src-no-creds",
                optional: "src-tls-verify dest-tls-verify",
                short_values: "f=format",
                short_switches: "a=all q",
                others_take_values: false,
            },
            &[Slot::Source, Slot::Destination],
            false,
        ),
        command(
            &["sync"],
            Action::Sync,
            Flags {
                values: "append-suffix authfile dest dest-authfile dest-cert-dir dest-creds dest-password \
                    dest-registry-token dest-username digestfile format output-prefix retry-delay retry-times sign-by \
                    sign-by-sigstore sign-by-sigstore-private-key sign-passphrase-file src src-authfile src-cert-dir \
                    src-creds src-password src-registry-token src-username",
                switches: "all dest-no-creds dry-run keep-going preserve-digests remove-signatures scoped src-no-creds",
                optional: "src-tls-verify dest-tls-verify",
                short_values: "d=dest f=format s=src",
                short_switches: "a=all",
                others_take_values: false,
            },
            &[Slot::Source, Slot::Destination],
            false,
        ),
        command(
            &["inspect"],
            Action::None,
            SKOPEO_READ,
            &[Slot::Source],
            false,
        ),
        command(
            &["delete"],
            Action::None,
            SKOPEO_READ,
            &[Slot::Source],
            false,
        ),
        command(
            &["list-tags"],
            Action::None,
            SKOPEO_READ,
            &[Slot::ReadRepository],
            false,
        ),
    ],
};

const SKOPEO_READ: Flags = Flags {
    values: "authfile cert-dir creds daemon-host format password registry-token retry-delay retry-times \
        shared-blob-dir username manifest-digest",
    switches: "config no-creds no-tags raw",
    optional: "tls-verify",
    short_values: "f=format",
    short_switches: "n",
    others_take_values: false,
};
