//! Deciding: command by command, each on the state that the ones before it lead to.

use events::planted::{Bug, panics_now, planted};
use events::store::writer::{GROUP_APPENDS_MAX, GROUP_BYTES_MAX};
use events::store::{Append, Decision, Expected, NewEvent, Owner};
use events::stream::{StreamId, Version};
use tokio::time::Instant;

use super::core::Waiting;
use super::group::Group;
use super::panics::caught;
use crate::decider::{Decider, Moment, Rejection};
use crate::runtime::asked::Asked;
use crate::runtime::states::Standing;
use crate::runtime::{Hosted, Refused, Tools};

/// The longest text of a rejection that is recorded.
const MESSAGE_BYTES_MAX: usize = 4096;

/// Where decisions are recorded.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) stream: &'a StreamId,
    pub(super) owner: Option<Owner>,
}

/// Decides as much of what waits as goes into one transaction.
pub(super) fn decide<D: Hosted>(
    state: Standing<D>,
    waiting: &mut Waiting<D::Command>,
    target: Target<'_>,
    tools: &Tools,
) -> Group<D> {
    let mut group = Group::new(state);
    let mut room = None;
    while group.len() < GROUP_APPENDS_MAX {
        let Some(asked) = waiting.pop_front() else { break };
        if asked.is_late(Instant::now()) {
            group.refuse(asked, Refused::Late);
            continue;
        }
        let decided = caught(|| {
            group.ahead();
            decide_one(&group, &asked, target, tools)
        });
        match decided {
            Ok(Ok((append, _))) if !fits(&mut room, append.bytes()) => {
                waiting.push_front(asked);
                break;
            }
            Ok(Ok((append, events))) => group.append(asked, append, events),
            Ok(Err(refused)) => group.refuse(asked, refused),
            Err(panic) => {
                group.break_at(asked, panic);
                break;
            }
        }
    }
    group
}

/// Whether there is room for so many bytes; the first one always has it.
fn fits(room: &mut Option<usize>, bytes: usize) -> bool {
    let left = room.map_or(Some(GROUP_BYTES_MAX), |room| room.checked_sub(bytes));
    *room = left.or(*room);
    left.is_some()
}

type Decided<E> = Result<(Append, Vec<E>), Refused>;

fn decide_one<D: Hosted>(
    group: &Group<D>,
    asked: &Asked<D::Command>,
    target: Target<'_>,
    tools: &Tools,
) -> Decided<D::Event> {
    assert!(!panics_now(), "a planted panic");
    let new = asked.new_command();
    let now = tools.clock.now().max(group.last_at());
    let StreamId { tenant, key, .. } = target.stream.clone();
    let moment = Moment { now, tenant, id: key };
    let (decision, events) = decision::<D>(group.state().decide(new.command.clone(), &moment));
    let append = Append {
        stream: target.stream.clone(),
        expected: expected(group.version(), &decision),
        command: new.id,
        request: new.request,
        owner: target.owner,
        decision,
        cause: new.cause.clone(),
        blobs: new.blobs.clone(),
    };
    append.check()?;
    Ok((append, events))
}

/// Nothing is answered on a state that is not the newest, also where nothing is appended.
fn expected(version: Version, decision: &Decision) -> Expected {
    if planted(Bug::RejectionOnStaleState) && decision.events().is_empty() {
        return Expected::Any;
    }
    if version == Version::ZERO { Expected::Empty } else { Expected::Exact(version) }
}

fn decision<D: Decider>(decided: Result<Vec<D::Event>, D::Rejection>) -> (Decision, Vec<D::Event>) {
    match decided {
        Ok(events) if events.is_empty() => (Decision::Nothing, events),
        Ok(events) => (Decision::Accepted(events.iter().map(NewEvent::of).collect()), events),
        Err(rejection) => {
            let events: Vec<D::Event> = D::record(&rejection).into_iter().collect();
            let record = events.first().map(NewEvent::of);
            let message = crate::bounds::cut(rejection.to_string(), MESSAGE_BYTES_MAX);
            (Decision::Rejected { code: rejection.code().into(), message, record }, events)
        }
    }
}
