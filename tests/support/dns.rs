//! A name server on loopback that says what a test tells it to: the addresses of names, one set for each look-up in
//! turn, so that a name can mean one thing when it is looked at and another a moment later.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// Types of records (RFC 1035, RFC 3596).
const A: u16 = 1;
const AAAA: u16 = 28;

/// Answers over UDP until it is dropped. Names that it does not know do not exist.
pub struct NameServer {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl NameServer {
    /// `names`: what each name means at the first look-up, the second and so on; the last set stays.
    pub fn start(names: &[(&str, &[&[&str]])]) -> Self {
        let address = |text: &&str| text.parse::<IpAddr>().expect("an address");
        let names: HashMap<String, Vec<Vec<IpAddr>>> = names
            .iter()
            .map(|(name, sets)| {
                (
                    (*name).to_owned(),
                    sets.iter()
                        .map(|set| set.iter().map(address).collect())
                        .collect(),
                )
            })
            .collect();
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on loopback");
        socket
            .set_read_timeout(Some(Duration::from_millis(50)))
            .expect("a socket");
        let address = socket.local_addr().expect("a bound socket");
        let (asked, stop) = (
            Arc::new(Mutex::new(Vec::new())),
            Arc::new(AtomicBool::new(false)),
        );
        let thread = std::thread::spawn({
            let (asked, stop) = (asked.clone(), stop.clone());
            move || {
                let mut times: HashMap<(String, u16), usize> = HashMap::new();
                let mut packet = [0; 1500];
                while !stop.load(Ordering::SeqCst) {
                    let Ok((length, from)) = socket.recv_from(&mut packet) else {
                        continue;
                    };
                    let Some((name, kind, end)) = question(&packet[..length]) else {
                        continue;
                    };
                    let sets = names.get(&name);
                    let time = times.entry((name.clone(), kind)).or_default();
                    let set = sets.and_then(|sets| sets.get(*time).or(sets.last()));
                    *time += 1;
                    asked.lock().expect("the log's lock").push(name);
                    let _ =
                        socket.send_to(&answer(&packet[..end], kind, set.map(Vec::as_slice)), from);
                }
            }
        });
        NameServer {
            address,
            asked,
            stop,
            thread: Some(thread),
        }
    }

    /// For `--name-server`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// How often a name was looked up, for either type of address.
    pub fn times(&self, name: &str) -> usize {
        self.asked
            .lock()
            .expect("the log's lock")
            .iter()
            .filter(|asked| *asked == name)
            .count()
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Name in lower case, type, and where the question ends.
fn question(packet: &[u8]) -> Option<(String, u16, usize)> {
    let mut at = 12;
    let mut labels = Vec::new();
    loop {
        let length = usize::from(*packet.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(packet.get(at..at + length)?).to_ascii_lowercase());
        at += length;
    }
    let kind = u16::from_be_bytes([*packet.get(at)?, *packet.get(at + 1)?]);
    Some((labels.join("."), kind, at + 4))
}

/// The header and the question again, and the addresses of the type that was asked for, which nobody may keep.
fn answer(question: &[u8], kind: u16, set: Option<&[IpAddr]>) -> Vec<u8> {
    let records: Vec<Vec<u8>> = set
        .unwrap_or_default()
        .iter()
        .filter_map(|address| match address {
            IpAddr::V4(v4) if kind == A => Some(v4.octets().to_vec()),
            IpAddr::V6(v6) if kind == AAAA => Some(v6.octets().to_vec()),
            _ => None,
        })
        .collect();
    let mut out = question.to_vec();
    // A response, recursion available; NXDOMAIN (3) for a name that is not known.
    out[2..4].copy_from_slice(&[0x81, if set.is_some() { 0x80 } else { 0x83 }]);
    out[4..12].copy_from_slice(&[0, 1, 0, records.len() as u8, 0, 0, 0, 0]);
    for bytes in records {
        // The name is the question's; class IN; no seconds to live.
        out.extend([0xc0, 12]);
        out.extend(kind.to_be_bytes());
        out.extend([0, 1, 0, 0, 0, 0, 0, bytes.len() as u8]);
        out.extend(bytes);
    }
    out
}
