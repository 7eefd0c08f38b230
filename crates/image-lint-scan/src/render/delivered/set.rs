//! `--set a.b[0].c=x` (helm, `pkg/strvals`): keys, and places in lists, which what was given before may hold already.

use std::sync::Arc;

use helm_render::Value;
use image_lint_text::meter::Meter;

use super::super::kustomize::path;

/// A step on the way to a value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Key {
    Name(String),
    At(usize),
}

/// helm's `MaxNestedNameLevel` is 30 for what follows brackets.
const MAX_KEYS: usize = 50;

/// helm's `MaxIndex` is 65536; nobody deploys a list of that many.
const MAX_INDEX: usize = 1000;

/// The steps that a name says; None for what is no name.
pub(super) fn keys(name: &str) -> Option<Vec<Key>> {
    let mut keys = Vec::new();
    for part in path::split(name, '.') {
        let (name, indexes) = match part.find('[') {
            Some(at) => part.split_at(at),
            None => (&*part, ""),
        };
        if name.contains([']', '{', '}', ',']) || name.is_empty() && indexes.is_empty() {
            return None;
        }
        if !name.is_empty() {
            keys.push(Key::Name(name.to_owned()));
        }
        let mut rest = indexes;
        while !rest.is_empty() {
            let (index, more) = rest.strip_prefix('[')?.split_once(']')?;
            let index = index.parse().ok().filter(|index| *index <= MAX_INDEX)?;
            keys.push(Key::At(index));
            rest = more;
        }
    }
    let begins = matches!(keys.first(), Some(Key::Name(_)));
    (begins && keys.len() <= MAX_KEYS).then_some(keys)
}

/// The value with another one at the end of some steps; None where what it costs is used up.
pub(super) fn put(
    below: Option<&Value>,
    keys: &[Key],
    leaf: &Value,
    meter: &Meter,
) -> Option<Value> {
    let Some((first, rest)) = keys.split_first() else {
        return Some(leaf.clone());
    };
    match first {
        Key::Name(name) => {
            let table = below.and_then(Value::as_table);
            let mut entries =
                table.map_or_else(Default::default, |map| map.entries.borrow().clone());
            meter.charge(entries.len() as u64).ok()?;
            let inner = put(entries.get(name.as_str()), rest, leaf, meter)?;
            entries.insert(Arc::from(name.as_str()), inner);
            Some(Value::map(entries))
        }
        Key::At(index) => {
            let mut items = match below {
                Some(Value::List(items)) => items.to_vec(),
                _ => Vec::new(),
            };
            if items.len() <= *index {
                items.resize(index + 1, Value::Nil);
            }
            meter.charge(items.len() as u64).ok()?;
            items[*index] = put(Some(&items[*index]), rest, leaf, meter)?;
            Some(Value::list(items))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_keys_and_places_in_lists() {
        let name = |name: &str| Key::Name(name.to_owned());
        for (text, expected) in [
            ("a.b", Some(vec![name("a"), name("b")])),
            ("a[0].b", Some(vec![name("a"), Key::At(0), name("b")])),
            ("a[1][2]", Some(vec![name("a"), Key::At(1), Key::At(2)])),
            ("a\\.b", Some(vec![name("a.b")])),
            ("[0]", None),
            ("a[x]", None),
            ("a[0", None),
            ("a[99999]", None),
            ("a..b", None),
            ("", None),
        ] {
            assert_eq!(keys(text), expected, "{text}");
        }
    }
}
