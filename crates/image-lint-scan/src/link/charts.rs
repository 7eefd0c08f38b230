//! Helm charts: `appVersion` of the Chart.yaml that a chart's values and templates stand below.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::extract::helm::DEPENDENCY;
use image_lint_model::mention::{Extraction, Mention, SourceKind};
use image_lint_model::value::{OriginKind, Piece, Value};
use image_lint_text::source::{FileId, Place, RepoPath};

/// The variable of a chart's own version.
const APP_VERSION: &str = "Chart.AppVersion";

/// How far above a file its Chart.yaml is looked for (`chart/templates/tests/x.yaml`, `chart/ci/values-a.yaml`).
const MAX_ABOVE: usize = 8;

/// `appVersion` by the folder of the chart.
#[derive(Debug, Default)]
pub(super) struct Charts {
    versions: HashMap<String, (String, Place)>,
    /// Keys of values that belong to other charts, by the folder of the chart that includes them.
    included: HashMap<String, HashSet<String>>,
}

impl Charts {
    pub fn new(files: &[(FileId, RepoPath, Extraction)]) -> Self {
        let mut versions = HashMap::new();
        let mut included: HashMap<String, HashSet<String>> = HashMap::new();
        for (_, path, extraction) in files {
            for definition in &extraction.definitions {
                if definition.kind != OriginKind::HelmChart {
                    continue;
                }
                if let Some(chart) = definition.name.strip_prefix(DEPENDENCY) {
                    included
                        .entry(path.folder().into_owned())
                        .or_default()
                        .insert(chart.to_owned());
                } else if &*definition.name == APP_VERSION
                    && let Some(text) = definition.value.as_ref().and_then(|value| value.as_known())
                {
                    versions
                        .entry(path.folder().into_owned())
                        .or_insert((text, definition.place));
                }
            }
        }
        Charts { versions, included }
    }

    /// Keys of a file's values that belong to charts which its chart includes.
    pub fn included(&self, path: &RepoPath) -> Option<&HashSet<String>> {
        self.included.get(&*path.folder())
    }

    /// The version of the chart that a file belongs to: the nearest Chart.yaml above it.
    pub fn version(&self, path: &RepoPath) -> Option<&(String, Place)> {
        if self.versions.is_empty() {
            return None;
        }
        let folder = path.folder();
        let mut folder: &str = &folder;
        for _ in 0..MAX_ABOVE {
            if let Some(version) = self.versions.get(folder) {
                return Some(version);
            }
            folder = folder
                .rsplit_once('/')
                .map(|(above, _)| above)
                .or((!folder.is_empty()).then_some(""))?;
        }
        None
    }
}

/// The value of a mention. An image among the values that a chart hands to a chart it includes lacks that one's version,
/// not its own.
pub(super) fn own_value<'m>(
    mention: &'m Mention,
    included: Option<&HashSet<String>>,
) -> Cow<'m, Value> {
    let key = mention.field.split('.').next().unwrap_or("");
    let of_other = mention.source == SourceKind::Helm
        && included.is_some_and(|included| included.contains(key));
    let is_version = |piece: &Piece| matches!(piece, Piece::Variable(variable) if &*variable.name == APP_VERSION);
    if !of_other || !mention.value.pieces.iter().any(is_version) {
        return Cow::Borrowed(&mention.value);
    }
    let mut value = mention.value.clone();
    for piece in &mut value.pieces {
        if let Piece::Variable(variable) = piece
            && &*variable.name == APP_VERSION
        {
            Arc::make_mut(variable).name = format!("{key}.{APP_VERSION}").into();
        }
    }
    Cow::Owned(value)
}
