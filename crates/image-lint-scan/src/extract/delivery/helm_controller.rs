//! k3s' and RKE2's Helm controller: HelmChart and HelmChartConfig (k3s-io/helm-controller `pkg/apis/helm.cattle.io/v1`).

use super::values::Values;
use crate::extract::kubernetes::reader::Reader;
use image_lint_text::yaml::Node;

/// `valuesContent` is a values file; `set` counts before it, as `--set`.
pub fn read(reader: &mut Reader<'_, '_>, node: Node<'_>) {
    let Some(spec) = node.get("spec") else { return };
    let mut values = Values::new(reader);
    if let Some(text) = spec.get("valuesContent") {
        values.add_text(text, reader);
    }
    for (name, value) in spec.get("set").into_iter().flat_map(|set| set.pairs()) {
        if let Some(name) = name.as_str() {
            values.set(name, value, reader);
        }
    }
    values.read(reader);
}
