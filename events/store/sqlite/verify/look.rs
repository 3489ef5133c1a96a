//! Rows are looked at inside SQLite, by a function that a query calls for each of them: to fetch a
//! row takes several calls for every column of it, and an audit looks at everything.

use std::cell::RefCell;
use std::rc::Rc;

use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::{Connection, Params, Statement};

use crate::store::Error;
use crate::store::sqlite::failure;
use crate::store::sqlite::turn::Turn;

/// What looks at rows.
pub(super) trait Look: 'static {
    /// Looks at a row; says how many bytes it has.
    fn look(&mut self, row: &Context<'_>) -> Result<usize, Error>;
}

/// Something that looks, which queries on one connection call `look`.
pub(super) struct Looker<L>(Rc<RefCell<Looking<L>>>);

struct Looking<L> {
    with: L,
    turn: Turn,
    /// Why it looks at no more rows of this query, if it does not.
    ended: Option<Result<(), Error>>,
    /// Whether it looks at a row, or fell over one.
    within: bool,
}

impl<L: Look> Looker<L> {
    /// From now on, it is this one that queries with so many columns call.
    pub(super) fn on(connection: &Connection, columns: i32, with: L) -> Result<Self, Error> {
        let looking = Rc::new(RefCell::new(Looking {
            with,
            turn: Turn::begin(),
            ended: None,
            within: false,
        }));
        let look = Called(Rc::clone(&looking));
        connection
            .create_aggregate_function("look", columns, FunctionFlags::SQLITE_UTF8, look)
            .map_err(failure::of_rusqlite)?;
        Ok(Self(looking))
    }

    /// Shows it as many rows as one turn allows. Says whether there may be more.
    pub(super) fn show(
        &self,
        select: &mut Statement<'_>,
        params: impl Params,
    ) -> Result<bool, Error> {
        self.0.borrow_mut().turn = Turn::begin();
        let shown = select.query_row(params, |_| Ok(()));
        let looking = &mut *self.0.borrow_mut();
        if std::mem::take(&mut looking.within) {
            return Err(Error::Failed("the audit panicked".into()));
        }
        match looking.ended.take() {
            Some(ended) => ended.map(|()| true),
            None => shown.map(|()| false).map_err(failure::of_rusqlite),
        }
    }

    /// What looks, between two turns.
    pub(super) fn with<T>(&self, use_it: impl FnOnce(&mut L) -> T) -> T {
        use_it(&mut self.0.borrow_mut().with)
    }
}

/// What SQLite calls.
struct Called<L>(Rc<RefCell<Looking<L>>>);

impl<L: Look> Aggregate<(), bool> for Called<L> {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<()> {
        Ok(())
    }

    fn step(&self, row: &mut Context<'_>, (): &mut ()) -> rusqlite::Result<()> {
        let looking = &mut *self.0.borrow_mut();
        looking.within = true;
        let looked = looking.with.look(row);
        looking.within = false;
        let ended = match looked {
            Ok(bytes) if looking.turn.ends_after(bytes) => Ok(()),
            Ok(_) => return Ok(()),
            Err(error) => Err(error),
        };
        looking.ended = Some(ended);
        // Only an error ends a query before its last row; nobody reads this one.
        Err(rusqlite::Error::InvalidQuery)
    }

    fn finalize(&self, _: &mut Context<'_>, _: Option<()>) -> rusqlite::Result<bool> {
        Ok(true)
    }
}
