//! `semver`, `semverCompare` (github.com/Masterminds/semver v3).

use std::cmp::Ordering;
use std::collections::BTreeMap;

use image_lint_text::rendered::Rendered;

use super::Call;
use crate::exec::Given;
use crate::value::{Kind, Value};

pub fn call(call: &Call<'_, '_>) -> Option<Given<Value>> {
    Some(match call.name {
        "semver" => semver(call),
        "semverCompare" => compare(call),
        _ => return None,
    })
}

fn semver(call: &Call<'_, '_>) -> Given<Value> {
    let text = call.str(0)?;
    let Some(version) = Version::parse(text.as_str()) else {
        return call.fail("Invalid Semantic Version");
    };
    let from = text.smeared();
    let part = |text: &str| Value::Str(Rendered::new(text, from.clone()));
    let number = |number: u64| Value::Int(number as i64, from.clone());
    let fields = [
        ("Major", number(version.numbers[0])),
        ("Minor", number(version.numbers[1])),
        ("Patch", number(version.numbers[2])),
        ("Prerelease", part(&version.pre)),
        ("Metadata", part(&version.metadata)),
        ("Original", Value::Str(text.clone())),
        ("\u{0}string", part(&version.to_string())),
    ];
    let fields: BTreeMap<_, _> = fields
        .into_iter()
        .map(|(name, value)| (name.into(), value))
        .collect();
    Ok(Value::of(fields, Kind::Struct("*semver.Version")))
}

fn compare(call: &Call<'_, '_>) -> Given<Value> {
    let (constraint, version) = (call.str(0)?, call.str(1)?);
    let Some(version) = Version::parse(version.as_str()) else {
        return call.fail("Invalid Semantic Version");
    };
    match check(constraint.as_str(), &version) {
        Some(holds) => call.truth(holds),
        None => call.fail(format!("improper constraint: {}", constraint.as_str())),
    }
}

/// Whether a version fits a constraint; false where either is not one.
pub fn satisfies(constraint: &str, version: &str) -> bool {
    Version::parse(version).is_some_and(|version| check(constraint, &version) == Some(true))
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Version {
    numbers: [u64; 3],
    pre: String,
    metadata: String,
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        if !self.pre.is_empty() {
            write!(f, "-{}", self.pre)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

impl Version {
    fn parse(text: &str) -> Option<Version> {
        let (version, given) = partial(text)?;
        (given > 0).then_some(version)
    }

    fn order(&self, other: &Version) -> Ordering {
        let by_number = self.numbers.cmp(&other.numbers);
        by_number.then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => prereleases(&self.pre, &other.pre),
        })
    }
}

fn prereleases(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.split('.'), b.split('.'));
    loop {
        let ordering = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(a), Some(b)) => match (a.parse::<u64>(), b.parse::<u64>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => a.cmp(b),
            },
        };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
}

/// A version of one to three numbers, of which some may be `x`; and how many were given.
fn partial(text: &str) -> Option<(Version, usize)> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (text, metadata) = text.split_once('+').unwrap_or((text, ""));
    let (numbers, pre) = text.split_once('-').unwrap_or((text, ""));
    let mut version = Version {
        numbers: [0; 3],
        pre: pre.into(),
        metadata: metadata.into(),
    };
    let mut given = 0;
    let mut wild = false;
    for (i, part) in numbers.split('.').enumerate() {
        if i >= 3 {
            return None;
        }
        if matches!(part, "x" | "X" | "*") {
            wild = true;
            continue;
        }
        let number = part
            .parse()
            .ok()
            .filter(|_| part.bytes().all(|b| b.is_ascii_digit()))?;
        if !wild {
            version.numbers[i] = number;
            given = i + 1;
        }
    }
    Some((version, given))
}

fn check(constraint: &str, version: &Version) -> Option<bool> {
    let mut any = false;
    for alternative in constraint.split("||") {
        any |= all(alternative, version)?;
    }
    Some(any)
}

/// Conditions that are separated by commas or spaces, `a - b` among them.
fn all(text: &str, version: &Version) -> Option<bool> {
    let mut words: Vec<String> = text
        .replace(',', " ")
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    if words.is_empty() {
        return None;
    }
    let mut holds = true;
    while !words.is_empty() {
        let word = words.remove(0);
        if words.len() > 1 && words[0] == "-" {
            holds &=
                one(&format!(">={word}"), version)? && one(&format!("<={}", words[1]), version)?;
            words.drain(..2);
            continue;
        }
        // `>= 1.2` is one condition.
        let word = if word.bytes().all(|b| b"<>=!~^".contains(&b)) && !words.is_empty() {
            word + &words.remove(0)
        } else {
            word
        };
        holds &= one(&word, version)?;
    }
    Some(holds)
}

fn one(text: &str, version: &Version) -> Option<bool> {
    let length = text.find(|c| !"<>=!~^".contains(c)).unwrap_or(text.len());
    let (operator, text) = text.split_at(length);
    let (wanted, given) = partial(text)?;
    // A prerelease fits only a condition that names one.
    if !version.pre.is_empty() && wanted.pre.is_empty() {
        return Some(operator == "!=");
    }
    let ordering = version.order(&wanted);
    let upper = |up_to: usize| {
        let mut numbers = wanted.numbers;
        numbers[up_to] += 1;
        numbers[up_to + 1..].fill(0);
        version.numbers < numbers
    };
    let within = |up_to: usize| ordering != Ordering::Less && upper(up_to);
    Some(match operator {
        "" | "=" | "==" if given < 3 => given == 0 || within(given - 1),
        "" | "=" | "==" => ordering == Ordering::Equal,
        "!=" if given < 3 => given > 0 && !within(given - 1),
        "!=" => ordering != Ordering::Equal,
        ">" if given == 0 => false,
        ">" if given < 3 => ordering == Ordering::Greater && !upper(given - 1),
        ">" => ordering == Ordering::Greater,
        "<" => ordering == Ordering::Less,
        ">=" | "=>" => ordering != Ordering::Less,
        "<=" | "=<" if given == 0 => true,
        "<=" | "=<" if given < 3 => upper(given - 1),
        "<=" | "=<" => ordering != Ordering::Greater,
        "~" | "~>" => given == 0 || within(given.min(2) - 1),
        "^" => given == 0 || within(caret(&wanted, given)),
        _ => return None,
    })
}

/// The first number that is not zero, as far as numbers are given.
fn caret(wanted: &Version, given: usize) -> usize {
    let first = wanted.numbers.iter().position(|number| *number > 0);
    first.unwrap_or(given - 1).min(given - 1)
}

#[cfg(test)]
mod tests {
    use super::satisfies;

    #[test]
    fn constraints_hold_as_in_masterminds_semver() {
        for (constraint, version, expected) in [
            (">=1.19-0", "v1.32.0", true),
            (">= 1.19.0-0", "1.19.0", true),
            ("<1.14-0", "1.32.0", false),
            (">=1.14.0-0 <1.20.0-0", "1.16.0", true),
            (">1.2", "1.2.9", false),
            ("^1.2.3", "1.9.0", true),
            ("^1.2.3", "2.0.0", false),
            ("^0.2.3", "0.3.0", false),
            ("~1.2", "1.2.9", true),
            ("~1.2.3", "1.3.0", false),
            ("1.x", "1.5.0", true),
            ("*", "3.0.0", true),
            ("1.2 - 1.4", "1.4.5", true),
            (">=1.0 || <0.5", "0.4.0", true),
            (">=1.0", "1.2.0-rc1", false),
            (">=1.0-0", "1.2.0-rc1", true),
            ("!=1.2.3", "1.2.4", true),
            ("^0.0.3", "0.0.4", false),
        ] {
            assert_eq!(
                satisfies(constraint, version),
                expected,
                "{constraint} {version}"
            );
        }
    }
}
