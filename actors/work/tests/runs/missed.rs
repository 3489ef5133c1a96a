//! A system that was not there for thirty days: what its schedule missed is counted, made up for as it was
//! agreed, one run after the other, and nothing of it twice.
#![expect(clippy::wildcard_enum_match_arm, reason = "most events are about something else")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use events::content::{Content, Json};
use events::id::RunId;
use events::known::Known;
use events::run::{By, How, RunEvent};
use events::schedule::{CatchUp, Fires, Overlap, ScheduleEvent, When};
use events::task::TaskEvent;
use events::time::Timestamp;
use serde_json::json;

use super::world::{Running, begins, echo, log_of};
use crate::schedule::{ScheduleCommand, Terms, WAITING_MAX};
use crate::work::tests::world::{World, ask, asked, on_stage, passes};

const HOURS: u64 = 30 * 24;
/// How many times a schedule has in them that fires each minute.
const MISSED: u64 = HOURS * 60;
const MINUTE_MS: u64 = 60_000;
/// How long each of its runs takes.
const RUN_MS: u64 = 100;

/// Each minute, a run that takes a little.
async fn is_set(system: &Running, catch_up: CatchUp) {
    let stages = json!([
        { "name": "rest", "wait": { "for_ms": RUN_MS } },
        { "name": "work", "after": ["rest"], "task": "work" },
    ]);
    system.defines("clean", &json!({ "stages": stages })).await;
    let terms = Terms {
        when: When::Every { ms: MINUTE_MS, from: Timestamp(0) },
        zone: "UTC".into(),
        jitter_ms: 0,
        overlap: Overlap::Skip,
        catch_up,
        late_ms: 1_000,
        pipeline: "clean".parse().expect("a token"),
        edition: None,
        input: Content::Inline(Json::parse("7").expect("JSON")),
    };
    let key = "nightly".parse().expect("a token");
    let set = asked(ScheduleCommand::Set(terms));
    ask(&system.life.means.schedules, key, set).await.expect("it is recorded");
}

/// What happens when the system is back, which ends once more in the middle of it.
async fn after_thirty_days(catch_up: CatchUp) -> Vec<Known> {
    let world = World::new();
    let system = begins(&world).await;
    is_set(&system, catch_up).await;
    system.ends().await;
    let world = world.hours_later(HOURS);
    // Long enough for half of all that may be made up for, and then for more than the rest.
    let half = Duration::from_millis(RUN_MS * WAITING_MAX as u64 / 2);
    for time in [half, 2 * half] {
        let system = begins(&world).await;
        system.employs("work", echo).await;
        passes(time).await;
        system.ends().await;
    }
    log_of(&world).await
}

/// Each time of a schedule, and what became of it.
#[derive(Default)]
struct Account {
    /// The time that comes next.
    next: Option<Timestamp>,
    missed: u64,
    /// What was missed and is to be made up for, and what was.
    waiting: VecDeque<Timestamp>,
    caught_up: Vec<Timestamp>,
    on_time: u64,
    skipped: u64,
    /// The runs that were started, and whether they have ended.
    runs: BTreeMap<RunId, bool>,
    open: usize,
}

impl Account {
    /// No time is left out, and none comes twice.
    fn comes(&mut self, first: Timestamp, count: u64) {
        assert!(self.next.is_none_or(|next| next == first), "{first} is not what comes next");
        self.next = Some(first.plus_ms(count * MINUTE_MS));
    }

    fn enter(&mut self, event: &ScheduleEvent) {
        match event {
            ScheduleEvent::Missed(gap) => {
                self.comes(gap.first, gap.count);
                assert_eq!(self.next, Some(gap.last.plus_ms(MINUTE_MS)), "{gap:?}");
                self.missed += gap.count;
                self.waiting.extend(&gap.queued);
            }
            ScheduleEvent::Fired(fired) => {
                match fired.how {
                    Fires::CaughtUp => {
                        assert_eq!(self.waiting.pop_front(), Some(fired.nominal), "out of turn");
                        self.caught_up.push(fired.nominal);
                    }
                    Fires::OnTime | Fires::ByHand => {
                        self.comes(fired.nominal, 1);
                        self.on_time += 1;
                    }
                }
                let before = self.runs.insert(fired.run, false);
                assert!(before.is_none(), "one run is started twice");
                self.open += 1;
                assert_eq!(self.open, 1, "runs of one schedule are under way side by side");
            }
            ScheduleEvent::Skipped(skipped) => {
                self.comes(skipped.nominal, 1);
                self.skipped += 1;
            }
            ScheduleEvent::RunEnded(ended) => {
                assert_eq!(ended.how, Some(How::Completed));
                assert_eq!(self.runs.insert(ended.run, true), Some(false), "it ended before");
                self.open -= 1;
            }
            other => assert!(matches!(other, ScheduleEvent::Set(_)), "{other:?}"),
        }
    }
}

/// What its runs did: how many began and ended, each of them once, and one at a time.
fn runs_of(log: &[Known]) -> BTreeSet<Timestamp> {
    let (mut times, mut tasks, mut open) = (BTreeSet::new(), 0, 0);
    for event in log {
        match event {
            Known::Run(run) => match &run.event {
                RunEvent::Started(started) => {
                    let By::Schedule { nominal, .. } = started.by else { panic!("{started:?}") };
                    assert!(times.insert(nominal), "{nominal} has two runs");
                    open += 1;
                    assert_eq!(open, 1, "runs of one schedule are under way side by side");
                }
                RunEvent::Finished(_) => open -= 1,
                _ => {}
            },
            Known::Task(task) => {
                tasks += usize::from(matches!(task.event, TaskEvent::Completed(_)));
            }
            _ => {}
        }
    }
    assert_eq!((times.len(), open), (tasks, 0), "each run has done its work once");
    times
}

async fn made_up_for(catch_up: CatchUp) -> Account {
    let log = on_stage(after_thirty_days(catch_up)).await;
    let mut account = Account::default();
    for event in &log {
        if let Known::Schedule(event) = event {
            account.enter(&event.event);
        }
    }
    assert_eq!(account.missed, MISSED, "all that was missed is counted, and once");
    assert!(account.waiting.is_empty() && account.open == 0, "all of it is made up for");
    let fired = account.on_time + account.caught_up.len() as u64;
    assert_eq!(
        runs_of(&log).len() as u64,
        fired,
        "each run that was started has begun, and no other"
    );
    account
}

#[tokio::test(start_paused = true)]
async fn of_thirty_days_nothing_is_made_up_for_where_that_was_agreed() {
    let account = made_up_for(CatchUp::None).await;
    assert_eq!((account.caught_up.len(), account.skipped), (0, 0));
    assert!(account.on_time >= 2, "it goes on with the times that come");
}

#[tokio::test(start_paused = true)]
async fn of_thirty_days_the_last_time_is_made_up_for() {
    let account = made_up_for(CatchUp::Last).await;
    assert_eq!(account.caught_up.len(), 1);
    assert!(account.on_time >= 2, "it goes on with the times that come");
}

#[tokio::test(start_paused = true)]
async fn of_thirty_days_the_newest_thousand_are_made_up_for_one_after_the_other() {
    let account = made_up_for(CatchUp::All).await;
    assert_eq!(account.caught_up.len(), WAITING_MAX);
    let is_next = |two: &[Timestamp]| two[1] == two[0].plus_ms(MINUTE_MS);
    assert!(account.caught_up.windows(2).all(is_next), "the newest, the eldest of them first");
    assert!(account.skipped > 0, "a time that comes meanwhile is passed over, as was agreed");
}
