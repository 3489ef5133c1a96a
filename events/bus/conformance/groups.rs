//! Promises about groups, of which one member gets each message.

use std::collections::BTreeSet;

use super::world::{Connection, World, everything, next, numbers, text};
use crate::bus::Subscription;

/// How many messages are shared.
const SHARED: usize = 300;

/// A member of a group, on a connection of its own.
struct Member {
    _connection: Connection,
    heard: Subscription,
}

async fn members(world: &World, group: &'static str, count: usize) -> Vec<Member> {
    let mut members = Vec::new();
    for _ in 0..count {
        let connection = world.connect().await;
        let heard = connection.listens(connection.to("work").in_group(group)).await;
        members.push(Member { _connection: connection, heard });
    }
    members
}

/// What each of them got.
async fn shares(members: Vec<Member>) -> Vec<Vec<String>> {
    let mut shares = Vec::new();
    for member in members {
        shares.push(everything(member.heard).await);
    }
    shares
}

/// All of them together got every message, and each once.
fn are_everything(shares: &[Vec<String>]) {
    let got: Vec<&String> = shares.iter().flatten().collect();
    let different: BTreeSet<&String> = got.iter().copied().collect();
    let counts = (got.len(), different.len());
    assert_eq!(counts, (SHARED, SHARED), "each message comes to one member, once");
}

async fn gives_work(connection: &Connection) {
    connection.counts("work", SHARED).await;
}

/// Nothing comes twice, and nothing is lost.
pub async fn one_member_of_a_group_gets_each_message(world: World) {
    let members = members(&world, "g", 3).await;
    gives_work(&world.connect().await).await;
    are_everything(&shares(members).await);
}

/// Chance chooses, and is fair.
pub async fn every_member_of_a_group_gets_a_share(world: World) {
    let members = members(&world, "g", 3).await;
    gives_work(&world.connect().await).await;
    for share in shares(members).await {
        assert!(share.len() >= SHARED / 10, "a share of {}", share.len());
    }
}

/// Who is in no group gets everything, and so does each group.
pub async fn groups_and_others_do_not_take_from_each_other(world: World) {
    let (one, other) = (members(&world, "one", 2).await, members(&world, "other", 2).await);
    let connection = world.connect().await;
    let alone = connection.listens(connection.to("work")).await;
    gives_work(&connection).await;
    are_everything(&shares(one).await);
    are_everything(&shares(other).await);
    assert_eq!(everything(alone).await, numbers(SHARED));
}

/// Who drains leaves nothing behind, and the others get the rest.
pub async fn a_group_goes_on_without_a_member_that_left(world: World) {
    let mut members = members(&world, "g", 3).await;
    let connection = world.connect().await;
    connection.counts("work", 30).await;
    let leaves = members.remove(0);
    let left = everything(leaves.heard).await.len();
    connection.counts("work", 30).await;
    let stayed: usize = shares(members).await.iter().map(Vec::len).sum();
    assert_eq!(left + stayed, 60);
}

/// A question comes to one member, and its answer comes back.
pub async fn one_member_of_a_group_answers(world: World) {
    let (one, other) = (world.connect().await, world.connect().await);
    let mut ones = one.listens(one.to("work").in_group("g")).await;
    let mut others = other.listens(other.to("work").in_group("g")).await;
    let asks = world.connect().await;
    let answering = async {
        tokio::select! {
            question = next(&mut ones) => one.answers(&question, "done").await,
            question = next(&mut others) => other.answers(&question, "done").await,
        }
    };
    let (answer, ()) = tokio::join!(asks.asks("work", "do"), answering);
    assert_eq!(text(&answer.expect("an answer")), "done");
    one.bus.flush().await.expect("everything came");
    assert_eq!((everything(ones).await.len(), everything(others).await.len()), (0, 0));
}
