//! A tree of folders and files without measure.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::program::{Ran, Workspace, pod};

/// Empty files, ten thousand in each folder: one that is linked again and again, which costs less than writing each.
fn fill(folder: &Path, files: usize) {
    const EACH: usize = 10_000;
    for inner in 0..files / EACH {
        let inner = folder.join(inner.to_string());
        std::fs::create_dir_all(&inner).unwrap();
        let first = inner.join("0.txt");
        std::fs::write(&first, "").unwrap();
        for number in 1..EACH {
            std::fs::hard_link(&first, inner.join(format!("{number}.txt"))).unwrap();
        }
    }
}

/// Folders within folders, more than one path can name: made in pieces that are moved into one another.
fn dig(root: &Path, name: &str, deep: usize) {
    const PIECE: usize = 1000;
    let inside =
        |folder: PathBuf, levels: usize| (0..levels).fold(folder, |path, _| path.join("d"));
    let top = root.join(name);
    std::fs::create_dir(&top).unwrap();
    for piece in 0..deep.div_ceil(PIECE) {
        let levels = PIECE.min(deep - piece * PIECE);
        let upper = root.join("upper");
        let bottom = inside(upper.clone(), levels - 1);
        std::fs::create_dir_all(&bottom).unwrap();
        std::fs::write(bottom.join("pod.yaml"), pod(&["Bad/Deep"])).unwrap();
        std::fs::rename(&top, bottom.join("d")).unwrap();
        std::fs::rename(&upper, &top).unwrap();
    }
}

fn lint(workspace: &Workspace, folder: &str) -> (Ran, Duration) {
    workspace.measured(&["--offline", "--format", "json", folder])
}

#[test]
fn two_hundred_thousand_files_cost_ten_times_what_twenty_thousand_cost() {
    let workspace = Workspace::in_memory();
    for (folder, files) in [("few", 20_000), ("many", 200_000)] {
        fill(&workspace.root.join(folder), files);
        workspace.write(format!("{folder}/pod.yaml"), pod(&["Bad/Name"]));
    }
    let (few, cost_of_few) = lint(&workspace, "few");
    let (many, cost_of_many) = lint(&workspace, "many");
    for (folder, ran) in [("few", few), ("many", many)] {
        assert_eq!(
            ran.findings(),
            [format!("{folder}/pod.yaml:7:12 invalid-reference Bad/Name")],
            "{}",
            ran.stderr
        );
        assert!(
            !ran.notes().iter().any(|note| note.contains("--max-files")),
            "{:#?}",
            ran.notes()
        );
    }
    // The square would be a hundred times as much.
    assert!(
        cost_of_many < 20 * cost_of_few + Duration::from_millis(500),
        "{cost_of_few:?}, then {cost_of_many:?}"
    );
}

#[test]
fn folders_four_thousand_deep_are_entered_to_the_limit() {
    let workspace = Workspace::in_memory();
    workspace.write("pod.yaml", pod(&["Bad/Name"]));
    dig(&workspace.root, "deep", 4000);
    // 255 folders below the root are entered, and what lies in the last of them is read.
    workspace.write(format!("{}pod.yaml", "e/".repeat(255)), pod(&["Bad/Last"]));
    let (ran, took) = lint(&workspace, ".");
    let last = format!(
        "{}pod.yaml:7:12 invalid-reference Bad/Last",
        "e/".repeat(255)
    );
    assert_eq!(
        ran.findings(),
        [last, "pod.yaml:7:12 invalid-reference Bad/Name".to_owned()],
        "{}",
        ran.stderr
    );
    let notes = ran.notes();
    assert_eq!(
        notes
            .iter()
            .filter(|note| note.contains("nested deeper than 256"))
            .count(),
        1,
        "{notes:#?}"
    );
    assert!(took < Duration::from_secs(5), "{took:?}");
    // More levels than the standard library has descriptors to take away.
    assert!(
        Command::new("rm")
            .arg("-rf")
            .arg(workspace.root.join("deep"))
            .status()
            .unwrap()
            .success()
    );
}
