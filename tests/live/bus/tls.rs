//! The listener in secret: what it promises in plain text it promises here, and whoever cannot or
//! must not talk in secret stays outside.

mod command_line;
mod endings;
mod languages;
mod papers;
mod raw;
mod refusals;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use events::bus::conformance::world::Fixture;
use events::bus::listener::{Config, Server};
use events::bus::nats::{Nats, Settings};
use events::bus::{Bus, Router};
use tokio::sync::OnceCell;

use papers::Papers;

/// How a listener is set that talks in secret.
fn config(papers: &Papers) -> Config {
    Config { port: Some(0), tls: Some(papers.tls()), ..Config::default() }
}

async fn listener(papers: &Papers) -> Server {
    Server::bind(Router::new(1), config(papers)).await.expect("it listens")
}

/// How a client is set that trusts it.
fn settings(port: u16, papers: &Papers) -> Settings {
    static SEED: AtomicU64 = AtomicU64::new(1);
    let seed = SEED.fetch_add(1, Ordering::Relaxed);
    let settings = Settings::to(format!("tls://localhost:{port}"), "test", seed);
    Settings { authorities: Some(papers.authority()), ..settings }
}

/// A listener of its own for each promise.
struct InSecret {
    server: OnceCell<Server>,
    papers: Papers,
}

#[async_trait]
impl Fixture for InSecret {
    async fn connect(&self) -> Arc<dyn Bus> {
        let server = self.server.get_or_init(|| listener(&self.papers)).await;
        let settings = settings(server.address().port(), &self.papers);
        Arc::new(Nats::connect(settings).await.expect("it connects"))
    }
}

mod promises {
    use super::{InSecret, Papers};

    events::bus_conformance!(InSecret { server: Default::default(), papers: Papers::new() });
}
