//! `annals bus`: messages from the terminal, to and from any NATS server, and a server of its own.

mod ping;
mod publish;
mod request;
mod serve;
mod shown;
mod subscribe;

use std::path::{Path, PathBuf};

use bytes::Bytes;
use clap::Subcommand;
use events::bus::nats::{Login, Nats, Settings};
use events::bus::{self, Event, Headers, Message, Name};
use events::store::keys::random_id;
use tokio::io::AsyncReadExt as _;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::problem::Problem;
use super::threads::side_by_side;
use super::{Context, Done};

/// What the server calls these connections.
const NAME: &str = "annals bus";

#[derive(Debug, Subcommand)]
pub(super) enum BusCommand {
    Ping(ping::Ping),
    Sub(subscribe::Sub),
    Pub(publish::Pub),
    Request(request::Request),
    Serve(serve::Serve),
}

impl BusCommand {
    pub(super) fn run(self, context: &Context) -> Done {
        match self {
            Self::Ping(command) => side_by_side(command.run(context)),
            Self::Sub(command) => side_by_side(command.run(context)),
            Self::Pub(command) => side_by_side(command.run(context)),
            Self::Request(command) => side_by_side(command.run(context)),
            Self::Serve(command) => side_by_side(command.run(context)),
        }
    }
}

/// Which server, and who we are there.
#[derive(Debug, clap::Args)]
struct Connect {
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
    /// Connects; one attempt is made.
    async fn open(&self) -> Result<Nats, Problem> {
        let seed = random_id().as_u64_pair().0;
        let (server, login) = parts(&self.server);
        let mut settings = Settings::to(server, NAME, seed);
        settings.login = login;
        settings.inbox = self.inbox.to_string();
        if let Some(file) = &self.credentials {
            settings.login = Some(Login::Credentials(read(file)?));
        }
        // The client would say less about a file that is not there.
        for file in [&self.tls_ca, &self.tls_cert, &self.tls_key].into_iter().flatten() {
            read(file)?;
        }
        settings.authorities.clone_from(&self.tls_ca);
        settings.certificate = self.tls_cert.clone().zip(self.tls_key.clone());
        Ok(Nats::connect(settings).await?)
    }
}

/// Returns when the server does not allow something, or the connection has ended.
async fn refused(happens: &mut Receiver<Event>, tell: impl Fn(&Event)) -> Problem {
    loop {
        match happens.recv().await {
            Ok(event) => match refusal(&event) {
                Some(problem) => return problem,
                None => tell(&event),
            },
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return bus::Error::Closed.into(),
        }
    }
}

/// What cannot be gone on from.
fn refusal(event: &Event) -> Option<Problem> {
    match event {
        Event::Complaint(text) if text.contains("Permissions Violation") => {
            Some(bus::Error::NotAllowed(text.clone()).into())
        }
        Event::Closed => Some(bus::Error::Closed.into()),
        _ => None,
    }
}

/// The text of a file.
fn read(file: &Path) -> Result<String, Problem> {
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

/// What a message says beside where it goes.
#[derive(Debug, clap::Args)]
struct Content {
    /// The payload; `-` is standard input [default: nothing]
    payload: Option<String>,
    /// A header, such as 'traceparent: 00-…'; may be given several times
    #[arg(long, short = 'H', value_name = "NAME: VALUE")]
    header: Vec<String>,
}

impl Content {
    async fn message(&self, subject: &Name) -> Result<Message, Problem> {
        let headers = self.header.iter().try_fold(Headers::none(), |headers, header| {
            let (name, value) = header
                .split_once(':')
                .ok_or_else(|| Problem::Usage(format!("{header:?} has no colon")))?;
            headers.with(name, value.trim()).map_err(|error| Problem::Usage(error.to_string()))
        })?;
        let payload = match self.payload.as_deref() {
            None => Bytes::new(),
            Some("-") => input().await?,
            Some(text) => Bytes::copy_from_slice(text.as_bytes()),
        };
        Ok(Message { headers, ..Message::new(subject.clone(), payload) })
    }
}

/// Everything on standard input, as far as a message can hold it.
async fn input() -> Result<Bytes, Problem> {
    let mut bytes = Vec::new();
    let limit = PAYLOAD_BYTES_MAX as u64 + 1;
    tokio::io::stdin().take(limit).read_to_end(&mut bytes).await.map_err(Problem::InputFailed)?;
    match bytes.len() > PAYLOAD_BYTES_MAX {
        true => Err(Problem::Usage("the payload is longer than any server takes".into())),
        false => Ok(bytes.into()),
    }
}

/// The largest payload that any server can be set up to take.
const PAYLOAD_BYTES_MAX: usize = 64 * 1024 * 1024;
