//! A graph for people: in words, for Mermaid, for Graphviz. Names of stages, tasks and pipelines are
//! letters, digits, `_` and `-`: none of them means anything in any of these languages.

use std::fmt::Write as _;

use super::Order;
use crate::pipeline::document::{Document, Stage};

/// In which language a graph is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum As {
    /// In words: layer by layer, each stage with what it waits for.
    Text,
    /// For Mermaid.
    Mermaid,
    /// For Graphviz.
    Dot,
}

/// Draws the graph of a document.
#[must_use]
pub fn draw(document: &Document, language: As) -> String {
    let order = Order::of(document);
    let mut drawn = String::new();
    let written = match language {
        As::Text => text(document, &order, &mut drawn),
        As::Mermaid => mermaid(document, &order, &mut drawn),
        As::Dot => dot(document, &order, &mut drawn),
    };
    written.expect("a text takes what is written to it");
    drawn
}

fn text(document: &Document, order: &Order, out: &mut String) -> std::fmt::Result {
    for (n, layer) in order.layers().iter().enumerate() {
        for stage in layer {
            let (name, does) = words(&document.stages[*stage]);
            writeln!(out, "{:>3}  {name}  {does}", n + 1)?;
            let after = order.after(*stage);
            for (m, before) in after.iter().enumerate() {
                let branch = if m + 1 == after.len() { "└─" } else { "├─" };
                writeln!(out, "     {branch} {}", document.stages[*before].name)?;
            }
        }
    }
    Ok(())
}

fn mermaid(document: &Document, order: &Order, out: &mut String) -> std::fmt::Result {
    writeln!(out, "flowchart LR")?;
    for (n, stage) in document.stages.iter().enumerate() {
        let (name, does) = words(stage);
        let (open, close) = if stage.approval.is_some() { ("{{", "}}") } else { ("[", "]") };
        writeln!(out, "  s{n}{open}\"{name}<br/>{does}\"{close}")?;
    }
    for n in 0..document.stages.len() {
        let undone = document.stages[n].compensate.as_ref();
        for before in order.after(n) {
            let line = if document.stages[n].when.is_some() { "-.->" } else { "-->" };
            writeln!(out, "  s{before} {line} s{n}")?;
        }
        if let Some(undo) = undone {
            writeln!(out, "  s{n} -. undone by .-> u{n}([\"task {}\"])", undo.task)?;
        }
    }
    Ok(())
}

fn dot(document: &Document, order: &Order, out: &mut String) -> std::fmt::Result {
    writeln!(out, "digraph pipeline {{\n  rankdir=LR;\n  node [shape=box];")?;
    for stage in &document.stages {
        let (name, does) = words(stage);
        let shape = if stage.approval.is_some() { ", shape=hexagon" } else { "" };
        writeln!(out, "  \"{name}\" [label=\"{name}\\n{does}\"{shape}];")?;
    }
    for (n, stage) in document.stages.iter().enumerate() {
        for before in order.after(n) {
            let style = if stage.when.is_some() { " [style=dashed]" } else { "" };
            writeln!(out, "  \"{}\" -> \"{}\"{style};", document.stages[*before].name, stage.name)?;
        }
    }
    writeln!(out, "}}")
}

/// The name of a stage, and what it does in a few words.
fn words(stage: &Stage) -> (&str, String) {
    let mut does = if let Some(kind) = &stage.task {
        format!("task {kind}")
    } else if let Some(run) = &stage.run {
        format!("run {} {}", run.pipeline, run.edition)
    } else if let Some(wait) = &stage.wait {
        match (&wait.signal, wait.for_ms) {
            (Some(signal), _) => format!("wait for {signal}"),
            (None, Some(ms)) => format!("wait {ms} ms"),
            (None, None) => "wait for a time".into(),
        }
    } else {
        "approval".into()
    };
    if stage.foreach.is_some() {
        does.push_str(", for each");
    }
    if stage.when.is_some() {
        does.push_str(", if");
    }
    (&stage.name, does)
}
