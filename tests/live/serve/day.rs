//! A day in the life of a system: two thousand tasks of all kinds, workers in two languages that are
//! killed and frozen, commands that come twice and late, and a system that is killed ten times. When
//! it is over, the log and what the workers wrote down tell what became of it.

mod handing_in;
mod latecomer;
mod plan;
mod record;
mod verdict;
mod workers;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::client::Client;
use super::system::System;
use super::{PATIENCE, unfinished};
use crate::postgres::database::Database;
use handing_in::{HandedIn, hand_in};
use latecomer::Latecomer;
use record::{Entry, Ledger};
use workers::{Language, Workers};

/// How many tasks there are.
const TASKS: usize = 2000;
/// How many of most are not over, as long as there are others to hand in.
const UNFINISHED: usize = 220;
/// How many are handed in on top of that, just before harm is done.
const AT_ONCE: usize = 40;
/// How many run at least when the system is killed.
const RUNNING: usize = 50;
/// How many of most must be seen to run before. Until the system is dead, some of them
/// end, and others are with a process that was killed.
const SEEN_RUNNING: usize = 95;
/// How many losses for the same reason show that a process has stood still for long enough.
const LOST: usize = 2;
/// How many events are waited for between two looks at what is not over, and for how long.
const BETWEEN_LOOKS: usize = 30;
const SOON: Duration = Duration::from_millis(300);
/// When all of it is over at the latest.
const DEADLINE: Duration = Duration::from_secs(240);

/// Something bad.
#[derive(Debug, Clone, Copy)]
enum Harm {
    /// The system ends without a chance to say or write anything.
    Kill,
    /// The same, and a process of workers with it.
    KillWith(Language),
    /// A process of workers stands still until it has lost what it has, for this reason.
    Freeze(Language, &'static str),
}

/// All the harm of the day, in equal parts of it.
const HARM: [Harm; 13] = [
    Harm::Kill,
    Harm::KillWith(Language::Python),
    Harm::Kill,
    Harm::Freeze(Language::Python, "expired"),
    Harm::Kill,
    Harm::KillWith(Language::JavaScript),
    Harm::Kill,
    Harm::Freeze(Language::JavaScript, "no_answer"),
    Harm::KillWith(Language::Python),
    Harm::Kill,
    Harm::KillWith(Language::JavaScript),
    Harm::Freeze(Language::Python, "expired"),
    Harm::Kill,
];
/// How often the system is killed.
const KILLS: usize = 10;
/// How many of most end between one and the next: there are five of them in eight.
const ENDED_BETWEEN: usize = (TASKS * 5 / 8 - UNFINISHED) / (HARM.len() + 1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_in_one_process() {
    println!("{}", all_is_well(System::start()).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_on_a_server_of_nats_and_a_database() {
    let database = Database::new().await;
    println!("{}", all_is_well(System::on_nats(Some(&database))).await);
}

/// Everything that is asked when the day is over; says what the day was like.
async fn all_is_well(mut system: System) -> String {
    let begun = Instant::now();
    let Ok(day) = timeout(DEADLINE, Day::goes_by(&mut system)).await else {
        let client = Client::of(&system).await;
        panic!("it is not over in time: {:?}", unfinished::look(&client, None).await);
    };
    let took = begun.elapsed();
    let client = Client::of(&system).await;
    for late in day.handed_in.iter().step_by(4) {
        late.comes_again(&client).await;
    }
    system.end();
    system.verify();
    let (log, ledger) = (record::log(&system), Ledger::read(&day.ledger));
    let facts = it_was_bad(&log, &ledger);
    let acknowledged = all_is_right(&day, &log, &ledger);
    format!("{took:?}, {acknowledged} acknowledged commands, {facts}")
}

/// The day was as bad as it was meant to be; says how bad.
fn it_was_bad(log: &[Entry], ledger: &Ledger) -> String {
    let killed = verdict::running_when_killed(log);
    assert_eq!(killed.len(), KILLS, "it was killed so often");
    assert!(killed.iter().all(|running| *running >= RUNNING), "too little ran: {killed:?}");
    let losses = verdict::losses(log);
    for why in ["expired", "no_answer", "unclaimed"] {
        assert!(losses.contains_key(why), "nothing was lost like this: {why}, {losses:?}");
    }
    let late = log.iter().filter(|entry| entry.word == "task.late_result").count();
    assert!(late > 0 && ledger.refused > 0, "nobody came too late");
    let (events, got, refused) = (log.len(), ledger.got.len(), ledger.refused);
    format!(
        "{events} events, {late} late results, {got} hand-overs outside, {refused} refused there, \
         running when killed {killed:?}, lost {losses:?}"
    )
}

/// All is on record that should be, and once; gives how many commands were acknowledged.
fn all_is_right(day: &Day, log: &[Entry], ledger: &Ledger) -> usize {
    let tasks = record::tasks(log);
    let known: BTreeSet<_> = tasks.keys().copied().collect();
    let wanted: BTreeSet<_> = day.handed_in.iter().map(|handed| handed.task.as_str()).collect();
    assert_eq!((known.len(), &known), (TASKS, &wanted), "no task but these");
    tasks.iter().for_each(|(task, history)| verdict::went_its_way(task, history));
    verdict::ledger_fits(log, ledger);
    let handed_in = day.handed_in.iter().flat_map(|handed| &handed.told);
    verdict::nothing_is_missing(log, handed_in.chain(&day.late).chain(&ledger.told))
}

/// A day, and what is left of it.
struct Day {
    handed_in: Vec<HandedIn>,
    /// What the latecomer was told.
    late: Vec<Value>,
    ledger: String,
}

impl Day {
    async fn goes_by(system: &mut System) -> Self {
        let client = Arc::new(Client::of(system).await);
        let mut workers = Workers::come(system);
        let (stop, stopped) = watch::channel(false);
        let latecomer = Latecomer::new(Client::of(system).await, Arc::clone(&client));
        let mut late = JoinSet::new();
        late.spawn(latecomer.run(stopped));
        let handed_in = all_the_harm(system, &mut workers, &client).await;
        unfinished::all_is_over(system).await;
        stop.send_replace(true);
        let late = late.join_all().await.remove(0);
        Self { handed_in, late, ledger: workers.leave() }
    }
}

/// Hands in all tasks, part by part, and does the harm in between.
async fn all_the_harm(
    system: &mut System,
    workers: &mut Workers,
    client: &Arc<Client>,
) -> Vec<HandedIn> {
    let mut news = Client::of(system).await;
    let (mut handing, mut done) = (JoinSet::new(), Vec::new());
    let (mut begun, mut harmed) = (0, 0);
    while begun < TASKS || harmed < HARM.len() {
        while let Some(handed) = handing.try_join_next() {
            done.push(handed.expect("it is handed in"));
        }
        let Some(left) = unfinished::look(client, Some(plan::MOST)).await else { continue };
        let room = UNFINISHED.saturating_sub(left.count() + handing.len()).min(TASKS - begun);
        hand_in(client, begun..begun + room, &mut handing);
        begun += room;
        let ended = of_most(&done).saturating_sub(left.count());
        let is_time = harmed < HARM.len() && ended >= (harmed + 1) * ENDED_BETWEEN;
        if is_time && left.running >= SEEN_RUNNING {
            // So that there is something to lose.
            let more = AT_ONCE.min(TASKS - begun);
            hand_in(client, begun..begun + more, &mut handing);
            begun += more;
            HARM[harmed].is_done(system, workers).await;
            harmed += 1;
        }
        let goes_on = begun < TASKS || harmed == HARM.len() || left.count() > 0;
        assert!(goes_on, "all is over, and {harmed} times was harm done");
        for _ in 0..BETWEEN_LOOKS {
            if timeout(SOON, news.heard()).await.is_err() {
                break;
            }
        }
    }
    done.extend(handing.join_all().await);
    done
}

fn of_most(done: &[HandedIn]) -> usize {
    done.iter().filter(|handed| plan::kind(plan::number(&handed.task)) == plan::MOST).count()
}

impl Harm {
    async fn is_done(self, system: &mut System, workers: &mut Workers) {
        match self {
            Self::Kill => system.kill(),
            Self::KillWith(language) => {
                workers.lose_one(language);
                system.kill();
                system.start_again();
                return workers.get_one(language);
            }
            Self::Freeze(language, why) => {
                let mut client = Client::of(system).await;
                workers.oldest(language).stops();
                let is_lost = async {
                    let mut lost = 0;
                    while lost < LOST {
                        lost += usize::from(client.heard().await.payload["why"] == why);
                    }
                };
                timeout(PATIENCE, is_lost).await.unwrap_or_else(|_| panic!("nothing is {why}"));
                return workers.oldest(language).goes_on();
            }
        }
        system.start_again();
    }
}
