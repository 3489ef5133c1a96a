//! Old schema → next. Each step is pure and total, and steps chain until today's schema.
//! Stored events are never rewritten: a step may only add what the past could not have said, or call
//! by its name of today what it said.

use serde_json::{Map, Value, json};

type Step = fn(&mut Map<String, Value>);

/// Every step there is: wire type, the schema it lifts from, what it does.
const STEPS: &[(&str, u32, Step)] = &[
    ("task.submitted", 1, submitted_gets_its_terms),
    ("task.assigned", 1, assigned_gets_a_lease),
    ("agent.registered", 1, kinds_are_capabilities),
    ("pipeline.defined", 1, steps_are_a_definition),
    ("run.started", 1, started_without_its_plan),
    ("run.finished", 1, finished_well),
];

/// Lifts a payload of `schema` as far as there are steps for it.
#[must_use]
pub fn upcast(wire_type: &str, schema: u32, mut payload: Value) -> Value {
    let mut schema = schema;
    while let Some((_, from, step)) =
        STEPS.iter().find(|(name, from, _)| *name == wire_type && *from == schema)
    {
        if let Value::Object(fields) = &mut payload {
            step(fields);
        }
        schema = from + 1;
    }
    payload
}

/// Schema 1 knew a kind and an input: agents went by the kind, and nothing had a limit. The values
/// stand here and nowhere else, so that no default of today changes what was agreed then.
fn submitted_gets_its_terms(fields: &mut Map<String, Value>) {
    let kind = fields.get("kind").cloned().unwrap_or(Value::Null);
    let retry =
        json!({"tries_max": 3, "base_ms": 1_000, "cap_ms": 300_000, "lost_lease_counts": true});
    add(fields, "needs", json!([kind]));
    add(fields, "priority", json!(5));
    add(fields, "retry", retry);
    add(fields, "at", json!(0));
}

/// Schema 1 knew no leases; this is a usual one.
fn assigned_gets_a_lease(fields: &mut Map<String, Value>) {
    add(fields, "lease_ms", json!(60_000));
    add(fields, "at", json!(0));
}

/// Schema 1 said which kinds of task an agent does. A task of a kind needs the capability of that
/// name, so they are the same thing.
fn kinds_are_capabilities(fields: &mut Map<String, Value>) {
    let kinds = fields.remove("kinds").unwrap_or(Value::Null);
    add(fields, "kind", json!("worker"));
    add(fields, "capabilities", kinds);
    add(fields, "labels", json!({}));
    add(fields, "tools", json!([]));
    add(fields, "owner", Value::Null);
    add(fields, "contact", Value::Null);
}

/// Schema 1 knew stages that have one task done each, and called them steps. Nobody hashed them.
fn steps_are_a_definition(fields: &mut Map<String, Value>) {
    let stage = |step: Value| {
        let after = step.get("after").cloned().unwrap_or_else(|| json!([]));
        json!({"name": step.get("name"), "after": after, "task": step.get("kind")})
    };
    let steps = match fields.remove("steps") {
        Some(Value::Array(steps)) => steps,
        _ => Vec::new(),
    };
    let stages: Vec<_> = steps.into_iter().map(stage).collect();
    add(fields, "edition", json!(1));
    add(fields, "definition", json!({"format": 1, "stages": stages}));
    add(fields, "hash", json!("0".repeat(64)));
    add(fields, "at", json!(0));
}

/// Schema 1 said where the definition is, and a run cannot look there: it has none with it.
fn started_without_its_plan(fields: &mut Map<String, Value>) {
    let definition = fields.remove("definition").unwrap_or(Value::Null);
    add(fields, "edition", definition);
    add(fields, "plan", Value::Null);
    add(fields, "by", json!("publisher"));
    add(fields, "depth", json!(0));
    add(fields, "at", json!(0));
}

/// Schema 1 knew only runs that were done.
fn finished_well(fields: &mut Map<String, Value>) {
    add(fields, "how", json!("completed"));
    add(fields, "undone", json!("nothing"));
    add(fields, "at", json!(0));
}

fn add(fields: &mut Map<String, Value>, name: &str, value: Value) {
    fields.entry(name).or_insert(value);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[a-z]{1,8}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn an_old_task_needs_what_agents_went_by() {
        let lifted = upcast("task.submitted", 1, json!({"kind": "resize"}));
        assert_eq!((&lifted["needs"], &lifted["priority"]), (&json!(["resize"]), &json!(5)));
    }

    #[test]
    fn the_kinds_of_an_old_agent_are_what_it_is_capable_of() {
        let lifted = upcast("agent.registered", 1, json!({"kinds": ["resize"], "slots": 1}));
        assert_eq!(lifted["capabilities"], json!(["resize"]));
        assert!(lifted.get("kinds").is_none());
    }

    proptest! {
        #[test]
        fn every_step_is_pure_and_total(payload in any_json(), schema in 0u32..4) {
            for (name, ..) in STEPS {
                prop_assert_eq!(upcast(name, schema, payload.clone()), upcast(name, schema, payload.clone()));
            }
        }

        #[test]
        fn todays_schema_is_left_alone(payload in any_json()) {
            prop_assert_eq!(upcast("task.submitted", 2, payload.clone()), payload);
        }
    }
}
