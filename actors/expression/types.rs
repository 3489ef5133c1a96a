//! What a value can be, before it is there. Nothing right is refused: only what cannot be right,
//! whatever the values are.

use super::Expression;
use super::functions::Function;
use super::looking::Sort;
use super::node::{Comparison, Node};
use super::reference::Reference;

/// The kinds that a value may be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds(u8);

impl Kinds {
    /// `null`.
    pub const NULL: Self = Self(1);
    /// `true` or `false`.
    pub const BOOLEAN: Self = Self(2);
    /// A whole number.
    pub const INTEGER: Self = Self(4);
    /// Any number.
    pub const NUMBER: Self = Self(4 | 8);
    /// A text.
    pub const TEXT: Self = Self(16);
    /// A list.
    pub const LIST: Self = Self(32);
    /// An object.
    pub const OBJECT: Self = Self(64);
    /// Anything.
    pub const ANY: Self = Self(127);

    const NAMES: [(Self, &'static str); 8] = [
        (Self::NULL, "null"),
        (Self::BOOLEAN, "a boolean"),
        (Self::NUMBER, "a number"),
        (Self::INTEGER, "a whole number"),
        (Self(8), "a number"),
        (Self::TEXT, "a text"),
        (Self::LIST, "a list"),
        (Self::OBJECT, "an object"),
    ];

    /// These or those.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// These, but not those.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether a value of these kinds may be one of those.
    #[must_use]
    pub const fn may_be(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether a value of these kinds is always one of those.
    #[must_use]
    pub const fn is_always(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// The kind of a JSON text.
    #[must_use]
    pub fn of(json: &str) -> Self {
        match Sort::of(json) {
            Sort::Null => Self::NULL,
            Sort::Boolean => Self::BOOLEAN,
            Sort::Number if is_whole(json) => Self::INTEGER,
            Sort::Number => Self(8),
            Sort::Text => Self::TEXT,
            Sort::List => Self::LIST,
            Sort::Object => Self::OBJECT,
        }
    }

    /// What it may be, in words.
    #[must_use]
    pub fn called(self) -> String {
        let mut left = self;
        let mut names = Vec::new();
        for (kinds, name) in Self::NAMES {
            if left.or(kinds) == left {
                names.push(name);
                left = left.without(kinds);
            }
        }
        names.join(" or ")
    }
}

/// Also `1.0` is a whole number: JSON has one sort of them.
fn is_whole(json: &str) -> bool {
    let number: Option<f64> = json.parse().ok();
    json.parse::<i128>().is_ok() || number.is_some_and(|number| number.fract() == 0.0)
}

/// Something that cannot be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Which character of the text, from 1.
    pub column: usize,
    /// For programs.
    pub code: &'static str,
    /// What is wrong.
    pub what: String,
    /// What may be done about it.
    pub remedy: String,
}

/// What an expression can come to, and what in it cannot be right. `known` says what the values that
/// it refers to can be.
pub fn check(expression: &Expression, known: &dyn Fn(&Reference) -> Kinds) -> (Kinds, Vec<Misfit>) {
    let mut checking = Checking { known, misfits: Vec::new() };
    let kinds = checking.node(expression.node());
    (kinds, checking.misfits)
}

/// What it is called that something must be of these kinds.
pub(crate) fn expected(kinds: Kinds) -> &'static str {
    match kinds {
        Kinds::BOOLEAN => "expected_boolean",
        Kinds::LIST => "expected_list",
        Kinds::TEXT => "expected_text",
        Kinds::OBJECT => "expected_object",
        Kinds::NUMBER | Kinds::INTEGER => "expected_number",
        _ => "wrong_type",
    }
}

struct Checking<'k> {
    known: &'k dyn Fn(&Reference) -> Kinds,
    misfits: Vec<Misfit>,
}

impl Checking<'_> {
    fn node(&mut self, node: &Node) -> Kinds {
        match node {
            Node::Literal(json) => Kinds::of(json),
            Node::Value(reference) => (self.known)(reference),
            Node::List(parts) => {
                for part in parts {
                    self.node(part);
                }
                Kinds::LIST
            }
            Node::Call(function, parts) => self.call(*function, parts),
            Node::Compare(left, comparison, right) => {
                self.comparison(left, *comparison, right);
                Kinds::BOOLEAN
            }
            Node::Not(part) => {
                self.expect(part, Kinds::BOOLEAN, "`!`", "compare it with something");
                Kinds::BOOLEAN
            }
            Node::All(parts) | Node::Any(parts) => {
                for part in parts {
                    self.expect(part, Kinds::BOOLEAN, "`&&` and `||`", "compare it with something");
                }
                Kinds::BOOLEAN
            }
        }
    }

    fn call(&mut self, function: Function, parts: &[Node]) -> Kinds {
        if function == Function::Has && !matches!(parts, [Node::Value(_)]) {
            let what = "`has` asks whether a value is there, and this is none that may be missing";
            self.misfit(&parts[0], "expected_reference", what.into(), function.example());
        }
        let by = format!("`{function}`");
        let mut found = Vec::new();
        for (part, kinds) in parts.iter().zip(function.takes()) {
            found.push(self.expect(part, *kinds, &by, function.example()));
        }
        match (function, found.as_slice()) {
            (Function::Default, [first, second]) => first.without(Kinds::NULL).or(*second),
            (Function::Contains, [whole, part])
                if !whole.may_be(Kinds::LIST) && !part.may_be(Kinds::TEXT) =>
            {
                let what = format!("a text never contains {}", part.called());
                self.misfit(&parts[1], "expected_text", what, function.example());
                function.gives()
            }
            _ => function.gives(),
        }
    }

    fn expect(&mut self, part: &Node, kinds: Kinds, by: &str, remedy: &str) -> Kinds {
        let found = self.node(part);
        if !found.may_be(kinds) {
            let what = format!("{by} takes {}, and `{part}` is {}", kinds.called(), found.called());
            self.misfit(part, expected(kinds), what, remedy);
        }
        found
    }

    fn comparison(&mut self, left: &Node, comparison: Comparison, right: &Node) {
        let (one, other) = (self.node(left), self.node(right));
        if comparison == Comparison::In {
            if !other.may_be(Kinds::LIST) {
                let what = format!("`in` looks into a list, and `{right}` is {}", other.called());
                self.misfit(
                    right,
                    "expected_list",
                    what,
                    "`contains(text, part)` looks into a text",
                );
            }
            return;
        }
        let ordered = [Kinds::NUMBER, Kinds::TEXT];
        let both = |kinds: Kinds| one.may_be(kinds) && other.may_be(kinds);
        let all = [Kinds::BOOLEAN, Kinds::LIST, Kinds::OBJECT, Kinds::NULL];
        let is_asked_for_null = one == Kinds::NULL || other == Kinds::NULL;
        let may_compare = ordered.into_iter().any(both)
            || !comparison.is_order() && (all.into_iter().any(both) || is_asked_for_null);
        if !may_compare {
            let (one, other) = (one.called(), other.called());
            let what = format!("`{comparison}` never compares {one} with {other}");
            self.misfit(left, "never_compares", what, "compare values of one type");
        }
    }

    fn misfit(&mut self, at: &Node, code: &'static str, what: String, remedy: &str) {
        let mut found = Vec::new();
        at.references(&mut found);
        let column = found.first().map_or(1, |reference| reference.column);
        self.misfits.push(Misfit { column, code, what, remedy: remedy.to_owned() });
    }
}
