//! What can be said to an agent.

use std::collections::BTreeSet;

use events::agent::Offer;
use events::id::Capability;
use events::labels::Labels;
use events::personal::Personal;
use events::shape::ShapeOf;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{AgentCommand, Change};
use crate::command::{Carrying, Malformed, Reason, Spoken, fields};

impl Spoken for AgentCommand {
    const VERBS: &'static [&'static str] =
        &["register", "change", "pause", "drain", "resume", "retire"];

    fn shape(verb: &str) -> Option<ShapeOf> {
        Some(match verb {
            "register" => Register::json_schema,
            "change" => Terms::json_schema,
            "resume" => Nothing::json_schema,
            "pause" | "drain" | "retire" => Reason::json_schema,
            _ => return None,
        })
    }

    fn read(verb: &str, body: &[u8], carrying: &mut dyn Carrying) -> Result<Self, Malformed> {
        let reason = || fields(body).map(|Reason { reason }| reason);
        Ok(match verb {
            "register" => Self::Register(fields::<Register>(body)?.offer(carrying)?),
            "change" => Self::Change(fields::<Terms>(body)?.change(carrying)?),
            "pause" => Self::Pause { reason: reason()? },
            "drain" => Self::Drain { reason: reason()? },
            "resume" => {
                let Nothing {} = fields(body)?;
                Self::Resume
            }
            "retire" => Self::Retire { reason: reason()? },
            verb => return Err(Malformed::unknown_verb::<Self>(verb)),
        })
    }
}

/// An agent may be given work from now on.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct Register {
    /// What kind of agent it is: 1 to 64 letters, digits, `_` or `-`.
    kind: String,
    /// What it is capable of; it gets the tasks that need nothing else.
    capabilities: BTreeSet<Capability>,
    /// How many tasks it holds at once.
    #[serde(default = "one")]
    slots: u32,
    /// Words to find it by.
    #[serde(default)]
    labels: Labels,
    /// What it works with.
    #[serde(default)]
    tools: BTreeSet<String>,
    /// Whom it belongs to.
    owner: Option<String>,
    /// The person who answers for it; sealed, so the data subject must be named.
    contact: Option<String>,
}

fn one() -> u32 {
    1
}

impl Register {
    fn offer(self, carrying: &mut dyn Carrying) -> Result<Offer, Malformed> {
        let contact = contact(self.contact, carrying)?;
        let Self { kind, capabilities, slots, labels, tools, owner, .. } = self;
        Ok(Offer { kind, capabilities, slots, labels, tools, owner, contact })
    }
}

/// It offers something else; what is missing stays as it was.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct Terms {
    kind: Option<String>,
    capabilities: Option<BTreeSet<Capability>>,
    slots: Option<u32>,
    labels: Option<Labels>,
    tools: Option<BTreeSet<String>>,
    owner: Option<String>,
    contact: Option<String>,
}

impl Terms {
    fn change(self, carrying: &mut dyn Carrying) -> Result<Change, Malformed> {
        let contact = contact(self.contact, carrying)?;
        let Self { kind, capabilities, slots, labels, tools, owner, .. } = self;
        Ok(Change { kind, capabilities, slots, labels, tools, owner, contact })
    }
}

fn contact(
    word: Option<String>,
    carrying: &mut dyn Carrying,
) -> Result<Option<Personal<String>>, Malformed> {
    let sealed = |word| carrying.personal(word).ok_or(Malformed::NobodyNamed("a contact"));
    word.map(sealed).transpose()
}

/// Nothing has to be said.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::tests::say;

    #[test]
    fn an_agent_says_what_it_is_capable_of() {
        let said = say("register", r#"{"kind":"resizer","capabilities":["resize"]}"#);
        let Ok(AgentCommand::Register(offer)) = said else { panic!("{said:?}") };
        assert_eq!((offer.slots, offer.capabilities.len()), (1, 1));
    }

    #[test]
    fn a_contact_is_about_someone() {
        let body = r#"{"kind":"a","capabilities":[],"contact":"ada@example.org"}"#;
        let said = say::<AgentCommand>("register", body);
        assert_eq!(said, Err(Malformed::NobodyNamed("a contact")));
    }

    #[test]
    fn only_annals_says_that_an_agent_is_silent() {
        for verb in ["go_silent", "return", "went_silent"] {
            let said = say::<AgentCommand>(verb, "{}");
            assert!(matches!(said, Err(Malformed::UnknownVerb { .. })), "{verb}: {said:?}");
        }
    }
}
