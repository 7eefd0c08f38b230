//! Helm charts: `appVersion` of the Chart.yaml that a chart's values and templates stand below.

use std::collections::{HashMap, HashSet};

use crate::extract::helm::DEPENDENCY;
use image_lint_model::mention::{Extraction, Mention, SourceKind};
use image_lint_model::value::{OriginKind, Piece};
use image_lint_text::source::{FileId, Place, RepoPath};

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
                } else if &*definition.name == "Chart.AppVersion"
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

    /// Images among the values that a chart hands to the charts it includes: the version they lack is not its own.
    pub fn set_included_apart(&self, path: &RepoPath, mentions: &mut [Mention]) {
        let Some(included) = self.included.get(&*path.folder()) else {
            return;
        };
        for mention in mentions
            .iter_mut()
            .filter(|mention| mention.source == SourceKind::Helm)
        {
            let key = mention.field.split('.').next().unwrap_or("");
            if !included.contains(key) {
                continue;
            }
            for piece in &mut mention.value.pieces {
                if let Piece::Variable(variable) = piece
                    && &*variable.name == "Chart.AppVersion"
                {
                    std::sync::Arc::make_mut(variable).name =
                        format!("{key}.Chart.AppVersion").into();
                }
            }
        }
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
