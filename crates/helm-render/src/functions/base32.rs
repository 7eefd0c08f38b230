//! RFC 4648, section 6, as Go's `base32.StdEncoding` does it.

const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

pub fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let mut five = [0; 5];
        five[..chunk.len()].copy_from_slice(chunk);
        let bits = five
            .iter()
            .fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        let used = (chunk.len() * 8).div_ceil(5);
        for i in 0..8 {
            let letter = LETTERS[(bits >> (35 - 5 * i)) as usize & 31];
            out.push(if i < used { char::from(letter) } else { '=' });
        }
    }
    out
}

/// The text that was encoded; or the byte at which it is no base32.
pub fn decode(text: &str) -> Result<String, usize> {
    // Go passes over line breaks.
    let clean: Vec<u8> = text
        .bytes()
        .filter(|b| !matches!(b, b'\n' | b'\r'))
        .collect();
    let mut out = Vec::with_capacity(clean.len() * 5 / 8);
    for (number, chunk) in clean.chunks(8).enumerate() {
        let at = number * 8;
        let letters = chunk.iter().take_while(|byte| **byte != b'=').count();
        let last = at + 8 >= clean.len();
        if chunk.len() < 8 {
            return Err(at
                + chunk
                    .iter()
                    .position(|b| digit(*b).is_none())
                    .unwrap_or(chunk.len()));
        }
        if letters < 8 && !(last && matches!(letters, 2 | 4 | 5 | 7)) {
            return Err(at + letters);
        }
        let mut bits = 0u64;
        for (i, byte) in chunk[..letters].iter().enumerate() {
            bits |= digit(*byte).ok_or(at + i)? << (35 - 5 * i);
        }
        if let Some(i) = chunk[letters..].iter().position(|byte| *byte != b'=') {
            return Err(at + letters + i);
        }
        out.extend(&bits.to_be_bytes()[3..3 + letters * 5 / 8]);
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn digit(byte: u8) -> Option<u64> {
    LETTERS
        .iter()
        .position(|letter| *letter == byte)
        .map(|at| at as u64)
}
