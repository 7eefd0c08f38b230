//! Helm charts as far as they are YAML: `values*.yaml` and Chart.yaml. Templates are read with the manifests.
//!
//! A chart's tag is by custom `appVersion` where values leave it empty: such a mention ends in the variable
//! `Chart.AppVersion`, which the Chart.yaml of the same folder defines.

use memchr::memmem;

use super::custom_resources::{self, switches};
use super::kubernetes::path::FieldPath;
use super::kubernetes::reader::{Reader, Text, Within};
use super::kubernetes::repository_key::{self, Beside};
use super::kubernetes::split::{self, Tagless};
use super::runner_toml;
use super::variables::Dialect;
use super::{Candidate, Extractor, Sink};
use image_lint_model::mention::{Expect, Role, SourceKind};
use image_lint_model::value::{Origin, OriginKind, Piece, Value};
use image_lint_text::source::SourceFile;
use image_lint_text::yaml::{self, Kind, Node};

pub struct Helm;

/// What the name of a definition begins with that says under which key of a chart's values an included chart's stand.
pub const DEPENDENCY: &str = "Chart.Dependencies.";

impl Extractor for Helm {
    fn name(&self) -> &'static str {
        "helm"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        let name = file.path.file_name();
        name == "Chart.yaml" || is_values(&name)
    }

    fn worth_reading(&self, text: &str) -> bool {
        [&b"mage"[..], b"repository", b"appVersion"]
            .iter()
            .any(|word| memmem::find(text.as_bytes(), word).is_some())
            || yaml::spells_words(text)
    }

    fn worth_reading_strictly(&self, text: &str) -> bool {
        self.worth_reading(text)
    }

    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>) {
        let whole = file.whole();
        let stream = yaml::parse(&whole);
        crate::extract::yaml_comments::ignores(&whole, &stream, out);
        for document in &stream.documents {
            if file.path.file_name() == "Chart.yaml" {
                chart(document.root(), out);
            } else if document.root().str_at(&["apiVersion"]).is_none() {
                values(document.root(), file.path.file_name() == "values.yaml", out);
            } else {
                let around = Default::default();
                super::kubernetes::object::read(
                    &mut Reader::new(out),
                    document.root(),
                    &FieldPath::ROOT,
                    &around,
                    None,
                );
            }
        }
        for broken in &stream.unread {
            out.skip(
                broken.at,
                format!("these values are not YAML: {}", broken.why),
                broken.template,
            );
        }
    }
}

/// `values.yaml`, `values-production.yaml`, `values.dev.yml`, `production-values.yaml`.
pub(crate) fn is_values(name: &str) -> bool {
    let Some(stem) = name
        .strip_suffix(".yaml")
        .or_else(|| name.strip_suffix(".yml"))
    else {
        return false;
    };
    stem.starts_with("values")
        || stem.ends_with("-values")
        || stem.ends_with(".values")
        || stem.ends_with("_values")
}

/// `appVersion`, and the images that Artifact Hub is told of (artifacthub.io/docs/topics/annotations/helm).
fn chart(root: Node<'_>, out: &mut Sink<'_>) {
    if let Some(version) = root
        .get("appVersion")
        .filter(|version| version.as_str().is_some())
    {
        let scope = out.extraction.new_scope();
        let value = version.as_str().map(Value::literal);
        out.define(
            scope,
            "Chart.AppVersion",
            value,
            OriginKind::HelmChart,
            version.site(),
        );
    }
    for dependency in root
        .get("dependencies")
        .into_iter()
        .flat_map(|list| list.items())
    {
        let Some(name) = dependency.get("alias").or_else(|| dependency.get("name")) else {
            continue;
        };
        let scope = out.extraction.new_scope();
        let full = format!("{DEPENDENCY}{}", name.as_str().unwrap_or(""));
        out.define(scope, &full, None, OriginKind::HelmChart, name.site());
    }
    if out.extended {
        dependencies(root, out);
    }
    // Bitnami's charts have the same list under a shorter name.
    for key in ["artifacthub.io/images", "images"] {
        if let Some(images) = root
            .at(&["annotations", key])
            .filter(|images| images.as_str().is_some())
        {
            told(images, key, out);
        }
    }
}

/// `- {name: …, image: …}` as a string.
fn told(images: Node<'_>, key: &str, out: &mut Sink<'_>) {
    let inner = images.text();
    let stream = yaml::parse(&inner);
    let mut reader = Reader::new(out);
    let path = FieldPath::ROOT.key("annotations");
    let path = path.key(key);
    let within = Within::source(SourceKind::Helm, Dialect::Kubernetes);
    for (i, entry) in stream
        .documents
        .iter()
        .flat_map(|document| document.root().items())
        .enumerate()
    {
        if let Some(image) = entry.get("image") {
            let path = path.item(i);
            reader.mention(
                image,
                &path.key("image"),
                &within,
                Role::Run,
                Expect::Image,
                None,
            );
        }
    }
}

/// Charts that a chart takes from registries (helm.sh, "Use OCI-based registries"): `repository` with `name` behind it,
/// and the version as the tag, where it is no range.
fn dependencies(root: Node<'_>, out: &mut Sink<'_>) {
    let mut reader = Reader::new(out);
    let within = Within::source(SourceKind::Helm, Dialect::Kubernetes);
    let path = FieldPath::ROOT.key("dependencies");
    for (i, dependency) in root
        .get("dependencies")
        .into_iter()
        .flat_map(|list| list.items())
        .enumerate()
    {
        let text = |key: &str| dependency.str_at(&[key]).filter(|text| !text.is_empty());
        let (Some(registry), Some(name)) = (text("repository"), text("name")) else {
            continue;
        };
        let Some(registry) = registry.strip_prefix("oci://") else {
            continue;
        };
        let mut value = Value::literal(&format!("{}/{name}", registry.trim_end_matches('/')));
        let exact = |version: &&str| {
            let core = version.split(['-', '+']).next().unwrap_or("");
            core.split('.')
                .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let (key, expect) = match text("version").filter(exact) {
            Some(version) => {
                value.push_literal(":");
                value.push_literal(version);
                ("version", Expect::Artifact)
            }
            None => ("repository", Expect::Repository),
        };
        let Some(node) = dependency.get(key) else {
            continue;
        };
        let also = dependency
            .get("repository")
            .filter(|_| key == "version")
            .map(|node| node.site());
        let text = Text {
            span: node.site(),
            value,
            also: also.into_iter().collect(),
        };
        let path = path.item(i);
        reader.text_mention(text, &path.key(key), &within, Role::Run, expect, None);
    }
}

/// Values of a chart: images in parts, by their looks.
/// Values besides the chart's `own` ones change some of those: the tag they leave out stands elsewhere.
pub(super) fn values(root: Node<'_>, own: bool, out: &mut Sink<'_>) {
    let full = |node: &Node<'_>| node.as_str().is_some_and(|text| !text.is_empty());
    // Bitnami's charts, ingress-nginx.
    let ways: [&[&str]; 2] = [
        &["global", "imageRegistry"],
        &["global", "image", "registry"],
    ];
    let registry = ways
        .into_iter()
        .find_map(|way| Some((way, root.at(way).filter(full)?)));
    // A longer one is no host, and would be put before every image.
    let registry = registry.filter(|(_, node)| node.as_str().is_some_and(|text| text.len() <= 512));
    let registry = registry.map(|(way, node)| Value {
        pieces: vec![Piece::Substituted {
            text: node.as_str().unwrap_or("").trim_end_matches('/').into(),
            origin: std::sync::Arc::new(Origin {
                name: way.join(".").into(),
                kind: OriginKind::HelmChart,
                place: Some(out.place(node.site())),
            }),
        }],
    });
    let mut reader = Reader::new(out);
    let within = Within::source(SourceKind::Helm, Dialect::Kubernetes);
    let mut walk = Walk {
        reader: &mut reader,
        within: &within,
        registry: registry.as_ref(),
        own,
    };
    walk.any(root, "", &FieldPath::ROOT, 0);
}

struct Walk<'r, 's, 'f> {
    reader: &'r mut Reader<'s, 'f>,
    within: &'r Within,
    registry: Option<&'r Value>,
    own: bool,
}

/// Values are followed this deep.
const MAX_DEPTH: usize = 32;

impl Walk<'_, '_, '_> {
    fn tagless(&self, image: Node<'_>) -> Tagless {
        if self.own || image.get("tag").is_some() {
            Tagless::AppVersion
        } else {
            Tagless::Elsewhere
        }
    }

    fn any(&mut self, node: Node<'_>, key: &str, path: &FieldPath<'_>, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        let before = switches::before(self.reader);
        self.of_node(node, key, path, depth);
        switches::mark(self.reader, node, path, before);
    }

    fn of_node(&mut self, node: Node<'_>, key: &str, path: &FieldPath<'_>, depth: usize) {
        if split::is_split(node, key) {
            split::split(
                self.reader,
                node,
                path,
                self.within,
                self.registry,
                self.tagless(node),
            );
        } else if node.get("hub").is_some() {
            // Istio's charts put `hub` and `tag` around a bare `image`, often from another chart's values.
        } else if node
            .str_at(&["image"])
            .is_some_and(|image| image.contains(['/', ':']) || node.get("tag").is_some())
        {
            // `image: a` beside `tag: b`, lists of containers: what custom resources look like.
            custom_resources::read_unknown(self.reader, node, key, path, self.within);
            return;
        } else {
            self.beside(node, path);
        }
        for (name, value) in node.pairs() {
            // `images: {repository, tag}` is what all images of a chart begin and end with.
            let shared = |name: &&str| *name == "images" && value.get("repository").is_some();
            if let Some(name) = name.as_str().filter(|name| *name != "<<" && !shared(name)) {
                self.any(value, name, &path.key(name), depth + 1);
            }
        }
        for (i, item) in node.items().enumerate() {
            self.any(item, key, &path.item(i), depth + 1);
        }
    }
}

impl Walk<'_, '_, '_> {
    /// An `image` in parts, and images as strings under keys that speak of one.
    fn beside(&mut self, node: Node<'_>, path: &FieldPath<'_>) {
        if let Some(repository) = node
            .get("image")
            .filter(|image| split::is_split(*image, "image"))
        {
            let path = path.key("image");
            split::split(
                self.reader,
                repository,
                &path,
                self.within,
                self.registry,
                self.tagless(repository),
            );
        }
        for (name, value) in node.pairs() {
            let Some(name) = name.as_str() else { continue };
            // The chart of GitLab's runner takes its settings as a text.
            if value.as_str().is_some_and(runner_toml::is_runner) {
                runner_toml::read(&value.text(), self.reader.sink);
            } else if value.kind() == Kind::Scalar && repository_key::is_one(name) {
                let of = Beside { parent: node, path };
                repository_key::read(self.reader, (name, value), &of, self.within);
            } else if value.kind() == Kind::Scalar
                && split::speaks_of_image(name)
                && !name.ends_with("Registry")
            {
                self.reader
                    .plausible_image(value, &path.key(name), self.within, false);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image_lint_text::source::{FileId, RepoPath};

    #[test]
    fn parts_of_images_are_joined_only_where_the_chart_is_sure_to() {
        for (text, expected, why) in [
            (
                "image: {repository: a/b, tag: 1.0}\n",
                &["a/b:1.0"][..],
                "a pair",
            ),
            (
                "image: {registry: q.io, repository: a/b, tag: '1'}\n",
                &["q.io/a/b:1"],
                "a triple",
            ),
            (
                "global: {imageRegistry: g.io}\nimage: {registry: q.io, repository: a, tag: '1'}\n",
                &["g.io/a:1"],
                "the global registry wins",
            ),
            (
                "global: {image: {registry: g.io}}\nx: {image: {image: a/b, tag: '1'}}\n",
                &["g.io/a/b:1"],
                "another name for it",
            ),
            (
                "global: {imageRegistry: g.io}\nimage: {repository: q.io/a, tag: '1'}\n",
                &["q.io/a:1"],
                "a registry in the name",
            ),
            (
                "image: {registry: '', repository: '', name: a, tag: ''}\n",
                &[],
                "filled in by the chart",
            ),
            (
                "images: {repository: q.io/project, tag: ''}\n",
                &[],
                "what all images begin with",
            ),
            (
                "image: {repository: a/b, tag: ''}\n",
                &["a/b:{{ .Chart.AppVersion }}"],
                "the chart's own version",
            ),
        ] {
            assert_eq!(found("c/values.yaml", text), expected, "{why}");
        }
    }

    #[test]
    fn a_chart_tells_its_images_in_an_annotation() {
        for key in ["artifacthub.io/images", "images"] {
            let text = format!(
                "annotations:\n  {key}: |\n    - name: a\n      image: q.io/a:1\n    - {{name: b, image: q.io/b:1}}\n"
            );
            assert_eq!(
                found("c/Chart.yaml", &text),
                ["q.io/a:1", "q.io/b:1"],
                "{key}"
            );
        }
        assert_eq!(
            found("c/Chart.yaml", "annotations: {images: none}\n"),
            [""; 0]
        );
    }

    #[test]
    fn values_that_change_others_leave_the_tag_to_them() {
        assert_eq!(
            found("c/values-prod.yaml", "image: {repository: a/b}\n"),
            ["a/b:{{ .Values tag }}"]
        );
        assert_eq!(
            found("c/values-prod.yaml", "image: {repository: a/b, tag: ''}\n"),
            ["a/b:{{ .Chart.AppVersion }}"]
        );
    }

    fn found(path: &str, text: &str) -> Vec<String> {
        let file = SourceFile::new(
            FileId(0),
            RepoPath::from_bytes(path.as_bytes()),
            text.to_owned(),
        );
        let mut sink = Sink::new(&file);
        Helm.extract(&file, &mut sink);
        sink.extraction
            .mentions
            .iter()
            .map(|m| m.value.written())
            .collect()
    }
}
