//! `--fix` does what the report said it would, and nothing else; a second time it does nothing.

use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;

use crate::jobs::run;

/// Lines of build scripts, some of which are mended.
const LINES: [&str; 16] = [
    "buildah bud -t quay.io/a/app:1 .",
    "buildah push quay.io/a/app:1",
    "podman build --tag quay.io/a/app:1 . # ü𝄞",
    "podman push quay.io/a/app:1 docker://quay.io/a/app:2",
    "  buildah  bud   --pull -t \"quay.io/a/app:1\" .",
    "buildah bud --format=oci -t quay.io/a/app:1 .",
    "podman push --format oci quay.io/a/app:1",
    "buildah commit $c quay.io/a/app:3",
    "skopeo copy docker://quay.io/x/y:1 docker://quay.io/a/y:1",
    "skopeo copy --format oci dir:x docker://quay.io/a/y:1",
    "if true; then buildah push quay.io/a/app:1; fi",
    "for i in a b; do podman build -t quay.io/a/$i:1 .; done",
    "podman build \\\n  -t quay.io/a/app:1 \\\n  .",
    "# buildah push quay.io/a/app:1",
    "cat <<E\nbuildah push x\nE",
    "echo 'podman push x' # image-lint: ignore[oci-build] why",
];

fn script() -> impl Strategy<Value = String> {
    let line = prop_oneof![8 => prop::sample::select(LINES.to_vec()).prop_map(str::to_owned), 1 => "[ -~]{0,30}"];
    (
        proptest::collection::vec(line, 1..14),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(lines, carriage, last)| {
            let end = if carriage { "\r\n" } else { "\n" };
            let text = format!("#!/bin/sh\n{}", lines.join("\n")).replace('\n', end);
            if last { text + end } else { text }
        })
}

/// The text after the safe edits that the report offers for it.
fn promised(report: &str, text: &str) -> String {
    let report: Value = serde_json::from_str(report).expect("a report is JSON");
    let mut edits: Vec<(usize, usize, String)> = Vec::new();
    for finding in report["findings"].as_array().expect("findings") {
        if finding["fix"]["safe"] != true {
            continue;
        }
        for edit in finding["fix"]["edits"].as_array().expect("edits") {
            let at = |name: &str| edit[name].as_u64().expect("a number") as usize;
            edits.push((
                at("start_byte"),
                at("end_byte"),
                edit["text"].as_str().expect("a text").to_owned(),
            ));
        }
    }
    edits.sort();
    edits.dedup();
    let mut out = text.to_owned();
    for (start, end, new) in edits.into_iter().rev() {
        out.replace_range(start..end, &new);
    }
    out
}

fn write(folder: &Path, text: &str) {
    std::fs::write(folder.join("build.sh"), text).expect("a file");
}

fn read(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("build.sh")).expect("the file")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn fixing_makes_the_promised_edits_once_and_no_others(text in script()) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write(folder.path(), &text);
        let arguments = ["--offline", "--no-cache", "--no-config", "--format=json"];
        let (_, before) = run(folder.path(), &arguments);
        let wanted = promised(&before, &text);
        let fix: Vec<&str> = arguments.iter().copied().chain(["--fix"]).collect();
        run(folder.path(), &fix);
        let once = read(folder.path());
        prop_assert_eq!(&once, &wanted, "only what the report offers is edited");
        let (_, after) = run(folder.path(), &fix);
        prop_assert_eq!(&read(folder.path()), &once, "a second time nothing is left to do");
        prop_assert_eq!(promised(&after, &once), once, "and nothing is offered");
    }
}
