//! What becomes of what comes: compared with the target before anything is written, taken in, or
//! looked for in the target afterwards.

use std::sync::Arc;

use events::store::moving::arrive::Taken;
use events::store::moving::check::Totals;
use events::store::moving::compare::Comparison;
use events::store::moving::meet::{self, Meeting};
use events::store::moving::origin::Origin;
use events::store::moving::taking::Taking;
use events::store::{Damage, EventStore, LogReader};

use super::coming::{Came, Coming, Ending};
use super::{Error, Work};

/// Everything that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole {
    /// How much it was.
    pub totals: Totals,
    /// The digest of a file.
    pub digest: Option<[u8; 32]>,
}

/// How an import ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// What the target is to the log that came.
    pub origin: Origin,
    /// How much is new.
    pub taken: Taken,
    /// Everything that came; none if someone asked to stop before that.
    pub whole: Option<Whole>,
}

/// Compares everything with the target, and writes nothing; none if someone asked to stop.
pub async fn meet(
    mut coming: Coming,
    target: &Arc<dyn LogReader>,
    work: &Work,
) -> Result<Option<Whole>, Error> {
    let origin = meet::origin(&**target, coming.begin(), false).await?;
    let mut meeting = Meeting::with(&**target, &origin).await?;
    loop {
        match next(&mut coming, work).await? {
            None => return Ok(None),
            Some(Came::End(Ending { totals, digest, .. })) => {
                return Ok(Some(Whole { totals, digest }));
            }
            Some(Came::Part(checked)) => {
                let events = checked.events();
                let part = meet::prove(&**target, checked).await?;
                meeting.part(&**target, &part).await?;
                work.progress.add(events);
            }
        }
    }
}

/// Takes everything in. What someone has asked to stop goes on with the same call.
pub async fn take(
    mut coming: Coming,
    store: &Arc<dyn EventStore>,
    adopted: bool,
    work: &Work,
) -> Result<Ended, Error> {
    let origin = meet::origin(&*store.reader(), coming.begin(), adopted).await?;
    let mut taking = Taking::from(Arc::clone(store), origin.clone());
    loop {
        match next(&mut coming, work).await? {
            None => return Ok(Ended { origin, taken: taking.taken(), whole: None }),
            Some(Came::End(Ending { totals, digest, consumers })) => {
                let taken = taking.end(consumers).await?;
                return Ok(Ended { origin, taken, whole: Some(Whole { totals, digest }) });
            }
            Some(Came::Part(checked)) => {
                let events = checked.events();
                taking.part(checked).await?;
                work.progress.add(events);
            }
        }
    }
}

/// Looks for everything in the target; says what is not there as it came, or how much is there; none
/// if someone asked to stop.
pub async fn compare(
    mut coming: Coming,
    target: &Arc<dyn LogReader>,
    work: &Work,
) -> Result<Result<Option<Totals>, Damage>, Error> {
    let copy = target.log_id() == coming.begin().log_id;
    let mut comparison = Comparison::with(Arc::clone(target), copy);
    loop {
        match next(&mut coming, work).await? {
            None => return Ok(Ok(None)),
            Some(Came::End(ending)) => {
                let differs = comparison.consumers(&ending.consumers).await?;
                return Ok(differs.map_or_else(|| Ok(Some(comparison.compared())), Err));
            }
            Some(Came::Part(checked)) => {
                if let Some(differs) = comparison.part(checked.part()).await? {
                    return Ok(Err(differs));
                }
                work.progress.add(checked.events());
            }
        }
    }
}

/// What comes next; none if someone asked to stop.
async fn next(coming: &mut Coming, work: &Work) -> Result<Option<Came>, Error> {
    tokio::select! {
        biased;
        () = work.stopped() => Ok(None),
        came = coming.next() => came.map(Some),
    }
}
