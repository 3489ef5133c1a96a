//! What an agent offers: whether it may be offered, and whether it is something new.

use std::collections::BTreeSet;

use events::agent::{AgentEvent, Offer};
use events::id::{Capability, is_token};
use events::labels::Labels;
use events::personal::Personal;

use super::{AgentRejection, Decision};
use crate::bounds::{CAPABILITIES_MAX, VALUE_BYTES_MAX, at_most, labels, name, text, within};

/// How many tasks an agent holds at once.
pub const SLOTS_MAX: u32 = 1000;
/// How many tools an agent has.
pub const TOOLS_MAX: usize = 64;
/// The longest contact, sealed.
pub const CONTACT_BYTES_MAX: usize = 1024;

/// What an agent offers from now on; what is missing stays as it was.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// What kind of agent it is.
    pub kind: Option<String>,
    /// What it is capable of.
    pub capabilities: Option<BTreeSet<Capability>>,
    /// How many tasks it holds at once.
    pub slots: Option<u32>,
    /// Words to find it by, in the place of all it had.
    pub labels: Option<Labels>,
    /// What it works with.
    pub tools: Option<BTreeSet<String>>,
    /// Whom it belongs to.
    pub owner: Option<String>,
    /// The person who answers for it.
    pub contact: Option<Personal<String>>,
}

pub(super) fn register(offer: Offer) -> Decision {
    check(&offer)?;
    Ok(vec![AgentEvent::Registered(offer)])
}

/// A worker that starts again registers again, maybe with more to offer than before.
pub(super) fn register_again(known: &Offer, offer: Offer) -> Decision {
    if is_same(known, &offer) {
        return Ok(vec![]);
    }
    check(&offer)?;
    Ok(vec![AgentEvent::OfferChanged(offer)])
}

pub(super) fn change(known: &Offer, change: Change) -> Decision {
    let offer = changed(known.clone(), change);
    if offer == *known {
        return Ok(vec![]);
    }
    check(&offer)?;
    Ok(vec![AgentEvent::OfferChanged(offer)])
}

fn changed(known: Offer, change: Change) -> Offer {
    Offer {
        kind: change.kind.unwrap_or(known.kind),
        capabilities: change.capabilities.unwrap_or(known.capabilities),
        slots: change.slots.unwrap_or(known.slots),
        labels: change.labels.unwrap_or(known.labels),
        tools: change.tools.unwrap_or(known.tools),
        owner: change.owner.or(known.owner),
        contact: change.contact.or(known.contact),
    }
}

/// Every request is sealed anew, so the same contact never looks the same twice; that it is the
/// same person is all that can be seen. Who wants another address for a person says so by a change.
fn is_same(known: &Offer, offer: &Offer) -> bool {
    let person = |offer: &Offer| offer.contact.as_ref().map(Personal::key);
    let contact = known.contact.clone();
    person(known) == person(offer) && *known == Offer { contact, ..offer.clone() }
}

fn check(offer: &Offer) -> Result<(), AgentRejection> {
    if !is_token(&offer.kind) {
        return Err(AgentRejection::InvalidKind);
    }
    at_most("capabilities", offer.capabilities.len(), CAPABILITIES_MAX)?;
    within("the slots of an agent", offer.slots.into(), 1, SLOTS_MAX.into())?;
    labels(&offer.labels)?;
    at_most("tools", offer.tools.len(), TOOLS_MAX)?;
    offer.tools.iter().try_for_each(|tool| name("the name of a tool", tool))?;
    text("an owner", offer.owner.as_deref().unwrap_or_default(), VALUE_BYTES_MAX)?;
    let sealed = offer.contact.as_ref().map_or(0, |contact| contact.ciphertext().len());
    if sealed > CONTACT_BYTES_MAX {
        let max = CONTACT_BYTES_MAX;
        return Err(crate::bounds::OutOfBounds::TooLong { what: "a contact", max }.into());
    }
    Ok(())
}
