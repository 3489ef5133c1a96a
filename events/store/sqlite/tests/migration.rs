//! A log that an older program wrote is brought up to date with everything that is in it.

use rusqlite::Connection;

use super::small::{COMMANDS, small_log};
use super::{Options, Sqlite};
use crate::store::sqlite::{KNOWN_SCHEMA, SqliteReader, schema_state};
use crate::store::{Error, EventStore, Filter, LogReader, Progress};
use crate::stream::Position;

/// Takes back what the second migration did.
const BACK: &str = "DROP TABLE cursors; DROP TABLE parked;
    DELETE FROM _sqlx_migrations WHERE version > 1";

#[tokio::test]
async fn a_log_with_a_history_comes_up_to_date_and_stays_whole() {
    let (path, _folder) = small_log().await;
    let before = SqliteReader::open(&path).expect("opens");
    let before = before.read_all(Position(1), &Filter::default(), 100).await.expect("read");
    let older = Connection::open(&path).expect("opens");
    older.execute_batch(BACK).expect("it is older now");
    drop(older);
    assert_eq!(schema_state(&path).expect("read").found, 1);
    let refused = SqliteReader::open(&path).expect_err("refused");
    assert!(matches!(refused, Error::OlderSchema { found: 1, .. }), "{refused}");

    let store = Sqlite::open(&path, &Options::default()).await.expect("opens");
    assert_eq!(schema_state(&path).expect("read").found, KNOWN_SCHEMA);
    let reader = store.reader();
    let after = reader.read_all(Position(1), &Filter::default(), 100).await.expect("read");
    assert_eq!(after.events, before.events);
    assert_eq!(reader.consumers().await.expect("read"), []);
    let report = reader.verify(Progress::default()).await.expect("an audit");
    assert_eq!((report.damages, u128::from(report.outcomes)), (Vec::new(), COMMANDS));
}
