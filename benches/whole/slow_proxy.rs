//! A way to a server on loopback that takes as long as one across a continent: every byte arrives half a round trip
//! later, connections take a whole one to open. It counts the requests that pass.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

/// What went through.
#[derive(Default)]
pub struct Traffic {
    pub requests: AtomicUsize,
    pub connections: AtomicUsize,
}

impl Traffic {
    /// Requests and connections since the last call.
    pub fn take(&self) -> (usize, usize) {
        (
            self.requests.swap(0, Ordering::Relaxed),
            self.connections.swap(0, Ordering::Relaxed),
        )
    }
}

/// Listens on a free port; gives `127.0.0.1:port`. Ends with the runtime.
pub async fn start(
    server: String,
    round_trip: Duration,
    traffic: Arc<Traffic>,
) -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            traffic.connections.fetch_add(1, Ordering::Relaxed);
            let (server, traffic) = (server.clone(), traffic.clone());
            tokio::spawn(async move {
                tokio::time::sleep(round_trip).await;
                if let Ok(server) = TcpStream::connect(server).await {
                    let _ = (client.set_nodelay(true), server.set_nodelay(true));
                    let (from_client, to_client) = client.into_split();
                    let (from_server, to_server) = server.into_split();
                    tokio::spawn(carry(from_client, to_server, round_trip / 2, Some(traffic)));
                    carry(from_server, to_client, round_trip / 2, None).await;
                }
            });
        }
    });
    Ok(address)
}

/// Carries bytes, each `delay` late, however many are under way.
async fn carry(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin + Send + 'static,
    delay: Duration,
    traffic: Option<Arc<Traffic>>,
) {
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let writer = tokio::spawn(async move {
        while let Some((due, bytes)) = receiver.recv().await {
            tokio::time::sleep_until(due).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
        let _ = to.shutdown().await;
    });
    let mut buffer = vec![0; 64 * 1024];
    let mut last = [0; 3];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if let Some(traffic) = &traffic {
            // HEAD and GET have no body, so each blank line ends one request.
            let seen: Vec<u8> = last.iter().chain(&buffer[..read]).copied().collect();
            let ends = seen.windows(4).filter(|four| four == b"\r\n\r\n").count();
            traffic.requests.fetch_add(ends, Ordering::Relaxed);
            last.copy_from_slice(&seen[seen.len() - 3..]);
        }
        if sender
            .send((Instant::now() + delay, buffer[..read].to_vec()))
            .is_err()
        {
            break;
        }
    }
    drop(sender);
    let _ = writer.await;
}
