//! A server that says the bytes it is told to, whatever HTTP has to say about them.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// Answers each request with bytes and hangs up, over plain TCP; it ends when this is dropped. Answers should say
/// `Connection: close`, or it depends on the moment whether a client sends its next request over the same connection.
pub struct BareServer {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl BareServer {
    /// `answer` is given the first line of a request: `GET /v2/app/manifests/1 HTTP/1.1`.
    pub fn start(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on loopback");
        let address = listener.local_addr().expect("a bound socket");
        let (stop, asked) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(Mutex::new(Vec::new())),
        );
        let (stopped, log, answer) = (stop.clone(), asked.clone(), Arc::new(answer));
        let thread = std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (log, answer) = (log.clone(), answer.clone());
                std::thread::spawn(move || serve(stream, &log, &*answer));
            }
        });
        BareServer {
            address,
            asked,
            stop,
            thread: Some(thread),
        }
    }

    /// `127.0.0.1:port`
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Methods of the requests so far, in their order.
    pub fn methods(&self) -> Vec<String> {
        let asked = self.asked.lock().expect("the log's lock");
        asked
            .iter()
            .filter_map(|line| line.split(' ').next())
            .map(str::to_owned)
            .collect()
    }
}

fn serve(mut stream: TcpStream, log: &Mutex<Vec<String>>, answer: &dyn Fn(&str) -> Vec<u8>) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
    let (mut head, mut some) = (Vec::new(), [0; 4096]);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut some) {
            Ok(0) | Err(_) => return,
            Ok(read) => head.extend_from_slice(&some[..read]),
        }
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let first = text.lines().next().unwrap_or_default().to_owned();
    log.lock().expect("the log's lock").push(first.clone());
    // A client that has had enough closes first.
    let _ = stream.write_all(&answer(&first));
    let _ = stream.shutdown(std::net::Shutdown::Write);
    // Unread bytes would turn the end into a reset.
    while matches!(stream.read(&mut some), Ok(read) if read > 0) {}
}

impl Drop for BareServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
