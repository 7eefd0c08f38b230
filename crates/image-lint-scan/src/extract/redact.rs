//! Hides credentials in the lines that a report shows around a place.
//!
//! Comes in: a few lines of a file. Goes out: the same number of bytes with the secret ones replaced by `*`, so that
//! offsets into the lines stay right. It knows two shapes: `user:password@host/…`, and the options of container tools
//! that carry a login (`--creds`, `--src-creds`, `--dest-creds`, `--password`, `--registry-token` and their kin, from the
//! man pages of skopeo, buildah and podman).

use image_lint_model::reference::find_credentials;

/// What stands between words: blanks, quotes and the signs of YAML, JSON and shell.
fn separates(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '"' | '\'' | '`' | ',' | ';' | '(' | ')' | '<' | '>' | '{' | '}' | '[' | ']' | '|'
        )
}

/// The lines with `*` in the place of each byte of a login.
pub fn lines(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut hide = |from: usize, to: usize| bytes[from..to].fill(b'*');
    let mut expected = false;
    let mut at = 0;
    for word in text.split_inclusive(separates) {
        let start = at;
        at += word.len();
        let word = word.trim_end_matches(separates);
        if word.is_empty() || word == "\\" {
            continue;
        }
        if std::mem::take(&mut expected) && !word.starts_with('-') {
            hide(start, start + word.len());
            continue;
        }
        let (option, value) = word
            .split_once('=')
            .map_or((word, None), |(option, value)| (option, Some(value)));
        if carries_login(option) {
            match value {
                Some("") => expected = true,
                Some(value) => hide(start + word.len() - value.len(), start + word.len()),
                None => expected = true,
            }
            continue;
        }
        // `IMAGE=https://user:password@host/…` and `"url":"…"` without blanks: the part behind the last sign before the
        // scheme counts.
        if let Some(found) = find_credentials(word) {
            hide(start + found.start, start + found.end);
        }
    }
    // Whole characters were replaced by ASCII: the bytes are text still.
    String::from_utf8(bytes).unwrap_or_default()
}

fn carries_login(option: &str) -> bool {
    option.starts_with("--")
        && (option.ends_with("creds")
            || option.ends_with("password")
            || option.ends_with("registry-token"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_hidden_and_nothing_else_moves() {
        let table = [
            (
                "image: quay.io/a/b:1\n",
                "image: quay.io/a/b:1\n",
                "no login",
            ),
            (
                "image: bob:pw@quay.io/a:1",
                "image: ******@quay.io/a:1",
                "in an image name",
            ),
            (
                "image: \"https://bob:pw@quay.io/a\" # x",
                "image: \"https://******@quay.io/a\" # x",
                "in a URL",
            ),
            (
                "I=https://bob:pw@quay.io/a",
                "I=https://******@quay.io/a",
                "behind an assignment",
            ),
            (
                "I=bob:pw@quay.io/a",
                "********@quay.io/a",
                "without a scheme the name goes too",
            ),
            (
                "buildah push --creds bob:pw x docker://q/a",
                "buildah push --creds ****** x docker://q/a",
                "an option",
            ),
            (
                "skopeo copy --dest-creds=bob:pw a b",
                "skopeo copy --dest-creds=****** a b",
                "with =",
            ),
            (
                "podman login --password \\\n  'pw' q.io",
                "podman login --password \\\n  '**' q.io",
                "continued",
            ),
            (
                "podman login --password --tls-verify q.io",
                "podman login --password --tls-verify q.io",
                "no value",
            ),
            (
                "image: a@sha256:00",
                "image: a@sha256:00",
                "a digest is none",
            ),
            ("--creds=ä:ö x", "--creds=***** x", "bytes, not characters"),
        ];
        for (input, expected, why) in table {
            let shown = lines(input);
            assert_eq!(shown, expected, "{why}");
            assert_eq!(shown.len(), input.len(), "{why}");
        }
    }
}
