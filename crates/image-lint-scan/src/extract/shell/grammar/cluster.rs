//! kubectl and oc.

use super::{Command, Flags, NO_FLAGS, Program, Slot};
use image_lint_model::build::{Action, Tool};

const GLOBALS: Flags = Flags {
    values: "as as-group as-uid cache-dir certificate-authority client-certificate client-key cluster context \
        kubeconfig namespace password profile request-timeout server tls-server-name token user username v loglevel \
        config",
    switches: "insecure-skip-tls-verify match-server-version warnings-as-errors disable-compression",
    short_values: "n s v",
    ..NO_FLAGS
};

const fn command(
    paths: &'static [&'static str],
    flags: Flags,
    positionals: &'static [Slot],
    many: bool,
    images: &'static [(&'static str, Slot)],
) -> Command {
    Command {
        paths,
        action: Action::None,
        flags,
        interspersed: true,
        positionals,
        many,
        images,
    }
}

const RUN: Command = command(
    &["run"],
    Flags {
        values: "annotations env field-manager field-selector filename grace-period image image-pull-policy kustomize \
            labels output override-type overrides pod-running-timeout port restart template timeout limits requests \
            serviceaccount generator replicas service-generator schedule hostport",
        switches: "all allow-missing-template-keys attach cascade command expose force leave-stdin-open privileged \
            quiet recursive rm save-config show-managed-fields stdin tty wait record",
        optional: "dry-run",
        short_values: "e f l k o r n",
        short_switches: "i t q R",
        others_take_values: false,
    },
    &[Slot::Other, Slot::Rest],
    false,
    &[("image", Slot::Run)],
);

const CREATE: Flags = Flags {
    values: "image port replicas output field-manager template schedule restart from",
    switches: "save-config",
    optional: "dry-run validate",
    short_values: "r o n",
    ..NO_FLAGS
};

const CREATE_DEPLOYMENT: Command = command(
    &[
        "create deployment",
        "create deploy",
        "create deploymentconfig",
        "create dc",
    ],
    CREATE,
    &[Slot::Other, Slot::Rest],
    false,
    &[("image", Slot::RunList)],
);

const CREATE_JOB: Command = command(
    &["create job", "create cronjob", "create cj"],
    CREATE,
    &[Slot::Other, Slot::Rest],
    false,
    &[("image", Slot::Run)],
);

const SET_IMAGE: Command = command(
    &["set image"],
    Flags {
        values: "filename selector output field-manager template source",
        switches: "all local record recursive",
        optional: "dry-run",
        short_values: "f l o k n",
        short_switches: "R",
        others_take_values: false,
    },
    &[Slot::Assignment],
    true,
    &[],
);

const DEBUG: Command = command(
    &["debug"],
    Flags {
        values: "image image-stream set-image container copy-to custom env image-pull-policy profile target node-name \
            as-user to-namespace",
        switches: "share-processes stdin tty quiet attach same-node replace arguments-only as-root \
            keep-annotations keep-labels one-container",
        short_values: "c n",
        short_switches: "i t q T I",
        ..NO_FLAGS
    },
    &[Slot::Other, Slot::Rest],
    false,
    &[
        ("image", Slot::Run),
        ("set-image", Slot::Assignment),
        ("image-stream", Slot::Stream),
    ],
);

pub(super) static KUBECTL: Program = Program {
    names: &["kubectl", "microk8s.kubectl", "k3s-kubectl"],
    tool: Tool::Kubectl,
    globals: GLOBALS,
    globals_anywhere: true,
    commands: &[RUN, CREATE_DEPLOYMENT, CREATE_JOB, SET_IMAGE, DEBUG],
};

const NEW_APP: Flags = Flags {
    values: "code context-dir docker-image image image-stream template file param param-file env env-file build-env \
        build-env-file name group labels output source-secret source-image source-image-path strategy import-mode to \
        dockerfile build-secret build-config-map push-secret build-arg",
    switches: "allow-missing-images allow-missing-imagestream-tags as-test as-deployment-config dry-run \
        insecure-registry list no-install search grant-install-rights to-docker binary no-output",
    short_values: "i f e l p o n D=dockerfile",
    short_switches: "L S",
    ..NO_FLAGS
};

const NEW_APP_IMAGES: &[(&str, Slot)] = &[
    ("docker-image", Slot::Run),
    ("image", Slot::Run),
    ("image-stream", Slot::Stream),
    ("source-image", Slot::Pull),
];

pub(super) static OC: Program = Program {
    names: &["oc"],
    tool: Tool::Oc,
    globals: GLOBALS,
    globals_anywhere: true,
    commands: &[
        RUN,
        CREATE_DEPLOYMENT,
        CREATE_JOB,
        SET_IMAGE,
        DEBUG,
        command(
            &["new-app", "new-build"],
            NEW_APP,
            &[Slot::Component],
            true,
            NEW_APP_IMAGES,
        ),
        command(
            &["import-image"],
            Flags {
                values: "from reference-policy import-mode",
                switches: "confirm all scheduled insecure",
                optional: "dry-run",
                short_values: "n",
                ..NO_FLAGS
            },
            &[Slot::Stream],
            false,
            &[("from", Slot::Run)],
        ),
        command(
            &["tag"],
            Flags {
                values: "source reference-policy import-mode",
                switches: "delete alias reference scheduled insecure",
                short_values: "n",
                short_switches: "d",
                ..NO_FLAGS
            },
            &[Slot::TagSource, Slot::Stream],
            true,
            &[("source", Slot::Other)],
        ),
        Command {
            action: Action::Copy,
            ..command(
                &["image mirror"],
                Flags {
                    values: "filename registry-config max-registry max-per-registry from-dir dir to-dir \
                    filter-by-os",
                    switches: "insecure skip-mount skip-missing skip-multiple-scopes keep-manifest-list \
                    continue-on-error force",
                    optional: "dry-run",
                    short_values: "f a n",
                    ..NO_FLAGS
                },
                &[Slot::Mirror],
                true,
                &[],
            )
        },
        command(
            &["image append"],
            Flags {
                values: "from to registry-config image meta created-at filter-by-os dir",
                switches: "insecure force drop-history",
                short_values: "a n",
                ..NO_FLAGS
            },
            &[Slot::Other],
            true,
            &[("from", Slot::Base), ("to", Slot::Push)],
        ),
        command(
            &["image extract", "image info"],
            Flags {
                values: "path file registry-config filter-by-os dir output confirm",
                switches: "insecure only-files all-layers preserve-ownership show-multiarch",
                short_values: "a n o",
                ..NO_FLAGS
            },
            &[Slot::Read],
            true,
            &[],
        ),
    ],
};
