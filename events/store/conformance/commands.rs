//! Promises about commands: each has one outcome, for ever.

use super::given::{append, append_at, command, event, rejection, stream};
use super::world::World;
use crate::id::{CommandId, CommandKind, EventId, Tenant};
use crate::store::{Append, Decision, Error, Filter, RequestHash, Verdict};
use crate::stream::{StreamId, Version};

/// Also across restarts.
pub async fn a_command_has_one_outcome_however_often_it_comes(mut world: World) {
    let first = world.appends(append("a", 1)).await;
    assert!(!first.known);
    for round in 0..5 {
        let again = world.appends(append("a", 1)).await;
        assert!(again.known && again.outcome == first.outcome);
        if round % 2 == 0 {
            world.restart().await;
        }
    }
    assert_eq!(world.stream(&stream("a")).await.len(), 1);
    let stored = world.reader().outcome(&stream("a").tenant, command(1)).await.expect("read");
    assert_eq!(stored, Some(first.outcome));
}

/// The first request keeps its id.
pub async fn another_request_under_the_same_id_is_refused(mut world: World) {
    world.appends(append("a", 1)).await;
    let other = Append { request: RequestHash([9; 32]), ..append("a", 1) };
    assert!(matches!(world.is_refused(other.clone()).await, Error::CommandReused(_)));
    world.restart().await;
    assert!(matches!(world.is_refused(other).await, Error::CommandReused(_)));
    assert_eq!(world.stream(&stream("a")).await.len(), 1);
}

/// A reaction that derives another command from the same event does not get a second effect.
pub async fn the_first_outcome_of_a_derived_command_stands(world: World) {
    let id = CommandId::derived(EventId(uuid::Uuid::from_u128(1)), 7, "advance_run", 0);
    let first = world.appends(Append { command: id, ..append("a", 1) }).await;
    let other = Append { command: id, request: RequestHash([9; 32]), ..append("a", 2) };
    let again = world.appends(other).await;
    assert!(again.known && again.outcome == first.outcome);
}

/// The same uuid, from a publisher, is another command.
pub async fn a_publisher_cannot_occupy_a_derived_id(world: World) {
    let derived = CommandId::derived(EventId(uuid::Uuid::from_u128(1)), 7, "advance_run", 0);
    let claimed = CommandId { kind: CommandKind::Publisher, ..derived };
    assert!(!world.appends(Append { command: claimed, ..append("a", 1) }).await.known);
    assert!(!world.appends(Append { command: derived, ..append("a", 2) }).await.known);
    assert_eq!(world.stream(&stream("a")).await.len(), 2);
}

/// Whatever has changed since.
pub async fn a_rejected_command_stays_rejected(mut world: World) {
    let first = world.appends(rejection("a", 1)).await;
    let code = "task.already_finished".to_owned();
    let rejected = Verdict::Rejected { code, message: "it is done".into() };
    assert_eq!((&first.outcome.verdict, first.outcome.recorded), (&rejected, None));
    world.restart().await;
    let again = world.appends(append("a", 1)).await;
    assert!(again.known && again.outcome.verdict == rejected);
    assert_eq!(world.stream(&stream("a")).await, []);
    assert_eq!(world.verifies().await.outcomes, 1);
}

/// Nothing to do is an outcome too.
pub async fn a_command_with_nothing_to_do_stays_so(world: World) {
    let nothing = Append { decision: Decision::Nothing, ..append("a", 1) };
    assert_eq!(world.appends(nothing).await.outcome.verdict, Verdict::Nothing);
    let again = world.appends(append("a", 1)).await;
    assert!(again.known && again.outcome.verdict == Verdict::Nothing);
}

/// A late result, for instance: refused, and on record.
pub async fn a_rejection_may_record_an_event(world: World) {
    let (code, message) = ("task.lost_attempt".to_owned(), "too late".to_owned());
    let decision = Decision::Rejected { code, message, record: Some(event("{\"late\":true}")) };
    let answer = world.appends(Append { decision, ..append("a", 1) }).await;
    assert!(matches!(answer.outcome.verdict, Verdict::Rejected { .. }));
    assert_eq!(answer.outcome.recorded.expect("an event").version, Version(1));
    assert_eq!(world.stream(&stream("a")).await.len(), 1);
}

/// Tenants do not meet, neither in commands nor in streams.
pub async fn the_same_id_of_two_tenants_is_two_commands(world: World) {
    let other = StreamId { tenant: Tenant::new("other").expect("token"), ..stream("a") };
    world.appends(append_at("a", 1, 0)).await;
    let theirs = world.appends(Append { stream: other.clone(), ..append_at("a", 1, 0) }).await;
    assert!(!theirs.known);
    assert_eq!(world.stream(&stream("a")).await.len(), 1);
    assert_eq!(world.stream(&other).await.len(), 1);
    let filter = Filter { tenant: Some(other.tenant), ..Filter::default() };
    assert_eq!(world.log(&filter).await.len(), 1);
}

/// A repeated command is not a conflict, though its version has long passed.
pub async fn a_known_command_is_known_before_its_version_is_looked_at(world: World) {
    world.appends(append_at("a", 1, 0)).await;
    world.appends(append_at("a", 2, 1)).await;
    assert!(world.appends(append_at("a", 1, 0)).await.known);
}

/// Each one to five times, shuffled, over restarts: one outcome and one event each.
pub async fn commands_in_any_order_and_number_have_one_effect(mut world: World) {
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut draw = |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) % below
    };
    let mut deliveries: Vec<u128> = (0..60).flat_map(|n| vec![n; draw(5) as usize + 1]).collect();
    for at in (1..deliveries.len()).rev() {
        deliveries.swap(at, draw(at as u64 + 1) as usize);
    }
    for (at, n) in deliveries.iter().enumerate() {
        world.appends(append(&format!("s{}", n % 5), *n)).await;
        if at % 70 == 69 {
            world.restart().await;
        }
    }
    let report = world.verifies().await;
    assert_eq!((report.events, report.outcomes), (60, 60));
}
