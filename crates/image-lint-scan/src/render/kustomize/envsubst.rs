//! `${var}` as Flux puts values in its place (fluxcd/pkg `envsubst`, `parse/parse.go`, `funcs.go` and `template.go`).
//!
//! `$$` is a dollar sign, and `$var` is no variable. `${var-word}`, `${var+word}` and `${var?word}` are errors there.

use std::collections::BTreeMap;

use image_lint_model::evaluate;
use image_lint_model::value::{Op, Value};
use image_lint_text::meter::{Meter, UsedUp};

use super::ids::Resource;
use super::value::{Node, Text};

/// Deeper words in words are not followed.
const MAX_DEPTH: u32 = 16;

/// Longer texts are not made.
const MAX_LEN: usize = 64 * 1024;

/// Values of variables.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    pub values: BTreeMap<String, Text>,
    /// There are others, which nothing in the repository says.
    pub open: bool,
}

/// Something that the parser refuses: Flux applies nothing then.
#[derive(Debug, PartialEq, Eq)]
pub struct BadSubstitution;

/// The objects with the values in them, as Flux fills each one in after the build. None: Flux refuses one of them, and
/// applies nothing, or it is too much work.
pub fn fill(
    mut resources: Vec<Resource>,
    variables: &Variables,
    meter: &Meter,
) -> Option<Vec<Resource>> {
    for resource in &mut resources {
        if !is_left_alone(&resource.node) {
            let filled = filled(&resource.node, variables, meter).ok()?;
            resource.node = filled.unwrap_or_else(|| resource.node.clone());
        }
    }
    Some(resources)
}

/// Marked as not to be filled in (fluxcd/pkg `kustomize/kustomize_varsub.go`).
fn is_left_alone(object: &Node) -> bool {
    ["labels", "annotations"].iter().any(|kind| {
        let mark = object.at(&["metadata", kind, "kustomize.toolkit.fluxcd.io/substitute"]);
        mark.and_then(Node::as_text)
            .is_some_and(|mark| mark.is("disabled"))
    })
}

/// Flux refuses the object, or it is too much work.
#[derive(Debug)]
struct Unfilled;

impl From<BadSubstitution> for Unfilled {
    fn from(_: BadSubstitution) -> Self {
        Unfilled
    }
}

impl From<UsedUp> for Unfilled {
    fn from(_: UsedUp) -> Self {
        Unfilled
    }
}

/// None: there is nothing to fill in, so that it stays shared with its base.
fn filled(node: &Node, variables: &Variables, meter: &Meter) -> Result<Option<Node>, Unfilled> {
    let _level = meter.deeper()?;
    match node {
        Node::Null => Ok(None),
        Node::Scalar(scalar) => {
            let text = &scalar.text;
            if !text.pieces.iter().any(|piece| piece.as_str().contains('$')) {
                return Ok(None);
            }
            meter.charge(text.len() as u64)?;
            let made = expand(text, variables)?;
            meter.produce(made.len())?;
            let mut changed = scalar.clone();
            changed.text = made;
            Ok(Some(Node::Scalar(changed)))
        }
        Node::Seq(items) => {
            let mut out: Option<Node> = None;
            for (index, item) in items.iter().enumerate() {
                let Some(new) = filled(item, variables, meter)? else {
                    continue;
                };
                let whole = out.get_or_insert_with(|| node.clone());
                if let Some(place) = whole.items_mut().and_then(|items| items.get_mut(index)) {
                    *place = new;
                }
            }
            Ok(out)
        }
        Node::Map(pairs) => {
            let mut out: Option<Node> = None;
            for (index, (_, value)) in pairs.iter().enumerate() {
                let Some(new) = filled(value, variables, meter)? else {
                    continue;
                };
                let whole = out.get_or_insert_with(|| node.clone());
                if let Some(place) = whole.pairs_mut().and_then(|pairs| pairs.get_mut(index)) {
                    place.1 = new;
                }
            }
            Ok(out)
        }
    }
}

/// A text with the values in it. What is not known stays as it is written.
///
/// # Errors
/// What Flux refuses.
pub fn expand(text: &Text, variables: &Variables) -> Result<Text, BadSubstitution> {
    let whole = text.to_string();
    let mut reader = Reader {
        whole: &whole,
        text,
        variables,
        at: 0,
        length: 0,
    };
    reader.all()
}

struct Reader<'a> {
    whole: &'a str,
    text: &'a Text,
    variables: &'a Variables,
    at: usize,
    /// Bytes of what was put in so far.
    length: usize,
}

/// None: it depends on something that is not known.
type Word = Option<Text>;

impl Reader<'_> {
    fn all(&mut self) -> Result<Text, BadSubstitution> {
        let mut out = Text::default();
        let mut start = 0;
        while let Some(found) = self.whole[self.at..].find('$') {
            let dollar = self.at + found;
            match self.whole.as_bytes().get(dollar + 1) {
                Some(b'{') => {
                    out.push(self.text.slice(start, dollar));
                    self.at = dollar + 2;
                    let value = self.function(0)?;
                    out.push(value.unwrap_or_else(|| self.text.slice(dollar, self.at)));
                    start = self.at;
                }
                Some(b'$') => {
                    out.push(self.text.slice(start, dollar + 1));
                    self.at = dollar + 2;
                    start = self.at;
                }
                _ => self.at = dollar + 1,
            }
        }
        out.push(self.text.slice(start, self.whole.len()));
        Ok(out)
    }

    fn rest(&self) -> &str {
        &self.whole[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// The characters that fit, at most so many.
    fn take(&mut self, most: usize, fits: impl Fn(char) -> bool) -> String {
        let taken: String = self
            .rest()
            .chars()
            .take_while(|c| fits(*c))
            .take(most)
            .collect();
        self.at += taken.len();
        taken
    }

    fn close(&mut self) -> Result<(), BadSubstitution> {
        match self.take(1, |c| c == '}').is_empty() {
            true => Err(BadSubstitution),
            false => Ok(()),
        }
    }

    fn name(&mut self) -> Result<String, BadSubstitution> {
        let name = self.take(usize::MAX, |c| c.is_alphanumeric() || c == '_');
        match name.is_empty() {
            true => Err(BadSubstitution),
            false => Ok(name),
        }
    }

    /// What comes after `${`, up to its brace.
    fn function(&mut self, depth: u32) -> Result<Word, BadSubstitution> {
        if depth > MAX_DEPTH || self.length > MAX_LEN {
            return Err(BadSubstitution);
        }
        if self.peek() == Some('#') {
            self.at += 1;
            let name = self.name()?;
            self.close()?;
            let length = |value: Text| value.renamed(&value.len().to_string());
            return Ok(self.value(&name).map(length));
        }
        let name = self.name()?;
        let value = self.value(&name);
        let second = self.rest().chars().nth(1);
        let made = match self.peek() {
            Some(':') if second.is_some_and(|c| "=-?+".contains(c)) => {
                self.at += 2;
                self.default(value, depth)
            }
            Some(':') => self.part(value, depth),
            Some('=') => {
                self.at += 1;
                self.default(value, depth)
            }
            Some(',' | '^') => {
                let operator = self.take(2, |c| matches!(c, ',' | '^'));
                Ok(value.map(|value| with_case(&value, &operator)))
            }
            Some('/') => self.replaced(value, depth),
            Some(edge @ ('#' | '%')) => self.trimmed(value, edge, depth),
            _ => Ok(value),
        }?;
        self.close()?;
        self.length += made.as_ref().map_or(0, Text::len);
        Ok(made)
    }

    /// A variable that is not there is empty.
    fn value(&self, name: &str) -> Word {
        match self.variables.values.get(name) {
            Some(known) => Some(known.clone()),
            None => (!self.variables.open).then(Text::default),
        }
    }

    /// A word up to a character that does not fit, or a variable in its place.
    fn word(&mut self, fits: impl Fn(char) -> bool, depth: u32) -> Result<Word, BadSubstitution> {
        if self.rest().starts_with("${") {
            self.at += 2;
            return self.function(depth + 1);
        }
        let start = self.at;
        while let Some(c) = self.peek() {
            if !fits(c) || self.rest().starts_with("${") {
                break;
            }
            self.at += c.len_utf8();
        }
        match self.at > start {
            true => Ok(Some(self.text.slice(start, self.at))),
            false => Err(BadSubstitution),
        }
    }

    /// All words up to the brace, in place of an empty value.
    fn default(&mut self, value: Word, depth: u32) -> Result<Word, BadSubstitution> {
        let mut words = Some(Text::default());
        while self.peek() != Some('}') {
            let word = self.word(|c| c != '}', depth)?;
            words = words.zip(word).map(|(mut words, word)| {
                words.push(word);
                words
            });
        }
        Ok(match value {
            Some(value) if value.len() == 0 => words,
            value => value,
        })
    }

    /// `:start` or `:start:length`, in bytes.
    fn part(&mut self, value: Word, depth: u32) -> Result<Word, BadSubstitution> {
        self.at += 1;
        let start = self.word(|c| !matches!(c, ':' | '}'), depth)?;
        let length = match self.take(usize::MAX, |c| c == ':').is_empty() {
            true => None,
            false => Some(self.word(|c| c != '}', depth)?),
        };
        let (Some(value), Some(start)) = (value, start) else {
            return Ok(None);
        };
        // What is no number leaves the value as it is.
        let Ok(start) = start.to_string().parse::<i64>() else {
            return Ok(Some(value));
        };
        let size = value.len() as i64;
        let start = if start < 0 {
            (size + start).max(0)
        } else {
            start
        };
        let end = match length {
            None => size,
            Some(None) => return Ok(None),
            Some(Some(length)) => match length.to_string().parse::<i64>() {
                Ok(length) => start.saturating_add(length).min(size),
                Err(_) => return Ok(Some(value)),
            },
        };
        if start >= size {
            return Ok(Some(Text::default()));
        }
        let (start, end) = (start as usize, end.max(0) as usize);
        // Half a character, and an end before the start, are nothing that anybody means.
        match value.to_string().get(start..end) {
            Some(_) => Ok(Some(value.slice(start, end))),
            None => Err(BadSubstitution),
        }
    }

    /// `#`, `##`, `%` or `%%` with a pattern.
    fn trimmed(&mut self, value: Word, edge: char, depth: u32) -> Result<Word, BadSubstitution> {
        let longest = self.take(2, |c| c == edge).len() == 2;
        let pattern = self.word(|c| c != '}', depth)?;
        let (Some(value), Some(pattern)) = (value, pattern) else {
            return Ok(None);
        };
        let pattern = Value::literal(&pattern.to_string());
        let op = match edge {
            '#' => Op::TrimPrefix { pattern, longest },
            _ => Op::TrimSuffix { pattern, longest },
        };
        let whole = value.to_string();
        let made = evaluate::edited(&whole, &op, &evaluate::Nothing);
        Ok(made.map(|made| match whole == made {
            true => value,
            false => value.renamed(&made),
        }))
    }

    /// `/text/other`, `//text/other`, `/#text/other`, `/%text/other`: no patterns.
    fn replaced(&mut self, value: Word, depth: u32) -> Result<Word, BadSubstitution> {
        self.at += 1;
        let mode = self.take(1, |c| matches!(c, '/' | '#' | '%'));
        let old = self.word(|c| c != '/', depth)?;
        if self.take(usize::MAX, |c| c == '/').is_empty() {
            return Err(BadSubstitution);
        }
        let new = match self.peek() {
            Some('}') => Some(Text::default()),
            _ => self.word(|c| c != '}', depth)?,
        };
        let (Some(value), Some(old), Some(new)) = (value, old, new) else {
            return Ok(None);
        };
        let (whole, old, new) = (value.to_string(), old.to_string(), new.to_string());
        let made = match &*mode {
            "/" => whole.replace(&old, &new),
            "#" if !whole.starts_with(&old) => whole.clone(),
            "%" => match whole.strip_suffix(&old) {
                Some(rest) => format!("{rest}{new}"),
                None => whole.clone(),
            },
            _ => whole.replacen(&old, &new, 1),
        };
        match made.len() > MAX_LEN {
            true => Err(BadSubstitution),
            false => Ok(Some(value.renamed(&made))),
        }
    }
}

fn with_case(value: &Text, operator: &str) -> Text {
    let whole = value.to_string();
    let mut rest = whole.chars();
    let first = rest.next();
    let made = match (operator, first) {
        (",,", _) => whole.to_lowercase(),
        ("^^", _) => whole.to_uppercase(),
        (",", Some(c)) => c.to_lowercase().chain(rest).collect(),
        ("^", Some(c)) => c.to_uppercase().chain(rest).collect(),
        _ => return value.clone(),
    };
    value.renamed(&made)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From `envsubst/eval_test.go` of fluxcd/pkg, and what its parser does with the rest.
    #[test]
    fn variables_become_what_flux_makes_of_them() {
        let values = [
            ("var01", "abcdEFGH28ij"),
            ("tag", "v1.2.3"),
            ("empty", ""),
            ("name", "quay.io/a/b"),
        ];
        let values = values.map(|(name, value)| (name.to_owned(), Text::made(value)));
        let variables = Variables {
            values: values.into(),
            open: false,
        };
        for (text, expected) in [
            ("${tag}", Some("v1.2.3")),
            ("x:${tag}-a", Some("x:v1.2.3-a")),
            ("$tag $ $", Some("$tag $ $")),
            ("$${tag}", Some("${tag}")),
            ("$$${tag}", Some("$v1.2.3")),
            ("${none}", Some("")),
            ("${none:=1}", Some("1")),
            ("${none:-1}", Some("1")),
            ("${none=1}", Some("1")),
            ("${empty:-1}", Some("1")),
            ("${tag:=1}", Some("v1.2.3")),
            ("${none:=${tag}-x}", Some("v1.2.3-x")),
            ("${none:=a${tag}b${name}}", Some("av1.2.3bquay.io/a/b")),
            ("${none:=}", Some("")),
            ("${none-1}", None),
            ("${none+1}", None),
            ("${tag", None),
            ("${}", None),
            ("${a.b}", None),
            ("${#var01}", Some("12")),
            ("${var01^}", Some("AbcdEFGH28ij")),
            ("${var01^^}", Some("ABCDEFGH28IJ")),
            ("${var01,,}", Some("abcdefgh28ij")),
            ("${var01:2}", Some("cdEFGH28ij")),
            ("${var01:2:3}", Some("cdE")),
            ("${var01:20}", Some("")),
            ("${var01: -3}", Some("abcdEFGH28ij")),
            ("${tag#v}", Some("1.2.3")),
            ("${tag##*.}", Some("3")),
            ("${tag%.*}", Some("v1.2")),
            ("${tag%%.*}", Some("v1")),
            ("${tag/./-}", Some("v1-2.3")),
            ("${tag//./-}", Some("v1-2-3")),
            ("${tag/#v/}", Some("1.2.3")),
            ("${tag/%3/4}", Some("v1.2.4")),
        ] {
            let found = expand(&Text::made(text), &variables);
            let found = found.ok().map(|text| text.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn what_nothing_here_says_stays_as_it_is_written() {
        let variables = Variables {
            values: [("a".to_owned(), Text::made("1"))].into(),
            open: true,
        };
        let found = expand(&Text::made("${a}-${b:=x}-${c}"), &variables).unwrap();
        assert_eq!(found.to_string(), "1-${b:=x}-${c}");
    }
}
