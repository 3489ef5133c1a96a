//! How answers of a system look on a screen. What they say was written by others: nothing of it
//! moves a cursor.

use std::fmt::Display;

use serde_json::Value;

use super::Context;
use super::output::Lines;
use super::problem::Problem;
use super::show::visible;
use super::system::System;

/// The longest payload that is shown in a line.
const PAYLOAD_CHARS_MAX: usize = 120;

/// Asks for a list and shows it: an object for each row, or for people all of them as `show` says. Gives
/// the whole answer, for what else it says.
pub(super) async fn list(
    (system, context): (&System, &Context),
    (question, rows): (&str, &str),
    asked: &dyn Display,
    show: impl FnOnce(&[Value], &mut Lines),
) -> Result<Value, Problem> {
    let remote = system.open().await?;
    let answer = remote.query(question, asked).await?;
    remote.close().await?;
    let (mut lines, rows) = (Lines::new(), rows_of(&answer, rows));
    match context.json {
        true => rows.iter().for_each(|row| lines.json(row)),
        false => show(rows, &mut lines),
    }
    lines.flush().await?;
    Ok(answer)
}

/// Tells where a list comes from, and what is not in it.
pub(super) fn say_where_from(answer: &Value, rows: &str, context: &Context) {
    let left_out = match answer["left_out"].as_u64() {
        Some(left_out) if left_out > 0 => format!("; {left_out} {rows} were not looked at"),
        _ => String::new(),
    };
    let position = plain(&answer["position"]);
    context.note(&format!("folded from the log, up to position {position}{left_out}"));
}

/// The rows that an object has under a name.
pub(super) fn rows_of<'a>(object: &'a Value, name: &str) -> &'a [Value] {
    object[name].as_array().map_or(&[][..], Vec::as_slice)
}

/// These fields of each row as a table.
pub(super) fn columns(names: &[&str], rows: &[Value], lines: &mut Lines) {
    let head: Vec<String> = names.iter().map(|name| name.to_uppercase()).collect();
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let cells = |row: &Value| names.iter().map(|&name| plain(&row[name])).collect();
    let rows: Vec<_> = rows.iter().map(cells).collect();
    table(&head, &rows, lines);
}

/// The fields of an object, a line each.
pub(super) fn facts(object: &Value, lines: &mut Lines) {
    let Some(fields) = object.as_object() else { return };
    let wide = fields.keys().map(String::len).max().unwrap_or_default();
    for (name, value) in fields {
        lines.text(&format!("{name:<wide$}  {}", plain(value)));
    }
}

/// What happened, a line each.
pub(super) fn history(events: &[Value], lines: &mut Lines) {
    lines.text("");
    events.iter().for_each(|event| lines.text(&event_line(event)));
}

/// Something that happened.
pub(super) fn event_line(event: &Value) -> String {
    let field = |name: &str| plain(&event[name]);
    let payload: String = field("payload").chars().take(PAYLOAD_CHARS_MAX).collect();
    format!(
        "{:>4}  {}  {}  {}  {payload}",
        field("version"),
        field("recorded_at"),
        field("type"),
        field("principal"),
    )
}

/// Rows under a head, each column as wide as it must be.
pub(super) fn table(head: &[&str], rows: &[Vec<String>], lines: &mut Lines) {
    let wide = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([head[column].len()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(wide).collect();
    let head: Vec<String> = head.iter().map(|&name| name.to_owned()).collect();
    for row in [head].iter().chain(rows) {
        let cells = row.iter().zip(&widths).map(|(cell, wide)| format!("{cell:<wide$}"));
        lines.text(cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}

/// A value for people.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => visible(text),
        Value::Array(all) => all.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => visible(&other.to_string()),
    }
}
