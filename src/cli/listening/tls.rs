//! The files by which the listener talks in secret.

use std::path::{Path, PathBuf};

use events::bus::listener::Tls;
use events::bus::listener::tls::Unusable;

use crate::cli::problem::Problem;
use crate::cli::remote::read;

/// What to show to clients, and whom to let in.
#[derive(Debug, clap::Args)]
pub(super) struct Files {
    /// Talk in secret, and with nobody in plain text: a file with the certificate, and behind it
    /// those up to who is trusted, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// A file with the key of the certificate, in PEM and without a password
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Let in only clients with a certificate that is signed by one of this file
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_ca: Option<PathBuf>,
}

impl Files {
    /// Whether it talks in secret, and whether it asks clients for certificates.
    pub(super) fn kind(&self) -> (bool, bool) {
        (self.tls_cert.is_some(), self.tls_ca.is_some())
    }

    /// What they hold; nothing, if none was named.
    pub(super) fn read(&self) -> Result<Option<Tls>, Problem> {
        let (Some(certificate), Some(key)) = (&self.tls_cert, &self.tls_key) else {
            return Ok(None);
        };
        let authorities = self.tls_ca.as_deref();
        let texts = (read(certificate)?, read(key)?, authorities.map(read).transpose()?);
        let of_clients = texts.2.as_deref().map(str::as_bytes);
        let tls = Tls::new(texts.0.as_bytes(), texts.1.as_bytes(), of_clients);
        tls.map(Some).map_err(|unusable| {
            let path: &Path = match &unusable {
                Unusable::Certificates(_) => certificate,
                Unusable::Key(_) => key,
                Unusable::Authorities(_) => authorities.unwrap_or(certificate),
            };
            Problem::TlsUnusable { path: path.into(), unusable }
        })
    }
}
