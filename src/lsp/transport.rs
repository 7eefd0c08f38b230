//! Messages on stdin and stdout, each with its length before it (LSP 3.17, "Base Protocol").
//!
//! `lsp-server` reads as many bytes as a message says that it has, and gives up at the first that it cannot parse. Here a
//! message has a limit, and nonsense is answered and passed over.

use std::io::{self, BufRead, Read, Write};

use crossbeam_channel::{Receiver, Sender};
use lsp_server::{ErrorCode, Message};
use serde_json::{Value, json};

/// Bytes of one message.
pub const LARGEST: u64 = 64 * 1024 * 1024;
/// Bytes of one line of a header.
const LONGEST_LINE: u64 = 8 * 1024;

/// What came in.
#[derive(Debug)]
pub enum Incoming {
    Message(Message),
    /// Something that is no message, with the error that answers it.
    Nonsense(ErrorCode, String),
}

/// What goes out.
#[derive(Debug)]
pub enum Outgoing {
    Message(Message),
    /// The answer to something whose id nobody knows.
    NoId(ErrorCode, String),
}

/// Reads messages until the input ends or cannot be followed any more.
pub fn read(mut input: impl BufRead, to: &Sender<Incoming>) {
    while let Some(incoming) = next(&mut input) {
        // The main loop has ended.
        if to.send(incoming).is_err() {
            return;
        }
    }
}

/// Writes messages until nobody sends any, or nobody reads them.
pub fn write(mut output: impl Write, from: &Receiver<Outgoing>) {
    for outgoing in from {
        let written = match outgoing {
            Outgoing::Message(message) => message.write(&mut output),
            Outgoing::NoId(code, why) => no_id(&mut output, code, &why),
        };
        if written.is_err() {
            return;
        }
    }
}

/// JSON-RPC 2.0, "Response object": the id is null where it could not be detected.
fn no_id(output: &mut impl Write, code: ErrorCode, why: &str) -> io::Result<()> {
    let error = json!({"code": code as i32, "message": why});
    let text = json!({"jsonrpc": "2.0", "id": Value::Null, "error": error}).to_string();
    write!(output, "Content-Length: {}\r\n\r\n{text}", text.len())?;
    output.flush()
}

fn next(input: &mut impl BufRead) -> Option<Incoming> {
    let nonsense = |why: &str| Some(Incoming::Nonsense(ErrorCode::ParseError, why.to_owned()));
    let length = match header(input) {
        Header::Length(length) => length,
        Header::None => return nonsense("a header without a Content-Length"),
        Header::End => return None,
    };
    if length > LARGEST {
        let passed = io::copy(&mut input.take(length), &mut io::sink());
        passed.ok().filter(|passed| *passed == length)?;
        return nonsense("a message of more than 64 MiB");
    }
    let mut bytes = Vec::new();
    // Grown as bytes come, whatever the header says.
    input.take(length).read_to_end(&mut bytes).ok()?;
    if bytes.len() as u64 != length {
        return None;
    }
    match serde_json::from_slice(&bytes) {
        Ok(message) => Some(Incoming::Message(message)),
        Err(_) if serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).is_ok() => {
            let why = "this is no request, response or notification".to_owned();
            Some(Incoming::Nonsense(ErrorCode::InvalidRequest, why))
        }
        Err(_) => nonsense("this is no JSON"),
    }
}

enum Header {
    Length(u64),
    None,
    End,
}

fn header(input: &mut impl BufRead) -> Header {
    let mut length = None;
    let mut any = false;
    loop {
        let mut line = Vec::new();
        let read = input.take(LONGEST_LINE).read_until(b'\n', &mut line);
        // A line without an end is no header: where the next message would begin, nobody knows.
        if !matches!(read, Ok(n) if n > 0) || line.last() != Some(&b'\n') {
            return Header::End;
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end();
        if line.is_empty() {
            match (length, any) {
                (Some(length), _) => return Header::Length(length),
                (None, true) => return Header::None,
                // Blank lines between messages.
                (None, false) => continue,
            }
        }
        any = true;
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(input: &[u8]) -> Vec<String> {
        let mut input = io::BufReader::new(input);
        let mut seen = Vec::new();
        while let Some(incoming) = next(&mut input) {
            seen.push(match incoming {
                Incoming::Message(Message::Request(request)) => request.method,
                Incoming::Message(Message::Notification(notification)) => notification.method,
                Incoming::Message(Message::Response(_)) => "response".to_owned(),
                Incoming::Nonsense(code, _) => (code as i32).to_string(),
            });
        }
        seen
    }

    fn framed(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    #[test]
    fn nonsense_is_answered_and_what_follows_is_read() {
        let good = framed(r#"{"jsonrpc":"2.0","method":"a"}"#);
        let rows: [(String, &[&str], &str); 9] = [
            (format!("{good}{good}"), &["a", "a"], "messages"),
            (
                format!("{}{good}", framed("{")),
                &["-32700", "a"],
                "what is no JSON",
            ),
            (
                format!("{}{good}", framed("[1]")),
                &["-32600", "a"],
                "JSON that is no message",
            ),
            (
                format!("{}{good}", framed(&"[".repeat(1_000_000))),
                &["-32700", "a"],
                "nesting without end",
            ),
            (
                format!("X-Kind: y\r\n\r\n{good}"),
                &["-32700", "a"],
                "a header without a length",
            ),
            (
                format!("content-length: x\r\n\r\n{good}"),
                &["-32700", "a"],
                "a length that is no number",
            ),
            (
                "Content-Length: 99999999999999\r\n\r\nx".to_owned(),
                &[],
                "a length that nothing follows costs nothing",
            ),
            ("x".repeat(1_000_000), &[], "a line without an end"),
            (
                good.replace("Content-Length", "Content-Type: utf-8\r\nCONTENT-LENGTH"),
                &["a"],
                "headers in any case and order",
            ),
        ];
        for (input, expected, why) in rows {
            assert_eq!(all(input.as_bytes()), expected, "{why}");
        }
    }

    #[test]
    fn a_message_beyond_the_limit_is_passed_over() {
        let length = LARGEST + 1;
        let large = io::repeat(b'x').take(length);
        let head = format!("Content-Length: {length}\r\n\r\n");
        let tail = framed(r#"{"jsonrpc":"2.0","id":1,"method":"b"}"#);
        let whole = head.as_bytes().chain(large).chain(tail.as_bytes());
        let mut input = io::BufReader::new(whole);
        let first = next(&mut input);
        assert!(matches!(first, Some(Incoming::Nonsense(..))), "{first:?}");
        let second = next(&mut input);
        assert!(matches!(second, Some(Incoming::Message(_))), "{second:?}");
    }
}
