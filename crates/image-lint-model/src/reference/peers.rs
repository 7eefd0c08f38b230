//! distribution/reference's own tables (`reference_test.go`, `normalize_test.go`, `regexp_test.go`, `sort_test.go`), retyped,
//! each name once: what is a name, and of which registry and repository. Three kinds of rows are here as who pulls takes
//! them. sha512 is refused there only since the test does not register it. Ports above 65535 and an address that is none
//! fit the expressions, of which the test itself says that they fail afterwards (skopeo: "invalid port"), as `Parse` does for a name of 257 bytes. An identifier
//! alone is the id of a local image. Hosts in capitals without a dot are excused: docker 28 takes them for hosts, docker
//! 1.13, podman 4.3, skopeo 1.9 and buildah 1.28 answer "repository name must be lowercase", and no such host is known.

use super::ImageReference;

/// A name, then `valid`, `error`, or the registry and the repository, then why a row is excused: what the tool that pulls
/// answers.
const NAMES: &str = include_str!("peers.tsv");

#[test]
fn names_are_those_of_distributions_library() {
    let mut wrong = Vec::new();
    let (mut all, mut excused) = (0, 0);
    for row in NAMES.lines() {
        let fields: Vec<&str> = row.split('\t').collect();
        let [name, expected, why @ ..] = fields.as_slice() else {
            panic!("a row has two fields: {row}");
        };
        all += 1;
        let found = ImageReference::parse(name);
        let right = match (&found, expected.split_once(' ')) {
            (Ok(reference), Some((host, repository))) => {
                *reference.host == *host && *reference.repository == *repository
            }
            (Ok(_), None) => *expected == "valid",
            (Err(_), _) => *expected == "error",
        };
        if !right && !why.is_empty() {
            excused += 1;
        } else if !right {
            wrong.push(format!("{name}: {found:?}, not {expected}"));
        }
    }
    let equal = all - excused - wrong.len();
    println!("distribution/reference: {equal} of {all} equal, {excused} excused");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Hosts in capitals and nothing else.
    assert!(excused <= 8, "{excused} are excused");
}
