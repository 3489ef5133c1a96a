//! What has come from a client and is not done with. It grows with what comes and with what is
//! awaited, and holds nothing while a client is silent.

use std::io;

use super::socket::Reads;

/// How much is read at once at first.
const READ_BYTES_MIN: usize = 1024;
/// How much is read at once under load.
const READ_BYTES_MAX: usize = 64 * 1024;

/// What has come from a client and is not done with.
#[derive(Debug)]
pub(super) struct Input {
    bytes: Vec<u8>,
    /// How many of them are done with.
    done: usize,
    /// How many there have to be before it is worth looking.
    needed: usize,
    /// How much is read at once.
    read: usize,
}

impl Default for Input {
    fn default() -> Self {
        Self { bytes: Vec::new(), done: 0, needed: 1, read: READ_BYTES_MIN }
    }
}

impl Input {
    /// What is there.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[self.done..]
    }

    /// So much is done with, and behind it there has to be so much before it is worth looking.
    pub(super) fn done(&mut self, taken: usize, needed: usize) {
        self.done += taken;
        self.needed = needed;
    }

    /// Whether there is as much as is needed.
    pub(super) fn has_enough(&self) -> bool {
        self.bytes().len() >= self.needed
    }

    /// Reads until there is as much as is needed; nothing was read at the end.
    pub(super) async fn fill(&mut self, socket: &mut Reads) -> io::Result<usize> {
        self.move_up();
        let before = self.bytes.len();
        loop {
            let room = self.read.max(self.needed.saturating_sub(self.bytes.len()));
            match socket.read(&mut self.bytes, room).await? {
                0 => return Ok(0),
                bytes => self.adapt(bytes),
            }
            if self.bytes.len() >= self.needed {
                return Ok(self.bytes.len() - before);
            }
        }
    }

    /// Lets go of what is done with, and of room that only one message needed.
    fn move_up(&mut self) {
        self.bytes.drain(..self.done);
        self.done = 0;
        if self.bytes.is_empty() && self.bytes.capacity() > READ_BYTES_MAX {
            self.bytes = Vec::new();
        }
    }

    fn adapt(&mut self, bytes: usize) {
        if bytes >= self.read {
            self.read = (self.read * 4).min(READ_BYTES_MAX);
        } else if bytes < self.read / 4 {
            self.read = (self.read / 2).max(READ_BYTES_MIN);
        }
    }
}
