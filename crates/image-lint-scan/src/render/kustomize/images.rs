//! `images:` (kubernetes-sigs/kustomize `api/filters/imagetag`, `api/internal/image`): which images an entry changes, and
//! what it makes of them.

use image_lint_text::meter::Meter;

use super::fail::{Fail, Site};
use super::ids::is_definition;
use super::path::FieldSpec;
use super::select;
use super::value::{Node, Part, Text, Type};

/// Fields that every entry looks at (`builtinpluginconsts/images.go`), besides the `image` of all that is in a list called
/// `containers` or `initContainers`, wherever it is.
pub fn default_fields() -> Vec<FieldSpec> {
    [
        "spec/containers[]/image",
        "spec/initContainers[]/image",
        "spec/template/spec/containers[]/image",
        "spec/template/spec/initContainers[]/image",
    ]
    .into_iter()
    .map(FieldSpec::everywhere)
    .collect()
}

/// One entry.
#[derive(Clone, Debug)]
pub struct Entry {
    pub site: Site,
    pub name: String,
    new_name: Option<Text>,
    new_tag: Option<Text>,
    digest: Option<Text>,
    suffix: Option<Text>,
    /// A field that is no string: kustomize refuses the file, and nobody knows what is meant.
    pub unusable: bool,
}

impl Entry {
    pub fn read(node: &Node) -> Option<Self> {
        let name = select::field(node, "name")?;
        let text = |key: &str, part: Part| {
            let text = select::field(node, key)?.as_text()?;
            (text.len() > 0).then(|| text.of_entry(part))
        };
        let string = |node: &Node| match node {
            Node::Scalar(scalar) => scalar.json_type() == Type::String,
            _ => node.is_null(),
        };
        Some(Entry {
            site: name.as_text()?.place()?,
            name: name.string()?,
            new_name: text("newName", Part::NewName),
            new_tag: text("newTag", Part::NewTag),
            digest: text("digest", Part::Digest),
            suffix: text("tagSuffix", Part::TagSuffix),
            unusable: !node.pairs().iter().all(|(_, value)| string(value)),
        })
    }

    /// With a new name, and a tag and a digest where they are given.
    pub fn of_parts(
        site: Site,
        name: &str,
        (new_name, new_tag, digest): (Text, Option<Text>, Option<Text>),
    ) -> Option<Self> {
        (!name.is_empty() && new_name.len() > 0).then(|| Entry {
            site,
            name: name.to_owned(),
            new_name: Some(new_name),
            new_tag,
            digest,
            suffix: None,
            unusable: false,
        })
    }

    /// Whether it says what to put in place of the name.
    pub fn changes(&self) -> bool {
        self.new_name.is_some()
            || self.new_tag.is_some()
            || self.digest.is_some()
            || self.suffix.is_some()
    }
}

/// The name of an entry as a pattern: it is a regular expression without quoting, so a dot fits any character.
pub enum NamePattern {
    Plain(String),
    Regex(regex_lite::Regex),
    /// No regular expression.
    Nothing,
}

impl NamePattern {
    pub fn new(name: &str) -> Self {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/:.".contains(&byte);
        if name.bytes().all(plain) {
            return NamePattern::Plain(name.into());
        }
        select::compile(&format!("^{name}$")).map_or(NamePattern::Nothing, NamePattern::Regex)
    }

    fn fits_name(&self, text: &[u8]) -> bool {
        match self {
            NamePattern::Plain(name) => {
                name.len() == text.len()
                    && name
                        .bytes()
                        .zip(text)
                        .all(|(wanted, byte)| wanted == *byte || wanted == b'.')
            }
            NamePattern::Regex(regex) => {
                std::str::from_utf8(text).is_ok_and(|text| regex.is_match(text))
            }
            NamePattern::Nothing => false,
        }
    }

    /// `^NAME(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$`
    pub fn fits(&self, image: &str) -> bool {
        // Nearly all images have another name, which their length or first bytes show.
        if let NamePattern::Plain(name) = self
            && (image.len() < name.len() || !self.fits_name(&image.as_bytes()[..name.len()]))
        {
            return false;
        }
        endings(image).any(|end| self.fits_name(&image.as_bytes()[..end]))
    }
}

/// Where a name may end so that a tag, a digest, both, or nothing follows.
pub fn endings(image: &str) -> impl Iterator<Item = usize> {
    let tag = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_.{}-".contains(&b))
    };
    let whole = image.len();
    let without_digest = image
        .rfind("@sha256:")
        .filter(|at| tag(&image[at + "@sha256:".len()..]));
    let tagless = |end: usize| {
        image[..end]
            .rfind(':')
            .filter(|at| tag(&image[at + 1..end]))
    };
    [
        Some(whole),
        tagless(whole),
        without_digest,
        without_digest.and_then(tagless),
    ]
    .into_iter()
    .flatten()
}

/// Name, tag and digest of an image, by bytes (`image.Split`).
pub fn split(image: &str) -> (usize, Option<(usize, usize)>, Option<usize>) {
    let slash = image.find('/').filter(|at| *at > 0).unwrap_or(0);
    let search = &image[slash..];
    let at = search.find('@').map(|at| at + slash);
    let colon = search.find(':').map(|at| at + slash);
    match (at, colon) {
        (None, None) => (image.len(), None, None),
        (Some(at), None) => (at, None, Some(at + 1)),
        (Some(at), Some(colon)) if at < colon => (at, None, Some(at + 1)),
        (Some(at), Some(colon)) => (colon, Some((colon + 1, at)), Some(at + 1)),
        (None, Some(colon)) => (colon, Some((colon + 1, image.len())), None),
    }
}

/// What an entry makes of an image that it fits.
pub fn rewritten(image: &Text, entry: &Entry) -> Text {
    let text = image.to_string();
    let (name_end, tag, digest) = split(&text);
    let mut out = match &entry.new_name {
        Some(name) => name.clone(),
        None => image.slice(0, name_end),
    };
    let mut tag = tag.map(|(from, to)| image.slice(from, to));
    let mut digest = digest.map(|from| image.slice(from, text.len()));
    match (&entry.new_tag, &entry.digest, &entry.suffix) {
        (Some(new), Some(sum), _) => (tag, digest) = (Some(new.clone()), Some(sum.clone())),
        (Some(new), None, _) => (tag, digest) = (Some(new.clone()), None),
        (None, Some(sum), _) => (tag, digest) = (None, Some(sum.clone())),
        (None, None, Some(suffix)) => {
            let mut with = tag.unwrap_or_default();
            with.push(suffix.clone());
            (tag, digest) = (Some(with), None);
        }
        (None, None, None) => {}
    }
    for (mark, part) in [(":", tag), ("@", digest)] {
        if let Some(part) = part.filter(|part| part.len() > 0) {
            out.push_made(mark);
            out.push(part);
        }
    }
    out
}

/// The images of an object that entries look at.
///
/// # Errors
/// Too much work.
pub fn of(object: &Node, fields: &[FieldSpec], meter: &Meter) -> Result<Vec<String>, Fail> {
    let mut found = Vec::new();
    if is_definition(object) {
        return Ok(found);
    }
    let mut note = |node: &Node| {
        found.extend(node.as_text().map(Text::to_string));
        false
    };
    holds(object, &mut note, meter)?;
    for field in fields {
        meter.charge(1)?;
        field.finds(object, &mut note);
    }
    Ok(found)
}

/// Lets an entry change the images of an object; whether it fits one.
///
/// # Errors
/// Too much work.
pub fn apply(
    object: &mut Node,
    entry: &Entry,
    pattern: &NamePattern,
    fields: &[FieldSpec],
    meter: &Meter,
) -> Result<bool, Fail> {
    if is_definition(object) {
        return Ok(false);
    }
    let mut fits = |node: &Node| {
        let text = node.as_text().map(Text::to_string);
        text.is_some_and(|text| pattern.fits(&text))
    };
    // Looked at before it is changed: an object that no entry fits stays shared with its base.
    let in_lists = holds(object, &mut fits, meter)?;
    let mut in_fields = false;
    for field in fields {
        meter.charge(1)?;
        in_fields |= field.finds(object, &mut fits);
    }
    if !in_lists && !in_fields {
        return Ok(false);
    }
    let mut change = |node: &mut Node| set(node, entry, pattern);
    if in_lists {
        change_lists(object, &mut change);
    }
    for field in fields {
        field.change(object, &mut change);
    }
    Ok(true)
}

fn set(node: &mut Node, entry: &Entry, pattern: &NamePattern) {
    let Node::Scalar(scalar) = node else { return };
    if !pattern.fits(&scalar.text.to_string()) {
        return;
    }
    if entry.unusable {
        *node = Node::Null;
        return;
    }
    let new = rewritten(&scalar.text, entry);
    // What stays the same stays in one piece.
    if new != scalar.text {
        scalar.text = new;
        scalar.plain = false;
    }
}

fn is_list(key: &str) -> bool {
    matches!(key, "containers" | "initContainers")
}

fn holds(node: &Node, fits: &mut dyn FnMut(&Node) -> bool, meter: &Meter) -> Result<bool, Fail> {
    meter.charge(1 + node.pairs().len() as u64)?;
    let mut found = false;
    for (key, value) in node.pairs() {
        if is_list(key) {
            for item in value.items() {
                found |= item.get("image").is_some_and(&mut *fits);
            }
        } else if matches!(value, Node::Map(_) | Node::Seq(_)) {
            found |= holds(value, fits, meter)?;
        }
    }
    for item in node.items() {
        if matches!(item, Node::Map(_) | Node::Seq(_)) {
            found |= holds(item, fits, meter)?;
        }
    }
    Ok(found)
}

fn change_lists(node: &mut Node, change: &mut dyn FnMut(&mut Node)) {
    match node {
        Node::Map(_) => {
            for (key, value) in node.pairs_mut().into_iter().flatten() {
                if is_list(key) {
                    for item in value.items_mut().into_iter().flatten() {
                        if let Some(image) = item.get_mut("image") {
                            change(image);
                        }
                    }
                } else {
                    change_lists(value, change);
                }
            }
        }
        Node::Seq(_) => {
            for item in node.items_mut().into_iter().flatten() {
                change_lists(item, change);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of `api/internal/image/image_test.go`, as facts, for sha256.
    #[test]
    fn names_fit_as_kustomize_fits_them() {
        for (image, name, expected, why) in [
            ("nginx", "nginx", true, "identical"),
            ("nginx:12345", "nginx", true, "a tag"),
            ("nginx:12345@sha256:xyz", "nginx", true, "tag and digest"),
            ("nginx@sha256:xyz", "nginx", true, "a digest"),
            ("my-image:{GENERATED_TAG}", "my-image", true, "Bazel's tags"),
            ("apache", "nginx", false, "another"),
            ("apache:12345", "nginx", false, "another with a tag"),
            (
                "docker.io/library/nginx:1",
                "nginx",
                false,
                "only the whole name",
            ),
            (
                "nginx:1.19",
                "docker.io/library/nginx",
                false,
                "no default registry",
            ),
            ("q.io/a/b: 1.0", "q.io/a/b", false, "a blank is in no tag"),
            ("q.io:5000/a:1", "q.io:5000/a", true, "a port"),
            ("a/b-app:1", "a/b.app", true, "a dot is any character"),
            ("a/xyz:1", "a/.*", true, "a pattern"),
            ("a(b", "a(b", false, "no pattern"),
        ] {
            assert_eq!(
                NamePattern::new(name).fits(image),
                expected,
                "{image}: {why}"
            );
        }
    }

    #[test]
    fn images_are_split_as_kustomize_splits_them() {
        for (image, name, tag, digest) in [
            ("nginx", "nginx", "", ""),
            ("nginx:1.2.3", "nginx", "1.2.3", ""),
            ("nginx@sha256:12345", "nginx", "", "sha256:12345"),
            ("nginx:1.2.3@sha256:12345", "nginx", "1.2.3", "sha256:12345"),
            ("q.io:5000/nginx", "q.io:5000/nginx", "", ""),
            ("q.io:5000/nginx:1.2.3", "q.io:5000/nginx", "1.2.3", ""),
            (
                "q.io:5000/a/nginx@sha256:1",
                "q.io:5000/a/nginx",
                "",
                "sha256:1",
            ),
            ("q.io:5000/a:1@sha256:1", "q.io:5000/a", "1", "sha256:1"),
            ("localhost:5000", "localhost", "5000", ""),
        ] {
            let (end, tag_at, digest_at) = split(image);
            let found = (
                &image[..end],
                tag_at.map_or("", |(from, to)| &image[from..to]),
                digest_at.map_or("", |from| &image[from..]),
            );
            assert_eq!(found, (name, tag, digest), "{image}");
        }
    }
}
