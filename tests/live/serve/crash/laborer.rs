//! A worker outside of the system that writes down whatever it begins with. It goes on while the
//! system is gone. Some of what it gets it forgets for a while, and brings it when it is too late.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::interval;

use crate::serve::client::{Client, Order, Worker};
use crate::serve::system::System;

/// Whose work it does.
pub(super) const AGENT: &str = "outside";
/// The file that it writes to.
pub(super) const LEDGER: &str = "ledger";
/// How often it gives a sign of life, and brings what it had at the last one.
const TICK: Duration = Duration::from_millis(150);

/// The worker.
pub(super) struct Laborer {
    client: Arc<Client>,
    worker: Worker,
    ledger: File,
    has: BTreeMap<(String, u64), Work>,
    bringing: JoinSet<()>,
}

/// Something that it works on.
struct Work {
    of: Value,
    is_frozen: bool,
    /// Whether it was named in a sign of life.
    is_told: bool,
}

/// Whether it forgets this one at the first attempt.
pub(super) fn is_frozen(number: u64) -> bool {
    number % 10 == 3
}

impl Laborer {
    pub(super) async fn come(system: &System) -> Self {
        let client = Arc::new(Client::of(system).await);
        let worker = client.worker(AGENT).await;
        client.register(AGENT, 32).await;
        let ledger = OpenOptions::new().create(true).append(true).open(system.file(LEDGER));
        let (ledger, has) = (ledger.expect("a file"), BTreeMap::new());
        Self { client, worker, ledger, has, bringing: JoinSet::new() }
    }

    /// Works until it is told to stop.
    pub(super) async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        let mut tick = interval(TICK);
        loop {
            tokio::select! {
                order = self.worker.next() => self.take(order).await,
                _ = tick.tick() => self.tick().await,
                Some(brought) = self.bringing.join_next() => brought.expect("it is brought"),
                _ = stopped.changed() => break,
            }
        }
        self.bringing.join_all().await;
    }

    async fn take(&mut self, order: Order) {
        let Order { task, attempt, .. } = &order;
        writeln!(self.ledger, "{task} {attempt}").expect("it is written");
        self.worker.answer(&order, json!("taken")).await;
        let number = order.input.as_u64().expect("a number");
        // Whatever was forgotten comes to mind when it comes again.
        let old: Vec<_> = self.has.keys().filter(|(old, _)| old == task).cloned().collect();
        for pair in old {
            self.bring(pair);
        }
        let is_frozen = *attempt == 1 && is_frozen(number);
        let work = Work { of: order.input.clone(), is_frozen, is_told: false };
        self.has.insert((task.clone(), *attempt), work);
    }

    /// A sign of life, and then what was worked on since the last one.
    async fn tick(&mut self) {
        let awake: Vec<_> = self.has.iter().filter(|(_, work)| !work.is_frozen).collect();
        let done = awake.iter().filter(|(_, work)| work.is_told);
        let done: Vec<_> = done.map(|(pair, _)| (*pair).clone()).collect();
        let pair = |(task, attempt): &(String, u64)| json!({ "task": task, "attempt": attempt });
        let pairs: Vec<Value> = awake.iter().map(|(name, _)| pair(name)).collect();
        let beat = json!({ "process": "laborer", "slots": 32, "tasks": pairs });
        let heard = self.client.try_ask(&format!("signal.agent.{AGENT}.heartbeat"), &beat).await;
        self.has.values_mut().for_each(|work| work.is_told |= !work.is_frozen);
        // While nobody hears it, it goes on, and says so again.
        if heard.is_some() {
            done.into_iter().for_each(|pair| self.bring(pair));
        }
    }

    fn bring(&mut self, (task, attempt): (String, u64)) {
        let Some(work) = self.has.remove(&(task.clone(), attempt)) else { return };
        let client = Arc::clone(&self.client);
        self.bringing.spawn(async move {
            let result = json!({ "of": work.of, "by": attempt });
            let body = json!({ "attempt": attempt, "result": result });
            let id = format!("{task}/{attempt}/end");
            client.insist(&format!("task.{task}.complete"), &body, &id).await;
        });
    }
}
