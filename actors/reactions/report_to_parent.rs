//! The end of a task is told to the task it is a part of, as a note. How it ended is said there and
//! nothing else: a result may be sealed, and who wants to know more reads the child's own history.
//! A part of a run tells nobody here: a run knows its tasks.

use events::codec::{WireType, Words};
use events::header::Header;
use events::id::TaskId;
use events::known::Known;
use events::task::{ENDINGS, Parent, TaskEvent};

use crate::reaction::{Reaction, ToDo};
use crate::task::TaskCommand;

/// Tells a task how its parts end.
#[derive(Debug, Clone, Copy)]
pub struct ReportToParent;

impl Reaction for ReportToParent {
    const NAME: &'static str = "report_to_parent";
    const HEARS: &'static [WireType] = &ENDINGS;

    /// Whoever is a part of something says so under this name; most are not, and reading what they
    /// carry would be in vain.
    fn needs_beginning(first: &Header<'_>, payload: &[u8]) -> Option<bool> {
        let name = br#""parent""#;
        let is_named = || payload.windows(name.len()).any(|bytes| bytes == name);
        (first.category == TaskEvent::CATEGORY).then(is_named)
    }

    fn asks_how_it_began(event: &Known) -> bool {
        how_it_ended(event).is_some()
    }

    fn react(event: &Known, began: Option<&Known>) -> Vec<ToDo> {
        let child = event.stream().key.as_uuid().map(TaskId);
        let (Some(child), Some(end)) = (child, how_it_ended(event)) else { return vec![] };
        let Some(parent) = began.and_then(parent) else { return vec![] };
        let text = format!("task {child}: {end}");
        vec![ToDo::Task(parent, TaskCommand::Note { text })]
    }
}

/// The task that a task is a part of, as its submission says.
fn parent(began: &Known) -> Option<TaskId> {
    let Known::Task(began) = began else { return None };
    let TaskEvent::Submitted(submitted) = &began.event else { return None };
    match submitted.parent? {
        Parent::Task(parent) => Some(parent),
        Parent::Run(_) => None,
    }
}

fn how_it_ended(event: &Known) -> Option<&'static str> {
    let Known::Task(event) = event else { return None };
    match &event.event {
        TaskEvent::Completed(_) => Some("completed"),
        TaskEvent::Failed(_) => Some("failed"),
        TaskEvent::TimedOut(_) => Some("timed out"),
        TaskEvent::Cancelled(_) => Some("cancelled"),
        TaskEvent::Withdrawn(_) => Some("withdrawn"),
        TaskEvent::Submitted(_)
        | TaskEvent::Amended(_)
        | TaskEvent::Assigned(_)
        | TaskEvent::Started(_)
        | TaskEvent::Progressed(_)
        | TaskEvent::AttemptFailed(_)
        | TaskEvent::LeaseLost(_)
        | TaskEvent::Noted(_)
        | TaskEvent::LateResult(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use events::id::RunId;
    use events::task::Class;

    use super::*;
    use crate::story::{Story, agent, assign, complete, fail, order, submit, task};
    use crate::task::Order;

    /// What is to be done after each event of a task that is a part of this.
    fn reactions(parent: Option<Parent>, commands: Vec<TaskCommand>) -> Vec<ToDo> {
        let mut story = Story::new();
        let began = story.task("main", task(1), submit(Order { parent, ..order("resize") }));
        let mut to_do = ReportToParent::react(&began[0], Some(&began[0]));
        for command in commands {
            for event in story.task("main", task(1), command) {
                let begin = ReportToParent::asks_how_it_began(&event).then_some(&began[0]);
                to_do.extend(ReportToParent::react(&event, begin));
            }
        }
        to_do
    }

    fn note(end: &str) -> ToDo {
        let text = format!("task {}: {end}", task(1));
        ToDo::Task(task(2), TaskCommand::Note { text })
    }

    #[test]
    fn a_task_is_told_how_its_parts_end_and_nothing_before() {
        let reason = || String::new();
        let ends = [
            (vec![assign(&agent("ada"), 1), complete(1)], "completed"),
            (vec![assign(&agent("ada"), 1), fail(1, Class::Permanent)], "failed"),
            (vec![TaskCommand::Cancel { reason: reason() }], "cancelled"),
            (vec![TaskCommand::Withdraw { reason: reason() }], "withdrawn"),
        ];
        for (commands, end) in ends {
            assert_eq!(reactions(Some(Parent::Task(task(2))), commands), [note(end)]);
        }
    }

    #[test]
    fn nobody_is_told_of_a_task_that_is_a_part_of_nothing_or_of_a_run() {
        let run = Parent::Run(RunId(task(2).0));
        for parent in [None, Some(run)] {
            let cancel = TaskCommand::Cancel { reason: String::new() };
            assert_eq!(reactions(parent, vec![cancel]), []);
        }
    }

    #[test]
    fn an_attempt_that_failed_is_no_end() {
        let parent = Some(Parent::Task(task(2)));
        let commands = vec![assign(&agent("ada"), 1), fail(1, Class::Temporary)];
        assert_eq!(reactions(parent, commands), []);
    }
}
