//! A repository in a folder, read by this program and built by the real kubectl.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use image_lint_model::kustomize::KustomizeProblemKind;
use image_lint_model::mention::{Repository as Linked, Role, Text};
use image_lint_model::reference::ImageReference;
use image_lint_scan::extract::{self, Claim};
use image_lint_scan::link::{self, Values};
use image_lint_scan::render;
use image_lint_scan::tree::Tree;
use image_lint_text::source::{FileId, RepoPath, SourceFile};
use image_lint_text::yaml;

/// One container `a` with `nginx:1.19`, on line 8.
pub const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  template:\n    spec:\n      containers:\n      - {name: a, image: \"nginx:1.19\"}\n";

pub struct Repository {
    folder: tempfile::TempDir,
    files: Vec<(String, String)>,
}

impl Tree for Repository {
    fn find(&self, path: &str) -> Option<FileId> {
        let at = self.files.iter().position(|file| file.0 == path)?;
        Some(FileId(at as u32))
    }

    fn text(&self, file: FileId) -> Option<Arc<SourceFile>> {
        let (path, text) = self.files.get(file.0 as usize)?;
        let path = RepoPath::from_bytes(path.as_bytes());
        Some(Arc::new(SourceFile::new(file, path, text.clone())))
    }

    fn bytes(&self, file: FileId) -> Option<Vec<u8>> {
        Some(self.files.get(file.0 as usize)?.1.clone().into_bytes())
    }

    fn below(&self, folder: &str) -> Vec<(FileId, String)> {
        let files = self.files.iter().enumerate();
        files
            .filter(|(_, file)| file.0.starts_with(folder))
            .map(|(at, file)| (FileId(at as u32), file.0.clone()))
            .collect()
    }
}

impl Repository {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let own = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
        let mut files: Vec<_> = files.iter().map(own).collect();
        files.sort();
        Repository { folder, files }
    }

    /// Reads, builds and links all files.
    pub fn linked(&self) -> Linked {
        let mut files = Vec::new();
        for (at, (path, text)) in self.files.iter().enumerate() {
            let path = RepoPath::from_bytes(path.as_bytes());
            let Claim::By(extractor) = extract::claim(&path, text.as_bytes(), false) else {
                continue;
            };
            let id = FileId(at as u32);
            let source = SourceFile::new(id, path.clone(), text.clone());
            files.push((id, path, extract::extract(&source, extractor, false).1));
        }
        render::kustomize::render(&mut files, self, false);
        link::link(files, &Values::new())
    }

    fn path(&self, file: FileId) -> &str {
        &self.files[file.0 as usize].0
    }

    /// Path, line and name of each image that would be asked for.
    pub fn asked(&self, found: &Linked) -> Vec<(String, u32, String)> {
        let asked = found
            .mentions
            .iter()
            .filter(|one| one.asked && one.mention.role == Role::Run);
        let mut out: Vec<_> = asked
            .filter_map(|one| {
                let Text::Known(reference) = &one.text else {
                    return None;
                };
                let place = one.mention.place;
                let path = self.path(place.file).to_owned();
                Some((path, place.start.line, reference.to_string()))
            })
            .collect();
        out.sort();
        out
    }

    pub fn problems(&self, found: &Linked) -> Vec<String> {
        let shown = |kind: &KustomizeProblemKind| match kind {
            KustomizeProblemKind::Refused(why) | KustomizeProblemKind::Unquoted(why) => {
                why.to_string()
            }
            KustomizeProblemKind::Missing(path) => format!("missing {path}"),
            KustomizeProblemKind::NoImage { name, candidates } => {
                format!("no image {name}: {}", candidates.join(", "))
            }
            KustomizeProblemKind::NoTarget { target, candidates } => {
                format!("no target {target}: {}", candidates.join(", "))
            }
        };
        let line = |problem: &image_lint_model::kustomize::KustomizeProblem| {
            let path = self.path(problem.place.file);
            format!(
                "{path}:{} {}",
                problem.place.start.line,
                shown(&problem.kind)
            )
        };
        found.kustomize.iter().map(line).collect()
    }

    /// The images of what the real kubectl builds, in their normal form, or why it does not.
    pub fn kubectl(&self, folder: &str) -> Result<Vec<String>, String> {
        let out = Command::new(kubectl())
            .arg("kustomize")
            .arg(self.folder.path().join(folder))
            .output()
            .unwrap();
        if !out.status.success() {
            return Err(String::from_utf8_lossy(&out.stderr).into_owned());
        }
        let text = String::from_utf8(out.stdout).unwrap();
        let source = SourceFile::new(FileId(0), RepoPath::from_bytes(b"x.yaml"), text);
        let whole = source.whole();
        let stream = yaml::parse(&whole);
        let mut images = Vec::new();
        for document in &stream.documents {
            if document.root().str_at(&["kind"]) != Some("ConfigMap") {
                collect(document.root(), &mut images);
            }
        }
        Ok(images)
    }
}

fn collect(node: yaml::Node<'_>, out: &mut Vec<String>) {
    for (key, value) in node.pairs() {
        if key.as_str() == Some("image")
            && let Some(text) = value.as_str()
        {
            let reference = ImageReference::parse(text).unwrap_or_else(|error| {
                panic!("{text}: {error:?}");
            });
            out.push(reference.to_string());
        }
        collect(value, out);
    }
    for item in node.items() {
        collect(item, out);
    }
}

/// # Panics
/// When it is missing: no test passes because a tool is not there.
fn kubectl() -> PathBuf {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| project.join("target"), PathBuf::from);
    let tool = target.join("hook-tools/charts/kubectl");
    assert!(
        tool.exists(),
        "{} is needed: run scripts/install-chart-tools.sh",
        tool.display()
    );
    tool
}
