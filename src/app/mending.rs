//! What people do about events that a reaction could not deal with: have one tried again, or give it up.
//! Everyone does so with the events of their own tenant; to others it looks as if nothing were parked.

use std::sync::Arc;

use actors::command::fields;
use actors::work::reactor::mending::{Mending, Which};
use actors::work::reactor::parked::NotDone;
use events::id::{Principal, StreamKey, Tenant};
use events::shape::ShapeOf;
use events::store::{Parked, ParkedState, consumer::WHY_BYTES_MAX};
use events::stream::{Position, StreamId};
use events::subject::Target;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::background::{Background, SOON};
use super::read::Found;
use super::read::reactions::{name_of, shown_stream};
use super::refusal::Refusal;
use super::who::{Action, Who, authorize};

/// What reactions are, among what commands are sent to.
pub const CATEGORY: &str = "reaction";
/// What can be said to a reaction.
pub const VERBS: [&str; 2] = ["retry", "skip"];

/// An event is tried again, and then those behind it.
#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Retry {
    /// The one at this position of the log.
    Position(u64),
    /// The one that holds up this stream: `task-<id>`.
    Stream(String),
}

/// An event is given up; its stream goes on behind it.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct Skip {
    /// Its position in the log.
    position: u64,
    /// Why, for those who ask later.
    #[schemars(length(min = 1))]
    reason: String,
}

/// What was done.
#[derive(JsonSchema, Serialize)]
struct Mended<'a> {
    /// `accepted`, or `nothing` if it was so before.
    #[schemars(extend("enum" = ["accepted", "nothing"]))]
    outcome: &'static str,
    /// Which reaction.
    reaction: &'a str,
    /// The position of the event.
    position: u64,
    /// Its stream.
    stream: String,
}

/// The shape of what is said with a verb.
#[must_use]
pub fn shape(verb: &str) -> Option<ShapeOf> {
    Some(match verb {
        "retry" => Retry::json_schema,
        "skip" => Skip::json_schema,
        _ => return None,
    })
}

/// The shape of the answer.
pub const MENDED: ShapeOf = Mended::<'static>::json_schema;

/// Something that is to be done, as a door has read it.
#[derive(Debug)]
pub struct Wish {
    /// Who wants it.
    pub who: Who,
    /// Whose events.
    pub tenant: Tenant,
    /// Which reaction, and what with it.
    pub target: Target,
    /// What it says, as received.
    pub body: Vec<u8>,
}

/// What is to be done.
enum ToDo {
    Retry(Which),
    Skip(Position, String),
}

/// All reactions at work.
pub struct Mender {
    reactions: Vec<Mending>,
    background: Background,
}

impl Mender {
    /// Mends these.
    #[must_use]
    pub fn new(reactions: Vec<Mending>, background: Background) -> Self {
        Self { reactions, background }
    }

    /// Has it done; `tell` is told what became of it.
    pub fn mend(self: &Arc<Self>, wish: Wish, tell: Found) {
        let may = authorize(&wish.who, Action::Command, &wish.tenant).map_err(Refusal::from);
        let to_do = may.and_then(|()| read(&wish));
        let to_do = match to_do {
            Ok(to_do) => to_do,
            Err(refusal) => return tell(Err(refusal)),
        };
        let Some(room) = self.background.room() else { return tell(Err(Refusal::Busy(SOON))) };
        let this = Arc::clone(self);
        room.start(async move { tell(this.done(&wish, to_do).await) });
    }

    async fn done(&self, wish: &Wish, to_do: ToDo) -> Result<Vec<u8>, Refusal> {
        let name = wish.target.id.as_str();
        let mending = self.reactions.iter().find(|one| name_of(one.consumer()) == name);
        let mending = mending.ok_or(Refusal::NotFound(CATEGORY))?;
        let parked = mending.list().await?.parked;
        let row = find(&parked, &wish.tenant, &to_do).ok_or(NotDone::NotParked)?;
        let by = wish.who.principal.clone();
        let outcome = match to_do {
            ToDo::Skip(..) if row.state == ParkedState::Skipped => "nothing",
            to_do => mend(mending, to_do, by).await?,
        };
        let (position, stream) = (row.position.0, shown_stream(&row.stream));
        let mended = Mended { outcome, reaction: name, position, stream };
        Ok(serde_json::to_vec(&mended).expect("texts and numbers are JSON"))
    }
}

async fn mend(mending: &Mending, to_do: ToDo, by: Principal) -> Result<&'static str, NotDone> {
    match to_do {
        ToDo::Retry(which) => mending.retry(which, by).await?,
        ToDo::Skip(position, reason) => mending.skip(position, reason, by).await?,
    };
    Ok("accepted")
}

/// The parked event that is meant. One of another tenant is none.
fn find<'p>(parked: &'p [Parked], tenant: &Tenant, to_do: &ToDo) -> Option<&'p Parked> {
    let is_it = |row: &Parked| match to_do {
        ToDo::Retry(Which::At(position)) | ToDo::Skip(position, _) => row.position == *position,
        ToDo::Retry(Which::Of(stream)) => {
            row.stream == *stream && row.state != ParkedState::Skipped
        }
    };
    parked.iter().find(|row| row.stream.tenant == *tenant && is_it(row))
}

fn read(wish: &Wish) -> Result<ToDo, Refusal> {
    Ok(match wish.target.word.as_str() {
        "retry" => ToDo::Retry(match fields(&wish.body)? {
            Retry::Position(position) => Which::At(Position(position)),
            Retry::Stream(name) => Which::Of(stream(&wish.tenant, &name)?),
        }),
        "skip" => {
            let Skip { position, reason } = fields(&wish.body)?;
            if reason.is_empty() || reason.len() > WHY_BYTES_MAX {
                let what = format!("a reason has 1 to {WHY_BYTES_MAX} bytes");
                return Err(Refusal::Unreadable(what));
            }
            ToDo::Skip(Position(position), reason)
        }
        verb => {
            let what = format!("a reaction knows no {verb:?}; it knows {}", VERBS.join(" and "));
            return Err(Refusal::Unknown(what));
        }
    })
}

/// A stream as it is shown, without the tenant.
fn stream(tenant: &Tenant, name: &str) -> Result<StreamId, Refusal> {
    let unreadable = || Refusal::Unreadable(format!("{name:?} is no stream such as task-<id>"));
    let (category, key) = name.split_once('-').ok_or_else(unreadable)?;
    let category = category.parse().map_err(|_| unreadable())?;
    let key: StreamKey = key.parse().map_err(|_| unreadable())?;
    Ok(StreamId::new(tenant.clone(), category, key))
}

#[cfg(test)]
mod tests {
    use events::time::Timestamp;

    use super::*;

    #[test]
    fn nobody_finds_what_is_parked_for_others() {
        let tenant = |name: &str| name.parse::<Tenant>().expect("a token");
        let stream = stream(&tenant("red"), "task-7").expect("a stream");
        let rows = [Parked {
            position: Position(7),
            stream: stream.clone(),
            state: ParkedState::Blocking,
            tries: 1,
            why: String::new(),
            since: Timestamp(0),
        }];
        let at = ToDo::Retry(Which::At(Position(7)));
        let skip = ToDo::Skip(Position(7), "x".into());
        for to_do in [at, skip, ToDo::Retry(Which::Of(stream))] {
            assert!(find(&rows, &tenant("red"), &to_do).is_some());
            assert!(find(&rows, &tenant("blue"), &to_do).is_none());
        }
    }
}
