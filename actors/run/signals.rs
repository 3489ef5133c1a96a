//! What a run is told. It goes to the first stage that waits for it; where none does, it is kept.

use events::content::Content;
use events::id::SignalName;
use events::run::{RunEvent, Signalled};

use super::bounds::{SIGNAL_BYTES_MAX, SIGNAL_NAMES_MAX, SIGNALS_MAX};
use super::draft::Draft;
use super::held::{Held, bytes};
use super::stage::Works;
use super::{Decision, Phase, Run, RunRejection};
use crate::decider::Moment;

impl Run {
    pub(super) fn signal(&self, name: SignalName, payload: Content, moment: &Moment) -> Decision {
        self.readable()?;
        match &self.phase {
            Phase::Unknown | Phase::NotStarted(_) => return Err(RunRejection::NotFound),
            Phase::Ending { .. } => return Err(RunRejection::IsEnding),
            Phase::Over(_) => return Err(RunRejection::AlreadyFinished),
            Phase::Open { .. } => {}
        }
        let waits = |stage: &super::stage::Stage| matches!(stage.works(), Some(Works::Signal(wanted)) if *wanted == name);
        let waiting = self.stages.iter().position(waits);
        if waiting.is_none() {
            self.has_room_for_signal(&name, &payload)?;
        }
        let signalled = Signalled { name, payload, at: moment.now };
        let Some(mut draft) = Draft::of(self, moment) else { return Ok(vec![]) };
        draft.say(RunEvent::Signalled(signalled));
        if let Some(n) = waiting {
            draft.take_signal(n);
            draft.go_on();
        }
        Ok(draft.into_events())
    }

    fn has_room_for_signal(
        &self,
        name: &SignalName,
        payload: &Content,
    ) -> Result<(), RunRejection> {
        let kept: usize = self.signals.values().flatten().map(Held::bytes).sum();
        let of_name = self.signals.get(name).map_or(0, |queue| queue.len());
        let is_new_name = of_name == 0 && self.signals.len() >= SIGNAL_NAMES_MAX;
        if is_new_name || of_name >= SIGNALS_MAX || kept + bytes(payload) > SIGNAL_BYTES_MAX {
            return Err(RunRejection::TooManySignals);
        }
        Ok(())
    }
}
