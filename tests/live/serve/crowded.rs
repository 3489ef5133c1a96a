//! A system that knows very many agents and tasks: how long it takes to start, how much memory it
//! has, and whether a new task comes to the one among all of them who can do it. With `ANNALS_LONG`
//! there are ten thousand agents and a million tasks that wait.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use annals::app::App;
use annals::clock::SystemClock;
use annals::place::Place;
use events::agent::{AgentEvent, Offer};
use events::codec::Words;
use events::content::{Content, Json};
use events::id::{CommandId, CommandKind, Principal, StreamKey, main_tenant};
use events::store::keys::{new_id, random_id};
use events::store::{Append, Cause, Decision, Expected, NewEvent, RequestHash};
use events::stream::StreamId;
use events::task::{Priority, Retry, Submitted, TaskEvent, Timeouts};
use events::time::{Clock as _, Timestamp};
use serde_json::json;
use tokio::time::timeout;

use super::client::Client;
use super::system::System;

/// How many appends are under way at once.
const UNDER_WAY: usize = 2048;
/// Of how many kinds the tasks are that nobody can do.
const KINDS: usize = 100;
/// How long it may take to take in the whole log.
const CATCH_UP: Duration = Duration::from_secs(300);

/// How many agents and tasks there are.
#[expect(clippy::disallowed_methods, reason = "whoever has the time says so")]
fn crowd() -> (usize, usize) {
    match std::env::var_os("ANNALS_LONG") {
        Some(_) => (10_000, 1_000_000),
        None => (100, 10_000),
    }
}

fn name(agent: usize) -> String {
    format!("agent-{agent}")
}

fn registered(agent: usize) -> Append {
    let able = format!("skill-{agent}").parse().expect("a token");
    let offer = Offer {
        kind: "worker".into(),
        capabilities: [able].into(),
        slots: 4,
        labels: <_>::default(),
        tools: <_>::default(),
        owner: None,
        contact: None,
    };
    append(StreamKey::new(&name(agent)).expect("a token"), &AgentEvent::Registered(offer))
}

fn submitted(number: usize, at: Timestamp) -> Append {
    let kind = format!("unheard-of-{}", number % KINDS);
    let needs = [kind.parse().expect("a token")].into();
    let input = Content::Inline(Json::parse("{\"width\":300}").expect("JSON"));
    let submitted = Submitted {
        kind,
        input,
        needs,
        priority: Priority::default(),
        retry: Retry::default(),
        timeouts: Timeouts::default(),
        deadline: None,
        not_before: None,
        labels: <_>::default(),
        parent: None,
        at,
    };
    append(StreamKey::of_uuid(new_id(at)), &TaskEvent::Submitted(submitted))
}

fn append<E: Words>(key: StreamKey, event: &E) -> Append {
    let category = E::CATEGORY.parse().expect("it is a word");
    Append {
        stream: StreamId::new(main_tenant(), category, key),
        expected: Expected::Empty,
        command: CommandId { kind: CommandKind::Derived, id: random_id() },
        request: RequestHash([0; 32]),
        owner: None,
        decision: Decision::Accepted(vec![NewEvent::of(event)]),
        cause: Cause::by(Principal::new("anonymous").expect("it is a word")),
        blobs: Vec::new(),
    }
}

/// Writes all of it straight into the log of a system that does not run.
async fn fill(system: &System, agents: usize, tasks: usize) {
    let app = App::open(&Place::File(system.log())).await.expect("the log opens");
    let (writer, now) = (app.writer(), SystemClock.now());
    let agents = (0..agents).map(registered);
    let mut all = agents.chain((0..tasks).map(|number| submitted(number, now)));
    let mut under_way = VecDeque::with_capacity(UNDER_WAY);
    loop {
        let next = all.next();
        let is_last = next.is_none();
        if let Some(append) = next {
            under_way.push_back(writer.send_group(vec![append]).await.expect("it is sent"));
        }
        while under_way.len() >= UNDER_WAY || is_last && !under_way.is_empty() {
            let group = under_way.pop_front().expect("there is one");
            let answers = group.answers().await.expect("it is written");
            assert!(answers.iter().all(Result::is_ok), "it is taken: {answers:?}");
        }
        if is_last {
            break;
        }
    }
    drop(writer);
    app.close().await.expect("it is closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn among_very_many_agents_a_new_task_comes_to_the_one_who_can_do_it() {
    let (agents, tasks) = crowd();
    let mut system = System::start();
    system.end();
    let written = Instant::now();
    fill(&system, agents, tasks).await;
    let written = written.elapsed();

    let begun = Instant::now();
    system.start_again();
    let listens = begun.elapsed();
    let client = Client::of(&system).await;
    let last = name(agents - 1);
    let known = client.ask("query.agent", &json!({ "id": last })).await;
    assert_eq!(known["agent"]["id"], last, "{known}");
    let answers = begun.elapsed();
    let mut worker = client.worker(&last).await;
    let task = client.submit(&format!("skill-{}", agents - 1), json!({})).await;
    let order = timeout(CATCH_UP, worker.next()).await.expect("it comes to the one who can do it");
    assert_eq!(order.task, task);
    let hands_out = begun.elapsed();
    worker.answer(&order, json!({ "result": null })).await;
    println!(
        "{agents} agents and {tasks} tasks, written in {written:?}: it listens after {listens:?}, \
         answers after {answers:?}, hands out after {hands_out:?}; {} MiB of memory, {} at most",
        system.memory().0 >> 20,
        system.memory().1 >> 20,
    );
}
