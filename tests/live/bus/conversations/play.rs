//! Plays a conversation with a server.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use super::script::{Conversation, Step};

/// After how long it is a failure that nothing comes.
const PATIENCE: Duration = Duration::from_secs(10);

/// A client with a socket.
pub(crate) struct Client {
    socket: TcpStream,
    heard: Vec<u8>,
}

impl Client {
    /// Comes in, and hears who is there.
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::come(TcpSocket::new_v4().expect("a socket"), address).await
    }

    /// The same with little room for what it does not read.
    pub(crate) async fn connect_narrow(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("an option");
        Self::come(socket, address).await
    }

    async fn come(socket: TcpSocket, address: SocketAddr) -> Self {
        let socket = socket.connect(address).await.expect("it is let in");
        socket.set_nodelay(true).expect("an option");
        let mut client = Self { socket, heard: Vec::new() };
        while !client.heard.contains(&b'\n') {
            assert!(client.read().await, "it hears INFO");
        }
        assert!(client.heard.starts_with(b"INFO {"), "{}", text(&client.heard));
        client.leave_out_info();
        client
    }

    /// Says something. A server that is gone does not hear it.
    pub(crate) async fn say(&mut self, bytes: &[u8]) {
        let _ = self.socket.write_all(bytes).await;
    }

    /// Hears as many bytes; fewer at the end.
    pub(crate) async fn hear(&mut self, bytes: usize) -> Vec<u8> {
        while self.heard.len() < bytes && self.more().await {}
        let bytes = bytes.min(self.heard.len());
        self.heard.drain(..bytes).collect()
    }

    /// Hears everything until it is left.
    pub(crate) async fn hear_all(&mut self) -> Vec<u8> {
        while self.more().await {}
        std::mem::take(&mut self.heard)
    }

    /// Says nothing more, and hears what there still is.
    pub(crate) async fn leave(&mut self) -> Vec<u8> {
        let _ = self.socket.shutdown().await;
        self.hear_all().await
    }

    async fn more(&mut self) -> bool {
        let more = self.read().await;
        self.leave_out_info();
        more
    }

    async fn read(&mut self) -> bool {
        let read = timeout(PATIENCE, self.socket.read_buf(&mut self.heard)).await;
        let read = read.unwrap_or_else(|_| {
            panic!("nothing more comes behind {:?}", text(&self.heard));
        });
        matches!(read, Ok(1..))
    }

    /// What servers say about themselves is another matter, and some say it twice.
    fn leave_out_info(&mut self) {
        while self.heard.starts_with(b"INFO {") {
            let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') else { return };
            self.heard.drain(..=end);
        }
    }
}

fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

/// Plays it; whatever is not as it is written is a failure.
pub(crate) async fn play(conversation: &Conversation, address: SocketAddr, who: &str) {
    let about = format!("{who}, {}", conversation.name);
    let mut clients: BTreeMap<char, Client> = BTreeMap::new();
    for step in &conversation.steps {
        let (Step::Says(name, _) | Step::Hears(name, _) | Step::IsLeft(name)) = step;
        if !clients.contains_key(name) {
            clients.insert(*name, Client::connect(address).await);
        }
        let client = clients.get_mut(name).expect("it has come");
        match step {
            Step::Says(_, bytes) => client.say(bytes).await,
            Step::Hears(_, bytes) => {
                assert_eq!(text(&client.hear(bytes.len()).await), text(bytes), "{about}: {name}");
            }
            Step::IsLeft(_) => assert_eq!(text(&client.hear_all().await), "", "{about}: {name}"),
        }
    }
    for (name, client) in &mut clients {
        assert_eq!(text(&client.leave().await), "", "{about}: {name} hears more");
    }
}
