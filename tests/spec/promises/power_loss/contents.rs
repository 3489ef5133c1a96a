//! What is in one file: that which was synced survives a loss of power, and of that which was not,
//! any part may.

use super::keep::{Keep, Part};

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// When something was done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// The number of the step.
    pub(super) began: usize,
    /// How many steps had begun when it ended.
    pub(super) ended: usize,
}

impl Span {
    /// Whether it was over before the other one began.
    pub(super) fn is_before(self, other: Self) -> bool {
        self.ended <= other.began
    }
}

/// A change of what is in a file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Edit<'s> {
    Write { at: usize, bytes: &'s [u8] },
    Cut { length: usize },
}

/// One file.
#[derive(Debug, Default)]
pub(super) struct Contents<'s> {
    synced: Vec<u8>,
    /// Not synced yet, oldest first.
    pending: Vec<(Span, Edit<'s>)>,
    /// What stood in it before it was cut; the disk may still have it.
    old: Vec<u8>,
}

impl<'s> Contents<'s> {
    pub(super) fn edit(&mut self, span: Span, edit: Edit<'s>) {
        if let Edit::Cut { length } = edit {
            let now = self.after_loss(&mut Keep::Everything);
            if now.len() > length {
                self.old.resize(self.old.len().max(now.len()), 0);
                self.old[..now.len()].copy_from_slice(&now);
            }
        }
        self.pending.push((span, edit));
    }

    /// A sync is over: what had ended when it began is on the disk.
    pub(super) fn sync(&mut self, span: Span) {
        let pending = std::mem::take(&mut self.pending);
        for (done, edit) in pending {
            if done.is_before(span) {
                apply(&mut self.synced, edit, &mut Keep::Everything, &self.old);
            } else {
                self.pending.push((done, edit));
            }
        }
    }

    /// Whether there is nothing to lose.
    pub(super) fn is_synced(&self) -> bool {
        self.pending.is_empty()
    }

    /// What is in it after a loss of power.
    pub(super) fn after_loss(&self, keep: &mut Keep) -> Vec<u8> {
        let mut bytes = self.synced.clone();
        let mut lengths = vec![bytes.len()];
        for (_, edit) in &self.pending {
            let before = lengths[lengths.len() - 1];
            lengths.push(match *edit {
                Edit::Write { at, bytes } => before.max(at + bytes.len()),
                Edit::Cut { length } => length,
            });
            apply(&mut bytes, *edit, keep, &self.old);
        }
        if let Some(length) = keep.length(&lengths) {
            bytes.truncate(length);
            keep.lengthen(&mut bytes, length, &self.old);
        }
        bytes
    }
}

/// Does what is kept of an edit.
fn apply(file: &mut Vec<u8>, edit: Edit<'_>, keep: &mut Keep, old: &[u8]) {
    match edit {
        Edit::Cut { length } => {
            if keep.change() {
                file.resize(length, 0);
            }
        }
        Edit::Write { at, bytes } => match keep.write() {
            Part::None => {}
            Part::Whole => put(file, at, bytes, keep, old),
            Part::Torn => {
                let mut from = 0;
                while from < bytes.len() {
                    let to = (from + SECTOR - (at + from) % SECTOR).min(bytes.len());
                    if keep.change() {
                        put(file, at + from, &bytes[from..to], keep, old);
                    }
                    from = to;
                }
            }
        },
    }
}

fn put(file: &mut Vec<u8>, at: usize, bytes: &[u8], keep: &mut Keep, old: &[u8]) {
    if file.len() < at {
        keep.lengthen(file, at, old);
    }
    let end = at + bytes.len();
    file.resize(file.len().max(end), 0);
    file[at..end].copy_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::super::chance::Chance;
    use super::*;

    fn at(began: usize) -> Span {
        Span { began, ended: began + 1 }
    }

    fn write(at: usize, bytes: &[u8]) -> Edit<'_> {
        Edit::Write { at, bytes }
    }

    /// What may be left, as far as a thousand losses show.
    fn left(file: &Contents<'_>) -> HashSet<Vec<u8>> {
        (0..1000).map(|seed| file.after_loss(&mut Keep::by(Chance::new(seed)))).collect()
    }

    #[test]
    fn what_was_synced_is_there_and_what_was_not_may_be() {
        let mut file = Contents::default();
        file.edit(at(0), write(0, b"one"));
        file.sync(at(1));
        file.edit(at(2), write(0, b"two"));
        assert_eq!(file.after_loss(&mut Keep::Nothing), b"one");
        assert_eq!(file.after_loss(&mut Keep::Everything), b"two");
        assert_eq!(left(&file), HashSet::from([b"one".to_vec(), b"two".to_vec()]));
        file.sync(at(3));
        assert_eq!(left(&file), HashSet::from([b"two".to_vec()]));
    }

    #[test]
    fn a_sync_that_began_before_a_write_ended_says_nothing_of_it() {
        let mut file = Contents::default();
        file.edit(Span { began: 0, ended: 2 }, write(0, b"one"));
        file.sync(at(1));
        assert!(!file.is_synced());
        assert_eq!(file.after_loss(&mut Keep::Nothing), b"");
    }

    #[test]
    fn a_write_is_torn_where_sectors_end() {
        let mut file = Contents::default();
        file.edit(at(0), write(0, &[1; 1536]));
        file.sync(at(1));
        // From the middle of the first sector to the middle of the third.
        file.edit(at(2), write(256, &[2; 1024]));
        let parts = |bytes: &Vec<u8>| [bytes[0], bytes[256], bytes[512], bytes[1024], bytes[1280]];
        let found: HashSet<_> = left(&file).iter().map(parts).collect();
        let mut expected = HashSet::new();
        for n in 0..8u8 {
            expected.insert([1, 1 + (n & 1), 1 + (n >> 1 & 1), 1 + (n >> 2), 1]);
        }
        assert_eq!(found, expected);
        assert!(left(&file).iter().all(|bytes| bytes[256..].chunks(256).all(|c| c == [c[0]; 256])));
    }

    #[test]
    fn a_later_write_may_be_there_without_an_earlier_one() {
        let mut file = Contents::default();
        file.edit(at(0), write(0, b"aaa"));
        file.sync(at(1));
        file.edit(at(2), write(0, b"b"));
        file.edit(at(3), write(2, b"c"));
        let found = left(&file);
        for expected in [b"aaa", b"baa", b"aac", b"bac"] {
            assert!(found.contains(&expected[..]), "{expected:?} in {found:?}");
        }
    }

    #[test]
    fn a_file_may_be_longer_than_what_is_left_in_it() {
        let mut file = Contents::default();
        file.edit(at(0), write(0, b"old content"));
        file.sync(at(1));
        file.edit(at(2), Edit::Cut { length: 1 });
        file.sync(at(3));
        assert_eq!(file.after_loss(&mut Keep::Everything), b"o");
        file.edit(at(4), write(4, b"new"));
        let found = left(&file);
        for expected in [&b"o"[..], b"o\0\0\0new", b"old new", b"old con", b"o\0\0\0\0\0\0"] {
            assert!(found.contains(expected), "{expected:?} in {found:?}");
        }
    }

    #[test]
    fn a_file_that_was_cut_may_be_as_long_as_before() {
        let mut file = Contents::default();
        file.edit(at(0), write(0, b"long"));
        file.sync(at(1));
        file.edit(at(2), Edit::Cut { length: 0 });
        assert_eq!(file.after_loss(&mut Keep::Nothing), b"long");
        assert_eq!(file.after_loss(&mut Keep::Everything), b"");
        let found = left(&file);
        assert!(found.contains(&b"long"[..]) && found.contains(&b""[..]), "{found:?}");
    }
}
