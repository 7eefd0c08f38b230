//! Upper and lower case, and names made of words.

pub(super) fn capitals(text: &str, upper: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut starts = true;
    for c in text.chars() {
        match (starts, upper) {
            (true, true) => out.extend(c.to_uppercase()),
            (true, false) => out.extend(c.to_lowercase()),
            (false, _) => out.push(c),
        }
        // Go's `strings.Title` goes on within letters, digits, underscores; goutils' `Uncapitalize` at spaces.
        starts = if upper {
            match c.is_ascii() {
                true => !(c.is_ascii_alphanumeric() || c == '_'),
                false => c.is_whitespace(),
            }
        } else {
            c.is_whitespace()
        };
    }
    out
}

pub(super) fn swapped(text: &str) -> String {
    let swap = |c: char| {
        if c.is_uppercase() {
            c.to_lowercase().to_string()
        } else {
            c.to_uppercase().to_string()
        }
    };
    text.chars().map(swap).collect()
}

/// `xstrings.ToSnakeCase`, `ToKebabCase`.
pub(super) fn cased(text: &str, joint: char) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::new();
    for (i, c) in chars.iter().enumerate() {
        if matches!(c, ' ' | '_' | '-') {
            if !out.is_empty() {
                out.push(joint);
            }
            continue;
        }
        let before = i.checked_sub(1).map(|i| chars[i]);
        let after = chars.get(i + 1);
        let begins = c.is_uppercase()
            && before.is_some_and(|b| {
                b.is_lowercase()
                    || b.is_ascii_digit()
                    || b.is_uppercase() && after.is_some_and(|a| a.is_lowercase())
            });
        if begins && !out.ends_with(joint) {
            out.push(joint);
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// `xstrings.ToPascalCase`.
pub(super) fn camel(text: &str) -> String {
    let mut out = String::new();
    let mut starts = true;
    for c in text.chars() {
        if matches!(c, ' ' | '_' | '-') {
            starts = true;
            continue;
        }
        if starts {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
        starts = false;
    }
    out
}
