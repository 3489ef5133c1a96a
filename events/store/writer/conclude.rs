//! What happens once a batch is committed: the newest events go to those who follow, and everyone who
//! waits is answered.

use std::sync::Arc;

use super::Waiting;
use super::group::Caller;
use super::run::Run;
use crate::planted::{Phase, phase};
use crate::recorded::Stored;
use crate::store::admit;
use crate::store::{Admitted, Answer, Batch, Outcome, Prepared, Refusal};

impl Run {
    /// After the commit: the tail first, then every answer.
    pub(super) fn conclude(
        &mut self,
        batch: Arc<Batch>,
        admitted: Vec<Admitted>,
        waiting: Vec<Waiting>,
    ) -> Vec<Waiting> {
        phase(Phase::Answering);
        // The store has let go of the batch by now, so this copies nothing.
        let appends = Arc::unwrap_or_clone(batch).appends;
        let (mut recorded, mut again) = (Vec::new(), Vec::new());
        let mut answers = Vec::with_capacity(waiting.len());
        for ((prepared, admitted), waiting) in appends.into_iter().zip(admitted).zip(waiting) {
            let answer = match admitted {
                Admitted::Recorded(outcome) => {
                    let head = prepared.head_after();
                    self.heads.put(&prepared.stream, head);
                    recorded.extend(stored(prepared, &outcome));
                    Ok(Answer { outcome, known: false, head: Some(head) })
                }
                Admitted::Known(outcome) => {
                    self.heads.forget(&prepared.stream);
                    Ok(Answer { outcome, known: true, head: None })
                }
                Admitted::Refused(Refusal::Rebase { actual }) => {
                    self.heads.put(&prepared.stream, actual);
                    again.push(waiting);
                    continue;
                }
                Admitted::Refused(Refusal::Conflict { .. }) if stands_behind(&again, &waiting) => {
                    again.push(waiting);
                    continue;
                }
                Admitted::Damaged(damage) => Err(damage.into()),
                Admitted::Refused(refusal) => {
                    self.heads.forget(&prepared.stream);
                    Err(refusal.error(&prepared))
                }
            };
            answers.push((waiting.caller, answer));
        }
        self.feed.push(recorded);
        answers.into_iter().for_each(|(caller, answer)| caller.send(answer));
        again
    }

    /// The planted bug: where everything is new, answers leave first, and the commit comes after.
    pub(super) async fn acknowledge_early(&self, batch: &Batch, waiting: &mut [Waiting]) {
        let reader = self.store.reader();
        let Ok(mut log) = reader.head().await else { return };
        for append in &batch.appends {
            let outcome = reader.outcome(&append.stream.tenant, append.command).await;
            if !matches!(outcome, Ok(None)) {
                return;
            }
        }
        for (append, waiting) in batch.appends.iter().zip(waiting) {
            let (outcome, after) = admit::outcome(append, log, batch);
            log = after;
            let caller = std::mem::replace(&mut waiting.caller, Caller::nobody());
            caller.send(Ok(Answer { outcome, known: false, head: Some(append.head_after()) }));
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
}

/// Whether one before it in its group is to be chained anew: then it conflicts only with that.
fn stands_behind(again: &[Waiting], waiting: &Waiting) -> bool {
    again.last().is_some_and(|last| last.caller.is_with(&waiting.caller))
}

/// The events of an append as readers see them.
fn stored(prepared: Prepared, outcome: &Outcome) -> Vec<Stored> {
    let Some(span) = outcome.recorded else { return Vec::new() };
    let events = prepared.events.into_iter().zip(0..);
    events
        .map(|(event, n)| {
            Stored::new(span.position.plus(n), event.hash, &event.header, &event.payload)
                .expect("the writer wrote this header")
        })
        .collect()
}
