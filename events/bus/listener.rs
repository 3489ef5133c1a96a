//! The protocol of NATS clients on a socket, over the bus of one process: any client in any
//! language can join. It speaks as nats-server 2.15.1 does, and has no JetStream.
//!
//! - [`config`] how it is set; [`access`] who may come in; [`tls`] what is shown to them
//! - [`parse`] what a client says; `session` what is done about it; `subscribed` what it gets
//! - `connection` one client; `socket`, `input` and `outbox` the bytes on their way from it and to it
//!
//! Where it differs: a subject of a subscription must be allowed with everything it covers; sizes
//! are written without zeros before them; who talks in plain text where TLS is required is told so;
//! bcrypt, nkeys, JWT and accounts are not known.

pub mod access;
pub mod config;
mod connect;
mod connection;
mod input;
mod outbox;
pub mod parse;
mod quote;
mod session;
mod socket;
mod subscribed;
pub mod tls;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE32_NOPAD;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

pub use access::Access;
pub use config::Config;
pub use connect::VERSION;
pub use tls::Tls;

use super::Router;
use super::router::Dice;

/// How long it waits when the system has no more sockets to give.
const BREATH: Duration = Duration::from_millis(50);

/// A listener that runs. When it is dropped, all its clients are cut off.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    ending: watch::Sender<bool>,
    running: JoinHandle<()>,
}

/// What all connections share.
struct Door {
    router: Router,
    config: Config,
    id: String,
    address: SocketAddr,
}

impl Server {
    /// Listens. If no port was asked for and that of NATS is taken, it takes any other.
    pub async fn bind(router: Router, config: Config) -> io::Result<Self> {
        let on = |port| TcpListener::bind((config.host, port));
        let listener = match config.port {
            Some(port) => on(port).await?,
            None => match on(config::PORT).await {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => on(0).await?,
                bound => bound?,
            },
        };
        let address = listener.local_addr()?;
        let id = server_id(config.seed);
        let (ending, ended) = watch::channel(false);
        let door = Arc::new(Door { router, config, id, address });
        #[expect(clippy::disallowed_methods, reason = "`shutdown` waits for it, `drop` ends it")]
        let running = tokio::spawn(run(door, listener, ended));
        Ok(Self { address, ending, running })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Tells clients that it ends, lets what waits for them go out for a short while, and ends.
    pub async fn shutdown(mut self) {
        self.ending.send_replace(true);
        // It fails only if it has panicked, and then it has ended as well.
        let _ = (&mut self.running).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.running.abort();
    }
}

/// An id in the form that real servers have.
fn server_id(seed: u64) -> String {
    let dice = Dice::new(seed);
    let bytes: Vec<u8> = (0..5).flat_map(|_| dice.throw().to_be_bytes()).collect();
    let mut id = format!("N{}", BASE32_NOPAD.encode(&bytes));
    id.truncate(56);
    id
}

async fn run(door: Arc<Door>, listener: TcpListener, mut ending: watch::Receiver<bool>) {
    let mut clients = JoinSet::new();
    let for_clients = ending.clone();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, address)) => {
                    door.admit(&mut clients, socket, address.ip(), for_clients.clone());
                }
                Err(error) => {
                    tracing::warn!(%error, "a client cannot be let in");
                    tokio::time::sleep(BREATH).await;
                }
            },
            Some(_) = clients.join_next() => {}
            () = ends(&mut ending) => break,
        }
    }
    drop(listener);
    // Each of them has its own deadlines.
    while clients.join_next().await.is_some() {}
}

/// Returns when the listener ends, or is gone.
async fn ends(ending: &mut watch::Receiver<bool>) {
    let _ = ending.wait_for(|ending| *ending).await;
}

impl Door {
    fn admit(
        self: &Arc<Self>,
        clients: &mut JoinSet<()>,
        socket: TcpStream,
        address: IpAddr,
        ending: watch::Receiver<bool>,
    ) {
        // What is written is gathered already. A socket that cannot be set so works all the same.
        let _ = socket.set_nodelay(true);
        if clients.len() >= self.config.connections_max {
            // A new socket has room for this; if not, the client learns it by being closed.
            let _ = socket.try_write(&self.info((self.router.new_id(), address), false));
            let _ = socket.try_write(b"-ERR 'maximum connections exceeded'\r\n");
            return;
        }
        clients.spawn(connection::serve(Arc::clone(self), socket, address, ending));
    }

    /// What is said about the server, to one client.
    fn info(&self, client: (u64, IpAddr), ldm: bool) -> Vec<u8> {
        connect::Info::line(&self.id, &self.config, self.address, client, ldm)
    }
}
