//! A chart from its files (helm, `pkg/chart/loader`).

use std::collections::BTreeMap;
use std::sync::Arc;

use image_lint_text::meter::{Meter, UsedUp};
use image_lint_text::rendered::{From, Origin, Rendered, SourceId};
use image_lint_text::source::Span;

use crate::value::Value;
use crate::{archive, glob, yaml};

/// A file of a chart.
#[derive(Clone, Debug)]
pub struct File {
    /// Relative to the chart's folder, `/` between its parts.
    pub path: Arc<str>,
    pub source: SourceId,
    pub bytes: Arc<[u8]>,
}

/// Why there is no chart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    #[error("Chart.yaml file is missing")]
    NoChart,
    #[error("cannot load {file}: {why}")]
    NotYaml { file: String, why: String },
    #[error("cannot load {file}: {why}")]
    Archive { file: String, why: String },
    #[error("charts are nested too deeply")]
    TooDeep,
    #[error(transparent)]
    UsedUp(#[from] UsedUp),
}

/// What a file is to its chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'p> {
    /// Chart.yaml
    Metadata,
    /// requirements.yaml, where a chart of the first format declares others.
    Requirements,
    /// values.yaml
    Values,
    Template,
    /// In the folder of the charts that are included, with the path from there: NAME/PATH, or NAME.tgz.
    Included(&'p str),
    Other,
}

impl<'p> Part<'p> {
    /// By its path from the chart's folder.
    pub fn of(path: &'p str) -> Self {
        if let Some(rest) = path.strip_prefix("charts/") {
            return Part::Included(rest);
        }
        match path {
            "Chart.yaml" => Part::Metadata,
            "requirements.yaml" => Part::Requirements,
            "values.yaml" => Part::Values,
            _ if path.starts_with("templates/") => Part::Template,
            _ => Part::Other,
        }
    }

    /// What it is to the innermost chart that it is a part of.
    pub fn of_innermost(path: &'p str) -> Self {
        match Part::of(path) {
            Part::Included(rest) => match rest.split_once('/') {
                Some((_, inner)) => Part::of_innermost(inner),
                None => Part::Included(rest),
            },
            part => part,
        }
    }
}

/// A chart with the charts it includes.
#[derive(Debug)]
pub struct Chart {
    pub name: Arc<str>,
    pub version: Arc<str>,
    pub library: bool,
    /// The content of Chart.yaml.
    pub metadata: Value,
    /// The content of values.yaml.
    pub values: Value,
    /// Below `templates/`.
    pub templates: Vec<(Arc<str>, Rendered)>,
    /// All that is neither templates, values, charts nor Chart.yaml.
    pub files: Vec<(Arc<str>, Rendered)>,
    pub declared: Vec<Dependency>,
    pub charts: Vec<Chart>,
}

/// An entry of `dependencies:`.
#[derive(Clone, Debug)]
pub struct Dependency {
    pub name: Arc<str>,
    pub version: Arc<str>,
    pub alias: Option<Arc<str>>,
    pub repository: Arc<str>,
    pub condition: Arc<str>,
    pub tags: Vec<Arc<str>>,
    pub import_values: Vec<Value>,
    /// Where its name is.
    pub place: Option<Origin>,
}

/// Charts within charts.
const MAX_DEPTH: usize = 8;

/// Makes a chart of its files, `charts/` and archives in it included.
///
/// # Errors
/// When there is no Chart.yaml, or it, or values.yaml, is not YAML.
pub fn load(files: &[File], meter: &Meter) -> Result<Chart, LoadError> {
    let files = files.iter().map(|file| {
        let text = std::str::from_utf8(&file.bytes).ok();
        let text = text.map(|text| text.strip_prefix('\u{feff}').unwrap_or(text));
        let shift = if file.bytes.starts_with("\u{feff}".as_bytes()) {
            3
        } else {
            0
        };
        let text = text.map(|text| Rendered::copied(text, file.source, shift));
        Loaded {
            path: Arc::clone(&file.path),
            text,
            bytes: Arc::clone(&file.bytes),
            source: file.source,
        }
    });
    assemble(files.collect(), meter, 0)
}

#[derive(Clone)]
struct Loaded {
    path: Arc<str>,
    /// None: not text.
    text: Option<Rendered>,
    bytes: Arc<[u8]>,
    source: SourceId,
}

fn assemble(files: Vec<Loaded>, meter: &Meter, depth: usize) -> Result<Chart, LoadError> {
    if depth > MAX_DEPTH {
        return Err(LoadError::TooDeep);
    }
    let rules = files
        .iter()
        .find(|file| &*file.path == ".helmignore")
        .and_then(|file| file.text.clone());
    let rules = rules.map_or(String::new(), |rules| rules.as_str().to_owned());
    let mut chart = Chart {
        name: "".into(),
        version: "".into(),
        library: false,
        metadata: Value::Nil,
        values: Value::map(BTreeMap::new()),
        templates: Vec::new(),
        files: Vec::new(),
        declared: Vec::new(),
        charts: Vec::new(),
    };
    let mut within: BTreeMap<String, Vec<Loaded>> = BTreeMap::new();
    for file in files {
        meter.charge(file.bytes.len() as u64 / 16 + 1)?;
        if glob::ignored(&rules, &file.path) || glob::matches("templates/.?*", &file.path) {
            continue;
        }
        sort(file, &mut chart, &mut within, meter)?;
    }
    if chart.metadata.as_table().is_none() {
        return Err(LoadError::NoChart);
    }
    describe(&mut chart);
    for (name, files) in within {
        if name.starts_with(['_', '.']) {
            continue;
        }
        let chart_files = match files.as_slice() {
            [archive] if name.ends_with(".tgz") && *archive.path == *name => {
                unpacked(archive, meter)?
            }
            _ => files
                .into_iter()
                .filter_map(|file| {
                    let path = file.path.strip_prefix(&format!("{name}/"))?.into();
                    Some(Loaded { path, ..file })
                })
                .collect(),
        };
        if chart_files.is_empty() {
            continue;
        }
        match assemble(chart_files, meter, depth + 1) {
            Ok(sub) => chart.charts.push(sub),
            Err(LoadError::NoChart) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(chart)
}

fn sort(
    file: Loaded,
    chart: &mut Chart,
    within: &mut BTreeMap<String, Vec<Loaded>>,
    meter: &Meter,
) -> Result<(), LoadError> {
    let path = Arc::clone(&file.path);
    let part = Part::of(&path);
    if let Part::Included(rest) = part {
        let name = rest.split('/').next().unwrap_or(rest).to_owned();
        let path = rest.into();
        within
            .entry(name)
            .or_default()
            .push(Loaded { path, ..file });
        return Ok(());
    }
    let Some(text) = file.text else {
        return Ok(());
    };
    match part {
        Part::Metadata => {
            chart.metadata = parsed("Chart.yaml", &text, meter)?;
            chart.declared.extend(dependencies(&chart.metadata));
        }
        Part::Values => {
            let values = parsed("values.yaml", &text, meter)?;
            if values.as_table().is_some() {
                chart.values = values;
            }
        }
        Part::Requirements => {
            let listed = parsed("requirements.yaml", &text, meter)?;
            chart.declared.extend(dependencies(&listed));
            chart.files.push((Arc::clone(&path), text));
        }
        Part::Template => chart.templates.push((path, text)),
        Part::Other if matches!(&*path, "Chart.lock" | "values.schema.json") => {}
        _ => chart.files.push((path, text)),
    }
    Ok(())
}

fn parsed(name: &str, text: &Rendered, meter: &Meter) -> Result<Value, LoadError> {
    meter.charge(text.len() as u64)?;
    let not_yaml = |why: String| LoadError::NotYaml {
        file: name.to_owned(),
        why,
    };
    match yaml::read(text, meter) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(why)) => Err(not_yaml(why)),
        Err(crate::exec::Stop::UsedUp(cause)) => Err(LoadError::UsedUp(cause)),
        Err(_) => Err(not_yaml("it cannot be read".to_owned())),
    }
}

fn unpacked(archive: &Loaded, meter: &Meter) -> Result<Vec<Loaded>, LoadError> {
    let entries = archive::unpack(&archive.bytes, meter).map_err(|why| LoadError::Archive {
        file: archive.path.to_string(),
        why,
    })?;
    let origin = Origin {
        source: archive.source,
        span: Span::new(0, 0),
    };
    let from = From::made(vec![origin]);
    let files = entries.into_iter().filter_map(|(path, bytes)| {
        // The first folder of the archive is the chart's.
        let path: Arc<str> = path.split_once('/')?.1.into();
        let text = String::from_utf8(bytes.clone()).ok();
        let text = text.map(|text| Rendered::new(text, from.clone()));
        Some(Loaded {
            path,
            text,
            bytes: bytes.into(),
            source: archive.source,
        })
    });
    Ok(files.collect())
}

/// A field of YAML that is a string in Go: numbers and booleans are written out.
fn text_of(value: Option<Value>) -> Arc<str> {
    match value {
        None | Some(Value::Nil) => "".into(),
        Some(value) => as_text(&value).as_str().into(),
    }
}

/// A number for a field that is a string in Go: digits as they are, without an exponent where it is whole.
pub fn as_text(value: &Value) -> Rendered {
    match value {
        Value::Float(number, from) if number.fract() == 0.0 && number.abs() < 1e15 => {
            Rendered::new(format!("{number}"), from.clone())
        }
        Value::Float(number, from) => {
            Rendered::new(crate::print::shortest(*number, 21), from.clone())
        }
        other => crate::print::value(other),
    }
}

fn describe(chart: &mut Chart) {
    let Some(metadata) = chart.metadata.as_table() else {
        return;
    };
    chart.name = text_of(metadata.get("name"));
    chart.version = text_of(metadata.get("version"));
    chart.library = text_of(metadata.get("type")).as_ref() == "library";
}

fn dependencies(listed: &Value) -> Vec<Dependency> {
    let Some(Value::List(items)) = listed.as_table().and_then(|map| map.get("dependencies")) else {
        return Vec::new();
    };
    items.iter().filter_map(dependency).collect()
}

fn dependency(item: &Value) -> Option<Dependency> {
    let map = item.as_table()?;
    let name = map.get("name")?;
    let list = |key: &str| match map.get(key) {
        Some(Value::List(items)) => items.to_vec(),
        _ => Vec::new(),
    };
    let place = match name.from() {
        From::Nowhere => None,
        _ => match &name {
            Value::Str(text) => text.origins().first().copied(),
            _ => None,
        },
    };
    Some(Dependency {
        name: text_of(Some(name)),
        version: text_of(map.get("version")),
        alias: map
            .get("alias")
            .map(|alias| text_of(Some(alias)))
            .filter(|alias| !alias.is_empty()),
        repository: text_of(map.get("repository")),
        condition: text_of(map.get("condition")),
        tags: list("tags")
            .into_iter()
            .map(|tag| text_of(Some(tag)))
            .collect(),
        import_values: list("import-values"),
        place,
    })
}
