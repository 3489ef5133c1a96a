//! What is answered, to whom, and until when.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::bus::router::Router;

const PATIENCE: Duration = Duration::from_secs(5);

fn shop(id: &str) -> (Service, Arc<Counts>) {
    let counts = Arc::new(Counts::default());
    let endpoint = Endpoint {
        name: "buy".into(),
        subject: "shop.buy.*".parse().expect("a pattern"),
        group: "q".into(),
        metadata: BTreeMap::from([("schema".into(), "none".into())]),
        counts: Arc::clone(&counts),
    };
    let started = Timestamp::from_second(1_780_000_000).expect("a time");
    let service = Service::new("shop", "1.2.3", id, started).expect("a service");
    (service.described("sells things").with("town", "Ulm").serving(endpoint), counts)
}

async fn asks(bus: &Router, subject: &str) -> Result<Value, Error> {
    let message = Message::new(subject.parse().expect("a name"), "");
    let answer = bus.request(message, PATIENCE).await?;
    Ok(serde_json::from_slice(&answer.payload).expect("JSON"))
}

#[tokio::test]
async fn every_answer_is_as_the_tools_read_it() {
    let (bus, (shop, counts)) = (Router::new(1), shop("one"));
    let _answering = shop.answer_on(Arc::new(bus.clone())).await.expect("it answers");
    counts.answered(Duration::from_nanos(301));
    counts.refused(Duration::from_nanos(100), 400, "no such thing");
    let standard = json!({
        "name": "shop", "id": "one", "version": "1.2.3", "metadata": {"town": "Ulm"},
    });
    let with = |kind: &str, more: Value| {
        let mut answer = standard.clone();
        answer["type"] = json!(format!("io.nats.micro.v1.{kind}_response"));
        let (Value::Object(to), Value::Object(more)) = (&mut answer, more) else { panic!("maps") };
        to.extend(more);
        answer
    };
    let info = json!({"description": "sells things", "endpoints": [{
        "name": "buy", "subject": "shop.buy.*", "queue_group": "q",
        "metadata": {"schema": "none"},
    }]});
    let stats = json!({"started": "2026-05-28T20:26:40Z", "endpoints": [{
        "name": "buy", "subject": "shop.buy.*", "queue_group": "q",
        "num_requests": 2, "num_errors": 1, "last_error": "400:no such thing",
        "processing_time": 401, "average_processing_time": 200,
    }]});
    assert_eq!(asks(&bus, "$SRV.PING").await, Ok(with("ping", json!({}))));
    assert_eq!(asks(&bus, "$SRV.INFO").await, Ok(with("info", info)));
    assert_eq!(asks(&bus, "$SRV.STATS").await, Ok(with("stats", stats)));
}

#[tokio::test]
async fn a_question_may_name_a_service_and_its_id() {
    let bus = Router::new(1);
    let answers = |id| shop(id).0.answer_on(Arc::new(bus.clone()));
    let (_one, _other) = (answers("one").await, answers("other").await);
    for verb in ["PING", "INFO", "STATS"] {
        for subject in [format!("$SRV.{verb}"), format!("$SRV.{verb}.shop")] {
            let to: Name = format!("answers.{verb}").parse().expect("a name");
            let mut all = bus.subscribe(Subscribe::to(to.clone())).await.expect("it listens");
            let message = Message::new(subject.parse().expect("a name"), "");
            bus.publish(Message { reply: Some(to), ..message }).await.expect("taken");
            let mut ids = Vec::new();
            for _ in 0..2 {
                let answer = all.next().await.expect("an answer");
                let answer: Value = serde_json::from_slice(&answer.payload).expect("JSON");
                ids.push(answer["id"].as_str().expect("an id").to_owned());
            }
            ids.sort();
            assert_eq!(ids, ["one", "other"], "{subject}");
        }
        let one = asks(&bus, &format!("$SRV.{verb}.shop.other")).await.expect("an answer");
        assert_eq!(one["id"], "other");
        for nobody in ["bank", "shop.third", "shop.one.more", "Shop"] {
            let asked = asks(&bus, &format!("$SRV.{verb}.{nobody}")).await;
            assert!(matches!(asked, Err(Error::NoResponders(_))), "{nobody}: {asked:?}");
        }
    }
}

#[tokio::test]
async fn what_is_no_question_is_passed_over() {
    let (bus, (shop, _)) = (Router::new(1), shop("one"));
    let _answering = shop.answer_on(Arc::new(bus.clone())).await.expect("it answers");
    let other = Message::new("$SRV.SCHEMA".parse().expect("a name"), "");
    bus.publish(Message::new("$SRV.PING".parse().expect("a name"), "")).await.expect("taken");
    let asked = bus.request(other, Duration::from_millis(20)).await;
    assert!(matches!(asked, Err(Error::TimedOut(..))), "{asked:?}");
    assert!(asks(&bus, "$SRV.PING").await.is_ok());
}

#[tokio::test]
async fn who_stops_answers_no_more() {
    let (bus, (shop, _)) = (Router::new(1), shop("one"));
    let answering = shop.answer_on(Arc::new(bus.clone())).await.expect("it answers");
    answering.stop().await;
    assert_eq!(bus.listeners(), 0);
    assert!(matches!(asks(&bus, "$SRV.PING").await, Err(Error::NoResponders(_))));
}

#[tokio::test]
async fn where_the_bus_ends_so_do_the_answers() {
    let (bus, (shop, _)) = (Router::new(1), shop("one"));
    let answering = shop.answer_on(Arc::new(bus.clone())).await.expect("it answers");
    bus.drain().await.expect("it drains");
    tokio::time::timeout(PATIENCE, answering.stop()).await.expect("it has ended");
}

#[test]
fn what_cannot_be_served_is_refused() {
    let new = |name, version, id| Service::new(name, version, id, Timestamp::UNIX_EPOCH);
    for name in ["", "a.b", "*", ">", "a b", "ü", "a\r\n"] {
        assert!(new(name, "1.0.0", "a").is_err(), "{name:?}");
        assert!(new("a", "1.0.0", name).is_err(), "{name:?}");
    }
    for version in ["", "1", "1.0", "01.0.0", "1.0.0.0", "v1.0.0", "1.0.0-", "1.0.0-01", "1.0.0+"] {
        assert!(new("a", version, "b").is_err(), "{version:?}");
    }
    for version in ["0.0.0", "1.22.3", "1.0.0-rc.1", "1.0.0-x-y.7+5114f85", "1.0.0+0.01"] {
        assert!(new("a", version, "b").is_ok(), "{version:?}");
    }
}
