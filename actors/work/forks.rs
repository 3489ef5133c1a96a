//! What another run has done, looked for where a run is to go on from there.

use std::sync::Arc;

use events::id::{RunId, StageName, StreamKey, Tenant};
use events::stream::StreamId;

use crate::run::{Forkable, Run};
use crate::runtime::{Refused, Tools, look};

/// What a run says about going on from it, as it stands in the log. It may block: not on the thread of
/// an actor.
pub async fn find(
    tools: &Arc<Tools>,
    tenant: &Tenant,
    of: RunId,
    from: &StageName,
) -> Result<Forkable, Refused> {
    let category = "run".parse().expect("it is a word");
    let stream = StreamId::new(tenant.clone(), category, StreamKey::of_uuid(of.0));
    let (run, version) = look::<Run>(tools, stream).await?;
    Ok(run.past(from, version.0))
}
