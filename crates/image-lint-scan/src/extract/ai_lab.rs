//! Recipes of Podman AI Lab (`ai-lab.yaml`; containers/podman-desktop-extension-ai-lab, `models/AIConfig.ts`): the
//! containers of an application. One with a `containerfile` is built from it, and `image` is what the result is called.

use super::Sink;
use super::kubernetes::path::FieldPath;
use super::kubernetes::reader::{Reader, Within};
use super::shapes::{Shape, holds_all};
use super::variables::Dialect;
use image_lint_model::mention::{Role, SourceKind};
use image_lint_text::yaml::Document;

/// A recipe.
pub(super) struct Recipe;

impl Shape for Recipe {
    fn name(&self) -> &'static str {
        "ai-lab"
    }

    fn may_be(&self, text: &str) -> bool {
        holds_all(text, &["application:", "containers:", "image"])
    }

    fn read(&self, document: &Document<'_>, out: &mut Sink<'_>) -> bool {
        let Some(containers) = document.root().at(&["application", "containers"]) else {
            return false;
        };
        let mut reader = Reader::new(out);
        let within = Within::source(SourceKind::Configuration, Dialect::Kubernetes);
        let path = FieldPath::ROOT.key("application.containers");
        for (i, container) in containers.items().enumerate() {
            let Some(image) = container.get("image") else {
                continue;
            };
            let built = container.get("containerfile").is_some();
            let role = if built { Role::Push } else { Role::Ci };
            reader.image(image, &path.item(i).key("image"), &within, role);
        }
        true
    }
}
