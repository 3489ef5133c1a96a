//! Answers as sentences: given what happened, then these are the rows. The rows are kept as their
//! keeper will keep them: by tenant and key, in order, none where `fold` says none.

use std::collections::BTreeMap;
use std::fmt::Debug;

use events::codec::Words;
use events::id::{CommandId, EventId, Tenant};
use events::recorded::Recorded;
use events::stream::{Position, StreamId, Version};
use events::time::Timestamp;

use crate::projection::{Key, Projection};

/// What happened, and to whom: tenant, stream id, event.
pub(crate) type Happened<'a, E> = (&'a str, &'a str, E);

/// The rows of a projection.
pub(crate) struct Given<P: Projection>(BTreeMap<(Tenant, Key), P::Row>);

/// The rows after this has happened, one event a second.
pub(crate) fn given<'a, P: Projection>(
    history: impl IntoIterator<Item = Happened<'a, P::Event>>,
) -> Given<P> {
    let (mut rows, mut versions) = (BTreeMap::new(), BTreeMap::new());
    for (position, (tenant, key, event)) in (1..).zip(history) {
        let stream = stream::<P::Event>(tenant, key);
        let version: &mut u64 = versions.entry(stream.clone()).or_default();
        *version += 1;
        let event = recorded(position, stream, Version(*version), event);
        for key in P::keys(&event) {
            let place = (event.stream.tenant.clone(), key);
            let row = P::fold(rows.remove(&place), &event);
            rows.extend(row.map(|row| (place, row)));
        }
    }
    Given(rows)
}

/// The time of the `n`-th event of a history.
pub(crate) fn second(n: i64) -> Timestamp {
    Timestamp(n * 1_000_000)
}

fn stream<E: Words>(tenant: &str, key: &str) -> StreamId {
    let token = "a tenant, a category and a stream id are tokens";
    StreamId::new(
        tenant.parse().expect(token),
        E::CATEGORY.parse().expect(token),
        key.parse().expect(token),
    )
}

fn recorded<E>(position: u32, stream: StreamId, version: Version, event: E) -> Recorded<E> {
    let command_id = CommandId::publisher(&position.to_string());
    Recorded {
        id: EventId(command_id.id),
        stream,
        version,
        position: Position(position.into()),
        recorded_at: second(position.into()),
        command_id,
        event,
    }
}

impl<P: Projection> Given<P> {
    /// The rows, by tenant and key.
    pub(crate) fn rows(self) -> BTreeMap<(Tenant, Key), P::Row> {
        self.0
    }
}

impl<P: Projection> Given<P>
where
    P::Row: PartialEq + Debug,
{
    /// These are the rows, by tenant and key.
    #[track_caller]
    pub(crate) fn then_rows<'a>(self, expected: impl IntoIterator<Item = Happened<'a, P::Row>>) {
        let rows: Vec<_> = self.0.into_iter().collect();
        let rows: Vec<_> =
            rows.iter().map(|((tenant, key), row)| (tenant.as_str(), key.as_str(), row)).collect();
        let expected: Vec<_> = expected.into_iter().collect();
        let expected: Vec<_> =
            expected.iter().map(|(tenant, key, row)| (*tenant, *key, row)).collect();
        assert_eq!(rows, expected);
    }
}
