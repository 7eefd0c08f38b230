//! `--changed-since` in a repository whose settings name programs: git compares, and runs nothing.

use std::fs::File;
use std::time::{Duration, SystemTime};

use crate::executable::write_executable;

use crate::program::{Workspace, pod};

#[test]
fn files_are_compared_without_the_filters_that_attributes_ask_for() {
    let workspace = Workspace::new();
    let git = |arguments: &[&str]| {
        let ran = workspace.git(arguments);
        assert_eq!(ran.code, Some(0), "git {arguments:?}: {}", ran.said());
    };
    let (program, pwned) = (workspace.beside("filter"), workspace.beside("pwned"));
    write_executable(
        &program,
        &format!("#!/bin/sh\ntouch '{}'\ncat\n", pwned.display()),
    );
    let program = program.to_str().unwrap();

    git(&["init", "--quiet", "--initial-branch=main"]);
    workspace
        .write("same.yaml", pod(&["Bad/Same"]))
        .write("other.yaml", pod(&["Bad/Old"]));
    workspace
        .write("long.yaml", pod(&["Bad/Long"]))
        .write("equals.yaml", pod(&["Bad/Old"]));
    // A file that is not older than the index is compared by its content, whatever its size and times say.
    let tomorrow = SystemTime::now() + Duration::from_secs(24 * 3600);
    let same = File::options()
        .append(true)
        .open(workspace.root.join("same.yaml"))
        .unwrap();
    same.set_modified(tomorrow).unwrap();
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message=one"]);
    let attributes = "*.yaml filter=evil\nlong.yaml filter=long\nequals.yaml filter=e=q\n";
    workspace.write(".gitattributes", attributes);
    for name in ["evil", "e=q"] {
        git(&["config", &format!("filter.{name}.clean"), program]);
        git(&["config", &format!("filter.{name}.required"), "true"]);
    }
    git(&["config", "filter.long.process", program]);
    workspace
        .write("other.yaml", pod(&["Bad/New"]))
        .write("equals.yaml", pod(&["Bad/New"]));
    workspace.write("long.yaml", pod(&["Bad/Lang"]));

    let ran = workspace.offline().args(&["--changed-since", "HEAD"]).run();
    assert!(!pwned.exists(), "a filter of the repository was run");
    let places: Vec<String> = ran
        .findings()
        .iter()
        .map(|f| f.split(':').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        places,
        ["equals.yaml", "long.yaml", "other.yaml"],
        "{}",
        ran.said()
    );

    // What this test is about: git itself does run it.
    workspace.git(&["diff-index", "--name-only", "HEAD", "--"]);
    assert!(
        pwned.exists(),
        "git has no reason to run the filter, so the test proves nothing"
    );
}
