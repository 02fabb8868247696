//! Certificates for tests, and the server's side of TLS. The keys are only in memory.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair,
    date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// A certificate authority.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A server's certificate and its key.
#[derive(Clone)]
pub struct Certificate {
    pub(crate) config: Arc<ServerConfig>,
    pem: String,
}

/// When a certificate is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Valid {
    Now,
    NoLonger,
    NotYet,
}

/// The number of authorities made so far.
static MADE: AtomicUsize = AtomicUsize::new(0);

impl Authority {
    /// # Panics
    /// If the system has no random numbers.
    pub fn new() -> Authority {
        let mut params = params(&[], Valid::Now);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Each has its own name, since two authorities with one name would be a different case.
        params.distinguished_name = name(&format!("authority {}", MADE.fetch_add(1, Ordering::Relaxed)));
        let issuer = CertifiedIssuer::self_signed(params, key()).expect("its parameters are right");
        Authority { issuer }
    }

    /// The certificate of the authority, for clients that trust it.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for a server with that host name or address.
    ///
    /// # Panics
    /// If the host is neither.
    pub fn certificate(&self, host: &str, valid: Valid) -> Certificate {
        let key = key();
        let signed = params(&[host], valid).signed_by(&key, &self.issuer).expect("its parameters are right");
        Certificate::new(&signed, &key)
    }
}

impl Default for Authority {
    fn default() -> Authority {
        Authority::new()
    }
}

impl Certificate {
    /// A self-signed certificate.
    ///
    /// # Panics
    /// If the host is neither a name nor an address.
    pub fn self_signed(host: &str) -> Certificate {
        let key = key();
        let signed = params(&[host], Valid::Now).self_signed(&key).expect("its parameters are right");
        Certificate::new(&signed, &key)
    }

    pub fn pem(&self) -> &str {
        &self.pem
    }

    fn new(signed: &rcgen::Certificate, key: &KeyPair) -> Certificate {
        let chain = vec![CertificateDer::from(signed.der().to_vec())];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring has them")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("the key is the certificate's");
        Certificate { config: Arc::new(config), pem: signed.pem() }
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pem)
    }
}

fn key() -> KeyPair {
    KeyPair::generate().expect("the system has random numbers")
}

fn name(text: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, text);
    name
}

fn params(hosts: &[&str], valid: Valid) -> CertificateParams {
    let hosts: Vec<_> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(hosts).expect("a name or an address");
    params.distinguished_name = name("fake-sts");
    let (from, until) = match valid {
        Valid::Now => (2020, 2200),
        Valid::NoLonger => (2020, 2021),
        Valid::NotYet => (2199, 2200),
    };
    (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(until, 1, 1));
    params
}
