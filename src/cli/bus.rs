//! `annals bus`: messages from the terminal, to and from any NATS server, and a server of its own.

mod ping;
mod publish;
mod request;
mod serve;
mod shown;
mod subscribe;

use bytes::Bytes;
use clap::Subcommand;
use events::bus::{self, Event, Headers, Message, Name};
use tokio::io::AsyncReadExt as _;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::problem::Problem;
use super::remote::Connect;
use super::threads::side_by_side;
use super::{Context, Done};

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
