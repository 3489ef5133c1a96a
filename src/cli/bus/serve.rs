//! `annals bus serve`: the listener alone, for NATS clients in any language.

use std::process::ExitCode;

use events::bus::router::Router;
use events::store::keys::random_id;
use serde_json::json;

use crate::cli::listening::{Listening, Open};
use crate::cli::output::Lines;
use crate::cli::problem::Problem;
use crate::cli::signals::Signals;
use crate::cli::{Context, Done};

/// Serve NATS clients, without anything else
///
/// Clients in any language connect, publish, subscribe and ask, as with a server of NATS; there are
/// no streams (JetStream). It listens on this machine alone unless told otherwise, on port 4222 or,
/// if that is taken and was not asked for, any other. SIGINT and SIGTERM end it: clients are told,
/// and get what waits for them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  annals bus serve
  annals bus serve --listen 0.0.0.0:4222 --users users.json
  annals bus serve --listen 0.0.0.0:4222 --users users.json --tls-cert bus.pem --tls-key bus.key

A file of users:
  [{\"user\":\"worker\",\"password\":\"…\",
    \"publish\":{\"allow\":[\"annals.main.fact.>\"],\"deny\":[]},
    \"subscribe\":{\"allow\":[\"annals.main.work.worker\",\"_INBOX.>\"]},
    \"allow_responses\":{\"max\":1,\"expires_ms\":120000}}]")]
pub(in crate::cli) struct Serve {
    #[command(flatten)]
    listening: Listening,
}

impl Serve {
    pub(super) async fn run(self, context: &Context) -> Done {
        let mut signals = Signals::listen()?;
        let router = Router::new(random_id().as_u64_pair().1);
        let open = self.listening.open(router, false).await?;
        tell(context, &open).await?;
        if let Some(warning) = open.warning {
            context.note(warning);
        }
        let stop = signals.next().await;
        let again = async {
            signals.next().await;
        };
        tokio::select! {
            () = open.server.shutdown() => Ok(ExitCode::SUCCESS),
            () = again => Ok(stop.code()),
        }
    }
}

async fn tell(context: &Context, open: &Open) -> Result<(), Problem> {
    let mut lines = Lines::new();
    let (url, more) = (open.url(), if open.tls { " --tls-ca FILE" } else { "" });
    match context.json {
        true => {
            let (address, guarded) = (open.server.address().to_string(), open.guarded);
            lines.json(&json!({ "listening": address, "guarded": guarded, "tls": open.tls }));
        }
        false if context.quiet => {}
        false => lines.text(&format!(
            "listening on {url}\n  try: annals bus sub 'greet.*' --server {url}{more}\n  \
             and: annals bus pub greet.you hello --server {url}{more}"
        )),
    }
    lines.flush().await
}
