//! How a place in a JSON text is called: `stages[3].after[0]`.

use std::fmt;

use super::write_text;

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// To the field of this name.
    Field(String),
    /// To the item at this place, from 0.
    Item(usize),
}

/// The way to a place, from the whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Path(Vec<Step>);

impl Path {
    /// The whole.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// The field of this name in it.
    #[must_use]
    pub fn field(&self, name: &str) -> Self {
        self.and(Step::Field(name.to_owned()))
    }

    /// The item at this place in it.
    #[must_use]
    pub fn item(&self, n: usize) -> Self {
        self.and(Step::Item(n))
    }

    /// The steps from the whole.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    fn and(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }
}

/// Whether a name may stand behind a dot.
fn is_plain(name: &str) -> bool {
    let mut letters = name.bytes();
    letters.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && letters.all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// Writes one step behind what is there already.
pub(crate) fn write_step(step: &Step, out: &mut String) {
    match step {
        Step::Field(name) if is_plain(name) => {
            out.push('.');
            out.push_str(name);
        }
        Step::Field(name) => {
            out.push('[');
            write_text(name, out);
            out.push(']');
        }
        Step::Item(n) => out.push_str(&format!("[{n}]")),
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.0.iter().for_each(|step| write_step(step, &mut text));
        f.write_str(match text.strip_prefix('.').unwrap_or(&text) {
            "" => "document",
            text => text,
        })
    }
}
