//! What helm makes of a chart, and what this crate makes of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use helm_render::{File, Renderer, Value, allowance, load};
use image_lint_text::meter::Meter;
use image_lint_text::rendered::SourceId;

pub type Files = &'static [(&'static str, &'static str)];

/// # Panics
/// When helm is missing: no test passes because a tool is not there.
pub fn helm() -> PathBuf {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| project.join("target"), PathBuf::from);
    let helm = target.join("hook-tools/charts/helm");
    assert!(
        helm.exists(),
        "{} is needed: run scripts/install-chart-tools.sh",
        helm.display()
    );
    helm
}

pub fn with_chart(files: Files) -> Vec<(String, String)> {
    let own = (
        "Chart.yaml",
        "apiVersion: v2\nname: c\nversion: 0.1.0\nappVersion: 1.2.3\n",
    );
    let given = files.iter().any(|(path, _)| *path == "Chart.yaml");
    let own = (!given).then_some(own);
    own.into_iter()
        .chain(files.iter().copied())
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .collect()
}

/// What helm prints, without its `# Source:` lines and empty ones, in order; None where it refuses the chart.
pub fn by_helm(files: &[(String, String)]) -> Option<Vec<String>> {
    helm_says(files).ok()
}

/// The same, or what helm says where it refuses the chart.
pub fn helm_says(files: &[(String, String)]) -> Result<Vec<String>, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!(
        "chart-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    let _ = std::fs::remove_dir_all(&folder);
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let output = Command::new(helm())
        .arg("template")
        .arg(&folder)
        .output()
        .unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    match output.status.success() {
        true => Ok(lines(&String::from_utf8_lossy(&output.stdout))),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

pub fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim_end);
    let mut lines: Vec<String> = lines
        .filter(|line| !line.is_empty() && *line != "---" && !line.starts_with("# Source:"))
        .map(str::to_owned)
        .collect();
    lines.sort();
    lines
}

pub fn numbered_files(files: &[(String, String)]) -> Vec<File> {
    let numbered = files.iter().enumerate();
    numbered
        .map(|(i, (path, text))| File {
            path: path.as_str().into(),
            source: SourceId(i as u32),
            bytes: text.as_bytes().into(),
        })
        .collect()
}

pub fn by_us(files: &[(String, String)]) -> Option<Vec<String>> {
    let meter = Meter::new(allowance(10_000));
    let chart = load(&numbered_files(files), &meter).ok()?;
    let output = Renderer::new(&chart).render(&Value::Nil, &meter);
    let refused = output.refused.is_some() || !output.failures.is_empty();
    let text: String = output
        .files
        .iter()
        .map(|(_, text)| format!("{}\n", text.as_str()))
        .collect();
    (!refused).then(|| lines(&text))
}

pub fn compare(rows: &[(&str, Files)]) {
    for (why, files) in rows {
        let files = with_chart(files);
        assert_eq!(by_us(&files), by_helm(&files), "{why}");
    }
}
