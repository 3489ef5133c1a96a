//! What a client has said, done.

mod publish;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;

use super::Door;
use super::access::{Admitted, Permissions};
use super::connect::{Connect, is_info};
use super::connection::Connection;
use super::parse::{Operation, Parser, Step};
use super::quote::quote;
use super::subscribed::Subscribed;
use crate::bus::router::{Listener, Sender};
use crate::bus::subject::tokens;
use crate::bus::{Origin, Pattern};

/// How much of what a client says is done before others have their turn.
const TURN_MAX: usize = 256;

/// The client goes; this is what it is told.
#[derive(Debug)]
pub(super) struct Quit(pub(super) Option<Cow<'static, str>>);

/// A client and what it has asked for.
pub(super) struct Session {
    door: Arc<Door>,
    connection: Arc<Connection>,
    parser: Parser,
    client: Connect,
    permissions: Arc<Permissions>,
    origin: Arc<Origin>,
    sender: Sender,
    subscriptions: HashMap<Box<[u8]>, Arc<Subscribed>>,
}

impl Session {
    pub(super) fn new(door: &Arc<Door>, connection: &Arc<Connection>) -> Self {
        let config = &door.config;
        Self {
            door: Arc::clone(door),
            connection: Arc::clone(connection),
            parser: Parser::new(config.payload_max, config.access.is_guarded()),
            client: Connect::default(),
            permissions: Arc::default(),
            origin: Origin::anonymous(),
            sender: Sender::default(),
            subscriptions: HashMap::new(),
        }
    }

    /// Whether it understands what the server says about itself later.
    pub(super) fn hears_info(&self) -> bool {
        self.client.hears_info() && !self.parser.unknown
    }

    /// Listeners that were pressed by what it has sent.
    pub(super) fn take_pressed(&mut self) -> Vec<Arc<dyn Listener>> {
        self.sender.take_pressed()
    }

    /// Does what is said there, as far as one turn goes; gives how many bytes are done with, and how
    /// many have to be behind them before there is more to do.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(usize, usize), Quit> {
        let mut done = 0;
        for _ in 0..TURN_MAX {
            match self.parser.step(&bytes[done..]) {
                Step::Said { taken, operation } => {
                    done += taken;
                    self.perform(operation)?;
                }
                Step::More { taken, needed } => return Ok((done + taken, needed)),
                Step::Failed(failure) => return Err(Quit(failure.text().map(Cow::Borrowed))),
            }
        }
        Ok((done, 1))
    }

    fn perform(&mut self, operation: Operation<'_>) -> Result<(), Quit> {
        match operation {
            Operation::Publish(message) => self.publish(message),
            Operation::Ping => self.connection.say(b"PONG\r\n"),
            Operation::Pong => self.connection.is_there(),
            Operation::Content => {}
            Operation::Subscribe { subject, group, sid } => self.subscribe(subject, group, sid),
            Operation::Unsubscribe { sid, max } => self.unsubscribe(sid, max),
            Operation::Connect(json) => self.connect(json)?,
            Operation::Info(json) if is_info(json) => {}
            Operation::Info(_) => return Err(Quit(None)),
        }
        Ok(())
    }

    /// It is content if it wants to know.
    fn confirm(&self) {
        if self.client.verbose {
            self.connection.say(b"+OK\r\n");
        }
    }

    fn connect(&mut self, json: &[u8]) -> Result<(), Quit> {
        self.client.learn(json).ok_or(Quit(None))?;
        let refused = Quit(Some("Authorization Violation".into()));
        let admitted = self.door.config.access.admit(&self.client).ok_or(refused)?;
        let Admitted { permissions, origin } = admitted;
        (self.permissions, self.origin) = (permissions, origin);
        if let Some(complaint) = self.client.complaint() {
            return Err(Quit(Some(complaint.into())));
        }
        let client = &mut self.client;
        tracing::debug!(
            id = self.connection.id,
            name = client.name.take(),
            lang = client.lang.take(),
            version = client.version.take(),
            "a client says who it is"
        );
        self.parser.unknown = false;
        self.parser.headers = client.headers;
        self.connection.is_known(client.headers);
        self.confirm();
        Ok(())
    }

    fn subscribe(&mut self, subject: &[u8], group: Option<&[u8]>, sid: &[u8]) {
        if let Err(complaint) = self.may_subscribe(subject, group) {
            return self.connection.complain(&complaint);
        }
        let known = self.subscriptions.get(sid).filter(|known| !known.has_ended());
        if known.is_none() {
            let Some(pattern) = Pattern::as_received(subject) else {
                return self.connection.complain("Invalid Subject");
            };
            let (connection, group) = (&self.connection, group.map(Bytes::copy_from_slice));
            let subscribed = Subscribed::listen(connection, pattern, group, sid, &self.permissions);
            self.subscriptions.insert(sid.into(), subscribed);
        }
        self.confirm();
    }

    fn may_subscribe(
        &mut self,
        subject: &[u8],
        group: Option<&[u8]>,
    ) -> Result<(), Cow<'static, str>> {
        let config = &self.door.config;
        let refused = || format!("Permissions Violation for Subscription to {}", quote(subject));
        if tokens(subject).nth(config.tokens_max).is_some() {
            return Err(format!("{}, too many tokens", refused()).into());
        }
        let kept = config.keeps_subjects && config.access.is_guarded();
        if !self.permissions.subscribe.allow_pattern(subject) || kept && !self.may_hear(subject) {
            let group = group.map(|group| format!(" using queue {}", quote(group)));
            return Err((refused() + group.as_deref().unwrap_or_default()).into());
        }
        let limit = config.subscriptions_max;
        for sid in self.connection.take_ended() {
            // It may have begun anew meanwhile.
            if self.subscriptions.get(&sid).is_some_and(|known| known.has_ended()) {
                self.subscriptions.remove(&sid);
            }
        }
        if self.subscriptions.len() >= limit {
            return Err("maximum subscriptions exceeded".into());
        }
        Ok(())
    }

    /// Whether it may hear all of that: nothing of others, and no answers to this process.
    fn may_hear(&self, pattern: &[u8]) -> bool {
        self.origin.may_listen_to(pattern) && !self.door.router.waits_at(pattern)
    }

    fn unsubscribe(&mut self, sid: &[u8], max: u64) {
        if let Some(subscribed) = self.subscriptions.get(sid)
            && (subscribed.has_ended() || subscribed.end_after(max))
        {
            self.subscriptions.remove(sid);
        }
        self.confirm();
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The youngest first: they stand at the end of every list.
        let mut all: Vec<_> =
            self.subscriptions.drain().map(|(_, subscribed)| subscribed).collect();
        all.sort_unstable_by_key(|subscribed| std::cmp::Reverse(subscribed.id));
        all.iter().for_each(|subscribed| subscribed.close());
    }
}
