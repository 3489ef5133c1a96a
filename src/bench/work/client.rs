//! A client of NATS as most Rust programs use it, many requests under way at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use async_nats::Client;
use events::store::keys::new_id;
use events::time::Clock as _;
use uuid::Uuid;

use crate::clock::SystemClock;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Connects.
pub(in crate::bench) async fn connect(url: &str) -> anyhow::Result<Client> {
    let options = async_nats::ConnectOptions::new()
        .subscription_capacity(1 << 20)
        .client_capacity(4096)
        .request_timeout(Some(PATIENCE));
    Ok(options.connect(url).await?)
}

/// An id as our own clients make it.
pub(in crate::bench) fn id() -> Uuid {
    new_id(SystemClock.now())
}

/// Sends so many requests, so many of them under way at once; gives how long each took, in the order
/// of time.
pub(super) async fn all<R>(
    client: &Client,
    count: u64,
    flying: u64,
    request: R,
) -> anyhow::Result<Vec<Duration>>
where
    R: Fn(u64) -> (String, String) + Send + Sync + 'static,
{
    let (next, request) = (Arc::new(AtomicU64::new(0)), Arc::new(request));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..flying.min(count) {
        let (client, next, request) = (client.clone(), Arc::clone(&next), Arc::clone(&request));
        tasks.spawn(async move {
            let mut took = Vec::new();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= count {
                    return anyhow::Ok(took);
                }
                let (subject, body) = request(n);
                let begun = Instant::now();
                ask(&client, subject, body).await?;
                took.push(begun.elapsed());
            }
        });
    }
    let mut took = Vec::new();
    while let Some(done) = tasks.join_next().await {
        took.extend(done??);
    }
    took.sort_unstable();
    Ok(took)
}

/// Asks, again while there is too much to do.
pub(in crate::bench) async fn ask(
    client: &Client,
    subject: String,
    body: String,
) -> anyhow::Result<()> {
    loop {
        let answer = client.request(subject.clone(), body.clone().into()).await?;
        if answer.headers.is_none_or(|headers| headers.get("Nats-Service-Error").is_none()) {
            return Ok(());
        }
        let said: serde_json::Value = serde_json::from_slice(&answer.payload)?;
        let wait = said["retry_after_ms"].as_u64();
        let wait = wait.with_context(|| format!("{subject} is refused: {said}"))?;
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }
}

/// The value below which this share of them is, in milliseconds.
pub(super) fn share(took: &[Duration], share: f64) -> f64 {
    let at = (took.len() as f64 * share) as usize;
    took.get(at.min(took.len().saturating_sub(1))).map_or(f64::NAN, |took| took.as_secs_f64() * 1e3)
}
