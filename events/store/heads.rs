//! The heads of the streams that were written last: bounded, in two generations, so that a hot
//! stream stays and a cold one falls out without bookkeeping at every access.

use std::collections::HashMap;

use crate::store::StreamHead;
use crate::stream::StreamId;

/// How many heads one generation holds.
const GENERATION_MAX: usize = 8192;

#[derive(Debug, Default)]
pub(crate) struct Heads {
    young: HashMap<StreamId, StreamHead>,
    old: HashMap<StreamId, StreamHead>,
}

impl Heads {
    pub(crate) fn get(&self, stream: &StreamId) -> Option<StreamHead> {
        self.young.get(stream).or_else(|| self.old.get(stream)).copied()
    }

    pub(crate) fn put(&mut self, stream: &StreamId, head: StreamHead) {
        if let Some(known) = self.young.get_mut(stream) {
            *known = head;
            return;
        }
        if self.young.len() >= GENERATION_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(stream.clone(), head);
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
    use crate::stream::Version;

    #[test]
    fn what_was_written_last_is_known_and_the_rest_is_bounded() {
        let mut heads = Heads::default();
        let head = |n| StreamHead { version: Version(n), ..StreamHead::default() };
        for n in 0..3 * GENERATION_MAX as u64 {
            heads.put(&stream(&n.to_string()), head(n));
        }
        let last = 3 * GENERATION_MAX as u64 - 1;
        assert_eq!(heads.get(&stream(&last.to_string())), Some(head(last)));
        assert_eq!(heads.get(&stream("0")), None);
        assert!(heads.young.len() + heads.old.len() <= 2 * GENERATION_MAX);
    }
}
