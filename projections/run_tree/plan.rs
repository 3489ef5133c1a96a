//! The stages that a plan has, as far as they are shown.

use events::content::Json;
use events::id::{PipelineId, StageName};
use serde::Deserialize;

use super::stage::StageRow;

#[derive(Deserialize)]
struct Plan {
    stages: Vec<Stage>,
}

#[derive(Deserialize)]
struct Stage {
    name: StageName,
    #[serde(default)]
    after: Vec<StageName>,
    task: Option<String>,
    run: Option<Other>,
    wait: Option<Wait>,
    foreach: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Other {
    pipeline: PipelineId,
    edition: u32,
}

#[derive(Deserialize)]
struct Wait {
    signal: Option<String>,
    for_ms: Option<u64>,
}

/// The stages of a plan, before anything has begun; none, if it cannot be read.
pub(super) fn stages(plan: &Json) -> Vec<StageRow> {
    let plan: Option<Plan> = serde_json::from_str(plan.as_str()).ok();
    let stages = plan.map(|plan| plan.stages).unwrap_or_default();
    stages.into_iter().map(|stage| StageRow::new(does(&stage), stage.name, stage.after)).collect()
}

/// What a stage does, in words.
fn does(stage: &Stage) -> String {
    let each = if stage.foreach.is_some() { " for each" } else { "" };
    if let Some(kind) = &stage.task {
        return format!("task {kind}{each}");
    }
    if let Some(Other { pipeline, edition }) = &stage.run {
        return format!("run {pipeline} {edition}{each}");
    }
    match &stage.wait {
        Some(Wait { signal: Some(name), .. }) => format!("signal {name}"),
        Some(Wait { for_ms: Some(ms), .. }) => format!("wait {ms} ms"),
        Some(_) => "wait until".into(),
        None => "approval".into(),
    }
}
