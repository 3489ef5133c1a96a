//! `annals bus serve`: the listener alone, for NATS clients in any language.

mod tls;
mod users;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use events::bus::listener::access::Secret;
use events::bus::listener::{Access, Config, Server};
use events::bus::router::Router;
use events::store::keys::random_id;
use serde_json::json;

use super::read;
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
    /// Where to listen, with or without a port [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS", value_parser = place)]
    listen: Option<(IpAddr, Option<u16>)>,
    /// Let in only who knows what is in this file, on one line
    #[arg(long, value_name = "FILE", conflicts_with = "users")]
    token_file: Option<PathBuf>,
    /// Let in only the users of this file; see below
    #[arg(long, value_name = "FILE")]
    users: Option<PathBuf>,
    #[command(flatten)]
    tls: tls::Files,
    /// What clients are told it is called [default: its id]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

/// An address with or without a port.
fn place(text: &str) -> Result<(IpAddr, Option<u16>), String> {
    let with_port = text.parse::<SocketAddr>().map(|both| (both.ip(), Some(both.port())));
    let alone = || text.parse().map(|host| (host, None));
    with_port
        .or_else(|_| alone())
        .map_err(|_| "write an address of this machine, such as 127.0.0.1 or [::1]:4222".into())
}

impl Serve {
    pub(super) async fn run(self, context: &Context) -> Done {
        let mut signals = Signals::listen()?;
        let seed = random_id().as_u64_pair();
        let mut config = Config { seed: seed.0, access: self.access()?, ..Config::default() };
        config.tls = self.tls.read()?;
        config.name.clone_from(&self.name);
        if let Some((host, port)) = self.listen {
            (config.host, config.port) = (host, port);
        }
        let guarded = !matches!(config.access, Access::Open);
        let (host, tls) = (config.host, config.tls.is_some());
        let place = config
            .port
            .map_or_else(|| host.to_string(), |port| SocketAddr::new(host, port).to_string());
        let server = Server::bind(Router::new(seed.1), config).await;
        let server = server.map_err(|source| Problem::NotListening { place, source })?;
        tell(context, server.address(), guarded, tls).await?;
        if let Some(warning) = self.warning(host, guarded) {
            context.note(warning);
        }
        let stop = signals.next().await;
        let again = async {
            signals.next().await;
        };
        tokio::select! {
            () = server.shutdown() => Ok(ExitCode::SUCCESS),
            () = again => Ok(stop.code()),
        }
    }

    /// What others could do that whoever starts it may not know.
    fn warning(&self, host: IpAddr, guarded: bool) -> Option<&'static str> {
        let (secret, asks) = self.tls.kind();
        if host.is_loopback() {
            None
        } else if !guarded && !asks {
            Some("whoever reaches this address may read and send everything: see --users")
        } else if !secret {
            Some("passwords and messages can be read on their way to this address: see --tls-cert")
        } else {
            None
        }
    }

    fn access(&self) -> Result<Access, Problem> {
        if let Some(file) = &self.users {
            return users::read(file);
        }
        let Some(file) = &self.token_file else { return Ok(Access::Open) };
        let token = read(file)?;
        let refused =
            |what: &str| Err(Problem::UsersUnusable { path: file.clone(), what: what.into() });
        match token.trim() {
            "" => refused("it is empty"),
            token if token.lines().count() > 1 => refused("it has more than one line"),
            token => Ok(Access::Token(Secret::new(token))),
        }
    }
}

async fn tell(
    context: &Context,
    address: SocketAddr,
    guarded: bool,
    tls: bool,
) -> Result<(), Problem> {
    let mut lines = Lines::new();
    let (scheme, more) = if tls { ("tls", " --tls-ca FILE") } else { ("nats", "") };
    let url = format!("{scheme}://{address}");
    match context.json {
        true => {
            let address = address.to_string();
            lines.json(&json!({ "listening": address, "guarded": guarded, "tls": tls }));
        }
        false if context.quiet => {}
        false => lines.text(&format!(
            "listening on {url}\n  try: annals bus sub 'greet.*' --server {url}{more}\n  \
             and: annals bus pub greet.you hello --server {url}{more}"
        )),
    }
    lines.flush().await
}
