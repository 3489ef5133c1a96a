//! Clients that do harm to a listener, by what they do or by what they no longer do. It cuts them
//! off, has little memory for them, and the others notice nothing.

mod floods;
mod greed;
mod stalled;
mod stopped;

use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// After how long it is a failure that nothing happens.
const PATIENCE: Duration = Duration::from_secs(60);

const QUIET: &[u8] = b"CONNECT {\"verbose\":false}\r\n";

const MEBIBYTE: usize = 1024 * 1024;

/// What the system may hold on its way to who does not read, at most: both ends of a socket.
const SOCKET_BYTES_MAX: usize = 12 * MEBIBYTE;

/// A socket with little room for what is not read.
async fn narrow(address: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("an option");
    let address = address.parse().expect("an address");
    in_time(socket.connect(address)).await.expect("it is let in")
}

async fn in_time<T>(happens: impl Future<Output = T>) -> T {
    timeout(PATIENCE, happens).await.expect("it happens in time")
}
