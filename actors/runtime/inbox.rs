//! What waits for one actor. Who puts the first command in rings; the actor then takes all there is,
//! again and again, until nothing is left. So a ring is a wake-up and no more, and of many commands
//! only the first one pays for it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use events::planted::{Bug, planted};

use super::asked::{Asked, Permit};

/// How many commands an actor has at once: those that wait, and those that are not answered yet.
pub(crate) const INBOX_MAX: u32 = 256;

/// Wakes an actor.
pub(crate) trait Bell: Send + Sync {
    /// Rings; says whether there is still someone to hear it.
    fn ring(&self) -> bool;
}

/// The commands that wait for an actor.
pub(crate) struct Inbox<C> {
    queue: Mutex<Queue<C>>,
    taken: AtomicU32,
    idle_sweeps: AtomicU8,
    bell: Box<dyn Bell>,
}

struct Queue<C> {
    waiting: VecDeque<Box<Asked<C>>>,
    mood: Mood,
    leave: Leave,
}

/// What the actor does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Asleep,
    /// It was woken, and will look before it sleeps again.
    Awake,
    /// It will never look again.
    Gone,
}

/// Whether the actor should leave when nothing waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Leave {
    /// It is welcome.
    Stay,
    /// It takes room, and nobody asks it anything.
    IfIdle,
    /// So do too many others: it goes whatever is held against it.
    InACrowd,
    /// All go.
    Now,
}

/// What became of a command that was to be put in.
pub(crate) enum Put<C> {
    Taken,
    /// There is no room.
    Full(Box<Asked<C>>),
    /// The actor is gone; another one may be started.
    Gone(Box<Asked<C>>),
}

/// How an actor's look into an empty inbox ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Something came in the meantime.
    More,
    /// The next command rings.
    Asleep,
    /// Nothing more is taken.
    Gone,
}

impl<C> Inbox<C> {
    pub(crate) fn new(bell: Box<dyn Bell>) -> Self {
        let queue = Queue { waiting: VecDeque::new(), mood: Mood::Asleep, leave: Leave::Stay };
        Self { queue: Mutex::new(queue), taken: AtomicU32::new(0), idle_sweeps: 0.into(), bell }
    }

    pub(crate) fn put(self: &Arc<Self>, mut asked: Box<Asked<C>>) -> Put<C> {
        self.idle_sweeps.store(0, Ordering::Relaxed);
        if !self.take_place() {
            return Put::Full(asked);
        }
        asked.hold(Permit::of(Arc::downgrade(self)));
        let mut queue = self.queue();
        let before = std::mem::replace(&mut queue.mood, Mood::Awake);
        if before == Mood::Gone {
            queue.mood = Mood::Gone;
            return Put::Gone(asked);
        }
        queue.waiting.push_back(asked);
        drop(queue);
        if before == Mood::Asleep && !self.bell.ring() {
            self.close();
        }
        Put::Taken
    }

    fn take_place(&self) -> bool {
        let one_more = |taken| (taken < INBOX_MAX).then_some(taken + 1);
        self.taken.fetch_update(Ordering::AcqRel, Ordering::Relaxed, one_more).is_ok()
    }

    pub(crate) fn give_back(&self) {
        self.taken.fetch_sub(1, Ordering::AcqRel);
    }

    /// Everything that waits. The room it took is given back too: an idle actor costs none.
    pub(crate) fn take(&self) -> VecDeque<Box<Asked<C>>> {
        std::mem::take(&mut self.queue().waiting)
    }

    /// What the actor was told about leaving.
    pub(crate) fn leave(&self) -> Leave {
        self.queue().leave
    }

    /// Ends a look into the inbox. Under the same lock under which commands are put in, so that none
    /// is left behind without a ring.
    pub(crate) fn rest(&self, goes: bool) -> Rest {
        let mut queue = self.queue();
        if !queue.waiting.is_empty() {
            return Rest::More;
        }
        if planted(Bug::WakeUpLost) {
            drop(queue);
            std::thread::yield_now();
            queue = self.queue();
        }
        (queue.leave, queue.mood) = (Leave::Stay, if goes { Mood::Gone } else { Mood::Asleep });
        if goes { Rest::Gone } else { Rest::Asleep }
    }

    /// Tells the actor to leave.
    pub(crate) fn dismiss(&self, leave: Leave) {
        let mut queue = self.queue();
        queue.leave = queue.leave.max(leave);
        if queue.mood != Mood::Asleep {
            return;
        }
        queue.mood = Mood::Awake;
        drop(queue);
        if !self.bell.ring() {
            self.close();
        }
    }

    /// The actor is no more: what waits is answered, nothing more is taken.
    pub(crate) fn close(&self) {
        let mut queue = self.queue();
        queue.mood = Mood::Gone;
        let waiting = std::mem::take(&mut queue.waiting);
        drop(queue);
        drop(waiting);
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.queue().mood == Mood::Gone
    }

    /// Counts the sweeps since something was put in.
    pub(crate) fn sweep(&self) -> u8 {
        let before = self.idle_sweeps.load(Ordering::Relaxed);
        let idle =
            if self.taken.load(Ordering::Acquire) == 0 { before.saturating_add(1) } else { 0 };
        self.idle_sweeps.store(idle, Ordering::Relaxed);
        before.min(idle)
    }

    fn queue(&self) -> MutexGuard<'_, Queue<C>> {
        self.queue.lock().expect("nothing panics while it holds the queue")
    }
}
