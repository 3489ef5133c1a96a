//! Standard output: whole lines, many per write, and calm when the reader goes away.

use std::io::{ErrorKind, Write as _};

use serde::Serialize;
use tokio::io::{AsyncWriteExt, Stdout};

use super::problem::Problem;

/// From this many bytes on, lines are written before more are made.
const BUFFER_BYTES: usize = 256 * 1024;

/// Writes a text at once. Whoever goes away while it is read has seen enough.
pub(super) fn write_whole(text: &[u8]) -> Result<(), Problem> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Problem::OutputFailed(error)),
        _ => Ok(()),
    }
}

/// Lines on their way to standard output.
pub(super) struct Lines {
    buffer: Vec<u8>,
    out: Stdout,
    closed: bool,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self { buffer: Vec::new(), out: tokio::io::stdout(), closed: false }
    }

    /// Whether the reader went away: nothing more needs to be written.
    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Adds one object.
    pub(super) fn json(&mut self, value: &impl Serialize) {
        serde_json::to_writer(&mut self.buffer, value)
            .expect("objects with text keys can always be written to memory");
        self.buffer.push(b'\n');
    }

    /// Adds one line of text.
    pub(super) fn text(&mut self, line: &str) {
        self.buffer.extend_from_slice(line.as_bytes());
        self.buffer.push(b'\n');
    }

    /// Adds bytes as they are.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Writes if there is much to write.
    pub(super) async fn flush_if_large(&mut self) -> Result<(), Problem> {
        if self.buffer.len() >= BUFFER_BYTES { self.flush().await } else { Ok(()) }
    }

    /// Writes everything there is.
    pub(super) async fn flush(&mut self) -> Result<(), Problem> {
        if !self.closed && !self.buffer.is_empty() {
            match self.write().await {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => self.closed = true,
                written => written.map_err(Problem::OutputFailed)?,
            }
        }
        self.buffer.clear();
        Ok(())
    }

    async fn write(&mut self) -> std::io::Result<()> {
        self.out.write_all(&self.buffer).await?;
        self.out.flush().await
    }
}
