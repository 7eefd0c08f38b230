//! From bytes to text: UTF-8 and UTF-16, with or without a byte order mark.

use crate::source::Encoding;

/// Why bytes are no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotText {
    #[error("not UTF-8: byte {at} (line {line}) is no part of a character; save the file as UTF-8")]
    Encoding { at: usize, line: usize },
    #[error("a binary file (it holds NUL bytes)")]
    Binary,
    #[error("not valid UTF-16; save the file as UTF-8")]
    Utf16,
    #[error("UTF-32; save the file as UTF-8")]
    Utf32,
}

/// Decodes a file.
///
/// A UTF-8 byte order mark stays in the text, so that byte offsets are those of the file.
///
/// # Errors
/// When the bytes are neither UTF-8 nor UTF-16.
pub fn decode(bytes: Vec<u8>) -> Result<(String, Encoding), NotText> {
    // Without a mark, UTF-16 shows in how ASCII begins (YAML 1.2.2, 5.2 "Character Encodings").
    let plain = |a: u8, b: u8| {
        [a, b]
            .iter()
            .all(|c| matches!(c, b'\t' | b'\n' | b'\r' | b' '..=b'~'))
    };
    match bytes.get(..4) {
        Some([0xff, 0xfe, 0, 0] | [0, 0, 0xfe, 0xff]) => return Err(NotText::Utf32),
        Some([a, 0, b, 0]) if plain(*a, *b) => {
            return utf16(&bytes, u16::from_le_bytes).map_err(|_| NotText::Binary);
        }
        Some([0, a, 0, b]) if plain(*a, *b) => {
            return utf16(&bytes, u16::from_be_bytes).map_err(|_| NotText::Binary);
        }
        _ => {}
    }
    match bytes.get(..2) {
        Some([0xff, 0xfe]) => return utf16(&bytes[2..], u16::from_le_bytes),
        Some([0xfe, 0xff]) => return utf16(&bytes[2..], u16::from_be_bytes),
        _ => {}
    }
    match String::from_utf8(bytes) {
        Ok(text) => {
            let encoding = if text.starts_with('\u{feff}') {
                Encoding::Utf8Bom
            } else {
                Encoding::Utf8
            };
            Ok((text, encoding))
        }
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bytes = error.as_bytes();
            if bytes.iter().take(8192).any(|b| *b == 0) {
                return Err(NotText::Binary);
            }
            Err(NotText::Encoding {
                at,
                line: bytes[..at].iter().filter(|b| **b == b'\n').count() + 1,
            })
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<(String, Encoding), NotText> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(NotText::Utf16);
    }
    let text: Result<String, _> =
        char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect();
    text.map(|text| (text, Encoding::Utf16))
        .map_err(|_| NotText::Utf16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_as_it_was_saved() {
        let utf16: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain("a: ü".encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        type Row = (Vec<u8>, Result<(&'static str, Encoding), NotText>);
        let rows: Vec<Row> = vec![
            (b"a: 1\n".to_vec(), Ok(("a: 1\n", Encoding::Utf8))),
            (
                b"\xef\xbb\xbfa".to_vec(),
                Ok(("\u{feff}a", Encoding::Utf8Bom)),
            ),
            (utf16, Ok(("a: ü", Encoding::Utf16))),
            (b"\xfe\xff\0a".to_vec(), Ok(("a", Encoding::Utf16))),
            (b"a\0:\0".to_vec(), Ok(("a:", Encoding::Utf16))),
            (b"\0a\0\n".to_vec(), Ok(("a\n", Encoding::Utf16))),
            (b"a\0:\0\0\xd8".to_vec(), Err(NotText::Binary)),
            (b"\xff\xfe\0\0a\0\0\0".to_vec(), Err(NotText::Utf32)),
            (b"\xff\xfea".to_vec(), Err(NotText::Utf16)),
            (
                b"a\nb\xffc".to_vec(),
                Err(NotText::Encoding { at: 3, line: 2 }),
            ),
            (b"\x7fELF\0\xff".to_vec(), Err(NotText::Binary)),
        ];
        for (bytes, expected) in rows {
            let got = decode(bytes.clone());
            assert_eq!(got, expected.map(|(t, e)| (t.to_owned(), e)), "{bytes:?}");
        }
    }
}
