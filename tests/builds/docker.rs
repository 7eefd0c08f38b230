//! What docker's versions push, as scripts/measure-builds.sh measured it, and the verdict on the same commands. docker's
//! daemon needs a machine of its own: these rows are data.

use image_lint_model::build::Confidence;
use image_lint_model::manifest::Format;

use super::verdict;

/// Row, script, and what each version stored.
const ROWS: &str = include_str!("docker.tsv");

#[test]
fn verdicts_on_docker_commands_hold_for_every_version_that_was_measured() {
    let mut lines = ROWS.lines();
    let heads: Vec<&str> = lines.next().expect("a head").split('\t').collect();
    let mut rows = 0;
    for line in lines {
        let cells: Vec<&str> = line.split('\t').collect();
        assert_eq!(cells.len(), heads.len(), "{line}");
        let script = cells[1].replace("; ", "\n").replace("R/", "r.io/");
        let (said, confidence) = verdict(&script);
        println!(
            "{}\tpredicted {said:?} ({confidence:?})\tstored {:?}",
            cells[0],
            &cells[2..]
        );
        for (version, stored) in heads[2..].iter().zip(&cells[2..]) {
            let is_docker = match *stored {
                "V2S2" | "DLIST" => true,
                "OCI" | "IDX" => false,
                // The version has no such command, or refuses it.
                "none" => continue,
                other => panic!("{other}"),
            };
            let wrong = match said {
                // A promise that it is fit, or a certain error, holds everywhere; the rest is a note.
                Some(Format::DockerSchema2 | Format::DockerList) => !is_docker,
                Some(_) => confidence == Confidence::Certain && is_docker,
                None => false,
            };
            assert!(
                !wrong,
                "{line}: {said:?} {confidence:?}, but {version} stored {stored}"
            );
            rows += 1;
        }
    }
    assert!(rows > 40, "{rows} cells are compared");
}
