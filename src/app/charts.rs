//! Renders the charts among the files that were read, and puts what they deploy in the place of what was read
//! statically of them.

mod deliveries;
pub mod loose;
mod named;
mod tree;

use std::collections::{BTreeSet, HashMap};
use std::path::{Component, Path};
use std::sync::Arc;

use image_lint_model::finding::{Level, Note};
use image_lint_model::mention::Extraction;
use image_lint_scan::render::charts::{self, ChartFile, RenderedChart};
use image_lint_scan::render::delivered::GivenTo;
use image_lint_text::meter::RunMeter;
use image_lint_text::source::{FileId, RepoPath, SourceFile};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use self::deliveries::Given;
pub use self::tree::{PushedTree, Tree};
use super::read::{FileRead, Input, Read};

/// Renders every chart, within what the run may cost.
pub fn render(read: &mut Read, tree: &dyn Tree, input: &Input) {
    let run = &input.meter;
    let mut numbers = Numbers {
        known: read
            .files
            .iter()
            .map(|file| (file.path.clone(), file.id))
            .collect(),
        next: first_free(read),
    };
    // One after the other, so that numbers are the same for any number of threads.
    let mut charts: Vec<(String, Vec<ChartFile>, Vec<Given>)> = Vec::new();
    for folder in folders(read) {
        let files = files(&folder, &mut numbers, tree, run);
        if charts::deploys(&files, run) {
            let mut given = deliveries::to(&folder, read, &mut numbers, tree);
            given.extend(named::given(&input.chart_values, &mut numbers));
            charts.push((folder, files, given));
        }
    }
    if charts.is_empty() {
        read.notes
            .extend(named::without_charts(&input.chart_values));
    }
    let rendered: Vec<_> = charts
        .into_par_iter()
        .map(|(folder, files, given)| {
            let path = RepoPath::from_bytes(folder.as_bytes());
            let (given, delivered): (Vec<_>, Vec<_>) = given
                .into_iter()
                .map(|one| (one.spans, one.delivered))
                .unzip();
            let outcome = charts::render(&path, &files, &delivered, run);
            (folder, files, given.into_iter().zip(delivered), outcome)
        })
        .collect();
    for (folder, files, given, outcome) in rendered {
        let mut also = Vec::new();
        for (number, (spans, delivered)) in given.enumerate() {
            let used = outcome
                .as_ref()
                .is_ok_and(|chart| chart.given.contains(&number));
            if outcome.is_ok() && !used && named::is_named(&delivered, &input.chart_values) {
                read.notes
                    .push(named::refused(&folder, &input.chart_values));
            }
            if used {
                deliveries::supersede(read, delivered.by.id, &spans);
            }
            let values = delivered
                .values
                .into_iter()
                .filter_map(|value| match value {
                    GivenTo::File(file) => Some(file),
                    GivenTo::Own(_) => None,
                });
            also.extend(values.chain([delivered.by]));
        }
        take(read, &folder, (files, &also), outcome, run);
    }
    read.sort();
}

/// A number that no file has, whether it was read or only met.
fn first_free(read: &Read) -> u32 {
    let last = read.files.iter().map(|file| file.id.0 + 1).max();
    last.unwrap_or(0).max(read.met as u32 + 1)
}

/// Numbers of files, those that only charts have included.
struct Numbers {
    known: HashMap<RepoPath, FileId>,
    next: u32,
}

impl Numbers {
    fn of(&mut self, path: &RepoPath) -> FileId {
        if let Some(known) = self.known.get(path) {
            return *known;
        }
        let id = FileId(self.next);
        self.next += 1;
        self.known.insert(path.clone(), id);
        id
    }
}

/// Folders of charts that are not part of another one.
fn folders(read: &Read) -> Vec<String> {
    let charts = read
        .files
        .iter()
        .filter(|file| file.path.file_name() == "Chart.yaml");
    let mut folders: Vec<String> = charts.map(|file| file.path.folder().into_owned()).collect();
    folders.sort();
    let all = folders.clone();
    folders.retain(|folder| {
        let parent = |other: &String| {
            folder.starts_with(&format!("{other}/charts/"))
                || other.is_empty() && folder.starts_with("charts/") && read_has_root(&all)
        };
        !all.iter().any(|other| other != folder && parent(other))
    });
    folders
}

fn read_has_root(all: &[String]) -> bool {
    all.iter().any(String::is_empty)
}

fn joined(folder: &str, path: &str) -> String {
    if folder.is_empty() {
        path.to_owned()
    } else {
        format!("{folder}/{path}")
    }
}

fn files(folder: &str, numbers: &mut Numbers, tree: &dyn Tree, run: &RunMeter) -> Vec<ChartFile> {
    let mut files = Vec::new();
    add(folder, "", numbers, tree, &mut files);
    for (name, path) in charts::local_dependencies(&files, run) {
        if let Some(other) = resolved(folder, &path) {
            add(
                &other,
                &format!("charts/{name}/"),
                numbers,
                tree,
                &mut files,
            );
        }
    }
    files
}

/// A path from a folder, unless it leaves the tree.
fn resolved(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in Path::new(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop()?;
            }
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

fn add(
    folder: &str,
    prefix: &str,
    numbers: &mut Numbers,
    tree: &dyn Tree,
    out: &mut Vec<ChartFile>,
) {
    for (path, bytes) in tree.below(folder) {
        let whole = RepoPath::from_bytes(joined(folder, &path).as_bytes());
        let id = numbers.of(&whole);
        let text = std::str::from_utf8(&bytes).unwrap_or("").to_owned();
        out.push(ChartFile {
            path: format!("{prefix}{path}").into(),
            file: SourceFile::new(id, whole, text),
            bytes: Arc::from(bytes),
        });
    }
}

/// Puts what a chart gave in its files' extractions.
fn take(
    read: &mut Read,
    folder: &str,
    (files, also): (Vec<ChartFile>, &[SourceFile]),
    outcome: Result<RenderedChart, String>,
    run: &RunMeter,
) {
    let chart = match outcome {
        Ok(chart) => chart,
        Err(why) => {
            let path = RepoPath::from_bytes(joined(folder, "Chart.yaml").as_bytes());
            let file = read
                .files
                .iter()
                .find(|file| file.path == path)
                .map(|file| file.id);
            if run.stopped().is_some() {
                // With the files that were not read for the same reason.
                read.unread.push(path);
                return;
            }
            let message =
                format!("this chart was read statically, since it cannot be rendered: {why}");
            read.notes.push(Note {
                level: Level::Warning,
                file,
                place: None,
                message: message.into(),
            });
            return;
        }
    };
    let paths: HashMap<&RepoPath, &str> = files
        .iter()
        .map(|file| (&file.file.path, &*file.path))
        .collect();
    for file in &mut read.files {
        let Some(path) = paths.get(&file.path) else {
            continue;
        };
        for mention in chart.supersede(path, &mut file.extraction) {
            let Some(image) = mention.value.as_known().filter(|image| !image.is_empty()) else {
                continue;
            };
            let message =
                format!("no template of this chart uses this value: {image} is not asked for");
            let (file, place) = (Some(mention.place.file), Some(mention.place));
            read.notes.push(Note {
                level: Level::Note,
                file,
                place,
                message: message.into(),
            });
        }
    }
    for (id, extraction) in chart.extractions {
        let path = files.iter().map(|file| &file.file).chain(also);
        let path = path
            .into_iter()
            .find(|file| file.id == id)
            .map(|file| file.path.clone());
        insert(read, id, extraction, path);
    }
    for (place, message) in chart.notes {
        read.notes.push(Note {
            level: Level::Note,
            file: Some(place.file),
            place: Some(place),
            message: message.into(),
        });
    }
}

fn insert(read: &mut Read, id: FileId, extraction: Extraction, path: Option<RepoPath>) {
    if let Some(file) = read.files.iter_mut().find(|file| file.id == id) {
        charts::append(&mut file.extraction, extraction);
        return;
    }
    let Some(path) = path else {
        return;
    };
    read.files.push(FileRead {
        reader: Some("helm"),
        extraction,
        ..FileRead::unread(id, path)
    });
}

/// Folders of the charts that changed files belong to: a helper, a value or Chart.yaml may change all that they deploy.
pub fn changed_charts(
    changed: &BTreeSet<RepoPath>,
    is_chart: &dyn Fn(&str) -> bool,
) -> BTreeSet<String> {
    let mut charts = BTreeSet::new();
    for path in changed {
        let folder = path.folder().into_owned();
        let above = folder.match_indices('/').map(|(at, _)| &folder[..at]);
        // The outermost chart is the one that is rendered.
        let all = std::iter::once("")
            .chain(above)
            .chain(std::iter::once(folder.as_str()));
        if let Some(chart) = all.into_iter().find(|folder| is_chart(folder)) {
            charts.insert(chart.to_owned());
        }
    }
    charts
}

/// Whether a file is below one of these folders.
pub fn is_within(path: &RepoPath, folders: &BTreeSet<String>) -> bool {
    let path = path.to_text();
    folders.iter().any(|folder| {
        folder.is_empty()
            || path
                .strip_prefix(folder.as_str())
                .is_some_and(|rest| rest.starts_with('/'))
    })
}
