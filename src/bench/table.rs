//! Figures for people.

use std::fmt::Write;

use super::Measure;

/// A table of figures, with their targets.
pub(super) fn table(measures: &[Measure]) -> String {
    let mut out = String::new();
    let row = ["", "unit", "min", "median", "max", "raw", "ratio", "target"];
    line(&mut out, &row.map(str::to_owned));
    for measure in measures {
        let verdict = measure.verdict().map_or_else(String::new, |(target, reached)| {
            format!("{target} {}", if reached { "reached" } else { "MISSED" })
        });
        line(
            &mut out,
            &[
                measure.name.clone(),
                measure.unit.clone(),
                number(measure.min),
                number(measure.median),
                number(measure.max),
                measure.raw.map_or_else(String::new, number),
                measure.ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}")),
                verdict,
            ],
        );
    }
    out
}

fn line(out: &mut String, cells: &[String; 8]) {
    let [name, unit, min, median, max, raw, ratio, target] = cells;
    writeln!(
        out,
        "{name:<36} {unit:<9} {min:>11} {median:>11} {max:>11} {raw:>11} {ratio:>6}  {target}"
    )
    .expect("text can be written to a string");
}

fn number(value: f64) -> String {
    match value.abs() {
        1000.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}
