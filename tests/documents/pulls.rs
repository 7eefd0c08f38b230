//! docs/what-pulls-what.md: the table of clients and features, and what every client did with every stored form.

use std::fmt::Write as _;

use image_lint_model::clients::{
    Answer, CLIENTS, Choosing, Names, TABLE, Variants, WithoutPlatform,
};

use crate::support::forms::PULLS;

const HEAD: &str = "\
# What pulls what

Which client pulls which stored form of an image, and what it answers when it does not. Registries store images as docker's \
schema 2 or as OCI manifests, alone or in lists, with layers of several kinds, and each client takes some of them only. \
`image-lint` judges by the tables on this page; they are made from its own data \
(`crates/image-lint-model/src/clients.rs`, `tests/registry/pulls.tsv`).

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

/// The page as it should be.
fn page() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("## By feature\n\n| an image that is | ");
    let heads: Vec<&str> = CLIENTS.iter().map(|client| client.words).collect();
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
        let _ = writeln!(page, "{}. `{words}`", n + 1);
    }
    let _ = write!(
        page,
        "\n{HINTS}## Which image of a list\n\n| client | variants | an image without platform | a list in a list | other names, such as `x86_64` | `os.features` | has to be there |\n|---|---|---|---|---|---|---|\n"
    );
    for client in &CLIENTS {
        let _ = writeln!(
            page,
            "| {} | {} |",
            client.words,
            choosing(client.choosing).join(" | ")
        );
    }
    page.push_str("\n## What is missing or private\n\n| client | no such tag or digest | no such repository | not without credentials |\n|---|---|---|---|\n");
    for client in &CLIENTS {
        let words = client.refusals;
        let _ = writeln!(
            page,
            "| {} | `{}` | `{}` | `{}` |",
            client.words, words.absent, words.no_repository, words.denied
        );
    }
    let _ = write!(page, "\n{HOW}| client | measured |\n|---|---|\n");
    for client in &CLIENTS {
        let _ = writeln!(page, "| {} | {} |", client.words, client.measured);
    }
    page.push_str("\n## By stored form\n\n");
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
        Answer::Refuses(text) => format!("✗ {}", number(text)),
        Answer::Depends(text) => format!("(✗) {}", number(text)),
    }
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
            other => other,
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
