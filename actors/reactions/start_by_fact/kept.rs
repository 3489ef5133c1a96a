//! What is remembered of triggers, as JSON: what is written by this program is read by the next one.

use events::id::{Tenant, TriggerId};
use events::stream::Position;
use serde::{Deserialize, Serialize};

use super::{Span, Spans, Standing, StartByFact};
use crate::trigger::Terms;

#[derive(Serialize, Deserialize)]
struct Kept {
    triggers: Vec<KeptTrigger>,
    /// Those that ended in the order of their ends.
    spans: Vec<KeptSpan>,
    known: Vec<KeptKnown>,
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

/// From where on it is known which spans there were.
#[derive(Serialize, Deserialize)]
struct KeptKnown {
    tenant: Tenant,
    from: u64,
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
    let of_tenant = |(tenant, spans): (_, &Spans)| {
        let spans = spans.all().map(|span| KeptSpan {
            tenant: Tenant::clone(tenant),
            trigger: span.trigger.clone(),
            from: span.from.0,
            to: span.to.map(|to| to.0),
            terms: span.terms.clone(),
        });
        spans.collect::<Vec<_>>()
    };
    let spans = memory.spans.iter().flat_map(of_tenant);
    let known = memory
        .spans
        .iter()
        .map(|(tenant, spans)| KeptKnown { tenant: tenant.clone(), from: spans.known_from().0 });
    let (triggers, spans, known) = (triggers.collect(), spans.collect(), known.collect());
    let kept = Kept { triggers, spans, known };
    serde_json::to_vec(&kept).expect("texts and numbers are JSON")
}

pub(super) fn read(kept: &[u8]) -> Option<StartByFact> {
    let Kept { triggers, spans, known } = serde_json::from_slice(kept).ok()?;
    let mut memory = StartByFact::default();
    for KeptTrigger { tenant, id, terms, is_paused } in triggers {
        let standing = memory.standing.entry(tenant).or_default();
        standing.insert(id, Standing { terms, is_paused });
    }
    for KeptSpan { tenant, trigger, from, to, terms } in spans {
        let of_tenant = memory.spans.entry(tenant).or_default();
        let span = Span::from(Position(from), trigger, terms);
        match to {
            Some(to) => of_tenant.remember(span.ended(Position(to))),
            None => of_tenant.begin(span),
        }
    }
    for KeptKnown { tenant, from } in known {
        memory.spans.entry(tenant).or_default().is_known_from(Position(from));
    }
    Some(memory)
}
