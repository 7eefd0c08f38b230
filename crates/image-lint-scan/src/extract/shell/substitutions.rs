//! Which texts of other files `sed` puts something in the place of: placeholders that somebody fills in.

use crate::extract::Sink;
use crate::extract::shell::walk::{Call, Walker};

/// Most that are noted of one file.
const MAX: usize = 200;

/// Notes the literal texts of `sed … s/TEXT/…/`.
pub(super) fn note(walker: &Walker<'_>, call: &Call, sink: &mut Sink<'_>) {
    for field in &call.fields[1..] {
        let written = field.value().written();
        for command in written.split([';', '\n']) {
            let Some(text) = replaced(command.trim()) else {
                continue;
            };
            if sink.extraction.substitutions.len() >= MAX {
                return;
            }
            let place = sink.place(walker.text.outer(call.span));
            sink.extraction.substitutions.push((text.into(), place));
        }
    }
}

/// The text of `s/TEXT/…/`, with an address before it perhaps; None where it is a pattern.
fn replaced(command: &str) -> Option<String> {
    let at = command.find('s')?;
    let mut rest = command[at + 1..].chars();
    let mark = rest.next().filter(|c| "/|#,@!:%".contains(*c))?;
    let (pattern, _) = rest.as_str().split_once(mark)?;
    let text = pattern.replace('\\', "");
    // A placeholder is a word: anything shorter or looser fits too much.
    let word = |c: char| c.is_ascii_alphanumeric() || "_-.:/<>{}@$%".contains(c);
    (text.len() >= 3 && text.chars().all(word)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_texts_are_noted_and_patterns_are_not() {
        for (command, expected) in [
            ("s|REPLACE_IMAGE|quay.io/a/b:1|", Some("REPLACE_IMAGE")),
            ("s/TAG_HERE/1/g", Some("TAG_HERE")),
            ("3,5s#__IMG__#x#", Some("__IMG__")),
            ("s@{{IMAGE}}@x@", Some("{{IMAGE}}")),
            ("s/image: .*/x/", None),
            ("s/a/b/", None),
            ("p", None),
        ] {
            assert_eq!(replaced(command).as_deref(), expected, "{command}");
        }
    }
}
