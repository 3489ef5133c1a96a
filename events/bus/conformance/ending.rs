//! Promises about how listening ends, and connections do.

use std::time::Duration;

use super::world::{PATIENCE, World, everything, next_text, numbers, text, to_its_end};
use crate::bus::{Error, Event, Message, Subscribe};

/// Then nobody listens any more.
pub async fn a_subscription_ends_after_as_many_as_it_wants(world: World) {
    let (here, there) = (world.connect().await, world.connect().await);
    let three = Subscribe { ends_after: Some(3), ..here.to("a") };
    let mut heard = here.listens(three).await;
    there.counts("a", 10).await;
    let asked = there.asks("a", "?").await;
    assert_eq!(asked, Err(Error::NoResponders(there.name("a"))));
    let came = to_its_end(&mut heard).await;
    assert_eq!(came.iter().map(text).collect::<Vec<_>>(), numbers(3));
}

/// Nor does it, where messages are taken many at a time.
pub async fn a_subscription_that_wants_one_gets_no_more(world: World) {
    let bus = world.connect().await;
    let one = Subscribe { ends_after: Some(1), ..bus.to("a") };
    let mut heard = bus.listens(one).await;
    bus.counts("a", 5).await;
    let mut came = Vec::new();
    assert_eq!(heard.next_many(&mut came, 100).await, 1);
    assert_eq!(heard.next_many(&mut came, 100).await, 0);
    assert_eq!(came.iter().map(text).collect::<Vec<_>>(), ["0"]);
}

/// What was taken before is not lost, and nothing comes afterwards.
pub async fn a_subscription_that_drains_gets_what_is_on_its_way(world: World) {
    let (here, there) = (world.connect().await, world.connect().await);
    let heard = here.listens(here.to("a")).await;
    there.counts("a", 1000).await;
    assert_eq!(everything(heard).await, numbers(1000));
    let asked = there.asks("a", "?").await;
    assert_eq!(asked, Err(Error::NoResponders(there.name("a"))));
}

/// The other side knows soon.
pub async fn a_subscription_that_is_dropped_is_no_listener(world: World) {
    let (here, there) = (world.connect().await, world.connect().await);
    let heard = here.listens(here.to("a")).await;
    drop(heard);
    let nobody_listens = async {
        let (asked, short) = (Message::new(there.name("a"), "?"), Duration::from_millis(20));
        let nobody = Err(Error::NoResponders(there.name("a")));
        while there.bus.request(asked.clone(), short).await != nobody {}
    };
    tokio::time::timeout(PATIENCE, nobody_listens).await.expect("it is forgotten");
}

/// Subscriptions get what was taken before, and end.
pub async fn a_connection_that_drains_gives_what_is_on_its_way(world: World) {
    let (here, there) = (world.connect().await, world.connect().await);
    let mut heard = here.listens(here.to("a")).await;
    let mut others = here.listens(here.to("b")).await;
    there.counts("a", 500).await;
    there.counts("b", 500).await;
    assert_eq!(next_text(&mut heard).await, "0");
    here.bus.drain().await.expect("it drains");
    let rest = to_its_end(&mut heard).await;
    assert_eq!(rest.iter().map(text).collect::<Vec<_>>(), numbers(500)[1..]);
    assert_eq!(to_its_end(&mut others).await.len(), 500);
}

/// Whatever it is asked, it is closed.
pub async fn a_connection_that_drained_takes_nothing(world: World) {
    let bus = world.connect().await;
    let _heard = bus.listens(bus.to("a")).await;
    bus.bus.drain().await.expect("it drains");
    let message = Message::new(bus.name("a"), "x");
    assert_eq!(bus.bus.publish(message.clone()).await, Err(Error::Closed));
    assert_eq!(bus.bus.request(message, PATIENCE).await, Err(Error::Closed));
    assert_eq!(bus.bus.subscribe(bus.to("b")).await.map(|_| ()).err(), Some(Error::Closed));
    assert_eq!(bus.bus.flush().await, Err(Error::Closed));
}

/// The end is an event.
pub async fn who_watches_is_told_of_the_end(world: World) {
    let bus = world.connect().await;
    let mut events = bus.bus.events();
    bus.bus.drain().await.expect("it drains");
    let told = async { while events.recv().await.expect("it is told") != Event::Closed {} };
    tokio::time::timeout(PATIENCE, told).await.expect("it is told in time");
}
