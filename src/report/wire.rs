//! JSON that is safe to print: values keep every character, but no byte of the output moves a cursor or starts a
//! command of a CI host. serde_json escapes C0 only; DEL, C1, bidirectional and invisible characters and the
//! bracket of `##word[` are written as `\uXXXX` here, which every JSON reader gives back unchanged.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

use image_lint_model::sanitize::{command_bracket, is_forbidden};

/// Whether a character of a string must not stand in the output as it is.
type IsEscaped = fn(char) -> bool;

/// Writes an indented value and a line break.
pub(crate) fn pretty<T: Serialize + ?Sized>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    let mut serializer =
        Serializer::with_formatter(&mut *out, Safe(PrettyFormatter::new(), is_forbidden));
    value.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

/// Writes a value on one line, and a line break.
pub(crate) fn line<T: Serialize + ?Sized>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    let mut serializer =
        Serializer::with_formatter(&mut *out, Safe(CompactFormatter, is_forbidden));
    value.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

/// Writes a value on one line for a `script` element, which no text in it can end (HTML, "Restrictions for contents of
/// script elements": `<!--`, `<script` and `</script` are what matters there).
pub(crate) fn script<T: Serialize + ?Sized>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    let is_escaped: IsEscaped = |c| is_forbidden(c) || matches!(c, '<' | '>' | '&');
    let mut serializer = Serializer::with_formatter(&mut *out, Safe(CompactFormatter, is_escaped));
    value.serialize(&mut serializer)?;
    Ok(())
}

struct Safe<F>(F, IsEscaped);

impl<F: Formatter> Formatter for Safe<F> {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest
            .find(self.1)
            .into_iter()
            .chain(command_bracket(rest))
            .min()
        {
            out.write_all(&rest.as_bytes()[..at])?;
            let mut chars = rest[at..].chars();
            let Some(c) = chars.next() else { break };
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = chars.as_str();
        }
        out.write_all(rest.as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        line(text, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn unsafe_characters_are_escaped_and_nothing_else() {
        assert_eq!(written("a/ü:1"), "\"a/ü:1\"\n");
        assert_eq!(
            written("\u{9b}\u{202e}\u{e0041}"),
            "\"\\u009b\\u202e\\udb40\\udc41\"\n"
        );
        assert_eq!(written("##[x]"), "\"##\\u005bx]\"\n");
        assert_eq!(written("##vso[x]"), "\"##vso\\u005bx]\"\n");
    }

    fn in_script(text: &str) -> String {
        let mut out = Vec::new();
        script(text, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn no_text_ends_its_script_element() {
        for text in ["</script>", "<!--<script>", "a&lt;b", "-->", "\u{2028}]]>"] {
            let json = in_script(text);
            assert!(!json.contains(['<', '>', '&', '\u{2028}']), "{json}");
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }

    proptest! {
        #[test]
        fn every_text_comes_back_from_a_script_element(text in any::<String>()) {
            let json = in_script(&text);
            prop_assert!(!json.contains(is_forbidden) && !json.contains(['<', '>', '&']));
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }

        #[test]
        fn every_text_comes_back(text in any::<String>()) {
            let json = written(&text);
            prop_assert!(!json.trim_end_matches('\n').contains(is_forbidden));
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
