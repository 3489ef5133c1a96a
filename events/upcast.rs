//! Old schema → next. Each step is pure and total, and steps chain until today's schema.
//! Stored events are never rewritten: a step may only add what the past could not have said.

use serde_json::{Map, Value};

type Step = fn(&mut Map<String, Value>);

/// Every step there is: wire type, the schema it lifts from, what it does.
const STEPS: &[(&str, u32, Step)] = &[("task.submitted", 1, submitted_gets_a_priority)];

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

/// Schema 1 knew no priorities: every task waited in the order of arrival.
fn submitted_gets_a_priority(fields: &mut Map<String, Value>) {
    fields.entry("priority").or_insert_with(|| Value::String("normal".into()));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

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
    fn an_old_task_gets_the_priority_everyone_had() {
        let lifted = upcast("task.submitted", 1, json!({"kind": "resize"}));
        assert_eq!(lifted, json!({"kind": "resize", "priority": "normal"}));
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
