//! The adapter to a real server, on a real server.

mod copies;
mod endings;
pub(super) mod losses;
mod restricted;
mod scripted;
pub(crate) mod server;
mod serving;

use std::sync::Arc;

use async_trait::async_trait;
use events::bus::Bus;
use events::bus::conformance::world::Fixture;

use server::Server;

/// A server of its own for each promise.
struct RealServer(Server);

impl RealServer {
    fn new() -> Self {
        Self(Server::start(&[]))
    }
}

#[async_trait]
impl Fixture for RealServer {
    async fn connect(&self) -> Arc<dyn Bus> {
        Arc::new(self.0.connect().await)
    }
}

mod promises {
    use super::RealServer;

    events::bus_conformance!(RealServer::new());
}
