//! Expressions of GitHub (docs.github.com, "Evaluate expressions in workflows and actions") and of Azure's templates, as
//! far as images are made of them: paths, literals, `||`, `&&`, comparisons, `format` and `fromJSON`.
//!
//! Comes in: the text between the marks, and who knows what paths are. Goes out: the values that it may have; none where
//! nobody can tell. Where only a condition is not known, both of its sides count.

use crate::extract::Site;

/// A value and where it is written.
pub(in crate::extract) type Given = (String, Option<Site>);

/// What a part of an expression is.
#[derive(Clone, Debug, PartialEq)]
enum Term {
    Known(Given),
    /// False, null, or the side of a condition that was not taken.
    False,
    Unknown,
}

/// Values of one expression that are told apart.
const MAX_VALUES: usize = 16;
/// Deepest nesting of brackets and calls.
const MAX_DEPTH: u32 = 12;

/// Who knows the values of a path such as `inputs.tag`; none where nobody does.
type LookUp<'l> = &'l mut dyn FnMut(&str) -> Vec<Given>;

/// The values that an expression may have.
pub(in crate::extract) fn values(expression: &str, look_up: LookUp<'_>) -> Vec<Given> {
    let mut reader = Reader {
        rest: expression.trim(),
        look_up,
        depth: 0,
    };
    let Some(terms) = reader.either() else {
        return Vec::new();
    };
    if !reader.rest.trim().is_empty() || terms.contains(&Term::Unknown) {
        return Vec::new();
    }
    let mut found: Vec<Given> = Vec::new();
    for term in terms {
        if let Term::Known(given) = term
            && !found.iter().any(|(text, _)| *text == given.0)
        {
            found.push(given);
        }
    }
    found.truncate(MAX_VALUES);
    found
}

struct Reader<'t, 'l> {
    rest: &'t str,
    look_up: LookUp<'l>,
    depth: u32,
}

impl Reader<'_, '_> {
    fn takes(&mut self, mark: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// `a || b`
    fn either(&mut self) -> Option<Vec<Term>> {
        let mut left = self.both()?;
        while self.takes("||") {
            let right = self.both()?;
            let mut all = Vec::new();
            for term in left {
                match term {
                    Term::Known(given) if is_true(&given.0) => all.push(Term::Known(given)),
                    // What comes from outside has the other side for its default.
                    _ => all.extend(right.iter().cloned()),
                }
            }
            left = few(all);
        }
        Some(left)
    }

    /// `a && b`
    fn both(&mut self) -> Option<Vec<Term>> {
        let mut left = self.compared()?;
        while self.takes("&&") {
            let right = self.compared()?;
            let mut all = Vec::new();
            for term in left {
                match term {
                    Term::Known(given) if is_true(&given.0) => all.extend(right.iter().cloned()),
                    Term::Known(_) | Term::False => all.push(Term::False),
                    Term::Unknown => {
                        all.extend(right.iter().cloned());
                        all.push(Term::False);
                    }
                }
            }
            left = few(all);
        }
        Some(left)
    }

    /// `a == b`, `a != b`
    fn compared(&mut self) -> Option<Vec<Term>> {
        let left = self.one()?;
        let equal = match (self.takes("=="), self.takes("!=")) {
            (true, _) => true,
            (_, true) => false,
            _ => return Some(left),
        };
        let right = self.one()?;
        Some(vec![match (left.as_slice(), right.as_slice()) {
            ([Term::Known((a, _))], [Term::Known((b, _))]) => {
                // Strings are compared without case.
                match a.eq_ignore_ascii_case(b) == equal {
                    true => Term::Known(("true".to_owned(), None)),
                    false => Term::False,
                }
            }
            _ => Term::Unknown,
        }])
    }

    fn one(&mut self) -> Option<Vec<Term>> {
        self.depth += 1;
        let found = (self.depth <= MAX_DEPTH).then(|| self.term()).flatten();
        self.depth -= 1;
        found
    }

    fn term(&mut self) -> Option<Vec<Term>> {
        if self.takes("!") {
            self.one()?;
            return Some(vec![Term::Unknown]);
        }
        if self.takes("(") {
            let inner = self.either()?;
            return self.takes(")").then_some(inner);
        }
        if self.takes("'") {
            return self.string();
        }
        let word = |c: char| c.is_alphanumeric() || "_-.*[]'\"".contains(c);
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c| !word(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if name.is_empty() {
            return None;
        }
        self.rest = rest;
        if self.takes("(") {
            return self.call(name);
        }
        Some(match name {
            "true" => vec![Term::Known(("true".to_owned(), None))],
            "false" | "null" => vec![Term::False],
            _ if name.starts_with(|c: char| c.is_ascii_digit()) => {
                vec![Term::Known((name.to_owned(), None))]
            }
            _ => known((self.look_up)(&path(name))),
        })
    }

    /// The rest of a string: `''` is a quote.
    fn string(&mut self) -> Option<Vec<Term>> {
        let mut text = String::new();
        loop {
            let (part, rest) = self.rest.split_once('\'')?;
            text.push_str(part);
            self.rest = rest;
            match self.rest.strip_prefix('\'') {
                Some(rest) => {
                    text.push('\'');
                    self.rest = rest;
                }
                None => return Some(vec![Term::Known((text, None))]),
            }
        }
    }

    fn call(&mut self, name: &str) -> Option<Vec<Term>> {
        let mut arguments = Vec::new();
        while !self.takes(")") {
            arguments.push(self.either()?);
            self.takes(",");
            if self.rest.is_empty() {
                return None;
            }
        }
        let unknown = Some(vec![Term::Unknown]);
        match (name.to_ascii_lowercase().as_str(), arguments.as_slice()) {
            ("format", [pattern, given @ ..]) => Some(formatted(pattern, given)),
            ("fromjson" | "convertfromjson", [one]) => Some(one.clone()),
            ("variables", _) => unknown,
            _ => unknown,
        }
    }
}

fn known(values: Vec<Given>) -> Vec<Term> {
    match values.is_empty() {
        true => vec![Term::Unknown],
        false => values.into_iter().map(Term::Known).collect(),
    }
}

fn few(mut terms: Vec<Term>) -> Vec<Term> {
    terms.truncate(2 * MAX_VALUES);
    terms
}

fn is_true(text: &str) -> bool {
    !matches!(text, "" | "false" | "0")
}

/// `format('{0}:{1}', a, b)` where each argument has one value.
fn formatted(pattern: &[Term], given: &[Vec<Term>]) -> Vec<Term> {
    let [Term::Known((pattern, _))] = pattern else {
        return vec![Term::Unknown];
    };
    let mut text = pattern.clone();
    let mut site = None;
    for (n, argument) in given.iter().enumerate() {
        let mark = format!("{{{n}}}");
        match argument.as_slice() {
            [Term::Known((value, at))] => {
                site = site.or(*at);
                text = text.replace(&mark, value);
            }
            _ if text.contains(&mark) => return vec![Term::Unknown],
            _ => {}
        }
    }
    vec![Term::Known((text, site))]
}

/// One name for the ways to write a path: `matrix['pg']` is `matrix.pg`.
fn path(name: &str) -> String {
    if !name.contains('[') {
        return name.to_owned();
    }
    let dots = name.replace("['", ".").replace("[\"", ".");
    dots.replace("']", "").replace("\"]", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(expression: &str) -> Vec<String> {
        let mut look_up = |path: &str| -> Vec<Given> {
            let all: &[&str] = match path {
                "inputs.a" => &["1"],
                "matrix.v" => &["x", "y"],
                "env.empty" => &[""],
                _ => &[],
            };
            all.iter().map(|text| ((*text).to_owned(), None)).collect()
        };
        let found = values(expression, &mut look_up);
        found.into_iter().map(|(text, _)| text).collect()
    }

    #[test]
    fn expressions_have_the_values_that_github_gives_them() {
        for (expression, expected) in [
            ("inputs.a", &["1"][..]),
            ("inputs['a']", &["1"]),
            ("matrix.v", &["x", "y"]),
            ("inputs.a || '2'", &["1"]),
            ("env.empty || '2'", &["2"]),
            ("github.event.x || 'd'", &["d"]),
            ("github.x == 'y' && 'a' || 'b'", &["a", "b"]),
            ("inputs.a == '1' && 'a' || 'b'", &["a"]),
            ("inputs.a != '1' && 'a' || 'b'", &["b"]),
            ("format('r/{0}:{1}', inputs.a, 'z')", &["r/1:z"]),
            ("fromJSON('3')", &["3"]),
            ("'it''s'", &["it's"]),
            ("(inputs.a)", &["1"]),
            ("github.sha", &[]),
            ("contains(x, 'y')", &[]),
            ("inputs.a +", &[]),
        ] {
            assert_eq!(of(expression), expected, "{expression}");
        }
    }
}
