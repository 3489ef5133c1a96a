//! What is served is found through a real server.

use std::sync::Arc;

use events::bus::conformance::world::{PATIENCE, next};
use events::bus::discovery::{Counts, Endpoint, Service};
use events::bus::nats::Nats;
use events::bus::{Bus, Error, Message, Subscribe};
use jiff::Timestamp;

use super::losses::name;
use super::server::Server;

fn shop(id: &str) -> Service {
    let endpoint = Endpoint {
        name: "buy".into(),
        subject: "shop.buy".parse().expect("a pattern"),
        group: "q".into(),
        metadata: Default::default(),
        counts: Arc::new(Counts::default()),
    };
    let service = Service::new("shop", "1.2.3", id, Timestamp::UNIX_EPOCH).expect("a service");
    service.serving(endpoint)
}

/// Asks, and takes so many answers.
async fn answers(bus: &Nats, verb: &str, count: usize) -> Vec<String> {
    let to = name(&format!("answers.{verb}"));
    let mut came = bus.subscribe(Subscribe::to(to.clone())).await.expect("it listens");
    let question = Message::new(name(&format!("$SRV.{verb}")), "");
    bus.publish(Message { reply: Some(to), ..question }).await.expect("taken");
    let mut answers = Vec::new();
    for _ in 0..count {
        let answer = next(&mut came).await;
        answers.push(String::from_utf8(answer.payload.to_vec()).expect("a text"));
    }
    answers.sort();
    answers
}

/// The names of all fields of a JSON text, in order.
fn fields(text: &str) -> Vec<String> {
    fn collect(value: &serde_json::Value, fields: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(map) => map.iter().for_each(|(name, value)| {
                fields.push(name.clone());
                collect(value, fields);
            }),
            serde_json::Value::Array(all) => all.iter().for_each(|value| collect(value, fields)),
            _ => {}
        }
    }
    let mut fields_found = Vec::new();
    collect(&serde_json::from_str(text).expect("JSON"), &mut fields_found);
    fields_found.sort();
    fields_found
}

/// The fields that services of other clients answer with; one of them leaves out the metadata of
/// `STATS`, which tools expect.
const OTHERS: [(&str, &str); 3] = [
    ("PING", r#"{"type":"","name":"","id":"","version":"","metadata":{}}"#),
    (
        "INFO",
        r#"{"type":"","name":"","id":"","description":"","version":"","metadata":{},
            "endpoints":[{"name":"","subject":"","queue_group":"","metadata":{}}]}"#,
    ),
    (
        "STATS",
        r#"{"type":"","name":"","id":"","version":"","metadata":{},"started":"","endpoints":[{
            "name":"","subject":"","num_requests":1,"num_errors":0,"processing_time":1,
            "average_processing_time":1,"last_error":"","queue_group":""}]}"#,
    ),
];

#[tokio::test]
async fn all_that_serve_answer_and_say_what_others_say() {
    let server = Server::start(&[]);
    let (one, other) = (server.connect().await, server.connect().await);
    let asks = server.connect().await;
    let _one = shop("one").answer_on(Arc::new(one)).await.expect("it answers");
    let other = shop("other").answer_on(Arc::new(other)).await.expect("it answers");
    for (verb, others) in OTHERS {
        let answers = answers(&asks, verb, 2).await;
        assert!(answers[0].contains(r#""id":"one""#) && answers[1].contains(r#""id":"other""#));
        for answer in answers {
            assert_eq!(fields(&answer), fields(others), "{verb}");
        }
    }
    other.stop().await;
    assert_eq!(answers(&asks, "PING.shop", 1).await.len(), 1);
    let alone = asks.request(Message::new(name("$SRV.PING.shop.other"), ""), PATIENCE).await;
    assert_eq!(alone, Err(Error::NoResponders(name("$SRV.PING.shop.other"))));
}
