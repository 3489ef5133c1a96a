//! `template`: fills values into a text. `{{name}}` stands for a value, `{{a.b}}` for one inside
//! another; there are no rules and no code in it.

use events::content::Json;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Brought, Wrong};

/// The longest text that comes of it.
const TEXT_BYTES_MAX: usize = 256 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    template: String,
    #[serde(default)]
    values: Value,
}

pub(super) fn work(input: &Json) -> Brought {
    let wrong = |code, message: String| Wrong { code, message };
    let order: Order = serde_json::from_str(input.as_str())
        .map_err(|error| wrong("input_malformed", error.to_string()))?;
    let text = fill(&order).map_err(|what| wrong("template_wrong", what))?;
    Json::parse(&json!({ "text": text }).to_string())
        .map_err(|error| wrong("template_wrong", error.to_string()))
}

fn fill(order: &Order) -> Result<String, String> {
    let (mut text, mut rest) = (String::new(), order.template.as_str());
    while let Some((before, behind)) = rest.split_once("{{") {
        let (name, after) =
            behind.split_once("}}").ok_or_else(|| "a `{{` has no `}}`".to_owned())?;
        text.push_str(before);
        text.push_str(&value(&order.values, name.trim())?);
        if text.len() > TEXT_BYTES_MAX {
            return Err(format!("the text is longer than {TEXT_BYTES_MAX} bytes"));
        }
        rest = after;
    }
    text.push_str(rest);
    Ok(text)
}

/// The value of that name: a text as it is, everything else as JSON.
fn value(values: &Value, name: &str) -> Result<String, String> {
    let found = name.split('.').try_fold(values, |inside, part| inside.get(part));
    match found {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => Ok(other.to_string()),
        None => Err(format!("there is no value {name:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str) -> Result<String, String> {
        let values = json!({ "name": "Ada", "a": { "b": 3 } });
        fill(&Order { template: template.into(), values })
    }

    #[test]
    fn values_stand_where_they_are_named() {
        let filled = |template| filled(template).expect("it is filled");
        assert_eq!(filled("Dear {{ name }}, {{a.b}} of {{a}}"), "Dear Ada, 3 of {\"b\":3}");
        assert_eq!(filled("}} nothing {"), "}} nothing {");
    }

    #[test]
    fn what_is_not_there_is_told() {
        for (template, what) in
            [("{{nobody}}", "nobody"), ("{{a.c}}", "a.c"), ("{{name", "no `}}`")]
        {
            let told = filled(template).expect_err(template);
            assert!(told.contains(what), "{told}");
        }
    }
}
