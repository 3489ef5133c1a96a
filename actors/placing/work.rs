//! What happens to tasks, as far as it matters for who gets them: it waits, someone has it, it is
//! over.

use std::collections::BTreeSet;

use events::id::{Capability, EventId, TaskId};
use events::recorded::Recorded;
use events::task::{Amendment, Assigned, Submitted, TaskEvent};
use events::time::Timestamp;

use super::Placing;
use super::ready::{Entry, Slot, State, Terms};

impl Placing {
    pub(super) fn fold_task(&mut self, event: &Recorded<TaskEvent>) {
        let Some(id) = event.stream.key.as_uuid().map(TaskId) else { return };
        self.latest = self.latest.max(event.recorded_at);
        let tenant = self.tenant(&event.stream.tenant);
        if let TaskEvent::Submitted(submitted) = &event.event {
            return self.submitted(tenant, id, event, submitted);
        }
        let Some(slot) = self.tasks.find(tenant, id) else { return };
        self.tasks.get_mut(slot).version = end_of(event.version.0);
        match &event.event {
            TaskEvent::Amended(amendment) => self.amended(slot, amendment),
            TaskEvent::Assigned(assigned) => self.assigned(tenant, slot, assigned),
            TaskEvent::Started(started) => self.tasks.get_mut(slot).since = started.at,
            TaskEvent::AttemptFailed(it) => self.waits(slot, event.id, it.attempt, it.again_at),
            TaskEvent::LeaseLost(it) => self.waits(slot, event.id, it.attempt, it.again_at),
            TaskEvent::Completed(_)
            | TaskEvent::Failed(_)
            | TaskEvent::TimedOut(_)
            | TaskEvent::Cancelled(_)
            | TaskEvent::Withdrawn(_) => self.over(tenant, slot),
            TaskEvent::Submitted(_)
            | TaskEvent::Progressed(_)
            | TaskEvent::Noted(_)
            | TaskEvent::LateResult(_) => {}
        }
    }

    fn submitted(
        &mut self,
        tenant: u32,
        id: TaskId,
        event: &Recorded<TaskEvent>,
        submitted: &Submitted,
    ) {
        if let Some(slot) = self.tasks.find(tenant, id) {
            self.over(tenant, slot);
        }
        let Some(class) = self.class_of(tenant, submitted) else { return };
        self.classes.count_in(class);
        let entry = Entry {
            id,
            cause: event.id,
            since: submitted.at,
            submitted: event.position,
            class,
            attempt: 0,
            agent: 0,
            version: end_of(event.version.0),
            priority: submitted.priority,
            state: State::TooLate,
        };
        let Submitted { deadline, not_before, timeouts, .. } = submitted;
        let (deadline, not_before) = (*deadline, *not_before);
        let heartbeat_ms = timeouts.heartbeat_ms;
        let terms = Terms { deadline, not_before, heartbeat_ms, ..Terms::default() };
        let slot = self.tasks.insert(tenant, entry, terms);
        if !self.sits_down(tenant, id, slot) {
            self.line_up(slot, self.latest);
        }
    }

    /// The class of a task. One that says nothing about what it needs is for those who can do its
    /// kind; nobody can do a kind that is no name of a capability.
    fn class_of(&mut self, tenant: u32, submitted: &Submitted) -> Option<u32> {
        if !submitted.needs.is_empty() {
            return Some(self.class(tenant, &submitted.needs));
        }
        let kind = Capability::new(&submitted.kind).ok()?;
        Some(self.class(tenant, &[kind].into()))
    }

    pub(super) fn class(&mut self, tenant: u32, needs: &BTreeSet<Capability>) -> u32 {
        if let Some(class) = self.classes.find(tenant, needs) {
            return class;
        }
        if let Some((index, forgotten)) = self.classes.forget_one() {
            for team in forgotten.teams {
                self.agents.team_mut(team).classes.remove(&index);
            }
        }
        let teams = self.agents.able(tenant, needs);
        let class = self.classes.add(tenant, needs.clone(), teams.clone());
        for team in teams {
            self.agents.team_mut(team).classes.insert(class);
        }
        class
    }

    fn amended(&mut self, slot: Slot, amendment: &Amendment) {
        let waits = match self.tasks.get(slot).state {
            State::Ready | State::Later | State::TooLate => true,
            State::Chosen | State::Held => false,
        };
        if waits {
            self.step_out(slot);
        }
        let old = self.tasks.terms(slot);
        let timeouts = amendment.timeouts;
        let terms = Terms {
            deadline: amendment.deadline.or(old.deadline),
            not_before: amendment.not_before.or(old.not_before),
            heartbeat_ms: timeouts.map_or(old.heartbeat_ms, |timeouts| timeouts.heartbeat_ms),
            refused_until: None,
            refusals: old.refusals,
        };
        self.tasks.agree(slot, terms);
        let entry = self.tasks.get_mut(slot);
        entry.priority = amendment.priority.unwrap_or(entry.priority);
        if waits {
            self.line_up(slot, self.latest);
        }
    }

    fn assigned(&mut self, tenant: u32, slot: Slot, assigned: &Assigned) {
        let agent = self.agents.meet(tenant, &assigned.agent);
        self.is_placed(tenant, slot, agent, assigned);
        let entry = self.tasks.get(slot);
        if entry.state != State::Chosen || entry.agent != agent {
            self.agents.take_slot(agent);
            self.step_out(slot);
        }
        let entry = self.tasks.get_mut(slot);
        entry.agent = agent;
        entry.attempt = assigned.attempt;
        entry.since = assigned.at;
        entry.state = State::Held;
        self.forget_refusals(slot);
    }

    /// It waits again, from this time on.
    fn waits(&mut self, slot: Slot, cause: EventId, attempt: u32, from: Timestamp) {
        self.step_out(slot);
        let entry = self.tasks.get_mut(slot);
        (entry.cause, entry.attempt, entry.since) = (cause, attempt, from);
        self.forget_refusals(slot);
        self.line_up(slot, self.latest);
    }

    pub(super) fn over(&mut self, tenant: u32, slot: Slot) {
        self.step_out(slot);
        self.seats.remove(&(tenant, self.tasks.get(slot).id));
        self.classes.count_out(self.tasks.get(slot).class);
        self.tasks.remove(tenant, slot);
    }

    fn forget_refusals(&mut self, slot: Slot) {
        let terms = Terms { refusals: 0, refused_until: None, ..self.tasks.terms(slot) };
        self.tasks.agree(slot, terms);
    }
}

/// The end of a version is enough to tell one from those shortly before and after it.
fn end_of(version: u64) -> u16 {
    version as u16
}
