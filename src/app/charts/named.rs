//! Values files of `--values`: those that lie beside no chart, and that nothing in the repository gives to one.

use image_lint_model::finding::{Level, Note};
use image_lint_scan::render::delivered::{Delivered, GivenTo};
use image_lint_text::source::{RepoPath, SourceFile};

use super::deliveries::Given;
use super::{Numbers, resolved};
use crate::app::read::ChartValues;

/// All of them as helm's `-f FILE -f FILE` gives them to a chart; None where nobody named one.
pub fn given(files: &[ChartValues], numbers: &mut Numbers) -> Option<Given> {
    let file = |values: &ChartValues, numbers: &mut Numbers| {
        let path = tidy(&values.path);
        SourceFile::new(numbers.of(&path), path, values.text.clone())
    };
    let by = file(files.last()?, numbers);
    let values = files
        .iter()
        .map(|values| GivenTo::File(file(values, numbers)))
        .collect();
    Some(Given {
        spans: Vec::new(),
        delivered: Delivered { by, values },
    })
}

/// As the report names files below where the program runs; a path that leads out of there stays as it is given.
pub(super) fn tidy(path: &RepoPath) -> RepoPath {
    match resolved("", &path.to_text()) {
        Some(tidy) => RepoPath::from_bytes(tidy.as_bytes()),
        None => path.clone(),
    }
}

/// Whether it is the delivery of [`given`].
pub fn is_named(delivered: &Delivered, files: &[ChartValues]) -> bool {
    let own = |given: &GivenTo| matches!(given, GivenTo::File(_));
    let by = &delivered.by.path;
    files.last().is_some_and(|last| tidy(&last.path) == *by)
        && delivered.values.len() == files.len()
        && delivered.values.iter().all(own)
}

/// Of a chart that gave nothing with them.
pub fn refused(folder: &str, files: &[ChartValues]) -> Note {
    let chart = match folder {
        "" => "the chart".to_owned(),
        folder => format!("the chart in {folder}/"),
    };
    let text = format!(
        "--values {}: {chart} cannot be rendered with it, so that it was left out",
        names(files.iter())
    );
    Note::of_run(Level::Warning, text)
}

/// Of files for charts where there is none.
pub fn without_charts(files: &[ChartValues]) -> Option<Note> {
    let nested: Vec<&ChartValues> = files.iter().filter(|file| file.nested).collect();
    (!nested.is_empty()).then(|| {
        let text = format!(
            "--values {}: values of a chart, and no chart is among what is read; name its folder, too",
            names(nested.into_iter())
        );
        Note::of_run(Level::Warning, text)
    })
}

fn names<'a>(files: impl Iterator<Item = &'a ChartValues>) -> String {
    let names: Vec<_> = files.map(|file| file.path.to_text()).collect();
    names.join(", ")
}
