//! The writer under a store that fails: who is told what, and when it stops.

#![expect(clippy::disallowed_methods, reason = "every spawned task is awaited")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::*;
use crate::store::conformance::given::{SetClock, append, append_at};
use crate::store::consumer::SAVE_PARKED_MAX;
use crate::store::memory::Memory;
use crate::store::{Arrival, Arrived, Batch, Epochs, LogReader, Owner, Reply, Saved, Verdict};
use crate::stream::Position;

/// A disk that breaks: the store is real, every append after `after` of them meets `error`.
struct Breaking {
    store: Memory,
    after: usize,
    error: Error,
    appends: AtomicUsize,
    /// How many appends each of them was.
    sizes: Mutex<Vec<usize>>,
}

#[async_trait]
impl EventStore for Breaking {
    fn reader(&self) -> Arc<dyn LogReader> {
        self.store.reader()
    }

    async fn append(&self, batch: Arc<Batch>) -> Result<Reply, Error> {
        if self.appends.fetch_add(1, Ordering::Relaxed) >= self.after {
            return Err(self.error.clone());
        }
        self.sizes.lock().expect("no panic").push(batch.appends.len());
        self.store.append(batch).await
    }

    async fn import(&self, arrival: Arc<Arrival>) -> Result<Arrived, Error> {
        self.store.import(arrival).await
    }

    async fn claim(&self, partition: u16) -> Result<u64, Error> {
        self.store.claim(partition).await
    }

    async fn claim_all(&self) -> Result<Epochs, Error> {
        self.store.claim_all().await
    }

    async fn epochs(&self) -> Result<Epochs, Error> {
        self.store.epochs().await
    }
}

fn breaking(after: usize, error: Error) -> (Arc<Breaking>, Writer) {
    let store = Memory::new(crate::id::LogId(uuid::Uuid::from_u128(1)));
    let store = Arc::new(Breaking {
        store,
        after,
        error,
        appends: AtomicUsize::new(0),
        sizes: Mutex::default(),
    });
    let clock = Arc::new(SetClock::at(1));
    let (writer, _) = Writer::start(Arc::clone(&store) as _, clock, LogHead::default());
    (store, writer)
}

#[tokio::test]
async fn after_an_io_error_nothing_is_acknowledged_or_tried_again() {
    let (store, writer) = breaking(1, Error::Failed("disk".into()));
    writer.append(append("a", 1)).await.expect("appended");
    for n in 2..5 {
        let error = writer.append(append("a", n)).await.expect_err("refused");
        assert!(matches!(error, Error::Failed(_)), "{error}");
    }
    assert!(matches!(writer.failed().await, Error::Failed(_)));
    assert_eq!(store.appends.load(Ordering::Relaxed), 2, "the write was tried again");
}

#[tokio::test]
async fn everyone_who_waits_when_the_disk_fails_is_told() {
    let (_, writer) = breaking(0, Error::Failed("disk".into()));
    let waiting: Vec<_> = (0..50)
        .map(|n| {
            let writer = writer.clone();
            tokio::spawn(async move { writer.append(append("a", n)).await })
        })
        .collect();
    for append in waiting {
        let error = append.await.expect("no panic").expect_err("refused");
        assert!(matches!(error, Error::Failed(_)), "{error}");
    }
}

#[tokio::test]
async fn a_full_disk_refuses_and_the_writer_goes_on() {
    let (store, writer) = breaking(0, Error::Full);
    for n in 0..3 {
        assert!(matches!(writer.append(append("a", n)).await, Err(Error::Full)));
    }
    assert_eq!(store.appends.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_its_command_whole() {
    let (store, writer) = breaking(usize::MAX, Error::Full);
    let gone = tokio::spawn({
        let writer = writer.clone();
        async move { writer.append(append("a", 1)).await }
    });
    tokio::task::yield_now().await;
    gone.abort();
    let known = writer.append(append("a", 1)).await.expect("answered");
    assert_eq!(known.outcome.verdict, Verdict::Accepted);
    assert_eq!(store.reader().head().await.expect("head").outcomes, 1);
}

#[tokio::test]
async fn a_full_queue_is_busy_at_once() {
    let (_, writer) = breaking(usize::MAX, Error::Full);
    let many: Vec<_> =
        (0..QUEUE_MAX + 10).map(|n| writer.try_append(append("a", n as u128))).collect();
    let mut waiting = Vec::new();
    let mut busy = 0;
    for mut append in many.into_iter().map(Box::pin) {
        match futures_poll(append.as_mut()) {
            Some(Err(Error::Busy)) => busy += 1,
            Some(other) => panic!("answered before the writer ran: {other:?}"),
            None => waiting.push(append),
        }
    }
    assert_eq!((busy, waiting.len()), (10, QUEUE_MAX));
    for append in waiting {
        append.await.expect("appended in the end");
    }
}

#[tokio::test]
async fn a_group_has_one_place_in_the_queue_and_is_never_cut() {
    let (store, writer) = breaking(usize::MAX, Error::Full);
    let group = |key: &str, n: u128| -> Vec<Append> {
        (0..250).map(|version| append_at(key, n + u128::from(version), version)).collect()
    };
    let keys = ["a", "b", "c", "d", "e", "f", "g"];
    let sent: Vec<_> = (1_u128..)
        .zip(keys)
        .map(|(n, key)| writer.try_send_group(group(key, n * 1000)).expect("there is room"))
        .collect();
    for sent in sent {
        let answers = sent.answers().await.expect("answered");
        assert!(answers.len() == 250 && answers.iter().all(Result::is_ok));
    }
    assert_eq!(*store.sizes.lock().expect("no panic"), [1250, 500], "appends of each transaction");
}

fn at(position: u64) -> Save {
    Save {
        consumer: "relay".parse().expect("a token"),
        owner: Owner { partition: 0, epoch: 0 },
        position: Position(position),
        settled: Vec::new(),
        parked: Vec::new(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_save_that_nothing_goes_with_goes_alone_after_a_second() {
    let (store, writer) = breaking(usize::MAX, Error::Full);
    writer.append(append("a", 1)).await.expect("appended");
    let begun = tokio::time::Instant::now();
    let first = writer.save(at(0));
    tokio::time::advance(SAVE_WAIT_MAX / 2).await;
    let second = writer.save(at(1));
    assert_eq!(first.done().await.expect("answered"), Saved::Now);
    assert_eq!(second.done().await.expect("answered"), Saved::Now);
    assert_eq!(begun.elapsed().as_secs(), SAVE_WAIT_MAX.as_secs(), "the first one waited so long");
    assert_eq!(*store.sizes.lock().expect("no panic"), [1, 0], "appends of each transaction");
}

#[tokio::test(start_paused = true)]
async fn a_save_goes_with_the_next_append_and_waits_for_nothing() {
    let (store, writer) = breaking(usize::MAX, Error::Full);
    let begun = tokio::time::Instant::now();
    drop(writer.save(at(1)));
    writer.append(append("a", 1)).await.expect("appended");
    let consumers = store.reader().consumers().await.expect("read");
    assert_eq!((consumers.len(), begun.elapsed().as_millis()), (1, 0));
}

#[tokio::test]
async fn what_was_saved_last_is_kept_when_the_writer_ends() {
    let store = Memory::new(crate::id::LogId(uuid::Uuid::from_u128(1)));
    let clock = Arc::new(SetClock::at(1));
    let (writer, task) = Writer::start(Arc::new(store.clone()), clock, LogHead::default());
    let saved = writer.save(at(0));
    drop(writer);
    task.finished().await.expect("it ends");
    assert_eq!(saved.done().await.expect("answered"), Saved::Now);
    assert_eq!(store.consumers().await.expect("read").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_saves_while_the_disk_fails_or_after_it_is_told() {
    let (_, writer) = breaking(0, Error::Failed("disk".into()));
    let before = writer.save(at(0));
    assert!(matches!(before.done().await, Err(Error::Failed(_))));
    let after = writer.save(at(0));
    assert!(matches!(after.done().await, Err(Error::Failed(_))));
}

#[tokio::test]
async fn of_two_owners_that_save_at_once_the_later_one_does() {
    let (_, writer) = breaking(usize::MAX, Error::Full);
    let of = |epoch| Save { owner: Owner { partition: 0, epoch }, ..at(1) };
    let [old, new, late] = [0, 1, 0].map(|epoch| writer.save(of(epoch)));
    for stale in [old, late] {
        assert_eq!(stale.done().await.expect("answered"), Saved::Stale { current: 1 });
    }
    writer.append(append("a", 1)).await.expect("appended");
    // The store was never claimed, so it has an epoch of its own to tell.
    assert_eq!(new.done().await.expect("answered"), Saved::Stale { current: 0 });
}

#[tokio::test]
async fn saves_that_wait_have_limits() {
    let (_, writer) = breaking(usize::MAX, Error::Full);
    let settling = |from: u64| {
        let settled = (from..from + SAVE_PARKED_MAX as u64).map(Position).collect();
        writer.save(Save { settled, ..at(1) })
    };
    let fits = [settling(1), settling(1)];
    assert!(matches!(settling(2).done().await, Err(Error::Busy)));
    let named = |n: usize| Save { consumer: format!("c{n}").parse().expect("a token"), ..at(1) };
    let many: Vec<_> = (0..CONSUMERS_MAX).map(|n| writer.save(named(n))).collect();
    writer.append(append("a", 1)).await.expect("appended");
    let mut busy = 0;
    for saved in fits.into_iter().chain(many) {
        busy += usize::from(matches!(saved.done().await, Err(Error::Busy)));
    }
    assert_eq!(busy, 1, "of {} consumers", CONSUMERS_MAX + 1);
}

#[tokio::test]
async fn a_group_whose_caller_went_away_is_recorded_whole() {
    let (store, writer) = breaking(usize::MAX, Error::Full);
    let group = (0..9).map(|n| append_at("a", n.into(), n)).collect();
    drop(writer.try_send_group(group).expect("there is room"));
    writer.append(append("a", 100)).await.expect("appended");
    assert_eq!(store.reader().head().await.expect("head").position.0, 10);
}

fn futures_poll<F: Future>(future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.poll(&mut context) {
        std::task::Poll::Ready(done) => Some(done),
        std::task::Poll::Pending => None,
    }
}
