//! Helm charts: `appVersion` of the Chart.yaml that a chart's values and templates stand below.

use std::collections::HashMap;

use crate::model::mention::Extraction;
use crate::model::source::{FileId, Place, RepoPath};
use crate::model::value::OriginKind;

/// How far above a file its Chart.yaml is looked for (`chart/templates/tests/x.yaml`, `chart/ci/values-a.yaml`).
const MAX_ABOVE: usize = 8;

/// `appVersion` by the folder of the chart.
#[derive(Debug, Default)]
pub(super) struct Charts {
    versions: HashMap<String, (String, Place)>,
}

impl Charts {
    pub fn new(files: &[(FileId, RepoPath, Extraction)]) -> Self {
        let mut versions = HashMap::new();
        for (_, path, extraction) in files {
            for definition in &extraction.definitions {
                if definition.kind == OriginKind::HelmChart
                    && &*definition.name == "Chart.AppVersion"
                    && let Some(text) = definition.value.as_ref().and_then(|value| value.as_known())
                {
                    versions.entry(path.folder().into_owned()).or_insert((text, definition.place));
                }
            }
        }
        Charts { versions }
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
            folder = folder.rsplit_once('/').map(|(above, _)| above).or((!folder.is_empty()).then_some(""))?;
        }
        None
    }
}
