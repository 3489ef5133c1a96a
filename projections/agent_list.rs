//! Every agent with what it offers, and whether it may get work. Who answers for it stays sealed.

#[cfg(test)]
mod tests;

use events::agent::{AgentEvent, Offer};
use events::recorded::Recorded;
use events::time::Timestamp;

use crate::projection::{Key, Projection};

/// Every agent with what it offers.
#[derive(Debug, Clone, Copy)]
pub struct AgentList;

/// One agent, under its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentRow {
    /// What it offers.
    pub offer: Offer,
    /// What it was told to do last.
    pub mode: Mode,
    /// When it was heard last, if it is silent.
    pub silent_since: Option<Timestamp>,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// When something about it changed last.
    pub changed_at: Timestamp,
}

/// What an agent was told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// To work.
    Active,
    /// To take nothing new for a while.
    Paused,
    /// To come to an end with what it has.
    Draining,
    /// It is gone for good.
    Retired,
}

impl Projection for AgentList {
    const NAME: &'static str = "agent_list";
    const VERSION: u32 = 1;
    type Row = AgentRow;
    type Event = AgentEvent;

    fn keys(event: &Recorded<AgentEvent>) -> Vec<Key> {
        vec![Key::new(event.stream.key.as_str())]
    }

    fn fold(row: Option<AgentRow>, event: &Recorded<AgentEvent>) -> Option<AgentRow> {
        let at = event.recorded_at;
        if let AgentEvent::Registered(offer) = &event.event {
            return Some(registered(offer.clone(), at));
        }
        Some(AgentRow { changed_at: at, ..changed(row?, &event.event) })
    }
}

fn registered(offer: Offer, at: Timestamp) -> AgentRow {
    let (mode, silent_since) = (Mode::Active, None);
    AgentRow { offer, mode, silent_since, registered_at: at, changed_at: at }
}

fn changed(row: AgentRow, event: &AgentEvent) -> AgentRow {
    match event {
        AgentEvent::Registered(offer) | AgentEvent::OfferChanged(offer) => {
            AgentRow { offer: offer.clone(), ..row }
        }
        AgentEvent::Paused(_) => AgentRow { mode: Mode::Paused, ..row },
        AgentEvent::Drained(_) => AgentRow { mode: Mode::Draining, ..row },
        AgentEvent::Resumed(_) => AgentRow { mode: Mode::Active, ..row },
        AgentEvent::Retired(_) => AgentRow { mode: Mode::Retired, silent_since: None, ..row },
        AgentEvent::WentSilent(silent) => AgentRow { silent_since: Some(silent.since), ..row },
        AgentEvent::Returned(_) => AgentRow { silent_since: None, ..row },
    }
}
