//! What a server answers: a status, headers and a body that may be slow, cut off or without end.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};
use hyper::{Response, StatusCode};
use serde_json::json;
use tokio::sync::{Notify, mpsc};

/// One answer, before it is put on the wire.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub payload: Payload,
}

#[derive(Clone, Debug)]
pub enum Payload {
    Whole(Vec<u8>),
    /// Some bytes at a time, with a wait before each piece.
    Drip {
        bytes: Vec<u8>,
        piece: usize,
        every: Duration,
    },
    /// The piece, again and again, until the client has enough.
    Endless(Vec<u8>),
    /// The length of the whole is announced, and the connection ends after `sent` bytes.
    Cut {
        bytes: Vec<u8>,
        sent: usize,
        reset: bool,
    },
}

impl Answer {
    pub fn new(status: u16) -> Self {
        Answer {
            status,
            headers: Vec::new(),
            payload: Payload::Whole(Vec::new()),
        }
    }

    pub fn body(mut self, content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.payload = Payload::Whole(bytes.into());
        self.set("content-type", content_type);
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The error body of the distribution spec.
    pub fn errors(status: u16, errors: &[(&str, &str)]) -> Self {
        let errors: Vec<_> = errors
            .iter()
            .map(|(code, message)| json!({ "code": code, "message": message }))
            .collect();
        Answer::new(status).body("application/json", json!({ "errors": errors }).to_string())
    }

    pub fn redirect(status: u16, location: &str) -> Self {
        Answer::new(status).header("location", location)
    }

    /// 200 and a page for people, as captive portals and single sign-on give.
    pub fn login_page() -> Self {
        Answer::new(200).body(
            "text/html; charset=utf-8",
            "<!doctype html><title>Sign in</title><form></form>",
        )
    }

    /// 429 in one of the forms that registries use.
    pub fn limited(wait: &Wait) -> Self {
        let answer = Answer::errors(
            429,
            &[("TOOMANYREQUESTS", "You have reached your pull rate limit.")],
        );
        match wait {
            Wait::Unsaid => answer,
            Wait::Header(value) => answer.header("retry-after", value),
            Wait::GoDuration(value) => Answer::new(429).body(
                "application/json",
                json!({ "errors": [{
                    "code": "TOOMANYREQUESTS",
                    "message": format!("retry-after: {value}, allowed: 44000/minute"),
                }]})
                .to_string(),
            ),
            Wait::BareText => Answer::new(429).body("text/plain", "Too Many Requests (HAP429)\n"),
            Wait::Html => Answer::new(429).body(
                "text/html",
                "<html><head><title>429 Too Many Requests</title></head></html>",
            ),
        }
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    pub fn remove(&mut self, name: &str) {
        self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
    }

    pub fn bytes(&self) -> &[u8] {
        match &self.payload {
            Payload::Whole(bytes) | Payload::Endless(bytes) => bytes,
            Payload::Drip { bytes, .. } | Payload::Cut { bytes, .. } => bytes,
        }
    }

    pub(super) fn into_response(self, head: bool, breaker: &Arc<Notify>) -> Response<Body> {
        let mut response =
            Response::builder().status(StatusCode::from_u16(self.status).expect("a status"));
        let has_length = self
            .headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        for (name, value) in &self.headers {
            let value =
                hyper::header::HeaderValue::from_bytes(value.as_bytes()).expect("a header value");
            response = response.header(name.as_str(), value);
        }
        let announced = match &self.payload {
            Payload::Whole(bytes) if head => Some(bytes.len()),
            Payload::Drip { bytes, .. } | Payload::Cut { bytes, .. } => Some(bytes.len()),
            _ => None,
        };
        if let (Some(length), false) = (announced, has_length || self.status == 204) {
            response = response.header("content-length", length);
        }
        let body = if head {
            Body::Whole(None)
        } else {
            Body::of(self.payload, has_length, breaker)
        };
        response.body(body).expect("a response")
    }
}

/// How a 429 says how long to wait.
#[derive(Clone, Debug)]
pub enum Wait {
    Unsaid,
    /// `Retry-After` as given: seconds, a date, or nonsense.
    Header(String),
    /// GHCR's way: a Go duration in the body's message.
    GoDuration(String),
    /// Docker Hub's abuse limit.
    BareText,
    /// A proxy in front (Quay's nginx).
    Html,
}

pub(super) enum Body {
    Whole(Option<Bytes>),
    Stream(mpsc::Receiver<io::Result<Bytes>>),
}

impl Body {
    fn of(payload: Payload, has_length: bool, breaker: &Arc<Notify>) -> Self {
        let (sender, receiver) = mpsc::channel(1);
        match payload {
            // A length that was set by hand may lie; hyper checks it against a body whose length it knows.
            Payload::Whole(bytes) if !has_length => {
                return Body::Whole((!bytes.is_empty()).then(|| bytes.into()));
            }
            Payload::Whole(bytes) => {
                tokio::spawn(async move {
                    let _ = sender.send(Ok(bytes.into())).await;
                    let _ = sender.send(Err(io::ErrorKind::UnexpectedEof.into())).await;
                });
            }
            Payload::Drip {
                bytes,
                piece,
                every,
            } => {
                tokio::spawn(async move {
                    for piece in bytes.chunks(piece.max(1)) {
                        tokio::time::sleep(every).await;
                        if sender
                            .send(Ok(Bytes::copy_from_slice(piece)))
                            .await
                            .is_err()
                        {
                            return;
                        }
                    }
                });
            }
            Payload::Endless(piece) => {
                let piece = Bytes::from(piece);
                tokio::spawn(async move { while sender.send(Ok(piece.clone())).await.is_ok() {} });
            }
            Payload::Cut { bytes, sent, reset } => {
                let breaker = breaker.clone();
                tokio::spawn(async move {
                    let _ = sender
                        .send(Ok(Bytes::copy_from_slice(&bytes[..sent.min(bytes.len())])))
                        .await;
                    // The piece is written before the channel has room again.
                    let _ = sender.send(Ok(Bytes::new())).await;
                    let _ = sender.send(Ok(Bytes::new())).await;
                    if reset {
                        breaker.notify_one();
                        std::future::pending::<()>().await;
                    }
                    let _ = sender.send(Err(io::ErrorKind::UnexpectedEof.into())).await;
                });
            }
        }
        Body::Stream(receiver)
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Body::Whole(bytes) => Poll::Ready(bytes.take().map(|b| Ok(Frame::data(b)))),
            Body::Stream(receiver) => receiver
                .poll_recv(cx)
                .map(|item| item.map(|bytes| bytes.map(Frame::data))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Body::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Body::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |b| b.len() as u64))
            }
            Body::Stream(_) => SizeHint::default(),
        }
    }
}
