//! What clients of NATS reach on a server: the client that most Rust programs use, on as many threads
//! as the machine has.

use std::time::Instant;

use anyhow::Context as _;
use bytes::Bytes;
use tokio_stream::StreamExt as _;

use crate::bench::log::{per_second, runtime};

/// The bytes of a payload.
const PAYLOAD: &[u8] = b"sixteen bytes!!!";

/// Messages a second from one publisher to one subscriber, each with a connection of its own.
pub(super) fn messages(url: &str, count: u64) -> anyhow::Result<f64> {
    runtime()?.block_on(async {
        let options = async_nats::ConnectOptions::new()
            .subscription_capacity(usize::try_from(count)?)
            .client_capacity(2048);
        let listener = options.connect(url).await?;
        let mut messages = listener.subscribe("bench.pubsub").await?;
        is_known(&listener).await?;
        let publisher = async_nats::connect(url).await?;
        let begun = Instant::now();
        #[expect(clippy::disallowed_methods, reason = "it is waited for below")]
        let publishing = tokio::spawn(async move {
            for _ in 0..count {
                publisher.publish("bench.pubsub", Bytes::from_static(PAYLOAD)).await?;
            }
            publisher.flush().await?;
            anyhow::Ok(())
        });
        for _ in 0..count {
            messages.next().await.context("the subscription ended")?;
        }
        let rate = per_second(count, begun);
        publishing.await??;
        Ok(rate)
    })
}

/// Returns when the server knows everything that a client listens to: it has handed on what was sent
/// behind that.
async fn is_known(client: &async_nats::Client) -> anyhow::Result<()> {
    let inbox = client.new_inbox();
    let mut back = client.subscribe(inbox.clone()).await?;
    client.publish(inbox, Bytes::new()).await?;
    back.next().await.context("the server hung up")?;
    Ok(())
}

/// Requests a second, so many under way at once.
pub(in crate::bench) fn requests(url: &str, count: u64, flying: usize) -> anyhow::Result<f64> {
    runtime()?.block_on(async {
        let responder = async_nats::connect(url).await?;
        let mut asked = responder.subscribe("bench.request").await?;
        is_known(&responder).await?;
        let client = async_nats::connect(url).await?;
        #[expect(clippy::disallowed_methods, reason = "it is stopped below")]
        let answering = tokio::spawn(async move {
            while let Some(message) = asked.next().await {
                if let Some(reply) = message.reply {
                    let _ = responder.publish(reply, message.payload).await;
                }
            }
        });
        let begun = Instant::now();
        let each = count / flying as u64;
        let asking: Vec<_> = (0..flying).map(|_| ask(client.clone(), each)).collect();
        for done in asking {
            done.await??;
        }
        let rate = per_second(each * flying as u64, begun);
        answering.abort();
        Ok(rate)
    })
}

#[expect(clippy::disallowed_methods, reason = "whoever calls this waits for it")]
fn ask(client: async_nats::Client, count: u64) -> tokio::task::JoinHandle<anyhow::Result<()>> {
    tokio::spawn(async move {
        for _ in 0..count {
            client.request("bench.request", Bytes::from_static(PAYLOAD)).await?;
        }
        Ok(())
    })
}
