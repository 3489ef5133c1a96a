//! Hears of what other processes commit. A notice is only a hint to look: one that is lost costs a
//! reader the second until it looks by itself.

use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::connect::Place;
use crate::stream::Position;

/// The channel of notices; the database sends the position at which the log ends.
const CHANNEL: &str = "annals";
/// How long to wait before connecting again.
const BETWEEN: Duration = Duration::from_secs(1);

/// The task that listens, for as long as this lives.
pub struct Listening {
    arrivals: watch::Receiver<Position>,
    task: JoinHandle<()>,
}

impl Listening {
    /// Listens on a connection of its own.
    pub(super) fn start(place: &Place) -> Self {
        let (tell, arrivals) = watch::channel(Position::ZERO);
        let place = place.clone();
        #[expect(
            clippy::disallowed_methods,
            reason = "it lives as long as the store, which ends it"
        )]
        let task = tokio::spawn(async move {
            loop {
                let heard = listen(&place, &tell).await;
                tracing::debug!(?heard, "not listening to the database");
                tokio::time::sleep(BETWEEN).await;
            }
        });
        Self { arrivals, task }
    }

    /// The position at which the log ends, as far as was heard.
    #[must_use]
    pub fn arrivals(&self) -> watch::Receiver<Position> {
        self.arrivals.clone()
    }
}

impl Listening {
    /// Waits for news.
    pub async fn news(&mut self) {
        // The sender lives as long as the task, and the task as long as this.
        let _ = self.arrivals.changed().await;
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(place: &Place, tell: &watch::Sender<Position>) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(&place.readers(1)).await?;
    listener.listen(CHANNEL).await?;
    while let Some(notice) = listener.try_recv().await? {
        if let Ok(position) = notice.payload().parse() {
            tell.send_if_modified(|known| {
                let further = Position(position) > *known;
                *known = Position(position).max(*known);
                further
            });
        }
    }
    Ok(())
}
