//! What a word of YAML without quotes means, by the core schema of YAML 1.2: `yes` and `0123` are texts.

use actors::tree::Tree;

/// What a word means; nothing, if it is a number that JSON does not have.
pub(super) fn plain(word: &str) -> Option<Tree> {
    Some(match word {
        "" | "~" | "null" | "Null" | "NULL" => Tree::Null,
        "true" | "True" | "TRUE" => Tree::Boolean(true),
        "false" | "False" | "FALSE" => Tree::Boolean(false),
        _ if is_not_finite(word) => return None,
        _ => number(word).map_or_else(|| Tree::Text(word.to_owned()), Tree::Number),
    })
}

fn is_not_finite(word: &str) -> bool {
    let word = word.strip_prefix(['+', '-']).unwrap_or(word);
    matches!(word, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN")
}

/// A number as JSON writes it; the digits stay where they can.
fn number(word: &str) -> Option<String> {
    let unsigned = word.strip_prefix('+').unwrap_or(word);
    if serde_json::from_str::<serde_json::Number>(unsigned).is_ok() {
        return Some(unsigned.to_owned());
    }
    // `.5`, `5.` and the like. A zero before other digits belongs to a text, such as a postcode.
    let is_part = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
    let digits = unsigned.trim_start_matches('-');
    let is_padded =
        digits.starts_with('0') && digits[1..].starts_with(|c: char| c.is_ascii_digit());
    if is_padded
        || !unsigned.contains(|c: char| c.is_ascii_digit())
        || !unsigned.chars().all(is_part)
    {
        return None;
    }
    let value: f64 = unsigned.parse().ok()?;
    serde_json::Number::from_f64(value).map(|number| number.to_string())
}
