//! What nobody waits for, where a server keeps it (JetStream): it is settled with the server when it is on
//! disk, and comes again if it is not. That is harmless: what has no id of its own has one that is made
//! of its place in the stream.

use std::sync::Arc;
use std::time::Duration;

use events::bus::nats::Nats;
use events::bus::nats::intake::{Delivered, Fate, Intake, Keeping, PENDING_MAX, Receipt};
use events::bus::{Error, Message};
use events::planted::{Bug, planted};
use events::subject::patterns;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use super::NatsDoor;
use super::headers::{COMMAND_ID, MESSAGE_ID};
use crate::app::refusal::Code;

/// What is kept.
pub(super) const SUBJECTS: [&str; 2] = [patterns::ENQUEUED, patterns::DEPOSITED];
const KEEPING: Keeping<'static> =
    Keeping { stream: "ANNALS_INTAKE", consumer: "annals", subjects: &SUBJECTS };
/// How long it waits before it takes in anew what did not come.
const PAUSE: Duration = Duration::from_secs(1);
/// When it is worth another try where something has to be mended first, or has to rest.
const LONG: Duration = Duration::from_secs(60);
/// How often something that makes the program fail is tried.
const TRIES_MAX: u64 = 10;

type Settled = (Receipt, Fate);

/// Has it kept from now on.
pub(super) async fn open(nats: &Nats) -> Result<Intake, Error> {
    nats.intake(&KEEPING).await
}

/// Takes what comes, until it is stopped.
pub(super) async fn take(
    door: Arc<NatsDoor>,
    nats: Arc<Nats>,
    mut intake: Intake,
    settle: mpsc::Sender<Settled>,
    mut stopped: watch::Receiver<bool>,
) {
    loop {
        let came = tokio::select! {
            came = intake.next() => came,
            _ = stopped.wait_for(|stopped| *stopped) => return,
        };
        match came {
            Ok(delivered) => give(&door, delivered, settle.clone()),
            Err(Error::Closed) => return,
            Err(error) => {
                tracing::warn!(%error, "what is kept does not come; it is taken in anew");
                let opened = tokio::select! {
                    opened = open_again(&nats) => opened,
                    _ = stopped.wait_for(|stopped| *stopped) => return,
                };
                intake = opened;
            }
        }
    }
}

/// A server that has forgotten everything is told anew what to keep.
async fn open_again(nats: &Nats) -> Intake {
    loop {
        sleep(PAUSE).await;
        match nats.intake(&KEEPING).await {
            Ok(intake) => return intake,
            Err(error) => tracing::warn!(%error, "what is kept cannot be taken in yet"),
        }
    }
}

/// Lets the door have it; what becomes of it decides whether it comes again.
fn give(door: &NatsDoor, delivered: Delivered, settle: mpsc::Sender<Settled>) {
    let Delivered { message, place, times, receipt } = delivered;
    let message = named(message, &place);
    let subject = message.subject.to_string();
    if planted(Bug::SettledAtReceipt) {
        let _ = settle.try_send((receipt, Fate::Done));
        return door.take_then(&message.view(), None);
    }
    let then = Box::new(move |refused: Option<String>| {
        let fate = fate(refused.as_deref(), times);
        if fate == Fate::Never {
            tracing::error!(subject, place, code = refused, "what was kept is given up");
        }
        // There is room for all that is on its way; what is not settled comes again.
        let _ = settle.try_send((receipt, fate));
    });
    door.take_then(&message.view(), Some(then));
}

/// A message under an id that it has whenever it comes.
fn named(message: Message, place: &str) -> Message {
    let is_named =
        |name: &str| message.headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
    if is_named(COMMAND_ID) || is_named(MESSAGE_ID) {
        return message;
    }
    match message.headers.clone().with(COMMAND_ID, &format!("jetstream/{place}")) {
        Ok(headers) => Message { headers, ..message },
        // The door says what is wrong with its headers.
        Err(_) => message,
    }
}

/// What an actor said no to is on record, and done. What cannot be read will never be.
fn fate(refused: Option<&str>, times: u64) -> Fate {
    let code = refused.and_then(|code| Code::ALL.iter().find(|known| known.name() == code));
    match code.map(|code| (code, code.again())) {
        None => Fate::Done,
        Some((Code::Broken, _)) if times >= TRIES_MAX => Fate::Never,
        // An actor that rests will have rested, and a log that is damaged may be put back.
        Some((Code::Parked | Code::StoreDamaged, _)) => Fate::Again(LONG),
        Some((_, Some(later))) => Fate::Again(later),
        Some((_, None)) => Fate::Never,
    }
}

/// Tells the server what became of each.
pub(super) async fn settle(mut settled: mpsc::Receiver<Settled>) {
    while let Some((receipt, fate)) = settled.recv().await {
        if let Err(error) = receipt.settle(fate).await {
            tracing::warn!(%error, "the server does not hear what became of something; it comes again");
        }
    }
}

/// Where it is told what became of each: there is room for all that is on its way.
pub(super) fn channel() -> (mpsc::Sender<Settled>, mpsc::Receiver<Settled>) {
    mpsc::channel(PENDING_MAX)
}

#[cfg(test)]
mod tests {
    use events::bus::Headers;

    use super::*;

    #[test]
    fn only_what_may_be_better_later_comes_again() {
        assert_eq!(fate(None, 1), Fate::Done);
        assert_eq!(fate(Some("task.not_found"), 1), Fate::Done, "it is on record");
        assert_eq!(fate(Some("malformed"), 1), Fate::Never);
        assert!(matches!(fate(Some("store_unavailable"), 1_000), Fate::Again(_)));
        // An actor that rests, and a log that is damaged, are told as what nobody should ask again soon.
        for code in ["parked", "store_damaged"] {
            assert_eq!(fate(Some(code), 1_000), Fate::Again(LONG), "{code}");
        }
        assert!(matches!(fate(Some("broken"), TRIES_MAX - 1), Fate::Again(_)));
        assert_eq!(fate(Some("broken"), TRIES_MAX), Fate::Never, "for ever in vain");
    }

    #[test]
    fn what_has_no_id_gets_that_of_its_place() {
        let message = || Message::new("annals.main.deposit.a".parse().expect("a name"), "{}");
        let id = |message: &Message| message.headers.get(COMMAND_ID).map(ToOwned::to_owned);
        assert_eq!(id(&named(message(), "S/1/2")).as_deref(), Some("jetstream/S/1/2"));
        let headers = Headers::none().with("nats-msg-id", "a").expect("headers");
        assert_eq!(id(&named(Message { headers, ..message() }, "S/1/2")), None);
    }
}
