//! What the types of a document do not say of themselves, in the words of JSON Schema: which fields stand
//! beside which. `null` is as good as nothing, here as well.

use schemars::Schema;
use serde_json::{Value, json};

use crate::pipeline::validation::ONLY_BESIDE;

/// What a stage can do.
const DOES: [&str; 3] = ["task", "run", "wait"];

/// A field is there.
fn has(name: &str) -> Value {
    json!({ "required": [name], "properties": { name: { "not": { "type": "null" } } } })
}

fn has_one_of(names: &[&str]) -> Value {
    json!({ "anyOf": names.iter().map(|name| has(name)).collect::<Vec<_>>() })
}

fn only_if(condition: Value, then: Value) -> Value {
    json!({ "if": condition, "then": then })
}

/// A stage does one thing, and has no field that means nothing beside it.
pub(super) fn of_stage(schema: &mut Schema) {
    let asks = json!({ "allOf": [has("approval"), { "not": has_one_of(&DOES) }] });
    let does: Vec<Value> = DOES.iter().map(|name| has(name)).chain([asks]).collect();
    schema.insert("oneOf".into(), does.into());
    let beside = ONLY_BESIDE.iter().flat_map(|(names, beside, _)| {
        names.iter().map(|name| only_if(has(name), has_one_of(beside)))
    });
    let at_once = only_if(has("at_once"), has("foreach"));
    let asks_about = json!({
        "required": ["approval"],
        "properties": { "approval": { "type": "object", "allOf": [has("of")] } },
    });
    let approval = only_if(asks_about, json!({ "not": has_one_of(&DOES) }));
    schema.insert("allOf".into(), beside.chain([at_once, approval]).collect::<Vec<_>>().into());
}

/// A wait is for one of a signal, a time and a while.
pub(super) fn of_wait(schema: &mut Schema) {
    let one = ["signal", "until", "for_ms"].map(has);
    schema.insert("oneOf".into(), one.to_vec().into());
    schema.insert("allOf".into(), json!([only_if(has("within_ms"), has("signal"))]));
}

/// What must be there needs no default.
pub(super) fn of_parameter(schema: &mut Schema) {
    let required =
        json!({ "required": ["required"], "properties": { "required": { "const": true } } });
    schema.insert("allOf".into(), json!([only_if(required, json!({ "not": has("default") }))]));
}

/// A field that may be null: that is as good as nothing.
pub(super) fn or_null(schema: &mut Schema) {
    let found = schema.remove("type").unwrap_or_default();
    schema.insert("type".into(), json!([found, "null"]));
}

/// Names of stages or of what agents are capable of.
pub(super) fn tokens(schema: &mut Schema) {
    or_null(schema);
    schema.remove("uniqueItems");
    let token = json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" });
    schema.insert("items".into(), token);
}

/// Names of stages, none of them twice.
pub(super) fn stages(schema: &mut Schema) {
    tokens(schema);
    schema.insert("uniqueItems".into(), true.into());
}

/// People.
pub(super) fn people(schema: &mut Schema) {
    or_null(schema);
    schema.remove("uniqueItems");
    let person =
        json!({ "type": "string", "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]{1,256}$" });
    schema.insert("items".into(), person);
}

/// A time, or an expression that becomes one. Times are written in more ways than are told apart here.
pub(super) fn time(schema: &mut Schema) {
    schema.insert("type".into(), json!(["string", "null"]));
    schema.insert("pattern".into(), r"^[-+]?[0-9]{4}|\$\{".into());
}
