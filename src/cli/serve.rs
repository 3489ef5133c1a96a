//! `annals serve`: the whole system in one process.

use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;
use tokio::runtime::Runtime;
use tokio::time::Instant;

use super::listening::{Listening, Open};
use super::output::Lines;
use super::problem::Problem;
use super::signals::Signals;
use super::threads::for_good;
use super::{Context, Done};
use crate::app::App;
use crate::app::node::Node;

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
}

impl Serve {
    pub(super) fn run(self, context: &Context) -> Done {
        for_good(|runtime| Box::pin(self.serve(context, runtime)))
    }

    async fn serve(self, context: &Context, runtime: &'static Runtime) -> Done {
        let place = context.store()?;
        let mut signals = Signals::listen()?;
        let app = Box::pin(App::open(&place)).await?;
        let created = app.created();
        let node = Box::pin(Node::start(app, runtime)).await?;
        let open = self.listening.open(node.router(), true).await?;
        tell(context, &node, &open, created).await?;
        if let Some(warning) = open.warning {
            context.note(warning);
        }
        let stop = tokio::select! {
            stop = signals.next() => stop,
            error = node.app().failed() => return Err(error.into()),
        };
        tokio::select! {
            ended = end(node, open) => ended.map(|()| ExitCode::SUCCESS),
            _ = signals.next() => Ok(stop.code()),
        }
    }
}

/// Nobody new is let in, what was taken is answered, and the log is closed.
async fn end(node: Node, open: Open) -> Result<(), Problem> {
    let until = Instant::now() + FAREWELL;
    node.refuse();
    node.drain(until).await;
    open.server.shutdown().await;
    Ok(node.stop(until).await?)
}

async fn tell(context: &Context, node: &Node, open: &Open, created: bool) -> Result<(), Problem> {
    let mut lines = Lines::new();
    let (url, place) = (open.url(), node.app().place().to_string());
    match context.json {
        true => lines.json(&json!({
            "listening": open.server.address().to_string(),
            "url": url,
            "guarded": open.guarded,
            "tls": open.tls,
            "store": place,
            "created": created,
        })),
        false if context.quiet => {}
        false => {
            let made = if created { "made a new log at" } else { "goes on with the log at" };
            lines.text(&format!("annals {made} {place}\nlistening on {url}"));
            if created {
                let more = match (open.server.address().port(), open.tls) {
                    (4222, false) => String::new(),
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
