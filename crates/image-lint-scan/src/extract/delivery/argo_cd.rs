//! Argo CD: Application and ApplicationSet (argoproj/argo-cd docs, `user-guide/helm.md`, `user-guide/kustomize.md`), and the
//! images that Argo CD Image Updater looks after (argocd-image-updater docs, `configuration/images.md`).

use super::generators::{self, Element};
use super::values::Values;
use super::{given, of_kustomize};
use crate::extract::kubernetes::path::FieldPath;
use crate::extract::kubernetes::reader::{Reader, Text, Within};
use crate::extract::variables::{self, Dialect};
use image_lint_model::delivery::{Base, Delivery, Given};
use image_lint_model::mention::{Expect, Role, SourceKind};
use image_lint_text::source::Span;
use image_lint_text::yaml::Node;

/// Where the specs of applications are in an Application and in an ApplicationSet.
const SPECS: [&[&str]; 2] = [&["spec"], &["spec", "template", "spec"]];

pub fn read(reader: &mut Reader<'_, '_>, node: Node<'_>, path: &FieldPath<'_>, within: &Within) {
    updater(reader, node, path, within);
    let elements = generators::elements(node);
    for way in SPECS {
        let Some(spec) = node.at(way) else { continue };
        let words = way.join(".");
        let path = path.key(&words);
        if let Some(one) = spec.get("source") {
            deliver(reader, one, &elements);
            source(reader, one, &path.key("source"), within);
        }
        let several = spec
            .get("sources")
            .into_iter()
            .flat_map(|list| list.items());
        for (i, one) in several.enumerate() {
            let path = path.key("sources");
            deliver(reader, one, &elements);
            source(reader, one, &path.item(i), within);
        }
    }
}

/// The chart of a source, where it has a path, with what the source gives it.
fn deliver(reader: &mut Reader<'_, '_>, node: Node<'_>, elements: &[Element]) {
    let (Some(path), helm) = (node.str_at(&["path"]), node.get("helm")) else {
        return;
    };
    let mut values = given::files(helm.and_then(|helm| helm.get("valueFiles")), None);
    let object = helm.and_then(|helm| helm.get("valuesObject"));
    match object.filter(|object| !object.is_null()) {
        Some(object) => values.extend(given::object(object, &reader.sink.file().text)),
        None => values.extend(
            helm.and_then(|helm| helm.get("values"))
                .and_then(given::text),
        ),
    }
    let parameters = helm.and_then(|helm| helm.get("parameters"));
    for parameter in parameters.into_iter().flat_map(|list| list.items()) {
        if let (Some(name), Some(value)) = (parameter.str_at(&["name"]), parameter.get("value")) {
            let text = parameter.str_at(&["forceString"]) == Some("true");
            values.extend(given::set(name, value, text));
        }
    }
    let delivery = |chart: &str, values| Delivery {
        chart: chart.trim_start_matches('/').into(),
        base: Base::Top,
        values,
    };
    let deliveries = &mut reader.sink.extraction.deliveries;
    if elements.is_empty() {
        deliveries.push(delivery(path, values.clone()));
    }
    for element in elements {
        let filled = values.iter().map(|given| generators::given(given, element));
        let filled: Option<Vec<Given>> = filled.collect();
        let chart = generators::fill(path, element);
        deliveries.extend(
            chart
                .zip(filled)
                .map(|(chart, values)| delivery(&chart, values)),
        );
    }
}

/// What a source gives its chart, and its kustomization. `parameters` count before `valuesObject`, which counts before
/// `values`.
fn source(reader: &mut Reader<'_, '_>, node: Node<'_>, path: &FieldPath<'_>, within: &Within) {
    if let Some(helm) = node.get("helm") {
        let mut values = Values::new(reader);
        match helm.get("valuesObject").filter(|object| !object.is_null()) {
            Some(object) => values.add(object, reader),
            None => {
                if let Some(text) = helm.get("values") {
                    values.add_text(text, reader);
                }
            }
        }
        let parameters = helm
            .get("parameters")
            .into_iter()
            .flat_map(|list| list.items());
        for parameter in parameters {
            if let (Some(name), Some(value)) = (parameter.str_at(&["name"]), parameter.get("value"))
            {
                values.set(name, value, reader);
            }
        }
        values.read(reader);
    }
    let images = node.at(&["kustomize", "images"]);
    reader.sink.extraction.names_folders |= node.get("path").is_some();
    let images = images.into_iter().flat_map(|list| list.items());
    for (i, item) in images.enumerate() {
        let path = path.key("kustomize.images");
        image(reader, item, &path.item(i), within);
    }
}

/// `[OLD=]NEW[:TAG|@DIGEST]` (`kustomize edit set image`). Without a tag it keeps that of the base.
fn image(reader: &mut Reader<'_, '_>, item: Node<'_>, path: &FieldPath<'_>, within: &Within) {
    let Some(text) = item.as_str() else { return };
    let start = text.find('=').map_or(0, |at| at + 1);
    let new = &text[start..];
    if new.is_empty() {
        return;
    }
    let last = new.rsplit('/').next().unwrap_or("");
    let expect = if last.contains([':', '@']) {
        Expect::Image
    } else {
        Expect::Repository
    };
    let within = of_kustomize(within);
    let found = part(item, start..text.len());
    reader.text_mention(found, path, &within, Role::Run, expect, None);
}

/// `[ALIAS=]NAME[:CONSTRAINT]`, with commas between them. The constraint says which tags may come, not which there is.
fn updater(reader: &mut Reader<'_, '_>, node: Node<'_>, path: &FieldPath<'_>, within: &Within) {
    const LIST: &str = "argocd-image-updater.argoproj.io/image-list";
    let list = node.at(&["metadata", "annotations", LIST]);
    let Some((list, text)) = list.and_then(|list| Some((list, list.as_str()?))) else {
        return;
    };
    let path = path.key("metadata.annotations");
    let path = path.key(LIST);
    let within = Within {
        source: SourceKind::Argo,
        ..*within
    };
    let mut start = 0;
    for item in text.split(',') {
        let from = start + (item.len() - item.trim_start().len());
        let to = start + item.trim_end().len();
        start += item.len() + 1;
        let Some(image) = text.get(from..to).filter(|image| !image.is_empty()) else {
            continue;
        };
        let from = from + image.find('=').map_or(0, |at| at + 1);
        let name = &text[from..to];
        let slash = name.rfind('/').map_or(0, |at| at + 1);
        let end = name[slash..]
            .find([':', '@'])
            .map_or(name.len(), |at| slash + at);
        if end > 0 {
            let found = part(list, from..from + end);
            reader.text_mention(found, &path, &within, Role::Run, Expect::Repository, None);
        }
    }
}

/// A part of a string, ready for a mention.
fn part(node: Node<'_>, range: std::ops::Range<usize>) -> Text {
    let source = node.text();
    Text {
        span: source.outer(Span::new(range.start, range.end)),
        value: variables::read(&source.text[range], Dialect::Argo),
        also: Vec::new(),
    }
}
