//! Files as large as one may be, of nothing but the smallest thing their language has: the kernel ends a run that keeps
//! more than 300 MB of data, and two of them are read at a time.

use crate::program::{Ran, Workspace, pod};

const LIMIT: usize = 4 * 1024 * 1024;

/// A file of the largest size that begins with `head` and goes on with `unit`.
fn whole(head: &str, unit: &str) -> String {
    head.to_owned() + &unit.repeat((LIMIT - head.len()) / unit.len())
}

fn within_three_hundred_megabytes(workspace: &Workspace) -> Ran {
    let limit = "ulimit -d 307200; exec \"$0\" \"$@\" --jobs 2";
    workspace
        .wrapped(
            &["/bin/sh", "-c", limit],
            &["--offline", "--format", "json"],
        )
        .run()
}

#[test]
fn scripts_of_four_megabytes_are_read_to_two_hundred_thousand_commands_and_words() {
    let workspace = Workspace::of("good.yaml", pod(&["Bad/Name"]));
    let units = [
        "if true; then\n",
        "{ {\n",
        "for a in b; do\n",
        "f(){\n",
        "if a;then b;fi\n",
        "a;",
        "a ",
        "a=b ",
        "a=b\n",
        ">a ",
        "$a$b\n",
        "${a:-b}",
        "a=(b)\n",
        "`a`;",
    ];
    for (n, unit) in units.iter().enumerate() {
        workspace.write(
            format!("{n:02}.sh"),
            whole("#!/bin/sh\ndocker pull Bad/First\n", unit),
        );
    }
    let ran = within_three_hundred_megabytes(&workspace);
    assert_eq!(ran.code, Some(1), "{}", ran.said());
    let first = ran
        .findings()
        .iter()
        .filter(|f| f.ends_with("sh:2:13 invalid-reference Bad/First"))
        .count();
    assert_eq!(first, units.len(), "{:?}", ran.findings());
    let said = "this script has more than 200000 commands and words; the rest was not read";
    let named: Vec<String> = ran
        .notes()
        .into_iter()
        .filter(|note| note.contains(said))
        .collect();
    assert_eq!(named.len(), units.len(), "{named:#?}");
}

#[test]
fn a_dockerfile_is_read_to_two_hundred_thousand_instructions() {
    let text = |filling: usize| format!("FROM Bad/First\n{}FROM Bad/Last\n", "A\n".repeat(filling));
    let workspace = Workspace::of("within.Dockerfile", text(199_998));
    workspace.write("beyond.Dockerfile", text(199_999));
    let ran = workspace.offline().run();
    let mut found = ran.findings();
    found.retain(|finding| finding.contains(" invalid-reference "));
    let expected = [
        "beyond.Dockerfile:1:6 invalid-reference Bad/First",
        "within.Dockerfile:1:6 invalid-reference Bad/First",
        "within.Dockerfile:200000:6 invalid-reference Bad/Last",
    ];
    assert_eq!(found, expected, "{}", ran.said());
    let said = "more than 200000 instructions; the rest was not read";
    let named: Vec<String> = ran
        .notes()
        .into_iter()
        .filter(|note| note.contains(said))
        .collect();
    assert_eq!(named.len(), 1, "{named:#?}");
    assert!(named[0].contains("beyond.Dockerfile"), "{named:#?}");
}
