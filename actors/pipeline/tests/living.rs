//! What a pipeline does, sentence by sentence.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::bounds::OutOfBounds;
use crate::spec::{given, have_their_shape, moment, survives_being_kept};

const NOON: Timestamp = Timestamp(1_770_000_000_000_000);

/// A document of one stage that does this.
fn document(task: &str) -> Json {
    Json::parse(&format!(r#"{{ "stages": [{{ "task": "{task}", "name": "only" }}] }}"#))
        .expect("JSON")
}

fn define(task: &str) -> PipelineCommand {
    PipelineCommand::Define { document: document(task) }
}

fn deprecate(edition: Option<u32>) -> PipelineCommand {
    PipelineCommand::Deprecate { edition, reason: "it fetches too much".into() }
}

fn defined(edition: u32, task: &str) -> PipelineEvent {
    let text = format!(r#"{{"format":1,"stages":[{{"name":"only","task":"{task}"}}]}}"#);
    let definition = Json::parse(&text).expect("JSON");
    let hash = hash(&definition);
    PipelineEvent::Defined(Defined { edition, definition, hash, at: NOON })
}

fn deprecated(edition: Option<u32>) -> PipelineEvent {
    let reason = "it fetches too much".into();
    PipelineEvent::Deprecated(Deprecated { edition, reason, at: NOON })
}

fn pipeline(history: impl IntoIterator<Item = PipelineEvent>) -> crate::spec::Given<Pipeline> {
    given(history).at(NOON)
}

#[test]
fn a_pipeline_is_defined() {
    pipeline([]).when(define("fetch")).then([defined(1, "fetch")]);
}

#[test]
fn defined_anew_it_has_another_edition() {
    pipeline([defined(1, "fetch")]).when(define("load")).then([defined(2, "load")]);
    let before = [defined(1, "fetch"), defined(2, "load")];
    pipeline(before).when(define("fetch")).then([defined(3, "fetch")]);
}

#[test]
fn what_means_the_same_is_nothing_new() {
    let other = r#"{"stages":[{"name":"only","task":"fetch","needs":["fetch"],"priority":5}]}"#;
    let document = Json::parse(other).expect("JSON");
    let command = PipelineCommand::Define { document };
    pipeline([defined(1, "fetch")]).when(command).then_nothing();
}

#[test]
fn what_is_wrong_with_a_definition_is_told() {
    let document = Json::parse(r#"{"stages":[{"name":"a","task":"x","after":["b"]}]}"#);
    let command = PipelineCommand::Define { document: document.expect("JSON") };
    let told = match Pipeline::default().decide(command.clone(), &moment(NOON)) {
        Err(PipelineRejection::Invalid(told)) => told,
        other => panic!("{other:?}"),
    };
    assert!(told.starts_with("stages[0].after[0]: "), "{told}");
    pipeline([]).when(command).then_rejected(PipelineRejection::Invalid(told));
}

#[test]
fn of_very_many_mistakes_the_first_are_told() {
    let stage = r#"{"name":"a","task":"x","after":["b"]}"#;
    let text = format!(r#"{{"stages":[{}]}}"#, vec![stage; 60].join(","));
    let document = Json::parse(&text).expect("JSON");
    let decided = Pipeline::default().decide(PipelineCommand::Define { document }, &moment(NOON));
    let Err(PipelineRejection::Invalid(told)) = decided else { panic!("{decided:?}") };
    assert!(told.lines().count() <= 21 && told.len() < 4_000, "{told}");
    assert!(told.lines().last().is_some_and(|last| last.starts_with("and ")), "{told}");
}

#[test]
fn an_edition_is_deprecated() {
    let before = || [defined(1, "fetch"), defined(2, "load")];
    pipeline(before()).when(deprecate(Some(1))).then([deprecated(Some(1))]);
    pipeline(before()).when(deprecate(None)).then([deprecated(None)]);
}

#[test]
fn what_is_deprecated_already_is_nothing() {
    let before = || vec![defined(1, "fetch"), defined(2, "load"), deprecated(None)];
    pipeline(before()).when(deprecate(Some(2))).then_nothing();
    pipeline(before()).when(deprecate(None)).then_nothing();
    let one = [defined(1, "fetch"), deprecated(Some(1))];
    pipeline(one).when(deprecate(None)).then_nothing();
}

#[test]
fn defined_again_it_comes_back() {
    let before = [defined(1, "fetch"), deprecated(None)];
    pipeline(before).when(define("fetch")).then([defined(2, "fetch")]);
}

#[test]
fn what_is_not_there_is_not_deprecated() {
    pipeline([]).when(deprecate(None)).then_rejected(PipelineRejection::NotFound);
    pipeline([]).when(deprecate(Some(1))).then_rejected(PipelineRejection::NotFound);
    let no = PipelineRejection::EditionNotFound { edition: 2 };
    pipeline([defined(1, "fetch")]).when(deprecate(Some(2))).then_rejected(no);
}

#[test]
fn a_reason_has_its_bounds() {
    let reason = "x".repeat(TEXT_BYTES_MAX + 1);
    let command = PipelineCommand::Deprecate { edition: None, reason };
    let no = OutOfBounds::TooLong { what: "a reason", max: TEXT_BYTES_MAX };
    pipeline([defined(1, "fetch")]).when(command).then_rejected(no.into());
}

#[test]
fn there_is_an_end_to_editions() {
    let number = |n: usize| u32::try_from(n).expect("few");
    let history = |n: usize| (1..=n).map(move |n| defined(number(n), &format!("t{n}")));
    let last = defined(number(EDITIONS_MAX), "one-more");
    pipeline(history(EDITIONS_MAX - 1)).when(define("one-more")).then([last]);
    let no = OutOfBounds::TooMany { what: "editions", max: EDITIONS_MAX };
    pipeline(history(EDITIONS_MAX)).when(define("one-more")).then_rejected(no.into());
}

fn sorts() -> [Pipeline; 3] {
    let both = [defined(1, "fetch"), deprecated(Some(1)), defined(2, "load")];
    [Pipeline::default(), Pipeline::replay(&both[..1]), Pipeline::replay(&both)]
}

#[test]
fn pipelines_of_all_sorts_have_their_shape() {
    have_their_shape(&sorts());
}

#[test]
fn a_pipeline_of_any_sort_comes_back_as_it_was() {
    sorts().iter().for_each(survives_being_kept);
}

fn any_command() -> impl Strategy<Value = PipelineCommand> {
    prop_oneof![
        "[ab]".prop_map(|task| define(&task)),
        proptest::option::of(0_u32..4).prop_map(deprecate),
    ]
}

proptest! {
    #[test]
    fn editions_are_counted_without_gaps(commands in vec(any_command(), 0..24)) {
        let mut pipeline = Pipeline::default();
        for command in commands {
            let happened = pipeline.decide(command.clone(), &moment(NOON)).unwrap_or_default();
            pipeline = happened.iter().fold(pipeline, Pipeline::evolve);
            if !happened.is_empty() {
                prop_assert_eq!(pipeline.decide(command, &moment(NOON)), Ok(vec![]));
            }
        }
        let numbers: Vec<_> = pipeline.editions().iter().map(|edition| edition.number).collect();
        prop_assert_eq!(numbers, (1..=pipeline.editions().len() as u32).collect::<Vec<_>>());
    }
}
