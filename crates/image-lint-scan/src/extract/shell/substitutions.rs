//! Which texts of other files `sed` puts something in the place of: placeholders that somebody fills in.

use crate::extract::Sink;
use crate::extract::shell::walk::{Call, Walker};
use image_lint_model::mention::Substitution;

/// Most that are noted of one file.
const MAX: usize = 200;
/// Bytes of a pattern that is noted.
const MAX_PATTERN: usize = 128;

/// Notes the literal texts of `sed … s/TEXT/…/`, and the patterns that speak of an image.
pub(super) fn note(walker: &Walker<'_>, call: &Call, sink: &mut Sink<'_>) {
    for field in &call.fields[1..] {
        let written = field.value().written();
        for command in written.split([';', '\n']) {
            let Some((text, is_pattern)) = replaced(command.trim()) else {
                continue;
            };
            if sink.extraction.substitutions.len() >= MAX {
                return;
            }
            let place = sink.place(walker.text.outer(call.span));
            sink.extraction.substitutions.push(Substitution {
                text: text.into(),
                is_pattern,
                place,
            });
        }
    }
}

/// The text of `s/TEXT/…/`, with an address before it perhaps, and whether it is a pattern. None where it is a pattern
/// that says nothing of an image.
fn replaced(command: &str) -> Option<(String, bool)> {
    let at = command.find('s')?;
    let mut rest = command[at + 1..].chars();
    let mark = rest.next().filter(|c| "/|#,@!:%".contains(*c))?;
    let (pattern, _) = rest.as_str().split_once(mark)?;
    let text = pattern.replace('\\', "");
    // A placeholder is a word: anything shorter or looser fits too much.
    let word = |c: char| c.is_ascii_alphanumeric() || "_-.:/<>{}@$%".contains(c);
    let ends_open = pattern.ends_with('$');
    if text.len() >= 3 && text.chars().all(word) && !ends_open {
        return Some((text, false));
    }
    // `image:.*-backup$`: more than the key is named, so that not every image fits.
    let named = pattern.split("image:").nth(1)?;
    let sure = named.bytes().filter(u8::is_ascii_alphanumeric).count() >= 3;
    (sure && pattern.len() <= MAX_PATTERN).then(|| (pattern.to_owned(), true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_texts_are_noted_and_of_patterns_those_of_images() {
        for (command, expected) in [
            (
                "s|REPLACE_IMAGE|quay.io/a/b:1|",
                Some(("REPLACE_IMAGE", false)),
            ),
            ("s/TAG_HERE/1/g", Some(("TAG_HERE", false))),
            ("3,5s#__IMG__#x#", Some(("__IMG__", false))),
            ("s@{{IMAGE}}@x@", Some(("{{IMAGE}}", false))),
            ("s/image: .*/x/", None),
            ("s#image:.*-backup$#x#", Some(("image:.*-backup$", true))),
            ("s/a/b/", None),
            ("p", None),
        ] {
            let got = replaced(command);
            let got = got.as_ref().map(|(text, pattern)| (&**text, *pattern));
            assert_eq!(got, expected, "{command}");
        }
    }
}
