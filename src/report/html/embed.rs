//! The report as an element of the page: plain where it is small, and packed with gzip where findings are so many that
//! nobody could keep the page, let alone open it. One finding takes two kilobytes, of which most is said of others too.

use std::io::{self, Write};

use base64::engine::general_purpose::{GeneralPurpose, STANDARD};
use base64::write::EncoderWriter;
use miniz_oxide::deflate::core::{CompressorOxide, create_comp_flags_from_zip_params};
use miniz_oxide::deflate::stream::deflate;
use miniz_oxide::{DataFormat, MZFlush, MZStatus};

/// Bytes of a report that stays as it is.
pub const PLAIN: usize = 4 * 1024 * 1024;

/// Writes the element, whose text is what `write` writes.
///
/// # Errors
/// Those of the stream.
pub fn element(
    out: &mut dyn Write,
    plain: usize,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut element = Element {
        plain,
        state: State::Held(Vec::new(), out),
    };
    write(&mut element)?;
    match element.state {
        State::Held(held, out) => {
            out.write_all(b"<script type=\"application/json\" id=\"report\">")?;
            out.write_all(&held)?;
            out.write_all(b"</script>\n")
        }
        State::Packed(mut packed) => {
            let out = packed.finish()?.finish()?;
            out.write_all(b"</script>\n")
        }
        State::Taken => Ok(()),
    }
}

struct Element<'a> {
    plain: usize,
    state: State<'a>,
}

/// The text so far, or its way out once it is too long.
enum State<'a> {
    Held(Vec<u8>, &'a mut dyn Write),
    Packed(Box<Gzip<Base64<'a>>>),
    /// While it changes.
    Taken,
}

type Base64<'a> = EncoderWriter<'static, GeneralPurpose, &'a mut dyn Write>;

impl Write for Element<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let State::Held(held, _) = &mut self.state {
            held.extend_from_slice(bytes);
            if held.len() > self.plain {
                self.pack()?;
            }
            return Ok(bytes.len());
        }
        match &mut self.state {
            State::Packed(packed) => packed.write(bytes),
            State::Held(..) | State::Taken => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Element<'_> {
    fn pack(&mut self) -> io::Result<()> {
        if let State::Held(held, out) = std::mem::replace(&mut self.state, State::Taken) {
            out.write_all(
                b"<script type=\"application/gzip\" data-encoding=\"base64\" id=\"report\">",
            )?;
            let mut packed = Box::new(Gzip::new(EncoderWriter::new(out, &STANDARD))?);
            packed.write_all(&held)?;
            self.state = State::Packed(packed);
        }
        Ok(())
    }
}

/// One gzip member (RFC 1952).
struct Gzip<W: Write> {
    out: W,
    deflate: Box<CompressorOxide>,
    sum: u32,
    length: u32,
}

impl<W: Write> Gzip<W> {
    fn new(mut out: W) -> io::Result<Self> {
        // No flags, no time, no system: the same report gives the same bytes.
        out.write_all(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])?;
        // Level 6, raw deflate.
        let flags = create_comp_flags_from_zip_params(6, -15, 0);
        let mut deflate = Box::new(CompressorOxide::new(flags));
        deflate.set_format_and_level(DataFormat::Raw, 6);
        Ok(Gzip {
            out,
            deflate,
            sum: u32::MAX,
            length: 0,
        })
    }

    fn turn(&mut self, mut bytes: &[u8], flush: MZFlush) -> io::Result<()> {
        let mut room = [0; 32 * 1024];
        loop {
            let done = deflate(&mut self.deflate, bytes, &mut room, flush);
            self.out.write_all(&room[..done.bytes_written])?;
            bytes = &bytes[done.bytes_consumed..];
            match done.status {
                Ok(MZStatus::StreamEnd) => return Ok(()),
                Ok(_) if bytes.is_empty() && flush == MZFlush::None => return Ok(()),
                Ok(_) => {}
                Err(error) => return Err(io::Error::other(format!("{error:?}"))),
            }
        }
    }

    fn finish(&mut self) -> io::Result<&mut W> {
        self.turn(&[], MZFlush::Finish)?;
        self.out.write_all(&(!self.sum).to_le_bytes())?;
        self.out.write_all(&self.length.to_le_bytes())?;
        Ok(&mut self.out)
    }
}

impl<W: Write> Write for Gzip<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            // The low byte, of 256 there are.
            let at = (self.sum ^ u32::from(*byte)) & 0xff;
            self.sum = CRC[at as usize] ^ (self.sum >> 8);
        }
        // RFC 1952: the length modulo 2^32.
        self.length = self.length.wrapping_add(bytes.len() as u32);
        self.turn(bytes, MZFlush::None)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The remainder of each byte (RFC 1952, section 8).
const CRC: [u32; 256] = {
    let mut table = [0; 256];
    let mut n = 0;
    while n < 256 {
        let mut c = n as u32;
        let mut k = 0;
        while k < 8 {
            c = if c & 1 == 1 {
                0xedb8_8320 ^ (c >> 1)
            } else {
                c >> 1
            };
            k += 1;
        }
        table[n] = c;
        n += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;

    fn written(text: &str, plain: usize) -> String {
        let mut out = Vec::new();
        element(&mut out, plain, |out| {
            // In pieces, as a serializer writes.
            text.as_bytes()
                .chunks(7)
                .try_for_each(|piece| out.write_all(piece))
        })
        .unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_is_short_stays_as_it_is() {
        assert_eq!(
            written("{}", 10),
            "<script type=\"application/json\" id=\"report\">{}</script>\n"
        );
    }

    #[test]
    fn what_is_long_is_packed_as_gzip_and_comes_back() {
        for length in [11, 1_000, 300_000] {
            let text: String = (0..length).map(|n| format!("{n},")).collect();
            let element = written(&text, 10);
            let packed = element
                .strip_prefix(
                    "<script type=\"application/gzip\" data-encoding=\"base64\" id=\"report\">",
                )
                .and_then(|rest| rest.strip_suffix("</script>\n"))
                .unwrap();
            let bytes = STANDARD.decode(packed).unwrap();
            let (body, end) = bytes[10..].split_at(bytes.len() - 18);
            let back = miniz_oxide::inflate::decompress_to_vec(body).unwrap();
            assert!(back == text.as_bytes());
            assert_eq!(end[4..], (text.len() as u32).to_le_bytes());
        }
    }

    #[test]
    fn the_sum_is_that_of_gzip() {
        // The check value of CRC-32/ISO-HDLC in the catalogue of parametrised CRC algorithms.
        let mut gzip = Gzip::new(Vec::new()).unwrap();
        gzip.write_all(b"123456789").unwrap();
        assert_eq!(!gzip.sum, 0xcbf4_3926);
    }
}
