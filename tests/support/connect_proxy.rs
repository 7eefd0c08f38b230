//! An HTTP proxy that tunnels (`CONNECT`) to servers of the test, under whatever names these are asked for.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// What a client asked the proxy for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tunnel {
    /// `registry.example.com:443`
    pub target: String,
    /// The value of `Proxy-Authorization`.
    pub authorization: Option<String>,
}

/// The proxy; it takes no more connections when this is dropped.
pub struct ConnectProxy {
    pub address: SocketAddr,
    log: Arc<Mutex<Vec<Tunnel>>>,
    ended: Arc<AtomicBool>,
}

impl ConnectProxy {
    /// Tunnels every target to one server. With `wanted`, only for clients that show this value of `Proxy-Authorization`.
    pub fn start(server: SocketAddr, wanted: Option<&str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on loopback");
        let address = listener.local_addr().expect("a bound socket");
        let log = Arc::new(Mutex::new(Vec::new()));
        let ended = Arc::new(AtomicBool::new(false));
        let (seen, over, wanted) = (log.clone(), ended.clone(), wanted.map(str::to_owned));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let (seen, wanted) = (seen.clone(), wanted.clone());
                // A client that goes away in the middle ends its own thread only.
                std::thread::spawn(move || serve(client, server, wanted.as_deref(), &seen));
            }
        });
        ConnectProxy {
            address,
            log,
            ended,
        }
    }

    pub fn log(&self) -> Vec<Tunnel> {
        self.log.lock().expect("the log's lock").clone()
    }
}

impl Drop for ConnectProxy {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // The thread waits for a connection, so it is given one.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(
    mut client: TcpStream,
    server: SocketAddr,
    wanted: Option<&str>,
    log: &Mutex<Vec<Tunnel>>,
) -> Option<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < 16 * 1024 {
        client.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.lines();
    let target = lines
        .next()?
        .strip_prefix("CONNECT ")?
        .split(' ')
        .next()?
        .to_owned();
    let authorization = lines
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("proxy-authorization"))
        .map(|(_, value)| value.trim().to_owned());
    let fine = wanted.is_none() || authorization.as_deref() == wanted;
    log.lock().expect("the log's lock").push(Tunnel {
        target,
        authorization,
    });
    if !fine {
        let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n";
        return client.write_all(refusal.as_bytes()).ok();
    }
    let upstream = TcpStream::connect(server).ok()?;
    client
        .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        .ok()?;
    let (mut from, mut to) = (client.try_clone().ok()?, upstream.try_clone().ok()?);
    let back = std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    let (mut from, mut to) = (upstream, client);
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
    back.join().ok()
}
