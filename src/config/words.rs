//! What a YAML reader says of a configuration file, in words for whoever writes one: which key, what it takes, and what to
//! write. The readers (libyaml by way of `serde_yaml`) speak of sequences, structs and tokens.

use super::ConfigError;
use super::load::nearest;

/// A complaint in plain words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plain {
    pub what: String,
    pub help: Option<String>,
    /// Line and column, where they are other than those of the reader's own place.
    pub at: Option<(usize, usize)>,
}

impl Plain {
    fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Plain {
            what: what.into(),
            help: Some(help.into()).filter(|help: &String| !help.is_empty()),
            at: None,
        }
    }

    pub fn into_error(self, path: &str, at: (usize, usize)) -> ConfigError {
        let (line, column) = self.at.unwrap_or(at);
        ConfigError {
            path: path.into(),
            line,
            column,
            what: self.what,
            help: self.help,
        }
    }
}

/// Other words that people try for a key.
const OTHER_KEYS: [(&str, &str); 14] = [
    ("rules", "levels"),
    ("severity", "levels"),
    ("severities", "levels"),
    ("disable", "levels"),
    ("skip", "exclude"),
    ("skip-paths", "exclude"),
    ("exclude-paths", "exclude"),
    ("ignore-paths", "exclude"),
    ("files", "include"),
    ("cluster", "target"),
    ("clusters", "targets"),
    ("overrides", "targets"),
    ("registries", "policy"),
    ("mirrors", "rewrites"),
];

/// The key of `known` that an unknown one may mean.
pub(super) fn key_meant<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let other = OTHER_KEYS.iter().find(|(word, _)| *word == given);
    let other = other.and_then(|(_, key)| known.iter().find(|known| *known == key));
    other.copied().or_else(|| nearest(given, known))
}

/// Keys whose values are entries with keys of their own, with the name that the reader has for such an entry, and one
/// entry as it is written.
const ENTRIES: [(&str, &str, &str); 7] = [
    (
        "targets",
        "struct PathTarget",
        "- {paths: ['ci/**'], target: kubernetes}",
    ),
    (
        "ignore",
        "struct Ignore",
        "- {rules: [tag-not-found], paths: ['ci/**'], reason: pushed later}",
    ),
    (
        "rewrites",
        "struct Rewrite",
        "- {from: docker.io, to: mirror.example.com/hub}",
    ),
    (
        "own-targets",
        "struct OwnTarget",
        "NAME: {accepts: [docker-schema2, docker-list]}",
    ),
    (
        "hosts",
        "struct Host",
        "registry.example.com: {plain-http: true}",
    ),
    (
        "registries",
        "struct RegistryPolicy",
        "- {allow: [registry.example.com]}",
    ),
    (
        "policy",
        "struct PolicyConfig",
        "registries: [{allow: [registry.example.com]}]",
    ),
];

/// Of a value that is of another kind than its key takes, of a key that is missing or twice, and of text that is no YAML.
/// `whole` is the message with its places, `at` line and column in `text`.
pub(super) fn plain(whole: &str, text: &str, at: (usize, usize)) -> Plain {
    let what = whole.split(" at line ").next().unwrap_or(whole);
    if let Some((path, rest)) = what.split_once("invalid type: ") {
        return other_kind(Path::of(path), rest);
    }
    if let Some((path, rest)) = what.split_once("missing field ") {
        let path = Path::of(path);
        let example = path.example();
        let help = example.map_or(String::new(), |entry| {
            format!("an entry looks so: `{entry}`")
        });
        return Plain::new(format!("{} has no {rest}", path.words()), help);
    }
    if let Some((_, rest)) = what.split_once("duplicate ") {
        let key = rest.split('`').nth(1).unwrap_or(rest);
        let help = "one of them would not count: put both into one";
        return Plain {
            at: second(text, key),
            ..Plain::new(format!("the key `{key}` is there twice"), help)
        };
    }
    no_yaml(whole, what, text, at)
}

/// Where a value is, as the reader writes it: `targets[0].paths`.
struct Path<'a>(&'a str);

impl<'a> Path<'a> {
    fn of(before: &'a str) -> Self {
        Path(before.trim_end().trim_end_matches(':'))
    }

    /// `paths` in entry 1 of `targets`.
    fn words(&self) -> String {
        let Some((list, rest)) = self.0.split_once('[') else {
            return match self.0 {
                "" => "the file".to_owned(),
                path => format!("`{path}`"),
            };
        };
        let (number, rest) = rest.split_once(']').unwrap_or((rest, ""));
        let number = number.parse().unwrap_or(0_usize).saturating_add(1);
        let entry = format!("entry {number} of `{list}`");
        match rest.trim_start_matches('.') {
            "" => entry,
            key => format!("`{key}` in {entry}"),
        }
    }

    /// The key itself, without the entries that it is in.
    fn key(&self) -> &'a str {
        let last = self.0.rsplit('.').next().unwrap_or(self.0);
        last.split('[').next().unwrap_or(last)
    }

    /// An entry of the list or mapping that it names, or is in.
    fn example(&self) -> Option<&'static str> {
        let parts = || self.0.split(['.', '[']);
        let known = |(key, _, entry): &(&str, &str, &'static str)| {
            parts().any(|part| part == *key).then_some(*entry)
        };
        ENTRIES.iter().find_map(known)
    }
}

/// `rest` is `string "ci", expected a sequence`.
fn other_kind(path: Path<'_>, rest: &str) -> Plain {
    let (given, expected) = rest.rsplit_once(", expected ").unwrap_or((rest, ""));
    let text = given
        .strip_prefix("string \"")
        .and_then(|text| text.strip_suffix('"'));
    let key = path.key();
    let (takes, help) = match (expected, text) {
        ("struct RepositoryConfig" | "struct UserConfig" | "a configuration", Some(text)) => {
            return Plain::new(
                format!("the file holds no `key: value` lines, but {}", kind(given)),
                no_blank(text),
            );
        }
        ("struct RepositoryConfig" | "struct UserConfig" | "a configuration", None) => {
            return Plain::new(
                format!("the file holds no `key: value` lines, but {}", kind(given)),
                "write for instance `target: kubernetes`",
            );
        }
        ("a sequence", Some(text)) => {
            let entry = quoted(text);
            let entry = match path.example() {
                Some(entry) if ENTRIES.iter().any(|(list, ..)| *list == key) => entry,
                _ => &*entry,
            };
            let entry = entry.trim_start_matches("- ");
            ("a list", format!("write `{key}: [{entry}]`"))
        }
        ("a sequence", None) => ("a list", format!("write `{key}: [ONE, TWO]`")),
        ("a string", None) => ("one text", format!("write one value: `{key}: VALUE`")),
        ("a boolean", _) => ("`true` or `false`", as_boolean(key, text.unwrap_or(""))),
        (expected, _) => {
            let entry = path.example();
            let entry = entry.map_or(String::new(), |entry| format!("write `{entry}`"));
            let takes = match expected.starts_with("struct ") {
                true => "an entry with keys of its own",
                false => "lines of `key: value`",
            };
            (takes, entry)
        }
    };
    Plain::new(
        format!("{} takes {takes}, not {}", path.words(), kind(given)),
        help,
    )
}

/// YAML 1.2 has two words for a boolean, and people know more of them.
fn as_boolean(key: &str, text: &str) -> String {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "on" | "y" | "true" => format!("write `{key}: true`"),
        "no" | "off" | "n" | "false" => format!("write `{key}: false`"),
        _ => String::new(),
    }
}

/// `key:value` without a blank is one text.
fn no_blank(text: &str) -> String {
    match text.split_once(':') {
        Some((key, value)) if !value.is_empty() && !value.starts_with(' ') => {
            format!("a blank belongs after the colon: `{key}: {value}`")
        }
        _ => "write for instance `target: kubernetes`".to_owned(),
    }
}

/// A value of the reader's kind, in words.
fn kind(given: &str) -> String {
    let value = given
        .split_once('`')
        .map(|(_, value)| value.trim_end_matches('`'));
    match given.split_once(' ').map_or(given, |(first, _)| first) {
        "string" => match given.strip_prefix("string ") {
            Some(text) => format!("the text {}", text.replace('"', "`")),
            None => "a text".to_owned(),
        },
        "integer" | "floating" => format!("the number `{}`", value.unwrap_or("")),
        "boolean" => format!("`{}`", value.unwrap_or("")),
        "sequence" => "a list".to_owned(),
        "map" => "lines of `key: value`".to_owned(),
        "unit" | "Option" | "null" => "nothing".to_owned(),
        _ => given.to_owned(),
    }
}

/// A text as an item of a list in brackets.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "._-/".contains(c);
    match text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "''")),
    }
}

/// Line and column of the second line that gives a key.
fn second(text: &str, key: &str) -> Option<(usize, usize)> {
    let lines = text.lines().enumerate();
    let gives = lines.filter_map(|(number, line)| {
        let column = line.find(key)?;
        let indented = line[..column]
            .trim_matches([' ', '-', '"', '\''])
            .is_empty();
        let after = line[column + key.len()..].trim_start_matches(['"', '\'']);
        let is_key = indented && after.trim_start().starts_with(':');
        is_key.then(|| (number + 1, line[..column].chars().count() + 1))
    });
    gives.into_iter().nth(1)
}

/// What is said of text that cannot be read, by a part of the reader's words.
const NO_YAML: [(&str, &str, &str); 8] = [
    (
        "mapping values are not allowed",
        "a second `: ` in one line, or a line that begins in another column than those of its level",
        "put a value that holds `: ` in quotes; keys of one level begin in the same column",
    ),
    (
        "found unexpected end of stream",
        "a quote that nothing closes",
        "",
    ),
    (
        "did not find expected ',' or",
        "a bracket that nothing closes, or a comma that is missing",
        "",
    ),
    (
        "did not find expected key",
        "a line that is neither `key: value` nor indented as those of its level",
        "keys of one level begin in the same column",
    ),
    (
        "did not find expected '-' indicator",
        "a line within a list that does not begin with `- `",
        "entries of one list begin in the same column",
    ),
    (
        "block sequence entries are not allowed",
        "an entry of a list (`- `) where no list can begin",
        "put it on a line of its own after the key",
    ),
    (
        "could not find expected ':'",
        "a line without a colon",
        "write `key: value`",
    ),
    (
        "more than one document",
        "more than one document (`---`)",
        "a configuration is one document",
    ),
];

fn no_yaml(whole: &str, what: &str, text: &str, at: (usize, usize)) -> Plain {
    if let Some(plain) = by_character(what, text, at) {
        return plain;
    }
    let known = NO_YAML.iter().find(|(part, ..)| what.contains(part));
    match known {
        Some((_, words, help)) => Plain {
            at: beginning(whole),
            ..Plain::new(*words, *help)
        },
        None => Plain::new(format!("this is not YAML: {what}"), ""),
    }
}

/// Where what is not closed begins: the place that the reader adds after `while scanning a quoted scalar`.
fn beginning(whole: &str) -> Option<(usize, usize)> {
    let (_, opened) = whole.split_once("while ")?;
    if !["quoted scalar", "flow sequence", "flow mapping"]
        .iter()
        .any(|what| opened.contains(what))
    {
        return None;
    }
    let (_, place) = opened.rsplit_once(" at line ")?;
    let (line, column) = place.split_once(" column ")?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

/// Of a character that YAML takes for something else.
fn by_character(what: &str, text: &str, (line, column): (usize, usize)) -> Option<Plain> {
    let row = text.lines().nth(line.checked_sub(1)?)?;
    let from: String = row.chars().skip(column.saturating_sub(1)).collect();
    if what.contains("a tab character") || from.starts_with('\t') {
        return Some(Plain::new(
            "a tab: YAML takes only blanks for indentation",
            "write two blanks in place of the tab",
        ));
    }
    let alias = what.contains("unknown anchor") || what.contains("alphabetic or numeric");
    let start = match alias {
        // The reader's place is at the sign, or right after it.
        true => column
            .saturating_sub(2)
            .checked_add(usize::from(from.starts_with(['*', '&'])))?,
        false if what.contains("cannot start any token") => column.saturating_sub(1),
        false => return None,
    };
    // Of `**` the second one is an error, too.
    let stars = row.chars().take(start).collect::<Vec<_>>();
    let stars = stars
        .iter()
        .rev()
        .take_while(|c| alias && **c == '*')
        .count();
    let start = start - stars;
    let value: String = row.chars().skip(start).collect();
    let first = value.chars().next()?;
    let end = value.find([',', ']', '}', '#']).unwrap_or(value.len());
    let value = value[..end].trim_end();
    Some(Plain {
        at: Some((line, start + 1)),
        ..Plain::new(
            format!("a value that begins with `{first}` has to be in quotes"),
            format!("write `'{value}'`"),
        )
    })
}
