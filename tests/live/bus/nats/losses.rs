//! What happens when the server is lost, or says nothing.

use std::time::Duration;

use events::bus::conformance::world::{PATIENCE, next, text, to_its_end};
use events::bus::nats::{Nats, Settings};
use events::bus::{Bus, Error, Event, Message, Name, Subscribe, Subscription};
use tokio::sync::broadcast;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::server::Server;

pub(crate) fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

/// Waits until something is told.
pub(crate) async fn told(events: &mut broadcast::Receiver<Event>, wanted: Event) {
    let waits = async { while events.recv().await.expect("it is told") != wanted {} };
    timeout(PATIENCE, waits).await.unwrap_or_else(|_| panic!("{wanted:?} is not told"));
}

async fn listens(bus: &dyn Bus, to: &str) -> Subscription {
    bus.subscribe(Subscribe::to(name(to))).await.expect("it listens")
}

#[tokio::test]
async fn who_listened_before_a_server_was_lost_listens_again() {
    let server = Server::start(&[]);
    let (here, there) = (server.connect().await, server.connect().await);
    let (mut heard, mut member) = (listens(&here, "a").await, {
        let group = Subscribe::to(name("b")).in_group("g");
        here.subscribe(group).await.expect("it listens")
    });
    let (mut here_told, mut there_told) = (here.events(), there.events());
    let port = server.port;
    drop(server);
    told(&mut here_told, Event::Disconnected).await;
    told(&mut there_told, Event::Disconnected).await;
    let _server = Server::again(port);
    told(&mut here_told, Event::Reconnected).await;
    told(&mut there_told, Event::Reconnected).await;
    there.publish(Message::new(name("a"), "again")).await.expect("taken");
    assert_eq!(text(&next(&mut heard).await), "again");
    let asked = there.request(Message::new(name("b"), "?"), PATIENCE);
    let answering = async {
        let reply = next(&mut member).await.reply.expect("an answer is wanted");
        here.publish(Message::new(reply, "!")).await.expect("taken");
    };
    let (answer, ()) = tokio::join!(asked, answering);
    assert_eq!(text(&answer.expect("an answer")), "!");
}

#[tokio::test]
async fn many_clients_come_back() {
    let server = Server::start(&[]);
    let mut clients = Vec::new();
    for _ in 0..50 {
        let client = server.connect().await;
        let events = client.events();
        clients.push((client, events));
    }
    let port = server.port;
    drop(server);
    for (_, events) in &mut clients {
        told(events, Event::Disconnected).await;
    }
    let _server = Server::again(port);
    let mut back = JoinSet::new();
    for (client, mut events) in clients {
        back.spawn(async move {
            told(&mut events, Event::Reconnected).await;
            client.flush().await.expect("it works");
        });
    }
    back.join_all().await;
}

#[tokio::test]
async fn a_server_that_stands_still_lets_requests_time_out() {
    let server = Server::start(&[]);
    let (here, there) = (server.connect().await, server.connect().await);
    let mut heard = listens(&here, "a").await;
    here.flush().await.expect("it listens");
    server.stops();
    let patience = Duration::from_millis(200);
    let asked = there.request(Message::new(name("a"), "?"), patience).await;
    assert_eq!(asked, Err(Error::TimedOut(name("a"), patience)));
    server.goes_on();
    assert_eq!(text(&next(&mut heard).await), "?", "it was only late");
}

#[tokio::test]
async fn nobody_waits_for_ever_for_a_server_that_stands_still() {
    let server = Server::start(&[]);
    let bus = server.connect().await;
    server.stops();
    // Nothing comes from outside, so that time passes as fast as it can.
    tokio::time::pause();
    let flushed = timeout(Duration::from_secs(60), bus.flush()).await.expect("the wait has an end");
    assert!(matches!(flushed, Err(Error::Unavailable(_))), "{flushed:?}");
}

#[tokio::test]
async fn a_server_that_takes_nothing_is_unavailable() {
    let server = Server::start(&[]);
    let bus = server.connect().await;
    server.stops();
    let large = Message::new(name("a"), vec![0; 1024 * 1024]);
    let floods = async {
        loop {
            if let Err(error) = bus.publish(large.clone()).await {
                return error;
            }
        }
    };
    let error = timeout(PATIENCE, floods).await.expect("what waits is bounded");
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    server.goes_on();
    bus.flush().await.expect("it works again");
}

#[tokio::test]
async fn where_there_is_no_server_there_is_no_connection() {
    let server = Server::start(&[]);
    let settings = server.settings();
    drop(server);
    let connected = Nats::connect(settings).await.err();
    assert!(matches!(connected, Some(Error::Unavailable(_))), "{connected:?}");
}

#[tokio::test]
async fn who_has_messages_and_takes_none_is_told() {
    let server = Server::start(&[]);
    let bus = server.connect().await;
    let mut events = bus.events();
    let _stuck = listens(&bus, "a").await;
    let mut heard = listens(&bus, "a").await;
    bus.publish(Message::new(name("a"), "x")).await.expect("taken");
    next(&mut heard).await;
    // From here on nothing comes from outside, so that time passes as fast as it can.
    tokio::time::pause();
    let begins = Instant::now();
    let stuck = Event::SlowConsumer { pattern: name("a").into(), missed: 0 };
    let waits = async { while events.recv().await.expect("it is told") != stuck {} };
    timeout(Duration::from_secs(60), waits).await.expect("it is told in time");
    let took = begins.elapsed();
    assert!(took >= Duration::from_secs(10) && took <= Duration::from_secs(30), "{took:?}");
}

#[tokio::test]
async fn what_the_client_has_no_room_for_is_counted_too() {
    let server = Server::start(&[]);
    let settings = Settings { backlog: 4, ..server.settings() };
    let here = Nats::connect(settings).await.expect("it connects");
    let there = server.connect().await;
    let mut events = here.events();
    let (mut heard, other) = (listens(&here, "a").await, listens(&here, "b").await);
    here.flush().await.expect("it listens");
    for n in 0..5000 {
        there.publish(Message::new(name("a"), n.to_string())).await.expect("taken");
    }
    there.flush().await.expect("taken");
    told(&mut events, Event::SlowConsumer { pattern: name("a").into(), missed: 1 }).await;
    heard.drain();
    let came = to_its_end(&mut heard).await.len() as u64;
    assert!(came >= 4 && came + heard.missed() <= 5000, "{came} and {}", heard.missed());
    assert_eq!(other.missed(), 0);
}
