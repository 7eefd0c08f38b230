//! What delivers charts and kustomizations to clusters: Argo CD, Flux, k3s' Helm controller. Each says which values a chart
//! is given and which images a kustomization puts in place of others.
//!
//! A chart that is elsewhere has values of its own: what is not said here stays open.

pub mod argo_cd;
pub mod flux;
mod generators;
pub(crate) mod given;
pub mod helm_controller;
mod values;

use super::kubernetes::path::FieldPath;
use super::kubernetes::reader::{Reader, Within};
use super::variables::Dialect;
use image_lint_model::mention::SourceKind;
use image_lint_model::object::Facts;
use image_lint_text::yaml::Node;

/// Reads an object of one of these projects; None for any other.
pub fn read(
    reader: &mut Reader<'_, '_>,
    node: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
    (group, kind): (&str, &str),
) -> Option<Facts> {
    match (group, kind) {
        ("argoproj.io", "Application" | "ApplicationSet") => {
            argo_cd::read(reader, node, path, within)
        }
        ("helm.toolkit.fluxcd.io", "HelmRelease") => flux::release(reader, node, path, within),
        ("kustomize.toolkit.fluxcd.io", "Kustomization") => {
            flux::kustomization(reader, node, path, within)
        }
        ("helm.cattle.io", "HelmChart" | "HelmChartConfig") => helm_controller::read(reader, node),
        _ => return None,
    }
    Some(Facts::Other)
}

/// The same surroundings, as a kustomization's.
fn of_kustomize(within: &Within) -> Within {
    Within {
        source: SourceKind::Kustomize,
        dialect: Dialect::Kubernetes,
        ..*within
    }
}
