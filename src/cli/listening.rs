//! How clients of NATS are let in: where, whom, and whether in secret.

mod tls;
mod users;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use events::bus::Router;
use events::bus::listener::access::Secret;
use events::bus::listener::{Access, Config, Server};
use events::store::keys::random_id;

use super::problem::Problem;
use super::remote::read;

/// How clients are let in.
#[derive(Debug, clap::Args)]
pub(super) struct Listening {
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

/// A listener that runs, and what there is to say about it.
pub(super) struct Open {
    pub(super) server: Server,
    /// Whether clients have to say who they are.
    pub(super) guarded: bool,
    /// Whether it talks in secret.
    pub(super) tls: bool,
    /// What others could do that whoever started it may not know.
    pub(super) warning: Option<&'static str>,
}

/// An address with or without a port.
fn place(text: &str) -> Result<(IpAddr, Option<u16>), String> {
    let with_port = text.parse::<SocketAddr>().map(|both| (both.ip(), Some(both.port())));
    let alone = || text.parse().map(|host| (host, None));
    with_port
        .or_else(|_| alone())
        .map_err(|_| "write an address of this machine, such as 127.0.0.1 or [::1]:4222".into())
}

impl Listening {
    /// Lets clients in. The subjects of Annals are kept where it is there itself.
    pub(super) async fn open(&self, router: Router, keeps_subjects: bool) -> Result<Open, Problem> {
        let seed = random_id().as_u64_pair().0;
        let mut config =
            Config { seed, access: self.access()?, keeps_subjects, ..Config::default() };
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
        let server = Server::bind(router, config).await;
        let server = server.map_err(|source| Problem::NotListening { place, source })?;
        Ok(Open { server, guarded, tls, warning: self.warning(host, guarded) })
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

impl Open {
    /// How clients reach it.
    pub(super) fn url(&self) -> String {
        let scheme = if self.tls { "tls" } else { "nats" };
        format!("{scheme}://{}", self.server.address())
    }
}
