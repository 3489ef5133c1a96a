//! Who follows a log hears at once of what another process commits, and before long also if the notice
//! of it was lost.

use std::time::{Duration, Instant};

use events::store::conformance::given::append;
use events::store::{Filter, Follower};
use events::stream::Position;
use sqlx::Executor as _;
use tokio::time::timeout;

use super::database::Database;
use super::work::Log;

/// How often something is committed.
const COMMITS: u128 = 20;
/// How long all of it may take; who only looks by itself needs a second for each.
const AT_ONCE: Duration = Duration::from_secs(10);
/// How long it may take where there is no notice.
const PATIENCE: Duration = Duration::from_secs(5);

/// One process that appends, and one that follows.
async fn two(database: &Database) -> (Log, Log, Follower) {
    let (one, other) = (Log::open(&database.url).await, Log::open(&database.url).await);
    one.writer.append(append("a", 0)).await.expect("appended");
    let (reader, tail) = (std::sync::Arc::new(other.store.log_reader()), other.writer.tail());
    let mut follower = Follower::new(reader, tail, Filter::default(), Position::FIRST);
    assert_eq!(follower.next().await.expect("heard").len(), 1);
    (one, other, follower)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_commits_is_heard_of_at_once() {
    let database = Database::new().await;
    let (one, _other, mut follower) = two(&database).await;
    let begun = Instant::now();
    for n in 1..=COMMITS {
        one.writer.append(append("a", n)).await.expect("appended");
        let heard = timeout(PATIENCE, follower.next()).await.expect("it is heard of");
        assert_eq!(heard.expect("read").len(), 1);
    }
    assert!(begun.elapsed() < AT_ONCE, "nobody is woken: {:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_committed_while_nobody_listens_is_found_before_long() {
    let database = Database::new().await;
    let (one, _other, mut follower) = two(&database).await;
    let deafen = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                  WHERE datname = current_database() AND query ILIKE 'LISTEN%'";
    let mut connection = database.connect().await;
    for n in 1..=3 {
        connection.execute(deafen).await.expect("the server answers");
        one.writer.append(append("a", n)).await.expect("appended");
        let heard = timeout(PATIENCE, follower.next()).await.expect("it is found");
        assert_eq!(heard.expect("read").len(), 1);
    }
}
