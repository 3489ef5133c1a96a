//! Of what starts runs.

use uuid::Uuid;

use super::{NOON, json};
use crate::content::Content;
use crate::id::RunId;
use crate::run::How;
use crate::schedule::{
    CatchUp, Fired, Fires, Missed, Next, Overlap, Paused, Queued, Removed, Resumed, RunEnded,
    ScheduleEvent, Set, Skipped, When,
};
use crate::trigger::{self, TriggerEvent};

pub(in super::super) fn schedules() -> Vec<ScheduleEvent> {
    let run = RunId(Uuid::from_u128(7));
    let next = Some(Next { nominal: NOON.plus_ms(86_400_000), rings_at: NOON.plus_ms(86_401_250) });
    let input = || Content::Inline(json(r#"{"path":"/in"}"#));
    let pipeline = || "nightly".parse().expect("a token");
    vec![
        ScheduleEvent::Set(Set {
            when: When::Cron { pattern: "30 2 * * 1-5".into() },
            zone: "Europe/Berlin".into(),
            jitter_ms: 5_000,
            overlap: Overlap::Queue,
            catch_up: CatchUp::Last,
            late_ms: 60_000,
            pipeline: pipeline(),
            edition: None,
            input: input(),
            next,
            at: NOON,
        }),
        ScheduleEvent::Fired(Fired {
            nominal: NOON,
            run,
            how: Fires::OnTime,
            pipeline: pipeline(),
            edition: Some(3),
            input: input(),
            next,
            at: NOON,
        }),
        ScheduleEvent::Queued(Queued { nominal: NOON, replaces: Some(run), next, at: NOON }),
        ScheduleEvent::Skipped(Skipped { nominal: NOON, under_way: run, next, at: NOON }),
        ScheduleEvent::Missed(Missed {
            first: NOON,
            last: NOON.plus_ms(172_800_000),
            count: 3,
            queued: vec![NOON.plus_ms(172_800_000)],
            next,
            at: NOON,
        }),
        ScheduleEvent::RunEnded(RunEnded { run, how: Some(How::Completed), at: NOON }),
        ScheduleEvent::Paused(Paused { reason: "the disk is full".into(), at: NOON }),
        ScheduleEvent::Resumed(Resumed { reason: "it is empty again".into(), next, at: NOON }),
        ScheduleEvent::Removed(Removed { reason: "no longer needed".into(), at: NOON }),
    ]
}

pub(in super::super) fn triggers() -> Vec<TriggerEvent> {
    vec![
        TriggerEvent::Set(trigger::Set {
            kind: "order.paid".into(),
            source: Some("shop".parse().expect("a token")),
            filter: Some("${ fact.data.total > 100 }".into()),
            pipeline: "thank".parse().expect("a token"),
            edition: Some(1),
            input: json(r#"{"order":"${ fact.id }"}"#),
            at: NOON,
        }),
        TriggerEvent::Paused(trigger::Paused { reason: "too many".into() }),
        TriggerEvent::Resumed(trigger::Resumed { reason: "fewer".into() }),
        TriggerEvent::Removed(trigger::Removed { reason: "no longer needed".into() }),
    ]
}
