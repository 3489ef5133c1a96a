//! Clients that are slow, gone, or want too much. None of them costs the others anything.

use std::time::Duration;

use events::bus::listener::parse::CONTROL_LINE_BYTES_MAX;
use events::bus::listener::{Config, Server};
use events::bus::{Bus, Event, Message, Name, Router, Subscribe};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::play::Client;
use super::settings;

/// How many listen beside the one that is stalled.
const READERS: usize = 50;
/// How many messages they are sent.
const MESSAGES: usize = 8_000;
/// How large each of them is.
const MESSAGE_BYTES: usize = 1_024;
/// How much may wait for a client here.
const WAITING_BYTES_MAX: usize = 1024 * 1024;

/// After how long it is a failure that nothing happens.
const PATIENCE: Duration = Duration::from_secs(30);

const QUIET: &[u8] = b"CONNECT {\"verbose\":false}\r\n";

async fn server(router: &Router, config: Config) -> Server {
    Server::bind(router.clone(), config).await.expect("it listens")
}

fn config() -> Config {
    Config { waiting_bytes_max: WAITING_BYTES_MAX, ..settings::ours("open") }
}

/// A client that listens to everything, and is known to.
async fn listener(server: &Server) -> Client {
    listens(Client::connect(server.address()).await).await
}

async fn listens(mut client: Client) -> Client {
    client.say(&[QUIET, b"SUB load 1\r\nPING\r\n"].concat()).await;
    assert_eq!(client.hear(6).await, b"PONG\r\n");
    client
}

#[tokio::test]
async fn who_does_not_read_is_cut_off_alone() {
    let router = Router::new(1);
    let (server, mut events) = (server(&router, config()).await, router.events());
    let mut stalled = listens(Client::connect_narrow(server.address()).await).await;
    let line = format!("MSG load 1 {MESSAGE_BYTES}\r\n{}\r\n", "x".repeat(MESSAGE_BYTES));
    let all = line.len() * MESSAGES;
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..READERS {
        let mut reader = listener(&server).await;
        readers.spawn(async move { (reader.hear(all).await.len(), reader) });
    }
    let mut publisher = Client::connect(server.address()).await;
    publisher.say(QUIET).await;
    let message = format!("PUB load {MESSAGE_BYTES}\r\n{}\r\n", "x".repeat(MESSAGE_BYTES));
    publisher.say(message.repeat(MESSAGES).as_bytes()).await;
    publisher.say(b"PING\r\n").await;
    assert_eq!(publisher.hear(6).await, b"PONG\r\n");
    while let Some(heard) = readers.join_next().await {
        let (heard, mut reader) = heard.expect("it reads");
        assert_eq!((heard, reader.leave().await.len()), (all, 0), "the others hear everything");
    }
    let told = timeout(PATIENCE, events.recv()).await.expect("in time").expect("it is told");
    assert!(matches!(told, Event::SlowConsumer { .. }), "{told:?}");
    assert!(events.try_recv().is_err(), "one is cut off, once");
    let heard = stalled.hear_all().await.len();
    assert!(heard < all, "{heard} of {all} bytes");
    server.shutdown().await;
    assert_eq!(router.listeners(), 0, "nothing is left of them");
}

#[tokio::test]
async fn who_is_gone_without_a_word_is_noticed() {
    let router = Router::new(1);
    let watchful = Config { ping_interval: Duration::from_millis(20), ..config() };
    let server = server(&router, watchful).await;
    // It stays connected, and neither reads nor writes, as a machine that has lost its power.
    let mut gone = listener(&server).await;
    assert_eq!(router.listeners(), 1);
    assert_eq!(gone.hear_all().await, b"PING\r\nPING\r\n-ERR 'Stale Connection'\r\n");
    assert_eq!(router.listeners(), 0);
    server.shutdown().await;
}

#[tokio::test]
async fn a_subject_of_a_megabyte_is_a_line_too_long() {
    let router = Router::new(1);
    let server = server(&router, config()).await;
    for verb in ["SUB", "PUB", "UNSUB", "CONNECT"] {
        let mut client = Client::connect(server.address()).await;
        let subject = "a".repeat(1024 * 1024);
        client.say(format!("{verb} {subject} 0\r\n\r\n").as_bytes()).await;
        assert_eq!(
            client.hear_all().await,
            b"-ERR 'maximum control line exceeded'\r\n",
            "{verb} {CONTROL_LINE_BYTES_MAX}"
        );
    }
}

#[tokio::test]
async fn subscriptions_beyond_the_limit_are_refused_each() {
    const LIMIT: usize = 100;
    let router = Router::new(1);
    let server = server(&router, Config { subscriptions_max: LIMIT, ..config() }).await;
    let mut client = Client::connect(server.address()).await;
    let subs: String = (0..10 * LIMIT).map(|n| format!("SUB a.{n} {n}\r\n")).collect();
    client.say(&[QUIET, subs.as_bytes(), b"PING\r\n"].concat()).await;
    let refused = "-ERR 'maximum subscriptions exceeded'\r\n".repeat(9 * LIMIT) + "PONG\r\n";
    assert_eq!(client.hear(refused.len()).await, refused.as_bytes());
    assert_eq!(router.listeners(), LIMIT);
    client.leave().await;
    server.shutdown().await;
    assert_eq!(router.listeners(), 0);
}

#[tokio::test]
async fn subscriptions_that_have_ended_leave_nothing() {
    let router = Router::new(1);
    let server = server(&router, config()).await;
    let mut client = Client::connect(server.address()).await;
    client.say(QUIET).await;
    for n in 0..2_000 {
        client.say(format!("SUB a 1{n}\r\nUNSUB 1{n} 1\r\nPUB a 0\r\n\r\n").as_bytes()).await;
    }
    client.say(b"PING\r\n").await;
    let expected: String = (0..2_000).map(|n| format!("MSG a 1{n} 0\r\n\r\n")).collect();
    let heard = client.hear(expected.len() + 6).await;
    assert_eq!(String::from_utf8_lossy(&heard), expected + "PONG\r\n");
    assert_eq!(router.listeners(), 0);
}

async fn info(socket: &mut TcpStream) -> Value {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        line.push(socket.read_u8().await.expect("a line"));
    }
    serde_json::from_slice(line.strip_prefix(b"INFO ").expect("INFO")).expect("JSON")
}

#[tokio::test]
async fn who_is_served_is_told_that_it_ends_and_gets_what_waits() {
    let router = Router::new(1);
    let server = server(&router, config()).await;
    let mut socket = TcpStream::connect(server.address()).await.expect("it is let in");
    let first = info(&mut socket).await;
    assert_eq!(first["port"], server.address().port());
    assert_eq!((&first["headers"], &first["jetstream"]), (&true.into(), &false.into()));
    assert_eq!(first.get("ldm"), None);
    let connect = b"CONNECT {\"verbose\":false,\"protocol\":1}\r\nSUB load 1\r\nPING\r\n";
    socket.write_all(connect).await.expect("it is taken");
    let mut pong = [0; 6];
    socket.read_exact(&mut pong).await.expect("an answer");
    let name: Name = "load".parse().expect("a name");
    router.publish(Message::new(name, "hi")).await.expect("it is taken");
    let reads = async {
        let mut message = [0; 18];
        socket.read_exact(&mut message).await.expect("a message");
        assert_eq!(&message, b"MSG load 1 2\r\nhi\r\n");
        assert_eq!(info(&mut socket).await["ldm"], true);
        assert_eq!(socket.read_to_end(&mut Vec::new()).await.expect("an end"), 0);
        drop(socket);
    };
    tokio::join!(reads, server.shutdown());
}

#[tokio::test]
async fn who_is_told_that_it_ends_gets_the_rest_of_what_it_was_being_told() {
    const COUNT: usize = 4096;
    let router = Router::new(1);
    let patient =
        Config { waiting_bytes_max: 64 * WAITING_BYTES_MAX, farewell: PATIENCE, ..config() };
    let server = server(&router, patient).await;
    let mut client = listener(&server).await;
    let mut expected = Vec::new();
    for n in 0..COUNT {
        let payload = format!("{n:4096}");
        router
            .publish(Message::new("load".parse().expect("a name"), payload.clone()))
            .await
            .expect("taken");
        expected.extend(format!("MSG load 1 4096\r\n{payload}\r\n").into_bytes());
    }
    // Some of it is on its way when others have been served.
    listener(&server).await.leave().await;
    let (heard, ()) = tokio::join!(client.hear_all(), server.shutdown());
    assert_eq!(heard.len(), expected.len(), "all of it comes");
    assert!(heard == expected, "and in order");
}

#[tokio::test]
async fn who_listens_in_the_process_sees_the_end_whoever_has_sent_to_it() {
    let router = Router::new(1);
    let server = server(&router, config()).await;
    let name: Name = "load".parse().expect("a name");
    let mut heard = router.subscribe(Subscribe::to(name)).await.expect("it listens");
    let mut client = Client::connect(server.address()).await;
    client.say(&[QUIET, b"PUB load 1\r\nx\r\nPING\r\n"].concat()).await;
    assert_eq!(client.hear(6).await, b"PONG\r\n");
    router.drain().await.expect("it drains");
    // The client is still there, and remembers where it has sent to.
    let first = timeout(PATIENCE, heard.next()).await.expect("in time").expect("what was sent");
    assert_eq!(first.payload, "x");
    assert_eq!(timeout(PATIENCE, heard.next()).await, Ok(None), "and the end");
}

#[tokio::test]
async fn another_port_is_taken_only_if_none_was_asked_for() {
    let router = Router::new(1);
    let any = Config { port: None, ..config() };
    let (one, two) = (server(&router, any.clone()).await, server(&router, any.clone()).await);
    assert_ne!(one.address(), two.address());
    let same = Config { port: Some(one.address().port()), ..any };
    assert!(Server::bind(router, same).await.is_err());
}
