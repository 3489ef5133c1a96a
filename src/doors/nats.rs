//! The door for NATS clients: what they send to the subjects of Annals is read, done, and answered.
//! On the bus of this process it listens on the thread of whoever sends, without a queue between.

mod answers;
mod asked;
pub mod far;
pub(in crate::doors) mod headers;
mod intake;
mod listening;
mod offered;
pub mod relay;

use std::sync::Arc;

use events::bus::message::View;
use events::bus::subject::tokens;
use events::bus::{Message, Name, Origin};
use events::id::{CommandId, Principal, Tenant};
use events::subject::{Subject, What};
use events::time::Clock;
use tokio::time::Instant;

use crate::app::asking::{Answered, Asking, Context};
use crate::app::dispatch::{Dispatch, Saying};
use crate::app::mending::{self, Mender, Wish};
use crate::app::read::{Query, Reader};
use crate::app::refusal::Refusal;
use crate::app::signals::{Signals, progress_target};
use crate::app::who::Who;
use asked::Headed;
pub use listening::serve_router;
pub use offered::Offered;

/// Where answers are sent.
pub trait Outlet: Send + Sync + 'static {
    /// Sends an answer, without waiting for anything.
    fn send(&self, message: Message);
    /// The largest answer that it sends, with its headers.
    fn bytes_max(&self) -> usize;
}

/// Who vouches for those who send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// The listener, which knows each connection.
    Connection,
    /// A server of NATS by its permissions: who may send to a tenant's subjects is of that tenant.
    Subject,
}

/// Who is asked.
pub struct Asked {
    /// For something to be done.
    pub dispatch: Arc<Dispatch>,
    /// For what is known.
    pub reader: Arc<Reader>,
    /// To take note.
    pub signals: Arc<Signals>,
    /// To mend what reactions could not deal with.
    pub mender: Arc<Mender>,
}

/// The door.
pub struct NatsDoor {
    asked: Asked,
    clock: Arc<dyn Clock>,
    outlet: Arc<dyn Outlet>,
    trust: Trust,
    offered: Offered,
}

/// Who else is told why something was refused, if it was.
type Then = Box<dyn FnOnce(Option<String>) + Send>;

/// A request that is under way.
struct Request {
    reply: Option<Name>,
    then: Option<Then>,
    outlet: Arc<dyn Outlet>,
    counts: Arc<events::bus::discovery::Counts>,
    began: Instant,
}

impl NatsDoor {
    /// A door to these.
    #[must_use]
    pub fn new(asked: Asked, clock: Arc<dyn Clock>, outlet: Arc<dyn Outlet>, trust: Trust) -> Self {
        Self { asked, clock, outlet, trust, offered: Offered::default() }
    }

    /// What is counted of what it offers.
    #[must_use]
    pub fn offered(&self) -> &Offered {
        &self.offered
    }

    /// Takes a message that someone sent to a subject of Annals.
    pub fn take(&self, message: &View<'_>) {
        self.take_then(message, None);
    }

    /// The same, and tells when it is answered.
    fn take_then(&self, message: &View<'_>, then: Option<Then>) {
        let subject = str::from_utf8(message.subject).ok().and_then(|text| text.parse().ok());
        let what = subject.as_ref().map(|subject: &Subject| &subject.what);
        let request = Request {
            reply: message.reply.and_then(answered_at),
            then,
            outlet: Arc::clone(&self.outlet),
            counts: Arc::clone(self.offered.counts(what)),
            began: Instant::now(),
        };
        let Some(subject) = subject else {
            let text = String::from_utf8_lossy(message.subject);
            let what =
                format!("{text:?} is no subject that is answered: see `annals bus sub --help`");
            return request.refuse(&Refusal::Unknown(what));
        };
        match self.who(&subject.tenant, message) {
            Ok(who) => self.take_from(who, subject, message, request),
            Err(refusal) => request.refuse(&refusal),
        }
    }

    fn take_from(&self, who: Who, subject: Subject, message: &View<'_>, request: Request) {
        let headed = match Headed::read(message.headers) {
            Ok(headed) => headed,
            Err(refusal) => return request.refuse(&refusal),
        };
        let Subject { tenant, what } = subject;
        let payload = message.payload;
        match what {
            What::Command(target) if target.category.as_str() == mending::CATEGORY => {
                let wish = Wish { who, tenant, target, body: payload.to_vec() };
                self.asked.mender.mend(wish, Box::new(move |found| request.found(found)));
            }
            What::Command(target) | What::Enqueue(target) => {
                let id = headed.id.unwrap_or_else(|| asked::new_id(&*self.clock));
                let body = bytes::Bytes::copy_from_slice(payload);
                let asking = Asking { who, tenant, target, id, body, context: headed.context };
                self.asked
                    .dispatch
                    .dispatch(asking, Box::new(move |done| request.answer(&done, id)));
            }
            What::Fact(source) | What::Deposit(source) => {
                self.record(who, tenant, source, message, headed.context, request);
            }
            What::Query(question) => self.read(who, tenant, question.as_str(), payload, request),
            What::Heartbeat(agent) => {
                let tell = Box::new(move |found| request.found(found));
                self.asked.signals.heartbeat(&who, tenant, agent, payload, tell);
            }
            What::Progress(task) => {
                let (target, id) = (progress_target(task), asked::new_id(&*self.clock));
                let (body, context) = (bytes::Bytes::copy_from_slice(payload), headed.context);
                self.asked
                    .signals
                    .progress(Asking { who, tenant, target, id, body, context }, task);
            }
            _ => request.refuse(&Refusal::Unknown("nothing is answered there".into())),
        }
    }

    fn record(
        &self,
        who: Who,
        tenant: Tenant,
        source: events::id::Source,
        message: &View<'_>,
        context: Context,
        request: Request,
    ) {
        let body = match asked::cloud_event(message.headers, message.payload) {
            Ok(body) => body,
            Err(refusal) => return request.refuse(&refusal),
        };
        // The answer names the id that the log knows the fact by.
        let id = asked::fact_id(&source, &body);
        let saying = Saying { who, tenant, source, body, context };
        self.asked.dispatch.record(saying, Box::new(move |done| request.answer(&done, id)));
    }

    fn read(&self, who: Who, tenant: Tenant, question: &str, body: &[u8], request: Request) {
        match Query::read(question, body) {
            Ok(query) => {
                let tell = Box::new(move |found| request.found(found));
                self.asked.reader.read(who, tenant, query, tell);
            }
            Err(refusal) => request.refuse(&refusal),
        }
    }

    fn who(&self, tenant: &Tenant, message: &View<'_>) -> Result<Who, Refusal> {
        match (self.trust, message.origin) {
            (Trust::Connection, Some(origin)) => Ok(Who::from(&**origin as &Origin)),
            (Trust::Connection, None) => Err(Refusal::Nameless),
            (Trust::Subject, _) => {
                let principal = asked::principal(message.headers)
                    .unwrap_or_else(|| Principal::new("nats").expect("it is a word"));
                Ok(Who { tenant: tenant.clone(), principal })
            }
        }
    }
}

impl Request {
    fn answer(self, answered: &Answered, id: CommandId) {
        self.send(answers::of(answered, id));
    }

    fn found(self, found: Result<Vec<u8>, Refusal>) {
        match found {
            Ok(body) => self.send(answers::found(body)),
            Err(refusal) => self.refuse(&refusal),
        }
    }

    fn refuse(self, refusal: &Refusal) {
        self.send(answers::refused(refusal));
    }

    fn send(self, answer: answers::Rendered) {
        let answer = fitting(answer, self.outlet.bytes_max());
        match &answer.refused {
            Some((status, code)) => self.counts.refused(self.began.elapsed(), *status, code),
            None => self.counts.answered(self.began.elapsed()),
        }
        if let Some(then) = self.then {
            then(answer.refused.map(|(_, code)| code));
        }
        if let Some(reply) = self.reply {
            let headers = answer.headers;
            self.outlet.send(Message { headers, ..Message::new(reply, answer.body) });
        }
    }
}

/// An answer that can be sent; one that is too large would not arrive, and nobody would know why.
fn fitting(answer: answers::Rendered, limit: usize) -> answers::Rendered {
    let bytes = answer.headers.wire().len() + answer.body.len();
    if bytes <= limit {
        answer
    } else {
        answers::refused(&Refusal::AnswerTooLarge { bytes, limit })
    }
}

/// Where an answer goes: nowhere that it would be taken for an event, for work or for a command.
fn answered_at(reply: &[u8]) -> Option<Name> {
    let is_ours = tokens(reply).next() == Some(b"annals");
    if is_ours { None } else { Name::new(reply.to_vec()).ok() }
}

/// What is listened to.
#[cfg(test)]
pub(in crate::doors) fn listened_to() -> [&'static str; 7] {
    listening::SUBJECTS
}

#[cfg(test)]
mod tests {
    use super::{answered_at, answers, fitting};

    #[test]
    fn an_answer_that_is_too_large_says_so() {
        let found = |bytes| fitting(answers::found(vec![b'x'; bytes]), 1000);
        assert_eq!((found(1000).refused, found(1000).body.len()), (None, 1000));
        let refused = found(1001);
        assert_eq!(refused.refused, Some((413, "too_large".into())));
        let body = String::from_utf8(refused.body).expect("text");
        assert!(body.contains("1001 bytes"), "{body}");
    }

    #[test]
    fn an_answer_goes_nowhere_that_it_means_something_else() {
        for reply in ["annals.main.event.task.1.completed", "annals.main.work.a", "annals", "a..b"]
        {
            assert_eq!(answered_at(reply.as_bytes()), None, "{reply}");
        }
        assert!(answered_at(b"_INBOX.a.b").is_some());
    }
}
