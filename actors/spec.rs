//! Decisions as sentences: given what happened, when a command comes, then this follows.

use std::fmt::Debug;

use events::chain::{EventHash, blob_hash};
use events::codec::{Words, decode};
use events::id::main_tenant;
use events::store::snapshot::{Shape, Snapshot};
use events::stream::Version;
use events::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::decider::{Decider, Moment, Rejection};

/// An actor with a past, and the time it is asked at.
pub(crate) struct Given<D> {
    state: D,
    moment: Moment,
}

/// A decision that is about to be looked at.
pub(crate) struct Decided<D: Decider> {
    state: D,
    moment: Moment,
    command: D::Command,
    decision: Result<Vec<D::Event>, D::Rejection>,
}

/// An actor to which this has happened.
pub(crate) fn given<D: Decider>(history: impl IntoIterator<Item = D::Event>) -> Given<D> {
    let history: Vec<_> = history.into_iter().collect();
    Given { state: D::replay(&history), moment: moment(Timestamp(0)) }
}

/// Some time, at the actor that all sentences are about.
pub(crate) fn moment(now: Timestamp) -> Moment {
    Moment { now, tenant: main_tenant(), id: "the-actor".parse().expect("a token") }
}

impl<D: Decider> Given<D>
where
    D::Command: Clone,
{
    /// At this time. Who does not say it does not care.
    pub(crate) fn at(self, now: Timestamp) -> Self {
        Self { moment: moment(now), ..self }
    }

    /// Asks it.
    pub(crate) fn when(self, command: D::Command) -> Decided<D> {
        let Self { state, moment } = self;
        let decision = state.decide(command.clone(), &moment);
        Decided { state, moment, command, decision }
    }
}

impl<D: Decider> Decided<D>
where
    D::Event: PartialEq + Debug,
    D::Rejection: PartialEq,
{
    /// These events follow, and the same command finds nothing to do after them.
    #[track_caller]
    pub(crate) fn then(self, expected: impl IntoIterator<Item = D::Event>) {
        let expected: Vec<_> = expected.into_iter().collect();
        assert!(!expected.is_empty(), "say `then_nothing`");
        assert_eq!(self.decision, Ok(expected));
        let happened = self.decision.expect("it was compared above");
        happened.iter().for_each(can_be_read);
        let after = happened.iter().fold(self.state, D::evolve);
        let again = after.decide(self.command, &self.moment);
        assert_eq!(again, Ok(Vec::new()), "the same command again is nothing");
    }

    /// There is nothing to do.
    #[track_caller]
    pub(crate) fn then_nothing(self) {
        assert_eq!(self.decision, Ok(Vec::new()));
    }

    /// The actor says no, under a code that names its category, and that is all.
    #[track_caller]
    pub(crate) fn then_rejected(self, expected: D::Rejection) {
        rejected(&self.decision, &expected);
        assert_eq!(D::record(&expected), None, "say `then_rejected_and_recorded`");
    }

    /// The actor says no, and its history says that it did; asked again, it says no and that is all.
    #[track_caller]
    pub(crate) fn then_rejected_and_recorded(self, expected: D::Rejection, record: D::Event) {
        rejected(&self.decision, &expected);
        can_be_read(&record);
        assert_eq!(D::record(&expected).as_ref(), Some(&record));
        let after = self.state.evolve(&record);
        let again = after.decide(self.command, &self.moment).expect_err("no stays no");
        assert_eq!(again.code(), expected.code(), "the same command again has the same answer");
        assert_eq!(D::record(&again), None, "a rejection is recorded once");
    }
}

/// A state that is kept comes back as it was.
#[track_caller]
pub(crate) fn survives_being_kept<D>(state: &D)
where
    D: Decider + Serialize + DeserializeOwned + PartialEq + Debug,
{
    assert_eq!(kept(state).state::<D>().as_ref(), Some(state));
}

/// These states are kept in the shape that their type says. They should be of every sort there is.
#[track_caller]
pub(crate) fn have_their_shape<D: Decider + Serialize>(states: &[D]) {
    let kept: Vec<u8> = states.iter().flat_map(|state| kept(state).state).collect();
    let hash = blob_hash(&kept).0;
    let shape = u64::from_be_bytes(*hash.first_chunk().expect("a hash is longer"));
    assert_eq!(D::SHAPE, shape, "states are kept in another shape: set `SHAPE` to {shape:#018x}");
}

fn kept<D: Decider + Serialize>(state: &D) -> Snapshot {
    let shape = Shape { shape: D::SHAPE, state_version: D::STATE_VERSION };
    Snapshot::take(shape, Version::FIRST, EventHash::NONE, state).expect("a state is small")
}

#[track_caller]
fn rejected<E, R>(decision: &Result<Vec<E>, R>, expected: &R)
where
    E: Words + PartialEq + Debug,
    R: Rejection + PartialEq,
{
    let (owner, _) = expected.code().split_once('.').expect("a code is `category.reason`");
    assert_eq!(owner, E::CATEGORY, "a rejection's code begins with its category");
    assert_eq!(decision.as_ref().expect_err("it is a rejection"), expected);
}

/// What an actor decides is stored, and whoever reads it finds what was decided.
#[track_caller]
fn can_be_read<E: Words + PartialEq + Debug>(event: &E) {
    let wire = event.wire_type();
    let read = decode::<E>(wire.name, wire.schema, &event.payload());
    assert_eq!(&read.expect("what is written can be read"), event);
}
