//! The baseline: what it says when it is written, and what it forgives in a run and in a push.

use crate::program::{Workspace, pod};
use crate::support::registry::{Fault, Registry};

fn workspace(registry: &Registry) -> Workspace {
    registry.push_oci("app", "oci");
    registry.on("app:down").gives(Fault::status(503));
    let images = ["app:oci", "app:down"].map(|name| registry.name(name));
    Workspace::of("pod.yaml", pod(&[&images[0], &images[1], "Bad/Name"]))
}

#[test]
fn a_baseline_says_what_it_holds_and_forgives_what_could_not_be_checked() {
    let registry = Registry::start();
    let workspace = workspace(&registry);
    let written = workspace
        .lint(&registry)
        .args(&["--write-baseline", "known.json"])
        .run();
    assert_eq!(written.code, Some(0), "{}", written.said());
    let said = "wrote 2 findings and 1 place that could not be checked to known.json; `baseline: FILE` in .image-lint.yaml makes it count";
    assert!(written.stderr.contains(said), "{}", written.stderr);
    assert_eq!(
        workspace.lint(&registry).run().code,
        Some(1),
        "nothing names it yet"
    );

    workspace.write(".image-lint.yaml", "baseline: known.json\n");
    let known = workspace.lint(&registry).run();
    assert_eq!(
        (known.code, known.findings().len(), known.unchecked().len()),
        (Some(0), 0, 0),
        "{}",
        known.said()
    );
    // Written anew where the configuration names it already, and nothing has to be done for it to count.
    let again = workspace
        .lint(&registry)
        .args(&["--write-baseline", "known.json"])
        .run();
    assert!(!again.stderr.contains("makes it count"), "{}", again.stderr);

    workspace.write("new.yaml", pod(&["Other/Name"]));
    let new = workspace.lint(&registry).run();
    assert_eq!(
        (new.code, new.findings().len()),
        (Some(1), 1),
        "{}",
        new.said()
    );
}

#[test]
fn a_baseline_that_is_missing_or_elsewhere_is_told() {
    let registry = Registry::start();
    let workspace = workspace(&registry);
    for (configuration, expected) in [
        (
            "baseline: known.json\n",
            "the baseline `known.json` is not there; --write-baseline FILE writes it",
        ),
        (
            "baseline: ../known.json\n",
            "the baseline `../known.json` is elsewhere",
        ),
        (
            "baseline: /etc/passwd\n",
            "the baseline `/etc/passwd` is elsewhere",
        ),
    ] {
        workspace.write(".image-lint.yaml", configuration);
        let ran = workspace.lint(&registry).run();
        assert_eq!(ran.code, Some(2), "{configuration}: {}", ran.said());
        assert!(
            ran.stderr.contains(expected),
            "{configuration}: {}",
            ran.stderr
        );
    }
}
