//! Names of a Jenkinsfile whose values are plain strings: `def X = '…'`, `environment { X = '…' }`, defaults of
//! `parameters`, values of a matrix' axes (jenkins.io, "Pipeline Syntax").
//!
//! Groovy is not run: a name that is given anything but strings and such names stays unknown.

use image_lint_model::value::{Op, Piece, Syntax, Value, Variable, Way};
use image_lint_text::source::{Place, Span};
use std::sync::Arc;

use super::Groovy;
use crate::extract::{Sink, Site};

/// One value of a name.
#[derive(Clone, Debug)]
struct Known {
    name: String,
    text: String,
    place: Place,
    /// Programs of a step see it.
    exported: bool,
}

/// What names are.
#[derive(Debug, Default)]
pub(super) struct Names {
    all: Vec<Known>,
}

/// Most values of one file.
const MAX: usize = 1000;
/// Most values of one name that are told apart.
const MAX_VALUES: usize = 16;

impl Names {
    /// A string whose text before it says what is given a value.
    pub fn note(
        &mut self,
        before: &str,
        block: &str,
        string: &Groovy,
        span: Span,
        sink: &mut Sink<'_>,
    ) {
        if self.all.len() >= MAX {
            return;
        }
        let near = before.trim_end();
        let place = sink.place(span);
        if let Some(left) = near
            .strip_suffix('=')
            .filter(|left| !left.ends_with(['=', '!', '<', '>']))
        {
            let left = left.trim_end();
            let start = left
                .rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
                .map_or(0, |at| {
                    at + left[at..].chars().next().map_or(1, char::len_utf8)
                });
            let name = &left[start..];
            let own = name.strip_prefix("env.").unwrap_or(name);
            let exported = block == "environment" || own.len() < name.len();
            self.add(own, string.text.clone(), place, exported);
            return;
        }
        let (Some(name), true) = (argument(near, "name:"), near.ends_with("defaultValue:")) else {
            self.listed(near, string, place);
            return;
        };
        self.add(&name, string.text.clone(), place, true);
        self.add(&format!("params.{name}"), string.text.clone(), place, false);
    }

    /// `choice(name: 'X', choices: ['a', …])`, of which the first is the default, and `axis { name 'X'; values 'a', 'b' }`.
    fn listed(&mut self, near: &str, string: &Groovy, place: Place) {
        if near.ends_with("choices: [") || near.ends_with("choices:[") {
            if let Some(name) = argument(near, "name:") {
                self.add(&name, string.text.clone(), place, true);
                self.add(&format!("params.{name}"), string.text.clone(), place, false);
            }
            return;
        }
        let Some(at) = near.rfind("axis") else { return };
        let axis = &near[at..];
        let after = axis.rsplit_once("values").map(|(_, after)| after.trim());
        let is_value = after.is_some_and(|after| after.is_empty() || after.ends_with(','));
        if is_value
            && !axis.contains('}')
            && let Some(name) = argument(axis, "name")
        {
            self.add(&name, string.text.clone(), place, true);
        }
    }

    fn add(&mut self, name: &str, text: String, place: Place, exported: bool) {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'.';
        if name.is_empty() || !name.bytes().all(plain) {
            return;
        }
        self.all.push(Known {
            name: name.to_owned(),
            text,
            place,
            exported,
        });
    }

    /// The values of a name; several where axes or several assignments give them.
    fn of(&self, path: &str) -> Vec<&Known> {
        let own = path.strip_prefix("env.").unwrap_or(path);
        let mut found: Vec<&Known> = Vec::new();
        for known in self.all.iter().filter(|known| known.name == own) {
            if !found.iter().any(|other| other.text == known.text) {
                found.push(known);
            }
        }
        found.truncate(MAX_VALUES);
        found
    }

    /// The text of a name that has one value, with the names in it put in.
    pub fn text(&self, path: &str, depth: u32) -> Option<(String, Place)> {
        let found = self.of(path);
        let [only] = found.as_slice() else {
            return None;
        };
        Some((self.filled(&only.text, depth)?, only.place))
    }

    /// A text whose names are all known.
    fn filled(&self, text: &str, depth: u32) -> Option<String> {
        if depth > 8 || text.len() > 4000 {
            return None;
        }
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let (path, len) = interpolated(&rest[at..])?;
            out.push_str(&self.text(path, depth + 1)?.0);
            rest = &rest[at + len..];
        }
        out.push_str(rest);
        Some(out)
    }

    /// A string with its names: known ones in their places.
    pub fn value(&self, text: &str, sink: &mut Sink<'_>) -> Value {
        let mut value = Value::default();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            value.push_literal(&rest[..at]);
            let Some((path, len)) = interpolated(&rest[at..]) else {
                let next = rest[at + 1..].find('$').map_or(rest.len(), |n| at + 1 + n);
                value.push_literal(&rest[at..next]);
                rest = &rest[next..];
                continue;
            };
            self.push(path, &rest[at..at + len], &mut value, sink);
            rest = &rest[at + len..];
        }
        value.push_literal(rest);
        value
    }

    fn push(&self, path: &str, written: &str, value: &mut Value, sink: &mut Sink<'_>) {
        let ways: Option<Vec<Way>> = self
            .of(path)
            .into_iter()
            .map(|known| {
                Some(Way {
                    value: Value::literal(&self.filled(&known.text, 0)?),
                    place: Some(known.place),
                    when: None,
                })
            })
            .collect();
        let ways = ways.unwrap_or_default();
        let op = match ways.len() {
            0 => Op::Plain,
            _ => Op::OneOf {
                ways: ways.into(),
                choice: sink.new_choice(),
            },
        };
        value.pieces.push(Piece::Variable(Arc::new(Variable {
            name: path.into(),
            written: written.into(),
            syntax: Syntax::Shell,
            op,
        })));
    }

    /// What programs of a step see.
    pub fn environment(&self) -> Vec<(Box<str>, Value, Option<Site>)> {
        let exported = self.all.iter().filter(|known| known.exported);
        let named = exported.filter_map(|known| {
            let (text, place) = self.text(&known.name, 0)?;
            let name = known.name.as_str().into();
            Some((name, Value::literal(&text), Some(Site::There(place))))
        });
        named.collect()
    }
}

/// `${path}` or `$path` at the beginning of a text, and its length.
pub(super) fn interpolated(text: &str) -> Option<(&str, usize)> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    if let Some(inner) = text.strip_prefix("${") {
        let (path, _) = inner.split_once('}')?;
        return (!path.is_empty() && path.chars().all(plain)).then(|| (path, path.len() + 3));
    }
    let rest = text.strip_prefix('$')?;
    let len = rest.find(|c| !plain(c)).unwrap_or(rest.len());
    let path = rest[..len].trim_end_matches('.');
    let begins = path.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    begins.then(|| (path, path.len() + 1))
}

/// The string after a word, in the brackets or the block that is still open.
fn argument(near: &str, word: &str) -> Option<String> {
    let mut from = near.len().saturating_sub(400);
    while !near.is_char_boundary(from) {
        from += 1;
    }
    let at = near[from..].rfind(word)? + from;
    let rest = near[at + word.len()..].trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    Some(rest[1..].split_once(quote)?.0.to_owned())
}
