//! Numbered facts: what the harness sends, so that it knows what it must find again.

use std::ops::Range;

use events::id::{Category, CommandId, Source, StreamKey, main_tenant};
use events::stream::StreamId;
use serde_json::{Value, json};

/// The sources that facts come from in turns; each is a stream.
const SOURCES: u64 = 4;
/// Of so many facts, these are nearly as large as a fact may be.
pub(super) const ROUND: u64 = 20_000;
pub(super) const LARGE: Range<u64> = 1_000..1_040;
const LARGE_BYTES: u64 = 250_000;

/// The `n`-th fact of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fact(pub(super) u64);

impl Fact {
    /// Its id.
    pub(super) fn id(self) -> String {
        format!("fact-{:06}", self.0)
    }

    /// Reads a fact back from its id.
    pub(super) fn from_id(id: &str) -> Option<Self> {
        id.strip_prefix("fact-")?.parse().ok().map(Self)
    }

    /// Where it comes from.
    pub(super) fn source(self) -> String {
        format!("plant-{}", self.0 % SOURCES)
    }

    /// What it says; its size varies, so that rows and pages do too.
    fn says(self) -> Value {
        let large = LARGE.contains(&(self.0 % ROUND));
        let text = "x".repeat(if large { LARGE_BYTES } else { self.0 * 37 % 400 } as usize);
        json!({
            "specversion": "1.0",
            "id": self.id(),
            "source": self.source(),
            "type": "plant.measured",
            "data": { "n": self.0, "text": text },
        })
    }

    /// The line that sends it, with its end.
    pub(super) fn line(self) -> String {
        format!("{}\n", self.says())
    }

    /// Whether `payload` is what was sent, byte for byte.
    pub(super) fn is_in(self, payload: &[u8]) -> bool {
        payload == self.says().to_string().as_bytes()
    }

    /// The stream it must be in.
    pub(super) fn stream(self) -> StreamId {
        let category = Category::new("fact").expect("a token");
        StreamId::new(main_tenant(), category, StreamKey::new(&self.source()).expect("a token"))
    }

    /// The command that records it.
    pub(super) fn command(self) -> CommandId {
        CommandId::fact(&Source::new(&self.source()).expect("a token"), &self.id())
    }
}

#[test]
fn a_fact_is_known_again_by_its_id_and_its_payload() {
    let fact = Fact(1234);
    assert_eq!(Fact::from_id(&fact.id()), Some(fact));
    assert!(fact.is_in(fact.line().trim_end().as_bytes()));
    assert!(!fact.is_in(Fact(1235).line().trim_end().as_bytes()));
    assert!(!fact.is_in(b"half of"));
}
