//! `retired-registry`: a registry or namespace that is frozen or gone, with its successor.

use std::sync::LazyLock;

use serde::Deserialize;

use super::{guide, Case, Rule, RuleMeta, finding, Finding, Proves, RuleId};
use image_lint_model::finding::{Level};
use image_lint_model::mention::{Role, Text};
use image_lint_model::reference::ImageReference;

pub struct RetiredRegistry;

static META: RuleMeta = RuleMeta {
    id: RuleId::RetiredRegistry,
    level: Some(Level::Warning),
    proves: Proves::Line,
    applies_to_ci: true,
    summary: "the registry or namespace is frozen or gone",
    why: "\
Some registries and namespaces no longer get new images, or answer only while somebody keeps paying for them. What still \
works today is not patched and may stop without notice.",
    remedy: "Name the successor that the finding gives, and check that it has the tag.",
    before: "image: k8s.gcr.io/pause:3.1\n",
    after: "image: registry.k8s.io/pause:3.1\n",
    needs_network: false,
    fixes: super::Fixes::None,
    guides: &[guide::MIRROR],
};

/// One retired place; the file says what the fields mean.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Retired {
    name: String,
    successor: String,
    what: String,
    /// Repositories below it that are kept up.
    #[serde(default)]
    except: Vec<String>,
    #[allow(dead_code, reason = "for whoever reads the file")]
    source: String,
}

/// The rows of `retired_registries.toml`.
fn table() -> &'static [Retired] {
    #[derive(Deserialize)]
    struct File {
        retired: Vec<Retired>,
    }
    static TABLE: LazyLock<Vec<Retired>> = LazyLock::new(|| {
        let text = include_str!("retired_registries.toml");
        // The file is part of the program, and a test reads it.
        toml::from_str::<File>(text)
            .expect("the table of retired registries")
            .retired
    });
    &TABLE
}

impl Rule for RetiredRegistry {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let Some(linked) = case.mention() else { return };
        let Text::Known(reference) = &linked.text else {
            return;
        };
        if !matches!(linked.role, Role::Run | Role::BuildBase | Role::Ci) {
            return;
        }
        let Some(retired) = retired(reference) else {
            return;
        };
        let mut found = finding(&META, linked).says(
format!("`{}` is retired: {}", retired.name, retired.what),
format!("now {}", retired.successor),
);
        found.help =
            vec![format!("use {} and check that it has the tag", retired.successor).into()];
        out.push(found);
    }
}

fn retired(reference: &ImageReference) -> Option<&'static Retired> {
    let name = reference.name();
    table().iter().find(|retired| {
        name.strip_prefix(&*retired.name).is_some_and(|rest| {
            let kept = |except: &String| rest.strip_prefix('/') == Some(except);
            (rest.is_empty() || rest.starts_with('/')) && !retired.except.iter().any(kept)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_retired_place_has_a_successor_and_a_source() {
        assert!(!table().is_empty());
        for row in table() {
            for text in [&row.name, &row.successor, &row.what, &row.source] {
                assert!(!text.is_empty(), "{row:?}");
            }
            let named = ImageReference::parse(&format!("{}/x:1", row.name)).unwrap();
            assert!(
                retired(&named).is_some_and(|found| found.name == row.name),
                "{row:?}"
            );
        }
        for other in [
            "registry.k8s.io/pause:3.1",
            "quay.io/coreos2/x:1",
            "quay.io/coreos/coreos-installer:release",
            "quay.io/coreos-assembler/fcos:stable",
            "docker.io/bitnamilegacy/x:1",
        ] {
            assert!(
                retired(&ImageReference::parse(other).unwrap()).is_none(),
                "{other}"
            );
        }
    }
}
