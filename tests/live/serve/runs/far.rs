//! Runs in the other world: on a server of NATS and a database. While runs of every origin are under way
//! the system is killed, and later another one takes its log over.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use events::id::RunId;
use events::known::Known;
use events::run::{By, RunEvent};
use events::schedule::ScheduleEvent;
use events::store::keys::random_id;
use events::time::Timestamp;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::attended::{log_of, nobody_is_forgotten};
use super::{comes_to, comes_to_within, define, ends, shown};
use crate::bus::program::Running;
use crate::postgres::database::Database;
use crate::serve::PATIENCE;
use crate::serve::client::Client;
use crate::serve::system::System;

/// How many items the stage of a run has that goes through a list.
const ITEMS: usize = 24;
/// How many facts there are, in as many parts as there are systems.
const FACTS: usize = 18;
const SYSTEMS: usize = 3;
/// How often the schedule fires.
const EVERY_MS: u64 = 1_000;
/// What a system that was taken over ends with.
const TAKEN_OVER: i32 = 75;
/// How long a run takes at most: what an agent had that was killed with the system is missed after 20
/// seconds.
const MISSED: Duration = Duration::from_secs(60);

const PAY: &str = "
stages:
  - { name: sign, task: echo, input: \"${ input }\", approval: { within_ms: 600000 } }
";

const THANK: &str = "
output: ${ input }
stages:
  - { name: pause, wait: { for_ms: 5 } }
";

const MANY: &str = "
output: ${ stages.join.output }
stages:
  - { name: each, foreach: \"${ input }\", at_once: 6, task: sleep, input: { ms: 150 } }
  - { name: join, after: [each], task: echo, input: \"${ stages.each.output }\" }
";

/// A world in which runs are started by people, by the time and by facts.
struct World {
    system: System,
    client: Client,
    facts: BTreeSet<String>,
    /// The runs of six stages, and those that go through a list.
    sixes: Vec<String>,
    manies: Vec<String>,
}

impl World {
    async fn begins(database: &Database) -> Self {
        let system = System::on_nats(Some(database));
        let example = system.command(&["pipeline", "example"]).output().expect("it runs");
        define(&system, "six", &String::from_utf8(example.stdout).expect("text"));
        define(&system, "many", MANY);
        define(&system, "pay", PAY);
        define(&system, "thank", THANK);
        let every = EVERY_MS.to_string();
        for said in [
            &["schedule", "set", "pulse", "thank", "--every-ms", &every][..],
            &[
                "trigger",
                "set",
                "paid",
                "thank",
                "--type",
                "paid",
                "--input",
                r#"{"of":"${ fact.id }"}"#,
            ],
        ] {
            let output = system.command(said).output().expect("it runs");
            assert!(output.status.success(), "{said:?}: {output:?}");
        }
        let client = Client::of(&system).await;
        let (facts, sixes, manies) = <_>::default();
        Self { system, client, facts, sixes, manies }
    }

    /// Starts a run, however often it has to be asked; gives its id.
    async fn starts(&self, pipeline: &str, input: &Value) -> String {
        let run = random_id().to_string();
        let body = json!({ "pipeline": pipeline, "input": input });
        let told = self.client.insist(&format!("run.{run}.start"), &body, &run).await;
        assert_eq!(told["outcome"], "accepted", "{told}");
        run
    }

    /// A part of the facts, and runs that are half way when this is done.
    async fn is_busy(&mut self) {
        let part = FACTS / SYSTEMS;
        for n in self.facts.len()..self.facts.len() + part {
            let fact = json!({ "specversion": "1.0", "id": n.to_string(), "source": "shop", "type": "paid" });
            while self
                .client
                .try_ask("fact.shop", &fact)
                .await
                .is_none_or(|told| !told["retry_after_ms"].is_null())
            {}
            self.facts.insert(n.to_string());
        }
        let list = json!((0..ITEMS).collect::<Vec<_>>());
        let (six, many) = (self.starts("six", &json!({})).await, self.starts("many", &list).await);
        comes_to(&self.system, &many, "each", "works").await;
        comes_to(&self.system, &six, "process", "works").await;
        self.sixes.push(six);
        self.manies.push(many);
    }

    /// Waits until all of them have come to their end.
    async fn all_end(&self) {
        for six in &self.sixes {
            comes_to_within(MISSED, &self.system, six, "report", "completed").await;
            let text = "Orders of today: 4 in all, first 2 of lamp for ADA";
            assert_eq!(ends(&self.system, six)["result"], json!({ "inline": text }));
        }
        for many in &self.manies {
            comes_to_within(MISSED, &self.system, many, "join", "completed").await;
            let nothing = vec![Value::Null; ITEMS];
            assert_eq!(ends(&self.system, many)["result"], json!({ "inline": nothing }));
        }
    }
}

/// What is asked about, by its hash.
fn hash(run: &Value) -> String {
    run["stages"][0]["approval"]["hash"].as_str().expect("a hash").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_of_every_origin_end_right_although_the_system_is_killed_and_taken_over() {
    let database = Database::new().await;
    let mut world = World::begins(&database).await;
    let pay = world.starts("pay", &json!({ "amount": 12 })).await;
    let asked = hash(&comes_to(&world.system, &pay, "sign", "asked").await);
    world.is_busy().await;
    world.system.kill();
    world.system.start_again();
    world.is_busy().await;
    let old = world.system.is_taken_over();
    has_ended(old).await;
    world.is_busy().await;

    let waiting = shown(&world.system, &pay);
    assert_eq!(hash(&waiting), asked, "what was asked about is what is asked about");
    let body = json!({ "stage": "sign", "hash": asked });
    let told = world.client.insist(&format!("run.{pay}.approve"), &body, "agreed").await;
    assert_eq!(told["outcome"], "accepted", "{told}");
    comes_to(&world.system, &pay, "sign", "completed").await;
    world.all_end().await;
    let pause = world.system.command(&["schedule", "pause", "pulse"]).output().expect("it runs");
    assert!(pause.status.success(), "{pause:?}");
    nobody_is_forgotten(&world.system).await;
    let log = log_of(&world.system).await;
    assert_eq!(by_facts(&log), world.facts, "each fact has one run");
    every_time_counts_once(&log);
    every_part_ends_once(&log);
    world.system.end();
    world.system.verify();
}

/// Whoever stood still notices that there is another one, and ends.
async fn has_ended(mut old: Running) {
    old.goes_on();
    let ends = async {
        loop {
            if let Some(ended) = old.0.try_wait().expect("it is ours") {
                return ended;
            }
            tokio::task::yield_now().await;
        }
    };
    let ended = timeout(PATIENCE, ends).await.expect("it ends by itself");
    assert_eq!(ended.code(), Some(TAKEN_OVER));
}

/// The facts that have started a run, each of them one.
fn by_facts(log: &[Known]) -> BTreeSet<String> {
    let mut facts = BTreeMap::new();
    let mut started = BTreeSet::new();
    for event in log {
        match event {
            Known::Fact(it) => {
                let events::fact::FactEvent::Recorded(fact) = &it.event;
                facts.insert(it.id, fact.id.clone());
            }
            Known::Run(it) => {
                if let RunEvent::Started(run) = &it.event
                    && let By::Trigger { fact, .. } = run.by
                {
                    let fact: &String =
                        facts.get(&fact).expect("no run is of a fact that there is not");
                    assert!(started.insert(fact.clone()), "a fact has two runs: {run:?}");
                }
            }
            _ => {}
        }
    }
    started
}

/// Each time of the schedule is on record once, and has started one run or none.
fn every_time_counts_once(log: &[Known]) {
    let (mut next, mut fired, mut started) = (None, BTreeMap::new(), BTreeMap::new());
    let mut comes = |first: Timestamp, count: u64| {
        assert!(next.is_none_or(|next| next == first), "{first} is not what comes next");
        next = Some(first.plus_ms(count * EVERY_MS));
    };
    for event in log {
        match event {
            Known::Schedule(it) => match &it.event {
                ScheduleEvent::Missed(gap) => comes(gap.first, gap.count),
                ScheduleEvent::Skipped(skipped) => comes(skipped.nominal, 1),
                ScheduleEvent::Fired(it) => {
                    if it.how == events::schedule::Fires::OnTime {
                        comes(it.nominal, 1);
                    }
                    assert_eq!(fired.insert(it.nominal, it.run), None, "{} twice", it.nominal);
                }
                _ => {}
            },
            Known::Run(it) => {
                if let RunEvent::Started(run) = &it.event
                    && let By::Schedule { nominal, .. } = run.by
                {
                    let id = RunId(it.stream.key.as_uuid().expect("a uuid"));
                    assert_eq!(started.insert(nominal, id), None, "{nominal} has two runs");
                }
            }
            _ => {}
        }
    }
    assert_eq!(started, fired);
    assert!(fired.len() >= SYSTEMS, "it went on in each of them: {fired:?}");
}

/// Each stage of each run begins once, and each item of it ends once.
fn every_part_ends_once(log: &[Known]) {
    let (mut began, mut ended) = (BTreeSet::new(), BTreeSet::new());
    for event in log {
        let Known::Run(it) = event else { continue };
        match &it.event {
            RunEvent::StageBegan(stage) => {
                assert!(began.insert((it.stream.clone(), stage.stage.clone())), "twice: {it:?}");
            }
            RunEvent::ItemEnded(item) => {
                let item = (it.stream.clone(), item.stage.clone(), item.item);
                assert!(ended.insert(item), "twice: {it:?}");
            }
            _ => {}
        }
    }
    // Two stages of six go through four orders each, and another one through what came of them.
    assert_eq!(ended.len(), SYSTEMS * (ITEMS + 3 * 4));
}
