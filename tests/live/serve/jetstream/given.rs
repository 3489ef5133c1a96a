//! A stream that is there already, and what several tenants send to it.

use async_nats::HeaderMap;
use async_nats::jetstream::stream::{Config, RetentionPolicy};

use super::*;

/// How long a server that looks for duplicates no longer than it must may take one for another.
const SHORT: Duration = Duration::from_millis(100);

fn stream() -> Config {
    Config {
        name: "ANNALS_INTAKE".into(),
        subjects: vec!["annals.*.enqueue.*.*.*".into(), "annals.*.deposit.*".into()],
        retention: RetentionPolicy::WorkQueue,
        duplicate_window: SHORT,
        ..Config::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_would_lose_something_is_refused_and_another_is_used_as_it_is() {
    let place = Place::new();
    let server = place.server("-1", "kept");
    let (_client, context) = client(&server).await;
    let url = format!("nats://127.0.0.1:{}", server.port);
    let only_some = vec!["annals.*.deposit.*".into()];
    for (odd, why) in [
        (Config { retention: RetentionPolicy::Limits, ..stream() }, "must be a work queue"),
        (Config { retention: RetentionPolicy::Interest, ..stream() }, "must be a work queue"),
        (Config { duplicate_window: 2 * SHORT, ..stream() }, "within 100 ms at most"),
        (Config { subjects: only_some, ..stream() }, "and not annals.*.enqueue.*.*.*"),
    ] {
        context.create_stream(odd).await.expect("it is made");
        let mut serve = annals(&["serve", "--nats-trust", "permissions", "--nats", &url]);
        let ended = serve.args(["--jetstream", "--store", &place.store]).output();
        let ended = ended.expect("it starts");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success() && said.contains(why), "{ended:?}");
        context.delete_stream("ANNALS_INTAKE").await.expect("it is there");
    }
    let made = Config { max_messages: 7, ..stream() };
    context.create_stream(made).await.expect("it is made");
    let running = serve(&place.store, &server, KEEPS);
    let kept = context.get_stream("ANNALS_INTAKE").await.expect("it is there");
    assert_eq!(kept.cached_info().config.max_messages, 7);
    drop(running);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tenants_that_use_one_id_are_both_heard() {
    let place = Place::new();
    let server = place.server("-1", "kept");
    let running = serve(&place.store, &server, KEEPS);
    let (_client, context) = client(&server).await;
    for tenant in ["red", "blue"] {
        let kept = async {
            loop {
                let fact = json!({ "id": "1", "type": "t" }).to_string();
                let mut headers = HeaderMap::new();
                headers.insert("Nats-Msg-Id", "the-same");
                let subject = format!("annals.{tenant}.deposit.shop");
                let sent = context.publish_with_headers(subject, headers, fact.into()).await;
                // The server tells whom it has taken for another.
                if !sent.expect("it is sent").await.expect("it is kept").duplicate {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE / 2, kept).await.expect("it is not taken for the other one's");
    }
    place.until("fact.recorded", 2).await;
    nothing_waits(&context).await;
    drop(running);
    let mut streams = BTreeSet::new();
    streams
        .extend(of_type(&history(&place.store), "fact.recorded").iter().map(ToString::to_string));
    assert_eq!(streams.len(), 2, "{streams:?}");
}
