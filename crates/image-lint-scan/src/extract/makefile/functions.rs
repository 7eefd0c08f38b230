//! Make's functions of text (GNU make manual, "Functions for String Substitution and Analysis", "Functions for File
//! Names").

/// Functions whose arguments are expanded before they are called, and those that [`super::evaluate`] does itself.
const NAMES: [&str; 36] = [
    "subst",
    "patsubst",
    "strip",
    "findstring",
    "filter",
    "filter-out",
    "sort",
    "word",
    "words",
    "wordlist",
    "firstword",
    "lastword",
    "dir",
    "notdir",
    "suffix",
    "basename",
    "addsuffix",
    "addprefix",
    "join",
    "if",
    "or",
    "and",
    "foreach",
    "call",
    "value",
    "shell",
    "eval",
    "origin",
    "flavor",
    "error",
    "warning",
    "info",
    "wildcard",
    "realpath",
    "abspath",
    "file",
];

/// The function and its arguments, where an expression calls one.
pub(super) fn call(inner: &str) -> Option<(&str, &str)> {
    let (name, arguments) = inner.split_once([' ', '\t'])?;
    NAMES
        .contains(&name)
        .then(|| (name, arguments.trim_start()))
}

/// `$(X:from=to)`: `%` in both, or the ends of words.
pub(super) fn substitution(text: &str, from: &str, to: &str) -> String {
    match from.contains('%') {
        true => patsubst(from, to, text),
        false => patsubst(&format!("%{from}"), &format!("%{to}"), text),
    }
}

/// What a shell's command prints, where that is plain: `echo WORDS`.
pub(super) fn printed(command: &str) -> Option<String> {
    let words = command.trim().strip_prefix("echo ")?;
    let plain = |c: char| c.is_alphanumeric() || " _-./:@".contains(c);
    let words = words.trim().trim_matches(['"', '\'']);
    (words.chars().all(plain) && !words.starts_with('-')).then(|| words.to_owned())
}

/// The result of a function; None for one that depends on more than its arguments.
pub(super) fn of_text(name: &str, arguments: &[String]) -> Option<String> {
    let words =
        |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    // Commas in the last argument are part of it.
    let rest = |from: usize| arguments.get(from..).map(|rest| rest.join(","));
    let each = |text: &str, change: &dyn Fn(&str) -> String| -> String {
        let changed: Vec<String> = text.split_whitespace().map(change).collect();
        changed.join(" ")
    };
    Some(match (name, arguments) {
        ("subst", [from, to, ..]) if !from.is_empty() => rest(2)?.replace(from.as_str(), to),
        ("patsubst", [from, to, ..]) => patsubst(from.trim(), to.trim(), &rest(2)?),
        ("strip", _) => words(&rest(0)?).join(" "),
        ("findstring", [find, ..]) => match rest(1)?.contains(find.as_str()) {
            true => find.clone(),
            false => String::new(),
        },
        ("filter" | "filter-out", [patterns, ..]) => {
            let patterns = words(patterns);
            let keep = name == "filter";
            let mut kept = words(&rest(1)?);
            kept.retain(|word| patterns.iter().any(|p| stem(p, word).is_some()) == keep);
            kept.join(" ")
        }
        ("sort", _) => {
            let mut all = words(&rest(0)?);
            all.sort();
            all.dedup();
            all.join(" ")
        }
        ("word", [n, ..]) => {
            let n: usize = n.trim().parse().ok()?;
            let all = words(&rest(1)?);
            all.get(n.checked_sub(1)?).cloned().unwrap_or_default()
        }
        ("words", _) => words(&rest(0)?).len().to_string(),
        ("wordlist", [from, to, ..]) => {
            let (from, to): (usize, usize) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
            let all = words(&rest(2)?);
            let from = from.checked_sub(1)?.min(all.len());
            all[from..to.clamp(from, all.len())].join(" ")
        }
        ("firstword", _) => words(&rest(0)?).first().cloned().unwrap_or_default(),
        ("lastword", _) => words(&rest(0)?).last().cloned().unwrap_or_default(),
        ("dir", _) => each(&rest(0)?, &|word| match word.rfind('/') {
            Some(at) => word[..=at].to_owned(),
            None => "./".to_owned(),
        }),
        ("notdir", _) => each(&rest(0)?, &|word| {
            word.rsplit('/').next().unwrap_or(word).to_owned()
        }),
        ("suffix", _) => {
            let all = words(&rest(0)?);
            let ends = all
                .iter()
                .filter_map(|word| dot(word).map(|at| &word[at..]));
            ends.collect::<Vec<_>>().join(" ")
        }
        ("basename", _) => each(&rest(0)?, &|word| match dot(word) {
            Some(at) => word[..at].to_owned(),
            None => word.to_owned(),
        }),
        ("addsuffix", [end, ..]) => each(&rest(1)?, &|word| format!("{word}{end}")),
        ("addprefix", [start, ..]) => each(&rest(1)?, &|word| format!("{start}{word}")),
        ("join", [left, right]) => {
            let (left, right) = (words(left), words(right));
            let part = |all: &[String], i: usize| all.get(i).cloned().unwrap_or_default();
            let all = (0..left.len().max(right.len())).map(|i| part(&left, i) + &part(&right, i));
            all.collect::<Vec<_>>().join(" ")
        }
        ("error" | "warning" | "info" | "eval", _) => String::new(),
        _ => return None,
    })
}

/// The last dot of a word, after its last slash.
fn dot(word: &str) -> Option<usize> {
    let at = word.rfind('.')?;
    (!word[at..].contains('/')).then_some(at)
}

/// What `%` of a pattern is in a word; empty for a pattern without one.
fn stem<'w>(pattern: &str, word: &'w str) -> Option<&'w str> {
    match pattern.split_once('%') {
        Some((before, after)) => word.strip_prefix(before)?.strip_suffix(after),
        None => (pattern == word).then_some(""),
    }
}

fn patsubst(from: &str, to: &str, text: &str) -> String {
    let change = |word: &str| match stem(from, word) {
        Some(stem) => to.replacen('%', stem, 1),
        None => word.to_owned(),
    };
    let words: Vec<String> = text.split_whitespace().map(change).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each result is what GNU make 4.3 prints for `$(info $(name arguments))`.
    #[test]
    fn functions_give_what_make_gives() {
        for (expression, expected) in [
            ("subst v,,v1.2 va", Some("1.2 a")),
            ("patsubst %.c,%.o,a.c b.h", Some("a.o b.h")),
            ("strip  a   b ", Some("a b")),
            ("findstring b,abc", Some("b")),
            ("filter a% b,ax b c", Some("ax b")),
            ("filter-out a%,ax b", Some("b")),
            ("sort c a b a", Some("a b c")),
            ("word 2,a b c", Some("b")),
            ("word 4,a b c", Some("")),
            ("words a b c", Some("3")),
            ("wordlist 2,3,a b c d", Some("b c")),
            ("firstword a b", Some("a")),
            ("lastword a b", Some("b")),
            ("dir a/b c", Some("a/ ./")),
            ("notdir a/b c", Some("b c")),
            ("suffix a.b c/d.e f", Some(".b .e")),
            ("basename a.b c.d/e", Some("a c.d/e")),
            ("addsuffix :1,a b", Some("a:1 b:1")),
            ("addprefix r/,a b", Some("r/a r/b")),
            ("join a b,c d", Some("ac bd")),
            ("subst a,b,x,a", Some("x,b")),
            ("wildcard *", None),
        ] {
            let (name, arguments) = call(expression).expect(expression);
            let arguments: Vec<String> = arguments.split(',').map(str::to_owned).collect();
            let got = of_text(name, &arguments);
            assert_eq!(got.as_deref(), expected, "{expression}");
        }
    }
}
