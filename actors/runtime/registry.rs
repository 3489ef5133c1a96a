//! Who lives. An actor is started when it is asked something, and leaves when it has nothing more to
//! do; at any time there are so many and no more.

mod passivation;

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use events::codec::Words;
use events::id::Category;
use events::stream::StreamId;
use tokio::sync::Notify;

use super::asked::{Asked, NewCommand, Place, Refused, Reply};
use super::inbox::{Inbox, Put};
use super::shell::core::{Core, RETRY};
use super::shell::{Shell, address};
use super::{Hosted, Stage, Tools};
use crate::decider::Decider;

/// Into how many parts it is divided, so that those who ask do not wait for each other.
const SHARDS: usize = 64;
/// How often a command is put into the inbox of a new actor because the old one was just leaving.
const TRIES_MAX: usize = 4;

type Shard<D> = HashMap<Place, Arc<Inbox<<D as Decider>::Command>>>;

/// All living actors of one kind.
pub struct Registry<D: Hosted> {
    shards: Box<[Mutex<Shard<D>>]>,
    hasher: RandomState,
    category: Category,
    live: AtomicUsize,
    closes: AtomicBool,
    /// Told when it is worth looking for actors that may leave.
    sweep: Arc<Notify>,
    /// Told when one has left.
    left: Notify,
    stage: Stage,
    tools: Arc<Tools>,
}

impl<D: Hosted> Registry<D> {
    /// An empty one, whose actors live on this stage.
    #[must_use]
    pub fn new(stage: Stage, tools: Arc<Tools>) -> Arc<Self> {
        let category = Category::new(D::Event::CATEGORY).expect("a category is a token");
        let shards = (0..SHARDS).map(|_| Mutex::new(HashMap::new())).collect();
        let registry = Arc::new(Self {
            shards,
            hasher: RandomState::new(),
            category,
            live: AtomicUsize::new(0),
            closes: AtomicBool::new(false),
            sweep: Arc::new(Notify::new()),
            left: Notify::new(),
            stage,
            tools,
        });
        let watch = passivation::watch(Arc::downgrade(&registry), Arc::clone(&registry.sweep));
        registry.tools.pool.spawn(watch);
        registry
    }

    /// Asks an actor, and does not wait. The answer, also a refusal, goes to `reply`.
    pub fn ask(self: &Arc<Self>, place: Place, asked: NewCommand<D::Command>, reply: Reply) {
        let mut asked = Box::new(Asked::new(asked, reply));
        for _ in 0..TRIES_MAX {
            let inbox = match self.inbox(&place) {
                Ok(inbox) => inbox,
                Err(refused) => return asked.answer(Err(refused)),
            };
            match inbox.put(asked) {
                Put::Taken => return,
                Put::Full(full) => return full.answer(Err(Refused::Busy { retry: RETRY })),
                Put::Gone(again) => asked = again,
            }
            self.vacate(&place, &inbox);
        }
        asked.answer(Err(Refused::Busy { retry: RETRY }));
    }

    /// How many live.
    #[must_use]
    pub fn live(&self) -> usize {
        self.live.load(Ordering::Acquire)
    }

    /// The inbox of an actor, which is started if it does not live.
    fn inbox(self: &Arc<Self>, place: &Place) -> Result<Arc<Inbox<D::Command>>, Refused> {
        let at = self.hasher.hash_one(place) as usize;
        let mut shard = self.shard(at);
        if self.closes.load(Ordering::Acquire) {
            return Err(Refused::Busy { retry: RETRY });
        }
        if let Some(inbox) = shard.get(place) {
            return Ok(Arc::clone(inbox));
        }
        self.take_room()?;
        match self.start(place, at) {
            Some(inbox) => {
                shard.insert(place.clone(), Arc::clone(&inbox));
                Ok(inbox)
            }
            None => {
                self.live.fetch_sub(1, Ordering::AcqRel);
                Err(Refused::Busy { retry: RETRY })
            }
        }
    }

    fn take_room(&self) -> Result<(), Refused> {
        let max = self.tools.limits.live_max;
        let one_more = |live| (live < max).then_some(live + 1);
        let live = self.live.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more);
        if live.is_ok_and(|live| live > 0 && live < passivation::crowded(max)) {
            return Ok(());
        }
        // It is the first one, or too many live.
        self.sweep.notify_one();
        live.map(drop).map_err(|_| Refused::Busy { retry: RETRY })
    }

    fn start(self: &Arc<Self>, place: &Place, at: usize) -> Option<Arc<Inbox<D::Command>>> {
        let Place { tenant, key } = place.clone();
        let core =
            Core::new(StreamId::new(tenant, self.category.clone(), key), Arc::clone(&self.tools));
        let (address, ear) = address::<D>();
        let inbox = Arc::new(Inbox::new(Box::new(address)));
        let shell = Shell::new(core, Arc::downgrade(&inbox), Arc::downgrade(self));
        self.stage.start(at, Box::new(move || shell.begin(ear))).then_some(inbox)
    }

    /// Takes an actor that is gone out, if it is still the one that is found at its place.
    pub(crate) fn vacate(&self, place: &Place, inbox: &Arc<Inbox<D::Command>>) {
        let mut shard = self.shard(self.hasher.hash_one(place) as usize);
        if shard.get(place).is_some_and(|there| Arc::ptr_eq(there, inbox)) {
            shard.remove(place);
            drop(shard);
            self.live.fetch_sub(1, Ordering::AcqRel);
            self.left.notify_waiters();
        }
    }

    fn shard(&self, at: usize) -> MutexGuard<'_, Shard<D>> {
        self.shards[at % SHARDS].lock().expect("nothing panics while it holds a shard")
    }
}

impl<D: Hosted> Drop for Registry<D> {
    fn drop(&mut self) {
        self.sweep.notify_one();
    }
}
