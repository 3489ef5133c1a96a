//! The schema that is published, and the walk that reads: the same fields, in the same places.

use std::collections::BTreeSet;

use serde_json::Map;

use super::*;
use crate::pipeline::validation::FIELDS;

fn schema() -> Value {
    super::super::schema().to_value()
}

fn properties(schema: &Value) -> BTreeSet<String> {
    let fields = schema["properties"].as_object().map(Map::keys);
    fields.into_iter().flatten().cloned().collect()
}

#[test]
fn what_is_read_is_what_is_published() {
    let schema = schema();
    for (name, fields) in FIELDS {
        let shape = if *name == "Pipeline" { &schema } else { &schema["$defs"][*name] };
        let fields: BTreeSet<String> = fields.iter().map(|field| (*field).to_owned()).collect();
        assert_eq!(properties(shape), fields, "{name}");
        assert_eq!(shape["additionalProperties"], json!(false), "{name} takes anything else");
    }
}

#[test]
fn every_shape_of_an_object_is_read_by_somebody() {
    let schema = schema();
    let shapes = schema["$defs"].as_object().expect("shapes");
    let objects = shapes.iter().filter(|(_, shape)| shape["properties"].is_object());
    for (name, _) in objects {
        assert!(FIELDS.iter().any(|(known, _)| known == name), "nobody reads {name}");
    }
}

#[test]
fn what_must_be_there_is_told() {
    let schema = schema();
    assert_eq!(schema["required"], json!(["stages"]));
    assert_eq!(schema["$defs"]["Stage"]["required"], json!(["name"]));
    assert_eq!(schema["$id"], json!("urn:annals:pipeline:1"));
    assert_eq!(schema["$schema"], json!("https://json-schema.org/draft/2020-12/schema"));
}
