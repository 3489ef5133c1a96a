//! What happens once a batch is committed: the newest events go to those who follow, and everyone who
//! waits is answered.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::Waiting;
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
            match admitted {
                Admitted::Recorded(outcome) => {
                    self.heads.put(&prepared.stream, prepared.head_after());
                    recorded.extend(stored(prepared, &outcome));
                    answers.push((waiting.answer, Ok(Answer { outcome, known: false })));
                }
                Admitted::Known(outcome) => {
                    self.heads.forget(&prepared.stream);
                    answers.push((waiting.answer, Ok(Answer { outcome, known: true })));
                }
                Admitted::Refused(Refusal::Rebase { actual }) => {
                    self.heads.put(&prepared.stream, actual);
                    again.push(waiting);
                }
                Admitted::Damaged(damage) => answers.push((waiting.answer, Err(damage.into()))),
                Admitted::Refused(refusal) => {
                    self.heads.forget(&prepared.stream);
                    answers.push((waiting.answer, Err(refusal.error(&prepared))));
                }
            }
        }
        self.feed.push(recorded);
        for (caller, answer) in answers {
            // A caller that went away does not undo what was recorded.
            let _ = caller.send(answer);
        }
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
            let answer = std::mem::replace(&mut waiting.answer, oneshot::channel().0);
            let _ = answer.send(Ok(Answer { outcome, known: false }));
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
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
