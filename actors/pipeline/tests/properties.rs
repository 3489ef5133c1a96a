//! What holds whatever somebody writes.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::pipeline::graph::{As, draw};

/// Values that do not belong where they are put.
fn odd() -> impl Strategy<Value = Value> {
    proptest::sample::select(vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1.5),
        json!("odd"),
        json!(""),
        json!("${ input }"),
        json!("${ stages.ingest.output.rows[0] }"),
        json!("${"),
        json!([]),
        json!(["a", "a"]),
        json!({ "odd": 1 }),
        json!({ "signal": "a", "until": "b" }),
    ])
}

/// Every place in a value.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(n, item)| places(item, &format!("{at}/{n}"), found));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| places(value, &format!("{at}/{name}"), found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn whatever_is_changed_is_read_or_refused_with_a_place(changes in vec((any::<prop::sample::Index>(), odd()), 1..4)) {
        let mut document = everything();
        for (index, value) in changes {
            let mut all = Vec::new();
            places(&document, "", &mut all);
            let at = index.get(&all);
            if let Some(place) = document.pointer_mut(at) {
                *place = value;
            }
        }
        match read(&document) {
            Ok(definition) => {
                let again = Definition::read(&definition.canonical());
                prop_assert_eq!(again.as_ref(), Ok(&definition));
                prop_assert!(!draw(definition.document(), As::Text).is_empty());
            }
            Err(wrongs) => {
                prop_assert!(!wrongs.is_empty());
                prop_assert!(wrongs.iter().all(|wrong| !wrong.what.is_empty() && !wrong.remedy.is_empty()));
            }
        }
    }

    #[test]
    fn a_graph_is_right_or_has_a_circle(edges in vec((0usize..8, 0usize..8), 0..16)) {
        let stages: Vec<Value> = (0..8).map(|n| {
            let mut after: Vec<String> = edges.iter().filter(|(_, to)| *to == n).map(|(from, _)| format!("s{from}")).collect();
            after.sort_unstable();
            after.dedup();
            json!({ "name": format!("s{n}"), "after": after, "task": "x" })
        }).collect();
        let document = of(json!(stages));
        // Another way to know: taking away what waits for nothing, again and again, leaves nothing.
        let mut left: Vec<usize> = (0..8).collect();
        loop {
            let waits = |n: &usize| edges.iter().any(|(from, to)| to == n && left.contains(from));
            let next: Vec<usize> = left.iter().copied().filter(waits).collect();
            if next.len() == left.len() { break }
            left = next;
        }
        match read(&document) {
            Ok(definition) => {
                prop_assert!(left.is_empty());
                for (n, stage) in definition.stages().iter().enumerate() {
                    for before in &stage.after {
                        prop_assert!(definition.stages()[usize::from(*before)].behind.contains(&(n as u16)));
                    }
                }
            }
            Err(wrongs) => {
                prop_assert!(!left.is_empty());
                prop_assert!(wrongs.iter().any(|wrong| wrong.code == "cycle"));
                prop_assert!(wrongs.iter().all(|wrong| wrong.code == "cycle" || wrong.code == "unreachable"));
            }
        }
    }
}
