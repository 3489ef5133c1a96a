//! What the adapter does before it says that a connection is up again, shown by a server that says
//! only what the test wants.

use events::bus::conformance::world::PATIENCE;
use events::bus::nats::{Nats, Settings};
use events::bus::{Bus, Event};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast::error::TryRecvError;
use tokio::time::timeout;

use super::losses::told;

const INFO: &[u8] =
    b"INFO {\"server_id\":\"N\",\"server_name\":\"N\",\"version\":\"2.15.1\",\"proto\":1,\
    \"host\":\"127.0.0.1\",\"port\":4222,\"headers\":true,\"max_payload\":1048576}\r\n";

/// One connection of a client.
struct Script(BufReader<TcpStream>);

impl Script {
    async fn accept(listener: &TcpListener) -> Self {
        let accepted = timeout(PATIENCE, listener.accept()).await.expect("it comes in time");
        let (mut socket, _) = accepted.expect("a connection");
        socket.write_all(INFO).await.expect("it is taken");
        Self(BufReader::new(socket))
    }

    async fn says(&mut self, line: &str) {
        self.0.write_all(line.as_bytes()).await.expect("it is taken");
    }

    /// The words of the next line that begins so; whether someone is there is answered on the way.
    async fn hears(&mut self, verb: &str) -> Vec<String> {
        let mut line = String::new();
        loop {
            line.clear();
            let read = timeout(PATIENCE, self.0.read_line(&mut line)).await;
            let read = read.unwrap_or_else(|_| panic!("no {verb} comes")).expect("a text");
            assert_ne!(read, 0, "the client has left before {verb}");
            if line.starts_with("PING") {
                self.says("PONG\r\n").await;
            }
            if line.starts_with(verb) {
                return line.split_whitespace().map(str::to_owned).collect();
            }
        }
    }

    /// Who listens, and what it sends to itself to see that it is heard.
    async fn hears_a_round_trip(&mut self) -> String {
        let (sub, sent) = (self.hears("SUB").await, self.hears("PUB").await);
        assert!(sent[1].starts_with(sub[1].trim_end_matches('*')), "{sub:?} {sent:?}");
        format!("MSG {} {} 0\r\n\r\n", sent[1], sub[2])
    }
}

#[tokio::test]
async fn a_connection_is_up_again_when_the_server_hands_on_messages() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("nats://{}", listener.local_addr().expect("an address"));
    let serves = async {
        let mut script = Script::accept(&listener).await;
        let answer = script.hears_a_round_trip().await;
        script.says(&answer).await;
        script
    };
    let (script, bus) = tokio::join!(serves, Nats::connect(Settings::to(url, "test", 1)));
    let bus = bus.expect("it connects");
    let mut events = bus.events();
    drop(script);
    told(&mut events, Event::Disconnected).await;
    let mut script = Script::accept(&listener).await;
    let answer = script.hears_a_round_trip().await;
    assert_eq!(events.try_recv(), Err(TryRecvError::Empty), "nothing was handed on yet");
    script.says(&answer).await;
    told(&mut events, Event::Reconnected).await;
}
