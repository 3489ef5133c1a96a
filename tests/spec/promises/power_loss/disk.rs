//! A disk, and what a loss of power leaves on it. Bytes that were written survive once the file was
//! synced, names once their folder was; a sync counts from its end, for what was over when it began.

use std::fs;
use std::path::{Path, PathBuf};

use super::contents::{Contents, Edit, Span};
use super::keep::Keep;
use super::names::{Names, Node};
use super::step::{Deed, Step, is_index};

/// A disk at one moment of a recording.
#[derive(Debug)]
pub(super) struct Disk<'s> {
    steps: &'s [Step],
    /// How many steps have begun.
    begun: usize,
    names: Names,
    files: Vec<Contents<'s>>,
    /// Syncs that have begun, and not ended.
    syncs: Vec<(Span, Target)>,
}

/// What is synced.
#[derive(Debug, Clone)]
enum Target {
    File(usize),
    Folder(PathBuf),
}

/// What a loss of power left: files, and folders, each before what is in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wreck(Vec<(PathBuf, Option<Vec<u8>>)>);

impl<'s> Disk<'s> {
    /// A disk on which nothing was done yet in the folder where everything will be.
    pub(super) fn new(world: &Path, steps: &'s [Step]) -> Self {
        let names = Names::below(world);
        Self { steps, begun: 0, names, files: Vec::new(), syncs: Vec::new() }
    }

    /// A disk just before a step begins.
    pub(super) fn before(world: &Path, steps: &'s [Step], step: usize) -> Self {
        let mut disk = Self::new(world, steps);
        while disk.begun < step {
            disk.step();
        }
        disk
    }

    /// The next step begins, and syncs end. Says whether one did before the step after it begins.
    pub(super) fn step(&mut self) -> bool {
        let began = self.begun;
        let Step { deed, ended } = &self.steps[began];
        let span = Span { began, ended: *ended };
        match deed {
            Deed::Make(path) => {
                self.names.set(span, path, Some(Node::File(self.files.len())));
                self.files.push(Contents::default());
            }
            Deed::MakeFolder(path) => self.names.set(span, path, Some(Node::Folder)),
            Deed::Remove(path) => self.names.set(span, path, None),
            Deed::Write { path, at, bytes } => {
                self.file(path).edit(span, Edit::Write { at: *at, bytes });
            }
            Deed::Cut { path, length } => self.file(path).edit(span, Edit::Cut { length: *length }),
            Deed::Sync(path) => self.syncs.push((span, self.target(path))),
            Deed::Say(_) => {}
        }
        self.begun += 1;
        self.end_syncs()
    }

    fn file(&mut self, path: &Path) -> &mut Contents<'s> {
        match self.names.find(path) {
            Some(Node::File(number)) => &mut self.files[number],
            found => panic!("{} is written to, and is {found:?}", path.display()),
        }
    }

    fn target(&self, path: &Path) -> Target {
        match self.names.find(path) {
            Some(Node::File(number)) => Target::File(number),
            // The folder that everything is in was there before.
            Some(Node::Folder) | None => Target::Folder(path.into()),
        }
    }

    /// Syncs that ended before the next step begins.
    fn end_syncs(&mut self) -> bool {
        let begun = self.begun;
        let ended: Vec<_> = self.syncs.extract_if(.., |(span, _)| span.ended <= begun).collect();
        for (span, target) in &ended {
            match target {
                Target::File(number) => self.files[*number].sync(*span),
                Target::Folder(path) => self.names.sync(*span, path),
            }
        }
        !ended.is_empty()
    }

    /// Whether there is nothing to lose.
    pub(super) fn is_synced(&self) -> bool {
        self.names.is_synced() && self.files.iter().all(Contents::is_synced)
    }

    /// The power is lost.
    pub(super) fn wreck(&self, keep: &mut Keep) -> Wreck {
        let left = self.names.after_loss(keep).into_iter();
        let mut bytes = |path: &Path, node| match node {
            Node::Folder => None,
            Node::File(_) if is_index(path) => Some(keep.anything()),
            Node::File(number) => Some(self.files[number].after_loss(keep)),
        };
        let whole = left.map(|(path, node)| {
            let bytes = bytes(&path, node);
            (path, bytes)
        });
        Wreck(whole.collect())
    }
}

impl Wreck {
    /// Puts everything that was in the folder `before` into another one.
    pub(super) fn write(&self, before: &Path, folder: &Path) {
        for (path, bytes) in &self.0 {
            let path = folder.join(path.strip_prefix(before).expect("it was in there"));
            match bytes {
                Some(bytes) => fs::write(path, bytes).expect("there is room"),
                None => fs::create_dir(path).expect("there is room"),
            }
        }
    }

    /// The steps that make it, and sync it, in another folder than the one `before`.
    pub(super) fn steps(&self, before: &Path, folder: &Path) -> Vec<Deed> {
        let mut deeds = Vec::new();
        for (path, bytes) in &self.0 {
            let path = folder.join(path.strip_prefix(before).expect("it was in there"));
            let parent = path.parent().expect("it is in a folder").to_owned();
            match bytes {
                Some(bytes) => {
                    let (at, bytes) = (0, bytes.clone());
                    deeds.push(Deed::Make(path.clone()));
                    deeds.push(Deed::Write { path: path.clone(), at, bytes });
                    deeds.push(Deed::Sync(path));
                }
                None => deeds.push(Deed::MakeFolder(path)),
            }
            deeds.push(Deed::Sync(parent));
        }
        deeds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "/w/log";

    fn steps(deeds: &[(Deed, usize)]) -> Vec<Step> {
        deeds.iter().map(|(deed, ended)| Step { deed: deed.clone(), ended: *ended }).collect()
    }

    fn write(text: &str) -> Deed {
        Deed::Write { path: LOG.into(), at: 0, bytes: text.into() }
    }

    /// What is left of the log if nothing is kept that was not synced, step by step.
    fn certain(steps: &[Step]) -> Vec<Option<String>> {
        let at = |step| match &Disk::before(Path::new("/w"), steps, step).wreck(&mut Keep::Nothing)
        {
            Wreck(left) => left.first().map(|(_, bytes)| {
                String::from_utf8(bytes.clone().expect("a file")).expect("it is text")
            }),
        };
        (0..=steps.len()).map(at).collect()
    }

    #[test]
    fn a_sync_counts_from_its_end_for_what_was_over_when_it_began() {
        let steps = steps(&[
            (Deed::Make(LOG.into()), 1),
            (Deed::Sync("/w".into()), 2),
            (write("one"), 3),
            // It goes on while something else is written and said.
            (Deed::Sync(LOG.into()), 6),
            (write("two"), 5),
            (Deed::Say("{}".into()), 6),
            (Deed::Sync(LOG.into()), 7),
        ]);
        let found = certain(&steps);
        let told: Vec<_> = found.iter().map(Option::as_deref).collect();
        let empty = Some("");
        assert_eq!(
            told,
            [None, None, empty, empty, empty, empty, Some("one"), Some("two")],
            "a sync that has not ended proves nothing, and none does for what came after it"
        );
    }

    #[test]
    fn a_synced_file_is_lost_with_its_name() {
        let steps = steps(&[
            (Deed::Make(LOG.into()), 1),
            (write("one"), 2),
            (Deed::Sync(LOG.into()), 3),
            (Deed::Sync("/w".into()), 4),
        ]);
        let last_two = &certain(&steps)[3..];
        assert_eq!(last_two, [None, Some("one".into())]);
        assert!(Disk::before(Path::new("/w"), &steps, 4).is_synced());
        assert!(!Disk::before(Path::new("/w"), &steps, 3).is_synced());
    }

    #[test]
    fn a_file_made_again_is_another_one() {
        let steps = steps(&[
            (Deed::Make(LOG.into()), 1),
            (write("one"), 2),
            (Deed::Sync(LOG.into()), 3),
            (Deed::Sync("/w".into()), 4),
            (Deed::Remove(LOG.into()), 5),
            (Deed::Make(LOG.into()), 6),
            (write("two"), 7),
            (Deed::Sync(LOG.into()), 8),
            (Deed::Sync("/w".into()), 9),
        ]);
        let last_two = &certain(&steps)[8..];
        assert_eq!(last_two, [Some("one".into()), Some("two".into())]);
    }
}
