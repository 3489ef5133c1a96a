//! Our listener keeps every promise of a bus, to clients on sockets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use events::bus::conformance::world::Fixture;
use events::bus::listener::{Config, Server};
use events::bus::nats::{Nats, Settings};
use events::bus::{Bus, Router};
use tokio::sync::OnceCell;

/// A listener of its own for each promise.
#[derive(Default)]
struct OnSockets {
    server: OnceCell<Server>,
    seed: AtomicU64,
}

#[async_trait]
impl Fixture for OnSockets {
    async fn connect(&self) -> Arc<dyn Bus> {
        let config = Config { port: Some(0), ..Config::default() };
        let bind = async || Server::bind(Router::new(1), config).await.expect("it listens");
        let server = self.server.get_or_init(bind).await;
        let seed = self.seed.fetch_add(1, Ordering::Relaxed);
        let settings = Settings::to(format!("nats://{}", server.address()), "test", seed);
        Arc::new(Nats::connect(settings).await.expect("it connects"))
    }
}

mod promises {
    use super::OnSockets;

    events::bus_conformance!(OnSockets::default());
}
