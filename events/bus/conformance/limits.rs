//! Promises about what is too large, and who is too slow.

use tokio::sync::broadcast;

use super::world::{Connection, PATIENCE, World, everything, next, next_text, numbers};
use crate::bus::{Error, Event, Headers, Message, Pattern, Subscribe};

/// How many messages wait for who is slow.
const WAITING: usize = 2;
/// How many are sent to them: the last one that is lost is told, as losses are at each doubling.
const SENT: usize = WAITING + 8;

/// The limit itself is no excess.
pub async fn a_message_may_be_as_large_as_the_limit(world: World) {
    let (here, there) = (world.connect().await, world.connect().await);
    let mut heard = here.listens(here.to("a")).await;
    let payload = vec![b'x'; there.bus.message_bytes_max()];
    there.says("a", payload.clone()).await;
    assert_eq!(next(&mut heard).await.payload, payload);
}

/// It is refused here, and the connection lives on.
pub async fn what_is_too_large_is_refused(world: World) {
    let (here, there) = (world.connect().await, world.connect().await);
    let mut heard = here.listens(here.to("a")).await;
    let limit = there.bus.message_bytes_max();
    let large = Message::new(there.name("a"), vec![b'x'; limit + 1]);
    let refused = Err(Error::TooLarge { bytes: limit + 1, limit });
    assert_eq!(there.bus.publish(large.clone()).await, refused);
    assert_eq!(there.bus.request(large, PATIENCE).await.map(|_| ()), refused);
    there.says("a", "small").await;
    assert_eq!(next_text(&mut heard).await, "small");
}

/// Headers are a part of how large it is.
pub async fn headers_count(world: World) {
    let bus = world.connect().await;
    let mut heard = bus.listens(bus.to("a")).await;
    let headers = Headers::none().with("A", "b").expect("a header");
    let room = bus.bus.message_bytes_max() - headers.wire().len();
    let fits = Message { headers, ..Message::new(bus.name("a"), vec![b'x'; room]) };
    let large = Message { payload: vec![b'x'; room + 1].into(), ..fits.clone() };
    assert!(matches!(bus.bus.publish(large).await, Err(Error::TooLarge { .. })));
    bus.sends(fits.clone()).await;
    assert_eq!(next(&mut heard).await, fits);
}

/// Waits until a subscription is said to have missed so many.
async fn missed(events: &mut broadcast::Receiver<Event>, pattern: &Pattern, count: usize) {
    let told = Event::SlowConsumer { pattern: pattern.clone(), missed: count as u64 };
    let waits = async { while events.recv().await.expect("it is told") != told {} };
    tokio::time::timeout(PATIENCE, waits).await.expect("it is told in time");
}

fn slow(connection: &Connection) -> Subscribe {
    Subscribe { waiting_max: WAITING, ..connection.to("a") }
}

/// What is lost is counted and told, and what comes later comes.
pub async fn who_does_not_keep_up_misses_messages_and_is_told(world: World) {
    let (here, there) = (world.connect().await, world.connect().await);
    let mut events = here.bus.events();
    let mut heard = here.listens(slow(&here)).await;
    there.counts("a", SENT).await;
    missed(&mut events, &slow(&here).pattern, SENT - WAITING).await;
    assert_eq!(heard.missed(), (SENT - WAITING) as u64);
    assert_eq!(
        (next_text(&mut heard).await, next_text(&mut heard).await),
        ("0".into(), "1".into())
    );
    there.says("a", "later").await;
    assert_eq!(next_text(&mut heard).await, "later");
}

/// Others on the same connection get everything.
pub async fn who_does_not_keep_up_harms_nobody_else(world: World) {
    let (here, there) = (world.connect().await, world.connect().await);
    let mut events = here.bus.events();
    let quick = here.listens(here.to("a")).await;
    let _slow = here.listens(slow(&here)).await;
    there.counts("a", SENT).await;
    missed(&mut events, &slow(&here).pattern, SENT - WAITING).await;
    assert_eq!((quick.missed(), everything(quick).await), (0, numbers(SENT)));
}
