//! Who follows a log hears at once of what another process commits, and before long also if the notice
//! of it was lost.

use std::sync::Arc;
use std::time::{Duration, Instant};

use events::store::conformance::given::append;
use events::store::{Filter, Follower};
use events::stream::Position;
use sqlx::Executor as _;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::database::Database;
use super::work::Log;

/// How often something is committed.
const COMMITS: u128 = 20;
/// How long all of it may take; who only looks by itself needs a second for each.
const AT_ONCE: Duration = Duration::from_secs(5);
/// How long it may take where there is no notice.
const PATIENCE: Duration = Duration::from_secs(5);

/// One process that appends, and another one that follows all the while.
struct Two {
    one: Log,
    _other: Log,
    heard: mpsc::Receiver<Position>,
    _following: JoinSet<()>,
}

impl Two {
    async fn on(database: &Database) -> Self {
        let (one, other) = (Log::open(&database.url).await, Log::open(&database.url).await);
        let (reader, tail) = (Arc::new(other.store.log_reader()), other.writer.tail());
        let mut follower = Follower::new(reader, tail, Filter::default(), Position::FIRST);
        let (tell, heard) = mpsc::channel(8);
        let mut following = JoinSet::new();
        following.spawn(async move {
            loop {
                for event in follower.next().await.expect("the log is read") {
                    tell.send(event.position()).await.expect("someone wants to know");
                }
            }
        });
        let mut two = Self { one, _other: other, heard, _following: following };
        two.commits(1).await;
        two
    }

    /// Waits until what is committed now is heard of.
    async fn commits(&mut self, n: u128) {
        self.one.writer.append(append("a", n)).await.expect("appended");
        let heard = timeout(PATIENCE, self.heard.recv()).await.expect("it is heard of");
        assert_eq!(heard, Some(Position(n as u64)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_commits_is_heard_of_at_once() {
    let database = Database::new().await;
    let mut two = Two::on(&database).await;
    let begun = Instant::now();
    for n in 2..2 + COMMITS {
        two.commits(n).await;
    }
    assert!(begun.elapsed() < AT_ONCE, "nobody is woken: {:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_committed_while_nobody_listens_is_found_before_long() {
    let database = Database::new().await;
    let mut two = Two::on(&database).await;
    let deafen = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                  WHERE datname = current_database() AND query ILIKE 'LISTEN%'";
    let mut connection = database.connect().await;
    for n in 2..5 {
        connection.execute(deafen).await.expect("the server answers");
        two.commits(n).await;
    }
}
