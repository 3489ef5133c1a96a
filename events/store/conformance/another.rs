//! Another log, that moves into the one a promise is made about.

use std::ops::RangeInclusive;
use std::sync::Arc;

use uuid::Uuid;

use super::given::{SetClock, append, event, rejection, stream};
use super::world::World;
use crate::id::LogId;
use crate::store::memory::Memory;
use crate::store::moving::arrive::{Refused, Taken};
use crate::store::moving::check::Check;
use crate::store::moving::meet::{self, NotMoved};
use crate::store::moving::standing::Standings;
use crate::store::moving::taking::Taking;
use crate::store::moving::{Part, parts};
use crate::store::{
    Append, Batch, Decision, Error, EventStore, LogReader, NewBlob, Owner, Parked, ParkedState,
    Reply, Save, Saved, Writer,
};
use crate::stream::Position;
use crate::time::Timestamp;

/// A log in memory, with a clock of its own.
pub struct Another {
    store: Arc<Memory>,
    writer: Writer,
    /// The clock of its writer.
    pub clock: Arc<SetClock>,
}

/// All of a log.
pub const ALL: RangeInclusive<Position> = Position::FIRST..=Position(u64::MAX);

impl Another {
    /// An empty one; another number is another log.
    #[must_use]
    pub fn log(n: u128) -> Self {
        let store = Arc::new(Memory::new(LogId(Uuid::from_u128(n))));
        let clock = Arc::new(SetClock::at(1_770_000_000_000_000));
        let (writer, _) =
            Writer::start(Arc::clone(&store) as _, Arc::clone(&clock) as _, Default::default());
        Self { store, writer, clock }
    }

    /// One with these appends.
    pub async fn with(n: u128, appends: impl IntoIterator<Item = Append>) -> Self {
        let log = Self::log(n);
        for append in appends {
            log.appends(append).await;
        }
        log
    }

    /// Appends to it.
    pub async fn appends(&self, append: Append) {
        self.writer.append(append).await.expect("appended");
    }

    /// Saves where a consumer of it stands.
    pub async fn saves(&self, save: Save) {
        let stamp = self.reader().head().await.expect("head").recorded_at;
        let batch = Batch { stamp, appends: Vec::new(), saves: vec![save] };
        let reply = self.store.append(batch.into()).await.expect("saved");
        assert!(
            matches!(&reply, Reply::Done { saved, .. } if matches!(saved[..], [Ok(Saved::Now)]))
        );
    }

    /// The log itself.
    #[must_use]
    pub fn store(&self) -> Arc<dyn EventStore> {
        Arc::clone(&self.store) as _
    }

    /// Its reading side.
    #[must_use]
    pub fn reader(&self) -> Arc<dyn LogReader> {
        self.store.reader()
    }

    /// Moves a range of it into the log of a world.
    pub async fn moves(
        &self,
        world: &World,
        range: RangeInclusive<Position>,
        adopted: bool,
    ) -> Result<Taken, NotMoved> {
        moves(&self.reader(), world.store(), range, adopted).await
    }

    /// Moves all of it, and expects it to be refused with nothing entered.
    pub async fn is_refused(&self, world: &World, range: RangeInclusive<Position>) -> Refused {
        let before = contents(&world.reader()).await;
        let moved = self.moves(world, range, false).await;
        assert_eq!(contents(&world.reader()).await, before, "something was entered");
        match moved {
            Err(NotMoved::Refused(refused)) => refused,
            other => panic!("it is not refused: {other:?}"),
        }
    }
}

/// Moves a range of a log into another one.
pub async fn moves(
    from: &Arc<dyn LogReader>,
    to: &Arc<dyn EventStore>,
    range: RangeInclusive<Position>,
    adopted: bool,
) -> Result<Taken, NotMoved> {
    let (begin, mut parts) = parts::open(from, range).await?;
    let origin = meet::origin(&*to.reader(), &begin, adopted).await?;
    let mut check = Check::new(begin.log_id, begin.first, begin.last);
    let mut taking = Taking::from(Arc::clone(to), origin);
    while let Some(part) = parts.next().await? {
        taking.part(check.part(part).map_err(Error::from)?).await?;
    }
    check.end().map_err(Error::from)?;
    taking.end(parts.consumers().clone()).await
}

/// Everything that moves with a log.
pub async fn contents(reader: &Arc<dyn LogReader>) -> (LogId, Vec<Part>, Standings) {
    let (begin, mut all) = parts::open(reader, ALL).await.expect("it is read");
    let mut found = Vec::new();
    while let Some(part) = all.next().await.expect("it is read") {
        found.push(part);
    }
    (begin.log_id, found, all.consumers().clone())
}

/// A consumer that stands here, with an event that is parked for it.
#[must_use]
pub fn standing_at(position: u64, parked: u64) -> Save {
    let parked = Parked {
        position: Position(parked),
        stream: stream("b"),
        state: ParkedState::Blocking,
        tries: 3,
        why: "it said: \"no\"\n".into(),
        since: Timestamp(1_770_000_000_000_007),
    };
    Save {
        consumer: "react/report_to_parent".parse().expect("a path of tokens"),
        owner: Owner { partition: 0, epoch: 0 },
        position: Position(position),
        settled: Vec::new(),
        parked: vec![parked],
    }
}

/// A log with a consumer and a command of every kind: with one event and many, with none at the beginning, between
/// events and at the end, with blobs of its own and of another one.
pub async fn every_kind(n: u128) -> Another {
    let blob = |text: &str| NewBlob { media_type: "text/plain".into(), bytes: text.into() };
    let many = Decision::Accepted(vec![event("1"), event("[2,\"é\"]"), event("{\"n\": 3}")]);
    let refused = Decision::Rejected {
        code: "task.late".into(),
        message: "too\nlate".into(),
        record: Some(event("\"late\"")),
    };
    let base = n * 1000;
    let log = Another::with(
        n,
        [
            rejection("a", base + 9),
            rejection("a", base + 1),
            Append { decision: many, ..append("b", base + 2) },
            Append { decision: Decision::Nothing, ..append("b", base + 4) },
            Append { decision: Decision::Nothing, blobs: vec![blob("0")], ..append("c", base + 3) },
            Append { blobs: vec![blob("1"), blob("0")], ..append("a", base + 5) },
            Append { decision: refused, blobs: vec![blob("2")], ..append("b", base + 6) },
            rejection("d", base + 7),
        ],
    )
    .await;
    log.saves(standing_at(4, 2)).await;
    let relay = Save { consumer: "relay".parse().expect("a token"), ..standing_at(5, 2) };
    log.saves(Save { parked: Vec::new(), ..relay }).await;
    log
}
