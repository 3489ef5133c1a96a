//! Certificates and keys, fresh for each test, in files as people have them.

use std::path::PathBuf;

use data_encoding::BASE64;
use events::bus::listener::Tls;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use tempfile::TempDir;

/// Who signs, and what it has signed: papers for a server and for a client.
pub(crate) struct Papers {
    folder: TempDir,
}

impl Papers {
    pub(crate) fn new() -> Self {
        let papers = Self { folder: tempfile::tempdir().expect("a folder") };
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().expect("a key");
        let authority = CertifiedIssuer::self_signed(params, key).expect("it signs itself");
        papers.keep("ca.pem", "CERTIFICATE", authority.der());
        for name in ["server", "client"] {
            let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
            let mut params = CertificateParams::new(names).expect("names");
            // Who has the name of who signed is taken for someone who signed it alone.
            params.distinguished_name.push(DnType::CommonName, name);
            params.use_authority_key_identifier_extension = true;
            let key = KeyPair::generate().expect("a key");
            let certificate = params.signed_by(&key, &authority).expect("it is signed");
            papers.keep(&format!("{name}.pem"), "CERTIFICATE", certificate.der());
            papers.keep(&format!("{name}.key"), "PRIVATE KEY", key.serialized_der());
        }
        papers
    }

    fn keep(&self, name: &str, what: &str, der: &[u8]) {
        let text = BASE64.encode(der);
        let pem = format!("-----BEGIN {what}-----\n{text}\n-----END {what}-----\n");
        std::fs::write(self.path(name), pem).expect("there is room");
    }

    /// One of the files: `ca.pem`, and `.pem` and `.key` of `server` and `client`.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_string_lossy().into_owned()
    }

    /// Who has signed.
    pub(crate) fn authority(&self) -> PathBuf {
        self.path("ca.pem")
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect("it is there")
    }

    /// What a listener shows.
    pub(crate) fn tls(&self) -> Tls {
        Tls::new(&self.read("server.pem"), &self.read("server.key"), None).expect("usable")
    }

    /// The same, and clients must show something, too.
    pub(crate) fn mutual(&self) -> Tls {
        let authority = self.read("ca.pem");
        let (certificate, key) = (self.read("server.pem"), self.read("server.key"));
        Tls::new(&certificate, &key, Some(&authority)).expect("usable")
    }
}
