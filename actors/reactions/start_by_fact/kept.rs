//! What is remembered of triggers, as JSON: what is written by this program is read by the next one.

use events::id::{Tenant, TriggerId};
use events::stream::Position;
use serde::{Deserialize, Serialize};

use super::{Span, Standing, StartByFact};
use crate::trigger::Terms;

#[derive(Serialize, Deserialize)]
struct Kept {
    triggers: Vec<KeptTrigger>,
    spans: Vec<KeptSpan>,
}

#[derive(Serialize, Deserialize)]
struct KeptTrigger {
    tenant: Tenant,
    id: TriggerId,
    terms: Terms,
    is_paused: bool,
}

#[derive(Serialize, Deserialize)]
struct KeptSpan {
    tenant: Tenant,
    trigger: TriggerId,
    from: u64,
    to: Option<u64>,
    terms: Terms,
}

pub(super) fn write(memory: &StartByFact) -> Vec<u8> {
    let triggers = memory.standing.iter().flat_map(|(tenant, triggers)| {
        triggers.iter().map(|(id, standing)| KeptTrigger {
            tenant: tenant.clone(),
            id: id.clone(),
            terms: standing.terms.clone(),
            is_paused: standing.is_paused,
        })
    });
    let spans = memory.all_spans().map(|(tenant, span)| KeptSpan {
        tenant: tenant.clone(),
        trigger: span.trigger.clone(),
        from: span.from.0,
        to: span.to.map(|to| to.0),
        terms: span.terms.clone(),
    });
    let kept = Kept { triggers: triggers.collect(), spans: spans.collect() };
    serde_json::to_vec(&kept).expect("texts and numbers are JSON")
}

pub(super) fn read(kept: &[u8]) -> Option<StartByFact> {
    let Kept { triggers, spans } = serde_json::from_slice(kept).ok()?;
    let mut memory = StartByFact::default();
    for KeptTrigger { tenant, id, terms, is_paused } in triggers {
        let standing = memory.standing.entry(tenant).or_default();
        standing.insert(id, Standing { terms, is_paused });
    }
    for KeptSpan { tenant, trigger, from, to, terms } in spans {
        let to = to.map(Position);
        memory.ended += usize::from(to.is_some());
        let mut span = Span::from(Position(from), trigger, terms);
        span.to = to;
        memory.begin_span(tenant, span);
    }
    Some(memory)
}
