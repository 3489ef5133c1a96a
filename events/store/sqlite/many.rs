//! Many rows in one statement: the texts are made once, for a few sizes, so that SQLite's prepared
//! statements are found again whatever the size of a batch.

use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteRow};
use sqlx::{Executor, SqliteConnection};

use super::failure;
use crate::store::Error;

/// How many rows one statement carries; a batch is cut into these.
const SIZES: [usize; 4] = [64, 16, 4, 1];

/// A statement over any number of rows.
pub(super) struct Many {
    texts: [String; SIZES.len()],
}

pub(super) type Query = sqlx::query::Query<'static, Sqlite, SqliteArguments>;

impl Many {
    /// `before` and `after` stand around the list of rows, each with this many columns.
    pub(super) fn new(before: &str, columns: usize, after: &str) -> Self {
        let row = format!("({})", vec!["?"; columns].join(","));
        Self {
            texts: SIZES
                .map(|size| format!("{before}{}{after}", vec![row.as_str(); size].join(","))),
        }
    }

    /// Runs the statement over all rows.
    pub(super) async fn execute<T>(
        &'static self,
        connection: &mut SqliteConnection,
        rows: &[T],
        bind: impl Fn(Query, &T) -> Query,
    ) -> Result<(), Error> {
        for (text, chunk) in self.chunks(rows) {
            let query = chunk.iter().fold(sqlx::query(text), &bind);
            connection.execute(query).await.map_err(failure::of_sqlx)?;
        }
        Ok(())
    }

    /// Runs the statement over all rows, and collects what it returns.
    pub(super) async fn fetch<T>(
        &'static self,
        connection: &mut SqliteConnection,
        rows: &[T],
        bind: impl Fn(Query, &T) -> Query,
    ) -> Result<Vec<SqliteRow>, Error> {
        let mut found = Vec::new();
        for (text, chunk) in self.chunks(rows) {
            let query = chunk.iter().fold(sqlx::query(text), &bind);
            found.extend(connection.fetch_all(query).await.map_err(failure::of_sqlx)?);
        }
        Ok(found)
    }

    fn chunks<'r, T>(&'static self, mut rows: &'r [T]) -> Vec<(&'static str, &'r [T])> {
        let mut chunks = Vec::new();
        for (text, size) in self.texts.iter().zip(SIZES) {
            while let Some((chunk, rest)) = rows.split_at_checked(size) {
                chunks.push((text.as_str(), chunk));
                rows = rest;
            }
        }
        chunks
    }
}
