//! TLS: which authorities are believed, and which certificate is shown to whom.
//!
//! Authorities are the system's, or the bundled set where the system has none (a static binary in an empty image), and
//! the user's `--ca` files. `certs.d` adds authorities and client certificates for one host, as docker and podman read
//! it. There is no switch that turns verification off; a host that the user's `registries.conf` calls `insecure` is asked
//! without ([`Check::None`]).

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::settings::{Environment, SetupError};
use crate::unverified::AnyCertificate;

/// Certificate files larger than this are none.
const MAX_PEM: u64 = 4 * 1024 * 1024;

/// The authorities every host is checked against. The user's files are read at once, so that a wrong one is said before
/// anything else; the system's store, a hundred files or more, only when the first connection needs it.
pub struct Authorities {
    extra: Vec<CertificateDer<'static>>,
    all: OnceLock<RootCertStore>,
}

impl Authorities {
    /// # Errors
    /// A `--ca` file that cannot be read or holds no certificate.
    pub fn new(extra: &[PathBuf]) -> Result<Self, SetupError> {
        let mut certificates = Vec::new();
        for path in extra {
            certificates.extend(authorities_in(path)?);
        }
        Ok(Authorities {
            extra: certificates,
            all: OnceLock::new(),
        })
    }

    /// Broken entries of the system's store are passed over.
    fn all(&self) -> &RootCertStore {
        self.all.get_or_init(|| {
            let mut store = RootCertStore::empty();
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if store.is_empty() {
                store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
            }
            store.add_parsable_certificates(self.extra.iter().cloned());
            store
        })
    }
}

/// The certificates of a PEM file, each of which can be an authority.
fn authorities_in(path: &Path) -> Result<Vec<CertificateDer<'static>>, SetupError> {
    let failed = |why: String| SetupError::Ca {
        path: path.to_owned(),
        why,
    };
    let bytes = read(path).map_err(failed)?;
    let mut trial = RootCertStore::empty();
    let mut found = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&bytes) {
        let certificate = certificate.map_err(|error| failed(format!("{error:?}")))?;
        trial
            .add(certificate.clone())
            .map_err(|error| failed(error.to_string()))?;
        found.push(certificate);
    }
    if found.is_empty() {
        Err(failed("there is no PEM certificate in it".to_owned()))
    } else {
        Ok(found)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let size = std::fs::metadata(path)
        .map_err(|error| error.to_string())?
        .len();
    if size > MAX_PEM {
        return Err("it is too large".to_owned());
    }
    std::fs::read(path).map_err(|error| error.to_string())
}

/// What `certs.d` holds for one host.
#[derive(Clone, Default)]
pub struct HostFiles {
    authorities: Vec<PathBuf>,
    /// Certificate chain and key, named `x.cert` and `x.key`.
    client: Option<(PathBuf, PathBuf)>,
}

impl HostFiles {
    /// Looks into the folders of podman and docker, most specific first, for the host as the user writes it
    /// (containers/image `docs/containers-certs.d.5.md`; docker's `/etc/docker/certs.d`).
    pub fn find(environment: &Environment, image_host: &str) -> Option<HostFiles> {
        // The host is a folder's name here, so it must be nothing else.
        if image_host.contains('/') || image_host.starts_with('.') {
            return None;
        }
        let mut bases = Vec::new();
        bases.extend(
            environment
                .config_home()
                .map(|base| base.join("containers/certs.d")),
        );
        if let Some(etc) = &environment.etc {
            bases.extend([etc.join("containers/certs.d"), etc.join("docker/certs.d")]);
        }
        let folder = bases
            .into_iter()
            .map(|base| base.join(image_host))
            .find(|folder| folder.is_dir())?;
        let mut names: Vec<PathBuf> = std::fs::read_dir(folder)
            .ok()?
            .flatten()
            .map(|entry| entry.path())
            .collect();
        names.sort();
        let mut files = HostFiles::default();
        for path in names {
            match path.extension().and_then(|e| e.to_str()) {
                Some("crt") => files.authorities.push(path),
                Some("cert") if files.client.is_none() => {
                    let key = path.with_extension("key");
                    if key.is_file() {
                        files.client = Some((path, key));
                    }
                }
                _ => {}
            }
        }
        (!files.authorities.is_empty() || files.client.is_some()).then_some(files)
    }
}

/// Whether a server's certificate is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Check {
    Certificate,
    None,
}

/// TLS settings for the given authorities.
///
/// # Errors
/// Files of `certs.d` that cannot be read.
pub fn config(
    authorities: &Authorities,
    files: Option<&HostFiles>,
    check: Check,
) -> Result<ClientConfig, SetupError> {
    let mut roots = authorities.all().clone();
    for path in files.iter().flat_map(|f| &f.authorities) {
        roots.add_parsable_certificates(authorities_in(path)?);
    }
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| SetupError::Tls(error.to_string()))?;
    let builder = match check {
        Check::Certificate => builder.with_root_certificates(roots),
        Check::None => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider))),
    };
    let Some((chain, key)) = files.and_then(|f| f.client.as_ref()) else {
        return Ok(offering_http2(builder.with_no_client_auth()));
    };
    let failed = |path: &Path, why: String| SetupError::Ca {
        path: path.to_owned(),
        why,
    };
    let bytes = read(chain).map_err(|why| failed(chain, why))?;
    let certificates = CertificateDer::pem_slice_iter(&bytes)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| failed(chain, format!("{error:?}")))?;
    let bytes = read(key).map_err(|why| failed(key, why))?;
    // The parser's error could quote the key.
    let private = PrivateKeyDer::from_pem_slice(&bytes)
        .map_err(|_| failed(key, "there is no PEM private key in it".into()))?;
    let config = builder.with_client_auth_cert(certificates, private);
    config
        .map(offering_http2)
        .map_err(|error| failed(chain, error.to_string()))
}

/// reqwest offers HTTP/2 by itself only where it makes the settings itself.
fn offering_http2(mut config: ClientConfig) -> ClientConfig {
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}
