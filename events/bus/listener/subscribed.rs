//! A subscription of a client: writes messages for it straight into what waits for the client.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;

use super::access::Permissions;
use super::connection::Connection;
use super::outbox::Put;
use crate::bus::message::View;
use crate::bus::router::{Listener, Taken};
use crate::bus::{Event, Pattern};

/// A subscription of a client.
pub(super) struct Subscribed {
    pub(super) id: u64,
    connection: Arc<Connection>,
    pattern: Pattern,
    group: Option<Bytes>,
    /// What the client calls it.
    sid: Box<[u8]>,
    /// What is looked up at each message, if anything is.
    permissions: Option<Arc<Permissions>>,
    delivered: AtomicU64,
    /// After how many it ends; never, if none.
    max: AtomicU64,
    /// Whether the client has ended it. Who found it just before gives its message to another one.
    closed: AtomicBool,
}

impl Subscribed {
    /// From now on the client gets what is sent to such subjects.
    pub(super) fn listen(
        connection: &Arc<Connection>,
        pattern: Pattern,
        group: Option<Bytes>,
        sid: &[u8],
        permissions: &Arc<Permissions>,
    ) -> Arc<Self> {
        let checks =
            !permissions.subscribe.deny.is_empty() || permissions.allow_responses.is_some();
        let subscribed = Arc::new(Self {
            id: connection.router.new_id(),
            connection: Arc::clone(connection),
            pattern,
            group,
            sid: sid.into(),
            permissions: checks.then(|| Arc::clone(permissions)),
            delivered: AtomicU64::new(0),
            max: AtomicU64::new(0),
            closed: AtomicBool::new(false),
        });
        let (pattern, group) = (&subscribed.pattern, subscribed.group.as_ref());
        let listener = Arc::clone(&subscribed) as Arc<dyn Listener>;
        connection.router.listen(pattern, group, subscribed.id, listener);
        subscribed
    }

    /// Ends it after so many messages in all; says whether it has ended by that.
    pub(super) fn end_after(&self, max: u64) -> bool {
        self.max.store(max, Ordering::SeqCst);
        let ends = max <= self.delivered.load(Ordering::SeqCst);
        if ends {
            self.close();
        }
        ends
    }

    /// The client gets nothing more, also of what is on its way.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.end();
    }

    /// Nothing more is on its way; says whether it was listening.
    fn end(&self) -> bool {
        self.connection.router.forget(&self.pattern, self.group.as_ref(), self.id)
    }

    /// Whether it has had all that it wanted.
    pub(super) fn has_ended(&self) -> bool {
        let max = self.max.load(Ordering::SeqCst);
        max > 0 && self.delivered.load(Ordering::SeqCst) >= max
    }

    /// Whether it may have one more. The last one ends it.
    fn counts(&self) -> bool {
        let before = self.delivered.fetch_add(1, Ordering::SeqCst);
        let max = self.max.load(Ordering::SeqCst);
        if max > 0 && before + 1 >= max && self.end() {
            self.connection.ended(&self.sid);
        }
        max == 0 || before < max
    }

    fn is_allowed(&self, message: &View<'_>) -> bool {
        let denied = |permissions: &Permissions| permissions.subscribe.denies(message.subject);
        !self.permissions.as_deref().is_some_and(denied)
    }

    /// Who is asked may answer; noted before the question is there.
    fn is_asked(&self, message: &View<'_>) {
        let how = self.permissions.as_ref().and_then(|permissions| permissions.allow_responses);
        if let (Some(how), Some(reply)) = (how, message.reply) {
            self.connection.replies.asked(reply, how);
        }
    }

    fn put(&self, message: &View<'_>) -> Taken {
        let headers = if self.connection.takes_headers() { message.headers } else { &[] };
        // Looked at while nothing else can be put there: what the client is told behind its end
        // stands behind every message.
        let put = self.connection.outbox.put_if(
            || !self.closed.load(Ordering::SeqCst),
            |out| write(out, &self.sid, headers, message),
        );
        match put {
            Put::Waits => Taken::Yes,
            Put::Pressed => Taken::Pressed,
            Put::Gone => Taken::No,
            Put::Cut => {
                let event = Event::SlowConsumer { pattern: self.pattern.clone(), missed: 1 };
                self.connection.router.tell(event);
                Taken::No
            }
        }
    }
}

impl Listener for Subscribed {
    fn take(&self, _: u64, message: &View<'_>) -> Taken {
        if !self.is_allowed(message) || !self.counts() {
            return Taken::No;
        }
        self.is_asked(message);
        self.put(message)
    }

    fn notify(&self, message: &View<'_>) {
        self.put(message);
    }

    fn connection(&self) -> Option<u64> {
        Some(self.connection.id)
    }

    fn is_pressed(&self) -> bool {
        self.connection.outbox.is_pressed()
    }
}

/// What is needed beside subject, reply, sid, headers and payload, at most.
const FRAME_BYTES: usize = 64;

/// Writes a message as a client gets it.
pub(super) fn write(out: &mut Vec<u8>, sid: &[u8], headers: &[u8], message: &View<'_>) {
    let reply = message.reply.unwrap_or_default();
    let size = headers.len() + message.payload.len();
    out.reserve(message.subject.len() + sid.len() + reply.len() + size + FRAME_BYTES);
    out.extend_from_slice(if headers.is_empty() { b"MSG " } else { b"HMSG " });
    for word in [message.subject, sid, reply] {
        if !word.is_empty() {
            out.extend_from_slice(word);
            out.push(b' ');
        }
    }
    if !headers.is_empty() {
        write_number(out, headers.len());
        out.push(b' ');
    }
    write_number(out, size);
    for part in [b"\r\n", headers, message.payload, b"\r\n"] {
        out.extend_from_slice(part);
    }
}

fn write_number(out: &mut Vec<u8>, mut number: usize) {
    let (mut digits, mut at) = ([0; 20], 20);
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_found_a_subscription_just_before_it_ended_gives_the_message_to_another_one() {
        let router = crate::bus::Router::new(1);
        let connection =
            Arc::new(Connection::new(&router, &crate::bus::listener::Config::default()));
        let pattern = Pattern::as_received(b"a").expect("a pattern");
        let subscribed = Subscribed::listen(&connection, pattern, None, b"1", &Arc::default());
        let message = View::of(b"a", None, b"", b"");
        assert_eq!(subscribed.take(0, &message), Taken::Yes);
        subscribed.close();
        assert_eq!(subscribed.take(0, &message), Taken::No);
    }

    fn written(reply: Option<&[u8]>, headers: &[u8], payload: &[u8]) -> String {
        let mut out = Vec::new();
        write(&mut out, b"7", headers, &View::of(b"a.b", reply, headers, payload));
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn a_message_is_written_as_clients_read_it() {
        assert_eq!(written(None, b"", b""), "MSG a.b 7 0\r\n\r\n");
        assert_eq!(written(Some(b"r"), b"", b"0123456789"), "MSG a.b 7 r 10\r\n0123456789\r\n");
        let headers = b"NATS/1.0\r\n\r\n";
        assert_eq!(written(None, headers, b"hi"), "HMSG a.b 7 12 14\r\nNATS/1.0\r\n\r\nhi\r\n");
    }
}
