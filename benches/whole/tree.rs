//! Trees of files that look like what people keep in repositories, the same in every run.

use std::fs;
use std::path::Path;

use super::texts::{config_map, deployments};

fn put(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    let folder = path.parent().expect("a file stands in a folder");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, text))
        .expect("room for a file");
}

/// `mentions` references in files of twenty, every tenth of them distinct.
pub fn of_mentions(root: &Path, mentions: usize) {
    for file in 0..mentions / 20 {
        let images = (0..20).map(|i| {
            format!(
                "registry.example.com/team/app-{}:1.{}",
                (file * 20 + i) / 10,
                i % 2
            )
        });
        put(
            root,
            &format!("apps/{:03}/{file}.yaml", file / 50),
            &deployments(images),
        );
    }
}

/// What a page shows: every fifth mention is another image, and one in `every` mentions has a name that is none.
pub fn of_page(root: &Path, mentions: usize, every: usize) {
    for file in 0..mentions / 20 {
        let images = (0..20).map(|i| {
            let image = file * 4 + i % 4;
            let team = if image.is_multiple_of(every) {
                "Team"
            } else {
                "team"
            };
            let host = ["quay.io", "ghcr.io", "registry.example.com"][image % 3];
            format!("{host}/{team}/app-{image}:1.0")
        });
        put(
            root,
            &format!("apps/{:03}/{file}.yaml", file / 50),
            &deployments(images),
        );
    }
}

/// Each image once, ten to a file.
pub fn of_images(root: &Path, images: &[String]) {
    for (number, part) in images.chunks(10).enumerate() {
        put(
            root,
            &format!("apps/{number}.yaml"),
            &deployments(part.iter().cloned()),
        );
    }
}

/// A large repository: three files in five are source code, which names no image; of the rest, half are manifests
/// without one.
pub fn mixed(root: &Path, files: usize) {
    let code = "package main\n\n// The image is built elsewhere.\nfunc main() {\n\tprintln(\"hello\")\n}\n".repeat(20);
    let configmap = config_map(40);
    for i in 0..files {
        let folder = format!("part-{:02}/module-{:03}", i % 40, i / 40 % 100);
        match i % 10 {
            0..=5 => put(root, &format!("{folder}/source_{i}.go"), &code),
            6 | 7 => put(root, &format!("{folder}/settings_{i}.yaml"), &configmap),
            8 => put(
                root,
                &format!("{folder}/app_{i}.yaml"),
                &deployments([format!("quay.io/team/app:{}", i % 500)]),
            ),
            _ => put(
                root,
                &format!("{folder}/notes_{i}.md"),
                "# Notes\n\nThe image: see the manifests.\n",
            ),
        }
    }
}

/// References that no registry need be asked about: each is a finding.
pub fn of_findings(root: &Path, findings: usize) {
    for file in 0..findings / 10 {
        let images = (0..10).map(|i| format!("quay.io/Team/App-{}:1.0", file * 10 + i));
        put(root, &format!("apps/{file}.yaml"), &deployments(images));
    }
}
