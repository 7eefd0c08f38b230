//! Servers whose certificates, protocols or connections are bad: each costs its own images, which count as not checked.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio_rustls::rustls::{ServerConfig, ServerConnection, Stream};

use crate::answers::unchecked;
use crate::program::{Ran, Workspace, pod};
use crate::support::registry::{Fault, Registry};
use crate::support::tls::{Authority, Identity};

/// Says the same bytes to everybody who sends something, and hangs up.
struct Parrot {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Parrot {
    fn start(tls: Option<Arc<ServerConfig>>, words: Vec<u8>) -> Self {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on loopback");
        let address = listener.local_addr().expect("a bound socket");
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            while let Ok((mut stream, _)) = listener.accept() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let _ = stream.set_read_timeout(Some(Duration::from_secs(2)));
                let mut some = [0; 4096];
                match &tls {
                    None => say(&mut stream, &mut some, &words),
                    Some(config) => {
                        let mut connection =
                            ServerConnection::new(config.clone()).expect("a connection");
                        say(
                            &mut Stream::new(&mut connection, &mut stream),
                            &mut some,
                            &words,
                        );
                    }
                }
            }
        });
        Parrot {
            address,
            stop,
            thread: Some(thread),
        }
    }
}

fn say(stream: &mut (impl Read + Write), some: &mut [u8], words: &[u8]) {
    let _ = stream.read(some);
    let _ = stream.write_all(words);
    let _ = stream.flush();
}

impl Drop for Parrot {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lint(host: &str, authority: &Authority) -> Ran {
    lint_within("60", host, authority)
}

fn lint_within(seconds: &str, host: &str, authority: &Authority) -> Ran {
    let workspace = Workspace::of("pod.yaml", pod(&[&format!("{host}/app:1")]));
    workspace
        .program(&[
            "--format",
            "json",
            "--no-cache",
            "--timeout",
            seconds,
            "--allow-host",
            host,
            "--ca",
        ])
        .arg(authority.file())
        .run()
}

#[test]
fn certificates_that_prove_nothing_are_refused_with_the_reason() {
    let authority = Authority::new();
    let stranger =
        "its certificate is signed by an authority that is not trusted here (--ca FILE adds one)";
    // The last authority has the name of the trusted one and another key.
    for (identity, words) in [
        (authority.expired(), "its certificate has expired"),
        (
            authority.identity_for(&["other.example"]),
            "its certificate is for another name",
        ),
        (Identity::self_signed(), stranger),
        (Authority::new().identity(), stranger),
    ] {
        let registry = Registry::start_tls(&identity);
        registry.push_oci("app", "1");
        let ran = lint(&registry.host(), &authority);
        assert_eq!(
            (ran.code, ran.findings().len()),
            (Some(3), 0),
            "{words}: {}",
            ran.said()
        );
        assert_eq!(
            unchecked(&ran),
            [format!(
                "tls: no secure connection to `{}`: {words}",
                registry.host()
            )]
        );
        assert_eq!(
            (registry.log().len(), registry.connections()),
            (0, 1),
            "{words}: nothing was asked, nor tried again"
        );
    }
    let registry = Registry::start_tls(&authority.identity());
    registry.push_oci("app", "1");
    assert_eq!(
        lint(&registry.host(), &authority).findings().len(),
        1,
        "a good certificate is believed"
    );
}

#[test]
fn old_tls_is_not_spoken() {
    // A ServerHello of TLS 1.0 with TLS_RSA_WITH_AES_128_CBC_SHA (RFC 2246, 7.4.1.3), and the alert of a server that
    // speaks nothing newer (protocol_version, 70).
    let mut hello = vec![0x16, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
    hello.extend([7; 32]);
    hello.extend([0, 0, 0x2f, 0]);
    for (words, why) in [
        (hello, "peer is incompatible: ServerDoesNotSupportTls12Or13"),
        (
            vec![0x15, 3, 1, 0, 2, 2, 70],
            "received fatal alert: ProtocolVersion",
        ),
    ] {
        let server = Parrot::start(None, words);
        let ran = lint(&server.address.to_string(), &Authority::new());
        assert_eq!(
            (ran.code, ran.findings().len()),
            (Some(3), 0),
            "{}",
            ran.said()
        );
        assert_eq!(
            unchecked(&ran),
            [format!(
                "tls: no secure connection to `{}`: {why}",
                server.address
            )]
        );
    }
}

#[test]
fn connections_that_are_broken_off_are_no_verdict() {
    let authority = Authority::new();
    // Settings, then GOAWAY with ENHANCE_YOUR_CALM (RFC 9113, 6.8): no request was processed.
    let mut goaway = vec![0, 0, 0, 4, 0, 0, 0, 0, 0];
    goaway.extend([0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11]);
    let server = Parrot::start(Some(authority.identity().server_config(true, None)), goaway);
    // Nothing else is asked, and what is asked has no answer.
    let ran = lint_within("3", &server.address.to_string(), &authority);
    assert_eq!(
        (ran.code, ran.findings().len()),
        (Some(3), 0),
        "GOAWAY: {}",
        ran.said()
    );
    // What the connection says of its end depends on which side is faster.
    let said = unchecked(&ran);
    assert!(
        said.len() == 1 && said[0].starts_with("connect: no connection to "),
        "{said:?}"
    );
    assert_eq!(
        ran.summary("requests"),
        6,
        "three tries, and three more when all else is done"
    );
    let registry = Registry::start_tls(&authority.identity());
    registry.push_docker_list("app", "1");
    registry.on("app:1").get().gives(Fault::ResetInBody);
    let ran = lint(&registry.host(), &authority);
    assert_eq!(
        (ran.code, ran.findings().len()),
        (Some(3), 0),
        "reset: {}",
        ran.said()
    );
    let said = unchecked(&ran);
    let begin = "protocol: did not answer as a registry does: the answer broke off: ";
    assert!(said.len() == 1 && said[0].starts_with(begin), "{said:?}");
    assert_eq!(
        (
            registry.count("HEAD", "/v2/"),
            registry.count("GET", "/v2/")
        ),
        (1, 3),
        "{:#?}",
        registry.lines()
    );
}
