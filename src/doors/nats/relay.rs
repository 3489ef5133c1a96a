//! What is recorded, told to whoever listens: every event on a subject of its own, in the order of
//! the log. On the bus of this process an event is made into a message only if someone may hear it, and
//! who comes late hears what comes from then on. To a server everything is told, from where it was told
//! last: its place is kept with the log.

mod far;
mod message;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use events::bus::{Name, Router};
use events::recorded::Stored;
use events::store::follow::Follower;
use events::store::{Error, Filter};
use events::stream::Position;
use events::subject::patterns;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::app::App;
use crate::app::carrier::Carrier;
use crate::app::own_record::Trouble;

/// How long it waits before it reads the log again that could not be read.
const REST: Duration = Duration::from_secs(1);

/// A relay at work.
#[derive(Debug)]
pub struct Relay {
    stop: watch::Sender<bool>,
    work: JoinHandle<()>,
}

impl Relay {
    /// Begins.
    pub async fn begin(
        carrier: &Carrier,
        app: &App,
        trouble: &Trouble,
        pool: &Handle,
    ) -> Result<Self, Error> {
        let (stop, stopped) = watch::channel(false);
        let work = match carrier {
            Carrier::Here(router) => {
                let heard = router.audience(patterns::EVENTS.parse().expect("it is a pattern"));
                let follower = follower(app, app.writer().tail().head());
                pool.spawn(here(router.clone(), heard, follower, stopped))
            }
            Carrier::Server(_) => {
                let told = far::told(app, trouble, pool).await?;
                let follower = follower(app, told.position());
                pool.spawn(far::run(carrier.bus(), told, follower, stopped))
            }
        };
        Ok(Self { stop, work })
    }

    /// Tells nothing more.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // It has ended as well if it has panicked.
        let _ = self.work.await;
    }
}

fn follower(app: &App, behind: Position) -> Follower {
    let (reader, tail) = (app.shared_reader(), app.writer().tail());
    Follower::new(reader, tail, Filter::default(), behind.next())
}

async fn here(
    router: Router,
    heard: Arc<AtomicUsize>,
    mut follower: Follower,
    mut stopped: watch::Receiver<bool>,
) {
    while let Some(events) = next(&mut follower, &mut stopped).await {
        if heard.load(Ordering::Acquire) > 0 {
            let is_heard = |name: &Name| router.is_heard(name);
            let messages = events.iter().filter_map(|stored| message::of(stored, is_heard));
            messages.for_each(|message| router.hand_over(&message));
        }
    }
}

/// What is recorded next; nothing more, when it shall end.
async fn next(
    follower: &mut Follower,
    stopped: &mut watch::Receiver<bool>,
) -> Option<Vec<Arc<Stored>>> {
    loop {
        let events = tokio::select! {
            events = follower.next() => events,
            _ = stopped.wait_for(|stopped| *stopped) => return None,
        };
        match events {
            Err(error) if error.passes() => {
                tracing::warn!(%error, "the log is read again in a while");
                sleep(REST).await;
            }
            events => return heard(events),
        }
    }
}

fn heard(events: Result<Vec<Arc<Stored>>, Error>) -> Option<Vec<Arc<Stored>>> {
    match events {
        Ok(events) => Some(events),
        Err(Error::Stopped) => None,
        Err(error) => {
            tracing::error!(%error, "events are not told any more");
            None
        }
    }
}
