//! Rows are looked at inside SQLite, by a function that a query asks about each of them: to fetch a
//! row takes several calls for every column of it, and an audit looks at everything.

use std::sync::{Arc, Mutex};

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::{Connection, OptionalExtension, Params, Statement};

use crate::store::Error;
use crate::store::sqlite::failure;
use crate::store::sqlite::turn::Turn;

/// What looks at rows.
pub(super) trait Look: Send + 'static {
    /// Looks at a row; says how many bytes it has.
    fn look(&mut self, row: &Context<'_>) -> Result<usize, Error>;
}

/// Something that looks. A query shows it the columns of a row with `look(…)`, which is true of the
/// last row that it wants to see.
pub(super) struct Looker<L>(Arc<Mutex<Looking<L>>>);

struct Looking<L> {
    with: L,
    turn: Turn,
    /// What is wrong with the last row, so that it looks at no more of them.
    wrong: Option<Error>,
}

impl<L: Look> Looker<L> {
    /// From now on, it is this one that queries with so many columns ask.
    pub(super) fn on(connection: &Connection, columns: i32, with: L) -> Result<Self, Error> {
        let looking = Arc::new(Mutex::new(Looking { with, turn: Turn::begin(), wrong: None }));
        let asked = Arc::clone(&looking);
        let look = move |row: &Context<'_>| Ok(locked(&asked).is_last(row));
        connection
            .create_scalar_function("look", columns, FunctionFlags::SQLITE_UTF8, look)
            .map_err(failure::of_rusqlite)?;
        Ok(Self(looking))
    }

    /// Shows it as many rows as one turn allows. Says whether there may be more.
    pub(super) fn show(
        &self,
        select: &mut Statement<'_>,
        params: impl Params,
    ) -> Result<bool, Error> {
        locked(&self.0).turn = Turn::begin();
        let last = select.query_row(params, |_| Ok(())).optional();
        if self.0.is_poisoned() {
            return Err(Error::Failed("the audit panicked".into()));
        }
        match locked(&self.0).wrong.take() {
            Some(error) => Err(error),
            None => last.map(|last| last.is_some()).map_err(failure::of_rusqlite),
        }
    }

    /// What looks, between two turns.
    pub(super) fn with<T>(&self, use_it: impl FnOnce(&mut L) -> T) -> T {
        use_it(&mut locked(&self.0).with)
    }
}

fn locked<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().expect("nobody goes on after a panic of the audit")
}

impl<L: Look> Looking<L> {
    fn is_last(&mut self, row: &Context<'_>) -> bool {
        match self.with.look(row) {
            Ok(bytes) => self.turn.ends_after(bytes),
            Err(error) => {
                self.wrong = Some(error);
                true
            }
        }
    }
}
