//! Whether what has to be done before what can be done at all: every stage is there, none waits for
//! itself by any way around, and each can be reached.

use std::collections::{BTreeMap, BTreeSet};

use super::Findings;
use super::reading::shown;
use crate::pipeline::document::Document;
use crate::pipeline::graph::Order;
use crate::tree::{Path, Tree};

/// How many stages of a circle are told.
const AROUND_MAX: usize = 12;

/// Finds what is wrong with the graph, and what comes before what as far as it is right.
pub(super) fn check(document: &Document, findings: &mut Findings) -> Order {
    let at = |n: usize| Path::root().field("stages").item(n);
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for (n, stage) in document.named() {
        if let Some(first) = places.get(stage.name.as_str()) {
            let what = format!("`{}` is the name of stages[{first}], too", stage.name);
            findings.add(&at(n).field("name"), "duplicate", what, "give it another name");
        } else {
            places.insert(&stage.name, n);
        }
    }
    edges(document, findings);
    let order = Order::of(document);
    circles(document, &order, findings);
    for (n, stage) in document.stages.iter().enumerate() {
        if stage.when.as_ref().is_some_and(|when| *when.tree() == Tree::Boolean(false)) {
            let remedy = "take the stage away, or ask for something";
            findings.add(&at(n).field("when"), "unreachable", "this is never true", remedy);
        }
    }
    order
}

fn edges(document: &Document, findings: &mut Findings) {
    let names = document.names();
    for (n, stage) in document.stages.iter().enumerate() {
        let mut seen = BTreeSet::new();
        let at = Path::root().field("stages").item(n).field("after");
        for (m, name) in stage.after.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            let at = at.item(m);
            if *name == stage.name {
                let remedy = "take it away";
                findings.add(&at, "cycle", format!("`{name}` waits for itself"), remedy);
            } else if !names.contains(name.as_str()) {
                let otherwise = || "write the name of a stage".to_owned();
                let remedy = findings.instead(name, names.iter().copied(), otherwise);
                let what = format!("there is no stage {}", shown(name));
                findings.add(&at, "unknown_stage", what, remedy);
            } else if !seen.insert(name) {
                let what = format!("`{name}` stands here twice");
                findings.add(&at, "duplicate", what, "take one of them away");
            }
        }
    }
}

/// Ways that lead back to where they began, and what waits for them.
fn circles(document: &Document, order: &Order, findings: &mut Findings) {
    let at = |n: usize| Path::root().field("stages").item(n);
    let name = |n: usize| document.stages[n].name.as_str();
    for circle in order.circles() {
        let [first, second, ..] = circle.as_slice() else { continue };
        let shown = circle.iter().take(AROUND_MAX).map(|n| name(*n));
        let rest = (circle.len() > AROUND_MAX).then_some("…");
        let around: Vec<&str> = shown.chain(rest).chain([name(*first)]).collect();
        let edge = document.stages[*first].after.iter().position(|after| after == name(*second));
        let what = format!("the stages wait for each other: {}", around.join(" → "));
        let remedy = format!("take `{}` out of `after`, or another of these", name(*second));
        let place = at(*first).field("after").item(edge.unwrap_or_default());
        findings.add(&place, "cycle", what, remedy);
    }
    for n in order.behind_circles() {
        let what = format!("`{}` waits for stages that wait for each other", name(n));
        findings.add(&at(n).field("after"), "unreachable", what, "mend what they wait for");
    }
}
