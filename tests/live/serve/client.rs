//! A client of a system: it hands in, works, asks, and hears what happens.

use std::time::Duration;

use async_nats::{ConnectOptions, HeaderMap, Message, Subscriber};
use events::store::keys::random_id;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_stream::StreamExt;

use super::PATIENCE;
use super::system::System;

/// How long an answer may take; what is sent to a system that was just killed has none.
const ANSWER: Duration = Duration::from_secs(2);

/// A client of one tenant.
pub(super) struct Client {
    pub(super) bus: async_nats::Client,
    tenant: String,
    happens: Subscriber,
    happened: Vec<Event>,
}

/// Something that happened.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) task: String,
    pub(super) word: String,
    pub(super) recorded_at: String,
    pub(super) payload: Value,
}

/// A worker, as far as it is told what to do.
pub(super) struct Worker {
    bus: async_nats::Client,
    work: Subscriber,
}

/// A task that a worker has got.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) task: String,
    pub(super) attempt: u64,
    pub(super) input: Value,
    /// Where its answer goes.
    pub(super) reply: async_nats::Subject,
}

impl Client {
    pub(super) async fn of(system: &System) -> Self {
        Self::connect(&system.url(), "main", ConnectOptions::new()).await
    }

    pub(super) async fn connect(url: &str, tenant: &str, options: ConnectOptions) -> Self {
        let pause = |_| Duration::from_millis(100);
        let options = options.reconnect_delay_callback(pause).request_timeout(Some(ANSWER));
        let bus = options.connect(url).await.expect("it connects");
        let happens = format!("annals.{tenant}.event.task.*.*");
        let happens = bus.subscribe(happens).await.expect("it listens");
        bus.flush().await.expect("the server knows it");
        Self { bus, tenant: tenant.into(), happens, happened: Vec::new() }
    }

    /// Asks, and waits for the answer.
    pub(super) async fn ask(&self, rest: &str, body: &Value) -> Value {
        self.try_ask(rest, body).await.unwrap_or_else(|| panic!("{rest} is not answered"))
    }

    /// The same of a system that may be gone.
    pub(super) async fn try_ask(&self, rest: &str, body: &Value) -> Option<Value> {
        let subject = format!("annals.{}.{rest}", self.tenant);
        self.bus.request(subject, body.to_string().into()).await.ok().map(|answer| read(&answer))
    }

    /// The same with a command under this id.
    pub(super) async fn try_ask_as(&self, rest: &str, body: &Value, id: &str) -> Option<Value> {
        let subject = format!("annals.{}.command.{rest}", self.tenant);
        let mut headers = HeaderMap::new();
        headers.insert("Annals-Command-Id", id);
        let asked = self.bus.request_with_headers(subject, headers, body.to_string().into());
        asked.await.ok().map(|answer| read(&answer))
    }

    /// Has a command done under this id, however often it has to be asked.
    pub(super) async fn insist(&self, rest: &str, body: &Value, id: &str) -> Value {
        loop {
            match self.try_ask_as(rest, body, id).await {
                Some(answer) if answer["retry_after_ms"].is_null() => return answer,
                // There is no server just now, or it has too much to do.
                _ => tokio::task::yield_now().await,
            }
        }
    }

    /// Hands in a task of this kind, with more said about it; gives its id.
    pub(super) async fn submit(&self, kind: &str, more: Value) -> String {
        let task = random_id().to_string();
        let mut order = json!({ "kind": kind });
        let more = more.as_object().cloned().expect("an object");
        order.as_object_mut().expect("an object").extend(more);
        let told = self.ask(&format!("command.task.{task}.submit"), &order).await;
        assert_eq!(told["outcome"], "accepted", "{told}");
        task
    }

    /// Registers an agent that does what its name says.
    pub(super) async fn register(&self, agent: &str, slots: u32) {
        let offer = json!({ "kind": "tested", "capabilities": [agent], "slots": slots });
        let told = self.ask(&format!("command.agent.{agent}.register"), &offer).await;
        assert_eq!(told["outcome"], "accepted", "{told}");
    }

    /// A worker of an agent, from now on.
    pub(super) async fn worker(&self, agent: &str) -> Worker {
        let subject = format!("annals.{}.work.{agent}", self.tenant);
        let group = agent.to_owned();
        let work = self.bus.queue_subscribe(subject, group).await.expect("it listens");
        self.bus.flush().await.expect("the server knows it");
        Worker { bus: self.bus.clone(), work }
    }

    /// The first event of this name about a task, now or later.
    pub(super) async fn happens(&mut self, task: &str, word: &str) -> Event {
        let is_it = |event: &Event| event.task == task && event.word == word;
        if let Some(event) = self.happened.iter().find(|event| is_it(event)) {
            return event.clone();
        }
        loop {
            let event = self.next().await;
            self.happened.push(event.clone());
            if is_it(&event) {
                return event;
            }
        }
    }

    /// What was heard of a task so far, in order.
    pub(super) fn heard_of(&self, task: &str) -> Vec<&str> {
        let of_it = self.happened.iter().filter(|event| event.task == task);
        of_it.map(|event| event.word.as_str()).collect()
    }

    /// What happens next.
    pub(super) async fn next(&mut self) -> Event {
        let next = timeout(PATIENCE, self.happens.next()).await;
        let message = next.unwrap_or_else(|_| panic!("no more happens: {:?}", self.happened));
        event(&message.expect("it goes on"))
    }

    /// The same, whenever it happens.
    pub(super) async fn heard(&mut self) -> Event {
        event(&self.happens.next().await.expect("it goes on"))
    }
}

impl Worker {
    /// The next task that comes.
    pub(super) async fn order(&mut self) -> Order {
        timeout(PATIENCE, self.next()).await.expect("work comes")
    }

    /// The same, whenever it comes.
    pub(super) async fn next(&mut self) -> Order {
        let message = self.work.next().await;
        self.read(&message.expect("it goes on"))
    }

    fn read(&self, message: &Message) -> Order {
        let said: Value = serde_json::from_slice(&message.payload).expect("JSON");
        Order {
            task: said["task"].as_str().expect("text").into(),
            attempt: said["attempt"].as_u64().expect("a number"),
            input: said["input"].clone(),
            reply: message.reply.clone().expect("an answer is wanted"),
        }
    }

    /// Answers an order.
    pub(super) async fn answer(&self, order: &Order, answer: Value) {
        let answer = answer.to_string().into();
        self.bus.publish(order.reply.clone(), answer).await.expect("it is sent");
    }
}

/// What an answer says.
fn read(answer: &Message) -> Value {
    serde_json::from_slice(&answer.payload).expect("JSON")
}

fn event(message: &Message) -> Event {
    let headers = message.headers.as_ref().expect("events have headers");
    let header = |name: &str| headers.get(name).expect("it is there").to_string();
    let tokens: Vec<&str> = message.subject.split('.').collect();
    Event {
        task: tokens[4].into(),
        word: tokens[5].into(),
        recorded_at: header("annals-recorded-at"),
        payload: serde_json::from_slice(&message.payload).expect("JSON"),
    }
}
