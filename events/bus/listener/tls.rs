//! What the listener shows to clients that it talks to in secret, and whom it asks for the same.
//! Files are read by who sets it; here are their bytes, as PEM.

use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::{Error as PemError, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// Certificates and keys, ready to be shown.
#[derive(Clone)]
pub struct Tls {
    pub(super) acceptor: TlsAcceptor,
    /// Whether clients must show a certificate.
    pub(super) verifies: bool,
}

/// Why files do not make a listener that talks in secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// The certificates of the listener.
    #[error("the certificates: {0}")]
    Certificates(String),
    /// The key.
    #[error("the key: {0}")]
    Key(String),
    /// The certificates by which those of clients are signed.
    #[error("the certificates of who signs for clients: {0}")]
    Authorities(String),
}

impl Tls {
    /// The listener shows these certificates, its own first, and proves with the key that they are
    /// its own. With `authorities` it lets in only clients with a certificate that one of them signed.
    pub fn new(
        certificates: &[u8],
        key: &[u8],
        authorities: Option<&[u8]>,
    ) -> Result<Self, Unusable> {
        let chain = read_certificates(certificates).map_err(Unusable::Certificates)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| match error {
            PemError::NoItemsFound => {
                Unusable::Key("there is none in it, or only one that a password protects".into())
            }
            error => Unusable::Key(error.to_string()),
        })?;
        let provider = Arc::new(default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("the provider knows every version");
        let verifier = match authorities {
            None => WebPkiClientVerifier::no_client_auth(),
            Some(pem) => verifier(pem, provider).map_err(Unusable::Authorities)?,
        };
        let config = builder.with_client_cert_verifier(verifier).with_single_cert(chain, key);
        let config = config.map_err(|error| Unusable::Key(error.to_string()))?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Ok(Self { acceptor, verifies: authorities.is_some() })
    }
}

fn read_certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match all {
        Ok(all) if all.is_empty() => Err("there are none in it".into()),
        all => all.map_err(|error| error.to_string()),
    }
}

fn verifier(
    pem: &[u8],
    provider: Arc<tokio_rustls::rustls::crypto::CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let mut roots = RootCertStore::empty();
    for certificate in read_certificates(pem)? {
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    builder.build().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_pem_is_refused_and_it_is_said_which_file() {
        let refused = |certificates: &str, key: &str| {
            Tls::new(certificates.as_bytes(), key.as_bytes(), None).err()
        };
        let pem = |of: &str| format!("-----BEGIN {of}-----\nAAAA\n-----END {of}-----\n");
        let (certificate, key) = (pem("CERTIFICATE"), pem("PRIVATE KEY"));
        for text in ["", "no PEM", &key, "-----BEGIN CERTIFICATE-----\nAAAA"] {
            let refused = refused(text, &key);
            assert!(matches!(refused, Some(Unusable::Certificates(_))), "{text}: {refused:?}");
        }
        for text in ["", &certificate, &pem("ENCRYPTED PRIVATE KEY"), &key] {
            let refused = refused(&certificate, text);
            assert!(matches!(refused, Some(Unusable::Key(_))), "{text}: {refused:?}");
        }
    }
}
