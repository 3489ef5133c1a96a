//! One client from its first byte to its last. One task reads what it says, writes what waits for
//! it, and looks whether it is still there.

use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::access::Replies;
use super::input::Input;
use super::outbox::{Ended, Outbox};
use super::session::{Quit, Session};
use super::socket::{self, NoSecret, Reads, Writes};
use super::{Config, Door, ends};
use crate::bus::Router;
use crate::bus::router::Listener;

/// How long a publisher waits for who does not keep up with it, after what one read has brought.
const PATIENCE: Duration = Duration::from_millis(10);
/// How often it looks.
const GLANCE: Duration = Duration::from_millis(1);
/// How long what a client still says is read and thrown away, so that it gets our last word.
const LINGER: Duration = Duration::from_millis(250);
/// How much of it.
const LINGER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How much of it at once.
const WASTE_BYTES_MAX: usize = 1024;
/// What is said to a client that talks in plain text where it must not.
const PLAIN: &str = "Secure Connection - TLS Required";

/// A client, as those see it who have something for it.
pub(super) struct Connection {
    pub(super) id: u64,
    pub(super) router: Router,
    pub(super) outbox: Outbox,
    pub(super) replies: Replies,
    headers: AtomicBool,
    /// Whether it has said who it is.
    known: AtomicBool,
    /// Whether it has said anything since that was looked at.
    heard: AtomicBool,
    /// How many questions whether it is there have no answer.
    pings: AtomicU32,
    /// Subscriptions that have ended by themselves, each by what the client calls it.
    ended: Mutex<Vec<Box<[u8]>>>,
}

impl Connection {
    pub(super) fn new(router: &Router, config: &Config) -> Self {
        Self {
            id: router.new_id(),
            router: router.clone(),
            outbox: Outbox::new(config.waiting_bytes_max),
            replies: Replies::default(),
            headers: AtomicBool::new(false),
            known: AtomicBool::new(!config.access.is_guarded()),
            heard: AtomicBool::new(false),
            pings: AtomicU32::new(0),
            ended: Mutex::default(),
        }
    }

    pub(super) fn say(&self, line: &[u8]) {
        // Who is gone needs no answer.
        let _ = self.outbox.put(|out| out.extend_from_slice(line));
    }

    pub(super) fn complain(&self, text: &str) {
        self.say(format!("-ERR '{text}'\r\n").as_bytes());
    }

    pub(super) fn is_known(&self, takes_headers: bool) {
        self.headers.store(takes_headers, Ordering::Relaxed);
        self.known.store(true, Ordering::Relaxed);
    }

    pub(super) fn takes_headers(&self) -> bool {
        self.headers.load(Ordering::Relaxed)
    }

    pub(super) fn is_there(&self) {
        self.pings.store(0, Ordering::Relaxed);
    }

    /// A subscription has ended by itself.
    pub(super) fn ended(&self, sid: &[u8]) {
        self.ended.lock().expect("nobody panics here").push(sid.into());
    }

    /// Those that have, since this was asked.
    pub(super) fn take_ended(&self) -> Vec<Box<[u8]>> {
        std::mem::take(&mut *self.ended.lock().expect("nobody panics here"))
    }
}

/// Serves a client until it goes, is sent away, or the listener ends.
pub(super) async fn serve(
    door: Arc<Door>,
    socket: TcpStream,
    address: IpAddr,
    mut ending: watch::Receiver<bool>,
) {
    let connection = Arc::new(Connection::new(&door.router, &door.config));
    let _served = Served(Arc::clone(&connection));
    let begun = tokio::select! {
        begun = begin(&door, &connection, socket, address) => begun,
        () = ends(&mut ending) => return,
    };
    let Some((mut reads, mut writes)) = begun else { return };
    let mut session = Session::new(&door, &connection);
    let deadline = door.config.write_deadline;
    let goes = tokio::select! {
        ended = connection.outbox.write_to(&mut writes, deadline) => Goes::Written(ended),
        quit = read(&mut session, &mut reads, &connection) => Goes::Quits(quit),
        text = watch_over(&connection, &door.config) => Goes::Quits(Quit(Some(text.into()))),
        () = ends(&mut ending) => Goes::Ends,
    };
    match goes {
        Goes::Written(ended) => {
            tracing::debug!(id = connection.id, ?ended, "a client is cut off");
            connection.outbox.close();
            return;
        }
        Goes::Quits(Quit(None)) => {}
        Goes::Quits(Quit(Some(text))) => {
            tracing::debug!(id = connection.id, %text, "a client is sent away");
            connection.complain(&text);
        }
        Goes::Ends if session.hears_info() => {
            connection.say(&door.info((connection.id, address), true));
        }
        Goes::Ends => {}
    }
    drop(session);
    connection.outbox.finish();
    farewell(&connection, &mut reads, &mut writes, door.config.farewell).await;
}

/// Says who is there, and agrees on how to talk; says nothing more to who does not agree.
async fn begin(
    door: &Door,
    connection: &Connection,
    socket: TcpStream,
    address: IpAddr,
) -> Option<(Reads, Writes)> {
    let info = door.info((connection.id, address), false);
    let Some(tls) = &door.config.tls else {
        connection.say(&info);
        return Some(socket::plain(socket));
    };
    // It takes much room, which is given back when it is done.
    match Box::pin(socket::secret(socket, tls, &info, door.config.tls_timeout)).await {
        Ok(halves) => Some(halves),
        Err(NoSecret::Failed(error)) => {
            tracing::debug!(id = connection.id, %error, "no TLS with a client");
            None
        }
        Err(NoSecret::Plain(socket)) => {
            tracing::debug!(id = connection.id, "a client talks in plain text");
            let (mut reads, mut writes) = socket::plain(socket);
            connection.complain(PLAIN);
            connection.outbox.finish();
            farewell(connection, &mut reads, &mut writes, door.config.farewell).await;
            None
        }
    }
}

/// A client that is served until this is dropped. Whoever has sent it something may remember it for
/// longer, and with it all that was waiting for it.
struct Served(Arc<Connection>);

impl Drop for Served {
    fn drop(&mut self) {
        self.0.outbox.close();
    }
}

/// Why a connection ends.
enum Goes {
    /// Nothing can be written.
    Written(Ended),
    /// It went, or was sent away.
    Quits(Quit),
    /// The listener ends.
    Ends,
}

/// Lets what waits go out.
async fn farewell(
    connection: &Connection,
    reads: &mut Reads,
    writes: &mut Writes,
    patience: Duration,
) {
    let written = timeout(patience, connection.outbox.write_to(writes, patience)).await;
    if written != Ok(Ended::Finished) {
        return;
    }
    // A socket that is closed with something unread takes back what was written last.
    let _ = timeout(LINGER, async {
        let (mut waste, mut left) = (Vec::new(), LINGER_BYTES_MAX);
        writes.shutdown().await?;
        while left > 0 {
            match reads.read(&mut waste, WASTE_BYTES_MAX).await? {
                0 => break,
                bytes => left = left.saturating_sub(bytes),
            }
            waste.clear();
        }
        io::Result::Ok(())
    })
    .await;
}

/// Reads what a client says, and does it.
async fn read(session: &mut Session, socket: &mut Reads, connection: &Connection) -> Quit {
    let mut input = Input::default();
    loop {
        if !input.has_enough() {
            match input.fill(socket).await {
                Ok(0) | Err(_) => return Quit(None),
                Ok(_) => connection.heard.store(true, Ordering::Relaxed),
            }
        }
        match session.take(input.bytes()) {
            Ok((taken, needed)) => input.done(taken, needed),
            Err(quit) => return quit,
        }
        let pressed = session.take_pressed();
        if pressed.is_empty() {
            // Whoever else has something to do comes first, and what waits for this client too.
            tokio::task::yield_now().await;
        } else {
            let _ = timeout(PATIENCE, relief(&pressed)).await;
        }
    }
}

/// Returns when none of them is pressed any more.
async fn relief(pressed: &[Arc<dyn Listener>]) {
    while pressed.iter().any(|listener| listener.is_pressed()) {
        sleep(GLANCE).await;
    }
}

/// Returns what is to be said to a client that does not say who it is, or is not there any more.
async fn watch_over(connection: &Connection, config: &Config) -> &'static str {
    if !connection.known.load(Ordering::Relaxed) {
        sleep(config.auth_timeout).await;
        if !connection.known.load(Ordering::Relaxed) {
            return "Authentication Timeout";
        }
    }
    loop {
        sleep(config.ping_interval).await;
        if connection.heard.swap(false, Ordering::Relaxed) {
            continue;
        }
        if connection.pings.fetch_add(1, Ordering::Relaxed) >= config.pings_max {
            return "Stale Connection";
        }
        connection.say(b"PING\r\n");
    }
}
