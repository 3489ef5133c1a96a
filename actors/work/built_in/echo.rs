//! `echo`: brings back what it is given.

use super::{Brought, Work};

pub(super) fn work(work: Work) -> Brought {
    Ok(work.input)
}
