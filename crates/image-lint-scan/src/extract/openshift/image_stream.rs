//! ImageStream, ImageStreamTag and ImageStreamImport: names of the cluster for images of registries.

use super::reference;
use crate::extract::kubernetes::path::FieldPath;
use crate::extract::kubernetes::reader::{Reader, Within};
use image_lint_model::mention::{Expect, Role};
use image_lint_model::object::{Facts, ImageStream, StreamTag};
use image_lint_text::yaml::Node;

pub(super) fn read(
    reader: &mut Reader<'_, '_>,
    node: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
    kind: &str,
) -> Facts {
    let mut facts = ImageStream::default();
    if kind == "ImageStreamTag" {
        // The object's name is `stream:tag`.
        if let Some(tag) = node.get("tag") {
            facts.tags.extend(read_tag(
                reader,
                tag,
                node.at(&["metadata", "name"]),
                &path.key("tag"),
                within,
            ));
        }
        return Facts::ImageStream(facts);
    }
    let Some(spec) = node.get("spec") else {
        return Facts::ImageStream(facts);
    };
    let path = path.key("spec");
    facts.lookup_local = spec.str_at(&["lookupPolicy", "local"]) == Some("true");
    if let Some(repository) = spec
        .get("dockerImageRepository")
        .filter(|node| node.as_str().is_some_and(|s| !s.is_empty()))
    {
        let path = path.key("dockerImageRepository");
        reader.mention(
            repository,
            &path,
            within,
            Role::Run,
            Expect::Repository,
            None,
        );
    }
    if let Some(tags) = spec.get("tags") {
        let path = path.key("tags");
        for (i, tag) in tags.items().enumerate() {
            facts.tags.extend(read_tag(
                reader,
                tag,
                tag.get("name"),
                &path.item(i),
                within,
            ));
        }
    }
    if let Some(images) = spec.get("images") {
        let path = path.key("images");
        for (i, image) in images.items().enumerate() {
            let name = image.at(&["to", "name"]);
            facts
                .tags
                .extend(read_tag(reader, image, name, &path.item(i), within));
        }
    }
    if let Some(from) = spec
        .at(&["repository", "from"])
        .filter(|from| from.str_at(&["kind"]) == Some("DockerImage"))
        && let Some(name) = from.get("name")
    {
        let path = path.key("repository.from.name");
        reader.mention(name, &path, within, Role::Run, Expect::Repository, None);
    }
    Facts::ImageStream(facts)
}

fn read_tag(
    reader: &mut Reader<'_, '_>,
    tag: Node<'_>,
    name: Option<Node<'_>>,
    path: &FieldPath<'_>,
    within: &Within,
) -> Option<StreamTag> {
    let place = reader.sink.place(name.unwrap_or(tag).site());
    let name = reader.value(name, within.dialect)?;
    let mut found = StreamTag {
        name,
        place,
        image: None,
        alias: None,
    };
    if let Some(from) = tag.get("from") {
        let mention = reference(reader, from, &path.key("from"), within, Role::Run);
        if from.str_at(&["kind"]) == Some("DockerImage") {
            found.image = mention;
        } else if let Some(target) = reader.value(from.get("name"), within.dialect) {
            found.alias = Some((target, reader.value(from.get("namespace"), within.dialect)));
        }
    }
    Some(found)
}
