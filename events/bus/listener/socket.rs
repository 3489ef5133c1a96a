//! The two halves of a client's socket, in plain text or in secret. Plain text is written straight
//! from what waits, and a client that says nothing holds no memory for what it may say.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use super::tls::Tls;

/// What every message of TLS by which a client begins begins with.
const HANDSHAKE: u8 = 0x16;

/// What comes from a client.
pub(super) enum Reads {
    Plain(OwnedReadHalf),
    Secret(ReadHalf<TlsStream<TcpStream>>),
}

/// What goes to a client.
pub(super) enum Writes {
    Plain(OwnedWriteHalf),
    Secret {
        socket: WriteHalf<TlsStream<TcpStream>>,
        /// Whether it may have taken something that it has not sent.
        owes: bool,
    },
}

/// Why a client cannot be talked to in secret.
pub(super) enum NoSecret {
    /// It talks in plain text.
    Plain(TcpStream),
    /// It went, made no sense, or took too long.
    Failed(io::Error),
}

/// Talks in plain text.
pub(super) fn plain(socket: TcpStream) -> (Reads, Writes) {
    let (reads, writes) = socket.into_split();
    (Reads::Plain(reads), Writes::Plain(writes))
}

/// Says who is there in plain text, as clients expect, and then talks in secret.
pub(super) async fn secret(
    socket: TcpStream,
    tls: &Tls,
    info: &[u8],
    patience: Duration,
) -> Result<(Reads, Writes), NoSecret> {
    let late = |_| Err(NoSecret::Failed(io::ErrorKind::TimedOut.into()));
    timeout(patience, shake_hands(socket, tls, info)).await.unwrap_or_else(late)
}

async fn shake_hands(
    mut socket: TcpStream,
    tls: &Tls,
    info: &[u8],
) -> Result<(Reads, Writes), NoSecret> {
    let mut first = [0];
    let begun = async {
        socket.write_all(info).await?;
        socket.peek(&mut first).await
    };
    match begun.await.map_err(NoSecret::Failed)? {
        0 => return Err(NoSecret::Failed(io::ErrorKind::UnexpectedEof.into())),
        _ if first != [HANDSHAKE] => return Err(NoSecret::Plain(socket)),
        _ => {}
    }
    let stream = tls.acceptor.accept(socket).await.map_err(NoSecret::Failed)?;
    let (reads, socket) = tokio::io::split(stream);
    Ok((Reads::Secret(reads), Writes::Secret { socket, owes: false }))
}

impl Reads {
    /// Adds what comes, as far as there is this much room for it; nothing is added at the end. While
    /// nothing comes, and nothing was there, no room is held.
    pub(super) async fn read(&mut self, bytes: &mut Vec<u8>, room: usize) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => read_plain(socket, bytes, room).await,
            Self::Secret(socket) => {
                poll_fn(|context| {
                    bytes.reserve_exact(room);
                    let read = pin!(socket.read_buf(bytes)).poll(context);
                    if read.is_pending() {
                        let_go(bytes);
                    }
                    read
                })
                .await
            }
        }
    }
}

async fn read_plain(socket: &OwnedReadHalf, bytes: &mut Vec<u8>, room: usize) -> io::Result<usize> {
    loop {
        bytes.reserve_exact(room);
        match socket.try_read_buf(bytes) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let_go(bytes);
                socket.readable().await?;
            }
            read => return read,
        }
    }
}

fn let_go(bytes: &mut Vec<u8>) {
    if bytes.is_empty() {
        *bytes = Vec::new();
    }
}

impl Writes {
    /// Whether there is something to be sent that was taken before.
    pub(super) fn owes(&self) -> bool {
        matches!(self, Self::Secret { owes: true, .. })
    }

    /// Takes some of these bytes, and says how many; of none it sends what it owes. Nothing is taken
    /// if it is dropped before it returns.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes).await,
            Self::Secret { socket, owes } if bytes.is_empty() => {
                socket.flush().await?;
                *owes = false;
                Ok(0)
            }
            Self::Secret { socket, owes } => {
                *owes = true;
                socket.write(bytes).await
            }
        }
    }

    /// Nothing more comes.
    pub(super) async fn shutdown(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.shutdown().await,
            Self::Secret { socket, .. } => socket.shutdown().await,
        }
    }
}
