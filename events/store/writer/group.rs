//! Appends of one stream that stay together: each was decided on what the one before it leaves. They
//! take one place in the queue, go into one transaction, and are answered at once.

use std::sync::{Arc, Mutex};

use tokio::sync::{oneshot, watch};

use super::{State, stopped};
use crate::store::{Answer, Append, Error, Expected};
use crate::stream::Version;

/// The most appends of one group.
pub const GROUP_APPENDS_MAX: usize = 256;
/// The most bytes of one group, payloads and blobs, beyond its first append.
pub const GROUP_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What became of each append of a group, in order.
pub type Answers = Vec<Result<Answer, Error>>;

/// A group that has its place in the queue: from here on it is recorded whether or not anyone waits.
#[derive(Debug)]
pub struct Group {
    pub(super) answers: oneshot::Receiver<Answers>,
    pub(super) state: watch::Receiver<State>,
}

impl Group {
    /// Waits for the commit. Behind one that was not recorded now, what was decided on it comes back
    /// as a conflict.
    pub async fn answers(self) -> Result<Answers, Error> {
        let Self { answers, state } = self;
        answers.await.map_err(|_| stopped(&state))
    }
}

/// Refuses what is not a group: one stream, and each append where the one before it leaves it.
pub(super) fn check(group: &[Append]) -> Result<(), Error> {
    let over = |what, actual, limit| {
        if actual > limit { Err(Error::TooLarge { what, actual, limit }) } else { Ok(()) }
    };
    let [first, behind @ ..] = group else { return Err(Error::Scattered) };
    group.iter().try_for_each(Append::check)?;
    over("appends in one group", group.len(), GROUP_APPENDS_MAX)?;
    over("bytes in one group", behind.iter().map(Append::bytes).sum(), GROUP_BYTES_MAX)?;
    if behind.is_empty() {
        return Ok(());
    }
    let begins = match first.expected {
        Expected::Empty => Version::ZERO,
        Expected::Exact(version) => version,
        Expected::Any => return Err(Error::Scattered),
    };
    let mut stands = begins;
    for append in group {
        if append.stream != first.stream || !append.expected.allows(stands) {
            return Err(Error::Scattered);
        }
        stands = stands.plus(append.decision.events().len() as u64);
    }
    Ok(())
}

/// Whom an append is answered to.
#[derive(Debug)]
pub(super) enum Caller {
    /// One who sent it alone.
    Alone(oneshot::Sender<Result<Answer, Error>>),
    /// One who sent it as a group of one.
    Only(oneshot::Sender<Answers>),
    /// One who sent it as the `n`-th of a group.
    Member(Arc<Pending>, usize),
}

impl Caller {
    /// Nobody.
    pub(super) fn nobody() -> Self {
        Self::Alone(oneshot::channel().0)
    }

    /// Answers. A caller that went away does not undo what was recorded.
    pub(super) fn send(self, answer: Result<Answer, Error>) {
        match self {
            Self::Alone(caller) => drop(caller.send(answer)),
            Self::Only(caller) => drop(caller.send(vec![answer])),
            Self::Member(group, n) => group.put(n, answer),
        }
    }

    /// Whether the append was decided on what the one before it leaves.
    pub(super) fn follows(&self) -> bool {
        matches!(self, Self::Member(_, 1..))
    }

    /// Whether both belong to one group.
    pub(super) fn is_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Member(one, _), Self::Member(another, _)) => Arc::ptr_eq(one, another),
            _ => false,
        }
    }
}

/// The answers of a group, until all of them are there.
#[derive(Debug)]
pub(super) struct Pending(Mutex<Collected>);

#[derive(Debug)]
struct Collected {
    answers: Vec<Option<Result<Answer, Error>>>,
    missing: usize,
    caller: Option<oneshot::Sender<Answers>>,
}

impl Pending {
    pub(super) fn new(appends: usize, caller: oneshot::Sender<Answers>) -> Arc<Self> {
        let answers = vec![None; appends];
        Arc::new(Self(Mutex::new(Collected { answers, missing: appends, caller: Some(caller) })))
    }

    fn put(&self, n: usize, answer: Result<Answer, Error>) {
        let mut collected = self.0.lock().expect("no one panics while holding the answers");
        collected.missing -= usize::from(collected.answers[n].replace(answer).is_none());
        if collected.missing == 0
            && let Some(caller) = collected.caller.take()
        {
            let answers = std::mem::take(&mut collected.answers);
            let _ = caller.send(answers.into_iter().flatten().collect());
        }
    }
}
