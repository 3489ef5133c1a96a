//! What is recorded, told to whoever listens: every event on a subject of its own, in the order of
//! the log. On the bus of this process an event is made into a message only if someone may hear it, and
//! who comes late hears what comes from then on. To a server everything is told, from where it was told
//! last: its place is kept with the log.

pub mod copied;
mod far;
mod message;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actors::work::watched;
use events::bus::{Bus, Message, Name, Router};
use events::store::Error;
use events::store::moving::news::{Heard, News};
use events::store::moving::standing::DoneElsewhere;
use events::stream::Position;
use events::subject::patterns;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use self::copied::Copied;
use self::far::Way;
use crate::app::App;
use crate::app::carrier::Carrier;
use crate::app::own_record::Trouble;

/// How long it waits before it reads the log again that could not be read.
const REST: Duration = Duration::from_secs(1);

/// What this part of the system is called.
const PART: &str = "relay";

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
        copied: Option<Copied>,
        app: &App,
        trouble: &Trouble,
        pool: &Handle,
    ) -> Result<Self, Error> {
        let (stop, stopped) = watch::channel(false);
        let elsewhere = DoneElsewhere::read(app.reader()).await?;
        let work = match carrier {
            Carrier::Here(router) => {
                let heard = router.audience(patterns::EVENTS.parse().expect("it is a pattern"));
                let news = news(app, elsewhere, app.writer().tail().head());
                let work = here(router.clone(), heard, news, stopped);
                let trouble = trouble.clone();
                watched(pool, PART, work, move |why| trouble.ends(why))
            }
            Carrier::Server { .. } => {
                let told = far::told(app, &elsewhere, trouble, pool).await?;
                let news = news(app, elsewhere, told.position());
                let way = copied.map_or_else(|| Way::Heard(carrier.bus()), Way::Copied);
                let work = far::run(way, told, news, stopped);
                let trouble = trouble.clone();
                watched(pool, PART, work, move |why| trouble.ends(why))
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

fn news(app: &App, elsewhere: DoneElsewhere, behind: Position) -> News {
    News::new(app.shared_reader(), app.writer().tail(), elsewhere, behind.next())
}

/// What is to be told: events that were told where they came from are not told again.
fn messages(heard: &Heard, is_wanted: impl Fn(&Name) -> bool) -> impl Iterator<Item = Message> {
    let ours = heard.events.iter().filter(|stored| !heard.elsewhere.holds(stored.position()));
    ours.filter_map(move |stored| message::of(stored, &is_wanted))
}

async fn here(
    router: Router,
    heard: Arc<AtomicUsize>,
    mut news: News,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), Error> {
    while let Some(recorded) = next(&mut news, &mut stopped).await? {
        if heard.load(Ordering::Acquire) > 0 {
            let told = messages(&recorded, |name| router.is_heard(name) != Some(false));
            told.for_each(|message| router.hand_over(&message));
        }
    }
    Ok(())
}

/// What is recorded next; nothing more, when it shall end.
async fn next(
    news: &mut News,
    stopped: &mut watch::Receiver<bool>,
) -> Result<Option<Heard>, Error> {
    loop {
        let recorded = tokio::select! {
            recorded = news.next() => recorded,
            _ = stopped.wait_for(|stopped| *stopped) => return Ok(None),
        };
        match recorded {
            Err(error) if error.passes() => {
                tracing::warn!(%error, "the log is read again in a while");
                sleep(REST).await;
            }
            recorded => return recorded.map(Some),
        }
    }
}
