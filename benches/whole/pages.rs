//! How large pages are, and how long a browser takes to open them.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::measure::Time;
use crate::page::Page;
use crate::{image_lint, text_of, tree};

/// What `tests/reports/page/measure.mjs` says of a page, in milliseconds.
#[derive(serde::Deserialize)]
struct Opened {
    usable: f64,
    loaded: f64,
    search: f64,
}

pub fn pages(page: &mut Page) {
    page.header(&[
        "mentions", "images", "findings", "size", "usable", "loaded", "a search",
    ]);
    for (mentions, every) in [(100, 10), (10_000, 10), (100_000, 10), (100_000, 1)] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("images.html");
        tree::of_page(&folder.path().join("tree"), mentions, every);
        let output = format!("--output=html={}", text_of(&path));
        let mut command = image_lint(&["--offline", "--quiet", "--max-files=100000", &output]);
        command.arg(folder.path().join("tree"));
        command.output().expect("the program starts");
        let Opened {
            usable,
            loaded,
            search,
        } = opened(&path);
        let time = |ms: f64| Time(Duration::from_secs_f64(ms / 1000.0));
        page.row(&[
            &mentions,
            &(mentions / 5),
            &(mentions / every),
            &size(&path),
            &time(usable),
            &time(loaded),
            &time(search),
        ]);
    }
}

fn size(page: &Path) -> String {
    let bytes = page.metadata().expect("the page").len() as f64;
    match bytes / 1024.0 {
        small if small < 1000.0 => format!("{small:.0} KiB"),
        large => format!("{:.1} MiB", large / 1024.0),
    }
}

fn opened(page: &Path) -> Opened {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let target = target.map_or_else(|| project.join("target"), Into::into);
    let done = Command::new("node")
        .arg(project.join("tests/reports/page/measure.mjs"))
        .arg(page)
        .env("PAGE_TOOLS", target.join("hook-tools/page"))
        .output()
        .expect("node is needed: scripts/install-test-tools.sh");
    serde_json::from_slice(&done.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&done.stderr)))
}
