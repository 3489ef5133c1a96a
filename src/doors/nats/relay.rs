//! What is recorded, told to whoever listens: every event on a subject of its own, in the order of
//! the log. On the bus of this process an event is made into a message only if someone may hear it.

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use events::bus::{Headers, Message, Name, Router};
use events::recorded::Stored;
use events::store::follow::Follower;
use events::store::{Error, Filter, Tail};
use events::subject::patterns;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::App;

/// The version of CloudEvents.
const SPECVERSION: &str = "1.0";

/// A relay at work.
#[derive(Debug)]
pub struct Relay {
    stop: watch::Sender<bool>,
    work: JoinHandle<()>,
}

impl Relay {
    /// Begins with what is recorded from now on.
    #[must_use]
    pub fn begin(router: &Router, app: &App, pool: &Handle) -> Self {
        let heard = router.audience(patterns::EVENTS.parse().expect("it is a pattern"));
        let tail: Tail = app.writer().tail();
        let from = tail.head().next();
        let follower = Follower::new(app.shared_reader(), tail, Filter::default(), from);
        let (stop, stopped) = watch::channel(false);
        let work = pool.spawn(run(router.clone(), heard, follower, stopped));
        Self { stop, work }
    }

    /// Tells nothing more.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // It has ended as well if it has panicked.
        let _ = self.work.await;
    }
}

async fn run(
    router: Router,
    heard: Arc<AtomicUsize>,
    mut follower: Follower,
    mut stopped: watch::Receiver<bool>,
) {
    loop {
        let events = tokio::select! {
            events = follower.next() => events,
            _ = stopped.wait_for(|stopped| *stopped) => return,
        };
        match events {
            Ok(events) if heard.load(Ordering::Acquire) > 0 => {
                events.iter().filter_map(|stored| message(stored)).for_each(|message| {
                    router.hand_over(&message);
                });
            }
            Ok(_) => {}
            Err(Error::Stopped) => return,
            Err(error) => return tracing::error!(%error, "events are not told any more"),
        }
    }
}

/// An event as a message; none, if its names are none that a subject can have.
fn message(stored: &Stored) -> Option<Message> {
    let header = stored.header();
    let (category, key) = (header.category, header.stream_key);
    let word = header.wire_type.split_once('.').map_or(header.wire_type, |(_, word)| word);
    let subject = format!("annals.{}.event.{category}.{key}.{word}", header.tenant);
    let source = format!("/annals/{}/{category}/{key}", header.tenant);
    let (position, version) = (stored.position(), header.version);
    let (id, log, hash) = (header.event_id, header.log_id, stored.hash());
    let time = header.effective_at.unwrap_or(header.recorded_at);
    let mut all: Vec<(&'static str, &dyn Display)> = vec![
        ("ce-specversion", &SPECVERSION),
        ("ce-id", &id),
        ("ce-source", &source),
        ("ce-type", &header.wire_type),
        ("ce-time", &time),
        ("content-type", &"application/json"),
        ("annals-position", &position),
        ("annals-version", &version),
        ("annals-schema", &header.schema),
        ("annals-recorded-at", &header.recorded_at),
        ("annals-principal", &header.principal),
        ("annals-log", &log),
        ("annals-hash", &hash),
        ("Nats-Msg-Id", &id),
    ];
    if let Some(traceparent) = &header.traceparent {
        all.push(("traceparent", traceparent));
    }
    if let Some(correlation) = &header.correlation {
        all.push(("annals-correlation", correlation));
    }
    let headers = Headers::of(all);
    let name = Name::new(subject).ok()?;
    Some(Message { headers, ..Message::new(name, Bytes::copy_from_slice(stored.payload())) })
}
