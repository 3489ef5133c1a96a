//! An actor that fails again and again is left alone for a while; what a server keeps for it is not given up.

use events::planted::PANICS;
use tokio_stream::StreamExt as _;

use super::*;
use crate::bus::program::Running;

/// A system in which every decision panics.
fn served(place: &Place, server: &Server) -> Running {
    let url = format!("nats://127.0.0.1:{}", server.port);
    let mut serve = annals(&["serve", "--nats-trust", "permissions", "--nats", &url]);
    serve.args(["--jetstream", "--store", &place.store]).env(PANICS, "1");
    Running::start(&mut serve)
}

/// Waits until the system has got everything that is kept.
async fn all_handed_out(context: &Context) {
    let stream = context.get_stream("ANNALS_INTAKE").await.expect("it is there");
    let handed_out = async {
        loop {
            let mut consumers = stream.consumers();
            match consumers.next().await {
                Some(consumer) if consumer.as_ref().expect("it is told").num_pending == 0 => return,
                _ => tokio::task::yield_now().await,
            }
        }
    };
    timeout(PATIENCE, handed_out).await.expect("it is handed out");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_for_an_actor_that_rests_is_done_when_it_has_rested() {
    let place = Place::new();
    let server = place.server("-1", "kept");
    let (_client, context) = client(&server).await;
    drop(serve(&place.store, &server, KEEPS));
    let task = random_id();
    let of = |verb: &str| format!("annals.main.enqueue.task.{task}.{verb}");
    keep(&context, &of("submit"), &json!({ "kind": "nobody-does-this" })).await;
    let mut running = served(&place, &server);
    place.until("node.actor_parked", 1).await;
    keep(&context, &of("note"), &json!({ "text": "for one that rests" })).await;
    all_handed_out(&context).await;
    // In good order: the server hears what became of everything.
    running.interrupt();
    let ended = running.0.wait().expect("it ends");
    assert!(ended.success(), "{ended}");
    assert_eq!(waiting(&context).await, 2, "something is given up");

    let running = serve(&place.store, &server, KEEPS);
    place.until("task.submitted", 1).await;
    place.until("task.noted", 1).await;
    nothing_waits(&context).await;
    drop(running);
    verified(&place.store);
}
