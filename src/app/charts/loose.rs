//! Values files that lie beside no chart and that nothing in the repository gives to one, such as `env/prod.yaml`: which
//! chart they are for, only whoever deploys knows.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use image_lint_model::finding::{Level, Note};
use image_lint_scan::render::delivered::GivenTo;
use image_lint_text::source::{FileId, RepoPath, SourceFile};
use image_lint_text::yaml::{self, Kind};

use super::{Numbers, Tree, deliveries, folders, is_within, joined};
use crate::app::read::{ChartValues, Read};

/// Most files that are looked into, and most bytes of one.
const MOST: usize = 200;
const LARGEST: usize = 64 * 1024;

/// Files that a note names.
const NAMED: usize = 3;

/// A note for each chart that such files seem to be for. `given` are those that somebody names.
pub fn notes(read: &Read, given: &[ChartValues]) -> Vec<Note> {
    let charts: Vec<(String, BTreeSet<String>)> = folders(read)
        .into_iter()
        .filter_map(|folder| {
            let values = keys(&read.tree.file(&joined(&folder, "values.yaml"))?)?;
            Some((folder, values))
        })
        .collect();
    if charts.is_empty() {
        return Vec::new();
    }
    let inside: BTreeSet<String> = folders(read).into_iter().collect();
    let known = known(read, &charts, given);
    let candidates = read.files.iter().filter(|file| {
        let name = file.path.file_name();
        file.reader.is_none()
            && (name.ends_with(".yaml") || name.ends_with(".yml"))
            && !is_within(&file.path, &inside)
            && !known.contains(&file.path)
    });
    let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for file in candidates.take(MOST) {
        let path = file.path.to_text();
        let Some(own) = read.tree.file(&path).and_then(|bytes| keys(&bytes)) else {
            continue;
        };
        if let Some(chart) = meant(&own, &path, &charts) {
            found.entry(chart).or_default().push(path.into_owned());
        }
    }
    found
        .into_iter()
        .map(|(chart, files)| note(chart, &files))
        .collect()
}

fn note(chart: &str, files: &[String]) -> Note {
    let mut names = files[..files.len().min(NAMED)].join(", ");
    if files.len() > NAMED {
        names.push_str(&format!(" and {} more", files.len() - NAMED));
    }
    let (look, them) = match files.len() {
        1 => ("looks", "it"),
        _ => ("look", "them"),
    };
    let chart = match chart {
        "" => "the chart".to_owned(),
        folder => format!("the chart in {folder}/"),
    };
    let text = format!(
        "{names} {look} like values of {chart}, and nothing here gives {them} to it: `--values {}` judges what it deploys with \
         them",
        files[0]
    );
    Note::of_run(Level::Warning, text)
}

/// The chart whose values have all these keys; of several the one that the path names.
fn meant<'c>(
    own: &BTreeSet<String>,
    path: &str,
    charts: &'c [(String, BTreeSet<String>)],
) -> Option<&'c str> {
    let fits = charts.iter().filter(|(_, values)| own.is_subset(values));
    let fits: Vec<&str> = fits.map(|(folder, _)| folder.as_str()).collect();
    let named = fits.iter().find(|folder| {
        let name = folder.rsplit('/').next().unwrap_or("");
        !name.is_empty() && path.contains(name)
    });
    named.or(fits.first()).copied()
}

/// The keys of a file that is one mapping and speaks of images; None of any other, manifests among them.
fn keys(bytes: &[u8]) -> Option<BTreeSet<String>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let speaks = ["mage", "tag:", "epository:", "egistry:"];
    if bytes.len() > LARGEST || !speaks.iter().any(|word| text.contains(word)) {
        return None;
    }
    let file = SourceFile::new(FileId(0), RepoPath::from_bytes(b""), text.to_owned());
    let whole = file.whole();
    let stream = yaml::parse(&whole);
    let [document] = stream.documents.as_slice() else {
        return None;
    };
    let root = document.root();
    if root.kind() != Kind::Mapping || root.get("apiVersion").is_some() {
        return None;
    }
    let names = root.pairs().filter_map(|(name, _)| name.as_str());
    let names: BTreeSet<String> = names.map(str::to_owned).collect();
    (!names.is_empty()).then_some(names)
}

/// The files that something in the repository, or somebody, gives to a chart.
fn known(
    read: &Read,
    charts: &[(String, BTreeSet<String>)],
    given: &[ChartValues],
) -> BTreeSet<RepoPath> {
    let mut numbers = Numbers {
        known: HashMap::new(),
        next: 0,
    };
    let mut known: BTreeSet<RepoPath> = given
        .iter()
        .map(|values| super::named::tidy(&values.path))
        .collect();
    for (folder, _) in charts {
        for given in deliveries::to(folder, read, &mut numbers, &read.tree) {
            let files = given.delivered.values.into_iter();
            known.extend(files.filter_map(|given| match given {
                GivenTo::File(file) => Some(file.path),
                GivenTo::Own(_) => None,
            }));
        }
    }
    known
}
