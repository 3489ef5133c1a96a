//! Answers as messages: a body in JSON, and headers that the tools of NATS understand.

use events::bus::Headers;
use events::bus::headers::InvalidHeader;
use events::id::CommandId;

use super::headers::{COMMAND_ID, ERROR, ERROR_CODE};
use crate::app::asking::Answered;
use crate::app::refusal::Refusal;
use crate::doors::answer::{AnswerBody, Reason};

/// The longest message in a header; the whole one is in the body.
const ERROR_CHARS_MAX: usize = 200;

/// An answer, ready to be sent.
pub(super) struct Rendered {
    pub(super) headers: Headers,
    pub(super) body: Vec<u8>,
    /// The class and the code, if it is a refusal.
    pub(super) refused: Option<(u16, String)>,
}

/// What became of a command or a fact.
pub(super) fn of(answered: &Answered, id: CommandId) -> Rendered {
    let body = AnswerBody::of(answered, id);
    let id = id.id.to_string();
    let headers = Headers::none().with(COMMAND_ID, &id);
    rendered(&body, headers)
}

/// What was found.
pub(super) fn found(body: Vec<u8>) -> Rendered {
    Rendered { headers: Headers::none(), body, refused: None }
}

/// Why nothing was even asked.
pub(super) fn refused(refusal: &Refusal) -> Rendered {
    rendered(&AnswerBody::Refused(Reason::of(refusal, None)), Ok(Headers::none()))
}

fn rendered(body: &AnswerBody, headers: Result<Headers, InvalidHeader>) -> Rendered {
    let mut headers = headers.expect("a uuid is a value");
    let refused = body.refused().map(|(status, code, message)| {
        headers = error(std::mem::take(&mut headers), status, message);
        (status, code.to_owned())
    });
    let body = serde_json::to_vec(body).expect("texts and numbers are JSON");
    Rendered { headers, body, refused }
}

fn error(headers: Headers, status: u16, message: &str) -> Headers {
    let shown = message.chars().filter(|c| !c.is_control()).take(ERROR_CHARS_MAX);
    let message: String = shown.collect();
    let with = headers.with(ERROR, &message).and_then(|h| h.with(ERROR_CODE, &status.to_string()));
    with.expect("control characters were left out")
}
