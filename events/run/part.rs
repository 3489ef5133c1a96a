//! The ids of what a run has others do, and of runs that nobody minted an id for. Whoever works one out
//! gets the same, so nothing begins twice. Each begins with the milliseconds of its cause: in the log
//! they lie beside each other.

use uuid::Uuid;

use crate::id::{EventId, RunId, ScheduleId, StageName, TaskId, Tenant, TriggerId, named_at};
use crate::time::Timestamp;

/// Keeps these ids apart from all others that are made of a hash.
const DOMAIN: &[u8] = b"annals.part.1\0";

/// What a part is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Sort {
    /// It does something.
    Work = 0,
    /// It undoes something.
    Undo = 1,
}

/// Something that a run has others do.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// The run.
    pub run: RunId,
    /// Its stage.
    pub stage: &'a StageName,
    /// How often that stage began before, from 0.
    pub turn: u16,
    /// Which item of it, from 0; 0 where there are no items.
    pub item: u32,
    /// What it is there for.
    pub sort: Sort,
    /// When it began.
    pub at: Timestamp,
}

impl Part<'_> {
    /// The task that does it.
    #[must_use]
    pub fn task(&self) -> TaskId {
        TaskId(self.id(b"task"))
    }

    /// The run that does it.
    #[must_use]
    pub fn within(&self) -> RunId {
        RunId(self.id(b"run"))
    }

    fn id(&self, kind: &[u8]) -> Uuid {
        let parts: [&[u8]; 6] = [
            kind,
            self.run.0.as_bytes(),
            self.stage.as_str().as_bytes(),
            &self.turn.to_be_bytes(),
            &self.item.to_be_bytes(),
            &[self.sort as u8],
        ];
        named_at(DOMAIN, &parts, self.at.millis())
    }
}

/// The run that a schedule of a tenant starts at its time.
#[must_use]
pub fn run_of_schedule(tenant: &Tenant, schedule: &ScheduleId, nominal: Timestamp) -> RunId {
    let parts: [&[u8]; 4] = [
        b"schedule",
        tenant.as_str().as_bytes(),
        schedule.as_str().as_bytes(),
        &nominal.0.to_be_bytes(),
    ];
    RunId(named_at(DOMAIN, &parts, nominal.millis()))
}

/// The run that a trigger starts because of a fact.
#[must_use]
pub fn run_of_fact(trigger: &TriggerId, fact: EventId) -> RunId {
    let parts: [&[u8]; 3] = [b"trigger", trigger.as_str().as_bytes(), fact.0.as_bytes()];
    RunId(named_at(DOMAIN, &parts, fact.millis()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::id::main_tenant;

    const NOON: Timestamp = Timestamp(1_770_000_000_000_000);

    fn part(stage: &StageName, turn: u16, item: u32, sort: Sort) -> Part<'_> {
        Part { run: RunId(Uuid::from_u128(7)), stage, turn, item, sort, at: NOON }
    }

    fn name(text: &str) -> StageName {
        text.parse().expect("a token")
    }

    #[test]
    fn whoever_works_an_id_out_gets_the_same_for_ever() {
        let fetch = name("fetch");
        let part = part(&fetch, 0, 0, Sort::Work);
        let timed = run_of_schedule(&main_tenant(), &"nightly".parse().expect("a token"), NOON);
        let told = run_of_fact(&"paid".parse().expect("a token"), EventId(Uuid::from_u128(9)));
        let ids = [part.task().0, part.within().0, timed.0, told.0].map(|id| id.to_string());
        let expected = [
            "019c1c38-a400-8703-9634-0e2734576e39",
            "019c1c38-a400-8f12-bff9-2b32fe1a6ee7",
            "019c1c38-a400-83d8-a04f-f104295cd211",
            "00000000-0000-8164-8d5c-c72acaeae685",
        ];
        assert_eq!(ids, expected);
    }

    #[test]
    fn no_two_parts_share_an_id() {
        let mut ids = BTreeSet::new();
        for (stage, turn, item) in [("a", 0, 0), ("b", 0, 0), ("a", 1, 0), ("a", 0, 1)] {
            for sort in [Sort::Work, Sort::Undo] {
                let stage = name(stage);
                let part = part(&stage, turn, item, sort);
                assert!(ids.insert(part.task().0) && ids.insert(part.within().0), "{part:?}");
            }
        }
    }

    #[test]
    fn ids_lie_in_the_order_of_their_causes() {
        let stage = name("a");
        let later = |ms| Part { at: NOON.plus_ms(ms), ..part(&stage, 0, 0, Sort::Work) }.task();
        assert!(later(0) < later(1) && later(1) < later(1_000));
    }
}
