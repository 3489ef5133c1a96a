//! Clients that ask for more than anyone needs.

use events::bus::Router;
use events::bus::listener::config::{SUBSCRIPTIONS_MAX, WAITING_BYTES_MAX};
use events::bus::listener::{Config, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::super::conversations::play::Client;
use super::super::conversations::settings;
use super::super::program::Running;
use super::{MEBIBYTE, PATIENCE, QUIET, SOCKET_BYTES_MAX, in_time, narrow};

/// Where a flood ends at the latest that should have been cut off: what waits for its answers, and
/// what is on its way in both directions.
const FLOOD_BYTES_MAX: usize = WAITING_BYTES_MAX + 2 * SOCKET_BYTES_MAX;
/// How much memory the program may have had after all that, in all.
const MEMORY_MAX: usize = 96 * MEBIBYTE;

/// Says something again and again until it is cut off or has said enough; gives how many bytes.
async fn flood(socket: &mut TcpStream, what: &[u8]) -> usize {
    let (chunk, mut said) = (what.repeat(64 * 1024 / what.len()), 0);
    while said <= FLOOD_BYTES_MAX && in_time(socket.write_all(&chunk)).await.is_ok() {
        said += chunk.len();
    }
    said
}

async fn is_served(address: &str) {
    let mut client = Client::connect(address.parse().expect("an address")).await;
    client.say(&[QUIET, b"SUB a 1\r\nPUB a 2\r\nhi\r\nPING\r\n"].concat()).await;
    assert_eq!(client.hear(21).await, b"MSG a 1 2\r\nhi\r\nPONG\r\n");
}

#[tokio::test]
async fn answers_that_nobody_reads_have_a_limit() {
    // Nothing but the bytes that wait can end it.
    let patient = Config { write_deadline: 10 * PATIENCE, ..settings::ours("open") };
    let server = Server::bind(Router::new(1), patient).await.expect("it listens");
    let mut socket = narrow(&server.address().to_string()).await;
    let said = flood(&mut socket, b"PING\r\n").await;
    assert!(said <= FLOOD_BYTES_MAX, "it takes {said} bytes of a flood and keeps the answers");
    assert!(said > WAITING_BYTES_MAX, "it is cut off after {said} bytes");
    is_served(&server.address().to_string()).await;
}

#[tokio::test]
async fn floods_without_reading_leave_memory_flat() {
    let (program, address) = Running::serve(&[]);
    for what in ["PING\r\n", "PUB a\r\n", "PUB a.* 0\r\n\r\n", "SUB a..b 1\r\n"] {
        for _ in 0..2 {
            let mut socket = narrow(&address).await;
            let said = flood(&mut socket, what.as_bytes()).await;
            assert!(said <= FLOOD_BYTES_MAX, "{what:?}: {said} bytes");
        }
    }
    let memory = program.memory_max();
    assert!(memory < MEMORY_MAX, "it has had {memory} bytes of memory");
    is_served(&address).await;
}

#[tokio::test]
async fn a_flood_of_subscriptions_is_refused_from_the_limit_on() {
    const MORE: usize = 50_000;
    let (program, address) = Running::serve(&[]);
    let mut client = Client::connect(address.parse().expect("an address")).await;
    let subs: String =
        (0..SUBSCRIPTIONS_MAX + MORE).map(|n| format!("SUB flood.{n} {n}\r\n")).collect();
    let text = "-ERR 'maximum subscriptions exceeded'\r\n".repeat(MORE) + "PONG\r\n";
    client.say(&[QUIET, subs.as_bytes(), b"PING\r\n"].concat()).await;
    assert!(client.hear(text.len()).await == text.as_bytes(), "each is refused in words");
    let memory = program.memory_max();
    assert!(memory < 2 * MEMORY_MAX, "it has had {memory} bytes of memory");
    client.leave().await;
    is_served(&address).await;
}

#[tokio::test]
async fn subjects_of_a_megabyte_are_refused_at_their_limit() {
    let (program, address) = Running::serve(&[]);
    let subject = "a".repeat(MEBIBYTE);
    for n in 0..100 {
        let verb = ["SUB", "PUB", "HPUB", "UNSUB", "CONNECT"][n % 5];
        let end = ["", " 1\r\n"][n % 2];
        let mut socket = TcpStream::connect(&address).await.expect("it is let in");
        let line = format!("{verb} {subject}{end}");
        // It is cut off before it has said all of that.
        let _ = in_time(socket.write_all(line.as_bytes())).await;
        let mut heard = Vec::new();
        let _ = in_time(socket.read_to_end(&mut heard)).await;
        let heard = String::from_utf8_lossy(&heard);
        let (info, rest) = heard.split_once("\r\n").expect("INFO");
        assert!(info.starts_with("INFO {"), "{info}");
        assert_eq!(rest, "-ERR 'maximum control line exceeded'\r\n", "{verb}, {n}");
    }
    let memory = program.memory_max();
    assert!(memory < MEMORY_MAX, "it has had {memory} bytes of memory");
    is_served(&address).await;
}
