//! The fields of a stage. What belongs to a task is told apart from what belongs to a run of another
//! pipeline or to a wait: a field that would be passed over in silence is a mistake.

use super::Findings;
use super::reading::Reading;
use super::shape::output;
use crate::bounds::CAPABILITIES_MAX;
use crate::pipeline::bounds::{
    AFTER_MAX, APPROVERS_MAX, DURATION_MS_MAX, ITEMS_AT_ONCE_MAX, TRIES_MAX,
};
use crate::pipeline::document::{
    Approval, Compensation, OnFailure, RetryOf, RunOf, Stage, TimeoutsOf, Wait,
};
use crate::tree::{Path, Tree};

/// The fields of a stage.
pub(in crate::pipeline) const STAGE: [&str; 18] = [
    "name",
    "after",
    "when",
    "foreach",
    "at_once",
    "task",
    "run",
    "wait",
    "approval",
    "input",
    "needs",
    "priority",
    "retry",
    "timeouts",
    "timeout_ms",
    "output",
    "on_failure",
    "compensate",
];
/// The fields of a run of another pipeline.
pub(in crate::pipeline) const RUN: [&str; 2] = ["pipeline", "edition"];
/// The fields of a wait.
pub(in crate::pipeline) const WAIT: [&str; 4] = ["signal", "within_ms", "until", "for_ms"];
/// The fields of an approval.
pub(in crate::pipeline) const APPROVAL: [&str; 3] = ["who", "within_ms", "of"];
/// The fields of what is agreed about tries.
pub(in crate::pipeline) const RETRY: [&str; 4] =
    ["tries_max", "base_ms", "cap_ms", "lost_lease_counts"];
/// The fields of what is agreed about times.
pub(in crate::pipeline) const TIMEOUTS: [&str; 3] =
    ["start_to_close_ms", "heartbeat_ms", "queue_ms"];
/// The fields of what undoes a stage.
pub(in crate::pipeline) const COMPENSATION: [&str; 6] =
    ["task", "input", "needs", "priority", "retry", "timeouts"];

/// Fields that make sense only beside some of what a stage can do.
pub(in crate::pipeline) const ONLY_BESIDE: [(&[&str], &[&str], &str); 3] = [
    (&["needs", "priority", "retry", "timeouts"], &["task"], "`task`"),
    (&["input", "foreach", "compensate"], &["task", "run"], "`task` or `run`"),
    (&["output"], &["task", "run", "wait"], "`task`, `run` or `wait`"),
];

pub(super) fn read_stage(tree: &Tree, at: Path, findings: &mut Findings) -> Stage {
    let Some(mut fields) = Reading::of(tree, at, &STAGE, findings) else { return Stage::default() };
    fields.needs("name", "give it a name that no other stage has");
    does_one_thing(&mut fields);
    Stage {
        name: fields.token("name", "a stage").unwrap_or_default(),
        after: fields.tokens("after", AFTER_MAX, "a stage"),
        when: fields.template("when"),
        foreach: fields.template("foreach"),
        at_once: fields.small("at_once", 1, ITEMS_AT_ONCE_MAX),
        task: fields.token("task", "a kind of task"),
        run: run(&mut fields),
        wait: wait(&mut fields),
        approval: approval(&mut fields),
        input: fields.template("input"),
        needs: fields.tokens("needs", CAPABILITIES_MAX, "a capability").into_iter().collect(),
        priority: priority(&mut fields),
        retry: retry(&mut fields),
        timeouts: timeouts(&mut fields),
        timeout_ms: fields.number("timeout_ms", 1, DURATION_MS_MAX),
        output: output(&mut fields),
        on_failure: fields.choice("on_failure", &OnFailure::ALL),
        compensate: compensate(&mut fields),
    }
}

fn does_one_thing(fields: &mut Reading<'_, '_>) {
    let found: Vec<&str> =
        ["task", "run", "wait"].into_iter().filter(|name| fields.has(name)).collect();
    if found.len() > 1 {
        let what = format!("a stage does one thing, and this one has {}", found.join(" and "));
        fields.findings.add(&fields.at, "one_of", what, "make a stage of each of them");
    }
    if found.is_empty() && !fields.has("approval") {
        let what = "it does not say what the stage does";
        let remedy = "write one of `task`, `run`, `wait`, or `approval` alone";
        fields.findings.add(&fields.at, "one_of", what, remedy);
        return;
    }
    for (names, beside, written) in ONLY_BESIDE {
        if beside.iter().any(|beside| fields.has(beside)) {
            continue;
        }
        for name in names.iter().copied().filter(|name| fields.has(name)).collect::<Vec<_>>() {
            let what = format!("`{name}` means nothing here");
            fields.wrong(name, "one_of", what, format!("it stands beside {written}: take it away"));
        }
    }
    if fields.has("at_once") && !fields.has("foreach") {
        let what = "`at_once` means nothing here".into();
        fields.wrong("at_once", "one_of", what, "it stands beside `foreach`: take it away".into());
    }
}

fn run(stage: &mut Reading<'_, '_>) -> Option<RunOf> {
    let mut fields = stage.object("run", &RUN)?;
    fields.needs("pipeline", "write which pipeline it runs");
    fields.needs(
        "edition",
        "write which edition of it, such as `edition: 1`: a later one changes nothing here",
    );
    let pipeline = fields.token("pipeline", "a pipeline").unwrap_or_default();
    Some(RunOf { pipeline, edition: fields.small("edition", 1, u32::MAX.into()).unwrap_or(1) })
}

fn wait(stage: &mut Reading<'_, '_>) -> Option<Wait> {
    let mut fields = stage.object("wait", &WAIT)?;
    let found = ["signal", "until", "for_ms"].into_iter().filter(|name| fields.has(name)).count();
    if found != 1 {
        let what = "a wait is for one of a signal, a time and a while";
        let remedy = "write one of `signal`, `until` and `for_ms`";
        fields.findings.add(&fields.at, "one_of", what, remedy);
    }
    if fields.has("within_ms") && !fields.has("signal") {
        let what = "`within_ms` means nothing here".into();
        fields.wrong("within_ms", "one_of", what, "it stands beside `signal`: take it away".into());
    }
    Some(Wait {
        signal: fields.token("signal", "a signal"),
        within_ms: fields.number("within_ms", 1, DURATION_MS_MAX),
        until: fields.template("until"),
        for_ms: fields.number("for_ms", 1, DURATION_MS_MAX),
    })
}

fn approval(stage: &mut Reading<'_, '_>) -> Option<Approval> {
    let is_alone = ["task", "run", "wait"].iter().all(|name| !stage.has(name));
    let mut fields = stage.object("approval", &APPROVAL)?;
    if fields.has("of") && !is_alone {
        let what = "what is approved is what the stage is given".into();
        fields.wrong("of", "one_of", what, "take it away, or make a stage of the approval".into());
    }
    Some(Approval {
        who: fields.people("who", APPROVERS_MAX),
        within_ms: fields.number("within_ms", 1, DURATION_MS_MAX),
        of: fields.template("of"),
    })
}

fn compensate(stage: &mut Reading<'_, '_>) -> Option<Compensation> {
    let mut fields = stage.object("compensate", &COMPENSATION)?;
    fields.needs("task", "write the kind of the task that undoes the stage");
    Some(Compensation {
        task: fields.token("task", "a kind of task").unwrap_or_default(),
        input: fields.template("input"),
        needs: fields.tokens("needs", CAPABILITIES_MAX, "a capability").into_iter().collect(),
        priority: priority(&mut fields),
        retry: retry(&mut fields),
        timeouts: timeouts(&mut fields),
    })
}

fn priority(fields: &mut Reading<'_, '_>) -> Option<u8> {
    fields.number("priority", 0, 9).and_then(|number| u8::try_from(number).ok())
}

fn retry(fields: &mut Reading<'_, '_>) -> Option<RetryOf> {
    let mut fields = fields.object("retry", &RETRY)?;
    let retry = RetryOf {
        tries_max: fields.small("tries_max", 1, TRIES_MAX.into()),
        base_ms: fields.number("base_ms", 1, DURATION_MS_MAX),
        cap_ms: fields.number("cap_ms", 1, DURATION_MS_MAX),
        lost_lease_counts: fields.boolean("lost_lease_counts"),
    };
    let full = retry.full();
    if full.base_ms > full.cap_ms {
        let what =
            format!("the first wait is {} ms, and the longest {}", full.base_ms, full.cap_ms);
        let remedy = "write a `cap_ms` that is not below `base_ms`";
        fields.findings.add(&fields.at, "out_of_range", what, remedy);
    }
    Some(retry)
}

fn timeouts(fields: &mut Reading<'_, '_>) -> Option<TimeoutsOf> {
    let mut fields = fields.object("timeouts", &TIMEOUTS)?;
    Some(TimeoutsOf {
        start_to_close_ms: fields.number("start_to_close_ms", 1, DURATION_MS_MAX),
        heartbeat_ms: fields.number("heartbeat_ms", 1, DURATION_MS_MAX),
        queue_ms: fields.number("queue_ms", 1, DURATION_MS_MAX),
    })
}
