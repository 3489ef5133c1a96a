//! Questions, as they are asked.

use actors::command::fields;
use events::id::{AgentId, PipelineId, RunId, ScheduleId, TaskId, TriggerId};
use events::labels::Labels;
use events::shape::ShapeOf;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{agents, pipelines, reactions, runs, schedules, tasks, triggers};
use crate::app::refusal::Refusal;

/// How many rows an answer has, unless it is asked for another number.
const ROWS: usize = 100;
/// How many rows an answer has at most.
pub const ROWS_MAX: usize = 1000;
/// The questions there are.
pub const QUESTIONS: [&str; 13] = [
    "task",
    "task_list",
    "agent",
    "agent_list",
    "pipeline",
    "pipeline_list",
    "run",
    "run_list",
    "schedule",
    "schedule_list",
    "trigger",
    "trigger_list",
    "reaction_list",
];

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// What is known about a task?
    Task(TaskId),
    /// Which tasks are there?
    Tasks(TaskFilter),
    /// What is known about an agent?
    Agent(AgentId),
    /// Which agents are there?
    Agents(AgentFilter),
    /// What is known about a pipeline?
    Pipeline(PipelineWanted),
    /// Which pipelines are there?
    Pipelines(PipelineFilter),
    /// What is known about a run?
    Run(RunId),
    /// Which runs are there?
    Runs(RunFilter),
    /// What is known about a schedule?
    Schedule(ScheduleId),
    /// Which schedules are there?
    Schedules(ScheduleFilter),
    /// What is known about a trigger?
    Trigger(TriggerId),
    /// Which triggers are there?
    Triggers(TriggerFilter),
    /// How far did the reactions come?
    Reactions(ReactionFilter),
}

/// Which tasks.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskFilter {
    /// Those in this phase.
    pub phase: Option<tasks::PhaseName>,
    /// Those of this kind.
    pub kind: Option<String>,
    /// Those that this agent has.
    pub agent: Option<AgentId>,
    /// Those that have all of these labels.
    #[serde(default)]
    pub labels: Labels,
    /// At most so many, the newest.
    #[serde(default = "rows")]
    pub limit: usize,
}

/// Which agents.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentFilter {
    /// At most so many.
    #[serde(default = "rows")]
    pub limit: usize,
}

/// Which pipeline, and which of its editions.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PipelineWanted {
    /// What it is called.
    pub id: PipelineId,
    /// The edition whose definition is wanted; the newest, if none is named.
    pub edition: Option<u32>,
}

/// Which pipelines.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PipelineFilter {
    /// At most so many.
    #[serde(default = "rows")]
    pub limit: usize,
}

/// Which runs.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunFilter {
    /// Those in this phase.
    pub phase: Option<runs::PhaseName>,
    /// Those of this pipeline.
    pub pipeline: Option<PipelineId>,
    /// Those that have all of these labels.
    #[serde(default)]
    pub labels: Labels,
    /// At most so many, the newest.
    #[serde(default = "rows")]
    pub limit: usize,
}

/// Which schedules.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleFilter {
    /// At most so many.
    #[serde(default = "rows")]
    pub limit: usize,
}

/// Which triggers.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TriggerFilter {
    /// At most so many.
    #[serde(default = "rows")]
    pub limit: usize,
}

/// Of each reaction.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReactionFilter {
    /// At most so many parked events, the first.
    #[serde(default = "rows")]
    pub limit: usize,
}

fn rows() -> usize {
    ROWS
}

#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct One<T> {
    id: T,
}

impl Query {
    /// Reads a question as it is asked.
    pub fn read(question: &str, body: &[u8]) -> Result<Self, Refusal> {
        Ok(match question {
            "task" => Self::Task(fields::<One<_>>(body)?.id),
            "task_list" => Self::Tasks(fields(body)?),
            "agent" => Self::Agent(fields::<One<_>>(body)?.id),
            "agent_list" => Self::Agents(fields(body)?),
            "pipeline" => Self::Pipeline(fields(body)?),
            "pipeline_list" => Self::Pipelines(fields(body)?),
            "run" => Self::Run(fields::<One<_>>(body)?.id),
            "run_list" => Self::Runs(fields(body)?),
            "schedule" => Self::Schedule(fields::<One<_>>(body)?.id),
            "schedule_list" => Self::Schedules(fields(body)?),
            "trigger" => Self::Trigger(fields::<One<_>>(body)?.id),
            "trigger_list" => Self::Triggers(fields(body)?),
            "reaction_list" => Self::Reactions(fields(body)?),
            other => {
                let there_are = QUESTIONS.join(", ");
                let what = format!("there is no question {other:?}; there are {there_are}");
                return Err(Refusal::Unknown(what));
            }
        })
    }

    /// The shapes of a question and of its answer.
    #[must_use]
    pub fn shapes(question: &str) -> Option<(ShapeOf, ShapeOf)> {
        Some(match question {
            "task" => (One::<TaskId>::json_schema, tasks::ONE),
            "task_list" => (TaskFilter::json_schema, tasks::LIST),
            "agent" => (One::<AgentId>::json_schema, agents::ONE),
            "agent_list" => (AgentFilter::json_schema, agents::LIST),
            "pipeline" => (PipelineWanted::json_schema, pipelines::ONE),
            "pipeline_list" => (PipelineFilter::json_schema, pipelines::LIST),
            "run" => (One::<RunId>::json_schema, runs::ONE),
            "run_list" => (RunFilter::json_schema, runs::LIST),
            "schedule" => (One::<ScheduleId>::json_schema, schedules::ONE),
            "schedule_list" => (ScheduleFilter::json_schema, schedules::LIST),
            "trigger" => (One::<TriggerId>::json_schema, triggers::ONE),
            "trigger_list" => (TriggerFilter::json_schema, triggers::LIST),
            "reaction_list" => (ReactionFilter::json_schema, reactions::LIST),
            _ => return None,
        })
    }

    pub(super) fn check(&self) -> Result<(), Refusal> {
        let limit = match self {
            Self::Tasks(filter) => filter.limit,
            Self::Agents(filter) => filter.limit,
            Self::Pipelines(filter) => filter.limit,
            Self::Runs(filter) => filter.limit,
            Self::Schedules(filter) => filter.limit,
            Self::Triggers(filter) => filter.limit,
            Self::Reactions(filter) => filter.limit,
            Self::Task(_)
            | Self::Agent(_)
            | Self::Pipeline(_)
            | Self::Run(_)
            | Self::Schedule(_)
            | Self::Trigger(_) => return Ok(()),
        };
        let rule = format!("the limit is from 1 to {ROWS_MAX}");
        if (1..=ROWS_MAX).contains(&limit) { Ok(()) } else { Err(Refusal::Unreadable(rule)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_one_that_there_is() {
        assert!(matches!(Query::read("task_list", b""), Ok(Query::Tasks(f)) if f.limit == ROWS));
        let id = "00000000-0000-0000-0000-000000000001";
        let task = Query::read("task", format!(r#"{{"id":"{id}"}}"#).as_bytes());
        assert!(matches!(task, Ok(Query::Task(_))));
        for (question, body, code) in [
            ("tasks", "", "unknown_request"),
            ("task", "", "malformed"),
            ("task", r#"{"id":"7"}"#, "malformed"),
            ("task_list", r#"{"phase":"odd"}"#, "malformed"),
            ("task_list", r#"{"lim":1}"#, "malformed"),
            ("run_list", r#"{"labels":{"shop":1}}"#, "malformed"),
        ] {
            let refusal = Query::read(question, body.as_bytes()).expect_err(body);
            assert_eq!(refusal.code(), code, "{question} {body}");
        }
    }

    #[test]
    fn an_answer_has_an_end() {
        for limit in [0, ROWS_MAX + 1] {
            let query = Query::read("task_list", format!(r#"{{"limit":{limit}}}"#).as_bytes());
            assert!(query.expect("it is a question").check().is_err(), "{limit}");
        }
    }
}
