//! A client without a library: it says whatever it likes, and hears what comes back.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::PATIENCE;

/// Where its answers come to.
pub(super) const INBOX: &str = "_INBOX.raw";

/// A client on a socket.
pub(super) struct Raw(BufReader<TcpStream>);

/// What it hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    /// A message.
    Message(Message),
    /// The server complains.
    Complaint(String),
    /// An answer to a ping.
    Pong,
    /// The connection has ended.
    End,
}

/// A message, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) subject: String,
    pub(super) headers: String,
    pub(super) payload: String,
}

impl Raw {
    /// Comes in, and listens to its answers.
    pub(super) async fn connect(address: &str) -> Self {
        let mut raw = Self::come(address).await;
        raw.say(format!("SUB {INBOX}.> 1\r\n").as_bytes()).await;
        raw
    }

    /// Comes in.
    pub(super) async fn come(address: &str) -> Self {
        Self::come_with(address, "").await
    }

    /// Comes in as a user.
    pub(super) async fn come_as(address: &str, user: &str, password: &str) -> Self {
        Self::come_with(address, &format!(r#","user":"{user}","pass":"{password}""#)).await
    }

    async fn come_with(address: &str, more: &str) -> Self {
        let socket = TcpStream::connect(address).await.expect("it is let in");
        let mut raw = Self(BufReader::new(socket));
        let info = raw.line().await.expect("it hears who is there");
        assert!(info.starts_with("INFO {"), "{info}");
        let wishes = r#""verbose":false,"pedantic":false,"headers":true,"no_responders":true"#;
        raw.say(format!("CONNECT {{{wishes}{more}}}\r\n").as_bytes()).await;
        raw
    }

    /// Says this. A server that has ended the connection does not hear it.
    pub(super) async fn say(&mut self, bytes: &[u8]) {
        let said = timeout(PATIENCE, self.0.get_mut().write_all(bytes)).await;
        let _ = said.expect("it is listened to");
    }

    /// What comes next.
    pub(super) async fn hear(&mut self) -> Heard {
        let next = timeout(PATIENCE, self.next()).await;
        next.expect("something comes")
    }

    async fn next(&mut self) -> Heard {
        loop {
            let Some(line) = self.line().await else { return Heard::End };
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["PONG"] => return Heard::Pong,
                ["PING"] => self.say(b"PONG\r\n").await,
                ["INFO", ..] => {}
                ["-ERR", ..] => return Heard::Complaint(line["-ERR ".len()..].to_owned()),
                ["MSG", subject, _, bytes] => return self.message(subject, "0", bytes).await,
                ["HMSG", subject, _, headers, bytes] => {
                    return self.message(subject, headers, bytes).await;
                }
                _ => panic!("the server says {line:?}"),
            }
        }
    }

    async fn message(&mut self, subject: &str, headers: &str, bytes: &str) -> Heard {
        let number = |text: &str| text.parse::<usize>().expect("a number");
        let mut all = vec![0; number(bytes) + 2];
        self.0.read_exact(&mut all).await.expect("all of it comes");
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("answers are text");
        let (headers, payload) = all[..number(bytes)].split_at(number(headers));
        let (headers, payload) = (text(headers), text(payload));
        Heard::Message(Message { subject: subject.into(), headers, payload })
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.0.read_line(&mut line).await;
        matches!(read, Ok(1..)).then(|| line.trim_end().to_owned())
    }
}

/// A message to a subject, with an answer wanted there.
pub(super) fn publish(subject: &str, reply: &str, headers: &[u8], body: &[u8]) -> Vec<u8> {
    let (head, all) = (headers.len(), headers.len() + body.len());
    let line = match headers.is_empty() {
        true => format!("PUB {subject} {reply} {all}\r\n"),
        false => format!("HPUB {subject} {reply} {head} {all}\r\n"),
    };
    [line.as_bytes(), headers, body, b"\r\n"].concat()
}
