//! A certificate authority of our own and the certificates that servers on loopback show, good and bad.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SigningKey, date_time_ymd,
};
use serde_json::{Value, json};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// A private authority; nothing trusts it but the test.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    file: tempfile::NamedTempFile,
}

/// What a server shows: a chain of one, and its key.
pub struct Identity {
    pub certificate_pem: String,
    pub key_pem: String,
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "image-lint test authority");
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(pem.as_bytes())
            .expect("room for a certificate");
        Authority {
            issuer: Issuer::new(params, key),
            pem,
            file,
        }
    }

    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The authority's certificate as a file, for `--ca` and `SSL_CERT_FILE`. It goes away with the authority.
    pub fn file(&self) -> &Path {
        self.file.path()
    }

    /// A certificate for `localhost`, `127.0.0.1` and `::1`.
    pub fn identity(&self) -> Identity {
        self.identity_for(&["localhost", "127.0.0.1", "::1"])
    }

    pub fn identity_for(&self, names: &[&str]) -> Identity {
        self.sign(names, |_| {})
    }

    /// Believes the certificates of this authority.
    fn verifier(&self) -> Arc<dyn ClientCertVerifier> {
        let mut roots = RootCertStore::empty();
        let certificate =
            CertificateDer::from_pem_slice(self.pem.as_bytes()).expect("our own certificate");
        roots.add(certificate).expect("an authority");
        let builder = WebPkiClientVerifier::builder_with_provider(
            Arc::new(roots),
            Arc::new(ring::default_provider()),
        );
        builder.build().expect("a verifier")
    }

    /// Ran out years ago.
    pub fn expired(&self) -> Identity {
        self.sign(&["localhost", "127.0.0.1"], |params| {
            params.not_before = date_time_ymd(2015, 1, 1);
            params.not_after = date_time_ymd(2016, 1, 1);
        })
    }

    fn sign(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("host names");
        params
            .distinguished_name
            .push(DnType::CommonName, "image-lint test server");
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Identity {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            certificate: certificate.der().clone(),
            key: key.serialize_der(),
        }
    }
}

impl Identity {
    /// Signed by itself alone.
    pub fn self_signed() -> Self {
        let mut params =
            CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])
                .expect("host names");
        params
            .distinguished_name
            .push(DnType::CommonName, "image-lint self-signed");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        Identity {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            certificate: certificate.der().clone(),
            key: key.serialize_der(),
        }
    }

    /// The server's side, offering HTTP/2 when asked to, and asking clients for a certificate of an authority.
    pub fn server_config(&self, http2: bool, clients: Option<&Authority>) -> Arc<ServerConfig> {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.clone()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_client_cert_verifier(match clients {
                None => WebPkiClientVerifier::no_client_auth(),
                Some(authority) => authority.verifier(),
            })
            .with_single_cert(vec![self.certificate.clone()], key)
            .expect("a certificate with its key");
        config.alpn_protocols = if http2 {
            vec![b"h2".to_vec(), b"http/1.1".to_vec()]
        } else {
            vec![b"http/1.1".to_vec()]
        };
        Arc::new(config)
    }
}

/// Signs the tokens that docker's registry asks for (distribution, `docs/spec/auth/jwt.md`): ES256, with the certificate
/// in the header.
pub struct TokenSigner {
    key: KeyPair,
    pem: String,
    der: CertificateDer<'static>,
}

impl std::fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenSigner")
    }
}

impl TokenSigner {
    pub const ISSUER: &str = "image-lint test tokens";

    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, Self::ISSUER);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        TokenSigner {
            key,
            pem: certificate.pem(),
            der: certificate.der().clone(),
        }
    }

    /// For `rootcertbundle`.
    pub fn certificate_pem(&self) -> &str {
        &self.pem
    }

    pub fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": "ES256", "typ": "JWT", "x5c": [STANDARD.encode(&self.der)] });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&header), part(claims));
        let signature = raw_signature(&self.key.sign(text.as_bytes()).expect("a signature"));
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// From the ASN.1 of X.509 (a sequence of two integers) to the two numbers of JWS, 32 bytes each (RFC 7518, 3.4).
fn raw_signature(der: &[u8]) -> Vec<u8> {
    let mut rest = &der[2..];
    let mut raw = Vec::new();
    for _ in 0..2 {
        let length = usize::from(rest[1]);
        let number = &rest[2..2 + length];
        let number = &number[number.len().saturating_sub(32)..];
        raw.extend(std::iter::repeat_n(0, 32 - number.len()));
        raw.extend_from_slice(number);
        rest = &rest[2 + length..];
    }
    raw
}
