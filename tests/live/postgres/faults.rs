//! Servers that die, connections that are cut, and sessions that hold a lock.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use events::id::CommandId;
use events::store::Error;
use events::store::conformance::given::append;
use sqlx::Executor as _;
use tokio::sync::watch;

use super::database::Database;
use super::server::Server;
use super::work::{Log, insist, several};

/// How long appends may stand still once the cause is gone.
const GRACE: Duration = Duration::from_secs(2);
/// How many append at once.
const APPENDERS: u128 = 16;
/// How many events an append has.
const EVENTS: usize = 3;

/// The commands that were acknowledged.
#[derive(Clone)]
struct Ledger(watch::Sender<BTreeSet<CommandId>>);

impl Ledger {
    fn new() -> Self {
        Self(watch::Sender::new(BTreeSet::new()))
    }

    fn note(&self, command: CommandId) {
        self.0.send_if_modified(|commands| commands.insert(command));
    }

    /// Waits until this many more were acknowledged, and says how long that took.
    async fn grows(&self, by: usize) -> Duration {
        let (mut watch, begun) = (self.0.subscribe(), Instant::now());
        let wanted = watch.borrow().len() + by;
        let more = watch.wait_for(|commands| commands.len() >= wanted);
        let more = tokio::time::timeout(10 * GRACE, more).await;
        assert!(more.is_ok(), "appends stand still");
        begun.elapsed()
    }
}

/// Appends until told to stop, keeping the ledger.
async fn keep_appending(log: Arc<Log>, n: u128, ledger: Ledger, stop: Arc<AtomicBool>) {
    for k in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let append = several(&format!("s{}", (n + k) % 40), n * 1_000_000 + k, EVENTS);
        insist(&log.writer, &append).await;
        ledger.note(append.command);
    }
}

/// Appends while `harm` is done, and for a while after; then everything must be there.
async fn under(url: &str, harm: impl AsyncFnOnce(&Ledger)) {
    let log = Arc::new(Log::open(url).await);
    let (ledger, stop) = (Ledger::new(), Arc::new(AtomicBool::new(false)));
    let appenders: Vec<_> = (1..=APPENDERS)
        .map(|n| {
            let work = keep_appending(Arc::clone(&log), n, ledger.clone(), Arc::clone(&stop));
            #[expect(clippy::disallowed_methods, reason = "each is waited for below")]
            tokio::spawn(work)
        })
        .collect();
    harm(&ledger).await;
    stop.store(true, Ordering::Relaxed);
    for appender in appenders {
        appender.await.expect("no panic");
    }
    log.holds(&ledger.0.borrow(), EVENTS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_loses_nothing_and_appends_go_on() {
    let server = Server::start(&[]);
    under(&server.url, async |ledger| {
        for _ in 0..5 {
            ledger.grows(20).await;
            server.kill();
            server.again();
            let stood_still = ledger.grows(20).await;
            assert!(stood_still < GRACE, "appends stood still for {stood_still:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_cut_in_mid_batch_leave_an_honest_outcome() {
    let database = Database::new().await;
    let mut other = database.connect().await;
    under(&database.url, async |ledger| {
        let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                   WHERE datname = current_database() AND application_name = 'annals'
                   AND query LIKE '%append_batch%'";
        for n in 0..200 {
            ledger.grows(n % 7).await;
            other.execute(cut).await.expect("the server answers");
        }
        let stood_still = ledger.grows(20).await;
        assert!(stood_still < GRACE, "appends stood still for {stood_still:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stays_away_is_a_typed_error_and_the_outcome_is_known_later() {
    let server = Server::start(&[]);
    let log = Log::open(&server.url).await;
    log.writer.append(append("a", 1)).await.expect("appended");
    server.kill();
    let away = log.writer.append(append("a", 2)).await.expect_err("there is no server");
    assert!(matches!(away, Error::Unknown(_) | Error::Unavailable(_)), "{away:?}");
    server.again();
    let (answer, _) = insist(&log.writer, &append("a", 2)).await;
    let span = answer.outcome.recorded.expect("an event");
    assert_eq!((span.version.0, log.commands().await.len()), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_holds_the_log_is_named_as_the_cause_and_appends_go_on_after_it() {
    let database = Database::new().await;
    let log = Log::open(&database.url).await;
    let mut other = database.connect().await;
    other.execute("BEGIN; SELECT * FROM annals.log FOR UPDATE").await.expect("a lock");
    let begun = Instant::now();
    let held = log.writer.append(append("a", 1)).await.expect_err("the lock is held");
    assert!(matches!(&held, Error::Unavailable(what) if what.contains("lock")), "{held:?}");
    assert!(begun.elapsed() < 2 * GRACE, "it took {:?} to say so", begun.elapsed());
    other.execute("ROLLBACK").await.expect("the lock is given back");
    let begun = Instant::now();
    insist(&log.writer, &append("a", 1)).await;
    assert!(begun.elapsed() < GRACE, "appends stood still for {:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_left_idle_in_a_transaction_is_in_nobodys_way() {
    let database = Database::new().await;
    let log = Log::open(&database.url).await;
    log.writer.append(append("a", 1)).await.expect("appended");
    let mut other = database.connect().await;
    other
        .execute("BEGIN; SELECT * FROM annals.events; SELECT * FROM annals.log")
        .await
        .expect("read");
    let begun = Instant::now();
    for n in 2..50 {
        log.writer.append(append("a", n)).await.expect("appended");
    }
    assert!(begun.elapsed() < GRACE, "48 appends took {:?}", begun.elapsed());
}
