//! What was used last, by stream: bounded, in two generations, so that a hot stream stays and a
//! cold one falls out without bookkeeping at every access.

use std::collections::HashMap;

use crate::stream::StreamId;

/// How many streams one generation holds.
const GENERATION_MAX: usize = 8192;

#[derive(Debug)]
pub(crate) struct Recent<V> {
    young: HashMap<StreamId, V>,
    old: HashMap<StreamId, V>,
}

impl<V> Default for Recent<V> {
    fn default() -> Self {
        // At their full size from the beginning, and used again when a generation passes: tables
        // that grow and go leave holes of every size in the memory of each thread that made one.
        let generation = || HashMap::with_capacity(GENERATION_MAX);
        Self { young: generation(), old: generation() }
    }
}

impl<V: Copy> Recent<V> {
    pub(crate) fn get(&self, stream: &StreamId) -> Option<V> {
        self.young.get(stream).or_else(|| self.old.get(stream)).copied()
    }

    pub(crate) fn put(&mut self, stream: &StreamId, value: V) {
        if let Some(known) = self.young.get_mut(stream) {
            *known = value;
            return;
        }
        if self.young.len() >= GENERATION_MAX {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
        self.young.insert(stream.clone(), value);
    }

    pub(crate) fn forget(&mut self, stream: &StreamId) {
        self.young.remove(stream);
        self.old.remove(stream);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance::given::stream;

    #[test]
    fn what_was_used_last_is_known_and_the_rest_is_bounded() {
        let mut recent = Recent::default();
        for n in 0..3 * GENERATION_MAX {
            recent.put(&stream(&n.to_string()), n);
        }
        let last = 3 * GENERATION_MAX - 1;
        assert_eq!(recent.get(&stream(&last.to_string())), Some(last));
        assert_eq!(recent.get(&stream("0")), None);
        assert!(recent.young.len() + recent.old.len() <= 2 * GENERATION_MAX);
        recent.forget(&stream(&last.to_string()));
        assert_eq!(recent.get(&stream(&last.to_string())), None);
    }
}
