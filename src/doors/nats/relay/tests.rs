//! What is told of a log that cannot be read now and then.

use std::sync::atomic::AtomicU64;

use async_trait::async_trait;
use events::bus::Subscribe;
use events::chain::EventHash;
use events::id::{CommandId, Consumer, LogId, Tenant};
use events::recorded::Stored;
use events::store::conformance::given::{self, SetClock};
use events::store::memory::Memory;
use events::store::{
    Behind, EventStore as _, Filter, Imported, Kept, KeptBlob, LogHead, LogReader, Outcome, Page,
    Progress, Report, Standing, StreamHead, Writer,
};
use events::stream::{Direction, StreamId, Version};
use tokio::time::timeout;
use uuid::Uuid;

use super::*;

/// How many events there are.
const EVENTS: u64 = 10;

/// A real log, of which some reads fail.
struct Faulty {
    log: Memory,
    /// How many more of them.
    left: AtomicU64,
    /// What they fail with.
    error: Error,
}

#[async_trait]
impl LogReader for Faulty {
    fn log_id(&self) -> LogId {
        self.log.log_id()
    }
    async fn head(&self) -> Result<LogHead, Error> {
        self.log.head().await
    }
    async fn stream_heads(&self, streams: &[StreamId]) -> Result<Vec<StreamHead>, Error> {
        self.log.stream_heads(streams).await
    }
    async fn outcome(&self, tenant: &Tenant, command: CommandId) -> Result<Option<Outcome>, Error> {
        self.log.outcome(tenant, command).await
    }
    async fn read_stream(
        &self,
        stream: &StreamId,
        from: Version,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Stored>, Error> {
        self.log.read_stream(stream, from, direction, limit).await
    }
    async fn read_all(&self, from: Position, filter: &Filter, _: usize) -> Result<Page, Error> {
        let one_less = |left: u64| left.checked_sub(1);
        if self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
            return Err(self.error.clone());
        }
        // In small pages, so that there are many of them.
        self.log.read_all(from, filter, 3).await
    }
    async fn at(&self, positions: &[Position]) -> Result<Vec<Stored>, Error> {
        self.log.at(positions).await
    }
    async fn standing(&self, consumer: &Consumer) -> Result<Option<Standing>, Error> {
        self.log.standing(consumer).await
    }
    async fn consumers(&self) -> Result<Vec<(Consumer, Standing)>, Error> {
        self.log.consumers().await
    }
    async fn blob(&self, tenant: &Tenant, hash: &EventHash) -> Result<Option<Vec<u8>>, Error> {
        self.log.blob(tenant, hash).await
    }
    async fn kept(&self, commands: &[(Tenant, CommandId)]) -> Result<Vec<Option<Kept>>, Error> {
        self.log.kept(commands).await
    }
    async fn kept_without_events(
        &self,
        behind: &Behind<CommandId>,
        last: Position,
        limit: usize,
    ) -> Result<Vec<Kept>, Error> {
        self.log.kept_without_events(behind, last, limit).await
    }
    async fn kept_blobs(
        &self,
        behind: &Behind<EventHash>,
        last: Position,
        limit: usize,
    ) -> Result<Vec<KeptBlob>, Error> {
        self.log.kept_blobs(behind, last, limit).await
    }
    async fn imports(&self) -> Result<Vec<Imported>, Error> {
        self.log.imports().await
    }
    async fn verify(&self, progress: Progress) -> Result<Report, Error> {
        self.log.verify(progress).await
    }
}

/// A log with some events, and one who reads all of them from it, with so many failures.
async fn faulty(left: u64, error: Error) -> (Writer, News) {
    let log = Memory::new(LogId(Uuid::from_u128(7)));
    let clock = || Arc::new(SetClock::at(5)) as _;
    let head = log.head().await.expect("a head");
    let (writer, _task) = Writer::start(Arc::new(log.clone()), clock(), head);
    for n in 1..=EVENTS {
        writer.append(given::append("shop", n.into())).await.expect("it is recorded");
    }
    // Another one, in whose memory there is nothing of that.
    let head = log.reader().head().await.expect("a head");
    let (writer, _task) = Writer::start(Arc::new(log.clone()), clock(), head);
    let reader = Arc::new(Faulty { log, left: AtomicU64::new(left), error });
    let news = News::new(reader, writer.tail(), DoneElsewhere::default(), Position::FIRST);
    (writer, news)
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_read_for_a_while_is_told_later_and_nothing_is_skipped() {
    for left in 0..6 {
        let (_writer, news) = faulty(left, Error::Unavailable("a while".into())).await;
        let router = Router::new(1);
        let pattern = || patterns::EVENTS.parse().expect("it is a pattern");
        let heard = router.audience(pattern());
        let mut told = router.subscribe(Subscribe::to(pattern())).await.expect("it listens");
        let (_stop, stopped) = watch::channel(false);
        let tells = here(router, heard, news, stopped);
        let listens = async {
            for position in 1..=EVENTS {
                let event = told.next().await.expect("it goes on");
                assert_eq!(event.headers.get("annals-position"), Some(&*position.to_string()));
            }
        };
        let all = async {
            tokio::select! {
                ended = tells => panic!("it ended by itself: {ended:?}"),
                () = listens => {}
            }
        };
        timeout(Duration::from_secs(60), all).await.expect("all of it is told");
    }
}

#[tokio::test(start_paused = true)]
async fn where_the_log_cannot_be_read_it_ends_and_says_why() {
    let (_writer, news) = faulty(u64::MAX, Error::Failed("for good".into())).await;
    let (router, (_stop, stopped)) = (Router::new(1), watch::channel(false));
    let heard = router.audience(patterns::EVENTS.parse().expect("it is a pattern"));
    let ended = here(router, heard, news, stopped).await;
    assert!(matches!(ended, Err(Error::Failed(_))), "{ended:?}");
}
