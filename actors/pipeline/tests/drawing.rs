//! Graphs, as they are drawn.

use super::*;
use crate::pipeline::graph::{As, Order, draw};

fn small() -> Definition {
    definition(&of(json!([
        { "name": "report", "after": ["store", "sign"], "task": "report" },
        { "name": "ingest", "task": "ingest" },
        { "name": "store", "after": ["ingest"], "foreach": "${ stages.ingest.output }",
          "task": "store", "compensate": { "task": "drop" } },
        { "name": "sign", "after": ["ingest"], "when": "${ input.sign }", "approval": {} },
    ])))
}

#[test]
fn in_words() {
    let expected = "  1  ingest  task ingest
  2  store  task store, for each
     └─ ingest
  2  sign  approval, if
     └─ ingest
  3  report  task report
     ├─ store
     └─ sign
";
    assert_eq!(draw(small().document(), As::Text), expected);
}

#[test]
fn for_mermaid() {
    let expected = "flowchart LR
  s0[\"report<br/>task report\"]
  s1[\"ingest<br/>task ingest\"]
  s2[\"store<br/>task store, for each\"]
  s3{{\"sign<br/>approval, if\"}}
  s2 --> s0
  s3 --> s0
  s1 --> s2
  s2 -. undone by .-> u2([\"task drop\"])
  s1 -.-> s3
";
    assert_eq!(draw(small().document(), As::Mermaid), expected);
}

#[test]
fn for_graphviz() {
    let expected = "digraph pipeline {
  rankdir=LR;
  node [shape=box];
  \"report\" [label=\"report\\ntask report\"];
  \"ingest\" [label=\"ingest\\ntask ingest\"];
  \"store\" [label=\"store\\ntask store, for each\"];
  \"sign\" [label=\"sign\\napproval, if\", shape=hexagon];
  \"store\" -> \"report\";
  \"sign\" -> \"report\";
  \"ingest\" -> \"store\";
  \"ingest\" -> \"sign\" [style=dashed];
}
";
    assert_eq!(draw(small().document(), As::Dot), expected);
}

#[test]
fn what_comes_before_is_before_by_every_way() {
    let everything = definition(&everything());
    let order = Order::of(everything.document());
    assert!(order.is_before(0, 7) && order.is_before(3, 6));
    assert!(!order.is_before(3, 4) && !order.is_before(7, 0) && !order.is_before(2, 2));
    assert_eq!(order.layers(), [vec![0], vec![1], vec![2], vec![3, 4], vec![5], vec![6], vec![7]]);
}
