//! Every subject of the system, built and parsed here and nowhere else. Each part is a typed token,
//! so nothing that came from outside can change how many tokens there are.

use std::fmt;
use std::str::FromStr;

use crate::id::{AgentId, Category, InvalidId, Source, StreamKey, TaskId, Tenant, Word};

/// The first token of all.
const ROOT: &str = "annals";

/// A subject of Annals.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subject {
    /// Whose messages go there.
    pub tenant: Tenant,
    /// What they are.
    pub what: What,
}

/// What a message is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum What {
    /// A command; the answer comes when it is durable.
    Command(Target),
    /// A fact; the answer comes when it is durable.
    Fact(Source),
    /// A command that nobody waits for.
    Enqueue(Target),
    /// A fact that nobody waits for.
    Deposit(Source),
    /// An event that was recorded; the word is what happened.
    Event(Target),
    /// An agent lives.
    Heartbeat(AgentId),
    /// An agent is to stop working on something.
    Stop(AgentId),
    /// How far a task is.
    Progress(TaskId),
    /// Work for an agent.
    Work(AgentId),
    /// A question to a projection.
    Query(Word),
    /// A wish for history.
    Replay,
}

/// Which stream, and what with it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// The kind of thing.
    pub category: Category,
    /// Which one.
    pub id: StreamKey,
    /// A verb or an event.
    pub word: Word,
}

/// Why a text is no subject of Annals.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSubject {
    /// A token of it is not what it should be.
    #[error(transparent)]
    Token(#[from] InvalidId),
    /// It has none of the forms that there are.
    #[error("{0:?} is not a subject of Annals")]
    Unknown(String),
}

impl Subject {
    /// A subject of this tenant.
    #[must_use]
    pub fn of(tenant: Tenant, what: What) -> Self {
        Self { tenant, what }
    }
}

/// Patterns by which whoever serves everyone listens.
pub mod patterns {
    /// Every command.
    pub const COMMANDS: &str = "annals.*.command.*.*.*";
    /// Every fact.
    pub const FACTS: &str = "annals.*.fact.*";
    /// Every command that nobody waits for.
    pub const ENQUEUED: &str = "annals.*.enqueue.*.*.*";
    /// Every fact that nobody waits for.
    pub const DEPOSITED: &str = "annals.*.deposit.*";
    /// Every event.
    pub const EVENTS: &str = "annals.*.event.*.*.*";
    /// Every heartbeat.
    pub const HEARTBEATS: &str = "annals.*.signal.agent.*.heartbeat";
    /// Every word about progress.
    pub const PROGRESS: &str = "annals.*.signal.task.*.progress";
    /// Every question.
    pub const QUERIES: &str = "annals.*.query.*";
    /// Every wish for history.
    pub const REPLAYS: &str = "annals.*.replay";
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.category, self.id, self.word)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ROOT}.{}.", self.tenant)?;
        match &self.what {
            What::Command(target) => write!(f, "command.{target}"),
            What::Fact(source) => write!(f, "fact.{source}"),
            What::Enqueue(target) => write!(f, "enqueue.{target}"),
            What::Deposit(source) => write!(f, "deposit.{source}"),
            What::Event(target) => write!(f, "event.{target}"),
            What::Heartbeat(agent) => write!(f, "signal.agent.{agent}.heartbeat"),
            What::Stop(agent) => write!(f, "signal.agent.{agent}.stop"),
            What::Progress(task) => write!(f, "signal.task.{task}.progress"),
            What::Work(agent) => write!(f, "work.{agent}"),
            What::Query(projection) => write!(f, "query.{projection}"),
            What::Replay => f.write_str("replay"),
        }
    }
}

impl FromStr for Subject {
    type Err = InvalidSubject;

    fn from_str(text: &str) -> Result<Self, InvalidSubject> {
        let unknown = || InvalidSubject::Unknown(text.chars().take(80).collect());
        let tokens: Vec<&str> = text.splitn(8, '.').collect();
        let [ROOT, tenant, tokens @ ..] = &tokens[..] else { return Err(unknown()) };
        let what = match tokens {
            ["command", category, id, verb] => What::Command(target(category, id, verb)?),
            ["fact", source] => What::Fact(source.parse()?),
            ["enqueue", category, id, verb] => What::Enqueue(target(category, id, verb)?),
            ["deposit", source] => What::Deposit(source.parse()?),
            ["event", category, id, event] => What::Event(target(category, id, event)?),
            ["signal", "agent", agent, "heartbeat"] => What::Heartbeat(agent.parse()?),
            ["signal", "agent", agent, "stop"] => What::Stop(agent.parse()?),
            ["signal", "task", task, "progress"] => {
                let id = uuid::Uuid::parse_str(task).map_err(|_| unknown())?;
                // One task has one subject: only the form that is written is read.
                if id.to_string() != *task {
                    return Err(unknown());
                }
                What::Progress(TaskId(id))
            }
            ["work", agent] => What::Work(agent.parse()?),
            ["query", projection] => What::Query(projection.parse()?),
            ["replay"] => What::Replay,
            _ => return Err(unknown()),
        };
        Ok(Self { tenant: tenant.parse()?, what })
    }
}

fn target(category: &str, id: &str, word: &str) -> Result<Target, InvalidSubject> {
    Ok(Target { category: category.parse()?, id: id.parse()?, word: word.parse()? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const TOKEN: &str = "[A-Za-z0-9_-]{1,64}";

    fn any_target() -> impl Strategy<Value = Target> {
        let token = || proptest::string::string_regex(TOKEN).expect("an expression");
        (token(), token(), token())
            .prop_map(|(category, id, word)| target(&category, &id, &word).expect("tokens"))
    }

    fn any_what() -> impl Strategy<Value = What> {
        let token = || proptest::string::string_regex(TOKEN).expect("an expression");
        prop_oneof![
            any_target().prop_map(What::Command),
            token().prop_map(|text| What::Fact(text.parse().expect("a token"))),
            any_target().prop_map(What::Enqueue),
            token().prop_map(|text| What::Deposit(text.parse().expect("a token"))),
            any_target().prop_map(What::Event),
            token().prop_map(|text| What::Heartbeat(text.parse().expect("a token"))),
            token().prop_map(|text| What::Stop(text.parse().expect("a token"))),
            any::<u128>().prop_map(|id| What::Progress(TaskId(Uuid::from_u128(id)))),
            token().prop_map(|text| What::Work(text.parse().expect("a token"))),
            token().prop_map(|text| What::Query(text.parse().expect("a token"))),
            Just(What::Replay),
        ]
    }

    /// Texts that someone hostile would put where a token belongs.
    fn hostile() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            "[ab.*> \t\r\n\0]{0,8}",
            Just("a.b".to_owned()),
            Just("*".to_owned()),
            Just(">".to_owned()),
            Just("a\r\nPUB x 0\r\n".to_owned()),
            Just("x".repeat(65)),
        ]
    }

    proptest! {
        #[test]
        fn what_is_built_is_parsed_again(tenant in TOKEN, what in any_what()) {
            let subject = Subject::of(tenant.parse().expect("a token"), what);
            prop_assert_eq!(subject.to_string().parse::<Subject>(), Ok(subject));
        }

        #[test]
        fn no_text_changes_the_number_of_tokens(texts in prop::array::uniform4(hostile())) {
            let [tenant, category, id, word] = &texts;
            let built = tenant.parse::<Tenant>().ok().zip(target(category, id, word).ok());
            if let Some((tenant, target)) = built {
                let text = Subject::of(tenant, What::Command(target)).to_string();
                prop_assert_eq!(text.split('.').count(), 6);
                prop_assert!(!text.contains(['*', '>', ' ', '\r', '\n', '\0']));
            }
        }

        #[test]
        fn whatever_is_parsed_is_what_is_built(text in "annals\\.[a*>.]{0,9}(command|fact|replay|query)[a.*>]{0,9}") {
            if let Ok(subject) = text.parse::<Subject>() {
                prop_assert_eq!(subject.to_string(), text);
            }
        }
    }

    #[test]
    fn a_task_has_one_subject() {
        let upper = "annals.main.signal.task.0190A0F0-0000-7000-8000-000000000001.progress";
        assert!(upper.parse::<Subject>().is_err());
        assert!(upper.to_lowercase().parse::<Subject>().is_ok());
    }

    #[test]
    fn what_is_no_subject_of_annals_is_refused() {
        for text in [
            "",
            "annals",
            "annals.main",
            "annals.main.command.task.1",
            "other.main.replay",
            "annals.main.replay.x",
            "annals..replay",
            "annals.main.event.task.1.done.more",
        ] {
            assert!(text.parse::<Subject>().is_err(), "{text:?}");
        }
    }
}
