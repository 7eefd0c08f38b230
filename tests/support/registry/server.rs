//! Accepts connections on loopback and speaks HTTP/1 or HTTP/2, over TLS or plain. Knows nothing of registries.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::service::service_fn;
use hyper::{Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::{Notify, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use super::answer::{Answer, Body};

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    /// `Host` header or `:authority`.
    pub host: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub http2: bool,
    /// Number of the connection, from 1.
    pub connection: usize,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    pub fn parameters<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }
}

/// What is done with a request.
pub enum Reaction {
    Answer(Answer),
    /// The connection is reset (RST), the request never answered.
    Reset,
    /// Nothing ever comes back; the connection stays open.
    Hang,
}

pub trait Service: Send + Sync + 'static {
    fn react(self: Arc<Self>, asked: Asked) -> impl Future<Output = Reaction> + Send;
}

/// A server that ends when this is dropped.
#[derive(Debug)]
pub struct Listening {
    pub address: SocketAddr,
    pub connections: Arc<AtomicUsize>,
    stop: watch::Sender<bool>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

/// All servers of the process share one runtime, apart from the one a test may run in: so they also serve programs that
/// the test starts and waits for.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("registry")
            .enable_all()
            .build()
            .expect("threads for the servers")
    })
}

/// Listens at a free port; the port is open when this returns.
pub fn listen<S: Service>(
    address: IpAddr,
    tls: Option<Arc<ServerConfig>>,
    service: Arc<S>,
) -> Listening {
    let listener = std::net::TcpListener::bind((address, 0)).expect("a free port on loopback");
    listener.set_nonblocking(true).expect("a socket");
    let address = listener.local_addr().expect("a bound socket");
    let (stop, stopped) = watch::channel(false);
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = connections.clone();
    runtime().spawn(async move {
        let listener = TcpListener::from_std(listener).expect("a socket for the runtime");
        let mut ended = stopped.clone();
        loop {
            let stream = tokio::select! {
                _ = ended.changed() => return,
                accepted = listener.accept() => accepted,
            };
            let Ok((stream, _)) = stream else {
                // Out of descriptors: the next one may be free in a moment.
                tokio::time::sleep(Duration::from_millis(5)).await;
                continue;
            };
            let number = counter.fetch_add(1, Ordering::SeqCst) + 1;
            let (tls, service, mut ended) = (tls.clone(), service.clone(), stopped.clone());
            tokio::spawn(async move {
                tokio::select! {
                    _ = ended.changed() => {}
                    () = serve(stream, tls, service, number) => {}
                }
            });
        }
    });
    Listening {
        address,
        connections,
        stop,
    }
}

async fn serve<S: Service>(
    stream: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    service: Arc<S>,
    number: usize,
) {
    let _ = stream.set_nodelay(true);
    // A second descriptor of the same socket stays with us, to reset what hyper owns by then.
    let Ok(stream) = stream.into_std() else {
        return;
    };
    let (Ok(twin), Ok(stream)) = (
        stream.try_clone().and_then(TcpStream::from_std),
        TcpStream::from_std(stream),
    ) else {
        return;
    };
    let breaker = Arc::new(Notify::new());
    let broken = breaker.clone();
    let talk = async move {
        match tls {
            None => speak(stream, false, service, number, breaker).await,
            Some(config) => {
                let Ok(stream) = TlsAcceptor::from(config).accept(stream).await else {
                    return;
                };
                let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                speak(stream, http2, service, number, breaker).await;
            }
        }
    };
    tokio::select! {
        () = talk => {}
        () = broken.notified() => { let _ = twin.set_zero_linger(); }
    }
}

async fn speak<S, T>(stream: T, http2: bool, service: Arc<S>, number: usize, breaker: Arc<Notify>)
where
    S: Service,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let handler = service_fn(move |request: Request<Incoming>| {
        let (service, breaker) = (service.clone(), breaker.clone());
        async move { react(service, request, number, breaker).await }
    });
    let io = TokioIo::new(stream);
    // An error here is the client's going away, or a body we cut on purpose.
    if http2 {
        let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .serve_connection(io, handler)
            .await;
    } else {
        let _ = hyper::server::conn::http1::Builder::new()
            .serve_connection(io, handler)
            .await;
    }
}

async fn react<S: Service>(
    service: Arc<S>,
    request: Request<Incoming>,
    connection: usize,
    breaker: Arc<Notify>,
) -> Result<Response<Body>, std::io::Error> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, 64 << 20)
        .collect()
        .await
        .map(|b| b.to_bytes().to_vec())
        .unwrap_or_default();
    let host = parts.uri.authority().map(ToString::to_string);
    let host = host.or_else(|| {
        parts
            .headers
            .get("host")
            .and_then(|h| h.to_str().ok())
            .map(str::to_owned)
    });
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(form_fields).unwrap_or_default(),
        host: host.unwrap_or_default(),
        headers: parts.headers,
        body,
        http2: parts.version == Version::HTTP_2,
        connection,
    };
    let head = asked.method == "HEAD";
    match service.react(asked).await {
        Reaction::Answer(answer) => Ok(answer.into_response(head, &breaker)),
        Reaction::Reset => {
            breaker.notify_one();
            std::future::pending().await
        }
        Reaction::Hang => std::future::pending().await,
    }
}

/// The fields of a query or a form (`application/x-www-form-urlencoded`).
pub fn form_fields(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|field| !field.is_empty())
        .map(|field| {
            let (name, value) = field.split_once('=').unwrap_or((field, ""));
            (decode(name), decode(value))
        })
        .collect()
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = bytes
            .get(at + 1..at + 3)
            .and_then(|hex| std::str::from_utf8(hex).ok());
        match (
            bytes[at],
            escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()),
        ) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
                continue;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}
