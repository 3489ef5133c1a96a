//! Which log a store holds, shared by everyone who reads it: an empty log that takes another one in
//! becomes that log.

use std::sync::{Arc, RwLock};

use crate::id::LogId;

/// Which log a store holds; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Identity(Arc<RwLock<LogId>>);

impl Identity {
    pub(crate) fn of(log_id: LogId) -> Self {
        Self(Arc::new(RwLock::new(log_id)))
    }

    pub(crate) fn log_id(&self) -> LogId {
        *self.0.read().expect("no one panics while holding an id")
    }

    pub(crate) fn becomes(&self, log_id: LogId) {
        *self.0.write().expect("no one panics while holding an id") = log_id;
    }
}
