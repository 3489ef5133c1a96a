//! The choice: tenants in turns, of each the first of its lines that somebody has room for.

use events::id::{AgentId, CommandId, EventId, TaskId, Tenant};
use events::stream::Position;
use events::time::Timestamp;

use super::Placing;
use super::ready::{Entry, Slot, State, Terms};

/// How much that leads to no choice is looked at before others may do something.
pub const LOOKS_MAX: usize = 4096;
/// How long a task waits after it was given away in vain.
pub const REFUSED_WAIT_MS: u64 = 1000;

/// The name under which the ids of commands are derived.
const NAME: &str = "place";

/// A task shall go to an agent. The slot is taken until an event tells what came of it, or until it
/// is [refused](Placing::refused).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Whose task and agent they are.
    pub tenant: Tenant,
    /// The task.
    pub task: TaskId,
    /// Who gets it.
    pub agent: AgentId,
    /// Which hand-over this will be.
    pub attempt: u32,
    /// How long its worker may be silent, if that was agreed.
    pub heartbeat_ms: Option<u64>,
    /// The event that made the task wait, which is the cause of the command.
    pub cause: EventId,
    /// Where the task was submitted: there its input is found.
    pub submitted: Position,
    /// What was seen of the task: the end of its newest version, and how often it was refused.
    seen: u32,
}

impl Choice {
    /// The id of the `Assign` command that follows from this choice.
    ///
    /// A command under a derived id has its first outcome for ever, so a choice that is made anew
    /// after a refusal needs another id, also after a restart. Made of the cause alone, the id would
    /// be the refused one, and the task would never be handed out. So the version counts: whatever
    /// was amended since leads to another id. Where nothing happened to the task (the clock of the
    /// decision was behind), the count of refusals makes the difference. It is not on record and
    /// begins at 0 after a restart; then the ids of the former life come back as known and refused,
    /// each of them is counted again, and the first that was never used is decided. An `Assign` that
    /// was accepted cannot come twice: its event is on record and names the attempt.
    #[must_use]
    pub fn command_id(&self) -> CommandId {
        CommandId::derived(self.cause, self.cause.millis(), NAME, self.seen)
    }
}

/// What comes of looking at the next task.
enum Look {
    Chosen(Choice),
    /// It is not to be given away, or there is nobody to give it to.
    Passed,
    /// There is none.
    Nothing,
}

impl Placing {
    /// Chooses who gets what now, at most so many, and takes the slots.
    pub fn choose(&mut self, now: Timestamp, room: usize) -> Vec<Choice> {
        let mut looks = LOOKS_MAX;
        self.let_in(now, &mut looks);
        let mut chosen = Vec::new();
        while chosen.len() < room && looks > 0 {
            self.looks += 1;
            match self.look(now) {
                Look::Chosen(choice) => chosen.push(choice),
                Look::Passed => looks -= 1,
                Look::Nothing => break,
            }
        }
        self.behind = (looks == 0).then_some(now);
        chosen
    }

    /// When there may be something to choose although nothing happens: a time comes that a task or
    /// an agent waits for. A time that has passed means at once.
    #[must_use]
    pub fn wakes_at(&self) -> Option<Timestamp> {
        let later = self.tasks.first_later().map(|(at, _)| at);
        let over = self.agents.first_over().map(|(until, _)| until);
        [self.behind, later, over].into_iter().flatten().min()
    }

    /// The agent did not get it, and no event says so: the slot is free, the task waits for a moment
    /// and is chosen again under another id. A choice that events have overtaken is let be.
    pub fn refused(&mut self, choice: &Choice, now: Timestamp) {
        let Some(slot) = self.slot_of(choice) else { return };
        self.step_out(slot);
        let terms = self.tasks.terms(slot);
        let refusals = terms.refusals.wrapping_add(1);
        let refused_until = Some(now.plus_ms(REFUSED_WAIT_MS));
        self.tasks.agree(slot, Terms { refusals, refused_until, ..terms });
        self.line_up(slot, now);
    }

    /// It was not given away at all: the slot is free, and the task stands where it stood.
    pub fn put_back(&mut self, choice: &Choice, now: Timestamp) {
        if let Some(slot) = self.slot_of(choice) {
            self.step_out(slot);
            self.line_up(slot, now);
        }
    }

    fn slot_of(&self, choice: &Choice) -> Option<Slot> {
        let slot = self.tasks.find(*self.tenants_named.get(&choice.tenant)?, choice.task)?;
        let Entry { state, attempt, cause, .. } = *self.tasks.get(slot);
        let is_it = cause == choice.cause && attempt.saturating_add(1) == choice.attempt;
        (state == State::Chosen && is_it).then_some(slot)
    }

    /// What waited for a time that has come.
    fn let_in(&mut self, now: Timestamp, looks: &mut usize) {
        while let Some((_, slot)) = self.tasks.first_later().filter(|(at, _)| *at <= now) {
            if *looks == 0 {
                return;
            }
            *looks -= 1;
            self.looks += 1;
            self.step_out(slot);
            self.line_up(slot, now);
        }
        while let Some((_, agent)) = self.agents.first_over().filter(|(at, _)| *at <= now) {
            if *looks == 0 {
                return;
            }
            *looks -= 1;
            self.looks += 1;
            let woken = self.agents.go_over(agent);
            self.feed(woken);
        }
    }

    fn look(&mut self, now: Timestamp) -> Look {
        let Some((class, slot)) = self.classes.next_after(self.turn) else { return Look::Nothing };
        let terms = self.tasks.terms(slot);
        if terms.deadline.is_some_and(|deadline| deadline <= now) {
            self.step_out(slot);
            self.tasks.get_mut(slot).state = State::TooLate;
            return Look::Passed;
        }
        if self.tasks.ready_at(slot) > now {
            // The clock went back.
            self.step_out(slot);
            self.line_up(slot, now);
            return Look::Passed;
        }
        let Some(agent) = self.agent_for(class) else { return Look::Passed };
        self.turn = self.classes.get(class).tenant;
        Look::Chosen(self.give(slot, agent))
    }

    /// The agent with the least to do among the teams whose turn it is.
    fn agent_for(&mut self, class: u32) -> Option<u32> {
        let agents = &self.agents;
        let it = self.classes.get(class);
        let agent = agents.least_loaded(it.next_teams());
        self.looks += it.next_teams().count() as u64;
        let full: Vec<u32> = it.next_teams().filter(|t| !agents.team(*t).has_room()).collect();
        self.classes.turn(class);
        if !full.is_empty() {
            self.classes.starve(class, &full);
        }
        agent
    }

    fn give(&mut self, slot: Slot, agent: u32) -> Choice {
        self.step_out(slot);
        self.agents.take_slot(agent);
        let entry = self.tasks.get_mut(slot);
        entry.agent = agent;
        entry.state = State::Chosen;
        let attempt = entry.attempt.saturating_add(1);
        self.choice(slot, self.agents.get(agent).id.clone(), attempt)
    }

    pub(super) fn choice(&self, slot: Slot, agent: AgentId, attempt: u32) -> Choice {
        let (entry, terms) = (self.tasks.get(slot), self.tasks.terms(slot));
        Choice {
            tenant: self.tenant_of(entry).clone(),
            task: entry.id,
            agent,
            attempt,
            heartbeat_ms: terms.heartbeat_ms,
            cause: entry.cause,
            submitted: entry.submitted,
            seen: u32::from(entry.version) << 16 | u32::from(terms.refusals),
        }
    }
}
