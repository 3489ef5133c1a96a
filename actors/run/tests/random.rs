//! Pipelines that nobody would write.

use super::dice::Dice;
use super::*;

/// A pipeline of up to twelve stages that do a little of everything, in any order.
pub(crate) fn pipeline(dice: &mut Dice) -> Value {
    let count = 1 + dice.below(12);
    let mut stages = Vec::new();
    for n in 0..count {
        stages.push(a_stage(n, dice));
    }
    let mut document = of(Value::Array(stages));
    if dice.often(20) {
        document["at_once"] = json!(1 + dice.below(3));
    }
    if dice.often(15) {
        document["timeout_ms"] = json!(1_000 + dice.below(20_000));
    }
    if dice.often(30) {
        document["output"] = json!("${ input.list }");
    }
    document
}

fn name(n: usize) -> String {
    format!("s{n}")
}

fn a_stage(n: usize, dice: &mut Dice) -> Value {
    let mut stage = json!({ "name": name(n) });
    let after: Vec<usize> = (0..n).filter(|_| dice.often(35)).collect();
    if !after.is_empty() {
        stage["after"] = after.iter().map(|n| name(*n)).collect();
    }
    if dice.often(25) {
        stage["when"] = json!(condition(&after, dice));
    }
    let failures = ["stop", "continue", "compensate"];
    stage["on_failure"] = json!(dice.one_of(&failures).expect("there are some"));
    if dice.often(15) {
        stage["timeout_ms"] = json!(100 + dice.below(5_000));
    }
    match dice.below(10) {
        0..=2 => does_one("task", dice, &mut stage),
        3..=5 => does_items("task", dice, &mut stage),
        6 => does_one("run", dice, &mut stage),
        7 => does_items("run", dice, &mut stage),
        8 => stage["wait"] = wait(dice),
        _ => stage["approval"] = approval(dice),
    }
    if dice.often(15) && stage.get("wait").is_none() {
        stage["approval"] = approval(dice);
    }
    stage
}

fn condition(after: &[usize], dice: &mut Dice) -> String {
    let on_input = ["${ input.yes }", "${ !input.yes }", "${ input.none.at.all }"];
    match dice.one_of(after) {
        Some(n) if dice.often(60) => {
            let said = ["completed", "failed", "skipped"];
            format!("${{ stages.s{n}.{} }}", dice.one_of(&said).expect("there are some"))
        }
        Some(_) | None => {
            let count = 2 + dice.below(2);
            (*dice.one_of(&on_input[..count]).expect("there are some")).to_owned()
        }
    }
}

fn does(kind: &str, dice: &mut Dice, stage: &mut Value) {
    stage[kind] = match kind {
        "run" => json!({ "pipeline": "inner", "edition": 1 }),
        _ => json!("work"),
    };
    if dice.often(50) {
        stage["compensate"] = json!({ "task": "undo", "input": "${ output }" });
    }
}

fn does_one(kind: &str, dice: &mut Dice, stage: &mut Value) {
    does(kind, dice, stage);
    let inputs = ["${ input.list }", "${ input.missing }"];
    stage["input"] = json!(inputs[usize::from(dice.often(5))]);
}

fn does_items(kind: &str, dice: &mut Dice, stage: &mut Value) {
    does(kind, dice, stage);
    let list: Vec<usize> = (0..dice.below(6)).collect();
    stage["foreach"] = json!(list);
    stage["at_once"] = json!(1 + dice.below(4));
    // Now and then there is nothing to give to an item.
    let inputs = ["${ [item, index] }", "${ input.missing }"];
    stage["input"] = json!(inputs[usize::from(dice.often(5))]);
}

fn wait(dice: &mut Dice) -> Value {
    match dice.below(3) {
        0 => json!({ "signal": "go" }),
        1 => json!({ "signal": "stay", "within_ms": 1 + dice.below(3_000) }),
        _ => json!({ "for_ms": 1 + dice.below(3_000) }),
    }
}

fn approval(dice: &mut Dice) -> Value {
    match dice.below(3) {
        0 => json!({}),
        1 => json!({ "who": ["ada"] }),
        _ => json!({ "within_ms": 1 + dice.below(5_000) }),
    }
}
