//! Where in an object a value stands, kept as links so that the words cost nothing until a mention needs them.

use std::fmt;

/// A path such as `spec.template.spec.containers[0].image`.
#[derive(Clone, Copy)]
pub struct FieldPath<'p> {
    parent: Option<&'p FieldPath<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Root,
    Key(&'p str),
    Item(usize),
}

impl<'p> FieldPath<'p> {
    pub const ROOT: FieldPath<'static> = FieldPath {
        parent: None,
        step: Step::Root,
    };

    /// One step down; dots stand between the keys of a longer way.
    pub fn key<'c>(&'c self, key: &'c str) -> FieldPath<'c> {
        FieldPath {
            parent: Some(self),
            step: Step::Key(key),
        }
    }

    pub fn item(&self, index: usize) -> FieldPath<'_> {
        FieldPath {
            parent: Some(self),
            step: Step::Item(index),
        }
    }

    /// The innermost key, items passed over.
    pub fn last_key(&self) -> &'p str {
        match (self.step, self.parent) {
            (Step::Key(key), _) => key,
            (_, Some(parent)) => parent.last_key(),
            _ => "",
        }
    }
}

impl fmt::Display for FieldPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A path is as deep as its document, which is bounded.
        if let Some(parent) = self.parent {
            write!(f, "{parent}")?;
            if matches!(self.step, Step::Key(_)) && !matches!(parent.step, Step::Root) {
                f.write_str(".")?;
            }
        }
        match self.step {
            Step::Root => Ok(()),
            // A key of the file may be of any length.
            Step::Key(key) => f.write_str(
                key.char_indices()
                    .nth(120)
                    .map_or(key, |(end, _)| &key[..end]),
            ),
            Step::Item(index) => write!(f, "[{index}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_as_people_write_it() {
        let spec = FieldPath::ROOT.key("spec.template.spec");
        let list = spec.key("containers");
        let item = list.item(1);
        assert_eq!(
            item.key("image").to_string(),
            "spec.template.spec.containers[1].image"
        );
        assert_eq!(item.last_key(), "containers");
        assert_eq!(FieldPath::ROOT.item(0).key("a").to_string(), "[0].a");
    }
}
