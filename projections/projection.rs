//! What every projection is: a name, the rows an event touches, and what it makes of each of them.
//! Both functions are pure and look at one event and one row; keeping the rows is not done here.

use std::fmt;

use events::codec::Words;
use events::recorded::Recorded;

/// A question, and how facts answer it.
pub trait Projection {
    /// The question's name, the same everywhere: file, table, checkpoint. It never changes.
    const NAME: &'static str;
    /// Grows whenever `keys`, `fold` or the row change, and so forces a rebuild.
    const VERSION: u32;
    /// What one row says.
    type Row;
    /// What it listens to.
    type Event: Words;

    /// The rows an event touches. Whoever keeps them puts the event's tenant in front, so that no
    /// projection can name a row of another tenant.
    fn keys(event: &Recorded<Self::Event>) -> Vec<Key>;

    /// What an event makes of a row; none means that there is no row. Total: what happened has
    /// happened, history cannot be refused.
    fn fold(row: Option<Self::Row>, event: &Recorded<Self::Event>) -> Option<Self::Row>;
}

/// The name of a row inside its projection and tenant. Rows are kept in the order of their keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Box<str>);

impl Key {
    /// A key of this text.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
