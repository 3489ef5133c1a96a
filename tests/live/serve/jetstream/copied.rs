//! What is recorded, copied into a stream of the server: every event, once and in order, whoever is killed
//! and whatever is lost in between.

use async_nats::jetstream::stream::{Config, DiscardPolicy, Stream};

use super::*;

const STREAM: &str = "ANNALS_EVENTS";

/// A stream that is there before the system is.
fn made() -> Config {
    let subjects = vec!["annals.*.event.>".into()];
    Config { name: STREAM.into(), subjects, ..Config::default() }
}

/// The stream, once it is there.
async fn stream(context: &Context) -> Stream {
    let there = async {
        loop {
            match context.get_stream(STREAM).await {
                Ok(stream) => return stream,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    timeout(PATIENCE, there).await.expect("it is made")
}

/// The positions of everything that is in the stream, in its order.
async fn copied(stream: &Stream) -> Vec<u64> {
    let state = stream.get_info().await.expect("it is told").state;
    let mut positions = Vec::new();
    // Nothing goes from it here.
    for number in 1..=state.messages {
        let message = stream.get_raw_message(number).await.expect("it is there");
        let position = message.headers.get("annals-position").expect("it has a place").as_str();
        positions.push(position.parse().expect("a number"));
    }
    positions
}

/// Waits until the newest event of the log is in the stream; gives all that are.
async fn all_copied(place: &Place, stream: &Stream) -> Vec<u64> {
    let all = async {
        loop {
            let newest = history(&place.store).len() as u64;
            let found = stream.get_last_raw_message_by_subject(">").await;
            let found = found.ok().and_then(|found| {
                found.headers.get("annals-position").map(|position| position.as_str().to_owned())
            });
            if found == Some(newest.to_string()) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, all).await.expect("all of it comes");
    copied(stream).await
}

#[track_caller]
fn assert_whole(positions: &[u64], from: u64, events: usize) {
    let odd = (from..=events as u64).zip(positions).find(|(expected, found)| expected != *found);
    assert_eq!(odd, None, "not every event once and in order");
    assert_eq!(positions.len() as u64, events as u64 + 1 - from);
}

fn load(context: &Context, tasks: usize) -> JoinSet<()> {
    let mut load = JoinSet::new();
    for _ in 0..4 {
        let context = context.clone();
        load.spawn(async move {
            for _ in 0..tasks / 4 {
                keep(&context, &submit(), &json!({ "kind": "echo" })).await;
            }
        });
    }
    load
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_that_is_killed_again_and_again_copies_every_event_once() {
    let place = Place::new();
    let server = place.server("-1", "kept");
    let (_client, context) = client(&server).await;
    // It forgets at once what it has had: what is sent twice would be there twice.
    let short = Config { duplicate_window: Duration::from_millis(100), ..made() };
    let stream = context.create_stream(short).await.expect("it is made");
    let running = serve(&place.store, &server, KEEPS);
    let load = load(&context, 400);
    let mut running = Some(running);
    for enough in [20, 100, 200, 300] {
        place.until("task.submitted", enough).await;
        // It is killed while some are on their way.
        drop(running.take());
        running = Some(serve(&place.store, &server, KEEPS));
    }
    timeout(PATIENCE, load.join_all()).await.expect("all are kept");
    place.until("task.completed", 400).await;
    nothing_waits(&context).await;
    let positions = all_copied(&place, &stream).await;
    drop(running);
    assert_whole(&positions, 1, positions.len());
    verified(&place.store);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_under_load_has_every_event_once() {
    let place = Place::new();
    let server = place.server("-1", "kept");
    let port = server.port.to_string();
    let running = serve(&place.store, &server, KEEPS);
    let (_client, context) = client(&server).await;
    let (stream, load) = (stream(&context).await, load(&context, 200));
    let mut server = Some(server);
    for enough in [20, 100] {
        place.until("task.submitted", enough).await;
        drop(server.take());
        server = Some(place.server(&port, "kept"));
    }
    timeout(PATIENCE, load.join_all()).await.expect("all are kept");
    place.until("task.completed", 200).await;
    let positions = all_copied(&place, &stream).await;
    drop(running);
    assert_whole(&positions, 1, positions.len());
    let subject =
        stream.get_raw_message(positions.len() as u64).await.expect("it is there").subject;
    assert_eq!(subject.split('.').count(), 5, "{subject} has the name of a single thing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_has_forgotten_everything_is_told_on_without_a_gap() {
    let place = Place::new();
    let server = place.server("-1", "kept");
    let port = server.port.to_string();
    let running = serve(&place.store, &server, KEEPS);
    let (_client, context) = client(&server).await;
    let load = load(&context, 200);
    place.until("task.submitted", 20).await;
    let before = stream(&context).await.get_info().await.expect("it is told").state.messages;
    drop(server);
    let _server = place.server(&port, "empty");
    timeout(PATIENCE, load.join_all()).await.expect("all are kept");
    let stream = stream(&context).await;
    let positions = all_copied(&place, &stream).await;
    drop(running);
    // What the first server had, and had not said that it has, is told to the second one, too.
    let first = *positions.first().expect("there are some");
    assert!(before > 1 && first > 1 && first < before + 600, "{first} of {before}");
    assert_whole(&positions, first, positions[positions.len() - 1] as usize);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_is_full_holds_the_relay_up_and_nothing_is_lost() {
    let place = Place::new();
    let server = place.server("-1", "kept");
    let (_client, context) = client(&server).await;
    let full = Config { max_messages: 5, discard: DiscardPolicy::New, ..made() };
    let stream = context.create_stream(full.clone()).await.expect("it is made");
    let running = serve(&place.store, &server, KEEPS);
    keep(&context, &submit(), &json!({ "kind": "echo" })).await;
    place.until("task.completed", 1).await;
    let full_up = async {
        while copied(&stream).await.len() < 5 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, full_up).await.expect("it fills up");
    // Another system on the same log does not go on behind what is not there.
    drop(running);
    let running = serve(&place.store, &server, KEEPS);
    context.update_stream(Config { max_messages: 1000, ..full }).await.expect("there is room");
    let positions = all_copied(&place, &stream).await;
    drop(running);
    assert_whole(&positions, 1, positions.len());
}
