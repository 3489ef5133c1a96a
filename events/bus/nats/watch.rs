//! What happens to the connection, in the words of the port.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_nats::Event as Happening;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::Shared;
use crate::bus::Event;

/// Tells what happens, until the connection has ended.
pub(super) async fn events(shared: Arc<Shared>, mut happened: mpsc::Receiver<Happening>) {
    // What waits for the server learns from its complaints, so those are heard meanwhile.
    let (mut lost, mut coming_back) = (false, JoinSet::new());
    while let Some(event) = happened.recv().await {
        tracing::debug!(%event, "the connection to the server");
        match event {
            Happening::Connected if lost => {
                lost = false;
                shared.deaf.send_replace(false);
                coming_back.spawn(reconnected(Arc::clone(&shared)));
            }
            Happening::Connected | Happening::Draining => {}
            Happening::Disconnected => {
                lost = true;
                coming_back.shutdown().await;
                shared.tell(Event::Disconnected);
            }
            Happening::SlowConsumer(number) => lost_by_client(&shared, number),
            Happening::LameDuckMode => shared.tell(Event::LameDuck),
            Happening::Closed => break,
            complaint => {
                let text = complaint.to_string();
                if !shared.learn(&text) {
                    shared.tell(Event::Complaint(text));
                }
            }
        }
    }
    // Also where the client has ended without a word, because it panicked.
    shared.closed.store(true, Ordering::Release);
    shared.tell(Event::Closed);
}

/// The connection is up when the server knows again who listens.
async fn reconnected(shared: Arc<Shared>) {
    if let Err(error) = shared.round_trip().await {
        tracing::warn!(%error, "the server is there again, and does not hand on messages");
    }
    shared.tell(Event::Reconnected);
}

/// The client had no room. It tells of every message, but only as long as there is room for that:
/// what is counted is the least that was lost.
fn lost_by_client(shared: &Shared, number: u64) {
    match shared.losses.lock().expect("nobody panics here").get(&number) {
        Some(losses) => losses.one(),
        None => shared.tell(Event::Complaint("a message for someone was lost".into())),
    };
}
