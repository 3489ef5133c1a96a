//! How the listener is set. What a real server has as its default is the default here, but for the
//! bytes that may wait for a client.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::access::Access;
use super::tls::Tls;
use crate::bus::MESSAGE_BYTES_MAX;

/// The port of NATS.
pub const PORT: u16 = 4222;
/// How many bytes may wait for a client.
pub const WAITING_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How many clients there may be.
pub const CONNECTIONS_MAX: usize = 65_536;
/// To how much a client may listen.
pub const SUBSCRIPTIONS_MAX: usize = 131_072;
/// How many tokens the subject of a subscription has. Each of them costs a node of the tree.
pub const TOKENS_MAX: usize = 256;

/// How the listener is set.
#[derive(Clone)]
pub struct Config {
    /// Where it listens.
    pub host: IpAddr,
    /// The port that was asked for. If none was, it is [`PORT`], or any other if that is taken.
    pub port: Option<u16>,
    /// Who may come in, and what they may do.
    pub access: Access,
    /// Whether the subjects of Annals are kept: nobody sends what only Annals says, or to another
    /// tenant, and who had to say who they are listens to nothing but what is theirs.
    pub keeps_subjects: bool,
    /// What it shows to clients that it talks to in secret; it does so with all of them or none.
    pub tls: Option<Tls>,
    /// How it is called; its id, if it has no name.
    pub name: Option<String>,
    /// What its id follows from.
    pub seed: u64,
    /// The largest payload with its headers.
    pub payload_max: usize,
    /// How many bytes may wait for a client.
    pub waiting_bytes_max: usize,
    /// How many clients there may be.
    pub connections_max: usize,
    /// To how much a client may listen.
    pub subscriptions_max: usize,
    /// How many tokens the subject of a subscription has.
    pub tokens_max: usize,
    /// How often a client that says nothing is asked whether it is there.
    pub ping_interval: Duration,
    /// How many such questions may be without an answer.
    pub pings_max: u32,
    /// How long a client may take to say who it is.
    pub auth_timeout: Duration,
    /// How long a client may take until it can be talked to in secret.
    pub tls_timeout: Duration,
    /// How long a client may take nothing of what waits for it.
    pub write_deadline: Duration,
    /// How long clients have for what waits for them when the listener ends.
    pub farewell: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: None,
            access: Access::Open,
            keeps_subjects: false,
            tls: None,
            name: None,
            seed: 0,
            payload_max: MESSAGE_BYTES_MAX,
            waiting_bytes_max: WAITING_BYTES_MAX,
            connections_max: CONNECTIONS_MAX,
            subscriptions_max: SUBSCRIPTIONS_MAX,
            tokens_max: TOKENS_MAX,
            ping_interval: Duration::from_secs(120),
            pings_max: 2,
            auth_timeout: Duration::from_secs(2),
            tls_timeout: Duration::from_secs(2),
            write_deadline: Duration::from_secs(10),
            farewell: Duration::from_secs(1),
        }
    }
}
