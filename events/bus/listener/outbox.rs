//! Bytes that wait for one client. Whoever has something for it adds to them; one task writes them,
//! all that have gathered at once. Nothing is kept while nothing waits.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

use super::socket::Writes;

/// What a client is told that does not keep up, if it can be told.
const TOO_SLOW: &[u8] = b"-ERR 'Slow Consumer'\r\n";

/// Bytes that wait for one client.
#[derive(Debug)]
pub(super) struct Outbox {
    state: Mutex<State>,
    wake: Notify,
    limit: usize,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<u8>,
    /// How many have been taken to be written, and are not.
    writing: usize,
    /// Whether who writes waits to be woken.
    idle: bool,
    end: End,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum End {
    /// More may come.
    #[default]
    Open,
    /// What waits is written, and nothing more.
    Finishing,
    /// The client did not keep up, and nothing more is written.
    Cut,
}

/// What became of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Put {
    /// They wait.
    Waits,
    /// They wait, behind more than half of what may.
    Pressed,
    /// They were too many, and the client is cut off.
    Cut,
    /// The client is gone.
    Gone,
}

/// Why nothing is written any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// All has been.
    Finished,
    /// The client did not keep up.
    TooSlow,
    /// The client is gone.
    Gone,
}

impl State {
    fn bytes(&self) -> usize {
        self.waiting.len() + self.writing
    }
}

impl Outbox {
    pub(super) fn new(limit: usize) -> Self {
        Self { state: Mutex::default(), wake: Notify::new(), limit }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics here")
    }

    /// Adds bytes.
    pub(super) fn put(&self, write: impl FnOnce(&mut Vec<u8>)) -> Put {
        let mut state = self.state();
        if state.end != End::Open {
            return Put::Gone;
        }
        write(&mut state.waiting);
        let put = match state.bytes() {
            bytes if bytes > self.limit => Put::Cut,
            bytes if bytes > self.limit / 2 => Put::Pressed,
            _ => Put::Waits,
        };
        if put == Put::Cut {
            state.waiting = Vec::new();
            state.end = End::Cut;
        }
        let wakes = std::mem::take(&mut state.idle) || put == Put::Cut;
        drop(state);
        if wakes {
            self.wake.notify_one();
        }
        put
    }

    /// Takes nothing more; what waits is still written.
    pub(super) fn finish(&self) {
        let mut state = self.state();
        if state.end == End::Open {
            state.end = End::Finishing;
        }
        drop(state);
        self.wake.notify_one();
    }

    /// Takes nothing more, and lets go of what waits: whoever has sent something to the client may
    /// remember it for long.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.end = End::Cut;
        state.waiting = Vec::new();
    }

    /// Whether more than half of what may wait does.
    pub(super) fn is_pressed(&self) -> bool {
        let state = self.state();
        state.end == End::Open && state.bytes() > self.limit / 2
    }

    /// Takes what waits in exchange for an empty vector; says how it goes on if nothing does.
    fn take(&self, chunk: &mut Vec<u8>) -> Option<End> {
        let mut state = self.state();
        if state.waiting.is_empty() || state.end == End::Cut {
            state.idle = true;
            return Some(state.end);
        }
        std::mem::swap(&mut state.waiting, chunk);
        state.writing = chunk.len();
        None
    }

    /// Writes what comes, until there will be no more.
    pub(super) async fn write_to(&self, socket: &mut Writes, deadline: Duration) -> Ended {
        let mut chunk = Vec::new();
        loop {
            match self.take(&mut chunk) {
                None => {
                    if let Err(ended) = self.write(socket, &chunk, deadline).await {
                        return ended;
                    }
                    chunk.clear();
                }
                Some(End::Open) => {
                    chunk = Vec::new();
                    self.wake.notified().await;
                }
                Some(End::Finishing) => return Ended::Finished,
                Some(End::Cut) => {
                    // It may have no room for this either.
                    socket.try_say(TOO_SLOW).await;
                    return Ended::TooSlow;
                }
            }
        }
    }

    async fn write(
        &self,
        socket: &mut Writes,
        mut chunk: &[u8],
        deadline: Duration,
    ) -> Result<(), Ended> {
        while !chunk.is_empty() || socket.owes() {
            tokio::select! {
                biased;
                wrote = timeout(deadline, socket.write(chunk)) => match wrote {
                    Ok(Ok(0)) if !chunk.is_empty() => return Err(Ended::Gone),
                    Ok(Err(_)) => return Err(Ended::Gone),
                    Ok(Ok(bytes)) => {
                        chunk = &chunk[bytes..];
                        self.state().writing = chunk.len();
                    }
                    Err(_) => return Err(Ended::TooSlow),
                },
                () = self.wake.notified() => {
                    // Half a message was written, behind which nothing can be said.
                    if self.state().end == End::Cut {
                        return Err(Ended::TooSlow);
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_kept_for_a_client_that_is_gone() {
        let outbox = Outbox::new(100);
        assert_eq!(outbox.put(|out| out.extend_from_slice(&[0; 51])), Put::Pressed);
        outbox.close();
        assert_eq!(outbox.put(|out| out.push(0)), Put::Gone);
        assert!(!outbox.is_pressed() && outbox.state().waiting.capacity() == 0);
    }
}
