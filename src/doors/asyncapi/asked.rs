//! What is said to the system.

use actors::command::Spoken;
use actors::task::TaskCommand;
use events::id::{StreamKey, TaskId, Word};
use events::subject::{Target, What};
use schemars::{JsonSchema as _, Schema, SchemaGenerator, json_schema};

use super::building::{Channel, Document, ID, Way};
use super::headers::{self, ANSWERED, COMMAND, FACT, IN_HEADERS, NONE, SEALED_COMMAND, SIGNAL};
use crate::app::dispatch::seals;
use crate::app::mending::{self, CATEGORY};
use crate::app::read::{QUESTIONS, Query};
use crate::app::signals;
use crate::doors::answer::AnswerBody;

/// What becomes of a command.
const OUTCOME: &str = "outcome";
/// Why a question or a signal is not answered.
const REFUSED: &str = "refused";

/// What became of a word to a reaction.
const MENDED: &str = "mended";

/// What every answer is made of.
pub(super) fn answers(document: &mut Document) {
    headers::put(document);
    document.answers();
    document.message(OUTCOME, Way::Out, AnswerBody::json_schema, ANSWERED);
    document.message(REFUSED, Way::Out, AnswerBody::refused_shape, ANSWERED);
    document.answer(OUTCOME);
    document.answer(REFUSED);
}

/// What can be said to actors of a category.
pub(super) fn verbs<C: Spoken>(document: &mut Document, category: &str) {
    for verb in C::VERBS {
        // Something may be said and happen in the same word: `schedule.set`.
        let message = format!("command.{category}.{verb}");
        let shape = C::shape(verb).expect("every verb has a shape");
        let headers = if seals(category, verb) { SEALED_COMMAND } else { COMMAND };
        document.message(&message, Way::In, shape, headers);
        let target = || Target {
            category: category.parse().expect("it is a word"),
            id: id(),
            word: word(verb),
        };
        let waited = format!("A command, `{verb}`: the answer comes when it is on disk.");
        let enqueued = format!("The command `{verb}`, where nobody has to wait for the answer.");
        for (kind, what, about) in [
            ("command", What::Command(target()), waited),
            ("enqueue", What::Enqueue(target()), enqueued),
        ] {
            document.channel(&Channel {
                name: &format!("{kind}.{category}.{verb}"),
                what,
                id: Some(category),
                way: Way::In,
                messages: &[&message],
                replies: &[OUTCOME],
                about: &about,
            });
        }
    }
}

/// What can be said to reactions.
pub(super) fn mending(document: &mut Document) {
    document.message(MENDED, Way::Out, mending::MENDED, NONE);
    document.answer(MENDED);
    for verb in mending::VERBS {
        let message = format!("{CATEGORY}.{verb}");
        let shape = mending::shape(verb).expect("every verb has a shape");
        document.message(&message, Way::In, shape, NONE);
        let target = Target {
            category: CATEGORY.parse().expect("it is a word"),
            id: id(),
            word: word(verb),
        };
        document.channel(&Channel {
            name: &format!("command.{message}"),
            what: What::Command(target),
            id: Some(CATEGORY),
            way: Way::In,
            messages: &[&message],
            replies: &[MENDED, REFUSED],
            about: &format!("`{verb}` about an event that a reaction could not deal with."),
        });
    }
}

/// What happened elsewhere.
pub(super) fn facts(document: &mut Document) {
    document.message("fact", Way::In, crate::fact::SHAPE, FACT);
    document.message("fact_in_headers", Way::In, anything, IN_HEADERS);
    let source = || ID.parse().expect("it is a token");
    for (name, what, about) in [
        ("fact", What::Fact(source()), "A fact: the answer comes when it is on disk."),
        ("deposit", What::Deposit(source()), "A fact, where nobody has to wait for the answer."),
    ] {
        document.channel(&Channel {
            name,
            what,
            id: Some("source"),
            way: Way::In,
            messages: &["fact", "fact_in_headers"],
            replies: &[OUTCOME],
            about,
        });
    }
}

/// What can be known.
pub(super) fn questions(document: &mut Document) {
    for question in QUESTIONS {
        let (asked, found) = Query::shapes(question).expect("every question has its shapes");
        let (name, answer) = (format!("query.{question}"), format!("found.{question}"));
        document.message(&name, Way::In, asked, NONE);
        document.message(&answer, Way::Out, found, NONE);
        document.answer(&answer);
        document.channel(&Channel {
            name: &name,
            what: What::Query(word(question)),
            id: None,
            way: Way::In,
            messages: &[&name],
            replies: &[&answer, REFUSED],
            about: "A question; the answer says up to which position of the log it holds.",
        });
    }
}

/// Signs of life and of progress.
pub(super) fn signals(document: &mut Document) {
    let (beat, drop) = signals::HEARTBEAT;
    document.message("heartbeat", Way::In, beat, NONE);
    document.message("found.heartbeat", Way::Out, drop, NONE);
    document.answer("found.heartbeat");
    document.channel(&Channel {
        name: "heartbeat",
        what: What::Heartbeat(ID.parse().expect("it is a token")),
        id: Some("agent"),
        way: Way::In,
        messages: &["heartbeat"],
        replies: &["found.heartbeat", REFUSED],
        about: "A process of an agent lives; it is told what to drop.",
    });
    let progress = TaskCommand::shape("progress").expect("it is a verb");
    document.message("progress", Way::In, progress, SIGNAL);
    document.channel(&Channel {
        name: "progress",
        what: What::Progress(ID.parse::<TaskId>().expect("it is a uuid")),
        id: Some("task"),
        way: Way::In,
        messages: &["progress"],
        replies: &[],
        about: "How far a task is; what comes too soon after the last word is let go.",
    });
}

/// Whatever it may be.
fn anything(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "description": "The data of the fact: JSON, text, or bytes." })
}

fn id() -> StreamKey {
    ID.parse().expect("it is a token")
}

fn word(text: &str) -> Word {
    text.parse().expect("it is a word")
}
