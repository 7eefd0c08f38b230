//! Containers as a map of names to what each is: `batect.yml` and the files that it includes (batect.dev/docs/reference,
//! "containers"), workloads of Score (docs.score.dev/docs/score-specification).

use super::Sink;
use super::kubernetes::path::FieldPath;
use super::kubernetes::reader::{Reader, Within};
use super::shapes::{Shape, holds_all};
use super::variables::Dialect;
use image_lint_model::mention::{Role, SourceKind};
use image_lint_text::yaml::{Document, Kind, Node};

/// A document whose `containers` are such a map.
pub(super) struct Containers;

/// What a container of batect says in place of an image.
const BUILT: &str = "build_directory";

impl Shape for Containers {
    fn name(&self) -> &'static str {
        "containers"
    }

    fn may_be(&self, text: &str) -> bool {
        holds_all(text, &["containers:", "image:"])
    }

    fn read(&self, document: &Document<'_>, out: &mut Sink<'_>) -> bool {
        let root = document.root();
        let map = root.get("containers");
        let Some(map) = map.filter(|map| map.kind() == Kind::Mapping) else {
            return false;
        };
        let is_container =
            |node: Node<'_>| node.str_at(&["image"]).is_some() || node.get(BUILT).is_some();
        if map.pairs().next().is_none() || !map.pairs().all(|(_, value)| is_container(value)) {
            return false;
        }
        // Score's are deployed; batect's run where the developer is.
        let score = root.str_at(&["apiVersion"]);
        let role = match score.is_some_and(|version| version.starts_with("score.dev/")) {
            true => Role::Run,
            false => Role::Ci,
        };
        let within = Within::source(SourceKind::Configuration, Dialect::Compose);
        let mut reader = Reader::new(out);
        let path = FieldPath::ROOT.key("containers");
        for (name, container) in map.pairs() {
            // A dot stands for what Score's own build makes.
            let image = container
                .get("image")
                .filter(|node| node.as_str() != Some("."));
            if let (Some(name), Some(image)) = (name.as_str(), image) {
                reader.image(image, &path.key(name).key("image"), &within, role);
            }
        }
        true
    }
}
