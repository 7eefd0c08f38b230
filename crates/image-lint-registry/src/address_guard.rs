//! Which addresses may be connected to. The check is made on the address a connection really goes to, after name
//! resolution, so that a name that means `127.0.0.1`, now or at the second look-up, does not get through.
//!
//! Always denied: loopback, link-local (cloud metadata), unspecified, multicast, broadcast, documentation and reserved
//! ranges. Denied when the tree is not trusted: RFC 1918, unique local, carrier-grade NAT, benchmarking. Hosts that the
//! user named do not pass through here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolverConfig,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Url, dns};

use crate::settings::Trust;

/// Why an address is not connected to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{host} is {what}, which is not asked unless named with --allow-host or --plain-http")]
pub struct Forbidden {
    pub host: String,
    pub what: &'static str,
}

/// A name that has no address, or no name server answered.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NameError(pub String);

/// What forbids an address; None when it may be connected to.
pub fn forbids(address: IpAddr, trust: Trust) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) => forbids_v4(v4, trust),
        IpAddr::V6(v6) => forbids_v6(v6, trust).or_else(|| {
            let embedded = embedded(v6);
            embedded
                .into_iter()
                .flatten()
                .find_map(|v4| forbids_v4(v4, trust))
        }),
    }
}

fn forbids_v4(a: Ipv4Addr, trust: Trust) -> Option<&'static str> {
    let [first, second, third, _] = a.octets();
    if a.is_loopback() {
        Some("a loopback address")
    } else if a.is_link_local() {
        Some("a link-local address")
    } else if first == 0 || a.is_broadcast() || a.is_multicast() || first >= 240 {
        Some("not the address of a server")
    } else if a.is_documentation() || (first, second, third) == (192, 0, 0) {
        Some("a reserved address")
    } else if a == Ipv4Addr::new(168, 63, 129, 16) || a == Ipv4Addr::new(100, 100, 100, 200) {
        // Azure's and Alibaba's metadata services do not live in the link-local range.
        Some("a cloud metadata address")
    } else if trust == Trust::Untrusted
        && (a.is_private()
            || (first == 100 && second & 0xc0 == 64)
            || (first == 198 && second & 0xfe == 18))
    {
        Some("an address of a private network")
    } else {
        None
    }
}

fn forbids_v6(a: Ipv6Addr, trust: Trust) -> Option<&'static str> {
    let head = a.segments()[0];
    if a.is_loopback() {
        Some("a loopback address")
    } else if head & 0xffc0 == 0xfe80 {
        Some("a link-local address")
    } else if a.is_unspecified() || a.is_multicast() {
        Some("not the address of a server")
    } else if a == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)
        || a.segments()[..2] == [0xfd20, 0xce]
    {
        // EC2's and Google's metadata services.
        Some("a cloud metadata address")
    } else if a.segments()[..2] == [0x2001, 0xdb8]
        || a.segments()[..3] == [0x2001, 2, 0]
        || head == 0x3fff
        || head == 0x5f00
        || a.segments()[..4] == [0x100, 0, 0, 0]
    {
        // Documentation, benchmarking, segment routing and discard (IANA, "IPv6 Special-Purpose Address Registry").
        Some("a reserved address")
    } else if trust == Trust::Untrusted && (head & 0xfe00 == 0xfc00 || head & 0xffc0 == 0xfec0) {
        Some("an address of a private network")
    } else {
        None
    }
}

/// The IPv4 addresses that an IPv6 one may lead to: mapped, compatible and translated (RFC 4291, RFC 2765), NAT64 (RFC
/// 6052; below the local-use prefix of RFC 8215 at each place that its table 2.2 names), 6to4 (RFC 3056), Teredo (RFC 4380,
/// its server and, with all bits turned, its client) and ISATAP (RFC 5214).
fn embedded(a: Ipv6Addr) -> [Option<Ipv4Addr>; 4] {
    let (s, o) = (a.segments(), a.octets());
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(Ipv4Addr::new(a, b, c, d))
    };
    match s {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => {
            [v4(high, low), None, None, None]
        }
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => [None; 4],
        [0, 0, 0, 0, 0, 0, high, low] => [v4(high, low), None, None, None],
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => [v4(high, low), None, None, None],
        [0x64, 0xff9b, 1, .., high, low] => {
            let at = |places: [usize; 4]| Some(Ipv4Addr::from(places.map(|place| o[place])));
            let (at_48, at_56, at_64) =
                (at([6, 7, 9, 10]), at([7, 9, 10, 11]), at([9, 10, 11, 12]));
            [v4(high, low), at_48, at_56, at_64]
        }
        [0x2002, high, low, ..] => [v4(high, low), None, None, None],
        [0x2001, 0, high, low, _, _, client_high, client_low] => {
            [v4(high, low), v4(!client_high, !client_low), None, None]
        }
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => [v4(high, low), None, None, None],
        _ => [None; 4],
    }
}

/// What of a URL can be judged before a look-up: literal addresses, which never reach the resolver, and names that mean
/// this machine. With a proxy this is all that can be judged, since the proxy resolves names.
///
/// # Errors
/// Why it must not be asked.
pub fn check_url(url: &Url, trust: Trust) -> Result<(), Forbidden> {
    let forbidden = |what| {
        Err(Forbidden {
            host: url.host_str().unwrap_or_default().to_owned(),
            what,
        })
    };
    // The parser already turned `127.1`, `0x7f.1` and `2130706433` into addresses (WHATWG URL, "IPv4 parser").
    let literal = url
        .host_str()
        .map(|h| h.trim_start_matches('[').trim_end_matches(']'))
        .and_then(|h| h.parse().ok());
    if let Some(address) = literal {
        return match forbids(address, trust) {
            Some(what) => forbidden(what),
            None => Ok(()),
        };
    }
    let name = url
        .host_str()
        .unwrap_or_default()
        .trim_end_matches('.')
        .to_ascii_lowercase();
    if name == "localhost" || name.ends_with(".localhost") {
        return forbidden("this machine");
    }
    if name == "metadata.google.internal" || name == "metadata" {
        return forbidden("a cloud metadata service");
    }
    Ok(())
}

/// Resolves names by the system's settings without the C library, and lets only permitted addresses through.
#[derive(Clone)]
pub struct GuardedResolver {
    resolver: Arc<tokio::sync::OnceCell<TokioResolver>>,
    /// None: every address is let through.
    pub trust: Option<Trust>,
    /// Names that are let through whatever their address (the proxy's).
    pub exempt: Arc<[String]>,
    /// Asked instead of the system's; empty: the system's.
    servers: Arc<[SocketAddr]>,
}

impl GuardedResolver {
    pub fn new(trust: Option<Trust>, exempt: Vec<String>, servers: &[SocketAddr]) -> Self {
        GuardedResolver {
            resolver: Arc::default(),
            trust,
            exempt: exempt.into(),
            servers: servers.into(),
        }
    }

    /// The same look-ups (and their cache) without the guard.
    pub fn unguarded(&self) -> Self {
        GuardedResolver {
            trust: None,
            ..self.clone()
        }
    }

    async fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, NameError> {
        let resolver = self
            .resolver
            .get_or_try_init(|| async {
                // No fall-back to a public name server: that would tell strangers which hosts are asked.
                let mut builder = match &*self.servers {
                    [] => TokioResolver::builder_tokio()?,
                    servers => {
                        let servers = servers.iter().map(|server| name_server(*server)).collect();
                        let config = ResolverConfig::from_name_servers(servers);
                        TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
                    }
                };
                builder.options_mut().ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
                builder.build()
            })
            .await
            .map_err(|error| NameError(format!("cannot read the name server settings: {error}")))?;
        match resolver.lookup_ip(name).await {
            Ok(found) => Ok(found.iter().collect()),
            Err(error) if error.is_nx_domain() || error.is_no_records_found() => {
                Err(NameError(format!("no address is known for {name}")))
            }
            Err(error) => Err(NameError(format!("looking up {name} failed: {error}"))),
        }
    }
}

/// A name server at a port, over UDP and, for long answers, TCP.
fn name_server(address: SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()]
        .map(|mut connection| {
            connection.port = address.port();
            connection
        })
        .into();
    NameServerConfig::new(address.ip(), true, connections)
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: dns::Name) -> Resolving {
        let this = self.clone();
        Box::pin(async move { this.filtered(name).await })
    }
}

impl GuardedResolver {
    async fn filtered(self, name: Name) -> Result<Addrs, Box<dyn std::error::Error + Send + Sync>> {
        let name = name.as_str();
        let found = self.look_up(name).await?;
        let allowed = match self.trust {
            Some(trust) if !self.exempt.iter().any(|e| e.eq_ignore_ascii_case(name)) => {
                permitted(name, found, trust)?
            }
            _ => found,
        };
        let addresses: Addrs = Box::new(allowed.into_iter().map(|ip| SocketAddr::new(ip, 0)));
        Ok(addresses)
    }
}

/// The addresses of a name that may be connected to.
fn permitted(name: &str, found: Vec<IpAddr>, trust: Trust) -> Result<Vec<IpAddr>, Forbidden> {
    let mut forbidden = None;
    let allowed: Vec<IpAddr> = found
        .into_iter()
        .filter(|address| match forbids(*address, trust) {
            Some(what) => {
                forbidden = Some(what);
                false
            }
            None => true,
        })
        .collect();
    match forbidden {
        Some(what) if allowed.is_empty() => Err(Forbidden {
            host: name.to_owned(),
            what,
        }),
        _ => Ok(allowed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_no_registry_has_are_forbidden_in_every_spelling() {
        use Trust::*;
        let cases: [(&str, Trust, bool, &str); 44] = [
            (
                "http://[64:ff9b:1:a9:fe:a9fe::]/",
                Trusted,
                false,
                "NAT64 for local use, 56 bits of prefix",
            ),
            (
                "http://[64:ff9b:1::a9fe:a9fe]/",
                Trusted,
                false,
                "NAT64 for local use, 96 bits of prefix",
            ),
            (
                "http://[64:ff9b:1:a9fe:a9:fe00::]/",
                Trusted,
                false,
                "NAT64 for local use, 48 bits of prefix",
            ),
            (
                "http://[64:ff9b:1:0:a9:fea9:fe00::]/",
                Trusted,
                false,
                "NAT64 for local use, 64 bits of prefix",
            ),
            (
                "http://[64:ff9b:1:808:8:800::]/",
                Untrusted,
                false,
                "what else of it would be is not known",
            ),
            (
                "http://[::ffff:0:169.254.169.254]/",
                Trusted,
                false,
                "translated metadata",
            ),
            (
                "http://[2001:0:7f00:1::f7f7:f7f7]/",
                Trusted,
                false,
                "Teredo's server here",
            ),
            (
                "http://[2001:0:808:808::5601:5601]/",
                Trusted,
                false,
                "Teredo's client is metadata",
            ),
            ("http://[2600::5efe:10.0.0.1]/", Untrusted, false, "ISATAP"),
            ("http://[100::1]/", Trusted, false, "discard"),
            (
                "http://[2600:1f18::1]/",
                Untrusted,
                true,
                "a public address",
            ),
            ("http://169.254.169.254/", Trusted, false, "metadata"),
            (
                "http://[fd00:ec2::254]/",
                Trusted,
                false,
                "metadata over IPv6",
            ),
            ("http://[fe80::1]/", Trusted, false, "link-local"),
            ("http://127.0.0.1:5000/", Trusted, false, "loopback"),
            ("http://127.1:80/", Trusted, false, "short loopback"),
            ("http://2130706433/", Trusted, false, "decimal loopback"),
            ("http://0x7f.1/", Trusted, false, "hexadecimal loopback"),
            ("http://0177.0.0.1/", Trusted, false, "octal loopback"),
            ("http://[::1]:5000/", Trusted, false, "IPv6 loopback"),
            (
                "http://[::ffff:127.0.0.1]/",
                Trusted,
                false,
                "mapped loopback",
            ),
            (
                "http://[::ffff:169.254.169.254]/",
                Trusted,
                false,
                "mapped metadata",
            ),
            (
                "http://[64:ff9b::169.254.169.254]/",
                Trusted,
                false,
                "NAT64 metadata",
            ),
            (
                "http://[2002:a9fe:a9fe::1]/",
                Trusted,
                false,
                "6to4 metadata",
            ),
            ("http://[::]/", Trusted, false, "unspecified"),
            ("http://0.0.0.0/", Trusted, false, "unspecified"),
            ("http://255.255.255.255/", Trusted, false, "broadcast"),
            ("http://224.0.0.1/", Trusted, false, "multicast"),
            ("http://240.0.0.1/", Trusted, false, "reserved"),
            (
                "http://168.63.129.16/",
                Trusted,
                false,
                "Azure's wire server",
            ),
            (
                "http://localhost:2375/",
                Trusted,
                false,
                "this machine's docker",
            ),
            (
                "http://LOCALHOST./",
                Trusted,
                false,
                "case and trailing dot",
            ),
            ("http://a.localhost/", Trusted, false, "below localhost"),
            (
                "http://metadata.google.internal/",
                Trusted,
                false,
                "metadata by name",
            ),
            (
                "http://10.0.0.1/",
                Trusted,
                true,
                "in-house registries are normal",
            ),
            (
                "http://10.0.0.1/",
                Untrusted,
                false,
                "but not for strangers",
            ),
            ("http://192.168.1.1/", Untrusted, false, "private"),
            ("http://172.16.0.1/", Untrusted, false, "private"),
            ("http://100.64.0.1/", Untrusted, false, "carrier-grade NAT"),
            ("http://[fc00::1]/", Untrusted, false, "unique local"),
            ("http://[fc00::1]/", Trusted, true, "unique local"),
            (
                "http://[::ffff:10.0.0.1]/",
                Untrusted,
                false,
                "mapped private",
            ),
            ("http://8.8.8.8/", Untrusted, true, "public"),
            (
                "http://quay.io/",
                Untrusted,
                true,
                "a name is judged by its address",
            ),
        ];
        for (url, trust, allowed, why) in cases {
            assert_eq!(
                check_url(&Url::parse(url).unwrap(), trust).is_ok(),
                allowed,
                "{url} ({why})"
            );
        }
    }

    #[test]
    fn a_name_is_judged_by_the_addresses_it_has() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(permitted("rebound.example", vec![ip("127.0.0.1")], Trust::Trusted).is_err());
        assert!(permitted("x", vec![ip("10.0.0.1"), ip("fd00::1")], Trust::Untrusted).is_err());
        let mixed = permitted("x", vec![ip("127.0.0.1"), ip("8.8.8.8")], Trust::Trusted).unwrap();
        assert_eq!(mixed, [ip("8.8.8.8")], "only the permitted address is used");
    }
}
