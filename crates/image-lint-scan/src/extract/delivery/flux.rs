//! Flux: HelmRelease and Kustomization (fluxcd.io/flux/components/helm/helmreleases, …/kustomize/kustomizations).

use super::values::Values;
use super::{given, of_kustomize};
use crate::extract::kubernetes::path::FieldPath;
use crate::extract::kubernetes::reader::{Reader, Within};
use crate::extract::kustomize;
use image_lint_model::delivery::{Base, Delivery};
use image_lint_model::kustomize::Unbuilt;
use image_lint_text::yaml::Node;

/// The values of a release, and what its post-renderers put in place of its chart's images.
pub fn release(reader: &mut Reader<'_, '_>, node: Node<'_>, path: &FieldPath<'_>, within: &Within) {
    let first = reader.sink.extraction.mentions.len();
    if let Some(values) = node.at(&["spec", "values"]) {
        let mut all = Values::new(reader);
        all.add(values, reader);
        all.read(reader);
    }
    deliver(reader, node);
    let given = first..reader.sink.extraction.mentions.len();
    let renderers = node.at(&["spec", "postRenderers"]);
    let renderers = renderers.into_iter().flat_map(|list| list.items());
    for (i, renderer) in renderers.enumerate() {
        let Some(inner) = renderer.get("kustomize") else {
            continue;
        };
        let path = path.key("spec.postRenderers");
        let path = path.item(i);
        let path = path.key("kustomize");
        for entry in inner
            .get("images")
            .into_iter()
            .flat_map(|list| list.items())
        {
            replaced(reader, entry, given.clone());
        }
        entries(reader, inner, &path, within);
    }
}

/// The chart of a release that is a folder of a repository, with the values that the release gives it.
fn deliver(reader: &mut Reader<'_, '_>, node: Node<'_>) {
    let Some(chart) = node.at(&["spec", "chart", "spec"]) else {
        return;
    };
    let kind = chart.str_at(&["sourceRef", "kind"]);
    let (Some(path), Some("GitRepository")) = (chart.str_at(&["chart"]), kind) else {
        return;
    };
    let mut values = given::files(chart.get("valuesFiles"), Some(Base::Top));
    if let Some(object) = node.at(&["spec", "values"]) {
        values.extend(given::object(object, &reader.sink.file().text));
    }
    reader.sink.extraction.deliveries.push(Delivery {
        chart: path.trim_start_matches('/').into(),
        base: Base::Top,
        values,
    });
}

/// Marks images of the values that an entry puts others in place of.
fn replaced(reader: &mut Reader<'_, '_>, entry: Node<'_>, given: std::ops::Range<usize>) {
    let Some(name) = entry.str_at(&["name"]) else {
        return;
    };
    let changes = ["newName", "newTag", "digest"];
    if !changes.iter().any(|key| entry.get(key).is_some()) {
        return;
    }
    let by = entry.get("name").map(|name| reader.sink.place(name.site()));
    let extraction = &mut reader.sink.extraction;
    for at in given {
        let written = extraction.mentions[at].value.written();
        let rest = written.strip_prefix(name);
        if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '@'])) {
            extraction.unbuilt.push(Unbuilt {
                mention: at as u32,
                by,
                why: "a post-renderer puts another image in its place",
            });
        }
    }
}

/// `spec.images` and `spec.patches`, as in a kustomization of kustomize's own.
pub fn kustomization(
    reader: &mut Reader<'_, '_>,
    node: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
) {
    if let Some(spec) = node.get("spec") {
        reader.sink.extraction.names_folders = true;
        entries(reader, spec, &path.key("spec"), within);
    }
}

fn entries(reader: &mut Reader<'_, '_>, node: Node<'_>, path: &FieldPath<'_>, within: &Within) {
    kustomize::entries(reader, node, path, &of_kustomize(within));
}
