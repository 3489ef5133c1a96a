//! What is recorded, batch by batch. A batch that was begun is not begun again because something
//! else came first.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use events::recorded::Stored;
use events::store::follow::Follower;
use events::store::{Error, Filter};
use events::stream::Position;

use crate::runtime::Tools;

type Batch = Result<Vec<Arc<Stored>>, Error>;
type Step = Pin<Box<dyn Future<Output = (Follower, Batch)> + Send>>;

/// What is recorded, batch by batch.
pub(in crate::work) struct Feed(Step);

impl Feed {
    pub(in crate::work) fn from(tools: &Tools, position: Position) -> Self {
        let (reader, tail) = (Arc::clone(&tools.reader), tools.writer.tail());
        Self(step(Follower::new(reader, tail, Filter::default(), position)))
    }

    pub(in crate::work) async fn next(&mut self) -> Batch {
        let (follower, batch) = (&mut self.0).await;
        self.0 = step(follower);
        batch
    }
}

fn step(mut follower: Follower) -> Step {
    Box::pin(async move {
        let batch = follower.next().await;
        (follower, batch)
    })
}
