//! Large lists, as `oc get all,is,bc,route -A -o yaml` prints them: one document with tens of thousands of objects. Its items
//! are parsed one after the other, so that no tree holds them all, and those that name no image are not parsed at all.

use super::object::{self, Surroundings};
use super::path::FieldPath;
use super::reader::Reader;
use super::{names_image, unparsed};
use image_lint_text::source::{SourceText, Span};
use image_lint_text::yaml;
use memchr::memmem;

/// Smaller lists are read like any document.
const LARGE: usize = 1024 * 1024;

/// A list whose items are at the left margin, as kubectl and oc print it.
pub(super) struct LargeList {
    items: Vec<Span>,
    /// Kind of the items, where the list is of one.
    kind: Option<String>,
}

/// Finds the items of a text that is one large list; None for any other text.
pub(super) fn find(text: &str) -> Option<LargeList> {
    if text.len() < LARGE {
        return None;
    }
    let (mut items, mut kind) = (Vec::new(), None);
    let mut within = false;
    let mut found = false;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let bare = line.trim_end();
        if within && line.starts_with("- ") {
            items.push(at);
            continue;
        }
        if bare.is_empty() || line.starts_with([' ', '#']) {
            continue;
        }
        if within {
            items.push(at);
            within = false;
        }
        match bare.split_once(':') {
            Some(("items", "")) if !found => (within, found) = (true, true),
            Some(("kind", word)) => kind = Some(word.trim().to_owned()),
            Some(("apiVersion" | "metadata", _)) => {}
            _ if bare == "---" && !found => {}
            _ => return None,
        }
    }
    if within {
        items.push(text.len());
    }
    let kind = kind?.strip_suffix("List")?.to_owned();
    let spans = items.windows(2).map(|pair| Span::new(pair[0], pair[1]));
    Some(LargeList {
        items: spans.collect(),
        kind: Some(kind).filter(|kind| !kind.is_empty()),
    })
}

/// Reads each item that may name an image.
pub(super) fn read(reader: &mut Reader<'_, '_>, whole: &SourceText<'_>, list: &LargeList) {
    let path = FieldPath::ROOT.key("items");
    let around = Surroundings {
        nesting: 1,
        ..Surroundings::default()
    };
    for (i, span) in list.items.iter().enumerate() {
        let chunk = whole.slice(*span);
        if !is_worth_parsing(chunk.text.as_bytes()) {
            continue;
        }
        let stream = yaml::parse(&chunk);
        for document in &stream.documents {
            for item in document.root().items() {
                object::read(reader, item, &path.item(i), &around, list.kind.as_deref());
            }
        }
        for broken in &stream.unread {
            unparsed::read(reader, &chunk, broken);
            let why = format!("this item is not YAML: {}", broken.why);
            reader.sink.skip(broken.at, why, broken.template);
        }
        super::super::yaml_comments::cuts(&stream, reader.sink);
    }
}

/// Not a schema, and a word that comes with every image.
fn is_worth_parsing(item: &[u8]) -> bool {
    names_image(item) && memmem::find(item, b"\n  kind: CustomResourceDefinition").is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Extractor;
    use crate::extract::Sink;
    use image_lint_model::mention::Extraction;
    use image_lint_text::source::{FileId, RepoPath, SourceFile};

    /// What `oc get all,is,bc,route -A -o yaml` prints for so many objects: of each four two pods, an ImageStream and a
    /// Route.
    fn listed(objects: usize) -> String {
        let mut out = "apiVersion: v1\nitems:\n".to_owned();
        let fields: String = (0..40)
            .map(|i| format!("        f:label{i}: {{}}\n"))
            .collect();
        for i in 0..objects {
            let head = |version: &str, kind: &str| {
                format!(
                    "- apiVersion: {version}\n  kind: {kind}\n  metadata:\n    managedFields:\n    - apiVersion: v1\n      fieldsV1:\n{fields}      manager: oc\n    name: o{i}\n    namespace: n{}\n",
                    i % 50
                )
            };
            out += &match i % 4 {
                0 | 1 => format!(
                    "{}  spec:\n    containers:\n    - image: quay.io/team/app:{i}\n      name: a\n  status:\n    containerStatuses:\n    - image: quay.io/team/app:{i}\n      imageID: quay.io/team/app@sha256:0\n",
                    head("v1", "Pod")
                ),
                2 => format!(
                    "{}  spec:\n    tags:\n    - from:\n        kind: DockerImage\n        name: quay.io/team/stream:{i}\n      name: \"1\"\n",
                    head("image.openshift.io/v1", "ImageStream")
                ),
                _ => format!(
                    "{}  spec:\n    host: web\n    to:\n      kind: Service\n      name: o{i}\n",
                    head("route.openshift.io/v1", "Route")
                ),
            };
        }
        out + "kind: List\nmetadata:\n  resourceVersion: \"\"\n"
    }

    fn extraction(text: String) -> Extraction {
        let file = SourceFile::new(FileId(0), RepoPath::from_bytes(b"stdin.yaml"), text);
        let mut sink = Sink::new(&file);
        super::super::Kubernetes.extract(&file, &mut sink);
        sink.finish()
    }

    #[test]
    fn ten_thousand_objects_of_a_cluster_are_read_exactly_and_in_linear_time() {
        let (quarter, whole) = (listed(2_500), listed(10_000));
        assert!(find(&whole).is_some() && find(&quarter).is_some());
        let (_, short) = crate::processor_time::of(|| extraction(quarter));
        let (read, long) = crate::processor_time::of(|| extraction(whole));
        let images: Vec<String> = read
            .mentions
            .iter()
            .map(|one| one.value.written())
            .collect();
        let expected: Vec<String> = (0..10_000)
            .filter(|i| i % 4 != 3)
            .map(|i| match i % 4 {
                2 => format!("quay.io/team/stream:{i}"),
                _ => format!("quay.io/team/app:{i}"),
            })
            .collect();
        assert_eq!(images, expected);
        assert!(read.skips.is_empty(), "{:?}", read.skips.first());
        assert!(
            long < 8 * short + std::time::Duration::from_secs(1),
            "{short:?} {long:?}"
        );
        let last = read.mentions.last().expect("there are mentions");
        assert_eq!(&*last.field, "items[9998].spec.tags[0].from.name");
    }

    #[test]
    fn a_large_list_gives_what_a_small_one_gives() {
        let small = listed(400);
        assert!(find(&small).is_none());
        let large = listed(1_600);
        let written = |read: Extraction| -> Vec<_> {
            let mentions = read.mentions.into_iter();
            mentions
                .map(|one| (one.place, one.field, one.value.written(), one.role))
                .collect()
        };
        let (small, large) = (written(extraction(small)), written(extraction(large)));
        assert_eq!(small, large[..small.len()]);
    }

    #[test]
    fn other_texts_are_no_list() {
        let padding = "# ".to_owned() + &"x".repeat(LARGE) + "\n";
        for text in [
            "apiVersion: v1\nkind: Pod\nitems:\n- a\n",
            "kind: List\nitems:\n- a\n---\nkind: Pod\n",
            "kind: List\nitems: [a]\nother: b\n",
            "- a\n- b\n",
        ] {
            assert!(find(&(padding.clone() + text)).is_none(), "{text}");
        }
    }
}
