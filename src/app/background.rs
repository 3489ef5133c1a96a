//! Work that a door starts and must not wait for. There is never more of it than this.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// How much of it there is at once.
pub const AT_ONCE_MAX: usize = 4096;
/// How many questions are being answered at once; they take no room from what is to be recorded.
pub const QUESTIONS_MAX: usize = 256;

/// Work in the background.
#[derive(Debug, Clone)]
pub struct Background {
    pool: Handle,
    room: Arc<Semaphore>,
    room_max: usize,
}

impl Background {
    /// Works on these threads, so much of it at once.
    #[must_use]
    pub fn on(pool: Handle, room_max: usize) -> Self {
        Self { pool, room: Arc::new(Semaphore::new(room_max)), room_max }
    }

    /// Room for one more; none, if there is too much to do.
    #[must_use]
    pub fn room(&self) -> Option<Room<'_>> {
        let permit = Arc::clone(&self.room).try_acquire_owned().ok()?;
        Some(Room { pool: &self.pool, permit })
    }

    /// Waits until all of it is done, or the time has come; says whether it is.
    pub async fn drain(&self, until: Instant) -> bool {
        let all = self.room.acquire_many(self.room_max as u32);
        tokio::time::timeout_at(until, all).await.is_ok()
    }
}

/// Room for one piece of work.
pub struct Room<'a> {
    pool: &'a Handle,
    permit: tokio::sync::OwnedSemaphorePermit,
}

impl Room<'_> {
    /// Starts it.
    pub fn start(self, work: impl Future<Output = ()> + Send + 'static) {
        let permit = self.permit;
        self.pool.spawn(async move {
            work.await;
            drop(permit);
        });
    }
}

/// How long who is refused for lack of room should wait.
pub const SOON: Duration = Duration::from_millis(50);
