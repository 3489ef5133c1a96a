//! Clients that ask for little in a way that would cost much.

use std::time::{Duration, Instant};

use events::bus::listener::config::SUBSCRIPTIONS_MAX;

use super::super::conversations::play::Client;
use super::super::program::Running;
use super::QUIET;

/// How often each is tried; the shortest time counts.
const TRIES: usize = 3;
/// How often something is said.
const TIMES: usize = 1000;

/// How long a client waits for the answers to what it says.
async fn takes(client: &mut Client, says: &str, hears: &str) -> Duration {
    let mut least = Duration::MAX;
    for _ in 0..TRIES {
        let began = Instant::now();
        client.say(says.as_bytes()).await;
        assert!(client.hear(hears.len()).await == hears.as_bytes(), "it hears something else");
        least = least.min(began.elapsed());
    }
    least
}

async fn client(address: &str) -> Client {
    let mut client = Client::connect(address.parse().expect("an address")).await;
    client.say(QUIET).await;
    client
}

#[tokio::test]
async fn a_subscription_that_ends_by_itself_costs_no_more_beside_many_others() {
    let (_program, address) = Running::serve(&[]);
    let mut client = client(&address).await;
    let says = "SUB x e\r\nUNSUB e 1\r\nPUB x 0\r\n\r\n".repeat(TIMES) + "PING\r\n";
    let hears = "MSG x e 0\r\n\r\n".repeat(TIMES) + "PONG\r\n";
    let alone = takes(&mut client, &says, &hears).await;
    let others: String = (1..SUBSCRIPTIONS_MAX).map(|n| format!("SUB o.{n} {n}\r\n")).collect();
    client.say((others + "PING\r\n").as_bytes()).await;
    assert_eq!(client.hear(6).await, b"PONG\r\n");
    let beside = takes(&mut client, &says, &hears).await;
    assert!(beside < 20 * alone, "{alone:?} alone, {beside:?} beside many others");
}

#[tokio::test]
async fn a_group_costs_no_more_beside_many_others() {
    let (_program, address) = Running::serve(&[]);
    let mut client = client(&address).await;
    let groups = |from: usize| -> String {
        let group = |n| format!("SUB x g{n} {n}\r\n");
        let ends = |n| format!("UNSUB {n}\r\n");
        let all = from..from + TIMES;
        all.clone().map(group).chain(all.map(ends)).chain(["PING\r\n".into()]).collect()
    };
    let alone = takes(&mut client, &groups(0), "PONG\r\n").await;
    let many: String =
        (1..SUBSCRIPTIONS_MAX - TIMES).map(|n| format!("SUB x o{n} o{n}\r\n")).collect();
    client.say((many + "PING\r\n").as_bytes()).await;
    assert_eq!(client.hear(6).await, b"PONG\r\n");
    let beside = takes(&mut client, &groups(0), "PONG\r\n").await;
    assert!(beside < 20 * alone, "{alone:?} alone, {beside:?} beside many others");
}
