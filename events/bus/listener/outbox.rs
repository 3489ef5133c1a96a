//! Bytes that wait for one client. Whoever has something for it adds to them; one task writes them,
//! all that have gathered at once. Nearly nothing is kept while nothing waits, and nothing when the
//! client is gone.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

use super::socket::Writes;
use crate::planted::{Bug, planted};

/// How much room is kept while nothing waits.
const IDLE_BYTES_MAX: usize = 4096;

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
        self.put_if(|| true, write)
    }

    /// Adds bytes, if they are still wanted when nobody else can add any.
    pub(super) fn put_if(
        &self,
        is_wanted: impl FnOnce() -> bool,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Put {
        let mut state = self.state();
        if state.end != End::Open || !is_wanted() {
            return Put::Gone;
        }
        write(&mut state.waiting);
        let put = match state.bytes() {
            bytes if bytes > self.limit && !planted(Bug::WaitingBytesUnbounded) => Put::Cut,
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

    /// The client is gone: nothing is kept for it, whoever still remembers it.
    pub(super) fn close(&self) {
        let mut state = self.state();
        *state = State { end: End::Cut, ..State::default() };
    }

    /// Whether more than half of what may wait does.
    pub(super) fn is_pressed(&self) -> bool {
        let state = self.state();
        state.end == End::Open && state.bytes() > self.limit / 2
    }

    /// Takes what waits in exchange for an empty vector; says how it goes on if nothing does.
    fn take(&self, chunk: &mut Chunk<'_>) -> Option<End> {
        let mut state = self.state();
        (chunk.written, state.writing) = (0, 0);
        chunk.bytes.clear();
        if state.waiting.is_empty() || state.end == End::Cut {
            state.idle = true;
            if state.waiting.capacity() > IDLE_BYTES_MAX {
                state.waiting = Vec::new();
            }
            return Some(state.end);
        }
        std::mem::swap(&mut state.waiting, &mut chunk.bytes);
        state.writing = chunk.bytes.len();
        None
    }

    /// Writes what comes, until there will be no more. Who stops this and begins again goes on where
    /// it was.
    pub(super) async fn write_to(&self, socket: &mut Writes, deadline: Duration) -> Ended {
        let mut chunk = Chunk { outbox: self, bytes: Vec::new(), written: 0 };
        loop {
            match self.take(&mut chunk) {
                None => {
                    if let Err(ended) = chunk.write(socket, deadline).await {
                        return ended;
                    }
                }
                Some(End::Open) => {
                    chunk.bytes = Vec::new();
                    self.wake.notified().await;
                }
                Some(End::Finishing) => return Ended::Finished,
                // It is not told why: the real server does not say it either.
                Some(End::Cut) => return Ended::TooSlow,
            }
        }
    }
}

/// Bytes that are being written. What is left of them when nobody writes any more waits again,
/// before all else: half a message may have gone out.
struct Chunk<'a> {
    outbox: &'a Outbox,
    bytes: Vec<u8>,
    written: usize,
}

impl Chunk<'_> {
    async fn write(&mut self, socket: &mut Writes, deadline: Duration) -> Result<(), Ended> {
        while self.written < self.bytes.len() || socket.owes() {
            let left = &self.bytes[self.written..];
            tokio::select! {
                biased;
                wrote = timeout(deadline, socket.write(left)) => match wrote {
                    Ok(Ok(0)) if !left.is_empty() => return Err(Ended::Gone),
                    Ok(Err(_)) => return Err(Ended::Gone),
                    Ok(Ok(bytes)) => {
                        self.written += bytes;
                        self.outbox.state().writing = self.bytes.len() - self.written;
                    }
                    Err(_) => return Err(Ended::TooSlow),
                },
                () = self.outbox.wake.notified() => {
                    // Half a message was written, behind which nothing can be said.
                    if self.outbox.state().end == End::Cut {
                        return Err(Ended::TooSlow);
                    }
                }
            }
        }
        Ok(())
    }
}

impl Drop for Chunk<'_> {
    fn drop(&mut self) {
        let mut state = self.outbox.state();
        state.writing = 0;
        if state.end != End::Cut {
            state.waiting.splice(..0, self.bytes.drain(self.written..));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 1 << 20;

    fn put(outbox: &Outbox, bytes: usize) -> Put {
        outbox.put(|out| out.resize(out.len() + bytes, b'x'))
    }

    fn kept(outbox: &Outbox) -> usize {
        outbox.state().waiting.capacity()
    }

    #[test]
    fn what_waits_has_a_limit() {
        let outbox = Outbox::new(LIMIT);
        let puts = [LIMIT / 2, 1, LIMIT / 2 - 1, 1, 1].map(|bytes| put(&outbox, bytes));
        assert_eq!(puts, [Put::Waits, Put::Pressed, Put::Pressed, Put::Cut, Put::Gone]);
        assert_eq!(kept(&outbox), 0);
    }

    #[test]
    fn a_burst_leaves_no_room_behind() {
        let outbox = Outbox::new(LIMIT);
        let mut chunk = Chunk { outbox: &outbox, bytes: Vec::new(), written: 0 };
        for bytes in [LIMIT / 4, LIMIT / 4] {
            put(&outbox, bytes);
            assert_eq!(outbox.take(&mut chunk), None);
            chunk.written = chunk.bytes.len();
        }
        assert_eq!(outbox.take(&mut chunk), Some(End::Open));
        assert!(kept(&outbox) <= IDLE_BYTES_MAX, "{} bytes of room are kept", kept(&outbox));
    }

    #[test]
    fn what_was_not_written_waits_again_before_all_else() {
        let outbox = Outbox::new(LIMIT);
        let mut chunk = Chunk { outbox: &outbox, bytes: Vec::new(), written: 0 };
        outbox.put(|out| out.extend_from_slice(b"first"));
        assert_eq!(outbox.take(&mut chunk), None);
        chunk.written = 2;
        outbox.put(|out| out.extend_from_slice(b", second"));
        drop(chunk);
        assert_eq!(outbox.state().waiting, b"rst, second");
    }

    #[test]
    fn nothing_is_kept_for_who_is_gone() {
        let outbox = Outbox::new(LIMIT);
        put(&outbox, LIMIT / 2);
        outbox.close();
        assert_eq!((put(&outbox, 1), kept(&outbox)), (Put::Gone, 0));
    }
}
