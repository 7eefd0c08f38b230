//! docs/what-pulls-what.md: the table of clients and features, and what every client did with every stored form.

use std::fmt::Write as _;

use std::collections::BTreeSet;

use image_lint_model::clients::{
    Answer, CLIENTS, Choosing, Client, Feature, Names, TABLE, Variants, WithoutPlatform,
    client_named,
};
use image_lint_model::target::{BUILT_IN, Target};

use crate::support::forms::PULLS;

const HEAD: &str = "\
# What pulls what

Which client pulls which stored form of an image, and what it answers when it does not. Registries store images as docker's \
schema 2 or as OCI manifests, alone or in lists, with layers of several kinds, and each client takes some of them only. \
`image-lint` judges by the tables on this page; they are made from its own data \
(`crates/image-lint-model/src/clients.rs`, `tests/registry/pulls.tsv`).

";

const WHICH: &str = "\
## Which column is yours: versions of OpenShift and Kubernetes

`oc get nodes -o wide` or `kubectl get nodes -o wide` shows it under CONTAINER-RUNTIME: `docker://1.13.1`, `cri-o://1.30.4`, \
`containerd://2.1.4`. OpenShift 4.N has CRI-O 1.(N+13): 4.12 has 1.25, 4.14 has 1.27, 4.16 has 1.29, 4.18 has 1.31, 4.20 \
has 1.33.

";

const AFTER_WHICH: &str = "
`openshift-4` judges by both columns of CRI-O and says so where they differ. Among the features below they differ in what is \
pulled for one: zstd layers in a docker manifest, which CRI-O takes since it has containers/image 5.38. CRI-O was not measured \
itself: podman pulls with the same library.

";

const HOW: &str = "\
## How it was measured

`scripts/measure-clients.sh` stores every form of the last table in Debian's docker-registry 2.8.2 (what that does not take, \
in a registry that takes anything), pulls each with each client, and prints the cells that differ from this page. All clients \
are those of Debian 12 and of its newest suite. docker 1.13 has no package any more: its column was followed in its source. \
Forms whose names begin with `own-`, `more-`, `third-` or `fourth-` were judged before a client was asked.

";

const HINTS: &str = "\
An answer of docker 1.13 depends on the registry, too: one that heeds `Accept` says `manifest unknown` where another hands \
out what docker then fails to read with `missing signature key`. Pulled is not always fine: an artifact that a client stores \
is run by no node, and a single image for another architecture is pulled by all and ends with `exec format error`.

";

/// What a column stands for: the head of its tables, and the nodes that have it.
struct Column {
    client: &'static str,
    head: &'static str,
    nodes: &'static str,
}

/// The versions of CRI-O are those of Kubernetes, and OpenShift 4.N has Kubernetes 1.(N+13). Its release branches name the
/// library that pulls (cri-o `go.mod`): release-1.23 containers/image 5.17, -1.25 5.25, -1.30 5.29, -1.34 5.36, -1.35 to
/// -1.37 5.38. Docker's own type of zstd layers came with 5.38 (`manifest.SupportedSchema2MediaType`, absent in 5.36.2).
const COLUMNS: [Column; 7] = [
    Column {
        client: "docker-1.13",
        head: "docker 1.13",
        nodes: "OpenShift 3.11 with docker",
    },
    Column {
        client: "docker-20.10",
        head: "docker 20.10",
        nodes: "docker 20.10 on one machine",
    },
    Column {
        client: "docker-28",
        head: "docker 28",
        nodes: "docker 28 on one machine",
    },
    Column {
        client: "podman-4.3",
        head: "CRI-O 1.23 to 1.34",
        nodes: "OpenShift 4.10 to 4.21; podman 4.3",
    },
    Column {
        client: "podman-5.8",
        head: "CRI-O from 1.35",
        nodes: "OpenShift 4.22 and newer; podman 5.8",
    },
    Column {
        client: "containerd-1.6",
        head: "containerd 1.6",
        nodes: "Kubernetes with containerd 1.6",
    },
    Column {
        client: "containerd-2.1",
        head: "containerd 2.1",
        nodes: "Kubernetes with containerd 2",
    },
];

fn head(client: &Client) -> &'static str {
    let column = COLUMNS.iter().find(|column| column.client == client.id);
    column.map_or(client.words, |column| column.head)
}

/// From a cluster to its target and its column.
fn which(page: &mut String) {
    page.push_str(WHICH);
    page.push_str("| nodes | `--target` | column | measured with |\n|---|---|---|---|\n");
    for column in &COLUMNS {
        let client = client_named(column.client).expect("a column of the table");
        let targets = BUILT_IN.iter().filter(|name| {
            Target::named(name).is_some_and(|target| target.clients().any(|c| c.id == client.id))
        });
        let targets: Vec<String> = targets.map(|name| format!("`{name}`")).collect();
        let target = match &targets[..] {
            [] => "none; [one of your own](configuration.md)".to_owned(),
            some => some.join(", "),
        };
        let _ = writeln!(
            page,
            "| {} | {target} | {} | {} |",
            column.nodes, column.head, client.measured
        );
    }
    page.push_str(AFTER_WHICH);
}

#[test]
fn every_client_has_one_column_with_a_head_of_its_own() {
    let clients: Vec<&str> = COLUMNS.iter().map(|column| column.client).collect();
    let known: Vec<&str> = CLIENTS.iter().map(|client| client.id).collect();
    assert_eq!(clients, known);
    let heads: BTreeSet<&str> = COLUMNS.iter().map(|column| column.head).collect();
    assert_eq!(heads.len(), COLUMNS.len());
}

#[test]
fn the_two_columns_of_crio_differ_in_what_is_pulled_where_the_page_says_so() {
    let pulls = |row: &image_lint_model::clients::Row, id| {
        client_named(id).is_some_and(|client| client.answer(row.feature) == Answer::Pulls)
    };
    let differ = TABLE
        .iter()
        .filter(|row| pulls(row, "podman-4.3") != pulls(row, "podman-5.8"));
    let features: Vec<Feature> = differ.map(|row| row.feature).collect();
    assert_eq!(features, [Feature::DockerZstd]);
}

/// The page as it should be.
fn page() -> String {
    let mut page = HEAD.to_owned();
    which(&mut page);
    page.push_str("## By feature\n\n| an image that is | ");
    let heads: Vec<&str> = CLIENTS.iter().map(head).collect();
    let _ = writeln!(page, "{} |", heads.join(" | "));
    let _ = writeln!(page, "|---{}|", "|---".repeat(CLIENTS.len()));
    let mut words: Vec<&str> = Vec::new();
    for row in &TABLE {
        let cells: Vec<String> = row
            .answers
            .iter()
            .map(|answer| cell(*answer, &mut words))
            .collect();
        let _ = writeln!(page, "| {} | {} |", row.words, cells.join(" | "));
    }
    page.push_str("\n✓ pulled, ✗ refused with these words, (✗) with some registries:\n\n");
    for (n, words) in words.iter().enumerate() {
        let _ = writeln!(page, "{0}. <a id=\"words-{0}\"></a>`{words}`", n + 1);
    }
    let _ = write!(
        page,
        "\n{HINTS}## Which image of a list\n\n| client | variants | an image without platform | a list in a list | other names, such as `x86_64` | `os.features` | has to be there |\n|---|---|---|---|---|---|---|\n"
    );
    for client in &CLIENTS {
        let _ = writeln!(
            page,
            "| {} | {} |",
            head(client),
            choosing(client.choosing).join(" | ")
        );
    }
    page.push_str("\n## What is missing or private\n\n| client | no such tag or digest | no such repository | not without credentials |\n|---|---|---|---|\n");
    for client in &CLIENTS {
        let words = client.refusals;
        let _ = writeln!(
            page,
            "| {} | `{}` | `{}` | `{}` |",
            head(client),
            words.absent,
            words.no_repository,
            words.denied
        );
    }
    let _ = write!(page, "\n{HOW}## By stored form\n\n");
    forms(&mut page);
    page
}

fn cell<'w>(answer: Answer, words: &mut Vec<&'w str>) -> String
where
    'static: 'w,
{
    let mut number = |text: &'static str| {
        let known = words.iter().position(|known| *known == text);
        known.unwrap_or_else(|| {
            words.push(text);
            words.len() - 1
        }) + 1
    };
    match answer {
        Answer::Pulls => "✓".to_owned(),
        Answer::Refuses(text) => format!("✗ {}", note(number(text), text)),
        Answer::Depends(text) => format!("(✗) {}", note(number(text), text)),
    }
}

/// A link to the words, which a pointer over it shows.
fn note(number: usize, words: &str) -> String {
    let title = words.replace('"', "&quot;");
    format!("[{number}](#words-{number} \"{title}\")")
}

fn choosing(choosing: Choosing) -> [&'static str; 6] {
    [
        match choosing.variants {
            Variants::Ignored => "ignored: the first of the architecture",
            Variants::EqualButArm => "equal; for arm any, where none is equal",
            Variants::Runnable => "the best that runs there, 32 bits on 64, too",
            Variants::RunnableStrictly => "the best of the architecture that runs there",
            Variants::RunnableOnThisMachine => "the best that this machine runs",
            Variants::Listed => "the best of a list for arm, else equal",
        },
        match choosing.without_platform {
            WithoutPlatform::Never => "never",
            WithoutPlatform::LastInIndex => "the first, in an OCI index where no other fits",
            WithoutPlatform::Last => "the first, where no other fits",
            WithoutPlatform::AloneByConfig => {
                "the first, where none names a platform and its config fits"
            }
        },
        if choosing.enters_lists {
            "looked into"
        } else {
            "not looked into"
        },
        match choosing.normalises {
            Names::AsWritten => "not known",
            Names::Both => "known",
        },
        if choosing.compares_features {
            "a node has none: an image that asks for one is left out"
        } else {
            "ignored"
        },
        if choosing.fetches_all {
            "each that fits, and each without platform"
        } else {
            "the one that is taken"
        },
    ]
}

fn forms(page: &mut String) {
    for (n, line) in PULLS.lines().enumerate() {
        let cells: Vec<&str> = line.split('\t').collect();
        let shown = cells[2..].iter().map(|cell| match *cell {
            "y" => "✓",
            "n" => "✗",
            client => client_named(client).map_or(client, head),
        });
        let shown: Vec<&str> = shown.collect();
        let _ = writeln!(
            page,
            "| {} | {} | {} |",
            cells[0],
            cells[1],
            shown.join(" | ")
        );
        if n == 0 {
            let _ = writeln!(page, "|{}", "---|".repeat(cells.len()));
        }
    }
}

#[test]
fn the_page_about_clients_is_the_one_of_the_table() {
    let path = crate::project().join("docs/what-pulls-what.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        known == page(),
        "docs/what-pulls-what.md is not what the table says: run `UPDATE_DOCS=1 cargo test page_about_clients`"
    );
}
