//! Which names a disk has: a file that was made or removed is so after a loss of power only when its
//! folder was synced since; before that it may be so, or not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::contents::Span;
use super::keep::Keep;

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    Folder,
    /// A file, by its number.
    File(usize),
}

/// All names below one folder.
#[derive(Debug)]
pub(super) struct Names {
    /// The folder, which is always there.
    root: PathBuf,
    synced: BTreeMap<PathBuf, Node>,
    /// As the program sees them.
    now: BTreeMap<PathBuf, Node>,
    /// Not synced yet, oldest first: what a name stands for since then, if anything.
    pending: Vec<(Span, PathBuf, Option<Node>)>,
}

impl Names {
    /// A folder with nothing in it.
    pub(super) fn below(root: &Path) -> Self {
        let (synced, now, pending) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        Self { root: root.into(), synced, now, pending }
    }

    /// What the program finds at a path.
    pub(super) fn find(&self, path: &Path) -> Option<Node> {
        self.now.get(path).copied()
    }

    /// A name stands for something, or for nothing any more.
    pub(super) fn set(&mut self, span: Span, path: &Path, node: Option<Node>) {
        put(&mut self.now, path, node);
        self.pending.push((span, path.into(), node));
    }

    /// The sync of a folder is over: what had ended when it began is on the disk.
    pub(super) fn sync(&mut self, span: Span, folder: &Path) {
        for (done, path, node) in std::mem::take(&mut self.pending) {
            if path.parent() == Some(folder) && done.is_before(span) {
                put(&mut self.synced, &path, node);
            } else {
                self.pending.push((done, path, node));
            }
        }
    }

    /// Whether there is nothing to lose.
    pub(super) fn is_synced(&self) -> bool {
        self.pending.is_empty()
    }

    /// What is there after a loss of power; nothing is in a folder that is not.
    pub(super) fn after_loss(&self, keep: &mut Keep) -> BTreeMap<PathBuf, Node> {
        let mut left = self.synced.clone();
        for (_, path, node) in &self.pending {
            if keep.change() {
                put(&mut left, path, *node);
            }
        }
        // A folder comes before what is in it.
        let mut reached: BTreeMap<PathBuf, Node> = BTreeMap::new();
        for (path, node) in left {
            let folder = path.parent().expect("a name is in a folder");
            if folder == self.root || reached.get(folder) == Some(&Node::Folder) {
                reached.insert(path, node);
            }
        }
        reached
    }
}

fn put(names: &mut BTreeMap<PathBuf, Node>, path: &Path, node: Option<Node>) {
    match node {
        Some(node) => names.insert(path.into(), node),
        None => names.remove(path),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: Option<Node> = Some(Node::File(0));

    fn at(began: usize) -> Span {
        Span { began, ended: began + 1 }
    }

    fn left(names: &Names, keep: &mut Keep) -> Vec<String> {
        names.after_loss(keep).keys().map(|path| path.display().to_string()).collect()
    }

    #[test]
    fn a_name_is_safe_once_its_folder_was_synced() {
        let mut names = Names::below(Path::new("/w"));
        names.set(at(0), Path::new("/w/a"), FILE);
        names.set(at(1), Path::new("/w/b"), FILE);
        assert!(left(&names, &mut Keep::Nothing).is_empty());
        assert_eq!(left(&names, &mut Keep::Everything), ["/w/a", "/w/b"]);
        names.sync(at(2), Path::new("/w"));
        assert!(names.is_synced());
        names.set(at(3), Path::new("/w/a"), None);
        assert_eq!(left(&names, &mut Keep::Nothing), ["/w/a", "/w/b"]);
        assert_eq!(left(&names, &mut Keep::Everything), ["/w/b"]);
    }

    #[test]
    fn nothing_is_in_a_folder_that_is_lost() {
        let mut names = Names::below(Path::new("/w"));
        names.set(at(0), Path::new("/w/f"), Some(Node::Folder));
        names.set(at(1), Path::new("/w/f/a"), FILE);
        names.sync(at(2), Path::new("/w/f"));
        assert!(left(&names, &mut Keep::Nothing).is_empty());
        assert_eq!(left(&names, &mut Keep::Everything), ["/w/f", "/w/f/a"]);
        names.sync(at(3), Path::new("/w"));
        assert_eq!(left(&names, &mut Keep::Nothing), ["/w/f", "/w/f/a"]);
    }

    #[test]
    fn one_change_may_be_there_without_the_one_before_it() {
        let chance = |seed| Keep::by(super::super::super::chance::Chance::new(seed));
        let mut names = Names::below(Path::new("/w"));
        names.set(at(0), Path::new("/w/a"), FILE);
        names.set(at(1), Path::new("/w/b"), FILE);
        let some = (0..100).map(|seed| left(&names, &mut chance(seed)));
        let mut some: Vec<_> = some.collect();
        some.sort_unstable();
        some.dedup();
        assert_eq!(some.len(), 4, "each of two names, or not: {some:?}");
    }
}
