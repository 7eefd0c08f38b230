//! Jobs that run once for each combination of values: `strategy.matrix` of GitHub, `parallel:matrix` of GitLab.
//!
//! Comes in: the mapping of a matrix. Goes out: one set of variables for each combination, so that an image that is
//! made of them is written down once for each value it can have.

use std::collections::HashSet;

use super::{Variables, image};
use crate::extract::Sink;
use crate::extract::variables::{self, Dialect};
use image_lint_model::mention::SourceKind;
use image_lint_model::value::Value;
use image_lint_text::yaml::{Kind, Node};

/// GitHub runs 256 jobs of a matrix at most, GitLab 200.
const MAX_COMBINATIONS: usize = 256;

/// What a job runs for. Empty: it has no matrix.
pub(super) type Combinations = Vec<Variables>;

/// `jobs.*.strategy` (docs.github.com, "Running variations of jobs in a workflow").
pub(super) fn github(
    strategy: Option<Node<'_>>,
    known: &Variables,
    sink: &mut Sink<'_>,
) -> Combinations {
    let Some(matrix) = strategy.and_then(|strategy| strategy.get("matrix")) else {
        return Vec::new();
    };
    if matrix.as_str().is_some() {
        return listed(matrix, known, sink).map_or_else(Vec::new, |text| whole(&text, matrix));
    }
    let lists = matrix
        .pairs()
        .filter_map(|(key, list)| Some((key.as_str()?, list)))
        .filter(|(key, list)| {
            !matches!(*key, "include" | "exclude") && list.kind() == Kind::Sequence
        });
    let mut all = product(lists.map(|(key, list)| (format!("matrix.{key}"), list)));
    for (key, list) in matrix.pairs() {
        let Some(key) = key.as_str() else { continue };
        let Some(text) = listed(list, known, sink) else {
            continue;
        };
        let name = format!("matrix.{key}");
        let values = items(&text).into_iter().map(|item| one(&name, &item, list));
        let values: Combinations = values.collect();
        if !values.is_empty() {
            all = both(&all, &values);
        }
    }
    for entry in matrix.get("exclude").into_iter().flat_map(|e| e.items()) {
        let excluded = flat("matrix", entry);
        all.retain(|one| {
            !excluded
                .iter()
                .all(|e| value_of(one, &e.0) == Some(text(e)))
        });
    }
    let own: HashSet<Box<str>> = all
        .iter()
        .flatten()
        .map(|(name, ..)| name.clone())
        .collect();
    for entry in matrix.get("include").into_iter().flat_map(|e| e.items()) {
        let added = flat("matrix", entry);
        let mut fits = false;
        for one in &mut all {
            let same =
                |e: &(Box<str>, _, _)| !own.contains(&e.0) || value_of(one, &e.0) == Some(text(e));
            if !own.is_empty() && added.iter().all(same) {
                fits = true;
                let new = added.iter().filter(|e| !own.contains(&e.0)).cloned();
                one.extend(new.collect::<Vec<_>>());
            }
        }
        if !fits && all.len() < MAX_COMBINATIONS {
            all.push(added);
        }
    }
    all
}

/// The JSON that a value is made of: `${{ fromJSON(inputs.versions) }}`.
fn listed(node: Node<'_>, known: &Variables, sink: &mut Sink<'_>) -> Option<String> {
    let text = node.as_str().filter(|text| text.contains("fromJSON("))?;
    let mut value = variables::read(text, Dialect::Compose);
    super::substitute(&mut value, known, sink);
    value.as_known()
}

/// The items of a JSON list that are no lists themselves.
fn items(json: &str) -> Vec<serde_json::Value> {
    match serde_json::from_str(json) {
        Ok(serde_json::Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

/// The variables of one value.
fn one(name: &str, item: &serde_json::Value, from: Node<'_>) -> Variables {
    let entry = |name: String, item: &serde_json::Value| {
        let text = match item {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        (name.into(), Value::literal(&text), Some(from.span().into()))
    };
    match item {
        serde_json::Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| entry(format!("{name}.{key}"), value))
            .collect(),
        item => vec![entry(name.to_owned(), item)],
    }
}

/// A matrix that is JSON as a whole: `{"v": ["1", "2"]}`, `{"include": [{…}]}`.
fn whole(json: &str, from: Node<'_>) -> Combinations {
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(json) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for (key, value) in &fields {
        let serde_json::Value::Array(items) = value else {
            continue;
        };
        let name = match key.as_str() {
            "include" => "matrix".to_owned(),
            _ => format!("matrix.{key}"),
        };
        let values: Combinations = items.iter().map(|item| one(&name, item, from)).collect();
        all = both(&all, &values);
    }
    all
}

/// Each of one with each of the other; the other alone where there is none of one.
pub(super) fn both(left: &Combinations, right: &Combinations) -> Combinations {
    if left.is_empty() || right.is_empty() {
        return [left.as_slice(), right.as_slice()].concat();
    }
    let pairs = left.iter().flat_map(|one| {
        right
            .iter()
            .map(move |other| [one.as_slice(), other.as_slice()].concat())
    });
    pairs.take(MAX_COMBINATIONS).collect()
}

/// `parallel.matrix` (docs.gitlab.com, `parallel:matrix`): a list of mappings from names to a value or a list of them.
pub(super) fn gitlab(parallel: Option<Node<'_>>) -> Combinations {
    let mut all = Vec::new();
    for entry in parallel
        .and_then(|parallel| parallel.get("matrix"))
        .into_iter()
        .flat_map(|list| list.items())
    {
        let lists = entry
            .pairs()
            .filter_map(|(key, values)| Some((key.as_str()?.to_owned(), values)));
        all.extend(product(lists));
    }
    all.truncate(MAX_COMBINATIONS);
    all
}

/// Every combination of one value of each list.
fn product<'n>(lists: impl Iterator<Item = (String, Node<'n>)>) -> Combinations {
    let mut all: Combinations = Vec::new();
    for (name, list) in lists {
        let values: Vec<Variables> = match list.kind() {
            Kind::Sequence => list.items().map(|item| flat(&name, item)).collect(),
            _ => vec![flat(&name, list)],
        };
        if all.is_empty() {
            all = values;
        } else {
            let pairs = all.iter().flat_map(|one| {
                values
                    .iter()
                    .map(move |value| [one.as_slice(), value.as_slice()].concat())
            });
            all = pairs.take(MAX_COMBINATIONS).collect();
        }
        all.truncate(MAX_COMBINATIONS);
    }
    all
}

/// The scalars of a value under their full names: `matrix.db.image`.
fn flat(name: &str, node: Node<'_>) -> Variables {
    let mut found = Variables::new();
    match node.as_str() {
        Some(text) => found.push((
            name.into(),
            variables::read(text, Dialect::Compose),
            Some(node.span().into()),
        )),
        None => {
            for (key, value) in node.pairs() {
                if let (Some(key), Some(text)) = (key.as_str(), value.as_str()) {
                    found.push((
                        format!("{name}.{key}").into(),
                        variables::read(text, Dialect::Compose),
                        Some(value.span().into()),
                    ));
                }
            }
        }
    }
    found
}

fn text<V>(entry: &(Box<str>, image_lint_model::value::Value, V)) -> String {
    entry.1.written()
}

fn value_of(one: &Variables, name: &str) -> Option<String> {
    one.iter().rev().find(|e| *e.0 == *name).map(text)
}

/// What of a matrix a text uses, each different combination of it once; one empty one where it uses nothing.
pub(super) fn used(combinations: &Combinations, text: &str) -> Combinations {
    let mut seen = HashSet::new();
    let mut found: Combinations = combinations
        .iter()
        .map(|one| {
            let named = |name: &str| {
                text.match_indices(name).any(|(at, _)| {
                    let next = text[at + name.len()..].bytes().next();
                    !next.is_some_and(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
                })
            };
            one.iter()
                .filter(|(name, ..)| named(name))
                .cloned()
                .collect::<Variables>()
        })
        .filter(|one| {
            let key: String = one
                .iter()
                .map(|e| format!("{}={}\0", e.0, self::text(e)))
                .collect();
            seen.insert(key)
        })
        .collect();
    if found.len() > 1 {
        // A combination that gives nothing of it leaves the variable open, which the others say already.
        found.retain(|one| !one.is_empty());
    }
    if found.is_empty() {
        found.push(Variables::new());
    }
    found
}

/// Writes down the image of a job or a service once for each value it can have.
pub(super) fn images(
    node: Option<Node<'_>>,
    key: &str,
    place: (SourceKind, &str),
    known: &Variables,
    combinations: &Combinations,
    sink: &mut Sink<'_>,
) {
    let scalar = node.and_then(|node| match node.kind() {
        Kind::Mapping => node.get(key)?.as_str(),
        _ => node.as_str(),
    });
    let text = super::with_values(scalar.unwrap_or(""), known);
    for one in used(combinations, &text) {
        if one.is_empty() {
            image(node, key, place.0, place.1, known, sink);
        } else if sink.may_give(known.len() + one.len()) {
            let all = [known.as_slice(), one.as_slice()].concat();
            image(node, key, place.0, place.1, &all, sink);
        }
    }
}
