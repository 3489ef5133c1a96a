//! A fact starts a run for each trigger that it fits, once. Which triggers there were when it was
//! recorded is remembered by their places in the log: whatever becomes of a trigger later, and however
//! often a fact is looked at, it meets the triggers that it met then. The ids of the command and of the
//! run follow from trigger and fact.

mod budget;
mod kept;
mod scope;
mod span;
mod spans;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use events::codec::{WireType, Words};
use events::fact::{FactEvent, RECORDED};
use events::header::Header;
use events::id::{Tenant, TriggerId};
use events::known::Known;
use events::recorded::Recorded;
use events::stream::Position;
use events::trigger::TriggerEvent;

use crate::reaction::{Led, Mind};
use crate::trigger::Terms;
use budget::Budget;
use span::Span;
use spans::Spans;

/// Its name, which never changes: the ids of its commands are made of it.
pub const NAME: &str = "start_by_fact";
/// The types of the events that it reacts to.
pub const HEARS: &[WireType] = &[RECORDED];
/// How many triggers a tenant has at most.
pub const TRIGGERS_MAX: usize = 1_000;

/// The triggers of all tenants, as they were and are.
#[derive(Debug, Default)]
pub struct StartByFact {
    standing: BTreeMap<Tenant, BTreeMap<TriggerId, Standing>>,
    spans: BTreeMap<Tenant, Spans>,
}

/// A trigger that is set.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Standing {
    terms: Terms,
    is_paused: bool,
}

impl StartByFact {
    /// A memory of nothing.
    #[must_use]
    pub fn begin() -> Box<dyn Mind> {
        Box::<Self>::default()
    }

    fn set(&mut self, event: &Recorded<TriggerEvent>, terms: Terms) -> Result<(), String> {
        let (tenant, trigger) = name(event)?;
        let standing = self.standing.entry(tenant.clone()).or_default();
        let known = standing.remove(&trigger);
        if known.is_none() && standing.len() >= TRIGGERS_MAX {
            return Err(format!(
                "there are {TRIGGERS_MAX} triggers, and this one starts nothing; remove another one, \
                 remove this one as well, then set it: set again as it is, nothing would happen"
            ));
        }
        let is_paused = known.as_ref().is_some_and(|known| known.is_paused);
        standing.insert(trigger.clone(), Standing { terms: terms.clone(), is_paused });
        if let Some(known) = known {
            self.end((&tenant, &trigger), &known.terms, event.position);
        }
        if !is_paused {
            self.begin_span(tenant, Span::from(event.position, trigger, terms));
        }
        Ok(())
    }

    fn pauses(&mut self, event: &Recorded<TriggerEvent>, is_paused: bool) -> Result<(), String> {
        let (tenant, trigger) = name(event)?;
        let standing = self.standing.get_mut(&tenant).and_then(|all| all.get_mut(&trigger));
        let Some(standing) = standing.filter(|it| it.is_paused != is_paused) else { return Ok(()) };
        standing.is_paused = is_paused;
        let terms = standing.terms.clone();
        match is_paused {
            true => self.end((&tenant, &trigger), &terms, event.position),
            false => self.begin_span(tenant, Span::from(event.position, trigger, terms)),
        }
        Ok(())
    }

    fn removed(&mut self, event: &Recorded<TriggerEvent>) -> Result<(), String> {
        let (tenant, trigger) = name(event)?;
        let standing = self.standing.get_mut(&tenant);
        if let Some(known) = standing.and_then(|standing| standing.remove(&trigger)) {
            self.end((&tenant, &trigger), &known.terms, event.position);
        }
        Ok(())
    }

    fn begin_span(&mut self, tenant: Tenant, span: Span) {
        self.spans.entry(tenant).or_default().begin(span);
    }

    /// What holds of a trigger holds up to there.
    fn end(&mut self, (tenant, trigger): (&Tenant, &TriggerId), terms: &Terms, position: Position) {
        if let Some(spans) = self.spans.get_mut(tenant) {
            spans.end(&terms.kind, trigger, position);
        }
    }
}

fn name(event: &Recorded<TriggerEvent>) -> Result<(Tenant, TriggerId), String> {
    let trigger = TriggerId::new(event.stream.key.as_str()).map_err(|error| error.to_string())?;
    Ok((event.stream.tenant.clone(), trigger))
}

/// Why a fact of long ago is not reacted to.
const FORGOTTEN: &str = "triggers were set so often since that it is not remembered which there were: \
                         start by hand what the fact should have started, and skip it";

impl Mind for StartByFact {
    fn category(&self) -> &'static str {
        TriggerEvent::CATEGORY
    }

    /// Most tenants have no triggers, and their facts need not be read.
    fn cares(&self, header: &Header<'_>) -> bool {
        let tenant = Tenant::new(header.tenant).ok();
        tenant.is_some_and(|tenant| self.spans.contains_key(&tenant))
    }

    fn remember(&mut self, event: &Known) -> Result<(), String> {
        let Known::Trigger(event) = event else { return Ok(()) };
        match &event.event {
            TriggerEvent::Set(set) => self.set(event, Terms::of(set)),
            TriggerEvent::Paused(_) => self.pauses(event, true),
            TriggerEvent::Resumed(_) => self.pauses(event, false),
            TriggerEvent::Removed(_) => self.removed(event),
        }
    }

    fn react(&self, event: &Known) -> Result<Vec<Led>, String> {
        let Known::Fact(event) = event else { return Ok(vec![]) };
        let FactEvent::Recorded(said) = &event.event;
        let Some(spans) = self.spans.get(&event.stream.tenant) else { return Ok(vec![]) };
        if event.position < spans.known_from() {
            return Err(FORGOTTEN.into());
        }
        let met = spans.met(event.position, said);
        let mut budget = Budget::among(met.len());
        let led = |span: &Span| budget.spend(|steps| span.react(event.id, said, steps));
        Ok(met.into_iter().filter_map(led).collect())
    }

    fn forget_before(&mut self, position: Position) {
        self.spans.values_mut().for_each(|spans| spans.forget_before(position));
        self.spans.retain(|_, spans| !spans.is_empty());
    }

    fn keep(&self) -> Vec<u8> {
        kept::write(self)
    }

    fn recall(&mut self, kept: &[u8]) -> bool {
        let Some(read) = kept::read(kept) else { return false };
        *self = read;
        true
    }

    fn forget(&mut self) {
        *self = Self::default();
    }
}
