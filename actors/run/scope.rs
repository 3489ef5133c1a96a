//! What expressions find in a run.

use std::borrow::Cow;

use events::content::{Content, Json};
use events::id::RunId;
use events::run::PartHow;
use events::task::Failure;

use super::Run;
use super::bounds::WHOLE_BYTES_MAX;
use super::stage::Stage;
use super::steps::Steps;
use crate::bounds::{TEXT_BYTES_MAX, cut};
use crate::expression::{
    self, Expression, FillError, Found, Reference, Root, STEPS_MAX, Scope, Template,
};
use crate::tree::write_text;

/// At how many outputs is looked in one step.
const STEP_OUTPUTS: u64 = 16;

const NULL: Found<'static> = Found::Json(Cow::Borrowed("null"));

/// A run, looked at by one of its templates.
#[derive(Clone, Copy)]
pub(super) struct View<'r> {
    pub(super) run: &'r Run,
    pub(super) id: RunId,
    /// The item that it is about, and which one that is.
    pub(super) item: Option<(&'r str, u32)>,
    /// What is being undone.
    pub(super) output: Option<&'r Content>,
    /// Counts what is done, if anyone wants to know.
    pub(super) steps: Option<&'r Steps>,
}

impl<'r> View<'r> {
    pub(super) fn of(run: &'r Run, id: RunId) -> Self {
        Self { run, id, item: None, output: None, steps: None }
    }

    /// What a template comes to; nothing is null.
    pub(super) fn fill(&self, template: Option<&Template>) -> Result<Content, Failure> {
        let Some(template) = template else { return Ok(null()) };
        self.look_at(|| template.references())?;
        let filled = self.counted(|steps| expression::fill_within(template, self, steps))?;
        match &filled {
            Content::Blob(blob) if blob.bytes > WHOLE_BYTES_MAX => {
                let message = format!("what is passed on whole may have {WHOLE_BYTES_MAX} bytes");
                Err(Failure { code: "input_too_large".into(), message })
            }
            Content::Inline(_) | Content::Blob(_) | Content::Sealed(_) => Ok(filled),
        }
    }

    pub(super) fn holds(&self, condition: &Expression) -> Result<bool, Failure> {
        self.look_at(|| condition.references())?;
        self.counted(|steps| expression::holds_within(condition, self, steps))
    }

    pub(super) fn items(&self, list: &Template) -> Result<expression::Items, Failure> {
        self.look_at(|| list.references())?;
        self.counted(|steps| expression::items_within(list, self, steps))
    }

    /// Does some work in as many steps as it may take by itself.
    fn counted<T>(
        &self,
        work: impl FnOnce(&mut u32) -> Result<T, FillError>,
    ) -> Result<T, Failure> {
        let mut left = STEPS_MAX;
        let done = work(&mut left);
        self.count(u64::from(STEPS_MAX - left));
        done.map_err(|error| failure(&error))
    }

    /// How many steps were counted; none, if nobody wants to know.
    pub(super) fn taken(&self) -> u64 {
        self.steps.map_or(0, Steps::taken)
    }

    fn count(&self, taken: u64) {
        if let Some(steps) = self.steps {
            steps.add(taken);
        }
    }

    /// Finds what is not as it looks: an output that could not be kept would be taken for one that
    /// there never was, and one that is sealed for the list that it is only a part of.
    fn look_at<'t, I: Iterator<Item = &'t Reference>>(
        &self,
        references: impl FnOnce() -> I,
    ) -> Result<(), Failure> {
        if !self.run.is_any_output_odd {
            return Ok(());
        }
        for reference in references().filter(|one| one.root == Root::StageOutput) {
            let Some(stage) = self.stage(reference.stage()) else { continue };
            if stage.is_output_lost {
                return Err(too_large());
            }
            let outputs = stage.items.iter().flat_map(|items| items.outputs());
            let count = stage.items.as_ref().map_or(0, |items| u64::from(items.count));
            self.count(count / STEP_OUTPUTS);
            for output in outputs {
                match output.content() {
                    Content::Inline(_) => {}
                    Content::Sealed(_) => {
                        return Err(failure(&FillError::Sealed(reference.to_string())));
                    }
                    Content::Blob(_) => {
                        let error = FillError::TooLargeToLookInto(reference.to_string());
                        return Err(failure(&error));
                    }
                }
            }
        }
        Ok(())
    }

    fn stage(&self, name: Option<&str>) -> Option<&'r Stage> {
        let plan = self.run.plan()?;
        self.run.stages.get(plan.place(&name?.parse().ok()?)?)
    }

    fn of_stage(&self, root: Root, name: Option<&str>) -> Found<'r> {
        let Some(stage) = self.stage(name) else { return Found::Missing };
        let is = |is: bool| Found::Json(Cow::Borrowed(if is { "true" } else { "false" }));
        match root {
            Root::StageCompleted => is(stage.how() == Some(PartHow::Completed)),
            Root::StageFailed => is(stage.how().is_some_and(|how| how != PartHow::Completed)),
            Root::StageSkipped => is(stage.is_over() && stage.how().is_none()),
            Root::Input
            | Root::StageOutput
            | Root::Item
            | Root::Index
            | Root::Output
            | Root::Run
            | Root::Schedule
            | Root::Fact => output(stage),
        }
    }

    fn of_run(&self, part: Option<&str>) -> Option<String> {
        let started = self.run.begun.as_ref()?.started();
        Some(match part? {
            "id" => quoted(&self.id.to_string()),
            "pipeline" => quoted(started.pipeline.as_str()),
            "edition" => started.edition.to_string(),
            _ => return None,
        })
    }

    fn nominal(&self, part: Option<&str>) -> Option<String> {
        let nominal = self.run.begun.as_ref()?.started().nominal();
        Some(quoted(&nominal.filter(|_| part == Some("nominal"))?.to_string()))
    }
}

impl Scope for View<'_> {
    fn find(&self, root: Root, first: Option<&str>) -> Found<'_> {
        let made = |text: Option<String>| text.map_or(Found::Missing, |t| Found::Json(t.into()));
        match root {
            Root::Input => {
                let begun = self.run.begun.as_ref();
                begun.map_or(Found::Missing, |begun| Found::Whole(&begun.started().input))
            }
            Root::StageOutput | Root::StageCompleted | Root::StageFailed | Root::StageSkipped => {
                self.of_stage(root, first)
            }
            Root::Item => {
                self.item.map_or(Found::Missing, |(item, _)| Found::Json(Cow::Borrowed(item)))
            }
            Root::Index => made(self.item.map(|(_, index)| index.to_string())),
            Root::Output => self.output.map_or(NULL, Found::Whole),
            Root::Run => made(self.of_run(first)),
            Root::Schedule => made(self.nominal(first)),
            Root::Fact => Found::Missing,
        }
    }
}

/// What a stage brought; that of its items is a list, with a null for each that brought nothing.
fn output(stage: &Stage) -> Found<'_> {
    if let Some(output) = &stage.output {
        return Found::Whole(output.content());
    }
    let has_list = stage.how() == Some(PartHow::Completed);
    let Some(items) = stage.items.as_ref().filter(|_| has_list) else { return NULL };
    let mut list = String::from("[");
    for item in 0..items.count {
        crate::tree::separate(item as usize, &mut list);
        match items.output(item).map(|held| held.content()) {
            Some(Content::Inline(json)) => list.push_str(json.as_str()),
            Some(Content::Blob(_) | Content::Sealed(_)) | None => list.push_str("null"),
        }
    }
    list.push(']');
    Found::Json(list.into())
}

fn quoted(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    write_text(text, &mut json);
    json
}

pub(super) fn null() -> Content {
    Content::Inline(Json::parse("null").expect("it is JSON"))
}

fn failure(error: &FillError) -> Failure {
    Failure { code: error.code().into(), message: cut(error.to_string(), TEXT_BYTES_MAX) }
}

/// Why what a stage brought is not there.
pub(super) fn too_large() -> Failure {
    let max = super::bounds::KEPT_BYTES_MAX;
    let message = format!(
        "what the stages of a run bring may have {max} bytes in all: let tasks bring less, or where \
         it is found"
    );
    Failure { code: "outputs_too_large".into(), message }
}
