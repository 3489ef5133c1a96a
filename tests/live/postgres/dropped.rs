//! Requests that nobody waits for any more.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use events::store::conformance::given::stream;
use events::store::{Filter, LogReader, Progress};
use events::stream::{Direction, Position, Version};
use sqlx::Executor as _;

use super::database::Database;
use super::work::{Log, several};

/// How many requests are dropped.
const REQUESTS: u128 = 10_000;
/// How many are under way at once.
const AT_ONCE: usize = 64;
/// How many events an append has.
const EVENTS: usize = 3;

/// A request of one kind or another, dropped after `patience`.
async fn request(log: Arc<Log>, n: u128, patience: Duration) {
    let key = format!("s{}", n % 50);
    let reader = log.store.log_reader();
    let work = async {
        match n % 4 {
            0 | 1 => drop(log.writer.append(several(&key, n, EVENTS)).await),
            2 => drop(
                reader.read_stream(&stream(&key), Version::FIRST, Direction::Forwards, 100).await,
            ),
            _ => drop(reader.read_all(Position::FIRST, &Filter::default(), 500).await),
        }
    };
    // Too late is what is wanted here.
    let _ = tokio::time::timeout(patience, work).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_dropped_requests_leave_nothing_half_and_nothing_open() {
    let database = Database::new().await;
    let log = Arc::new(Log::open(&database.url).await);
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..REQUESTS {
        if tasks.len() >= AT_ONCE {
            tasks.join_next().await.expect("a task").expect("no panic");
        }
        let patience = Duration::from_micros((n as u64 * 7919) % 12_000);
        tasks.spawn(request(Arc::clone(&log), n, patience));
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("no panic");
    }
    log.writer.append(several("last", REQUESTS, EVENTS)).await.expect("appended");
    nothing_is_half(&log).await;
    nothing_is_open(&database).await;
}

async fn nothing_is_half(log: &Log) {
    let report = log.store.log_reader().verify(Progress::default()).await.expect("an audit");
    assert_eq!(report.damages, [], "the log is damaged");
    let mut counts = BTreeMap::new();
    for command in log.commands().await {
        *counts.entry(command).or_insert(0) += 1;
    }
    assert!(counts.len() > 500, "only {} appends were recorded at all", counts.len());
    let half = counts.values().filter(|count| **count != EVENTS).count();
    assert_eq!(half, 0, "appends are there in part");
}

async fn nothing_is_open(database: &Database) {
    let mut other = database.connect().await;
    let open = "SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    let row = (&mut other).fetch_one(open).await.expect("the server answers");
    assert_eq!(sqlx::Row::get::<i64, _>(&row, 0), 0, "sessions are left idle in a transaction");
}
