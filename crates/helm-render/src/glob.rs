//! Patterns of `.Files.Glob` (github.com/gobwas/glob with `/` as separator) and of `.helmignore`.

/// Whether a path fits a pattern: `*`, `**`, `?`, `[…]`, `{a,b}`.
pub fn matches(pattern: &str, path: &str) -> bool {
    alternatives(pattern, 0).iter().any(|pattern| {
        fits(
            &pattern.chars().collect::<Vec<_>>(),
            &path.chars().collect::<Vec<_>>(),
        )
    })
}

/// Most patterns that `{a,b}` may become.
const MAX_ALTERNATIVES: usize = 64;

fn alternatives(pattern: &str, depth: usize) -> Vec<String> {
    let braces = pattern
        .find('{')
        .and_then(|open| Some((open, open + pattern[open..].find('}')?)));
    let Some((open, close)) = braces.filter(|_| depth < 8) else {
        return vec![pattern.to_owned()];
    };
    let (before, inner, after) = (
        &pattern[..open],
        &pattern[open + 1..close],
        &pattern[close + 1..],
    );
    let each = inner.split(',').map(|one| format!("{before}{one}{after}"));
    let mut all: Vec<String> = each.flat_map(|one| alternatives(&one, depth + 1)).collect();
    all.truncate(MAX_ALTERNATIVES);
    all
}

/// By the positions that are reached after each character: no pattern costs more than its length for each of them.
fn fits(pattern: &[char], path: &[char]) -> bool {
    let mut reached = vec![false; pattern.len() + 1];
    reached[0] = true;
    pass_stars(pattern, &mut reached);
    for c in path {
        let mut next = vec![false; pattern.len() + 1];
        for at in 0..pattern.len() {
            if !reached[at] {
                continue;
            }
            match pattern[at] {
                '*' => {
                    let crosses =
                        pattern.get(at + 1) == Some(&'*') || at > 0 && pattern[at - 1] == '*';
                    next[at] |= crosses || *c != '/';
                }
                '?' => next[at + 1] |= *c != '/',
                '[' => {
                    if let Some((end, fits)) = class(&pattern[at..], *c) {
                        next[at + end] |= fits;
                    }
                }
                '\\' if at + 1 < pattern.len() => next[at + 2] |= pattern[at + 1] == *c,
                literal => next[at + 1] |= literal == *c,
            }
        }
        reached = next;
        pass_stars(pattern, &mut reached);
    }
    reached[pattern.len()]
}

fn pass_stars(pattern: &[char], reached: &mut [bool]) {
    for at in 0..pattern.len() {
        if reached[at] && pattern[at] == '*' {
            reached[at + 1] = true;
        }
    }
}

/// How long a class is, and whether the character is in it.
fn class(pattern: &[char], c: char) -> Option<(usize, bool)> {
    let end = pattern.iter().skip(2).position(|c| *c == ']')? + 2;
    let inner = &pattern[1..end];
    let (negated, inner) = match inner.split_first() {
        Some(('!' | '^', rest)) => (true, rest),
        _ => (false, inner),
    };
    let mut within = false;
    let mut at = 0;
    while at < inner.len() {
        if at + 2 < inner.len() && inner[at + 1] == '-' {
            within |= (inner[at]..=inner[at + 2]).contains(&c);
            at += 3;
        } else {
            within |= inner[at] == c;
            at += 1;
        }
    }
    Some((end + 1, within != negated && c != '/'))
}

/// Whether `.helmignore` leaves a path out (helm, `pkg/ignore`): the last rule that fits decides.
pub fn ignored(rules: &str, path: &str) -> bool {
    let fits = |rule: &str| {
        let rule = rule.trim_end_matches('/');
        let anchored = rule.trim_start_matches('/');
        // The path itself, or a folder that it is in.
        let mut ends: Vec<usize> = path.match_indices('/').map(|(at, _)| at).collect();
        ends.push(path.len());
        ends.into_iter().any(|end| {
            let whole = &path[..end];
            let name = whole.rsplit('/').next().unwrap_or(whole);
            if rule.contains('/') {
                matches(anchored, whole)
            } else {
                matches(rule, name)
            }
        })
    };
    let rules = rules
        .lines()
        .map(str::trim)
        .filter(|rule| !rule.is_empty() && !rule.starts_with('#'));
    rules.fold(false, |ignored, rule| match rule.strip_prefix('!') {
        Some(rule) => ignored && !fits(rule),
        None => ignored || fits(rule),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_in_helm() {
        for (pattern, path, expected) in [
            ("conf/*", "conf/a.yaml", true),
            ("conf/*", "conf/a/b.yaml", false),
            ("conf/**", "conf/a/b.yaml", true),
            ("**.yaml", "a/b.yaml", true),
            ("files/{a,b}.txt", "files/b.txt", true),
            ("[a-c].txt", "b.txt", true),
            ("[!a-c].txt", "b.txt", false),
            ("?.txt", "ab.txt", false),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
        for (rules, path, expected) in [
            ("*.tmp\n", "a/b.tmp", true),
            ("/ci/\n", "ci/values.yaml", true),
            (".git/\n", ".git/config", true),
            ("# x\n", "x", false),
            ("*.md\n!README.md\n", "README.md", false),
        ] {
            assert_eq!(ignored(rules, path), expected, "{rules} {path}");
        }
    }
}
