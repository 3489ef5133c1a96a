//! What a server keeps although no client of our library can take it: whoever may send there could hold up
//! everything behind it.

use super::*;
use crate::bus::program::Running;
use crate::serve::raw::{Heard, INBOX, Raw};

/// How long one that can be taken may wait for one that cannot.
const WAITS_MAX: Duration = Duration::from_secs(20);
/// How many the server hands out before it is told what became of some.
const PENDING_MAX: usize = 1024;

/// What the client gives up the connection or the stream over. Where lines end as they should, this server
/// takes away the words of servers by itself.
const LOUD: &[&[u8]] = &[
    b"NATS/1.0 503\nA: b\n\n",
    b"NATS/1.0 404 No Messages\nA: b\n\n",
    b"NATS/1.0 409 Consumer Deleted\nA: b\n\n",
    b"NATS/1.0 408\nNats-Pending-Messages: many\n\n",
    b"NATS/1.0 99999\nA: b\n\n",
    b"NATS/1.0\r\nA: \xff\r\n\r\n",
    b"NATS/1.0\r\nno colon\r\n\r\n",
    b"NATS/1.0\r\nA b: c\r\n\r\n",
    b"HTTP/1.1\r\n\r\n",
    b"x",
];
/// What it takes for a word of the server, and keeps to itself.
const SILENT: &[&[u8]] = &[
    b"NATS/1.0 100 Idle Heartbeat\nA: b\n\n",
    b"NATS/1.0 408\nA: b\n\n",
    b"NATS/1.0 409\nA: b\n\n",
];
/// What it can read, odd as it is.
const ODD: &[&[u8]] =
    &[b"NATS/1.0 200\nA: b\n\n", b"NATS/1.0\nA: b\n\n", b"NATS/1.0\r\n: b\r\n\r\n"];
/// Ends of subjects that it takes apart, or that are no text.
const ENDS: &[&[u8]] = &[b"\xff", b"a\xc2\xa0b", b"a\x0bb"];

/// A system whose complaints are heard, which are many.
fn served(place: &Place, server: &Server) -> Running {
    let mut running = serve(&place.store, server, KEEPS);
    let mut says = running.0.stderr.take().expect("a pipe");
    std::thread::spawn(move || std::io::copy(&mut says, &mut std::io::sink()));
    running
}

/// Someone who says whatever they like.
async fn hostile(server: &Server) -> Raw {
    Raw::connect(&format!("127.0.0.1:{}", server.port)).await
}

/// Sends a fact, if it is one, until the server has said that it keeps it.
async fn deposit(raw: &mut Raw, source: &[u8], headers: &[u8], body: &str) {
    let subject = [b"annals.main.deposit.", source].concat();
    let sizes = format!(" {INBOX}.1 {} {}\r\n", headers.len(), headers.len() + body.len());
    let parts = [b"HPUB ", &subject[..], sizes.as_bytes(), headers, body.as_bytes(), b"\r\n"];
    raw.say(&parts.concat()).await;
    match raw.hear().await {
        Heard::Message(kept) if kept.payload.contains(r#""seq""#) => {}
        other => panic!("it is not kept: {other:?}"),
    }
}

fn fact(id: usize) -> String {
    json!({ "id": id.to_string(), "type": "t" }).to_string()
}

async fn recorded(place: &Place, count: usize, after: &[u8]) {
    let done = place.until("fact.recorded", count);
    let after = String::from_utf8_lossy(&after[..after.len().min(60)]);
    timeout(WAITS_MAX, done).await.unwrap_or_else(|_| panic!("nothing comes behind {after:?}"));
}

const PLAIN: &[u8] = b"NATS/1.0\r\nA: b\r\n\r\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_behind_something_unreadable_is_done() {
    let place = Place::new();
    let server = place.server("-1", "kept");
    let running = served(&place, &server);
    let (_client, context) = client(&server).await;
    let mut raw = hostile(&server).await;
    let mut facts = 0;
    for headers in LOUD.iter().chain(SILENT) {
        deposit(&mut raw, b"shop", headers, "{}").await;
        deposit(&mut raw, b"shop", PLAIN, &fact(facts)).await;
        facts += 1;
        recorded(&place, facts, headers).await;
    }
    for end in ENDS {
        deposit(&mut raw, end, PLAIN, "{}").await;
        deposit(&mut raw, b"shop", PLAIN, &fact(facts)).await;
        facts += 1;
        recorded(&place, facts, end).await;
    }
    let large = [b"NATS/1.0\r\nA: ", &[b'x'; 65_000][..], b"\r\n\r\n"].concat();
    for headers in ODD.iter().copied().chain([&large[..]]) {
        deposit(&mut raw, b"shop", headers, &fact(facts)).await;
        facts += 1;
        recorded(&place, facts, headers).await;
    }
    nothing_waits(&context).await;
    drop(running);
    verified(&place.store);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_readable_among_what_is_not_is_done_once() {
    let place = Place::new();
    let server = place.server("-1", "kept");
    drop(served(&place, &server));
    let (_client, context) = client(&server).await;
    let mut raw = hostile(&server).await;
    for id in 0..300 {
        let odd = LOUD.iter().chain(SILENT).nth(id % 50);
        if let Some(headers) = odd {
            deposit(&mut raw, b"shop", headers, &fact(1000 + id)).await;
        }
        let headers = ODD.get(id % 50).copied().unwrap_or(PLAIN);
        deposit(&mut raw, b"shop", headers, &fact(id)).await;
    }
    let running = served(&place, &server);
    recorded(&place, 300, b"all of it").await;
    nothing_waits(&context).await;
    drop(running);
    assert_eq!(of_type(&history(&place.store), "fact.recorded").len(), 300);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_back_by_the_client_takes_no_place_for_ever() {
    let place = Place::new();
    let server = place.server("-1", "kept");
    let running = served(&place, &server);
    let (_client, context) = client(&server).await;
    let mut raw = hostile(&server).await;
    for _ in 0..PENDING_MAX + 100 {
        deposit(&mut raw, b"shop", SILENT[1], "{}").await;
    }
    deposit(&mut raw, b"shop", PLAIN, &fact(1)).await;
    recorded(&place, 1, SILENT[1]).await;
    nothing_waits(&context).await;
    drop(running);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_whose_client_breaks_ends_and_is_sound_when_it_is_started_again() {
    let place = Place::new();
    let server = place.server("-1", "kept");
    let mut running = served(&place, &server);
    let mut raw = hostile(&server).await;
    // A header that the client would not let anyone send, and does not expect to come.
    deposit(&mut raw, b"shop", b"NATS/1.0\r\nA: b\rc\r\n\r\n", "{}").await;
    deposit(&mut raw, b"shop", PLAIN, &fact(1)).await;
    let ended = tokio::task::spawn_blocking(move || running.0.wait());
    let ended = timeout(WAITS_MAX, ended).await.expect("it ends by itself").expect("no panic");
    assert!(!ended.expect("it ends").success());
    let running = served(&place, &server);
    recorded(&place, 1, b"a start").await;
    drop(running);
    verified(&place.store);
}
