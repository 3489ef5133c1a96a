//! Tasks of the process that go on for as long as it does. One that ends by itself is told: what goes
//! on without it only seems to work.

use events::store::Error;
use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinHandle};

use crate::runtime::caught;

/// A part of the system has ended by itself.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Ended {
    /// The log does not let it go on.
    #[error("the {part} ended: {error}")]
    Log {
        /// Which part.
        part: &'static str,
        /// What it does.
        error: Error,
    },
    /// Nothing carries messages any more.
    #[error("the connection to the server of NATS has ended for good")]
    Cut,
    /// It panicked.
    #[error("the {part} panicked: {what}")]
    Panicked {
        /// Which part.
        part: &'static str,
        /// What it said.
        what: String,
    },
}

/// Starts a part of the system. If it ends although nobody has told it to, that is told. A log that is
/// shut down ends everyone, and is not the fault of anyone.
pub fn watched(
    pool: &Handle,
    part: &'static str,
    work: impl Future<Output = Result<(), Error>> + Send + 'static,
    tell: impl FnOnce(Ended) + Send + 'static,
) -> JoinHandle<()> {
    let work = pool.spawn(work);
    pool.spawn(async move {
        let why = match work.await {
            Ok(Ok(()) | Err(Error::Stopped)) => return,
            Ok(Err(error)) => Ended::Log { part, error },
            Err(broken) => Ended::Panicked { part, what: what(broken) },
        };
        tracing::error!(part, error = %why, "a part of the system has ended");
        tell(why);
    })
}

fn what(broken: JoinError) -> String {
    match broken.try_into_panic() {
        Ok(panic) => {
            caught(|| std::panic::resume_unwind(panic)).map_or_else(|it| it, |()| String::new())
        }
        Err(ended) => ended.to_string(),
    }
}
