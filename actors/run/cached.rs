//! What follows from the rest of a state, and is costly to work out: it is worked out when it is first
//! asked for, and neither kept nor compared.

use std::sync::OnceLock;

/// Something that can be worked out again.
#[derive(Debug, Clone)]
pub(super) struct Cached<T>(OnceLock<T>);

impl<T> Cached<T> {
    pub(super) fn get(&self) -> Option<&T> {
        self.0.get()
    }

    pub(super) fn get_mut(&mut self) -> Option<&mut T> {
        self.0.get_mut()
    }

    pub(super) fn get_or(&self, work_out: impl FnOnce() -> T) -> &T {
        self.0.get_or_init(work_out)
    }
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<T> PartialEq for Cached<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Eq for Cached<T> {}
