//! What carries messages: the bus of this process, or a server of NATS.

use std::sync::Arc;

use events::bus::nats::Nats;
use events::bus::{Bus, Router};

/// What carries messages.
#[derive(Clone)]
pub enum Carrier {
    /// The bus of this process; whoever listens for clients brings them to it.
    Here(Router),
    /// A server, whose permissions say who may do what.
    Server {
        /// The connection to it.
        nats: Arc<Nats>,
        /// Whether it keeps what nobody waits for.
        keeps: bool,
    },
}

impl Carrier {
    /// It, as any bus.
    #[must_use]
    pub fn bus(&self) -> Arc<dyn Bus> {
        match self {
            Self::Here(router) => Arc::new(router.clone()),
            Self::Server { nats, .. } => Arc::clone(nats) as _,
        }
    }

    /// Returns when it carries nothing more, and never will.
    pub async fn closed(&self) {
        match self {
            Self::Here(_) => std::future::pending().await,
            Self::Server { nats, .. } => nats.closed().await,
        }
    }
}
