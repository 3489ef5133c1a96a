//! What is asked of runs and of pipelines: whoever begins a run has to know what the log says of others
//! first, and whoever was told that a pipeline is defined begins no run by the definition before.

use std::sync::Arc;

use actors::run::RunCommand;
use actors::work::telling::{complete, is_complete};
use events::id::PipelineId;

use super::{Dispatch, Read, RequestKeys, answering, read};
use crate::app::asking::{Asking, Tell};
use crate::app::background::SOON;
use crate::app::refusal::Refusal;

impl Dispatch {
    /// What has to be looked for mostly is at hand.
    pub(super) fn ask_run(self: &Arc<Self>, asking: Asking, keys: &RequestKeys, tell: Tell) {
        let by = asking.who.principal.clone();
        let Read { place, mut asked } = match read::<RunCommand>(asking, keys) {
            Ok(read) => read,
            Err(refusal) => return tell(Err(refusal)),
        };
        if let RunCommand::Approve(verdict) | RunCommand::Disapprove(verdict) = &mut asked.command {
            verdict.by = Some(by);
        }
        if is_complete(&mut asked.command, &place.tenant, &self.means) {
            return self.means.runs.ask(place, asked, answering(tell));
        }
        let Some(room) = self.background.room() else { return tell(Err(Refusal::Busy(SOON))) };
        let means = Arc::clone(&self.means);
        room.start(async move {
            match complete(&mut asked.command, &place.tenant, &means).await {
                Ok(()) => means.runs.ask(place, asked, answering(tell)),
                Err(refused) => tell(Err(refused.into())),
            }
        });
    }

    /// Which definition is the newest is looked for anew before anyone is told that there is another one.
    pub(super) fn forgetting(&self, asking: &Asking, tell: Tell) -> Tell {
        let Ok(pipeline) = PipelineId::new(asking.target.id.as_str()) else { return tell };
        let (definitions, tenant) = (Arc::clone(&self.means.definitions), asking.tenant.clone());
        Box::new(move |answered| {
            definitions.heard(&tenant, &pipeline);
            tell(answered);
        })
    }
}
