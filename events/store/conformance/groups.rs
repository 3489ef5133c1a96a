//! Promises about appends that stay together, each decided on what the one before it leaves.

use super::given::{append, append_at, event, rejection, stream};
use super::world::World;
use crate::store::writer::{Answers, GROUP_APPENDS_MAX};
use crate::store::{Answer, Append, Decision, Error, Expected, NewEvent, Owner, StreamHead};
use crate::stream::{Position, Version};

/// One event at each version of stream `a` from `version` on, under commands from `n` on.
fn group(n: u128, version: u64, appends: usize) -> Vec<Append> {
    (n..).zip(version..).take(appends).map(|(n, at)| append_at("a", n, at)).collect()
}

/// The same decision at another version.
fn at(append: Append, version: u64) -> Append {
    Append { expected: Expected::Exact(Version(version)), ..append }
}

async fn sends(world: &World, group: Vec<Append>) -> Answers {
    world.writer().append_group(group).await.expect("answered")
}

async fn head(world: &World) -> StreamHead {
    let heads = world.reader().stream_heads(&[stream("a")]).await;
    heads.expect("read")[0]
}

fn recorded(answer: &Result<Answer, Error>) -> Option<StreamHead> {
    answer.as_ref().ok().filter(|answer| !answer.known).and_then(|answer| answer.head)
}

fn conflicts(answer: &Result<Answer, Error>) -> bool {
    matches!(answer, Err(Error::Conflict { .. }))
}

/// Also behind an answer that changes nothing.
pub async fn a_group_is_recorded_in_order_and_every_answer_says_where_its_stream_stands(
    world: World,
) {
    let mut appends = group(1, 0, 3);
    appends.push(at(rejection("a", 4), 3));
    appends.extend(group(5, 3, 2));
    let answers = sends(&world, appends).await;
    let heads: Vec<StreamHead> =
        answers.iter().map(|answer| recorded(answer).expect("recorded now")).collect();
    let versions: Vec<u64> = heads.iter().map(|head| head.version.0).collect();
    assert_eq!(versions, [1, 2, 3, 3, 4, 5]);
    assert_eq!(heads[5], head(&world).await);
    let events = world.stream(&stream("a")).await;
    assert_eq!(heads[1].hash, events[1].hash());
    assert_eq!(heads[3], heads[2], "what changes nothing leaves the stream where it stood");
    let positions: Vec<Position> =
        answers.iter().flatten().map(|answer| answer.outcome.position()).collect();
    assert_eq!(positions, [1, 2, 3, 3, 4, 5].map(Position));
    world.verifies().await;
}

/// A sender that did not hear the answers sends it once more.
pub async fn a_group_that_comes_again_is_known_as_a_whole(mut world: World) {
    let first = sends(&world, group(1, 0, 3)).await;
    world.restart().await;
    let again = sends(&world, group(1, 0, 3)).await;
    for (first, again) in first.into_iter().zip(again) {
        let (first, again) = (first.expect("recorded"), again.expect("known"));
        assert!(again.known && again.head.is_none());
        assert_eq!(first.outcome, again.outcome);
    }
    assert_eq!(world.verifies().await.events, 3);
}

/// Someone else was faster: nothing of what was decided on the old state is recorded.
pub async fn behind_a_conflict_the_rest_of_a_group_comes_back(world: World) {
    world.appends(append("a", 1)).await;
    let mut late = group(2, 0, 3);
    late.push(at(rejection("a", 9), 3));
    let answers = sends(&world, late).await;
    assert!(answers.iter().all(conflicts), "{answers:?}");
    assert_eq!(world.reader().head().await.expect("head").outcomes, 1);
}

/// The first outcome stands, and what it led to may be something else than was decided this time.
pub async fn behind_a_known_command_that_had_events_the_rest_of_a_group_comes_back(world: World) {
    world.appends(append_at("a", 1, 0)).await;
    let otherwise = Decision::Accepted(vec![event("{\"another\":1}")]);
    let mut appends = group(1, 0, 2);
    appends[0].decision = otherwise;
    appends.push(at(rejection("a", 3), 2));
    let answers = sends(&world, appends).await;
    assert!(answers[0].as_ref().is_ok_and(|answer| answer.known), "{answers:?}");
    assert!(answers[1..].iter().all(conflicts), "decided on what is not recorded: {answers:?}");
    assert_eq!(world.reader().head().await.expect("head").outcomes, 1);
}

/// What stands behind it was decided on the state as it is.
pub async fn behind_a_known_command_that_changed_nothing_a_group_goes_on(world: World) {
    world.appends(append_at("a", 1, 0)).await;
    world.appends(at(rejection("a", 2), 1)).await;
    let mut appends = vec![at(rejection("a", 2), 1)];
    appends.extend(group(3, 1, 2));
    let answers = sends(&world, appends).await;
    assert!(answers[0].as_ref().is_ok_and(|answer| answer.known), "{answers:?}");
    assert_eq!(recorded(&answers[2]), Some(head(&world).await), "{answers:?}");
    world.verifies().await;
}

/// The stream is where the group expects it, though not by the events it was chained to.
pub async fn a_group_is_chained_anew_when_what_it_stood_behind_came_back(world: World) {
    world.appends(append("a", 1)).await;
    let (known, answers) =
        tokio::join!(world.appends(append("a", 1)), world.writer().append_group(group(2, 1, 3)));
    let answers = answers.expect("answered");
    assert!(known.known);
    assert_eq!(recorded(&answers[2]), Some(head(&world).await), "{answers:?}");
    assert!(recorded(&answers[0]).is_some() && recorded(&answers[1]).is_some(), "{answers:?}");
    assert_eq!(world.verifies().await.events, 4);
}

/// Whoever lost the partition records nothing more in it.
pub async fn a_group_with_an_old_epoch_is_refused_as_a_whole(world: World) {
    let partition = stream("a").partition();
    for _ in 0..2 {
        world.store().claim(partition).await.expect("claimed");
    }
    let owner = Some(Owner { partition, epoch: 1 });
    let appends = group(1, 0, 3).into_iter().map(|append| Append { owner, ..append });
    let answers = sends(&world, appends.collect()).await;
    let stale = |answer: &Result<Answer, Error>| matches!(answer, Err(Error::StaleEpoch { .. }));
    assert!(answers.iter().all(stale), "{answers:?}");
    assert_eq!(world.reader().head().await.expect("head").outcomes, 0);
}

/// Nothing, two streams, a gap, no beginning; too many, too large.
pub async fn what_is_not_one_group_is_refused(world: World) {
    let large = |n| {
        let payload = vec![b'1'; 256 * 1024];
        let event = NewEvent { payload, ..event("") };
        Append { decision: Decision::Accepted(vec![event]), ..append_at("a", n, n as u64) }
    };
    let scattered: [Vec<Append>; 4] = [
        Vec::new(),
        vec![append_at("a", 1, 0), append_at("b", 2, 1)],
        vec![append_at("a", 1, 0), append_at("a", 2, 2)],
        vec![append("a", 1), append_at("a", 2, 1)],
    ];
    for group in scattered {
        let refused = world.writer().append_group(group).await;
        assert!(matches!(refused, Err(Error::Scattered)), "{refused:?}");
    }
    for group in [group(1, 0, GROUP_APPENDS_MAX + 1), (0..18).map(large).collect()] {
        let refused = world.writer().append_group(group).await;
        assert!(matches!(refused, Err(Error::TooLarge { .. })), "{refused:?}");
    }
    assert_eq!(world.reader().head().await.expect("head").outcomes, 0);
}
