//! Charts as archives: a gzip of a tar, unpacked in memory and never further than the meter lets it.

use image_lint_text::meter::Meter;

/// Most bytes that one archive may become.
const MAX_UNPACKED: usize = 20 * 1024 * 1024;

/// Paths and contents of its files; or why it cannot be read.
pub fn unpack(archive: &[u8], meter: &Meter) -> Result<Vec<(String, Vec<u8>)>, String> {
    let body = deflated(archive).ok_or("not a gzip file")?;
    let tar = miniz_oxide::inflate::decompress_to_vec_with_limit(body, MAX_UNPACKED)
        .map_err(|error| format!("cannot be unpacked: {error}"))?;
    meter
        .produce(tar.len())
        .map_err(|cause| cause.to_string())?;
    entries(&tar).ok_or_else(|| "not a tar file".to_owned())
}

/// The deflated part of a gzip file (RFC 1952).
fn deflated(archive: &[u8]) -> Option<&[u8]> {
    if archive.get(..3)? != [0x1f, 0x8b, 8] {
        return None;
    }
    let flags = *archive.get(3)?;
    let mut at = 10;
    if flags & 4 != 0 {
        let length = u16::from_le_bytes([*archive.get(at)?, *archive.get(at + 1)?]);
        at += 2 + usize::from(length);
    }
    for flag in [8, 16] {
        if flags & flag != 0 {
            at += archive.get(at..)?.iter().position(|byte| *byte == 0)? + 1;
        }
    }
    if flags & 2 != 0 {
        at += 2;
    }
    archive.get(at..)
}

/// The regular files of a tar (POSIX ustar, GNU and pax long names).
fn entries(tar: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    let mut at = 0;
    let mut long = None;
    while let Some(header) = tar.get(at..at + 512) {
        if header.iter().all(|byte| *byte == 0) {
            break;
        }
        let size = octal(header.get(124..136)?)?;
        let content = tar.get(at + 512..at + 512 + size)?;
        match header[156] {
            b'L' => long = Some(text(content)),
            b'x' => long = pax_path(content).or(long),
            b'0' | 0 => {
                let name = long.take().unwrap_or_else(|| name(header));
                files.push((name.trim_start_matches("./").to_owned(), content.to_vec()));
            }
            _ => long = None,
        }
        at += 512 + size.div_ceil(512) * 512;
    }
    Some(files)
}

fn octal(field: &[u8]) -> Option<usize> {
    let text = text(field);
    usize::from_str_radix(text.trim(), 8).ok()
}

fn text(field: &[u8]) -> String {
    let end = field
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

fn name(header: &[u8]) -> String {
    let (name, prefix) = (text(&header[..100]), text(&header[345..500]));
    if prefix.is_empty() || &header[257..262] != b"ustar" {
        name
    } else {
        format!("{prefix}/{name}")
    }
}

/// `LENGTH path=NAME\n`
fn pax_path(content: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(content);
    text.lines()
        .find_map(|line| Some(line.split_once(" path=")?.1.to_owned()))
}
