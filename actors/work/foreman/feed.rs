//! What is recorded, batch by batch. A batch that was begun is not begun again because something
//! else came first.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use events::codec::WireType;
use events::store::moving::news::{Heard, News};
use events::store::moving::standing::DoneElsewhere;
use events::store::{Error, Tail};
use events::stream::Position;

use crate::runtime::Tools;

type Batch = Result<Heard, Error>;
type Step = Pin<Box<dyn Future<Output = (News, Batch)> + Send>>;

/// What is recorded, batch by batch.
pub(in crate::work) struct Feed(Step);

impl Feed {
    /// From there on, with what was known of the log before.
    pub(in crate::work) fn from(
        tools: &Tools,
        elsewhere: DoneElsewhere,
        position: Position,
    ) -> Self {
        Self::of(tools, tools.writer.tail(), elsewhere, position)
    }

    /// The same, without haste for what is of other types than these.
    pub(in crate::work) fn woken_by(
        types: &'static [WireType],
        tools: &Tools,
        elsewhere: DoneElsewhere,
        position: Position,
    ) -> Self {
        Self::of(tools, tools.writer.tail().woken_by(types), elsewhere, position)
    }

    fn of(tools: &Tools, tail: Tail, elsewhere: DoneElsewhere, position: Position) -> Self {
        Self(step(News::new(Arc::clone(&tools.reader), tail, elsewhere, position)))
    }

    pub(in crate::work) async fn next(&mut self) -> Batch {
        let (news, batch) = (&mut self.0).await;
        self.0 = step(news);
        batch
    }
}

fn step(mut news: News) -> Step {
    Box::pin(async move {
        let batch = news.next().await;
        (news, batch)
    })
}
