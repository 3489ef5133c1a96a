//! A connection to a system that runs: to any server of NATS, and to Annals itself.

use std::path::{Path, PathBuf};

use events::bus::Name;
use events::bus::nats::{Login, Nats, Settings};
use events::store::keys::random_id;

use super::problem::Problem;

/// What the server calls these connections.
const NAME: &str = "annals";

/// Which server, and who we are there.
#[derive(Debug, clap::Args)]
pub(super) struct Connect {
    /// The server: nats://host:port, or tls://, also with user:password@ or token@ before the host
    #[arg(
        long,
        value_name = "URL",
        env = "ANNALS_NATS",
        default_value = "nats://127.0.0.1:4222",
        hide_env_values = true
    )]
    server: String,
    /// A credentials file of NATS
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
    /// What the subjects of answers begin with; the server must let us listen there
    #[arg(long, value_name = "SUBJECT", default_value = "_INBOX")]
    inbox: Name,
    /// Talk in secret only, and only with a server whose certificate is signed by one of this file, in
    /// PEM [default: with tls://, by one that the system knows]
    #[arg(long, value_name = "FILE")]
    tls_ca: Option<PathBuf>,
    /// A certificate to show to a server that asks for one, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The key of the certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

impl Connect {
    /// The server's address, as it may be shown.
    pub(super) fn shown(&self) -> String {
        without_login(&self.server)
    }

    /// Connects; one attempt is made.
    pub(super) async fn open(&self) -> Result<Nats, Problem> {
        let mut settings = settings(&self.server, self.credentials.as_deref())?;
        settings.inbox = self.inbox.to_string();
        // The client would say less about a file that is not there.
        for file in [&self.tls_ca, &self.tls_cert, &self.tls_key].into_iter().flatten() {
            read(file)?;
        }
        settings.authorities.clone_from(&self.tls_ca);
        settings.certificate = self.tls_cert.clone().zip(self.tls_key.clone());
        Ok(Nats::connect(settings).await?)
    }
}

/// Connects to a server as the system does; one attempt is made.
pub(super) async fn connect(url: &str, credentials: Option<&Path>) -> Result<Nats, Problem> {
    Ok(Nats::connect(settings(url, credentials)?).await?)
}

fn settings(url: &str, credentials: Option<&Path>) -> Result<Settings, Problem> {
    let (server, login) = parts(url);
    let mut settings = Settings::to(server, NAME, random_id().as_u64_pair().0);
    settings.login = login;
    if let Some(file) = credentials {
        settings.login = Some(Login::Credentials(read(file)?));
    }
    Ok(settings)
}

/// The address without what lets one in.
pub(super) fn without_login(url: &str) -> String {
    parts(url).0
}

/// The text of a file.
pub(super) fn read(file: &Path) -> Result<String, Problem> {
    std::fs::read_to_string(file)
        .map_err(|source| Problem::InputMissing { path: file.into(), source })
}

/// A server's address without what lets one in, and that.
fn parts(url: &str) -> (String, Option<Login>) {
    let (scheme, rest) = url.split_once("://").unwrap_or(("nats", url));
    let Some((login, host)) = rest.rsplit_once('@') else { return (url.into(), None) };
    let login = match login.split_once(':') {
        Some((user, password)) => Login::Password(user.into(), password.into()),
        None => Login::Token(login.into()),
    };
    (format!("{scheme}://{host}"), Some(login))
}
