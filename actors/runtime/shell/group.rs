//! What was decided in one go and is recorded together: appended in order, answered in order, and
//! the state moved on by what the log has taken, and by nothing else.

use events::id::CommandId;
use events::planted::{Bug, planted};
use events::store::writer::Answers;
use events::store::{Answer, Append, Error};
use events::stream::Version;
use events::time::Timestamp;

use super::core::Waiting;
use super::panics::caught;
use crate::runtime::asked::Asked;
use crate::runtime::states::Standing;
use crate::runtime::{Done, Hosted, Refused};

/// Commands that were decided one after the other.
pub(super) struct Group<D: Hosted> {
    /// What is on record, as far as it is known.
    state: Standing<D>,
    /// The state after the first `folded` items, where that is not the same.
    ahead: Option<D>,
    folded: usize,
    version: Version,
    items: Vec<Item<D>>,
    appends: Vec<Append>,
    pub(super) panics: Vec<(CommandId, String)>,
}

/// One of them.
struct Item<D: Hosted> {
    asked: Box<Asked<D::Command>>,
    what: What<D::Event>,
}

/// What becomes of it.
enum What<E> {
    /// It is recorded with these events, if the log agrees.
    Append(Vec<E>),
    /// It is not.
    Refuse(Refused),
}

/// How the state stands when all are answered.
pub(super) enum Turn<D> {
    /// As the log does.
    Stands(Standing<D>),
    /// Someone else has appended.
    Behind(Standing<D>),
    /// Nobody knows.
    Lost,
    /// Nobody knows, because moving it on panicked.
    Panicked(String),
    /// It is another's.
    Moved,
}

impl<D: Hosted> Group<D> {
    pub(super) fn new(state: Standing<D>) -> Self {
        let version = state.head.version;
        let (items, appends, panics) = (Vec::new(), Vec::new(), Vec::new());
        Self { state, ahead: None, folded: 0, version, items, appends, panics }
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// The state that the next one is decided on; `ahead` must have been called.
    pub(super) fn state(&self) -> &D {
        self.ahead.as_ref().unwrap_or(&self.state.state)
    }

    pub(super) fn version(&self) -> Version {
        self.version
    }

    pub(super) fn last_at(&self) -> Timestamp {
        self.state.last_at
    }

    /// This one is to be recorded.
    pub(super) fn append(
        &mut self,
        asked: Box<Asked<D::Command>>,
        append: Append,
        events: Vec<D::Event>,
    ) {
        self.version = self.version.plus(events.len() as u64);
        self.appends.push(append);
        self.items.push(Item { asked, what: What::Append(events) });
    }

    /// This one is not.
    pub(super) fn refuse(&mut self, asked: Box<Asked<D::Command>>, refused: Refused) {
        self.items.push(Item { asked, what: What::Refuse(refused) });
    }

    /// Moves a copy of the state on by what was decided so far. Only where another decision comes:
    /// a command that is alone needs no copy.
    pub(super) fn ahead(&mut self) {
        for item in &self.items[self.folded..] {
            if !item.what.events().is_empty() {
                let state = self.ahead.take().unwrap_or_else(|| self.state.state.clone());
                self.ahead = Some(item.what.events().iter().fold(state, D::evolve));
            }
        }
        self.folded = self.items.len();
    }

    /// The decider panicked over this one: the state goes, and what comes behind finds another.
    pub(super) fn break_at(&mut self, mut asked: Box<Asked<D::Command>>, panic: String) {
        if planted(Bug::PermitLeakedOnPanic) {
            asked.leak_permit();
        }
        self.panics.push((asked.new_command().id, panic));
        if planted(Bug::PanicNotAnswered) {
            return std::mem::forget(asked);
        }
        self.refuse(asked, Refused::Broken);
    }

    /// What is to be recorded, in order.
    pub(super) fn appends(&mut self) -> Vec<Append> {
        std::mem::take(&mut self.appends)
    }

    /// Answers in order; what must be decided again goes back to the front of what waits.
    pub(super) fn conclude(self, answers: Answers, waiting: &mut Waiting<D::Command>) -> Turn<D> {
        let Self { state, ahead, folded, items, panics, .. } = self;
        let mut answers = answers.into_iter();
        let mut books = Books { state, fate: Fate::Good, taken: Vec::new(), again: Waiting::new() };
        for (at, Item { asked, what }) in items.into_iter().enumerate() {
            match what {
                What::Refuse(_) if !books.again.is_empty() && panics.is_empty() => {
                    books.again.push_back(asked);
                }
                What::Refuse(refused) => asked.answer(Err(refused)),
                What::Append(events) => {
                    let answer = answers.next().unwrap_or(Err(Error::Stopped));
                    books.enter(at, asked, events, answer);
                }
            }
        }
        let Books { state, mut fate, taken, again } = books;
        again.into_iter().rev().for_each(|asked| waiting.push_front(asked));
        if !panics.is_empty() && matches!(fate, Fate::Good | Fate::Behind) {
            fate = Fate::Lost;
        }
        fate.turn(|| moved_on(state, ahead, folded, taken))
    }
}

/// What the log says about a group, entered one by one.
struct Books<D: Hosted> {
    state: Standing<D>,
    fate: Fate,
    /// What was recorded, with its place in the group.
    taken: Vec<(usize, Vec<D::Event>)>,
    again: Waiting<D::Command>,
}

/// What has become of the state.
#[derive(Clone, Copy)]
enum Fate {
    Good,
    Behind,
    Lost,
    Moved,
}

impl<D: Hosted> Books<D> {
    fn enter(
        &mut self,
        at: usize,
        asked: Box<Asked<D::Command>>,
        events: Vec<D::Event>,
        answer: Result<Answer, Error>,
    ) {
        match answer {
            Ok(answer) => {
                if answer.known {
                    self.note_known(&answer);
                } else {
                    self.note_recorded(at, events, &answer);
                }
                let stream = answer.outcome.stream.clone();
                asked.answer(Ok(Done { stream, outcome: answer.outcome, known: answer.known }));
            }
            Err(Error::Conflict { .. }) => {
                self.fate = self.fate.worse(Fate::Behind);
                self.again.push_back(asked);
            }
            Err(Error::CommandReused(_)) => asked.answer(Err(Refused::Reused)),
            Err(Error::StaleEpoch { .. }) => {
                self.fate = Fate::Moved;
                asked.answer(Err(Refused::Moved));
            }
            Err(error) => {
                if planted(Bug::AppliedBeforeAppend) {
                    self.taken.push((at, events));
                } else {
                    self.fate = self.fate.worse(Fate::Lost);
                }
                asked.answer(Err(Refused::Log(error)));
            }
        }
    }

    /// What it led to may be missing here.
    fn note_known(&mut self, answer: &Answer) {
        let newest = answer.outcome.recorded.map_or(Version::ZERO, |span| span.last_version());
        if self.state.is_assumed || newest > self.state.head.version {
            self.fate = self.fate.worse(Fate::Behind);
        }
    }

    fn note_recorded(&mut self, at: usize, events: Vec<D::Event>, answer: &Answer) {
        self.state.head = answer.head.unwrap_or(self.state.head);
        if answer.outcome.recorded.is_some() {
            self.state.last_at = answer.outcome.recorded_at;
        }
        // The log has agreed that there was nothing before this.
        self.state.is_assumed = false;
        self.taken.push((at, events));
    }
}

impl Fate {
    fn worse(self, other: Self) -> Self {
        match (self, other) {
            (Self::Moved, _) | (_, Self::Moved) => Self::Moved,
            (Self::Lost, _) | (_, Self::Lost) => Self::Lost,
            (Self::Behind, _) | (_, Self::Behind) => Self::Behind,
            (Self::Good, Self::Good) => Self::Good,
        }
    }

    fn turn<D>(self, state: impl FnOnce() -> Standing<D>) -> Turn<D> {
        let moved_on = match self {
            Self::Good | Self::Behind => caught(state),
            Self::Lost => return Turn::Lost,
            Self::Moved => return Turn::Moved,
        };
        match (moved_on, self) {
            (Err(panic), _) => Turn::Panicked(panic),
            (Ok(state), Self::Behind) => Turn::Behind(state),
            (Ok(state), _) => Turn::Stands(state),
        }
    }
}

/// The state after what was recorded. The copy that decisions were made on is it as far as it goes,
/// if all of it was.
fn moved_on<D: Hosted>(
    state: Standing<D>,
    ahead: Option<D>,
    folded: usize,
    taken: Vec<(usize, Vec<D::Event>)>,
) -> Standing<D> {
    let is_whole = taken.iter().map(|(at, _)| *at).eq(0..taken.len()) && taken.len() >= folded;
    let (begin, done) = match ahead {
        Some(ahead) if is_whole => (ahead, folded),
        Some(_) | None => (state.state, 0),
    };
    let rest = taken.iter().filter(|(at, _)| *at >= done).flat_map(|(_, events)| events);
    Standing { state: rest.fold(begin, D::evolve), ..state }
}

impl<E> What<E> {
    fn events(&self) -> &[E] {
        match self {
            Self::Append(events) => events,
            Self::Refuse(_) => &[],
        }
    }
}
