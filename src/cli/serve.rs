//! `annals serve`: the whole system in one process.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use actors::work::Ended;
use events::bus::Router;
use events::store::keys::random_id;
use serde_json::json;
use tokio::runtime::Runtime;
use tokio::time::Instant;

use super::listening::{Listening, Open};
use super::output::Lines;
use super::problem::Problem;
use super::remote;
use super::signals::{Signals, Stop};
use super::threads::for_good;
use super::{Context, Done};
use crate::app::App;
use crate::app::carrier::Carrier;
use crate::app::node::Node;
use crate::place::Place as LogPlace;

/// How long it may take to end in good order.
const FAREWELL: Duration = Duration::from_secs(10);

/// Run the system: a log, the actors that decide, and a bus for clients in any language
///
/// Everything is in this one process. Clients of NATS connect to it; it listens on this machine alone
/// unless told otherwise, on port 4222 or, if that is taken and was not asked for, any other. SIGINT
/// and SIGTERM end it: what was taken is answered, and the log is closed; a second one ends it at
/// once, and nothing that was acknowledged is lost.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  annals serve
  annals serve --store /var/lib/annals/annals.log
  annals serve --listen 0.0.0.0:4222 --users users.json --tls-cert bus.pem --tls-key bus.key

A file of users; a user works with the data of one tenant, `main` if none is named:
  [{\"user\":\"worker\",\"password\":\"…\",\"tenant\":\"main\",
    \"subscribe\":{\"allow\":[\"annals.main.work.worker\",\"_INBOX.>\"]}}]")]
pub(super) struct Serve {
    #[command(flatten)]
    listening: Listening,
    /// Use a server of NATS instead: nats://host:port, or tls://, also with user:password@
    #[arg(long, value_name = "URL", requires = "nats_trust", conflicts_with_all = ["listen", "users", "token_file", "tls_cert", "name"])]
    nats: Option<String>,
    /// What vouches for those who send to that server: its permissions, by which only who belongs to a
    /// tenant may send to its subjects, and nobody but Annals to events, work and stop signals
    #[arg(long, value_name = "WHAT", value_parser = ["permissions"], requires = "nats")]
    nats_trust: Option<String>,
    /// Have that server keep what nobody waits for (`enqueue`, `deposit`) until it is on disk here, and a copy
    /// of every event: makes the streams ANNALS_INTAKE and ANNALS_EVENTS, or uses those that are there; the
    /// server needs JetStream
    #[arg(long, requires = "nats")]
    jetstream: bool,
    /// A credentials file for that server
    #[arg(long, value_name = "FILE", requires = "nats")]
    nats_credentials: Option<PathBuf>,
    /// Take over a log in a database on which another system runs; what that one still tries to append
    /// is refused
    #[arg(long)]
    take_over: bool,
}

impl Serve {
    pub(super) fn run(self, context: &Context) -> Done {
        for_good(|runtime| Box::pin(self.serve(context, runtime)))
    }

    async fn serve(self, context: &Context, runtime: &'static Runtime) -> Done {
        let place = context.store()?;
        let mut signals = Signals::listen()?;
        let (node, open) = tokio::select! {
            begun = Box::pin(self.begin(&place, runtime)) => begun?,
            // Should anyone have been let in just now: it is as after a crash.
            stop = signals.next() => return Ok(stop.code()),
        };
        tell(context, &node, &self.place_of(open.as_ref())).await?;
        if let Some(warning) = open.as_ref().and_then(|open| open.warning) {
            context.note(warning);
        }
        let why = tokio::select! {
            stop = signals.next() => Why::Asked(stop),
            error = node.app().failed() => return Err(error.into()),
            part = node.ended() => Why::Ended(part),
            _ = node.moved() => Why::Moved,
        };
        let hurry = hurry(&mut signals, why.asked());
        tokio::select! {
            ended = end(node, open, &why) => ended,
            stop = hurry => Ok(stop.code()),
        }
    }

    /// Starts everything, and lets clients in.
    async fn begin(
        &self,
        place: &LogPlace,
        runtime: &'static Runtime,
    ) -> Result<(Node, Option<Open>), Problem> {
        let carrier = self.carrier().await?;
        let app = Box::pin(App::open_to_serve(place, self.take_over)).await?;
        let node = Box::pin(Node::start(app, carrier.clone(), runtime)).await?;
        let open = match &carrier {
            Carrier::Here(router) => Some(self.listening.open(router.clone(), true).await?),
            Carrier::Server { .. } => None,
        };
        Ok((node, open))
    }

    async fn carrier(&self) -> Result<Carrier, Problem> {
        match &self.nats {
            None => Ok(Carrier::Here(Router::new(random_id().as_u64_pair().0))),
            Some(url) => {
                let nats = remote::connect(url, self.nats_credentials.as_deref()).await?;
                Ok(Carrier::Server { nats: Arc::new(nats), keeps: self.jetstream })
            }
        }
    }

    /// Where clients find it.
    fn place_of(&self, open: Option<&Open>) -> Place {
        match (open, &self.nats) {
            (Some(open), _) => Place { url: open.url(), guarded: open.guarded, tls: open.tls },
            (None, url) => {
                let url = remote::without_login(url.as_deref().unwrap_or_default());
                Place { tls: url.starts_with("tls://"), url, guarded: true }
            }
        }
    }
}

/// Where clients find it, and how they get in.
struct Place {
    url: String,
    guarded: bool,
    tls: bool,
}

/// Why a system ends in good order.
enum Why {
    /// Someone asked it to.
    Asked(Stop),
    /// A part of it has ended by itself.
    Ended(Ended),
    /// Another system has taken over.
    Moved,
}

impl Why {
    /// What asked for it, if that was a signal.
    fn asked(&self) -> Option<Stop> {
        if let Self::Asked(stop) = self { Some(*stop) } else { None }
    }

    /// What is recorded of it.
    fn recorded(&self) -> String {
        match self {
            Self::Asked(_) => "asked to".into(),
            Self::Ended(part) => part.to_string(),
            Self::Moved => "another system has taken over".into(),
        }
    }
}

/// Returns when it shall end at once: that is at the second signal, also where it ends by itself.
async fn hurry(signals: &mut Signals, first: Option<Stop>) -> Stop {
    let first = match first {
        Some(first) => first,
        None => signals.next().await,
    };
    signals.next().await;
    first
}

/// Nobody new is let in, what was taken is answered, and the log is closed.
async fn end(mut node: Node, open: Option<Open>, why: &Why) -> Done {
    let until = Instant::now() + FAREWELL;
    node.refuse();
    node.settle(until).await;
    if let Some(open) = open {
        open.server.shutdown().await;
    }
    let refused = node.refused();
    let stopped = node.stop(&why.recorded(), until).await;
    match why {
        Why::Asked(_) => Ok(stopped.map(|()| ExitCode::SUCCESS)?),
        // Whatever happened on the way: why it ends at all is what matters.
        Why::Ended(part) => Err(part.clone().into()),
        Why::Moved => {
            stopped?;
            let refused = *refused.borrow();
            Err(Problem::TakenOver(refused))
        }
    }
}

async fn tell(context: &Context, node: &Node, place: &Place) -> Result<(), Problem> {
    let mut lines = Lines::new();
    let Place { url, guarded, tls } = place;
    let created = node.app().created();
    let store = node.app().place().to_string();
    match context.json {
        true => lines.json(&json!({
            "listening": url.split_once("://").map_or(url.as_str(), |(_, place)| place),
            "url": url, "guarded": guarded, "tls": tls, "store": store, "created": created,
        })),
        false if context.quiet => {}
        false => {
            let made = if created { "made a new log at" } else { "goes on with the log at" };
            lines.text(&format!("annals {made} {store}\nlistening on {url}"));
            if created {
                let more = match (url.as_str(), tls) {
                    ("nats://127.0.0.1:4222", _) => String::new(),
                    (_, false) => format!(" --server {url}"),
                    (_, true) => format!(" --server {url} --tls-ca FILE"),
                };
                lines.text(&format!("\n{}", next(&more)));
            }
        }
    }
    lines.flush().await
}

/// What to try next.
fn next(more: &str) -> String {
    format!(
        "try next, in another terminal:
  annals task submit echo --input '{{\"say\":\"hello\"}}'{more}
  annals task list{more}
  annals agent list{more}"
    )
}
