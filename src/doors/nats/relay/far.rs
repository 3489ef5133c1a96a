//! The relay to a server. What the server has taken is not told again, and what it has not is: its place
//! moves on behind a flush, or when the server keeps a copy, and is kept with the log.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use events::bus::{self, Bus, Message};
use events::id::{Consumer, StreamKey};
use events::node::system_tenant;
use events::store::moving::news::News;
use events::store::moving::standing::DoneElsewhere;
use events::store::{Error, Owner, Save, Saved, Writer};
use events::stream::{Position, StreamId};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::sleep;

use super::copied::Copied;
use super::{messages, next};
use crate::app::App;
use crate::app::own_record::Trouble;

/// The name under which its place is kept.
const NAME: &str = "relay";
/// How long it waits after the server did not take something.
const PAUSE: Duration = Duration::from_millis(500);

/// How far everything was told, and where that is kept.
pub(super) struct Told {
    position: Position,
    consumer: Consumer,
    owner: Owner,
    writer: Writer,
    trouble: Trouble,
    pool: Handle,
}

/// How far everything was told before, by what of the log was done elsewhere.
pub(super) async fn told(
    app: &App,
    elsewhere: &DoneElsewhere,
    trouble: &Trouble,
    pool: &Handle,
) -> Result<Told, Error> {
    let consumer: Consumer = NAME.parse().expect("it is a token");
    let standing = app.reader().standing(&consumer).await?;
    let position = standing.map_or_else(|| elsewhere.begins(), |standing| standing.position);
    let owner = app.owner(&stream_of(NAME));
    let (writer, trouble, pool) = (app.writer(), trouble.clone(), pool.clone());
    Ok(Told { position, consumer, owner, writer, trouble, pool })
}

/// The stream whose owner a consumer belongs to.
fn stream_of(consumer: &str) -> StreamId {
    let key = StreamKey::new(&format!("consumer-{consumer}")).expect("it is a token");
    StreamId::new(system_tenant(), "consumer".parse().expect("it is a word"), key)
}

impl Told {
    pub(super) fn position(&self) -> Position {
        self.position
    }

    /// Everything up to there was told.
    fn up_to(&mut self, position: Position) {
        self.position = position;
        let (consumer, owner) = (self.consumer.clone(), self.owner);
        let saved = self.writer.save(Save {
            consumer,
            owner,
            position,
            settled: Vec::new(),
            parked: Vec::new(),
        });
        let trouble = self.trouble.clone();
        self.pool.spawn(async move {
            // What is not kept is told again.
            if let Ok(Saved::Stale { .. }) = saved.done().await {
                trouble.taken_over();
            }
        });
    }
}

/// How a server is told.
pub(super) enum Way {
    /// To whoever listens just now.
    Heard(Arc<dyn Bus>),
    /// And to who comes later.
    Copied(Copied),
}

pub(super) async fn run(
    mut way: Way,
    mut told: Told,
    mut news: News,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), Error> {
    while let Some(heard) = next(&mut news, &mut stopped).await? {
        let Some(last) = heard.events.last().map(|stored| stored.position()) else { continue };
        let mut waiting: VecDeque<Message> = messages(&heard, |_| true).collect();
        while let Err(error) = way.tell(&mut waiting).await {
            if error == bus::Error::Closed {
                return Ok(());
            }
            tracing::warn!(%error, "events are told again to a server that did not take them");
            tokio::select! {
                () = sleep(PAUSE) => {}
                _ = stopped.wait_for(|stopped| *stopped) => return Ok(()),
            }
        }
        told.up_to(last);
    }
    Ok(())
}

impl Way {
    /// Tells these. After an error those that are still there have to be told again.
    async fn tell(&mut self, waiting: &mut VecDeque<Message>) -> Result<(), bus::Error> {
        match self {
            Self::Heard(bus) => tell(&**bus, waiting).await,
            Self::Copied(copied) => copied.tell(waiting).await,
        }
    }
}

async fn tell(bus: &dyn Bus, waiting: &VecDeque<Message>) -> Result<(), bus::Error> {
    for message in waiting {
        match bus.publish(message.clone()).await {
            // It will never be smaller.
            Err(error @ bus::Error::TooLarge { .. }) => {
                tracing::error!(%error, "an event is not told to the server");
            }
            published => published?,
        }
    }
    bus.flush().await
}
